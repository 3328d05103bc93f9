"""Questions as they are read, and hits as they are ranked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import QuestionError
from kbqa.retrieval.question import MAX_CHARACTERS, check, kind_of

Write = Callable[[Path, Mapping[str, str]], Path]


# --- questions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["", "   ", "\n\t\u3000", "？？？", "。，、；：“”！", "...", "\0", "😀", "_ _"])
def test_questions_without_words(question: str, kb: KnowledgeBase) -> None:
    """They are refused in Chinese and in English, by asking and by searching."""
    for door in (kb.ask, kb.search):
        with pytest.raises(QuestionError) as error:
            door(question)
        assert any("\u4e00" <= c <= "\u9fff" for c in error.value.zh) and error.value.en.isascii()


def test_questions_that_are_too_long(kb: KnowledgeBase) -> None:
    """The message says how long it is and how long it may be; one of just that length is answered."""
    with pytest.raises(QuestionError) as error:
        kb.ask("转化率" * 3333 + "？")
    for text in (error.value.zh, error.value.en):
        assert "10000" in text and str(MAX_CHARACTERS) in text
    assert kb.ask("转" * MAX_CHARACTERS).question == "转" * MAX_CHARACTERS
    with pytest.raises(QuestionError):
        kb.ask("转" * (MAX_CHARACTERS + 1))


def test_white_space_around_a_question(kb: KnowledgeBase) -> None:
    """It means nothing."""
    assert check("\n 转化率是什么　") == "转化率是什么"
    assert kb.ask("\n 转化率是什么　") == kb.ask("转化率是什么")


def test_characters_that_no_encoding_has(kb: KnowledgeBase) -> None:
    """Half a surrogate pair, as a terminal with another encoding gives it, is no crash."""
    assert kb.ask("\udce8转化率是什么").citations == kb.ask("转化率是什么").citations
    with pytest.raises(QuestionError):
        kb.ask("\udce8")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("什么是会员等级", "definition"), ("等级是什么意思？", "definition"), ("储值卡", "definition"),
        ("怎么理解私域", "definition"), ("What is a loyalty point?", "definition"), ("define churn", "definition"),
        ("等级有哪些", "list"), ("会员分哪几类", "list"), ("活动复盘包括什么内容", "list"),
        ("门店有几种储值卡", "list"),
        ("What are the stages of a campaign?", "list"), ("which types of coupons exist", "list"),
        ("怎么给老客发券", "howto"), ("如何搭建会员体系", "howto"), ("写复盘的步骤", "howto"),
        ("How do I win back lost members?", "howto"),
        ("核销率怎么算", "formula"), ("客单价的计算公式", "formula"), ("how is retention calculated", "formula"),
        ("预算是多少", "number"), ("奖励多久到账", "number"), ("一共花了几万", "number"),
        ("How many points per day?", "number"),
        ("积分和储值有什么区别", "compare"), ("拉新与促活的不同", "compare"), ("ARPU vs ARPPU", "compare"),
        ("What is the difference between points and coupons?", "compare"),
        ("为什么要清零积分", "why"), ("积分过期的原因", "why"), ("Why do points expire?", "why"),
        ("短信由渠道组还是由用户组来发送的", "fact"),
        ("储值卡和次卡怎么区分", "compare"), ("陈列跟堆头是一个东西吗", "compare"), ("次卡、月卡、年卡老是记混", "compare"),
        ("毛利拿什么除以什么", "formula"), ("损耗率的分子和分母", "formula"), ("这个盈亏点是怎么算出来的", "formula"),
        ("签到干嘛要连着算", "why"), ("涨价是出于什么考虑", "why"), ("销量涨了利润怎么还跌", "why"),
        ("督导是干嘛的", "definition"), ("堆头是个什么东西", "definition"), ("请解释一下动销", "definition"),
        ("列一下收银要带的东西", "list"), ("店长上岗要过哪几道关", "list"), ("开业筹备的四大风险", "list"),
        ("打开率怎么这么低", "why"), ("不同渠道怎么投放", "howto"), ("为什么后台数据和报表不一样", "why"), ("一周发几次短信", "number"),
        ("第三步怎么做", "howto"), ("推荐算法是什么", "definition"), ("介绍一下投放的流程", "howto"), ("陈列和堆头哪个更重要", "compare"),
        ("怎么选品", "howto"), ("怎么推出新品", "howto"), ("怎么还款", "howto"), ("要先排除哪些门店", "list"),
        ("翻台率怎么统计的", "definition"), ("怎么统计翻台率", "howto"), ("统计口径不一致怎么办", "howto"), ("please explain upselling", "definition"),
        ("explain what to do when a guest complains", "fact"), ("没多少客人的店要不要关", "fact"), ("多少客人算满座", "number"),
        ("闭店前的事按什么顺序办", "howto"), ("周年庆有什么招", "howto"), ("什么样的客人算常客", "definition"), ("怎样算迟到", "definition"),
        ("四个角各放什么", "list"), ("纸券和电子券各有什么好坏", "compare"), ("早市跟夜市谁客流高", "compare"), ("怎样算出毛利", "howto"),
        ("怎样结算佣金", "howto"), ("怎样买最划算", "howto"), ("有什么招聘渠道", "list"), ("店长和督导谁来提高复购", "fact"), ("三个字母各自代表什么", "list"),
    ],
)  # fmt: skip
def test_kind_of_question(question: str, kind: str) -> None:
    """What sort of answer a wording wants, whatever its script and width."""
    assert kind_of(question) == kind


@pytest.mark.parametrize(
    ("one", "other"),
    [("轉化率怎麼算", "转化率怎么算"), ("ＷＨＡＴ ＩＳ ＣＶＲ", "what is cvr"), ("積分為什麼過期", "积分为什么过期")],
)
def test_script_width_and_case_do_not_matter(one: str, other: str, kb: KnowledgeBase) -> None:
    """Same kind, same hits with the same scores, same citations; why they match is said in the asker's own writing."""
    first, second = kb.ask(one), kb.ask(other)
    assert first.kind == second.kind
    assert [replace(c, matched=()) for c in first.citations] == [replace(c, matched=()) for c in second.citations]
    assert [(h.chunk.chunk_id, h.score) for h in first.hits] == [(h.chunk.chunk_id, h.score) for h in second.hits]


# --- follow-ups -------------------------------------------------------------------------------------------------------


def history(*turns: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(turns)]


STAGES = history("活动分为哪几个阶段", "整场活动分为：\n- 预热期\n- 爆发期\n- 返场期")


def test_pronoun_stands_for_what_was_asked(kb: KnowledgeBase) -> None:
    """它怎么算 after 转化率 gives the formula of 转化率, and the reader sees how it was understood."""
    asked = kb.ask("什么是转化率")
    answer = kb.ask("它怎么算？", history("什么是转化率", asked.text))
    assert answer.question == "它怎么算？" and "转化率" in answer.understood_as
    assert "÷" in answer.text and {c.doc_id for c in answer.citations} == {"数据/转化率.md"}


@pytest.mark.parametrize(
    ("question", "item"), [("第二个呢", "爆发期"), ("第3个阶段做什么", "返场期"), ("第一个是干嘛的", "预热期")]
)
def test_nth_of_what_was_listed(question: str, item: str, kb: KnowledgeBase) -> None:
    """The item takes the place of its number."""
    answer = kb.ask(question, STAGES)
    assert item in answer.understood_as and answer.hits[0].chunk.doc_id == "activity.md"


@pytest.mark.parametrize("question", ["第十个呢", "第10个呢", "第12个是什么", "第十一个呢"])
def test_more_than_was_listed(question: str, kb: KnowledgeBase) -> None:
    """There is no tenth of three, and the tenth is not the first."""
    assert not any(item in kb.understand(question, STAGES).text for item in ("预热期", "爆发期", "返场期"))


@pytest.mark.parametrize(
    "question", ["新人第一周该做什么", "第二天要提醒老用户吗", "新人第一个月学什么", "大促第三小时看什么"]
)
def test_a_time_is_no_item(question: str, kb: KnowledgeBase) -> None:
    """第一周 names a week; only what counts things stands for one that was listed."""
    assert kb.understand(question, STAGES).text == kb.understand(question).text


def test_item_that_was_listed_with_its_meaning(kb: KnowledgeBase) -> None:
    """The name takes the place of the number, not the whole definition."""
    listed = history(
        "RFM 看什么", "- 最近一次消费（Recency）是指用户上次购买距今的天数。\n- 消费频次是指用户购买的次数。"
    )
    assert kb.understand("第一个怎么算", listed).text == "最近一次消费怎么算"
    assert kb.understand("第二个怎么算", listed).text == "消费频次怎么算"


def test_and_the_other(kb: KnowledgeBase) -> None:
    """那留存率呢 asks of 留存率 what was asked of 转化率."""
    answer = kb.ask("那留存率呢？", history("转化率怎么算", "转化率 = 完成人数 ÷ 进入人数"))
    assert answer.hits[0].chunk.doc_id == "数据/留存率.md"


@pytest.mark.parametrize(
    "question",
    [
        "什么是邀请有礼", "应该怎么整理唤醒名单", "SOP 是什么", "其他奖励怎么发", "尤其是积分怎么发放",
        "android 渠道怎么推广", "积分因此会过期吗", "How do I split the wake-up list by category?",
        "换个话题，总预算是多少",
    ],
)  # fmt: skip
def test_change_of_topic_carries_nothing(question: str, kb: KnowledgeBase) -> None:
    """A question that stands by itself is read as if nothing had been said before."""
    before = history("什么是转化率", "转化率是完成目标动作的人数占进入这一步的人数的比例。")
    assert kb.understand(question, before).text == kb.understand(question).text
    assert "转化率" not in kb.understand(question, before).text


@pytest.mark.parametrize(
    "turns",
    [[], [{"role": "assistant", "content": "您好"}], [{"role": "user", "content": ""}], [{"role": "user"}], [{}]],
    ids=["none", "greeting", "empty", "without content", "nothing"],
)  # fmt: skip
def test_history_that_says_nothing(turns: list[dict[str, str]], kb: KnowledgeBase) -> None:
    """Neither does it fail on one."""
    assert kb.ask("它怎么算", turns) == kb.ask("它怎么算")


# --- hits -------------------------------------------------------------------------------------------------------------

QUESTIONS = (
    "什么是转化率", "积分为什么会过期", "活动花了多少钱", "奖励什么时候发放", "沉睡名单怎么清洗",
    "retention rate formula", "天气", "名单",
)  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_hits_are_ranked(question: str, kb: KnowledgeBase) -> None:
    """Ranks count from 1, scores fall, ties go by `chunk_id`, no chunk comes twice, parts are on one scale."""
    hits = kb.search(question, 50)
    assert [h.rank for h in hits] == list(range(1, len(hits) + 1))
    assert [(-h.score, h.chunk.chunk_id) for h in hits] == sorted((-h.score, h.chunk.chunk_id) for h in hits)
    assert len({h.chunk.chunk_id for h in hits}) == len(hits) == kb.info().chunks
    for hit in hits:
        assert all(-1.0001 <= value <= 1.0001 for value in hit.parts.values()) and len(hit.parts) >= 3


@pytest.mark.parametrize("question", QUESTIONS)
def test_fewer_hits_are_the_first_of_more(question: str, kb: KnowledgeBase) -> None:
    """k cuts the list and changes nothing else."""
    hits = kb.search(question, 50)
    for k in (0, 1, 3):
        assert kb.search(question, k) == hits[:k]


@pytest.mark.parametrize(
    ("question", "doc_id", "within"),
    [
        ("积分为什么会过期", "会员/积分.md", "负债"),
        ("首单奖励多少积分", "会员/积分.md", "首单"),
        ("七日留存看什么", "数据/留存率.md", "第七天"),
        ("邀请怎么防止刷单", "增长/邀请有礼.md", "同一台设备"),
        ("红包花了多少预算", "activity.md", "红包 20 万元"),
        ("唤醒名单由谁负责", "增长/唤醒名单.md", "用户组"),
        ("What is the conversion rate?", "数据/转化率.md", "Conversion Rate"),
    ],
)
def test_best_hit(question: str, doc_id: str, within: str, kb: KnowledgeBase) -> None:
    """Questions in other words than the notes' find the passage that answers them."""
    best = kb.search(question)[0].chunk
    assert best.doc_id == doc_id and within in best.text


def test_matched_words_are_in_question_and_chunk(kb: KnowledgeBase) -> None:
    """What is shown as the reason is true of both; where they have other words for it, each has its own."""
    for hit in kb.search("会员积分为什么会过期", 3):
        chunk = "".join(hit.chunk.heading_path) + hit.chunk.text
        for word in hit.matched:
            asked, _, said = word.partition(" ≈ ")
            assert asked in "会员积分为什么会过期" and (said or asked) in chunk
    assert "积分" in "".join(kb.search("会员积分为什么会过期")[0].matched)


def test_ties_go_by_chunk_id(tmp_path: Path, write_notes: Write) -> None:
    """The same words in another order score the same to the last bit; the earlier id comes first."""
    one, two = "库存周转看天数。", "补货周期看仓库。"
    notes = {"b.md": f"# 仓储\n\n{two}\n{one}\n", "a.md": f"# 仓储\n\n{one}\n{two}\n", "c.md": "# 客服\n\n客服排班。\n"}
    KnowledgeBase.build(write_notes(tmp_path / "notes", notes), tmp_path / "index")
    first, second = KnowledgeBase.open(tmp_path / "index").search("库存周转", 10)[:2]
    assert first.score == second.score
    assert (first.chunk.doc_id, second.chunk.doc_id) == ("a.md", "b.md")
