"""Question sets: one JSON object a line, or a table (fields in docs/evaluation.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbqa.errors import EvaluationError

JSON_LINES = (".jsonl", ".ndjson", ".json")


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what is known about its right answer.

    Attributes:
        evidence: groups of alternative quotes; a passage supports a group if it contains one of them.
        nuggets: facts that a right answer states, each as alternative strings.
        sources: documents that hold the evidence.
    """

    id: str
    question: str
    type: str = ""
    history: tuple[dict[str, str], ...] = ()
    answerable: bool = True
    evidence: tuple[tuple[str, ...], ...] = ()
    nuggets: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The questions of a file, and the rows that could not be used as (line number, reason)."""

    cases: tuple[Case, ...]
    bad_rows: tuple[tuple[int, str], ...]


def read_questions(path: Path, name: str = "") -> CaseFile:
    """Read a question set in any of the forms, told apart by the end of the file's name; see `read_cases`."""
    if Path(name or path).suffix.lower() in JSON_LINES:
        return read_cases(path, name)
    from kbqa.evaluation.tables import read_table  # it makes the cases of this module

    return read_table(path, name)


def read_cases(path: Path, name: str = "") -> CaseFile:
    """Read a JSONL question set; bad rows are set aside, not fatal.

    Args:
        name: what messages call the file; its path by default.

    Raises:
        EvaluationError: the file is missing or has no usable row.
    """
    name = name or str(path)
    try:
        rows = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(
            f"读不了问题集 {name}（{error}）。请检查路径与编码（UTF-8）。",
            f"Cannot read {name}: {error}. It has to be UTF-8.",
        ) from None
    cases: list[Case] = []
    bad: list[tuple[int, str]] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            case = case_of(json.loads(row), number)
            if case.id in seen:
                raise ValueError(f"编号 {case.id} 重复 the id stands twice")
            seen.add(case.id)
            cases.append(case)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            bad.append((number, _reason(error)))
    if not cases:
        raise EvaluationError(
            f"问题集 {name} 里没有可用的行。每行应是含 question 字段的 JSON。",
            f"No usable row in {name}. Each line has to be a JSON object with a `question`.",
        )
    return CaseFile(tuple(cases), tuple(bad))


def _reason(error: Exception) -> str:
    """Why a line cannot be used, for whoever wrote it."""
    if isinstance(error, json.JSONDecodeError | RecursionError):
        return f"不是一行完整的 JSON not a JSON object on one line: {error}"
    if isinstance(error, KeyError):
        return f"缺少 {error.args[0]} 字段 the field is missing"
    return str(error) if isinstance(error, ValueError) else f"字段的类型不对 a field is of the wrong type: {error}"


def case_of(row: dict[str, Any], number: int) -> Case:
    """A question from its JSON object; raises ValueError, KeyError, TypeError or AttributeError for what is none."""
    if not isinstance(row["question"], str):
        raise TypeError("question has to be a string")
    answerable = row.get("answerable", True)
    if not isinstance(answerable, bool):
        raise TypeError("answerable has to be true or false")
    return Case(
        id=str(row.get("id") or f"row{number}"),
        question=row["question"].encode("utf-8", "ignore").decode(),  # half a surrogate pair can be written nowhere
        type=str(row.get("type") or ""),
        history=tuple({"role": str(t["role"]), "content": str(t["content"])} for t in row.get("history") or ()),
        answerable=answerable,
        evidence=_groups(row.get("evidence")),
        nuggets=_groups(row.get("nuggets")),
        note=str(row.get("note") or ""),
        sources=tuple(map(str, row.get("sources") or ())),
    )


def _groups(value: Sequence[Any] | None) -> tuple[tuple[str, ...], ...]:
    if value is not None and not isinstance(value, list):
        raise TypeError("evidence and nuggets have to be lists")
    return tuple(tuple(map(str, group)) if isinstance(group, list) else (str(group),) for group in value or ())
