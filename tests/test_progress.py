"""Progress: what is recorded, when items come back, many learners at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kbqa.errors import KbqaError
from kbqa.onboarding.progress import Progress, Standing, end_of_day
from kbqa.onboarding.quiz import QuizItem
from kbqa.types import Citation
from tests.command import both_languages
from tests.learning import Clock


def item(name: str = "一") -> QuizItem:
    return QuizItem(
        name, "definition", f"词{name}", f"词{name}是什么？", ("对", "错", "也错"), 0, Citation("a.md", 0, 1, "词")
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(tmp_path: Path, clock: Clock) -> Progress:
    made = Progress(tmp_path / "state" / "learning.sqlite", clock)
    made.enrol("ann", "小安")
    return made


def standing(progress: Progress, learner: str = "ann") -> Standing:
    found = progress.standing(learner)
    assert found is not None
    return found


def due(progress: Progress, name: str) -> datetime:
    return standing(progress).due[name]


def test_a_wrong_answer_comes_back_the_same_day(progress: Progress, clock: Clock) -> None:
    assert progress.answer("ann", item(), 2) is False
    assert due(progress, "一") == clock.at + timedelta(minutes=10)
    assert standing(progress).due_by(end_of_day(clock.at)) == ("一",)


def test_right_answers_come_back_after_growing_intervals(progress: Progress, clock: Clock) -> None:
    """Answered right whenever it is due: two days, then longer each time; wrong again: the same day."""
    intervals = []
    for _ in range(4):
        assert progress.answer("ann", item(), 0) is True
        intervals.append(due(progress, "一") - clock.at)
        clock.at = due(progress, "一")
    assert intervals[0] == timedelta(days=2)
    assert intervals == sorted(set(intervals))
    progress.answer("ann", item(), 1)
    assert due(progress, "一") - clock.at == timedelta(minutes=10)


def test_nothing_is_due_before_its_day(progress: Progress, clock: Clock) -> None:
    progress.answer("ann", item(), 0)
    assert standing(progress).due_by(end_of_day(clock.at)) == ()
    clock.advance(days=2)
    assert standing(progress).due_by(end_of_day(clock.at)) == ("一",)


def test_the_day_ends_at_the_learners_midnight(clock: Clock) -> None:
    assert end_of_day(clock.at).isoformat() == "2026-03-02T23:59:59.999999+08:00"


def test_steps_and_answers_are_there_after_a_restart(progress: Progress, clock: Clock) -> None:
    started = clock.at
    progress.finish("ann", "a.md")
    clock.advance(minutes=5)
    progress.finish("ann", "a.md")  # again: the first time counts
    progress.answer("ann", item("二"), 1)
    again = standing(Progress(progress.file, clock))
    assert again.name == "小安" and again.joined == started and again.seen == clock.at
    assert again.done == {"a.md": started}
    (attempt,) = again.attempts
    assert (attempt.item_id, attempt.doc_id, attempt.term, attempt.stem) == ("二", "a.md", "词二", "词二是什么？")
    assert (attempt.right, attempt.at) == (False, clock.at)


def test_two_learners_do_not_mix_even_under_one_name(progress: Progress) -> None:
    progress.enrol("bob", "小安")
    progress.answer("ann", item(), 1)
    progress.finish("bob", "b.md")
    ann, bob = progress.everyone()
    assert (ann.learner, len(ann.attempts), ann.done, list(ann.due)) == ("ann", 1, {}, ["一"])
    assert (bob.learner, len(bob.attempts), list(bob.done), bob.due) == ("bob", 0, ["b.md"], {})


def test_nobody_is_enrolled_by_looking(progress: Progress) -> None:
    assert progress.standing("nobody") is None


def test_threads_lose_no_write(progress: Progress) -> None:
    """Eight learners answer twenty items each at once, all of them the same first item too, through two objects."""
    other = Progress(progress.file, progress.now)
    learners = [f"learner {n}" for n in range(8)]

    def learn(learner: str) -> None:
        record = progress if int(learner[-1]) % 2 else other
        record.enrol(learner, learner)
        for n in range(20):
            record.answer(learner, item(str(n)), n % 3)
            record.answer("ann", item("共"), 0)
        record.finish(learner, "a.md")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(learn, learners))
    for learner in learners:
        found = standing(progress, learner)
        assert [attempt.item_id for attempt in found.attempts] == [str(n) for n in range(20)]
        assert found.right == 7 and len(found.due) == 20 and list(found.done) == ["a.md"]
    assert len(standing(progress).attempts) == 160


def test_a_name_is_tidied_and_an_empty_one_refused(progress: Progress) -> None:
    progress.enrol("ann", f"  安\n {'长' * 60} ")
    assert standing(progress).name == "安 " + "长" * 38
    with pytest.raises(KbqaError, match="名字") as refused:
        progress.enrol("cy", " \n ")
    assert both_languages(str(refused.value))
    assert progress.standing("cy") is None


def test_a_damaged_file_is_named_with_a_way_out(tmp_path: Path) -> None:
    file = tmp_path / "learning.sqlite"
    file.write_bytes(b"not a database, but long enough to be read as one" * 20)
    with pytest.raises(KbqaError, match=r"learning\.sqlite") as damaged:
        Progress(file)
    assert both_languages(str(damaged.value))
