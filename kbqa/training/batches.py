"""Batches of rows of one source, in which no text stands twice.

In-batch negatives are wrong where two rows share a text. sentence-transformers' own sampler rules that out by comparing
rows while it draws, which is slow for large batches; here every text becomes a number once.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from sentence_transformers.base.sampler import DefaultBatchSampler


class UniqueBatchSampler(DefaultBatchSampler):
    """Shuffled batches; a row that collides with one of the batch waits for the next."""

    def __init__(self, dataset: Any, batch_size: int, drop_last: bool, **options: Any) -> None:
        super().__init__(dataset, batch_size=batch_size, drop_last=drop_last, **options)
        numbers: dict[str, int] = {}
        # One numbering for all sides: a text that is the query here and the passage there collides as well.
        columns = [[numbers.setdefault(text, len(numbers)) for text in dataset[name]] for name in dataset.column_names]
        self._rows = list(zip(*columns, strict=True))
        self._length = sum(1 for _ in self._batches(0))

    def __iter__(self) -> Iterator[list[int]]:
        return self._batches(self.epoch)

    def __len__(self) -> int:
        return self._length

    def _batches(self, epoch: int) -> Iterator[list[int]]:
        order = list(range(len(self._rows)))
        random.Random(f"{self.seed}-{epoch}").shuffle(order)
        yield from unique_batches(order, self._rows, self.batch_size, self.drop_last)


def unique_batches(
    order: Sequence[int], rows: Sequence[tuple[int, ...]], size: int, drop_last: bool = False
) -> Iterator[list[int]]:
    """Cut `order` into batches of at most `size` rows none of whose numbers stands in another row of the batch."""
    waiting: list[int] = []
    position = 0
    while waiting or position < len(order):
        batch: list[int] = []
        taken: set[int] = set()
        still_waiting: list[int] = []
        for row in waiting:
            (still_waiting if len(batch) == size or not _take(rows[row], taken) else batch).append(row)
        while len(batch) < size and position < len(order):
            row = order[position]
            position += 1
            (batch if _take(rows[row], taken) else still_waiting).append(row)
        waiting = still_waiting
        # What is left at the end are rows of one query: batches of a few rows teach nothing.
        if len(batch) == size or (not drop_last and 4 * len(batch) >= min(size, len(order))):
            yield batch
        elif position == len(order):
            return


def _take(texts: tuple[int, ...], taken: set[int]) -> bool:
    if not taken.isdisjoint(texts):
        return False
    taken.update(texts)
    return True
