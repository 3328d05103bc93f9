"""The lead's view over three learners of the handbook."""

from __future__ import annotations

from pathlib import Path

from kbqa.onboarding.cohort import cohort
from kbqa.onboarding.progress import Progress
from kbqa.onboarding.quiz import QuizItem
from kbqa.types import Citation
from tests.learning import Clock, handbook_course


def test_who_is_where_and_what_most_get_wrong(tmp_path: Path) -> None:
    """乙 is two steps ahead; both miss the first item, 乙 alone the second, which she gets right the second time."""
    course, clock = handbook_course(), Clock()
    first, second, third = list(course.items.values())[:3]
    gone = QuizItem("gone", "term", "旧词", "？", ("a", "b", "c"), 0, Citation("gone.md", 0, 1, "旧"))
    progress = Progress(tmp_path / "learning.sqlite", clock)
    for learner, name in (("1", "甲"), ("2", "乙"), ("3", "丙")):
        progress.enrol(learner, name)
        clock.advance(hours=1)
    wrong = (first.right + 1) % len(first.options)
    progress.answer("1", first, wrong)
    progress.answer("2", first, wrong)
    progress.answer("2", second, (second.right + 1) % len(second.options))
    progress.answer("2", second, second.right)
    progress.answer("2", third, third.right)
    progress.answer("3", gone, 1)
    for step in course.path.steps[:2]:
        progress.finish("2", step.doc_id)
    progress.finish("3", "gone.md")
    people = cohort(progress.everyone(), course, clock.at)
    assert [
        (who.name, who.done, who.at.number if who.at else None, who.answers, who.right, who.due)
        for who in people.learners
    ] == [("乙", 2, 3, 4, 2, 1), ("甲", 0, 1, 1, 0, 1), ("丙", 0, 1, 1, 0, 0)]
    assert [(hard.item, hard.answers, hard.wrong) for hard in people.hardest] == [(first, 2, 2), (second, 2, 1)]


def test_nobody_yet() -> None:
    people = cohort((), handbook_course(), Clock().at)
    assert people.learners == people.hardest == ()


def test_only_so_many_hard_items_are_named(tmp_path: Path) -> None:
    course, clock = handbook_course(), Clock()
    progress = Progress(tmp_path / "learning.sqlite", clock)
    progress.enrol("1", "甲")
    for item in list(course.items.values())[:4]:
        progress.answer("1", item, (item.right + 1) % len(item.options))
    assert len(cohort(progress.everyone(), course, clock.at, hardest=3).hardest) == 3
