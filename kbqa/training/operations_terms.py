"""General terms of internet operations, Chinese and English, written for this package from professional knowledge.

They keep such words in one piece in the vocabulary and teach the model that a Chinese term, its English name and its
abbreviation mean the same. Nothing here comes from anyone's notes.
"""

from __future__ import annotations

from pathlib import Path


def synonym_sets() -> tuple[tuple[str, ...], ...]:
    """The names of each term: one line of `operations_terms.txt`, Chinese and English names parted by "|"."""
    table = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8")
    return tuple(tuple(line.split("|")) for line in table.splitlines())


def names() -> tuple[str, ...]:
    """Every name once, in the order of the table."""
    return tuple(dict.fromkeys(name for group in synonym_sets() for name in group))
