"""How much of a question a text covers, in ideas rather than in words.

A question is a list of ideas. An idea counts as covered by any of its wordings: a term by one of its names or, for less, by
its pieces; a colloquial phrase by itself or, for a little less, by one of the words that notes use for it. Each idea weighs
its importance in the question times the rarity of its wording in the notes, so chatter hardly counts and a missing key word does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Wording:
    """Tokens that together say an idea, and how well they say it (0 to 1)."""

    tokens: tuple[str, ...]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Idea:
    """Something a question speaks of.

    Attributes:
        importance: 1 for a noun of the question; terms more, chatter less.
        wordings: what counts as saying it, the question's own wording first.
        known_missing: importance when the notes have none of the wordings.
        near: what notes may write instead; says less where the notes have one of the wordings.
    """

    importance: float
    wordings: tuple[Wording, ...]
    known_missing: float
    near: tuple[Wording, ...] = ()


class Coverage:
    """The ideas of one question, weighed for one index.

    Attributes:
        weights: share of each idea in the question; they sum to 1.
        tokens: the tokens of all wordings that the notes have, sorted.
        missing: share of the question that the notes have no wording for.
        spoken: share of the question's ideas, rare or not, that the notes have a wording for: how far words can be trusted.
    """

    def __init__(
        self, ideas: Sequence[Idea], ids: Mapping[str, int], idf: Callable[[int], float], rarest: float
    ) -> None:
        self._wordings = []
        rarities = []
        for idea in ideas:
            own = _least_rare(idea.wordings, ids, idf)
            share = NEAR_IF_KNOWN if own is not None else NEAR
            self._wordings.append(
                [(w.tokens, w.share) for w in idea.wordings] + [(w.tokens, share * w.share) for w in idea.near]
            )
            rarities.append(own if own is not None else _least_rare(idea.near, ids, idf))
        weights, missing = [], 0.0
        for idea, rarity in zip(ideas, rarities, strict=True):
            weights.append(idea.known_missing * rarest if rarity is None else idea.importance * rarity)
            missing += weights[-1] if rarity is None else 0.0
        total = sum(weights) or 1.0
        self.weights = [w / total for w in weights]
        self.missing = missing / total
        importance = sum(idea.importance for idea in ideas) or 1.0
        self.spoken = (
            sum(idea.importance for idea, r in zip(ideas, rarities, strict=True) if r is not None) / importance
        )
        self._shares: dict[frozenset[str], float] = {}
        self.tokens = sorted({t for idea in ideas for w in (*idea.wordings, *idea.near) for t in w.tokens if t in ids})

    def of(self, tokens: set[str]) -> float:
        """Share of the question, 0 to 1, that a text with these tokens covers."""
        key = frozenset(tokens)  # the same few words turn up in sentence after sentence
        if key not in self._shares:
            self._shares[key] = self._of(key)
        return self._shares[key]

    def _of(self, tokens: frozenset[str]) -> float:
        total = 0.0
        for weight, wordings in zip(self.weights, self._wordings, strict=True):
            best = 0.0
            for wording, share in wordings:
                if share > best:
                    best = max(best, share * _part(wording, tokens))
            total += weight * best
        return total

    def shared(self, tokens: set[str]) -> tuple[str, ...]:
        """Which index tokens of the question a text has, for "matched because …"."""
        return tuple(token for token in self.tokens if token in tokens)

    def of_rows(self, presence: Mapping[str, NDArray[np.bool_]], size: int) -> Floats:
        """How far each of many texts covers each idea, given which of them have which token; float32 [ideas, size]."""
        shares = np.zeros((len(self.weights), size), np.float32)
        for best, wordings in zip(shares, self._wordings, strict=True):
            for wording, share in wordings:
                here = sum(
                    (presence[t].astype(np.float32) for t in wording if t in presence), np.zeros(size, np.float32)
                )
                np.maximum(best, cast(Floats, np.float32(share / len(wording)) * here), out=best)
        return shares

    def together(self, shares: Floats) -> Floats:
        """What `of_rows` gives for each idea, summed by the ideas' weights; float32 [size]."""
        return np.asarray(self.weights, np.float32) @ shares


def _part(wording: tuple[str, ...], tokens: frozenset[str]) -> float:
    if len(wording) == 1:
        return 1.0 if wording[0] in tokens else 0.0
    return len(tokens.intersection(wording)) / len(wording)


# How much of what notes may write instead counts where they have the question's own word, and where they lack it.
NEAR_IF_KNOWN, NEAR = 0.5, 1.0


def _least_rare(wordings: Sequence[Wording], ids: Mapping[str, int], idf: Callable[[int], float]) -> float | None:
    """The least IDF of those wordings that the notes have; None if they have none of them."""
    return min((r for w in wordings if (r := _rarity(w, ids, idf)) is not None), default=None)


def _rarity(wording: Wording, ids: Mapping[str, int], idf: Callable[[int], float]) -> float | None:
    """IDF of a wording's rarest token; None if the notes lack any of its tokens."""
    if any(token not in ids for token in wording.tokens):
        return None
    return max(idf(ids[token]) for token in wording.tokens)
