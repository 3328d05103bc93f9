"""Putting things behind what they need: rings broken and named, ties broken by a key, the same under any hash seed."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

Needs = Mapping[str, Iterable[str]]
"""Item → what has to come before it. Every item is a key; what is needed but is no key counts as there already."""
Key = Callable[[str], Any]
Ring = tuple[str, ...]
"""Items that need one another, the one that has to do without first: each comes before the next, the last before the first."""


def without_rings(needs: Needs, key: Key) -> tuple[dict[str, tuple[str, ...]], tuple[Ring, ...]]:
    """The needs with every ring cut open at its item of the smallest key, and the rings."""
    open_needs = {
        item: tuple(sorted({n for n in needs[item] if n in needs and n != item}, key=key))
        for item in sorted(needs, key=key)
    }
    rings: list[Ring] = []
    while ring := _find_ring(open_needs):
        first = min(range(len(ring)), key=lambda i: key(ring[i]))
        ring = (*ring[first:], *ring[:first])
        open_needs[ring[0]] = tuple(n for n in open_needs[ring[0]] if n != ring[-1])
        rings.append(ring)
    return open_needs, tuple(rings)


def _find_ring(needs: Needs) -> Ring | None:
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        return tuple(error.args[1][:-1])
    return None


def in_order(needs: Needs, key: Key) -> tuple[str, ...]:
    """The items, each behind what it needs; of those that may come next the one of the smallest key.

    Raises:
        graphlib.CycleError: there is a ring, see `without_rings`.
    """
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    ready: list[tuple[Any, str]] = []
    order: list[str] = []
    while sorter.is_active():
        for item in sorter.get_ready():
            heapq.heappush(ready, (key(item), item))
        _, item = heapq.heappop(ready)
        order.append(item)
        sorter.done(item)
    return tuple(order)


def depths(needs: Needs, key: Key, least: Mapping[str, int]) -> dict[str, int]:
    """How many items stand one behind the other in front of each; 0 for one that needs nothing.

    Args:
        least: depths that some items have at least.

    Raises:
        graphlib.CycleError: there is a ring, see `without_rings`.
    """
    depth: dict[str, int] = {}
    for item in in_order(needs, key):
        depth[item] = max((depth[n] + 1 for n in needs[item]), default=0)
        depth[item] = max(depth[item], least.get(item, 0))
    return depth


def reduced(needs: Needs, key: Key) -> dict[str, tuple[str, ...]]:
    """The needs that do not follow from others: what is left to draw. Same errors as `in_order`."""
    behind: dict[str, set[str]] = {}
    for item in in_order(needs, key):
        behind[item] = {far for n in needs[item] for far in (n, *behind[n])}
    return {
        item: tuple(n for n in needs[item] if not any(n in behind[other] for other in needs[item])) for item in needs
    }
