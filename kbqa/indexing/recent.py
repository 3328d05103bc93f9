"""Vectors of passages that were encoded lately: people who ask at the same time ask about the same things."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import islice

import numpy as np

from kbqa.indexing.encoder import Encoder, Vectors

_KEPT = 8192  # vectors, 4 KB each with the embedded model


class RecentVectors:
    """An encoder's vectors of passages, the newest kept; safe to be asked by several threads.

    Args:
        kept: how many vectors stay; the oldest go first.
    """

    def __init__(self, encoder: Encoder, kept: int = _KEPT) -> None:
        self._encoder = encoder
        self._most = kept
        self._kept: dict[str, Vectors] = {}
        self._lock = threading.Lock()

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, dimension], the same values as from the encoder itself."""
        if not texts:
            return self._encoder.encode_passages(texts)
        vectors = {text: self._kept.get(text) for text in texts}
        missing = [text for text, vector in vectors.items() if vector is None]
        if missing:
            fresh = dict(zip(missing, self._encoder.encode_passages(missing), strict=True))
            vectors.update(fresh)
            with self._lock:
                self._kept.update(fresh)
                for text in list(islice(self._kept, max(len(self._kept) - self._most, 0))):
                    del self._kept[text]
        return np.stack([vectors[text] for text in texts])  # type: ignore[arg-type]  # none is missing now
