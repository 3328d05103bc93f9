"""What notes say of a term beside its definition: its formula, what it is easily taken for, what to read next."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from kbqa.terms.glossary import name_key
from kbqa.terms.patterns import HAN
from kbqa.text import Span, fold
from kbqa.types import Document, Place, Section, Term

_FORMULA = re.compile(
    r"^(?:[-*\u2022]\s+|\d{1,2}[.\u3001]\s*)?(?:(?:计算)?公式[^:=]{0,6}:\s*)?(?P<left>[^=\u3002]{1,40}?)\s*=\s*(?P<right>\S.*)$"
)
_UNIT = re.compile(r"\([^()]*\)|_[a-z0-9]+$|^\u793a\u4f8b?:|^其中[,:]?")
_FIGURES = re.compile(r"(?:约|\u2248)?\s*\d[\d.,]*\s*(?:%|[\u3400-\u9fff]{0,3})")
_CONFUSED = re.compile(r"易混|混淆|辨析")
_RELATED = re.compile(r"^相关(?:术语|概念|名词|词条)$")
_PAIRED = re.compile(r"^(?:[-*\u2022]\s+)?(?P<pair>[^:,\u3002]{4,40}?)(?:的?(?:区别|差别|差异|不同|关系|分别))?\s*:")
_BETWEEN = re.compile(r"\s*(?:与|和|跟|vs\.?|对比)\s*")
_SEPARATOR = re.compile(r"[,\u3001;\uff0c\uff1b]|\s\|\s")


def with_facets(document: Document, folded: str, spans: Sequence[Span], terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms of one document with what its text says of them; `spans` are its sentences."""
    formulas = _formulas(document, folded, spans)
    every = [[name_key(name) for name in (term.name, *term.aliases, *term.english)] for term in terms]
    confusable = _confusable(document, folded, frozenset(name for names in every for name in names))
    related = _related(document)
    behind = _formulas_behind(document, folded, spans)
    subject = {name_key(name) for name in (document.title, *document.aliases)}
    result = []
    for term, names in zip(terms, every, strict=True):
        result.append(
            replace(
                term,
                formula=next((formulas[name] for name in names if name in formulas), behind.get(term.definition)),
                confusable=tuple(dict.fromkeys(other for name in names for other in confusable.get(name, ()))),
                related=tuple(r for r in related if name_key(r) not in names) if subject & set(names) else (),
            )
        )
    return tuple(result)


def formula_parts(sentence: str) -> tuple[str, str] | None:
    """Name and right-hand side of a folded sentence that is a formula in words; None for anything else."""
    match = _FORMULA.match(sentence)
    if not match or sentence.startswith("示意"):
        return None
    left = _UNIT.sub("", match["left"]).strip(' "')
    right = match["right"].strip().rstrip("\u3002;,")
    if (
        not 2 <= len(left) <= 20
        or re.search(r"[+*/:,]\s|[\u3002;]", left)
        or not re.search(rf"[{HAN}a-z]{{2}}", _FIGURES.sub("", re.split(r"[,;\u3002]", right)[0]))
    ):
        return None
    return left, right


def _formulas(document: Document, folded: str, spans: Sequence[Span]) -> dict[str, Place]:
    """Name → the first sentence that gives its formula in words."""
    found: dict[str, Place] = {}
    if "=" not in folded:
        return found
    for start, end in spans:
        if "=" in folded[start:end] and (parts := formula_parts(folded[start:end])):
            marker = _ITEM.match(document.text[start:end])
            begins = start + (marker.end() if marker else 0)
            found.setdefault(name_key(parts[0]), (document.doc_id, begins, end))
    return found


_UNNAMED = re.compile(rf"(?:计算)?公式:[^=]*[{HAN}][^=]*[/*][^=]*$")


def _formulas_behind(document: Document, folded: str, spans: Sequence[Span]) -> dict[Place | None, Place]:
    """Sentence → the one behind it that is a formula without a name (`公式：完成人数 ÷ 参与人数`): it is of what was just defined."""
    return {
        (document.doc_id, *before): (document.doc_id, *span)
        for before, span in pairwise(spans)
        if _UNNAMED.match(folded[slice(*span)])
    }


def _confusable(document: Document, folded: str, known: frozenset[str]) -> dict[str, list[str]]:
    """Name → names of what it is easily taken for, as the section on that says.

    Args:
        known: names of terms: where a pair could be parted in several places, between two of them.
    """
    pairs: defaultdict[str, list[str]] = defaultdict(list)
    for section in document.sections:
        if not _CONFUSED.search(section.heading):
            continue
        for start, end in _lines(document, section):
            match = _PAIRED.match(folded[start:end])
            pair = document.text[start + match.start("pair") : start + match.end("pair")] if match else ""
            ways = [
                (pair[: m.start()].strip(' "\u201c\u201d'), pair[m.end() :].strip(' "\u201c\u201d'))
                for m in _BETWEEN.finditer(fold(pair))
            ]
            ways = [(a, b) for a, b in ways if 2 <= len(a) <= 16 and 2 <= len(b) <= 16]
            if ways:
                first, second = max(ways, key=lambda way: sum(name_key(name) in known for name in way))
                pairs[name_key(first)].append(second)
                pairs[name_key(second)].append(first)
    return pairs


def _related(document: Document) -> tuple[str, ...]:
    """Names under a heading such as 相关术语, in order."""
    names: dict[str, None] = {}
    for section in document.sections:
        if not _RELATED.match(section.heading):
            continue
        for start, end in _lines(document, section):
            line = _ITEM.sub("", document.text[start:end]).strip(" \u3002.")
            named = (re.split(r"[:\uff1a]", part)[0].strip() for part in _SEPARATOR.split(_explained(line)))
            names.update(dict.fromkeys(name for name in named if 2 <= len(name) <= 16))
    return tuple(names)


_ITEM = re.compile(r"^(?:[-*\u2022]\s+|\d{1,2}[.\u3001]\s*)+")


def _explained(line: str) -> str:
    """A line of names; of `名称：解释` the name alone."""
    head, colon, _ = line.partition("\uff1a")
    return head if colon and not _SEPARATOR.search(head) else line


def _lines(document: Document, section: Section) -> Iterator[tuple[int, int]]:
    """Spans of the lines under a heading, subheadings left out."""
    headings = {s.start for s in document.sections}
    position = section.body_start
    for line in document.text[section.body_start : section.end].split("\n"):
        if line.strip() and position not in headings:
            yield position, position + len(line)
        position += len(line) + 1
