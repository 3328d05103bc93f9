"""Follow-ups of follow-ups: what 它 means three turns on."""

from __future__ import annotations

import pytest

from kbqa import KnowledgeBase


def _asked(*questions: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question} for question in questions]


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        (["什么是转化率"], "那它怎么算？", "转化率 怎么算？"),
        (["什么是转化率", "那它怎么算？"], "它和留存率有什么区别", "转化率 和留存率有什么区别"),
        (["什么是转化率", "那它怎么算？", "它怎么提高"], "举个例子", "转化率 举个例子"),
        (["什么是转化率", "什么是留存率", "怎么算？"], "它有什么用", "留存率 有什么用"),
        (["什么是转化率", "换个话题，积分怎么发放"], "它会过期吗", "积分 会过期吗"),
    ],
)
def test_the_topic_is_carried_through_several_turns(
    kb: KnowledgeBase, before: list[str], question: str, understood: str
) -> None:
    """Each turn is read with what the turns before it left unsaid."""
    assert kb.understand(question, _asked(*before)).text == understood


def test_a_question_that_stands_alone_takes_nothing_along(kb: KnowledgeBase) -> None:
    """Terms of its own end the topic before."""
    assert kb.understand("留存率怎么算", _asked("什么是转化率", "它怎么提高")).text == "留存率怎么算"
