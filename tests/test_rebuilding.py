"""Rebuilding in a process of its own: the old index answers meanwhile, the new one afterwards, one build at a time."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import IndexBusy, NotesError, StoreError
from kbqa.indexing import store
from kbqa.indexing.aside import BuildAside
from kbqa.indexing.build import build_index
from kbqa.rebuilding import Rebuilder
from kbqa.settings import BuildSettings
from tests.command import both_languages

SLOW = "# 慢\n\n" + "\n\n".join(f"第 {i} 段说的是第 {i} 件事，和别的段落都不一样。" for i in range(2_000))
FRESH = "# 复购周期\n\n复购周期是指同一位顾客相邻两次购买之间平均隔多少天。\n"


@pytest.fixture
def opened(index: Path) -> KnowledgeBase:
    return KnowledgeBase.open(index)


def generations(index: Path) -> list[str]:
    return sorted(p.name for p in (index / "generations").iterdir())


def test_a_new_note_answers_without_opening_anew(notes: Path, opened: KnowledgeBase) -> None:
    (notes / "复购.md").write_text(FRESH, "utf-8")
    assert opened.ask("什么是复购周期").abstained
    rebuilder = Rebuilder(opened, notes)
    rebuilder.start("小王")
    status = rebuilder.wait(120)
    assert (status.phase, status.by, status.error) == ("done", "小王", None)
    assert status.built is not None and status.built.reused == len(opened.doc_ids) - 1
    assert "相邻两次购买" in opened.ask("什么是复购周期").text


def test_it_is_what_a_build_in_this_process_gives(notes: Path, index: Path, tmp_path: Path) -> None:
    (notes / "复购.md").write_text(FRESH, "utf-8")
    aside = BuildAside(notes, index, BuildSettings())
    steps = list(aside.steps())
    report = build_index(notes, tmp_path / "other")
    assert aside.result().files == report.files
    assert aside.result().notes_digest == report.manifest.notes_digest
    ours, theirs = (store.read_manifest(store.current_generation(i)) for i in (index, tmp_path / "other"))
    assert ours == theirs
    assert [s.stage for s in steps] == sorted((s.stage for s in steps), key=["reading", "segmenting", "encoding"].index)
    assert all(s.done <= s.total for s in steps) and steps[-1].done == steps[-1].total


def test_nothing_changed_is_said(notes: Path, opened: KnowledgeBase) -> None:
    rebuilder = Rebuilder(opened, notes)
    rebuilder.start()
    built = rebuilder.wait(120).built
    assert built is not None and built.unchanged


def test_a_cancelled_build_leaves_the_old_index_and_nothing_else(notes: Path, opened: KnowledgeBase) -> None:
    """And the next one can start at once."""
    before = generations(opened.path)
    (notes / "慢.md").write_text(SLOW, "utf-8")
    rebuilder = Rebuilder(opened, notes)
    rebuilder.start()
    with pytest.raises(IndexBusy) as busy:
        rebuilder.start("小李")
    assert both_languages(str(busy.value)) and "开始" in busy.value.zh
    assert "一种权益凭证" in opened.ask("会员积分是什么").text  # answered by the old one meanwhile
    rebuilder.cancel()
    assert rebuilder.wait(60).phase == "cancelled"
    assert generations(opened.path) == before
    assert list(opened.path.glob("building-*")) == []
    (notes / "慢.md").unlink()
    rebuilder.start()
    assert rebuilder.wait(120).phase == "done"


def test_a_build_that_is_killed_is_told_and_harmless(notes: Path, index: Path) -> None:
    (notes / "慢.md").write_text(SLOW, "utf-8")
    before = generations(index)
    aside = BuildAside(notes, index, BuildSettings())
    for _ in aside.steps():
        os.killpg(aside._process.pid, signal.SIGKILL)
    with pytest.raises(StoreError) as died:
        aside.result()
    assert both_languages(str(died.value))
    assert generations(index) == before
    assert KnowledgeBase.open(index).ask("会员积分是什么").citations


def test_what_the_build_raises_reaches_the_status(opened: KnowledgeBase, tmp_path: Path) -> None:
    rebuilder = Rebuilder(opened, tmp_path / "gone")
    rebuilder.start()
    status = rebuilder.wait(60)
    assert status.phase == "failed"
    assert status.error is not None and "找不到笔记文件夹" in status.error.zh
    with pytest.raises(NotesError):
        build_index(tmp_path / "gone", opened.path)


def test_another_writer_is_named(notes: Path, index: Path, write_notes: Callable[..., Path]) -> None:
    """Who holds the lock: its process number and when it last wrote."""
    with store.writing(index):
        aside = BuildAside(notes, index, BuildSettings())
        assert list(aside.steps()) == []
        with pytest.raises(IndexBusy, match=f"进程号 {os.getpid()}"):
            aside.result()
