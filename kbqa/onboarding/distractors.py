"""Terms that a term is plausibly taken for, and never one that the notes would accept in its place."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from kbqa.onboarding.meanings import Meaning, traces

_SAME = 0.5  # share of two-character pieces from which two explanations may mean the same


def rivals(meaning: Meaning, known: Sequence[Meaning], most: int = 12) -> list[Meaning]:
    """Terms of the same genus that are something else, the likeliest to be confused first."""
    fit = [other for other in known if other.genus == meaning.genus and other is not meaning]
    fit.sort(key=lambda other: (_distance(meaning, other), -_alike(meaning, other), other.tie))
    return list(islice((other for other in fit if not _may_be(meaning, other)), most))


def hidden(right: str, others: Sequence[str], stem: frozenset[str]) -> list[str]:
    """The first three of the others, or the first two and one that shares as much with the stem as the right option does.

    Without that, whoever looks for the stem's words in the options would find the answer. Empty if there is no such one.

    Args:
        stem: traces of what the stem names or quotes.
    """
    shared = len(traces(right) & stem)
    chosen = list(others[:3])
    if all(len(traces(other) & stem) < shared for other in chosen):
        decoy = next((other for other in others[3:] if len(traces(other) & stem) >= shared), None)
        chosen = [*chosen[:2], decoy] if decoy else []
    return chosen if len(chosen) >= 2 else []


def _may_be(one: Meaning, other: Meaning) -> bool:
    """Whether two terms may be one, or one of them a kind of the other."""
    if one.keys & other.keys or _alike(one, other) >= _SAME:
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
