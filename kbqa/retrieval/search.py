"""(Index, question) → hits: the only place that assigns ranks.

Both retrievers propose chunks; every proposed chunk is then judged by the same few features, each between 0 and 1 and
each explainable, and their weighted sum orders the hits. Ties break on the chunk's row, which is `chunk_id` order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.index import NEAR_HEADINGS, Index
from kbqa.retrieval.because import matched_because
from kbqa.retrieval.closely import SentenceScore, look_closely
from kbqa.retrieval.coverage import Coverage
from kbqa.retrieval.ideas import near_words
from kbqa.retrieval.question import Question, expanded
from kbqa.retrieval.rerank import rerank
from kbqa.settings import QuerySettings
from kbqa.types import Hit

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

# What a first look goes by; round numbers.
AT_FIRST: Mapping[str, float] = {
    "lexical": 0.5,
    "dense": 0.7,
    "coverage": 0.8,
    "heading": 0.5,
    "glossary": 0.6,
    "precedents": 0.4,
}
# What the candidates are ordered by that were looked at closely: fitted by `python -m kbqa.training.ranking`; docs/quality.md says
# what each part adds.
WEIGHTS: Mapping[str, float] = {
    "lexical": 0.05,
    "dense": 1.47,
    "heading": 0.30,
    "glossary": 0.71,
    "fit": 0.18,
    "sides": 0.60,
    "counted": 0.33,
    "measured": 0.30,
    "likeness": 1.00,
    "sentence": 0.92,
    "headline": 0.30,
    "note": 0.95,
    "opening": -0.33,
    "scrap": -0.10,
    "bare": -0.42,
    "precedents": 0.50,
}
# Added to the weight of meaning for a question none of whose words the notes have. English words in Chinese notes are there by
# chance; a Chinese word that is missing leaves others that do tell. Above what the fit gives (0.8 and 2.0): see docs/quality.md.
_UNSPOKEN, _UNSPOKEN_ENGLISH = 2.0, 6.0
_CLOSE_CANDIDATES, _BEHIND = 24, 10.0
_OF_A_NOTE = 3


@dataclass(frozen=True, slots=True)
class Found:
    """Hits with what was learned on the way, for answering.

    Attributes:
        rows: chunk rows of the hits, in their order.
        sentences: chunk row → scores of its sentences, for the best chunks.
        coverage: the question's ideas, weighed for this index.
        vector: the question's vector by the index's quick encoder, float32 [d].
        gaps: how far the best candidate stands out: in similarity, in words, in all.
        covered: how far the best hit covers each of the question's ideas, 0 to 1.
    """

    question: Question
    hits: tuple[Hit, ...]
    rows: tuple[int, ...]
    sentences: Mapping[int, tuple[SentenceScore, ...]]
    coverage: Coverage
    vector: Floats
    gaps: Mapping[str, float] = field(default_factory=dict)
    covered: tuple[float, ...] = ()


def search(index: Index, question: Question, settings: QuerySettings, k: int = 10) -> Found:
    """The k best chunks for a question."""
    coverage = _weigh(index, question)
    known = {index.vocabulary.ids[t]: question.weights[t] for t in question.weights if t in index.vocabulary.ids}
    lexical = index.lexical.scores(known)
    asked = expanded(question, index.segmenter, index.vocabulary.ids)
    vector = index.encoder.encode_queries([asked])[0]
    quick = vector if index.quick is index.encoder else index.quick.encode_queries([asked])[0]
    near_rows, near_scores = index.dense.search(vector, settings.candidates)
    told = _told_by_glossary(index, question) if settings.mode == "hybrid" else {}
    rows = np.union1d(_candidates(lexical, near_rows, settings), np.fromiter(told, np.int64)).astype(np.int64)
    if rows.size == 0:
        return Found(question, (), (), {}, coverage, quick)
    presence = _presence(index, coverage.tokens, rows)
    parts = {
        # The best passage for words gets as much as the words can be trusted: one of six found says little.
        "lexical": np.float32(coverage.spoken / max(float(lexical.max(initial=0.0)), 1e-9)) * lexical[rows],
        "dense": _cosines(index, rows, vector, near_rows, near_scores),
    }
    sentences: dict[int, tuple[SentenceScore, ...]] = {}
    covered = coverage.of_rows(presence, rows.size)
    if settings.mode == "hybrid":
        parts["coverage"] = coverage.together(covered)
        parts["precedents"] = _like_precedents(index, quick, rows)
        parts["heading"] = _heading_coverage(index, rows, coverage)
        parts["glossary"] = np.array([told.get(row, 0.0) for row in rows.tolist()], np.float32)
        total, sentences = _look_closely(index, question, coverage, covered, quick, rows, parts)
    else:
        total = parts[settings.mode]
    # Without the weight that meaning gains where words fail, which would make any English question stand out.
    gaps = _gaps(parts, _weighted(WEIGHTS, parts, 1.0, question.english) if settings.mode == "hybrid" else total)
    order = np.lexsort((rows, -total))
    scores = total[order]  # they fall by rank even if a reranker has another order: confidence is fitted on their scale
    if settings.reranker and settings.mode == "hybrid":
        order, parts["rerank"] = rerank(index, question.text, rows, order, settings.reranker)
    best = tuple(covered[:, order[0]].tolist())
    order = order[:k]
    near = near_words(question.ideas)
    hits = tuple(
        Hit(
            index.chunks.chunk(int(rows[i])), round(float(scores[rank - 1]), 6), rank,
            {name: round(float(values[i]), 4) for name, values in parts.items()},
            _matched(index, question, near, presence, int(rows[i]), int(i)),
        )
        for rank, i in enumerate(order, 1)
    )  # fmt: skip
    return Found(question, hits, tuple(int(rows[i]) for i in order), sentences, coverage, quick, gaps, best)


_COMPARED = 6  # candidates that the best is compared with


def _gaps(parts: Mapping[str, Floats], scores: Floats) -> dict[str, float]:
    """How far the best candidate stands out from the next ones, and in similarity from all in standard deviations."""
    gaps = {}
    for name, values in (("dense", parts["dense"]), ("lexical", parts["lexical"]), ("score", scores)):
        best = np.sort(values)[::-1][:_COMPARED]
        gaps[f"{name} gap"] = float(best[0] - best[1:].mean()) if best.size > 1 else 0.0
    gaps["dense deviation"] = float((parts["dense"].max() - parts["dense"].mean()) / (parts["dense"].std() + 1e-6))
    return {name: round(value, 4) for name, value in gaps.items()}


def _look_closely(
    index: Index,
    question: Question,
    coverage: Coverage,
    covered: Floats,
    vector: Floats,
    rows: Rows,
    parts: dict[str, Floats],
) -> tuple[Floats, dict[int, tuple[SentenceScore, ...]]]:
    """Add what only the best candidates are asked for to `parts`; the weighted sums, and the scores of their sentences."""
    wide = _weighted(AT_FIRST, parts, coverage.spoken, question.english)
    first = np.lexsort((rows, -wide))[:_CLOSE_CANDIDATES]
    seen, sentences = look_closely(index, question, coverage, covered[:, first], vector, rows[first])
    seen["note"] = _note(index, rows, parts["dense"])[first]
    for name, values in seen.items():
        parts[name] = np.zeros(rows.size, np.float32)
        parts[name][first] = values
    total = _weighted(WEIGHTS, parts, coverage.spoken, question.english)
    total[np.setdiff1d(np.arange(rows.size), first)] -= _BEHIND  # not looked at closely: behind those that were
    return total, sentences


def _note(index: Index, rows: Rows, dense: Floats) -> Floats:
    """How close in meaning the best three candidates of the same note are: a note on the matter has more than one."""
    documents = index.chunks.places[rows, 0]
    best = {int(d): float(np.sort(dense[documents == d])[-_OF_A_NOTE:].mean()) for d in np.unique(documents)}
    return np.array([best[d] for d in documents.tolist()], np.float32)


def _told_by_glossary(index: Index, question: Question) -> dict[int, float]:
    """Rows of chunks where the glossary knows the answer: the definition or the formula of a term that is asked for.

    The more terms a question speaks of, the less likely it asks for one of them alone.
    """
    if question.kind not in ("definition", "formula"):
        return {}
    told: dict[int, float] = {}
    for term in (index.glossary.terms[t] for t in question.terms):
        place = term.formula if question.kind == "formula" else term.definition
        row = index.chunks.row_at(place[0], place[1]) if place and place[0] in index.documents else None
        if row is not None:
            told.setdefault(row, 1 / len(question.terms))
    return told


def _like_precedents(index: Index, vector: Floats, rows: Rows) -> Floats:
    """How far chunks speak of what answers to like questions speak of, 0 to 1: the more, the more those agree."""
    words = index.precedents.words(vector)
    scores = index.lexical.scores(words)
    return cast(
        Floats, np.float32(min(sum(words.values()), 1.0) / max(float(scores.max(initial=0.0)), 1e-9)) * scores[rows]
    )


def _weigh(index: Index, question: Question) -> Coverage:
    rarest = float(np.log1p((index.lexical.size + 0.5) / 0.5))
    return Coverage(question.ideas, index.vocabulary.ids, index.lexical.idf, rarest)


def _candidates(lexical: Floats, near: Rows, settings: QuerySettings) -> Rows:
    """Rows that the retrievers in use propose, ascending."""
    if settings.mode == "dense":
        return np.sort(near)
    count = min(settings.candidates, lexical.size)
    if count == 0:
        return np.empty(0, np.int64)
    cut = np.partition(lexical, lexical.size - count)[lexical.size - count]
    above = np.flatnonzero(lexical >= max(float(cut), 1e-6))
    by_words = above[np.lexsort((above, -lexical[above]))][:count]
    return np.sort(by_words) if settings.mode == "lexical" else np.union1d(by_words, near).astype(np.int64)


def _cosines(index: Index, rows: Rows, vector: Floats, near_rows: Rows, near_scores: Floats) -> Floats:
    known = dict(zip(near_rows.tolist(), near_scores.tolist(), strict=True))
    missing = np.array([r for r in rows.tolist() if r not in known], np.int64)
    if missing.size:
        known.update(zip(missing.tolist(), (index.dense.vectors(missing) @ vector).tolist(), strict=True))
    return np.clip(np.array([known[r] for r in rows.tolist()], np.float32), 0.0, 1.0)


def _presence(index: Index, tokens: Sequence[str], rows: Rows) -> dict[str, NDArray[np.bool_]]:
    """Token → which of the rows have it, in text or heading."""
    found = {}
    for token in tokens:
        i = index.vocabulary.ids[token]
        posting = index.lexical.chunks[index.lexical.indptr[i] : index.lexical.indptr[i + 1]]
        place = np.searchsorted(posting, rows)
        inside = place < posting.size
        found[token] = inside & (posting[np.minimum(place, posting.size - 1)] == rows)
    return found


def _heading_coverage(index: Index, rows: Rows, coverage: Coverage) -> Floats:
    """Share of the question that stands in the two nearest headings."""
    relevant = {index.vocabulary.ids[t]: t for t in coverage.tokens}
    paths = index.chunks.places[rows, 3]
    shares = {}
    for path in dict.fromkeys(paths.tolist()):
        shares[path] = coverage.of({relevant[i] for i in index.headings.row(path).tolist() if i in relevant})
    return np.array([shares[path] for path in paths.tolist()], np.float32)


def _weighted(weights: Mapping[str, float], parts: Mapping[str, Floats], spoken: float, english: bool) -> Floats:
    """The weighted sum; the less of the question the notes have words for, the more its meaning counts."""
    unspoken = (_UNSPOKEN_ENGLISH if english else _UNSPOKEN) * (1 - spoken)
    total = np.float32(unspoken) * parts["dense"]
    return cast(Floats, total + sum(np.float32(weight) * parts[name] for name, weight in weights.items()))


def _matched(
    index: Index,
    question: Question,
    near: Mapping[str, str],
    presence: Mapping[str, NDArray[np.bool_]],
    row: int,
    place: int,
) -> tuple[str, ...]:
    """Words and terms that question and chunk share, the weightiest first."""
    shared = sorted((t for t, here in presence.items() if here[place]), key=lambda t: (-question.weights[t], t))
    chunk = index.chunks.chunk(row)
    text = "\n".join([*chunk.heading_path[-NEAR_HEADINGS:], chunk.text])
    return matched_because(question.text, text, shared, index.segmenter, near)[:8]
