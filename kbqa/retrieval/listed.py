"""The n-th of things that an answer listed: 第三个, 最后一种, the second one."""

from __future__ import annotations

import re
from typing import NamedTuple

# 第三个, 第三环节, 第三呢; but 第一周 and 第一个月 are times.
_ORDINAL = re.compile(
    r"第(十?[一二三四五六七八九]|十|\d{1,2})"
    r"(?:个(?![月星季小])|种|步|类|点|项|条|阶段|环节|部分|方面|(?=[是呢吗的怎什,\uff0c?\uff1f]|$))"
)
_NUMBERS = {name: i for i, name in enumerate([*"一二三四五六七八九十", *("十" + c for c in "一二三四五六七八九")], 1)}
_LAST = re.compile(
    r"最[后末](?:那一?|一)(?:个(?![月星季小]|问题)|种|类|项|条|步|阶段|环节|部分|方面)(?:部分|方面|阶段|环节|步骤)?"
)
_ENGLISH = re.compile(
    r"\b(?:the )?(first|second|third|fourth|fifth|last) (?:one|step|stage|phase|way|method|type|kind|point|part|item)\b(?! (?:in|of|to|for)\b)"
)
_ENGLISH_NUMBERS = {name: i for i, name in enumerate("first second third fourth fifth".split(), 1)}
_THE_LAST = -1

_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.、)])\s*(.{1,40}?)(?:[:\uff1a。(\uff08]|是指|$)", re.MULTILINE)
_ROW = re.compile(r"[^\u3002,\uff0c:\uff1a;\uff1b\n]*(?:\u3001[^\u3002,\uff0c:\uff1a;\uff1b\n]*)+")
_LEADS = re.compile(r"^.*(?:包括|包含|分为|分成|主要有|分别是|依次是)")
_AND_THE_LAST = re.compile(r"[,\uff0c](?:或者?(?:是|使用|用)?|以及|还有|最后是)([^\u3002,\uff0c;\uff1b\n]{2,16})")
_SUMS_UP = re.compile(r"[这等]?(?:[\d一二两三四五六七八九十]+\s*[个种类大点项条步]|等).{0,6}$")


class Nth(NamedTuple):
    """Where a question names a thing by its place, and which place that is; −1 for the last."""

    start: int
    end: int
    number: int


def nth(folded: str, about: bool) -> Nth | None:
    """The thing that a folded question means by its place in a list.

    Args:
        about: whether the question names its own matter; then the last step and the first type are of that.
    """
    if match := _ORDINAL.search(folded):
        return Nth(match.start(), match.end(), _NUMBERS.get(match[1]) or int(match[1]))
    if about:
        return None
    if match := _ENGLISH.search(folded):
        return Nth(match.start(), match.end(), _ENGLISH_NUMBERS.get(match[1], _THE_LAST))
    if match := _LAST.search(folded):
        return Nth(match.start(), match.end(), _THE_LAST)
    return None


def item(answer: str, number: int) -> str:
    """The item of an answer's list with that number, from 1, or the last for −1; empty if it listed no such."""
    bullets = _ITEM.findall(answer)
    items = bullets if len(bullets) >= max(number, 2) else _in_a_row(answer)
    if number == _THE_LAST:
        return items[-1].strip() if items else ""
    return items[number - 1].strip() if 0 < number <= len(items) else ""


def _in_a_row(answer: str) -> list[str]:
    """What the longest enumeration in one sentence names, without what leads to the first and counts them behind the last."""
    longest = max(_ROW.findall(answer), key=len, default="")
    if not longest:
        return []
    first, *others = re.split("[、和]", longest)
    items = [_LEADS.sub("", first), *others]
    items[-1] = _SUMS_UP.sub("", items[-1])
    behind = _AND_THE_LAST.match(answer, answer.find(longest) + len(longest))
    return [*items, behind[1]] if behind else items
