"""Where the notes contradict themselves: one term, two notes, and another formula or another number.

Nothing is decided here. Both passages are shown side by side, and people say which one holds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from kbqa.terms.facets import formula_parts
from kbqa.terms.glossary import name_key, names_of
from kbqa.text import fold, sentence_spans
from kbqa.types import Document, Place, Term

_ITEM = re.compile(r"^(?:[-*\u2022]\s+|[(\uff08]?\d{1,2}[.\u3001)\uff09]\s*)+")
_HAN_NUMBER = r"[两二三四五六七八九十]+(?=[个种类步大项层条点部阶])"
# A number with what it counts: 5个阶段, 24小时, 30%, 0.3.
_COUNTED = re.compile(
    rf"(?P<number>\d[\d,]*(?:\.\d+)?|{_HAN_NUMBER})\s*"
    r"(?P<unit>%|个|种|类|步|大|项|层|条|点|天|日|小时|分钟|周|月|年|倍|次|元|字)?(?P<noun>[\u4e00-\u9fff]{0,2})"
)
_CLAIMS = re.compile(rf"[\d=]|{_HAN_NUMBER}")
_UNIT = re.compile(r"(?<=[\w%])\([^()]*\)")  # brackets behind a name hold its unit, others what is computed first
_PERCENT = re.compile(r"\*100%|100%\*")
_ALIKE = 0.6  # share of two-character pieces that two sentences need to count as saying the same thing


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two passages that say different things of one term.

    Attributes:
        what: `formula` or `number`.
        said: what each of them says, short.
    """

    term: str
    what: Literal["formula", "number"]
    passages: tuple[Place, Place]
    said: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Claim:
    place: Place
    sentence: str
    formula: str
    numbers: tuple[tuple[str, str], ...]  # (what is counted, how many)


def find_conflicts(documents: Sequence[Document], terms: Sequence[Term]) -> tuple[Conflict, ...]:
    """Contradictions between notes, in the order of the terms; within one note several ways of counting are on purpose."""
    names = {name_key(name): i for i, term in reversed(list(enumerate(terms))) for name in names_of(term)}
    claims: defaultdict[int, list[_Claim]] = defaultdict(list)
    for document in documents:
        for row, claim in _claims(document, names):
            claims[row].append(claim)
    found = []
    for row in sorted(claims):
        for first, second in combinations(claims[row], 2):
            if first.place[0] != second.place[0] and (conflict := _compare(terms[row].name, first, second, names)):
                found.append(conflict)
    return tuple(found)


def _claims(document: Document, names: dict[str, int]) -> Iterator[tuple[int, _Claim]]:
    """Sentences that speak of a term and give its formula or a number: (row of the term, claim)."""
    folded = fold(document.text)
    headings = {section.start for section in document.sections}
    longest = max(map(len, names), default=0)
    for start, end in sentence_spans(document.text):
        sentence = folded[start:end]
        if start in headings or "示意" in sentence or not _CLAIMS.search(sentence):
            continue
        bare = _ITEM.sub("", sentence).lstrip('"')
        place = (document.doc_id, start, end)
        parts = formula_parts(bare)
        row = names.get(name_key(parts[0])) if parts else None
        if parts and row is not None:
            yield row, _Claim(place, bare, parts[1], ())
        elif (row := _subject(bare, names, longest)) is not None:
            if numbers := tuple(_numbers(bare)):
                yield row, _Claim(place, bare, "", numbers)


def _subject(sentence: str, names: dict[str, int], longest: int) -> int | None:
    """The term that a sentence starts with, if a verb or a mark follows."""
    for length in range(min(longest, len(sentence)), 1, -1):
        row = names.get(name_key(sentence[:length]))
        if row is not None:
            rest = sentence[length:].lstrip('" ')
            return (
                row
                if re.match(
                    r"\([^()]*\)|是|指|[:,\uff1a]|分|有|一般|通常|大致|可|为|包括|由|=|≥|>|大于|低于|超过|达", rest
                )
                else None
            )
    return None


def _numbers(sentence: str) -> Iterator[tuple[str, str]]:
    for match in _COUNTED.finditer(sentence):
        number = match["number"].replace(",", "")
        yield (match["unit"] or "") + match["noun"], number if number[0].isdigit() else str(_han_number(number))


def _han_number(numeral: str) -> int:
    """A Chinese numeral below a hundred: 十二 is 12, 二十 is 20."""
    digits = {"两": 2, **{c: i for i, c in enumerate("一二三四五六七八九", 1)}}
    tens, ten, ones = numeral.rpartition("十")
    return (digits.get(tens, 1) * 10 if ten else 0) + digits.get(ones, 0)


def _compare(term: str, first: _Claim, second: _Claim, names: dict[str, int]) -> Conflict | None:
    places = (first.place, second.place)
    if first.formula and second.formula:
        same = _canonical(first.formula, names) == _canonical(second.formula, names)
        return None if same else Conflict(term, "formula", places, (first.formula, second.formula))
    if first.numbers and second.numbers and _likeness(first.sentence, second.sentence) >= _ALIKE:
        ours, theirs = first.numbers, second.numbers
        if [what for what, _ in ours] == [what for what, _ in theirs] and ours != theirs:
            said = tuple("、".join(number + what for what, number in numbers) for numbers in (ours, theirs))
            return Conflict(term, "number", places, (said[0], said[1]))
    return None


def _canonical(formula: str, names: dict[str, int]) -> str:
    """A formula with units and spaces gone, names replaced by their term, and the order of factors or summands settled."""
    bare = _UNIT.sub("", re.sub(r"\s", "", formula)).replace("\u00b7", "*")
    bare = _PERCENT.sub("", re.split(r"[,\uff0c;\u3002]", bare)[0])
    parts = [f"#{names[key]}" if (key := name_key(part)) in names else part for part in re.split(r"([+\-*/()])", bare)]
    signs = set(parts) & set("+-*/()")
    if signs <= set("*/") or signs <= set("+-"):
        signed = zip(["", *parts[1::2]], parts[::2], strict=True)
        first = "*" if signs <= set("*/") else "+"
        return "".join(sorted((sign or first) + part for sign, part in signed))
    return "".join(parts)


def _likeness(a: str, b: str) -> float:
    """Share of two-character pieces in common, numbers aside (Jaccard)."""
    ours, theirs = ({bare[i : i + 2] for i in range(len(bare) - 1)} for bare in map(_without_numbers, (a, b)))
    return len(ours & theirs) / max(len(ours | theirs), 1)


def _without_numbers(sentence: str) -> str:
    return re.sub(r"[\d.,%]|[两二三四五六七八九十](?=[个种类步大项层条点])|\W", "", sentence)
