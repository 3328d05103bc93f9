"""重建: bring the index up to date while the old one answers. For admins; what it says outlives the page that started it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.rebuilding import Rebuilder, Status
from kbqa.types import FileReport
from kbqa.web.browse import tree_html
from kbqa.web.markup import escaped
from kbqa.web.pieces import error_message, message, report_chips, table
from kbqa.web.upload import pending_html
from kbqa.web.words import both, say

if TYPE_CHECKING:
    from kbqa.indexing.aside import Built
    from kbqa.web.site import Site

_TICK = 0.8
_STAGES = {
    "reading": ("读笔记", "Reading notes"), "segmenting": ("分词", "Segmenting"), "encoding": ("算向量", "Encoding"),
}  # fmt: skip


def build_rebuild(site: Site, rebuilder: Rebuilder, pending: gr.HTML, listed: gr.HTML) -> None:
    """Lay the view out in the current tab.

    Args:
        pending: says how the folder differs from the index; `listed` the list of notes. Both are refreshed by a build.
    """
    whole = gr.Checkbox(
        label=say("全部重来（平时只处理有变化的）", "From scratch (usually only what changed)"), container=False
    )
    with gr.Row():
        start = gr.Button(say("重建索引", "Rebuild the index"), variant="primary", elem_id="kb-nt-rebuild")
        stop = gr.Button(say("取消重建", "Cancel"), variant="stop", visible=False, elem_id="kb-nt-cancel")
    shown = gr.HTML("", elem_id="kb-nt-status")
    timer = gr.Timer(_TICK, active=False)

    def look(request: gr.Request) -> tuple[Any, ...]:
        if not site.is_admin(request):
            return gr.skip(), gr.skip(), gr.skip()
        status = rebuilder.status
        running = status.phase == "running"
        return status_html(status), gr.update(visible=running), gr.update(active=running)

    def begin(everything: bool, request: gr.Request) -> tuple[Any, ...]:
        site.require_admin(request)
        try:
            rebuilder.start(site.user(request), rebuild=everything)
        except KbqaError as error:
            return error_message(error), gr.update(visible=True), gr.update(active=True)
        return look(request)

    def cancel(request: gr.Request) -> tuple[Any, ...]:
        site.require_admin(request)
        rebuilder.cancel()
        rebuilder.wait(5)
        return look(request)

    def tick(request: gr.Request) -> tuple[Any, ...]:
        site.require_admin(request)
        ended = rebuilder.status.phase != "running"
        fresh = (pending_html(site), tree_html(site.kb)) if ended else (gr.skip(), gr.skip())
        return (*look(request), *fresh)

    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    outputs = [shown, stop, timer]
    start.click(begin, whole, outputs, **hidden)
    stop.click(cancel, None, outputs, **hidden)
    timer.tick(tick, None, [*outputs, pending, listed], **hidden)
    gr.on(None, look, None, outputs, **hidden)


def status_html(status: Status) -> str:
    """How the latest build stands: a bar while it runs, what came of it afterwards."""
    if status.phase == "running":
        return _bar(status)
    if status.phase == "done" and status.built:
        return _built(status.built, f"{status.ended:%H:%M:%S}")
    if status.phase == "cancelled":
        zh, en = "已取消。原来的索引一直在用，没有变化。", "Cancelled. The index that was there is in use, unchanged."
        return message(zh, en)
    return error_message(status.error) if status.error else ""


def _bar(status: Status) -> str:
    step = status.step
    zh, en = _STAGES.get(step.stage, (step.stage, step.stage)) if step else ("正在启动", "Starting")
    count = f" {step.done}/{step.total}" if step else ""
    share = round(100 * step.done / step.total) if step and step.total else 0
    by = f"（{status.by}）" if status.by else ""
    label = both(
        f"正在重建{by}：{zh}{count}。这期间照常可以提问。",
        f"Rebuilding{by}: {en}{count}. Questions are answered meanwhile.",
    )
    return (
        f'<p class="kb-nt-said">{label}</p><div class="kb-nt-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{share}" aria-label="{escaped(zh)} {escaped(en)}"><i style="width:{share}%"></i></div>'
    )


def _built(built: Built, at: str) -> str:
    read = [file for file in built.files if not file.error and not file.skipped]
    failed = sum(bool(file.error) for file in built.files)
    if built.unchanged:
        said = message(f"没有变化，不用重建（{at}）。", f"Nothing has changed; there was nothing to build ({at}).")
    else:
        said = message(
            f"重建好了（{at}），现在就用新索引回答：{len(read)} 篇进了索引，沿用 {built.reused} 篇，读不了 {failed} 个。",
            f"Done ({at}); answers come from the new index now: {len(read)} notes, {built.reused} of them as before, "
            f"{failed} unreadable.",
        )
    left_out = [file for file in built.files if file.error or file.skipped]
    ignored = [
        (escaped(name), f'<span class="kb-why">{both("读不了这种文件", "not a readable kind")}</span>')
        for name in built.ignored
    ]
    rows = [(escaped(file.doc_id), report_chips(file)) for file in left_out] + ignored
    head = (("文件", "File"), ("情况", "What was done"))
    missing = f'<p class="kb-label">{both("没进索引的", "Not in the index")}</p>{table(head, rows)}' if rows else ""
    return said + missing + _read(read, head)


def _read(read: list[FileReport], head: tuple[tuple[str, str], ...]) -> str:
    rows = [(escaped(file.doc_id), report_chips(file)) for file in read]
    label = both(f"进了索引的 {len(read)} 篇", f"{len(read)} notes in the index")
    return f'<details class="kb-nt-read"><summary>{label}</summary>{table(head, rows)}</details>' if rows else ""
