"""The notes tab: browsing and the glossary for everybody; upload, rebuild, checks, retrieval and worklist for admins.

What only admins may do is hidden from readers for tidiness; each callback checks by itself who asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.rebuilding import Rebuilder
from kbqa.web.archive import build_archive
from kbqa.web.browse import build_browse
from kbqa.web.checks import build_checks
from kbqa.web.glossary import build_glossary
from kbqa.web.probe import build_probe
from kbqa.web.rebuild import build_rebuild
from kbqa.web.upload import build_upload, pending_html
from kbqa.web.words import both, say
from kbqa.web.worklist import build_worklist

if TYPE_CHECKING:
    from kbqa.web.site import Site


def build_notes(site: Site) -> None:
    """Lay the tab out inside the current one; each inner tab is built by a module of its own."""
    rebuilder = Rebuilder(site.kb, site.notes)
    at_once = site.local and site.accounts is None  # else the page asks who it is for
    with gr.Tabs(elem_id="kb-notes-tabs"):
        with gr.Tab(say("笔记", "Notes"), id="browse", elem_id="kb-notes-browse"):
            listed = build_browse(site)
        with gr.Tab(say("术语表", "Glossary"), id="glossary", elem_id="kb-notes-glossary"):
            build_glossary(site, rebuilder)
        with gr.Tab(
            say("上传与重建", "Upload"), id="upload", elem_id="kb-notes-upload", visible=at_once
        ) as upload:  # fmt: skip
            _heading("一、放进笔记", "1. Hand in notes")
            pending = build_upload(site)
            _heading("二、重建索引", "2. Rebuild the index")
            build_rebuild(site, rebuilder, pending, listed)
            _heading("三、导出与导入", "3. Export and import")
            build_archive(site, pending)
        with gr.Tab(say("检查", "Checks"), id="checks", elem_id="kb-notes-checks", visible=at_once) as checks:
            build_checks(site)
        with gr.Tab(
            say("检索测试", "Retrieval"), id="probe", elem_id="kb-notes-probe", visible=at_once
        ) as probe:  # fmt: skip
            build_probe(site)
        with gr.Tab(say("待办", "Worklist"), id="worklist", elem_id="kb-notes-worklist", visible=at_once) as worklist:
            build_worklist(site)
    admins = [upload, checks, probe, worklist]

    def who(request: gr.Request) -> list[Any]:
        return [gr.update(visible=site.is_admin(request))] * len(admins)

    def look(request: gr.Request) -> str:
        site.require_admin(request)
        return pending_html(site)

    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    gr.on(None, who, None, admins, **hidden)
    upload.select(look, None, pending, **hidden)


def _heading(zh: str, en: str) -> None:
    gr.HTML(f'<h2 class="kb-nt-heading">{both(zh, en)}</h2>')
