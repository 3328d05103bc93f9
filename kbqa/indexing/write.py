"""Chunks → the files of a generation: segmentation, postings, vectors. All heavy work of a build is here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from kbqa.indexing.dense import DenseIndex
from kbqa.indexing.earlier import Earlier
from kbqa.indexing.encoder import Encoder
from kbqa.indexing.index import NEAR_HEADINGS, ChunkTable, DocumentTable, SentenceTable
from kbqa.indexing.lexical import LexicalIndex, TokenRows, Vocabulary
from kbqa.indexing.parallel import parallel_map
from kbqa.indexing.segment import Segmenter
from kbqa.indexing.sounds import save_sounds
from kbqa.settings import BuildSettings
from kbqa.terms.glossary import Glossary
from kbqa.text import Span, fold, sentence_spans
from kbqa.types import Chunk, Document

Progress = Callable[[str, int, int], None]

_SEGMENT_BATCH = 256
_PARALLEL_CHUNKS = 4_000
_HASH_BYTES = 16


def write_index(
    folder: Path, documents: Sequence[Document], chunks: Sequence[Chunk], glossary: Glossary, encoder: Encoder,
    settings: BuildSettings, earlier: Earlier | None, progress: Progress,
) -> dict[str, object]:  # fmt: skip
    DocumentTable.save(folder, documents)
    ChunkTable.save(folder, chunks, [d.doc_id for d in documents])
    (folder / "glossary.json").write_text(glossary.to_json(), "utf-8")
    sentences = _write_lexical(folder, chunks, Segmenter(glossary), progress)
    dense = _write_dense(folder, chunks, encoder, settings, earlier, progress)
    return {
        "dense": dense,
        "documents": len(documents),
        "chunks": len(chunks),
        "sentences": sentences,
        "characters": sum(len(d.text) for d in documents),
        "terms": len(glossary.terms),
    }


@dataclass(frozen=True, slots=True)
class _Segmented:
    """The sentences of some chunks: spans in their documents, how many each chunk has, and tokens by local id."""

    spans: tuple[Span, ...]
    per_chunk: tuple[int, ...]
    vocabulary: tuple[str, ...]
    tokens: TokenRows


def _segment(chunks: Sequence[Chunk], segmenter: Segmenter) -> _Segmented:
    ids: dict[str, int] = {}
    spans, rows, per_chunk = [], [], []
    for chunk in chunks:
        folded = fold(chunk.text)
        sentences = sentence_spans(chunk.text)
        for a, b in sentences:
            rows.append([ids.setdefault(token, len(ids)) for token in segmenter.tokens_of_folded(folded[a:b])])
            spans.append((chunk.start + a, chunk.start + b))
        per_chunk.append(len(sentences))
    return _Segmented(tuple(spans), tuple(per_chunk), tuple(ids), TokenRows.from_lists(rows))


def _write_lexical(folder: Path, chunks: Sequence[Chunk], segmenter: Segmenter, progress: Progress) -> int:
    """Segment everything once; write vocabulary, postings and sentence tokens. Returns the number of sentences."""
    batches = [chunks[i : i + _SEGMENT_BATCH] for i in range(0, len(chunks), _SEGMENT_BATCH)]
    ids: dict[str, int] = {}
    spans: list[Span] = []
    per_chunk: list[int] = []
    rows: list[TokenRows] = []
    work = parallel_map(lambda batch: _segment(batch, segmenter), batches, worthwhile=len(chunks) > _PARALLEL_CHUNKS)
    for segmented in work:
        numbers = np.array([ids.setdefault(token, len(ids)) for token in segmented.vocabulary], np.int32)
        rows.append(segmented.tokens.remap(numbers))
        spans += segmented.spans
        per_chunk += segmented.per_chunk
        progress("segmenting", len(per_chunk), len(chunks))
    paths = list(dict.fromkeys(chunk.heading_path for chunk in chunks))
    names = {
        name: [ids.setdefault(token, len(ids)) for token in segmenter.tokens(name)]
        for name in dict.fromkeys(chain.from_iterable(paths))
    }
    whole = [list(chain.from_iterable(names[name] for name in path)) for path in paths]
    near = [list(chain.from_iterable(names[name] for name in path[-NEAR_HEADINGS:])) for path in paths]
    vocabulary = sorted(ids)
    order = np.empty(len(ids), np.int32)
    order[[ids[token] for token in vocabulary]] = np.arange(len(ids), dtype=np.int32)
    tokens = TokenRows.joined(rows).remap(order)
    sentence_ptr = np.concatenate([[0], np.cumsum(per_chunk)]).astype(np.int64)
    text = TokenRows(tokens.ptr[sentence_ptr], tokens.ids)
    row_of = {path: i for i, path in enumerate(paths)}
    headings = TokenRows.from_lists([whole[row_of[chunk.heading_path]] for chunk in chunks]).remap(order)
    lexical = LexicalIndex.build(text, headings, len(ids))
    lexical.save(folder)
    terms = segmenter.glossary.terms
    terms_here = [
        name for i, term in enumerate(terms) if segmenter.concept(i) in ids for name in (term.name, *term.aliases)
    ]
    save_sounds(folder, vocabulary, lexical.frequency.tolist(), terms_here)
    Vocabulary(vocabulary).save(folder / "vocabulary.txt")
    TokenRows.from_lists(near).remap(order).save(folder, "headings")
    SentenceTable(sentence_ptr, np.array(spans, np.int32).reshape(-1, 2), tokens).save(folder)
    return len(spans)


def encoded_text(chunk: Chunk) -> str:
    """What the encoder sees of a chunk: its nearest headings, then its text."""
    return "\n".join((" ".join(chunk.heading_path[-3:]), chunk.text))


def _write_dense(
    folder: Path,
    chunks: Sequence[Chunk],
    encoder: Encoder,
    settings: BuildSettings,
    earlier: Earlier | None,
    progress: Progress,
) -> str:
    texts = [encoded_text(chunk) for chunk in chunks]
    digests = b"".join(hashlib.blake2b(t.encode(), digest_size=_HASH_BYTES).digest() for t in texts)
    hashes = np.frombuffer(digests, np.uint8).reshape(-1, _HASH_BYTES)
    known = earlier.vectors(hashes) if earlier else {}
    vectors = np.empty((len(texts), encoder.dimension), np.float32)
    for row, vector in known.items():
        vectors[row] = vector
    fresh = [i for i in range(len(texts)) if i not in known]
    batches = [fresh[i : i + encoder.batch] for i in range(0, len(fresh), encoder.batch)]
    # Only a static model: a torch model brings threads of its own, and forking it is not safe.
    worthwhile = len(fresh) > _PARALLEL_CHUNKS and encoder.light
    encoded = parallel_map(
        lambda rows: encoder.encode_passages([texts[i] for i in rows]), batches, worthwhile=worthwhile
    )
    done = len(known)
    for rows, batch in zip(batches, encoded, strict=True):
        vectors[rows] = batch
        done += len(rows)
        progress("encoding", done, len(texts))
    index, kind = DenseIndex.build(vectors, settings.exact_limit, encoder.light)
    index.save(folder / "dense.faiss")
    np.save(folder / "vector_hashes.npy", hashes)
    return kind
