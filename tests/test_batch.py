"""From questions to reports in one call, and stopping it in the middle."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import EvaluationError, RunStopped
from kbqa.evaluation.batch import evaluate
from kbqa.evaluation.questions import Case, read_questions
from kbqa.evaluation.run import read_run, run
from tests.command import both_languages
from tests.question_tables import csv_file

TABLE = """编号,问题,类型,可答,证据,要点
d,什么是转化率,definition,是,占进入这一步的人数的比例,完成目标动作
l,活动分为哪几个阶段,list,是,预热期,预热期|返场期
u,怎么给汽车换轮胎,unanswerable,否,,
bad,,fact,是,,
h,怎么提高转化率,howto,是,缩短路径,
"""


@pytest.fixture
def cases(tmp_path: Path) -> tuple[Case, ...]:
    return read_questions(csv_file(tmp_path, TABLE)).cases


def stop_after(number: int):
    """A `stop` that says yes once it has been asked so often."""
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked >= number

    return stop


def reports(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("report.json", "report.csv")]


def test_everything_is_written_and_handed_back(kb: KnowledgeBase, cases: tuple[Case, ...], tmp_path: Path) -> None:
    """The report is the one on disk, the results are the lines of the run, and progress counts to the end."""
    steps: list[tuple[int, int]] = []
    made = evaluate(kb, cases, tmp_path / "out", "q.csv", lambda done, total: steps.append((done, total)))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert json.loads((tmp_path / "out/report.json").read_text("utf-8")) == json.loads(json.dumps(asdict(made.report)))
    assert [r.id for r in read_run(tmp_path / "out")] == [r.id for r in made.results] == ["d", "l", "u", "h"]
    assert made.report.aggregate["Success@3"] == 1.0 and made.report.aggregate["refusal_recall"] == 1.0
    assert '"title":"q.csv"' in (tmp_path / "out/report.html").read_text("utf-8")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_stopped_and_gone_on_with_it_is_the_same(
    kb: KnowledgeBase, cases: tuple[Case, ...], tmp_path: Path, number: int
) -> None:
    """Byte for byte what an uninterrupted run writes; while stopped there are answers but no report."""
    with pytest.raises(RunStopped) as stopped:
        evaluate(kb, cases, tmp_path / "twice", stop=stop_after(number))
    assert (stopped.value.done, stopped.value.total) == (number, 4)
    assert len(list(read_run(tmp_path / "twice"))) == number and not (tmp_path / "twice/report.json").exists()
    steps: list[int] = []
    evaluate(kb, cases, tmp_path / "twice", progress=lambda done, total: steps.append(done))
    evaluate(kb, cases, tmp_path / "once")
    assert steps == list(range(number + 1, 5))
    assert reports(tmp_path / "twice") == reports(tmp_path / "once")


def test_whoever_stops_at_the_last_question_gets_his_report(kb: KnowledgeBase, cases: tuple[Case, ...]) -> None:
    """There is nothing left to stop."""
    assert len(run(kb, cases, stop=stop_after(4))) == 4


def test_the_message_of_a_stop_says_what_is_kept() -> None:
    message = RunStopped(3, 9)
    assert "9 题里答了 3 题" in message.zh and "3 of 9" in message.en and both_languages(str(message))


# --- files of questions -----------------------------------------------------------------------------------------------


def test_the_end_of_the_name_says_how_a_file_is_read(cases: tuple[Case, ...], tmp_path: Path) -> None:
    """The same questions as lines of JSON."""
    keep = ("id", "question", "type", "answerable", "evidence", "nuggets")
    lines = [json.dumps({name: asdict(case)[name] for name in keep}, ensure_ascii=False) for case in cases]
    for name in ("q.jsonl", "q.ndjson", "q.JSON"):
        assert read_questions(csv_file(tmp_path, "\n".join(lines), name=name)).cases == cases


@pytest.mark.parametrize(
    ("name", "text"), [("q.jsonl", "{"), ("q.csv", "标题\n甲\n"), ("q.csv", "问题\n\n"), ("q.xlsx", "")]
)
def test_messages_call_the_file_by_the_name_that_is_given(name: str, text: str, tmp_path: Path) -> None:
    """Who uploads a file knows its own name and not where it was put."""
    with pytest.raises(EvaluationError) as error:
        read_questions(csv_file(tmp_path, text, name=name), "我的问题.表")
    for message in (error.value.zh, error.value.en):
        assert "我的问题.表" in message and str(tmp_path) not in message


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "不是一行完整的 JSON"), ("[" * 100_000, "不是一行完整的 JSON"), ("{}", "缺少 question"),
        ("[1]", "类型不对"), ('{"question": 3}', "类型不对"), ('{"question": "甲", "id": "a"}', "重复"),
    ],
)  # fmt: skip
def test_a_bad_line_of_json_says_why(line: str, reason: str, tmp_path: Path) -> None:
    """In both languages, and the others are read; brackets without end too."""
    read = read_questions(csv_file(tmp_path, f'{{"question": "好", "id": "a"}}\n{line}\n', name="q.jsonl"))
    assert [c.question for c in read.cases] == ["好"]
    ((number, said),) = read.bad_rows
    assert number == 2 and reason in said and any(c.isascii() and c.isalpha() for c in said)
