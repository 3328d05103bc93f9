"""Measures worked by hand."""

from __future__ import annotations

import pytest

from kbqa.evaluation.measures import (
    answer_precision,
    citation_precision,
    citation_recall,
    cites_evidence,
    normalise,
    nugget_recall,
    relevance,
    supports,
)


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


def test_answer_precision_of_a_hand_worked_answer() -> None:
    """Of five sentences: one states a nugget, one holds evidence, one is a part of evidence, two are beside the point."""
    sentences = ["预算 36 万元。", "按官方口径，红包20万元，投放另算。", "投放12万。", "大家辛苦了。", "我们明年再来！"]
    evidence = [["没有的", "红包 20 万元"], ["其中投放12万，物料四万"]]
    assert answer_precision(sentences, [["三十六万", "36万"]], evidence) == pytest.approx(3 / 5)
    assert answer_precision(sentences, [], evidence) == pytest.approx(2 / 5)
    assert answer_precision(sentences, [["36万"]], []) == pytest.approx(1 / 5)
    assert answer_precision(sentences, [], []) == 0


def test_answer_precision_does_not_ask_how_much_was_said() -> None:
    """The same nugget twice is right twice; that another is missing is the recall's business."""
    assert answer_precision(["红包二十万。", "红包：二十万！"], [["红包二十万"], ["投放"]], []) == 1
    assert answer_precision([], [["红包"]], [["红包"]]) == 1


def test_citation_precision_of_hand_worked_quotes() -> None:
    """Of four quotes one is in the evidence, one holds a nugget."""
    quotes = ["红包", "返场期清庫存", "爆发期成交", "预热期攒人"]
    assert citation_precision(quotes, [["清库存"]], [["总预算里红包占一半"]]) == 0.5
    assert citation_precision(quotes[2:], [["清库存"]], [["总预算里红包占一半"]]) == 0
    assert citation_precision([], [["清库存"]], []) == 1


def test_citation_recall_of_hand_worked_sentences() -> None:
    """Two of three carry a citation; what leads in to a list needs none, in either width of the colon."""
    sentences = [("分为三个阶段：", ()), ("预热期", (0,)), ("爆发期", (1, 2)), ("返场期", ()), ("See also: ", ())]
    assert citation_recall(sentences) == pytest.approx(2 / 3)
    assert citation_recall([("冒号：在中间", ()), ("有出处", (0,))]) == 0.5
    assert citation_recall([("没有出处", ())]) == 0
    assert citation_recall([("如下：", ())]) == citation_recall([]) == 1


@pytest.mark.parametrize("nothing", ["", "。", "！？", "%", " "])
def test_what_normalises_to_nothing_proves_nothing(nothing: str) -> None:
    """Else a slip in a question set would be a full score for every system."""
    assert not supports(normalise("随便什么"), [nothing])
    assert nugget_recall("随便什么", [[nothing]]) == 0
    assert supports(normalise("红包"), [nothing, "红包"])
    assert answer_precision(["随便什么"], [[nothing]], [[nothing]]) == 0
    assert citation_precision([nothing], [["红包"]], [["红包 20 万元"]]) == 0
