"""Feedback on answers: what is kept, who replaces whom, several processes at once, and the two ways out."""

from __future__ import annotations

import csv
import io
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from kbqa.errors import EvaluationError
from kbqa.evaluation.feedback import COLUMNS, Feedback, FeedbackStore, to_csv, to_tuning
from kbqa.training.tune import read_feedback
from kbqa.types import Citation

CITATION = Citation(
    "会员/积分.md", 12, 22, "每日签到发 5 分", ("会员积分", "积分怎么发放"), 7, (("别处.md", 3, 13),), ("签到", "积分")
)
UP = Feedback(
    at="2025-03-04T05:06:07+00:00", user="小陈", question="那签到呢？", understood_as="签到发多少积分？",
    answer="每日签到发 5 分", verdict="up", reason="", citations=(CITATION,), settings="ab12", generation="g-0007",
    message_id="m1",
)  # fmt: skip
DOWN = replace(
    UP, at="2025-03-05T00:00:00+00:00", user="", verdict="down", reason="=1+1", citations=(), message_id="m2"
)


@pytest.fixture
def store(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "state" / "feedback.sqlite")


def test_feedback_comes_back_as_it_was_given_oldest_first(store: FeedbackStore, tmp_path: Path) -> None:
    """Every field survives, tuples of a citation included; another store over the file sees the same."""
    store.add(DOWN)
    store.add(UP)
    assert store.all() == (UP, DOWN)
    assert FeedbackStore(tmp_path / "state" / "feedback.sqlite").all() == (UP, DOWN)


def test_nothing_on_record_is_no_error(store: FeedbackStore) -> None:
    assert store.all() == ()
    assert to_tuning(()) == ""
    assert to_csv(()) == ",".join(COLUMNS) + "\n"


def test_second_vote_of_a_user_on_a_message_replaces_the_first(store: FeedbackStore) -> None:
    """Another user's vote on the message, and the user's vote on another message, stay."""
    other_user, other_message = replace(UP, user="小林"), replace(UP, message_id="m3")
    changed = replace(UP, at="2025-03-04T05:09:00+00:00", verdict="down", reason="过时了")
    for vote in (UP, other_user, other_message, changed):
        store.add(vote)
    assert set(store.all()) == {other_user, other_message, changed}


def test_half_a_surrogate_pair_is_left_out(store: FeedbackStore) -> None:
    """A browser can send one; no database takes it."""
    store.add(replace(UP, reason="好\ud83d的"))
    assert store.all()[0].reason == "好的"


def test_threads_write_at_once(store: FeedbackStore) -> None:
    votes = [replace(UP, message_id=f"m{i:03}") for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.add, votes))
    assert store.all() == tuple(votes)


_WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from kbqa.evaluation.feedback import Feedback, FeedbackStore
store = FeedbackStore(Path(sys.argv[1]))
for i in range(25):
    store.add(Feedback("2025-01-01T00:00:00+00:00", sys.argv[2], "", "", "", "up", "", (), "", "", f"{i:02}"))
"""


def test_processes_write_at_once_to_a_file_that_none_of_them_has_made(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name]) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    kept = {(f.user, f.message_id) for f in FeedbackStore(path).all()}
    assert kept == {(name, f"{i:02}") for name in "abc" for i in range(25)}


def test_what_is_no_database_is_named_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "feedback.sqlite"
    path.write_bytes(b"not a database, but long enough to be taken for one" * 30)
    with pytest.raises(EvaluationError, match=r"feedback\.sqlite.*移走") as caught:
        FeedbackStore(path)
    assert "move a damaged file away" in caught.value.en


def test_a_verdict_that_is_neither_is_refused_and_nothing_is_lost(store: FeedbackStore) -> None:
    store.add(UP)
    with pytest.raises(EvaluationError):
        store.add(replace(UP, verdict="maybe"))  # type: ignore[arg-type]
    assert store.all() == (UP,)


def test_file_is_in_the_mode_in_which_readers_do_not_wait_for_writers(store: FeedbackStore, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "state" / "feedback.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_csv_has_a_row_a_verdict_and_nothing_that_a_spreadsheet_computes() -> None:
    rows = list(csv.reader(io.StringIO(to_csv((UP, DOWN)))))
    assert rows[0] == list(COLUMNS)
    assert dict(zip(COLUMNS, rows[1], strict=True))["citations"] == "每日签到发 5 分（会员/积分.md:7）"
    assert dict(zip(COLUMNS, rows[2], strict=True))["reason"] == "'=1+1"


def test_marked_right_is_what_tuning_reads(tmp_path: Path) -> None:
    """The question that stands by itself with its quotes; 👎 and answers without a quote teach nothing."""
    refused = replace(UP, citations=(), message_id="m4")
    file = tmp_path / "feedback.jsonl"
    file.write_text(to_tuning((UP, DOWN, refused)), encoding="utf-8")
    assert read_feedback(file) == [("签到发多少积分？", "每日签到发 5 分")]
