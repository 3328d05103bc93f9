"""Labels for quotes: where several sentences each open a section with a short name, the names say which is which."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from kbqa.answering.picks import Pick
from kbqa.indexing.index import Index
from kbqa.indexing.segment import words
from kbqa.retrieval.fit import LABEL
from kbqa.retrieval.ideas import ASKING, CUES
from kbqa.retrieval.question import Question
from kbqa.text import fold, squeeze

_LONGEST = 16  # characters of a heading that is a label
_SEVERAL = 2
_LABELLED = frozenset({"list", "howto", "fact", "number", "why", "compare"})
# Numbered headings and those that ask or announce name nothing: 3.1 标题, 怎么搭, 概念.
_NO_LABEL = re.compile(
    r"\d|[(\uff08一二三四五六七八九十a-z]{1,3}[.、)\uff09\s\uff0e:\uff1a]|[a-z]\d|.*(?:怎么|什么|如何|为何|哪|几|怎样|吗|\?|定义|概念|简介|概述|公式)"
)


def with_labels(index: Index, question: Question, picks: Sequence[Pick]) -> list[Pick]:
    """The spans to quote, those that open a section together with its heading if two of them at least have one that tells."""
    if question.kind not in _LABELLED:
        return list(picks)
    asked = frozenset(words(fold(question.text)))
    labelled = [_labelled(index, asked, pick) for pick in picks]
    several = sum(one != other for one, other in zip(labelled, picks, strict=True)) >= _SEVERAL
    return labelled if several else list(picks)


def _labelled(index: Index, asked: frozenset[str], pick: Pick) -> Pick:
    document = index.documents.get(pick.doc_id)
    section = next((s for s in reversed(document.sections) if s.start <= pick.start < s.end), None)
    if section is None or section.level < 2 or pick.start < section.body_start:
        return pick
    if document.text[section.body_start : pick.start].strip():
        return pick  # something stands between
    label = fold(document.text[slice(*document.heading_span(section))])
    quote = document.text[pick.start : pick.end]
    said = squeeze(quote)
    if (
        LABEL.match(quote)
        or not 2 <= len(squeeze(label)) <= _LONGEST
        or _NO_LABEL.match(label)
        or said.startswith(squeeze(label)[:2])
    ):
        return pick
    tells = set(words(label)) - ASKING - CUES - asked
    return replace(pick, start=section.start) if tells and squeeze(label) not in said else pick
