"""What the browser tests of the chat do over and over."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary, WeakSet

DEFINITION = "积分体系（Points System）是指用积分记录会员的行为，并让会员拿积分换取权益的一套规则。"
DRAW_DEFINITION = "抽奖活动是指用奖品的不确定性换取用户参与的一种短期活动。"
INFLATION = "积分通胀是指发出的积分远多于被兑换的积分，单个积分因此越来越不值钱。"
QUESTION_BOX = "#kb-question textarea"
LAST_ANSWER = "#kb-chat .bot-row >> nth=-1"
WHOLE = ".kb-a:has(.kb-acts), .kb-note-bad"


def ask(page, question: str):
    """Type a question, wait for its answer to be complete, return the answer's row."""
    rows = page.locator("#kb-chat .bot-row")
    page.wait_for_selector(QUESTION_BOX)
    before = rows.count()
    page.fill(QUESTION_BOX, question)
    page.press(QUESTION_BOX, "Enter")
    row = rows.nth(before)
    row.locator(WHOLE).first.wait_for()
    return row


def answered(page, question: str) -> None:
    """Wait until the last question is this one and its answer complete."""
    page.wait_for_function(
        """question => {
            const asked = [...document.querySelectorAll('#kb-chat .kb-q')].at(-1);
            const answers = document.querySelectorAll('#kb-chat .bot-row');
            const all = document.querySelectorAll('#kb-chat .kb-q').length;
            return asked?.textContent === question && answers.length === all && answers[all - 1].querySelector('.kb-acts');
        }""",
        arg=question,
    )


def wait_for_rows(page, count: int) -> None:
    """Wait until so many complete answers are shown."""
    page.wait_for_function(
        """count => {
            const rows = [...document.querySelectorAll('#kb-chat .bot-row')];
            return rows.length === count && rows.every(row => row.querySelector('.kb-acts'));
        }""",
        arg=count,
    )


_STREAMS: WeakKeyDictionary[object, set[object]] = WeakKeyDictionary()
_LEFT: WeakSet[object] = WeakSet()
_CUT_OFF = re.compile(r"AbortError: signal is aborted|Unexpected error Connection errored out")
_PATIENCE = 5  # seconds


def watch(page, complaints: list[str]) -> None:
    """Note what the page complains of in its console, and which answers it is still being sent."""
    streams = _STREAMS.setdefault(page, set())
    page.on("request", lambda request: streams.add(request) if "/queue/" in request.url else None)
    for event in ("requestfinished", "requestfailed"):
        page.on(event, lambda request: streams.discard(request))

    def complain(text: str) -> None:
        if not (page in _LEFT and _CUT_OFF.match(text)):
            complaints.append(text)

    page.on("console", lambda message: complain(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complain(str(error)))


@contextmanager
def leaving(page) -> Iterator[None]:
    """Leave a page once nothing is being sent to it; if something still is, Gradio's complaint of the cut is no fault."""
    until = time.monotonic() + _PATIENCE
    page.wait_for_timeout(300)
    while _STREAMS[page] and time.monotonic() < until:
        page.wait_for_timeout(100)
    _LEFT.add(page)
    yield
    page.wait_for_timeout(100)
    _LEFT.discard(page)
    _STREAMS[page].clear()


def wait_until(page, condition: str) -> None:
    """Wait for a condition on a page that forbids `eval`, which Playwright's own waiting may need."""
    deadline = time.monotonic() + _PATIENCE
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        page.wait_for_timeout(50)


def reload(page) -> None:
    with leaving(page):
        page.reload()


def chat_button(page, name: str, position: int = 0) -> None:
    """Press a button of a message."""
    page.locator(f"#kb-chat button.kb-do[name={name}]").nth(position).click()


def open_number(page, position: int) -> None:
    """Click the first number of an answer."""
    page.locator("#kb-chat .bot-row").nth(position).locator(".kb-text a.kb-cite").first.click()


def marked(page) -> str:
    return "".join(page.locator("#kb-source-panel mark").all_text_contents())


def wait_until_marked(page, quote: str) -> None:
    page.wait_for_function(
        "quote => [...document.querySelectorAll('#kb-source-panel mark')].map(m => m.textContent).join('') === quote",
        arg=quote,
    )


def open_part(page, name: str) -> None:
    """Open a part of the notes tab; on a phone the last ones are in a menu."""
    page.get_by_role("tab", name="知识库", exact=True).click()
    page.locator("#kb-notes-tabs [role=tab]:visible").first.wait_for()
    page.wait_for_timeout(200)  # Gradio measures what fits
    tab = page.locator("#kb-notes-tabs").get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.locator("#kb-notes-tabs .overflow-menu > button").click()
        tab = page.locator("#kb-notes-tabs .overflow-dropdown button", has_text=name)
    tab.click()
