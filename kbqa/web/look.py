"""How the app looks: theme, style sheet, page script and the fixed parts of the page.

Fonts come from the reader's system only. Gradio 6 takes theme and style at `launch`, see `app.launch_options`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbqa.errors import KbqaError
from kbqa.web.words import LANGUAGE_SCRIPT, both

if TYPE_CHECKING:
    from gradio.themes.base import ThemeClass

TITLE = "运营笔记问答 Ask the notes"

_HERE = Path(__file__).parent


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


_FONTS = (
    "system-ui", "-apple-system", "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei",
    "Noto Sans CJK SC", "Source Han Sans SC", "sans-serif",
)  # fmt: skip
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono CJK SC", "monospace")

_GREEN, _GREEN_DARK = "#0f6b5c", "#0b5448"  # of buttons, in light and dark alike, under white text

_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' "
    "rx='8' fill='%230f6b5c'/%3E%3Cpath d='M9 10h14M9 16h14M9 22h8' stroke='%23fff' stroke-width='2.6' "
    "stroke-linecap='round'/%3E%3C/svg%3E"
)

# The language decides which glyphs a browser takes, how a screen reader speaks, and the labels of Gradio, see `early.py`.
EARLY = f"{LANGUAGE_SCRIPT}<script>{_text('frame.js')}</script>"
HEAD = f'<link rel="icon" href="{_ICON}">'

HEADER = (
    '<header class="kb-header"><span class="kb-logo" aria-hidden="true"><i></i><i></i><i></i></span>'
    f"<h1>{both('运营笔记问答', 'Ask the notes')}</h1>"
    '<div class="kb-languages" role="group" data-zh="语言 Language" data-en="Language 语言">'
    '<button type="button" data-language="zh-CN" lang="zh-CN">中文</button>'
    '<button type="button" data-language="en" lang="en">English</button></div></header>'
)
HEADER_SCRIPT = _text("header.js")

WELCOME = (
    f'<div class="kb-welcome"><p class="kb-hello">{both("想查点什么？", "What would you like to know?")}</p>'
    f"<p>{both('答案逐句摘自团队笔记，每句都带编号，点开就是原文。', 'Answers are quotes from your notes. Every number opens its source.')}</p></div>"
)

CHAT_SCRIPT = _text("chat.js") + _text("history.js")
FILE_SCRIPT = _text("file.js")
PANEL_SCRIPT = _text("panel.js") + _text("quotes.js")


_SHEETS = (
    "style.css",
    "chat.css",
    "account.css",
    "learn.css",
    "evaluate.css",
    "notes.css",
    "probe.css",
    "worklist.css",
)


def css() -> str:
    return "\n".join(map(_text, _SHEETS))


def footer_html(info: Any) -> str:
    """Counts of the index and the promise the app makes."""
    counts = both(
        f"{info.documents:,} 篇笔记 · {info.chunks:,} 个段落", f"{info.documents:,} notes · {info.chunks:,} passages"
    )
    promise = both("答案都是笔记原文，全部在本机运行", "Answers are quotes from the notes; all runs on this machine")
    return f'<footer class="kb-footer"><span>{counts}</span><span>{promise}</span></footer>'


def closed_html(error: KbqaError) -> str:
    """The page shown instead of the chat when there is no index to answer from."""
    said = both(error.zh, error.en).replace("\n", "<br>")
    return (
        f'<div class="kb-closed"><p class="kb-none-head">{both("还不能提问", "Not ready yet")}</p><p>{said}</p>'
        f"<p>{both('完成后重新启动本页。', 'Then start this page again.')}</p></div>"
    )


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
    fills = {"body_background_fill": "var(--kb-paper)", "block_background_fill": "transparent"}
    texts = {
        "body_text_color": "var(--kb-ink)", "body_text_color_subdued": "var(--kb-soft)", "block_title_text_color": "var(--kb-ink)",
        "block_label_text_color": "var(--kb-soft)", "block_info_text_color": "var(--kb-soft)",
        "input_placeholder_color": "var(--kb-soft)", "link_text_color": "var(--kb-accent)",
        "link_text_color_active": "var(--kb-accent)", "link_text_color_hover": "var(--kb-accent)",
        "link_text_color_visited": "var(--kb-accent)",
    }  # fmt: skip
    controls = {
        "border_color_primary": "var(--kb-line)", "input_background_fill": "var(--kb-card)", "input_border_color": "var(--kb-line)",
        "color_accent_soft": "var(--kb-tint)", "border_color_accent": "var(--kb-accent)",
        "button_primary_background_fill": _GREEN, "button_primary_background_fill_hover": _GREEN_DARK,
        "button_primary_border_color": _GREEN, "button_primary_text_color": "#fff", "button_primary_text_color_hover": "#fff",
        "button_secondary_background_fill": "var(--kb-card)", "button_secondary_background_fill_hover": "var(--kb-near)",
        "button_secondary_border_color": "var(--kb-line)", "button_secondary_text_color": "var(--kb-ink)",
    }  # fmt: skip
    values = {**fills, **texts, **controls}
    dark = {f"{name}_dark": value for name, value in values.items()}
    return base.set(**values, **dark, color_accent="var(--kb-accent)", block_border_width="0px", block_shadow="none")
