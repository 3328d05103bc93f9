"""What is offered to be asked next: of the term beside what was asked, then headings beside the best passages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.answering.suggest import follow_ups
from kbqa.indexing.index import Index
from kbqa.retrieval.search import search
from kbqa.text import squeeze

Write = Callable[[Path, Mapping[str, str]], Path]
Build = Callable[..., KnowledgeBase]
Paths = Sequence[tuple[str, ...]]

# Long enough to be a passage of its own.
LONG = (
    "新人进来以后先说欢迎，再说这个群是做什么的、几点有人答话、哪些话不要发。欢迎的话由当天值班的人来发，一次只发三行，"
    "不要一上来就发长图。第二天再问一句有没有看到优惠，没有看到的补发一次，看到了没有用的问一问为什么。"
)
BESIDE = {"仓库.md": "# 仓库\n\n## 怎么点货\n\n每月最后一天点货，两个人一起点，一个报数一个记，记完互换再点一遍。\n"}

NOTES = {
    "数据/复购.md": """---
title: 回头客口径
terms: [复购率, 回头间隔]
---

# 回头客口径

## 回头客怎么定义

复购率是指一段时间里买过两次以上的顾客占全部顾客的比例。

## 按哪个数算

复购率 = 买过两次以上的顾客数 ÷ 全部顾客数 × 100%

## 间隔有多长

回头间隔是指同一个顾客前后两次下单之间隔了多少天。

## 易混概念

- 复购率与回购次数：前者数人，后者数单。
""",
    "团队/术语.md": """---
title: 客单价
terms: [客单价]
---

# 客单价

## 客单价看什么

客单价是指平均每张订单的金额，看顾客一次花多少钱。

## 客单价口径

客单价 = 成交额 ÷ 订单数

## 相关术语

复购率、没有写过的词、回头间隔
""",
    "门店/排班.md": """# 排班

## 周末怎么安排人手

周末加两个人，早晚各一个人，店长自己不排。早班的人九点到，先擦柜台再补货；晚班的人两点到，负责收银和打烊。
遇到大促，周五晚上就要把周六的人定好，定好以后不再改。谁临时来不了，自己找人替，找到了告诉店长，找不到也要早点说。

## 社群里怎么通知换班

换班在社群里发一条接龙，写清楚谁换给谁、哪一天、哪一班，店长在下面回复同意，没有回复就不算换成。
接龙每天晚上八点截止，过了八点的第二天再算。同一个人一个月最多换三次，换多了要和店长当面聊一聊是不是班次排得不合适。

## 直播间缺人怎么补

直播间缺人先从仓库借，借人以前问过仓库的组长，借来的人只管递样品和改价牌，不上镜也不说话。
借不到就少播一场，宁可少播也不要让没有练过的人顶上去。少播的那一场写在交班本上，月底一起看少播了几场、为什么缺人。

## 雨天

雨天减一个人，减下来的人去仓库打包，下午三点再看天气，放晴了就叫回来。
连着下三天雨，就把第三天的晚班取消，取消的班次记在交班本上，下个月优先补给他，不让人白白少了收入。
""",
}


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> Build:
    """A knowledge base over notes, path → text."""

    def built(notes: Mapping[str, str]) -> KnowledgeBase:
        root = tmp_path_factory.mktemp("suggest")
        KnowledgeBase.build(write_notes(root / "notes", notes), root / "index")
        return KnowledgeBase.open(root / "index")

    return built


@pytest.fixture(scope="module")
def shop(build: Build) -> KnowledgeBase:
    """Three notes: two that define terms, one that only has headings."""
    return build(NOTES)


@lru_cache(maxsize=1)
def _index(path: Path) -> Index:
    return Index.open(path)


def offered(kb: KnowledgeBase, question: str, cited: Paths = (), count: int = 10) -> tuple[str, ...]:
    """Everything there is to offer, whatever the answer cited."""
    index = _index(kb.path)
    return follow_ups(index, search(index, kb.understand(question), kb.settings.query), cited, count)


# --- terms ------------------------------------------------------------------------------------------------------------


def test_how_the_term_is_computed_comes_first(shop: KnowledgeBase) -> None:
    """Of a term that has a formula; not of one that has none."""
    assert shop.ask("什么是复购率").follow_ups[0] == "复购率 怎么算？"
    assert shop.ask("客单价是啥意思").follow_ups[0] == "客单价 怎么算？"
    assert not any("怎么算" in question for question in offered(shop, "什么是回头间隔"))


def test_what_the_term_is_easily_taken_for(shop: KnowledgeBase) -> None:
    """The first such name; a term that is taken for nothing has none."""
    assert "复购率 和 回购次数 有什么区别？" in shop.ask("什么是复购率").follow_ups
    assert not any("区别" in question for question in offered(shop, "什么是客单价"))


def test_related_terms_that_the_notes_define(shop: KnowledgeBase) -> None:
    """In the order of the note; a name that no note defines would lead nowhere."""
    questions = offered(shop, "客单价怎么算")
    assert questions.index("什么是复购率？") < questions.index("什么是回头间隔？")
    assert not any("没有写过的词" in question for question in questions)


def test_a_term_by_its_other_name(shop: KnowledgeBase) -> None:
    """It is asked on under the name that the notes have for it, in the notes' language."""
    for question in ("AOV 是什么", "What is AOV?"):
        assert "客单价 怎么算？" in shop.ask(question).follow_ups


def test_what_was_asked_is_not_offered(shop: KnowledgeBase) -> None:
    """Neither the formula after the formula, nor the difference after the difference, nor the heading that was asked for."""
    for asked in ("复购率怎么算", "复购率的计算公式"):
        assert not any("怎么算" in question for question in offered(shop, asked))
    for asked in ("复购率和回购次数有什么区别", "复购率跟回购次数差在哪里"):
        assert not any("区别" in question for question in offered(shop, asked))
    assert "社群里怎么通知换班？" not in offered(shop, "社群里怎么通知换班")
    assert "社群里怎么通知换班？" in offered(shop, "直播间缺人怎么补")


def test_what_was_cited_is_not_offered(shop: KnowledgeBase) -> None:
    """The reader has just read it; the next best takes its place."""
    before = offered(shop, "雨天怎么办")
    kept = tuple(question for question in before if question != "社群里怎么通知换班？")
    assert len(kept) == len(before) - 1 > 0
    assert offered(shop, "雨天怎么办", [("排班", "社群里怎么通知换班"), ()])[: len(kept)] == kept


@pytest.mark.parametrize("question", ["什么是会员日", "会员日"])
def test_the_formula_of_a_term_that_heads_its_note(question: str, build: Build) -> None:
    """The definition stands right under the heading of that name, or the name was all that was asked."""
    kb = build(
        {
            "会员日.md": "---\nterms: [会员日]\n---\n\n# 会员日\n\n会员日是指每月十八日只给会员打折的那一天。\n\n"
            "## 折扣有多少\n\n会员日 = 平日折扣 + 会员折扣\n\n## 谁能来\n\n当天办卡的也算会员，离店以前都能用。\n"
        }
    )
    assert kb.ask(question).citations[0].quote.startswith("会员日是指")
    assert "会员日 怎么算？" in kb.ask(question).follow_ups


def test_the_same_question_by_another_name(build: Build) -> None:
    """What is AOV and what is 客单价 is one question."""
    kb = build(
        {
            "客单价.md": "# 客单价\n\n一次花多少钱，看这个数。\n\n## 拿来看什么\n\n客单价（AOV）是指平均每张订单的金额，看顾客一次花多少钱。\n",
            **BESIDE,
        }
    )
    assert kb.ask("AOV 是什么").citations[0].quote.startswith("客单价（AOV）是指")
    assert "什么是客单价？" not in kb.ask("AOV 是什么").follow_ups


# --- headings ---------------------------------------------------------------------------------------------------------


def test_headings_where_no_term_is_asked_for(shop: KnowledgeBase) -> None:
    """Those beside the best passages that ask something and can stand by themselves, with one question mark."""
    questions = shop.ask("雨天怎么办").follow_ups
    assert set(questions[:2]) == {"社群里怎么通知换班？", "直播间缺人怎么补？"}
    assert not any("周末怎么安排人手" in question for question in offered(shop, "雨天怎么办")), "it names no term"


def test_three_headings_at_most(build: Build) -> None:
    """A heading over several passages counts once."""
    long = "\n\n".join(f"第{n}天，{LONG}" for n in "一二三四")
    others = "".join(f"## 社群里怎么{do}\n\n{do}以前，{LONG}\n\n" for do in ("答疑", "收费", "拉票"))
    kb = build({"社群.md": f"# 群\n\n## 社群里怎么欢迎新人\n\n{long}\n\n{others}"})
    questions = offered(kb, "欢迎的话由谁来发")
    assert len(questions) == len(set(questions)) == 3
    assert all(question.startswith("社群里怎么") for question in questions)


def test_headings_about_mistakes_are_not_offered(build: Build) -> None:
    """A section that only touches on its matter is no answer to anything."""
    kb = build(
        {
            **BESIDE,
            "社群.md": f"# 群\n\n## 社群里怎么欢迎新人？\n\n{LONG}\n\n## 社群怎么避免常见错误\n\n{LONG[::-1]}\n",
        }
    )
    questions = offered(kb, "新人来了先说哪句话")
    assert "社群里怎么欢迎新人？" in questions and not any("错误" in question for question in questions)


# --- how many ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["什么是客单价", "复购率怎么算", "雨天怎么办"])
def test_how_many_are_offered(question: str, shop: KnowledgeBase) -> None:
    """As many as wanted, the best ones, three unless told; six kinds are looked for at most."""
    everything = offered(shop, question)
    assert 3 <= len(everything) <= 6 and len({squeeze(q) for q in everything}) == len(everything)
    for count in range(5):
        assert offered(shop, question, count=count) == everything[:count]
    assert len(shop.ask(question).follow_ups) == 3


@pytest.mark.parametrize("question", ["什么是复购率", "客单价怎么算", "雨天怎么办", "复购率和回购次数有什么区别"])
def test_what_is_offered_of_terms_is_answered(question: str, shop: KnowledgeBase) -> None:
    """Nobody is sent where the notes say nothing; each is one line that ends in a question mark."""
    for follow_up in shop.ask(question).follow_ups:
        assert follow_up.endswith("？") and follow_up.count("？") == 1 and "\n" not in follow_up
        assert not shop.ask(follow_up).abstained


def test_nothing_is_offered_after_a_refusal(shop: KnowledgeBase) -> None:
    """What the notes do not say has nothing beside it."""
    answer = shop.ask("火星上有水吗")
    assert answer.abstained and answer.follow_ups == ()


def test_nothing_beside(build: Build) -> None:
    """One note with one sentence has nothing further to offer."""
    kb = build({"a.md": "换班要提前三天说，由店长在群里确认以后才算数。\n"})
    answer = kb.ask("换班要提前几天说")
    assert not answer.abstained and answer.follow_ups == ()
