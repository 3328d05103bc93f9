"""The learning tab in a real browser: a new hire's first steps, on a desk and on a phone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chat import reload
from tests.browser.conftest import Site, serve
from tests.learning import DISPLAY, shop

PHONE = (360, 740)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app over the two notes of the shop."""
    kb = shop(tmp_path_factory.mktemp("learn"))
    yield from serve(kb.path, tmp_path_factory.mktemp("log") / "app.log")


def open_tab(page) -> None:
    page.locator("#kb-tab-learn-button").click()


def enter(page, name: str) -> None:
    open_tab(page)
    page.fill("#kl-name", name)
    page.press("#kl-name", "Enter")
    page.locator(".kl-next").wait_for()


MEANINGS = {
    "陈列数": "货架上商品的个数", "货架数": "一家店里货架的个数", "排面数": "正对顾客的那一排有几件", "缺货数": "卖空了的商品有几种",
}  # fmt: skip


def answer(page, right: bool) -> None:
    """Answer the question shown, which is on a term or on a meaning of `MEANINGS`."""
    stem = page.locator(".kl h2").inner_text()
    options = page.locator("button.kl-option > span").all_inner_texts()
    term = next(name for name, meaning in MEANINGS.items() if name in stem or meaning in stem)
    wanted = options.index(term if term in options else MEANINGS[term])
    page.locator("button.kl-option").nth(wanted if right else (wanted + 1) % len(options)).click()
    page.locator(".kl-verdict").wait_for()


@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["desk", "phone"])
def test_a_new_hire_takes_the_first_step(site, open_page, tmp_path: Path, size: tuple[int, int]) -> None:
    """Name, first step, cards, a wrong answer with its quote, reload, step done, export."""
    page = open_page(site.url, *size, accept_downloads=True)
    enter(page, "小安")
    assert page.locator(".kl-next .kl-title").inner_text() == "陈列"
    page.locator(".kl-next .kl-btn").click()
    cards = page.locator(".kl-card")
    cards.first.wait_for()
    assert cards.locator("h4").all_inner_texts() == ["补货", "陈列数", "货架数", "排面数", "缺货数"]
    assert "例如，三排每排六个，陈列数为 18 个。" in cards.nth(1).inner_text()
    assert "陈列数与货架数：陈列数数商品，货架数数货架。" in cards.nth(2).inner_text()
    assert cards.nth(1).locator("a.kl-ask").get_attribute("href").startswith("#ask?q=")
    assert cards.nth(1).locator("a.kl-src").first.get_attribute("href").startswith("#src?")
    page.locator(".kl-test .kl-main").click()
    page.locator("button.kl-option").first.wait_for()
    answer(page, right=False)
    assert page.locator(".kl-wrong").count() == page.locator(".kl-right").count() == 1
    quote = page.locator(".kl-verdict blockquote").evaluate("quote => quote.firstChild.textContent")
    assert quote in DISPLAY.split("\n")
    assert page.evaluate("document.activeElement.closest('.kl-verdict') !== null")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    reload(page)
    open_tab(page)
    page.locator(".kl-due .kl-btn").wait_for()
    assert "小安" in page.locator(".kl h2").inner_text()
    assert "复习 1 题" in page.locator(".kl-due").inner_text()
    page.locator(".kl-due .kl-btn").click()
    page.locator("button.kl-option").first.wait_for()
    assert "第 1 / 1 题" in page.locator(".kl-crumb").inner_text()
    answer(page, right=True)
    assert page.locator(".kl-verdict.kl-good").count() == 1

    page.locator(".kl-verdict .kl-main").click()
    page.get_by_role("button", name="回到路线").click()
    page.locator(".kl-row button").first.click()
    page.get_by_role("button", name="标为学完").click()
    page.locator("[role=progressbar][aria-valuenow='1']").wait_for()
    assert page.locator(".kl-next .kl-title").inner_text() == "补货"
    with page.expect_download() as csv_file:
        page.get_by_role("button", name="导出 CSV").click()
    csv_file.value.save_as(tmp_path / "progress.csv")
    rows = list(csv.reader((tmp_path / "progress.csv").read_text("utf-8-sig").splitlines()))
    assert [row[1] for row in rows[1:]] == ["答题 quiz", "答题 quiz", "学完 step"]
    assert [row[5] for row in rows[1:3]] == ["错 wrong", "对 right"]
    for _ in range(2):  # whoever lost the first file gets another
        with page.expect_download() as certificate:
            page.get_by_role("button", name="学习证明").click()
        certificate.value.save_as(tmp_path / "certificate.html")
        assert "1 / 2" in (tmp_path / "certificate.html").read_text("utf-8")


def test_two_learners_do_not_mix(site, open_page) -> None:
    one, two = open_page(site.url), open_page(site.url)
    enter(one, "甲")
    enter(two, "乙")
    one.locator(".kl-row button").first.click()
    one.get_by_role("button", name="标为学完").click()
    one.locator("[role=progressbar][aria-valuenow='1']").wait_for()
    reload(two)
    open_tab(two)
    two.locator(".kl-next").wait_for()
    assert "乙" in two.locator(".kl h2").inner_text()
    assert two.locator("[role=progressbar]").get_attribute("aria-valuenow") == "0"


def test_the_map_is_walked_by_keyboard(site, open_page) -> None:
    """Enter on a node chooses the note; its terms are drawn below, and the step opens from there."""
    page = open_page(site.url)
    enter(page, "丙")
    page.get_by_role("button", name="地图").press("Enter")
    node = page.locator(".kl-node[data-id='仓库/补货.md']")
    node.focus()
    page.keyboard.press("Enter")
    page.locator(".kl-node.kl-picked[data-id='仓库/补货.md']").wait_for()
    assert page.locator(".kl-own text").all_text_contents() == ["补货", "调货", "退货"]
    page.locator(".kl-chosen .kl-main").press("Enter")
    page.locator(".kl-card").first.wait_for()
    assert page.locator(".kl > h2").inner_text() == "补货"


def test_an_empty_name_is_asked_for_again(site, open_page) -> None:
    page = open_page(site.url)
    open_tab(page)
    page.fill("#kl-name", "   ")
    page.press("#kl-name", "Enter")
    assert "请先写下你的名字" in page.locator(".kl-error").inner_text()


def test_the_lead_sees_who_is_where(site, open_page) -> None:
    page = open_page(site.url, *PHONE)
    enter(page, "组长本人")
    page.get_by_role("button", name="全员进度").click()
    page.locator("table").wait_for()
    assert "组长本人" in page.locator("tbody").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_nothing_is_computed_before_the_tab_is_opened(site, open_page) -> None:
    """The first paint carries no path: the markup of the tab comes when it is chosen."""
    page = open_page(site.url)
    page.locator("#kb-question textarea").wait_for()
    assert page.locator(".kl").count() == 0


def test_english_readers_get_english(site, open_page) -> None:
    page = open_page(site.url)
    page.evaluate("localStorage.setItem('kb-language', 'en')")
    reload(page)
    open_tab(page)
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="Start").click()
    page.locator(".kl-next").wait_for()
    assert page.locator(".kl h2").inner_text() == "Ann, carry on"
    assert page.locator(".kl-stage summary b").all_inner_texts() == ["Basics", "Intermediate"]


def test_a_look_at_the_chat_loses_nothing(site, open_page) -> None:
    """Back from another tab, the step is still open where it was left."""
    page = open_page(site.url)
    enter(page, "丁")
    page.locator(".kl-next .kl-btn").click()
    page.locator(".kl-note summary").click()
    page.get_by_role("tab", name="问答").click()
    page.locator("#kb-question textarea").wait_for()
    open_tab(page)
    assert page.locator(".kl > h2").inner_text() == "陈列"
    assert page.locator(".kl-note[open] .kb-doc").inner_text().startswith("陈列")
