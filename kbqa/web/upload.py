"""上传: files and zips into the notes folder, each with a line on what became of it; and the trash. For admins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module
from gradio.data_classes import FileData, ListFiles

from kbqa.errors import KbqaError
from kbqa.indexing.pending import Pending, pending
from kbqa.notes.folder import Discarded
from kbqa.notes.intake import IntakeLine, Outcome, take_in
from kbqa.notes.reading import READERS
from kbqa.notes.unpacking import LIMITS, Upload
from kbqa.web.browse import notes_folder
from kbqa.web.markup import escaped
from kbqa.web.pieces import CHOICE_SCRIPT, PROGRESS, chip, choice, chosen, error_message, message, report_chips, table
from kbqa.web.words import both, say

if TYPE_CHECKING:
    from kbqa.web.site import Site

_NAMED = 12
_TRASH_SHOWN = 100
_OUTCOMES: dict[Outcome, tuple[str, str, str]] = {
    "taken": ("放入", "taken", "kb-chip-good"),
    "replaced": ("换掉", "replaced", "kb-chip-good"),
    "renamed": ("两份都留", "both kept", "kb-chip-good"),
    "known": ("已有", "known", "kb-chip-dim"),
    "collision": ("同名", "same name", "kb-chip-warn"),
    "skipped": ("没放", "skipped", "kb-chip-bad"),
}


def named_files(files: gr.File) -> gr.File:
    """A file input that hands over `Upload`s, by the names of the reader's machine; Gradio strips brackets and more.

    A subclass would do, were it not that Gradio writes a stub file beside the module of every subclass. The component must
    not be the output of an event that gives it an update instead of a value: Gradio makes a new one then, without this.
    """

    def preprocess(payload: ListFiles | FileData | None) -> list[Upload]:
        given = payload.root if isinstance(payload, ListFiles) else [payload] if payload else []
        return [Upload(file.orig_name or Path(file.path).name, Path(file.path)) for file in given]

    files.preprocess = preprocess  # type: ignore[method-assign, assignment]
    return files


def build_upload(site: Site) -> gr.HTML:
    """Lay the view out in the current tab; returns what says how the folder differs from the index."""
    state = gr.HTML("", elem_id="kb-nt-pending")
    gr.HTML(_rules(), elem_id="kb-nt-rules")
    label = say("笔记或 zip，可多选", "Notes or zips, several at once")
    files = named_files(gr.File(label=label, file_count="multiple", height=150, elem_id="kb-nt-files"))
    with gr.Row():
        into = gr.Textbox(
            label=say("放进哪个文件夹（不填就是最上层）", "Into which folder (top if empty)"), max_lines=1,
            placeholder="例如 e.g. 活动运营/大促", elem_id="kb-nt-into", scale=3,
        )  # fmt: skip
        collision = gr.Radio(
            [("先别动，告诉我 Hold back", "ask"), ("换掉旧的 Replace", "replace"), ("两份都留 Keep both", "both")],
            value="ask", label=say("碰到同名、内容不同的", "If another note has the name"), elem_id="kb-nt-collision", scale=5,
        )  # fmt: skip
    take = gr.Button(say("放进笔记文件夹", "Put into the notes folder"), variant="primary", elem_id="kb-nt-take")
    result = gr.HTML("", elem_id="kb-nt-result")
    emptied = gr.State(0)
    with gr.Accordion(say("回收站", "Trash"), open=False, elem_id="kb-nt-trash-box") as bin_:
        trash = gr.HTML("", elem_id="kb-nt-trash", js_on_load=CHOICE_SCRIPT)

    def put(
        uploads: list[Upload],
        folder: str,
        choice_: str,
        times: int,
        request: gr.Request,
        progress: gr.Progress = PROGRESS,
    ) -> tuple[str, int, str]:
        site.require_admin(request)
        if not uploads:
            return message("还没选文件。", "No file chosen yet."), times, pending_html(site)
        try:
            lines = take_in(
                uploads, notes_folder(site), collision=choice_, into=folder,  # type: ignore[arg-type]
                progress=lambda done: progress((done, None), desc="读取 Reading"),
            )  # fmt: skip
        except KbqaError as error:
            return error_message(error), times, pending_html(site)
        if any(line.outcome == "collision" for line in lines):  # the files stay for another try
            return lines_html(lines), times, pending_html(site)
        for upload in uploads:
            upload.path.unlink(missing_ok=True)  # its bytes are where they belong, or of no use
        return lines_html(lines), times + 1, pending_html(site)

    def show_trash(request: gr.Request) -> str:
        site.require_admin(request)
        return trash_html(site)

    def restore(event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        site.require_admin(request)
        wanted = chosen(event)
        said = ""
        for one in notes_folder(site).discarded():
            if (one.entry, one.doc_id) == (wanted.get("entry"), wanted.get("note")):
                said = _restored(site, one)
        return said + trash_html(site), pending_html(site)

    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    take.click(
        put, [files, into, collision, emptied], [result, emptied, state], api_visibility="private", show_progress_on=result,
        concurrency_limit=1, trigger_mode="once",
    )  # fmt: skip
    emptied.change(lambda: None, None, files, **hidden)
    bin_.expand(show_trash, None, trash, **hidden)
    trash.click(restore, None, [trash, state], **hidden)
    return state


def _rules() -> str:
    kinds = "、".join(READERS)
    size, total = LIMITS.file_bytes >> 20, LIMITS.total_bytes >> 20
    return (
        f'<p class="kb-nt-hint">{both(f"能读 {kinds} 和最上层的 terms.yaml；单个不超过 {size} MB，一次解开后不超过 {total} MB、{LIMITS.files} 个。", f"Readable: {kinds} and terms.yaml at the top; {size} MB a file, {total} MB and {LIMITS.files} files at once after unpacking.")}'
        "</p>"
    )


def lines_html(lines: tuple[IntakeLine, ...]) -> str:
    """What became of every file, what did not get in first."""
    entered = sum(line.entered for line in lines)
    held = sum(line.outcome == "collision" for line in lines)
    zh, en = [f"{len(lines)} 个文件，放入 {entered} 个。"], [f"{entered} of {len(lines)} files taken in."]
    if held:
        zh.append(f"{held} 个与已有笔记同名：在上面选「换掉」或「两份都留」，再按一次。")
        en.append(f"{held} have the name of another note: choose above what to do and press again.")
    if entered:
        zh.append("重建索引后就能问到。")
        en.append("Rebuild the index, then they answer.")
    order = sorted(lines, key=lambda line: (line.entered, line.outcome == "known"))
    head = (("文件", "File"), ("结果", "Outcome"), ("读出了什么", "What was read"))
    return message("".join(zh), " ".join(en)) + table(
        head, [(_name(one), _outcome(one), _report(one)) for one in order]
    )


def _outcome(line: IntakeLine) -> str:
    reason = f'<span class="kb-why">{both(line.zh, line.en)}</span>' if line.outcome != "taken" else ""
    return chip(*_OUTCOMES[line.outcome]) + reason


def _name(line: IntakeLine) -> str:
    """The file as handed in, with the note that it became if that has another name."""
    became = f'<span class="kb-why">→ {escaped(line.doc_id)}</span>' if line.doc_id not in ("", line.name) else ""
    return f'<b class="kb-nt-name">{escaped(line.name)}</b>{became}'


def _report(line: IntakeLine) -> str:
    return report_chips(line.report) if line.report else "–"


def pending_html(site: Site) -> str:
    """The notes folder, and what in it the index does not know yet."""
    kb = site.kb
    where = f'<span class="kb-nt-path">{escaped(str(site.notes.resolve()))}</span>'
    head = f'<p class="kb-label">{both("笔记文件夹（也可以直接往里放文件）", "Notes folder (files may be put there directly)")}</p>{where}'
    try:
        changes = pending(site.notes, map(kb.document, kb.doc_ids), kb.files)
    except KbqaError as error:
        return f'<div class="kb-nt-box kb-nt-box-warm">{head}{error_message(error)}</div>'
    if not changes:
        return f'<div class="kb-nt-box">{head}{message("索引和文件夹一致。", "The index is up to date with the folder.")}</div>'
    return f'<div class="kb-nt-box kb-nt-box-warm">{head}{_another_folder(site)}{_changes_html(changes)}</div>'


def _another_folder(site: Site) -> str:
    """A rebuild from another folder than before would put other notes in the place of these."""
    before, here = site.kb.info().notes, site.notes.resolve().name
    if before in ("", here):
        return ""
    return message(
        f"注意：现在的索引是从文件夹「{before}」建的，重建会换成「{here}」里的笔记。",
        f"Mind: the index was built from the folder “{before}”; a rebuild puts the notes of “{here}” in their place.",
        "kb-nt-bad",
    )


def _changes_html(changes: Pending) -> str:
    kinds = (("新增", "new", changes.new), ("改动", "changed", changes.changed), ("删除", "deleted", changes.gone))
    parts = []
    for zh, en, names in kinds:
        if names:
            more = " …" if len(names) > _NAMED else ""
            parts.append(
                f"<li>{both(f'{zh} {len(names)}', f'{len(names)} {en}')}：{escaped('、'.join(names[:_NAMED]))}{more}</li>"
            )
    said = message("这些改动还没进索引，重建后生效：", "Not in the index yet; rebuild for them to count:")
    return f'{said}<ul class="kb-nt-changes">{"".join(parts)}</ul>'


def trash_html(site: Site) -> str:
    """What was replaced or deleted, the latest first, each with a way back."""
    found = notes_folder(site).discarded()
    if not found:
        return message("回收站是空的。", "The trash is empty.")
    back = both("放回去", "Put back")
    rows = [
        (escaped(one.doc_id), f"{one.at:%Y-%m-%d %H:%M}", choice(back, css="kb-go", entry=one.entry, note=one.doc_id))
        for one in found[:_TRASH_SHOWN]
    ]
    return table((("笔记", "Note"), ("时间", "When"), ("", "")), rows)


def _restored(site: Site, one: Discarded) -> str:
    try:
        notes_folder(site).restore(one)
    except KbqaError as error:
        return error_message(error)
    return message(f"「{one.doc_id}」放回去了。", f"“{one.doc_id}” is back.")
