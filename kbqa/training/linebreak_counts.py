"""What counting teaches before training starts: which words begin and end clauses, and which go side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kbqa.notes import linebreak_network
from kbqa.text import fold

_MARKS = "\u3002\uff0c,;:!?\u3001\n"
FACTORS = 10


@dataclass(frozen=True, slots=True)
class Start:
    """Where training starts from: first columns of the word and the bigram table."""

    known: linebreak_network.Vocabulary
    words: np.ndarray
    bigrams: np.ndarray


def own_buckets(texts: Iterable[str]) -> linebreak_network.Vocabulary:
    """Give every bucket to the most frequent word or pair of characters in it, if that occurs five times."""
    words: Counter[str] = Counter()
    pairs, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for blob in _blobs(texts, 1_000_000):
        words.update(_cut(blob))
        buckets, marks = linebreak_network.bigram_places(linebreak_network.code_points(blob))
        keys, times = np.unique(buckets.astype(np.int64) * 256 + marks, return_counts=True)
        pairs, where = np.unique(np.concatenate([pairs, keys]), return_inverse=True)
        counts = np.bincount(where, np.concatenate([counts, times])).astype(np.int64)
    bigram_marks = np.full(linebreak_network.BIGRAM_BUCKETS, -1, np.int32)
    for i in np.argsort(counts, kind="stable"):
        if counts[i] >= 5:
            bigram_marks[pairs[i] // 256] = pairs[i] % 256
    word_marks = np.full(linebreak_network.WORD_BUCKETS, -1, np.int32)
    for word, count in sorted(words.items(), key=lambda pair: (pair[1], pair[0])):
        bucket, mark = linebreak_network.word_place(word)
        if count >= 5:
            word_marks[bucket] = mark
    return linebreak_network.Vocabulary(word_marks, bigram_marks)


def count_start(texts: Sequence[str]) -> Start:
    """How readily each word and pair of characters begins and ends a clause, and which words go side by side.

    Marks tell where clauses begin and end in millions of places, which no training of ours could visit; the network
    starts from these counts instead of from noise. Side by side: a truncated decomposition of the words' pointwise
    mutual information (positive part), so that pairs never seen get a value too.
    """
    known = own_buckets(texts)
    ids: dict[str, int] = dict.fromkeys(_MARKS, -1)
    words, bigrams = _Edges(linebreak_network.WORD_BUCKETS, True), _Edges(linebreak_network.BIGRAM_BUCKETS, False)
    for blob in _blobs(texts, 1_000_000):
        words.add(np.array([_word_id(word, ids, known) for word in _cut(blob)], np.int64))
        codes = linebreak_network.code_points(blob)
        mark = np.isin(codes, [ord(c) for c in _MARKS])
        rows = known.bigram_rows(codes).astype(np.int64)
        rows[mark | np.append(mark[1:], True)] = -1
        bigrams.add(rows)
    left, right = words.factors(FACTORS)
    columns = np.column_stack([words.propensities(), left, right]).astype(np.float32)
    return Start(known, columns, bigrams.propensities())


def _blobs(texts: Iterable[str], size: int) -> Iterator[str]:
    held: list[str] = []
    length = 0
    for text in texts:
        held.append(text)
        length += len(text)
        if length > size:
            yield fold("\n".join(held) + "\n")
            held, length = [], 0
    yield fold("\n".join([*held, ""]))


def _cut(text: str) -> list[str]:
    import rjieba

    return rjieba.cut(text)


def _word_id(word: str, ids: dict[str, int], known: linebreak_network.Vocabulary) -> int:
    if word not in ids:
        ids[word] = known.word_row(word)
    return ids[word]


class _Edges:
    """Counts of units at the beginning and end of clauses and of neighbouring units."""

    def __init__(self, size: int, neighbours: bool) -> None:
        self.size = size
        self.neighbours = neighbours
        self.all, self.first, self.last = np.zeros(size), np.zeros(size), np.zeros(size)
        self.keys, self.counts = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def add(self, units: np.ndarray) -> None:
        """Count a stretch of unit numbers in which -1 stands for a mark."""
        units = np.concatenate([[-1], units, [-1]])
        inside = units >= 0
        self.all += np.bincount(units[inside], minlength=self.size)
        self.first += np.bincount(units[1:][inside[1:] & ~inside[:-1]], minlength=self.size)
        self.last += np.bincount(units[:-1][inside[:-1] & ~inside[1:]], minlength=self.size)
        if not self.neighbours:
            return
        both = inside[1:] & inside[:-1]
        keys, counts = np.unique(units[:-1][both] * self.size + units[1:][both], return_counts=True)
        merged, where = np.unique(np.concatenate([self.keys, keys]), return_inverse=True)
        self.counts = np.bincount(where, np.concatenate([self.counts, counts])).astype(np.int64)
        self.keys = merged

    def propensities(self) -> np.ndarray:
        """Smoothed log odds of beginning and of ending a clause, standardised to a spread of 0.3: float32 [size, 2]."""
        columns = []
        for edge in (self.first, self.last):
            rate = (edge + 5 * edge.sum() / self.all.sum()) / (self.all + 5)
            columns.append(_spread(np.log(rate / (1 - rate)), self.all))
        return np.column_stack(columns).astype(np.float32)

    def factors(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Left and right factors [size, count] of the positive pointwise mutual information of neighbours."""
        from scipy.sparse import csr_matrix
        from scipy.sparse.linalg import svds

        keys, counts = self.keys[self.counts > 2], self.counts[self.counts > 2]
        left, right = keys // self.size, keys % self.size
        gain = np.log(counts * self.all.sum() / (self.all[left] * self.all[right]) + 1e-9)
        keep = gain > 0
        matrix = csr_matrix((gain[keep], (left[keep], right[keep])), shape=(self.size, self.size))
        u, values, vt = svds(matrix, k=count, v0=np.ones(self.size), random_state=0)
        root = np.sqrt(values)
        return _spread(u * root), _spread(vt.T * root)


def _spread(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    mean = np.average(values, axis=0, weights=weights)
    return np.clip((values - mean) / values.std(axis=0) * 0.3, -1.5, 1.5)
