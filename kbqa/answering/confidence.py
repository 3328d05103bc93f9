"""How sure it is that the notes answer a question: a logistic model over a few features of what was found."""

from __future__ import annotations

import math

from kbqa.retrieval.search import WEIGHTS, Found

# Rounded by hand from fits on two question sets that agree in sign and size; fitting them to a team's own notes is a
# matter of data, not of code. `missing` is the share of the question that the notes have no word for at all.
_BIAS = -2.0
_WEIGHTS = {"coverage": 0.9, "dense": 0.9, "fit": 0.5, "missing": -1.2, "score": 1.3}


def features(found: Found) -> dict[str, float]:
    """What speaks for an answer: the best coverage and cosine of the first three hits, shape, score, missing words."""
    top = found.hits[:3]
    return {
        "coverage": max(hit.parts["coverage"] for hit in top),
        "dense": max(hit.parts["dense"] for hit in top),
        "fit": top[0].parts["fit"],
        "missing": found.coverage.missing,
        # Not the hit's own score, in which meaning counts more where words fail: that says what is best, not how good it is.
        "score": sum(weight * top[0].parts[name] for name, weight in WEIGHTS.items()),
    }


def confidence(found: Found) -> float:
    """Probability, 0 to 1, that the notes answer the question; 0 when nothing was found."""
    if not found.hits:
        return 0.0
    logit = _BIAS + sum(_WEIGHTS[name] * value for name, value in features(found).items())
    return round(1 / (1 + math.exp(-logit)), 4)
