"""What readers said of answers: 👍 and 👎 with what was asked, what was answered and what it was answered with.

Kept in one SQLite file that outlives the generations of the index. A vote that is changed replaces the one before, so that
nobody counts twice.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from kbqa.evaluation.database import Database, storable
from kbqa.text import unexecuted
from kbqa.types import Citation

Verdict = Literal["up", "down"]

FILE = "feedback.sqlite"
COLUMNS = (
    "at", "user", "question", "understood_as", "answer", "verdict", "reason", "citations", "settings", "generation",
    "message_id",
)  # fmt: skip
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    at TEXT NOT NULL, user TEXT NOT NULL, question TEXT NOT NULL, understood_as TEXT NOT NULL, answer TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('up', 'down')), reason TEXT NOT NULL, citations TEXT NOT NULL,
    settings TEXT NOT NULL, generation TEXT NOT NULL, message_id TEXT NOT NULL,
    PRIMARY KEY (message_id, user)
)
"""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One reader's verdict on one answer.

    Attributes:
        at: when, ISO 8601 in UTC.
        user: the account's name; empty without accounts.
        question: as asked.
        understood_as: what was looked up; stands by itself even where the question was a follow-up.
        answer: its text, without source numbers.
        reason: why, in the reader's own words; may be empty.
        citations: the quotes that the answer was made of.
        settings: digest of the settings that answered.
        generation: name of the index generation that answered.
        message_id: of the answer in its conversation.
    """

    at: str
    user: str
    question: str
    understood_as: str
    answer: str
    verdict: Verdict
    reason: str
    citations: tuple[Citation, ...]
    settings: str
    generation: str
    message_id: str


class FeedbackStore:
    """All feedback of an app, in a file that several threads and processes may use at once.

    Raises:
        EvaluationError: the file cannot be made or is no database; so does every method if it cannot be used later.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA)
        self._database.create()

    def add(self, feedback: Feedback) -> None:
        """Keep a verdict; one by the same user on the same message takes the place of the one before."""
        marks = ", ".join("?" * len(COLUMNS))
        with self._database.transaction() as connection:
            connection.execute(f"INSERT OR REPLACE INTO feedback VALUES ({marks})", _cells(feedback))

    def all(self) -> tuple[Feedback, ...]:
        """Everything on record, oldest first."""
        with self._database.transaction() as connection:
            found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM feedback ORDER BY at, message_id, user")
            return tuple(map(_feedback, found))


def _cells(feedback: Feedback) -> list[str]:
    citations = json.dumps([asdict(citation) for citation in feedback.citations])
    return [citations if name == "citations" else storable(getattr(feedback, name)) for name in COLUMNS]


def _feedback(cells: tuple[Any, ...]) -> Feedback:
    values = dict(zip(COLUMNS, cells, strict=True))
    return Feedback(**{**values, "citations": tuple(map(_citation, json.loads(values["citations"])))})


def _citation(fields: dict[str, Any]) -> Citation:
    lists = {"heading_path": tuple(fields["heading_path"]), "matched": tuple(fields["matched"])}
    return Citation(**{**fields, **lists, "also_in": tuple((d, s, e) for d, s, e in fields["also_in"])})


# --- for people and programs ------------------------------------------------------------------------------------------


def to_csv(feedback: Iterable[Feedback]) -> str:
    """One row a verdict with a header; each citation as `quote（file:line）`, a cell that a spreadsheet would compute marked as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in feedback:
        quotes = " | ".join(f"{c.quote}（{c.doc_id}:{c.line}）" for c in row.citations)
        writer.writerow([unexecuted(quotes if name == "citations" else getattr(row, name)) for name in COLUMNS])
    return out.getvalue()


def to_tuning(feedback: Iterable[Feedback]) -> str:
    """Answers marked 👍 with their quotes, as the JSONL that `kbqa tune --feedback` takes; refusals have nothing to teach."""
    rows = [
        {"question": row.understood_as or row.question, "evidence": [c.quote for c in row.citations], "rating": "up"}
        for row in feedback
        if row.verdict == "up" and row.citations
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
