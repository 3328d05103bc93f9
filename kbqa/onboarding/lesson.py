"""The terms of one note in the order to learn them, and which of them are made of which."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kbqa.indexing.segment import Segmenter
from kbqa.onboarding.order import in_order, without_rings
from kbqa.terms.glossary import Glossary, name_key
from kbqa.types import Document, Term


@dataclass(frozen=True, slots=True)
class Lesson:
    """What one note teaches.

    Attributes:
        terms: names in the order to learn them.
        made_of: (term, part): the definition or formula of the term speaks of the part, which is another of them.
    """

    terms: tuple[str, ...]
    made_of: tuple[tuple[str, str], ...]


def make_lesson(document: Document, terms: Sequence[Term]) -> Lesson:
    """The note's subject first, then as the note has them, but behind what they are made of and beside what they are
    easily taken for.

    Args:
        terms: those that the note introduces, each name once.
    """
    subject = {name_key(name) for name in (document.title, *document.aliases[:1])}
    leading = {term.name for term in terms if name_key(term.name) in subject}
    offset = {term.name: _offset(term, document.doc_id) for term in terms}
    alike = {t.name: min(offset.get(name, offset[t.name]) for name in (t.name, *t.confusable)) for t in terms}
    parts = _parts(document, terms)

    def key(name: str) -> tuple[Any, ...]:
        return name not in leading, alike[name], offset[name], name

    needs = {name: [] if name in leading else parts[name] for name in parts}
    order = in_order(without_rings(needs, key)[0], key)
    return Lesson(order, tuple((name, part) for name in order for part in parts[name]))


def _parts(document: Document, terms: Sequence[Term]) -> dict[str, list[str]]:
    """Term → the others that its definition or formula in this note names, in their order there."""
    segmenter = Segmenter(Glossary(tuple(terms)))
    parts = {}
    for term in terms:
        named = (terms[match.term].name for match in segmenter.matches(_explanation(document, term)))
        parts[term.name] = [name for name in dict.fromkeys(named) if name != term.name]
    return parts


def _offset(term: Term, doc_id: str) -> float:
    place = term.definition or term.source
    return place[1] if place and place[0] == doc_id else math.inf


def _explanation(document: Document, term: Term) -> str:
    here = (place for place in (term.definition, term.formula) if place and place[0] == document.doc_id)
    return "\n".join(document.text[start:end] for _, start, end in here)
