"""Definition ↔ term: which explanation fits a term, and which term fits an explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kbqa.onboarding.distractors import rivals
from kbqa.onboarding.items import QuizItem, cite, item
from kbqa.onboarding.meanings import Meaning, pieces

BLANK = "＿＿"


def definition_items(known: Sequence[Meaning]) -> Iterator[QuizItem]:
    """Items in both directions for every term that has enough others to be told from."""
    for meaning in known:
        others = rivals(meaning, known)
        yield from _which_meaning(meaning, others)
        yield from _which_term(meaning, others)


def _which_meaning(meaning: Meaning, others: Sequence[Meaning]) -> Iterator[QuizItem]:
    name = meaning.term.name
    fair = [other for other in others if 0.5 <= len(other.text) / len(meaning.text) <= 2]
    wrong = _hiding(fair, len(meaning.name_pairs & meaning.pairs), lambda o: len(meaning.name_pairs & o.pairs))
    if len(wrong) >= 2:
        stem = f"「{name}」指的是什么？"
        right = cite(meaning.document, meaning.place[1:])
        yield item("definition", name, stem, meaning.text, [other.text for other in wrong], right)


def _which_term(meaning: Meaning, others: Sequence[Meaning]) -> Iterator[QuizItem]:
    name = meaning.term.name
    shared = [len(pieces(other.term.name) & meaning.pairs) for other in others]
    wrong = _hiding(others, len(meaning.name_pairs & meaning.pairs), lambda o: shared[others.index(o)])
    if len(wrong) >= 2:
        stem = f"哪个术语指的是：{meaning.text}？"
        yield item("term", name, stem, name, [o.term.name for o in wrong], cite(meaning.document, meaning.place[1:]))


def _hiding(others: Sequence[Meaning], shared: int, likeness: Callable[[Meaning], int]) -> list[Meaning]:
    """The first three, one of them sharing as much with the stem as the right option does; none if there is no such one."""
    chosen = list(others[:3])
    if shared and not any(likeness(other) >= shared for other in chosen):
        decoy = next((other for other in others[3:] if likeness(other) >= shared), None)
        return [*chosen[:2], decoy] if decoy else []
    return chosen
