"""The worklist in a real browser: a lead goes through what readers missed, on a desk and on a phone."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.evaluation import feedback
from kbqa.evaluation.feedback import Feedback, FeedbackStore
from kbqa.evaluation.gaps import FILE, record_gap
from tests.browser.chat import ask, chat_button, open_part, reload
from tests.browser.conftest import serve

CAT = "怎样给猫剪指甲才不会出血？"
PRICE = "门店的房租是多少？"
POINTS = "积分体系是什么？"
PRIZE = "单人奖品成本怎么算？"
ROW = ".kb-work-row"


@pytest.fixture(scope="module")
def url(index: Path, tmp_path_factory: pytest.TempPathFactory):
    """An app with a past that nobody changes."""
    folder = tmp_path_factory.mktemp("past")
    for site in serve(with_past(index, folder / "index"), folder / "app.log"):
        yield site.url


@pytest.fixture
def own_url(index: Path, tmp_path: Path):
    """An app with a past of the test's own."""
    for site in serve(with_past(index, tmp_path / "index"), tmp_path / "app.log"):
        yield site.url


def with_past(index: Path, folder: Path) -> Path:
    """A copy of the index beside which two matters are on record that it does not answer, one that it does, two verdicts."""
    shutil.copytree(index, folder, ignore=shutil.ignore_patterns(".lock", "state", "gaps*"))
    kb, now = KnowledgeBase.open(folder), datetime.now(timezone.utc)
    for days, question in ((9, CAT), (1, CAT), (2, PRICE)):
        assert record_gap(folder, kb.ask(question), "chat", now - timedelta(days=days))
    old = {"at": (now - timedelta(days=30)).isoformat(), "question": PRIZE, "understood_as": PRIZE}
    with (folder / FILE).open("a", encoding="utf-8") as record:
        record.write(
            json.dumps({**old, "confidence": 0.1, "nearest": [], "source": "chat", "marked_by": "小陈"}) + "\n"
        )
    votes, answer, at = FeedbackStore(folder / "state" / feedback.FILE), kb.ask(POINTS), now - timedelta(days=3)
    said = at.isoformat(), "小陈", POINTS, POINTS, answer.text
    votes.add(Feedback(*said, "down", "没说怎么开通", answer.citations, "s", "g", "m0"))
    votes.add(Feedback(*said, "up", "", answer.citations, "s", "g", "m1"))
    return folder


def open_worklist(page) -> None:
    open_part(page, "待办")
    page.locator(ROW).first.wait_for()


def questions(page) -> list[str]:
    return [text.strip() for text in page.locator(".kb-work-question").all_inner_texts()]


def choose(page, question: str) -> None:
    page.locator(ROW, has_text=question).click()
    page.locator(".kb-work-item h3", has_text=question).wait_for()


@pytest.mark.parametrize("width", [1280, 360])
def test_lead_goes_through_the_list(own_url, open_page, width: int) -> None:
    """The most asked first; an item tells its story; state and note stay, also after a reload of the page."""
    page = open_page(own_url, width=width)
    open_worklist(page)
    assert questions(page)[0] == CAT and set(questions(page)) == {CAT, PRICE, POINTS, PRIZE}
    choose(page, POINTS)
    item = page.locator(".kb-work-item").inner_text()
    assert "没说怎么开通" in item and "小陈" in item and "最接近的段落" in item
    choose(page, CAT)
    link = page.locator(".kb-work-ask").get_attribute("href")
    assert link.startswith("#ask?q=%E6%80%8E")
    page.locator("#kb-work-state").get_by_label("进行中").check()
    page.fill("#kb-work-note textarea", "小林在写")
    page.click("#kb-work-save")
    page.wait_for_function(
        "q => ![...document.querySelectorAll('.kb-work-question')].some(e => e.textContent === q)", arg=CAT
    )
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    reload(page)
    open_worklist(page)
    page.locator("#kb-work-shown").get_by_label("进行中").check()
    page.wait_for_function("() => document.querySelectorAll('.kb-work-row').length === 1")
    assert questions(page) == [CAT]
    choose(page, CAT)
    page.wait_for_function("() => document.querySelector('#kb-work-note textarea').value === '小林在写'")
    assert page.locator("#kb-work-state").get_by_label("进行中").is_checked()


def test_check_again_marks_what_is_answered_by_now(own_url, open_page) -> None:
    """The rest stays open; the disliked answer too, for that is for people to say."""
    page = open_page(own_url)
    open_worklist(page)
    page.click("#kb-work-again")
    page.get_by_text("1 条现在能答").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.kb-work-row').length === 3")
    assert set(questions(page)) == {CAT, PRICE, POINTS}
    page.locator("#kb-work-shown").get_by_label("已完成").check()
    page.wait_for_function("() => document.querySelectorAll('.kb-work-row').length === 1")
    assert questions(page) == [PRIZE]


def test_what_was_marked_meanwhile_is_listed(own_url, open_page) -> None:
    """The list is read anew when its tab is opened again."""
    page = open_page(own_url)
    open_worklist(page)
    page.get_by_role("tab", name="问答", exact=True).click()
    ask(page, "公司的班车几点开？")
    chat_button(page, "gap")
    page.get_by_role("tab", name="知识库", exact=True).click()
    page.locator(ROW, has_text="公司的班车几点开？").wait_for()


def test_item_is_asked_in_the_chat(url, open_page) -> None:
    """One click goes there and asks, so that the lead sees whether it is answered by now."""
    page = open_page(url)
    open_worklist(page)
    choose(page, PRIZE)
    page.click(".kb-work-ask")
    page.locator("#kb-chat .bot-row", has_text="奖品总成本 ÷ 参与抽奖的人数").wait_for()
    assert page.locator("#kb-chat").is_visible() and not page.locator("#kb-work-list").is_visible()


def test_list_is_used_by_keyboard(url, open_page) -> None:
    page = open_page(url)
    open_worklist(page)
    page.locator(ROW).first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".kb-work-item").wait_for()
    assert page.locator(ROW).nth(1).get_attribute("aria-pressed") == "true"


def test_charts_count_what_happened(url, open_page) -> None:
    """By week and by day the sums are those of the record; the figures stand below."""
    page = open_page(url)
    open_worklist(page)
    page.locator(".kb-charts figure").first.wait_for()
    assert [text.split() for text in page.locator(".kb-charts figcaption b").all_inner_texts()] == [["4"], ["1"], ["1"]]
    page.locator("#kb-work-span").get_by_label("按天").check()
    page.wait_for_function("() => document.querySelector('.kb-charts svg').viewBox.baseVal.width === 30")
    assert page.locator(".kb-charts figcaption b").all_inner_texts()[1:] == ["1", "1"]
    page.locator("summary", has_text="看数字").click()
    assert page.locator(".kb-charts + details tbody tr").count() >= 3


def test_downloads_are_files(url, open_page, tmp_path: Path) -> None:
    """A spreadsheet gets the list and the verdicts; tuning gets what was liked."""
    page = open_page(url)
    open_worklist(page)
    texts = {}
    for button in ("#kb-work-csv", "#kb-feedback-csv", "#kb-tuning"):
        with page.expect_download() as download:
            page.click(button)
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        texts[path.name] = path.read_text("utf-8-sig")
    assert list(texts) == ["worklist.csv", "feedback.csv", "feedback.jsonl"]
    rows = list(csv.DictReader(io.StringIO(texts["worklist.csv"])))
    assert (rows[0]["question"], rows[0]["asked"], rows[0]["state"]) == (CAT, "2", "open")
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(texts["feedback.csv"]))] == ["down", "up"]
    (liked,) = map(json.loads, texts["feedback.jsonl"].splitlines())
    assert liked["question"] == POINTS and liked["evidence"][0].startswith("积分体系（Points System）是指")
