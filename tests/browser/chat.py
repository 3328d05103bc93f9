"""What the browser tests of the chat do over and over."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

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


def watch_streams(page) -> None:
    """Keep count of the answers that the page is still being sent, for `at_rest`."""
    streams = _STREAMS.setdefault(page, set())
    page.on("request", lambda request: streams.add(request) if "/queue/" in request.url else None)
    for event in ("requestfinished", "requestfailed"):
        page.on(event, lambda request: streams.discard(request))
    page.on("framenavigated", lambda frame: streams.clear() if frame == page.main_frame else None)


def at_rest(page) -> None:
    """Wait until nothing is being sent: Gradio complains in the console when leaving a page cuts off a stream."""
    quiet, until = 0, time.monotonic() + 15
    while quiet < 3:
        page.wait_for_timeout(100)
        quiet = 0 if _STREAMS[page] else quiet + 1
        assert time.monotonic() < until, [request.url for request in _STREAMS[page]]


def reload(page) -> None:
    at_rest(page)
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
