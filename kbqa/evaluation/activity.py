"""How the notes fare over time: refusals and verdicts, counted by day or by week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

from kbqa.evaluation.feedback import Feedback
from kbqa.evaluation.gaps import Gap
from kbqa.evaluation.worklist import when

Span = Literal["day", "week"]


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or a week from its Monday.

    Attributes:
        refused: questions that the notes did not answer.
        up, down: verdicts of readers.
    """

    start: date
    refused: int
    up: int
    down: int


def activity(
    gaps: Sequence[Gap], feedback: Sequence[Feedback], span: Span, count: int, now: datetime, zone: tzinfo | None = None
) -> tuple[Period, ...]:
    """The last `count` days or weeks, the one of `now` included, oldest first; those in which nothing happened too.

    Args:
        now: with a time zone.
        zone: whose days; the machine's if left out.
    """

    def period(at: datetime) -> date:
        day = at.astimezone(zone).date()
        return day if span == "day" else day - timedelta(days=day.weekday())

    refused = Counter(period(gap.at) for gap in gaps if not gap.marked)  # the refusal itself has a line of its own
    said = Counter((period(when(verdict)), verdict.verdict) for verdict in feedback)
    step = timedelta(days=1 if span == "day" else 7)
    starts = (period(now) - step * back for back in reversed(range(count)))
    return tuple(Period(start, refused[start], said[start, "up"], said[start, "down"]) for start in starts)
