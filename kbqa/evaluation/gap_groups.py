"""Knowledge gaps that ask for the same thing, together, with what the notes of today have on them."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kbqa.evaluation.gaps import Gap, Near
from kbqa.indexing.index import NEAR_HEADINGS, Index
from kbqa.knowledge import KnowledgeBase
from kbqa.retrieval.ideas import CUES, ideas_of, token_weights
from kbqa.retrieval.question import kind_of
from kbqa.retrieval.search import Found
from kbqa.text import fold, squeeze, unexecuted
from kbqa.types import Answer

Floats = NDArray[np.float64]
Advice = Literal["unmentioned", "no answer", "heading only", "answered"]


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Gaps that ask for the same thing.

    Attributes:
        question: the wording nearest to all the others.
        count: how often it was asked.
        wordings: every distinct wording, the most frequent first.
        terms: names of the glossary terms spoken of, the most frequent first.
        nearest: where an answer belongs, as far as the notes of today tell.
        advice: why there was no answer: the notes do not speak of it; they do, but do not say this; they have a heading for
            it and nothing below; or they answer every wording by now.
        marked: how often a reader said that the notes should answer it; not counted as asking again.
    """

    question: str
    count: int
    wordings: tuple[str, ...]
    first: datetime
    last: datetime
    terms: tuple[str, ...]
    nearest: Near | None
    advice: Advice
    marked: int = 0


# Chosen on 28 groups of wordings of our own, before looking at 22 others: of the pairs that it joins there, 86 % belong
# together, and it joins 75 % of those that do (92 % and 85 % on the first). Two groups for one gap stand side by side in
# a list; two gaps in one group hide each other.
_WORDS, _OTHER_KIND, _ALIKE = 0.3, 0.4, 0.26
_HEADED = 0.6  # share of a question that an empty heading has to cover to be its heading


def group_gaps(gaps: Sequence[Gap], kb: KnowledgeBase) -> tuple[GapGroup, ...]:
    """Gaps that ask for the same thing together: the most frequent first, then the latest.

    Wordings are the same thing if, on average, they mean the same, speak of the same terms and words, and want the same kind
    of answer. The order of `gaps` makes no difference. What is missing is judged by the notes as they are indexed now, so
    that a gap that was filled shows as answered.
    """
    asked: defaultdict[str, list[Gap]] = defaultdict(list)
    for gap in gaps:
        asked[squeeze(gap.understood_as)].append(gap)
    if not asked:
        return ()
    sames = [asked[key] for key in sorted(asked)]
    wordings = [_most_frequent(gap.understood_as for gap in same)[0] for same in sames]
    near = alikeness(kb, wordings)
    empty = _empty_headings(kb)
    groups = [
        _group(kb, [sames[i] for i in rows], [wordings[i] for i in rows], near[np.ix_(rows, rows)], empty)
        for rows in linked(near, _ALIKE)
    ]
    return tuple(sorted(groups, key=lambda g: (-g.count, -g.last.timestamp(), g.question)))


def alikeness(kb: KnowledgeBase, questions: Sequence[str]) -> Floats:
    """How much questions ask for the same, [n, n], symmetric, at most 1.

    A weighted sum of the cosine of their vectors and that of their terms and words, less if they want different kinds of answer.
    """
    index = kb._index
    vectors = index.quick.encode_queries(questions).astype(float)
    words = _word_vectors(index, questions)
    kinds = np.array([kind_of(question) for question in questions])
    near = (1 - _WORDS) * (vectors @ vectors.T) + _WORDS * (words @ words.T)
    near -= _OTHER_KIND * (kinds[:, None] != kinds[None, :])
    return np.asarray((near + near.T) / 2)


def _word_vectors(index: Index, questions: Sequence[str]) -> Floats:
    """Terms and words of questions by importance and rarity in the notes, [n, tokens], rows of unit length or nought."""
    weights = [token_weights(ideas_of(question, index.segmenter)) for question in questions]
    columns = {token: i for i, token in enumerate(sorted({token for row in weights for token in row}))}
    rarest, ids = float(np.log1p((index.lexical.size + 0.5) / 0.5)), index.vocabulary.ids
    vectors = np.zeros((len(questions), len(columns)))
    for row, tokens in zip(vectors, weights, strict=True):
        for token, weight in tokens.items():
            row[columns[token]] = weight * (index.lexical.idf(ids[token]) if token in ids else rarest)
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))


def linked(near: Floats, least: float) -> list[list[int]]:
    """Average linkage: the two groups that are nearest are joined until none are `least` alike (UPGMA, Sokal & Michener 1958).

    Args:
        near: [n, n], symmetric; the diagonal is not looked at.

    Returns:
        Rows of each group ascending, groups by their first row. Of equals, those with the lowest rows are joined first.
    """
    near = near.astype(float)
    np.fill_diagonal(near, -np.inf)
    groups = {i: [i] for i in range(len(near))}
    best = near.max(axis=1, initial=-np.inf)
    while len(groups) > 1:
        a = int(best.argmax())
        b = int(near[a].argmax())
        if best[a] < least:
            break
        # Rows whose nearest was one of the two, and the two themselves; the rows of groups that are gone are not finite.
        stale = np.flatnonzero(np.isfinite(best) & (best <= np.maximum(near[a], near[b])))
        sizes = len(groups[a]), len(groups[b])
        near[a] = near[:, a] = (sizes[0] * near[a] + sizes[1] * near[b]) / sum(sizes)
        near[b] = near[:, b] = near[a, a] = -np.inf
        best[stale] = near[stale].max(axis=1)
        groups[a] += groups.pop(b)
    return sorted(sorted(rows) for rows in groups.values())


_Empty = tuple[Near, frozenset[str]]


def _group(
    kb: KnowledgeBase, sames: Sequence[Sequence[Gap]], wordings: Sequence[str], near: Floats, empty: Sequence[_Empty]
) -> GapGroup:
    """What there is to say of a group.

    Args:
        sames: for each wording, the gaps that have it.
        near: [n, n], how much the wordings ask for the same.
    """
    counts = np.array([len(same) for same in sames])
    question = wordings[int(np.round(near @ counts, 6).argmax())]
    gaps = [gap for same in sames for gap in same]
    marked = sum(gap.marked for gap in gaps)
    found = kb.find(question)
    advice, heading = _advice(kb, found, wordings, empty)
    return GapGroup(
        question, max(1, len(gaps) - marked), tuple(w for _, w in sorted(zip(-counts, wordings, strict=True))),
        min(gap.at for gap in gaps), max(gap.at for gap in gaps), _terms(kb, gaps), heading or _nearest(kb, gaps, found),
        advice, marked,
    )  # fmt: skip


def _advice(
    kb: KnowledgeBase, found: Found, wordings: Sequence[str], empty: Sequence[_Empty]
) -> tuple[Advice, Near | None]:
    """Why there was no answer, and the empty heading if it is for that."""
    if all(_answers(kb.ask(wording)) for wording in wordings):
        return "answered", None
    covered, heading = max(
        ((round(found.coverage.of(set(tokens)), 4), near) for near, tokens in empty),  # as the parts of hits are
        key=lambda pair: pair[0],
        default=(0.0, None),
    )
    if covered >= _HEADED and covered > max((hit.parts["coverage"] for hit in found.hits), default=0.0):
        return "heading only", heading
    return ("no answer" if _spoken_of(kb, found) else "unmentioned"), None


def _answers(answer: Answer) -> bool:
    return not (answer.abstained or answer.choices)


def _spoken_of(kb: KnowledgeBase, found: Found) -> bool:
    """Whether the notes have a wording for any of the most important ideas of a question: its terms, else its nouns."""
    ideas, ids = found.question.ideas, kb._index.vocabulary.ids
    most = max((idea.importance for idea in ideas), default=0.0)
    wordings = (wording for idea in ideas if idea.importance == most for wording in idea.wordings)
    return any(all(token in ids for token in wording.tokens) for wording in wordings)


def _empty_headings(kb: KnowledgeBase) -> list[_Empty]:
    """Headings with no text below but further headings, the highest first, each with the tokens of its nearest headings."""
    empty = []
    for doc_id in kb.doc_ids:
        document = kb.document(doc_id)
        headings = {section.start: section.body_start for section in document.sections}
        for section in document.sections:
            position = section.body_start
            while position in headings and position < section.end:
                position = headings[position]
            if not document.text[position : section.end].strip():
                tokens = frozenset(kb._index.segmenter.tokens("\n".join(section.path[-NEAR_HEADINGS:])))
                empty.append((Near(doc_id, section.path), tokens))
    return sorted(empty, key=lambda pair: (len(pair[0].heading_path), pair[0].doc_id))


def _terms(kb: KnowledgeBase, gaps: Sequence[Gap]) -> tuple[str, ...]:
    """Names of the terms that gaps speak of, the most frequent first; a note's title is no term."""
    segmenter = kb._index.segmenter
    names: Counter[str] = Counter()
    for gap in gaps:
        matches = segmenter.matches(gap.understood_as)
        terms = (segmenter.glossary.terms[m.term] for m in matches if fold(m.surface) not in CUES)
        names.update({term.name for term in terms if term.origin not in ("title", "phrase")})
    return _most_frequent(names.elements())


def _nearest(kb: KnowledgeBase, gaps: Sequence[Gap], found: Found) -> Near | None:
    """The note that was nearest most often, by reciprocal ranks, among those that are still there; else the best of today."""
    here = set(kb.doc_ids)
    notes: Counter[str] = Counter()
    places: defaultdict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    for gap in gaps:
        for rank, near in enumerate(gap.nearest, 1):
            if near.doc_id in here:
                notes[near.doc_id] += 60 // rank  # 60 is divisible by every rank up to 6: sums stay exact
                places[near.doc_id][near.heading_path] += 60 // rank
    if not notes:
        return next((Near(hit.chunk.doc_id, hit.chunk.heading_path) for hit in found.hits), None)
    doc_id = min(notes, key=lambda name: (-notes[name], name))
    return Near(doc_id, min(places[doc_id], key=lambda path: (-places[doc_id][path], path)))


def _most_frequent(values: Iterable[str]) -> tuple[str, ...]:
    """Distinct strings, the most frequent first, equals in alphabetical order."""
    counts = Counter(values)
    return tuple(sorted(counts, key=lambda value: (-counts[value], value)))


# --- for programs -----------------------------------------------------------------------------------------------------

COLUMNS = ("question", "count", "wordings", "first", "last", "terms", "advice", "doc_id", "heading")


def to_csv(groups: Sequence[GapGroup]) -> str:
    """One row a group with a header; lists joined by a bar, times in UTC, a cell that a spreadsheet would compute marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for g in groups:
        near = g.nearest or Near("")
        cells = (
            g.question, str(g.count), " | ".join(g.wordings), _utc(g.first), _utc(g.last), " | ".join(g.terms), g.advice,
            near.doc_id, " › ".join(near.heading_path),
        )  # fmt: skip
        writer.writerow(map(unexecuted, cells))
    return out.getvalue()


def group_json(group: GapGroup) -> dict[str, Any]:
    """A group as stable JSON; times in UTC."""
    near = group.nearest
    return {
        "question": group.question, "count": group.count, "wordings": list(group.wordings), "first": _utc(group.first),
        "last": _utc(group.last), "terms": list(group.terms), "advice": group.advice, "marked": group.marked,
        "nearest": {"doc_id": near.doc_id, "heading_path": list(near.heading_path)} if near else None,
    }  # fmt: skip


def _utc(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="seconds")
