"""What only the best candidates are asked for: their words one by one, their sentences, their headings, their shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.index import Index
from kbqa.retrieval.coverage import Coverage
from kbqa.retrieval.fit import (
    GLOSSED,
    asked_count,
    asked_unit,
    asks_expansion,
    counts,
    defining_strength,
    expands,
    introduces_itself,
    is_aside,
    is_bare,
    only_names_others,
    passage_fit,
    sentence_fits,
    together,
)
from kbqa.retrieval.ideas import ASKING
from kbqa.retrieval.likeness import likeness
from kbqa.retrieval.question import Question
from kbqa.terms.glossary import names_of
from kbqa.terms.wordings import english
from kbqa.text import fold, squeeze

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

_SHORT_PASSAGE, _SCRAP, _INTRODUCTION = 40, 90, 120
_OPENING = 30


@dataclass(frozen=True, slots=True)
class SentenceScore:
    """How well a sentence answers by its words and by its meaning.

    Attributes:
        row: row in the index's sentence table.
        coverage: share of the question that the sentence covers, 0 to 1.
        context: the same for the paragraph it stands in: what was named one sentence before is still spoken of.
        cosine: similarity with the question, −1 to 1.
        fits: whether it defines what the question asks the definition of, says what an abbreviation stands for, or has a
            formula, where that is asked for.
    """

    row: int
    coverage: float
    context: float
    cosine: float
    fits: bool = False

    @property
    def score(self) -> float:
        return 0.7 * self.coverage + 0.3 * self.context + 0.6 * max(self.cosine, 0.0)


def look_closely(
    index: Index, question: Question, coverage: Coverage, covered: Floats, vector: Floats, rows: Rows
) -> tuple[dict[str, Floats], dict[int, tuple[SentenceScore, ...]]]:
    """Parts of the score of some chunks, float32 [n] each, and the scores of their sentences.

    `likeness` is that of their words with the question's; `sentence` the similarity of the best sentence; `headline` that of
    the nearest heading, which is often the question in other words; `fit` how well the shape answers this kind of question;
    `sides` is 1 where one line or heading names two things that are to be compared, `counted` where there are as many as asked for,
    `measured` where a figure has a unit that is asked for, `opening` for a note's first lines, `scrap` for a few words, `bare` for hardly any.

    Args:
        covered: how far each of the chunks covers each of the question's ideas, float32 [ideas, n].
    """
    places = [int(row) for row in rows]
    chunks = [index.chunks.chunk(row) for row in places]
    sentences = sentence_scores(index, question, places, coverage, vector)
    best = [max((s.cosine for s in sentences[row]), default=0.0) for row in places]
    headings = [chunk.heading_path[-1] if chunk.heading_path else "" for chunk in chunks]
    sides, count = _compared(index, question), asked_count(question.text)
    unit = asked_unit(question.text) if question.kind == "number" else None
    parts = {
        "likeness": likeness(index, question, covered, coverage.weights, places),
        "sentence": np.clip(best, 0.0, 1.0),
        "headline": _headline_cosines(index, headings, vector),
        "fit": [_fit(question, chunk.text, heading) for chunk, heading in zip(chunks, headings, strict=True)],
        "sides": [bool(sides) and together(c.text, head, sides) for c, head in zip(chunks, headings, strict=True)],
        "counted": [count > 0 and counts(f"{head}\n{c.text}", count) for c, head in zip(chunks, headings, strict=True)],
        "measured": [bool(unit and unit.search(fold(chunk.text))) for chunk in chunks],
        "opening": [chunk.start < _OPENING for chunk in chunks],
        "scrap": [len(chunk.text) < _SCRAP for chunk in chunks],
        "bare": [_is_bare(question, c.text, heading) for c, heading in zip(chunks, headings, strict=True)],
    }
    return {name: np.asarray(values, np.float32) for name, values in parts.items()}, sentences


def sentence_scores(
    index: Index, question: Question, rows: Sequence[int], coverage: Coverage, vector: Floats
) -> dict[int, tuple[SentenceScore, ...]]:
    """Scores of all sentences of some chunks."""
    relevant = {index.vocabulary.ids[t]: t for t in coverage.tokens}
    numbers = [(row, s) for row in rows for s in index.sentences.of_chunk(row)]
    if not numbers:
        return {row: () for row in rows}
    documents = {row: index.documents.row(int(index.chunks.places[row, 0])) for row in rows}
    texts, paragraphs = [], []
    for row, sentence in numbers:
        start, end = index.sentences.span(sentence)
        text = documents[row].text
        texts.append(text[start:end])
        paragraphs.append((row, text.rfind("\n", 0, start)))
    cosines = index.recent.encode_passages(texts) @ vector
    rows_of_tokens = (index.sentences.tokens.row(s).tolist() for _, s in numbers)
    tokens = [{relevant[i] for i in ids if i in relevant} for ids in rows_of_tokens]
    together: dict[tuple[int, int], set[str]] = {}
    for paragraph, here in zip(paragraphs, tokens, strict=True):
        together.setdefault(paragraph, set()).update(here)
    context = {paragraph: coverage.of(named) for paragraph, named in together.items()}
    scores: dict[int, list[SentenceScore]] = {row: [] for row in rows}
    shorts = _abbreviations(question)
    for i, (row, sentence) in enumerate(numbers):
        fits = expands(fold(texts[i]), shorts) if shorts else _fits(question, texts[i])
        cosine = float(cosines[i])
        scores[row].append(SentenceScore(sentence, coverage.of(tokens[i]), context[paragraphs[i]], cosine, fits))
    return {row: tuple(values) for row, values in scores.items()}


_LATIN = re.compile(r"(?<![a-z])[a-z]{2,8}(?![a-z])")


def _abbreviations(question: Question) -> tuple[str, ...]:
    """Those whose meaning, letter by letter, a question asks for, folded."""
    asked = fold(question.text)
    if not asks_expansion(asked):
        return ()
    return tuple(word for word in _LATIN.findall(asked) if word not in ASKING and word not in english())


def _fits(question: Question, text: str) -> bool:
    if question.kind == "definition":
        return defining_strength(text, question.names) >= GLOSSED
    return question.kind == "formula" and sentence_fits("formula", fold(text))


# What stands between two things that are to be compared; 产品 and 市场 may both be named where 各地的销法有什么不同 is asked.
_BETWEEN = re.compile(
    r"[^,\u3002]{0,8}(?:[和与跟同、及比或&/于对]|vs|还是|\b(?:or|and|from|than|versus|with|to|against)\b)[^,\u3002]{0,8}|\s*,?\s*"
)


def _compared(index: Index, question: Question) -> list[set[str]]:
    """The names of each of the terms that are to be compared, squeezed; empty if there are not two, one beside the other."""
    if question.kind != "compare" or len(question.terms) < 2:
        return []
    folded = fold(question.text)
    matches = [m for m in index.segmenter.matches(question.text) if m.term in question.terms]
    terms = question.terms if any(_BETWEEN.fullmatch(folded[a.end : b.start]) for a, b in pairwise(matches)) else ()
    return [{squeeze(name) for name in names_of(index.glossary.terms[term])} for term in terms]


def _is_bare(question: Question, text: str, heading: str) -> bool:
    """Whether a chunk says next to nothing, or only names what else could be read and is not asked for that."""
    return len(text) < _SCRAP and (is_bare(text) or only_names_others(heading, question.text))


def _headline_cosines(index: Index, headings: Sequence[str], vector: Floats) -> Floats:
    distinct = dict.fromkeys(headings)
    cosines = dict(zip(distinct, (index.recent.encode_passages(list(distinct)) @ vector).tolist(), strict=True))
    return np.clip([cosines[heading] for heading in headings], 0.0, 1.0).astype(np.float32)


def _fit(question: Question, text: str, heading: str) -> float:
    """How well a chunk's shape fits the question; less for a scrap of text or an aside, which hardly answers anything."""
    fit = passage_fit(question.kind, text, heading, question.names)
    if squeeze(heading) == squeeze(question.text):
        fit += 0.6  # the section that is headed by the very question
    scrap = len(text) < _SHORT_PASSAGE and fit < 0.3
    if len(text) < _INTRODUCTION and introduces_itself(fold(text)):
        fit -= 1.0
    return fit - (0.5 if scrap or is_aside(heading, question.text) else 0.0)
