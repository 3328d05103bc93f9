"""Which questions are one gap, what is said of it, and its forms for programs."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone

import numpy as np
import pytest

from kbqa import KnowledgeBase
from kbqa.evaluation import gap_groups as module
from kbqa.evaluation.gap_groups import COLUMNS, GapGroup, alikeness, group_gaps, group_json, linked, to_csv
from kbqa.evaluation.gaps import Near
from tests.gap_shop import EMPTY, NOON, UNMENTIONED, build, gap


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return build(tmp_path_factory.mktemp("gaps"))


# --- linkage ----------------------------------------------------------------------------------------------------------


def test_average_linkage_by_hand() -> None:
    """0 and 1 join at .9; 2 is .8 and .4 from them, .6 on average; 3 is .5 from 2 and nought from the others: .167 on average."""
    near = np.array([[1, 0.9, 0.8, 0.0], [0.9, 1, 0.4, 0.0], [0.8, 0.4, 1, 0.5], [0.0, 0.0, 0.5, 1]])
    before = near.copy()
    assert linked(near, 0.91) == [[0], [1], [2], [3]]
    assert linked(near, 0.61) == [[0, 1], [2], [3]]
    assert linked(near, 0.59) == [[0, 1, 2], [3]]
    assert linked(near, 0.17) == [[0, 1, 2], [3]]
    assert linked(near, 0.16) == [[0, 1, 2, 3]]
    assert np.array_equal(near, before)


def test_linkage_of_nothing_one_and_equals() -> None:
    """Of equals, the lowest rows are joined first: then 2 is .25 from the pair on average."""
    assert linked(np.zeros((0, 0)), 0.5) == []
    assert linked(np.ones((1, 1)), 0.5) == [[0]]
    assert linked(np.array([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]), 0.3) == [[0, 1], [2]]


def test_linkage_against_scipy() -> None:
    """The same groups as SciPy's average linkage, cut at many heights."""
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    generator = np.random.default_rng(7)
    for size in (2, 5, 40):
        vectors = generator.normal(size=(size, 5))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        near = vectors @ vectors.T
        tree = hierarchy.linkage((1 - near)[np.triu_indices(size, 1)], "average")
        for least in (0.9, 0.5, 0.2, 0.0, -0.2):
            labels = hierarchy.fcluster(tree, 1 - least, "distance")
            expected = sorted(np.flatnonzero(labels == label).tolist() for label in set(labels))
            assert linked(near, least) == expected


# --- grouping ---------------------------------------------------------------------------------------------------------

# Wordings of ten questions, none of which the threshold was chosen on.
SAME = (
    ("门店几点关门", "门店什么时候关门"),
    ("快递丢件了怎么赔", "快递丢失了怎么赔付"),
    ("发票怎么开", "如何开发票", "怎么开发票"),
    ("KOC是什么", "什么叫KOC", "what is KOC"),
    ("KOC怎么找", "怎么找到KOC"),
    ("短信退订率多少正常", "短信退订率一般是多少"),
    ("公众号打开率下降的原因", "为什么公众号打开率下降"),
    ("快手和抖音有什么区别", "抖音跟快手的差异在哪"),
    ("谁是总经理", "总经理是谁"),
    UNMENTIONED,
)


def test_the_same_thing_is_one_gap(shop: KnowledgeBase) -> None:
    """Other words for one thing are joined; the same thing asked otherwise (what is it, how to find it) is not."""
    groups = group_gaps([gap(question) for same in SAME for question in same], shop)
    found = {frozenset(group.wordings) for group in groups}
    assert found == {frozenset(same) for same in SAME}


def test_alikeness(shop: KnowledgeBase) -> None:
    """Symmetric, about 1 with itself, higher for other words than for another kind of answer, low for another thing."""
    near = alikeness(shop, ["什么是积分", "积分是什么", "积分怎么发放", "总经理是谁"])
    assert np.array_equal(near, near.T)
    assert near.diagonal() == pytest.approx([1, 1, 1, 1], abs=1e-5)
    assert near[0, 1] > 0.8 > near[0, 2] > near[0, 3]


def test_order_makes_no_difference(shop: KnowledgeBase) -> None:
    rows = [gap(question, days) for days, same in enumerate(SAME) for question in same]
    expected = group_gaps(rows, shop)
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        assert group_gaps(rows, shop) == expected


def test_no_gaps_no_groups(shop: KnowledgeBase) -> None:
    assert group_gaps([], shop) == ()


def test_what_is_said_of_a_group(shop: KnowledgeBase) -> None:
    """Count, wordings by frequency (marks and width make none), the time from first to last, and the centre as its question."""
    rows = [gap(UNMENTIONED[1], 3), gap(UNMENTIONED[0], 1), gap(UNMENTIONED[0] + "？", 9), gap(UNMENTIONED[2], -2)]
    (group,) = group_gaps(rows, shop)
    assert (group.count, group.question) == (4, "员工年假有几天")
    assert group.wordings == ("员工年假有几天", *sorted(UNMENTIONED[1:]))
    assert (group.first, group.last) == (NOON - timedelta(days=2), NOON + timedelta(days=9))
    assert (group.terms, group.advice) == ((), "unmentioned")


def test_a_follow_up_is_grouped_by_what_it_meant(shop: KnowledgeBase) -> None:
    """“怎么开” alone means nothing; the group shows what was looked up."""
    rows = [replace(gap("怎么开"), understood_as="发票 怎么开"), gap("如何开发票"), gap("会员卡怎么开")]
    assert {group.wordings for group in group_gaps(rows, shop)} == {("发票 怎么开", "如何开发票"), ("会员卡怎么开",)}


def test_order_of_groups(shop: KnowledgeBase) -> None:
    """By count, then the latest, then by name."""
    rows = [
        gap("总经理是谁", 5),
        gap("发票怎么开", 1),
        gap("发票怎么开", 2),
        gap("KOC是什么", 6),
        gap("GMV目标多少", 5),
    ]
    assert [group.question for group in group_gaps(rows, shop)] == [
        "发票怎么开",
        "KOC是什么",
        "GMV目标多少",
        "总经理是谁",
    ]


def test_terms_of_a_group(shop: KnowledgeBase) -> None:
    """Names of glossary terms, whatever they were called, the most frequent first; words that only ask are none."""
    rows = [gap("LTV和CAC的比例多少合适"), gap("用户生命周期价值要到CAC的几倍"), gap("LTV要到多少合适")]
    terms = module._terms(shop, rows)
    assert terms[0] == "LTV" and terms[1] == "获客成本"
    assert module._terms(shop, [gap("区别是什么，怎么计算")]) == ()


def test_where_the_answer_belongs(shop: KnowledgeBase) -> None:
    """By reciprocal ranks: 1/1 for 积分, 1/2 + 1/2 + 1/3 for 地推, and in it the heading that came up more; a note that is gone
    has no vote."""
    points, street, gone = "会员/积分.md", "渠道/地推.md", "删掉了.md"
    rows = [
        gap(UNMENTIONED[0], 0, [Near(points, ("积分",)), Near(street, ("流程",))]),
        gap(UNMENTIONED[0], 1, [Near(gone), Near(street, ("流程",)), Near(street, ("成本",))]),
    ]
    assert group_gaps(rows, shop)[0].nearest == Near(street, ("流程",))
    assert group_gaps(rows[:1], shop)[0].nearest == Near(points, ("积分",))
    turned = gap(UNMENTIONED[0], 0, [Near(street), Near(points)])
    assert group_gaps([turned], shop)[0].nearest == Near(street)
    tie = [gap(UNMENTIONED[0], 0, [Near(street)]), gap(UNMENTIONED[0], 0, [Near(points)])]
    assert group_gaps(tie, shop)[0].nearest == Near(points)


def test_without_a_note_on_record_search_tells(shop: KnowledgeBase) -> None:
    """The best passage of today."""
    (group,) = group_gaps([gap("地推怎么管考勤纪律", 0, [Near("删掉了.md")])], shop)
    assert group.nearest is not None and group.nearest.doc_id == "渠道/地推.md"


# --- advice -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def strict(shop: KnowledgeBase) -> Iterator[KnowledgeBase]:
    """The same notes, never sure enough to answer."""
    before = shop.settings
    shop.settings = replace(before, query=replace(before.query, answer_threshold=1.1))
    yield shop
    shop.settings = before


@pytest.mark.parametrize(
    ("question", "advice"),
    [
        (UNMENTIONED[0], "unmentioned"),
        ("元宇宙怎么发放", "unmentioned"),
        ("地推的流程要多久", "no answer"),
        ("积分可以抵税吗", "no answer"),
        ("积分的发放要多久", "no answer"),
        (EMPTY, "heading only"),
        ("地推的成本是多少", "heading only"),
    ],
)
def test_why_there_was_no_answer(strict: KnowledgeBase, question: str, advice: str) -> None:
    """By the most important of what is asked; a heading without text counts only where no text says as much."""
    (group,) = group_gaps([gap(question)], strict)
    assert group.advice == advice


def test_the_empty_heading_is_the_place(strict: KnowledgeBase) -> None:
    """The highest heading that covers the question as well as any, though a subheading stands below and another note was nearer."""
    near = [Near("会员/积分.md", ("会员积分",))]
    assert group_gaps([gap("地推的成本是多少", 0, near)], strict)[0].nearest == Near(
        "渠道/地推.md", ("地推", "地推的成本")
    )
    (group,) = group_gaps([gap(EMPTY, 0, near)], strict)
    assert group.nearest == Near("渠道/地推.md", ("地推", "地推的成本", "人力"))


def test_filled_gaps_show_as_answered(shop: KnowledgeBase) -> None:
    """Only when every wording of the group gets its answer."""
    assert [g.advice for g in group_gaps([gap("什么是会员积分"), gap("会员积分是什么")], shop)] == ["answered"]
    found = shop.find("什么是会员积分")
    assert module._advice(shop, found, ["什么是会员积分", UNMENTIONED[0]], [])[0] == "no answer"


# --- for programs -----------------------------------------------------------------------------------------------------

GROUP = GapGroup(
    "=1+1 等于几", 2, ("=1+1 等于几", "@1+1"), NOON, NOON.astimezone(timezone(timedelta(hours=8))), ("LTV", "CAC"),
    Near("a.md", ("甲", "乙")), "no answer",
)  # fmt: skip


def test_json_of_a_group() -> None:
    assert group_json(GROUP) == {
        "question": "=1+1 等于几", "count": 2, "wordings": ["=1+1 等于几", "@1+1"], "first": "2025-01-31T12:00:00+00:00",
        "last": "2025-01-31T12:00:00+00:00", "terms": ["LTV", "CAC"], "advice": "no answer",
        "marked": 0, "nearest": {"doc_id": "a.md", "heading_path": ["甲", "乙"]},
    }  # fmt: skip
    assert group_json(replace(GROUP, nearest=None))["nearest"] is None


def test_csv_of_groups() -> None:
    """A header even without groups; what a spreadsheet would compute is text."""
    assert to_csv([]) == ",".join(COLUMNS) + "\n"
    header, row = csv.reader(io.StringIO(to_csv([GROUP])))
    time = "2025-01-31T12:00:00+00:00"
    assert tuple(header) == COLUMNS
    assert row == ["'=1+1 等于几", "2", "'=1+1 等于几 | @1+1", time, time, "LTV | CAC", "no answer", "a.md", "甲 › 乙"]
