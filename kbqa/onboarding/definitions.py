"""Definition ↔ term: which explanation fits a term, and which term fits an explanation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kbqa.onboarding.distractors import hidden, rivals
from kbqa.onboarding.items import QuizItem, cite, item
from kbqa.onboarding.material import Material
from kbqa.onboarding.meanings import Meaning


def definition_items(material: Material) -> Iterator[QuizItem]:
    """Items in both directions for every term that has enough others to be told from."""
    for meaning in material.meanings:
        others = rivals(meaning, material.meanings, material.kinds)
        yield from _which_meaning(meaning, others, material.common)
        yield from _which_term(meaning, others, material.common)


def _which_meaning(meaning: Meaning, others: Sequence[Meaning], common: frozenset[str]) -> Iterator[QuizItem]:
    name = meaning.term.name
    fair = [other.text for other in others if 0.5 <= len(other.text) / len(meaning.text) <= 2]
    if wrong := hidden(meaning.text, fair, name, common):
        stem = f"「{name}」指的是什么？"
        yield item("definition", name, stem, meaning.text, wrong, cite(meaning.document, meaning.place[1:]))


def _which_term(meaning: Meaning, others: Sequence[Meaning], common: frozenset[str]) -> Iterator[QuizItem]:
    name = meaning.term.name
    if wrong := hidden(name, [other.term.name for other in others], meaning.text, common):
        stem = f"「{meaning.text}」说的是哪个术语？"
        yield item("term", name, stem, name, wrong, cite(meaning.document, meaning.place[1:]))
