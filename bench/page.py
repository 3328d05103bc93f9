"""Pages whose tables are measured: what stands between two markers is written anew, the prose around them is not."""

from __future__ import annotations

import sys
from pathlib import Path


def write_between(page: Path, begin: str, end: str, text: str) -> None:
    """Put a text between the markers of a page; a page without them ends the program with a message."""
    head, opened, rest = page.read_text("utf-8").partition(begin)
    _, closed, tail = rest.partition(end)
    if not opened or not closed:
        raise SystemExit(f"{page.name} lacks the lines {begin} and {end}; the table was not written.")
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}", "utf-8")
    print(f"已写入 written to {page.parent.name}/{page.name}", file=sys.stderr)


def markdown_table(head: list[str], rows: list[list[str]], words: int = 1) -> str:
    """A table; the first `words` columns hold words, the others numbers."""
    rule = ["---" if i < words else "---:" for i in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))
