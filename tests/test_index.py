"""An index as a reader sees it: what it holds, and what it says when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kbqa import KnowledgeBase
from kbqa.errors import IndexDamaged, IndexMismatch, IndexMissing, KbqaError
from kbqa.indexing.chunking import chunk_document, join_duplicates
from kbqa.indexing.index import ChunkTable, DocumentTable, Index
from kbqa.indexing.segment import words
from kbqa.indexing.store import current_generation
from kbqa.notes.reading import read_note
from kbqa.settings import BuildSettings
from kbqa.text import sentence_spans
from kbqa.types import Chunk, Document


@pytest.fixture(scope="module")
def opened(_index: Path) -> Index:
    return Index.open(_index)


@pytest.fixture(scope="module")
def documents(_notes: Path) -> list[Document]:
    """The notes read again, without any index."""
    paths = sorted(_notes.rglob("*.md"), key=lambda p: p.relative_to(_notes).as_posix())
    readings = [read_note(path, _notes) for path in paths]
    return [r.document for r in readings if r.document]


def test_documents_come_back_whole(opened: Index, documents: list[Document]) -> None:
    """Text, title, headings, tags: equal to what reading gives, in POSIX order."""
    assert opened.documents.ids == tuple(d.doc_id for d in documents)
    assert [opened.documents.row(i) for i in range(len(documents))] == documents
    assert opened.documents.get("activity.md").tags == ("复盘",)
    assert "readme.md" not in opened.documents
    with pytest.raises(KeyError):
        opened.documents.get("readme.md")


def test_chunks_come_back_whole(opened: Index, documents: list[Document]) -> None:
    """Ids, places, paths and duplicates: equal to what chunking gives."""
    chunks = join_duplicates([c for d in documents for c in chunk_document(d, BuildSettings())])
    assert [opened.chunks.chunk(row) for row in range(len(opened.chunks))] == chunks
    assert [c.chunk_id for c in chunks] == sorted(c.chunk_id for c in chunks)


def test_every_chunk_is_its_slice(opened: Index) -> None:
    """Offsets are the contract, for chunks and for the places that say the same."""
    for row in range(len(opened.chunks)):
        chunk = opened.chunks.chunk(row)
        text = opened.documents.get(chunk.doc_id).text
        assert chunk.text == text[chunk.start : chunk.end] and chunk.text.strip()
        for doc_id, start, end in chunk.duplicates:
            assert opened.documents.get(doc_id).text[start:end] == chunk.text


def test_repeated_paragraph_is_kept_once(opened: Index, shared_paragraph: str) -> None:
    """One chunk holds it and names the other note."""
    holding = [c for c in map(opened.chunks.chunk, range(len(opened.chunks))) if shared_paragraph in c.text]
    assert [c.doc_id for c in holding] == ["增长/唤醒名单.md"]
    assert [d for d, _, _ in holding[0].duplicates] == ["增长/邀请有礼.md"]


def test_sentences_of_every_chunk(opened: Index) -> None:
    """Their spans are those of the chunk's text, their tokens those of the segmenter."""
    tokens = opened.vocabulary.tokens
    for row in range(len(opened.chunks)):
        chunk = opened.chunks.chunk(row)
        spans = [opened.sentences.span(s) for s in opened.sentences.of_chunk(row)]
        assert spans == [(chunk.start + a, chunk.start + b) for a, b in sentence_spans(chunk.text)]
        for sentence, (start, end) in zip(opened.sentences.of_chunk(row), spans, strict=True):
            text = chunk.text[start - chunk.start : end - chunk.start]
            assert [tokens[t] for t in opened.sentences.tokens.row(sentence)] == opened.segmenter.tokens(text)


def test_row_at_an_offset(opened: Index) -> None:
    """First and last character of a chunk belong to it, the one behind does not."""
    for row in range(len(opened.chunks)):
        chunk = opened.chunks.chunk(row)
        assert opened.chunks.row_at(chunk.doc_id, chunk.start) == row
        assert opened.chunks.row_at(chunk.doc_id, chunk.end - 1) == row
        assert opened.chunks.row_at(chunk.doc_id, chunk.end) != row
    assert opened.chunks.row_at("activity.md", 10**6) is None


def test_postings_count_the_chunks_that_have_a_word(opened: Index) -> None:
    """Document frequency by looking into every chunk's text and headings."""
    rows = [opened.chunks.chunk(row) for row in range(len(opened.chunks))]
    for word in ("积分", "订单", "短信", "比例"):
        frequency = int(opened.lexical.frequency[opened.vocabulary.ids[word]])
        assert frequency == sum(word in words(c.text) + words("\n".join(c.heading_path)) for c in rows) > 0


def test_many_chunks_in_one_document(tmp_path: Path) -> None:
    """Ids stay what they are beyond the ten-thousandth chunk."""
    text = "字" * 10_002
    document = Document("长.md", "长", text, (), "0")
    chunks = [Chunk(f"长.md#{i + 1:04d}", "长.md", ("长",), "字", i, i + 1) for i in range(len(text))]
    DocumentTable.save(tmp_path, [document])
    ChunkTable.save(tmp_path, chunks, ["长.md"])
    table = ChunkTable.load(tmp_path, DocumentTable(tmp_path))
    assert [table.chunk(row).chunk_id for row in (0, 9_998, 9_999, 10_001)] == [
        "长.md#0001", "长.md#9999", "长.md#10000", "长.md#10002",
    ]  # fmt: skip


# --- what can be wrong ------------------------------------------------------------------------------------------------


def test_every_data_file_is_guarded(index: Path) -> None:
    """One flipped bit in any of them, or its absence, is found at opening, and the file is named."""
    generation = current_generation(index)
    names = sorted(path.name for path in generation.iterdir() if path.name != "manifest.json" and path.stat().st_size)
    assert len(names) > 10
    for name in names:
        path = generation / name
        data = path.read_bytes()
        middle = len(data) // 2
        for damaged in (data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :], None):
            path.write_bytes(damaged) if damaged else path.unlink()
            with pytest.raises(IndexDamaged) as error:
                KnowledgeBase.open(index)
            for text in (error.value.zh, error.value.en):
                assert name in text and "kbqa index --rebuild" in text
        path.write_bytes(data)
    assert not KnowledgeBase.open(index).ask("转化率是什么").abstained


def change_manifest(index: Path, **values: object) -> None:
    path = current_generation(index) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def test_missing_index(tmp_path: Path) -> None:
    """Of the store's errors the one that says so."""
    with pytest.raises(IndexMissing):
        KnowledgeBase.open(tmp_path / "nowhere")


def test_missing_manifest(index: Path) -> None:
    """A pointer to a generation without one leads nowhere."""
    (current_generation(index) / "manifest.json").unlink()
    with pytest.raises(IndexDamaged, match="kbqa index --rebuild"):
        KnowledgeBase.open(index)


def test_index_of_another_model_version(index: Path) -> None:
    """Both versions are named, and the command."""
    now = Index.open(index).encoder.digest[:12]
    change_manifest(index, encoder_digest="ab" * 32)
    with pytest.raises(IndexMismatch) as error:
        Index.open(index)
    for text in (error.value.zh, error.value.en):
        assert "abababababab" in text and now in text and "kbqa index --rebuild" in text


def test_index_of_another_model(index: Path) -> None:
    """Who insists on a model gets no other."""
    assert Index.open(index, BuildSettings(encoder="static-zh-en")).manifest.encoder == "static-zh-en"
    with pytest.raises(IndexMismatch) as error:
        Index.open(index, BuildSettings(encoder="other/model"))
    for text in (error.value.zh, error.value.en):
        assert "static-zh-en" in text and "other/model" in text


def test_index_that_lacks_a_file_it_should_have(index: Path) -> None:
    """One that another program made, with fewer files: an error with a way out, at opening, not at a later question."""
    generation = current_generation(index)
    table = json.loads((generation / "manifest.json").read_text("utf-8"))["files"]
    for name in [n for n in table if n.startswith("sounds")]:
        (generation / name).unlink()
        del table[name]
    change_manifest(index, files=table)
    with pytest.raises(KbqaError, match="kbqa index --rebuild"):
        KnowledgeBase.open(index)


# --- readers while others write ---------------------------------------------------------------------------------------


@pytest.fixture
def outdated(notes: Path, index: Path) -> KnowledgeBase:
    """A reader that opened the index before two further builds and has asked nothing yet."""
    reader = KnowledgeBase.open(index)
    for number in (1, 2):
        path = notes / "数据/转化率.md"
        path.write_text(path.read_text("utf-8").replace("缩短路径", f"缩短路径（第{number}版）"), "utf-8")
        assert not KnowledgeBase.build(notes, index).unchanged
    return reader


def test_open_reader_goes_on_answering(outdated: KnowledgeBase, kb: KnowledgeBase) -> None:
    """It gives the answers of the generation that it opened, texts of notes included."""
    for question in ("什么是转化率", "怎么提高转化率", "每日签到发几分积分"):
        assert outdated.ask(question) == kb.ask(question)


def test_open_reader_goes_on_reading_documents(outdated: KnowledgeBase, kb: KnowledgeBase) -> None:
    """The web page shows a note long after the answer."""
    assert outdated.document("activity.md") == kb.document("activity.md")


def test_open_reader_goes_on_mending_typos(outdated: KnowledgeBase) -> None:
    """The table of sounds may be needed for the first time long after opening."""
    assert outdated.understand("转画率是什么").text == "转化率是什么"


def test_open_reader_goes_on_reporting_files(outdated: KnowledgeBase, kb: KnowledgeBase) -> None:
    """So is what reading did to every file."""
    assert outdated.files == kb.files


def test_refresh_switches_to_the_newest(outdated: KnowledgeBase) -> None:
    """Once; then there is nothing newer."""
    assert outdated.refresh()
    assert "缩短路径（第2版）" in outdated.document("数据/转化率.md").text
    assert not outdated.refresh()


def test_arrays_are_mapped_not_read(opened: Index) -> None:
    """Opening costs what is looked at."""
    for array in (opened.lexical.impacts, opened.sentences.spans, opened.chunks.places):
        assert isinstance(array.base, np.memmap) and not array.flags.writeable
