"""The retrieval test page: one question, and everything that was done with it. For admins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr  # at the top, because Gradio looks the types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.evaluation.probe import probe, turns
from kbqa.settings import Mode
from kbqa.web.probe_page import HINT, probe_html
from kbqa.web.render import error_html
from kbqa.web.words import say

if TYPE_CHECKING:
    from kbqa.web.site import Site


def build_probe(site: Site) -> None:
    """Lay the page out inside the current tab and wire it."""
    with gr.Column(elem_id="kb-probe-tab", elem_classes="kb-desk"):
        question = gr.Textbox(
            label=say("要测试的问题", "Question to test"), elem_id="kb-probe-question", lines=1, max_lines=4,
            submit_btn=say("检索", "Search"),
        )  # fmt: skip
        with gr.Row(elem_classes="kb-desk-row"):
            mode = gr.Radio(
                [(say("混合", "Hybrid"), "hybrid"), (say("只看关键词", "Words only"), "lexical"),
                 (say("只看语义", "Meaning only"), "dense")],
                value="hybrid", label=say("检索方式", "Mode"), elem_id="kb-probe-mode",
            )  # fmt: skip
            earlier = gr.Textbox(
                label=say("前一个问题（可不填，用来试追问）", "Question before it (optional, to try a follow-up)"),
                elem_id="kb-probe-earlier", lines=1, max_lines=2,
            )  # fmt: skip
        page = gr.HTML(HINT, elem_id="kb-probe", apply_default_css=False)

    def show(text: str, before: str, mode: Mode, request: gr.Request) -> str:
        site.require_admin(request)
        try:
            return probe_html(probe(site.kb, text, turns(site.kb, before), mode), site.kb.info())
        except KbqaError as error:
            return error_html(error)

    gr.on(
        [question.submit, earlier.submit, mode.input], show, [question, earlier, mode], page, api_visibility="private",
        show_progress="minimal",
    )  # fmt: skip
