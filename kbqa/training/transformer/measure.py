"""Figures for the cards: dense retrieval on a set in BEIR layout, and the same list put in order by the reranker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.evaluation.beir import RetrievalSet, read_set
from kbqa.training.evaluate import Figures

Ranking = Mapping[str, Sequence[str]]

_DEPTH = 100
_RERANKED = 20
_ASKED = 300  # queries of a set that are reranked; a cross-encoder reads every pair anew


def dense(model: Any, folder: Path) -> Figures:
    """How well cosine alone finds the passages.

    Args:
        model: anything with sentence-transformers' `encode`.

    Raises:
        EvaluationError: the set cannot be read.
    """
    asked = read_set(folder)
    return judge(asked, rank(model, asked))


def reranked(model: Any, reranker: Any, folder: Path) -> tuple[Figures, Figures]:
    """The first queries of a set by cosine, and by cosine with the best twenty put in order by the reranker.

    Raises:
        EvaluationError: the set cannot be read.
    """
    whole = read_set(folder)
    names = list(whole.queries)[:_ASKED]
    asked = RetrievalSet(
        whole.name, whole.passages, {n: whole.queries[n] for n in names}, {n: whole.qrels[n] for n in names}
    )
    before = rank(model, asked)
    pairs = [(asked.queries[q], asked.passages[p]) for q, found in before.items() for p in found[:_RERANKED]]
    scores = iter(np.asarray(reranker.predict(pairs, show_progress_bar=False), np.float32).reshape(-1))
    after = {}
    for query, found in before.items():
        scored = [(-float(next(scores)), place) for place in range(len(found[:_RERANKED]))]
        after[query] = [found[place] for _, place in sorted(scored)] + list(found[_RERANKED:])
    return judge(asked, before), judge(asked, after)


def rank(model: Any, asked: RetrievalSet) -> dict[str, list[str]]:
    """The best passages of every query by cosine; ties go to the passage that stands first."""
    names = list(asked.passages)
    passages, queries = _vectors(model, asked.passages.values()), _vectors(model, asked.queries.values())
    best = np.argsort(-(queries @ passages.T), axis=1, kind="stable")[:, :_DEPTH]
    return {query: [names[place] for place in row] for query, row in zip(asked.queries, best, strict=True)}


def judge(asked: RetrievalSet, ranking: Ranking) -> Figures:
    """Score a ranking with `ir_measures`."""
    import ir_measures
    from ir_measures import Qrel, ScoredDoc, Success, nDCG

    qrels = [Qrel(query, passage, grade) for query, row in asked.qrels.items() for passage, grade in row.items()]
    # The place as the score: evaluators break ties by id, not the way the search did.
    run = [ScoredDoc(query, p, -float(place)) for query, found in ranking.items() for place, p in enumerate(found)]
    scores = ir_measures.calc_aggregate([nDCG @ 10, Success @ 1], qrels, run)
    return Figures(asked.name, len(asked.queries), round(scores[nDCG @ 10], 4), round(scores[Success @ 1], 4))


def _vectors(model: Any, texts: Any) -> NDArray[np.float32]:
    return np.asarray(model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False), np.float32)


def table(columns: Mapping[str, Sequence[Figures]]) -> list[str]:
    """Markdown lines: a set a row, nDCG@10 (Success@1) under every column's name."""
    rows = list(zip(*columns.values(), strict=True))
    lines = ["| set | queries | " + " | ".join(columns) + " |", "|---|---:|" + "---:|" * len(columns)]
    for row in rows:
        cells = [f"{f.ndcg_10:.3f} ({f.success_1:.3f})" for f in row]
        lines.append(f"| {row[0].name} | {row[0].queries:,} | " + " | ".join(cells) + " |")
    return lines
