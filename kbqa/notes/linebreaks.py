"""Line breaks that scraping lost: where a glued slide deck has to be cut to be readable again.

A deck that lost its line breaks reads `标题小标题段落。标签:说明标签:说明动词短语动词短语`. The network of
`linebreak_network` scores every place where a line may start; a few rules about labels and numbers decide what a score
alone cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from kbqa.notes.linebreak_network import KINDS, NOT_AFTER, FloatArray, Kind, allowed, load_network
from kbqa.text import fold


@dataclass(frozen=True, slots=True)
class Break:
    """A lost line break: a line of this kind starts at `text[offset]`."""

    offset: int
    kind: Kind


THRESHOLD = 0.75
_COLON = re.compile(r"(?<!\d):(?!//)|(?<=\d):(?!//|\d)")
_SENTENCE_MARKS = "\u3002!?;"
_BRACKET = re.compile(r"\([^()]*\)$")
_LABEL_REACH = 18
_LABEL_CHANCE = 0.01
# What no line ends with, for more has to follow; and what tells no items from others but leads in to all of them.
_GOES_ON = re.compile(
    r"(?<![反响供效对适相感回呼顺照答理])应|(?<![总温缓亲共饱中柔平调祥])和|(?<![参赠给])与|以及|包括|包含"
)
_LEADS_IN = re.compile(r"(?:应|主要|具体)?(?:包括|包含|如下|分为)$")
_NUMBERED = re.compile(r"(?<![\d.])\(?(\d{1,2})(?:[)\u3001]|\.)(?!\d)")


def restore_breaks(text: str, threshold: float = THRESHOLD) -> list[Break]:
    """Places in `text` where a line break was most likely lost.

    Args:
        text: any text; line breaks that it still has are kept, and each of its lines is looked at for itself.
        threshold: chance, 0 to 1, above which a line is taken to start; higher means fewer and surer breaks.

    Returns:
        Breaks in ascending order of `offset`; `"\\n"` inserted there starts a line of the given kind. No break stands
        at the start of a line, inside brackets, quotation marks or a Latin word.

    Raises:
        KbqaError: the weights that ship with the package are missing or damaged.
    """
    breaks: list[Break] = []
    for match in re.finditer(r"[^\n\r]+", text):
        folded = fold(match.group())
        breaks += (
            [Break(match.start() + at, kind) for at, kind in _decode(folded, threshold)] if len(folded) > 3 else []
        )
    return breaks


def _decode(folded: str, threshold: float) -> list[tuple[int, Kind]]:
    logits = load_network().log_odds(folded)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    chance = np.where(allowed(folded), 1 - weights[:, 0] / weights.sum(axis=1), 0.0)
    chance[[match.end() for match in _GOES_ON.finditer(folded) if match.end() < len(folded)]] = 0.0
    numbered = _numbered(folded)
    chosen = numbered | set(np.flatnonzero(chance > threshold).tolist())
    for start, colon in _label_starts(folded, chance):
        chosen.difference_update(range(start - 3, colon))
        chosen.add(start)
    kinds = weights[:, 1:].argmax(axis=1)
    return [(i, "item" if i in numbered else KINDS[kinds[i]]) for i in _without_slivers(chosen, chance)]


def _numbered(folded: str) -> set[int]:
    """Starts of `1) ... 2) ... 3)`: numbers that count up from 1 are items, whatever the network says."""
    found: set[int] = set()
    run: list[int] = []
    for match in _NUMBERED.finditer(folded):
        number = int(match.group(1))
        if number != len(run) + 1:
            run = []
        if number == len(run) + 1:
            run.append(match.start())
        if len(run) >= 2:
            found.update(run)
    return {i for i in found if i > 0 and folded[i - 1] not in NOT_AFTER}


@dataclass(frozen=True, slots=True)
class _Label:
    """One way to begin the label before a colon, and the best way to have begun the labels before it.

    Attributes:
        start: -1 if the words before the colon are no label that starts a line.
        text: without a bracket at its end: `40%` in `task (40%):` is no part of what labels of a list share.
        before: position in the list of the previous colon's ways.
    """

    start: int
    text: str
    score: float
    before: int = -1


def _label_starts(folded: str, chance: FloatArray) -> Iterator[tuple[int, int]]:
    """Start and colon of every label that starts a line, last one first.

    The labels of a list resemble each other in length and last character, which tells `...notice|push:` from
    `...|notice push:` where single places cannot; and of two colons in one sentence the second has a label.
    """
    colons = [match.start() for match in _COLON.finditer(folded)]
    ways: list[list[_Label]] = []
    for previous, colon in pairwise([-1, *colons]):
        ways.append([_follow(way, ways[-1] if ways else []) for way in _label_ways(folded, chance, previous, colon)])
    at = max(range(len(ways[-1])), key=lambda i: ways[-1][i].score) if ways else -1
    for row, colon in zip(reversed(ways), reversed(colons), strict=True):
        if row[at].start > 0:
            yield row[at].start, colon
        at = row[at].before


def _label_ways(folded: str, chance: FloatArray, previous: int, colon: int) -> list[_Label]:
    near = max(previous + 1, colon - _LABEL_REACH)
    low = max(near, *(folded.rfind(mark, near, colon) + 1 for mark in (*_SENTENCE_MARKS, ",")))
    glued = previous >= 0 and not any(mark in folded[previous:colon] for mark in _SENTENCE_MARKS)
    ways = [_Label(-1, "", -3.0 if glued else 0.0)]
    for start in range(max(low, 1), colon - 1):
        label = folded[start:colon]
        if chance[start] > _LABEL_CHANCE and "\u3001" not in label and not _LEADS_IN.match(label):
            odds = float(np.log(chance[start] / (1.0001 - chance[start])))
            ways.append(_Label(start, _BRACKET.sub("", label), odds))
    return ways


def _follow(label: _Label, previous: list[_Label]) -> _Label:
    """The label with the score of the best chain that ends in it."""
    totals = [before.score + label.score + _likeness(before.text, label.text) for before in previous]
    if not totals:
        return label
    best = max(range(len(totals)), key=totals.__getitem__)
    return replace(label, score=totals[best], before=best)


def _likeness(left: str, right: str) -> float:
    if not left or not right:
        return 0.0
    return 0.6 - 1.2 * min(abs(len(left) - len(right)), 5) + 1.5 * (left[-1] == right[-1])


def _without_slivers(chosen: set[int], chance: FloatArray) -> list[int]:
    """Of two breaks next to each other the likelier one stays: a line of one character is none."""
    kept: list[int] = []
    for i in sorted(chosen):
        if kept and i - kept[-1] < 2:
            kept[-1] = max(kept[-1], i, key=lambda place: chance[place])
        elif i >= 2:
            kept.append(i)
    return kept


# --- is it worth trying ---------------------------------------------------------------------------------------------

_SHORTEST = 80
_SIGNS_PER_100 = 0.8
_LONG_RUN = re.compile(r"[^\W_]{22,}")
_GLUED_LABEL = re.compile(r"[^\W_]{7,}(?:[(\uff08][^()\uff08\uff09]{1,30}[)\uff09])?[:\uff1a](?=[^\W_])")
_GLUED_NUMBER = re.compile(r"(?<=[^\W\d_])\d{1,2}[)\uff09\u3001](?=[^\W\d_])|(?<=[;\uff1b])\d{1,2}[)\uff09\u3001]")


def needs_restoring(line: str) -> bool:
    """Whether a line is long and reads like several glued together.

    Signs are stretches without any mark that few sentences have, and labels and numbers that run on from the words
    before them; a line needs three of them and about one per hundred characters.
    """
    if len(line) < _SHORTEST:
        return False
    signs = sum(len(sign.findall(line)) for sign in (_LONG_RUN, _GLUED_LABEL, _GLUED_NUMBER))
    return signs >= 3 and signs * 100 >= _SIGNS_PER_100 * len(line)
