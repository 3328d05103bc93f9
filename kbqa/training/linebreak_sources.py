"""Where the lines come from: sections of open documentation, the Markdown notes, decks written for training."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kbqa.notes.linebreak_network import Kind

# (times, stride): how often a source is repeated, and of how many blocks of neighbouring sections one is used.
# Nearer to operations notes counts more; statutes are there for their fluent Chinese.
SOURCES = {
    "business_zh": (3, 1), "ks_growthhacking": (5, 1), "wenerme_notes": (1, 1), "msdocs_d365_zh": (1, 1),
    "msdocs_powerbi_zh": (1, 1), "msdocs_powerapps_zh": (1, 1), "tech_zh": (1, 3), "laws_articles": (1, 3),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a deck before gluing."""

    text: str
    kind: Kind


Deck = tuple[Line, ...]

_MARKUP = re.compile(r"\*\*|`|!?\[([^\]]*)\]\([^)]*\)|<[^>]{1,40}>")
NUMBER = re.compile(r"^(\d{1,2})(?:[.\u3001)\uff09])\s*(?=\D)")
_BULLET = re.compile(r"^(?:[-*+\u2022]\s+|[(\uff08][一二三四五六七八九十]{1,3}[)\uff09])")
_LABEL = re.compile(r"^[^:\uff1a,\uff0c\u3002\uff1b]{2,14}[:\uff1a]\s*\S")
HAN = re.compile(r"[\u4e00-\u9fff]")
_PATH_SPACE = re.compile(r"(?<=[\u4e00-\u9fff\uff1f?\uff09)]) (?=[\u4e00-\u9fff])")
END = "\u3002\uff1b;."


def _clean(text: str) -> str:
    return _MARKUP.sub(lambda match: match.group(1) or "", text).strip()


def _chinese(text: str) -> bool:
    return len(HAN.findall(text)) * 2 >= len(text) > 1


def _kind(line: str, previous: str, following: str) -> Kind:
    """Kind of an unmarked line of a section: items come short, several in a row or behind a colon."""
    if NUMBER.match(line) or _BULLET.match(line):
        return "item"
    neighbours = [text for text in (previous, following) if text]
    short = len(line) <= 45 and line.rstrip(END).count("\u3002") == 0 and not line.endswith((":", "\uff1a"))
    if short and (previous.endswith((":", "\uff1a")) or any(len(text) <= 45 for text in neighbours)):
        return "item"
    return "item" if short and _LABEL.match(line) else "paragraph"


def section_lines(heading: str, body: str) -> list[Line]:
    """Lines of one section of documentation, the heading first, code and English left out."""
    lines = [Line(heading, "heading")] if 2 <= len(heading) <= 32 and _chinese(heading) else []
    texts = [text for raw in body.split("\n") if _chinese(text := _clean(raw))]
    for i, text in enumerate(texts):
        previous = texts[i - 1] if i else ""
        kind = _kind(text, previous, texts[i + 1] if i + 1 < len(texts) else "")
        lines.append(Line(_BULLET.sub("", text), kind))
    return lines


def read_sections(folder: Path) -> list[list[Deck]]:
    """Sections of each source, in file order; neighbours mostly come from one page."""
    found: list[list[Deck]] = []
    for source in SOURCES:
        decks: list[Deck] = []
        with gzip.open(folder / f"{source}.jsonl.gz", "rt", encoding="utf-8") as file:
            for row in map(json.loads, file):
                lines = section_lines(_PATH_SPACE.split(_clean(row["q"]))[-1], row["p"])
                if lines:
                    decks.append(tuple(lines))
        found.append(decks)
    return found


def read_notes(folder: Path) -> list[Deck]:
    """The Markdown notes, one deck a file."""
    return [deck for path in sorted(folder.rglob("*.md")) if (deck := markdown_lines(path.read_text(encoding="utf-8")))]


def own_decks() -> list[Deck]:
    """Decks written for training: cards, labelled lists and bare lists as slides have them."""
    text = Path(__file__).with_name("linebreaks_decks.txt").read_text(encoding="utf-8")
    return [markdown_lines(block) for block in text.strip().split("\n\n")]


def markdown_lines(source: str) -> Deck:
    """Lines of a Markdown note without its markers; front matter, tables and code are left out."""
    source = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.DOTALL)
    source = re.sub(r"```.*?```", "", source, flags=re.DOTALL)
    lines: list[Line] = []
    for raw in source.split("\n"):
        text = _clean(raw)
        if not text or text.startswith("|") or not _chinese(text.lstrip("#>-*+0123456789. ")):
            continue
        if text.startswith("#"):
            lines.append(Line(text.lstrip("# "), "heading"))
        elif _BULLET.match(text) or NUMBER.match(text):
            lines.append(Line(_BULLET.sub("", text), "item"))
        else:
            lines.append(Line(text.lstrip("> "), "paragraph"))
    return tuple(lines)


def held_out(decks: Sequence[Deck], block: int = 20, every: int = 400) -> tuple[list[Deck], list[Deck]]:
    """Training decks, and the first `block` of every `every` neighbouring ones, kept for measuring."""
    kept = [deck for i, deck in enumerate(decks) if i % every < block]
    return [deck for i, deck in enumerate(decks) if i % every >= block], kept
