"""What the evaluation tab shows of a run, and who may choose which index."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import EvaluationError
from kbqa.evaluation.background import Status
from kbqa.evaluation.batch import evaluate
from kbqa.evaluation.questions import read_questions
from kbqa.evaluation.runs import KeptRun, keep_run
from kbqa.web import evaluate_page as page
from kbqa.web.evaluate import indexes_of
from kbqa.web.site import Site
from tests.question_tables import csv_file

HURT = "<img src=x onerror=alert(1)>.csv"


@pytest.fixture
def run(tmp_path: Path) -> KeptRun:
    return keep_run(tmp_path / "runs", csv_file(tmp_path, "question\n什么是转化率\n怎么换轮胎\n"), HURT, "index")


def test_progress_in_figures_and_as_a_bar(run: KeptRun) -> None:
    """Seconds below a minute and a half, minutes above; nothing is guessed before there is something to go by."""
    status = Status(run, "asking", 30, 120)
    html = page.status_html(status)
    assert 'max="120" value="30"' in html and "30 / 120 题" in html and "约剩" not in html and "<img" not in html
    assert "约剩 8 s" in page.status_html(replace(status, left=8.4))
    assert "about 3 min left" in page.status_html(replace(status, left=171.0))
    assert "正在停下" in page.status_html(replace(status, phase="stopping"))
    assert "<progress" not in page.status_html(replace(status, phase="done"))
    assert "答过的 30 题留着" in page.status_html(replace(status, phase="stopped"))


def test_a_failure_says_why_in_both_languages(run: KeptRun) -> None:
    html = page.status_html(Status(run, "failed", error=EvaluationError("坏了 <b>", "broken <b>")))
    assert 'role="alert"' in html and "坏了 &lt;b&gt;" in html and "broken &lt;b&gt;" in html


def test_rows_that_were_left_out_are_listed(run: KeptRun) -> None:
    """By line and reason; of very many, the first ones and how many more."""
    few = page.about_html(replace(run, bad_rows=((4, "没有问题 no question"), (9, "<b>"))), running=True)
    assert "2 行没有用上" in few and "第 4 行" in few and "line 9" in few and "&lt;b&gt;" in few
    many = page.about_html(replace(run, bad_rows=tuple((n, "x") for n in range(300))), running=True)
    assert many.count("<li>") == 201 and "还有 100 行" in many
    assert page.about_html(run, running=True) == ""


def test_a_run_that_was_stopped_says_where(kb: KnowledgeBase, run: KeptRun) -> None:
    assert "停在 0 / 2 题" in page.about_html(run, running=False) and "0/2 未完" in page.run_label(run)
    assert "进行中" in page.run_label(run, running=True)
    evaluate(kb, read_questions(run.file, run.title).cases, run.folder)
    assert page.about_html(run, running=False) == "" and "未完" not in page.run_label(run)


def test_the_frame_holds_the_file_and_has_no_rights(kb: KnowledgeBase, run: KeptRun) -> None:
    """Character for character; its own script is all that it may run."""
    evaluate(kb, read_questions(run.file, run.title).cases, run.folder, run.title)
    html = page.report_html(run)
    found = re.fullmatch(
        r'<iframe class="kb-eval-frame" title="[^"]+" sandbox="allow-scripts" srcdoc="([^"]*)"></iframe>', html
    )
    assert found and unescape(found[1]) == (run.folder / "report.html").read_text("utf-8")


def test_only_admins_see_the_indexes_beside(index: Path, notes: Path) -> None:
    """The served one comes first; a folder without an index is none."""
    (index.parent / "empty").mkdir()
    KnowledgeBase.build(notes, index.parent / "another")
    kb = KnowledgeBase.open(index)
    assert indexes_of(Site(kb, notes, local=False), None) == {"index": index.resolve()}
    found = indexes_of(Site(kb, notes, local=True), None)
    assert list(found) == ["index", "another"] and found["another"] == (index.parent / "another").resolve()
