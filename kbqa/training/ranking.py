"""Fitting what candidates are ordered by: questions with their evidence → weights of the parts of a score.

    python -m kbqa.training.ranking corpus=kbqa/training/data/questions.jsonl kbqa/training/data/folders/*

A folder holds `notes/` and `questions.jsonl`; NOTES=QUESTIONS names two places. For every question the candidates
that were looked at closely are scored by a weighted sum of their parts; the weights make those likely that hold the evidence
(softmax over the candidates, L2). Each folder is also left out in turn, and ranked by weights that have not seen it. Source:
Cao et al. 2007, "Learning to rank: from pairwise approach to listwise approach", with one list a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kbqa.evaluation.measures import relevance
from kbqa.evaluation.questions import Case
from kbqa.knowledge import KnowledgeBase
from kbqa.retrieval.search import WEIGHTS
from kbqa.training.judged import fit_on_folders

Floats = NDArray[np.float64]

_CANDIDATES = 24
_STRENGTH = 0.003  # of the L2 penalty on weights of standardised parts
NAMES = (*WEIGHTS, "unspoken", "unspoken english")


@dataclass(frozen=True, slots=True)
class Ranked:
    """The candidates of one question.

    Attributes:
        parts: float64 [candidates, parts], in the order of `NAMES`.
        right: bool [candidates], whether each holds evidence.
    """

    parts: Floats
    right: NDArray[np.bool_]


def candidates(kb: KnowledgeBase, cases: Sequence[Case]) -> list[Ranked]:
    """The candidates of every question."""
    found = []
    for case in cases:
        seen = kb.find(case.question, case.history, _CANDIDATES)
        right = np.array(relevance([hit.chunk.text for hit in seen.hits], case.evidence), np.bool_)
        unspoken = 1 - seen.coverage.spoken
        english = float(seen.question.english)
        rows = [
            [
                *(hit.parts[name] for name in WEIGHTS),
                (1 - english) * unspoken * hit.parts["dense"],
                english * unspoken * hit.parts["dense"],
            ]
            for hit in seen.hits
        ]
        found.append(Ranked(np.array(rows).reshape(-1, len(NAMES)), right))
    return found


def fit(ranked: Sequence[Ranked], strength: float = _STRENGTH) -> Floats:
    """Weights [parts] of the parts as they stand, such that a part's scale does not matter."""
    from scipy.optimize import minimize

    usable = [r for r in ranked if r.right.any() and not r.right.all()]
    everything = np.concatenate([r.parts for r in usable])
    scale = everything.std(axis=0) + 1e-6

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = strength * float(weights @ weights), 2 * strength * weights
        for one in usable:
            parts = one.parts / scale
            scores = parts @ weights
            likely = np.exp(scores - scores.max())
            likely /= likely.sum()
            mass = likely[one.right].sum()
            value -= np.log(mass) / len(usable)
            wanted = np.where(one.right, likely / mass, 0.0)
            slope = slope + parts.T @ (likely - wanted) / len(usable)
        return value, slope

    return np.asarray(minimize(loss, np.zeros(len(NAMES)), jac=True, method="L-BFGS-B").x / scale)


def success(ranked: Sequence[Ranked], weights: Floats, k: int) -> float:
    """Share of the questions with evidence among the k best; a tie goes to the one that stood first."""
    hits = [one.right[np.argsort(-(one.parts @ weights), kind="stable")[:k]].any() for one in ranked]
    return float(np.mean(hits))


def report(folders: Mapping[str, Sequence[Ranked]]) -> str:
    """What each folder comes to by weights fitted without it, and the weights fitted on all."""
    lines = []
    for name, own in folders.items():
        weights = fit([r for other, ranked in folders.items() if other != name for r in ranked])
        at = ", ".join(f"Success@{k} {success(own, weights, k):.3f}" for k in (1, 3))
        lines.append(f"{name}: {len(own)} questions, {at}")
    weights = fit([r for ranked in folders.values() for r in ranked])
    weights = (
        weights / weights[NAMES.index("likeness")]
    )  # only ratios matter; answers compare scores of about this size
    lines += [f"{name}: {weight:.2f}" for name, weight in zip(NAMES, weights, strict=True)]
    return "\n".join(lines)


def main() -> None:
    fit_on_folders(__doc__ or "", candidates, report)


if __name__ == "__main__":
    main()
