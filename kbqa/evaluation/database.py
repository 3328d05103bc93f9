"""A SQLite file that several threads and processes use at once.

A connection lives for one block: opening one takes a fraction of a millisecond, and none has to be shared between threads.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from kbqa.errors import EvaluationError

_PATIENCE = 20.0
"""Seconds to wait for another writer."""


@dataclass(frozen=True, slots=True)
class Database:
    """A file and the statements that make its tables where they are not there yet.

    Attributes:
        schema: statements of the form `CREATE … IF NOT EXISTS`.
    """

    path: Path
    schema: str

    def create(self) -> None:
        """Make the file with its tables; nothing happens to one that is there.

        Raises:
            EvaluationError: it cannot be made, or is no database.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # A journal mode is changed without waiting for others, so two that start at once would trip over each other.
            with FileLock(f"{self.path}.lock"), closing(sqlite3.connect(self.path, _PATIENCE)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(self.schema)
        except (sqlite3.Error, OSError) as error:
            raise self._refused(error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection whose changes are kept together at the end of the block, or not at all.

        Raises:
            EvaluationError: the file cannot be read or written.
        """
        try:
            with closing(sqlite3.connect(self.path, _PATIENCE)) as connection, connection:
                yield connection
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> EvaluationError:
        return EvaluationError(
            f"读写不了 {self.path}（{error}）。请检查磁盘空间和文件权限；文件坏了就把它移走，重新启动后会新建一个。",
            f"Cannot read or write {self.path} ({error}). Check disk space and permissions; move a damaged file away and "
            "start again: a new one is made.",
        )


def storable(text: str) -> str:
    """The text without halves of surrogate pairs, which no database takes."""
    return text.encode("utf-8", "ignore").decode("utf-8")
