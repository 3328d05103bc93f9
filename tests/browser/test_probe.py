"""The retrieval test page in a real browser: a lead looks into a question, on a desk and on a phone."""

from __future__ import annotations

import pytest

from app import build_app, launch_options
from tests.browser.chat import open_part

QUESTION = "#kb-probe-question textarea"
ROWS = "#kb-probe .kb-found >> nth=0 >> a.kb-lens-row"


def open_probe(page) -> None:
    open_part(page, "检索测试")
    page.wait_for_selector(QUESTION)


def search(page, question: str) -> None:
    page.fill(QUESTION, question)
    page.press(QUESTION, "Enter")
    page.locator("#kb-probe dd", has_text=question).first.wait_for()


def visible_text(page, selector: str) -> list[str]:
    return [text.strip() for text in page.locator(selector).all_inner_texts()]


@pytest.mark.parametrize("width", [1280, 360])
def test_lead_sees_why_a_question_is_answered(site, open_page, width: int) -> None:
    """Three lists side by side where there is room; the answer is the chat's; nothing scrolls sideways."""
    page = open_page(site.url, width=width)
    open_probe(page)
    search(page, "积分体系是什么？")
    headings = [text.split()[0] for text in visible_text(page, "#kb-probe .kb-found >> nth=0 >> h4")]
    assert headings == ["关键词", "语义", "合成之后"]
    tops = {round(page.locator("#kb-probe .kb-found > div").nth(i).bounding_box()["y"]) for i in range(3)}
    assert len(tops) == (1 if width == 1280 else 3)
    assert "把握够，作答。" in page.locator(".kb-verdict").inner_text()
    assert "积分体系（Points System）是指" in page.locator(".kb-lens-answer").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_lead_sees_why_a_question_is_refused(site, open_page) -> None:
    page = open_page(site.url)
    open_probe(page)
    search(page, "怎样给猫剪指甲才不会出血？")
    assert "把握不到门槛" in page.locator(".kb-verdict").inner_text()
    assert any(text.startswith("猫") for text in visible_text(page, ".kb-idea.kb-unknown"))


def test_row_leads_to_the_note(site, open_page) -> None:
    """The link of a row is one that the sources panel opens."""
    page = open_page(site.url)
    open_probe(page)
    search(page, "积分通胀是什么？")
    page.locator(ROWS).first.click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('#kb-source-panel mark')].some(m => m.textContent.includes('积分通胀'))"
    )


def test_one_retriever_alone_and_back(site, open_page) -> None:
    """The mode changes what stands there without typing again."""
    page = open_page(site.url)
    open_probe(page)
    search(page, "积分体系是什么？")
    page.get_by_label("只看关键词").check()
    page.locator("#kb-probe", has_text="只看一路检索时不作答").wait_for()
    assert page.locator("#kb-probe .kb-found > div").count() == 1
    page.get_by_label("混合").check()
    page.locator(".kb-lens-answer").wait_for()
    assert page.locator("#kb-probe .kb-found > div").count() == 3


def test_follow_up_is_tried_with_the_question_before(site, open_page) -> None:
    page = open_page(site.url)
    open_probe(page)
    page.fill("#kb-probe-earlier textarea", "积分体系是什么？")
    page.fill(QUESTION, "它的有效期是多久？")
    page.press(QUESTION, "Enter")
    page.locator("#kb-probe dd", has_text="积分体系").first.wait_for()
    assert "12 个月有效" in page.locator(".kb-lens-answer").inner_text()


def test_unusable_question_is_told_in_words(site, open_page) -> None:
    page = open_page(site.url)
    open_probe(page)
    page.fill(QUESTION, "？？！")
    page.press(QUESTION, "Enter")
    page.locator("#kb-probe .kb-note-bad", has_text="只有标点符号").wait_for()
    assert page.locator("#kb-probe section").count() == 0


def test_page_speaks_english_in_an_english_browser(site, open_page) -> None:
    page = open_page("about:blank")
    for name, value in (("language", "'en-US'"), ("languages", "['en-US']")):
        page.add_init_script(
            f"Object.defineProperty(navigator, '{name}', {{ get: () => {value}, configurable: true }})"
        )
    page.goto(site.url)
    page.get_by_role("tab", name="Notes", exact=True).first.click()
    page.get_by_role("tab", name="Retrieval", exact=True).click()
    page.fill(QUESTION, "积分体系是什么？")
    page.get_by_role("button", name="Search", exact=True).click()
    page.locator("#kb-probe h3").first.wait_for()
    assert page.locator("#kb-probe h3").first.inner_text() == "How it was understood"
    assert page.get_by_label("Meaning only").count() == 1


@pytest.fixture(scope="module")
def readers_url(index, notes):
    """The app as a reader gets it: not on the machine that serves it, and without an account."""
    blocks = build_app(index, notes, local=False)
    _, url, _ = blocks.launch(server_name="127.0.0.1", **launch_options())
    yield url
    blocks.close()


def test_readers_do_not_see_it(readers_url, open_page) -> None:
    """Nor any other part of the notes tab that is the lead's."""
    page = open_page(readers_url)
    page.get_by_role("tab", name="知识库", exact=True).click()
    page.locator("#kb-nt-list").wait_for()
    assert page.locator("#kb-notes-tabs [role=tab]").all_inner_texts() == ["笔记", "术语表"]
