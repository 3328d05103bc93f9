"""Terms out of notes: what introduces a term, and what only looks as if it did."""

from __future__ import annotations

import pytest

from kbqa.notes.reading import read_bytes
from kbqa.terms.mining import heading_terms, mine_terms
from kbqa.types import Document, Term


def note(text: str, name: str = "a.md") -> Document:
    found = read_bytes(text.encode("utf-8"), name).document
    assert found is not None
    return found


def mined(text: str) -> list[Term]:
    return list(mine_terms([note(text)]))


def named(text: str) -> dict[str, tuple[str, ...]]:
    """Name → other names, of every term mined."""
    return {t.name: (*t.aliases, *t.english) for t in mined(text)}


# --- defining sentences -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("裂变是指老用户带来新用户的增长方式。", "裂变"),
        ("裂变指老用户带来新用户的增长方式。", "裂变"),
        ("裂变，指的是老用户带来新用户的方式。", "裂变"),
        ("“私域”就是指可以反复触达的自有用户池子。", "私域"),
        ("A/B测试是一种把用户随机分成两组来比较的方法。", "A/B测试"),
        ("- 曝光率是衡量内容被看见多少的数字。", "曝光率"),
        ("2. 曝光率是指看到的人占能看到的人的比例。", "曝光率"),
        ("裂變是指老用戶帶來新用戶的增長方式。", "裂變"),
    ],
)
def test_a_defining_sentence_names_its_term(sentence: str, name: str) -> None:
    document = note(f"前面的一句话说的是别的事。\n\n{sentence}\n\n后面还有话。")
    (term,) = mine_terms([document])
    assert (term.name, term.origin) == (name, "definition")
    assert term.definition is not None
    doc_id, start, end = term.definition
    quote = document.text[start:end]
    assert doc_id == "a.md"
    assert quote == sentence.lstrip("-2. "), "without the mark of the item"


def test_other_names_in_a_defining_sentence() -> None:
    assert named("用户运营，简称用运，是指围绕用户做的一切工作。") == {"用户运营": ("用运",)}
    assert named("北极星指标，也就是唯一关键指标，是最能代表价值的数字。") == {"北极星指标": ("唯一关键指标",)}
    assert named("DAU（日活跃用户数）是一天里用过产品的人数。")["DAU"] == ("日活跃用户数",)


@pytest.mark.parametrize(
    "sentence",
    [
        "这是一个很好的例子，说明了很多问题。",
        "关键是让用户第二天还愿意再来一次。",
        "他是一个很好的同事，大家都喜欢他的为人。",
        "结果是用户走了一半，只好从头再来。",
        "指标是用来衡量目标的数字，一般写在看板上。",
        "以上就是一个完整的流程，照着做就好。",
        "第一步是先把名单拉出来，然后逐个打电话。",
        "留存率指标要每天看，不然发现问题会太晚。",
        "活动指南里写了三件事情，都很重要，请先读完。",
        "我们的目标是让三成的人第二天还会回来。",
        "渠道指导价每个月调整一次，由财务通知大家。",
        "裂变是好事。",
        "",
    ],
)
def test_false_friends_define_nothing(sentence: str) -> None:
    assert mined(f"{sentence}\n\n一段别的话。") == []


# --- brackets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "name", "others"),
    [
        ("每天看 DAU（日活跃用户数）就够了。", "日活跃用户数", ("DAU",)),
        ("每天看 CAC(获客成本) 就够了。", "获客成本", ("CAC",)),
        ("设定关键绩效指标（KPI）之前先谈目标。", "关键绩效指标", ("KPI",)),
        ("顾客资产（customer equity）要分层。", "顾客资产", ("customer equity",)),
        ("用 NPS（net promoter score）来算。", "NPS", ("net promoter score",)),
        ("用 RFM（Recency-Frequency-Monetary）来算。", "RFM", ("Recency-Frequency-Monetary",)),
    ],
)
def test_brackets_give_other_names(sentence: str, name: str, others: tuple[str, ...]) -> None:
    (term,) = mined(sentence)
    assert (term.name, (*term.aliases, *term.english), term.origin) == (name, others, "bracket")


def test_several_brackets_in_one_sentence() -> None:
    assert named("看 UV（独立访客数）、PV（浏览量）两个数。") == {"独立访客数": ("UV",), "浏览量": ("PV",)}


@pytest.mark.parametrize(
    "sentence",
    [
        "看 ROI（投入产出比，越高越好）就够了。",
        "看 LTV（越高越好）就够了。",
        "看 GMV（不含退款）就够了。",
        "看 LTV（see below）就够了。",
        "我们（the team）一起做。",
        "先看数据（2026）再说。",
    ],
)
def test_remarks_in_brackets_are_no_names(sentence: str) -> None:
    assert mined(sentence) == []


@pytest.mark.parametrize(
    ("sentence", "generic"),
    [
        ("这里说的是 A/B 测试（A/B Testing）的做法。", "测试"),
        ("先看新增用户（New Users）有多少。", "用户"),
    ],
)
def test_half_a_name_is_no_name(sentence: str, generic: str) -> None:
    """`测试` is not A/B testing and `用户` is not new users: such an alias would match everywhere."""
    assert generic not in named(sentence)


# --- headings and front matter ----------------------------------------------------------------------------------------


def test_heading_pairs() -> None:
    text = "# 服务蓝图 service blueprint\n\n文。\n\n## 2. 用户生命周期价值 LTV\n\n文。\n\n## 北极星指标（North Star Metric）\n\n文。"
    assert [(t.name, t.english, t.origin) for t in mined(text)] == [
        ("服务蓝图", ("service blueprint",), "heading"),
        ("用户生命周期价值", ("LTV",), "heading"),
        ("北极星指标", ("North Star Metric",), "heading"),
    ]


@pytest.mark.parametrize(
    "heading", ["什么是 OSM", "怎么提高 K", "用户价值与 LTV", "上线前怎么估 ROI", "三种 App", "为什么要做 SOP"]
)
def test_a_heading_that_asks_or_lists_is_no_pair(heading: str) -> None:
    assert mined(f"## {heading}\n\n一段话。") == []


def test_front_matter_aliases() -> None:
    text = "---\ntitle: RFM 模型\naliases: [RFM 分析, RFM]\n---\n# RFM 模型\n\n一段话。"
    (term,) = mined(text)
    assert (term.name, term.aliases, term.english, term.origin) == ("RFM 模型", ("RFM 分析",), ("RFM",), "front matter")
    assert mined(text.replace("title: RFM 模型", "title: 一个长到不像名字的标题会被忽略")) == []


def test_heading_terms_are_short_noun_phrases() -> None:
    text = "# 手册\n\n## 1.1 私域用户\n\n文。\n\n## 怎么做活动\n\n文。\n\n## 方法\n\n文。\n\n## 指标体系\n\n文。\n\n## 私域用户\n\n文。"
    assert heading_terms([note(text)]) == (Term("私域用户", origin="phrase"), Term("指标体系", origin="phrase"))


# --- several documents ------------------------------------------------------------------------------------------------


def test_the_first_finding_wins_unless_only_a_later_one_defines() -> None:
    first = note("看 NPS（net promoter score）就够了。", "a.md")
    second = note("NPS（推荐意愿）是指愿意推荐的人减去不愿意的人。", "b.md")
    third = note("nps是指愿意推荐的人减去不愿意的人。", "c.md")
    (term, *_) = [t for t in mine_terms([first, second, third]) if t.name == "NPS"]
    assert term.definition is not None and term.definition[0] == "b.md"
    (alone,) = mine_terms([first])
    assert (alone.english, alone.definition) == (("net promoter score",), None)


def test_no_documents_no_terms() -> None:
    assert mine_terms([]) == ()
    assert heading_terms([]) == ()


def test_mining_is_deterministic() -> None:
    documents = [note("DAU（日活跃用户数）是一天里用过产品的人数。", f"{i}.md") for i in range(3)]
    assert mine_terms(documents) == mine_terms(documents)
    assert [t.definition[0] for t in mine_terms(documents) if t.definition] == ["0.md"]
