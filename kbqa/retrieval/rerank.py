"""An optional last word on the order of hits: a cross-encoder, which reads question and passage together.

Off by default. It costs a pass of a transformer over every candidate, and nothing where none is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import EncoderError
from kbqa.indexing.index import Index
from kbqa.indexing.model_files import ModelFiles, find_model, loading

RERANKED = 20  # so many of the best hits are read again

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


class Reranker:
    """A cross-encoder of sentence-transformers with one score a pair.

    Raises:
        EncoderError: the folder is no such model, or does not load.
    """

    def __init__(self, files: ModelFiles) -> None:
        if files.kind != "CrossEncoder":  # sentence-transformers would make up the missing weights
            raise _no_reranker(files)
        with loading(files):
            from sentence_transformers import CrossEncoder

            self._model: Any = CrossEncoder(str(files.folder), device="cpu", local_files_only=True)
        self._model.float()
        if self._model.num_labels != 1:
            raise _no_reranker(files)

    def scores(self, question: str, passages: Sequence[str]) -> Floats:
        """How well each passage answers the question: logits, float32 [n], higher is better."""
        from torch.nn import Identity

        pairs = [(question, passage) for passage in passages]
        # Without the model's activation: rounded to 1, good passages would tie.
        logits = self._model.predict(pairs, activation_fn=Identity(), show_progress_bar=False)
        return np.asarray(logits, np.float32).reshape(-1)


@lru_cache(maxsize=1)
def load_reranker(name: str) -> Reranker:
    """A reranker by path or by its hub name in the local cache; loaded once a process.

    Raises:
        EncoderError: it is not on this machine, or cannot be used.
    """
    return Reranker(find_model(name, "--reranker"))


def rerank(index: Index, question: str, rows: Rows, order: Rows, name: str) -> tuple[Rows, Floats]:
    """Order the best hits anew by what a cross-encoder says of them.

    Args:
        rows: chunk rows of all candidates.
        order: places in `rows`, best first.
        name: the reranker.

    Returns:
        `order` with its first `RERANKED` sorted by score, ties by row; and per candidate the score as a probability,
        0 where it was not read.
    """
    from kbqa.indexing.write import encoded_text  # a builder's module; asking without a reranker never loads it

    first = order[:RERANKED]
    passages = [encoded_text(index.chunks.chunk(int(row))) for row in rows[first]]
    logits = load_reranker(name).scores(question, passages)
    share = np.zeros(rows.size, np.float32)
    share[first] = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
    anew = first[np.lexsort((rows[first], -logits))]
    return np.concatenate([anew, order[RERANKED:]]), share


def _no_reranker(files: ModelFiles) -> EncoderError:
    return EncoderError(
        f"模型 {files.name} 不是重排模型（cross-encoder，每对一个分数）。请用 --reranker 换一个，例如 BAAI/bge-reranker-base。",
        f"The model {files.name} is no reranker (a cross-encoder with one score a pair). Name another with --reranker, "
        "for example BAAI/bge-reranker-base.",
    )
