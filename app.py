"""The web chat: `python app.py` or `build_app()` for whoever serves it otherwise."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr

# Gradio reads these on import and would otherwise report usage and look for a newer version.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def build_app(index: Path | str = "index", notes: Path | str = "corpus", *, local: bool = True) -> gr.Blocks:
    """The app over an index, not yet launched; hand `launch_options()` to `launch`.

    Without a usable index the app is a page that says which command builds one.

    Args:
        index: an index folder; what people leave behind is kept in its subfolder `state`.
        notes: the folder that the index is built from.
        local: whether only this machine can reach the app, see `kbqa.web.site.Site`.
    """
    import gradio as gr

    from kbqa import KnowledgeBase
    from kbqa.errors import KbqaError
    from kbqa.web import look
    from kbqa.web.chat import ask_api, build_chat
    from kbqa.web.notes import build_notes
    from kbqa.web.site import Site
    from kbqa.web.words import say

    with gr.Blocks(title=look.TITLE, analytics_enabled=False, fill_width=True) as app:
        gr.HTML(look.HEADER, elem_id="kb-header", apply_default_css=False)
        try:
            kb = KnowledgeBase.open(index)
        except KbqaError as error:
            gr.HTML(look.closed_html(error), elem_id="kb-closed", apply_default_css=False)
            return app
        site = Site(kb, Path(notes), local)
        with gr.Tabs(elem_id="kb-tabs", selected="ask"):
            with gr.Tab(say("问答", "Ask"), id="ask", elem_id="kb-tab-ask"):
                build_chat(site)
            with gr.Tab(say("知识库", "Notes"), id="notes", elem_id="kb-tab-notes"):
                build_notes(site)
        footer = gr.HTML(look.footer_html(kb.info()), elem_id="kb-footer", apply_default_css=False)

        def newest() -> str:
            """Serve an index built since the last visit; one that cannot be read leaves the old one serving."""
            try:
                kb.refresh()
            except KbqaError as error:
                logging.getLogger(__name__).warning("%s", error)
            return look.footer_html(kb.info())

        app.load(newest, None, footer, api_visibility="private", show_progress="hidden")

        def ask(question: str, history: list[dict[str, str]] | None = None) -> dict[str, Any]:
            """Answer a question from the notes, with numbered quotes and their places.

            Args:
                question: in Chinese or English.
                history: earlier turns, `{"role": "user" | "assistant", "content": text}`, for follow-up questions.
            """
            try:
                return ask_api(kb, question, history)
            except KbqaError as error:
                raise gr.Error(str(error)) from error

        gr.api(ask, api_name="ask")
    # Answers take milliseconds; a queue of one would make a reader wait for another one's streaming.
    app.queue(default_concurrency_limit=8)
    return app


def launch_options() -> dict[str, Any]:
    """Theme, style and settings for `Blocks.launch`; nothing in them reaches outside the machine."""
    from kbqa.web import look, words

    return {
        "theme": look.theme(),
        "css": look.css(),
        "head": look.HEAD,
        "i18n": words.translations(),
        "footer_links": [],
        "run_history": False,
        "share": False,
        "quiet": True,
        "prevent_thread_lock": True,
        "ssr_mode": False,
        "mcp_server": False,
        "enable_monitoring": False,
    }


def main(argv: list[str] | None = None) -> None:
    """Command line of the web chat."""
    parser = argparse.ArgumentParser(description="网页问答 Web chat over an index of notes.")
    parser.add_argument("--index", type=Path, default=Path("index"), help="索引文件夹 index folder (index)")
    parser.add_argument("--notes", type=Path, default=Path("corpus"), help="笔记文件夹 folder of notes (corpus)")
    parser.add_argument("--host", default="127.0.0.1", help="地址 address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=7860, help="端口 port (7860)")
    options = parser.parse_args(argv)
    app = build_app(options.index, options.notes, local=options.host in _LOOPBACK)
    try:
        app.launch(server_name=options.host, server_port=options.port, **launch_options())
    except OSError as error:
        print(f"端口 {options.port} 打不开，请用 --port 换一个。", file=sys.stderr)
        print(f"Cannot listen there; choose another --port. ({error})", file=sys.stderr)
        raise SystemExit(1) from error
    print(f"打开 Open  http://{options.host}:{options.port}", flush=True)
    app.block_thread()


if __name__ == "__main__":
    main()
