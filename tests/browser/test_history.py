"""Conversations in a real browser: citations stay with their message whatever happens around it, and nothing gets lost."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError as TooLate

from tests.browser.chat import (
    DEFINITION,
    DRAW_DEFINITION,
    QUESTION_BOX,
    answered,
    ask,
    chat_button,
    leaving,
    open_number,
    reload,
    wait_for_rows,
    wait_until_marked,
)  # fmt: skip
from tests.served import ADMIN, READER, people, served

POINTS, DRAW = "积分体系是什么？", "抽奖活动是什么？"


def questions(page) -> list[str]:
    return page.locator("#kb-chat .kb-q").all_inner_texts()


def check_sources(page, *quotes: str) -> None:
    """Each answer opens its own note: first all, then all again from the last to the first."""
    for position in [*range(len(quotes)), *reversed(range(len(quotes)))]:
        open_number(page, position)
        wait_until_marked(page, quotes[position])


def kept(page) -> int:
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('kb-chat:')).length")


def open_history(page) -> None:
    """On a busy machine the button may stand there before the script that it is for."""
    for _ in range(5):
        page.click("#kb-bar [name=history]")
        with suppress(TooLate):
            return page.locator("#kb-past-list").wait_for(timeout=4000)
    pytest.fail("the history did not open")


# --- citations stay with their message --------------------------------------------------------------------------------


def test_citations_after_reload(site, open_page) -> None:
    page = open_page(site.url)
    ask(page, POINTS)
    ask(page, DRAW)
    reload(page)
    wait_for_rows(page, 2)
    assert questions(page) == [POINTS, DRAW]
    check_sources(page, DEFINITION, DRAW_DEFINITION)


def test_citations_after_retry(site, open_page) -> None:
    page = open_page(site.url)
    ask(page, POINTS)
    ask(page, DRAW)
    before = page.locator("#kb-chat [name=again]").nth(1).get_attribute("value")
    chat_button(page, "again", 1)
    page.wait_for_function(
        """old => { const now = document.querySelectorAll('#kb-chat [name=again]');
                    return now.length === 2 && now[1].value !== old; }""",
        arg=before,
    )
    assert questions(page) == [POINTS, DRAW]
    check_sources(page, DEFINITION, DRAW_DEFINITION)


def test_citations_after_edit(site, open_page) -> None:
    """The last question is replaced; the answer before it keeps its note."""
    page = open_page(site.url)
    ask(page, POINTS)
    ask(page, "积分通胀是什么？")
    chat_button(page, "edit", 1)
    box = page.locator(".kb-edit textarea")
    assert box.input_value() == "积分通胀是什么？"
    box.fill(DRAW)
    box.press("Enter")
    answered(page, DRAW)
    assert questions(page) == [POINTS, DRAW]
    check_sources(page, DEFINITION, DRAW_DEFINITION)


def test_citations_after_undo(site, open_page) -> None:
    """The question goes back into the box; what was said before it stays."""
    page = open_page(site.url)
    ask(page, POINTS)
    ask(page, DRAW)
    chat_button(page, "undo")
    wait_for_rows(page, 1)
    assert page.input_value(QUESTION_BOX) == DRAW
    assert questions(page) == [POINTS]
    check_sources(page, DEFINITION)


def test_citations_after_branch(site, open_page) -> None:
    """Both conversations go on by themselves, each with its own sources."""
    page = open_page(site.url)
    ask(page, POINTS)
    ask(page, "积分通胀是什么？")
    chat_button(page, "branch")
    wait_for_rows(page, 1)
    ask(page, DRAW)
    check_sources(page, DEFINITION, DRAW_DEFINITION)
    open_history(page)
    titles = page.locator(".kb-past-open")
    assert titles.count() == 2
    titles.nth(1).click()
    page.locator("#kb-chat .kb-q", has_text="积分通胀是什么？").wait_for()
    check_sources(page, DEFINITION, "积分通胀是指发出的积分远多于被兑换的积分，单个积分因此越来越不值钱。")


# --- nothing gets lost ------------------------------------------------------------------------------------------------


def test_editing_an_earlier_question_keeps_the_old_conversation(site, open_page) -> None:
    page = open_page(site.url)
    ask(page, POINTS)
    ask(page, DRAW)
    chat_button(page, "edit", 0)
    page.locator(".kb-edit textarea").fill("积分通胀是什么？")
    page.locator(".kb-edit [type=submit]").click()
    answered(page, "积分通胀是什么？")
    assert questions(page) == ["积分通胀是什么？"]
    assert kept(page) == 2


def test_edit_is_called_off_by_escape(site, open_page) -> None:
    page = open_page(site.url)
    ask(page, POINTS)
    chat_button(page, "edit")
    page.locator(".kb-edit textarea").press("Escape")
    assert page.locator(".kb-edit").count() == 0
    assert page.evaluate("document.activeElement.name") == "edit"
    assert questions(page) == [POINTS]


def test_follow_up_after_reload_knows_what_was_asked(site, open_page) -> None:
    """What the page keeps is what the library hears."""
    page = open_page(site.url)
    ask(page, POINTS)
    reload(page)
    wait_for_rows(page, 1)
    row = ask(page, "它的有效期是多久？")
    assert "积分体系" in row.locator(".kb-remark").inner_text()


def test_history_is_searched_reopened_and_deleted(site, open_page) -> None:
    page = open_page(site.url)
    ask(page, POINTS)
    page.click("#kb-new")
    page.locator("#kb-chat .example").first.wait_for()
    ask(page, DRAW)
    open_history(page)
    rows = page.locator(".kb-past-row")
    assert [row.split("\n")[0] for row in rows.all_inner_texts()] == [DRAW, POINTS]
    page.fill("#kb-past-search", "换取权益")  # words of an answer
    assert rows.count() == 1 and "换取权益" in rows.inner_text()
    rows.locator(".kb-past-open").click()
    page.locator("#kb-chat .kb-q", has_text=POINTS).wait_for()
    check_sources(page, DEFINITION)
    open_history(page)
    page.locator(".kb-past-row", has_text=DRAW).locator(".kb-close").click()
    assert rows.count() == 1 and kept(page) == 1
    page.click("#kb-past [name=restore]")
    assert rows.count() == 2 and kept(page) == 2
    page.fill("#kb-past-search", "没有这样的话")
    assert rows.count() == 0 and "没有找到" in page.locator("#kb-past-said").inner_text()


def test_deleting_what_is_open_begins_anew(site, open_page) -> None:
    page = open_page(site.url)
    ask(page, POINTS)
    open_history(page)
    page.locator(".kb-past-row .kb-close").click()
    page.keyboard.press("Escape")
    page.locator("#kb-chat .example").first.wait_for()
    reload(page)
    page.locator("#kb-chat .example").first.wait_for()
    assert kept(page) == 0


def test_another_browser_sees_nothing(site, open_page) -> None:
    first, second = open_page(site.url), open_page(site.url)
    ask(first, POINTS)
    open_history(second)
    assert second.locator(".kb-past-row").count() == 0
    second.keyboard.press("Escape")
    row = ask(second, "它的有效期是多久？")
    assert row.locator(".kb-remark", has_text="积分体系").count() == 0


def test_people_who_share_a_browser_share_no_history(index, tmp_path, open_page) -> None:
    """What a reader asked is shown to nobody who logs in after him, and is there again when he comes back."""
    with served(index, accounts=people(tmp_path)[0], local=False) as url:
        page = open_page(url)

        def log_in(name: str, password: str) -> None:
            page.fill("#name", name)
            page.fill("#password", password)
            page.click("button")
            page.wait_for_selector(QUESTION_BOX)

        def log_out() -> None:
            with leaving(page):
                page.locator(".kb-account button").click()
                page.wait_for_selector("#password")

        log_in(*READER)
        ask(page, POINTS)
        log_out()
        log_in(*ADMIN)
        page.locator("#kb-chat .example").first.wait_for()
        open_history(page)
        assert page.locator(".kb-past-row").count() == 0
        page.keyboard.press("Escape")
        log_out()
        log_in(*READER)
        wait_for_rows(page, 1)
        assert questions(page) == [POINTS]


def test_oldest_conversations_make_room(site, open_page) -> None:
    """A hundred are kept; a browser's storage that is full loses its oldest and not the newest."""
    page = open_page(site.url)
    ask(page, POINTS)
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find(key => key.startsWith('kb-chat:'));
            const one = JSON.parse(localStorage.getItem(key));
            for (let n = 0; n < 120; n++) localStorage.setItem(`kb-chat::old${n}`, JSON.stringify({...one, at: n}));
        }"""
    )
    ask(page, DRAW)
    page.wait_for_function("Object.keys(localStorage).filter(key => key.startsWith('kb-chat:')).length === 100")
    page.evaluate(
        "localStorage.setItem('kb-chat::old119', JSON.stringify({at: 1, conversation: {turns: [], x: 'x'.repeat(4_900_000)}}))"
    )
    page.click("#kb-new")
    page.locator("#kb-chat .example").first.wait_for()
    ask(page, DRAW)
    newest = "Object.keys(localStorage).map(key => JSON.parse(localStorage.getItem(key)).at).sort((a, b) => b - a)[0]"
    page.wait_for_function(f"Date.now() - {newest} < 60_000")
    assert page.evaluate("localStorage.getItem('kb-chat::old119')") is None


def test_damaged_record_does_not_break_the_page(site, open_page) -> None:
    page = open_page(site.url)
    page.wait_for_selector(QUESTION_BOX)
    page.evaluate("localStorage.setItem('kb-chat::bad', '{')")
    ask(page, POINTS)
    open_history(page)
    assert page.locator(".kb-past-row").count() == 1


def test_export_is_markdown_with_links_that_work(site, open_page) -> None:
    page = open_page(site.url)
    assert page.locator("#kb-bar [name=export]").is_disabled()
    ask(page, POINTS)
    with page.expect_download() as download:
        page.click("#kb-bar [name=export]")
    text = download.value.path().read_text(encoding="utf-8")
    assert download.value.suggested_filename.endswith(".md")
    assert text.startswith(f"# 运营笔记问答\n\n## {POINTS}\n")
    link = text.split("](<")[1].split(">)")[0]
    assert link.startswith(site.url + "/#src?")
    other = open_page(link)
    wait_until_marked(other, DEFINITION)


def test_conversation_of_a_page_is_what_it_says(site, open_page) -> None:
    """The record is plain JSON in the reader's own browser, with nothing of the server's in it but the answer."""
    page = open_page(site.url)
    ask(page, POINTS)
    record = page.evaluate("localStorage.getItem(Object.keys(localStorage).find(key => key.startsWith('kb-chat:')))")
    (turn,) = json.loads(record)["conversation"]["turns"]
    assert turn["answer"]["question"] == POINTS
    assert turn["answer"]["citations"][0]["quote"] == DEFINITION
    assert turn["answer"]["hits"] == []
