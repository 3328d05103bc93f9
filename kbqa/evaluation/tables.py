"""Question sets as people keep them: CSV or Excel, one question a row, read into the same cases as JSONL.

A table is typed by hand or written by another tool, so reading is lenient in form (encoding, separator, spelling of the
headings, several ways to write a list) and strict in content: a row whose meaning is not plain is set aside with its
line number, because a misread expectation would judge the system wrongly and nobody would see it.

In RAGAS tables `answer` and `contexts` hold what some other system said and found. They are taken for the expectation
only where no column says it outright: `ground_truth` or `reference`, and `evidence` or `reference_contexts`.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbqa.errors import EvaluationError, UnreadableNote
from kbqa.evaluation.measures import normalise
from kbqa.evaluation.questions import Case, CaseFile
from kbqa.notes.decoding import decode
from kbqa.text import fold, sentence_spans, squeeze

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

Groups = tuple[tuple[str, ...], ...]

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
_NEEDED_ZH = "第一行要是表头，其中一列叫 question（或：问题、提问、query、user_input），每行一个问题。"
_NEEDED_EN = "The first row has to hold headings, one of them `question` (or 问题, 提问, query, user_input)."

_WHOLE_ROW = -1


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as text.

    Attributes:
        number: what a person sees beside the row, from 1, the headings counted; of several lines the first.
        flaws: column → why its cell cannot be used; `_WHOLE_ROW` for all of them.
    """

    number: int
    cells: tuple[str, ...] = ()
    flaws: dict[int, str] = field(default_factory=dict)


def read_table(path: Path) -> CaseFile:
    """Read a question set from CSV (comma or tab; UTF-8, UTF-16 or GB18030) or from the first filled sheet of an XLSX.

    Bad rows are set aside with the line number that a person sees, not fatal.

    Raises:
        EvaluationError: the file is missing, damaged, encrypted or in an old format, has no column of questions, or no
            usable row.
    """
    rows = [row for row in _rows(path) if row.flaws or any(row.cells)]
    columns = _columns(rows[0].cells) if rows else {}
    if not columns.get("question"):
        raise _no_questions(path, rows[0] if rows else _Row(1))
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
        raise _no_rows(path, bad)
    return CaseFile(tuple(cases), tuple(bad))


def _without_foreign_flaws(rows: Sequence[_Row], columns: dict[str, tuple[int, ...]]) -> Iterator[_Row]:
    """Rows without the flaws of columns that nothing is read from, and without those that are then empty."""
    used = {_WHOLE_ROW, *(column for places in columns.values() for column in places)}
    for row in rows:
        flaws = {column: why for column, why in row.flaws.items() if column in used}
        if flaws or any(row.cells):
            yield replace(row, flaws=flaws)


def _no_questions(path: Path, header: _Row) -> EvaluationError:
    found = "、".join(filter(None, (*header.cells, *header.flaws.values())))[:200]
    return EvaluationError(
        f"问题表 {path} 里没有问题列（表头：{found or '空'}）。{_NEEDED_ZH}",
        f"{path} has no column of questions (headings: {found or 'none'}). {_NEEDED_EN}",
    )


def _no_rows(path: Path, bad: Sequence[tuple[int, str]]) -> EvaluationError:
    first = f"第 {bad[0][0]} 行 line {bad[0][0]}: {bad[0][1]}" if bad else "表头下面没有行 nothing below the headings"
    return EvaluationError(
        f"问题表 {path} 里没有可用的行（{first}）。{_NEEDED_ZH}", f"No usable row in {path} ({first}). {_NEEDED_EN}"
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


# --- files to rows of text --------------------------------------------------------------------------------------------

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream of an Office file under a password


def _rows(path: Path) -> Iterator[_Row]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EvaluationError(
            f"读不了问题表 {path}（{error.strerror}）。请检查路径。",
            f"Cannot read {path}: {error.strerror}. Check the path.",
        ) from None
    if data.startswith(_OLE):
        raise _old_or_encrypted(path, _ENCRYPTED in data)
    if data.startswith(_ZIP):
        return _sheet_rows(path, data)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raise _damaged(path, "not a zip archive")
    lines = list(io.StringIO(_text(path, data), newline=""))
    return _records(lines, _delimiter(lines))


def _old_or_encrypted(path: Path, encrypted: bool) -> EvaluationError:
    if encrypted:
        return EvaluationError(
            f"问题表 {path} 加了密码。请在 Excel 里去掉密码，或另存为 CSV。",
            f"{path} is encrypted. Remove its password in Excel, or save it as CSV.",
        )
    return EvaluationError(
        f"问题表 {path} 是旧的 .xls 格式。请在 Excel 里另存为 .xlsx 或 CSV。",
        f"{path} is in the old .xls format. Save it as .xlsx or CSV.",
    )


def _damaged(path: Path, reason: str) -> EvaluationError:
    return EvaluationError(
        f"问题表 {path} 打不开，可能已损坏（{reason}）。请在 Excel 里重新另存为 .xlsx 或 CSV。{_NEEDED_ZH}",
        f"Cannot open {path}, it may be damaged ({reason}). Save it again as .xlsx or CSV. {_NEEDED_EN}",
    )


def _text(path: Path, data: bytes) -> str:
    try:
        return decode(data, path.name).text
    except UnreadableNote:
        raise EvaluationError(
            f"问题表 {path} 的编码无法辨认。请在 Excel 里另存为“CSV UTF-8”或 .xlsx。{_NEEDED_ZH}",
            f"{path} is in no known encoding. Save it as “CSV UTF-8” or .xlsx. {_NEEDED_EN}",
        ) from None


def _delimiter(lines: Sequence[str]) -> str:
    """Comma or tab: whichever makes more known headings out of the first row that has any; the comma on a tie."""

    def known(delimiter: str) -> int:
        header = next((row.cells for row in _records(lines, delimiter) if any(row.cells)), ())
        return sum(map(bool, _columns(header).values()))

    return max((",", "\t"), key=known)


_TOO_MANY = "格子比表头多，含分隔符的格子要加双引号 more cells than headings; quote cells that hold the separator"
_BAD_QUOTES = "这一行读不了：双引号不成对、位置不对，或格子太长 cannot be read as CSV"
_LOOSE = "像是上面那个坏行里的文字 looks like text of the bad row above"


def _records(lines: Sequence[str], delimiter: str) -> Iterator[_Row]:
    """Rows of a CSV.

    After a record with wrong quotes reading goes on at its second line, so that a quote left open costs no other row.
    Up to where the quotes went wrong only rows as wide as the headings count: what is not may be text of that record.
    """
    start = doubtful = width = 0
    while start < len(lines):
        reader = csv.reader(map(lines.__getitem__, range(start, len(lines))), delimiter=delimiter, strict=True)
        number = start + 1
        try:
            for record in reader:
                cells = tuple(map(_clean, record))
                width = width or (len(cells) if any(cells) else 0)
                yield _Row(number, cells, _misshapen(cells, width, number <= doubtful))
                number = start + reader.line_num + 1
            return
        except csv.Error as error:
            yield _Row(number, (), {_WHOLE_ROW: f"{_BAD_QUOTES}: {error}"})
            doubtful = max(doubtful, start + reader.line_num)
            start = number


def _misshapen(cells: Sequence[str], width: int, doubtful: bool) -> dict[int, str]:
    """The flaw of a row with more cells than headings, for a bare comma has moved them; of a doubtful one with fewer."""
    if any(cells[width:]):
        return {_WHOLE_ROW: _TOO_MANY}
    return {_WHOLE_ROW: _LOOSE} if doubtful and any(cells) and len(cells) < width else {}


def _clean(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n\u3000\u00a0\ufeff\u200b")


def _sheet_rows(path: Path, data: bytes) -> Iterator[_Row]:
    """Rows of the first visible sheet that holds anything, formulas by the values that Excel has stored for them."""
    try:
        from openpyxl import load_workbook

        values, formulas = (load_workbook(io.BytesIO(data), read_only=True, data_only=only) for only in (True, False))
        for sheet in values.worksheets:
            if sheet.sheet_state != "visible":
                continue
            twin = formulas[sheet.title]
            for each in (sheet, twin):
                each.reset_dimensions()  # other programs write wrong ones, and cells beyond them would be lost
            rows = [_sheet_row(*pair) for pair in enumerate(zip(sheet.rows, twin.rows, strict=True), 1)]
            if any(row.flaws or any(row.cells) for row in rows):
                return iter(rows)
    except Exception as error:  # openpyxl, zipfile and the XML parser fail in as many ways as files can be broken
        raise _damaged(path, f"{type(error).__name__}: {error}") from None
    return iter(())


def _sheet_row(number: int, pair: tuple[Sequence[Cell], Sequence[Cell]]) -> _Row:
    """A row from its cells as values and the same cells as formulas."""
    flaws: dict[int, str] = {}
    for column, (value, formula) in enumerate(zip(*pair, strict=True)):
        if value.data_type == "e":
            flaws[column] = f"公式出错 {value.value} the formula failed"
        elif value.value is None and formula.data_type == "f":
            flaws[column] = "公式没有算过，请在 Excel 里打开并保存 formula without a value; open and save it in Excel"
    return _Row(number, tuple("" if i in flaws else _cell_text(cell) for i, cell in enumerate(pair[0])), flaws)


def _cell_text(cell: Cell) -> str:
    """What a person reads in the cell, as near as its value tells: 3 for 3.0, 2024-01-02, 30% where so formatted."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if "%" in cell.number_format:
            return f"{value * 100:.12g}%"
        return f"{value:.0f}" if value == int(value) else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else _clean(str(value))


# --- rows to cases ----------------------------------------------------------------------------------------------------


def _case(row: _Row, columns: dict[str, tuple[int, ...]]) -> Case:
    """The case of a row.

    Raises:
        ValueError: a cell that counts cannot be understood.
    """
    if row.flaws:
        raise ValueError(next(iter(row.flaws.values())))
    cells = {
        name: next((row.cells[i] for i in places if i < len(row.cells) and row.cells[i]), "")
        for name, places in columns.items()
    }
    if not cells["question"]:
        raise ValueError("没有问题 no question")
    return Case(
        id=cells["id"] or f"row{row.number}",
        question=cells["question"],
        type=cells["type"],
        history=_history(cells["history"]),
        answerable=_answerable(cells["answerable"]),
        evidence=_groups(cells["evidence"], _quotes, _exactly) or _groups(cells["contexts"], _quotes, _fragments),
        nuggets=_groups(cells["nuggets"], _nugget_lines, _synonyms, _exactly) or _sentences(cells["expected"]),
        note=cells["note"],
        sources=tuple(source for group in _groups(cells["sources"], _source_names, _exactly) for source in group),
    )


_ANSWERABLE = {
    **dict.fromkeys(("true", "是", "1", "10", "yes", "y", "可答", "能"), True),  # 10: 1.0 without its point
    **dict.fromkeys(("false", "否", "0", "00", "no", "n", "不可答", "不能"), False),
}


def _answerable(cell: str) -> bool:
    if cell and squeeze(cell) not in _ANSWERABLE:
        raise ValueError(f"可答一列只能是 是/否、true/false 或 1/0 answerable has to be true or false: {cell[:40]}")
    return _ANSWERABLE.get(squeeze(cell), True)


def _history(cell: str) -> tuple[dict[str, str], ...]:
    if not cell:
        return ()
    turns = _listed(cell)
    if turns is None or not all(map(_is_turn, turns)):
        raise ValueError('历史要写成 history has to be [{"role": "user" | "assistant", "content": "…"}, …]')
    return tuple({"role": turn["role"], "content": turn["content"]} for turn in turns)


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, dict) and turn.get("role") in ("user", "assistant") and isinstance(turn.get("content"), str)


_LOOKS_LISTED = re.compile("\\[\\s*[\"'\u201c\u201d\u2018\u2019\\[\\]{].*\\]|\\[\\s*\\]", re.DOTALL)


def _listed(cell: str) -> list[Any] | None:
    """The list that a cell spells in JSON or Python, None if it is plain text.

    Raises:
        ValueError: meant as a list, but not one.
    """
    if not _LOOKS_LISTED.fullmatch(cell):
        return None
    try:
        try:
            values = json.loads(cell)
        except ValueError:
            values = _python_list(cell)
        json.dumps(values, ensure_ascii=False).encode()  # nothing in it that no report could be written with
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"不是有效的列表（JSON 或 Python）not a list in JSON or Python: {cell[:40]}") from None
    return list(values)


def _python_list(cell: str) -> Any:
    """A Python list, or a NumPy array as pandas writes it: without commas, which Python would read as one string."""
    values = ast.literal_eval(cell)
    if all(isinstance(value, str) for value in values):
        tokens = tokenize.generate_tokens(io.StringIO(cell).readline)
        return [ast.literal_eval(token.string) for token in tokens if token.type == tokenize.STRING]
    return values


def _groups(
    cell: str,
    split: Callable[[str], list[str]],
    alternatives: Callable[[str], tuple[str, ...]],
    listed: Callable[[str], tuple[str, ...]] | None = None,
) -> Groups:
    """Groups of alternative strings; those that fold to nothing are left out, for they could never be found.

    Args:
        split: plain text to items; a list has its own.
        alternatives: what one item may be found as.
        listed: the same for the items of a list, if they are to be taken otherwise.

    Raises:
        ValueError: a list of something else than strings and lists of them.
    """
    items = _listed(cell)
    if items is None:
        items = split(cell)
    else:
        alternatives = listed or alternatives
    groups = (tuple(a for text in _strings(item) for a in alternatives(text) if normalise(a)) for item in items)
    return tuple(filter(None, groups))


def _strings(item: Any) -> list[str]:
    values = item if isinstance(item, list | tuple) else [item]
    if not all(isinstance(value, str | int | float) for value in values):
        raise ValueError(f"列表里只能有文字 a list may hold strings only: {str(item)[:40]}")
    return [str(value).strip() for value in values]


def _exactly(text: str) -> tuple[str, ...]:
    return (text,)


def _quotes(cell: str) -> list[str]:
    """Parted by `|`; a Markdown table is one quote."""
    return [cell] if cell.lstrip().startswith("|") or "\n|" in cell else re.split(r"[|｜]", cell)


def _source_names(cell: str) -> list[str]:
    return [name.strip() for name in re.split(r"[|｜\n;；]", cell)]


_LIST_MARK = re.compile(r"\s*(?:#+\s|[-*•·]\s*|[①-⑳]\s*|[(（]\d{1,2}[)）]\s*|\d{1,2}[.．、)）](?!\d)\s*)")


def _unmarked(text: str) -> str:
    """Without the bullet or number that it has in a list."""
    return _LIST_MARK.sub("", text, count=1) if _LIST_MARK.match(text) else text


def _nugget_lines(cell: str) -> list[str]:
    return [_unmarked(line).strip() for line in re.split(r"[|｜\n]", cell)]


# 或 inside other words joins nothing; between digits a slash is a fraction or a date.
_SLASH = r"(?<!\d)[/／]|[/／](?!\d)"
_OR = r"(?<![可间抑即倘])或(?![许多少缺然更])(?:者|是)?"
_BETWEEN = re.compile(rf"(\s*(?:{_SLASH}|{_OR})\s*)")
_BETWEEN_CLAUSES = re.compile(rf"(\s*(?:{_SLASH})\s*)")
_CLAUSE_END = re.compile(r"[，、；：,;:]")


def _synonyms(nugget: str) -> tuple[str, ...]:
    """Alternatives parted by / or 或, where that is what these stand for.

    An alternative that is too easily found flatters, so parts of one character (A/B测试, 元/月) and the two sides of a
    division (转化率=转化数/点击数) stay together, and in a nugget of several clauses 或 is a word like any other.
    """
    between = _BETWEEN_CLAUSES if _CLAUSE_END.search(nugget) else _BETWEEN
    parts = between.split(nugget)
    if len({"=" in fold(part) for part in parts[::2]}) > 1:
        return (nugget,)
    found = [parts[0]]
    for mark, part in zip(parts[1::2], parts[2::2], strict=True):
        if min(len(squeeze(found[-1])), len(squeeze(part))) > 1:
            found.append(part)
        else:
            found[-1] += mark + part
    return tuple(found)


_FRAGMENT = (8, 40)  # characters of a quote: fewer stand in any text, more seldom stand in one passage


def _sentences(cell: str) -> Groups:
    """An expected answer as nuggets, one a sentence; a lone 是 or 否 would be found in any answer."""
    text = "\n".join(s for item in _listed(cell) or [cell] for s in _strings(item))
    sentences = (_unmarked(text[start:end]) for start, end in sentence_spans(text))
    return tuple((sentence,) for sentence in sentences if len(normalise(sentence)) > 1)


def _fragments(passage: str) -> tuple[str, ...]:
    """Quotes of 8 to 40 characters, one a sentence, by which a passage is known again however it was cut."""
    sentences = (_unmarked(passage[start:end]) for start, end in sentence_spans(passage))
    long_enough = (sentence for sentence in sentences if len(normalise(sentence)) >= _FRAGMENT[0])
    return tuple(map(_shortened, long_enough)) or (_shortened(passage),)


def _shortened(sentence: str) -> str:
    """The start of a sentence, up to the last clause end within 40 characters."""
    least, most = _FRAGMENT
    if len(normalise(sentence)) <= most:
        return sentence
    ends = [match.end() for match in _CLAUSE_END.finditer(sentence, 0, most)]
    usable = [end for end in (*ends[::-1], most) if len(normalise(sentence[:end])) >= least]
    return sentence[: usable[0]] if usable else sentence
