"""Which Chinese pieces translate an English piece, learned by counting.

IBM model 1 over the parallel pairs: t(z | e), the probability that English piece e is translated by Chinese piece z, by
expectation-maximisation. Rows of English pieces start as the mean of their translations' rows, so training begins with
a dictionary instead of noise.

Source: Brown et al. 1993, "The mathematics of statistical machine translation: parameter estimation".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.pieces import Pieces
from kbqa.text import is_english
from kbqa.training.pairs import Pair

_LONGEST = 160  # characters of an English side; longer ones align too loosely
_BATCH = 4096
_LEAST = 0.03  # translations less likely than this are left out of a row
_ENOUGH = 0.15  # of the probability has to be left for a row to be aligned


class Translations(NamedTuple):
    """t(z | e) of all pairs of pieces that stood together: float64 `probability` [n] of (`source`, `target`) [n]."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    probability: NDArray[np.float64]


def parallel(pairs: Sequence[Pair]) -> list[Pair]:
    """(English, Chinese) of those pairs that are one of each, whichever side comes first."""
    found = []
    for a, b in pairs:
        if is_english(a) != is_english(b):
            english, chinese = (a, b) if is_english(a) else (b, a)
            if len(english) <= _LONGEST:
                found.append((english, chinese))
    return list(dict.fromkeys(found))


def align(pieces: Pieces, pairs: Sequence[Pair], rounds: int = 4) -> Translations:
    """Learn translations from (English, Chinese) pairs."""
    source_ptr, source = _ids(pieces, [english for english, _ in pairs])
    target_ptr, target = _ids(pieces, [chinese for _, chinese in pairs])
    per_source, per_target = np.diff(source_ptr), np.diff(target_ptr)
    # Every English piece of a pair meets every Chinese piece of it: the row of each meeting in `source` and `target`.
    meetings = np.repeat(per_target, per_source)
    source_row = np.repeat(np.arange(source.size), meetings)
    within = np.arange(source_row.size) - np.repeat(np.cumsum(meetings) - meetings, meetings)
    target_row = np.repeat(np.repeat(target_ptr[:-1], per_source), meetings) + within
    keys, which = np.unique(source[source_row] * len(pieces) + target[target_row], return_inverse=True)
    e, z = np.divmod(keys, len(pieces))
    t = np.ones(keys.size)
    for _ in range(rounds):
        share = t[which]
        share /= np.bincount(target_row, share, target.size)[target_row]
        counts = np.bincount(which, share, keys.size)
        t = counts / np.bincount(e, counts, len(pieces))[e]
    return Translations(e, z, t)


def aligned_rows(rows: NDArray[np.float32], translations: Translations, english: NDArray[np.bool_]) -> int:
    """Put the mean of its translations' rows in place of each English piece's row; returns how many were.

    Args:
        rows: [V, d], changed in place; lengths are kept.
        english: [V], which pieces are English words.
    """
    from scipy.sparse import csr_matrix

    e, z, t = translations
    likely = (t >= _LEAST) & english[e] & ~english[z]
    table = csr_matrix((t[likely], (e[likely], z[likely])), shape=(len(rows), len(rows)))
    found = np.flatnonzero(np.asarray(table.sum(axis=1)).ravel() >= _ENOUGH)
    lengths = np.linalg.norm(rows[found], axis=1, keepdims=True)
    mixed = table[found] @ rows
    rows[found] = mixed / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-9) * lengths
    return len(found)


def _ids(pieces: Pieces, texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct pieces of each text: where each text's begin [n + 1], and their ids."""
    bags = [pieces.bags(texts[start : start + _BATCH]) for start in range(0, len(texts), _BATCH)]
    sizes = np.concatenate([np.diff(bag.ptr) for bag in bags])
    return np.concatenate([[0], np.cumsum(sizes)]), np.concatenate([bag.ids for bag in bags])
