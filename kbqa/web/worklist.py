"""The worklist of an admin: what the notes do not answer, what readers disliked, its state, and how it goes over time."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import gradio as gr  # at the top, because Gradio looks the types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.evaluation import feedback, worklist
from kbqa.evaluation.activity import Span, activity
from kbqa.evaluation.feedback import FeedbackStore
from kbqa.evaluation.gaps import read_gaps
from kbqa.evaluation.worklist import State, Worklist
from kbqa.web import worklist_page as page
from kbqa.web.words import say

if TYPE_CHECKING:
    from kbqa.web.site import Site

Shown = State | Literal["all"]
Download = Literal["worklist", "feedback", "tuning"]

_SCRIPT = (Path(__file__).parent / "worklist.js").read_text(encoding="utf-8")
_DOWNLOAD_SCRIPT = 'watch("value", () => element.querySelector("a")?.click());'
_PERIODS: dict[Span, int] = {"day": 30, "week": 26}


def build_worklist(site: Site) -> None:
    """Lay the page out inside the current tab and wire it."""
    votes = FeedbackStore(site.state / feedback.FILE)
    work = Worklist(site.state / worklist.FILE, site.kb, votes)
    states: list[tuple[Any, str]] = [(say(zh, en), state) for state, (zh, en) in page.STATES.items()]
    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    with gr.Column(elem_id="kb-work-tab", elem_classes="kb-desk"):
        with gr.Row(elem_classes="kb-desk-row kb-work-bar"):
            shown = gr.Radio(
                [*states, (say("全部", "All"), "all")], value="open", show_label=False, label=say("看哪些", "Show"),
                elem_id="kb-work-shown", container=False, scale=3,
            )  # fmt: skip
            again = gr.Button(
                say("重新检查", "Check again"), elem_id="kb-work-again", size="sm", scale=0, min_width=120
            )
            reload = gr.Button(say("刷新", "Reload"), elem_id="kb-work-reload", size="sm", scale=0, min_width=80)
        with gr.Row(elem_classes="kb-work-columns", equal_height=False):
            listed = gr.HTML(page.WAITING, elem_id="kb-work-list", js_on_load=_SCRIPT, apply_default_css=False)
            with gr.Column(elem_id="kb-work-right", min_width=280):
                detail = gr.HTML(
                    page.NOTHING_CHOSEN, elem_id="kb-work-detail", js_on_load=None, apply_default_css=False
                )
                with gr.Column(visible=False, elem_id="kb-work-form") as form:
                    state = gr.Radio(states, value="open", label=say("状态", "State"), elem_id="kb-work-state")
                    note = gr.Textbox(
                        label=say("备注", "Note"),
                        elem_id="kb-work-note",
                        lines=2,
                        max_lines=6,
                        max_length=worklist.NOTE,
                    )
                    save = gr.Button(say("保存", "Save"), elem_id="kb-work-save", variant="primary", size="sm")
        span = gr.Radio(
            [(say("按天", "By day"), "day"), (say("按周", "By week"), "week")], value="week", show_label=False,
            label=say("多久一格", "Each bar is a"), elem_id="kb-work-span", container=False,
        )  # fmt: skip
        charts = gr.HTML("", elem_id="kb-work-charts", apply_default_css=False)
        with gr.Row(elem_classes="kb-work-downloads"):
            buttons: dict[Download, gr.Button] = {
                "worklist": gr.Button(say("下载待办 CSV", "Worklist as CSV"), size="sm", elem_id="kb-work-csv"),
                "feedback": gr.Button(say("下载反馈 CSV", "Feedback as CSV"), size="sm", elem_id="kb-feedback-csv"),
                "tuning": gr.Button(
                    say("下载满意的问答（给 kbqa tune）", "Liked answers for kbqa tune"), size="sm", elem_id="kb-tuning"
                ),
            }
        download = gr.HTML("", elem_id="kb-work-download", js_on_load=_DOWNLOAD_SCRIPT, apply_default_css=False)
    chosen = gr.State("")

    def list_html(which: Shown, key: str) -> str:
        try:
            items = work.items()
        except KbqaError as error:
            raise gr.Error(str(error)) from error
        return page.list_html(items, which, key)

    def show(which: Shown, key: str, request: gr.Request) -> str:
        site.require_admin(request)
        return list_html(which, key)

    def choose(request: gr.Request, event: gr.EventData) -> tuple[Any, ...]:
        site.require_admin(request)
        item = work.item(str(getattr(event, "key", "")))
        if item is None:
            return "", page.NOTHING_CHOSEN, gr.update(visible=False), gr.skip(), gr.skip()
        nearest = site.kb.search(item.group.question, 3)
        return item.key, page.detail_html(item, nearest), gr.update(visible=True), item.state, item.note

    def keep(which: Shown, key: str, value: State, text: str, request: gr.Request) -> tuple[Any, ...]:
        site.require_admin(request)
        item = work.item(key)
        if item is None:
            gr.Warning("这一条已经不在记录里了，请刷新。 This item is no longer on record; reload.")
            return gr.skip(), gr.skip()
        item = work.mark(item, value, text, site.user(request))
        gr.Info("已保存。 Saved.", duration=2)
        return list_html(which, key), page.detail_html(item, site.kb.search(item.group.question, 3))

    def check(which: Shown, key: str, request: gr.Request) -> str:
        site.require_admin(request)
        try:
            count = len(work.check_again(site.user(request)))
        except KbqaError as error:
            raise gr.Error(str(error)) from error
        gr.Info(
            f"重新问过了：{count} 条现在能答，已标为完成。 Asked again: {count} answered by now and marked as done."
        )
        return list_html(which, key)

    def draw(per: Span, request: gr.Request) -> str:
        site.require_admin(request)
        gaps, now = read_gaps(site.kb.path).gaps, datetime.now(timezone.utc)
        return page.charts_html(activity(gaps, votes.all(), per, _PERIODS[per], now), per)

    def opened(which: Shown, key: str, per: Span, request: gr.Request) -> tuple[Any, ...]:
        # The page asks for it by itself, in a reader's browser too: no reason to tell a reader off.
        if not site.is_admin(request):
            return gr.skip(), gr.skip()
        return show(which, key, request), draw(per, request)

    def hand_out(kind: Download) -> Any:
        def link(request: gr.Request) -> str:
            site.require_admin(request)
            if kind == "worklist":
                return page.download_html("worklist.csv", "\ufeff" + worklist.to_csv(work.items()))
            if kind == "feedback":
                return page.download_html("feedback.csv", "\ufeff" + feedback.to_csv(votes.all()))
            return page.download_html("feedback.jsonl", feedback.to_tuning(votes.all()))

        return link

    listed.load(opened, [shown, chosen, span], [listed, charts], **hidden)
    reload.click(show, [shown, chosen], listed, **hidden).then(draw, span, charts, **hidden)
    shown.input(show, [shown, chosen], listed, **hidden)
    listed.click(choose, None, [chosen, detail, form, state, note], **hidden)
    save.click(keep, [shown, chosen, state, note], [listed, detail], **hidden)
    again.click(check, [shown, chosen], listed, api_visibility="private", show_progress="minimal")
    span.input(draw, span, charts, **hidden)
    for kind, button in buttons.items():
        button.click(hand_out(kind), None, download, **hidden)
