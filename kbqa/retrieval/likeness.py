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
    texts = []
    for row in rows:
        lines, ptr = index.sentences.of_chunk(row), index.sentences.tokens.ptr
        said = index.sentences.tokens.ids[ptr[lines.start] : ptr[lines.stop]]
        texts.append(np.concatenate([said, index.headings.row(int(index.chunks.places[row, 3]))]))
    nearest = _nearest(index, question, texts)
    told = np.clip((nearest - _UNLIKE) / (1 - _UNLIKE), 0.0, 1.0)
    return np.asarray(weights, np.float32) @ np.maximum(told, covered)


def sentence_likeness(index: Index, question: Question, weights: Sequence[float], rows: Sequence[int]) -> Floats:
    """The same for sentences by themselves, given as rows of the sentence table; float32 [n]."""
    told = _nearest(index, question, [index.sentences.tokens.row(row) for row in rows])
    return np.asarray(weights, np.float32) @ np.maximum(told, 0.0)


def _nearest(index: Index, question: Question, texts: Sequence[NDArray[np.int32]]) -> Floats:
    """Similarity of each of a question's ideas with the nearest words of texts given as token ids; float32 [ideas, texts]."""
    own = [[t.removeprefix(CONCEPT) for t in idea.wordings[0].tokens] for idea in question.ideas]
    words = [word for idea in own for word in idea]
    if not words or not texts:
        return np.zeros((len(own), len(texts)), np.float32)
    distinct, places = np.unique(np.concatenate(texts), return_inverse=True)
    cosines = (index.words.encode(words) @ index.words.of(distinct).T)[:, places]
    # A zero behind the last: `reduceat` wants every bound inside, and a text without words at the end has none.
    bounds = np.concatenate([[0], np.cumsum([len(ids) for ids in texts[:-1]])]).astype(np.int64)
    nearest = np.maximum.reduceat(np.pad(cosines, ((0, 0), (0, 1))), bounds, axis=1)
    ends = np.cumsum([len(idea) for idea in own])
    return np.stack([part.mean(axis=0) for part in np.split(nearest, ends[:-1])])
