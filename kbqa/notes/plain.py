"""Plain and scraped text → lines: which lines are headings when nothing marks them, and lost line breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kbqa.notes.linebreaks import needs_restoring, restore_breaks
from kbqa.notes.outline import Line
from kbqa.notes.spaced import unspaced, with_dash

_LEVELS: tuple[tuple[re.Pattern[str], int], ...] = (
    (re.compile(r"^第[一二三四五六七八九十百\d]+[章节部分篇讲课]"), 1),
    (re.compile(r"^[一二三四五六七八九十]+[、.．]"), 2),
    (re.compile(r"^[(（][一二三四五六七八九十]+[)）]"), 3),
    (re.compile(r"^\d+\.\d+\.\d+"), 4),
    (re.compile(r"^\d+\.\d+(?!\d*[%％])"), 3),
    (re.compile(r"^(?:方法|步骤|阶段|案例|要点|误区|技巧|原则)[一二三四五六七八九十\d]+\s*[:：]"), 5),
    (re.compile(r"^[(（]\d+[)）]"), 5),
    (re.compile(r"^\d+[.．、](?!\d)"), 4),
)
_INNER_MARK = re.compile(r"[\u3002\uff0c,;\uff1b!?\uff01\uff1f\u3001]|[:：].")
# Words that make a short line a sentence rather than a heading.
_SPOKEN = re.compile(r"[就都会要能了吗我你他她把也呢吧啊不这那才又再去来说]")
_NAMING = re.compile(r"[\u3400-\u9fff]{2}|[A-Za-z]{3}")
_MAX_NUMBERED, _MAX_BARE = 24, 16
_ENDS = tuple("。！？")
_DASH = "- "


def plain_lines(rows: Sequence[str], title: str) -> tuple[list[Line], int]:
    """Lines of a plain text, and how many lost line breaks were restored.

    Args:
        rows: cleaned rows of the file; blank ones part paragraphs.
        title: the document's title; a row that repeats it is a heading.
    """
    numbers = [i for i, row in enumerate(rows) if row.strip()]
    rows = [with_dash(rows[i].strip()) for i in numbers]
    if not rows:
        return [], 0
    lines: list[Line] = []
    restored = 0
    for number, before, row, following in zip(numbers, ["", *rows[:-1]], rows, [*rows[1:], ""], strict=True):
        if pieces := unspaced(row, number):
            pieces = [line for one in pieces for line in (_restore(one.text, number) if _glued(one) else [one])]
            restored += len(pieces) - 1
            lines.extend(pieces)
        elif needs_restoring(row):
            pieces = _restore(row, number)
            restored += len(pieces) - 1
            lines.extend(pieces)
        elif row == title:
            lines.append(Line(row, 1, number))
        else:
            lines.append(Line(row, heading_level(row, following, before), number))
    return lines, restored


def heading_level(row: str, following: str, before: str = "") -> int:
    """Level of a row that is a heading without being marked as one; 0 for text.

    A numbered row is a heading if it is short, has no mark inside and text follows that is no further item of the same
    run; one of several rows with dashes is an item; a bare row also has to be a noun phrase much shorter than the text behind it.
    """
    if row.startswith(_DASH) and (before.startswith(_DASH) or following.startswith(_DASH)):
        return 0
    body = row.rstrip(":：")
    for pattern, level in _LEVELS:
        if match := pattern.match(row):
            rest = (
                body[match.end() :].lstrip(" :：")
                if level != 5 or match.group()[-1] not in ":："
                else row[match.end() :]
            )
            is_run = level >= 4 and bool(pattern.match(following) or pattern.match(before))
            short = 0 < len(rest) <= _MAX_NUMBERED and not _INNER_MARK.search(rest)
            return level if short and following and not is_run else 0
    bare = (
        bool(_NAMING.search(row)) and len(row) <= _MAX_BARE and not _INNER_MARK.search(row) and not _SPOKEN.search(row)
    )
    return 3 if bare and row[-1] not in ":：" and len(following) >= 1.5 * len(row) else 0


def _opens(piece: str, before: str) -> bool:
    """Whether a piece behind a finished sentence names something without saying anything of it."""
    named = bool(_NAMING.search(piece)) and not _SPOKEN.search(piece)
    return named and before[-1:] in _ENDS and piece[-1:] not in (*_ENDS, *":：")


def _glued(line: Line) -> bool:
    return not line.level and needs_restoring(line.text)


def _restore(row: str, number: int) -> list[Line]:
    """Cut a row whose line breaks were lost; a heading straight before another is the higher of the two."""
    breaks = restore_breaks(row)
    starts = [0, *(b.offset for b in breaks)]
    pieces = [row[a:b].strip() for a, b in zip(starts, [*starts[1:], len(row)], strict=True)]
    kinds = ["heading", *(b.kind for b in breaks)]
    headings = [
        (k == "heading" or _opens(p, before)) and len(p) <= _MAX_NUMBERED and not _INNER_MARK.search(p)
        for p, k, before in zip(pieces, kinds, ["", *pieces[:-1]], strict=True)
    ]
    headings[0] = headings[0] and len(pieces) > 1
    levels = [(2 if below else 3) if here else 0 for here, below in zip(headings, [*headings[1:], False], strict=True)]
    return [Line(piece, level, number) for piece, level in zip(pieces, levels, strict=True) if piece]
