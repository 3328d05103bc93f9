"""Files to rows: broken quotes, what Excel stores, and files that cannot be read."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from kbqa.errors import EvaluationError
from kbqa.evaluation.questions import Case, CaseFile
from kbqa.evaluation.tables import read_table
from tests.question_tables import csv_file, sheet_file

# --- bad rows ---------------------------------------------------------------------------------------------------------


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


def test_a_sheet_that_claims_millions_of_rows_and_columns(tmp_path: Path) -> None:
    """Rows beyond what Excel has and columns beyond any that are named do not count, so a small file stays small work."""
    path = sheet_file(tmp_path, [["question", "note"], ["甲", "记"]])
    data = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():
            far = b'<row r="3"><c r="ZZZ3"/></row><row r="4000000000"><c r="A4000000000" t="n"><v>1</v></c></row></sheetData>'
            new.writestr(name, old.read(name).replace(b"</sheetData>", far))
    path.write_bytes(data.getvalue())
    assert read_table(path) == CaseFile((Case("row2", "甲", note="记"),), ())


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
