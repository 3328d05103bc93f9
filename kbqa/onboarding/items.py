"""What a quiz item is, and how one is put together: its id, the order of its options, its citation.

Nothing here is drawn at random. Ids and orders come from digests of what the item says, so an item is the same after the
index is rebuilt, under any hash seed and on any machine, and a learner's record of it stays valid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kbqa.text import Span
from kbqa.types import Citation, Document

Kind = Literal["definition", "term", "formula", "order", "odd", "number"]


@dataclass(frozen=True, slots=True)
class QuizItem:
    """A question with one right option, made from the notes alone.

    Attributes:
        item_id: digest of kind, term and stem.
        term: name of the glossary term that it is about; empty if it is about a passage only.
        stem: the question, in Chinese.
        options: 3 or 4, plain text.
        right: index of the right one in `options`.
        citation: the passage that proves the right option.
    """

    item_id: str
    kind: Kind
    term: str
    stem: str
    options: tuple[str, ...]
    right: int
    citation: Citation


def digest(*parts: str) -> str:
    """A stable order among things: SHA-256 of some strings, hexadecimal."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def item(
    kind: Kind,
    term: str,
    stem: str,
    right: str,
    wrong: Sequence[str],
    citation: Citation,
    *,
    order: Sequence[str] = (),
) -> QuizItem:
    """An item from its right option and the wrong ones.

    Args:
        order: all options as they shall stand; without it a digest orders them.
    """
    options = tuple(order) or tuple(sorted((right, *wrong), key=lambda option: digest(stem, option)))
    return QuizItem(digest(kind, term, stem)[:16], kind, term, stem, options, options.index(right), citation)


def cite(document: Document, span: Span) -> Citation:
    """The citation of a piece of a document."""
    start, end = span
    path = next((s.path for s in reversed(document.sections) if s.start <= start < s.end), (document.title,))
    return Citation(document.doc_id, start, end, document.text[start:end], path, document.line_at(start))
