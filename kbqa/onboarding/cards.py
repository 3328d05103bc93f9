"""Term cards: what the notes say of one term, every line a quote with its place.

Nothing is written here. A card without an example means that the notes give none near the definition; a pair that is easily
confused has a difference only where a section such as 易混概念 says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kbqa.errors import UnknownTerm
from kbqa.onboarding.items import cite
from kbqa.terms.glossary import name_key, names_of
from kbqa.text import fold, sentence_spans
from kbqa.types import Citation, Document, Place, Term

if TYPE_CHECKING:
    from kbqa.knowledge import KnowledgeBase

_CONFUSED = re.compile(r"易混|混淆|辨析|区别")
_BETWEEN = re.compile(r"\s*(?:与|和|跟|vs\.?|对比)\s*")
_TAIL = re.compile(r"的?(?:区别|差别|差异|不同|关系|分别)$")
_ITEM = re.compile(r"(?:[-*\u2022]\s+|\d{1,2}[.\u3001]\s*)+")
_EXAMPLE = re.compile(
    r"(?:示意|例如|比如|譬如|举例|举个例子|案例|例)[:,]|\S{0,8}(?:资料|公开)\S{0,4}案例|\S{0,12}(?:例如|比如)"
)
_WORKED = re.compile(r"(?:[-*\u2022]|1[.\u3001])\s*\S*.*[\d=]|.+ \| ")
_GOES_ON = re.compile(r"\d{1,2}[.\u3001]\s*\S")
_LONGEST = 400
"""Characters of an example, and how far behind the definition it may be; a longer calculation is cut at a line."""


@dataclass(frozen=True, slots=True)
class Confusable:
    """What a term is easily taken for; `difference` is the quote that tells them apart, if the notes have one."""

    name: str
    difference: Citation | None


@dataclass(frozen=True, slots=True)
class TermCard:
    """One term as the notes explain it.

    Attributes:
        english: its English names.
        doc_id: the note that introduces it, empty if none does.
    """

    name: str
    aliases: tuple[str, ...]
    english: tuple[str, ...]
    doc_id: str
    definition: Citation | None
    formula: Citation | None
    example: Citation | None
    confusable: tuple[Confusable, ...]
    related: tuple[str, ...]

    @property
    def quotes(self) -> tuple[Citation, ...]:
        """Everything the card quotes."""
        told = (other.difference for other in self.confusable)
        return tuple(c for c in (self.definition, self.formula, self.example, *told) if c)


@dataclass(frozen=True, slots=True)
class _Contrast:
    """A line of a section on what is easily confused: the two names, folded, and its place."""

    ways: frozenset[tuple[str, str]]
    place: Place


class Cards:
    """The cards of one generation of an index."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._documents = {doc_id: kb.document(doc_id) for doc_id in kb.doc_ids}
        self._terms: dict[str, Term] = {}
        for term in sorted(kb.terms, key=lambda term: (term.definition is None, term.source is None)):
            self._terms.setdefault(name_key(term.name), term)
        self._by_name = dict(self._terms)
        for term in self._terms.values():
            for name in names_of(term):
                self._by_name.setdefault(name_key(name), term)
        self._defined: dict[str, list[int]] = {doc_id: [] for doc_id in self._documents}
        for term in self._terms.values():
            if term.definition:
                self._defined[term.definition[0]].append(term.definition[1])
        self._contrasts = [c for document in self._documents.values() for c in _contrasts(document)]

    def card(self, name: str) -> TermCard:
        """The card of a term.

        Args:
            name: any name of it.

        Raises:
            UnknownTerm: the glossary has no such name.
        """
        term = self._by_name.get(name_key(name))
        if term is None:
            raise UnknownTerm(name, ())
        home = term.definition or term.source
        return TermCard(
            term.name, term.aliases, term.english, home[0] if home else "", self._cite(term.definition),
            self._cite(term.formula) if term.formula != term.definition else None, self._example(term),
            tuple(Confusable(other, self._difference(term, other)) for other in term.confusable), term.related,
        )  # fmt: skip

    def _cite(self, place: Place | None) -> Citation | None:
        return cite(self._documents[place[0]], place[1:]) if place else None

    def _example(self, term: Term) -> Citation | None:
        """The first example behind the formula, else behind the definition, before anything else is defined."""
        for place in filter(None, (term.formula, term.definition)):
            document = self._documents[place[0]]
            ends = [s.start for s in document.sections] + self._defined[place[0]] + [len(document.text)]
            stop = min(end for end in ends if end >= place[2])
            if span := _example_span(document.text, place[2], stop):
                return cite(document, span)
        return None

    def _difference(self, term: Term, other: str) -> Citation | None:
        ours = {name_key(name) for name in names_of(term)}
        known = self._by_name.get(name_key(other))
        theirs = {name_key(other), *(map(name_key, names_of(known)) if known else ())}
        for contrast in self._contrasts:
            if any((a in ours and b in theirs) or (b in ours and a in theirs) for a, b in contrast.ways):
                return self._cite(contrast.place)
        return None


def _example_span(text: str, start: int, stop: int) -> tuple[int, int] | None:
    """The first sentence in [start, stop) that gives an example, with the worked items below it."""
    for low, high in sentence_spans(text[start : min(stop, start + _LONGEST)]):
        low, high = start + low, start + high
        marker = _ITEM.match(text, low)
        low = marker.end() if marker and marker.end() < high else low
        if _EXAMPLE.match(fold(text[low:high])):
            return low, _with_calculation(text, low, high, stop)
    return None


def _with_calculation(text: str, low: int, end: int, stop: int) -> int:
    """Where an example ends: the rest of its line, and the items with figures or the table that follow."""
    limit = min(stop, low + _LONGEST)
    line_end = text.find("\n", end)
    if end <= line_end <= limit:
        end = line_end
    follows = _WORKED
    while end < limit and text[end : end + 1] == "\n":
        after = text.find("\n", end + 1)
        after = len(text) if after < 0 else after
        line = fold(text[end + 1 : after])
        if after > limit or not follows.match(line):
            break
        if _GOES_ON.match(line):
            follows = _GOES_ON
        end = after
    return end


def _contrasts(document: Document) -> Iterator[_Contrast]:
    headings = {section.start for section in document.sections}
    for section in document.sections:
        if not _CONFUSED.search(section.heading):
            continue
        position = section.body_start
        for line in document.text[section.body_start : section.end].split("\n"):
            start, end = position, position + len(line)
            position = end + 1
            if start in headings or not (ways := _ways(fold(line))):
                continue
            marker = _ITEM.match(line)
            yield _Contrast(ways, (document.doc_id, start + (marker.end() if marker else 0), end))


def _ways(line: str) -> frozenset[tuple[str, str]]:
    """Every way to part the head of `甲与乙：…` in two names, folded."""
    marker = _ITEM.match(line)
    head, colon, said = line[marker.end() if marker else 0 :].partition(":")
    if not colon or not said.strip():
        return frozenset()
    head = _TAIL.sub("", head.strip(' "'))
    ways = ((head[: m.start()].strip(' "'), head[m.end() :].strip(' "')) for m in _BETWEEN.finditer(head))
    return frozenset((name_key(a), name_key(b)) for a, b in ways if a and b)
