"""Figures that a run has to reach: `success@3>=0.9`, `english:nuggets>=0.8`; read, and held against a report."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbqa.errors import EvaluationError
from kbqa.evaluation.compare import LENGTH, ORDER, place

_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_REQUIREMENT = re.compile(
    r"(?:(?P<type>[^<>=]+):)?(?P<measure>[^:<>=]+)(?P<op>>=|<=|==|>|<)\s*(?P<value>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
)
_WIDE = str.maketrans({"\u2265": ">=", "\u2264": "<="})  # ≥ ≤
_ALIASES = {
    **{name.casefold(): name for name in ORDER},
    "s@1": "Success@1", "s@3": "Success@3", "rr": "RR@10", "nuggets": "nugget_recall", "cited": "cited_evidence",
    "exact": "citations_exact", "refusal": "refusal_recall", "refused": "refusal_recall", "falsely": "false_refusal",
    "length": LENGTH,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Requirement:
    """A figure that a run has to reach.

    Attributes:
        measure: the name in the report where it is a known one, else as given.
        type: the type of question that is meant; empty for all questions.
    """

    measure: str
    op: str
    value: float
    type: str = ""

    def __str__(self) -> str:
        return f"{self.type}{':' if self.type else ''}{self.measure}{self.op}{self.value:g}"


@dataclass(frozen=True, slots=True)
class Unmet:
    """A requirement that a run does not meet, and why.

    Attributes:
        actual: what the run reached; None if it has no such figure.
        zh: the reason for a Chinese reader.
        en: the same in English.
    """

    requirement: Requirement
    actual: float | None
    zh: str
    en: str


def parse_requirement(text: str) -> Requirement:
    """Read `success@3>=0.9`, or `english:success@3>=0.85` for one type of question.

    Case and width of letters do not count; short names are those of the table that `kbqa eval` prints. A measure that no
    report has is no fault here: `check` says so.

    Raises:
        EvaluationError: it is not written so.
    """
    found = _REQUIREMENT.fullmatch(unicodedata.normalize("NFKC", text.translate(_WIDE)).strip())
    name = found["measure"].strip() if found else ""
    kind = (found["type"] or "").strip() if found else ""
    if not found or not name or (found["type"] and not kind):
        raise EvaluationError(
            f"看不懂要求“{text.strip()}”。写法如 success@3>=0.9 或 english:success@3>=0.85，"
            "比较符用 >=、<=、>、<、==，数值写小数（0.9）。",
            f"Cannot read the requirement “{text.strip()}”. Write success@3>=0.9 or english:success@3>=0.85, "
            "with >=, <=, >, < or ==, and a decimal such as 0.9.",
        )
    return Requirement(_ALIASES.get(name.casefold(), name), found["op"], float(found["value"]), kind)


def read_requirements(path: Path) -> tuple[Requirement, ...]:
    """Read a file with one requirement a line; `#` starts a comment.

    Raises:
        EvaluationError: the file cannot be read, a line is no requirement (its number is named), or there is none.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(
            f"读不了要求文件 {path}（{error}）。请检查路径与编码（UTF-8）。",
            f"Cannot read {path}: {error}. It has to be UTF-8.",
        ) from None
    found = []
    for number, line in enumerate(lines, 1):
        text = line.split("#", 1)[0].strip()
        try:
            found += [parse_requirement(text)] if text else []
        except EvaluationError as error:
            raise EvaluationError(f"{path} 第 {number} 行：{error.zh}", f"{path}, line {number}: {error.en}") from None
    if not found:
        raise EvaluationError(
            f"{path} 里没有一条要求。每行写一条，如 success@3>=0.9。",
            f"{path} has no requirement. Write one a line, such as success@3>=0.9.",
        )
    return tuple(found)


def check(report: Mapping[str, Any], requirements: Sequence[Requirement]) -> tuple[Unmet, ...]:
    """The requirements that a report does not meet, in their order; a figure that it does not have is not met.

    Figures are the report's own means, which are rounded to four places.
    """
    return tuple(unmet for unmet in (_unmet(report, requirement) for requirement in requirements) if unmet)


def _unmet(report: Mapping[str, Any], requirement: Requirement) -> Unmet | None:
    values: Mapping[str, float] | None = report["aggregate"]
    if requirement.type:
        values = _look_up(report["by_type"], requirement.type)
    if values is None:
        return _missing(requirement, "题目类型", "type of question", requirement.type, report["by_type"])
    actual = _look_up(values, requirement.measure)
    if actual is None:
        return _missing(requirement, "度量", "measure", requirement.measure, values)
    if _OPERATORS[requirement.op](actual, requirement.value):
        return None
    return Unmet(requirement, actual, f"{requirement}：实际 {actual:g}", f"{requirement}: it is {actual:g}")


def _missing(requirement: Requirement, zh: str, en: str, name: str, known: Mapping[str, Any]) -> Unmet:
    names = sorted(known, key=place)
    return Unmet(
        requirement, None,
        f"{requirement}：报告里没有{zh} {name}，只有 {'、'.join(names) or '（空）'}",
        f"{requirement}: the report has no {en} {name}, only {', '.join(names) or 'nothing'}",
    )  # fmt: skip


def _look_up(table: Mapping[str, Any], name: str) -> Any:
    """The value under a name, else under the same name in another case or width; None if there is neither."""
    if name in table:
        return table[name]
    return next((value for key, value in table.items() if _folded(key) == _folded(name)), None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
