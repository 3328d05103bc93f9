"""Measures of one question, each a pure function; strings match after folding, without marks, white space and glosses."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kbqa.text import squeeze

_GLOSS = re.compile(r"[(\uff08][a-zāáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜ]{1,7}[)\uff09]")


def normalise(text: str) -> str:
    """The form in which evidence, nuggets and answers are compared."""
    return squeeze(_GLOSS.sub("", text))


def supports(passage: str, group: Sequence[str]) -> bool:
    """Whether a normalised passage contains one of the alternative quotes of a group."""
    return any(key in passage for key in map(normalise, group) if key)


def relevance(passages: Sequence[str], evidence: Sequence[Sequence[str]]) -> list[bool]:
    """For each passage, whether it supports any group of the evidence."""
    folded = [normalise(p) for p in passages]
    return [any(supports(p, group) for group in evidence) for p in folded]


def nugget_recall(answer: str, nuggets: Sequence[Sequence[str]]) -> float:
    """Share of the nuggets that the answer states (Voorhees 2003); 1 if none are known."""
    if not nuggets:
        return 1.0
    folded = normalise(answer)
    return sum(supports(folded, nugget) for nugget in nuggets) / len(nuggets)


def cites_evidence(quotes: Sequence[str], evidence: Sequence[Sequence[str]]) -> bool:
    """Whether a cited quote, or the text around it that was passed along, supports a group of the evidence."""
    return any(relevance(quotes, evidence))
