"""The handbook's judged questions: a floor under what has been reached, so that a change that costs answers fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa.evaluation.questions import read_cases
from kbqa.evaluation.report import Report, report
from kbqa.evaluation.run import run
from kbqa.knowledge import KnowledgeBase

ROOT = Path(__file__).parents[1]
FLOORS = {"Success@1": 0.62, "Success@3": 0.76, "nugget_recall": 0.55, "cited_evidence": 0.6, "refusal_recall": 0.5}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Report:
    index = tmp_path_factory.mktemp("quality") / "index"
    KnowledgeBase.build(ROOT / "corpus", index)
    kb = KnowledgeBase.open(index)
    cases = read_cases(ROOT / "tests" / "golden" / "handbook.jsonl").cases
    return report(kb.settings.digest, kb.info().notes_digest, cases, run(kb, cases))


@pytest.mark.parametrize("measure", FLOORS)
def test_quality_does_not_fall_below_what_was_reached(measured: Report, measure: str) -> None:
    assert measured.aggregate[measure] >= FLOORS[measure], measured.aggregate


def test_every_citation_is_exact(measured: Report) -> None:
    assert measured.aggregate["citations_exact"] == 1.0


def test_answerable_questions_are_rarely_refused(measured: Report) -> None:
    assert measured.aggregate["false_refusal"] <= 0.08


def test_answers_can_be_read_in_one_glance(measured: Report) -> None:
    assert 60 <= measured.aggregate["median_answer_characters"] <= 220
