"""Verdicts and knowledge gaps in a real browser, and what is on record afterwards."""

from __future__ import annotations

from pathlib import Path

from kbqa.evaluation.feedback import FILE, Feedback, FeedbackStore
from kbqa.evaluation.gaps import read_gaps
from tests.browser.chat import DEFINITION, ask, chat_button, wait_for_rows

POINTS = "积分体系是什么？"


def verdict_on(page, index: Path) -> Feedback | None:
    """What is stored of the only answer on the page."""
    message = page.locator("#kb-chat [name=up]").get_attribute("value")
    stored = [said for said in FeedbackStore(index / "state" / FILE).all() if said.message_id == message]
    return stored[0] if stored else None


def wait_for_chosen(page, name: str) -> None:
    page.locator(f"#kb-chat [name={name}][aria-pressed=true]").wait_for()


def test_helpful_is_one_click(site, index, open_page) -> None:
    page = open_page(site.url)
    ask(page, POINTS)
    chat_button(page, "up")
    wait_for_chosen(page, "up")
    said = verdict_on(page, index)
    assert (said.verdict, said.reason, said.question) == ("up", "", POINTS)
    assert said.citations[0].quote == DEFINITION and said.answer.startswith(DEFINITION)


def test_not_helpful_takes_a_reason_and_replaces_the_verdict(site, index, open_page) -> None:
    """Chosen reasons and own words; a later verdict takes the place of an earlier one, also after a reload."""
    page = open_page(site.url)
    ask(page, POINTS)
    chat_button(page, "up")
    wait_for_chosen(page, "up")
    page.reload()
    wait_for_rows(page, 1)
    wait_for_chosen(page, "up")
    chat_button(page, "down")
    page.locator("#kb-why label", has_text="不完整").click()
    page.locator("#kb-why label", has_text="过时了").click()
    page.fill("#kb-why textarea", "少了兑换的部分")
    page.click("#kb-why [value=send]")
    wait_for_chosen(page, "down")
    said = verdict_on(page, index)
    assert (said.verdict, said.reason) == ("down", "不完整；过时了；少了兑换的部分")
    assert page.locator("#kb-chat [name=up][aria-pressed=true]").count() == 0


def test_called_off_is_no_verdict(site, index, open_page) -> None:
    page = open_page(site.url)
    ask(page, POINTS)
    chat_button(page, "down")
    page.locator("#kb-why label", has_text="答错了").click()
    page.keyboard.press("Escape")
    chat_button(page, "down")
    assert page.locator("#kb-why input:checked").count() == 0
    page.click("#kb-why [value=cancel]")
    assert verdict_on(page, index) is None


def test_verdict_by_keyboard_keeps_its_place(site, open_page) -> None:
    """The button is drawn anew; who pressed it with the keyboard is not thrown back to the top of the page."""
    page = open_page(site.url)
    ask(page, POINTS)
    page.focus("#kb-chat [name=up]")
    page.keyboard.press("Enter")
    wait_for_chosen(page, "up")
    page.wait_for_function("document.activeElement.name === 'up'")


def test_reader_marks_a_gap_once(site, index, open_page) -> None:
    """The refusal is on record by itself; the mark stands beside it and is kept over a reload."""
    question = "怎样给乌龟洗澡才不会着凉？"
    page = open_page(site.url)
    row = ask(page, question)
    assert "最接近的段落" in row.inner_text() and row.locator("a.kb-passage").count() > 0
    chat_button(page, "gap")
    page.locator(".kb-gap-done").wait_for()
    assert [gap.marked for gap in read_gaps(index).gaps if gap.question == question] == [False, True]
    page.reload()
    wait_for_rows(page, 1)
    assert page.locator(".kb-gap-done").count() == 1 and page.locator("#kb-chat [name=gap]").count() == 0
