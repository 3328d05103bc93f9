"""Lines → text and heading tree: the last step that every reader shares.

A document's text holds one block (heading, paragraph, list item, table row) a line. Readers for further formats only
have to produce `Line`s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kbqa.types import Section


@dataclass(frozen=True, slots=True)
class Line:
    """One block.

    Attributes:
        level: above 0 makes it a heading; 1 is the highest.
        row: the row of the decoded file that it starts on, counted from 0.
    """

    text: str
    level: int = 0
    row: int = 0


_NUMBERING = re.compile(
    r"^(?:[\W_]*(?:第[一二三四五六七八九十百\d]+[章节部分篇讲课]|[一二三四五六七八九十]+[、.．]|[(（][一二三四五六七八九十\d]+[)）]"
    r"|\d+(?:[.．]\d+)+[.．、)）]?(?![\d%％倍])|\d+[.．、)）](?=\D)|\d{1,2}\s+(?![\d日天个周月年种类步条项大点次倍级层%]))\s*)+(?=.)"
)
_DECORATION = re.compile(r"^[\s#*_~=\-—>➤►▶●■◆★☆]+|[\s#*_~=\-—<➤►▶●■◆★☆:：]+$")


def heading_name(text: str) -> str:
    """A heading without numbering and ornaments: `（1）用户运营` → `用户运营`; numbering alone stays."""
    bare = _DECORATION.sub("", text.strip())
    return _DECORATION.sub("", _NUMBERING.sub("", bare)).strip() or bare


def assemble(lines: Sequence[Line], title: str) -> tuple[str, tuple[Section, ...]]:
    """Join lines into the document's text and derive the sections with their spans.

    Headings that carry no text of their own stay in the tree: that the notes announce a topic and say nothing of it
    is worth knowing.
    """
    offsets, position = [], 0
    for line in lines:
        offsets.append(position)
        position += len(line.text) + 1
    text = "\n".join(line.text for line in lines)
    headings = [i for i, line in enumerate(lines) if line.level]
    sections: list[Section] = []
    stack: list[tuple[int, str]] = []
    for order, index in enumerate(headings):
        line = lines[index]
        stack = [(level, name) for level, name in stack if level < line.level]
        stack.append((line.level, heading_name(line.text)))
        following = (offsets[j] for j in headings[order + 1 :] if lines[j].level <= line.level)
        body_start = min(offsets[index] + len(line.text) + 1, len(text))
        path = tuple(name for _, name in stack)
        sections.append(
            Section(
                path[-1], line.level, offsets[index], body_start, next(following, len(text)), _with_title(title, path)
            )
        )
    return text, tuple(sections)


def _with_title(title: str, path: tuple[str, ...]) -> tuple[str, ...]:
    """A title without a Chinese word or a space is a file's name in disguise and says nothing."""
    telling = any("\u3400" <= c <= "\u9fff" or c == " " for c in title)
    return (title, *path) if telling and path[0] != title else path
