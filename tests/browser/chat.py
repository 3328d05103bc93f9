"""What the browser tests of the chat do over and over."""

from __future__ import annotations

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


def reload(page) -> None:
    """Load the page anew once all is quiet: Gradio complains in the console when a reload cuts off its stream."""
    page.wait_for_timeout(500)
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


BEHIND_DOTS = ("检查", "检索测试", "待办")


def open_part(page, name: str) -> None:
    """Open a part of the notes tab; on a phone the last ones are in a menu."""
    page.get_by_role("tab", name="知识库", exact=True).click()
    if page.viewport_size["width"] > 400 or name not in BEHIND_DOTS:
        page.get_by_role("tab", name=name, exact=True).click()
        return
    page.locator("#kb-notes-tabs .overflow-menu > button").click()
    page.locator("#kb-notes-tabs .overflow-dropdown button", has_text=name).click()
