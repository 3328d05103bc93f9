"""Which sentences to quote: how likely each states what was asked, a logistic model over what can be seen of it.

A sentence is judged by its passage's rank, its own words and meaning, its neighbours, its shape, and by whether a rule took
it for a definition, a comparison or an item of a list. The likeliest are quoted until there is no room.
"""

from __future__ import annotations

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
_SHORT, _BREVITY = 15, 0.25  # a sentence's worth counts for less the longer it is, by this power of its characters
_WORTH_SAYING = 0.1  # of the likeliest sentence's probability
_LIST_AGAINST_SENTENCES, _PASSING = 0.8, 60
_FULL = 15


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
    best = max(worth.values())
    ranked = sorted(
        (s for s in near if worth[s] >= _WORTH_SAYING * best),
        key=lambda s: (-worth[s] / max(len(s.text), _SHORT) ** _BREVITY, s.place, s.start),
    )
    taken = _fitting(ranked, room)
    listed: list[Pick] = []
    if block.kind == "list":
        inside = sum(worth[s] for s in near if block.holds(s))
        alone = sum(worth[s] for s in taken)
        length = sum(len(s.text) for s in taken)
        if _dense(inside, block.characters) >= _LIST_AGAINST_SENTENCES * _dense(alone, length):
            listed = list(block.picks)
            # What else stands in its section was left out of it on purpose.
            sections = {int(index.chunks.places[s.chunk, 3]) for s in near if block.holds(s)}
            beside = [s for s in ranked if int(index.chunks.places[s.chunk, 3]) not in sections]
            taken = _fitting(beside, room - block.characters)
    return listed + [s.pick(item=bool(MARKER.match(s.text))) for s in _in_order(taken, worth, block)]


def _dense(worth: float, characters: int) -> float:
    return worth / max(characters, _PASSING) ** 0.5


def _fitting(ranked: Sequence[Scored], room: int) -> list[Scored]:
    """The first that fit; one always does, if there is room at all."""
    taken: list[Scored] = []
    for sentence in ranked:
        if room < _FULL:
            break
        if len(sentence.text) <= room or not taken:
            taken.append(sentence)
            room -= len(sentence.text)
    return taken


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
