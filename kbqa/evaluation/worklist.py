"""What to write next: questions that the notes did not answer and answers that readers marked 👎, as one list with states.

Groups are made anew from the record whenever it or the notes change, and have no name of their own. What people say of a
group is therefore kept with each of its wordings, so that it stays with the matter when groups grow, join or part.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal, get_args

from kbqa.evaluation.database import Database, storable
from kbqa.evaluation.feedback import Feedback, FeedbackStore
from kbqa.evaluation.gap_groups import GapGroup, group_gaps
from kbqa.evaluation.gaps import Gap, Near, read_gaps
from kbqa.indexing.index import Index
from kbqa.knowledge import KnowledgeBase
from kbqa.retrieval.question import MAX_CHARACTERS
from kbqa.text import squeeze, unexecuted

State = Literal["open", "in work", "done", "not ours"]

STATES: tuple[State, ...] = get_args(State)
FILE = "worklist.sqlite"
COLUMNS = (
    "question", "state", "asked", "refused", "disliked", "wanted", "wordings", "first", "last", "terms", "advice", "reasons", "doc_id",
    "heading", "note", "marked", "by",
)  # fmt: skip
_SCHEMA = """
CREATE TABLE IF NOT EXISTS marks (
    wording TEXT PRIMARY KEY, state TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL
)
"""
NOTE = 2000
"""Characters of a note that are kept."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What somebody said of an item.

    Attributes:
        by: the account's name; empty without accounts.
    """

    state: State
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Item:
    """Something to write, or to write better.

    Attributes:
        group: what was asked; its count holds refusals and complaints alike.
        complaints: the 👎 among it, the latest first.
        changed: whether the answer quotes something else by now than any answer complained of.
        mark: the latest one, if there is any.
    """

    group: GapGroup
    complaints: tuple[Feedback, ...] = ()
    changed: bool = False
    mark: Mark | None = None

    @property
    def key(self) -> str:
        """Finds the item again; see `Worklist.item`."""
        return squeeze(self.group.question)

    @property
    def refusals(self) -> int:
        return self.group.count - len(self.complaints)

    @property
    def reopened(self) -> bool:
        """Whether it came up again after it was said to be done."""
        return self.mark is not None and self.mark.state == "done" and self.group.last > self.mark.at

    @property
    def state(self) -> State:
        return "open" if self.mark is None or self.reopened else self.mark.state

    @property
    def note(self) -> str:
        return self.mark.note if self.mark else ""

    @property
    def answered(self) -> bool:
        """Whether nothing is left to do as far as a program can tell: every wording gets an answer that nobody disliked."""
        return self.group.advice == "answered" and not self.complaints


@dataclass(frozen=True, slots=True)
class _Grouped:
    """Groups with what they were made of, so that they are made once."""

    index: Index
    gaps: tuple[Gap, ...]
    complaints: tuple[Feedback, ...]
    items: tuple[Item, ...]


class Worklist:
    """The list over a knowledge base; several threads and processes may use it at once.

    Args:
        path: the file that keeps what people say of items.
        feedback: where 👎 come from.

    Raises:
        EvaluationError: the file cannot be made or is no database; so does every method if a record cannot be used later.
    """

    def __init__(self, path: Path, kb: KnowledgeBase, feedback: FeedbackStore) -> None:
        self._database = Database(path, _SCHEMA)
        self._database.create()
        self._kb = kb
        self._feedback = feedback
        self._grouped: _Grouped | None = None
        self._lock = threading.Lock()

    def items(self) -> tuple[Item, ...]:
        """Everything on record, the most frequent first, then the latest."""
        gaps = read_gaps(self._kb.path).gaps
        complaints = tuple(f for f in self._feedback.all() if f.verdict == "down" and squeeze(_asked(f)))
        with self._lock:
            known = self._grouped
            index = self._kb._index
            if known is None or (known.index, known.gaps, known.complaints) != (index, gaps, complaints):
                known = _Grouped(index, gaps, complaints, _items(self._kb, gaps, complaints))
                self._grouped = known
        marks = self._marks()
        return tuple(_marked(item, marks) for item in known.items)

    def item(self, key: str) -> Item | None:
        """The item that holds a wording, if it is still on record."""
        return next((item for item in self.items() if key in map(squeeze, item.group.wordings)), None)

    def mark(self, item: Item, state: State, note: str, by: str = "", now: datetime | None = None) -> Item:
        """Keep what somebody says of an item; returns it with that.

        Args:
            note: up to 2000 characters of it are kept.
            by: the account's name.
            now: the present if left out.
        """
        at = (now or datetime.now(timezone.utc)).astimezone(timezone.utc)
        mark = Mark(state, storable(note.strip())[:NOTE], at, by)
        rows = [(squeeze(w), mark.state, mark.note, at.isoformat(), by) for w in item.group.wordings]
        with self._database.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO marks VALUES (?, ?, ?, ?, ?)", rows)
        return replace(item, mark=mark)

    def check_again(self, by: str = "", now: datetime | None = None) -> tuple[Item, ...]:
        """Ask everything once more, of the newest index, and mark as done what was open or in work and is answered by now.

        What readers disliked stays: whether an answer is good now is for people to say.

        Returns:
            The items that were marked.

        Raises:
            StoreError: a newer index is there and cannot be used.
        """
        self._kb.refresh()
        self._grouped = None  # the same index may have been calibrated since
        waiting = [item for item in self.items() if item.answered and item.state in ("open", "in work")]
        return tuple(self.mark(item, "done", item.note, by, now) for item in waiting)

    def _marks(self) -> dict[str, Mark]:
        """Wording → what was said of it last."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT wording, state, note, at, by FROM marks").fetchall()
        return {wording: Mark(state, note, datetime.fromisoformat(at), by) for wording, state, note, at, by in rows}


def _asked(feedback: Feedback) -> str:
    return (feedback.understood_as or feedback.question)[:MAX_CHARACTERS]


def when(feedback: Feedback) -> datetime:
    """The time of a verdict; UTC if it does not say."""
    at = datetime.fromisoformat(feedback.at.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def _items(kb: KnowledgeBase, gaps: Sequence[Gap], complaints: Sequence[Feedback]) -> tuple[Item, ...]:
    """Groups of refusals and complaints together, without marks."""
    groups = group_gaps([*gaps, *map(_as_gap, complaints)], kb)
    items = []
    for group in groups:
        wordings = set(map(squeeze, group.wordings))
        own = sorted((f for f in complaints if squeeze(_asked(f)) in wordings), key=when, reverse=True)
        changed = bool(own) and all(_changed(kb, complaint) for complaint in own)
        items.append(Item(group, tuple(own), changed))
    return tuple(items)


def _as_gap(feedback: Feedback) -> Gap:
    """An answer that was disliked, as a question that still waits for one."""
    nearest = dict.fromkeys(Near(c.doc_id, c.heading_path) for c in feedback.citations)
    return Gap(when(feedback), feedback.question, _asked(feedback), 1.0, tuple(nearest)[:3], "chat")


def _changed(kb: KnowledgeBase, complaint: Feedback) -> bool:
    now = {citation.quote for citation in kb.ask(_asked(complaint)).citations}
    return now != {citation.quote for citation in complaint.citations}


def _marked(item: Item, marks: dict[str, Mark]) -> Item:
    own = [marks[key] for wording in item.group.wordings if (key := squeeze(wording)) in marks]
    return replace(item, mark=max(own, key=lambda mark: mark.at, default=None))


def to_csv(items: Sequence[Item]) -> str:
    """One row an item with a header; lists joined by a bar, times in UTC, a cell that a spreadsheet would compute marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for item in items:
        group, near, mark = item.group, item.group.nearest or Near(""), item.mark
        reasons = " | ".join(complaint.reason for complaint in item.complaints if complaint.reason)
        cells = (
            group.question, item.state, str(group.count), str(item.refusals), str(len(item.complaints)), str(group.marked),
            " | ".join(group.wordings), _utc(group.first), _utc(group.last), " | ".join(group.terms), group.advice, reasons,
            near.doc_id, " › ".join(near.heading_path), item.note, _utc(mark.at) if mark else "", mark.by if mark else "",
        )  # fmt: skip
        writer.writerow(map(unexecuted, cells))
    return out.getvalue()


def _utc(at: datetime) -> str:
    return at.astimezone(timezone.utc).isoformat(timespec="seconds")
