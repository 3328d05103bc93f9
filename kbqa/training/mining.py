"""Hard negatives: passages that a half-trained model takes for the answer and that are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kbqa.training.pairs import Pair

Triplet = tuple[str, str, str]

# Passages at least this much farther than the answer (share of its similarity) are taken: nearer ones may answer as well.
_MARGIN = 0.05
_NEAREST = 20
_LEAST_ROWS = 1000


def mine(model: Any, pairs: Mapping[str, Sequence[Pair]], limit: int) -> dict[str, list[Triplet]]:
    """Triplets for sources whose passages are sections, in proportion to their size.

    Args:
        model: a SentenceTransformer.
        pairs: by source, (query, passage).
        limit: triplets at most, over all sources.
    """
    from datasets import Dataset
    from sentence_transformers.util import mine_hard_negatives

    total = sum(map(len, pairs.values()))
    found: dict[str, list[Triplet]] = {}
    for name, rows in pairs.items():
        chosen = rows[: limit * len(rows) // max(total, 1)]
        if len(chosen) < min(_LEAST_ROWS, len(rows)) or len(chosen) <= _NEAREST:
            continue
        dataset = Dataset.from_dict({"anchor": [q for q, _ in chosen], "positive": [p for _, p in chosen]})
        mined = mine_hard_negatives(
            dataset, model, range_min=1, range_max=_NEAREST, relative_margin=_MARGIN, num_negatives=1, batch_size=1024,
            use_faiss=True, verbose=False,
        )  # fmt: skip
        columns = (mined["anchor"], mined["positive"], mined["negative"])
        found[name] = [triplet for triplet in zip(*columns, strict=True) if len(set(triplet)) == 3]
    return found
