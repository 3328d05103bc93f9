"""The door: what an answer promises, whatever was asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from kbqa import KnowledgeBase, QuerySettings, Settings
from kbqa.errors import IndexDamaged, IndexMissing
from kbqa.text import squeeze

Write = Callable[[Path, Mapping[str, str]], Path]

ANSWERABLE = (
    "什么是转化率", "转化率怎么算", "怎么提高转化率", "积分怎么发放", "积分为什么会过期", "总预算是多少",
    "次日留存和七日留存有什么区别", "活动分为哪几个阶段", "邀请有礼的防刷规则", "沉睡名单怎么清洗",
    "What is the retention rate?", "留纯率是什么",
)  # fmt: skip
UNANSWERABLE = ("火星上有水吗", "公司食堂几点开门", "Who won the football match yesterday?", "怎么给汽车换轮胎")


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", [*ANSWERABLE, *UNANSWERABLE])
def test_every_citation_is_a_quote(question: str, kb: KnowledgeBase) -> None:
    """`quote == document.text[start:end]`, here and in the other places that say the same."""
    answer = kb.ask(question)
    for citation in answer.citations:
        text = kb.document(citation.doc_id).text
        assert citation.quote == text[citation.start : citation.end] != ""
        assert citation.line >= 1
        for doc_id, start, end in citation.also_in:
            assert kb.document(doc_id).text[start:end] == citation.quote
    for hit in (*answer.hits, *answer.related):
        chunk = hit.chunk
        assert chunk.text == kb.document(chunk.doc_id).text[chunk.start : chunk.end]


@pytest.mark.parametrize("question", ANSWERABLE)
def test_every_sentence_is_in_its_citations(question: str, kb: KnowledgeBase) -> None:
    """Nothing is said that is not quoted: a sentence's words are its citations' words, and every citation is used."""
    answer = kb.ask(question)
    assert not answer.abstained and answer.citations and answer.confidence >= kb.answer_threshold
    used = set()
    for sentence in answer.sentences:
        assert sentence.citations
        quotes = squeeze("".join(answer.citations[n].quote for n in sentence.citations))
        assert squeeze(sentence.text) in quotes
        used.update(sentence.citations)
    assert used == set(range(len(answer.citations)))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("什么是转化率", ["完成目标动作的人数"]),
        ("转化率怎么算", ["完成目标动作的人数 ÷ 进入这一步的人数"]),
        ("怎么提高转化率", ["缩短路径", "顾虑", "对照实验"]),
        ("积分怎么发放", ["每日签到", "首单", "带图评价"]),
        ("积分为什么会过期", ["负债"]),
        ("活动分为哪几个阶段", ["预热期", "爆发期", "返场期"]),
        ("总预算是多少", ["36 万元"]),
        ("What is the retention rate?", ["回来使用的人所占的比例"]),
    ],
)
def test_what_is_answered(question: str, said: list[str], kb: KnowledgeBase) -> None:
    """The facts that a right answer states."""
    text = kb.ask(question).text
    assert [fact for fact in said if fact not in text] == []


@pytest.mark.parametrize("question", UNANSWERABLE)
def test_not_in_the_notes(question: str, kb: KnowledgeBase) -> None:
    """One fixed sentence in the asker's language, no citation, and the nearest passages."""
    answer = kb.ask(question)
    assert answer.abstained and answer.citations == () and answer.confidence < kb.answer_threshold
    assert len(answer.sentences) == 1 and answer.sentences[0].citations == ()
    assert answer.text.isascii() == question.isascii()
    assert answer.related and answer.related == answer.hits[: len(answer.related)]


@pytest.mark.parametrize("question", [*ANSWERABLE, *UNANSWERABLE])
def test_asked_twice(question: str, kb: KnowledgeBase, _index: Path) -> None:
    """The same answer to the last digit, from the same door and from one opened anew."""
    assert kb.ask(question) == kb.ask(question) == KnowledgeBase.open(_index).ask(question)


def test_a_paragraph_in_two_notes_is_answered_once(kb: KnowledgeBase, shared_paragraph: str) -> None:
    """One citation, and the other note is named."""
    answer = kb.ask("沉睡名单要先清洗什么再触达")
    places = [c for c in answer.citations if c.quote in shared_paragraph]
    assert len(places) == 1 and squeeze(answer.text).count("沉睡名单要先清洗") == 1
    also = [doc_id for doc_id, _, _ in places[0].also_in]
    assert [places[0].doc_id, *also] == ["增长/唤醒名单.md", "增长/邀请有礼.md"]


def test_line_numbers_are_those_of_the_file(kb: KnowledgeBase, _notes: Path) -> None:
    """An editor opened at a citation's line shows the quote."""
    for question in ("什么是转化率", "积分为什么会过期", "总预算是多少"):
        for citation in kb.ask(question).citations:
            rows = (_notes / citation.doc_id).read_text("utf-8").split("\n")
            assert squeeze(citation.quote.split("\n")[0]) in squeeze(rows[citation.line - 1])


def test_heading_path_of_a_citation(kb: KnowledgeBase) -> None:
    """From the note's title down."""
    citation = next(c for c in kb.ask("积分为什么会过期").citations if "负债" in c.quote)
    assert citation.heading_path == ("会员积分", "积分为什么会过期")


@pytest.mark.parametrize("question", ["积分为什么会过期", "总预算是多少", "什么是留存率"])
def test_headings_are_no_answer(question: str, kb: KnowledgeBase) -> None:
    """Why, how much and what is answered by sentences, not by the headings between them."""
    for citation in kb.ask(question).citations:
        headings = {s.heading for s in kb.document(citation.doc_id).sections}
        assert citation.quote not in headings


def test_threshold_decides(_index: Path) -> None:
    """At 0 everything is answered, above 1 nothing; confidence itself does not depend on it."""
    bold = KnowledgeBase.open(_index, Settings(query=QuerySettings(answer_threshold=0.0)))
    shy = KnowledgeBase.open(_index, Settings(query=QuerySettings(answer_threshold=1.01)))
    for question in ("什么是转化率", "怎么给汽车换轮胎"):
        assert not bold.ask(question).abstained and shy.ask(question).abstained
        assert bold.ask(question).confidence == shy.ask(question).confidence


# --- the rest of the door ---------------------------------------------------------------------------------------------


def test_search_is_what_ask_saw(kb: KnowledgeBase) -> None:
    """What is tested by searching is what answers are made from."""
    for question in ("什么是转化率", "怎么给汽车换轮胎", "转画率"):
        assert kb.search(question) == kb.ask(question).hits


def test_documents(kb: KnowledgeBase) -> None:
    """Ids in POSIX order; a note left out is unknown."""
    assert kb.doc_ids == (
        "activity.md", "会员/积分.md", "增长/唤醒名单.md", "增长/邀请有礼.md", "数据/留存率.md", "数据/转化率.md",
    )  # fmt: skip
    assert kb.document("activity.md").title == "周年庆复盘"
    for unknown in ("readme.md", "", "../notes/activity.md"):
        with pytest.raises(KeyError):
            kb.document(unknown)


def test_examples_are_answered(kb: KnowledgeBase) -> None:
    """As many as asked for, no two alike, and each gets an answer."""
    examples = kb.examples(4)
    assert 0 < len(examples) <= 4 and len(set(examples)) == len(examples)
    assert [q for q in examples if kb.ask(q).abstained] == []
    assert kb.examples(1) == examples[:1]


def test_refresh_follows_a_build(notes: Path, index: Path, write_notes: Write) -> None:
    """Until then the door shows what it opened; afterwards the new note is answered from."""
    kb = KnowledgeBase.open(index)
    assert not kb.refresh()
    write_notes(notes, {"券.md": "# 优惠券核销\n\n核销率是指被用掉的优惠券占发出的优惠券的比例。\n"})
    KnowledgeBase.build(notes, index)
    assert "券.md" not in kb.doc_ids
    assert kb.refresh() and "券.md" in kb.doc_ids
    assert kb.ask("什么是核销率").citations[0].doc_id == "券.md"
    assert not kb.refresh()


def test_refresh_of_a_broken_index(index: Path) -> None:
    """It says so, and the door goes on with what it has."""
    kb = KnowledgeBase.open(index)
    (index / "CURRENT").write_text("000099-00000000", "utf-8")
    with pytest.raises(IndexDamaged):
        kb.refresh()
    assert not kb.ask("什么是转化率").abstained
    shutil.rmtree(index)
    with pytest.raises(IndexMissing):
        kb.refresh()


def test_settings_digest() -> None:
    """The same values give the same digest, any other value another one."""
    base = Settings()
    others = [
        replace(base, query=replace(base.query, candidates=61)),
        replace(base, query=replace(base.query, answer_threshold=0.51)),
        replace(base, build=replace(base.build, max_tokens=191)),
        replace(base, build=replace(base.build, encoder="other")),
    ]
    assert Settings().digest == base.digest and len({base.digest, *(s.digest for s in others)}) == 5


def test_an_index_made_by_other_settings_is_an_error_that_names_both(_index: Path) -> None:
    """Who asks for certain settings gets them or is told what the index was made by, and how to mend it."""
    from kbqa import BuildSettings, Settings
    from kbqa.errors import IndexMismatch

    assert KnowledgeBase.open(_index, Settings()).info().chunks > 0
    with pytest.raises(IndexMismatch, match=r"max_tokens = 240, now it is 400(.|\n)*--rebuild"):
        KnowledgeBase.open(_index, Settings(build=BuildSettings(max_tokens=400)))


@pytest.mark.parametrize("lead", ["选品时需确认:", "选品的依据包括:"])
def test_a_list_without_markers_is_quoted_whole(lead: str, tmp_path: Path, write_notes: Write) -> None:
    """A lead-in with its first item on the same line, as pasted slides have it; the case behind the items is none."""
    items = ("库存够卖两周", "毛利高于三成", "售后投诉较少")
    body = "\n".join([lead + items[0], *items[1:], "案例:某店下架了亏本的杯子"])
    notes = write_notes(tmp_path / "notes", {"选品.md": f"# 直播\n\n## 直播选品要确认什么\n\n{body}\n"})
    KnowledgeBase.build(notes, tmp_path / "index")
    shown = [s.text for s in KnowledgeBase.open(tmp_path / "index").ask("直播选品要确认哪些").sentences]
    assert shown == [lead, *items]
