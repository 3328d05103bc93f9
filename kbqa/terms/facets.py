"""What notes say of a term beside its definition: its formula, what it is easily taken for, what to read next."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kbqa.text import fold, sentence_spans
from kbqa.types import Document, Place, Section, Term

_FORMULA = re.compile(
    r"^(?:[-*\u2022]\s+|\d{1,2}[.\u3001]\s*)?(?:(?:计算)?公式[^:=]{0,6}:\s*)?(?P<left>[^=\u3002]{1,40}?)\s*=\s*(?P<right>\S.*)$"
)
_UNIT = re.compile(r"\([^()]*\)|_[a-z0-9]+$|^\u793a\u4f8b?:|^其中[,:]?")
_FIGURES_ONLY = re.compile(r"^[\d\s.,%+\-*/()=元万天人月年日次个倍]+$")
_CONFUSED = re.compile(r"易混|混淆|辨析")
_RELATED = re.compile(r"^相关(?:术语|概念|名词|词条)$")
_PAIR = re.compile(
    r"^(?:[-*\u2022]\s+)?\"?(?P<a>[^:,\u3002]{2,16}?)\"?\s*(?:与|和|跟|vs\.?|对比)\s*\"?(?P<b>[^:,\u3002]{2,16}?)\"?\s*:"
)
_SEPARATOR = re.compile(r"[,\u3001;\uff0c\uff1b]|\s\|\s")


def with_facets(document: Document, folded: str, terms: Sequence[Term]) -> tuple[Term, ...]:
    """The terms of one document with what its text says of them."""
    formulas = _formulas(document, folded)
    confusable = _confusable(document, folded)
    related = _related(document)
    subject = {fold(name) for name in (document.title, *document.aliases)}
    result = []
    for term in terms:
        names = [fold(name) for name in (term.name, *term.aliases, *term.english)]
        result.append(
            replace(
                term,
                formula=next((formulas[name] for name in names if name in formulas), None),
                confusable=tuple(dict.fromkeys(other for name in names for other in confusable.get(name, ()))),
                related=tuple(r for r in related if fold(r) not in names) if subject & set(names) else (),
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
    if not 2 <= len(left) <= 20 or re.search(r"[+*/:,]\s|[\u3002;]", left) or _FIGURES_ONLY.match(right):
        return None
    return left, right


def _formulas(document: Document, folded: str) -> dict[str, Place]:
    """Folded name → the first sentence that gives its formula in words."""
    found: dict[str, Place] = {}
    if "=" not in folded:
        return found
    for start, end in sentence_spans(document.text):
        if "=" in folded[start:end] and (parts := formula_parts(folded[start:end])):
            found.setdefault(parts[0], (document.doc_id, start, end))
            found.setdefault(parts[0].replace(" ", ""), (document.doc_id, start, end))
    return found


def _confusable(document: Document, folded: str) -> dict[str, list[str]]:
    """Folded name → names of what it is easily taken for, as the section on that says."""
    pairs: defaultdict[str, list[str]] = defaultdict(list)
    for section in document.sections:
        if not _CONFUSED.search(section.heading):
            continue
        for start, end in _lines(document, section):
            if match := _PAIR.match(folded[start:end]):
                a, b = (document.text[start + match.start(g) : start + match.end(g)].strip() for g in ("a", "b"))
                pairs[fold(a)].append(b)
                pairs[fold(b)].append(a)
    return pairs


def _related(document: Document) -> tuple[str, ...]:
    """Names under a heading such as 相关术语, in order."""
    names: dict[str, None] = {}
    for section in document.sections:
        if _RELATED.match(section.heading):
            for start, end in _lines(document, section):
                line = document.text[start:end].strip("-*\u2022 \u3002.")
                names.update(
                    dict.fromkeys(name.strip() for name in _SEPARATOR.split(line) if 2 <= len(name.strip()) <= 16)
                )
    return tuple(names)


def _lines(document: Document, section: Section) -> Iterator[tuple[int, int]]:
    position = section.body_start
    for line in document.text[section.body_start : section.end].split("\n"):
        if line.strip():
            yield position, position + len(line)
        position += len(line) + 1
