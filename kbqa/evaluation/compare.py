"""Two batch runs question by question.

Only questions that both runs were asked are compared, so a run cannot win by leaving hard ones out; the others are named.
Nothing here depends on time or chance: the same two reports always give the same comparison.
"""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kbqa.errors import EvaluationError

SIGNIFICANT = 0.05
TOLERATED_DROP = 0.01
LENGTH = "median_answer_characters"
_LOWER_IS_BETTER = frozenset({"false_refusal"})
_RESAMPLES = 9_999
_BATCH = 500
_SEED = 20_070_906
_SAME = 1e-9

Test = Literal["sign", "randomization"]


@dataclass(frozen=True, slots=True)
class Delta:
    """One measure in both runs, over the questions that have it in both.

    Attributes:
        questions: how many those are; with 0 the means are 0 and p is 1.
        a: mean in run A.
        b: mean in run B.
        better: questions on which B beats A; for `false_refusal` less is better, for everything else more.
        worse: questions on which A beats B.
        same: the rest of `questions`.
        p: two-sided, 0 to 1, of a difference this large if it did not matter which run is which; not corrected for
            the number of measures.
        test: `sign` if every question moved by a whole point or not at all, else `randomization`.
    """

    name: str
    questions: int
    a: float
    b: float
    better: int
    worse: int
    same: int
    p: float
    test: Test

    @property
    def difference(self) -> float:
        """B minus A, rounded so that a drop of exactly a point is no more than that."""
        return round(self.b - self.a, 9)

    @property
    def gain(self) -> float:
        """The difference with the sign turned where less is better: below 0 is worse."""
        return -self.difference if self.name in _LOWER_IS_BETTER else self.difference

    @property
    def significant(self) -> bool:
        return self.p < SIGNIFICANT


@dataclass(frozen=True, slots=True)
class Side:
    """What one run made of a question.

    Attributes:
        score: 0 to 1, see `score`.
        values: measure → value, of those that apply.
    """

    answer: str
    abstained: bool
    score: float
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose score is not the same in both runs."""

    id: str
    type: str
    question: str
    answerable: bool
    a: Side
    b: Side

    @property
    def better(self) -> bool:
        return self.b.score > self.a.score


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became better and worse from run A to run B.

    Attributes:
        settings: digest of the settings of A and of B.
        notes: digest of the notes of A and of B.
        shared: questions compared.
        only_a: ids that B was not asked, in A's order.
        only_b: ids that A was not asked, in B's order.
        relabelled: ids in both, not compared: the question, whether it can be answered, or what its score rests on differs.
        unpaired: measures that no compared question has in both runs.
        score: the score of each question, as `score` gives it, over those that have one.
        measures: the others, in the order of the reports.
        median_characters: median length of the answers given to compared questions by A and by B; None without answers.
        changes: the questions whose score changed, the greatest loss first.
    """

    settings: tuple[str, str]
    notes: tuple[str, str]
    shared: int
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    relabelled: tuple[str, ...]
    unpaired: tuple[str, ...]
    score: Delta
    measures: tuple[Delta, ...]
    median_characters: tuple[float | None, float | None]
    changes: tuple[Change, ...]

    @property
    def same_settings(self) -> bool:
        return self.settings[0] == self.settings[1]

    @property
    def same_notes(self) -> bool:
        return self.notes[0] == self.notes[1]

    @property
    def significantly_worse(self) -> tuple[Delta, ...]:
        """Measures, the score among them, that are worse by more than chance."""
        return tuple(d for d in (self.score, *self.measures) if d.significant and d.gain < 0)

    @property
    def score_dropped(self) -> bool:
        """Whether the mean score fell by more than a point and more questions became worse than better."""
        return self.score.gain < -TOLERATED_DROP and self.score.worse > self.score.better

    @property
    def regressed(self) -> bool:
        return bool(self.significantly_worse) or self.score_dropped


# --- reports ----------------------------------------------------------------------------------------------------------


def load_report(folder: Path) -> dict[str, Any]:
    """The `report.json` of a batch run, checked for what is needed here.

    Raises:
        EvaluationError: it is missing, cannot be read, is no JSON or no report of a batch run.
    """
    path = folder / "report.json"
    try:
        report = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise EvaluationError(
            f"{folder} 里没有 report.json。请给出 kbqa eval --out 写过的文件夹。",
            f"There is no report.json in {folder}. Name a folder that kbqa eval --out has written.",
        ) from None
    except OSError as error:
        raise EvaluationError(
            f"读不了 {path}（{error.strerror}）。请给出 kbqa eval --out 写过的文件夹，并检查权限。",
            f"Cannot read {path}: {error.strerror}. Name a folder that kbqa eval --out has written and that you may read.",
        ) from None
    except (ValueError, RecursionError) as error:
        raise _not_ours(path, error) from None
    try:
        _check_shape(report)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise _not_ours(path, error) from None
    return report


def _not_ours(path: Path, error: Exception) -> EvaluationError:
    reason = f"{type(error).__name__}: {error}"
    return EvaluationError(
        f"{path} 不是批量运行的报告（{reason}）。请用 kbqa eval 重新生成。",
        f"{path} is no report of a batch run ({reason}). Write it again with kbqa eval.",
    )


def _check_shape(report: Any) -> None:
    """Raise a built-in error that names the first field that is not as `run.write` writes it."""
    _check_kind(report, dict, "the report")
    for name, kind in (
        ("settings_digest", str), ("notes_digest", str), ("aggregate", dict), ("by_type", dict), ("per_question", list)
    ):  # fmt: skip
        _check_kind(report[name], kind, name)
    for label, values in [("aggregate", report["aggregate"]), *report["by_type"].items()]:
        for name, value in values.items():
            _check_number(value, f"{label} {name}")
    for row in report["per_question"]:
        _check_row(row, report["aggregate"])
    repeated = [name for name, count in Counter(row["id"] for row in report["per_question"]).items() if count > 1]
    if repeated:
        raise ValueError(f"id {repeated[0]} stands twice")


def _check_row(row: Any, measures: Mapping[str, float]) -> None:
    for name, kind in (("id", str), ("type", str), ("question", str), ("answer", str)):
        _check_kind(row[name], kind, name)
    for name in ("answerable", "abstained"):
        _check_kind(row[name], bool, f"{row['id']} {name}")
    for name in {*measures, "nugget_recall", "Success@1"}:
        if row.get(name) is not None:
            _check_number(row[name], f"{row['id']} {name}")


def _check_kind(value: Any, kind: type, name: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name} has to be of type {kind.__name__}")


def _check_number(value: Any, name: str) -> None:
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError(f"{name} has to be a number")


# --- comparing --------------------------------------------------------------------------------------------------------


def compare(a: Mapping[str, Any], b: Mapping[str, Any]) -> Comparison:
    """Compare run B with run A, as `load_report` gives them.

    Raises:
        EvaluationError: no question is the same in both.
    """
    rows_a, rows_b = ({row["id"]: row for row in report["per_question"]} for report in (a, b))
    both = [name for name in rows_a if name in rows_b]
    pairs = [(rows_a[i], rows_b[i]) for i in both if _identity(rows_a[i]) == _identity(rows_b[i])]
    if not pairs:
        raise EvaluationError(
            "两次运行没有一道相同的题，无法比较。请用同一个问题集各跑一次 kbqa eval。",
            "The two runs share no question. Run kbqa eval twice with the same question set.",
        )
    names = _measures(a, b)
    deltas = [_delta(name, [(_value(x, name), _value(y, name)) for x, y in pairs]) for name in names]
    scores = [(score(x), score(y)) for x, y in pairs]
    return Comparison(
        settings=(a["settings_digest"], b["settings_digest"]),
        notes=(a["notes_digest"], b["notes_digest"]),
        shared=len(pairs),
        only_a=tuple(name for name in rows_a if name not in rows_b),
        only_b=tuple(name for name in rows_b if name not in rows_a),
        relabelled=tuple(i for i in both if _identity(rows_a[i]) != _identity(rows_b[i])),
        unpaired=tuple(d.name for d in deltas if not d.questions),
        score=_delta("score", scores),
        measures=tuple(d for d in deltas if d.questions),
        median_characters=(_median_characters([x for x, _ in pairs]), _median_characters([y for _, y in pairs])),
        changes=_changes(pairs, names),
    )


def score(row: Mapping[str, Any]) -> float | None:
    """One number for a question, 0 to 1; None if nothing is known about its right answer.

    Answerable: the nugget recall, or `Success@1` where no nuggets are known. Unanswerable: 1 if it was refused, else 0.
    """
    basis = _basis(row)
    return None if basis is None else float(row[basis])


def _basis(row: Mapping[str, Any]) -> str | None:
    """The field that the score of a question is taken from."""
    if not row["answerable"]:
        return "abstained"
    return next((name for name in ("nugget_recall", "Success@1") if row.get(name) is not None), None)


def _identity(row: Mapping[str, Any]) -> tuple[str, bool, str | None]:
    """What has to be the same for two rows to be one question; ids that were counted can meet another question."""
    return row["question"], row["answerable"], _basis(row)


def _measures(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """Measures that single questions have, those of A first."""
    rows = [*a["per_question"], *b["per_question"]]
    names = dict.fromkeys([*a["aggregate"], *b["aggregate"]])
    return [name for name in sorted(names, key=place) if any(row.get(name) is not None for row in rows)]


ORDER = (
    "Success@1", "Success@3", "RR@10", "nugget_recall", "cited_evidence", "citations_exact", "refusal_recall",
    "false_refusal", LENGTH,
)  # fmt: skip


def place(name: str) -> int:
    """Reports are written with their keys sorted; this is the order in which they are shown. New measures come last."""
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _value(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    return None if value is None else float(value)


def _delta(name: str, values: Sequence[tuple[float | None, float | None]]) -> Delta:
    known = [(x, y) for x, y in values if x is not None and y is not None]
    moves = [y - x for x, y in known]
    up, down = sum(m > _SAME for m in moves), sum(m < -_SAME for m in moves)
    better, worse = (down, up) if name in _LOWER_IS_BETTER else (up, down)
    p, test = paired_p(moves)
    a, b = (math.fsum(side) / len(known) for side in zip(*known, strict=True)) if known else (0.0, 0.0)
    return Delta(name, len(known), a, b, better, worse, len(known) - better - worse, p, test)


def _median_characters(rows: Sequence[Mapping[str, Any]]) -> float | None:
    lengths = [len(row["answer"]) for row in rows if not row["abstained"]]
    return float(statistics.median(lengths)) if lengths else None


def _changes(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], names: Sequence[str]) -> tuple[Change, ...]:
    found = []
    for x, y in pairs:
        before, after = score(x), score(y)
        if before is None or after is None or abs(after - before) <= _SAME:
            continue
        sides = (_side(x, before, names), _side(y, after, names))
        found.append(Change(x["id"], x["type"], x["question"], x["answerable"], *sides))
    return tuple(sorted(found, key=lambda change: change.b.score - change.a.score))


def _side(row: Mapping[str, Any], value: float, names: Sequence[str]) -> Side:
    values = {name: float(row[name]) for name in names if row.get(name) is not None}
    return Side(row["answer"], row["abstained"], value, values)


# --- significance -----------------------------------------------------------------------------------------------------


def paired_p(moves: Sequence[float]) -> tuple[float, Test]:
    """Two-sided p of paired differences, and the test that gave it.

    Questions that did not move say nothing under either test and are left out, which makes more cases exact.

    Args:
        moves: [n], B minus A.
    """
    moved = [m for m in moves if abs(m) > _SAME]
    if all(abs(abs(m) - 1) <= _SAME for m in moved):
        return sign_test(sum(m > 0 for m in moved), sum(m < 0 for m in moved)), "sign"
    return randomization_test(moved), "randomization"


def sign_test(up: int, down: int) -> float:
    """Exact two-sided sign test: p of a split this uneven when up and down are equally likely; 1 without moves.

    For measures of 0 and 1 this is McNemar's test (1947) in its exact form; by `scipy.stats.binomtest`.
    """
    if not up + down:
        return 1.0
    from scipy.stats import binomtest  # here: loading scipy.stats takes longer than most commands

    return float(binomtest(up, up + down, 0.5).pvalue)


def randomization_test(moves: Sequence[float]) -> float:
    """Fisher's paired randomization test on the mean, as Smucker, Allan & Carterette (CIKM 2007) advise for retrieval.

    Under the null hypothesis every question may swap its two runs, which turns the sign of its difference. All
    2ⁿ turns are tried where those are at most 9,999, else 9,999 random ones from a fixed seed, with p = (k + 1) / 10,000
    on each side; by `scipy.stats.permutation_test`.

    Args:
        moves: [n], differences other than 0.
    """
    if len(moves) < 2:
        return 1.0  # one sign turned is as large as it was
    import numpy as np
    from scipy.stats import permutation_test

    result = permutation_test(
        (np.asarray(moves, np.float64),), np.mean, permutation_type="samples", vectorized=True,
        n_resamples=_RESAMPLES, batch=_BATCH, rng=np.random.default_rng(_SEED),
    )  # fmt: skip
    return float(result.pvalue)
