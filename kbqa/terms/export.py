"""The glossary as a table for people: CSV for a spreadsheet, Markdown for a repository."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from itertools import groupby

from kbqa.terms.lookup import pinyin_of
from kbqa.text import fold, squeeze, unexecuted
from kbqa.types import Document, Place, Term

COLUMNS = (
    "name", "aliases", "english", "pinyin", "definition", "formula", "confusable", "related", "origin", "sure", "source",
)  # fmt: skip

Row = dict[str, str]


def rows(terms: Iterable[Term], document: Callable[[str], Document]) -> list[Row]:
    """One row a term with every column of `COLUMNS`, ordered by pinyin; quotes are cut from the documents."""

    def quote(place: Place | None) -> str:
        return document(place[0]).text[place[1] : place[2]].replace("\n", " ") if place else ""

    def where(place: Place | None) -> str:
        return f"{place[0]}:{document(place[0]).line_at(place[1])}" if place else ""

    table = [
        {
            "name": term.name, "aliases": "、".join(term.aliases), "english": "、".join(term.english),
            "pinyin": "".join(pinyin_of(squeeze(term.name))) or fold(term.name), "definition": quote(term.definition),
            "formula": quote(term.formula), "confusable": "、".join(term.confusable), "related": "、".join(term.related),
            "origin": term.origin, "sure": f"{term.sure:.2f}", "source": where(term.source),
        }
        for term in terms
    ]  # fmt: skip
    return sorted(table, key=lambda row: (row["pinyin"], row["name"]))


def to_csv(table: Iterable[Row]) -> str:
    """CSV with a header; a cell that a spreadsheet would compute is marked as text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in table:
        writer.writerow({key: unexecuted(cell) for key, cell in row.items()})
    return out.getvalue()


def to_markdown(table: Iterable[Row], title: str) -> str:
    """A page with a section a letter and an entry a term: other names, definition with its source, formula, neighbours."""
    parts = [f"# {title}\n"]
    for letter, group in groupby(table, key=lambda row: row["pinyin"][:1].upper()):
        parts.append(f"\n## {letter}\n")
        parts += [_entry(row) for row in group]
    return "".join(parts)


def _entry(row: Row) -> str:
    others = "、".join(filter(None, (row["aliases"], row["english"])))
    said = row["definition"]
    facts = [said and f"{said}（{row['source']}）", row["formula"] if row["formula"] != said else ""]
    facts += [f"{label}：{row[key]}" for key, label in (("confusable", "易混"), ("related", "相关")) if row[key]]
    lines = [f"- {_escaped(fact)}\n" for fact in facts if fact]
    return f"\n**{_escaped(row['name'])}**{f'（{_escaped(others)}）' if others else ''}\n\n" + "".join(lines)


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|&~])", r"\\\1", text)
