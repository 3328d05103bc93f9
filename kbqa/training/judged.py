"""Folders of notes with questions, as arguments of commands that fit something on them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from kbqa.evaluation.questions import Case, read_questions
from kbqa.knowledge import KnowledgeBase

Seen = TypeVar("Seen")


def fit_on_folders(
    description: str,
    look: Callable[[KnowledgeBase, Sequence[Case]], Seen],
    report: Callable[[Mapping[str, Seen]], str],
) -> None:
    """Print what a fit says of the folders that the command line names.

    Args:
        description: the module's docstring, whose first line is shown as help.
        look: what is fitted on, of one folder: its index and its answerable questions.
    """
    parser = argparse.ArgumentParser(description=description.split("\n", maxsplit=1)[0])
    parser.add_argument("folders", nargs="+", help="NOTES=QUESTIONS, or a folder with notes/ and questions.jsonl")
    arguments = parser.parse_args()
    with TemporaryDirectory() as place:
        folders = _judged_folders(arguments.folders, Path(place))
        print(report({name: look(kb, cases) for name, kb, cases in folders}))


def _judged_folders(folders: Sequence[str], place: Path) -> Iterator[tuple[str, KnowledgeBase, Sequence[Case]]]:
    """Name, index and answerable questions of each folder; indexes are built in folders of `place`."""
    for number, folder in enumerate(folders):
        notes, _, questions = folder.partition("=")
        index = place / str(number)
        KnowledgeBase.build(Path(notes) if questions else Path(folder, "notes"), index)
        asked = read_questions(Path(questions) if questions else Path(folder, "questions.jsonl"))
        yield Path(notes).name, KnowledgeBase.open(index), [case for case in asked.cases if case.answerable]
