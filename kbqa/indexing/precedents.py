"""Precedents: questions that were answered before, and the words of what answered them.

Whoever asks 老客不怎么来了 is answered where notes write 流失, 召回 and 唤醒. A model ships with questions of its training, as vectors,
and the words of their answers; those of the questions nearest to a new one say what its answer may speak of, whether or not
it shares a word with them. Source: relevance models (Lavrenko & Croft 2001), estimated from answers to like questions instead
of from the first passages found.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.dense import DenseIndex
from kbqa.indexing.lexical import LexicalIndex, TokenRows, Vocabulary, idf

FOLDER = "precedents"  # in the folder of the model that made the vectors
QUESTIONS, ANSWERS, VOCABULARY = "questions.faiss", "answers", "vocabulary.txt"
DIMENSIONS = 256  # of the model's, the first
_NEAREST, _TEMPERATURE, _WORDS = 16, 0.1, 64
# Cosines of the nearest precedent: of any text, and of a question that asks nearly the same.
_UNLIKE, _ALIKE = 0.3, 0.6
_IN_COMMON = 8  # answers to nearly the same question have so many words in common that the notes have, too


class Precedents:
    """Those of one model, for one index; none if the model came without."""

    def __init__(self, model: Path, vocabulary: Vocabulary, lexical: LexicalIndex) -> None:
        self._folder = model / FOLDER
        self._known = vocabulary.ids
        self._lexical = lexical
        whole = all((self._folder / name).is_file() for name in (QUESTIONS, VOCABULARY, f"{ANSWERS}.token_ids.npy"))
        self._questions = DenseIndex.load(self._folder / QUESTIONS) if whole else None

    @cached_property
    def _answers(self) -> TokenRows:
        return TokenRows.load(self._folder, ANSWERS)

    @cached_property
    def _tokens(self) -> NDArray[np.int32]:
        """Index token of every word of the answers, −1 where the notes do not have it."""
        words = Vocabulary.load(self._folder / VOCABULARY).tokens
        return np.array([self._known.get(word, -1) for word in words], np.int32)

    def words(self, vector: NDArray[np.float32]) -> dict[int, float]:
        """Index token → weight, of the words that tell most; they add up to about 1 where like questions are known and answers agree.

        Args:
            vector: the question's, float32 [d].
        """
        length = float(np.linalg.norm(vector[:DIMENSIONS]))
        if self._questions is None or not length:
            return {}
        near, cosines = self._questions.search(vector[:DIMENSIONS] / length, _NEAREST)
        if not near.size:
            return {}
        shares = np.exp((cosines - cosines[0]) / _TEMPERATURE)
        shares *= np.clip((float(cosines[0]) - _UNLIKE) / (_ALIKE - _UNLIKE), 0.0, 1.0) / shares.sum() / _IN_COMMON
        rows = [self._tokens[self._answers.row(row)] for row in near.tolist()]
        tokens, places = np.unique(np.concatenate(rows), return_inverse=True)
        weights = np.bincount(places, np.repeat(shares, [len(row) for row in rows]))
        weights, tokens = weights[tokens >= 0], tokens[tokens >= 0]
        worth = weights * idf(self._lexical.size, self._lexical.frequency[tokens].astype(np.int64))
        best = np.lexsort((tokens, -worth))[:_WORDS]
        return dict(zip(tokens[best].tolist(), weights[best].tolist(), strict=True))
