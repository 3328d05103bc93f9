"""Knowledge gaps: questions that the notes did not answer, recorded as they happen; `gap_groups` groups them.

    index/
      gaps.jsonl                   one refused question a line; outlives the generations of the index
      gaps-20250131-083000.jsonl   an archive: what `kbqa gaps --clear` put away

Every refusal is a line of its own, also when the same question comes again: a line is appended by one write to a file
opened with O_APPEND, so that processes need no lock, and counting is left to whoever reads. A reader passes over what is no record.
"""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal, get_args

from kbqa.errors import EvaluationError
from kbqa.text import squeeze
from kbqa.types import Answer

Source = Literal["chat", "cli", "eval"]

FILE = "gaps.jsonl"
MAX_BYTES = 64 << 20
_CHARACTERS, _NEAREST = 2000, 3
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Near:
    """A place in the notes: a document and the headings down to the passage."""

    doc_id: str
    heading_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """A question that was refused.

    Attributes:
        at: when, with a time zone.
        understood_as: what was looked up: stands by itself even where the question was a follow-up.
        confidence: probability, 0 to 1, that the notes answer it, too little to answer.
        nearest: the best passages of that time, at most three.
        marked: a reader said that the notes should answer it; the refusal itself has a line of its own.
    """

    at: datetime
    question: str
    understood_as: str
    confidence: float
    nearest: tuple[Near, ...]
    source: Source
    marked: bool = False


@dataclass(frozen=True, slots=True)
class GapFile:
    """The gaps on record in the order of the file, and the lines that are none as (line number, reason)."""

    gaps: tuple[Gap, ...]
    bad_rows: tuple[tuple[int, str], ...]


# --- recording --------------------------------------------------------------------------------------------------------


def record_gap(
    index: Path, answer: Answer, source: Source, now: datetime | None = None, *, marked: bool = False
) -> bool:
    """Append a refused question to the record of an index folder; whether a line was written.

    Nothing is recorded of an answer that was given, nor of what is no question (marks, a figure, one letter over and over).
    Whoever asked is never troubled: a record that cannot be written is a warning in the log, which does not repeat the question.

    Args:
        index: the index folder, beside whose CURRENT the record lies.
        now: the present if left out; without a time zone it is local time.
        marked: a reader says so of a refusal that is on record already.
    """
    if not answer.abstained or answer.choices or not is_question(answer.question):  # choices: small talk
        return False
    at = (now or datetime.now(timezone.utc)).astimezone(timezone.utc)
    nearest = tuple(Near(h.chunk.doc_id, h.chunk.heading_path) for h in (answer.related or answer.hits)[:_NEAREST])
    question = _clean(answer.question)
    gap = Gap(at, question, _clean(answer.understood_as) or question, answer.confidence, nearest, source, marked)
    try:
        _append(index / FILE, json.dumps(_plain(gap), ensure_ascii=False).encode() + b"\n")
    except (OSError, ValueError) as error:  # ValueError: a file name that is no Unicode
        _log.warning("没有记下一条知识缺口 a knowledge gap was not recorded in %s: %s", index / FILE, _reason(error))
        return False
    return True


def is_question(text: str) -> bool:
    """Whether a text may ask something: at least two different characters besides marks, and not figures alone."""
    key = squeeze(text)
    return len(set(key)) > 1 and not key.isdigit()


def _clean(text: str) -> str:
    """One line without control characters and halves of surrogate pairs, cut to the longest question there is."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_CHARACTERS]


def _plain(gap: Gap) -> dict[str, Any]:
    return {
        "at": gap.at.isoformat(timespec="seconds"), "question": gap.question, "understood_as": gap.understood_as,
        "confidence": gap.confidence,
        "nearest": [{"doc_id": n.doc_id, "heading_path": list(map(_clean, n.heading_path))} for n in gap.nearest],
        "source": gap.source, **({"marked": True} if gap.marked else {}),
    }  # fmt: skip


def _append(path: Path, line: bytes) -> None:
    """Append a line by one write; one that was torn before (a full disk, an editor) is ended first.

    Raises:
        OSError: the file cannot be written, or is as long as it may get.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        size = os.fstat(descriptor).st_size
        if size + len(line) > MAX_BYTES:
            raise OSError(f"超过 {MAX_BYTES >> 20} MiB，请运行 kbqa gaps --clear / too long, run kbqa gaps --clear")
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        if os.write(descriptor, line) < len(line):
            raise OSError("磁盘已满 the disk is full")
    finally:
        os.close(descriptor)


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


# --- reading ----------------------------------------------------------------------------------------------------------


def read_gaps(index: Path) -> GapFile:
    """What is on record beside an index; lines that are no record are set aside. Nothing on record is no error.

    Raises:
        EvaluationError: the file is there and cannot be read.
    """
    path = index / FILE
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return GapFile((), ())
    except OSError as error:
        raise EvaluationError(
            f"读不了知识缺口的记录 {path}（{_reason(error)}）。请检查该文件的权限。",
            f"Cannot read the knowledge gaps in {path} ({_reason(error)}). Check the file's permissions.",
        ) from None
    gaps, bad = [], []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            gaps.append(_gap(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            bad.append((number, f"{type(error).__name__}: {error}"))
    return GapFile(tuple(gaps), tuple(bad))


def _gap(row: Mapping[str, Any]) -> Gap:
    at = datetime.fromisoformat(row["at"])
    question, confidence = _clean(row["question"]), float(row["confidence"])
    understood = _clean(row["understood_as"]) or question
    if not (squeeze(question) and squeeze(understood)):
        raise ValueError("the question has no words")
    if not math.isfinite(confidence):
        raise ValueError(f"confidence is {confidence}")
    if row["source"] not in get_args(Source):
        raise ValueError(f"source is {row['source']!r}")
    nearest = tuple(Near(str(n["doc_id"]), tuple(map(str, n["heading_path"]))) for n in row["nearest"])
    at = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    return Gap(at, question, understood, confidence, nearest, row["source"], row.get("marked") is True)


def archive_gaps(index: Path, now: datetime | None = None) -> Path | None:
    """Put the record away under a name with the time and start afresh; None if there was none.

    A process that is writing at this moment writes into the archive: nothing is lost.

    Raises:
        EvaluationError: the folder cannot be written.
    """
    path = index / FILE
    stamp = f"{(now or datetime.now(timezone.utc)).astimezone(timezone.utc):%Y%m%d-%H%M%S}"
    target, number = index / f"gaps-{stamp}.jsonl", 1
    while target.exists():
        number += 1
        target = index / f"gaps-{stamp}-{number}.jsonl"
    try:
        return path.rename(target)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EvaluationError(
            f"不能归档 {path}（{_reason(error)}）。请检查文件夹的权限。",
            f"Cannot archive {path} ({_reason(error)}). Check the folder's permissions.",
        ) from None
