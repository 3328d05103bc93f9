"""The sources panel: a note with the quoted sentence highlighted.

A quote shown in its note keeps every character: list markers and cell separators are hidden by the style sheet, not
dropped, so the text inside `<mark>` is the quote.
"""

from __future__ import annotations

import re
from html import escape

from kbqa.text import Span
from kbqa.types import Document, Section
from kbqa.web.links import Change, Place, found_again, permanent
from kbqa.web.markup import BULLET, escaped, trail
from kbqa.web.words import both

WINDOW = 20_000
"""Characters of a note shown on either side of the quote; a longer note would make the panel slow to open."""

_ORDERED = re.compile(r"(?:\d{1,2}[.、)）]|[（(]\d{1,2}[)）]|[①-⑳])\s*(?=\D)")
_CELLS = " | "

EMPTY_PANEL = (
    '<div class="kb-panel kb-panel-empty"><div class="kb-page" aria-hidden="true"><i></i><i></i><i></i><i></i></div>'
    f"<p>{both('回答里的每一句都来自笔记。', 'Every sentence of an answer is from the notes.')}<br>"
    f"{both('点编号，就能在这里看到原文。', 'Click its number to see it in its note here.')}</p></div>"
)

_CHANGES: dict[Change, tuple[str, str]] = {
    "elsewhere": (
        "这篇笔记在这个链接之后改过，但这一处没有变。",
        "The note has changed since this link was made, but not here.",
    ),
    "moved": ("这篇笔记改过，这句话换了位置。", "The note has changed; these words stand in another place now."),
    "gone": (
        "这篇笔记改过，原来那句话已经没有了；下面是最接近的一处。",
        "The note has changed and the quoted words are gone; this is the place most like them.",
    ),
}


def missing_place_html() -> str:
    """For a link whose note has gone since, or that somebody typed by hand."""
    said = both(
        "这条来源打不开：笔记已被移动或删除，或者链接不完整。请重新提问。",
        "This source cannot be opened: its note was moved or deleted, or the link is incomplete. Please ask again.",
    )
    return f'<div class="kb-panel kb-panel-empty"><p>{said}</p></div>'


def panel_html(document: Document, place: Place) -> str:
    """A note with the cited sentence, or the related passage, highlighted; if the note changed since, where it is now."""
    here, change = found_again(place, document)
    return (
        f'<div class="kb-panel" data-href="{escape(place.href)}" data-link="{escape(permanent(here, document).href)}">'
        f'<div class="kb-panel-head">{_title(document, here)}{_where(document, here)}'
        f"{_changed(change)}{_reason(here)}{_LINKS}</div>"
        f'<div class="kb-doc" tabindex="0" role="region" aria-label="{escape(document.title or document.doc_id)}">'
        f"{note_html(document, here, found=change != 'gone')}</div></div>"
    )


_LINKS = (
    '<p class="kb-panel-acts"><button type="button" class="kb-do" name="link">'
    f'<span>{both("复制链接", "Copy link")}</span></button><a class="kb-back" href="#back">↑ {both("回到回答", "Back to the answer")}</a></p>'
)


def _title(document: Document, place: Place) -> str:
    badge = str(place.number) if place.number else both("相关", "Related")
    title = escaped(document.title or document.doc_id)
    return f'<p class="kb-panel-title"><b class="kb-badge">{badge}</b><span>{title}</span></p>'


def _where(document: Document, place: Place) -> str:
    path = _path_at(document, place.start)
    headings = f'<p class="kb-panel-trail">{trail(path)}</p>' if path else ""
    at = place.line or (document.line_at(place.start) if document.lines else 0)
    line = f'<span class="kb-line">{both(f"第 {at} 行", f"line {at}")}</span>' if at else ""
    return f'{headings}<p class="kb-file"><span class="kb-file-name">{escaped(document.doc_id)}</span>{line}</p>'


def _changed(change: Change) -> str:
    return f'<p class="kb-changed" role="status">{both(*_CHANGES[change])}</p>' if change else ""


def _reason(place: Place) -> str:
    if not place.matched:
        return ""
    whole = [word for word in place.matched if not any(word != other and word in other for other in place.matched)]
    words = "".join(f"<span>{escaped(word)}</span>" for word in whole)
    return f'<p class="kb-reason"><em>{both("匹配到", "Matched because")}</em>{words}</p>'


def _path_at(document: Document, offset: int) -> tuple[str, ...]:
    """Headings above an offset, without one that only repeats the note's title."""
    inside = [section for section in document.sections if section.start <= offset < section.end]
    path = inside[-1].path if inside else ()
    return tuple(part for part in path if part != document.title)


def note_html(document: Document, place: Place, *, found: bool = True) -> str:
    """The note's text: headings, list items, table rows and paragraphs, one a line of the text.

    Args:
        found: whether the place is what was looked for; one that is merely near is marked faintly.
    """
    first, last = max(0, place.start - WINDOW), min(len(document.text), place.end + WINDOW)
    headings = {section.start: section for section in document.sections}
    mark, css = (place.start, place.end), "kb-quote" if place.number and found else "kb-near"
    blocks: list[str] = []
    rows: list[str] = []
    for start, end in _lines(document.text, first, last):
        line = document.text[start:end]
        if start not in headings and _CELLS in line:
            rows.append(_row(line, start, mark, css))
            continue
        blocks += _table(rows)
        rows = []
        blocks.append(_block(line, start, headings.get(start), mark, css))
    blocks += _table(rows)
    before = '<p class="kb-cut">…</p>' if first > 0 else ""
    after = '<p class="kb-cut">…</p>' if last < len(document.text) else ""
    return before + "".join(blocks) + after


def _lines(text: str, first: int, last: int) -> list[Span]:
    """Spans of the lines that touch [first, last), blank ones left out."""
    start = text.rfind("\n", 0, first) + 1
    spans: list[Span] = []
    while start < last:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if text[start:end].strip():
            spans.append((start, end))
        start = end + 1
    return spans


def _block(line: str, start: int, section: Section | None, mark: Span, css: str) -> str:
    if section is not None:
        tag = f"h{min(section.level + 1, 6)}"
        return f"<{tag}>{_marked(line, start, mark, css)}</{tag}>"
    indent = len(line) - len(line.lstrip())
    body, start = line[indent:], start + indent
    depth = f"kb-in{min((indent + 1) // 2, 3)}"
    if bullet := BULLET.match(body):
        behind = bullet.end()
        hidden = _hidden(body[:behind], start, mark, css)
        return f'<p class="kb-li kb-dot {depth}">{hidden}{_marked(body[behind:], start + behind, mark, css)}</p>'
    css_class = f"kb-li {depth}" if _ORDERED.match(body) else depth
    return f'<p class="{css_class}">{_marked(body, start, mark, css)}</p>'


def _hidden(text: str, start: int, mark: Span, css: str) -> str:
    return f'<span class="kb-hid">{_marked(text, start, mark, css)}</span>' if text else ""


def _table(rows: list[str]) -> list[str]:
    return [f'<div class="kb-wide"><div class="kb-table">{"".join(rows)}</div></div>'] if rows else []


def _row(line: str, start: int, mark: Span, css: str) -> str:
    cells: list[str] = []
    separator = ""
    for cell in line.split(_CELLS):
        shown = _marked(cell, start + len(separator), mark, css)
        cells.append(f"<span>{_hidden(separator, start, mark, css)}{shown}</span>")
        start += len(separator) + len(cell)
        separator = _CELLS
    return f'<div class="kb-row">{"".join(cells)}</div>'


def _marked(text: str, start: int, mark: Span, css: str) -> str:
    """`text`, which begins at offset `start`, with the part inside `mark` highlighted."""
    low = min(max(mark[0] - start, 0), len(text))
    high = min(max(mark[1] - start, 0), len(text))
    if low >= high:
        return escaped(text)
    return f'{escaped(text[:low])}<mark class="{css}">{escaped(text[low:high])}</mark>{escaped(text[high:])}'
