"""How the app looks: theme, style sheet, page script and the fixed parts of the page.

Fonts come from the reader's system only. Gradio 6 takes theme and style at `launch`, see `app.launch_options`.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbqa.errors import KbqaError
from kbqa.web.words import LANGUAGE_SCRIPT

if TYPE_CHECKING:
    from gradio.themes.base import ThemeClass

TITLE = "运营笔记问答 Ask the notes"

_HERE = Path(__file__).parent
_FONTS = (
    "system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif",
)  # fmt: skip
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace")

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' "
    "rx='8' fill='%230f6b5c'/%3E%3Cpath d='M9 10h14M9 16h14M9 22h8' stroke='%23fff' stroke-width='2.6' "
    "stroke-linecap='round'/%3E%3C/svg%3E"
)

# The language decides which glyphs a browser takes and how a screen reader speaks.
HEAD = f'<link rel="icon" href="{_ICON}">{LANGUAGE_SCRIPT}'

HEADER = (
    '<header class="kb-header"><span class="kb-logo" aria-hidden="true"><i></i><i></i><i></i></span>'
    '<h1>运营笔记问答</h1><span class="kb-sub" lang="en">Ask the notes</span></header>'
)

WELCOME = (
    '<div class="kb-welcome"><p class="kb-hello">想查点什么？</p>'
    "<p>答案逐句摘自团队笔记，每句都带编号，点开就是原文。</p>"
    '<p class="kb-en" lang="en">Answers are quotes from your notes. Every number opens its source.</p></div>'
)


_SHEETS = (
    "style.css",
    "notes.css",
)


def css() -> str:
    return "\n".join((_HERE / sheet).read_text(encoding="utf-8") for sheet in _SHEETS)


PANEL_SCRIPT = (_HERE / "panel.js").read_text(encoding="utf-8")


def footer_html(info: Any) -> str:
    """Counts of the index and the promise the app makes."""
    return (
        f'<footer class="kb-footer"><span>{info.documents:,} 篇笔记 notes · {info.chunks:,} 个段落 passages</span>'
        "<span>全部在本机运行 · answers are quotes from your notes</span></footer>"
    )


def closed_html(error: KbqaError) -> str:
    """The page shown instead of the chat when there is no index to answer from."""
    return (
        '<div class="kb-closed"><p class="kb-none-head">还不能提问 <span lang="en">Not ready yet</span></p>'
        f'<p>{_lines(error.zh)}</p><p class="kb-en" lang="en">{_lines(error.en)}</p>'
        '<p>完成后重新启动本页。 <span class="kb-en" lang="en">Then start this page again.</span></p></div>'
    )


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def theme() -> ThemeClass:
    """Ink on paper with one green accent, light and dark."""
    import gradio as gr

    base = gr.themes.Base(
        primary_hue=gr.themes.colors.emerald,
        neutral_hue=gr.themes.colors.stone,
        font=list(_FONTS),
        font_mono=list(_MONO),
        radius_size=gr.themes.sizes.radius_lg,
    )
    return base.set(
        body_background_fill="var(--kb-paper)",
        body_background_fill_dark="var(--kb-paper)",
        body_text_color="var(--kb-ink)",
        body_text_color_dark="var(--kb-ink)",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
    )
