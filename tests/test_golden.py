"""The judged questions over the handbook are sound: every quote and every fact stands in the notes they name.

A judgement that quotes a sentence nobody wrote would count right answers as wrong, silently. Whoever edits a note sees
here which questions quoted the sentence he changed.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from kbqa.evaluation.measures import normalise
from kbqa.evaluation.questions import read_cases
from kbqa.notes.reading import note_paths, read_note
from kbqa.text import is_english

_QUESTIONS = Path(__file__).parent / "golden" / "handbook.jsonl"
_NOTES = Path(__file__).parents[1] / "corpus"
_FIELDS = ["id", "question", "type", "history", "answerable", "sources", "evidence", "nuggets", "note"]
_AT_LEAST = {
    "definition": 15, "list": 15, "howto": 15, "formula": 10, "fact": 12, "compare": 8, "why": 8, "colloquial": 15,
    "typo": 8, "synonym": 8, "english": 12, "traditional": 4, "followup": 10, "unanswerable": 45,
}  # fmt: skip
_REFUSALS_AT_LEAST = {"near": 20, "domain": 12, "off": 13}
_QUOTE_LENGTH = range(8, 41)
_QUESTIONS_A_NOTE = 5

Row = dict[str, Any]


def _rows() -> list[Row]:
    return [json.loads(line) for line in _QUESTIONS.read_text(encoding="utf-8").splitlines()]


_ROWS = _rows()
_ANSWERABLE = [row for row in _ROWS if row["answerable"]]
_UNANSWERABLE = [row for row in _ROWS if not row["answerable"]]


@pytest.fixture(scope="module")
def blocks() -> dict[str, list[str]]:
    """Note → its lines as they are compared; a line is a paragraph, a list item or a table row."""
    readings = (read_note(path, _NOTES).document for path in note_paths(_NOTES))
    return {note.doc_id: [normalise(line) for line in note.text.split("\n")] for note in readings if note}


def _stands(quote: str, lines: list[str]) -> bool:
    wanted = normalise(quote)
    return bool(wanted) and any(wanted in line for line in lines)


def _named(row: Row, blocks: dict[str, list[str]]) -> list[str]:
    return [line for source in row["sources"] for line in blocks[source]]


def test_the_loader_takes_every_row() -> None:
    loaded = read_cases(_QUESTIONS)
    assert loaded.bad_rows == ()
    assert [case.id for case in loaded.cases] == [row["id"] for row in _ROWS]


def test_rows_have_the_agreed_fields() -> None:
    assert [row["id"] for row in _ROWS if list(row) != _FIELDS] == []


def test_ids_run_without_a_gap() -> None:
    assert [row["id"] for row in _ROWS] == [f"h{number:03}" for number in range(1, len(_ROWS) + 1)]


def test_no_question_is_asked_twice() -> None:
    """Two rows of one wording would weigh it double; the same words after another conversation are another question."""
    asked = Counter((normalise(row["question"]) or row["question"], str(row["history"])) for row in _ROWS)
    assert [words for words, count in asked.items() if count > 1] == []


def test_every_type_is_there_in_number() -> None:
    counts = Counter(row["type"] for row in _ROWS)
    assert set(counts) == set(_AT_LEAST)
    assert {kind: counts[kind] for kind in counts if counts[kind] < _AT_LEAST[kind]} == {}


def test_every_kind_of_refusal_is_there_in_number() -> None:
    counts = Counter(row["note"] for row in _UNANSWERABLE)
    assert set(counts) == set(_REFUSALS_AT_LEAST)
    assert {kind: counts[kind] for kind in counts if counts[kind] < _REFUSALS_AT_LEAST[kind]} == {}


def test_unanswerable_rows_carry_no_judgement() -> None:
    assert [row["id"] for row in _UNANSWERABLE if row["sources"] or row["evidence"] or row["nuggets"]] == []
    assert {row["type"] for row in _UNANSWERABLE} == {"unanswerable"}


def test_answerable_rows_carry_a_judgement() -> None:
    bare = [r["id"] for r in _ANSWERABLE if not (r["sources"] and r["evidence"] and 1 <= len(r["nuggets"]) <= 5)]
    assert bare == []
    assert [row["id"] for row in _ANSWERABLE if not all([*row["evidence"], *row["nuggets"]])] == []


def test_the_questions_reach_every_note() -> None:
    asked = Counter(source for row in _ANSWERABLE for source in row["sources"])
    assert {source: count for source, count in asked.items() if count < _QUESTIONS_A_NOTE} == {}
    assert len(asked) >= 45


@pytest.mark.parametrize("row", _ANSWERABLE, ids=lambda row: row["id"])
def test_evidence_stands_in_one_block_of_a_named_note(row: Row, blocks: dict[str, list[str]]) -> None:
    quotes = [quote for group in row["evidence"] for quote in group]
    assert [quote for quote in quotes if not _stands(quote, _named(row, blocks))] == []
    assert [quote for quote in quotes if len(quote) not in _QUOTE_LENGTH] == []


@pytest.mark.parametrize("row", _ANSWERABLE, ids=lambda row: row["id"])
def test_every_named_note_supports_its_question(row: Row, blocks: dict[str, list[str]]) -> None:
    quotes = [quote for group in row["evidence"] for quote in group]
    idle = [source for source in row["sources"] if not any(_stands(quote, blocks[source]) for quote in quotes)]
    assert idle == []


@pytest.mark.parametrize("row", _ANSWERABLE, ids=lambda row: row["id"])
def test_nuggets_are_words_of_the_notes(row: Row, blocks: dict[str, list[str]]) -> None:
    named, every = _named(row, blocks), [line for lines in blocks.values() for line in lines]
    assert [nugget for nugget in row["nuggets"] if not any(_stands(form, named) for form in nugget)] == []
    assert [form for nugget in row["nuggets"] for form in nugget if not _stands(form, every)] == []


def test_history_is_a_conversation_that_ends_with_an_answer() -> None:
    """A follow-up comes after something said; other questions stand alone."""
    for row in _ROWS:
        turns = [turn["role"] for turn in row["history"]]
        assert turns == ["user", "assistant"] * (len(turns) // 2), row["id"]
        assert all(turn["content"].strip() for turn in row["history"]), row["id"]
        assert bool(turns) == (row["type"] == "followup") or row["type"] == "unanswerable", row["id"]


def test_english_questions_are_english() -> None:
    english = [row for row in _ROWS if row["type"] == "english"]
    assert [row["id"] for row in english if not is_english(row["question"])] == []


def test_no_question_is_a_heading_of_its_notes() -> None:
    """Who asks in the words of a heading tests the table of contents, not the search."""
    for row in _ANSWERABLE:
        lines = "\n".join((_NOTES / source).read_text(encoding="utf-8") for source in row["sources"]).splitlines()
        assert normalise(row["question"]) not in {normalise(line) for line in lines if line.startswith("#")}, row["id"]
