"""Fitting the probability that the notes answer: judged questions → a `Calibration`, validated by cross-validation.

The questions have to be others than those that answers are judged by. `kbqa/training/data/questions.jsonl` has 864 of our own
on the handbook, more than a quarter of which it does not answer: near misses (the topic is there, the asked thing is not) above all.
They are asked of the whole folder and of parts of it, so that the fit holds for small folders too: what is asked of notes that a part does not
have is not answered by it. Further folders with questions of their own add other kinds of notes; those in
`kbqa/training/data/folders` are pasted, scraped and exported ones. What belongs together (a question wherever it is asked, a
folder) is never on both sides of a validation.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from kbqa.answering.confidence import Calibration, features
from kbqa.answering.misses import NAMES as NEAR_MISSES
from kbqa.errors import EvaluationError, QuestionError
from kbqa.evaluation.measures import relevance
from kbqa.evaluation.questions import Case
from kbqa.knowledge import KnowledgeBase
from kbqa.retrieval.search import Found
from kbqa.settings import BuildSettings, Settings

FALSE_REFUSALS = 0.05  # of the answerable questions whose evidence was found: a wrong answer refused is no loss
_FOLDS = 5
_SEED = 11
_STRENGTH = 0.3  # inverse of the L2 penalty on standardised features
_RARE = 0.1  # scale of features that are rare
_AT_LEAST = 20
_PARTS, _ALONE = 6, 1
_FOREIGN = 60  # questions of each unanswerable kind that a part is asked
_OF_A_PART = 0.5  # weight of what a part is asked, for the whole folder is asked that, too

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A fit and how good it is on questions that it was not fitted on.

    Attributes:
        auroc: area under the ROC curve, by cross-validation.
        refused: share of unanswerable questions refused when `FALSE_REFUSALS` of the answerable are, by cross-validation.
        error: expected calibration error over ten bins, by cross-validation.
    """

    calibration: Calibration
    answerable: int
    unanswerable: int
    auroc: float
    refused: float
    error: float


@dataclass(frozen=True, slots=True)
class Asked:
    """Features of questions that were asked.

    Attributes:
        rows: features of each.
        answerable: whether the notes answer it.
        groups: what is to stay on one side of a validation.
        counted: whether it counts for the threshold: not what parts of a folder are asked, nor a question whose evidence is not
            among the first three passages, which would get a wrong answer.
        weights: how much it counts for the fit.
    """

    rows: list[dict[str, float]]
    answerable: list[bool]
    groups: list[str]
    counted: list[bool]
    weights: list[float]


def calibrate(
    notes: Path,
    cases: Sequence[Case],
    settings: BuildSettings,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    further: Sequence[tuple[Path, Sequence[Case]]] = (),
) -> CalibrationReport:
    """Fit on judged questions over a folder of notes; builds indexes of the folder and of parts of it aside.

    Args:
        further: other folders of notes with their questions.

    Raises:
        EvaluationError: fewer than twenty questions of either kind.
        NotesError, EncoderError: as for building an index.
    """
    seen = Asked([], [], [], [], [])
    runs = [(notes, None, cases), *((notes, part, _for_part(part, cases, i)) for i, part in enumerate(_parts(cases)))]
    runs += [(folder, None, own) for folder, own in further]
    total, done = sum(len(some) for *_, some in runs), 0
    digest = ""
    for place, part, some in runs:
        with TemporaryDirectory() as folder:
            kb = _index(place, Path(folder), part, settings)
            digest = kb.info().encoder_digest
            for case in some:
                done += 1
                progress("asking", done, total)
                if (found := _ask(kb, case)) is not None:
                    seen.rows.append(features(kb._index, found))
                    seen.answerable.append(case.answerable)
                    seen.groups.append(case.question if place == notes else str(place))
                    seen.counted.append(part is None and _holds_evidence(found, case))
                    seen.weights.append(1.0 if part is None else _OF_A_PART)
    if min(seen.answerable.count(True), seen.answerable.count(False)) < _AT_LEAST:
        raise EvaluationError(
            f"校准至少要 {_AT_LEAST} 个笔记能答的和 {_AT_LEAST} 个不能答的问题。请在问题集里补上（answerable: false）。",
            f"Calibration needs {_AT_LEAST} questions that the notes answer and {_AT_LEAST} that they do not.",
        )
    return _fit(seen, digest)


def _parts(cases: Sequence[Case]) -> list[frozenset[str]]:
    """The documents that questions are about, dealt out into parts, and one by itself; none if there are too few."""
    sources = sorted({source for case in cases for source in case.sources})
    Random(_SEED).shuffle(sources)
    if len(sources) < 3 * _PARTS:
        return []
    return [frozenset(sources[i::_PARTS]) for i in range(_PARTS)] + [frozenset([one]) for one in sources[:_ALONE]]


def _for_part(part: frozenset[str], cases: Sequence[Case], seed: int) -> list[Case]:
    """What a part is asked: questions on its notes, and some on others, which it does not answer."""
    placed = [case for case in cases if case.answerable and case.sources]
    own = [case for case in placed if part.issuperset(case.sources)]
    foreign = [replace(case, answerable=False) for case in placed if part.isdisjoint(case.sources)]
    missing = [case for case in cases if not case.answerable]
    draw = Random(seed)
    return [
        *own,
        *draw.sample(foreign, min(_FOREIGN, len(foreign))),
        *draw.sample(missing, min(_FOREIGN, len(missing))),
    ]


def _index(notes: Path, folder: Path, part: frozenset[str] | None, settings: BuildSettings) -> KnowledgeBase:
    """An index of a folder of notes, or of some of them."""
    chosen = notes
    if part is not None:
        chosen = folder / "notes"
        for source in part:
            if not (notes / source).is_file():
                raise EvaluationError(
                    f"问题集的 sources 里有 {source}，笔记里没有这一篇。请改正问题集。",
                    f"The questions name {source} as a source, which is no note. Mend the question file.",
                )
            (chosen / source).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(notes / source, chosen / source)
    made_by = Settings(build=settings)
    KnowledgeBase.build(chosen, folder / "index", made_by)
    return KnowledgeBase.open(folder / "index", made_by)


def _ask(kb: KnowledgeBase, case: Case) -> Found | None:
    """What a question finds; None if it is invalid or finds nothing."""
    try:
        found = kb.find(case.question, case.history)
    except QuestionError:
        return None
    return found if found.hits else None


def _holds_evidence(found: Found, case: Case) -> bool:
    """Whether one of the first three passages has a quote of the evidence; so it is said of questions without any."""
    return not case.evidence or any(relevance([hit.chunk.text for hit in found.hits[:3]], case.evidence))


def _fit(asked: Asked, encoder: str) -> CalibrationReport:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    names = list(asked.rows[0])
    table = np.array([[row[name] for name in names] for row in asked.rows])
    answerable, counted, weighing = np.array(asked.answerable), np.array(asked.counted), np.array(asked.weights)
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=_SEED)
    mean = np.average(table, axis=0, weights=weighing)
    # What tells near misses is rare and nearly always right: held back as the other features are, it would hardly count.
    deviation = np.sqrt(np.average((table - mean) ** 2, axis=0, weights=weighing)) + 1e-9
    scale = np.where(np.isin(names, NEAR_MISSES), _RARE, deviation)
    scaled = (table - mean) / scale
    model = LogisticRegression(C=_STRENGTH, max_iter=5000)
    each = cross_val_predict(
        model,
        scaled,
        answerable,
        groups=asked.groups,
        cv=folds,
        method="predict_proba",
        params={"sample_weight": weighing},
    )
    guessed = each[:, 1]
    threshold = float(np.quantile(guessed[answerable & counted], FALSE_REFUSALS))
    fitted = model.fit(scaled, answerable, weighing)
    weights = fitted.coef_[0] / scale
    bias = float(fitted.intercept_[0] - weights @ mean)
    auroc = float(roc_auc_score(answerable, guessed))
    refused, error = float((guessed[~answerable] < threshold).mean()), _calibration_error(guessed, answerable)
    count, missing = int(answerable.sum()), int((~answerable).sum())
    made_of = {
        "answerable": count, "unanswerable": missing, "AUROC": round(auroc, 4), "calibration_error": round(error, 4),
        "refusal_recall": round(refused, 4), "false_refusal": FALSE_REFUSALS,
    }  # fmt: skip
    calibration = Calibration(
        encoder,
        round(bias, 5),
        {n: round(float(w), 5) for n, w in zip(names, weights, strict=True)},
        round(threshold, 4),
        made_of,
    )
    return CalibrationReport(calibration, count, missing, auroc, refused, error)


def _calibration_error(guessed: Floats, answerable: NDArray[np.bool_], bins: int = 10) -> float:
    """Mean distance between stated probability and share answerable, over bins of equal width (Naeini et al. 2015)."""
    places = np.minimum((guessed * bins).astype(int), bins - 1)
    gaps = [
        abs(guessed[places == b].mean() - answerable[places == b].mean()) * (places == b).mean()
        for b in range(bins)
        if (places == b).any()
    ]
    return float(sum(gaps))
