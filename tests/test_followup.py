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
    ["十月份目前有多少？", "每一档举个例子", "这事谁来管", "怎么正好选那天", "头一档的要几天到账", "打折的呢？"],
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


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("第一种怎么办理", "次卡怎么办理"),
        ("最后一种怎么办理", "储值卡怎么办理"),
        ("第三个呢", "储值卡呢"),
    ],
)
def test_the_nth_thing_that_was_listed(kb: KnowledgeBase, question: str, understood: str) -> None:
    """Without the words that lead to the first and those that count them behind the last."""
    before = [*_asked("会员卡有哪几种"), {"role": "assistant", "content": "一般包括次卡、月卡、储值卡3种卡。"}]
    assert kb.understand(question, before).text == understood
    assert "储值卡" not in kb.understand("最后一个月办了多少张", before).text


@pytest.mark.parametrize("question", ["最后算下来留存率是多少", "他们把留存率做到了多少", "都准备好了之后，怎么定时间"])
def test_what_goes_on_takes_the_topic_along(kb: KnowledgeBase, question: str) -> None:
    assert "活动" in kb.understand(question, _asked("周年庆活动花了多少钱")).text


@pytest.mark.parametrize("question", ["最后一步是什么", "第三个呢", "what about the last one"])
def test_the_nth_thing_where_nothing_was_listed(kb: KnowledgeBase, question: str) -> None:
    before = [*_asked("什么是转化率"), {"role": "assistant", "content": "见笔记。"}]
    assert "转化率" in kb.understand(question, before).text


@pytest.mark.parametrize(
    "question",
    [
        "转化率最后一步怎么看",  # of the matter that it names
        "最后一个问题，什么是留存率",
        "什么叫潮汐效应",
        "举例说明什么是留存率",
        "活动做完后，留存率怎么算",
        "留存率的同比和环比有什么区别",
        "what is the first step in measuring retention rate",
        "会员日怎么做才能让他们多来",
    ],
)
def test_what_names_its_own_matter_goes_on_with_nothing(kb: KnowledgeBase, question: str) -> None:
    before = [*_asked("会员卡有哪几种"), {"role": "assistant", "content": "包括次卡、月卡、储值卡。"}]
    assert kb.understand(question, before).text == question


@pytest.mark.parametrize("question", ["同比涨了多少", "什么是正常范围", "第0个呢"])
def test_what_names_nothing_of_its_own_goes_on(kb: KnowledgeBase, question: str) -> None:
    before = [*_asked("什么是转化率"), {"role": "assistant", "content": "包括次卡、月卡、储值卡。"}]
    assert kb.understand(question, before).text == f"转化率 {question}"


def test_half_a_character_in_a_turn(kb: KnowledgeBase) -> None:
    assert kb.understand("它怎么算", _asked("什么是转化率\ud800")).text == "转化率 怎么算"


def test_the_nth_thing_in_english(kb: KnowledgeBase) -> None:
    before = [*_asked("Which cards do we sell?"), {"role": "assistant", "content": "次卡、月卡、储值卡。"}]
    assert kb.understand("how long is the second one valid?", before).text == "how long is 月卡 valid?"
    assert kb.understand("and the last type, who buys it?", before).text == "and 储值卡, who buys it?"


def test_an_enumeration_that_ends_with_or(kb: KnowledgeBase) -> None:
    before = [*_asked("怎么查留存率"), {"role": "assistant", "content": "可以看报表、写查询，或者问数据组。"}]
    assert kb.understand("最后一种要多久", before).text == "问数据组要多久"


def test_thanks_between_two_questions_are_no_topic(kb: KnowledgeBase) -> None:
    before = [{"role": role, "content": said} for role, said in zip(
        ("user", "assistant") * 2, ("什么是转化率", "见笔记。", "谢谢", "不客气。"), strict=True
    )]  # fmt: skip
    assert kb.understand("它怎么算", before).text == "转化率 怎么算"
    listed = [*_asked("会员卡有哪几种"), {"role": "assistant", "content": "包括次卡、月卡、储值卡。"}, *_asked("谢谢")]
    listed.append({"role": "assistant", "content": "不客气，可以问：\n- 积分怎么发放\n- 留存率是什么"})
    assert kb.understand("第二种怎么办理", listed).text == "月卡怎么办理"
