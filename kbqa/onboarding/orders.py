"""The order of stages: which of several orders is the one that the notes give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kbqa.onboarding.items import QuizItem, cite, digest, item
from kbqa.onboarding.material import Material
from kbqa.onboarding.series import FIRST, Series
from kbqa.text import fold, squeeze

_SHOWN = 4
# Words that give a place in the order away.
_TELLS = re.compile(
    r"[第首末]|先|再|最后|之?前|之?后|开始|结束|[一二三四五六七八九十两\d]\s*(?:天|周|个?月|季|年|小时|分钟)|^(?:当天|下周|每)|其次|接着|然后|初级|中级|高级|资深"
)


def order_items(material: Material) -> Iterator[QuizItem]:
    """One item for every series that comes in order."""
    known = [one.keys for one in material.series if one.ordered]
    seen: set[tuple[str, ...]] = set()
    for one in material.series:
        steps = [FIRST.sub("", member) for member in one.members]
        key = tuple(map(squeeze, steps))
        if not one.ordered or key in seen or len(set(key)) < len(key):
            continue
        called = _called(material, one)
        steps = [step for step in steps if not _TELLS.search(fold(step)) and squeeze(step) not in squeeze(called)]
        if len(steps) >= 3 and 4 * len(steps) >= 3 * len(one.members):
            seen.add(key)
            yield from _item(material, one, called, _spread(steps), known)


def _spread(steps: Sequence[str]) -> list[str]:
    """At most four of the steps, as far apart as they come: neighbours may change places in practice, distant ones do not."""
    if len(steps) <= _SHOWN:
        return list(steps)
    return [steps[round(i * (len(steps) - 1) / (_SHOWN - 1))] for i in range(_SHOWN)]


def _called(material: Material, one: Series) -> str:
    """How a stem names a series: by the term that it defines, else by its note and heading."""
    term = material.defining(one)
    return f"「{term}」" if term else f"《{one.document.title}》的「{one.heading}」"


def _item(
    material: Material, one: Series, called: str, steps: list[str], known: Sequence[tuple[str, ...]]
) -> Iterator[QuizItem]:
    orders = _orders(steps, called)
    keys = [tuple(map(squeeze, order)) for order in orders[1:]]
    taken = any(_runs(key, other) for key in keys for other in known)
    if taken:
        return
    stem = f"按{called}，下面几项的先后次序是哪一个？"
    right, *wrong = [" → ".join(order) for order in orders]
    yield item(
        "order",
        material.defining(one) or material.subject(one.document, one.heading),
        stem,
        right,
        wrong,
        cite(one.document, one.span),
    )


def _orders(steps: list[str], salt: str) -> list[list[str]]:
    """The right order and three others, made by two exchanges and by both of them together.

    Each of the four differs from two others by one exchange, so that none stands out as the one that the rest were made from.
    """
    pairings = [((0, 1), (1, 2))] if len(steps) == 3 else [((0, 1), (2, 3)), ((0, 2), (1, 3))]
    first, second = pairings[int(digest(salt, *steps)[:8], 16) % len(pairings)]
    return [steps, _exchanged(steps, first), _exchanged(steps, second), _exchanged(_exchanged(steps, first), second)]


def _exchanged(steps: Sequence[str], pair: tuple[int, int]) -> list[str]:
    steps = list(steps)
    i, j = pair
    steps[i], steps[j] = steps[j], steps[i]
    return steps


def _runs(order: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether another series has these members in this order."""
    return set(order) <= set(other) and (places := [other.index(step) for step in order]) == sorted(places)
