"""The learning tab: a newcomer's way through the notes.

The tab is one piece of markup. A click or a form sends a move, the answer is the next page. Without accounts a learner is a
random number that her browser keeps; with accounts she is her account, whatever the browser says.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.onboarding import summary
from kbqa.onboarding.cohort import cohort
from kbqa.onboarding.course import Course, Courses
from kbqa.onboarding.path import Step
from kbqa.onboarding.progress import FILE, Progress, Standing, local_now
from kbqa.onboarding.quiz import QuizItem
from kbqa.web import learn_pages as pages
from kbqa.web import learn_parts as parts
from kbqa.web import learn_quiz as quiz
from kbqa.web.learn_step import step_page

if TYPE_CHECKING:
    from kbqa.web.site import Site

_log = logging.getLogger(__name__)

SCRIPT = (Path(__file__).parent / "learn.js").read_text(encoding="utf-8")
_LONGEST_ROUND = 20
_FILE_NAME = re.compile(r"[^\w.-]+")
_BROWSER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Move:
    """What was clicked.

    Attributes:
        step: doc_id of a note.
        item: item_id of a question.
        choice: position of the option chosen.
        round: item_ids of the round that the question belongs to.
        here: the page to show below a download.
    """

    do: str = "home"
    step: str = ""
    item: str = ""
    choice: int = -1
    round: tuple[str, ...] = ()
    name: str = ""
    here: str = "home"


def parse_move(text: str) -> Move:
    """Read a move; whatever is no move of ours, such as one typed by hand, leads home."""
    try:
        fields = json.loads(text)
        return Move(
            str(fields["do"]), str(fields.get("step", "")), str(fields.get("item", "")), int(fields.get("choice", -1)),
            tuple(map(str, fields.get("round", ())))[:_LONGEST_ROUND], str(fields.get("name", "")),
            str(fields.get("here", "home")),
        )  # fmt: skip
    except (ValueError, TypeError, KeyError, AttributeError):
        return Move()


def build_learn(site: Site) -> None:
    """Lay the tab out inside the current one; nothing is computed before somebody opens it."""
    desk = Desk(site)
    who = gr.BrowserState("", storage_key="kb-learner", secret="kb-learner")  # survives a restart of the server
    view = gr.HTML(parts.WAITING, elem_id="kb-learn", js_on_load=SCRIPT, apply_default_css=False)

    def act(browser: str, event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        return desk.answer(browser, parse_move(str(getattr(event, "go", ""))), request)

    view.click(act, who, [view, who], api_visibility="private", show_progress="hidden")


class Desk:
    """What answers the moves of all learners."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._courses = Courses(site.kb)

    @cached_property
    def progress(self) -> Progress:
        return Progress(self._site.state / FILE)

    def answer(self, browser: str, move: Move, request: gr.Request | None) -> tuple[str, str]:
        """The next page, and what the browser keeps."""
        try:
            if move.do == "cohort":
                return self._cohort(request), browser
            if move.do == "leave":
                return pages.welcome(self._courses.current()), ""
            if move.do == "join" and not self._site.user(request):
                return self._join(move.name, request)
            course = self._courses.current()
            learner = self._learner(browser, request)
            standing = self.progress.standing(learner) if learner else None
            if standing is None:
                return pages.welcome(course), ""
            return self._page(course, standing, move, request), browser
        except KbqaError as error:
            _log.warning("%s", error)
            return parts.failed(error), browser

    def _learner(self, browser: str, request: gr.Request | None) -> str:
        """Who learns: the account, enrolled on the first visit, or the number that the browser keeps."""
        if account := self._site.user(request):
            learner = f"account:{account}"
            if self.progress.standing(learner) is None:
                self.progress.enrol(learner, account)
            return learner
        return f"browser:{browser}" if _BROWSER.fullmatch(browser or "") else ""

    def _join(self, name: str, request: gr.Request | None) -> tuple[str, str]:
        course = self._courses.current()
        browser = secrets.token_hex(16)
        try:
            self.progress.enrol(f"browser:{browser}", name)
        except KbqaError as error:
            return pages.welcome(course, str(error)), ""
        standing = self.progress.standing(f"browser:{browser}")
        return self._page(course, standing, Move(), request) if standing else pages.welcome(course), browser

    def _view(self, course: Course, standing: Standing, request: gr.Request | None) -> parts.View:
        due = parts.due_items(course, standing, self.progress.now())
        return parts.View(course, standing, due, bool(self._site.user(request)), self._site.is_admin(request))

    def _page(self, course: Course, standing: Standing, move: Move, request: gr.Request | None) -> str:
        step = course.steps.get(move.step)
        item = course.items.get(move.item) if move.item else None  # making all items takes a moment
        if item and move.item in move.round:
            if move.do == "ask":
                return quiz.question(item, move.round, move.step)
            if move.do == "answer" and 0 <= move.choice < len(item.options):
                self.progress.answer(standing.learner, item, move.choice)
                return quiz.feedback(item, move.choice, move.round, move.step)
        if move.do == "done" and step:
            self.progress.finish(standing.learner, step.doc_id)
            standing = self.progress.standing(standing.learner) or standing
        return _page(self._view(course, standing, request), move, step)

    def _cohort(self, request: gr.Request | None) -> str:
        self._site.require_admin(request)
        course = self._courses.current()
        people = cohort(self.progress.everyone(), course, self.progress.now())
        return pages.cohort_page(people, len(course.path.steps))


def _page(view: parts.View, move: Move, step: Step | None) -> str:
    """The page that a move leads to, once what it changes is recorded."""
    match move.do:
        case "map":
            return pages.map_page(view, move.step)
        case "step" if step:
            return step_page(view, step)
        case "quiz" if step:
            answered = {attempt.item_id for attempt in view.standing.attempts}
            return _round(view, view.course.round_of(step.doc_id, answered), step)
        case "review":
            return _round(view, view.due[:_LONGEST_ROUND], None)
        case "score" if move.round:
            return quiz.score(view, move.round, step)
        case "csv" | "certificate":
            below = pages.map_page(view, "") if move.here == "map" else pages.home(view)
            return _download(view, move.do, below)
    return pages.home(view)


def _round(view: parts.View, items: Sequence[QuizItem], step: Step | None) -> str:
    """The first question of a round; without any, where one came from."""
    if items:
        return quiz.question(items[0], [item.item_id for item in items], step.doc_id if step else "")
    return step_page(view, step) if step else pages.home(view)


def _download(view: parts.View, what: str, below: str) -> str:
    now = local_now()
    name = f"{_FILE_NAME.sub('-', view.standing.name)}-{now:%Y%m%d}"
    if what == "csv":
        # The mark in front tells spreadsheets that it is UTF-8.
        text = "\ufeff" + summary.to_csv(view.standing, view.course)
        return parts.download(below, f"学习记录-{name}.csv", "text/csv", text)
    text = summary.certificate(view.standing, view.course, now)
    return parts.download(below, f"学习证明-{name}.html", "text/html", text)
