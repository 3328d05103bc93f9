"""The chat tab: questions and answers on the left, the cited note on the right.

The page holds the conversation, see `turns.py`: as the value of the bar above the chat it comes in with every event and goes
out changed. `chat.js` and `history.js` turn clicks on messages and in the history into events of the bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.web import exchange, look, note
from kbqa.web.bar import CHAT_BAR
from kbqa.web.exchange import Shown
from kbqa.web.export import conversation_markdown
from kbqa.web.turns import from_json
from kbqa.web.words import say

if TYPE_CHECKING:
    from kbqa import KnowledgeBase
    from kbqa.web.site import Site

_EXAMPLES = 6


def build_chat(site: Site) -> None:
    """Lay the chat out inside the current tab and wire it to the notes."""
    examples = [{"text": example} for example in site.kb.examples(_EXAMPLES)]
    with gr.Row(elem_id="kb-columns", equal_height=True):
        with gr.Column(elem_id="kb-left", scale=6, min_width=320):
            bar = gr.HTML(
                "", html_template=CHAT_BAR, js_on_load=look.CHAT_SCRIPT, elem_id="kb-bar", apply_default_css=False,
                server_functions=[exported],
            )  # fmt: skip
            chat = gr.Chatbot(
                elem_id="kb-chat", show_label=False, container=False, height="100%", layout="panel", autoscroll=False,
                examples=examples, placeholder=look.WELCOME, buttons=[], latex_delimiters=[], feedback_options=None,
            )  # fmt: skip
            with gr.Row(elem_id="kb-ask"):
                question = gr.Textbox(
                    elem_id="kb-question", show_label=False, container=False, lines=1, max_lines=5, autofocus=True,
                    placeholder=say("想问什么？", "Ask the notes…"), label=say("问题", "Question"),
                    submit_btn=say("提问", "Ask"),
                )  # fmt: skip
        with gr.Column(elem_id="kb-right", scale=5, min_width=320):
            panel = gr.HTML(
                note.EMPTY_PANEL, elem_id="kb-source-panel", js_on_load=look.PANEL_SCRIPT, apply_default_css=False
            )
    _wire(site, question, bar, chat, panel)


def _wire(site: Site, question: gr.Textbox, bar: gr.HTML, chat: gr.Chatbot, panel: gr.HTML) -> None:
    kb = site.kb

    def reply(text: str, held: str) -> Iterator[Shown]:
        yield from exchange.stream_reply(kb, text, held)

    def pick(held: str, event: gr.SelectData) -> Iterator[Shown]:
        value = event.value
        yield from exchange.stream_reply(kb, value["text"] if isinstance(value, dict) else str(value), held)

    def by_link(held: str, event: gr.EventData) -> Iterator[Shown]:
        yield from exchange.stream_reply(kb, _sent(event, "question"), held)

    def again(held: str, event: gr.EventData) -> Iterator[Shown]:
        with _told():
            yield from exchange.stream_again(kb, held, _sent(event, "turn"), _sent(event, "question"))

    def undo(held: str, event: gr.EventData) -> Shown:
        with _told():
            return exchange.taken_back(kb, held, _sent(event, "turn"))

    def branch(held: str, event: gr.EventData) -> Shown:
        with _told():
            shown = exchange.branched(kb, held, _sent(event, "turn"))
        gr.Info(
            "原来的对话在历史里。 The old conversation is in the history.", duration=4, title="已从这里另开 Branched"
        )
        return shown

    def reopen(held: str) -> Shown:
        with _told():
            return exchange.reopened(kb, held)

    def vote(held: str, event: gr.EventData, request: gr.Request) -> Shown:
        with _told():
            given = (_sent(event, name) for name in ("turn", "verdict", "reason"))
            return exchange.voted(site, held, *given, user=site.user(request))

    def gap(held: str, event: gr.EventData) -> Shown:
        with _told():
            return exchange.marked_as_gap(kb, held, _sent(event, "turn"))

    def open_source(event: gr.EventData) -> str:
        return exchange.source_html(kb, _sent(event, "href"))

    outputs = [question, chat, bar, panel]
    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    shown: dict[str, Any] = {**hidden, "outputs": outputs, "trigger_mode": "once"}
    question.submit(reply, [question, bar], **shown)
    for event, callback in (
        (chat.example_select, pick), (chat.option_select, pick), (bar.ask, by_link), (bar.again, again), (bar.undo, undo),
        (bar.branch, branch), (bar.reopen, reopen), (bar.vote, vote), (bar.gap, gap),
    ):  # fmt: skip
        event(callback, bar, **shown)
    panel.click(open_source, None, panel, **hidden)


def _sent(event: gr.EventData, name: str) -> str:
    """A text that the page sent along with an event."""
    return str(getattr(event, name, None) or "")


@contextmanager
def _told() -> Iterator[None]:
    """An error of the library becomes a message on the page."""
    try:
        yield
    except KbqaError as error:
        raise gr.Error(str(error), print_exception=False) from error


def exported(request: list[str]) -> str:
    """The conversation as Markdown, for the page to save; the page sends the conversation and the address of the app."""
    held, address = request
    return conversation_markdown(from_json(held), address)


def ask_api(kb: KnowledgeBase, question: str, history: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """An answer as plain data, for scripts."""
    answer = kb.ask(question, history=history or [])
    return {
        "answer": answer.text,
        "abstained": answer.abstained,
        "confidence": answer.confidence,
        "understood_as": answer.understood_as,
        "sentences": [{"text": s.text, "citations": [n + 1 for n in s.citations]} for s in answer.sentences],
        "citations": [
            {
                "number": number,
                "doc_id": c.doc_id,
                "start": c.start,
                "end": c.end,
                "line": c.line,
                "quote": c.quote,
                "heading_path": list(c.heading_path),
            }
            for number, c in enumerate(answer.citations, 1)
        ],
        "notices": list(answer.notices),
        "follow_ups": list(answer.follow_ups),
        "choices": list(answer.choices),
    }
