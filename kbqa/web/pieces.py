"""Markup that the views of the notes tab share: links that choose something, reports of files, tables, messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode

import gradio as gr

from kbqa.errors import KbqaError
from kbqa.types import Document, FileReport, Place
from kbqa.web import links
from kbqa.web.markup import escaped
from kbqa.web.words import both

PROGRESS = gr.Progress()
"""Default of a callback's argument, by which Gradio knows that it reports progress."""
CHOICE_SCRIPT = (Path(__file__).parent / "notes.js").read_text(encoding="utf-8")

_PREFIX = "#kb?"
_SCRIPTS = {
    "simplified": ("简体", "simplified"), "traditional": ("繁体", "traditional"), "mixed": ("简繁混排", "both scripts"),
    "other": ("其他文字", "other script"),
}  # fmt: skip


def choice(inner: str, shows: str = "", css: str = "", **what: str) -> str:
    """A link that hands `what` to the click event of the list it stands in; `inner` is markup already.

    Args:
        shows: id of the element that the choice fills, to be brought into view on a phone.
    """
    target = f' data-shows="{escape(shows)}"' if shows else ""
    return f'<a class="{css}" href="{escape(_PREFIX + urlencode(what))}"{target}>{inner}</a>'


def chosen(event: object) -> dict[str, str]:
    """What the clicked link hands over; empty for a click on anything else."""
    href = str(getattr(event, "href", ""))
    return {key: values[0] for key, values in parse_qs(href.removeprefix(_PREFIX)).items()}


def ask_link(question: str) -> str:
    """A link that asks a question in the chat."""
    return f'<a class="kb-go" href="#ask?q={quote(question)}">{both("问一问", "Ask")}：{escaped(question)}</a>'


def place_link(document: Document, place: Place, inner: str, css: str = "kb-go") -> str:
    """A link that opens a note at a place in the sources panel; `inner` is markup already."""
    doc_id, start, end = place
    digest = links.digest_of(document.text[start:end])
    line = document.line_at(start) if document.lines else 0
    return (
        f'<a class="{css}" href="{escape(links.Place(doc_id, start, end, line=line, digest=digest).href)}">{inner}</a>'
    )


def message(zh: str, en: str, css: str = "kb-nt-said") -> str:
    """A remark that a screen reader reads out when it appears."""
    return f'<p class="{css}" role="status">{both(zh, en)}</p>'


def error_message(error: KbqaError) -> str:
    return message(error.zh, error.en, "kb-nt-bad")


def table(head: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], css: str = "") -> str:
    """A table; cells are markup already. On a phone each row becomes a card, its cells named by `data-label`."""
    top = "".join(f'<th scope="col">{both(zh, en)}</th>' for zh, en in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="kb-wide"><table class="kb-nt-table {css}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def chip(zh: str, en: str, kind: str = "") -> str:
    return f'<span class="kb-chip {kind}">{both(zh, en)}</span>'


def report_chips(report: FileReport) -> str:
    """What reading did to a file; only what there was is named."""
    if report.error:
        zh, _, en = report.error.partition("\n")
        return f'{chip("读不了", "unreadable", "kb-chip-bad")}<span class="kb-why">{both(zh, en or zh)}</span>'
    if report.skipped:
        why = ("文件开头写了 index: false", "its front matter says index: false")
        zh, en = why if report.skipped == "index: false" else (report.skipped, report.skipped)
        return f'{chip("不进索引", "left out", "kb-chip-dim")}<span class="kb-why">{both(zh, en)}</span>'
    count = f"{report.characters:,}"
    parts = [chip(f"{count} 字", f"{count} characters"), chip(f"编码 {report.encoding}", report.encoding)]
    if report.chunks:
        parts.append(chip(f"{report.chunks} 个段落", f"{report.chunks} passages"))
    if report.script != "simplified":
        parts.append(chip(*_SCRIPTS[report.script]))
    parts += [chip(f"{zh} {n}", f"{n} {en}", "kb-chip-did") for n, zh, en in _done(report) if n]
    parts += [f'<span class="kb-why kb-why-warn">{escaped(warning)}</span>' for warning in report.warnings]
    return "".join(parts) + _set_aside(report)


def _done(report: FileReport) -> tuple[tuple[int, str, str], ...]:
    return (
        (report.glosses_removed, "去掉注音", "pinyin glosses removed"),
        (report.chrome_lines, "去掉网站杂项（行）", "lines of site chrome set aside"),
        (report.lines_restored, "补回断行", "line breaks restored"),
        (report.garbled_spots, "乱码处（原样保留）", "garbled spots, kept as they are"),
        (report.duplicate_paragraphs, "与别处重复的段落", "paragraphs that stand elsewhere, too"),
    )


def _set_aside(report: FileReport) -> str:
    if not report.chrome_sample:
        return ""
    lines = "".join(f"<li>{escaped(line)}</li>" for line in report.chrome_sample[:30])
    return f'<details class="kb-aside"><summary>{both("去掉了哪些行", "Lines set aside")}</summary><ul>{lines}</ul></details>'
