"""The chat in a real browser over a real index: what a reader of the notes sees and clicks."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.web.links import Place
from tests.browser.chat import DEFINITION, DRAW_DEFINITION, INFLATION, LAST_ANSWER, QUESTION_BOX, ask, wait_until_marked


def test_answer_quotes_the_note_and_its_number_opens_it(site, open_page) -> None:
    """The cited sentence stands in the answer; its number shows the note with exactly that sentence highlighted."""
    page = open_page(site.url)
    row = ask(page, "积分体系是什么？")
    assert DEFINITION in row.inner_text()
    number = row.locator(".kb-text a.kb-cite", has_text="1").first
    quote = number.get_attribute("data-quote")
    assert quote == DEFINITION
    number.click()
    wait_until_marked(page, quote)
    assert page.locator(".kb-panel-title").inner_text().split() == ["1", "积分体系"]
    assert page.locator(".kb-file-name").inner_text() == "积分体系.md"
    assert page.locator(".kb-doc h2, .kb-doc h3").all_text_contents()[:2] == ["积分体系", "积分的发放规则"]


def test_first_source_is_shown_without_a_click(site, open_page) -> None:
    """After an answer the panel already holds its first citation."""
    page = open_page(site.url)
    row = ask(page, "积分体系是什么？")
    wait_until_marked(page, row.locator("a.kb-cite").first.get_attribute("data-quote"))


def test_older_answer_keeps_its_own_sources(site, open_page) -> None:
    """A number in an earlier message still opens that message's note after further questions."""
    page = open_page(site.url)
    first = ask(page, "积分体系是什么？")
    second = ask(page, "抽奖活动是什么？")
    wait_until_marked(page, second.locator("a.kb-cite").first.get_attribute("data-quote"))
    assert page.locator(".kb-file-name").inner_text() == "抽奖活动.md"
    first.locator("a.kb-cite").first.click()
    wait_until_marked(page, DEFINITION)
    assert page.locator(".kb-file-name").inner_text() == "积分体系.md"


def follow_link(page, place: Place) -> None:
    """Click a link that an earlier message could have held."""
    page.wait_for_selector(QUESTION_BOX)
    page.evaluate(
        """href => {
            const link = document.createElement('a');
            link.href = href;
            document.body.append(link);
            link.click();
        }""",
        place.href,
    )


def wait_until_visible(page) -> None:
    """The first marked characters that are drawn at all stand inside the note's pane."""
    page.wait_for_function(
        """() => {
            const marks = [...document.querySelectorAll('#kb-source-panel mark')].flatMap(m => [...m.getClientRects()]);
            const pane = document.querySelector('.kb-doc').getBoundingClientRect();
            return marks.length && marks[0].top >= pane.top && marks[0].bottom <= pane.bottom;
        }"""
    )


def test_cited_sentence_is_scrolled_into_view(site, open_page) -> None:
    """A quote at the end of the note is visible in a low window without scrolling by hand."""
    page = open_page(site.url, height=520)
    row = ask(page, "积分通胀是什么？")
    row.locator("a.kb-cite").first.click()
    wait_until_marked(page, INFLATION)
    wait_until_visible(page)
    assert page.evaluate("document.querySelector('.kb-doc').scrollTop") > 100


def test_cited_list_item_is_scrolled_into_view(site, index, open_page) -> None:
    """The item's marker belongs to the quote but is not drawn; the item is found all the same."""
    page = open_page(site.url, height=480)
    text = KnowledgeBase.open(index).document("积分体系.md").text
    item = "- 客服能查到每一笔积分的来历。"
    start = text.index(item)
    follow_link(page, Place("积分体系.md", start, start + len(item), 1))
    wait_until_marked(page, item)
    wait_until_visible(page)


def test_table_row_is_shown_as_a_row(site, index, open_page) -> None:
    page = open_page(site.url)
    text = KnowledgeBase.open(index).document("积分体系.md").text
    start = text.index("金卡")
    follow_link(page, Place("积分体系.md", start, start + len("金卡 | 80 | 1 元"), 1))
    wait_until_marked(page, "金卡 | 80 | 1 元")
    cells = page.locator(".kb-row:has(mark) > span")
    assert [cells.nth(i).inner_text() for i in range(cells.count())] == ["金卡", "80", "1 元"]


def test_source_that_is_gone_is_told(site, open_page) -> None:
    page = open_page(site.url)
    follow_link(page, Place("没有.md", 0, 5))
    page.locator(".kb-panel", has_text="打不开").wait_for()
    assert page.locator("#kb-source-panel mark").count() == 0


def test_follow_up_knows_what_was_asked_before(site, open_page) -> None:
    """The conversation reaches the library: a pronoun is read as the term of the question before."""
    page = open_page(site.url)
    ask(page, "积分体系是什么？")
    row = ask(page, "它的有效期是多久？")
    assert "积分体系" in row.locator(".kb-remark").inner_text()


def test_question_the_notes_do_not_answer_is_declined(site, open_page) -> None:
    """No guess and no numbers, but passages to look at."""
    page = open_page(site.url)
    row = ask(page, "怎样给猫剪指甲才不会出血？")
    assert "笔记里没有" in row.inner_text()
    assert row.locator("a.kb-cite").count() == 0


def test_markup_in_a_note_is_shown_and_not_run(site, open_page) -> None:
    """A script tag that a note talks about stays text in the answer and in the panel."""
    page = open_page(site.url)
    row = ask(page, "抽奖活动是什么？")
    row.locator("a.kb-cite").first.click()
    wait_until_marked(page, DRAW_DEFINITION)
    assert "<script>window.hurt = 1</script>" in page.locator(".kb-doc").inner_text()
    assert page.locator(".kb-doc script, #kb-chat script").count() == 0
    assert page.evaluate("window.hurt") is None


def test_markup_in_a_question_is_shown_and_not_run(site, open_page) -> None:
    """What the reader types comes back letter for letter."""
    page = open_page(site.url)
    question = "<img src=x onerror='window.hurt=1'> **积分** 的有效期？"
    ask(page, question)
    assert page.locator("#kb-chat .kb-q").inner_text() == question
    assert page.evaluate("window.hurt") is None


def test_question_of_punctuation_is_explained(site, open_page) -> None:
    """An unusable question becomes a message in the page's language, and the box keeps it for mending."""
    page = open_page(site.url)
    row = ask(page, "？？！")
    message = row.locator(".kb-note-bad").inner_text()
    assert any("\u4e00" <= c <= "\u9fff" for c in message) and "Type" not in message
    assert page.input_value(QUESTION_BOX) == "？？！"


def test_example_is_a_click_away(site, open_page) -> None:
    """An empty chat offers questions; one click asks."""
    page = open_page(site.url)
    example = page.locator("#kb-chat .example").first
    text = example.inner_text().strip()
    example.click()
    page.locator(LAST_ANSWER).locator(".kb-sources, .kb-none").first.wait_for()
    assert page.locator("#kb-chat .kb-q").inner_text() == text


def test_new_chat_forgets_the_old_one(site, open_page) -> None:
    page = open_page(site.url)
    ask(page, "积分体系是什么？")
    page.click("#kb-new")
    page.locator("#kb-chat .example").first.wait_for()
    assert page.locator("#kb-chat .bot-row").count() == 0
    assert page.locator("#kb-source-panel mark").count() == 0


@pytest.mark.parametrize(("width", "columns"), [(1280, 2), (768, 2), (767, 1), (390, 1)])
def test_columns_fit_the_screen(site, open_page, width: int, columns: int) -> None:
    """Chat and source stand side by side where there is room, else the source below; nothing scrolls sideways."""
    page = open_page(site.url, width=width)
    page.wait_for_selector(QUESTION_BOX)
    left, right = page.locator("#kb-left").bounding_box(), page.locator("#kb-right").bounding_box()
    side_by_side = right["x"] >= left["x"] + left["width"]
    assert side_by_side == (columns == 2)
    assert side_by_side or right["y"] >= left["y"] + left["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_without_an_index_the_page_names_the_command(closed_site, open_page) -> None:
    page = open_page(closed_site.url)
    page.wait_for_selector(".kb-closed")
    assert "kbqa index" in page.locator(".kb-closed").inner_text()
    assert page.locator(QUESTION_BOX).count() == 0


def call_ask(url: str, *arguments) -> tuple[str, object]:
    """Call the public endpoint: (event, data) of its last message."""
    body = json.dumps({"data": list(arguments)}).encode()
    request = urllib.request.Request(f"{url}/gradio_api/call/ask", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=15) as reply:
        event_id = json.load(reply)["event_id"]
    with urllib.request.urlopen(f"{url}/gradio_api/call/ask/{event_id}", timeout=15) as reply:
        event, data = reply.read().decode().strip().split("\n")[-2:]
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


def test_endpoint_gives_quotes_with_their_places(site) -> None:
    """The one public endpoint returns what the chat shows, as data."""
    event, data = call_ask(site.url, "积分体系是什么？", [])
    assert event == "complete"
    first = data[0]["citations"][0]
    assert (first["number"], first["doc_id"], first["quote"]) == (1, "积分体系.md", DEFINITION)


def test_only_one_endpoint_is_public(site) -> None:
    with urllib.request.urlopen(f"{site.url}/gradio_api/info", timeout=15) as reply:
        assert list(json.load(reply)["named_endpoints"]) == ["/ask"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_app_stays_small_and_never_loads_torch(site) -> None:
    """The limits a small office computer sets: 700 MB, and none of it torch."""
    process = Path("/proc") / str(site.process.pid)
    resident = int((process / "status").read_text().split("VmRSS:")[1].split()[0]) / 1024
    assert resident <= 700
    assert "libtorch" not in (process / "maps").read_text()
