"""Short forms that mean two things: when the reader is asked back, when not, and what he is offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kbqa import Answer, KnowledgeBase
from kbqa.indexing.segment import Segmenter, words
from kbqa.retrieval.followup import Turn
from kbqa.retrieval.senses import Ambiguity, ambiguity, meaning_of
from kbqa.terms.glossary import Glossary
from kbqa.types import Term

Write = Callable[[Path, Mapping[str, str]], Path]
Build = Callable[..., KnowledgeBase]

PROVIDER = "CP（Content Provider，内容提供商）是指向平台供稿并按播放量分成的机构或个人。"
PERFORMANCE = "CP（Cost Performance，性价比）是指顾客花的每一块钱换来多少用处。"
NOTES = {
    "内容/供稿.md": f"# 供稿\n\n{PROVIDER}\n\n## 怎么和供稿方结算\n\n每月五日对账，十五日打款，逾期按天补利息。\n",
    "商品/定价.md": f"# 定价\n\n先看同类商品。{PERFORMANCE}\n\n## 定价要注意什么\n\n先看同类商品，再看顾客能接受的上限。\n",
    "数据/点击.md": "# 点击\n\nCTR（Click-Through Rate，点击率）是指看到的人里点了的人所占的比例。\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> Build:
    """A knowledge base over notes, path → text."""

    def built(notes: Mapping[str, str]) -> KnowledgeBase:
        root = tmp_path_factory.mktemp("senses")
        KnowledgeBase.build(write_notes(root / "notes", notes), root / "index")
        return KnowledgeBase.open(root / "index")

    return built


@pytest.fixture(scope="module")
def cp(build: Build) -> KnowledgeBase:
    """Notes where CP is a content provider and a price–performance ratio, and CTR one thing."""
    return build(NOTES)


def turns(*contents: str) -> list[Turn]:
    """Questions and answers by turns, a question first."""
    return [{"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(contents)]


def asks_back(answer: Answer) -> bool:
    return bool(answer.choices)


# --- asking back ------------------------------------------------------------------------------------------------------


def test_two_meanings_are_asked_back(cp: KnowledgeBase) -> None:
    """A question, then each meaning as the notes define it; nothing is guessed, and nothing is said to be missing."""
    answer = cp.ask("CP 是什么")
    assert answer.text == f"「CP」在笔记里有 2 个意思，你问的是哪一个？\n- {PROVIDER}\n- {PERFORMANCE}"
    assert answer.choices == ("内容提供商 是什么", "性价比 是什么")
    assert [(s.citations, s.item) for s in answer.sentences] == [((), False), ((0,), True), ((1,), True)]
    assert (answer.abstained, answer.confidence, answer.hits, answer.follow_ups) == (False, 1.0, (), ())
    assert (answer.question, answer.understood_as, answer.kind) == ("CP 是什么", "CP 是什么", "definition")
    assert answer.notices == ()


def test_meanings_are_quoted_from_the_notes(cp: KnowledgeBase) -> None:
    """Each quote is a slice of its note, with its line and headings."""
    citations = cp.ask("CP 是什么").citations
    assert [(c.doc_id, c.line, c.heading_path) for c in citations] == [
        ("内容/供稿.md", 3, ("供稿",)),
        ("商品/定价.md", 3, ("定价",)),
    ]
    for citation in citations:
        assert citation.quote == cp.document(citation.doc_id).text[citation.start : citation.end]
    assert [c.quote for c in citations] == [PROVIDER, PERFORMANCE]


def test_every_choice_can_be_asked_as_it_stands(cp: KnowledgeBase) -> None:
    """Each is answered from its own note, and is not asked back again."""
    provider, performance = (cp.ask(choice) for choice in cp.ask("CP 是什么").choices)
    assert provider.text.startswith(PROVIDER) and performance.text.startswith(PERFORMANCE)
    assert {c.doc_id for c in provider.citations} == {"内容/供稿.md"}
    assert {c.doc_id for c in performance.citations} == {"商品/定价.md"}
    assert not any(asks_back(a) or a.abstained or a.notices for a in (provider, performance))


@pytest.mark.parametrize(
    ("question", "choices"),
    [
        ("cp", ("内容提供商", "性价比")),
        ("ＣＰ怎么结算？", ("内容提供商怎么结算？", "性价比怎么结算？")),
        ("什么叫Cp呢", ("什么叫内容提供商", "什么叫性价比")),
        ("CP 和 CTR 有什么区别", ("内容提供商 和 CTR 有什么区别", "性价比 和 CTR 有什么区别")),
        ("CP是什麼", ("内容提供商是什麼", "性价比是什麼")),
    ],
)
def test_choices_are_the_question_with_a_meaning_put_in(
    question: str, choices: tuple[str, ...], cp: KnowledgeBase
) -> None:
    """Whatever its case, width and place; the rest stays as it was typed, but for what only sounds kind."""
    assert cp.ask(question).choices == choices


def test_english_is_asked_back_in_english(cp: KnowledgeBase) -> None:
    """The notes are quoted in their own language."""
    answer = cp.ask("What is CP?")
    assert answer.sentences[0].text == "“CP” means 2 things in the notes. Which one do you ask about?"
    assert [s.text for s in answer.sentences[1:]] == [PROVIDER, PERFORMANCE]
    assert answer.choices == ("What is 内容提供商?", "What is 性价比?")
    assert [cp.ask(choice).citations[0].quote for choice in answer.choices] == [PROVIDER, PERFORMANCE]


def test_three_meanings(build: Build) -> None:
    """As many items and choices as there are meanings, in the order of the notes."""
    notes = {
        "a.md": "# 甲\n\nQRS（Quick Return Stock，快返库存）是指七天之内能补上的货。\n",
        "b.md": "# 乙\n\nQRS（Queue Rating Score，排队评分）是指顾客等候以后打的分。\n",
        "c.md": "# 丙\n\nQRS（Quarter Receivable Sum，季度账款）是指每三个月结一次的钱。\n",
    }
    kb = build(notes)
    answer = kb.ask("QRS 是什么")
    assert answer.sentences[0].text == "「QRS」在笔记里有 3 个意思，你问的是哪一个？"
    assert answer.choices == ("快返库存 是什么", "排队评分 是什么", "季度账款 是什么")
    assert [kb.ask(choice).citations[0].doc_id for choice in answer.choices] == ["a.md", "b.md", "c.md"]


def test_meanings_that_the_notes_name_but_do_not_define(build: Build) -> None:
    """They are offered by name, without a citation: 京东 and 岗位职责 are both JD."""
    kb = build(
        {
            "招聘.md": "# 招聘\n\n岗位职责写清楚每周要做哪几件事，候选人才知道该不该来。\n",
            "店铺.md": "# 店铺\n\n京东店铺每天上午十点对一次库存，少了马上补。\n",
        }
    )
    answer = kb.ask("JD 怎么写")
    assert [(s.text, s.citations) for s in answer.sentences[1:]] == [("京东", ()), ("岗位职责", ())]
    assert answer.citations == () and answer.choices == ("京东 怎么写", "岗位职责 怎么写")
    assert kb.ask(answer.choices[1]).citations[0].doc_id == "招聘.md"


def test_two_meanings_with_a_character_in_common(build: Build) -> None:
    """产品经理 and 项目经理 are two things, and both are called PM."""
    kb = build(
        {
            "a.md": "# 甲\n\nPM（Product Manager，产品经理）是指决定产品做什么不做什么的人。\n",
            "b.md": "# 乙\n\nPM（Project Manager，项目经理）是指保证项目按时交付的人。\n",
        }
    )
    assert kb.ask("PM 是什么").choices == ("产品经理 是什么", "项目经理 是什么")


# --- knowing which ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "meant", "quote"),
    [
        ("给内容提供商的 CP 是什么意思", "内容提供商", PROVIDER),
        ("CP 是 content provider 的缩写吗", "内容提供商", PROVIDER),
        ("CP 和性价比是一回事吗", "性价比", PERFORMANCE),
        ("what is the CP of cost performance", "性价比", PERFORMANCE),
    ],
)
def test_the_rest_of_a_question_says_which(question: str, meant: str, quote: str, cp: KnowledgeBase) -> None:
    """It is answered at once, and the reader is told how it was understood."""
    answer = cp.ask(question)
    assert not asks_back(answer)
    assert answer.notices == (f"按「{meant}」理解",)
    assert answer.question == question and answer.understood_as != question and meant in answer.understood_as
    assert quote in [citation.quote for citation in answer.citations]


@pytest.mark.parametrize(
    ("history", "meant", "quote"),
    [
        (turns("内容提供商怎么结算", "每月五日对账。"), "内容提供商", PROVIDER),
        (turns("怎么结算", "每月五日给内容提供商打款。"), "内容提供商", PROVIDER),
        (turns("性价比怎么看", "先看同类商品。"), "性价比", PERFORMANCE),
    ],
)
def test_the_conversation_says_which(history: list[Turn], meant: str, quote: str, cp: KnowledgeBase) -> None:
    """What the reader said, or what he was told."""
    answer = cp.ask("CP 是什么", history)
    assert (answer.choices, answer.notices) == ((), (f"按「{meant}」理解",))
    assert answer.understood_as == f"{meant} 是什么" and answer.citations[0].quote == quote
    assert cp.search("CP 是什么", 1, history)[0].chunk.doc_id == answer.citations[0].doc_id


def test_a_conversation_about_neither_does_not_say_which(cp: KnowledgeBase) -> None:
    """It is asked back as without one."""
    history = turns("点击率是什么", "看到的人里点了的人所占的比例。", "CP 呢", "不知道。")
    assert cp.ask("CP 是什么", history).choices == cp.ask("CP 是什么").choices


def test_a_conversation_about_both_does_not_say_which(cp: KnowledgeBase) -> None:
    """Nor does a question about both."""
    choices = cp.ask("CP 是什么").choices
    history = turns("内容提供商是什么", PROVIDER, "性价比是什么", PERFORMANCE)
    assert cp.ask("CP 是什么", history).choices == choices
    assert asks_back(cp.ask("CP 是内容提供商还是性价比"))


def test_the_question_back_does_not_say_which(cp: KnowledgeBase) -> None:
    """Who does not choose has not chosen."""
    asked = cp.ask("CP 是什么")
    assert cp.ask("CP 是什么", turns("CP 是什么", asked.text)).choices == asked.choices


def test_the_reader_chooses_and_goes_on(cp: KnowledgeBase) -> None:
    """After a choice the short form means what was chosen."""
    first = cp.ask("CP 是什么")
    choice = first.choices[0]
    history = turns("CP 怎么样", "不知道。", choice, cp.ask(choice).text)
    answer = cp.ask("CP 怎么结算", history)
    assert answer.understood_as == "内容提供商 怎么结算" and answer.notices == ("按「内容提供商」理解",)


def test_a_choice_in_the_readers_own_words(cp: KnowledgeBase) -> None:
    """`性价比那个` after the question back is answer enough."""
    asked = cp.ask("CP 是什么")
    answer = cp.ask("性价比的那个", turns("CP 是什么", asked.text))
    assert not asks_back(answer) and PERFORMANCE in [citation.quote for citation in answer.citations]


def test_what_was_said_long_ago_does_not_count(cp: KnowledgeBase) -> None:
    """Six turns are read."""
    old = turns("内容提供商怎么结算", "对账。")
    between = turns("排班怎么排", "好。", "谁值班", "都行。")
    assert not asks_back(cp.ask("CP 是什么", [*old, *between]))
    assert asks_back(cp.ask("CP 是什么", [*old, *between, *turns("天气呢", "晴。")]))


# --- nothing to ask ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "question", ["CTR 是什么", "点击率是什么", "内容提供商是什么", "定价要注意什么", "火星上有水吗"]
)
def test_one_meaning_is_not_asked_back(question: str, cp: KnowledgeBase) -> None:
    """Nor is a full name, nor a question without any."""
    answer = cp.ask(question)
    assert not asks_back(answer) and answer.notices == ()


def test_a_short_form_is_a_word_of_its_own(cp: KnowledgeBase) -> None:
    """CP in CPM or cpu is none."""
    assert not asks_back(cp.ask("CPM 是什么")) and not asks_back(cp.ask("cpu 是什么"))


def test_two_notes_that_define_the_same_thing(build: Build) -> None:
    """One meaning, defined twice."""
    kb = build(
        {
            "a.md": f"# 甲\n\n{PERFORMANCE}\n",
            "b.md": "# 乙\n\nCP（Cost Performance，性价比）是指同样的钱能买到多少好处。\n",
        }
    )
    assert not asks_back(kb.ask("CP 是什么"))


def test_a_meaning_that_the_notes_never_speak_of(build: Build) -> None:
    """The lexicon knows two things called JD; without 京东 in the notes there is nothing to ask."""
    kb = build({"招聘.md": "# 招聘\n\n岗位职责写清楚每周要做哪几件事，候选人才知道该不该来。\n"})
    assert not asks_back(kb.ask("JD 怎么写"))


def test_the_one_meaning_that_the_notes_speak_of_is_meant(build: Build) -> None:
    """With 京东 out of the question JD is 岗位职责, and the notes tell how to write it."""
    kb = build(
        {
            "招聘.md": "# 招聘\n\n岗位职责写清楚每周要做哪几件事，候选人才知道该不该来。\n",
            "排班.md": "# 排班\n\n周末加两个人，早晚各一个，雨天减一个去仓库打包。\n",
        }
    )
    for name in ("岗位职责", "JD"):
        answer = kb.ask(f"{name} 里写什么")
        assert not answer.abstained and answer.citations[0].doc_id == "招聘.md"


# --- the parts --------------------------------------------------------------------------------------------------------

GLOSSARY = Glossary(
    (
        Term("CP", ("内容提供商",), ("Content Provider",), ("a.md", 0, 9)),
        Term("性价比", (), ("Cost Performance", "CP")),
        Term("配送", (), ("delivery", "DLV")),
        Term("交付", (), ("delivery", "DLV")),
        Term("提成公式", (), ("TCGS", "ABCDEF", "ABCDEFG")),
        Term("天窗", (), ("TCGS", "ABCDEF", "ABCDEFG")),
    )
)
SEGMENTER = Segmenter(GLOSSARY)
KNOWN = frozenset(words("内容提供商 性价比 配送 交付 提成公式 天窗"))


def test_where_a_short_form_stands() -> None:
    """The span is that of the question as typed; putting a meaning there changes nothing else."""
    text = "那么ＣＰ，怎么看？"
    assert ambiguity(text, SEGMENTER, KNOWN) == Ambiguity("ＣＰ", 2, 4, (0, 1))
    assert Ambiguity("ＣＰ", 2, 4, (0, 1)).put(text, "性价比") == "那么性价比，怎么看？"


def test_the_first_short_form_is_asked_for() -> None:
    """One question back at a time."""
    found = ambiguity("DLV 和 CP 哪个重要", SEGMENTER, KNOWN)
    assert found is not None and (found.surface, found.terms) == ("DLV", (2, 3))


def test_a_long_name_of_two_things_is_no_short_form() -> None:
    """Six letters are the most; delivery is a word, not an abbreviation. Nor is what the glossary does not know."""
    assert ambiguity("ABCDEF 怎么做", SEGMENTER, KNOWN) == Ambiguity("ABCDEF", 0, 6, (4, 5))
    assert ambiguity("ABCDEFG 怎么做", SEGMENTER, KNOWN) is None
    assert ambiguity("delivery 怎么做", SEGMENTER, KNOWN) is None
    assert ambiguity("XYZ 怎么做", SEGMENTER, KNOWN) is None
    assert ambiguity("", SEGMENTER, KNOWN) is None


def test_meanings_count_if_defined_or_named() -> None:
    """A definition is enough; without one another name has to stand in the notes, all of it."""
    assert ambiguity("CP 怎么看", SEGMENTER, frozenset()) is None
    assert ambiguity("CP 怎么看", SEGMENTER, frozenset({"cost"})) is None
    found = ambiguity("CP 怎么看", SEGMENTER, frozenset({"cost", "performance"}))
    assert found is not None and found.terms == (0, 1)
    assert ambiguity("DLV 怎么看", SEGMENTER, frozenset({"配送"})) is None


def test_words_that_only_ask_say_nothing() -> None:
    """A tie between two meanings is not broken by order."""
    for text in ("CP 是什么意思", "CP 的步骤和方法", "content 和 performance 的 CP", "CP 和 CP"):
        found = ambiguity(text, SEGMENTER, KNOWN)
        assert found is not None and found.terms == (0, 1)
    found = ambiguity("TCGS 的公式是什么", SEGMENTER, KNOWN)
    assert found is not None and found.terms == (4, 5), "公式 asks; it does not mean 提成公式"
    for text, terms in (("content 的 CP", (0,)), ("CP 的 cost", (1,))):
        found = ambiguity(text, SEGMENTER, KNOWN)
        assert found is not None and found.terms == terms


@pytest.mark.parametrize(
    ("term", "name"),
    [
        (GLOSSARY.terms[0], "内容提供商"),
        (GLOSSARY.terms[1], "性价比"),
        (Term("ＣＰ", (), ("cp", "Content Provider")), "Content Provider"),
        (Term("CP"), "CP"),
    ],
)
def test_the_name_that_tells_a_meaning_apart(term: Term, name: str) -> None:
    """The first that is not the short form in another spelling; the short form where there is no other."""
    assert meaning_of(term, "cp") == name
