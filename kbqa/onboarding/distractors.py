"""Terms that a term is plausibly taken for, and never one that the notes would accept in its place."""

from __future__ import annotations

from collections.abc import Sequence

from kbqa.onboarding.items import digest
from kbqa.onboarding.meanings import Meaning

_SAME = 0.5  # share of two-character pieces from which two explanations may mean the same


def rivals(meaning: Meaning, known: Sequence[Meaning], most: int = 12) -> list[Meaning]:
    """Terms of the same genus that are something else, the likeliest to be confused first."""
    fit = [o for o in known if o.genus == meaning.genus and not _may_be(meaning, o)]
    return sorted(
        fit, key=lambda o: (_distance(meaning, o), -_alike(meaning, o), digest(meaning.term.name, o.term.name))
    )[:most]


def _may_be(one: Meaning, other: Meaning) -> bool:
    """Whether two terms may be one, or one of them a kind of the other."""
    if one is other or one.keys & other.keys or _alike(one, other) >= _SAME:
        return True
    if any(a in b or b in a for a in one.keys for b in other.keys):
        return True
    if _letters(one.text, other.text) > 0.4 and any(_letters(a, b) > 0.5 for a in one.keys for b in other.keys):
        return True
    return any(key in one.key for key in other.keys) or any(key in other.key for key in one.keys)


def _letters(one: str, other: str) -> float:
    """Share of characters that two texts have in common, 0 to 1."""
    return 2 * len(set(one) & set(other)) / (len(set(one)) + len(set(other)))


def _alike(one: Meaning, other: Meaning) -> float:
    """Share of two-character pieces that two explanations have in common, 0 to 1."""
    return 2 * len(one.pairs & other.pairs) / (len(one.pairs) + len(other.pairs))


def _distance(one: Meaning, other: Meaning) -> int:
    """How far apart the notes keep two terms: confusable ones first, then by note and subject."""
    if one.confusable & other.keys or one.keys & other.confusable:
        return 0
    if one.document.doc_id == other.document.doc_id:
        return 1
    return 2 if set(one.document.tags) & set(other.document.tags) else 3
