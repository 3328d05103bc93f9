"""Terms that a term is plausibly taken for, and never one that the notes would accept in its place."""

from __future__ import annotations

from collections.abc import Sequence, Set
from itertools import islice

from kbqa.onboarding.meanings import Meaning, traces

_LOOSE = frozenset(("state", "thing", "other", "act"))
_SAME = 0.5  # share of two-character pieces from which two explanations may mean the same
_ALMOST = 0.4  # share of characters from which they may, if the names are alike too (续订率, 续约率)


def rivals(
    meaning: Meaning, known: Sequence[Meaning], kinds: Set[tuple[str, str]] = frozenset(), most: int = 12
) -> list[Meaning]:
    """Terms of the same genus that are something else, the likeliest to be confused first.

    Of a genus that holds all sorts of things, those that stand in the same note may be of another such genus.

    Args:
        kinds: names of two terms of which one may be a kind of the other.
    """
    fit = [other for other in known if other is not meaning and _comparable(meaning, other)]
    fit.sort(key=lambda other: (_distance(meaning, other), -_alike(meaning, other), other.tie))
    name = meaning.term.name
    kin = {a for a, b in kinds if b == name} | {b for a, b in kinds if a == name}
    return list(islice((o for o in fit if o.term.name not in kin and not _may_be(meaning, o)), most))


def _comparable(one: Meaning, other: Meaning) -> bool:
    if one.genus == other.genus:
        return True
    return one.genus in _LOOSE and other.genus in _LOOSE and one.document.doc_id == other.document.doc_id


def hidden(right: str, others: Sequence[str], asked: str, common: frozenset[str]) -> list[str]:
    """Three of the others, or two if there are no more; one of them has all that the right option shares with the stem.

    Without that, whoever looks for the stem's words in the options would find the answer: 塔形 gives 金字塔 away. Empty if there
    is no such one.

    Args:
        asked: what the stem names or quotes.
        common: characters that so many explanations have that they tell nothing.
    """
    stem = traces(asked)
    shared = traces(right) & stem
    telling = shared - common
    for decoy in others:
        own = traces(decoy)
        if telling <= own and len(own & stem) >= len(shared):
            beside = [other for other in others if other is not decoy][:2]
            return sorted((*beside, decoy), key=list(others).index) if beside else []
    return []


def _may_be(one: Meaning, other: Meaning) -> bool:
    """Whether two terms may be one, or one of them a kind of the other."""
    if one.keys & other.keys or _alike(one, other) >= _SAME:
        return True
    if any(a in b or b in a for a in one.keys for b in other.keys):
        return True
    names = [[key for key in meaning.keys if not key.isascii()] for meaning in (one, other)]
    if _letters(one.text, other.text) > _ALMOST and any(_letters(a, b) > 0.5 for a in names[0] for b in names[1]):
        return True
    return any(key in one.key for key in other.keys) or any(key in other.key for key in one.keys)


def _letters(one: str, other: str) -> float:
    """Share of characters that two texts have in common, 0 to 1."""
    return 2 * len(set(one) & set(other)) / (len(set(one)) + len(set(other)))


def _alike(one: Meaning, other: Meaning) -> float:
    """Share of two-character pieces that two explanations have in common, 0 to 1."""
    return 2 * len(one.pairs & other.pairs) / max(1, len(one.pairs) + len(other.pairs))


def _distance(one: Meaning, other: Meaning) -> float:
    """How far apart the notes keep two terms: confusable ones first, then by note and subject."""
    if one.confusable & other.keys or one.keys & other.confusable:
        return 0
    if one.document.doc_id == other.document.doc_id:
        return 1 if one.genus == other.genus else 1.5
    return 2 if set(one.document.tags) & set(other.document.tags) else 3
