"""Fitting which sentences answers quote: questions with their evidence → weights of `kbqa.answering.choosing`.

    python -m kbqa.training.choosing corpus=kbqa/training/data/questions.jsonl kbqa/training/data/folders/{basics,…}

A sentence of the best passages is right if it holds a quote of the evidence or lies within one. Each folder is also left
out in turn, and its questions answered by weights that have not seen it. Source: answer sentence selection as pointwise
classification, e.g. Severyn & Moschitti 2015, "Learning to rank short text pairs".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.answering.answer import find_block
from kbqa.answering.choosing import NAMES, Block, choose, features
from kbqa.answering.picks import Scored, scored_sentences
from kbqa.evaluation.measures import normalise, nugget_recall
from kbqa.evaluation.questions import Case
from kbqa.indexing.index import Index
from kbqa.knowledge import KnowledgeBase
from kbqa.retrieval.search import Found
from kbqa.settings import QuerySettings
from kbqa.training.judged import fit_on_folders

_STRENGTH = 0.1  # inverse of the L2 penalty on standardised features
_PART = 5  # characters above which a sentence within a quote counts as part of it


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sentences that one question can be answered from.

    Attributes:
        table: float64 [sentences, features].
        right: bool [sentences], whether each states what was asked.
    """

    index: Index
    found: Found
    case: Case
    sentences: tuple[Scored, ...]
    block: Block
    table: NDArray[np.float64]
    right: NDArray[np.bool_]


def sentences_of(kb: KnowledgeBase, cases: Sequence[Case]) -> list[Chosen]:
    """The sentences of every question that finds some."""
    result = []
    for case in cases:
        found = kb.find(case.question, case.history)
        sentences = scored_sentences(kb._index, found) if found.hits else []
        if not sentences:
            continue
        block = find_block(kb._index, found, sentences, kb.settings.query)
        quotes = [normalise(quote) for group in case.evidence for quote in group]
        texts = [normalise(s.text) for s in sentences]
        right = np.array([any(q in t or (len(t) > _PART and t in q) for q in quotes) for t in texts])
        table = features(kb._index, found, sentences, block)
        result.append(Chosen(kb._index, found, case, tuple(sentences), block, table, right))
    return result


def fit(chosen: Sequence[Chosen]) -> dict[str, float]:
    """Weights per unit of each feature, and the bias."""
    model = _model().fit(np.concatenate([c.table for c in chosen]), np.concatenate([c.right for c in chosen]))
    scaler, logistic = model[0], model[1]
    weights = logistic.coef_[0] / scaler.scale_
    bias = float(logistic.intercept_[0] - weights @ scaler.mean_)
    return {"bias": round(bias, 3), **{n: round(float(w), 3) for n, w in zip(NAMES, weights, strict=True)}}


def states(chosen: Sequence[Chosen], weights: Mapping[str, float], room: int) -> tuple[float, float]:
    """Mean share of nuggets that the quoted sentences state, nothing refused, and their mean characters."""
    recalls, lengths = [], []
    for one in chosen:
        picks = choose(one.index, one.found, one.sentences, one.block, room, weights)
        quotes = [one.index.documents.get(p.doc_id).text[p.start : p.end] for p in picks]
        recalls.append(nugget_recall(" ".join(quotes), one.case.nuggets or one.case.evidence))
        lengths.append(sum(map(len, quotes)))
    return float(np.mean(recalls)), float(np.mean(lengths))


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=5000))


def report(folders: Mapping[str, Sequence[Chosen]], room: int = QuerySettings().max_answer) -> str:
    """What each folder comes to by weights fitted without it, and the weights fitted on all."""
    lines = []
    for name, own in folders.items():
        weights = fit([c for other, chosen in folders.items() if other != name for c in chosen])
        recall, length = states(own, weights, room)
        lines.append(f"{name}: {len(own)} questions, nuggets {recall:.3f}, {length:.0f} characters")
    weights = fit([c for chosen in folders.values() for c in chosen])
    lines += [f'    "{name}": {weight},' for name, weight in weights.items()]
    return "\n".join(lines)


def main() -> None:
    fit_on_folders(__doc__ or "", sentences_of, report)


if __name__ == "__main__":
    main()
