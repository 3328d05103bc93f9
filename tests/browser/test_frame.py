"""The frame of the page: language, links from anywhere, quotes beside numbers, keyboard, contrast, small screens."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from kbqa import KnowledgeBase
from kbqa.web.links import Place, permanent
from tests.browser.chat import (
    DEFINITION,
    LAST_ANSWER,
    QUESTION_BOX,
    answered,
    ask,
    leaving,
    reload,
    wait_for_rows,
    wait_until_marked,
)

POINTS = "积分体系是什么？"


# --- language ---------------------------------------------------------------------------------------------------------


def seen(page, selector: str = "body") -> str:
    return page.locator(selector).first.inner_text()


def test_switch_changes_every_fixed_text_and_is_remembered(site, open_page) -> None:
    """Labels of Gradio and markup of ours go together; the conversation stays."""
    page = open_page(site.url)
    ask(page, POINTS)
    assert "来源" in seen(page, LAST_ANSWER) and "Sources" not in seen(page)
    with leaving(page):  # the page loads anew
        page.click("[data-language=en]")
        page.wait_for_function("document.documentElement.lang === 'en'")
    wait_for_rows(page, 1)
    assert "Sources" in seen(page, LAST_ANSWER) and "来源" not in seen(page, LAST_ANSWER)
    assert seen(page, "#kb-tab-ask-button") == "Ask"
    assert page.get_attribute(QUESTION_BOX, "placeholder") == "Ask the notes…"
    assert seen(page, "#kb-question .submit-button") == "Ask"
    assert "passages" in seen(page, "#kb-footer") and "段落" not in seen(page, "#kb-footer")
    assert page.get_attribute("[data-language=en]", "aria-pressed") == "true"
    reload(page)
    page.wait_for_selector(QUESTION_BOX)
    assert seen(page, "#kb-tab-ask-button") == "Ask"


@pytest.mark.parametrize(("locale", "label"), [("en-GB", "Ask"), ("zh-TW", "问答"), ("fr-FR", "问答")])
def test_first_choice_is_the_browsers(site, open_page, locale: str, label: str) -> None:
    """English for English browsers, Chinese for all others."""
    page = open_page(site.url, locale=locale)
    page.wait_for_selector(QUESTION_BOX)
    assert seen(page, "#kb-tab-ask-button") == label


def test_english_question_is_answered_in_english_phrases(site, open_page) -> None:
    """Under a Chinese page too; the quotes stay as the notes have them."""
    page = open_page(site.url)
    row = ask(page, "What is the Points System?")
    text = row.inner_text()
    assert "Sources" in text and "Helpful" in text and "来源" not in text
    assert DEFINITION in text


def test_closed_page_speaks_one_language(closed_site, open_page) -> None:
    page = open_page(closed_site.url, locale="en-US")
    page.wait_for_selector(".kb-closed")
    assert "Not ready yet" in seen(page, ".kb-closed") and "还不能提问" not in seen(page, ".kb-closed")


# --- links ------------------------------------------------------------------------------------------------------------


def place_of(index: Path, words: str) -> Place:
    document = KnowledgeBase.open(index).document("积分体系.md")
    start = document.text.index(words)
    return permanent(Place("积分体系.md", start, start + len(words), 1, matched=("有效期",)), document)


def test_copied_link_reopens_the_view_in_another_browser(site, open_page) -> None:
    page = open_page(site.url, permissions=["clipboard-read", "clipboard-write"])
    ask(page, POINTS)
    wait_until_marked(page, DEFINITION)
    page.click("#kb-source-panel [name=link]")
    page.locator("#kb-source-panel [name=link].kb-done").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    other = open_page(link)
    wait_until_marked(other, DEFINITION)
    assert other.locator(".kb-changed").count() == 0
    assert seen(other, ".kb-badge") == "1"


def test_link_says_where_why_and_in_which_words(site, index, open_page) -> None:
    words = "积分自发放之日起 12 个月有效，到期前 15 天发一次短信提醒。"
    page = open_page(f"{site.url}/{place_of(index, words).href}")
    wait_until_marked(page, words)
    assert seen(page, ".kb-panel-trail") == "积分的有效期"
    assert "第 13 行" in seen(page, ".kb-file")
    assert seen(page, ".kb-reason").split() == ["匹配到", "有效期"]
    assert "到期前 15 天" in seen(page, ".kb-doc") and "积分通胀" in seen(page, ".kb-doc")


def test_link_into_a_changed_note_says_so(site, index, open_page) -> None:
    """The quote was reworded since: the nearest line, faintly marked, and a word that the note changed."""
    place = place_of(index, "积分自发放之日起 12 个月有效")
    old = Place(
        "积分体系.md", place.start + 30, place.end + 20, 1, 0, (), 7, "积分自发放之日起 24 个月内有效", "00000000"
    )
    page = open_page(f"{site.url}/{old.href}")
    page.locator(".kb-changed", has_text="原来那句话已经没有了").wait_for()
    wait_until_marked(page, "积分自发放之日起 12 个月有效，到期前 15 天发一次短信提醒。")
    assert page.locator("mark.kb-quote").count() == 0


def test_link_by_address_asks_once(site, open_page) -> None:
    """A reload shows the answer again instead of asking again."""
    page = open_page(f"{site.url}/#ask?q={quote(POINTS)}")
    answered(page, POINTS)
    assert page.evaluate("location.hash") == ""
    reload(page)
    wait_for_rows(page, 1)


def test_link_anywhere_on_the_page_asks(site, open_page) -> None:
    page = open_page(site.url)
    page.wait_for_selector(QUESTION_BOX)
    page.evaluate(
        "href => { const a = document.createElement('a'); a.href = href; document.body.append(a); a.click(); }",
        f"#ask?q={quote(POINTS)}",
    )
    answered(page, POINTS)


# --- the quote beside a number ----------------------------------------------------------------------------------------


def test_quote_on_hover_and_focus_and_escape(site, open_page) -> None:
    page = open_page(site.url)
    row = ask(page, POINTS)
    number = row.locator(".kb-text a.kb-cite").first
    number.hover()
    page.locator("#kb-pop", has_text=DEFINITION).wait_for()
    page.keyboard.press("Escape")
    page.locator("#kb-pop").wait_for(state="hidden")
    page.focus(QUESTION_BOX)
    number.focus()
    page.locator("#kb-pop", has_text="积分体系.md · 第 3 行").wait_for()
    assert number.get_attribute("aria-describedby") == "kb-pop"
    assert number.get_attribute("aria-label") == "来源 1"
    page.focus(QUESTION_BOX)
    page.locator("#kb-pop").wait_for(state="hidden")


def test_tap_shows_the_quote_and_its_link_the_note(site, open_page) -> None:
    """On a phone the page stays where it is until the reader wants the note."""
    page = open_page(site.url, width=390, height=780, has_touch=True, is_mobile=True)
    row = ask(page, "积分通胀是什么？")
    row.locator(".kb-text a.kb-cite").first.tap()
    page.locator("#kb-pop").wait_for()
    assert page.evaluate("window.scrollY") == 0
    page.locator(".kb-pop-open").tap()
    page.wait_for_function("window.scrollY > 200")
    page.locator(".kb-back").tap()
    page.wait_for_function("window.scrollY < 200")


# --- layout, keyboard, contrast ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900), (1024, 640)])
def test_desktop_page_does_not_scroll(site, open_page, width: int, height: int) -> None:
    page = open_page(site.url, width=width, height=height)
    ask(page, POINTS)
    assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")
    bottom = page.locator("#kb-footer").bounding_box()
    assert bottom["y"] + bottom["height"] <= height


@pytest.mark.parametrize("language", ["zh-CN", "en-US"])
def test_nothing_is_wider_than_a_small_phone(site, open_page, language: str) -> None:
    """In every state: welcome, answer, refusal, history, reasons, editing, quote."""
    page = open_page(site.url, width=360, height=740, has_touch=True, is_mobile=True, locale=language)
    fits = "document.documentElement.scrollWidth <= window.innerWidth"
    page.wait_for_selector(QUESTION_BOX)
    assert page.evaluate(fits)
    row = ask(page, POINTS)
    row.locator("a.kb-cite").first.tap()
    page.locator("#kb-pop").wait_for()
    box = page.locator("#kb-pop").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360
    ask(page, "怎样给猫剪指甲才不会出血？")
    page.click("#kb-bar [name=history]")
    assert page.evaluate(fits)
    page.click("#kb-past [name=close]")
    page.locator("#kb-chat [name=down]").last.click()
    assert page.evaluate(fits)
    page.click("#kb-why [value=cancel]")
    page.locator("#kb-chat [name=edit]").last.click()
    assert page.evaluate(fits)


def test_keyboard_alone(site, open_page) -> None:
    """Ask, walk on to the buttons of the answer and back to its number, open the note: with Tab and Enter only."""
    page = open_page(site.url)
    page.wait_for_function("document.activeElement.tagName === 'TEXTAREA'")
    page.keyboard.type(POINTS)
    page.keyboard.press("Enter")
    wait_for_rows(page, 1)
    names = []
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        names.append(page.evaluate("document.activeElement.name || document.activeElement.className"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", names[-1]
        if names[-1] == "history":
            break
    order = [name for name in names if name in ("branch", "down", "up", "edit", "fresh", "history")]
    assert order == ["branch", "down", "up", "edit", "fresh", "history"]
    assert any("kb-cite" in name for name in names)
    while "kb-cite" not in page.evaluate("document.activeElement.className"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_until_marked(page, DEFINITION)


def test_screen_reader_hears_each_answer_once(site, open_page) -> None:
    """Streaming is silent, the whole answer is announced; buttons and boxes have names."""
    page = open_page(site.url)
    ask(page, POINTS)
    page.locator("#kb-live", has_text=DEFINITION).wait_for(state="attached")
    assert page.get_attribute("#kb-chat [role=log]", "aria-live") == "off"
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], input, textarea')]
            .filter(node => node.checkVisibility())
            .filter(node => !(node.innerText || node.textContent).trim() && !node.getAttribute('aria-label') && !node.labels?.length)
            .map(node => node.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


# Relative luminance and contrast as WCAG 2.1 define them, over all text that is seen; half-transparent backgrounds are mixed with
# what lies behind them.
CONTRAST = """() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
    const rgba = (color) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = color;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
    const behind = (node) => {
        if (!node) return rgba(getComputedStyle(document.body).backgroundColor);
        const color = rgba(getComputedStyle(node).backgroundColor);
        return color[3] === 1 ? color : over(color, behind(node.parentElement));
    };
    const light = (color) => {
        const [r, g, b] = color.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const low = [];
    let count = 0;
    while (texts.nextNode()) {
        const node = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        if (['SCRIPT', 'STYLE'].includes(node.tagName) || node.closest('.kb-sr, :disabled, [aria-hidden=true]')) continue;
        count += 1;
        const under = behind(node);
        const [a, b] = [light(over(rgba(getComputedStyle(node).color), under)), light(under)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) low.push([ratio.toFixed(2), node.className, texts.currentNode.data.trim().slice(0, 20)]);
    }
    return { count, low };
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast_of_all_text(site, open_page, theme: str) -> None:
    """At least 4.5 to 1 in every state of the page."""
    page = open_page(f"{site.url}/?__theme={theme}", reduced_motion="reduce")  # no colour half-way to another
    page.locator("#kb-chat .example").first.wait_for()
    measured = [page.evaluate(CONTRAST)]
    row = ask(page, POINTS)
    row.locator("a.kb-cite").first.hover()
    page.locator("#kb-pop").wait_for()
    measured.append(page.evaluate(CONTRAST))
    ask(page, "怎样给猫剪指甲才不会出血？")
    page.locator("#kb-chat [name=gap]").last.click()
    page.locator(".kb-gap-done").wait_for()
    page.locator("#kb-chat [name=up]").last.click()
    page.locator("#kb-chat [name=up][aria-pressed=true]").wait_for()
    ask(page, "？？！")
    measured.append(page.evaluate(CONTRAST))
    page.click("#kb-bar [name=history]")
    measured.append(page.evaluate(CONTRAST))
    page.click("#kb-past [name=close]")
    page.locator("#kb-chat [name=down]").first.click()
    page.locator("#kb-why label").first.click()
    measured.append(page.evaluate(CONTRAST))
    assert all(state["count"] > 10 for state in measured)
    assert [state["low"] for state in measured] == [[]] * 5
