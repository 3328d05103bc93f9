"""Many ask one knowledge base at once, as in the web app: everybody gets the answer that they would get alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from kbqa import KnowledgeBase

PEOPLE = 30
POINTS = [{"role": "user", "content": "会员积分是什么"}, {"role": "assistant", "content": "会员积分是一种权益凭证。"}]
RATE = [{"role": "user", "content": "什么是转化率"}, {"role": "assistant", "content": "完成目标动作的人数的比例。"}]
ASKED: tuple[tuple[str, Sequence[dict[str, str]]], ...] = (
    ("什么是转化率", ()), ("转画率怎么算", ()), ("What is the retention rate?", ()), ("怎么给汽车换轮胎", ()), ("你好", ()),
    ("积分为什么会过期", ()), ("活动分为哪几个阶段", ()), ("總預算是多少", ()), ("转化率和留存率有什么区别", ()), ("liucunlv", ()),
    ("它怎么发放", POINTS), ("它怎么算", RATE), ("那怎么提高呢", RATE), ("为什么会过期", POINTS),
)  # fmt: skip


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """`work(0)` to `work(29)`, each in a thread of its own that starts with the others."""
    barrier = threading.Barrier(PEOPLE)

    def together(number: int) -> Any:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(PEOPLE) as pool:
        return list(pool.map(together, range(PEOPLE)))


@pytest.fixture(scope="module")
def alone(_index: Path) -> list[Any]:
    """The answers of a knowledge base that one person asks."""
    kb = KnowledgeBase.open(_index)
    return [kb.ask(question, history) for question, history in ASKED]


def test_follow_ups_among_the_questions_differ_by_who_asks(alone: list[Any]) -> None:
    """So that a mixed-up session would show."""
    understood = {answer.understood_as for answer in alone}
    assert len(understood) == len(ASKED)


def test_thirty_at_once_get_the_answers_of_one(_index: Path, alone: list[Any]) -> None:
    """From a knowledge base just opened, whose tables are filled while all of them ask."""
    kb = KnowledgeBase.open(_index)

    def ask_all(number: int) -> list[tuple[int, Any]]:
        order = [(number * 5 + step) % len(ASKED) for step in range(len(ASKED))]
        return [(place, kb.ask(*ASKED[place])) for place in order]

    for answers in at_once(ask_all):
        assert all(answer == alone[place] for place, answer in answers)


def test_searching_and_looking_up_at_once(_index: Path, kb: KnowledgeBase) -> None:
    fresh = KnowledgeBase.open(_index)
    hits = {question: kb.search(question) for question, _ in ASKED[:4]}
    terms = {query: kb.find_terms(query) for query in ("zhl", "留存", "积分", "liucun")}

    def look(number: int) -> bool:
        return all(fresh.search(q) == found for q, found in hits.items()) and all(
            fresh.find_terms(q) == found for q, found in terms.items()
        )

    assert all(at_once(look))


def test_one_of_thirty_takes_over_a_newer_index_and_no_answer_fails(notes: Path, tmp_path: Path) -> None:
    """What was asked before, during and after gets the old answer or the new one, whole."""
    index, points = tmp_path / "swapped", notes / "会员" / "积分.md"
    KnowledgeBase.build(notes, index)
    kb = KnowledgeBase.open(index)
    old = kb.ask("积分怎么发放")
    points.write_text(points.read_text("utf-8").replace("每日签到发 5 分", "每日签到发 8 分"), "utf-8")
    KnowledgeBase.build(notes, index)
    new = KnowledgeBase.open(index).ask("积分怎么发放")
    assert old != new

    def ask(number: int) -> tuple[bool, list[Any]]:
        if number % 3 == 0:
            return kb.refresh(), []
        return False, [kb.ask("积分怎么发放") for _ in range(4)]

    done = at_once(ask)
    assert sum(took for took, _ in done) == 1
    assert all(answer in (old, new) for _, answers in done for answer in answers)
    assert kb.ask("积分怎么发放") == new
