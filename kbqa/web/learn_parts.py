"""What the pages of the learning tab have in common: who looks, buttons, links, the frame of a page.

What can be clicked carries its move in `data-go` (see `learn.parse_move`), so a page holds all that it needs to go on: it
survives a restart of the server and a second tab.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote

from kbqa.errors import KbqaError
from kbqa.onboarding.course import Course
from kbqa.onboarding.path import LEVELS, UNGROUPED, Step
from kbqa.onboarding.progress import Standing, end_of_day
from kbqa.onboarding.quiz import QuizItem
from kbqa.types import Citation
from kbqa.web.links import place_of_citation
from kbqa.web.markup import escaped, link
from kbqa.web.turns import new_id
from kbqa.web.words import both

_ENGLISH = dict(zip((*LEVELS, UNGROUPED), ("Basics", "Intermediate", "Expert", "Ungrouped"), strict=True))


WAITING = f'<p class="kl-wait" role="status">{both("正在从笔记排出学习路线…", "Making the path from the notes…")}</p>'


@dataclass(frozen=True, slots=True)
class View:
    """Who looks at which course, and when.

    Attributes:
        due: items to answer today that the notes still have.
        account: the learner is an account's; nobody else can be chosen.
        admin: may see the cohort.
    """

    course: Course
    standing: Standing
    due: tuple[QuizItem, ...]
    account: bool
    admin: bool

    @property
    def current(self) -> Step | None:
        return self.course.next_step(self.standing.done)


def due_items(course: Course, standing: Standing, now: datetime) -> tuple[QuizItem, ...]:
    return tuple(course.items[i] for i in standing.due_by(end_of_day(now)) if i in course.items)


def level_name(name: str) -> str:
    """The name of a stage or level as markup, in both languages unless it is a folder's."""
    word, _, number = name.partition(" ")
    return both(name, f"{_ENGLISH[word]} {number}".strip()) if word in _ENGLISH else escape(name)


def go(do: str, **fields: Any) -> str:
    """The attribute that makes an element a move, see `learn.parse_move`."""
    return f'data-go="{escape(json.dumps({"do": do, **fields}, ensure_ascii=False))}"'


def button(words: tuple[str, str], do: str, css: str = "", **fields: object) -> str:
    return f'<button type="button" class="kl-btn {css}" {go(do, **fields)}>{both(*words)}</button>'


def ask_link(question: str) -> str:
    return f'<a class="kl-ask" href="#ask?q={quote(question)}">{both("问一问", "Ask")}</a>'


def source_link(citation: Citation) -> str:
    """A small link to the place of a quote."""
    return link(place_of_citation(citation, 1), "kl-src", both("原文", "source"), f"{citation.doc_id}:{citation.line}")


def home_link() -> str:
    return button(("← 学习路线", "← Path"), "home", "kl-quiet")


def hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0")


def minutes(minutes: int) -> str:
    return both(f"{minutes} 分钟", f"{minutes} min")


def page(title: str, body: str, crumb: str = "") -> str:
    return f'<div class="kl">{crumb}<h2 tabindex="-1" data-focus>{title}</h2>{body}</div>'


def crumb(*links: str) -> str:
    return f'<nav class="kl-crumb" aria-label="路线 Path">{"<span>/</span>".join(links)}</nav>'


def download(page: str, name: str, kind: str, text: str) -> str:
    """A page that makes the browser save a file once it is shown, see `learn.js`."""
    file = f'data-save="{escape(name)}" data-kind="{escape(kind)}" data-text="{escape(text)}"'
    return f'{page}<i hidden {file} data-id="{new_id()}"></i>'  # unlike the page before, or a second file would go unnoticed


def failed(error: KbqaError) -> str:
    """For trouble with the learning record: what happened and the way out."""
    said = f"<p>{escaped(error.zh)}</p><p lang=en>{escaped(error.en)}</p>"
    return f'<div class="kl"><div class="kl-error" role="alert">{said}</div>{home_link()}</div>'
