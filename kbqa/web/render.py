"""Questions and answers as HTML.

A message is one HTML block without line breaks, because the chat reads messages as Markdown and would otherwise turn
a quote's `*` or `_` into formatting. What can be done with a message are buttons with a name and the message's id as their
value, all that the chat's sanitizer leaves of a button; `chat.js` does it and `label_controls` there names them.

Fixed phrases follow the language of the page, those around an answer to an English question are English.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from kbqa.answering.answer import NOT_YET_WRITTEN
from kbqa.errors import KbqaError
from kbqa.text import is_english
from kbqa.types import Answer, Citation, Hit
from kbqa.web.links import Place, place_of_citation, place_of_hit
from kbqa.web.markup import cut, escaped, link, trail, without_bullet
from kbqa.web.turns import Turn
from kbqa.web.words import both

_RELATED_SHOWN = 4
_FURTHER_SHOWN = 2
_EXCERPT = 88
_CLOSING = ("。", "！", "？", "!", "?", ".", "…", "：", ":", "；", ";", "”", "」", "）", ")")
_READ_AS = re.compile("按「(.+)」理解")
_NOT_YET_WRITTEN = re.compile(NOT_YET_WRITTEN.format("(.+)"), re.DOTALL)

Say = Callable[[str, str], str]
"""What makes markup of a phrase in both languages."""


def _say(answer: Answer) -> Say:
    return (lambda zh, en: escape(en)) if is_english(answer.question) else both


def question_html(question: str, turn_id: str = "", last: bool = False) -> str:
    """What the user typed, letter for letter, with what can be done with it once it is answered."""
    asked = f'<div class="kb-q">{escaped(question)}</div>'
    if not turn_id:
        return asked
    undo = _button("undo", turn_id, both("撤回", "Take back")) if last else ""
    return f'{asked}<div class="kb-acts kb-acts-q">{_button("edit", turn_id, both("修改", "Edit"))}{undo}</div>'


def error_html(error: KbqaError) -> str:
    """A message of the library, in both languages."""
    said = both(error.zh, error.en).replace("\n", "<br>")
    return f'<div class="kb-note-bad" role="alert"><p>{said}</p></div>'


def turn_html(turn: Turn) -> str:
    """An answer with what can be done with it."""
    return _answer_html(turn.answer, len(turn.answer.sentences), turn)


def answer_html(answer: Answer, shown: int) -> str:
    """The first `shown` sentences of an answer, for streaming."""
    return _answer_html(answer, shown, None)


def _answer_html(answer: Answer, shown: int, turn: Turn | None) -> str:
    say = _say(answer)
    lang = ' lang="en"' if is_english(answer.question) else ""
    if answer.abstained and not answer.choices:
        nothing = _not_in_notes(answer, say, turn)
        return f'<div class="kb-a"{lang}><div class="kb-none">{_remarks(answer, say)}{nothing}</div>{_actions(turn, say)}</div>'
    tail = _sources(answer, say) + _further(answer, say) + _actions(turn, say) if turn else ""
    body = f'<div class="kb-text" lang="zh-CN">{_sentences(answer, shown)}</div>'
    return f'<div class="kb-a"{lang}>{_remarks(answer, say)}{body}{tail}</div>'


def _actions(turn: Turn | None, say: Say) -> str:
    """Verdict, copy, ask again, go on from here as another conversation."""
    if turn is None:
        return ""
    buttons = [
        _button("up", turn.turn_id, say("有用", "Helpful"), turn.vote == "up"),
        _button("down", turn.turn_id, say("没用", "Not helpful"), turn.vote == "down"),
        _button("copy", turn.turn_id, say("复制", "Copy")),
        _button("again", turn.turn_id, say("重试", "Retry")),
        _button("branch", turn.turn_id, say("另开", "Branch")),
    ]
    return f'<div class="kb-acts">{"".join(buttons)}</div>'


def _button(name: str, turn_id: str, label: str, on: bool = False) -> str:
    css = "kb-do kb-chosen" if on else "kb-do"
    return f'<button type="button" class="{css}" name="{name}" value="{escape(turn_id)}"><span>{label}</span></button>'


def _remarks(answer: Answer, say: Say) -> str:
    remarks = [_notice(notice, say) for notice in answer.notices]
    asked, understood = answer.question.strip(), answer.understood_as.strip()
    small_talk = answer.abstained and answer.choices
    put_right = answer.notices and len(understood) == len(asked)  # a slip, which the notice names
    if answer.read_otherwise and not small_talk and not put_right:
        remarks.append(say(f"理解为：{understood}", f"Understood as: {understood}"))
    return f'<p class="kb-remark">{"<br>".join(remarks)}</p>' if remarks else ""


def _notice(notice: str, say: Say) -> str:
    """A remark of the library, which writes Chinese."""
    read_as = _READ_AS.fullmatch(notice)
    if read_as:
        return say(notice, f"Read as “{read_as[1]}”")
    if promised := _NOT_YET_WRITTEN.fullmatch(notice):
        return say(notice, f"The notes mention it, but it is still to be written: “{promised[1]}”")
    return escaped(notice)


def _sentences(answer: Answer, shown: int) -> str:
    """Sentences as paragraphs and lists; one without a closing mark, such as a formula, keeps its own line.

    What does not stand together in a note is no paragraph here.
    """
    parts: list[str] = []
    kind, closed = "", True
    for number, sentence in enumerate(answer.sentences[:shown]):
        text = without_bullet(sentence.text)
        item = sentence.item or text != sentence.text
        wanted = "ul" if item else "p"
        closes = text.rstrip().endswith(_CLOSING)
        if wanted != kind or not (item or (closed and closes and answer.goes_on(number))):
            parts.append(f"</{kind}><{wanted}>" if kind else f"<{wanted}>")
            kind = wanted
        numbers = "".join(_number(answer, position) for position in sentence.citations)
        tag = "li" if item else "span"
        # The last characters keep the numbers company, or a number could start a line of its own.
        ending = f'<span class="kb-end">{escaped(text[-2:])}{numbers}</span>' if numbers else escaped(text[-2:])
        parts.append(f"<{tag}>{escaped(text[:-2])}{ending}</{tag}>")
        closed = closes
    return "".join(parts) + (f"</{kind}>" if kind else "")


def _number(answer: Answer, position: int) -> str:
    citation = answer.citations[position]
    place = place_of_citation(citation, position + 1, answer.hits)
    return link(place, "kb-cite", str(position + 1), citation.quote)


def _sources(answer: Answer, say: Say) -> str:
    """The source list: one row a section of a note, with the numbers that quote it."""
    rows: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for position, citation in enumerate(answer.citations):
        rows.setdefault((citation.doc_id, citation.heading_path), []).append(position)
    if not rows:
        return ""
    listed = "".join(_source_row(answer, positions, say) for positions in rows.values())
    return f'<div class="kb-sources"><p class="kb-label">{say("来源", "Sources")}</p>{listed}</div>'


def _source_row(answer: Answer, positions: list[int], say: Say) -> str:
    first = answer.citations[positions[0]]
    place = place_of_citation(first, positions[0] + 1, answer.hits)
    name = link(place, "kb-source", trail(first.heading_path or (first.doc_id,)), first.doc_id)
    numbers = "".join(_number(answer, position) for position in positions)
    others = "".join(_also(answer.citations[position], position + 1) for position in positions)
    also = f'<p class="kb-also-row">{say("也见于：", "Also in: ")}{others}</p>' if others else ""
    return f'<div class="kb-source-row"><span class="kb-numbers">{numbers}</span>{name}</div>{also}'


def _also(citation: Citation, number: int) -> str:
    return "".join(
        link(Place(doc_id, start, end, number), "kb-also", escaped(doc_id)) for doc_id, start, end in citation.also_in
    )


def _further(answer: Answer, say: Say) -> str:
    cited = {(citation.doc_id, citation.heading_path) for citation in answer.citations}
    further = [hit for hit in answer.related if (hit.chunk.doc_id, hit.chunk.heading_path) not in cited]
    return _related(tuple(further[:_FURTHER_SHOWN]), say("延伸阅读", "Read on"), " kb-slim")


def _not_in_notes(answer: Answer, say: Say, turn: Turn | None) -> str:
    """That there is no answer, what is nearest, and a way to tell those who write the notes."""
    advice = say(
        "这里不乱猜。换个说法再问，或者看看下面最接近的段落。",
        "No guess is made. Try other words, or look at the nearest passages.",
    )
    related = (answer.related or answer.hits)[:_RELATED_SHOWN]
    nearest = _related(related, say("最接近的段落", "Nearest passages"))
    return (
        f'<p class="kb-none-head">{say("笔记里没有", "Not in the notes")}</p><p>{advice}</p>{nearest}{_gap(turn, say)}'
    )


def _gap(turn: Turn | None, say: Say) -> str:
    if turn is None:
        return ""
    if turn.gap:
        done = say(
            "已记为知识缺口，写笔记的人会看到。", "Recorded as a knowledge gap; whoever writes the notes will see it."
        )
        return f'<p class="kb-gap-done">✓ {done}</p>'
    return f'<p class="kb-gap">{_button("gap", turn.turn_id, say("记为知识缺口", "Record as a knowledge gap"))}</p>'


def _related(hits: tuple[Hit, ...], label: str, css: str = "") -> str:
    rows = "".join(_related_row(hit) for hit in hits)
    return f'<div class="kb-related{css}"><p class="kb-label">{label}</p>{rows}</div>' if rows else ""


def _related_row(hit: Hit) -> str:
    inner = (
        f'<span class="kb-trail">{trail(hit.chunk.heading_path or (hit.chunk.doc_id,))}</span>'
        f'<span class="kb-excerpt">{escaped(cut(_on_one_line(hit.chunk.text), _EXCERPT))}</span>'
    )
    return link(place_of_hit(hit), "kb-passage", inner)


def _on_one_line(text: str) -> str:
    return " · ".join(without_bullet(line.strip()) for line in text.split("\n") if line.strip())
