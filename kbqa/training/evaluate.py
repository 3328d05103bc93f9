"""Dense-only retrieval figures of a model over retrieval sets in BEIR layout.

python -m kbqa.training.evaluate MODEL_DIR BEIR_DIR...
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.static_model import StaticModel
from kbqa.training.pairs import read_jsonl


class Encodes(Protocol):
    """Anything that gives vectors, float32 [n, d]."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


DEPTH = 100


@dataclass(frozen=True, slots=True)
class Figures:
    """Means over the queries of one set, each between 0 and 1."""

    name: str
    queries: int
    ndcg_10: float
    success_1: float


def evaluate(model: Encodes, folder: Path, dimension: int | None = None) -> Figures:
    """Rank the passages of `folder` for its queries by cosine and score the ranking with `ir_measures`.

    Args:
        dimension: use only the first so many dimensions.
    """
    import ir_measures
    from ir_measures import Qrel, Success, nDCG

    corpus = {row["_id"]: row["text"] for row in read_jsonl(folder / "corpus.jsonl")}
    queries = {row["_id"]: row["text"] for row in read_jsonl(folder / "queries.jsonl")}
    with open(folder / "qrels.tsv", encoding="utf-8") as rows:
        fields = [row.rstrip("\n").split("\t") for row in rows][1:]
    qrels = [Qrel(query, passage, int(grade)) for query, passage, grade in fields]
    judged = {qrel.query_id for qrel in qrels}
    asked = {name: text for name, text in queries.items() if name in judged}
    question_vectors = _vectors(model, asked.values(), dimension)
    run = rank(question_vectors, list(asked), _vectors(model, corpus.values(), dimension), list(corpus))
    scores = ir_measures.calc_aggregate([nDCG @ 10, Success @ 1], qrels, run)
    return Figures(folder.name, len(asked), scores[nDCG @ 10], scores[Success @ 1])


def _vectors(model: Encodes, texts: Iterable[str], dimension: int | None) -> NDArray[np.float32]:
    vectors = model.encode(list(texts))[:, :dimension]
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def rank(
    queries: NDArray[np.float32], query_ids: Sequence[str], passages: NDArray[np.float32], passage_ids: Sequence[str]
) -> list:
    """The best passages of each query as `ScoredDoc`s; ties go to the passage that stands first."""
    from ir_measures import ScoredDoc

    scores = queries @ passages.T
    best = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    return [
        # The position breaks ties the way the sort did; evaluators break them by id.
        ScoredDoc(query_ids[row], passage_ids[column], float(scores[row, column]) - 1e-9 * place)
        for row, columns in enumerate(best)
        for place, column in enumerate(columns)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table of figures, one set a line, and their mean."""
    parser = argparse.ArgumentParser(prog="python -m kbqa.training.evaluate", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--dimension", type=int, help="use only the first so many dimensions")
    given = parser.parse_args(arguments)
    model = StaticModel.load(given.model)
    found = [evaluate(model, folder, given.dimension) for folder in given.sets]
    sys.stdout.write("".join(f"{line}\n" for line in table(found)))
    return 0


def table(found: Sequence[Figures]) -> list[str]:
    """Markdown lines."""
    lines = ["| set | queries | nDCG@10 | Success@1 |", "|---|---:|---:|---:|"]
    lines += [f"| {f.name} | {f.queries:,} | {f.ndcg_10:.3f} | {f.success_1:.3f} |" for f in found]
    means = np.mean([(f.ndcg_10, f.success_1) for f in found], axis=0)
    return [*lines, f"| mean | | {means[0]:.3f} | {means[1]:.3f} |"]


if __name__ == "__main__":
    raise SystemExit(main())
