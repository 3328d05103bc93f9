"""Folders of notes with questions, as arguments of what is fitted on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kbqa.evaluation.questions import Case, read_questions
from kbqa.knowledge import KnowledgeBase


def judged_folders(folders: Sequence[str], place: Path) -> Iterator[tuple[str, KnowledgeBase, Sequence[Case]]]:
    """Name, index and answerable questions of each folder.

    Args:
        folders: each holds `notes/` and `questions.jsonl`; `NOTES=QUESTIONS` names two places.
        place: where indexes are built, in a folder for each.
    """
    for number, folder in enumerate(folders):
        notes, _, questions = folder.partition("=")
        index = place / str(number)
        KnowledgeBase.build(Path(notes) if questions else Path(folder, "notes"), index)
        asked = read_questions(Path(questions) if questions else Path(folder, "questions.jsonl"))
        yield Path(notes).name, KnowledgeBase.open(index), [case for case in asked.cases if case.answerable]
