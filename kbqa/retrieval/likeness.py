"""How much of a question the words of a passage say, each by the word that is nearest in meaning.

Every idea of the question looks for its best match among the passage's words: the idea itself, as `Coverage` counts it, or
a word whose vector is close. The ideas' shares are summed by their weights. Source: the "MaxSim" of Khattab & Zaharia 2020,
"ColBERT", here over vectors of words that no context changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.index import Index
from kbqa.indexing.segment import CONCEPT
from kbqa.retrieval.question import Question

Floats = NDArray[np.float32]

_UNLIKE = 0.25  # cosine up to which two words have nothing to do with each other


def likeness(
    index: Index, question: Question, covered: Floats, weights: Sequence[float], rows: Sequence[int]
) -> Floats:
    """Share of the question, 0 to 1, that each of some chunks says with its nearest headings; float32 [n].

    Args:
        covered: how far each chunk covers each of the question's ideas by itself, float32 [ideas, n].
        weights: share of each idea in the question.
    """
    own = [[t.removeprefix(CONCEPT) for t in idea.wordings[0].tokens] for idea in question.ideas]
    words = [word for idea in own for word in idea]
    if not words or not rows:
        return np.zeros(len(rows), np.float32)
    tokens, bounds = _tokens(index, rows)
    distinct, places = np.unique(tokens, return_inverse=True)
    cosines = (index.words.encode(words) @ index.words.of(distinct).T)[:, places]
    # A zero behind the last: `reduceat` wants every bound inside, and a chunk without words at the end has none.
    nearest = np.maximum.reduceat(np.pad(cosines, ((0, 0), (0, 1))), bounds, axis=1)
    told = np.clip((nearest - _UNLIKE) / (1 - _UNLIKE), 0.0, 1.0)
    ends = np.cumsum([len(idea) for idea in own])
    alike = np.stack([part.mean(axis=0) for part in np.split(told, ends[:-1])])
    return np.asarray(weights, np.float32) @ np.maximum(alike, covered)


def _tokens(index: Index, rows: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Tokens of some chunks and their nearest headings, one after the other, and where each chunk's begin."""
    found = []
    for row in rows:
        lines = index.sentences.of_chunk(row)
        ptr = index.sentences.tokens.ptr
        said = index.sentences.tokens.ids[ptr[lines.start] : ptr[lines.stop]]
        found.append(np.concatenate([said, index.headings.row(int(index.chunks.places[row, 3]))]))
    lengths = [len(ids) for ids in found]
    return np.concatenate(found), np.concatenate([[0], np.cumsum(lengths[:-1])]).astype(np.int64)
