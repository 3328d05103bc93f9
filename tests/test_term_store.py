"""terms.yaml on disk: its encoding stays, its old version is kept, a change by somebody else is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa.errors import NotesError
from kbqa.notes.folder import NotesFolder
from kbqa.terms.term_store import TermText, read_terms, save_terms

TEXT = "terms:\r\n  - name: 连带率\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> NotesFolder:
    (tmp_path / "notes").mkdir()
    return NotesFolder(tmp_path / "notes", tmp_path / "trash")


def test_no_file_is_an_empty_text_and_can_be_made(folder: NotesFolder) -> None:
    assert read_terms(folder) == TermText()
    save_terms(folder, TEXT, read_terms(folder))
    assert (folder.root / "terms.yaml").read_bytes() == TEXT.encode()
    assert folder.discarded() == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encoding_and_line_ends_stay(folder: NotesFolder, encoding: str) -> None:
    (folder.root / "terms.yaml").write_bytes(TEXT.encode(encoding))
    seen = read_terms(folder)
    assert seen.text == TEXT
    save_terms(folder, TEXT + "    aliases: [件单比]\r\n", seen)
    assert (folder.root / "terms.yaml").read_bytes().decode(encoding) == TEXT + "    aliases: [件单比]\r\n"
    (old,) = folder.discarded()
    assert (folder.trash / old.entry / old.doc_id).read_bytes() == TEXT.encode(encoding)


def test_a_change_by_somebody_else_is_not_overwritten(folder: NotesFolder) -> None:
    (folder.root / "terms.yaml").write_text("terms: []\n", "utf-8")
    seen = read_terms(folder)
    (folder.root / "terms.yaml").write_text("terms: []  # 小李改的\n", "utf-8")
    with pytest.raises(NotesError, match="改过"):
        save_terms(folder, TEXT, seen)
    assert "小李" in (folder.root / "terms.yaml").read_text("utf-8")
