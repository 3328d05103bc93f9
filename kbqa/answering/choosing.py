"""Which sentences to quote: how likely each states what was asked, a logistic model over what can be seen of it.

A sentence is judged by its passage's rank, its own words and meaning, its neighbours, its shape, and by whether a rule took
it for a definition, a comparison or an item of a list. The likeliest are quoted until there is no room.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kbqa.answering.picks import PASSAGES, Pick, Scored
from kbqa.indexing.index import Index
from kbqa.indexing.segment import words
from kbqa.retrieval.fit import LABEL, MARKER, asks_steps, defining_strength, is_aside, is_step
from kbqa.retrieval.ideas import new_words
from kbqa.retrieval.likeness import sentence_likeness
from kbqa.retrieval.search import Found
from kbqa.text import fold

Floats = NDArray[np.float64]

# Fitted by `python -m kbqa.training.choosing`; per unit of the feature.
WEIGHTS: Mapping[str, float] = {
    "bias": -12.03,
    "first": 0.545,
    "second": 0.136,
    "hit": 6.831,
    "coverage": -0.558,
    "cosine": 2.427,
    "likeness": 0.257,
    "likeness before": 0.871,
    "score": 1.007,
    "score ratio": 1.643,
    "best of passage": -1.904,
    "best here": 0.986,
    "before best": 0.494,
    "behind best": 0.708,
    "two behind": 0.894,
    "further behind": 0.582,
    "length": -0.338,
    "marked": 0.142,
    "labelled": 0.15,
    "defines": 0.945,
    "thin": 2.677,
    "asks": -1.68,
    "leads in": -1.5,
    "led in": 0.705,
    "item of list": 0.707,
    "in comparison": 1.497,
    "in list": 0.703,
    "beside definition": -1.049,
    "headed": 1.415,
    "aside": 0.334,
    "defines unasked": -0.898,
    "adds": 0.716,
    "step asked for": 1.429,
    "most alike here": 0.416,
}
NAMES = tuple(name for name in WEIGHTS if name != "bias")
_WORTH_SAYING = 0.07  # of the likeliest sentence's probability: what one of forty characters must have
_USUAL = 40
_BY_LENGTH = 0.75  # a sentence's price grows with this power of its characters
_TORN_OUT = 0.03  # of the likeliest sentence's probability: what each run of sentences must have besides
_LEANING = 10  # times as much for one that speaks of what stands before it
_LEANS_BACK = re.compile(
    r"(?:它|这(?!样做)|其(?!他|它|中|实)|该|此(?!外)|因此|所以|但|而|然而|否则|不过|同时|两者|二者|前者|后者)"
)
_LIST_AGAINST_SENTENCES, _PASSING = 0.6, 60
_HALVINGS, _BREAK = 12, 3


@dataclass(frozen=True, slots=True)
class Block:
    """What a rule takes for the answer.

    Attributes:
        kind: empty if no rule applies.
        opens: offset where what introduces a list begins.
        methodical: the items are subsections headed as ways or steps: what stands right before them announces them.
    """

    kind: Literal["definition", "comparison", "list", ""] = ""
    picks: tuple[Pick, ...] = ()
    opens: int = 0
    methodical: bool = False

    def holds(self, sentence: Scored) -> bool:
        return any(
            p.doc_id == sentence.document.doc_id and p.start < sentence.end and sentence.start < p.end
            for p in self.picks
        )

    def introduced_by(self, sentence: Scored) -> bool:
        """Whether a sentence before a list announces it."""
        first = self.picks[0]
        before = sentence.document.doc_id == first.doc_id and self.opens <= sentence.start < first.start
        return before and (announces(sentence.text) or (self.methodical and first.start - sentence.end <= _BREAK))


_ANNOUNCES = re.compile(
    r":$|如下|以下|下面|包括|包含|分为|分成|[两二三四五六七八九十\d]\s*(?:个|种|类|步|条|件|样|项|层|大|点|部分|方面|阶段|环节)|次序|顺序|清单"
)


def announces(text: str) -> bool:
    """Whether a sentence says that a list follows."""
    return bool(_ANNOUNCES.search(fold(text).rstrip()))


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
    if not sentences:
        return list(block.picks)
    elsewhere = _elsewhere(block, sentences)
    room -= sum(pick.end - pick.start for pick in elsewhere)
    table = features(index, found, sentences, block)
    worth = dict(zip(sentences, probabilities(table, weights).tolist(), strict=True))
    least = _WORTH_SAYING * max(worth.values())
    taken = _runs(sentences, worth, room, least)
    listed: list[Pick] = []
    if block.kind == "list":
        leads = [s for s in taken if block.introduced_by(s)]
        if leads or _as_good(block, sentences, taken, worth):
            listed = [*(s.pick() for s in leads), *block.picks]
            # What else stands in its section was left out of it on purpose.
            section = {s: int(index.chunks.places[s.chunk, 3]) for s in sentences}
            listing = {section[s] for s in sentences if s in leads or block.holds(s)}
            beside = [s for s in sentences if section[s] not in listing]
            taken = _runs(beside, worth, room - sum(p.end - p.start for p in listed), least)
    return [*elsewhere, *listed, *(s.pick(item=bool(MARKER.match(s.text))) for s in _in_order(taken, worth, block))]


def _elsewhere(block: Block, sentences: Sequence[Scored]) -> list[Pick]:
    """What defines a side of a comparison in other passages than were found."""
    if block.kind != "comparison":
        return []
    places = {(s.document.doc_id, s.start) for s in sentences}
    return [pick for pick in block.picks if (pick.doc_id, pick.start) not in places]


def _as_good(block: Block, sentences: Sequence[Scored], taken: Sequence[Scored], worth: Mapping[Scored, float]) -> bool:
    """Whether a list is worth about as much for its length as the sentences that would be quoted instead."""

    def dense(some: Sequence[Scored]) -> float:
        return sum(worth[s] for s in some) / math.sqrt(max(_characters(some), _PASSING))

    # It may go on beyond the passages that were found: it is judged by what of it was.
    inside = [s for s in sentences if block.holds(s)]
    return dense(inside) >= _LIST_AGAINST_SENTENCES * dense(taken)


def _runs(sentences: Sequence[Scored], worth: Mapping[Scored, float], room: int, least: float) -> list[Scored]:
    """The runs of sentences that are worth most: each pays for its length, each run for being torn out of its text.

    The price of length rises until all that is worth it fits into `room`.

    Args:
        least: worth that a sentence of usual length must have, however much room there is.
    """
    if not sentences or room <= 0:
        return []
    ordered = sorted(sentences, key=lambda s: (s.document.doc_id, s.start))
    gains = [worth[s] for s in ordered]
    sizes = [len(s.text) ** _BY_LENGTH for s in ordered]
    adjoins = [False, *(_adjoin(one, following) for one, following in pairwise(ordered))]
    fee = least * _TORN_OUT / _WORTH_SAYING
    fees = [fee * (_LEANING if _LEANS_BACK.match(s.folded) else 1.0) for s in ordered]

    def at(price: float) -> list[Scored]:
        worthwhile = best_runs(
            [gain - price * size for gain, size in zip(gains, sizes, strict=True)],
            adjoins,
            fees,
        )
        return [s for s, taken in zip(ordered, worthwhile, strict=True) if taken]

    low, high = least / _USUAL**_BY_LENGTH, 1.0  # nothing is worth as much as the latter
    taken = at(low)
    if _characters(taken) <= room:
        return taken
    taken = []
    for _ in range(_HALVINGS):
        price = math.sqrt(low * high)
        tried = at(price)
        if _characters(tried) <= room:
            high, taken = price, tried
        else:
            low = price
    return taken or [max(ordered, key=lambda s: worth[s])]


def _characters(sentences: Sequence[Scored]) -> int:
    return sum(len(s.text) for s in sentences)


def best_runs(gains: Sequence[float], adjoins: Sequence[bool], fees: Sequence[float]) -> list[bool]:
    """Which of a row of sentences to take, so that their gains less a fee for every run are greatest.

    Dynamic programming over two states, taken or not (Viterbi 1967).

    Args:
        adjoins: whether each goes on where the one before it ends; if not, it begins a run.
        fees: what it costs if a run begins with it.
    """
    out, taken = 0.0, -math.inf  # the best up to here if this one is left out, or taken
    steps: list[tuple[bool, bool]] = []
    for gain, onward, fee in zip(gains, adjoins, fees, strict=True):
        afresh = max(out, taken) - fee
        goes_on = onward and taken >= afresh
        steps.append((goes_on, taken > out))
        out, taken = max(out, taken), (taken if goes_on else afresh) + gain
    chosen = []
    state = taken > out
    for goes_on, before in reversed(steps):
        chosen.append(state)
        state = True if state and goes_on else before
    return chosen[::-1]


def _adjoin(one: Scored, following: Scored) -> bool:
    """Whether nothing but a break stands between two sentences."""
    return one.document.doc_id == following.document.doc_id and following.start - one.end <= _BREAK


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
    question, kind = found.question, found.question.kind
    asked, steps = frozenset(words(question.text)), asks_steps(fold(question.text))
    headings = list(dict.fromkeys(s.heading for s in sentences))
    headed = dict(zip(headings, (index.recent.encode_passages(headings) @ found.vector).tolist(), strict=True))
    values: dict[Scored, dict[str, float]] = {}
    for _, group in groupby(sorted(sentences, key=lambda s: (s.chunk, s.start)), key=lambda s: s.chunk):
        ordered = list(group)
        best = max(range(len(ordered)), key=lambda i: ordered[i].score)
        alike = max(range(len(ordered)), key=lambda i: likeness[ordered[i]])
        for i, s in enumerate(ordered):
            folded = s.folded.rstrip()
            before = ordered[i - 1] if i else None
            marked, inside = bool(MARKER.match(s.text)), block.holds(s)
            values[s] = {
                "first": s.place == 0,
                "second": s.place == 1,
                "hit": found.hits[s.place].score / hit,
                "coverage": s.coverage,
                "cosine": s.cosine,
                "likeness": likeness[s],
                "likeness before": likeness[before] if before else 0.0,
                "score": s.score,
                "score ratio": s.score / top,
                "best of passage": ordered[best].score / top,
                "best here": i == best,
                "before best": i == best - 1,
                "behind best": i == best + 1,
                "two behind": i == best + 2,
                "further behind": i > best + 2,
                "length": math.log1p(len(s.text)),
                "marked": marked,
                "labelled": bool(LABEL.match(s.text)),
                "defines": s.fits,
                "thin": s.thin,
                "asks": folded.endswith("?"),
                "leads in": folded.endswith(":"),
                "led in": before is not None and before.folded.rstrip().endswith(":"),
                "item of list": marked and kind in ("list", "howto"),
                "in comparison": inside and block.kind == "comparison",
                "in list": inside and block.kind == "list",
                "beside definition": not inside and block.kind == "definition",
                "headed": headed[s.heading],
                "aside": is_aside(s.heading, question.text),
                "adds": math.log1p(new_words(s.folded, asked)),
                "step asked for": steps and is_step(s.folded),
                "most alike here": i == alike,
                "defines unasked": kind != "definition" and defining_strength(s.text, question.names) >= 0.8,
            }
    return np.array([[values[s][name] for name in NAMES] for s in sentences], float)
