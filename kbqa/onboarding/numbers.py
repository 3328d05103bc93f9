"""Numbers that are worth knowing: rules of thumb and what cases achieved, with the number left out.

Figures of made-up examples are not asked for, nor numbers that are names (双 11, 30 日留存), nor those that follow from others in
the sentence. The wrong ones stay on the same side of the sentence's other numbers (升到 94% from 85% is not offered as 80%), and
the options stand in ascending order with the right one at any place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from kbqa.onboarding.figures import Figure, digits_of, figures, others, size
from kbqa.onboarding.items import QuizItem, cite, digest, item
from kbqa.onboarding.material import Material
from kbqa.onboarding.meanings import LEANS, pieces
from kbqa.text import Span, fold, sentence_spans
from kbqa.types import Document, Section

_BLANK = "＿＿"
_WHOLE = "\u3002\uff01!.\u201d\uff09"
_SHORTEST, _LONGEST = 14, 110
_MARKER = re.compile(r"^(?:[-*•]\s+|\d{1,2}[.、]\s*)+")
_ASIDE = re.compile(r"错误|误区|易混|混淆|相关")
# Why a number is worth asking for: it is a rule of thumb, or a case tells it.
_RULE = re.compile(r"经验|通常|一般|常取|控制在|不超过|不低于|不高于|不少于|至少|最多|建议|公认|相当于|常在")
_CASE = re.compile(
    r"培训资料|案例|某[\u3400-\u9fff]{1,8}(?:公司|企业|平台|品牌|应用|产品|团队)|一款|一家|结果|以上|以下|左右|大约|行业"
)
_MADE_UP = re.compile(r"示意|假设|假如|例如|比如|举例|如\"|方案[甲乙]|上面|下面|上表")
# What follows it, up to the next heading, is made up.
_EXAMPLE = re.compile(r"示意|下表|接上例|推算|(?<!案)例:|仍用|[甲乙丙丁]类")
_NAMING = re.compile(
    r"(?:近|过去|最近|双|第|前|头|首|每|满|连续|再过|的|成\(|新版|版本|iOS|月|年|T|A|B|DAU|LTV|ID)\s*$"
)
_NAMED = re.compile(r"\s*(?:日|天|期)?(?:留存|复购率|后?流失|内(?!的)|分制|\s*$)|位|代|号|月龄|:")
_COMPUTED = re.compile(r"[=≈√|]|\d\s*[*/+]\s*\d|→|折算|,计\s?\d")


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
            wrong = others(figure, one.figures, one.text)
            if wrong and not told.intersection(wrong):
                subject = material.subject(one.document, one.text, one.section.heading)
                options = sorted([figure.shown, *wrong], key=size)
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
    around = fold(" ".join(one.section.path))
    if (
        not _SHORTEST <= len(bare) <= _LONGEST
        or bare[-1] not in _WHOLE
        or _COMPUTED.search(folded)
        or _ASIDE.search(around)
    ):
        return None
    if LEANS.search(re.split(r"[,:]", folded)[0]) or _made_up(one, folded, around):
        return None
    marker = len(one.text) - len(bare)
    fit = [f for f in one.figures if f.span[0] >= marker and _worth(whole, f, one.figures)]
    return min(fit, key=lambda f: (not _near_rule(whole, f), digest(one.text, f.shown)), default=None)


def _made_up(one: _Statement, folded: str, around: str) -> bool:
    """Whether a number belongs to a made-up example, or to nothing that says why it should be known."""
    if _MADE_UP.search(folded) or _EXAMPLE.search(folded + around):
        return True
    if _RULE.search(folded):
        line = one.document.text.rfind("\n", 0, one.span[0]) + 1
        return bool(_EXAMPLE.search(fold(one.document.text[line : one.span[0]])))
    before = fold(one.document.text[one.section.body_start : one.span[0]])
    return not _CASE.search(folded + around) or bool(_EXAMPLE.search(before))


def _worth(folded: str, figure: Figure, every: Sequence[Figure]) -> bool:
    start, end = figure.span
    if _NAMING.search(folded[:start]) or _NAMED.match(folded[end:]) or figure.value in (0, 100):
        return False
    counted = folded.count("\u3001") + 1 == figure.value  # the members stand there for anyone to count
    if counted or (figure.unit == "年" and figure.value > 100):
        return False
    if figure.ranged:
        return True
    if re.match(r"\s*(?:到|至|-|~)\s*\d", folded[end:]) or re.search(
        r"\d\s?(?:\S{0,2}\s?)?(?:到|至|-|~)\s*$", folded[:start]
    ):
        return _moved(folded, figure)
    return sum(other.value == figure.value for other in every) == 1 and not _follows(figure, every)


def _follows(figure: Figure, every: Sequence[Figure]) -> bool:
    """Whether a number can be worked out from the others: the rest of a sum, a share of an amount."""
    amounts = [f.value for f in every if f.unit == figure.unit]
    shares = [f.value / 100 for f in every if f.unit == "%" and f is not figure]
    others = [f.value for f in every if f is not figure and f.unit == figure.unit]
    summed = len(amounts) > 2 and 2 * max(amounts) == sum(amounts)
    return summed or any(
        math.isclose(a * s, b) for s in shares for o in others for a, b in ((o, figure.value), (figure.value, o))
    )


def _moved(folded: str, figure: Figure) -> bool:
    """Whether a number is where something went to (由 85% 升到 94%), not the end of a range."""
    return bool(
        re.search(r"(?:升|降|提|涨|减|缩短|增加|提高|下降)[\u3400-\u9fff]{0,2}(?:到|至)\s*$", folded[: figure.span[0]])
    )


def _near_rule(folded: str, figure: Figure) -> bool:
    start, end = figure.span
    return bool(_RULE.search(folded[max(0, start - 8) : start]) or _RULE.match(folded[end : end + 6]))


def _stem(one: _Statement, figure: Figure) -> str:
    """The sentence with the number left out, under its note and heading; empty if the number still stands there."""
    start, end = figure.span
    blanked = _MARKER.sub("", one.text[:start]).rstrip() + _BLANK + one.text[end:].lstrip()
    number = digits_of(figure)
    again = re.compile(rf"(?<![\d.,]){re.escape(number)}(?![\d.,])")
    if not figure.han and again.search(blanked):
        return ""
    heading = "" if again.search(one.section.heading) or one.section.level == 1 else f"「{one.section.heading}」"
    return f"填空（《{one.document.title}》{heading}）：{blanked}"


def _alike(one: _Statement, other: _Statement) -> bool:
    """Whether two sentences may tell the same thing, with other numbers perhaps."""
    return one is not other and 4 * len(one.words & other.words) >= len(one.words) + len(other.words)
