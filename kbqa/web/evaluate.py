"""The batch evaluation tab: questions up, figures down, two runs side by side.

What runs is `kbqa.evaluation.background`, which is `kbqa eval` in a process of its own. It belongs to the app, not to the
page that started it: a page that is opened meanwhile follows it, and closing one stops nothing. The report is the file
that `kbqa eval` writes, in a frame that may run its own script and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module
from gradio.context import get_render_context
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from kbqa.errors import KbqaError
from kbqa.evaluation.background import Background, busy
from kbqa.evaluation.compare import compare, load_report
from kbqa.evaluation.runs import FORMS, REPORTS, KeptRun, drop_run, keep_run, kept_run, kept_runs
from kbqa.web import evaluate_page as page
from kbqa.web.comparison import comparison_html
from kbqa.web.words import say

if TYPE_CHECKING:
    from kbqa.web.site import Site

_LOOK_AGAIN = 0.25
"""Seconds between two looks at a running evaluation."""

Update = dict[Any, Any]


def build_evaluate(site: Site) -> None:
    """Lay the tab out inside the current `gr.Tab`, which says when it is looked at, and wire it."""
    tab = get_render_context()
    assert isinstance(tab, gr.Tab)
    _EvaluateTab(site).wire(tab)


class _EvaluateTab:
    """Components of the tab and what happens at each; every callback answers with the components that change."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._background = Background()
        with gr.Column(elem_id="kb-evaluate"):
            gr.HTML(page.INTRODUCTION, apply_default_css=False)
            with gr.Row(elem_id="kb-eval-start"):
                self.questions = gr.File(
                    label=say("问题集：JSONL、CSV 或 XLSX", "Questions: JSONL, CSV or XLSX"), file_types=list(FORMS),
                    height=150, elem_id="kb-eval-questions", scale=3, min_width=240,
                )  # fmt: skip
                with gr.Column(scale=2, min_width=240):
                    self.index = gr.Dropdown(
                        [site.kb.path.resolve().name], label=say("评测哪个索引", "Index"), filterable=False, visible=False,
                        elem_id="kb-eval-index",
                    )  # fmt: skip
                    with gr.Row(elem_id="kb-eval-buttons"):
                        self.start = gr.Button(
                            say("开始评测", "Run"), variant="primary", elem_id="kb-eval-run", min_width=110
                        )
                        self.stop = gr.Button(
                            say("停下", "Stop"), interactive=False, elem_id="kb-eval-stop", min_width=90
                        )
            self.status = gr.HTML(elem_id="kb-eval-status", apply_default_css=False)
            with gr.Row(elem_id="kb-eval-kept", visible=False) as self.kept:
                self.run = gr.Dropdown(
                    label=say("看哪一次评测", "Run"), filterable=False, elem_id="kb-eval-of", min_width=240
                )
                self.other = gr.Dropdown(
                    label=say("和以前哪一次比", "Compare with"),
                    filterable=False,
                    elem_id="kb-eval-other",
                    min_width=240,
                )
            with gr.Row(elem_id="kb-eval-actions", visible=False) as self.actions:
                self.downloads = [
                    gr.DownloadButton(
                        say(f"下载 {kind}", f"Download {kind}"),
                        size="sm",
                        elem_id=f"kb-eval-{kind.lower()}",
                        min_width=80,
                        visible=False,
                    )
                    for kind in ("HTML", "CSV", "JSON")
                ]
                self.resume = gr.Button(
                    say("接着跑", "Go on"), size="sm", elem_id="kb-eval-resume", min_width=80, visible=False
                )
                self.drop = gr.Button(
                    say("删除", "Delete"), size="sm", elem_id="kb-eval-drop", min_width=80, visible=False
                )
            self.about = gr.HTML(elem_id="kb-eval-about", apply_default_css=False)
            self.comparison = gr.HTML(elem_id="kb-eval-comparison", apply_default_css=False)
            self.framed = gr.State("")  # name of the run whose report is in the frame
            self.report = gr.HTML(elem_id="kb-eval-report", js_on_load=page.FRAME_SCRIPT, apply_default_css=False)

    def wire(self, tab: gr.Tab) -> None:
        outputs = [
            self.questions, self.index, self.start, self.stop, self.status, self.kept, self.run, self.other, self.actions,
            *self.downloads, self.resume, self.drop, self.about, self.comparison, self.framed, self.report,
        ]  # fmt: skip
        quiet: dict[str, Any] = {"outputs": outputs, "api_visibility": "private", "show_progress": "hidden"}
        # A page that follows an evaluation must not keep others from their own.
        long: dict[str, Any] = {**quiet, "concurrency_limit": None, "trigger_mode": "once"}
        tab.select(self.opened, [self.run, self.framed], **long)
        self.start.click(self.started, [self.questions, self.index], **long)
        self.resume.click(self.resumed, [self.run], **long)
        self.stop.click(self.stopped, None, **quiet)
        self.run.input(self.chosen, [self.run], **quiet)
        self.other.input(self.compared, [self.run, self.other], **quiet)
        self.drop.click(self.dropped, [self.run], js=page.ASK_BEFORE_DELETING, **quiet)

    # --- callbacks ----------------------------------------------------------------------------------------------------

    async def opened(self, shown: str | None, framed: str, request: gr.Request) -> AsyncIterator[Update]:
        """Somebody looks at the tab: what there is, and what is going on; a report that he left stays as it was."""
        indexes = list(indexes_of(self._site, request))
        update = self._lists(shown) if shown and shown == framed else self._show(shown, request)
        yield {self.index: gr.Dropdown(indexes, value=indexes[0], visible=len(indexes) > 1), **update}
        if self._running():
            async for update in self._follow():
                yield update
            yield self._lists(shown)

    async def started(self, questions: str | None, index: str, request: gr.Request) -> AsyncIterator[Update]:
        """A new run over the file that was given."""
        try:
            run = await asyncio.to_thread(self._begin, questions, index, request)
        except KbqaError as error:
            yield {self.status: page.error_html(error)}
            return
        yield {self.questions: None, **self._show(run.name, request)}
        async for update in self._follow():
            yield update
        yield self._show(run.name, request)

    async def resumed(self, name: str, request: gr.Request) -> AsyncIterator[Update]:
        """A run that was stopped goes on."""
        try:
            run = kept_run(self._runs, name)
            self._check_own(run, request)
            self._background.start(run, _index(self._site, run.index, request), self._site.kb.settings)
        except KbqaError as error:
            yield {self.status: page.error_html(error)}
            return
        yield self._show(name, request)
        async for update in self._follow():
            yield update
        yield self._show(name, request)

    def stopped(self, request: gr.Request) -> Update:
        """The evaluation that runs is to stop."""
        try:
            if (status := self._background.status) and status.running:
                self._check_own(status.run, request)
                self._background.stop()
        except KbqaError as error:
            return {self.status: page.error_html(error)}
        return {self.stop: gr.Button(interactive=False)}

    def chosen(self, name: str, request: gr.Request) -> Update:
        """Another run is to be shown."""
        return self._show(name, request)

    def compared(self, name: str, other: str | None) -> Update:
        """The run that is shown beside an earlier one."""
        if not other:
            return {self.comparison: ""}
        try:
            before, after = kept_run(self._runs, other), kept_run(self._runs, name)
            made = compare(load_report(before.folder), load_report(after.folder))
        except KbqaError as error:
            return {self.comparison: page.error_html(error)}
        return {self.comparison: comparison_html(made, page.run_label(before), page.run_label(after))}

    def dropped(self, name: str | None, request: gr.Request) -> Update:
        """An admin does away with a run; the page asked before."""
        self._site.require_admin(request)
        if not name:
            return {self.status: gr.skip()}
        try:
            run = kept_run(self._runs, name)
            if self._running(run.name):
                raise busy(run)
            drop_run(run)
        except KbqaError as error:
            return {self.status: page.error_html(error)}
        return {self.status: "", **self._show(None, request)}

    # --- what they are made of ----------------------------------------------------------------------------------------

    @property
    def _runs(self) -> Path:
        return self._site.state / "runs"

    def _running(self, name: str = "") -> bool:
        status = self._background.status
        return status is not None and status.running and (not name or status.run.name == name)

    def _begin(self, questions: str | None, index: str, request: gr.Request) -> KeptRun:
        """Keep a file that was given and start on it; what fails leaves no run behind."""
        if not questions:
            raise page.NO_FILE
        folder = _index(self._site, index, request)
        if (status := self._background.status) and status.running:
            raise busy(status.run)
        run = keep_run(self._runs, Path(questions), Path(questions).name, folder.name, self._site.user(request))
        try:
            self._background.start(run, folder, self._site.kb.settings)
        except KbqaError:  # somebody was faster
            drop_run(run)
            raise
        return run

    def _check_own(self, run: KeptRun, request: gr.Request) -> None:
        if run.by != self._site.user(request) and not self._site.is_admin(request):
            raise page.NOT_YOURS

    async def _follow(self) -> AsyncIterator[Update]:
        """How far the evaluation is that runs, until it ends."""
        shown = None
        while (status := self._background.status) and status.running:
            if status != shown:
                shown = status
                going = gr.Button(interactive=status.phase != "stopping")
                yield {
                    self.status: page.status_html(status),
                    self.start: gr.Button(interactive=False),
                    self.stop: going,
                }
            await asyncio.sleep(_LOOK_AGAIN)
        ended = self._background.status
        assert ended is not None
        yield {
            self.status: page.status_html(ended), self.start: gr.Button(interactive=True),
            self.stop: gr.Button(interactive=False),
        }  # fmt: skip

    def _lists(self, name: str | None, **chosen: str | None) -> Update:
        """The runs to choose from, and those to compare the named one with.

        Args:
            chosen: `value`, the run to choose; without it what is chosen stays, in both lists.
        """
        runs = kept_runs(self._runs)
        labels = [(page.run_label(run, self._running(run.name)), run.name) for run in runs]
        others = [(page.run_label(run), run.name) for run in runs if run.finished and run.name != name]
        compared = {"value": ""} if chosen else {}
        return {
            self.kept: gr.Row(visible=bool(runs)),
            self.actions: gr.Row(visible=bool(runs)),
            self.run: gr.Dropdown(labels, **chosen),
            self.other: gr.Dropdown([(page.NO_OTHER, ""), *others], interactive=bool(others), **compared),
        }

    def _show(self, name: str | None, request: gr.Request) -> Update:
        """Everything about the run of a name, or about the newest if there is none of it."""
        runs = kept_runs(self._runs)
        run = next((run for run in runs if run.name == name), runs[0] if runs else None)
        if run is None:
            nothing = {part: "" for part in (self.about, self.comparison, self.framed, self.report)}
            return {**self._lists(None, value=None), **nothing}  # the buttons go with their row
        running = self._running(run.name)
        finished = run.finished and not running
        files = [_served(run.folder / report) if finished else None for report in REPORTS]
        return {
            **self._lists(run.name, value=run.name),
            self.about: page.about_html(run, running),
            self.comparison: "",
            self.framed: run.name if finished else "",
            self.report: page.report_html(run) if finished else "",
            self.resume: gr.Button(visible=not finished and not running),
            self.drop: gr.Button(visible=not running and self._site.is_admin(request)),
            **{
                button: gr.DownloadButton(value=file, visible=finished)
                for button, file in zip(self.downloads, files, strict=True)
            },
        }


def _served(file: Path) -> str:
    """A copy that Gradio serves: only copies in its own folder are, so no folder of ours has to be."""
    return save_file_to_cache(file, get_upload_folder())


def indexes_of(site: Site, request: gr.Request | None) -> dict[str, Path]:
    """The indexes that one may evaluate, by name, the served one first; others beside it only for admins."""
    served = site.kb.path.resolve()
    found = {served.name: served}
    if site.is_admin(request):
        found |= {place.parent.name: place.parent for place in sorted(served.parent.glob("*/CURRENT"))}
    return found


def _index(site: Site, name: str, request: gr.Request | None) -> Path:
    try:
        return indexes_of(site, request)[name]
    except KeyError:
        raise page.NO_INDEX from None
