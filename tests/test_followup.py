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


@pytest.mark.parametrize(
    "question",
    ["十月份目前有多少？", "这事谁来管", "怎么正好选那天", "头一档的要几天到账", "打折的呢？"],
)
def test_what_points_back_or_says_too_little_takes_the_topic_along(kb: KnowledgeBase, question: str) -> None:
    assert kb.understand(question, _asked("什么是转化率")).text == f"转化率 {question}"


@pytest.mark.parametrize("question", ["怎么优化？", "有什么风险", "预算怎么定"])
def test_what_is_asked_of_anything_is_asked_of_the_topic(kb: KnowledgeBase, question: str) -> None:
    assert kb.understand(question, _asked("什么是转化率")).text == f"转化率 {question}"


@pytest.mark.parametrize(
    "question",
    [
        "这个月的销售活动预算谁来批",
        "留存率那几天降了怎么办",
        "什么是留存率呢",
        "留存率的要点有哪些",
        "写活动文案最重要的是什么",
        "什么是复盘",
    ],
)
def test_what_stands_alone_does_not_point_back(kb: KnowledgeBase, question: str) -> None:
    assert "转化率" not in kb.understand(question, _asked("什么是转化率")).text


def test_a_question_that_stands_alone_takes_nothing_along(kb: KnowledgeBase) -> None:
    """Terms of its own end the topic before."""
    assert kb.understand("留存率怎么算", _asked("什么是转化率", "它怎么提高")).text == "留存率怎么算"


def test_a_verb_behind_a_noun_belongs_to_the_topic(kb: KnowledgeBase) -> None:
    """Of 雨伞租借 not just 雨伞; and what was asked for with 什么样的 is no answer that 它 could mean."""
    before = [*_asked("雨伞租借适合什么样的店铺"), {"role": "assistant", "content": "适合转化率稳定的店铺。"}]
    assert kb.understand("那它要盯哪几个数？", before).text == "雨伞 租借 店铺 要盯哪几个数？"


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("那其中的步骤是什么", {"留存率"}),
        ("那其中的会员价是指什么？", {"会员价"}),
        ("里面的转化率是什么意思", {"转化率"}),
        ("那它是什么意思", {"留存率"}),
    ],
)
def test_what_a_follow_up_asks_the_meaning_of(kb: KnowledgeBase, question: str, names: set[str]) -> None:
    about = set(kb.understand(question, _asked("什么是留存率")).names)
    assert names <= about and ("留存率" in about) is ("留存率" in names)
