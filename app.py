"""The web app: `python app.py` or `build_app()` for whoever serves it otherwise."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr

    from kbqa.web.accounts import AccountFile
    from kbqa.web.gate import Rules
    from kbqa.web.site import Tab

# Gradio reads these on import and would otherwise report usage and look for a newer version.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HOUR = 3600
_AT_ONCE = 6
"""Answers that are worked on at the same time. More only take turns more often: it made the slowest slower."""
_OPEN_TO_ALL = """
⚠️  别的机器能打开这个网页，而且不用登录：谁都能读到全部笔记。要登录，请用 --auth-file（见 docs/access.md）。
⚠️  Other machines can open this app without logging in, and read all the notes. For logins, use --auth-file
    (see docs/access.md).
"""


def tabs() -> tuple[Tab, ...]:
    """The tabs from left to right."""
    from kbqa.web.chat import build_chat
    from kbqa.web.evaluate import build_evaluate
    from kbqa.web.learn import build_learn
    from kbqa.web.notes import build_notes
    from kbqa.web.site import Tab

    return (
        Tab("ask", "问答", "Ask", build_chat),
        Tab("learn", "新人入门", "Learn", build_learn),
        Tab("evaluate", "批量评测", "Evaluate", build_evaluate),
        Tab("notes", "知识库", "Notes", build_notes),
    )


def build_app(
    index: Path | str = "index",
    notes: Path | str = "corpus",
    *,
    local: bool = True,
    accounts: AccountFile | None = None,
    shown: tuple[Tab, ...] | None = None,
) -> gr.Blocks:
    """The app over an index, not yet launched; hand `launch_options()` to `launch`.

    Without a usable index the app is a page that says which command builds one.

    Args:
        index: an index folder; what people leave behind is kept in its subfolder `state`.
        notes: the folder that the index is built from.
        local: whether only this machine can reach the app, see `kbqa.web.site.Site`.
        accounts: who may log in; None for an app without logins.
        shown: other tabs than `tabs()`.
    """
    files_folder()  # before Gradio's components ask for it

    from kbqa.web.quick import quick_import

    with quick_import():
        import gradio as gr

    from kbqa import KnowledgeBase
    from kbqa.errors import KbqaError
    from kbqa.web import look
    from kbqa.web.api import build_api
    from kbqa.web.gate import stay_offline
    from kbqa.web.site import Site, build_tabs

    stay_offline()
    # What was uploaded or handed out is deleted after a day, and when the app stops.
    with gr.Blocks(title=look.TITLE, analytics_enabled=False, fill_width=True, delete_cache=(_HOUR, 24 * _HOUR)) as app:
        gr.HTML(look.HEADER, elem_id="kb-header", js_on_load=look.HEADER_SCRIPT, apply_default_css=False)
        try:
            kb = KnowledgeBase.open(index)
        except KbqaError as error:
            gr.HTML(look.closed_html(error), elem_id="kb-closed", apply_default_css=False)
            return app
        site = Site(kb, Path(notes), local, accounts)
        places = build_tabs(site, shown or tabs())
        footer = gr.HTML(look.footer_html(kb.info()), elem_id="kb-footer", apply_default_css=False)

        def newest() -> str:
            return look.footer_html(site.newest().info())

        gr.on([app.load, places.select], newest, None, footer, api_visibility="private", show_progress="hidden")
        build_api(kb)
    # Answers take milliseconds; a queue of one would make a reader wait for another one's streaming.
    app.queue(default_concurrency_limit=_AT_ONCE)
    return app


@cache
def files_folder() -> Path:
    """The folder of this process for uploads and downloads, which nobody else can read; gone when the app stops."""
    folder = tempfile.TemporaryDirectory(prefix="kbqa-", ignore_cleanup_errors=True)
    _KEPT.append(folder)
    os.environ["GRADIO_TEMP_DIR"] = folder.name
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def launch_options(rules: Rules | None = None, *, mcp: bool = False) -> dict[str, Any]:
    """Theme, style and settings for `Blocks.launch`; nothing in them reaches outside the machine.

    Args:
        rules: who is let in; by default whoever sits at this machine.
        mcp: whether programs may also use the API as tools of an MCP server.
    """
    from starlette.middleware import Middleware

    from kbqa.web import look, words
    from kbqa.web.early import EarlyScript
    from kbqa.web.gate import LARGEST_UPLOAD, Gate, Rules, user_of
    from kbqa.web.login import LOGGED_OUT_SCRIPT

    rules = rules or Rules(files_folder())
    return {
        "theme": look.theme(),
        "css": look.css(),
        "head": look.HEAD + (LOGGED_OUT_SCRIPT if rules.accounts else ""),
        "i18n": words.translations(),
        "footer_links": [],
        "run_history": False,
        "share": False,
        "quiet": True,
        "prevent_thread_lock": True,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": mcp,
        "enable_monitoring": False,
        "allowed_paths": [],
        "max_file_size": LARGEST_UPLOAD,
        "app_kwargs": {"middleware": [Middleware(Gate, rules=rules), Middleware(EarlyScript, markup=look.EARLY)]},
        "auth_dependency": user_of if rules.accounts else None,
    }


def main(argv: list[str] | None = None) -> None:
    """Command line of the web app."""
    options = _options(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the folder of files goes, too

    from kbqa.errors import KbqaError
    from kbqa.web.accounts import AccountFile
    from kbqa.web.gate import Rules

    local = options.host in _LOOPBACK
    try:
        accounts = AccountFile(options.auth_file) if options.auth_file else None
        app = build_app(options.index, options.notes, local=local, accounts=accounts)
    except KbqaError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from error
    if not local and accounts is None:
        print(_OPEN_TO_ALL, file=sys.stderr, flush=True)
    rules = Rules(files_folder(), accounts, local, embed=options.embed)
    rules = replace(rules, names=rules.names | {options.host.lower()})
    try:
        app.launch(server_name=options.host, server_port=options.port, **launch_options(rules, mcp=options.mcp))
    except OSError as error:
        print(f"端口 {options.port} 打不开，请用 --port 换一个。", file=sys.stderr)
        print(f"Cannot listen there; choose another --port. ({error})", file=sys.stderr)
        raise SystemExit(1) from error
    print(f"打开 Open  http://{options.host}:{options.port}", flush=True)
    app.block_thread()


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="运营笔记的网页 Web app over an index of notes.")
    parser.add_argument("--index", type=Path, default=Path("index"), help="索引文件夹 index folder (index)")
    parser.add_argument("--notes", type=Path, default=Path("corpus"), help="笔记文件夹 folder of notes (corpus)")
    parser.add_argument("--host", default="127.0.0.1", help="地址 address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=7860, help="端口 port (7860)")
    parser.add_argument("--auth-file", type=Path, help="账号文件，有它就要登录 file of accounts; with it people log in")
    parser.add_argument("--mcp", action="store_true", help="同时作 MCP 服务 be an MCP server, too")
    parser.add_argument("--embed", default="", metavar="ORIGIN", help="可嵌入本页的网站 site that may frame this app")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
