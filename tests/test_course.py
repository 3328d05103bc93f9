"""The course: rounds of questions, the next step, one course a generation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from kbqa import KnowledgeBase
from kbqa.onboarding.course import ROUND, Courses
from tests.learning import built, handbook_course, note

METRICS = "数据/核心指标口径.md"


def test_the_items_of_a_note_quote_it() -> None:
    course = handbook_course()
    assert sum(len(course.items_of(doc_id)) for doc_id in course.steps) == len(course.items)
    assert {item.citation.doc_id for item in course.items_of(METRICS)} == {METRICS}
    assert course.items_of("gone.md") == ()
    terms = list(dict.fromkeys(item.term for item in course.items_of(METRICS)))
    lesson = [name for name in course.steps[METRICS].terms if name in terms]
    assert terms[: len(lesson)] == lesson


def test_a_round_is_spread_over_terms_and_kinds() -> None:
    chosen = handbook_course().round_of(METRICS, ())
    assert len(chosen) == ROUND
    assert len({item.term for item in chosen}) == ROUND
    assert len({item.kind for item in chosen}) >= 3


def test_rounds_go_on_until_every_item_was_asked_once() -> None:
    course = handbook_course()
    answered: list[str] = []
    while chosen := course.round_of(METRICS, answered):
        answered += [item.item_id for item in chosen]
    assert sorted(answered) == sorted(item.item_id for item in course.items_of(METRICS))


def test_the_next_step_is_the_first_that_is_not_done() -> None:
    course = handbook_course()
    first, second, third = course.path.steps[:3]
    assert course.next_step(()) == first
    assert course.next_step({first.doc_id, third.doc_id}) == second
    assert course.next_step(set(course.steps)) is None


def test_there_is_one_course_a_generation(tmp_path: Path) -> None:
    """Learners who come together get the same one; after a new index there is a new one, and old items are not in it."""
    body = "陈列数是指货架上商品的个数。\n\n货架数是指店里货架的个数。\n\n排面数是指正对顾客的商品个数。\n\n缺货数是指卖空的商品个数。"
    note(tmp_path / "notes", "门店.md", body, terms=["陈列数", "货架数", "排面数", "缺货数"])
    kb = built(tmp_path / "notes")
    courses = Courses(kb)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: courses.current(), range(8)))
    assert len({id(course) for course in made}) == 1
    assert [step.title for step in made[0].path.steps] == ["门店"]
    note(tmp_path / "notes", "仓库.md", "库存数是指仓库里商品的个数。", terms=["库存数"])
    KnowledgeBase.build(tmp_path / "notes", kb.path)
    assert courses.current() is made[0]
    assert kb.refresh()
    assert sorted(courses.current().steps) == ["仓库.md", "门店.md"]
    assert courses.current() is courses.current()
