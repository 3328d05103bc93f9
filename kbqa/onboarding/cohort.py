"""The lead's view: who is where on the path, and which questions most people get wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kbqa.onboarding.course import Course
from kbqa.onboarding.path import Step
from kbqa.onboarding.progress import Standing, end_of_day
from kbqa.onboarding.quiz import QuizItem


@dataclass(frozen=True, slots=True)
class Learner:
    """One line of the cohort.

    Attributes:
        done: steps finished that are still on the path.
        at: the next step; None after the last.
        due: items to answer again today.
    """

    name: str
    joined: datetime
    seen: datetime
    done: int
    at: Step | None
    answers: int
    right: int
    due: int


@dataclass(frozen=True, slots=True)
class HardItem:
    """A question with how many of its answers were wrong."""

    item: QuizItem
    answers: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """Everybody, the farthest first, and the hardest questions, worst first."""

    learners: tuple[Learner, ...]
    hardest: tuple[HardItem, ...]


def cohort(everyone: Iterable[Standing], course: Course, now: datetime, hardest: int = 10) -> Cohort:
    """The state of everybody.

    Args:
        now: the day that counts for what is due.
        hardest: how many questions to name.
    """
    standings = list(everyone)
    learners = [_learner(standing, course, now) for standing in standings]
    answers: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for attempt in (attempt for standing in standings for attempt in standing.attempts):
        answers[attempt.item_id] += 1
        wrong[attempt.item_id] += not attempt.right
    missed = [HardItem(course.items[i], answers[i], n) for i, n in wrong.items() if n and i in course.items]
    missed.sort(key=lambda hard: (-hard.wrong, hard.answers, hard.item.item_id))
    learners.sort(key=lambda learner: (-learner.done, learner.joined, learner.name))
    return Cohort(tuple(learners), tuple(missed[:hardest]))


def _learner(standing: Standing, course: Course, now: datetime) -> Learner:
    done = [doc_id for doc_id in standing.done if doc_id in course.steps]
    due = [item for item in standing.due_by(end_of_day(now)) if item in course.items]
    return Learner(
        standing.name, standing.joined, standing.seen, len(done), course.next_step(done), len(standing.attempts),
        standing.right, len(due),
    )  # fmt: skip
