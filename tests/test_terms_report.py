"""Mining against what people found by reading; the figures are printed with `pytest -s`, or by `python -m tests.terms_report`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terms_report import Figures, golden, judge, show

_NOTES = Path(__file__).parents[1] / "corpus"


@pytest.fixture(scope="module")
def figures() -> Figures:
    return judge(golden(), _NOTES)


def test_terms_are_mined_as_people_find_them(figures: Figures, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print()
        show("terms mined from the handbook", figures)
    assert figures.precision >= 0.95
    assert figures.recall >= 0.90
    assert figures.definitions >= 0.90
    assert figures.alias_precision >= 0.95


def test_the_golden_list_is_large_and_stands_in_the_notes() -> None:
    """A note that is edited shows here which judgements quoted it."""
    rows = golden()
    assert sum("unsure" not in row for row in rows) >= 150
    texts = {row["doc"]: (_NOTES / row["doc"]).read_text("utf-8") for row in rows}
    cells = {doc: text.replace("| ", "").replace(" |", "") for doc, text in texts.items()}
    gone = [
        (row["doc"], quote)
        for row in rows
        for quote in row["definitions"]
        if quote not in texts[row["doc"]] and quote.replace(" | ", " ") not in cells[row["doc"]].replace("  ", " ")
    ]
    assert gone == []


def test_what_is_not_in_the_list_is_wrong() -> None:
    """The measure can fail: with half of the list, half of what is mined counts as wrong."""
    rows = golden()
    doc = rows[0]["doc"]
    here = [row for row in rows if row["doc"] == doc]
    whole, half = judge(here, _NOTES), judge(here[::2], _NOTES)
    assert half.precision < 0.8 < whole.precision


def test_texts_that_may_not_stand_here_are_judged_by_place() -> None:
    """Their list holds names and offsets, never a sentence."""
    rows = golden("terms_texts")
    assert len(rows) >= 150
    assert {key for row in rows for key in row} <= {"doc", "name", "aliases", "places", "unsure"}
    assert max(len(name) for row in rows for name in (row["name"], *row["aliases"])) <= 40
