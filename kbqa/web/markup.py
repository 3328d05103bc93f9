"""What every piece of markup is made with.

The only place where text of a note becomes markup: everything goes through `escaped`, so a note that contains
`<script>` shows it.
"""

from __future__ import annotations

import re
from html import escape

from kbqa.web.links import Place

BULLET = re.compile(r"[-*+•·▪◦]\s+")
_TITLE = 300


def escaped(text: str) -> str:
    return escape(text, quote=True).replace("\n", "<br>")


def link(place: Place, css: str, inner: str, title: str = "") -> str:
    """A link to a place; `inner` is markup already."""
    hover = f' title="{escape(cut(title, _TITLE))}"' if title else ""
    return f'<a class="{css}" href="{escape(place.href)}"{hover}>{inner}</a>'


def cut(text: str, limit: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def without_bullet(text: str) -> str:
    bullet = BULLET.match(text)
    return text[bullet.end() :] if bullet else text


def trail(heading_path: tuple[str, ...]) -> str:
    return '<span class="kb-sep">›</span>'.join(escaped(part) for part in heading_path if part)
