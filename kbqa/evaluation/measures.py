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


def answer_precision(
    sentences: Sequence[str], nuggets: Sequence[Sequence[str]], evidence: Sequence[Sequence[str]]
) -> float:
    """Share of an answer's sentences that state a nugget or stand in evidence; 1 for an answer without any."""
    return _share_useful(sentences, nuggets, evidence)


def citation_precision(
    quotes: Sequence[str], nuggets: Sequence[Sequence[str]], evidence: Sequence[Sequence[str]]
) -> float:
    """Share of the cited quotes that support the answer asked for (ALCE, Gao et al. 2023, for quoted sentences).

    ALCE asks whether a citation supports its statement. Here a statement is its quote, so it always does; what can be
    wrong is that the quote is beside the point.
    """
    return _share_useful(quotes, nuggets, evidence)


def citation_recall(sentences: Sequence[tuple[str, Sequence[int]]]) -> float:
    """Share of an answer's sentences that carry a citation (ALCE); a phrase that only leads in to others needs none."""
    stated = [numbers for text, numbers in sentences if not text.rstrip().endswith((":", "\uff1a"))]
    return sum(bool(numbers) for numbers in stated) / len(stated) if stated else 1.0


def _share_useful(texts: Sequence[str], nuggets: Sequence[Sequence[str]], evidence: Sequence[Sequence[str]]) -> float:
    if not texts:
        return 1.0
    wanted = [*nuggets, *evidence]
    folded = [normalise(text) for text in texts]
    inside = [normalise(quote) for group in evidence for quote in group]
    useful = (any(supports(t, group) for group in wanted) or any(t and t in quote for quote in inside) for t in folded)
    return sum(useful) / len(texts)
