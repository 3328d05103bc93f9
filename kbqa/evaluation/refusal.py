"""How well a system knows when to refuse: ranking of confidences, risk against coverage. Pure functions over arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def auroc(confidence: Sequence[float], answerable: Sequence[bool]) -> float:
    """Probability that an answerable question gets more confidence than an unanswerable one, ties counting half.

    The Mann–Whitney statistic (Hanley & McNeil 1982). 0.5 if either kind is missing.
    """
    scores, kind = np.asarray(confidence, float), np.asarray(answerable, bool)
    yes, no = scores[kind], scores[~kind]
    if yes.size == 0 or no.size == 0:
        return 0.5
    above = (yes[:, None] > no[None, :]).mean()
    return float(above + 0.5 * (yes[:, None] == no[None, :]).mean())


def risk_coverage(confidence: Sequence[float], wrong: Sequence[float]) -> tuple[Floats, Floats]:
    """Coverage and risk when only the most confident questions are answered, one point a threshold.

    Args:
        confidence: [n].
        wrong: loss of answering each question, 0 to 1; 1 for an unanswerable one.

    Returns:
        coverage: [m], rising to 1, the share answered; equal confidences are answered together.
        risk: [m], mean loss among those answered (El-Yaniv & Wiener 2010).
    """
    scores, loss = np.asarray(confidence, float), np.asarray(wrong, float)
    order = np.argsort(-scores, kind="stable")
    count = np.arange(1, scores.size + 1)
    last = np.append(scores[order][1:] != scores[order][:-1], True) if scores.size else np.empty(0, bool)
    return (count / max(scores.size, 1))[last], (np.cumsum(loss[order]) / count)[last]


def aurc(confidence: Sequence[float], wrong: Sequence[float]) -> float:
    """Area under the risk–coverage curve: mean risk over all coverages (Geifman & El-Yaniv 2017); lower is better."""
    coverage, risk = risk_coverage(confidence, wrong)
    return float(np.sum(np.diff(coverage, prepend=0.0) * risk))


def refusal_recall_at(confidence: Sequence[float], answerable: Sequence[bool], false_refusal: float = 0.05) -> float:
    """Share of unanswerable questions refused at the strictest threshold that refuses at most `false_refusal` of the others."""
    scores, kind = np.asarray(confidence, float), np.asarray(answerable, bool)
    yes, no = np.sort(scores[kind]), scores[~kind]
    if yes.size == 0 or no.size == 0:
        return 0.0
    lost = int(np.floor(false_refusal * yes.size))
    threshold = yes[lost] if lost < yes.size else np.inf  # so many are below it, no more
    return float((no < threshold).mean())
