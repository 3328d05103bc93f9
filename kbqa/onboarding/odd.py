"""Odd one out: three things of a closed list, and one that stands in another list nearby.

Closed means that the notes say how many there are, and name as many: only then is something else surely not among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from kbqa.onboarding.items import QuizItem, cite, digest, item
from kbqa.onboarding.material import Material
from kbqa.onboarding.meanings import LEANS, pieces
from kbqa.onboarding.series import Series
from kbqa.text import fold, squeeze

_LONGEST_LEAD = 36
_MOST_UNLIKE = 1
_LED = re.compile(r"^(?:[-*•]\s+|\d{1,2}[.、]\s*|就(?=按)|培训资料里的案例[：:])")


def odd_items(material: Material) -> Iterator[QuizItem]:
    """One item for every closed list that has a sibling to take an intruder from."""
    for one in material.series:
        stem = _stem(material, one) if one.said else ""
        members = [member for member in one.members if squeeze(member) not in squeeze(stem)]
        if not stem or len(members) < 3:
            continue
        shown = sorted(members, key=lambda member: digest(stem, member))[:3]
        if intruder := _intruder(material, one, shown):
            subject = material.defining(one) or material.subject(one.document, one.said, one.heading)
            yield item("odd", subject, stem, intruder, shown, cite(one.document, one.span))


def _stem(material: Material, one: Series) -> str:
    """The question, which says what is listed and how many there are; empty if that cannot be said in a few words."""
    if term := material.defining(one):
        return f"「{term}」分{one.said}，下面哪一项不在其中？"
    said = _LED.sub("", one.said)
    if len(said) < 7 or len(said) > _LONGEST_LEAD or LEANS.search(fold(said)) or one.ordered or "其中" in said:
        return ""
    if said == one.heading:
        return f"按《{one.document.title}》的「{said}」，下面哪一项不在其中？"
    return f"《{one.document.title}》讲「{one.heading}」时说，{said}。下面哪一项不在其中？"


def _intruder(material: Material, one: Series, shown: Sequence[str]) -> str:
    """A member of a list nearby that looks as if it belonged and that nothing around this list speaks of."""
    term = material.defining(one)
    around = squeeze(one.document.text[slice(*(one.span if term else one.section))])
    letters = set("".join((*one.members, one.said, one.heading)))
    candidates = [
        (_unlike(member, shown), -len(letters & set(member)), digest(one.said, member), member)
        for other in material.series
        if _siblings(one, other, term, material.defining(other)) and not _kin(one, other)
        for member, key in zip(other.members, other.keys, strict=True)
        if _alike(member, shown) and key not in around and not _spoken_of(member, around)
        if not _same(member, one.members)
        if term or letters & set(member)  # what shares no character with a list is seen not to belong to it
    ]
    return min(candidates)[-1] if candidates else ""


def _siblings(one: Series, other: Series, term: str, other_term: str) -> bool:
    """Whether two lists are of a kind: the stages or the sides of two models, or two lists of one note."""
    if term or other_term:
        return bool(term and other_term) and one.ordered == other.ordered
    return one.document is other.document


def _kin(one: Series, other: Series) -> bool:
    """Whether two lists may be of the same things: most of one's members are the other's, or they are called alike."""
    ours, theirs = set(one.keys), set(other.keys)
    return 2 * len(ours & theirs) > min(len(ours), len(theirs)) or one.span == other.span


def _spoken_of(member: str, section: str) -> bool:
    """Whether most of a member's pieces stand in a text, so that it may be meant there in other words."""
    own = pieces(member)
    return 2 * sum(piece in section for piece in own) > len(own)


def _same(member: str, members: Sequence[str]) -> bool:
    """Whether a member may mean one of some others, as 时限 may mean 时间窗, by characters that those do not all share."""
    own = set(member) - {char for char in member if sum(char in other for other in members) > 1}
    return any(5 * len(own & set(other)) >= len(set(member)) + len(set(other)) for other in members)


def _alike(member: str, shown: Sequence[str]) -> bool:
    """Whether a member has the form of some others: as long, built alike, with the ending that they share."""
    lengths = [len(other) for other in shown]
    if not min(lengths) - 1 <= len(member) <= max(lengths) + 1:
        return False
    for place in (0, -1):
        shared = {other[place] for other in shown}
        if len(shared) == 1 and member[place] not in shared:
            return False
    builds = [_build(other) for other in shown]
    return builds.count(_build(member)) >= 2 and _unlike(member, shown) <= _MOST_UNLIKE


def _unlike(member: str, shown: Sequence[str]) -> int:
    """How much a member's form differs from the nearest of some others, in length and in kinds of words."""
    return min(abs(len(member) - len(other)) + 2 * (_tags(member) != _tags(other)) for other in shown)


@lru_cache(maxsize=4096)
def _tags(member: str) -> tuple[str, ...]:
    import rjieba

    return tuple(tag[0] for _, tag in rjieba.tag(member))


def _build(member: str) -> str:
    """Whether a label says what to do, what something is like, or names a thing."""
    if member.isascii():
        return "latin"
    tags = _tags(member)
    if tags[-1] in "ny":
        return "act" if tags[0] == "v" and len(tags) > 1 else "thing"
    return "act" if tags[0] == "v" else "state"
