"""笔记: the notes by folder, a search over them, and one note with what reading did to it. Open to readers; deleting is not."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.notes.folder import NotesFolder
from kbqa.text import fold
from kbqa.types import Document, FileReport, Hit
from kbqa.web.links import Place, place_of_hit
from kbqa.web.markup import cut, escaped, link, trail
from kbqa.web.note import note_html
from kbqa.web.pieces import CHOICE_SCRIPT, ask_link, choice, chosen, error_message, message, place_link, report_chips
from kbqa.web.words import both, say

if TYPE_CHECKING:
    from kbqa import KnowledgeBase
    from kbqa.web.site import Site

_HITS = 24
_EXCERPT = 96
_OUTLINE = 80
_SHOWN = "kb-nt-note"
_NOTHING = f'<div class="kb-nt-empty"><p>{both("选一篇笔记，在这里看。", "Choose a note to read it here.")}</p></div>'


def notes_folder(site: Site) -> NotesFolder:
    """The notes folder with the trash of this app."""
    return NotesFolder(site.notes, site.state / "trash")


def build_browse(site: Site) -> gr.HTML:
    """Lay the view out in the current tab; returns the list, which others refresh when the notes have changed."""
    kb = site.kb
    opened = gr.State("")
    with gr.Row(elem_classes="kb-nt-columns"):
        with gr.Column(scale=4, min_width=280):
            query = gr.Textbox(
                elem_id="kb-nt-search", label=say("搜索笔记", "Search the notes"), max_lines=1,
                placeholder="词、标题、问题 words, titles, questions",
            )  # fmt: skip
            listed = gr.HTML("", elem_id="kb-nt-list", js_on_load=CHOICE_SCRIPT)
        with gr.Column(scale=7, min_width=320):
            shown = gr.HTML(_NOTHING, elem_id=_SHOWN, js_on_load=CHOICE_SCRIPT)
            delete = gr.Button(say("删除这篇", "Delete this note"), elem_id="kb-nt-delete", size="sm", visible=False)
            with gr.Column(visible=False, elem_id="kb-nt-sure") as sure:
                question = gr.HTML("")
                with gr.Row():
                    yes = gr.Button(
                        say("移到回收站", "Move to the trash"), variant="stop", size="sm", elem_id="kb-nt-really"
                    )
                    no = gr.Button(say("取消", "Cancel"), size="sm")

    def find(text: str) -> str:
        return found_html(site.newest(), text)

    def pick(event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        doc_id = chosen(event).get("note", "")
        known = bool(doc_id) and (doc_id in kb.doc_ids or any(f.doc_id == doc_id for f in kb.files))
        html = document_html(kb, doc_id) if known else _NOTHING
        return (
            html,
            doc_id if known else "",
            gr.update(visible=known and site.is_admin(request)),
            gr.update(visible=False),
        )

    def confirm(doc_id: str, request: gr.Request) -> tuple[Any, ...]:
        site.require_admin(request)
        zh = f"把「{doc_id}」移到回收站？重建索引之后它就不再被引用；随时可以从回收站放回来。"
        en = f"Move “{doc_id}” to the trash? After the next rebuild it is quoted no more; it can be put back any time."
        return gr.update(visible=True), message(zh, en)

    def remove(doc_id: str, request: gr.Request) -> tuple[Any, ...]:
        site.require_admin(request)
        try:
            notes_folder(site).remove(doc_id)
        except KbqaError as error:
            return error_message(error), doc_id, gr.update(), gr.update(visible=False)
        said = message(
            f"「{doc_id}」已在回收站。到「上传与重建」重建索引后生效。",
            f"“{doc_id}” is in the trash. Rebuild the index under “Upload” for it to count.",
        )
        return said, "", gr.update(visible=False), gr.update(visible=False)

    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on(None, lambda: tree_html(site.newest()), None, listed, **hidden)  # without a trigger: when the page is opened
    # Gradio's `input` is sent by keys alone: not by what is pasted or deleted, nor by an input method for Chinese.
    gr.on([query.submit, query.change], find, query, listed, trigger_mode="always_last", **hidden)
    listed.click(pick, None, [shown, opened, delete, sure], **hidden)
    shown.click(pick, None, [shown, opened, delete, sure], **hidden)
    delete.click(confirm, opened, [sure, question], **hidden)
    yes.click(remove, opened, [shown, opened, delete, sure], **hidden)
    no.click(lambda: gr.update(visible=False), None, sure, **hidden)
    return listed


def tree_html(kb: KnowledgeBase) -> str:
    """Every note and every file that was left out, by folder."""
    folders: dict[str, list[FileReport]] = defaultdict(list)
    for report in kb.files:
        folders[report.doc_id.rpartition("/")[0]].append(report)
    parts = [_folder_html(kb, name, folders[name], len(folders) < 4) for name in sorted(folders)]
    count = len(kb.doc_ids)
    return f'<p class="kb-label">{both(f"共 {count} 篇", f"{count} notes")}</p>' + "".join(parts)


def _folder_html(kb: KnowledgeBase, name: str, reports: list[FileReport], unfolded: bool) -> str:
    rows = "".join(f"<li>{_row(kb, report)}</li>" for report in reports)
    label = escaped(name) if name else both("最上层", "Top folder")
    return (
        f'<details class="kb-folder"{" open" if unfolded else ""}><summary>{label}'
        f'<i class="kb-count">{len(reports)}</i></summary><ul>{rows}</ul></details>'
    )


def _row(kb: KnowledgeBase, report: FileReport) -> str:
    state = ""
    if report.error:
        state = f'<span class="kb-chip kb-chip-bad">{both("读不了", "unreadable")}</span>'
    elif report.skipped:
        state = f'<span class="kb-chip kb-chip-dim">{both("不进索引", "left out")}</span>'
    left_out = report.error or report.skipped
    title = report.doc_id.rpartition("/")[2] if left_out else kb.document(report.doc_id).title
    return choice(f"{escaped(title)}{state}", _SHOWN, "kb-nt-row", note=report.doc_id)


def found_html(kb: KnowledgeBase, query: str) -> str:
    """Notes whose name has the words, and passages that speak of them, grouped by note; the tree for no words."""
    if not query.strip():
        return tree_html(kb)
    named = [d for d in map(kb.document, kb.doc_ids) if fold(query.strip()) in fold(f"{d.title}\n{d.doc_id}")]
    try:
        hits = kb.search(query, _HITS)
    except KbqaError as error:
        return error_message(error)
    groups: dict[str, list[Hit]] = {document.doc_id: [] for document in named}
    for hit in hits:
        groups.setdefault(hit.chunk.doc_id, []).append(hit)
    if not groups:
        return message("没有找到。换个词试试。", "Nothing found. Try other words.")
    return "".join(_group_html(kb.document(doc_id), hits) for doc_id, hits in groups.items())


def _group_html(document: Document, hits: list[Hit]) -> str:
    title = choice(escaped(document.title or document.doc_id), _SHOWN, "kb-nt-row kb-nt-title", note=document.doc_id)
    rows = "".join(
        link(
            place_of_hit(hit),
            "kb-nt-hit",
            f'<span class="kb-trail">{trail(hit.chunk.heading_path[-1:])}</span> {escaped(cut(hit.chunk.text, _EXCERPT))}',
        )
        for hit in hits[:3]
    )
    return f'<div class="kb-nt-group">{title}{rows}</div>'


def document_html(kb: KnowledgeBase, doc_id: str) -> str:
    """A note as indexed, under what is known of it and what reading did to its file."""
    report = next((file for file in kb.files if file.doc_id == doc_id), FileReport(doc_id))
    name = f'<p class="kb-file">{escaped(doc_id)}</p>'
    if doc_id not in kb.doc_ids:
        return f'<article class="kb-nt-open"><h2>{escaped(doc_id)}</h2><div class="kb-nt-report">{report_chips(report)}</div></article>'
    document = kb.document(doc_id)
    asked = "".join(ask_link(f"什么是{term}") for term in document.terms[:3])
    return (
        f'<article class="kb-nt-open"><h2>{escaped(document.title or doc_id)}</h2>{name}{_facts(document)}'
        f'<div class="kb-nt-report">{report_chips(report)}</div><p class="kb-nt-asks">{asked}</p>{_outline(document)}'
        f'<div class="kb-doc" tabindex="0" role="region" aria-label="笔记原文 Note">'
        f"{note_html(document, Place(doc_id, 0, 0))}</div></article>"
    )


def _facts(document: Document) -> str:
    facts = (
        ("级别", "Level", document.level), ("更新", "Updated", document.updated),
        ("标签", "Tags", "、".join(document.tags)), ("术语", "Terms", "、".join(document.terms)),
        ("先读", "Read first", "、".join(document.prerequisites)),
    )  # fmt: skip
    shown = "".join(f"<span>{both(zh, en)}：{escaped(value)}</span>" for zh, en, value in facts if value)
    return f'<p class="kb-nt-facts">{shown}</p>' if shown else ""


def _outline(document: Document) -> str:
    """Headings as links into the sources panel, which shows any part of a note however long it is."""
    if len(document.sections) < 2:
        return ""
    rows = "".join(
        f'<li class="kb-in{min(s.level - 1, 3)}">'
        + place_link(document, (document.doc_id, s.start, max(s.start + 1, s.body_start - 1)), escaped(s.heading))
        + "</li>"
        for s in document.sections[:_OUTLINE]
    )
    label = both("目录（点开在问答页的来源栏里看）", "Outline (opens in the sources panel of the chat)")
    return f'<details class="kb-nt-outline"><summary>{label}</summary><ul>{rows}</ul></details>'
