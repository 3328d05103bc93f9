"""Changing an entry of `terms.yaml`: a form, what the change would do, and only then saving. For admins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.indexing.aside import Step
from kbqa.notes.term_file import TERM_FILE
from kbqa.rebuilding import Rebuilder
from kbqa.terms.editing import TermEntry, entries_of, with_entry, without_entry
from kbqa.terms.glossary import name_key
from kbqa.terms.term_store import TermText, read_terms, save_terms
from kbqa.trial import try_terms
from kbqa.web.browse import notes_folder
from kbqa.web.glossary_effect import diff_html, effect_html
from kbqa.web.pieces import PROGRESS, error_message, message
from kbqa.web.rebuild import status_html
from kbqa.web.words import say

if TYPE_CHECKING:
    from kbqa.web.site import Site

_SEPARATOR = re.compile(r"[,\u3001;\uff0c\uff1b\n]")


@dataclass(frozen=True, slots=True)
class Draft:
    """A change that was previewed and may be saved: the new text and the file that it was made from."""

    text: str
    seen: TermText
    name: str


def build_editor(
    site: Site,
    rebuilder: Rebuilder,
    opened: gr.State,
    refreshed: Callable[[str], tuple[str, str]],
    views: list[gr.HTML],
) -> None:
    """Lay the form out in the current column.

    Args:
        opened: name of the term whose card is shown; choosing one fills the form.
        refreshed: list and card for a name, anew; `views` the components that show them.
    """
    held = gr.State("")  # name of the entry that is changed; empty for a new one
    draft = gr.State(None)
    with gr.Accordion(
        say("编辑术语（terms.yaml）", "Edit the term (terms.yaml)"), open=False, visible=_at_once(site), elem_id="kb-nt-edit"
    ) as box:  # fmt: skip
        about = gr.HTML(message("选一个术语来改，或者新写一条。", "Choose a term to change, or write a new one."))
        name = gr.Textbox(label=say("名称", "Name"), max_lines=1, elem_id="kb-nt-name")
        with gr.Row():
            aliases = _list_box("又称（顿号分开）", "Other names", "kb-nt-aliases")
            english = _list_box("英文", "English", "kb-nt-english")
        definition = gr.Textbox(
            label=say("定义（一句话）", "Definition, one sentence"), lines=2, elem_id="kb-nt-definition"
        )
        formula = gr.Textbox(label=say("公式", "Formula"), max_lines=2, elem_id="kb-nt-formula")
        with gr.Row():
            confusable = _list_box("易混", "Easily confused with", "kb-nt-confusable")
            related = _list_box("相关", "Related", "kb-nt-related")
            distinct = _list_box("千万别当成", "Never to be taken for", "kb-nt-distinct")
        question = gr.Textbox(
            label=say("试问一句，看改前改后怎么答（不填就问「什么是…」）", "Sample question, asked before and after"), max_lines=2,
            elem_id="kb-nt-sample",
        )  # fmt: skip
        with gr.Row():
            preview = gr.Button(say("预览效果", "Preview"), variant="primary", elem_id="kb-nt-preview")
            drop = gr.Button(say("预览删除这一条", "Preview deleting it"), elem_id="kb-nt-drop")
            new = gr.Button(say("新写一条", "New entry"), elem_id="kb-nt-new")
        shown = gr.HTML("", elem_id="kb-nt-effect")
        save = gr.Button(
            say("保存并重建索引", "Save and rebuild"), variant="primary", visible=False, elem_id="kb-nt-save"
        )
    fields = [name, aliases, english, definition, formula, confusable, related, distinct]
    cleared = (gr.update(visible=False), None)

    def who(request: gr.Request) -> Any:
        return gr.update(visible=site.is_admin(request))

    def fill(term: str, request: gr.Request) -> tuple[Any, ...]:
        if not site.is_admin(request) or not term:
            return tuple(gr.skip() for _ in range(len(fields) + 5))
        try:
            entry, listed = entry_for(site, term)
        except KbqaError as error:
            return (error_message(error), "", *_values(TermEntry(term)), "", *cleared)
        return (_about(term, listed), term if listed else "", *_values(entry), "", *cleared)

    def blank(request: gr.Request) -> tuple[Any, ...]:
        site.require_admin(request)
        return (_about("", False), "", *_values(TermEntry("")), "", *cleared)

    def on_preview(
        replacing: str, name: str, aliases: str, english: str, definition: str, formula: str, confusable: str, related: str,
        distinct: str, sample: str, request: gr.Request, progress: gr.Progress = PROGRESS,
    ) -> tuple[Any, ...]:  # fmt: skip
        site.require_admin(request)
        entry = TermEntry(
            name.strip(), _split(aliases), _split(english), definition.strip(), formula.strip(), _split(confusable),
            _split(related), _split(distinct),
        )  # fmt: skip
        return preview_of(site, lambda text: with_entry(text, entry, replacing), entry, sample, progress)

    def on_drop(replacing: str, sample: str, request: gr.Request, progress: gr.Progress = PROGRESS) -> tuple[Any, ...]:
        site.require_admin(request)
        if not replacing:
            said = message(
                "这个术语不在 terms.yaml 里，没有可删的。",
                "This term is not in terms.yaml; there is nothing to delete.",
            )
            return said, *cleared
        return preview_of(site, lambda text: without_entry(text, replacing), TermEntry(replacing), sample, progress)

    def on_save(made: Draft | None, request: gr.Request) -> Iterator[tuple[Any, ...]]:
        site.require_admin(request)
        same = [gr.skip() for _ in views]
        if made is None:
            yield message("请先预览。", "Preview first."), *cleared, *same
            return
        try:
            save_terms(notes_folder(site), made.text, made.seen)
            rebuilder.start(site.user(request))
        except KbqaError as error:
            yield error_message(error), *cleared, *same
            return
        said = message(
            f"{TERM_FILE} 已保存，原来的版本在回收站。", f"{TERM_FILE} is saved; the old version is in the trash."
        )
        while rebuilder.wait(0.4).phase == "running":
            yield said + status_html(rebuilder.status), *cleared, *same
        yield said + status_html(rebuilder.status), *cleared, *refreshed(made.name)

    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    working: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 1, "trigger_mode": "once"}
    form = [about, held, *fields, shown, save, draft]
    opened.change(fill, opened, form, **hidden)
    new.click(blank, None, form, **hidden)
    preview.click(on_preview, [held, *fields, question], [shown, save, draft], show_progress_on=shown, **working)
    drop.click(on_drop, [held, question], [shown, save, draft], show_progress_on=shown, **working)
    save.click(on_save, draft, [shown, save, draft, *views], **hidden)
    gr.on(None, who, None, box, **hidden)


def _at_once(site: Site) -> bool:
    """What is visible before the page knows who asks."""
    return site.local and site.accounts is None


def _list_box(zh: str, en: str, elem_id: str) -> gr.Textbox:
    return gr.Textbox(label=say(zh, en), max_lines=3, elem_id=elem_id, min_width=140)


def entry_for(site: Site, name: str) -> tuple[TermEntry, bool]:
    """The entry of a term as `terms.yaml` has it, and True; or one to begin with, and False."""
    for entry in entries_of(read_terms(notes_folder(site)).text):
        if name_key(entry.name) == name_key(name):
            return entry, True
    terms = site.kb.named(name)
    return (TermEntry(name, terms[0].aliases, terms[0].english) if terms else TermEntry(name)), False


def _about(name: str, listed: bool) -> str:
    if listed:
        return message(f"正在改 {TERM_FILE} 里的「{name}」。", f"Changing “{name}” in {TERM_FILE}.")
    if name:
        return message(
            f"「{name}」还不在 {TERM_FILE} 里，保存会新写一条；定义和公式不填，就沿用笔记里的。",
            f"“{name}” is not in {TERM_FILE} yet; saving adds it. Without definition or formula those of the notes stay.",
        )
    return message(f"新写一条，加在 {TERM_FILE} 最后。", f"A new entry, at the end of {TERM_FILE}.")


def _values(entry: TermEntry) -> tuple[str, ...]:
    lists = ["、".join(v) for v in (entry.aliases, entry.english, entry.confusable, entry.related, entry.distinct)]
    return (entry.name, *lists[:2], entry.definition, entry.formula, *lists[2:])


def _split(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in _SEPARATOR.split(text) if part.strip()))


def preview_of(
    site: Site, change: Callable[[str], str], entry: TermEntry, sample: str, progress: gr.Progress
) -> tuple[Any, ...]:
    """What a change would do, whether it may be saved, and the change itself."""

    def advance(step: Step) -> None:
        progress((step.done, step.total), desc="试建索引 Trying it")

    try:
        seen = read_terms(notes_folder(site))
        text = change(seen.text)
        effect = try_terms(site.kb, site.notes, text, entry, sample, work=site.state, progress=advance)
    except KbqaError as error:
        return error_message(error), gr.update(visible=False), None
    html = diff_html(seen.text, text) + effect_html(effect)
    return html, gr.update(visible=text != seen.text), Draft(text, seen, entry.name)
