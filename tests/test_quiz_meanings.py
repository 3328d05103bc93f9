"""What is cut out of a defining sentence, and which sentences define nothing."""

from __future__ import annotations

import pytest

from kbqa.onboarding.meanings import clauses_of, explanation, genus_of
from kbqa.types import Term

RATE = Term("复购率", ("回头率",), ("Repurchase Rate",))


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("复购率（Repurchase Rate）是指买过两次以上的人占全部买家的比例。", "买过两次以上的人占全部买家的比例"),
        ("- 复购率，也叫回头率，是指买过两次以上的人占全部买家的比例。", "买过两次以上的人占全部买家的比例"),
        ("回头率指的是买过两次以上的人占全部买家的比例，单位是百分点。", "买过两次以上的人占全部买家的比例"),
        ("复购率是指买过两次以上的人占全部买家的比例，例如三成；新客不算。", "买过两次以上的人占全部买家的比例"),
        ("复购率是指买过两次以上（Twice）的人占全部买家的比例。", "买过两次以上的人占全部买家的比例"),
    ],
    ids=["bracket", "list item with another name", "by its other name", "example and semicolon", "gloss"],
)
def test_what_a_sentence_explains_without_remarks(sentence: str, said: str) -> None:
    assert explanation(RATE, sentence) == said


@pytest.mark.parametrize(
    "sentence",
    [
        "复购率有三个用途。",
        "复购率很重要，每周都要看。",
        "复购率是增长的根基。",
        "复购率是指上述两者的比值，用来看忠诚。",
        "复购率是指回头率高的人占全部买家的比例。",
        "复购率是指比例。",
        "公式：复购率 ＝ 买过两次的人 ÷ 买家 × 100%。",
        "留存率是指过了一段时间仍然回来的人所占的比例。",
        "复购率是指" + "很长的说明" * 20 + "的比例。",
    ],
    ids=["uses", "praise", "metaphor", "leans", "names itself", "too short", "formula", "another term", "too long"],
)
def test_what_is_no_definition_gives_nothing(sentence: str) -> None:
    assert explanation(RATE, sentence) == ""


@pytest.mark.parametrize(
    ("text", "genus"),
    [
        ("买过两次以上的人占全部买家的比例", "ratio"),
        ("用可能性乘影响得到的分数，用来决定先处理哪一项", "score"),
        ("把一次成交的功劳按规则分给各个触点的方法", "method"),
        ("在某一领域有较大影响力的创作者", "person"),
        ("让目标用户第一次接触并进入产品", "act"),
        ("把对象按大小排序并算累计占比", "act"),
        ("货物从末端站点送到用户手上的那一段", "other"),
    ],
)
def test_the_genus_is_the_noun_that_the_explanation_is_about(text: str, genus: str) -> None:
    assert genus_of(text) == genus


def test_commas_inside_brackets_and_quotation_marks_part_no_clauses() -> None:
    assert clauses_of("甲（乙，丙）和“丁，戊”，己") == ["甲（乙，丙）和“丁，戊”", "，己"]
