"""The folders of pasted, scraped and exported notes with their questions: eleven of one kind and outlines to fit on, two to judge by.

A judgement is sound if its quotes and facts stand in the documents; what is judged by is not fitted on.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from kbqa.evaluation.measures import normalise
from kbqa.evaluation.questions import read_cases
from kbqa.notes.reading import note_paths, read_note
from kbqa.training.own import read_own

_HERE = Path(__file__).parent
_JUDGED = sorted(path.parent for path in (_HERE / "golden" / "folders").glob("*/questions.jsonl"))
_FITTED = sorted(path.parent for path in (_HERE.parent / "kbqa/training/data/folders").glob("*/questions.jsonl"))
_FOLDERS = [*_FITTED, *_JUDGED]
_TYPES = {
    "definition": 6, "list": 6, "howto": 6, "formula": 3, "fact": 7, "compare": 4, "why": 4, "english": 6, "colloquial": 9, "typo": 3,
    "synonym": 5, "followup": 4, "traditional": 2, "unanswerable": 24,
}  # fmt: skip
_OF_OUTLINES = {
    "definition": 6, "list": 10, "howto": 5, "formula": 2, "fact": 6, "compare": 2, "why": 2, "english": 2, "colloquial": 2, "typo": 1,
    "synonym": 3, "followup": 3, "traditional": 1, "unanswerable": 20,
}  # fmt: skip
_MISSES = ("near", "domain", "off", "boilerplate-trap")
_OF_FOUR_NOTES = {
    "definition": 8, "list": 9, "howto": 8, "formula": 3, "fact": 8, "compare": 4, "why": 4, "english": 6, "colloquial": 7, "typo": 3,
    "synonym": 4, "followup": 4, "traditional": 2, "unanswerable": 40,
}  # fmt: skip


def _rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()]


def _texts(folder: Path) -> dict[str, str]:
    """Note → what a reader sees of it and what stands in the file, both as they are compared."""
    notes = folder / "notes"
    readings = {path.name: read_note(path, notes).document for path in note_paths(notes)}
    return {
        name: normalise(note.text) + normalise((notes / name).read_text(encoding="utf-8"))
        for name, note in readings.items()
        if note
    }


def test_which_there_are() -> None:
    assert [folder.name for folder in _FITTED] == [
        "ads", "app", "basics", "content", "edu", "growth", "outlines", "retail", "retention", "saas", "shop", "teams",
    ]  # fmt: skip
    assert [folder.name for folder in _JUDGED] == ["community", "product"]


@pytest.mark.parametrize("folder", _FOLDERS, ids=lambda folder: folder.name)
def test_questions_are_sound(folder: Path) -> None:
    """Every row loads; quotes stand in a note that the row names, facts in some note; the types come in equal numbers."""
    loaded, rows, texts = read_cases(folder / "questions.jsonl"), _rows(folder), _texts(folder)
    types = _OF_OUTLINES if folder.name == "outlines" else _OF_FOUR_NOTES if len(texts) == 4 else _TYPES
    assert loaded.bad_rows == () and len(loaded.cases) == len(rows) and len(texts) in (4, 5)
    assert Counter(row["type"] for row in rows) == types
    for row in rows:
        if not row.get("answerable", True):
            assert not row.get("evidence") and row["note"].split(";")[0] in _MISSES, row["id"]
            continue
        assert row["evidence"] and row["nuggets"], row["id"]
        for group in row["evidence"]:
            assert any(normalise(quote) in texts[source] for quote in group for source in row["sources"]), row["id"]
        for fact in row["nuggets"]:
            assert any(normalise(wording) in text for wording in fact for text in texts.values()), row["id"]
    asked = Counter((normalise(row["question"]), str(row.get("history"))) for row in rows)
    assert max(asked.values()) == 1


def test_judged_and_fitted_do_not_share() -> None:
    """No question twice, of these, of the handbook's or among the training pairs."""
    asked = {folder.name: {normalise(row["question"]) for row in _rows(folder)} for folder in _FOLDERS}
    for one, other in combinations(asked, 2):
        assert not {q for q in asked[one] & asked[other] if len(q) > 8}
    golden = (_HERE / "golden" / "handbook.jsonl").read_text(encoding="utf-8").splitlines()
    handbook = {normalise(json.loads(line)["question"]) for line in golden}
    learned = {normalise(pair.query) for pair in read_own()}
    for questions in asked.values():
        assert not {q for q in questions & (handbook | learned) if len(q) > 5}
