"""The chat tab: questions and answers on the left, the cited note on the right."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.evaluation.gaps import record_gap
from kbqa.types import Answer
from kbqa.web import look, note, render
from kbqa.web.links import Place, fits, parse_place, place_of_citation, place_of_hit

if TYPE_CHECKING:
    from kbqa import KnowledgeBase
    from kbqa.web.site import Site

_log = logging.getLogger(__name__)

Turn = dict[str, str]
Message = dict[str, Any]

_PAUSE = 0.06
"""Seconds between two sentences: long enough for the eye to follow, short enough to wait for."""
_TURNS_KEPT = 12
_FAULT = KbqaError(
    "程序出了意外，这个问题没能回答。请换个说法再问；如果还不行，请把终端里的记录发给维护的人。",
    "Something went wrong in the program. Ask in other words; if it stays, send the terminal's log to the maintainer.",
)
_EXAMPLES = 6


def build_chat(site: Site) -> None:
    """Lay the chat out inside the current tab and wire it to the notes."""
    kb = site.kb
    examples = [{"text": example} for example in kb.examples(_EXAMPLES)]
    turns = gr.State([])
    with gr.Row(elem_id="kb-columns", equal_height=True):
        with gr.Column(elem_id="kb-left", scale=6, min_width=320):
            chat = gr.Chatbot(
                elem_id="kb-chat", show_label=False, container=False, height="100%", layout="panel", autoscroll=False,
                examples=examples, placeholder=look.WELCOME, buttons=[], latex_delimiters=[], feedback_options=None,
            )  # fmt: skip
            with gr.Row(elem_id="kb-ask"):
                question = gr.Textbox(
                    elem_id="kb-question", show_label=False, container=False, lines=1, max_lines=5,
                    placeholder="想问什么？Ask…", label="问题 Question", autofocus=True,
                    submit_btn="提问 Ask",
                )  # fmt: skip
                fresh = gr.Button("新对话 New", elem_id="kb-new", size="sm", variant="secondary", min_width=96)
        with gr.Column(elem_id="kb-right", scale=5, min_width=320):
            panel = gr.HTML(
                note.EMPTY_PANEL, elem_id="kb-source-panel", js_on_load=look.PANEL_SCRIPT, apply_default_css=False
            )

    def reply(text: str, messages: list[Message], past: list[Turn]) -> Iterator[tuple[Any, ...]]:
        yield from stream_reply(kb, text, messages, past)

    def pick(messages: list[Message], past: list[Turn], event: gr.SelectData) -> Iterator[tuple[Any, ...]]:
        value = event.value
        yield from stream_reply(kb, value["text"] if isinstance(value, dict) else str(value), messages, past)

    def open_source(event: gr.EventData) -> str:
        return source_html(kb, str(getattr(event, "href", "")))

    outputs = [question, chat, turns, panel]
    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    asking: dict[str, Any] = {**hidden, "outputs": outputs, "trigger_mode": "once"}
    question.submit(reply, [question, chat, turns], **asking)
    chat.example_select(pick, [chat, turns], **asking)
    chat.option_select(pick, [chat, turns], **asking)
    panel.click(open_source, None, panel, **hidden)
    fresh.click(lambda: ("", [], [], note.EMPTY_PANEL), None, outputs, **hidden)


def stream_reply(kb: KnowledgeBase, text: str, messages: list[Message], past: list[Turn]) -> Iterator[tuple[Any, ...]]:
    """Answer one question, sentence by sentence: (question box, messages, turns, panel) each time."""
    if text.strip():
        messages = [*messages, {"role": "user", "content": render.question_html(text)}]
    try:
        answer = kb.ask(text, history=past)
    except KbqaError as error:
        yield text, [*messages, _said(render.error_html(error))], past, gr.skip()
        return
    except Exception:  # a fault of ours: the reader gets a sentence, the log the trace
        _log.exception("question failed: %r", text[:200])
        yield text, [*messages, _said(render.error_html(_FAULT))], past, gr.skip()
        return
    record_gap(kb.path, answer, "chat")
    for shown in range(1, len(answer.sentences) if not answer.abstained else 0):
        yield "", [*messages, _said(render.answer_html(answer, shown))], past, gr.skip()
        time.sleep(_PAUSE)
    past = [*past, {"role": "user", "content": text}, {"role": "assistant", "content": answer.text}]
    final = _said(render.answer_html(answer), answer.choices or answer.follow_ups)
    yield "", [*messages, final], past[-_TURNS_KEPT:], first_source_html(kb, answer)


def _said(content: str, follow_ups: tuple[str, ...] = ()) -> Message:
    message: Message = {"role": "assistant", "content": content}
    if follow_ups:
        message["options"] = [{"value": follow_up} for follow_up in follow_ups]
    return message


def first_source_html(kb: KnowledgeBase, answer: Answer) -> str:
    """What the panel shows by itself: the first citation, or the nearest passage of a question not answered."""
    if answer.citations:
        return _place_html(kb, place_of_citation(answer.citations[0], 1, answer.hits))
    nearest = answer.related or answer.hits
    return _place_html(kb, place_of_hit(nearest[0])) if nearest else note.EMPTY_PANEL


def source_html(kb: KnowledgeBase, href: str) -> str:
    """The panel for a clicked link."""
    try:
        place = parse_place(href)
    except ValueError:
        return note.missing_place_html()
    return _place_html(kb, place)


def _place_html(kb: KnowledgeBase, place: Place) -> str:
    try:
        document = kb.document(place.doc_id)
    except (KbqaError, KeyError):
        return note.missing_place_html()
    if not fits(place, document):
        return note.missing_place_html()
    return note.panel_html(document, place)
