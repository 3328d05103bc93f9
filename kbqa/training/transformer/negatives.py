"""Hard negatives: passages that a model takes for the answer and that are none.

Passages of one source only compete among themselves, as in training. A passage nearly as close as the right one is more
often a second right answer than a mistake; the margin leaves it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kbqa.training.transformer.config import MiningSettings
from kbqa.training.transformer.data import Row

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_CHUNK = 2048


def mine(model: SentenceTransformer, rows: Sequence[Row], number: int, settings: MiningSettings) -> list[list[str]]:
    """Negatives of every row, hardest first, out of the passages of these rows.

    Returns:
        For each row at most `number` passages; none of them is a right one of the same query.
    """
    queries, passages = _numbered(row.query for row in rows), _numbered(row.passage for row in rows)
    right: dict[int, set[int]] = {}
    for row in rows:
        right.setdefault(queries[row.query], set()).add(passages[row.passage])
    found = mine_numbers(
        _vectors(model, queries), _vectors(model, passages),
        [(queries[row.query], passages[row.passage]) for row in rows], right, number, settings,
    )  # fmt: skip
    texts = list(passages)
    return [[texts[place] for place in places] for places in found]


def mine_numbers(
    queries: NDArray[np.float32],
    passages: NDArray[np.float32],
    pairs: Sequence[tuple[int, int]],
    right: Mapping[int, set[int]],
    number: int,
    settings: MiningSettings,
) -> list[list[int]]:
    """The same over vectors.

    Args:
        queries: float32 [n, d], rows of length 1.
        passages: float32 [m, d], rows of length 1.
        pairs: (query, right passage), by number.
        right: query → all its right passages.

    Returns:
        For each pair the numbers of its negatives, nearest first.
    """
    import torch

    from kbqa.training.transformer.loops import device

    table = torch.from_numpy(passages).to(device())
    depth = min(settings.depth, len(passages))
    mined: list[list[int]] = []
    for start in range(0, len(pairs), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        asked = torch.from_numpy(queries[[query for query, _ in chunk]]).to(device())
        similar = asked @ table.T
        ceilings = similar[torch.arange(len(chunk)), [passage for _, passage in chunk]] * (1 - settings.margin)
        scores, places = similar.topk(depth, dim=1)
        allowed = scores <= ceilings[:, None]
        for (query, _), ok, numbers in zip(chunk, allowed.tolist(), places.tolist(), strict=True):
            nearest = [(fine, n) for fine, n in zip(ok, numbers, strict=True) if n not in right[query]]
            mined.append([n for fine, n in nearest[settings.skip :] if fine][:number])
    return mined


def _numbered(texts: Any) -> dict[str, int]:
    """Distinct texts with their numbers, in order."""
    numbers: dict[str, int] = {}
    for text in texts:
        numbers.setdefault(text, len(numbers))
    return numbers


def _vectors(model: SentenceTransformer, texts: Mapping[str, int]) -> NDArray[np.float32]:
    vectors = model.encode(
        list(texts), batch_size=256, normalize_embeddings=True, show_progress_bar=len(texts) > 10_000
    )
    return np.asarray(vectors, np.float32)
