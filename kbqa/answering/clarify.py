"""A question back: which meaning of a short form is asked for, each with its definition from the notes."""

from __future__ import annotations

from kbqa.indexing.index import Index
from kbqa.retrieval.question import Question
from kbqa.retrieval.senses import Ambiguity, meaning_of
from kbqa.types import Answer, Citation, Sentence, Term

_WHICH_ZH = "「{}」在笔记里有 {} 个意思，你问的是哪一个？"
_WHICH_EN = "“{}” means {} things in the notes. Which one do you ask about?"


def clarify(index: Index, question: Question, ambiguous: Ambiguity) -> Answer:
    """Ask back; `choices` holds the question in each of its meanings."""
    terms = [index.glossary.terms[t] for t in ambiguous.terms]
    ask = (_WHICH_EN if question.english else _WHICH_ZH).format(ambiguous.surface, len(terms))
    sentences, citations = [Sentence(ask)], []
    for term in terms:
        if citation := _definition(index, term):
            sentences.append(Sentence(citation.quote, (len(citations),), item=True))
            citations.append(citation)
        else:
            sentences.append(Sentence(meaning_of(term, ambiguous.surface), item=True))
    choices = tuple(ambiguous.put(question.text, meaning_of(term, ambiguous.surface)) for term in terms)
    return Answer(
        question.raw, question.text, question.kind, tuple(sentences), tuple(citations), 1.0, False, (),
        notices=question.notices, choices=choices,
    )  # fmt: skip


def _definition(index: Index, term: Term) -> Citation | None:
    """The sentence of the notes that defines a term."""
    if term.definition is None:
        return None
    doc_id, start, end = term.definition
    document = index.documents.get(doc_id)
    path = next((s.path for s in reversed(document.sections) if s.start <= start < s.end), (document.title,))
    return Citation(doc_id, start, end, document.text[start:end], path, document.line_at(start), (), (term.name,))
