"""Sentences for an answer: scored, and what rules take for a definition or a comparison among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kbqa.indexing.index import Index
from kbqa.indexing.segment import words
from kbqa.notes.cleaning import count_garbled
from kbqa.notes.term_file import LABELS, TERM_FILE
from kbqa.retrieval.fit import (
    LABEL,
    MARKER,
    asked_count,
    bare_subject,
    defining_strength,
    enumerates,
    formula_strength,
    introduces_itself,
    is_aside,
    only_names_others,
    sentence_fits,
)
from kbqa.retrieval.ideas import new_words
from kbqa.retrieval.question import Question
from kbqa.retrieval.search import Found
from kbqa.terms.glossary import names_of
from kbqa.text import Span, fold, squeeze
from kbqa.types import Document


@dataclass(frozen=True, slots=True)
class Pick:
    """A span to quote; `item` shows it as an item of a list."""

    doc_id: str
    start: int
    end: int
    item: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A sentence of one of the best chunks, with what speaks for it.

    Attributes:
        row: row in the index's sentence table.
        chunk: row of its chunk.
        place: position of its chunk among the hits, 0 is the best.
        thin: penalty for saying little by itself, taken off the score.
    """

    row: int
    chunk: int
    place: int
    document: Document
    start: int
    end: int
    text: str
    folded: str
    score: float
    coverage: float
    cosine: float
    fits: bool
    thin: float

    @property
    def heading(self) -> str:
        return next((s.heading for s in reversed(self.document.sections) if s.start <= self.start < s.end), "")

    def pick(self, item: bool = False) -> Pick:
        return Pick(self.document.doc_id, self.start, self.end, item)


PASSAGES = 5  # so many of the best chunks may speak
_FIELD = re.compile(rf"(?:{'|'.join(LABELS.values())}):")
PLACE_BONUS = (0.6, 0.35, 0.2, 0.1, 0.05)
_FORMULA_BONUS, FIT_BONUS, COUNT_BONUS, ASIDE_PENALTY = 0.7, 0.25, 0.3, 0.5
_DEFINED_JUST_BEFORE, _GLOSSARY_BONUS = 0.5, 0.7


def scored_sentences(index: Index, found: Found) -> list[Scored]:
    """All sentences of the first chunks, the best first."""
    kind, count = found.question.kind, asked_count(found.question.text)
    asked_formulas = {t.formula[:2] for i in found.question.terms if (t := index.glossary.terms[i]).formula}
    asked = frozenset(words(found.question.text))
    result: list[Scored] = []
    for place, row in enumerate(found.rows[:PASSAGES]):
        document = index.documents.row(int(index.chunks.places[row, 0]))
        bonus = PLACE_BONUS[place]
        path = index.chunks.paths[int(index.chunks.places[row, 3])]
        if path and only_names_others(path[-1], found.question.text):
            continue
        bonus -= ASIDE_PENALTY if path and is_aside(path[-1], found.question.text) else 0.0
        # Where a list is asked for, points of an outline are items; else a heading states nothing.
        listed = kind == "list"
        headings = {s.start for s in document.sections if not (listed and document.is_point(s))}
        previous: Span | None = None
        for sentence in found.sentences.get(row, ()):
            start, end = index.sentences.span(sentence.row)
            if start in headings:
                continue
            text = fold(document.text[start:end])
            if document.doc_id == TERM_FILE and _FIELD.match(text):
                continue  # what else a term is called answers nothing
            if text.rstrip().endswith("?") and not new_words(text, asked):
                continue  # the question itself
            thin = _thinness(text, kind)
            score = sentence.score + bonus + _fit_bonus(kind, text, count, found.question.names) - thin
            if kind == "formula" and (document.doc_id, start) in asked_formulas:
                score += _GLOSSARY_BONUS
            elif kind == "formula" and previous and formula_strength(text):
                score += _defined_just_before(document, previous, start, found.question.names)
            previous = (start, end)
            result.append(
                Scored(
                    sentence.row, row, place, document, start, end, document.text[start:end], text, score, sentence.coverage,
                    sentence.cosine, sentence.fits, thin,
                )
            )  # fmt: skip
    result.sort(key=lambda s: (-s.score, s.place, s.start))
    return result


def _defined_just_before(document: Document, previous: Span, start: int, names: Sequence[str]) -> float:
    """A formula in the same paragraph as the term's own definition is the term's: it rarely says the name again."""
    if "\n" in document.text[previous[1] : start]:
        return 0.0
    return _DEFINED_JUST_BEFORE if defining_strength(document.text[slice(*previous)], names) >= 0.8 else 0.0


def _fit_bonus(kind: str, folded: str, count: int, names: Sequence[str]) -> float:
    if kind == "formula":
        return _FORMULA_BONUS * formula_strength(folded) + _side_of_formula(folded, names)
    counted = COUNT_BONUS if count > 1 and kind == "list" and enumerates(folded, count) else 0.0
    return counted + (FIT_BONUS if sentence_fits(kind, folded) else 0.0)


def _side_of_formula(folded: str, names: Sequence[str]) -> float:
    """What is asked for stands left of the equals sign; on the right it is only used."""
    left, equals, right = folded.partition("=")
    if not equals:
        return 0.0
    if any(name in left for name in names):
        return 0.2
    return -0.3 if any(name in right for name in names) else 0.0


FIGURES = re.compile(r"\d[\d,.]*\s*%?\s*[-+*/=≈]\s*\d")


def _thinness(folded: str, kind: str) -> float:
    """Penalty for what says little by itself: a question, a lead-in, a caption, a few words, a worked-out example."""
    penalty = 0.3 if folded.rstrip().endswith(("?", "\uff1f")) else 0.0
    penalty += 0.1 if folded.rstrip().endswith((":", "\uff1a")) else 0.0
    penalty += 0.3 if folded.startswith(("\uff3b图", "[图", "图:", "[来源")) else 0.0
    penalty += 0.3 if kind not in ("formula", "number") and FIGURES.search(folded) else 0.0
    penalty += 0.3 if count_garbled(folded) or introduces_itself(folded) else 0.0
    return penalty + (0.25 if len(squeeze(folded)) < 8 else 0.0)


# --- definitions ------------------------------------------------------------------------------------------------------


_LITERAL = 0.3


def definition(index: Index, found: Found, sentences: Sequence[Scored]) -> list[Pick]:
    """The sentence that defines the term asked for, and the one behind it if that still speaks of it."""
    names = found.question.names
    if not names:
        return []
    best: tuple[float, Scored] | None = None
    subject = bare_subject(found.question.text)
    for scored in sentences:
        # The name that was asked for before its synonyms: of 私域 and 私域运营, 私域.
        literal = _LITERAL if subject and defining_strength(scored.text, (subject,)) >= 0.8 else 0.0
        strength = defining_strength(scored.text, names) + literal + _by_people(index, found.question, scored)
        if strength and (best is None or strength + scored.score > best[0]):
            best = (strength + scored.score, scored)
    if best is None or defining_strength(best[1].text, names) < 0.8:
        under = _under_heading(index, found, names, sentences)
        if under or best is None:
            return under
    head = best[1]
    behind = sorted((s for s in sentences if s.chunk == head.chunk and s.start > head.start), key=lambda s: s.start)
    chosen = [head]
    if behind and len(head.text) < 120 and len(behind[0].text) <= 120 and _same_paragraph(head, behind[0]):
        chosen.append(behind[0])
    return [s.pick(item=bool(MARKER.match(s.text))) for s in chosen]


def _same_paragraph(one: Scored, following: Scored) -> bool:
    return "\n" not in one.document.text[one.end : following.start]


_TEAM, _MINED = 1.0, 0.2


def _by_people(index: Index, question: Question, scored: Scored) -> float:
    """What it counts that the glossary has a sentence as the definition of a term: most if the team wrote it there."""
    for term in (index.glossary.terms[t] for t in question.terms):
        if term.definition and term.definition[0] == scored.document.doc_id:
            if scored.start <= term.definition[1] < scored.end:
                return _TEAM if term.origin == "team" else _MINED
    return 0.0


def _under_heading(index: Index, found: Found, names: Sequence[str], sentences: Sequence[Scored]) -> list[Pick]:
    """The first sentences of a section that is headed by the term itself."""
    for row in found.rows[:5]:
        path = index.chunks.paths[int(index.chunks.places[row, 3])]
        if path and fold(path[-1]) in names:
            first = sorted((s for s in sentences if s.chunk == row), key=lambda s: s.start)[:2]
            return [s.pick() for s in first]
    return []


# --- comparisons ------------------------------------------------------------------------------------------


def comparison(index: Index, found: Found, sentences: Sequence[Scored], budget: int) -> list[Pick]:
    """Sentences that speak of both sides, else what defines each, also where the notes do so elsewhere, else the best one for each."""
    compared = _sides(index, found.question)
    if len(compared) < 2:
        return []
    sides = [names for names, _ in compared]
    each = re.search(r"各自|分别|\beach\b|respectively", fold(found.question.text))
    both = [] if each else [s for s in sentences if _names_all(s, sides)]
    defined = [next((s for s in sentences if defining_strength(s.text, side) >= 0.8), None) for side in sides]
    settled = both[0] if both and both[0].score >= 0.7 * sentences[0].score else None
    # An item such as `裂变与分销：…` puts both sides itself.
    told = settled is not None and bool(MARKER.match(settled.text) or LABEL.match(settled.text))
    elsewhere = [None if told else _defined_elsewhere(index, term) for _, term in compared]
    chosen = [s.pick(item=_is_item(s)) if s else other for s, other in zip(defined, elsewhere, strict=True)]
    if settled:
        one = settled.pick(item=_is_item(settled))
        chosen = [*(pick for pick in chosen if pick != one), one]
    elif None in chosen:
        chosen = _spoken_of(sides, sentences)
    return [pick for pick in dict.fromkeys(chosen) if pick and pick.end - pick.start <= budget]


def _is_item(sentence: Scored) -> bool:
    return bool(MARKER.match(sentence.text))


def _defined_elsewhere(index: Index, term: int) -> Pick | None:
    """Where the notes define a term, whatever passages were found."""
    definition = index.glossary.terms[term].definition
    return Pick(*definition) if definition and definition[0] in index.documents.ids else None


def _spoken_of(sides: Sequence[tuple[str, ...]], sentences: Sequence[Scored]) -> list[Pick]:
    """The best sentence for each side; none if one has none."""
    chosen: list[Scored] = []
    for side in sides:
        # As written first: 私域 is a name of 私域流量 too, but stands in every sentence on 私域用户.
        spoken = (s for name in side for s in sentences if s not in chosen and name in fold(f"{s.heading} {s.text}"))
        if not (one := next(spoken, None)):
            return []
        chosen.append(one)
    return [s.pick(item=_is_item(s)) for s in chosen]


def _names_all(sentence: Scored, sides: Sequence[tuple[str, ...]]) -> bool:
    """Whether a sentence speaks of all sides; an item only if its label does, for `召回与唤醒：…` is about those two."""
    text = fold(sentence.text)
    if MARKER.match(text) or LABEL.match(text):
        text = re.split(r"[:\uff1a]", text, maxsplit=1)[0]
    return all(any(name in text for name in side) for side in sides)


def _sides(index: Index, question: Question) -> list[tuple[tuple[str, ...], int]]:
    """The names of the two things compared, as written first, and their terms: what stands on either side of 和 / 与 / vs."""
    text = fold(question.text)
    matches = index.segmenter.matches(question.text)
    for first, second in pairwise(matches):
        if first.term != second.term and re.fullmatch(
            r"\s*(?:和|与|跟|同|及|vs\.?|还是|、|/|and|versus)\s*", text[first.end : second.start]
        ):
            both = ((m.term, fold(m.surface), names_of(index.glossary.terms[m.term])) for m in (first, second))
            return [((said, *(fold(n) for n in names if fold(n) != said)), term) for term, said, names in both]
    return []


def without_marker(text: str) -> str:
    """An item's text without its bullet or number."""
    return MARKER.sub("", text)
