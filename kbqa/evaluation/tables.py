"""Question sets as people keep them: CSV or Excel, one question a row, read into the same cases as JSONL.

A table is typed by hand or written by another tool, so reading is lenient in form (encoding, separator, spelling of the
headings, several ways to write a list) and strict in content: a row whose meaning is not plain is set aside with its
line number, because a misread expectation would judge the system wrongly and nobody would see it.

In RAGAS tables `answer` and `contexts` hold what some other system said and found. They are taken for the expectation
only where no column says it outright: `ground_truth` or `reference`, and `evidence` or `reference_contexts`.

Here stand the headings and which rows count; `table_rows` makes rows out of files, `table_cells` cases out of cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from kbqa.errors import EvaluationError
from kbqa.evaluation.questions import Case, CaseFile
from kbqa.evaluation.table_cells import case_of
from kbqa.evaluation.table_rows import NEEDED_EN, NEEDED_ZH, WHOLE_ROW, Row, read_rows
from kbqa.text import fold, squeeze

# Field → headings in squeezed form. A later tier counts only if the table has no heading of an earlier one.
_HEADINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "id": (("id", "questionid", "编号", "序号"),),
    "question": (("question", "问题", "提问", "query", "userinput"),),
    "type": (("type", "questiontype", "类型", "问题类型", "题型"),),
    "history": (("history", "历史", "对话历史"),),
    "answerable": (("answerable", "可答", "是否可答"),),
    "nuggets": (("nuggets", "nugget", "要点"),),
    "expected": (
        ("groundtruth", "groundtruths", "reference", "expected", "expectedanswer", "标准答案", "参考答案", "期望答案"),
        ("answer", "答案"),
    ),
    "evidence": (("evidence", "证据"),),
    "contexts": (("referencecontexts", "groundtruthcontexts"), ("contexts", "context", "上下文")),
    "sources": (("sources", "source", "来源"),),
    "note": (("note", "notes", "备注"),),
}


def read_table(path: Path, name: str = "") -> CaseFile:
    """Read a question set from CSV (comma or tab; UTF-8, UTF-16 or GB18030) or from the first filled sheet of an XLSX.

    Bad rows are set aside with the line number that a person sees, not fatal.

    Args:
        name: what messages call the file; its path by default.

    Raises:
        EvaluationError: the file is missing, damaged, encrypted or in an old format, has no column of questions, or no
            usable row.
    """
    name = name or str(path)
    rows = list(read_rows(path, name, lambda header: sum(map(bool, _columns(header).values()))))
    columns = _columns(rows[0].cells) if rows else {}
    if not columns.get("question"):
        raise _no_questions(name, rows[0] if rows else Row(1))
    cases: list[Case] = []
    bad: list[tuple[int, str]] = []
    seen: set[str] = set()
    for row in _without_foreign_flaws(rows[1:], columns):
        try:
            case = _case(row, columns)
            if case.id in seen:
                raise ValueError(f"编号 {case.id} 重复 the id stands twice")
        except ValueError as error:
            bad.append((row.number, str(error)))
        else:
            seen.add(case.id)
            cases.append(case)
    if not cases:
        raise _no_rows(name, bad)
    return CaseFile(tuple(cases), tuple(bad))


def _without_foreign_flaws(rows: Sequence[Row], columns: dict[str, tuple[int, ...]]) -> Iterator[Row]:
    """Rows without the flaws of columns that nothing is read from, and without those that are then empty."""
    used = {WHOLE_ROW, *(column for places in columns.values() for column in places)}
    for row in rows:
        flaws = {column: why for column, why in row.flaws.items() if column in used}
        if (kept := replace(row, flaws=flaws)).filled:
            yield kept


def _no_questions(name: str, header: Row) -> EvaluationError:
    found = "、".join(filter(None, (*header.cells, *header.flaws.values())))[:200]
    return EvaluationError(
        f"问题表 {name} 里没有问题列（表头：{found or '空'}）。{NEEDED_ZH}",
        f"{name} has no column of questions (headings: {found or 'none'}). {NEEDED_EN}",
    )


def _no_rows(name: str, bad: Sequence[tuple[int, str]]) -> EvaluationError:
    first = f"第 {bad[0][0]} 行 line {bad[0][0]}: {bad[0][1]}" if bad else "表头下面没有行 nothing below the headings"
    return EvaluationError(
        f"问题表 {name} 里没有可用的行（{first}）。{NEEDED_ZH}", f"No usable row in {name} ({first}). {NEEDED_EN}"
    )


def _columns(header: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Field → the columns that hold it, best first. Case, width, spaces, marks and bracketed remarks do not matter."""
    keys = [squeeze(re.sub(r"\(.*?\)|\[.*?\]", "", fold(name))) for name in header]
    places: dict[str, tuple[int, ...]] = {}
    for name, tiers in _HEADINGS.items():
        found = (tuple(i for heading in tier for i, key in enumerate(keys) if key == heading) for tier in tiers)
        places[name] = next(filter(None, found), ())
    if places["evidence"]:
        places["contexts"] = ()
    return places


def _case(row: Row, columns: dict[str, tuple[int, ...]]) -> Case:
    """The case of a row; of several columns for one field, the first with something in it counts.

    Raises:
        ValueError: it has a flaw, or a cell that counts cannot be understood.
    """
    if row.flaws:
        raise ValueError(next(iter(row.flaws.values())))
    cells = {
        name: next((row.cells[i] for i in places if i < len(row.cells) and row.cells[i]), "")
        for name, places in columns.items()
    }
    return case_of(row.number, cells)
