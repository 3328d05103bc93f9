"""What a learner takes away: the table is safe for a spreadsheet, the page for a browser."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from kbqa.onboarding.progress import Attempt, Standing
from kbqa.onboarding.summary import COLUMNS, certificate, to_csv
from tests.learning import Clock, handbook_course

NOW = Clock().at


def standing(**changes: object) -> Standing:
    doc_id = handbook_course().path.steps[0].doc_id
    attempts = (
        Attempt("x", doc_id, "拉新", "「拉新」指的是什么？", False, NOW + timedelta(minutes=4)),
        Attempt("x", doc_id, "拉新", "「拉新」指的是什么？", True, NOW + timedelta(minutes=9)),
    )
    made = Standing(
        "1", "小安", NOW, NOW, {doc_id: NOW + timedelta(minutes=6)}, attempts, {"x": NOW + timedelta(days=1)}
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_table_tells_everything_in_order() -> None:
    title = "运营是什么与四大模块"
    assert rows(to_csv(standing(), handbook_course())) == [
        list(COLUMNS),
        ["2026-03-02 09:04", "答题 quiz", title, "拉新", "「拉新」指的是什么？", "错 wrong", "2026-03-03 09:00"],
        ["2026-03-02 09:06", "学完 step", title, "", "", "", ""],
        ["2026-03-02 09:09", "答题 quiz", title, "拉新", "「拉新」指的是什么？", "对 right", "2026-03-03 09:00"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " \r\n@"])
def test_no_cell_is_a_formula(start: str) -> None:
    """Notes may be called anything; a spreadsheet must not compute their names."""
    said = f"{start}HYPERLINK(1)"
    attempt = Attempt("x", said, said, said, True, NOW)
    (_, row) = rows(to_csv(standing(done={}, attempts=(attempt,)), handbook_course()))
    assert row[2:5] == ["'" + said.strip()] * 3


def test_the_page_counts_what_was_done() -> None:
    course = handbook_course()
    page = certificate(standing(), course, NOW)
    first = course.path.steps[0]
    assert "<h1>学习小结</h1>" in page and "学习证明" not in page
    facts = re.findall(r"<b>(.*?)</b>", page)
    assert facts == [f"1 / {len(course.path.steps)}", str(len(first.terms)), "50%", "2", f"{first.minutes} min"]
    assert re.findall(r"<em>(.*?)</em>", page) == [first.title]


def test_the_page_is_a_certificate_at_the_end() -> None:
    course = handbook_course()
    page = certificate(standing(done=dict.fromkeys(course.steps, NOW)), course, NOW)
    assert "<h1>学习证明</h1>" in page
    assert page.count("<em>") == len(course.steps)


def test_the_page_needs_no_other_file_and_runs_nothing() -> None:
    page = certificate(standing(name="<script>alert(1)</script>"), handbook_course(), NOW)
    assert "<script" not in page and "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert not re.search(r"\b(?:src|href)=|url\(|@import|https?:", page)


def test_nobody_answered_yet() -> None:
    page = certificate(standing(done={}, attempts=()), handbook_course(), NOW)
    assert "<b>–</b>" in page
