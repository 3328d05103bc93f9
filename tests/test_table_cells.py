"""Cells of a question table: lists, synonyms, histories, and what is set aside because it is not plain."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from kbqa.evaluation.measures import normalise, nugget_recall, relevance
from kbqa.evaluation.questions import Case
from kbqa.evaluation.tables import read_table
from tests.question_tables import csv_file, quoted


@pytest.fixture
def one(tmp_path: Path) -> Any:
    """The case of a table with a question and one further cell."""

    def read(heading: str, cell: str) -> Case:
        read = read_table(csv_file(tmp_path, f"question,{heading}\n怎么拉新,{quoted(cell)}\n"))
        assert read.bad_rows == ()
        return read.cases[0]

    return read


@pytest.fixture
def why(tmp_path: Path) -> Any:
    """Why a row was set aside that has a question and one further cell."""

    def read(heading: str, cell: str) -> str:
        read = read_table(csv_file(tmp_path, f"question,{heading}\n好,\n坏,{quoted(cell)}\n"))
        assert [c.question for c in read.cases] == ["好"] and [n for n, _ in read.bad_rows] == [3]
        return read.bad_rows[0][1]

    return read


@pytest.mark.parametrize(
    "heading",
    [
        "answer",
        "答案",
        "expected",
        "Expected Answer",
        "reference",
        "ground_truth",
        "ground_truths",
        "标准答案",
        "參考答案",
    ],
)
def test_names_of_the_expected_answer(heading: str, one: Any) -> None:
    assert one(heading, "先看渠道。再看成本！").nuggets == (("先看渠道。",), ("再看成本！",))


@pytest.mark.parametrize(
    ("cell", "nuggets"),
    [
        ("次日留存|七日留存", (("次日留存",), ("七日留存",))),
        ("次日留存\n- 七日留存\n", (("次日留存",), ("七日留存",))),
        ("1. 缩短路径\n2、减少顾虑\n③ 对照实验", (("缩短路径",), ("减少顾虑",), ("对照实验",))),
        ("留存率/回访率｜转化率 ／ CVR", (("留存率", "回访率"), ("转化率", "CVR"))),
        ("留存率或回访率或者回头率", (("留存率", "回访率", "回头率"),)),
        ("KPI/OKR", (("KPI", "OKR"),)),
        ("A/B测试/对照实验", (("A/B测试", "对照实验"),)),
        ("每天 3 元/人", (("每天 3 元/人",),)),
        ("2024/5/20 上线", (("2024/5/20 上线",),)),
        ("1/3 的用户", (("1/3 的用户",),)),
        ("3.5 倍", (("3.5 倍",),)),
        ("转化率＝转化数 / 点击数", (("转化率＝转化数 / 点击数",),)),
        ("ROI=收益÷成本 / ROI=收益除以成本", (("ROI=收益÷成本", "ROI=收益除以成本"),)),
        ("不可或缺的一环", (("不可或缺的一环",),)),
        ("出现当前或更大差异的概率", (("出现当前或更大差异的概率",),)),
        ("按人去重，或按天去重", (("按人去重，或按天去重",),)),
        ('[["收益/成本", "投产比"], "A或B"]', (("收益/成本", "投产比"), ("A或B",))),
        ("['甲乙', ['丙丁', '戊己']]", (("甲乙",), ("丙丁", "戊己"))),
        ("甲乙||  |——", (("甲乙",),)),
        ("[]", ()),
    ],
)  # fmt: skip
def test_nuggets(cell: str, nuggets: tuple[tuple[str, ...], ...], one: Any) -> None:
    """Parted by | or lines, alternatives by / or 或 where these stand for that; a list is taken as it is."""
    assert one("要点", cell).nuggets == nuggets


@pytest.mark.parametrize(
    ("cell", "nuggets"),
    [
        ("收益/成本，或者毛利。", (("收益/成本，或者毛利。",),)),
        ("1. 缩短路径\n2. 减少顾虑", (("缩短路径",), ("减少顾虑",))),
        ("是。因为积分会过期。", (("因为积分会过期。",),)),
        ("是", ()),
        ("30%", (("30%",),)),
        ('["第一句。", "第二句。第三句"]', (("第一句。",), ("第二句。",), ("第三句",))),
        ("[1] 见手册 [2]", (("[1] 见手册 [2]",),)),
    ],
)
def test_an_expected_answer_is_cut_into_sentences(cell: str, nuggets: Any, one: Any) -> None:
    """Each is one nugget as it stands; a lone 是 would be found in any answer."""
    assert one("ground_truth", cell).nuggets == nuggets


def test_the_expected_answer_itself_scores_full_marks(one: Any) -> None:
    answer = "转化率（zhuǎn）是指完成目标的人数占比。怎么算？\n- 分子去重；\n- 分母去重"
    case = one("answer", answer)
    assert len(case.nuggets) == 4 and nugget_recall(answer, case.nuggets) == 1.0
    assert nugget_recall("分子去重", case.nuggets) == 0.25


@pytest.mark.parametrize(
    ("cell", "evidence"),
    [
        ("红包|第一次下单的人", (("红包",), ("第一次下单的人",))),
        ('["红包", "优惠券"]', (("红包",), ("优惠券",))),
        ('[["红包", "优惠券"]]', (("红包", "优惠券"),)),
        ("['红包', \"优惠'券'\"]", (("红包",), ("优惠'券'",))),
        ("| 指标 | 值 |\n| 留存 | 3% |", (("| 指标 | 值 |\n| 留存 | 3% |",),)),
        ("| 留存 | 3% |", (("| 留存 | 3% |",),)),
        ("指标如下\n| 留存 | 3% |", (("指标如下\n| 留存 | 3% |",),)),
        ("注册/激活或下单", (("注册/激活或下单",),)),
        ("[1] 红包", (("[1] 红包",),)),
    ],
)
def test_evidence_is_quoted_as_it_stands(cell: str, evidence: Any, one: Any) -> None:
    assert one("evidence", cell).evidence == evidence


def test_contexts_are_known_by_fragments(one: Any) -> None:
    """By hand: 2 and 5 characters are too few, 13 are taken, 53 are cut at the last comma within 40."""
    long = "积分设置有效期，是因为长期挂账的积分会变成门店的负债，到期清零才能让负债可控，否则每年年底都要重新计提一次准备金。"
    passage = f"## 积分\n积分会过期。积分不能兑换现金，也不能转让。{long}"
    (group,) = one("contexts", json.dumps([passage])).evidence
    assert group == (
        "积分不能兑换现金，也不能转让。",
        "积分设置有效期，是因为长期挂账的积分会变成门店的负债，到期清零才能让负债可控，",
    )
    assert relevance([f"前文。{long}"], (group,)) == [True] and relevance(["积分会过期。"], (group,)) == [False]


def test_fragments_hold_for_any_passage(one: Any) -> None:
    """8 to 40 characters each, all of them in the passage, at most one a sentence (random passages)."""
    rng = random.Random(5)
    for _ in range(30):
        passage = "".join(rng.choices("增长黑客留存转化率ab12，、；。！\n", k=300))
        (group,) = one("contexts", json.dumps([passage])).evidence
        assert all(8 <= len(normalise(quote)) <= 40 for quote in group)
        assert all(normalise(quote) in normalise(passage) for quote in group)
        assert len(group) <= sum(map(passage.count, "。！\n")) + 1


@pytest.mark.parametrize(
    ("cell", "evidence"),
    [
        ("红包", (("红包",),)),
        ("", ()),
        ('["", "——"]', ()),
        ("长" * 50, (("长" * 40,),)),
        ("第一段话一共八个字|第二段话一共八个字", (("第一段话一共八个字",), ("第二段话一共八个字",))),
        ("['第一段话一共八个字' '第二段话一共八个字']", (("第一段话一共八个字",), ("第二段话一共八个字",))),
        ("['第一段话一共八个字'\n \"It's a second one\"]", (("第一段话一共八个字",), ("It's a second one",))),
    ],
)
def test_forms_of_contexts(cell: str, evidence: Any, one: Any) -> None:
    """A context without a sentence that is long enough is its own quote; NumPy arrays come without commas."""
    assert one("contexts", cell).evidence == evidence


@pytest.mark.parametrize("cell", ["true", "TRUE", "是", "1", "1.0", "yes", "可答", "", "  "])
def test_answerable(cell: str, one: Any) -> None:
    assert one("answerable", cell).answerable is True


@pytest.mark.parametrize("cell", ["false", "False", "否", "0", "0.0", "no", "不可答"])
def test_not_answerable(cell: str, one: Any) -> None:
    assert one("可答", cell).answerable is False


@pytest.mark.parametrize("cell", ["a.md|b.md", "a.md\nb.md", "a.md；b.md", '["a.md", "b.md"]', "['a.md', 'b.md']"])
def test_sources(cell: str, one: Any) -> None:
    assert one("sources", cell).sources == ("a.md", "b.md")


@pytest.mark.parametrize(
    ("heading", "cell", "reason"),
    [
        ("answerable", "也许", "可答"), ("answerable", "-", "可答"),
        ("history", "什么是留存", "history"), ("history", '["什么是留存"]', "history"),
        ("history", '[{"role": "user"}]', "history"), ("history", '[{"role": "客服", "content": "a"}]', "history"),
        ("history", '[{"role": "user", "content": 3}]', "history"),
        ("evidence", '["红包"', ""), ("evidence", '["红包",,]', "列表"), ("evidence", "[“红包”]", "列表"),
        ("evidence", '[{"a": 1}]', "文字"), ("evidence", "[['a', None]]", "文字"), ("nuggets", "['a', b]", "列表"),
        ("nuggets", '["\\ud800"]', "列表"), ("sources", "[['a', ['b']]]", "文字"),
        ("nuggets", "[" * 50_000 + "]" * 50_000, "列表"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_understood(heading: str, cell: str, reason: str, why: Any, one: Any) -> None:
    """Sets its row aside; a list that is not closed is text, which may begin with a bracket."""
    if reason:
        assert reason in why(heading, cell)
    else:
        assert one(heading, cell).evidence == ((cell,),)
