"""术语表: terms by name, pinyin or initials, and a card for each. Open to readers; see `glossary_edit` for changing one."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.rebuilding import Rebuilder
from kbqa.terms.export import Row, rows
from kbqa.terms.glossary import introduced
from kbqa.types import Place, Term
from kbqa.web.glossary_edit import build_editor
from kbqa.web.markup import escaped
from kbqa.web.pieces import CHOICE_SCRIPT, ask_link, choice, chosen, message, place_link
from kbqa.web.words import both, say

if TYPE_CHECKING:
    from kbqa import KnowledgeBase
    from kbqa.web.site import Site

_HITS = 40
_CARD = "kb-nt-card"
_NOTHING = (
    f'<div class="kb-nt-empty"><p>{both("选一个术语，在这里看它的卡片。", "Choose a term to see its card.")}</p></div>'
)
_HOW = {
    "name": ("名称", "name"), "alias": ("别名", "other name"), "start": ("开头", "start"), "part": ("包含", "part"),
    "pinyin": ("拼音", "pinyin"), "initials": ("首字母", "initials"), "typo": ("差一个字", "one slip"),
}  # fmt: skip
_ORIGINS = {
    "team": ("团队的 terms.yaml", "the team's terms.yaml"), "front matter": ("笔记开头登记的", "front matter of a note"),
    "table": ("笔记里的表格", "a table"), "heading": ("笔记里的标题", "a heading"), "definition": ("笔记里的定义句", "a defining sentence"),
    "bracket": ("笔记里的括号说明", "a bracket"), "label": ("笔记里的标签", "a label"), "title": ("笔记的标题", "a title"),
    "phrase": ("笔记里的短标题", "a short heading"), "lexicon": ("自带的词库", "the built-in lexicon"),
}  # fmt: skip


def build_glossary(site: Site, rebuilder: Rebuilder) -> None:
    """Lay the view out in the current tab."""
    kb = site.kb
    with gr.Row(elem_classes="kb-nt-columns"):
        with gr.Column(scale=4, min_width=280):
            query = gr.Textbox(
                elem_id="kb-nt-term-search", label=say("查术语", "Find a term"), max_lines=1,
                placeholder="中文、英文、拼音、首字母 name, pinyin, initials",
            )  # fmt: skip
            listed = gr.HTML("", elem_id="kb-nt-terms", js_on_load=CHOICE_SCRIPT)
        with gr.Column(scale=7, min_width=320):
            card = gr.HTML(_NOTHING, elem_id=_CARD, js_on_load=CHOICE_SCRIPT)
            opened = gr.State("")
            build_editor(
                site, rebuilder, opened, lambda name: (terms_html(kb, ""), card_html(kb, name)), [listed, card]
            )

    def find(text: str) -> str:
        return terms_html(kb, text)

    def pick(event: gr.EventData) -> tuple[str, str]:
        name = chosen(event).get("term", "")
        return (card_html(kb, name), name) if name else (_NOTHING, "")

    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on(None, lambda: terms_html(kb, ""), None, listed, **hidden)  # without a trigger: when the page is opened
    # Gradio's `input` is sent by keys alone: not by what is pasted or deleted, nor by an input method for Chinese.
    gr.on([query.submit, query.change], find, query, listed, trigger_mode="always_last", **hidden)
    listed.click(pick, None, [card, opened], **hidden)
    card.click(pick, None, [card, opened], **hidden)


def terms_html(kb: KnowledgeBase, query: str) -> str:
    """Terms that a query finds, each with how; without one, all that the notes or the team introduce, by initial."""
    if query.strip():
        hits = kb.find_terms(query, _HITS)
        if not hits:
            return message(
                "术语表里没有。试试拼音首字母，或少打几个字。", "No such term. Try initials or fewer characters."
            )
        found = (
            choice(escaped(hit.term.name), _CARD, "kb-nt-term", term=hit.term.name)
            + f'<span class="kb-why">{escaped(hit.name) if hit.name != hit.term.name else ""} {both(*_HOW[hit.how])}</span>'
            for hit in hits
        )
        return '<ul class="kb-nt-found">' + "".join(f"<li>{row}</li>" for row in found) + "</ul>"
    table = rows([term for term in kb.terms if introduced(term)], kb.document)
    letters = groupby(table, key=lambda row: row["pinyin"][:1].upper())
    count = len(table)
    return f'<p class="kb-label">{both(f"笔记里的 {count} 个术语", f"{count} terms of the notes")}</p>' + "".join(
        _letter(letter, list(group)) for letter, group in letters
    )


def _letter(letter: str, group: list[Row]) -> str:
    terms = "".join(choice(escaped(row["name"]), _CARD, "kb-nt-term", term=row["name"]) for row in group)
    return f'<div class="kb-nt-letter"><h3>{escaped(letter)}</h3><p>{terms}</p></div>'


def card_html(kb: KnowledgeBase, name: str) -> str:
    """Every meaning of a name as a card."""
    terms = kb.named(name)
    if not terms:
        return message(f"术语表里没有「{name}」。", f"The glossary has no “{name}”.")
    several = (
        message(f"「{name}」有 {len(terms)} 个意思。", f"“{name}” has {len(terms)} meanings.") if len(terms) > 1 else ""
    )
    return several + "".join(_card(kb, term) for term in terms)


def _card(kb: KnowledgeBase, term: Term) -> str:
    row = rows([term], kb.document)[0]
    facts = (
        ("又称", "Also", escaped(row["aliases"])), ("英文", "English", escaped(row["english"])),
        ("拼音", "Pinyin", escaped(row["pinyin"])), ("定义", "Definition", _quoted(kb, term.definition)),
        ("公式", "Formula", _quoted(kb, term.formula) if term.formula != term.definition else ""),
        ("易混", "Not to be confused with", _names(term.confusable)), ("相关", "See also", _names(term.related)),
        ("不是", "Never", escaped("、".join(term.distinct))), ("来自", "From", both(*_ORIGINS.get(term.origin, (term.origin, term.origin)))),
    )  # fmt: skip
    body = "".join(f"<dt>{both(zh, en)}</dt><dd>{value}</dd>" for zh, en, value in facts if value)
    return f'<article class="kb-nt-cardbox"><h2>{escaped(term.name)}</h2><dl>{body}</dl><p class="kb-nt-asks">{ask_link(f"什么是{term.name}")}</p></article>'


def _quoted(kb: KnowledgeBase, place: Place | None) -> str:
    """A sentence of the notes with a link to where it stands."""
    if not place:
        return ""
    document = kb.document(place[0])
    where = escaped(f"{place[0]}:{document.line_at(place[1])}")
    return f"{escaped(document.text[place[1] : place[2]])} {place_link(document, place, where, 'kb-go kb-go-small')}"


def _names(names: tuple[str, ...]) -> str:
    return "".join(choice(escaped(name), _CARD, "kb-nt-term", term=name) for name in names)
