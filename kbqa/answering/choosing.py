"""Which sentences to quote: how likely each states what was asked, a logistic model over what can be seen of it.

A sentence is judged by its passage's rank, its own words and meaning, its neighbours, its shape, and by whether a rule took
it for a definition, a comparison or an item of a list. The likeliest are quoted until there is no room.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kbqa.answering.picks import Pick, Scored, thinness
from kbqa.indexing.index import Index
from kbqa.retrieval.fit import LABEL, MARKER
from kbqa.retrieval.likeness import sentence_likeness
from kbqa.retrieval.search import Found
from kbqa.text import fold

Floats = NDArray[np.float64]

# Fitted by `python -m kbqa.training.choosing`; per unit of the feature.
WEIGHTS: Mapping[str, float] = {
    "bias": -11.874,
    "first": 0.788,
    "second": 0.261,
    "hit": 6.333,
    "coverage": -1.214,
    "cosine": 2.004,
    "likeness": 0.99,
    "likeness before": 0.699,
    "score": 1.13,
    "score ratio": 1.294,
    "best of passage": -1.655,
    "best here": 1.014,
    "before best": 0.427,
    "behind best": 0.692,
    "two behind": 0.937,
    "further behind": 0.738,
    "length": 0.292,
    "marked": 0.25,
    "labelled": 0.073,
    "defines": 0.831,
    "thin": 1.457,
    "asks": -1.832,
    "leads in": -1.529,
    "led in": 0.873,
    "item of list": 0.813,
    "in comparison": 0.631,
    "in list": 0.722,
    "beside definition": -1.272,
}
NAMES = tuple(name for name in WEIGHTS if name != "bias")
PASSAGES = 5
_WORTH_SAYING = 0.1  # of the likeliest sentence's probability: what one of forty characters must have
_USUAL = 40
_BY_LENGTH = 0.75  # a sentence's price grows with this power of its characters
_TORN_OUT = 0.05  # of the likeliest sentence's probability: what each run of sentences must have besides
_LIST_AGAINST_SENTENCES, _PASSING = 0.6, 60
_HALVINGS, _BREAK = 20, 3


@dataclass(frozen=True, slots=True)
class Block:
    """What a rule takes for the answer; `kind` is empty if none applies."""

    kind: Literal["definition", "comparison", "list", ""] = ""
    picks: tuple[Pick, ...] = ()

    @property
    def characters(self) -> int:
        return sum(pick.end - pick.start for pick in self.picks)

    def holds(self, sentence: Scored) -> bool:
        return any(
            p.doc_id == sentence.document.doc_id and p.start < sentence.end and sentence.start < p.end
            for p in self.picks
        )


def choose(
    index: Index,
    found: Found,
    sentences: Sequence[Scored],
    block: Block,
    room: int,
    weights: Mapping[str, float] = WEIGHTS,
) -> list[Pick]:
    """Spans to quote, in the order to show them: a list as a whole if it is worth as much, then single sentences.

    Args:
        sentences: those of the best passages.
        room: characters that may be quoted; a list may be longer.
    """
    near = [s for s in sentences if s.place < PASSAGES]
    if not near:
        return list(block.picks)
    worth = dict(zip(near, probabilities(features(index, found, near, block), weights).tolist(), strict=True))
    least = _WORTH_SAYING * max(worth.values())
    taken = _runs(near, worth, room, least)
    listed: list[Pick] = []
    if block.kind == "list" and _as_good(block, near, taken, worth):
        listed = list(block.picks)
        # What else stands in its section was left out of it on purpose.
        sections = {int(index.chunks.places[s.chunk, 3]) for s in near if block.holds(s)}
        beside = [s for s in near if int(index.chunks.places[s.chunk, 3]) not in sections]
        taken = _runs(beside, worth, room - block.characters, least)
    return listed + [s.pick(item=bool(MARKER.match(s.text))) for s in _in_order(taken, worth, block)]


def _as_good(block: Block, near: Sequence[Scored], taken: Sequence[Scored], worth: Mapping[Scored, float]) -> bool:
    """Whether a list is worth about as much for its length as the sentences that would be quoted instead."""

    def dense(total: float, characters: int) -> float:
        return total / math.sqrt(max(characters, _PASSING))

    inside = dense(sum(worth[s] for s in near if block.holds(s)), block.characters)
    alone = dense(sum(worth[s] for s in taken), sum(len(s.text) for s in taken))
    return inside >= _LIST_AGAINST_SENTENCES * alone


def _runs(sentences: Sequence[Scored], worth: Mapping[Scored, float], room: int, least: float) -> list[Scored]:
    """The runs of sentences that are worth most: each pays for its length, each run for being torn out of its text.

    The price of length rises until all that is worth it fits into `room`. Within a passage the best runs are found by
    dynamic programming (Viterbi 1967, two states: quoted or not).

    Args:
        least: worth that a sentence of usual length must have, however much room there is.
    """
    ordered = sorted(sentences, key=lambda s: (s.document.doc_id, s.start))
    torn_out = least * _TORN_OUT / _WORTH_SAYING
    price = low = least / _USUAL**_BY_LENGTH
    taken = _best_runs(ordered, worth, price, torn_out)
    if _characters(taken) <= room:
        return taken
    high = 1.0  # nothing is worth as much
    taken = []
    for _ in range(_HALVINGS):
        price = math.sqrt(low * high)
        tried = _best_runs(ordered, worth, price, torn_out)
        if _characters(tried) <= room:
            high, taken = price, tried
        else:
            low = price
    return taken or [max(sentences, key=lambda s: worth[s])][: room > 0]


def _characters(sentences: Sequence[Scored]) -> int:
    return sum(len(s.text) for s in sentences)


def _best_runs(ordered: Sequence[Scored], worth: Mapping[Scored, float], price: float, torn_out: float) -> list[Scored]:
    left_out, quoted = 0.0, -math.inf  # the best so far if the last sentence is not, or is, quoted
    steps: list[tuple[bool, bool]] = []
    before: Scored | None = None
    for sentence in ordered:
        gain = worth[sentence] - price * len(sentence.text) ** _BY_LENGTH
        afresh = max(left_out, quoted) - torn_out
        onward = quoted if before and _adjoin(before, sentence) else -math.inf
        steps.append((onward >= afresh, quoted > left_out))
        left_out, quoted = max(left_out, quoted), max(afresh, onward) + gain
        before = sentence
    taken = []
    inside = quoted > left_out
    for sentence, (went_on, was_quoted) in zip(reversed(ordered), reversed(steps), strict=True):
        if inside:
            taken.append(sentence)
        inside = True if inside and went_on else was_quoted
    return taken[::-1]


def _adjoin(one: Scored, following: Scored) -> bool:
    """Whether nothing but a break stands between two sentences."""
    return one.document is following.document and following.start - one.end <= _BREAK


def _in_order(taken: Sequence[Scored], worth: Mapping[Scored, float], block: Block) -> list[Scored]:
    """Passage by passage, that of the block or of the likeliest sentence first; as they stand within one."""
    first: dict[int, tuple[bool, float]] = {}
    for s in taken:
        key = (block.kind != "list" and block.holds(s), worth[s])
        first[s.chunk] = max(first.get(s.chunk, key), key)
    return sorted(taken, key=lambda s: (not first[s.chunk][0], -first[s.chunk][1], s.chunk, s.start))


def probabilities(table: Floats, weights: Mapping[str, float]) -> Floats:
    """Probability of each sentence, float64 [n], to state what was asked."""
    logit = weights["bias"] + table @ np.array([weights[name] for name in NAMES])
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def features(index: Index, found: Found, sentences: Sequence[Scored], block: Block) -> Floats:
    """What is seen of each sentence, float64 [n, features], in the order of `NAMES`."""
    spoken = sentence_likeness(index, found.question, found.coverage.weights, [s.row for s in sentences]).tolist()
    likeness = dict(zip(sentences, spoken, strict=True))
    top = max(max(s.score for s in sentences), 1e-6)
    hit = max(max(h.score for h in found.hits[:PASSAGES]), 1e-6)
    kind = found.question.kind
    values: dict[Scored, list[float]] = {}
    for _, group in groupby(sorted(sentences, key=lambda s: (s.chunk, s.start)), key=lambda s: s.chunk):
        ordered = list(group)
        best = max(range(len(ordered)), key=lambda i: ordered[i].score)
        for i, s in enumerate(ordered):
            folded = fold(s.text).rstrip()
            before = ordered[i - 1] if i else None
            marked, inside = bool(MARKER.match(s.text)), block.holds(s)
            values[s] = [
                s.place == 0, s.place == 1, found.hits[s.place].score / hit, s.coverage, s.cosine, likeness[s],
                likeness[before] if before else 0.0, s.score, s.score / top, ordered[best].score / top,
                i == best, i == best - 1, i == best + 1, i == best + 2, i > best + 2, np.log1p(len(s.text)), marked,
                bool(LABEL.match(s.text)), s.fits, thinness(folded, kind), folded.endswith("?"), folded.endswith(":"),
                before is not None and fold(before.text).rstrip().endswith(":"), marked and kind in ("list", "howto"),
                inside and block.kind == "comparison", inside and block.kind == "list", not inside and block.kind == "definition",
            ]  # fmt: skip
    return np.array([values[s] for s in sentences], float)
