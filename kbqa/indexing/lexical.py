"""The lexical index: BM25F over two fields, the chunk's text and its heading path, with impacts computed at build time.

Arrays on disk, memory-mapped; no library is loaded. Own code because what the answer needs — which words matched, IDF of a
question's words, deterministic order, no rebuild of vocabulary order by hash seed — is what ready-made ones lack
(see docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B_TEXT, B_HEADING = 0.75, 0.3
HEADING_WEIGHT = 1.6

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]


def idf(documents: int, frequency: NDArray[np.int64]) -> NDArray[np.float64]:
    """ln(1 + (N − n + ½)/(n + ½)), Robertson's IDF in the form that is never negative (Lucene)."""
    return np.log1p((documents - frequency + 0.5) / (frequency + 0.5))


def saturate(tf: NDArray[np.float64]) -> NDArray[np.float64]:
    """tf·(k₁ + 1)/(k₁ + tf), BM25's saturation (Robertson & Zaragoza 2009)."""
    return tf * (K1 + 1) / (K1 + tf)


def length_factor(lengths: NDArray[np.int64], b: float) -> NDArray[np.float64]:
    """1 − b + b·len/avglen for every chunk; 1 where the field is empty everywhere."""
    mean = lengths.mean() if lengths.size else 0.0
    return 1 - b + b * lengths / mean if mean else np.ones(lengths.shape)


def mapped(path: Path) -> NDArray[Any]:
    """An array on disk, memory-mapped; as a plain array, because slicing a `memmap` is slow."""
    return np.load(path, mmap_mode="r").view(np.ndarray)


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Token ids of consecutive rows (chunks, sentences): row i is `ids[ptr[i]:ptr[i+1]]`."""

    ptr: NDArray[np.int64]
    ids: Ints

    @classmethod
    def from_lists(cls, rows: Sequence[Sequence[int]]) -> TokenRows:
        ptr = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(row) for row in rows], out=ptr[1:])
        flat = np.fromiter((i for row in rows for i in row), np.int32, count=int(ptr[-1]))
        return cls(ptr, flat)

    @classmethod
    def joined(cls, parts: Sequence[TokenRows]) -> TokenRows:
        """The rows of all parts, one after the other."""
        lengths = np.concatenate([np.zeros(1, np.int64), *(part.lengths for part in parts)])
        return cls(np.cumsum(lengths), np.concatenate([np.zeros(0, np.int32), *(part.ids for part in parts)]))

    def save(self, folder: Path, name: str) -> None:
        np.save(folder / f"{name}.token_ptr.npy", self.ptr)
        np.save(folder / f"{name}.token_ids.npy", self.ids)

    @classmethod
    def load(cls, folder: Path, name: str) -> TokenRows:
        return cls(mapped(folder / f"{name}.token_ptr.npy"), mapped(folder / f"{name}.token_ids.npy"))

    def row(self, i: int) -> Ints:
        return self.ids[self.ptr[i] : self.ptr[i + 1]]

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.ptr)

    def remap(self, order: Ints) -> TokenRows:
        """The same rows with token t renamed `order[t]`."""
        return TokenRows(self.ptr, order[self.ids] if self.ids.size else self.ids)


class Vocabulary:
    """Tokens in sorted order; a token's id is its position."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self.tokens = tokens
        self.ids: Mapping[str, int] = {token: i for i, token in enumerate(tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def save(self, path: Path) -> None:
        path.write_text("\n".join(self.tokens), "utf-8")

    @classmethod
    def load(cls, path: Path) -> Vocabulary:
        text = path.read_text("utf-8")
        return cls(text.split("\n") if text else [])


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Postings with their BM25F impact.

    Attributes:
        indptr: int64 [V+1]; postings of token t are [indptr[t], indptr[t+1]).
        chunks: int32 [P], ascending within a token.
        impacts: float32 [P], IDF times saturated frequency.
        frequency: int32 [V], in how many chunks a token occurs.
        size: number of chunks.
    """

    indptr: NDArray[np.int64]
    chunks: Ints
    impacts: Floats
    frequency: Ints
    size: int

    @classmethod
    def build(cls, text: TokenRows, heading: TokenRows, vocabulary: int) -> LexicalIndex:
        """Build from token ids of every chunk's two fields (`len(rows) == N`, ids < vocabulary)."""
        size = len(text.ptr) - 1
        keys_text, tf_text = _counts(text, size)
        keys_head, tf_head = _counts(heading, size)
        keys = _union(keys_text, keys_head)
        tf = np.zeros(keys.shape)
        norm_text, norm_head = length_factor(text.lengths, B_TEXT), length_factor(heading.lengths, B_HEADING)
        tf[np.searchsorted(keys, keys_text)] += tf_text / norm_text[keys_text % max(size, 1)]
        tf[np.searchsorted(keys, keys_head)] += HEADING_WEIGHT * tf_head / norm_head[keys_head % max(size, 1)]
        tokens, chunks = keys // max(size, 1), keys % max(size, 1)
        frequency = np.bincount(tokens, minlength=vocabulary)
        impacts = idf(size, frequency)[tokens] * saturate(tf)
        indptr = np.concatenate([[0], np.cumsum(frequency)])
        return cls(
            indptr.astype(np.int64),
            chunks.astype(np.int32),
            impacts.astype(np.float32),
            frequency.astype(np.int32),
            size,
        )

    def scores(self, weights: Mapping[int, float]) -> Floats:
        """Score of every chunk, float32 [N]: the weighted sum of the impacts of the given tokens."""
        total = np.zeros(self.size, np.float32)
        for token in sorted(weights):
            a, b = self.indptr[token], self.indptr[token + 1]
            total[self.chunks[a:b]] += np.float32(weights[token]) * self.impacts[a:b]
        return total

    def idf(self, token: int) -> float:
        return float(idf(self.size, np.asarray(self.frequency[token], np.int64)))

    def save(self, folder: Path) -> None:
        for name in ("indptr", "chunks", "impacts", "frequency"):
            np.save(folder / f"lexical.{name}.npy", getattr(self, name))

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        names = ("indptr", "chunks", "impacts", "frequency")
        return cls(*(mapped(folder / f"lexical.{name}.npy") for name in names), size)


def _union(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sorted union of two sorted arrays without repeats; numpy's own hashes and is hundreds of times slower here."""
    both = np.concatenate([a, b])
    both.sort(kind="stable")
    return both[np.concatenate([[True], both[1:] != both[:-1]])] if both.size else both


def _counts(rows: TokenRows, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sorted keys token·N + chunk, and how often each occurs."""
    chunk_of = np.repeat(np.arange(size, dtype=np.int64), rows.lengths)
    return np.unique(rows.ids.astype(np.int64) * size + chunk_of, return_counts=True)
