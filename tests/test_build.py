"""Building: incremental is the same as fresh, whatever happened to the notes, and does not do again what is done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kbqa import BuildSettings, KnowledgeBase
from kbqa.errors import KbqaError, NotesError
from kbqa.indexing.build import build_index
from kbqa.indexing.encoder import StaticEncoder
from kbqa.indexing.index import Index
from kbqa.indexing.store import current_generation, file_table
from kbqa.indexing.write import encoded_text
from kbqa.types import FileReport

Write = Callable[[Path, Mapping[str, str]], Path]

NEW = "# 优惠券\n\n核销率是指被用掉的券占发出的券的比例。\n\n## 怎么提高核销率\n\n到期前三天提醒一次。\n"


def contents(index: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in current_generation(index).iterdir()}


def chunk_texts(index: Path) -> set[str]:
    table = Index.open(index).chunks
    return {encoded_text(table.chunk(row)) for row in range(len(table))}


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is encoded as a passage from now on."""
    texts: list[str] = []
    real = StaticEncoder.encode_passages

    def spy(self: StaticEncoder, batch: Sequence[str]) -> object:
        texts.extend(batch)
        return real(self, batch)

    monkeypatch.setattr(StaticEncoder, "encode_passages", spy)
    return texts


def add(notes: Path) -> None:
    (notes / "优惠券.md").write_text(NEW, "utf-8")


def change(notes: Path) -> None:
    path = notes / "数据/转化率.md"
    path.write_text(path.read_text("utf-8").replace("缩短路径", "砍掉多余的页面"), "utf-8")


def rename(notes: Path) -> None:
    (notes / "数据/留存率.md").rename(notes / "留存.md")


def delete(notes: Path) -> None:
    (notes / "增长/唤醒名单.md").unlink()


def unskip(notes: Path) -> None:
    (notes / "readme.md").write_text(NEW, "utf-8")


def spoil(notes: Path) -> None:
    (notes / "activity.md").write_text("---\ntitle: [\n---\n正文\n", "utf-8")


def everything(notes: Path) -> None:
    for step in (add, change, rename, delete, unskip, spoil):
        step(notes)


@pytest.mark.parametrize("step", [add, change, rename, delete, everything], ids=lambda step: step.__name__)
def test_incremental_is_fresh(step: Callable[[Path], None], notes: Path, index: Path, tmp_path: Path) -> None:
    """Every file of the generation, manifest included, has the bytes that a fresh build gives."""
    step(notes)
    assert not build_index(notes, index).unchanged
    build_index(notes, tmp_path / "fresh")
    assert contents(index) == contents(tmp_path / "fresh")


def test_there_and_back_again(notes: Path, index: Path) -> None:
    """Undoing a change gives the bytes of before."""
    before = contents(index)
    add(notes)
    build_index(notes, index)
    assert contents(index) != before
    (notes / "优惠券.md").unlink()
    build_index(notes, index)
    assert contents(index) == before


def test_graph_index_is_built_incrementally_too(notes: Path, tmp_path: Path) -> None:
    """Vectors are taken over from HNSW as exactly as from the flat index."""
    settings = BuildSettings(exact_limit=3)
    build_index(notes, tmp_path / "grown", settings)
    everything(notes)
    assert build_index(notes, tmp_path / "grown", settings).manifest.dense == "hnsw"
    build_index(notes, tmp_path / "fresh", settings)
    assert contents(tmp_path / "grown") == contents(tmp_path / "fresh")


def test_only_new_texts_are_encoded(notes: Path, index: Path, encoded: list[str]) -> None:
    """Exactly the passages that the live generation does not have, each once."""
    before = chunk_texts(index)
    everything(notes)
    build_index(notes, index)
    new = chunk_texts(index) - before
    assert 0 < len(new) < len(chunk_texts(index))
    assert sorted(encoded) == sorted(new)


def test_rebuild_takes_nothing_over(notes: Path, index: Path, encoded: list[str]) -> None:
    """All passages are encoded again, and the bytes are the same."""
    before = contents(index)
    report = build_index(notes, index, rebuild=True)
    assert sorted(encoded) == sorted(chunk_texts(index))
    assert report.reused == 0 and not report.unchanged
    assert contents(index) == before


def test_reused_vectors_are_those_of_their_texts(notes: Path, index: Path) -> None:
    """After notes moved around, row i still is the vector of chunk i, to half a step of the eight bits it is kept in."""
    everything(notes)
    build_index(notes, index)
    opened = Index.open(index)
    texts = [encoded_text(opened.chunks.chunk(row)) for row in range(len(opened.chunks))]
    stored = opened.dense.vectors(np.arange(len(texts)))
    np.testing.assert_allclose(stored, opened.encoder.encode_passages(texts), atol=0.5 / 640 + 1e-6)


def test_nothing_to_do(notes: Path, index: Path, encoded: list[str]) -> None:
    """An unchanged folder is noticed: no file is written, none is touched, nothing is encoded."""

    def state() -> dict[str, tuple[int, int, int]]:
        files = (p for p in index.rglob("*") if p.is_file() and p.name != ".lock")
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_ino, p.stat().st_size) for p in files}

    before = state()
    report = build_index(notes, index)
    assert report.unchanged and report.reused == 6 and encoded == []
    assert state() == before
    assert report.manifest.chunks == Index.open(index).manifest.chunks


def test_touched_but_unchanged_notes_are_not_read_again(notes: Path, index: Path) -> None:
    """What counts is a file's bytes, not its date."""
    for path in notes.rglob("*.md"):
        os.utime(path, (1, 1))
    assert build_index(notes, index).unchanged


def test_other_settings_are_another_index(notes: Path, index: Path, tmp_path: Path) -> None:
    """The same notes cut differently are built anew, and equal to a fresh build with those settings."""
    settings = replace(BuildSettings(), min_tokens=20, max_tokens=40)
    report = build_index(notes, index, settings)
    assert not report.unchanged and report.manifest.settings["max_tokens"] == 40
    build_index(notes, tmp_path / "fresh", settings)
    assert contents(index) == contents(tmp_path / "fresh")


def test_damaged_index_is_replaced(notes: Path, index: Path) -> None:
    """A build trusts nothing of a generation that does not verify."""
    before = contents(index)
    path = current_generation(index) / "dense.faiss"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    report = build_index(notes, index)
    assert not report.unchanged and report.reused == 0
    assert contents(index) == before


@pytest.mark.parametrize("files", [[], "x", {"dense.faiss": 3}])
def test_unusable_manifest_is_replaced(files: object, notes: Path, index: Path) -> None:
    """Neither does it stumble over one."""
    before = contents(index)
    path = current_generation(index) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "files": files}), "utf-8")
    assert not build_index(notes, index).unchanged
    assert contents(index) == before


def test_hash_seed_does_not_matter(notes: Path, index: Path, tmp_path: Path) -> None:
    """Two processes with other hash seeds give the bytes of this one."""
    for seed in ("0", "1"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "kbqa", "index", "--notes", str(notes), "--index", str(out), "--json"]
        subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True)
        assert contents(out) == contents(index)


def test_manifest_counts_what_is_there(kb: KnowledgeBase, _index: Path, _notes: Path) -> None:
    """Counts, digests and the file table are those of the data."""
    manifest = kb.info()
    opened = Index.open(_index)
    assert manifest.notes == _notes.name and manifest.encoder == "static-zh-en" and manifest.dimension == 1024
    assert manifest.documents == 6 == len(kb.doc_ids)
    assert manifest.chunks == len(opened.chunks) == len(opened.dense) == opened.lexical.size
    assert manifest.sentences == len(opened.sentences.spans)
    assert manifest.characters == sum(len(kb.document(doc_id).text) for doc_id in kb.doc_ids)
    assert manifest.terms == len(opened.glossary.terms)
    assert manifest.encoder_digest == opened.encoder.digest
    assert manifest.dictionary_digest == opened.glossary.digest
    table = file_table(current_generation(_index))
    del table["manifest.json"]
    assert {name: tuple(entry) for name, entry in manifest.files.items()} == table


def test_report_says_what_happened_to_every_file(notes: Path, index: Path) -> None:
    """Left out, failed, ignored and repeated: each in its place, and one bad file stops nothing."""
    spoil(notes)
    (notes / "图.png").write_bytes(b"\x89PNG")
    (notes / ".hidden.md").write_text(NEW, "utf-8")
    report = build_index(notes, index)
    files: dict[str, FileReport] = {f.doc_id: f for f in report.files}
    assert set(files) == {p.relative_to(notes).as_posix() for p in notes.rglob("[!.]*.md")}
    assert [f.doc_id for f in report.failed] == ["activity.md"] and "activity.md" in files["activity.md"].error
    assert files["readme.md"].skipped == "index: false"
    assert report.ignored == ("图.png",)
    assert (files["增长/唤醒名单.md"].duplicate_paragraphs, files["增长/邀请有礼.md"].duplicate_paragraphs) == (0, 1)
    assert files["数据/转化率.md"].script == "simplified" and files["数据/转化率.md"].encoding == "utf-8"
    assert KnowledgeBase.open(index).files == report.files


def test_chunk_counts_per_file(kb: KnowledgeBase, _index: Path) -> None:
    """A chunk counts for the file that it is kept for; the word-for-word copy counts nowhere."""
    table = Index.open(_index).chunks
    owners = [table.chunk(row).doc_id for row in range(len(table))]
    assert {f.doc_id: f.chunks for f in kb.files} == {f.doc_id: owners.count(f.doc_id) for f in kb.files}
    assert sum(f.chunks for f in kb.files) == kb.info().chunks


def test_missing_empty_and_unreadable_folders(tmp_path: Path, write_notes: Write) -> None:
    """Each is an error about the notes, and no index appears."""
    (tmp_path / "empty").mkdir()
    write_notes(tmp_path / "bad", {"a.md": "", "b.md": "---\nx: [\n---\n正文\n"})
    for name in ("nowhere", "empty", "bad"):
        with pytest.raises(NotesError) as error:
            build_index(tmp_path / name, tmp_path / "index")
        assert str(tmp_path / name) in error.value.zh and str(tmp_path / name) in error.value.en
        with pytest.raises(KbqaError):
            KnowledgeBase.open(tmp_path / "index")
    with pytest.raises(NotesError) as error:
        build_index(tmp_path / "bad", tmp_path / "index")
    assert "a.md" in str(error.value) and "b.md" in str(error.value)


def test_notes_without_text(tmp_path: Path, write_notes: Write) -> None:
    """Headings only: an index of no chunks, which answers that the notes do not say."""
    notes = write_notes(tmp_path / "notes", {"a.md": "# 只有标题\n\n## 还是标题\n"})
    assert build_index(notes, tmp_path / "index").manifest.chunks == 0
    kb = KnowledgeBase.open(tmp_path / "index")
    answer = kb.ask("什么是转化率")
    assert answer.abstained and answer.hits == () and answer.confidence == 0
    assert kb.search("转化率") == ()


def test_progress_reaches_its_totals(notes: Path, tmp_path: Path) -> None:
    """Every stage counts up to its total, in the order of the work."""
    seen: dict[str, list[tuple[int, int]]] = {}

    def note(stage: str, done: int, total: int) -> None:
        seen.setdefault(stage, []).append((done, total))

    build_index(notes, tmp_path / "index", progress=note)
    assert list(seen) == ["reading", "segmenting", "encoding"]
    for steps in seen.values():
        assert steps[-1][0] == steps[-1][1] and [d for d, _ in steps] == sorted(d for d, _ in steps)
    assert seen["reading"] == [(i, 7) for i in range(1, 8)]
