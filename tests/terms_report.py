"""How well terms are mined, against what people found by reading: `python -m tests.terms_report [--texts FOLDER]`.

`golden/terms.jsonl` lists every term that two readers found in sixteen notes of the handbook, and `golden/terms_texts.jsonl` those of
five documents that may not stand here: for them defining sentences are given by their place in the squeezed text, and FOLDER
has to hold the documents. A row with `unsure` counts neither as found nor as missed; `strict` takes it for no term.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kbqa.notes.reading import read_note
from kbqa.terms.glossary import introduced, names_of
from kbqa.terms.mining import mine_terms
from kbqa.text import squeeze
from kbqa.types import Document, Term
from tests.overlap import plain

_GOLDEN = Path(__file__).parent / "golden"
_NOTES = Path(__file__).parents[1] / "corpus"
_ENOUGH = 0.6  # share of the longer one that two spans of a defining sentence have to share

Row = dict[str, Any]


@dataclass
class Figures:
    """Counts over some documents.

    Attributes:
        right, wrong, doubtful: mined terms that are terms, that are none, that readers were unsure of.
        found, missed: terms of the readers that were mined, that were not.
        defined, undefined: found terms with a defining sentence whose sentence was given, and was not.
    """

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    doubtful: int = 0
    found: int = 0
    missed: list[str] = field(default_factory=list)
    defined: int = 0
    undefined: list[str] = field(default_factory=list)
    aliases_right: int = 0
    aliases_wrong: list[str] = field(default_factory=list)
    by_origin: Counter[tuple[str, bool]] = field(default_factory=Counter)

    @property
    def precision(self) -> float:
        return self.right / max(self.right + len(self.wrong), 1)

    @property
    def strict_precision(self) -> float:
        return self.right / max(self.right + len(self.wrong) + self.doubtful, 1)

    @property
    def recall(self) -> float:
        return self.found / max(self.found + len(self.missed), 1)

    @property
    def definitions(self) -> float:
        """Share of the readers' terms with a defining sentence for which that sentence was mined."""
        return self.defined / max(self.defined + len(self.undefined), 1)

    @property
    def alias_precision(self) -> float:
        return self.aliases_right / max(self.aliases_right + len(self.aliases_wrong), 1)


def golden(name: str = "terms") -> list[Row]:
    return [json.loads(line) for line in (_GOLDEN / f"{name}.jsonl").read_text("utf-8").splitlines()]


def judge(rows: Iterable[Row], root: Path, figures: Figures | None = None) -> Figures:
    """Mine every document that the rows speak of and compare."""
    figures = figures or Figures()
    by_doc: dict[str, list[Row]] = {}
    for row in rows:
        by_doc.setdefault(row["doc"], []).append(row)
    for doc_id, judged in by_doc.items():
        document = read_note(root / doc_id, root).document
        assert document is not None, doc_id
        mined = [term for term in mine_terms([document]) if introduced(term)]
        _compare(document, mined, judged, plain(root / doc_id), figures)
    return figures


def _compare(document: Document, mined: list[Term], judged: list[Row], raw: str, figures: Figures) -> None:
    owner: dict[str, Row] = {}
    for row in sorted(judged, key=lambda row: "unsure" in row):
        for name in (row["name"], *row["aliases"]):
            owner.setdefault(squeeze(name), row)
    by_row: dict[int, list[Term]] = {}
    for term in mined:
        # A term is what its name says; that only one of its aliases is a term's does not make it right.
        row = owner.get(squeeze(term.name))
        if row is None:
            figures.wrong.append(f"{document.doc_id}: {term.name} [{term.origin}]")
            figures.by_origin[term.origin, False] += 1
            continue
        by_row.setdefault(id(row), []).append(term)
        if "unsure" in row:
            figures.doubtful += 1
            continue
        figures.right += 1
        figures.by_origin[term.origin, True] += 1
        known = {squeeze(name) for name in (row["name"], *row["aliases"])}
        for name in names_of(term)[1:]:
            if squeeze(name) in known or name in document.aliases:
                figures.aliases_right += 1
            else:
                figures.aliases_wrong.append(f"{document.doc_id}: {term.name} = {name}")
    for row in judged:
        if "unsure" in row:
            continue
        here = by_row.get(id(row), [])
        if not here:
            figures.missed.append(f"{document.doc_id}: {row['name']}")
        figures.found += bool(here)
        if row.get("definitions") or row.get("places"):
            if any(_same(document, term, row, raw) for term in here):
                figures.defined += 1
            else:
                figures.undefined.append(f"{document.doc_id}: {row['name']}")


def _same(document: Document, term: Term, row: Row, raw: str) -> bool:
    """Whether a term's defining sentence is one of those that the readers named."""
    if term.definition is None:
        return False
    quote = squeeze(document.text[term.definition[1] : term.definition[2]])
    at = raw.find(quote)
    ours = (at, at + len(quote))
    return any(_overlap(ours, theirs) >= _ENOUGH for theirs in _places(row, raw))


def _places(row: Row, raw: str) -> Iterator[tuple[int, int]]:
    yield from row.get("places", ())
    for sentence in row.get("definitions", ()):
        at = raw.find(squeeze(sentence))
        yield at, at + len(squeeze(sentence))


def _overlap(a: tuple[int, int], b: tuple[int, int]) -> float:
    shared = min(a[1], b[1]) - max(a[0], b[0])
    return shared / max(a[1] - a[0], b[1] - b[0], 1)


def show(label: str, figures: Figures) -> None:
    print(
        f"{label}: {figures.right} right, {len(figures.wrong)} wrong, {figures.doubtful} doubtful, {len(figures.missed)} missed\n"
        f"  terms: precision {figures.precision:.3f} (strict {figures.strict_precision:.3f}), recall {figures.recall:.3f}\n"
        f"  defining sentences: {figures.definitions:.3f} of {figures.defined + len(figures.undefined)}\n"
        f"  other names: precision {figures.alias_precision:.3f} of {figures.aliases_right + len(figures.aliases_wrong)}"
    )
    for origin in sorted({origin for origin, _ in figures.by_origin}):
        right, wrong = figures.by_origin[origin, True], figures.by_origin[origin, False]
        print(f"  {origin}: {right} of {right + wrong} right")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=Path, help="folder of the documents in terms_texts.jsonl")
    parser.add_argument("--list", action="store_true", help="name what is wrong or missed")
    arguments = parser.parse_args()
    parts = [("handbook", judge(golden(), _NOTES))]
    if arguments.texts:
        parts.append(("texts", judge(golden("terms_texts"), arguments.texts)))
        parts.append(("together", judge(golden("terms_texts"), arguments.texts, judge(golden(), _NOTES))))
    for label, figures in parts:
        show(label, figures)
    if arguments.list:
        for name in ("wrong", "missed", "undefined", "aliases_wrong"):
            print(f"\n{name}:", *getattr(parts[-1][1], name), sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
