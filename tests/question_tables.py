"""Writing question tables for the tests of everything that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook


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
