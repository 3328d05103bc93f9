"""Slides that were copied as one long row, their line breaks become spaces: bullets and page numbers tell where lines began."""

from __future__ import annotations

import re

from kbqa.notes.outline import Line

_SHORTEST = 80
_BULLETS, _PAGES = 3, 3
_TITLE = 24
_BULLET = re.compile(r"(?<=\S)\s*(?=[●■◆▪◇➢]\s*[^\s●■◆▪◇➢])")
_CIRCLED = re.compile(r"(?<=\S)\s*(?=[①-⑳])")
_MEASURE = "[张元个年月天日次件折周分秒人块万倍条种款家号点成小级位名份期场篇轮岁斤米]"
_PAGE = re.compile(
    rf"(?:^|(?<=\s))(?:第\s?(\d{{1,3}})\s?页|[Pp]?(\d{{1,3}}))\s+(?!{_MEASURE}(?:[\s，。；、,;]|$))(?=[\u3400-\u9fffA-Za-z“]\S)"
)
_PAUSE = re.compile(r"[，。；！？：,;!?:]")
_OPENING = re.compile(r"^[●■◆▪◇➢]\s*(?=[^\s●■◆▪◇➢])")


def with_dash(row: str) -> str:
    """A row with the bullet it begins with written as everywhere else."""
    return _OPENING.sub("- ", row)


def unspaced(row: str, number: int) -> list[Line]:
    """The lines of a row that was several, its pages' titles as headings; none if it has no bullets within.

    Args:
        number: the row's, counted from 0.
    """
    bullets = [match.end() for match in _BULLET.finditer(row)]
    if len(row) < _SHORTEST or len(bullets) < _BULLETS:
        return []
    circled = [match.end() for match in _CIRCLED.finditer(row)] if "②" in row else []
    pages = _pages(row)
    starts = sorted({0, *bullets, *circled, *pages})
    lines: list[Line] = []
    for start, end in zip(starts, [*starts[1:], len(row)], strict=True):
        text = row[start:end].strip()
        if start in pages:
            title, text = _title(text[pages[start] :])
            lines += [Line(title, 3, number)] if title else []
        lines += [Line(with_dash(text), 0, number)] if text else []
    return lines


def _pages(row: str) -> dict[int, int]:
    """Where pages begin → how long what numbers them is; the numbers count up from 1 or 2, and a name follows each, no measure."""
    found: dict[int, int] = {}
    page = 0
    for match in _PAGE.finditer(row):
        following = int(match[1] or match[2])
        if following == page + 1 or (not page and following == 2):
            found[match.start()] = match.end() - match.start()
            page = following
    return found if len(found) >= _PAGES else {}


def _title(page: str) -> tuple[str, str]:
    """What a page begins with up to a space if it is short and without pauses, else nothing, and the rest."""
    head, _, rest = page.partition(" ")
    return ("", page) if len(head) > _TITLE or _PAUSE.search(head) else (head, rest.strip())
