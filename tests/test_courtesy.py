"""What is said around a question."""

from __future__ import annotations

import pytest

from kbqa.knowledge import KnowledgeBase
from kbqa.retrieval.courtesy import without_courtesy


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ("你好，想问一下，工单怎么转派呀", "工单怎么转派"),
        ("老师，什么是灰度呢？谢谢老师！", "什么是灰度"),
        ("我想了解一下排班怎么做", "排班怎么做"),
        ("咱们笔记里退款怎么走", "退款怎么走"),
        ("那么工单和投诉差在哪", "工单和投诉差在哪"),
        ("Hello, what is a ticket? Thanks!", "what is a ticket"),
        ("請問什麼是灰度發布呢？", "什麼是灰度發布？"),
        ("领导让我整理一下工单有哪些状态，能帮我列一下吗？", "工单有哪些状态"),
        ("老板问退款率怎么又高了", "退款率怎么又高了"),
        ("能帮我解释一下工单吗", "工单"),  # asks for no yes
        ("请问一下，工单怎么转派", "工单怎么转派"),
        ("Could you please tell me what a ticket is? Thanks in advance!", "what a ticket is"),
    ],
)
def test_courtesy_is_taken_off(asked: str, left: str) -> None:
    assert without_courtesy(asked, alone=True) == left


@pytest.mark.parametrize(
    "asked",
    [
        "老师怎么管理班级群",  # a topic, nobody is spoken to
        "问卷怎么设计",
        "想了解客户需求有哪些办法",
        "笔记里有没有讲工单",
        "那个活动后来怎么样",
        "那家店怎么退款",
        "退款率呢？",  # 呢 is all that asks
        "怎么回复感谢信",
        "老板问责怎么应对",
        "客户问能不能退款怎么回复",  # what is to be said to them is the matter
        "领导问我要数据怎么办",
        "请问卷怎么发",  # no word ends there
        "问下周的预算",
        "请帮忙解释下沉市场",
        "可以给我打折吗",
        "那么多工单怎么分",
        "客服话术：谢谢",
        "能不能帮我的客户退款",
    ],
)
def test_what_asks_for_something_stays(asked: str) -> None:
    assert without_courtesy(asked, alone=True) == asked


def test_nothing_but_courtesy_stays_as_it_is() -> None:
    assert without_courtesy("谢谢", alone=True) == "谢谢"
    assert without_courtesy("请问", alone=True) == "请问"


def test_what_leads_on_stays_behind_another_question() -> None:
    assert without_courtesy("那么工单和投诉差在哪", alone=False) == "那么工单和投诉差在哪"


def test_courtesy_changes_no_answer(kb: KnowledgeBase) -> None:
    plain = kb.ask("积分怎么发放")
    polite = kb.ask("您好，麻烦问一下，积分怎么发放呀？谢谢！")
    assert (polite.text, polite.confidence) == (plain.text, plain.confidence)
    assert polite.question.startswith("您好") and polite.understood_as == "积分怎么发放"


def test_courtesy_of_an_earlier_turn_is_no_topic(kb: KnowledgeBase) -> None:
    turns = [{"role": "user", "content": "老师，留存率是什么？谢谢！"}, {"role": "assistant", "content": "见笔记。"}]
    assert kb.understand("那它怎么算？", turns).text == "留存率 怎么算？"
