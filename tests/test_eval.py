"""Batch evaluation: question files, what is asked, what is kept of it. Measures by hand stand in `test_report`."""

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
from kbqa.evaluation.report import report, write
from kbqa.evaluation.run import PASSAGE_CHARACTERS, read_run, run, run_case
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
    assert steps == [(i, 5) for i in range(1, 6)]
    assert [(r.id, r.question) for r in results] == [(c.id, c.question) for c in cases]
    for case, result in zip(cases, results, strict=True):
        if case.id != "p1":
            answer = kb.ask(case.question, case.history)
            for name in ("understood_as", "citations", "abstained", "confidence"):
                assert getattr(result, name) == getattr(answer, name)
            assert result.answer == answer.text
            assert result.sentences == tuple((s.text, s.citations) for s in answer.sentences)
            assert result.passages == tuple(h.chunk.text[:PASSAGE_CHARACTERS] for h in answer.hits[:10])
    assert results[2].understood_as != cases[2].question and "转化率" in results[2].understood_as


def test_cited_names_the_passages_that_a_quote_stands_in(kb: KnowledgeBase, cases: tuple[Case, ...]) -> None:
    """By the text: each quote is in one of them, and the others have none of the quotes."""
    definition, unanswerable, *_ = run(kb, cases)
    several = run_case(kb, Case("r", "什么是留存率"))  # its note is cut into several passages
    assert definition.cited and several.cited and not unanswerable.cited
    for result in (definition, several):
        for place, passage in enumerate(result.passages):
            assert any(c.quote in passage for c in result.citations) is (place in result.cited)


def test_judgement_of_single_questions(kb: KnowledgeBase, cases: tuple[Case, ...]) -> None:
    """One of two nuggets stated; an unanswerable one is judged on refusal only, a refusal states nothing."""
    results = run(kb, cases)
    definition, unanswerable, _, refused, missed = report("s", "n", cases, results).per_question
    assert (definition["nugget_recall"], definition["cited_evidence"]) == (0.5, True)
    assert unanswerable["nugget_recall"] is unanswerable["cited_evidence"] is None and unanswerable["abstained"]
    for silent in (refused, missed):
        assert (silent["nugget_recall"], silent["cited_evidence"], silent["abstained"]) == (0.0, False, True)
        assert silent["answer_precision"] is silent["citation_precision"] is silent["citation_recall"] is None
    assert results[3].passages == () and results[4].passages
    assert all(row["citations_exact"] for row in (definition, unanswerable, refused, missed))


def test_a_citation_that_is_no_quote_is_noticed(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check compares with the note, not with the answer."""
    answer = kb.ask("什么是转化率")
    assert run_case(kb, Case("x", "什么是转化率")).exact
    citation: Citation = replace(answer.citations[0], start=answer.citations[0].start + 1)
    monkeypatch.setattr(
        KnowledgeBase,
        "ask",
        lambda self, question, history=(): replace(answer, citations=(citation, *answer.citations[1:])),
    )
    case = Case("x", "什么是转化率")
    result = run_case(kb, case)
    assert not result.exact and report("s", "n", [case], [result]).aggregate["citations_exact"] == 0.0


# --- what is written --------------------------------------------------------------------------------------------------


def test_run_file(kb: KnowledgeBase, cases: tuple[Case, ...], tmp_path: Path) -> None:
    """One object a question in their order, with exactly the fields that other scorers expect."""
    results = run(kb, cases)
    write(tmp_path / "new" / "out", cases, results, report("s", "n", cases, results))
    text = (tmp_path / "new" / "out" / "run.jsonl").read_text("utf-8")
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    assert text.endswith("\n") and [line["id"] for line in lines] == [c.id for c in cases]
    for line, given in zip(lines, results, strict=True):
        assert list(line) == [
            "id", "question", "understood_as", "passages", "cited", "answer", "sentences", "citations", "abstained",
            "confidence", "exact", "seconds", "places",
        ]  # fmt: skip
        assert line["question"] == given.question and line["answer"] == given.answer
        assert len(line["passages"]) <= 10 and all(len(p) <= 400 for p in line["passages"])
        assert line["abstained"] is given.abstained and line["seconds"] >= 0 and 0 <= line["confidence"] <= 1
        for citation in line["citations"]:
            assert list(citation)[:4] == ["doc_id", "start", "end", "quote"]
            assert kb.document(citation["doc_id"]).text[citation["start"] : citation["end"]] == citation["quote"]
    assert lines[0]["citations"] and lines[1]["citations"] == []
    assert "转化率" in text  # readable, not escaped


def test_a_run_file_is_read_back(kb: KnowledgeBase, cases: tuple[Case, ...], tmp_path: Path) -> None:
    """Everything that a report goes by is as it was, so judging it again gives the same report."""
    results = run(kb, cases)
    write(tmp_path, cases, results, report("s", "n", cases, results))
    again = list(read_run(tmp_path))
    assert [r.id for r in again] == [c.id for c in cases] and [r.sentences for r in again] == [
        r.sentences for r in results
    ]
    assert again[0].citations[0].quote == results[0].citations[0].quote
    assert report("s", "n", cases, again) == report("s", "n", cases, results)


def test_a_question_with_half_a_surrogate_pair_is_run(kb: KnowledgeBase, tmp_path: Path) -> None:
    """JSON can spell one and `ask` takes it; no file can hold it, but the others must not be lost over it."""
    cases = read_cases(question_file(tmp_path / "q.jsonl", ['{"question": "什么是\\ud800转化率"}'])).cases
    assert run_case(kb, cases[0]).passages
    out = tmp_path / "out"
    results = run(kb, cases, out=out)
    write(out, cases, results, report("s", "n", cases, results))
    assert "转化率" in (out / "run.jsonl").read_text("utf-8")
