"""One evaluation from questions to reports: what `kbqa eval`, the web app and scripts all call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kbqa.evaluation.questions import Case
from kbqa.evaluation.report import Report, report, write
from kbqa.evaluation.run import Result, run
from kbqa.knowledge import KnowledgeBase


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out: the judgement, and the results that it judges, in the order of the questions."""

    report: Report
    results: tuple[Result, ...]


def evaluate(
    kb: KnowledgeBase,
    cases: Sequence[Case],
    out: Path,
    title: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
    stop: Callable[[], bool] = lambda: False,
) -> Evaluation:
    """Ask all questions, judge the answers and write the reports into a folder; see `run` and `write`.

    Args:
        title: heading of the page.
        progress: questions answered, and how many there are.
        stop: asked after every question; see `run`.

    Raises:
        EvaluationError: the folder cannot be written.
        RunStopped: `stop` said so; another call with the same folder goes on.
    """
    results = run(kb, cases, progress, out, stop)
    made = report(kb.settings.digest, kb.info().notes_digest, cases, results)
    write(out, cases, results, made, title)
    return Evaluation(made, tuple(results))
