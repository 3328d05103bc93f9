"""Questions to offer: examples made from the notes, follow-ups made from what stands beside an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kbqa.indexing.index import Index
from kbqa.retrieval.fit import is_aside
from kbqa.retrieval.search import Found
from kbqa.terms.glossary import introduced
from kbqa.text import fold, squeeze

_ASKS = re.compile(r"怎么|如何|哪些|哪几|什么|为什么|多少|区别|几种|吗$")
_LENGTHS = range(4, 19)


def examples(index: Index, count: int) -> tuple[str, ...]:
    """Questions that the notes answer, taken in turn from every note: headings that ask, and terms that it defines."""
    defined: dict[str, list[str]] = {}
    for term in index.glossary.terms:
        if term.definition:
            defined.setdefault(term.definition[0], []).append(term.name)
    queues: dict[str, list[str]] = {}  # filled as far as they are needed: notes may be many
    chosen: dict[str, str] = {}
    turn, left = 0, True
    while left:
        left, place = False, 0
        for doc_id in index.documents.ids:
            if doc_id not in queues:
                queues[doc_id] = list(_of_document(index, doc_id, defined.get(doc_id, [])))
            if not (queue := queues[doc_id]):
                continue
            # Different notes start with different kinds of question, so that the first few are a mixed lot.
            question = queue[(turn + place) % len(queue)]
            left |= turn + 1 < len(queue)
            place += 1
            chosen.setdefault(squeeze(question), question)
            if len(chosen) >= count:
                return tuple(chosen.values())
        turn += 1
    return tuple(chosen.values())


def _of_document(index: Index, doc_id: str, names: Sequence[str]) -> Iterator[str]:
    document = index.documents.get(doc_id)
    filled = (s for s in document.sections if document.text[s.body_start : s.end].strip())
    headings = [s.heading for s in filled if _can_be_asked(index, s.heading)]
    for turn in range(max(len(names), len(headings))):
        if turn < len(headings):
            yield _asking(headings[turn])
        if turn < len(names):
            yield _asking(f"什么是{names[turn]}")


def _asking(text: str) -> str:
    return text.rstrip("?\uff1f") + "\uff1f"


def _can_be_asked(index: Index, heading: str) -> bool:
    """Whether a heading is a question that can stand by itself: it asks, and names a term that it is about."""
    asks = bool(_ASKS.search(heading)) and len(heading) in _LENGTHS and not is_aside(heading, "")
    return asks and bool(index.segmenter.matches(heading))


def follow_ups(index: Index, found: Found, cited: Sequence[tuple[str, ...]], count: int = 3) -> tuple[str, ...]:
    """What to ask next: what the notes say of the term beside what was asked, then headings beside the best passages.

    Args:
        cited: heading paths of the answer's citations.
    """
    plain = {squeeze(found.question.text), *(squeeze(path[-1]) for path in cited if path)}
    used = set(plain)
    if found.question.kind == "definition":
        used |= {squeeze(name) for name in found.question.names}
    questions: dict[str, str] = {}
    facets = ((squeeze(subject), question) for subject, question in _facets(index, found))
    beside = ((squeeze(heading), question) for heading, question in _beside(index, found))
    headings = ((key, q) for key, q in beside if not any(key in seen or seen in key for seen in plain))
    for source in (facets, headings, facets, headings, headings, facets):
        for key, question in source:
            if key not in questions and key not in used:
                questions[key] = question
                break
    return tuple(questions.values())[:count]


def _facets(index: Index, found: Found) -> Iterator[tuple[str, str]]:
    """Questions on the term asked for that its glossary entry can answer, with what each is about."""
    question = found.question
    term = next((index.glossary.terms[t] for t in question.terms), None)
    if term is None or not introduced(term):
        return
    if term.formula and question.kind != "formula":
        yield f"{term.name}怎么算", _asking(f"{term.name} 怎么算")
    if question.kind != "compare":
        for other in term.confusable[:1]:
            yield f"{term.name}和{other}", _asking(f"{term.name} 和 {other} 有什么区别")
    for other in term.related:
        if fold(other) in index.segmenter.defined and fold(other) not in question.names:
            yield other, _asking(f"什么是{other}")


def _beside(index: Index, found: Found) -> Iterator[tuple[str, str]]:
    """Headings beside the best passages as questions."""
    for hit in found.hits:
        heading = hit.chunk.heading_path[-1] if hit.chunk.heading_path else ""
        if heading and not is_aside(heading, "") and (question := _as_question(index, heading)):
            yield heading, question


def _as_question(index: Index, heading: str) -> str:
    if _can_be_asked(index, heading):
        return _asking(heading)
    whole = any(fold(m.surface) == fold(heading) for m in index.segmenter.matches(heading))
    return _asking(f"什么是{heading}") if whole else ""
