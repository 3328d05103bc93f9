"""Vectors of an index's words, made when they are first asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.encoder import Encoder
from kbqa.indexing.lexical import Vocabulary

DIMENSIONS = 256  # of the encoder's, the first: enough to tell words apart, and a quarter of the work
_CONCEPT = "="


class WordVectors:
    """Words as vectors of length 1, and those of a vocabulary by token id; safe to be asked by several threads.

    The table takes a KB for every word that was asked for, the rest is not touched.
    """

    def __init__(self, encoder: Encoder, vocabulary: Vocabulary) -> None:
        self._encoder = encoder
        self._tokens = vocabulary.tokens
        self._table: NDArray[np.float32] | None = None
        self._known = np.zeros(len(vocabulary), np.bool_)
        self._last: tuple[tuple[str, ...], NDArray[np.float32]] = (), np.zeros((0, DIMENSIONS), np.float32)

    def encode(self, words: Sequence[str]) -> NDArray[np.float32]:
        """float32 [n, 256], or less where the encoder has fewer; zero for what it does not know.

        The last words are kept: those of a question are asked for again and again.
        """
        key, (known, vectors) = tuple(words), self._last
        if key != known:
            vectors = self._encode(words)
            self._last = key, vectors
        return vectors

    def _encode(self, words: Sequence[str]) -> NDArray[np.float32]:
        vectors = self._encoder.encode_passages([word.removeprefix(_CONCEPT) for word in words])[:, :DIMENSIONS]
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)

    def of(self, ids: NDArray[np.integer]) -> NDArray[np.float32]:
        """float32 [n, 256] of token ids [n]."""
        missing = ids[~self._known[ids]]
        if missing.size:
            fresh = self._encode([self._tokens[i] for i in missing.tolist()])
            if self._table is None:
                self._table = np.zeros((len(self._tokens), fresh.shape[1]), np.float32)
            self._table[missing] = fresh
            self._known[missing] = True  # only now: another thread may be looking
        if self._table is None:
            return np.zeros((0, DIMENSIONS), np.float32)
        return self._table[ids]
