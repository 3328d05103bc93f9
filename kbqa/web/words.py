"""What the page says, in both languages.

One switch rules both kinds of text: a script early in the page sets the language of the page before Gradio looks at it, from what the
reader chose earlier or else from the browser. Labels of components follow by Gradio's own translation, markup of ours
by a rule of the style sheet that shows one of two spans.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr
    from gradio.i18n import I18nData

_LABELS: dict[str, str] = {}

# Gradio takes the language from `navigator`; a chosen one is put in its place before Gradio's own scripts run.
LANGUAGE_SCRIPT = """<script>(() => {
  const chosen = localStorage.getItem("kb-language");
  const language = chosen || (/^en/i.test(navigator.language) ? "en" : "zh-CN");
  for (const [name, value] of [["language", language], ["languages", [language]]])
    Object.defineProperty(navigator, name, { get: () => value, configurable: true });
  document.documentElement.lang = language;
})();</script>"""


def say(zh: str, en: str) -> I18nData:
    """A label, placeholder or button text of a Gradio component. Only for what is fixed when the page is built."""
    from gradio.i18n import I18nData

    _LABELS[zh] = en
    return I18nData(zh)


def translations() -> gr.I18n:
    """All that was said so far, for `Blocks.launch`."""
    import gradio as gr

    chinese = {zh: zh for zh in _LABELS}
    return gr.I18n(**{"zh-CN": chinese, "zh": chinese, "zh-TW": chinese, "en": dict(_LABELS)})


def both(zh: str, en: str) -> str:
    """Markup that shows one of two plain texts, by the language of the page."""
    return f'<span class="kb-zh" lang="zh-CN">{escape(zh)}</span><span class="kb-en-only" lang="en">{escape(en)}</span>'
