"""Question sets in CSV and Excel: what becomes of headings, cells, bad rows and broken files."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from kbqa.errors import EvaluationError
from kbqa.evaluation.measures import normalise, nugget_recall, relevance
from kbqa.evaluation.questions import Case, CaseFile, read_cases
from kbqa.evaluation.tables import read_table


def csv_file(folder: Path, text: str, encoding: str = "utf-8", name: str = "q.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def sheet_file(folder: Path, rows: Sequence[Sequence[Any]], name: str = "q.xlsx") -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(folder / name)
    return folder / name


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@pytest.fixture
def one(tmp_path: Path) -> Any:
    """The case of a table with a question and one further cell."""

    def read(heading: str, cell: str) -> Case:
        read = read_table(csv_file(tmp_path, f"question,{heading}\n怎么拉新,{quoted(cell)}\n"))
        assert read.bad_rows == ()
        return read.cases[0]

    return read


@pytest.fixture
def why(tmp_path: Path) -> Any:
    """Why a row was set aside that has a question and one further cell."""

    def read(heading: str, cell: str) -> str:
        read = read_table(csv_file(tmp_path, f"question,{heading}\n好,\n坏,{quoted(cell)}\n"))
        assert [c.question for c in read.cases] == ["好"] and [n for n, _ in read.bad_rows] == [3]
        return read.bad_rows[0][1]

    return read


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


@pytest.mark.parametrize(
    "heading",
    [
        "answer",
        "答案",
        "expected",
        "Expected Answer",
        "reference",
        "ground_truth",
        "ground_truths",
        "标准答案",
        "參考答案",
    ],
)
def test_names_of_the_expected_answer(heading: str, one: Any) -> None:
    assert one(heading, "先看渠道。再看成本！").nuggets == (("先看渠道。",), ("再看成本！",))


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


# --- cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "nuggets"),
    [
        ("次日留存|七日留存", (("次日留存",), ("七日留存",))),
        ("次日留存\n- 七日留存\n", (("次日留存",), ("七日留存",))),
        ("1. 缩短路径\n2、减少顾虑\n③ 对照实验", (("缩短路径",), ("减少顾虑",), ("对照实验",))),
        ("留存率/回访率｜转化率 ／ CVR", (("留存率", "回访率"), ("转化率", "CVR"))),
        ("留存率或回访率或者回头率", (("留存率", "回访率", "回头率"),)),
        ("KPI/OKR", (("KPI", "OKR"),)),
        ("A/B测试/对照实验", (("A/B测试", "对照实验"),)),
        ("每天 3 元/人", (("每天 3 元/人",),)),
        ("2024/5/20 上线", (("2024/5/20 上线",),)),
        ("1/3 的用户", (("1/3 的用户",),)),
        ("3.5 倍", (("3.5 倍",),)),
        ("转化率＝转化数 / 点击数", (("转化率＝转化数 / 点击数",),)),
        ("ROI=收益÷成本 / ROI=收益除以成本", (("ROI=收益÷成本", "ROI=收益除以成本"),)),
        ("不可或缺的一环", (("不可或缺的一环",),)),
        ("出现当前或更大差异的概率", (("出现当前或更大差异的概率",),)),
        ("按人去重，或按天去重", (("按人去重，或按天去重",),)),
        ('[["收益/成本", "投产比"], "A或B"]', (("收益/成本", "投产比"), ("A或B",))),
        ("['甲乙', ['丙丁', '戊己']]", (("甲乙",), ("丙丁", "戊己"))),
        ("甲乙||  |——", (("甲乙",),)),
        ("[]", ()),
    ],
)  # fmt: skip
def test_nuggets(cell: str, nuggets: tuple[tuple[str, ...], ...], one: Any) -> None:
    """Parted by | or lines, alternatives by / or 或 where these stand for that; a list is taken as it is."""
    assert one("要点", cell).nuggets == nuggets


@pytest.mark.parametrize(
    ("cell", "nuggets"),
    [
        ("收益/成本，或者毛利。", (("收益/成本，或者毛利。",),)),
        ("1. 缩短路径\n2. 减少顾虑", (("缩短路径",), ("减少顾虑",))),
        ("是。因为积分会过期。", (("因为积分会过期。",),)),
        ("是", ()),
        ("30%", (("30%",),)),
        ('["第一句。", "第二句。第三句"]', (("第一句。",), ("第二句。",), ("第三句",))),
        ("[1] 见手册 [2]", (("[1] 见手册 [2]",),)),
    ],
)
def test_an_expected_answer_is_cut_into_sentences(cell: str, nuggets: Any, one: Any) -> None:
    """Each is one nugget as it stands; a lone 是 would be found in any answer."""
    assert one("ground_truth", cell).nuggets == nuggets


def test_the_expected_answer_itself_scores_full_marks(one: Any) -> None:
    answer = "转化率（zhuǎn）是指完成目标的人数占比。怎么算？\n- 分子去重；\n- 分母去重"
    case = one("answer", answer)
    assert len(case.nuggets) == 4 and nugget_recall(answer, case.nuggets) == 1.0
    assert nugget_recall("分子去重", case.nuggets) == 0.25


@pytest.mark.parametrize(
    ("cell", "evidence"),
    [
        ("红包|第一次下单的人", (("红包",), ("第一次下单的人",))),
        ('["红包", "优惠券"]', (("红包",), ("优惠券",))),
        ('[["红包", "优惠券"]]', (("红包", "优惠券"),)),
        ("['红包', \"优惠'券'\"]", (("红包",), ("优惠'券'",))),
        ("| 指标 | 值 |\n| 留存 | 3% |", (("| 指标 | 值 |\n| 留存 | 3% |",),)),
        ("| 留存 | 3% |", (("| 留存 | 3% |",),)),
        ("指标如下\n| 留存 | 3% |", (("指标如下\n| 留存 | 3% |",),)),
        ("注册/激活或下单", (("注册/激活或下单",),)),
        ("[1] 红包", (("[1] 红包",),)),
    ],
)
def test_evidence_is_quoted_as_it_stands(cell: str, evidence: Any, one: Any) -> None:
    assert one("evidence", cell).evidence == evidence


def test_contexts_are_known_by_fragments(one: Any) -> None:
    """By hand: 2 and 5 characters are too few, 13 are taken, 53 are cut at the last comma within 40."""
    long = "积分设置有效期，是因为长期挂账的积分会变成门店的负债，到期清零才能让负债可控，否则每年年底都要重新计提一次准备金。"
    passage = f"## 积分\n积分会过期。积分不能兑换现金，也不能转让。{long}"
    (group,) = one("contexts", json.dumps([passage])).evidence
    assert group == (
        "积分不能兑换现金，也不能转让。",
        "积分设置有效期，是因为长期挂账的积分会变成门店的负债，到期清零才能让负债可控，",
    )
    assert relevance([f"前文。{long}"], (group,)) == [True] and relevance(["积分会过期。"], (group,)) == [False]


def test_fragments_hold_for_any_passage(one: Any) -> None:
    """8 to 40 characters each, all of them in the passage, at most one a sentence (random passages)."""
    rng = random.Random(5)
    for _ in range(30):
        passage = "".join(rng.choices("增长黑客留存转化率ab12，、；。！\n", k=300))
        (group,) = one("contexts", json.dumps([passage])).evidence
        assert all(8 <= len(normalise(quote)) <= 40 for quote in group)
        assert all(normalise(quote) in normalise(passage) for quote in group)
        assert len(group) <= sum(map(passage.count, "。！\n")) + 1


@pytest.mark.parametrize(
    ("cell", "evidence"),
    [
        ("红包", (("红包",),)),
        ("", ()),
        ('["", "——"]', ()),
        ("长" * 50, (("长" * 40,),)),
        ("第一段话一共八个字|第二段话一共八个字", (("第一段话一共八个字",), ("第二段话一共八个字",))),
        ("['第一段话一共八个字' '第二段话一共八个字']", (("第一段话一共八个字",), ("第二段话一共八个字",))),
        ("['第一段话一共八个字'\n \"It's a second one\"]", (("第一段话一共八个字",), ("It's a second one",))),
    ],
)
def test_forms_of_contexts(cell: str, evidence: Any, one: Any) -> None:
    """A context without a sentence that is long enough is its own quote; NumPy arrays come without commas."""
    assert one("contexts", cell).evidence == evidence


@pytest.mark.parametrize("cell", ["true", "TRUE", "是", "1", "1.0", "yes", "可答", "", "  "])
def test_answerable(cell: str, one: Any) -> None:
    assert one("answerable", cell).answerable is True


@pytest.mark.parametrize("cell", ["false", "False", "否", "0", "0.0", "no", "不可答"])
def test_not_answerable(cell: str, one: Any) -> None:
    assert one("可答", cell).answerable is False


@pytest.mark.parametrize("cell", ["a.md|b.md", "a.md\nb.md", "a.md；b.md", '["a.md", "b.md"]', "['a.md', 'b.md']"])
def test_sources(cell: str, one: Any) -> None:
    assert one("sources", cell).sources == ("a.md", "b.md")


# --- bad rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "cell", "reason"),
    [
        ("answerable", "也许", "可答"), ("answerable", "-", "可答"),
        ("history", "什么是留存", "history"), ("history", '["什么是留存"]', "history"),
        ("history", '[{"role": "user"}]', "history"), ("history", '[{"role": "客服", "content": "a"}]', "history"),
        ("history", '[{"role": "user", "content": 3}]', "history"),
        ("evidence", '["红包"', ""), ("evidence", '["红包",,]', "列表"), ("evidence", "[“红包”]", "列表"),
        ("evidence", '[{"a": 1}]', "文字"), ("evidence", "[['a', None]]", "文字"), ("nuggets", "['a', b]", "列表"),
        ("nuggets", '["\\ud800"]', "列表"), ("sources", "[['a', ['b']]]", "文字"),
        ("nuggets", "[" * 50_000 + "]" * 50_000, "列表"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_understood(heading: str, cell: str, reason: str, why: Any, one: Any) -> None:
    """Sets its row aside; a list that is not closed is text, which may begin with a bracket."""
    if reason:
        assert reason in why(heading, cell)
    else:
        assert one(heading, cell).evidence == ((cell,),)


def test_bad_rows_are_named_by_the_line_that_a_person_sees(tmp_path: Path) -> None:
    """Headings, blank lines and the lines inside cells are counted."""
    text = ',\nid,question,note\na,甲,"两\n行"\n\nb,,没有问题\na,乙,\nc,丙, 多了,一格\nd,丁,,,\n , ,\n'
    read = read_table(csv_file(tmp_path, text))
    assert [(c.id, c.question, c.note) for c in read.cases] == [("a", "甲", "两\n行"), ("d", "丁", "")]
    assert [number for number, _ in read.bad_rows] == [6, 7, 8]
    assert [
        key in reason for key, (_, reason) in zip(("no question", "a 重复", "双引号"), read.bad_rows, strict=True)
    ] == [True] * 3


@pytest.mark.parametrize("line", ['"没有关的引号,', '"增长"怎么做,', 'x,"没有关的引号'])
@pytest.mark.parametrize("rest", ['"乙",\n"丙",', "乙,\n丙,", '乙,"好"\n丙,'])
def test_a_wrong_quote_costs_no_other_row(line: str, rest: str, tmp_path: Path) -> None:
    """Though a quote that is not closed reaches to the next one or to the end of the file."""
    read = read_table(csv_file(tmp_path, f"question,note\n甲,\n{line}\n{rest}"))
    assert [c.question for c in read.cases] == ["甲", "乙", "丙"]
    assert [number for number, _ in read.bad_rows] == [3] and "双引号" in read.bad_rows[0][1]


def test_text_of_a_bad_row_is_no_question(tmp_path: Path) -> None:
    """Of the lines that a wrong quote reaches over, those that are not as wide as the headings are bad rows too."""
    read = read_table(csv_file(tmp_path, 'note,question\n"一行\n二行\n三行"错,甲\n记,乙\n短\n'))
    assert [c.question for c in read.cases] == ["甲", "乙"]  # 三行"错 by itself is a note without quotes around it
    assert [number for number, _ in read.bad_rows] == [2, 3, 6]
    assert "above" in read.bad_rows[1][1] and "no question" in read.bad_rows[2][1]


def test_many_bad_rows_take_no_time(tmp_path: Path) -> None:
    """5,000 rows with a quote that closes only in the next one."""
    read = read_table(csv_file(tmp_path, "question,note\n" + '甲,"没有关\n' * 5_000 + "乙,\n"))
    assert [c.question for c in read.cases] == ["乙"] and len(read.bad_rows) == 5_000


def test_a_bare_comma_is_not_guessed_at(tmp_path: Path) -> None:
    """Half a question would be asked otherwise."""
    read = read_table(csv_file(tmp_path, "question\n什么是转化率,怎么算\n甲\n"))
    assert [c.question for c in read.cases] == ["甲"] and read.bad_rows[0][0] == 2


# --- workbooks --------------------------------------------------------------------------------------------------------


def test_numbers_and_dates_become_what_one_reads(tmp_path: Path) -> None:
    cells = [7, 3.0, 0.1 + 0.2, date(2024, 1, 2), datetime(2024, 1, 2, 3, 4), time(9, 30), True, 1234567890123456]
    book = Workbook()
    book.active.append(["question", "note", "id"])
    for number, cell in enumerate(cells):
        book.active.append([f"q{number}", cell, number])
    book.active.append(["q8", 0.07, 8])
    book.active.cell(10, 2).number_format = "0.0%"
    book.save(tmp_path / "q.xlsx")
    read = read_table(tmp_path / "q.xlsx")
    notes = ["7", "3", "0.3", "2024-01-02", "2024-01-02 03:04:00", "09:30:00", "true", "1234567890123456", "7%"]
    assert [c.note for c in read.cases] == notes and [c.id for c in read.cases] == [str(n) for n in range(9)]


def test_answerable_as_excel_has_it(tmp_path: Path) -> None:
    rows = [["问题", "可答"], ["a", True], ["b", False], ["c", 1], ["d", 0], ["e", None]]
    assert [c.answerable for c in read_table(sheet_file(tmp_path, rows)).cases] == [True, False, True, False, True]


def test_the_first_sheet_that_one_sees_with_anything_in_it(tmp_path: Path) -> None:
    """Rows count as Excel counts them, empty ones too."""
    book = Workbook()
    hidden, filled, later = (book.create_sheet(name) for name in ("隐藏", "题目", "更多"))
    hidden.append(["question"])
    hidden.append(["隐藏的"])
    hidden.sheet_state = "hidden"
    filled["B3"], filled["B4"], filled["A6"], filled["B8"] = "问题", "甲", "没有问题", "乙"
    later.append(["question"])
    book.save(tmp_path / "q.xlsx")
    read = read_table(tmp_path / "q.xlsx")
    assert read.cases == (Case("row4", "甲"), Case("row8", "乙"))
    assert [number for number, _ in read.bad_rows] == [6]


def with_cached(path: Path, values: dict[str, str]) -> None:
    """Put values beside formulas, as Excel stores them (openpyxl writes formulas only)."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    for formula, cached in values.items():
        kind = "e" if cached.startswith("#") else "str"
        before, after = sheet.split(f"<f>{formula}</f>")
        head, _, cell = before.rpartition("<c ")
        sheet = f'{head}<c t="{kind}" {cell}<f>{formula}</f>{after.replace("<v />", f"<v>{cached}</v>", 1)}'
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(path, "w") as book:
        for name, data in parts.items():
            book.writestr(name, data)


def test_formulas_count_by_their_values(tmp_path: Path) -> None:
    """One that failed or was never computed sets its row aside, unless nothing is read from its column."""
    rows = [
        ["question", "note", "别的"],
        ['=A9&"甲"', "", "=X1"],
        ["乙", "=1/0", ""],
        ["丙", "=B9", ""],
        ["丁", "", ""],
    ]
    path = sheet_file(tmp_path, [*rows, [None, None, "=X2"]])
    with_cached(path, {'A9&amp;"甲"': "算出的甲", "1/0": "#DIV/0!"})
    read = read_table(path)
    assert [c.question for c in read.cases] == ["算出的甲", "丁"]
    assert [number for number, _ in read.bad_rows] == [3, 4]
    assert "#DIV/0!" in read.bad_rows[0][1] and "没有算过" in read.bad_rows[1][1]


def test_a_wrong_dimension_loses_nothing(tmp_path: Path) -> None:
    """Some programs write A1 as the extent of every sheet."""
    path = sheet_file(tmp_path, [["question", "note"], ["甲", "记"]])
    data = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'ref="A1:B2"', b'ref="A1"'))
    path.write_bytes(data.getvalue())
    assert load_workbook(path, read_only=True).active.calculate_dimension() == "A1:A1"
    assert read_table(path).cases == (Case("row2", "甲", note="记"),)


def test_a_workbook_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = sheet_file(tmp_path, [["question"], ["甲"]], "题目.csv.download")
    assert read_table(path).cases == (Case("row2", "甲"),)


# --- files that cannot be read ----------------------------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def zipped(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "zh", "en"),
    [
        ("q.csv", b"", "question", "no column of questions"),
        ("q.csv", b"\n\n , \n", "question", "no column of questions"),
        ("q.csv", "标题,内容\n甲,乙\n".encode(), "表头：标题、内容", "`question`"),
        ("q.csv", "什么是留存\n怎么拉新\n".encode(), "第一行要是表头", "first row"),
        ("q.csv", b'"question\na\n', "双引号", "cannot be read as CSV"),
        ("q.csv", b"question\n", "表头下面没有行", "No usable row"),
        ("q.csv", "question,可答\n,是\n甲,也许\n".encode(), "第 2 行", "line 2"),
        ("q.csv", bytes(range(256)) * 4, "编码", "no known encoding"),
        ("q.xlsx", b"question\na\n", "已损坏", "damaged"),
        ("q.xlsx", b"", "已损坏", "damaged"),
        ("q.xlsx", b"PK\x03\x04 and no more", "已损坏", "damaged"),
        ("q.xlsx", zipped({"a.txt": b"a"}), "已损坏", "damaged"),
        ("q.xlsx", OLE + "EncryptedPackage".encode("utf-16-le"), "密码", "encrypted"),
        ("q.xls", OLE, ".xls 格式", "old .xls"),
    ],
)
def test_the_message_says_what_is_wrong_and_what_to_do(
    name: str, data: bytes, zh: str, en: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(EvaluationError) as caught:
        read_table(path)
    assert zh in caught.value.zh and en in caught.value.en
    assert str(path) in caught.value.zh and str(path) in caught.value.en


def test_a_workbook_cut_or_spoilt_anywhere(tmp_path: Path) -> None:
    """Either it is still read, or an EvaluationError; nothing else."""
    path = sheet_file(tmp_path, [["question"], *[[f"问题{n}"] for n in range(30)]])
    data = path.read_bytes()
    rng = random.Random(1)
    failed = 0
    for _ in range(60):
        place = rng.randrange(4, len(data))
        spoilt = rng.randbytes(20)
        path.write_bytes(data[:place] if rng.random() < 0.3 else data[:place] + spoilt + data[place + 20 :])
        try:
            read_table(path)
        except EvaluationError:
            failed += 1
    assert failed > 20


@pytest.mark.parametrize("rows", [[], [[None]], [["标题"], ["甲"]]])
def test_a_workbook_without_questions(rows: list[list[Any]], tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="没有问题列"):
        read_table(sheet_file(tmp_path, rows))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="请检查路径"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(EvaluationError, match="请检查路径"):
        read_table(tmp_path)
