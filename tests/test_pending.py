"""What a build would find new, changed or gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import NotesError
from kbqa.indexing.pending import Pending, pending


def compare(notes: Path, kb: KnowledgeBase) -> Pending:
    return pending(notes, map(kb.document, kb.doc_ids), kb.files)


def test_an_index_just_built_has_nothing_pending(notes: Path, kb: KnowledgeBase) -> None:
    """Not even the file that asked to be left out."""
    assert compare(notes, kb) == Pending()
    assert not compare(notes, kb)


def test_every_kind_of_change_is_named(notes: Path, kb: KnowledgeBase) -> None:
    (notes / "新.md").write_text("# 新\n\n新的一篇。\n", "utf-8")
    (notes / "terms.yaml").write_text("terms:\n  - name: 复购周期\n", "utf-8")
    (notes / "图.png").write_bytes(b"x")
    (notes / "activity.md").write_text("# 改了\n\n改过的一篇。\n", "utf-8")
    (notes / "会员" / "积分.md").unlink()
    assert compare(notes, kb) == Pending(("terms.yaml", "新.md"), ("activity.md",), ("会员/积分.md",))
    assert len(compare(notes, kb)) == 4


def test_an_empty_folder_means_everything_is_gone(tmp_path: Path, kb: KnowledgeBase) -> None:
    assert len(compare(tmp_path, kb).gone) == len(kb.files)


def test_a_missing_folder_is_no_empty_one(tmp_path: Path, kb: KnowledgeBase) -> None:
    with pytest.raises(NotesError, match="找不到笔记文件夹"):
        compare(tmp_path / "none", kb)
