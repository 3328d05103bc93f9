"""Measures worked by hand."""

from __future__ import annotations

import pytest

from kbqa.evaluation.measures import cites_evidence, normalise, nugget_recall, relevance, supports


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("轉化率（CVR）", "转化率cvr"),
        ("ＲＯＩ ＝ 收益 ÷ 成本", "roi收益成本"),
        ("用户(yòng)增(zēng)长", "用户增长"),
        ("“预热期”、爆发期。\n返场期", "预热期爆发期返场期"),
        ("Life Time Value", "lifetimevalue"),
        ("3.5%", "35"),
    ],
)
def test_strings_that_count_as_the_same(one: str, other: str) -> None:
    """Width, case, script, marks, white space and pinyin glosses do not count."""
    assert normalise(one) == normalise(other) == other


def test_brackets_that_are_no_gloss_count() -> None:
    """A longer bracket or one with Chinese in it says something."""
    assert normalise("指标（KPI）") == "指标kpi"
    assert normalise("转化率（比例）") == "转化率比例"


def test_a_passage_supports_a_group_by_any_of_its_quotes() -> None:
    """One alternative is enough; a part of a quote is not."""
    passage = normalise("整场活动分为预热期、爆发期、返场期。")
    assert supports(passage, ["没有的", "预热期、爆发期"])
    assert not supports(passage, ["预热期、返场期"])
    assert not supports(passage, [])


def test_relevance_of_passages() -> None:
    """For each passage whether it supports any group."""
    passages = ["甲说预热期。", "乙说别的。", "丙说清库存。"]
    assert relevance(passages, [["預熱期"], ["清 库 存", "清仓"]]) == [True, False, True]
    assert relevance(passages, []) == [False, False, False]
    assert relevance([], [["预热期"]]) == []


def test_nugget_recall_of_a_hand_worked_answer() -> None:
    """Two of four stated, one of them by its second form."""
    nuggets = [["三十六万", "36万"], ["红包"], ["物料"], ["返场"]]
    assert nugget_recall("总预算 36 万元，其中红包 20 万元。", nuggets) == 0.5
    assert nugget_recall("", nuggets) == 0
    assert nugget_recall("预算36万，红包、物料都算，返场不算。", nuggets) == 1
    assert nugget_recall("随便什么", []) == 1


def test_cited_evidence() -> None:
    """One quote that supports one group is enough."""
    assert cites_evidence(["别的", "红包 20 万元"], [["没有"], ["红包20万元"]])
    assert not cites_evidence(["别的"], [["红包"]])
    assert not cites_evidence([], [["红包"]])
    assert not cites_evidence(["红包"], [])


@pytest.mark.parametrize("nothing", ["", "。", "！？", "%", " "])
def test_what_normalises_to_nothing_proves_nothing(nothing: str) -> None:
    """Else a slip in a question set would be a full score for every system."""
    assert not supports(normalise("随便什么"), [nothing])
    assert nugget_recall("随便什么", [[nothing]]) == 0
    assert supports(normalise("红包"), [nothing, "红包"])
