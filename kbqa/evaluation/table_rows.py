"""Question tables as rows of text, from CSV or a workbook, each with the number that a person sees beside it.

Lenient in form: encoding, separator, line ends, values of formulas. A row that cannot be read for sure carries its flaw
instead of a guess, and one bad row costs no other.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kbqa.errors import EvaluationError, UnreadableNote
from kbqa.notes.decoding import decode

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

NEEDED_ZH = "第一行要是表头，其中一列叫 question（或：问题、提问、query、user_input），每行一个问题。"
NEEDED_EN = "The first row has to hold headings, one of them `question` (or 问题, 提问, query, user_input)."
WHOLE_ROW = -1
_SHEET = (1_048_576, 256)  # rows that Excel has, columns beyond any that are named; a file can claim millions of both


@dataclass(frozen=True, slots=True)
class Row:
    """A row as text.

    Attributes:
        number: what a person sees beside the row, from 1, the headings counted; of several lines the first.
        flaws: column → why its cell cannot be used; `WHOLE_ROW` for all of them.
    """

    number: int
    cells: tuple[str, ...] = ()
    flaws: dict[int, str] = field(default_factory=dict)

    @property
    def filled(self) -> bool:
        return bool(self.flaws) or any(self.cells)


def read_rows(path: Path, name: str, known: Callable[[Sequence[str]], int]) -> Iterator[Row]:
    """The rows of a table with anything in them.

    Args:
        name: what messages call the file.
        known: how many of these cells are headings that one knows; it tells comma from tab.

    Raises:
        EvaluationError: the file is missing, damaged, encrypted, in an old format or in no known encoding.
    """
    return (row for row in _rows(path, name, known) if row.filled)


_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream of an Office file under a password


def _rows(path: Path, name: str, known: Callable[[Sequence[str]], int]) -> Iterator[Row]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise EvaluationError(
            f"读不了问题表 {name}（{error.strerror}）。请检查路径。",
            f"Cannot read {name}: {error.strerror}. Check the path.",
        ) from None
    if data.startswith(_OLE):
        raise _old_or_encrypted(name, _ENCRYPTED in data)
    if data.startswith(_ZIP):
        return _sheet_rows(name, data)
    if Path(name).suffix.lower() in (".xlsx", ".xlsm"):
        raise _damaged(name, "not a zip archive")
    lines = list(io.StringIO(_text(name, data), newline=""))
    return _records(lines, _delimiter(lines, known))


def _old_or_encrypted(name: str, encrypted: bool) -> EvaluationError:
    if encrypted:
        return EvaluationError(
            f"问题表 {name} 加了密码。请在 Excel 里去掉密码，或另存为 CSV。",
            f"{name} is encrypted. Remove its password in Excel, or save it as CSV.",
        )
    return EvaluationError(
        f"问题表 {name} 是旧的 .xls 格式。请在 Excel 里另存为 .xlsx 或 CSV。",
        f"{name} is in the old .xls format. Save it as .xlsx or CSV.",
    )


def _damaged(name: str, reason: str) -> EvaluationError:
    return EvaluationError(
        f"问题表 {name} 打不开，可能已损坏（{reason}）。请在 Excel 里重新另存为 .xlsx 或 CSV。{NEEDED_ZH}",
        f"Cannot open {name}, it may be damaged ({reason}). Save it again as .xlsx or CSV. {NEEDED_EN}",
    )


def _text(name: str, data: bytes) -> str:
    try:
        return decode(data, name).text
    except UnreadableNote:
        raise EvaluationError(
            f"问题表 {name} 的编码无法辨认。请在 Excel 里另存为“CSV UTF-8”或 .xlsx。{NEEDED_ZH}",
            f"{name} is in no known encoding. Save it as “CSV UTF-8” or .xlsx. {NEEDED_EN}",
        ) from None


def _delimiter(lines: Sequence[str], known: Callable[[Sequence[str]], int]) -> str:
    """Comma or tab: whichever makes more known headings out of the first row that has any; the comma on a tie."""

    def header(delimiter: str) -> Sequence[str]:
        return next((row.cells for row in _records(lines, delimiter) if any(row.cells)), ())

    return max((",", "\t"), key=lambda delimiter: known(header(delimiter)))


_TOO_MANY = "格子比表头多，含分隔符的格子要加双引号 more cells than headings; quote cells that hold the separator"
_BAD_QUOTES = "这一行读不了：双引号不成对、位置不对，或格子太长 cannot be read as CSV"
_LOOSE = "像是上面那个坏行里的文字 looks like text of the bad row above"


def _records(lines: Sequence[str], delimiter: str) -> Iterator[Row]:
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
                yield Row(number, cells, _misshapen(cells, width, number <= doubtful))
                number = start + reader.line_num + 1
            return
        except csv.Error as error:
            yield Row(number, (), {WHOLE_ROW: f"{_BAD_QUOTES}: {error}"})
            doubtful = max(doubtful, start + reader.line_num)
            start = number


def _misshapen(cells: Sequence[str], width: int, doubtful: bool) -> dict[int, str]:
    """The flaw of a row with more cells than headings, for a bare comma has moved them; of a doubtful one with fewer."""
    if any(cells[width:]):
        return {WHOLE_ROW: _TOO_MANY}
    return {WHOLE_ROW: _LOOSE} if doubtful and any(cells) and len(cells) < width else {}


def _clean(cell: str) -> str:
    return cell.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n\u3000\u00a0\ufeff\u200b")


def _sheet_rows(name: str, data: bytes) -> Iterator[Row]:
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
            numbered = enumerate(islice(zip(sheet.rows, twin.rows, strict=True), _SHEET[0]), 1)
            if rows := [row for number, pair in numbered if pair[0] and (row := _sheet_row(number, pair)).filled]:
                return iter(rows)
    except Exception as error:  # openpyxl, zipfile and the XML parser fail in as many ways as files can be broken
        raise _damaged(name, f"{type(error).__name__}: {error}") from None
    return iter(())


def _sheet_row(number: int, pair: tuple[Sequence[Cell], Sequence[Cell]]) -> Row:
    """A row from its cells as values and the same cells as formulas."""
    flaws: dict[int, str] = {}
    values, formulas = (cells[: _SHEET[1]] for cells in pair)
    for column, (value, formula) in enumerate(zip(values, formulas, strict=True)):
        if value.data_type == "e":
            flaws[column] = f"公式出错 {value.value} the formula failed"
        elif value.value is None and formula.data_type == "f":
            flaws[column] = "公式没有算过，请在 Excel 里打开并保存 formula without a value; open and save it in Excel"
    return Row(number, tuple("" if i in flaws else _cell_text(cell) for i, cell in enumerate(values)), flaws)


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
