"""Why a text was found, in words: what it shares with the question, and by which names where those differ."""

from __future__ import annotations

from collections.abc import Sequence

from kbqa.indexing.segment import CONCEPT, Segmenter
from kbqa.text import squeeze


def matched_because(question: str, text: str, shared: Sequence[str], segmenter: Segmenter) -> tuple[str, ...]:
    """Shared index tokens for people: words as they are, a term as `LTV = 用户生命周期价值` where the text calls it otherwise."""
    asked = {segmenter.concept(m.term): m.surface for m in reversed(segmenter.matches(question))}
    said = {segmenter.concept(m.term): m.surface for m in reversed(segmenter.matches(text))}
    said.update(
        {
            c: s
            for m in segmenter.matches(text)
            if squeeze(s := m.surface) == squeeze(asked.get(c := segmenter.concept(m.term), ""))
        }
    )
    shown: dict[str, str] = {}
    for token in sorted(shared, key=lambda token: not token.startswith(CONCEPT)):  # a word adds nothing to its term
        here = said.get(token) or token.removeprefix(CONCEPT)
        there = asked.get(token, here)
        keys = squeeze(here), squeeze(there)
        if token.startswith(CONCEPT) or keys[0] not in shown:
            shown[keys[1]] = shown[keys[0]] = here if keys[0] == keys[1] else f"{there} = {here}"
    return tuple(dict.fromkeys(shown.values()))
