"""What happens when a reader asks, asks again, takes back, goes on elsewhere, votes.

Each function takes the conversation as the page holds it and gives back what the page shows next; nothing is remembered here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import gradio as gr

from kbqa.errors import KbqaError
from kbqa.evaluation.feedback import FILE, Feedback, FeedbackStore
from kbqa.evaluation.gaps import record_gap
from kbqa.types import Answer
from kbqa.web import note, render
from kbqa.web.links import Place, parse_place, place_of_citation, place_of_hit
from kbqa.web.turns import Conversation, from_json, new_turn, to_json

if TYPE_CHECKING:
    from kbqa import KnowledgeBase
    from kbqa.web.site import Site

_log = logging.getLogger(__name__)

Message = dict[str, Any]
Shown = tuple[Any, Any, Any, Any]
"""Question box, messages, conversation as JSON, sources panel."""

_PAUSE = 0.06
"""Seconds between two sentences: long enough for the eye to follow, short enough to wait for."""
_DRAWN_AT_ONCE = 3
"""Answers drawn sentence by sentence at the same time. With more readers the next ones are sent whole: a step costs as much as
finding the answer does, and would be paid for by whoever waits."""
_drawing = threading.BoundedSemaphore(_DRAWN_AT_ONCE)
_REASON = 1000
_FAULT = KbqaError(
    "程序出了意外，这个问题没能回答。请换个说法再问；如果还不行，请把终端里的记录发给维护的人。",
    "Something went wrong in the program. Ask in other words; if it stays, send the terminal's log to the maintainer.",
)


# --- asking -----------------------------------------------------------------------------------------------------------


def stream_reply(kb: KnowledgeBase, text: str, held: str) -> Iterator[Shown]:
    """Answer a question at the end of a conversation, sentence by sentence."""
    try:
        conversation = from_json(held)
    except KbqaError as error:
        yield text, [_said(render.error_html(error))], gr.skip(), gr.skip()
        return
    yield from _stream(kb, text, conversation, held)


def stream_again(kb: KnowledgeBase, held: str, turn_id: str, question: str = "") -> Iterator[Shown]:
    """Answer the question of a turn once more, or another one in its place, with what was said before it.

    Raises:
        KbqaError: the conversation has no such turn.
    """
    conversation = from_json(held)
    turn = conversation.turns[conversation.position(turn_id)]
    yield from _stream(kb, question.strip() or turn.answer.question, conversation.before(turn_id), held)


def _stream(kb: KnowledgeBase, text: str, conversation: Conversation, held: str) -> Iterator[Shown]:
    """What the page shows step by step; it holds `held` until the answer is whole.

    What stays the same is given again: to skip it, Gradio would make the component anew at every step.
    """
    past = messages(conversation, open_end=False)
    asked = [*past, {"role": "user", "content": render.question_html(text)}] if text.strip() else past
    try:
        answer = kb.ask(text, history=conversation.history)
    except KbqaError as error:
        yield text, [*asked, _said(render.error_html(error))], gr.skip(), gr.skip()
        return
    except Exception:  # a fault of ours: the reader gets a sentence, the log the trace
        _log.exception("question failed: %r", text[:200])
        yield text, [*asked, _said(render.error_html(_FAULT))], gr.skip(), gr.skip()
        return
    record_gap(kb.path, answer, "chat")
    source = first_source_html(kb, answer)
    if not answer.abstained and _drawing.acquire(blocking=False):
        try:
            for shown in range(1, len(answer.sentences)):
                yield "", [*asked, _said(render.answer_html(answer, shown))], held, source
                time.sleep(_PAUSE)
        finally:
            _drawing.release()
    conversation = conversation.added(new_turn(answer, kb.settings.digest, kb.generation))
    yield "", messages(conversation), to_json(conversation), source


def messages(conversation: Conversation, *, open_end: bool = True) -> list[Message]:
    """A conversation as the chat shows it.

    Args:
        open_end: whether its last turn is the end, which can be taken back and gone on from.
    """
    shown: list[Message] = []
    last = conversation.turns[-1] if conversation.turns and open_end else None
    for turn in conversation.turns:
        asked = render.question_html(turn.answer.question, turn.turn_id, turn is last)
        follow_ups = (turn.answer.choices or turn.answer.follow_ups) if turn is last else ()
        shown += [{"role": "user", "content": asked}, _said(render.turn_html(turn), follow_ups)]
    return shown


def _said(content: str, follow_ups: tuple[str, ...] = ()) -> Message:
    message: Message = {"role": "assistant", "content": content}
    if follow_ups:
        message["options"] = [{"value": follow_up} for follow_up in follow_ups]
    return message


# --- the conversation -------------------------------------------------------------------------------------------------


def taken_back(kb: KnowledgeBase, held: str, turn_id: str) -> Shown:
    """Without a turn and what came after it; its question stands in the box again.

    Raises:
        KbqaError: the conversation has no such turn.
    """
    conversation = from_json(held)
    question = conversation.turns[conversation.position(turn_id)].answer.question
    left = conversation.before(turn_id)
    return question, messages(left), to_json(left), _last_source_html(kb, left)


def branched(kb: KnowledgeBase, held: str, turn_id: str) -> Shown:
    """A new conversation up to and with a turn; raises as `taken_back` does."""
    conversation = from_json(held).branch(turn_id)
    return gr.skip(), messages(conversation), to_json(conversation), _last_source_html(kb, conversation)


def reopened(kb: KnowledgeBase, held: str) -> Shown:
    """What the page keeps, shown; an empty one is a new conversation.

    Raises:
        KbqaError: what the page keeps cannot be read.
    """
    conversation = from_json(held)
    return "", messages(conversation), held, _last_source_html(kb, conversation)


# --- what readers say of answers --------------------------------------------------------------------------------------


def voted(site: Site, held: str, turn_id: str, verdict: str, reason: str, *, user: str) -> Shown:
    """Keep a reader's verdict on an answer.

    Raises:
        KbqaError: the conversation has no such turn, the verdict is none, or it cannot be stored.
    """
    conversation = from_json(held)
    turn = conversation.turns[conversation.position(turn_id)]
    if verdict not in ("up", "down"):
        raise KbqaError(f"没有“{verdict[:20]}”这种评价。请点有用或没用。", "That is no verdict; choose helpful or not.")
    answer, at = turn.answer, datetime.now(timezone.utc).isoformat(timespec="seconds")
    said = Feedback(
        at, user, answer.question, answer.understood_as, answer.text, verdict, reason.strip()[:_REASON],
        answer.citations, turn.settings, turn.generation, turn_id,
    )  # fmt: skip
    FeedbackStore(site.state / FILE).add(said)
    return _with(conversation.changed(replace(turn, vote=verdict)))


def marked_as_gap(kb: KnowledgeBase, held: str, turn_id: str) -> Shown:
    """Record that a reader wants the notes to answer a question; once a turn. Raises as `taken_back` does."""
    conversation = from_json(held)
    turn = conversation.turns[conversation.position(turn_id)]
    if not turn.gap and not record_gap(kb.path, turn.answer, "chat", marked=True):
        raise KbqaError(
            "这条没有记下：它不像一个问题，或者记录写不进去（原因见终端里的记录）。",
            "It was not recorded: it does not look like a question, or the record cannot be written (see the log).",
        )
    return _with(conversation.changed(replace(turn, gap=True)))


def _with(conversation: Conversation) -> Shown:
    return gr.skip(), messages(conversation), to_json(conversation), gr.skip()


# --- sources ----------------------------------------------------------------------------------------------------------


def first_source_html(kb: KnowledgeBase, answer: Answer) -> str:
    """What the panel shows by itself: the first citation, or the nearest passage of a question not answered."""
    if answer.citations:
        return _place_html(kb, place_of_citation(answer.citations[0], 1, answer.hits))
    nearest = answer.related or answer.hits
    return _place_html(kb, place_of_hit(nearest[0])) if nearest else note.EMPTY_PANEL


def _last_source_html(kb: KnowledgeBase, conversation: Conversation) -> str:
    return first_source_html(kb, conversation.turns[-1].answer) if conversation.turns else note.EMPTY_PANEL


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
    return note.panel_html(document, place)
