"""Question sets in CSV and Excel: what becomes of headings and whole tables."""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from kbqa.evaluation.questions import Case, CaseFile, read_cases
from kbqa.evaluation.tables import read_table
from tests.question_tables import csv_file, quoted, sheet_file

# --- a whole table ----------------------------------------------------------------------------------------------------

HEADER = ["编号", "问题", "类型", "历史", "可答", "证据", "要点", "备注", "来源"]
HISTORY = '[{"role": "user", "content": "什么是留存"}]'
TABLE = [
    ["a1", "那怎么算？", "followup", HISTORY, "是", "第二天回来的人|七日留存", "次日/第二天|比例", "手写", "a.md|b.md"],
    ["a2", "怎么换轮胎", "", "", "否", "", "", "off", ""],
]
CASES = (
    Case(
        "a1", "那怎么算？", "followup", ({"role": "user", "content": "什么是留存"},), True,
        (("第二天回来的人",), ("七日留存",)), (("次日", "第二天"), ("比例",)), "手写", ("a.md", "b.md"),
    ),
    Case("a2", "怎么换轮胎", answerable=False, note="off"),
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_becomes_cases(encoding: str, delimiter: str, end: str, tmp_path: Path) -> None:
    """Whatever the encoding, the separator and the line ends are."""
    text = end.join(delimiter.join(map(quoted, row)) for row in [HEADER, *TABLE])
    assert read_table(csv_file(tmp_path, text, encoding)) == CaseFile(CASES, ())


def test_a_workbook_becomes_the_same_cases(tmp_path: Path) -> None:
    assert read_table(sheet_file(tmp_path, [HEADER, *TABLE])) == CaseFile(CASES, ())


def test_the_same_set_as_jsonl(tmp_path: Path) -> None:
    """A table with JSON in its cells says what the lines of a JSONL file say."""
    rows = [
        {
            "id": "d1", "question": "什么是 ROI, 怎么算？", "type": "formula", "answerable": True, "note": '说"明"',
            "history": [{"role": "user", "content": "a\nb"}, {"role": "assistant", "content": "c|d"}],
            "evidence": [["收益÷成本", "收益/成本"], ["投入产出比"]], "nuggets": [["收益/成本", "A或B"], ["比"]],
            "sources": ["财务;成本.md"],
        },
        {"id": "d2", "question": "没有的", "answerable": False},
    ]  # fmt: skip
    lines = tmp_path / "q.jsonl"
    lines.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    names = list(rows[0])
    table = [names, *[[json.dumps(v) if isinstance(v, list | bool) else v for v in map(r.get, names)] for r in rows]]
    assert read_table(sheet_file(tmp_path, table)) == read_cases(lines)
    text = "\n".join(",".join(quoted(str(cell or "")) for cell in row) for row in table)
    assert read_table(csv_file(tmp_path, text)) == read_cases(lines)


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_a_round_trip_through_the_csv_writer(delimiter: str, tmp_path: Path) -> None:
    """Random cells with quotes, separators and line ends come back with the lines that they stand on."""
    rng = random.Random(3)
    rows = [["甲" + "".join(rng.choices('，,\t"\n|问a ', k=8)) + "乙" for _ in range(2)] for _ in range(200)]
    with (tmp_path / "q.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([["question", "note"], *rows])
    read = read_table(tmp_path / "q.csv")
    assert [[c.question, c.note] for c in read.cases] == rows and read.bad_rows == ()
    taken = [1 + "".join(row).count("\n") for row in rows]
    assert [c.id for c in read.cases] == [f"row{2 + sum(taken[:n])}" for n in range(200)]


def test_reading_csv_needs_no_openpyxl(tmp_path: Path) -> None:
    """Nor does importing the module: the command line starts without it."""
    csv_file(tmp_path, "question\n甲\n")
    code = "import sys; from pathlib import Path; from kbqa.evaluation.tables import read_table"
    code += f"; read_table(Path({str(tmp_path / 'q.csv')!r})); sys.exit('openpyxl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- headings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading",
    ["question", "问题", "提问", "query", "user_input", " Question ", "User Input", "ＱＵＥＲＹ", "問題", "*问 题（必填）", "user-input [text]"],
)  # fmt: skip
def test_names_of_the_question_column(heading: str, tmp_path: Path) -> None:
    """Questions alone are enough; they are numbered as their rows are."""
    read = read_table(csv_file(tmp_path, f"{heading}\n什么是留存\n\n怎么拉新\n"))
    assert read == CaseFile((Case("row2", "什么是留存"), Case("row4", "怎么拉新")), ())


def test_unknown_columns_and_short_rows(tmp_path: Path) -> None:
    """Columns that mean nothing here are passed over, an index without a name too; missing cells are empty ones."""
    read = read_table(csv_file(tmp_path, ",作者,question,note\n0,王,甲,记\n1,李,乙\n"))
    assert read == CaseFile((Case("row2", "甲", note="记"), Case("row3", "乙")), ())


def test_ragas_columns(tmp_path: Path) -> None:
    """`answer` and `contexts` of a RAGAS run are another system's; beside the reference they do not count."""
    text = "question,answer,contexts,ground_truth,reference_contexts\n甲,别人的话,\"['别人找到的一整段话']\",标准的话,\"['应该找到的一整段话']\"\n乙,别人的话,\"['别人找到的一整段话']\",,\n"
    first, second = read_table(csv_file(tmp_path, text)).cases
    assert first.nuggets == (("标准的话",),) and first.evidence == (("应该找到的一整段话",),)
    assert second.nuggets == () and second.evidence == ()


def test_old_ragas_columns_alone(tmp_path: Path) -> None:
    """Without a reference the columns are taken at their word."""
    text = "question,answer,contexts\n甲,答案在此,\"['应该找到的一整段话']\"\n"
    (case,) = read_table(csv_file(tmp_path, text)).cases
    assert case.nuggets == (("答案在此",),) and case.evidence == (("应该找到的一整段话",),)


def test_evidence_goes_before_contexts(tmp_path: Path) -> None:
    text = "question,contexts,evidence\n甲,别人找到的一整段话,红包\n乙,别人找到的一整段话,\n"
    first, second = read_table(csv_file(tmp_path, text)).cases
    assert first.evidence == (("红包",),) and second.evidence == ()


def test_nuggets_go_before_the_answer(tmp_path: Path) -> None:
    first, second = read_table(csv_file(tmp_path, "question,answer,nuggets\n甲,全文,要点甲\n乙,全文,\n")).cases
    assert first.nuggets == (("要点甲",),) and second.nuggets == (("全文",),)
