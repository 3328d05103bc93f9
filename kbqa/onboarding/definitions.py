"""Definition ↔ term: which explanation fits a term, and which term fits an explanation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kbqa.onboarding.distractors import hidden, rivals
from kbqa.onboarding.items import QuizItem, cite, item
from kbqa.onboarding.meanings import Meaning, traces


def definition_items(known: Sequence[Meaning]) -> Iterator[QuizItem]:
    """Items in both directions for every term that has enough others to be told from."""
    for meaning in known:
        others = rivals(meaning, known)
        yield from _which_meaning(meaning, others)
        yield from _which_term(meaning, others)


def _which_meaning(meaning: Meaning, others: Sequence[Meaning]) -> Iterator[QuizItem]:
    name = meaning.term.name
    fair = [other for other in others if 0.5 <= len(other.text) / len(meaning.text) <= 2]
    if wrong := hidden(meaning.text, [other.text for other in fair], traces(name)):
        stem = f"「{name}」指的是什么？"
        yield item("definition", name, stem, meaning.text, wrong, cite(meaning.document, meaning.place[1:]))


def _which_term(meaning: Meaning, others: Sequence[Meaning]) -> Iterator[QuizItem]:
    name = meaning.term.name
    if wrong := hidden(name, [other.term.name for other in others], traces(meaning.text)):
        stem = f"「{meaning.text}」说的是哪个术语？"
        yield item("term", name, stem, name, wrong, cite(meaning.document, meaning.place[1:]))
