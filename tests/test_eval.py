"""Batch evaluation: question files, runs, reports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import EvaluationError
from kbqa.evaluation.questions import Case, read_cases
from kbqa.evaluation.run import PASSAGE_CHARACTERS, Result, report, run, run_case, write
from kbqa.types import Citation

ROWS: list[dict[str, Any]] = [
    {
        "id": "d1", "question": "什么是转化率", "type": "definition", "answerable": True,
        "evidence": [["占进入这一步的人数的比例"]], "nuggets": [["完成目标动作的人数"], ["没有这句"]],
    },
    {"id": "u1", "question": "怎么给汽车换轮胎", "type": "unanswerable", "answerable": False, "note": "off"},
    {
        "id": "f1", "question": "它怎么算", "type": "followup", "evidence": [["÷ 进入这一步的人数", "无"]],
        "history": [
            {"role": "user", "content": "什么是转化率"}, {"role": "assistant", "content": "转化率是一种比例。"},
        ],
    },
    {"id": "p1", "question": "？？", "type": "fact", "evidence": [["红包"]], "nuggets": [["红包"]]},
    {"id": "x1", "question": "怎么给汽车补胎", "type": "fact", "evidence": [["红包"]], "nuggets": [["答案"]]},
]  # fmt: skip


def question_file(path: Path, rows: Sequence[object]) -> Path:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture
def cases(tmp_path: Path) -> tuple[Case, ...]:
    return read_cases(question_file(tmp_path / "questions.jsonl", ROWS)).cases


# --- question files ---------------------------------------------------------------------------------------------------


def test_rows_become_cases(cases: tuple[Case, ...]) -> None:
    """Every field arrives; what is not given has its default."""
    assert [c.id for c in cases] == ["d1", "u1", "f1", "p1", "x1"]
    evidence, nuggets = (("占进入这一步的人数的比例",),), (("完成目标动作的人数",), ("没有这句",))
    assert cases[0] == Case("d1", "什么是转化率", "definition", (), True, evidence, nuggets)
    assert cases[1].answerable is False and cases[1].note == "off" and cases[1].evidence == ()
    assert cases[2].answerable is True and cases[2].history[0] == {"role": "user", "content": "什么是转化率"}
    assert cases[2].evidence == (("÷ 进入这一步的人数", "无"),)


@pytest.mark.parametrize(
    "bad",
    [
        "{", "[1]", '"text"', "null", "3", {"id": "no question"}, {"question": None}, {"question": ["a"]},
        {"question": "a", "history": [{"role": "user"}]}, {"question": "a", "history": ["hi"]},
        {"question": "a", "evidence": "text"}, {"question": "a", "nuggets": {"a": 1}},
        {"question": "a", "answerable": "no"},
        {"id": "first", "question": "the id of another row"},
    ],
    ids=str,
)  # fmt: skip
def test_a_bad_row_is_reported_and_skipped(bad: object, tmp_path: Path) -> None:
    """With the number of its line in the file, blank lines counted, and a reason; the others are read."""
    rows = [{"id": "first", "question": "一"}, "", bad, {"id": "last", "question": "二"}]
    read = read_cases(question_file(tmp_path / "q.jsonl", rows))
    assert [c.id for c in read.cases] == ["first", "last"]
    assert [number for number, _ in read.bad_rows] == [3] and read.bad_rows[0][1]


def test_line_separators_inside_a_question(tmp_path: Path) -> None:
    """JSON allows them unescaped; they end no row."""
    rows = [{"question": "一\u2028二\u0085三"}, "{", {"question": "四"}]
    read = read_cases(question_file(tmp_path / "q.jsonl", rows))
    assert [c.question for c in read.cases] == ["一\u2028二\u0085三", "四"]
    assert [number for number, _ in read.bad_rows] == [2]


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    """As a spreadsheet or an editor on Windows leaves them."""
    path = tmp_path / "q.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + '{"question": "一"}\r\n{"question": "二"}\r\n'.encode())
    assert [(c.id, c.question) for c in read_cases(path).cases] == [("row1", "一"), ("row2", "二")]


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"{\n[]\n", "问".encode("gb18030")])
def test_files_without_a_usable_row(content: bytes | None, tmp_path: Path) -> None:
    """Missing, empty, all bad, another encoding: one error that names the file."""
    path = tmp_path / "set.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EvaluationError) as error:
        read_cases(path)
    assert str(path) in error.value.zh and str(path) in error.value.en


# --- runs -------------------------------------------------------------------------------------------------------------


def test_run_goes_through_the_same_door(kb: KnowledgeBase, cases: tuple[Case, ...]) -> None:
    """What is measured is what `ask` gives, follow-ups with their history."""
    steps: list[tuple[int, int]] = []
    results = run(kb, cases, lambda done, total: steps.append((done, total)))
    assert steps == [(i, 5) for i in range(1, 6)] and [r.case for r in results] == list(cases)
    for result in results:
        if result.case.id != "p1":
            answer = kb.ask(result.case.question, result.case.history)
            for name in ("understood_as", "citations", "abstained", "confidence"):
                assert getattr(result, name) == getattr(answer, name)
            assert result.answer == answer.text
            assert result.passages == tuple(h.chunk.text[:PASSAGE_CHARACTERS] for h in answer.hits[:10])


def test_judgement_of_single_questions(kb: KnowledgeBase, cases: tuple[Case, ...]) -> None:
    """One of two nuggets stated; an unanswerable one is judged on refusal only, a refusal states nothing."""
    definition, unanswerable, _, refused, missed = run(kb, cases)
    assert (definition.nugget_recall, definition.cited_evidence) == (0.5, True)
    assert unanswerable.nugget_recall is unanswerable.cited_evidence is None and unanswerable.abstained
    for silent in (refused, missed):
        assert (silent.nugget_recall, silent.cited_evidence, silent.abstained) == (0.0, False, True)
    assert refused.passages == () and missed.passages
    assert all(r.citations_exact for r in (definition, unanswerable, refused, missed))


def result(case: Case, passages: Sequence[str], **values: Any) -> Result:
    given = {
        "understood_as": case.question, "answer": "", "citations": (), "abstained": False, "confidence": 0.5,
        "seconds": 1.0, "nugget_recall": None, "cited_evidence": None, "citations_exact": True, **values,
    }  # fmt: skip
    return Result(case=case, passages=tuple(passages), **given)


def test_aggregate_of_hand_made_results(kb: KnowledgeBase) -> None:
    """Ranks 1, 2, 5 and none over four judged questions; the others count where they apply."""
    evidence = (("红包",), ("投放",))
    wrong = ["无关"] * 10
    a, b = (Case(name, name, "list", evidence=evidence) for name in "ab")
    c, d = (Case(name, name, "fact", evidence=evidence) for name in "cd")
    e, f = (Case(name, name, "unanswerable", answerable=False) for name in "ef")
    judged = [
        result(a, ["红包", *wrong[:9]], answer="一二三", nugget_recall=1.0, cited_evidence=True),
        result(b, ["无", "投放", "红包"], answer="一二三四五", nugget_recall=0.5, cited_evidence=False),
        result(c, [*wrong[:4], "红包"], answer="一", cited_evidence=True, citations_exact=False),
        result(d, [], abstained=True, nugget_recall=0.0, cited_evidence=False),
        result(e, wrong, abstained=True, answer="没有"),
        result(f, ["红包"], answer="一二三四五六七"),
        result(Case("g", "庚"), ["红包"], answer="一二三四"),
    ]
    made = report(kb, judged)
    assert made.aggregate == {
        "Success@1": 0.25, "Success@3": 0.5, "RR@10": round((1 + 1 / 2 + 1 / 5 + 0) / 4, 4),
        "nugget_recall": 0.5, "cited_evidence": 0.5, "citations_exact": round(6 / 7, 4),
        "refusal_recall": 0.5, "false_refusal": 0.2, "median_answer_characters": 4.0,
    }  # fmt: skip
    assert set(made.by_type) == {"list", "fact", "unanswerable", "-"}
    assert made.by_type["list"]["RR@10"] == 0.75 and made.by_type["fact"]["Success@3"] == 0.0
    assert "Success@1" not in made.by_type["unanswerable"] and "refusal_recall" not in made.by_type["-"]
    assert [row["id"] for row in made.per_question] == list("abcdefg")
    assert made.per_question[2]["RR@10"] == pytest.approx(0.2) and made.per_question[3]["RR@10"] == 0.0
    assert (made.questions, made.settings_digest, made.notes_digest) == (7, kb.settings.digest, kb.info().notes_digest)


def test_nothing_but_unanswerable_questions(kb: KnowledgeBase) -> None:
    """No rank measure then, and no failure."""
    made = report(kb, [run_case(kb, Case("u", "怎么给汽车换轮胎", answerable=False))])
    assert made.aggregate == {"citations_exact": 1.0, "refusal_recall": 1.0}


def test_a_citation_that_is_no_quote_is_noticed(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check compares with the note, not with the answer."""
    answer = kb.ask("什么是转化率")
    citation: Citation = replace(answer.citations[0], start=answer.citations[0].start + 1)
    monkeypatch.setattr(KnowledgeBase, "ask", lambda self, question, history=(): replace(answer, citations=(citation,)))
    assert not run_case(kb, Case("x", "什么是转化率")).citations_exact


# --- what is written --------------------------------------------------------------------------------------------------


def test_run_file(kb: KnowledgeBase, cases: tuple[Case, ...], tmp_path: Path) -> None:
    """One object a question in their order, with exactly the fields that other scorers expect."""
    results = run(kb, cases)
    write(tmp_path / "new" / "out", results, report(kb, results))
    text = (tmp_path / "new" / "out" / "run.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    assert text.endswith("\n") and [line["id"] for line in lines] == [c.id for c in cases]
    for line, given in zip(lines, results, strict=True):
        assert list(line) == [
            "id", "question", "understood_as", "passages", "answer", "citations", "abstained", "confidence", "seconds",
        ]  # fmt: skip
        assert line["question"] == given.case.question and line["answer"] == given.answer
        assert len(line["passages"]) <= 10 and all(len(p) <= 400 for p in line["passages"])
        assert line["abstained"] is given.abstained and line["seconds"] >= 0 and 0 <= line["confidence"] <= 1
        for citation in line["citations"]:
            assert list(citation) == ["doc_id", "start", "end", "quote"]
            assert kb.document(citation["doc_id"]).text[citation["start"] : citation["end"]] == citation["quote"]
    assert lines[0]["citations"] and lines[1]["citations"] == []
    assert "转化率" in text  # readable, not escaped


def test_reports_of_two_runs_are_the_same_bytes(
    kb: KnowledgeBase, cases: tuple[Case, ...], tmp_path: Path, _index: Path
) -> None:
    """Time is in the run, not in the report."""
    for name, door in (("one", kb), ("two", KnowledgeBase.open(_index))):
        results = run(door, cases)
        write(tmp_path / name, results, report(door, results))
    first, second = ((tmp_path / name / "report.json").read_bytes() for name in ("one", "two"))
    assert first == second and b"seconds" not in first
    made = json.loads(first)
    assert set(made) == {"settings_digest", "notes_digest", "questions", "aggregate", "by_type", "per_question"}
    assert made["questions"] == 5 and len(made["per_question"]) == 5
