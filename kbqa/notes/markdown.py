"""Markdown → lines, by markdown-it: the syntax goes, what a reader sees stays."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from kbqa.notes.cleaning import normalise_lines
from kbqa.notes.outline import Line

_BREAK = re.compile(
    r"<br\s*/?>|</?(?:p|div|li|ul|ol|tr|table|section|article|blockquote|h[1-6])\b[^<>]*>", re.IGNORECASE
)
_CELL = re.compile(r"</t[dh]>\s*(?=<t[dh])", re.IGNORECASE)
_HIDDEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_SENTENCE_MARKS = "\u3002\uff01\uff1f!?;\uff1b:\uff1a.\u2026"
_OPEN_HEADING = re.compile(r"^(#{1,6})(?=[^#\s][^#\n]{0,40}$)", re.MULTILINE)
_INLINE_MARK = re.compile(r"[*_`<\[\]!&\\~]|  \n")
_WRAP_COLUMNS = 60
# What CommonMark leaves as it stands next to full-width marks: `**定义：**指…`.
_EMPHASIS = re.compile(r"\*\*(\S(?:[^*\n]*\S)?)\*\*")
_HARD_BREAK = "\v"  # a break the writer asked for, against one that his editor made
_ITEM = re.compile(r"[-*+\u2022]\s|[(\uff08]?\d+[.\u3001)\uff09]")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Indented code and underlined headings are accidents in Chinese notes: writers indent paragraphs and draw lines.
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(["code", "lheading"])
    parser.core.ruler.at("inline", _parse_inline)
    return parser


def _parse_inline(state: StateCore) -> None:
    """markdown-it's inline rule, which takes half of its time, for the text that has any inline mark."""
    for token in state.tokens:
        if token.type != "inline":
            continue
        if _INLINE_MARK.search(token.content):
            state.md.inline.parse(token.content, state.md, state.env, token.children)
        else:
            token.children = [Token("text", "", 0, content=token.content)]


def close_headings(text: str) -> str:
    """`##标题`, as many write it, becomes the heading that it was meant to be; `#话题#` stays."""
    return _OPEN_HEADING.sub(r"\1 ", text)


def markdown_lines(text: str) -> list[Line]:
    """Readable lines of a Markdown text: headings with their level, items with `- ` or `1. `, table rows as `a | b`."""
    lines = _walk(_parser().parse(text))
    if "&" in text:  # entities may have brought back what cleaning took out
        lines = (replace(line, text=normalise_lines(line.text)) for line in lines)
    return [line for line in lines if line.text.strip()]


def _walk(tokens: list[Token]) -> Iterator[Line]:
    markers: list[str] = []  # one a list level; "" for bullets, else the next number
    pending = ""  # marker of an item whose first paragraph has not come yet
    cells: list[str] | None = None
    heading = row = 0
    for token in tokens:
        row = token.map[0] if token.map else row
        match token.type:
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":
                heading = 0
            case "bullet_list_open" | "ordered_list_open":
                markers.append(token.type)
            case "bullet_list_close" | "ordered_list_close":
                markers.pop()
            case "list_item_close":
                pending = ""
            case "list_item_open":
                number = f"{token.info}. " if markers[-1] == "ordered_list_open" else "- "
                pending = "  " * (len(markers) - 1) + number
            case "tr_open":
                cells = []
            case "tr_close":
                yield Line(" | ".join(cells or []), row=row)
                cells = None
            case "inline":
                content = inline_text(token.children or [])
                if cells is not None:
                    cells.append(_flat(content))
                elif heading:
                    yield Line(_flat(content), heading, row)
                else:
                    yield from _paragraph(content, pending, row)
                    pending = ""
            case "fence" | "code_block":
                first = row + (token.type == "fence")
                yield from (Line(text.rstrip(), row=first + i) for i, text in enumerate(token.content.split("\n")))
            case "html_block":
                for i, text in enumerate(_visible(token.content).split("\n")):
                    yield from (Line(part.strip(), row=row + i) for part in text.split(_HARD_BREAK))


def _flat(content: str) -> str:
    return re.sub(r"[\n\v]+", " ", content).strip()


def _paragraph(content: str, marker: str, row: int) -> Iterator[Line]:
    for text, offset in _unwrap(content):
        yield Line(marker + text, row=row + offset)
        marker = " " * len(marker)


def _unwrap(content: str) -> Iterator[tuple[str, int]]:
    """Rows as the writer meant them, and how many rows down each starts: one cut by an editor at its right margin is
    joined with the next."""
    offset = 0
    for part in content.split(_HARD_BREAK):
        joined, start = "", offset
        for i, text in enumerate(part.split("\n")):
            text = text.strip()
            if joined and text and _wrapped(joined) and not _ITEM.match(text):
                joined += ("" if ord(joined[-1]) > 127 or ord(text[0]) > 127 else " ") + text
            elif text:
                if joined:
                    yield joined, start
                joined, start = text, offset + i
        if joined:
            yield joined, start
        offset += part.count("\n")


def _wrapped(row: str) -> bool:
    last_line_columns = sum(2 if ord(c) > 0x2E80 else 1 for c in row)
    return last_line_columns >= _WRAP_COLUMNS and row[-1] not in _SENTENCE_MARKS


def inline_text(children: list[Token]) -> str:
    """Text of inline tokens: link texts, `［图：alt］` for images, line breaks for `<br>`, no other tags."""
    parts: list[str] = []
    for child in children:
        match child.type:
            case "text" | "code_inline" | "text_special":
                parts.append(child.content)
            case "softbreak":
                parts.append("\n")
            case "hardbreak":
                parts.append(_HARD_BREAK + "\n")
            case "image":
                parts.append(f"\uff3b图\uff1a{child.content}\uff3d" if child.content.strip() else "")
            case "html_inline":
                parts.append(_HARD_BREAK if _BREAK.fullmatch(child.content) else "")
    return _EMPHASIS.sub(r"\1", "".join(parts))


def _visible(markup: str) -> str:
    """Visible text of an HTML fragment; its own line ends stay, those that tags make are vertical tabs."""
    visible = _HIDDEN.sub(lambda hidden: "\n" * hidden[0].count("\n"), markup)
    return html.unescape(_TAG.sub("", _BREAK.sub(_HARD_BREAK, _CELL.sub(" | ", visible))))
