"""Numbers with a unit as sentences write them, and other numbers written the same way.

Other numbers are of the same unit and about as large and as round as the one they stand beside: a round one is offered among
round ones, 47% is not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kbqa.onboarding.items import digest
from kbqa.text import Span, fold

_UNITS = r"%|个百分点|百分点|分钟|小时|天|日|周|个月|年|倍|万元|万人|万|元|秒|人|条|个|次|家|分|步|题|轮|类|段|字|成"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?P<value>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)(?:\s?(?P<unit>{_UNITS}))(?![A-Za-z])"
)
_HAN_NUMBER = re.compile(
    r"(?:不超过|至少要?|最多|控制在|不少于|不低于)(?P<number>(?P<value>[两三四五六七八九十])(?P<unit>[个步条项次天周家级层类]|个月|小时|分钟))"
)
_RANGE = re.compile(
    rf"(?<![\w.,])(?P<low>\d+)(?P<first>%?)(?P<to>\s?(?:到|至|-|~)\s?)(?P<value>\d+)(?P<gap>\s?)(?P<unit>{_UNITS})(?![A-Za-z])"
)
_HAN = "一二三四五六七八九十"
_LADDERS = {
    "天": (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365),
    "小时": (1, 2, 4, 6, 8, 12, 24, 36, 48, 72, 96),
    "分钟": (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120),
    "%": (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 99),
}  # fmt: skip
_ROUND = sorted({n * 10.0**power for n in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8) for power in range(9)})
_NEAR = (0.42, 0.55, 0.68, 0.79, 1.22, 1.36, 1.53, 1.87)  # times a number that is not round
_FACTORS = (0.3, 0.5, 2, 3, 4)  # times a range


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a sentence; the span includes its unit, and the first number where it is a range (3 到 7 步).

    Attributes:
        value: the number; of a range the upper one.
        han: whether it is written in Chinese numerals.
    """

    span: Span
    value: float
    shown: str
    unit: str
    han: bool = False

    @property
    def ranged(self) -> bool:
        return bool(_RANGE.fullmatch(fold(self.shown)))


def figures(sentence: str) -> list[Figure]:
    """The numbers of a sentence that carry a unit, in order."""
    folded = fold(sentence)
    found = []
    for match in _NUMBER.finditer(folded):
        value = float(match["value"].replace(",", ""))
        found.append(Figure(match.span(), value, sentence[slice(*match.span())], match["unit"]))
    ranges = [m for m in _RANGE.finditer(folded) if int(m["low"]) < int(m["value"])]
    found = [f for f in found if not any(m.start() <= f.span[0] < m.end() for m in ranges)]
    found += [Figure(m.span(), float(m["value"]), sentence[slice(*m.span())], m["unit"]) for m in ranges]
    for match in _HAN_NUMBER.finditer(folded):
        value = 2 if match["value"] == "两" else _HAN.index(match["value"]) + 1
        found.append(
            Figure(match.span("number"), value, sentence[slice(*match.span("number"))], match["unit"], han=True)
        )
    return sorted(found, key=lambda f: f.span)


def others(figure: Figure, every: Sequence[Figure], salt: str) -> list[str]:
    """Three other values of the unit, some below and some above, on the same side of the sentence's other numbers.

    Args:
        every: the numbers of the sentence.
        salt: what decides how many of them are below.

    Returns:
        None at all if there are fewer.
    """
    if match := _RANGE.fullmatch(fold(figure.shown)):
        return _other_ranges(match, figure)
    beside = [f.value for f in every if f.unit == figure.unit]
    low = max((value for value in beside if value < figure.value), default=0.0)
    high = min((value for value in beside if value > figure.value), default=math.inf)
    percent = figure.unit == "%"
    if percent and figure.value < 100:
        high = min(high, 100.0)
    steps = [value for value in _ladder(figure) if low < value < high]
    below = [v for v in steps if v <= figure.value * 0.8 or (percent and v <= figure.value - 5)]
    above = [v for v in steps if v >= figure.value * 1.2 or (percent and v >= figure.value + 5)]
    wanted = int(digest(salt, figure.shown)[:8], 16) % 4
    taken = min(max(wanted, 3 - len(above)), len(below))
    chosen = below[len(below) - taken :] + above[: 3 - taken]
    return [_written(value, figure) for value in chosen] if len(chosen) == 3 else []


def _other_ranges(match: re.Match[str], figure: Figure) -> list[str]:
    """Three ranges several times as low or as high as one, written as it is."""
    low, high = int(match["low"]), int(match["value"])
    most = 100 if figure.unit == "%" else math.inf
    scaled = [(round(low * factor), round(high * factor)) for factor in _FACTORS]
    fit = [(a, b) for a, b in scaled if 0 < a < b <= most]
    below = [pair for pair in fit if pair[1] < high]
    taken = min(int(digest(figure.shown)[:8], 16) % 3, len(below))
    chosen = [*below[len(below) - taken :], *(pair for pair in fit if pair[0] > low)][:3]
    between, behind = figure.shown[match.end("low") : match.start("value")], figure.shown[match.end("value") :]
    return [f"{a}{between}{b}{behind}" for a, b in chosen] if len(chosen) == 3 else []


def _ladder(figure: Figure) -> list[float]:
    """Values as round as the number, ascending."""
    if figure.han:
        return [float(value) for value in range(2, 11)]
    if figure.value in (known := _LADDERS.get(figure.unit, ())):
        return [float(value) for value in known]
    whole, _, decimals = digits_of(figure).replace(",", "").partition(".")
    if not decimals and figure.value in _ROUND:
        return [value for value in _ROUND if value >= 1 and value == int(value)]
    step = 10.0 ** -len(decimals) if decimals else 10.0 ** max(len(whole) - 2, 0)
    return sorted({round(figure.value * factor / step) * step for factor in _NEAR} - {0.0})


def _written(value: float, figure: Figure) -> str:
    """A value written as the number is: its unit, decimals, thousands and spaces."""
    digits = digits_of(figure)
    if figure.han:
        return figure.shown.replace(digits, "两" if value == 2 else _HAN[int(value) - 1], 1)
    places = len(digits.partition(".")[2])
    text = f"{value:,.{places}f}" if "," in digits else f"{value:.{places}f}"
    return figure.shown.replace(digits, text, 1)


def size(shown: str) -> float:
    """The number that a text starts with, in figures or as one Chinese numeral."""
    match = re.match(r"[\d,.]+", shown)
    return float(match[0].replace(",", "")) if match else 2.0 if shown[0] == "两" else _HAN.index(shown[0]) + 1.0


def digits_of(figure: Figure) -> str:
    """A number as it is written, without its unit."""
    return re.match(r"[\d,.]+|.", figure.shown)[0]  # type: ignore[index]
