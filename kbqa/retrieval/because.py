"""Why a text was found, in words: what it shares with the question, and by which names where those differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from kbqa.indexing.segment import CONCEPT, Segmenter
from kbqa.text import squeeze


def matched_because(
    question: str,
    text: str,
    shared: Sequence[str],
    segmenter: Segmenter,
    near: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, ...]:
    """Shared index tokens for people: words as they are, a term as `LTV = 用户生命周期价值` where the text calls it otherwise.

    Args:
        near: token → the question's word for it, where that is another one: `冷清 ≈ 不活跃`.
    """
    asked = _asked(question, segmenter)
    said = _said(text, {token for token in shared if token.startswith(CONCEPT)}, asked, segmenter)
    shown: dict[str, str] = {}
    for token in sorted(shared, key=lambda token: not token.startswith(CONCEPT)):  # a word adds nothing to its term
        here = said.get(token) or token.removeprefix(CONCEPT)
        there = asked.get(token) or near.get(token, here)
        keys = squeeze(here), squeeze(there)
        if token.startswith(CONCEPT) or keys[0] not in shown:
            sign = "=" if token in asked else "≈"
            shown[keys[1]] = shown[keys[0]] = here if keys[0] == keys[1] else f"{there} {sign} {here}"
    return tuple(dict.fromkeys(shown.values()))


@lru_cache(maxsize=8)  # a question is compared with ten hits and more citations
def _asked(question: str, segmenter: Segmenter) -> Mapping[str, str]:
    """Concept token → how the question calls it."""
    return {segmenter.concept(m.term): m.surface for m in reversed(segmenter.matches(question))}


def _said(text: str, concepts: set[str], asked: Mapping[str, str], segmenter: Segmenter) -> dict[str, str]:
    """Concept token → how a text calls it: as the question does if it does so anywhere, else by its first name there."""
    said: dict[str, str] = {}
    for match in segmenter.matches(text) if concepts else ():
        concept = segmenter.concept(match.term)
        if concept in concepts and (concept not in said or squeeze(match.surface) == squeeze(asked.get(concept, ""))):
            said[concept] = match.surface
    return said
