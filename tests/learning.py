"""What the tests of learning share: the handbook as a course, notes made by hand, a clock that one can set."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path

from kbqa import KnowledgeBase
from kbqa.notes.reading import read_note
from kbqa.onboarding.course import Course
from kbqa.types import Document

ROOT = Path(__file__).parents[1]
_BUILT: list[tempfile.TemporaryDirectory[str]] = []  # removed when the process ends


def built(notes: Path) -> KnowledgeBase:
    """An index over some notes, opened."""
    _BUILT.append(tempfile.TemporaryDirectory(prefix="kbqa-learning-"))
    KnowledgeBase.build(notes, Path(_BUILT[-1].name) / "index")
    return KnowledgeBase.open(Path(_BUILT[-1].name) / "index")


@cache
def handbook() -> KnowledgeBase:
    """The handbook. Nobody writes to its index."""
    return built(ROOT / "corpus")


@cache
def handbook_course() -> Course:
    return Course(handbook())


def note(folder: Path, name: str, body: str = "", **front: object) -> Document:
    """A note as it is read from disk; `front` is its front matter."""
    lines = "".join(
        f"{key}: [{', '.join(v)}]\n" if isinstance(v, list) else f"{key}: {v}\n" for key, v in front.items()
    )
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{lines}---\n\n# {path.stem}\n\n{body}\n", "utf-8")
    document = read_note(path, folder).document
    assert document is not None
    return document


NAMES = ["陈列数", "货架数", "排面数", "缺货数"]
DISPLAY = """陈列数（Facing）是指货架上商品的个数。

陈列数 = 排数 × 每排个数

例如，三排每排六个，陈列数为 18 个。

货架数是指一家店里货架的个数。

排面数是指正对顾客的那一排有几件。

缺货数是指卖空了的商品有几种。

## 易混概念

- 陈列数与货架数：陈列数数商品，货架数数货架。
"""


def shop(folder: Path, more: str = "") -> KnowledgeBase:
    """Two notes, indexed: the first step is the easy one, though it needs a word of the other.

    Args:
        more: what stands at the end of the easy one.
    """
    note(folder, "门店/陈列.md", DISPLAY + more, level="入门", terms=NAMES, prerequisites=["补货"])
    restock = "补货是指把仓库里的商品搬上货架。\n\n调货是指从别家店借来商品。\n\n退货是指把商品送回仓库。"
    note(folder, "仓库/补货.md", restock, level="进阶", terms=["补货", "调货", "退货"])
    return built(folder)


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    at: datetime = field(default_factory=lambda: datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=8))))

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **delta: float) -> None:
        self.at += timedelta(**delta)
