"""An index in memory: one generation, opened lazily and memory-mapped."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import REBUILD_EN, REBUILD_ZH, IndexDamaged, IndexMismatch
from kbqa.indexing import store
from kbqa.indexing.dense import DenseIndex
from kbqa.indexing.encoder import Encoder, load_encoder
from kbqa.indexing.lexical import LexicalIndex, TokenRows, Vocabulary, mapped
from kbqa.indexing.model_files import find_model
from kbqa.indexing.precedents import Precedents
from kbqa.indexing.recent import RecentVectors
from kbqa.indexing.segment import SEGMENTER, Segmenter
from kbqa.indexing.sounds import Sounds
from kbqa.indexing.word_vectors import WordVectors
from kbqa.settings import BuildSettings
from kbqa.terms.glossary import Glossary
from kbqa.text import Span
from kbqa.types import Chunk, Document, FileReport, Section

NEAR_HEADINGS = 2  # so many of a chunk's headings, from the nearest up, are compared with a question


@dataclass(frozen=True, slots=True)
class Index:
    """One generation of an index; chunks are addressed by row, 0 to N−1, in `chunk_id` order.

    Attributes:
        headings: tokens of the nearest headings of every distinct heading path.
        quick: the encoder for what is encoded while someone waits, sentences and headings: the index's own if it is static.
        recent: its vectors of passages, the newest of them kept.
        words: its vectors of the vocabulary's words.
        precedents: questions like those that it was trained on, and what answers speak of.
    """

    folder: Path
    manifest: store.Manifest
    glossary: Glossary
    segmenter: Segmenter
    vocabulary: Vocabulary
    lexical: LexicalIndex
    dense: DenseIndex
    encoder: Encoder
    quick: Encoder
    recent: RecentVectors
    words: WordVectors
    precedents: Precedents
    chunks: ChunkTable
    sentences: SentenceTable
    documents: DocumentTable
    headings: TokenRows
    sounds: Sounds
    files: tuple[FileReport, ...]

    @classmethod
    def open(cls, index: Path, settings: BuildSettings | None = None) -> Index:
        """Open the live generation of an index folder.

        Args:
            settings: what the index has to be made by; any index will do without.

        Raises:
            IndexMissing, IndexDamaged, IndexMismatch: see `store`.
            EncoderError: the model that made the index is not on this machine.
        """
        folder = store.current_generation(index)
        manifest = store.read_manifest(folder)
        store.verify(folder, manifest)
        for name, wanted in asdict(settings).items() if settings else ():
            if manifest.settings.get(name) != wanted:
                raise _mismatch(f"设置 {name}", f"{name} =", str(manifest.settings.get(name)), str(wanted))
        model = load_encoder(manifest.encoder)
        if model.digest != manifest.encoder_digest:
            raise _mismatch("向量模型版本", "encoder version", manifest.encoder_digest[:12], model.digest[:12])
        if manifest.segmenter != SEGMENTER:
            raise _mismatch("分词器", "segmenter", manifest.segmenter, SEGMENTER)
        try:
            return cls._load(folder, manifest, model)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(
                f"索引不完整（{error}）。{REBUILD_ZH}",
                f"The index is incomplete ({error}). {REBUILD_EN}",
            ) from None

    @classmethod
    def _load(cls, folder: Path, manifest: store.Manifest, model: Encoder) -> Index:
        glossary = Glossary.from_json((folder / "glossary.json").read_text("utf-8"))
        documents = DocumentTable(folder)
        chunks = ChunkTable.load(folder, documents)
        quick = model if model.light else load_encoder()
        vocabulary = Vocabulary.load(folder / "vocabulary.txt")
        lexical = LexicalIndex.load(folder, manifest.chunks)
        return cls(
            folder, manifest, glossary, Segmenter(glossary), vocabulary,
            lexical, DenseIndex.load(folder / "dense.faiss"), model, quick, RecentVectors(quick), WordVectors(quick, vocabulary),
            Precedents(find_model(quick.name).folder, vocabulary, lexical), chunks, SentenceTable.load(folder), documents,
            TokenRows.load(folder, "headings"), Sounds.load(folder), load_reports(folder),
        )  # fmt: skip


def _mismatch(zh: str, en: str, stored: str, wanted: str) -> IndexMismatch:
    return IndexMismatch(
        f"索引的{zh}是 {stored}，当前是 {wanted}。{REBUILD_ZH}",
        f"The index was made with {en} {stored}, now it is {wanted}. {REBUILD_EN}",
    )


class DocumentTable:
    """Documents on disk, one JSON line each, read one at a time when asked for."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "documents.jsonl").open("rb")  # stays readable after the generation is removed
        table = json.loads((folder / "documents.index.json").read_text("utf-8"))
        self.ids: tuple[str, ...] = tuple(table["ids"])
        self._spans: list[list[int]] = table["spans"]
        self._rows = {doc_id: i for i, doc_id in enumerate(self.ids)}
        self.get = lru_cache(maxsize=1024)(self._read)

    @staticmethod
    def save(folder: Path, documents: Sequence[Document]) -> None:
        spans, position = [], 0
        with (folder / "documents.jsonl").open("wb") as file:
            for document in documents:
                line = json.dumps(_plain(document), ensure_ascii=False).encode() + b"\n"
                file.write(line)
                spans.append([position, len(line)])
                position += len(line)
        table = {"ids": [d.doc_id for d in documents], "spans": spans}
        (folder / "documents.index.json").write_text(json.dumps(table, ensure_ascii=False), "utf-8")

    def __contains__(self, doc_id: str) -> bool:
        return doc_id in self._rows

    def row_number(self, doc_id: str) -> int:
        return self._rows[doc_id]

    def row(self, row: int) -> Document:
        return self.get(self.ids[row])

    def _read(self, doc_id: str) -> Document:
        """The document of that id; raises KeyError if there is none."""
        start, length = self._spans[self._rows[doc_id]]
        return _document(json.loads(os.pread(self._file.fileno(), length, start)))


def _plain(document: Document) -> dict[str, Any]:
    """A document as JSON takes it; `dataclasses.asdict` copies deeply and takes ten times as long."""
    values = {field.name: getattr(document, field.name) for field in fields(document)}
    sections = [[s.heading, s.level, s.start, s.body_start, s.end, s.path] for s in document.sections]
    return {**values, "sections": sections}


def _document(data: dict[str, Any]) -> Document:
    sections = tuple(Section(*values, path=tuple(path)) for *values, path in data["sections"])
    tuples = {name: tuple(data[name]) for name in ("tags", "aliases", "terms", "prerequisites", "lines")}
    return Document(**{**data, **tuples, "sections": sections})


@dataclass(frozen=True)
class ChunkTable:
    """Chunks as arrays; texts are cut from their documents when asked for.

    Attributes:
        places: int32 [N, 5]: document row, start, end, heading path row, number within the document.
        paths: the distinct heading paths.
        duplicates: row → places of word-for-word copies.
    """

    places: NDArray[np.int32]
    paths: tuple[tuple[str, ...], ...]
    duplicates: dict[int, tuple[tuple[str, int, int], ...]]
    documents: DocumentTable

    @staticmethod
    def save(folder: Path, chunks: Sequence[Chunk], doc_ids: Sequence[str]) -> None:
        row_of = {doc_id: i for i, doc_id in enumerate(doc_ids)}
        paths = {path: i for i, path in enumerate(dict.fromkeys(c.heading_path for c in chunks))}
        places = [
            [row_of[c.doc_id], c.start, c.end, paths[c.heading_path], int(c.chunk_id.rpartition("#")[2])]
            for c in chunks
        ]
        np.save(folder / "chunks.npy", np.array(places, np.int32).reshape(-1, 5))
        copies = {i: c.duplicates for i, c in enumerate(chunks) if c.duplicates}
        text = json.dumps({"paths": list(paths), "duplicates": copies}, ensure_ascii=False)
        (folder / "chunks.json").write_text(text, "utf-8")

    @classmethod
    def load(cls, folder: Path, documents: DocumentTable) -> ChunkTable:
        data = json.loads((folder / "chunks.json").read_text("utf-8"))
        copies = {int(row): tuple((d, a, b) for d, a, b in places) for row, places in data["duplicates"].items()}
        return cls(mapped(folder / "chunks.npy"), tuple(tuple(p) for p in data["paths"]), copies, documents)

    def __len__(self) -> int:
        return len(self.places)

    def chunk(self, row: int) -> Chunk:
        doc_row, start, end, path, number = (int(v) for v in self.places[row])
        document = self.documents.row(doc_row)
        chunk_id = f"{document.doc_id}#{number:04d}"
        copies = self.duplicates.get(row, ())
        return Chunk(chunk_id, document.doc_id, self.paths[path], document.text[start:end], start, end, copies)

    def row_at(self, doc_id: str, offset: int) -> int | None:
        """The row of the chunk that holds an offset of a document, if one does."""
        inside = self.places[:, 0] == self.documents.row_number(doc_id)
        rows = np.flatnonzero(inside & (self.places[:, 1] <= offset) & (offset < self.places[:, 2]))
        return int(rows[0]) if rows.size else None


@dataclass(frozen=True)
class SentenceTable:
    """Sentences of every chunk with their tokens, so that answering needs no segmentation of passages.

    Attributes:
        ptr: int64 [N+1]; sentences of chunk i are rows ptr[i] to ptr[i+1].
        spans: int32 [S, 2], offsets in the document.
        tokens: token ids of each sentence.
    """

    ptr: NDArray[np.int64]
    spans: NDArray[np.int32]
    tokens: TokenRows

    def save(self, folder: Path) -> None:
        np.save(folder / "sentences.ptr.npy", self.ptr)
        np.save(folder / "sentences.spans.npy", self.spans)
        self.tokens.save(folder, "sentences")

    @classmethod
    def load(cls, folder: Path) -> SentenceTable:
        ptr, spans = mapped(folder / "sentences.ptr.npy"), mapped(folder / "sentences.spans.npy")
        return cls(ptr, spans, TokenRows.load(folder, "sentences"))

    def of_chunk(self, row: int) -> range:
        return range(int(self.ptr[row]), int(self.ptr[row + 1]))

    def span(self, sentence: int) -> Span:
        return int(self.spans[sentence, 0]), int(self.spans[sentence, 1])


def save_reports(folder: Path, files: Sequence[FileReport]) -> None:
    """Keep what reading did to every file with the index."""
    (folder / "files.json").write_text(json.dumps([asdict(f) for f in files], ensure_ascii=False), "utf-8")


def load_reports(folder: Path) -> tuple[FileReport, ...]:
    """What `save_reports` wrote."""
    rows = json.loads((folder / "files.json").read_text("utf-8"))
    return tuple(
        FileReport(**{**row, **{name: tuple(row[name]) for name in ("chrome_sample", "warnings")}}) for row in rows
    )
