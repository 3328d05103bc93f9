"""Numbers that are worth knowing: rules of thumb and what cases achieved, with the number left out.

Figures of made-up examples are not asked for, nor numbers that are names (双 11, 30 日留存). The wrong numbers are of the
same unit and about as large and as round; they stay on the same side of the other numbers of the sentence (升到 94% from 85%
is not offered as 80%), and the options stand in ascending order with the right one at any place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from kbqa.onboarding.items import QuizItem, cite, digest, item
from kbqa.onboarding.material import Material
from kbqa.onboarding.meanings import LEANS, pieces
from kbqa.text import Span, fold, sentence_spans
from kbqa.types import Document, Section

_BLANK = "＿＿"
_SHORTEST, _LONGEST = 14, 110
_MARKER = re.compile(r"^(?:[-*•]\s+|\d{1,2}[.、]\s*)+")
_ASIDE = re.compile(r"错误|误区|易混|混淆|相关")
_UNITS = r"%|个百分点|百分点|分钟|小时|天|日|周|个月|年|倍|万元|万人|万|元|秒|人|条|个|次|家|分|步|题|轮|类|段|字|成"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?P<value>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)(?:\s?(?P<unit>{_UNITS}))(?![A-Za-z])"
)
_HAN_NUMBER = re.compile(
    r"(?:不超过|至少要?|最多|控制在|不少于|不低于)(?P<number>(?P<value>[两三四五六七八九十])(?P<unit>[个步条项次天周家级层类]|个月|小时|分钟))"
)
_HAN = "一二三四五六七八九十"
# Why a number is worth asking for: it is a rule of thumb, or a case tells it.
_RULE = re.compile(
    r"经验|通常|一般|常取|控制在|不超过|不低于|不高于|不少于|至少|最多|以内|以上|以下|左右|建议|约定俗成|行业|公认|相当于|大约"
)
_CASE = re.compile(r"培训资料|案例|某[\u3400-\u9fff]{1,8}(?:公司|企业|平台|品牌|应用|产品|团队)|一款|一家|结果")
_MADE_UP = re.compile(
    r"示意|假设|假如|下表|接上例|推算|例如|比如|例:|如\"|举例|仍用|设[^计置法立]|乙类|丙类|方案[甲乙]"
)
_NAMING = re.compile(r"(?:近|过去|最近|双|第|前|头|首|每|满|连续|再过|的|新版|版本|iOS|月|年|T|A|B|DAU|LTV|ID)\s*$")
_NAMED = re.compile(r"\s*(?:日|天|期)?(?:留存|复购率|后?流失|内(?!的)|分制|\s*$)|位|代|号|月龄|:")
_COMPUTED = re.compile(r"[=≈√|]|\d\s*[*/+]\s*\d|→|折算|,计\s?\d")
_LADDERS = {
    "天": (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365),
    "小时": (1, 2, 4, 6, 8, 12, 24, 36, 48, 72, 96),
    "分钟": (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120),
    "%": (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 40, 50, 60, 70, 75, 80, 85, 90, 95, 99),
    "round": (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a sentence; the span includes its unit."""

    span: Span
    value: float
    shown: str
    unit: str
    han: bool = False


@dataclass(frozen=True)
class _Statement:
    """A sentence with numbers."""

    document: Document
    section: Section
    span: Span

    @cached_property
    def text(self) -> str:
        return self.document.text[slice(*self.span)]

    @cached_property
    def figures(self) -> list[Figure]:
        return figures(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        return pieces(re.sub(r"[\d.,]+", "", self.text))


def number_items(material: Material) -> Iterator[QuizItem]:
    """At most one item for every sentence that states a number worth knowing."""
    stated = [one for document in material.documents for one in _statements(document) if one.figures]
    for one in stated:
        if (figure := _asked(one)) and (stem := _stem(one, figure)):
            told = {f.shown for other in stated if _alike(one, other) for f in other.figures}
            wrong = _others(figure, one)
            if wrong and not told.intersection(wrong):
                subject = material.subject(one.document, one.text, one.section.heading)
                options = sorted([figure.shown, *wrong], key=_size)
                yield item("number", subject, stem, figure.shown, wrong, cite(one.document, one.span), order=options)


def _statements(document: Document) -> Iterator[_Statement]:
    folded = fold(document.text)
    headings = {section.start for section in document.sections}
    for start, end in sentence_spans(document.text):
        if start not in headings and re.search(r"\d|[两三四五六七八九十]", folded[start:end]):
            section = next((s for s in reversed(document.sections) if s.start <= start < s.end), None)
            if section:
                yield _Statement(document, section, (start, end))


def _asked(one: _Statement) -> Figure | None:
    """The number of a sentence to ask for, if the sentence is worth asking about and can stand by itself."""
    bare = _MARKER.sub("", one.text)
    folded, whole = fold(bare), fold(one.text)
    before = fold(one.document.text[one.section.body_start : one.span[0]])
    around = fold(" ".join(one.section.path))
    if not _SHORTEST <= len(bare) <= _LONGEST or _COMPUTED.search(folded) or _ASIDE.search(around):
        return None
    if _MADE_UP.search(folded + around + before) or LEANS.search(re.split(r"[,:]", folded)[0]):
        return None
    if not (_RULE.search(folded) or _CASE.search(folded + around)):
        return None
    marker = len(one.text) - len(bare)
    fit = [f for f in one.figures if f.span[0] >= marker and _worth(whole, f, one.figures)]
    return min(fit, key=lambda f: (not _near_rule(whole, f), digest(one.text, f.shown)), default=None)


def figures(sentence: str) -> list[Figure]:
    """The numbers of a sentence that carry a unit, in order."""
    folded = fold(sentence)
    found = []
    for match in _NUMBER.finditer(folded):
        value = float(match["value"].replace(",", ""))
        found.append(Figure(match.span(), value, sentence[slice(*match.span())], match["unit"]))
    for match in _HAN_NUMBER.finditer(folded):
        value = 2 if match["value"] == "两" else _HAN.index(match["value"]) + 1
        found.append(
            Figure(match.span("number"), value, sentence[slice(*match.span("number"))], match["unit"], han=True)
        )
    return sorted(found, key=lambda f: f.span)


def _worth(folded: str, figure: Figure, every: Sequence[Figure]) -> bool:
    start, end = figure.span
    if _NAMING.search(folded[:start]) or _NAMED.match(folded[end:]) or figure.value in (0, 100):
        return False
    if figure.unit == "年" and figure.value > 100:
        return False
    if re.match(r"\s*(?:到|至|-|~)\s*\d", folded[end:]) or re.search(
        r"\d\s?(?:\S{0,2}\s?)?(?:到|至|-|~)\s*$", folded[:start]
    ):
        return _moved(folded, figure)
    return sum(other.value == figure.value for other in every) == 1


def _moved(folded: str, figure: Figure) -> bool:
    """Whether a number is where something went to (由 85% 升到 94%), not the end of a range."""
    return bool(
        re.search(r"(?:升|降|提|涨|减|缩短|增加|提高|下降)[\u3400-\u9fff]{0,2}(?:到|至)\s*$", folded[: figure.span[0]])
    )


def _near_rule(folded: str, figure: Figure) -> bool:
    start, end = figure.span
    return bool(_RULE.search(folded[max(0, start - 8) : start]) or _RULE.match(folded[end : end + 6]))


def _others(figure: Figure, one: _Statement) -> list[str]:
    """Three other values of the unit, some below and some above, on the same side of the sentence's other numbers."""
    beside = [f.value for f in one.figures if f.unit == figure.unit]
    low = max((value for value in beside if value < figure.value), default=0.0)
    high = min((value for value in beside if value > figure.value), default=math.inf)
    percent = figure.unit == "%"
    if percent and figure.value < 100:
        high = min(high, 100.0)
    steps = [value for value in _ladder(figure) if low < value < high]
    below = [v for v in steps if v <= figure.value * 0.8 or (percent and v <= figure.value - 5)]
    above = [v for v in steps if v >= figure.value * 1.2 or (percent and v >= figure.value + 5)]
    wanted = int(digest(one.text, figure.shown)[:8], 16) % 4
    taken = min(max(wanted, 3 - len(above)), len(below))
    chosen = below[len(below) - taken :] + above[: 3 - taken]
    return [_written(value, figure) for value in chosen] if len(chosen) == 3 else []


def _ladder(figure: Figure) -> list[float]:
    """Values as round as the number, ascending."""
    if figure.han:
        return [float(value) for value in range(2, 11)]
    unit = {"日": "天"}.get(figure.unit, figure.unit)
    if figure.value in _LADDERS.get(unit, ()):
        return [float(value) for value in _LADDERS[unit]]
    digits = _digits(figure).replace(",", "")
    scale = 10.0 ** (len(digits.split(".")[0]) - 2) if "." not in digits else 10.0 ** -len(digits.split(".")[1])
    round_ones = sorted({value * 10.0**power for value in _LADDERS["round"] for power in range(-1, 8)})
    if figure.value in round_ones and "." not in digits:
        return [value for value in round_ones if value >= 1 and value == int(value)]
    step = max(scale, 1.0) if "." not in digits else scale
    factors = (0.42, 0.55, 0.68, 0.79, 1.22, 1.36, 1.53, 1.87)
    return sorted({round(figure.value * factor / step) * step for factor in factors} - {0.0})


def _written(value: float, figure: Figure) -> str:
    """A value written as the number is: its unit, decimals, thousands and spaces."""
    digits = _digits(figure)
    if figure.han:
        return figure.shown.replace(digits, "两" if value == 2 else _HAN[int(value) - 1], 1)
    places = len(digits.partition(".")[2])
    text = f"{value:,.{places}f}" if "," in digits or (value >= 10000 and "," in digits) else f"{value:.{places}f}"
    return figure.shown.replace(digits, text, 1)


def _size(shown: str) -> float:
    match = re.match(r"[\d,.]+", shown)
    return float(match[0].replace(",", "")) if match else 2.0 if shown[0] == "两" else float(_HAN.index(shown[0]) + 1)


def _stem(one: _Statement, figure: Figure) -> str:
    """The sentence with the number left out, under its note and heading; empty if the number still stands there."""
    start, end = figure.span
    blanked = _MARKER.sub("", one.text[:start]).rstrip() + _BLANK + one.text[end:].lstrip()
    number = _digits(figure)
    again = re.compile(rf"(?<![\d.,]){re.escape(number)}(?![\d.,])")
    if not figure.han and again.search(blanked):
        return ""
    heading = "" if again.search(one.section.heading) or one.section.level == 1 else f"「{one.section.heading}」"
    return f"填空（《{one.document.title}》{heading}）：{blanked}"


def _alike(one: _Statement, other: _Statement) -> bool:
    """Whether two sentences may tell the same thing, with other numbers perhaps."""
    return one is not other and 4 * len(one.words & other.words) >= len(one.words) + len(other.words)


def _digits(figure: Figure) -> str:
    return re.match(r"[\d,.]+|.", figure.shown)[0]  # type: ignore[index]
