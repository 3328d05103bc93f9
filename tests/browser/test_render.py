"""Answers and notes as HTML, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from kbqa.types import Answer, Chunk, Citation, Document, Hit, Section, Sentence
from kbqa.web.links import Place, fits, found_again, parse_place, permanent, place_of_citation
from kbqa.web.note import WINDOW, note_html, panel_html
from kbqa.web.render import answer_html, question_html, turn_html
from kbqa.web.turns import new_turn

TEXT = "签到\n签到 <b>每天</b> 一次。\n- 首日 5 分。\n  - 次日 6 分。\n天数 | 积分\n7 | 20\n | 空"
NOTE = Document("会员/签到 & 奖励.md", "签到", TEXT, (Section("签到", 1, 0, 3, len(TEXT), ("签到",)),), "0")


def place_of(quote: str, number: int = 1) -> Place:
    start = TEXT.index(quote)
    return Place(NOTE.doc_id, start, start + len(quote), number)


def text_of(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup))


def marked(markup: str) -> str:
    return "".join(text_of(part) for part in re.findall(r"<mark[^>]*>(.*?)</mark>", markup))


def whole(answer: Answer) -> str:
    """The markup of an answer that is complete."""
    return turn_html(new_turn(answer, "s", "g"))


def answer_of(*sentences: Sentence, citations: tuple[Citation, ...] = (), **others) -> Answer:
    values = {"confidence": 0.9, "abstained": False, "hits": (), "understood_as": "签到？", **others}
    return Answer("签到？", values.pop("understood_as"), "fact", sentences, citations, **values)


def test_link_round_trip() -> None:
    """Names with spaces, ampersands and Chinese survive, and so do the words that matched."""
    place = Place("会员/签到 & 奖励#1.md", 3, 20, 2, 14, ("签到", "A/B测试"), 4_000_000_000, "首日 & 次日", "0a1b")
    assert parse_place(place.href) == place


@pytest.mark.parametrize("href", ["", "#src?", "#src?s=1", "#elsewhere", "#src?d=a&s=x"])
def test_link_that_is_not_ours_is_refused(href: str) -> None:
    with pytest.raises(ValueError):
        parse_place(href)


@pytest.mark.parametrize(
    "quote",
    ["签到 <b>每天</b> 一次。", "首日 5 分。", "- 首日 5 分。", "7 | 20", "天数 | 积分", "| 空", "签到", "| 积分"],
)
def test_mark_holds_exactly_the_quote(quote: str) -> None:
    """Markers and separators that the reader does not see are still inside the mark."""
    assert marked(note_html(NOTE, place_of(quote))) == quote


def test_quote_over_several_lines_is_marked_in_each() -> None:
    assert marked(note_html(NOTE, place_of("一次。\n- 首日"))) == "一次。- 首日"


def test_note_shows_every_character_of_its_text() -> None:
    assert text_of(note_html(NOTE, place_of("7"))) == TEXT.replace("\n", "").replace("  - ", "- ")


def test_structure_of_the_note_becomes_markup() -> None:
    markup = note_html(NOTE, place_of("7"))
    assert "<h2>签到</h2>" in markup
    assert markup.count('class="kb-li kb-dot') == 2
    assert markup.count('class="kb-row"') == 3
    assert "<b>" not in markup


def test_long_note_is_cut_around_the_quote() -> None:
    """A book of a note opens quickly: only the surroundings of the quote are sent."""
    line = "一二三四五六七八九\n"
    text = line * 10_000
    note = Document("a.md", "a", text, (), "0")
    markup = note_html(note, Place("a.md", 50_000, 50_009, 1))
    assert marked(markup) == "一二三四五六七八九"
    assert 2 * WINDOW <= len(text_of(markup)) * 10 / 9 <= 2 * WINDOW + 100
    assert markup.count("kb-cut") == 2


def test_streamed_part_shows_only_the_first_sentences() -> None:
    """No sources before the answer is complete."""
    citation = Citation("a.md", 0, 2, "甲。", ("a",), 1)
    answer = answer_of(Sentence("甲。", (0,)), Sentence("乙。", (0,)), citations=(citation,))
    assert text_of(answer_html(answer, 1)) == "甲。1"
    assert "来源" in whole(answer)


def test_items_are_a_list_and_formulas_stand_alone() -> None:
    sentences = (
        Sentence("如下："),
        Sentence("甲", item=True),
        Sentence("乙", item=True),
        Sentence("丙 = 丁"),
        Sentence("戊。"),
    )
    tags = re.findall(r"</?(?:p|ul|li)>", whole(answer_of(*sentences)))
    assert "".join(tags) == "<p></p><ul><li></li><li></li></ul><p></p><p></p>"


def test_quoted_bullet_is_shown_as_an_item() -> None:
    """A quote that brings its own marker does not show the marker beside the list's dot."""
    assert "<ul><li>首日 5 分。</li></ul>" in whole(answer_of(Sentence("- 首日 5 分。")))


def test_answer_is_one_block_for_the_markdown_reader() -> None:
    """A line break inside would end the HTML block and let Markdown format the quote."""
    citation = Citation("a.md", 0, 6, "甲\n\n*乙*", ("a",), 1)
    markup = whole(answer_of(Sentence("甲\n\n*乙*", (0,)), citations=(citation,)))
    assert "\n" not in re.sub(r'title="[^"]*"', "", markup)
    assert not re.search(r"\n\s*\n", markup)
    assert "\n" not in question_html("一\n\n二")


def test_citation_says_why_its_passage_was_found() -> None:
    chunk = Chunk("c", "a.md", ("a",), "甲乙丙", 10, 13)
    hit = Hit(chunk, 1.0, 1, matched=("甲",))
    assert place_of_citation(Citation("a.md", 11, 12, "乙"), 1, (hit,)).matched == ("甲",)
    assert place_of_citation(Citation("b.md", 11, 12, "乙"), 1, (hit,)).matched == ()


def test_link_into_changed_text_is_noticed() -> None:
    """After a rebuild an old message must not highlight whatever stands at its offsets now."""
    start = TEXT.index("首日")
    place = place_of_citation(Citation(NOTE.doc_id, start, start + 6, "首日 5 分"), 1)
    assert fits(place, NOTE)
    assert not fits(place, replace(NOTE, text=TEXT.replace("5 分", "8 分")))
    assert not fits(place, replace(NOTE, text=TEXT[:start]))


def test_abstaining_shows_passages_without_numbers() -> None:
    hit = Hit(Chunk("c", "a.md", ("签到",), "每天一次", 0, 4), 1.0, 1)
    markup = whole(answer_of(abstained=True, related=(hit,)))
    assert "笔记里没有" in markup and "每天一次" in markup
    assert "kb-cite" not in markup


def test_changed_reading_of_the_question_is_told() -> None:
    assert "理解为：签到规则" in whole(answer_of(Sentence("甲。"), understood_as="签到规则"))
    assert "理解为" not in whole(answer_of(Sentence("甲。")))


def test_panel_names_note_path_file_and_line() -> None:
    markup = panel_html(NOTE, Place(NOTE.doc_id, 3, 8, 1, 7, ("签到",)))
    assert "会员/签到 &amp; 奖励.md" in markup
    assert "第 7 行" in markup
    assert "Matched because" in markup


# --- links that outlive changes of a note -----------------------------------------------------------------------------


def changed(old: str, new: str) -> Document:
    return replace(NOTE, text=TEXT.replace(old, new), source_digest="1")


def permanent_place(quote: str) -> Place:
    return permanent(place_of(quote), NOTE)


def test_link_to_an_unchanged_note_says_nothing() -> None:
    assert found_again(permanent_place("首日 5 分。"), NOTE)[1] == ""


def test_change_elsewhere_is_told() -> None:
    place, change = found_again(permanent_place("首日 5 分。"), changed("次日 6 分", "次日 9 分"))
    assert (place.start, change) == (TEXT.index("首日"), "elsewhere")


def test_moved_words_are_found_again() -> None:
    """Of two places with the same words, the one nearer to where they stood."""
    note = changed("签到 <b>每天</b> 一次。", "首日 5 分。\n签到 <b>每天</b> 一次，节假日也算。")
    place, change = found_again(permanent_place("首日 5 分。"), note)
    assert (note.text[place.start : place.end], change) == ("首日 5 分。", "moved")
    assert place.start == note.text.rindex("首日")


def test_words_that_are_gone_lead_to_the_line_most_like_them() -> None:
    """The faint mark, not the one of a quote, and a word that says so."""
    note = changed("首日 5 分。", "首日给 8 分。")
    place = permanent_place("首日 5 分。")
    here, change = found_again(place, note)
    assert (note.text[here.start : here.end], change) == ("- 首日给 8 分。", "gone")
    markup = panel_html(note, place)
    assert 'class="kb-near"' in markup and 'class="kb-quote"' not in markup
    assert "原来那句话已经没有了" in markup


def test_link_without_words_leads_to_where_it_pointed() -> None:
    """All that a link from before this version says is where."""
    here, change = found_again(Place(NOTE.doc_id, TEXT.index("次日"), TEXT.index("次日") + 4, 1, digest=1), NOTE)
    assert (TEXT[here.start : here.end], change) == ("- 次日 6 分。", "gone")


# --- one language at a time -------------------------------------------------------------------------------------------


def test_answer_to_an_english_question_has_english_phrases_only() -> None:
    citation = Citation("a.md", 0, 2, "甲。", ("a",), 1)
    answer = replace(
        answer_of(Sentence("甲。", (0,)), citations=(citation,)), question="What is it?", understood_as="What is A?"
    )
    markup = whole(replace(answer, notices=("按「LTV」理解",)))
    assert "Sources" in markup and "Understood as: What is A?" in markup and "Read as “LTV”" in markup
    assert re.findall("[\u4e00-\u9fff]+", text_of(markup)) == ["甲"]


def test_answer_to_a_chinese_question_follows_the_switch() -> None:
    """Both phrases are there; the style sheet shows one."""
    markup = whole(answer_of(abstained=True))
    assert (
        '<span class="kb-zh" lang="zh-CN">笔记里没有</span><span class="kb-en-only" lang="en">Not in the notes</span>'
        in markup
    )
