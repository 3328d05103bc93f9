"""导出与导入: the whole base as one file. For admins."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.archive.export import export_archive
from kbqa.archive.restore import Imported, import_archive
from kbqa.errors import KbqaError
from kbqa.notes.unpacking import Upload
from kbqa.web.browse import notes_folder
from kbqa.web.pieces import PROGRESS, error_message, message
from kbqa.web.upload import named_files, pending_html
from kbqa.web.words import say

if TYPE_CHECKING:
    from kbqa.web.site import Site


def build_archive(site: Site, pending: gr.HTML) -> None:
    """Lay the view out in the current tab; `pending` says how the folder differs from the index."""
    with gr.Row(elem_classes="kb-nt-columns"):
        with gr.Column(min_width=280):
            state = gr.Checkbox(
                value=True,
                label=say("连同反馈、学习进度、知识缺口", "With feedback, progress and gaps"),
                container=False,
            )
            make = gr.Button(say("导出整个知识库", "Export the whole base"), elem_id="kb-nt-export")
            load = gr.DownloadButton(visible=False, elem_id="kb-nt-download")
            made = gr.HTML("", elem_id="kb-nt-exported")
        with gr.Column(min_width=280):
            label = say("导出的归档（.zip）", "An exported archive (.zip)")
            file = named_files(gr.File(label=label, height=140, elem_id="kb-nt-import-file"))
            overwrite = gr.Checkbox(
                label=say("覆盖同名、内容不同的（旧的进回收站）", "Replace files of one name (old ones go to the trash)"),
                container=False, elem_id="kb-nt-overwrite",
            )  # fmt: skip
            take = gr.Button(say("导入笔记和术语表", "Import notes and glossary"), elem_id="kb-nt-import")
            taken = gr.HTML("", elem_id="kb-nt-imported")

    def export(with_state: bool, request: gr.Request, progress: gr.Progress = PROGRESS) -> tuple[Any, ...]:
        site.require_admin(request)
        name = f"kbqa-{datetime.now():%Y%m%d-%H%M%S}.zip"
        # In the folder that Gradio may hand files out of and clears itself.
        Path(load.GRADIO_CACHE).mkdir(parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(dir=load.GRADIO_CACHE)) / name
        try:
            archive = export_archive(
                path,
                site.notes,
                site.kb.path,
                state=with_state,
                progress=lambda *done: progress(done, desc="打包 Packing"),
            )
        except KbqaError as error:
            return gr.update(visible=False), error_message(error)
        size = path.stat().st_size / 2**20
        label = f"下载 Download {name}（{size:.1f} MB）"
        said = message(f"打包好了：{len(archive.files)} 个文件。", f"Packed: {len(archive.files)} files.")
        return gr.update(value=str(path), label=label, visible=True), said

    def bring(
        uploads: list[Upload], replace: bool, request: gr.Request, progress: gr.Progress = PROGRESS
    ) -> tuple[Any, ...]:
        site.require_admin(request)
        if not uploads:
            return message("还没选文件。", "No file chosen yet."), pending_html(site)
        try:
            done = import_archive(
                uploads[0].path, notes_folder(site), site.kb.path, overwrite=replace,
                progress=lambda *done: progress(done, desc="检查 Checking"),
            )  # fmt: skip
        except KbqaError as error:
            return error_message(error), pending_html(site)
        return imported_html(done), pending_html(site)

    working: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 1, "trigger_mode": "once"}
    make.click(export, state, [load, made], show_progress_on=made, **working)
    take.click(bring, [file, overwrite], [taken, pending], show_progress_on=taken, **working)


def imported_html(done: Imported) -> str:
    """What an import did, and what is left to do."""
    counts = (len(done.added), len(done.replaced), len(done.known), len(done.kept))
    zh = "导入好了：新放入 {} 个，换掉 {} 个，本来就有 {} 个，这里另有 {} 个没有动。".format(*counts)
    en = "Imported: {} new, {} replaced, {} known already, {} others here left alone. ".format(*counts)
    if done.added or done.replaced:
        zh, en = zh + "重建索引后生效。", en + "Rebuild the index for them to count."
    return message(zh, en)
