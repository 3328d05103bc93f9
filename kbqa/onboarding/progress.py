"""What each learner did, in one SQLite file: steps finished, answers given, and when to ask again.

Every call opens its own connection and writes in one immediate transaction, so learners in many threads or processes wait
for one another instead of overwriting. When an item comes back is FSRS's business (the `fsrs` package): a wrong answer the
same day, a right one after growing intervals. Fuzz is off, so the same answers at the same times give the same dates.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from kbqa.errors import KbqaError
from kbqa.onboarding.items import QuizItem

Clock = Callable[[], datetime]

FILE = "learning.sqlite"
_WAIT = 30.0  # seconds for other writers
_AGAIN = (timedelta(minutes=10),)
_NAME = 40
_SCHEMA = """
CREATE TABLE IF NOT EXISTS learners (learner TEXT PRIMARY KEY, name TEXT NOT NULL, joined REAL NOT NULL, seen REAL NOT NULL);
CREATE TABLE IF NOT EXISTS steps (learner TEXT NOT NULL, doc_id TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (learner, doc_id));
CREATE TABLE IF NOT EXISTS answers (
  number INTEGER PRIMARY KEY, learner TEXT NOT NULL, item TEXT NOT NULL, doc_id TEXT NOT NULL, term TEXT NOT NULL,
  stem TEXT NOT NULL, right INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS memory (
  learner TEXT NOT NULL, item TEXT NOT NULL, card TEXT NOT NULL, due REAL NOT NULL, PRIMARY KEY (learner, item));
CREATE INDEX IF NOT EXISTS answers_of ON answers (learner, number);
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer to a quiz item; `stem` and `term` are as they were then."""

    item_id: str
    doc_id: str
    term: str
    stem: str
    right: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a learner is.

    Attributes:
        done: doc_id → when the step was finished, oldest first.
        attempts: oldest first.
        due: item_id → when to ask again, soonest first, for every item ever answered.
    """

    learner: str
    name: str
    joined: datetime
    seen: datetime
    done: dict[str, datetime]
    attempts: tuple[Attempt, ...]
    due: dict[str, datetime]

    @property
    def right(self) -> int:
        """Answers that were right."""
        return sum(attempt.right for attempt in self.attempts)

    def due_by(self, moment: datetime) -> tuple[str, ...]:
        """Items to ask again until then, soonest first."""
        return tuple(item for item, due in self.due.items() if due <= moment)


def local_now() -> datetime:
    """Now, with the zone of this machine: a learner's day ends at her midnight."""
    return datetime.now().astimezone()


def end_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=23, minute=59, second=59, microsecond=999999)


class Progress:
    """The learners of one app.

    Args:
        file: the SQLite file; made if there is none.
        now: the clock, with a time zone.
    """

    def __init__(self, file: Path, now: Clock = local_now) -> None:
        self.file = file
        self.now = now
        file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own.

        Raises:
            KbqaError: the file cannot be read or written, or stayed locked.
        """
        try:
            with closing(sqlite3.connect(self.file, timeout=_WAIT, isolation_level=None)) as db:
                db.row_factory = sqlite3.Row
                yield db
        except sqlite3.Error as error:
            raise KbqaError(
                f"学习记录 {self.file} 打不开（{error}）。请检查文件权限；已损坏的话，改名留底后会另建一个。",
                f"Cannot use the learning record {self.file} ({error}). Check its permissions; if it is damaged, "
                "rename it and a new one is made.",
            ) from error

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that has the file to itself from its first line."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def enrol(self, learner: str, name: str) -> None:
        """Make a learner known, or give her another name.

        Args:
            learner: who it is; two learners may have one name.
            name: shown to her and to the lead; cut at 40 characters.

        Raises:
            KbqaError: the name is empty.
        """
        shown = " ".join(name.split())[:_NAME]
        if not shown:
            raise KbqaError("请先写下你的名字。", "Please enter your name first.")
        now = self.now().timestamp()
        with self._write() as db:
            db.execute(
                "INSERT INTO learners VALUES (?, ?, ?, ?) ON CONFLICT (learner) DO UPDATE SET name = ?, seen = ?",
                (learner, shown, now, now, shown, now),
            )

    def answer(self, learner: str, item: QuizItem, chosen: int) -> bool:
        """Record an answer and plan when to ask again.

        Args:
            chosen: position in `item.options`.

        Returns:
            Whether it was right.
        """
        from fsrs import Card, Rating, Scheduler

        right = chosen == item.right
        now = self.now()
        scheduler = Scheduler(learning_steps=_AGAIN, relearning_steps=_AGAIN, enable_fuzzing=False)
        with self._write() as db:
            held = db.execute("SELECT card FROM memory WHERE learner = ? AND item = ?", (learner, item.item_id))
            row = held.fetchone()
            card = Card.from_json(row["card"]) if row else Card(card_id=0)
            rating = Rating.Good if right else Rating.Again
            card, _ = scheduler.review_card(card, rating, now.astimezone(timezone.utc))
            db.execute(
                "INSERT OR REPLACE INTO memory VALUES (?, ?, ?, ?)",
                (learner, item.item_id, card.to_json(), card.due.timestamp()),
            )
            db.execute(
                "INSERT INTO answers (learner, item, doc_id, term, stem, right, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (learner, item.item_id, item.citation.doc_id, item.term, item.stem, right, now.timestamp()),
            )
            self._seen(db, learner)
        return right

    def finish(self, learner: str, doc_id: str) -> None:
        """Record that a step is done; doing it again changes nothing."""
        with self._write() as db:
            db.execute("INSERT OR IGNORE INTO steps VALUES (?, ?, ?)", (learner, doc_id, self.now().timestamp()))
            self._seen(db, learner)

    def _seen(self, db: sqlite3.Connection, learner: str) -> None:
        db.execute("UPDATE learners SET seen = ? WHERE learner = ?", (self.now().timestamp(), learner))

    def standing(self, learner: str) -> Standing | None:
        """Where a learner is; None for one that nobody enrolled."""
        with self._open() as db:
            db.execute("BEGIN")  # one moment for all that is read
            row = db.execute("SELECT * FROM learners WHERE learner = ?", (learner,)).fetchone()
            return self._standing(db, row) if row else None

    def everyone(self) -> tuple[Standing, ...]:
        """All learners in the order in which they joined."""
        with self._open() as db:
            db.execute("BEGIN")
            rows = db.execute("SELECT * FROM learners ORDER BY joined, learner").fetchall()
            return tuple(self._standing(db, row) for row in rows)

    def _standing(self, db: sqlite3.Connection, row: sqlite3.Row) -> Standing:
        zone = self.now().tzinfo

        def moment(seconds: float) -> datetime:
            return datetime.fromtimestamp(seconds, zone)

        learner = (row["learner"],)
        done = db.execute("SELECT doc_id, at FROM steps WHERE learner = ? ORDER BY at, doc_id", learner)
        answers = db.execute("SELECT * FROM answers WHERE learner = ? ORDER BY number", learner)
        due = db.execute("SELECT item, due FROM memory WHERE learner = ? ORDER BY due, item", learner)
        return Standing(
            row["learner"], row["name"], moment(row["joined"]), moment(row["seen"]),
            {step["doc_id"]: moment(step["at"]) for step in done},
            tuple(
                Attempt(a["item"], a["doc_id"], a["term"], a["stem"], bool(a["right"]), moment(a["at"]))
                for a in answers
            ),
            {memory["item"]: moment(memory["due"]) for memory in due},
        )  # fmt: skip
