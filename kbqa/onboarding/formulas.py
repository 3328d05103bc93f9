"""How a term is computed: its formula among those of others, and the one with numerator and denominator exchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from kbqa.onboarding.distractors import hidden
from kbqa.onboarding.items import QuizItem, cite, digest, item
from kbqa.onboarding.material import Material
from kbqa.onboarding.meanings import pieces
from kbqa.terms.facets import formula_parts
from kbqa.terms.glossary import name_key, names_of
from kbqa.text import fold, sentence_spans, squeeze
from kbqa.types import Document, Term

_LONGEST = 60
_NAMED = re.compile(r"^(?:[-*•]\s+|\d{1,2}[.、]\s*)?(?:(?:计算)?公式[^:=]{0,6}:\s*)?(?:[^=:]{1,40}=\s*)?")
_END = re.compile(r"[，,；;。]")
# Operands that could be anybody's: 目标 and 本步 fit every rate.
_VAGUE = re.compile(r"目标|本步|第一步|上一步|这一步|该部分|某|阶段甲|实际值|得分|总变化|[xyn]\b")
_RATIO = re.compile(r"(?P<above>[^÷×＋−（]{2,}[^÷×＋−（\s])\s*÷\s*(?P<below>[^÷×＋−（]{2,}?)(?P<rest>\s×\s[\d,]+%?)?")
_ALL = "全总所各"
_ALIKE = 0.6
_SPACE = re.compile(r"\s")


@dataclass(frozen=True)
class Formula:
    """What stands right of the equals sign of a term's formula."""

    term: Term
    text: str
    document: Document
    span: tuple[int, int]

    @cached_property
    def ratio(self) -> tuple[str, str, str] | None:
        """What stands above and below the line, and the factor behind (` × 100%`); None for a formula of another build."""
        match = _RATIO.fullmatch(self.text)
        return (match["above"], match["below"], match["rest"] or "") if match else None

    @cached_property
    def shape(self) -> str:
        """Its operators alone: what it looks like from afar."""
        return "".join(re.findall(r"[÷/×*+−-]|100%", self.text.replace("＋", "+")))

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(map(name_key, names_of(self.term)))


def formula_items(material: Material) -> Iterator[QuizItem]:
    """One item for every term with a formula in words that has others to be told from."""
    known = [formula for term in material.terms if (formula := _formula(material, term))]
    other_ways = _stated(material.documents)
    for formula in known:
        ways = [formula.text, *(way for key in formula.keys for way in other_ways.get(key, ()))]
        if wrong := _wrong(formula, known, ways, material.common):
            name, right = formula.term.name, formula.text
            yield item("formula", name, f"「{name}」怎么算？", right, wrong, cite(formula.document, formula.span))


def _formula(material: Material, term: Term) -> Formula | None:
    if not term.formula:
        return None
    document = material.document(term.formula[0])
    text = right_side(document.text[slice(*term.formula[1:])])
    names = [name_key(name) for name in names_of(term)]
    if not 5 <= len(text) <= _LONGEST or any(name in name_key(text) for name in names):
        return None
    return Formula(term, text, document, term.formula[1:])


def right_side(sentence: str) -> str:
    """The right side of a formula in words, without what is said behind it."""
    text = sentence[_NAMED.match(fold(sentence)).end() :]  # type: ignore[union-attr]
    depth = 0
    for i, char in enumerate(text):
        depth += (char in "（(") - (char in "）)")
        if depth == 0 and _END.match(char) and not (char == "," and text[i + 1 : i + 2].isdigit()):
            return text[:i].strip()
    return text.strip()


def _stated(documents: Sequence[Document]) -> dict[str, list[str]]:
    """Folded name → right sides of every formula that the notes give for it, figures included."""
    ways: dict[str, list[str]] = {}
    for document in documents:
        folded = fold(document.text)
        for start, end in sentence_spans(document.text) if "=" in folded else ():
            if "=" in folded[start:end] and (parts := formula_parts(folded[start:end])):
                ways.setdefault(name_key(parts[0]), []).append(right_side(document.text[start:end]))
    return ways


def _wrong(formula: Formula, known: Sequence[Formula], ways: Sequence[str], common: frozenset[str]) -> list[str]:
    """Wrong right sides; none if there are too few that look like the right one.

    Of a ratio 甲 ÷ 乙 they are 乙 ÷ 甲, 甲 ÷ 丙 and 丙 ÷ 甲: each way round and each partner stands there twice, so that no
    option is the one that the others were made from. Where nothing nearby can be 丙, and for formulas of another build,
    they are those of other terms.

    Args:
        ways: all that the notes give for this term.
        common: see `hidden`.
    """
    exchanged = []
    if formula.ratio:
        above, below, rest = formula.ratio
        exchanged = [_ratio(below, above, rest)]
        for other in _partners(formula, known):
            wrong = [*exchanged, _ratio(above, other, rest), _ratio(other, above, rest)]
            if not any(same(text, way) for text in wrong for way in ways):
                return wrong
    others = [o for o in known if o.shape == formula.shape and _tellable(formula, o)]
    others.sort(key=lambda o: (-_nearness(formula, o), digest(formula.text, o.text)))
    wrong = exchanged + [o.text for o in others if not any(same(o.text, way) for way in ways)]
    return hidden(formula.text, wrong, formula.term.name, common)


def _partners(formula: Formula, known: Sequence[Formula]) -> list[str]:
    """Quantities that might stand below the line of a ratio but do not: counted alike, from terms nearby."""
    above, below, _ = formula.ratio or ("", "", "")
    found = {}
    for other in known:
        if other.ratio and _nearby(formula, other) and _tellable(formula, other):
            for part in other.ratio[:2]:
                if (
                    _countable(part, below)
                    and _countable(part, above)
                    and not _VAGUE.search(part)
                    and part[0] not in _ALL
                ):
                    near = (other.document is not formula.document, -_nearness(formula, other), digest(above, part))
                    found[part] = min(near, found.get(part, near))
    return sorted(found, key=lambda part: (found[part], part))


def _countable(part: str, below: str) -> bool:
    """Whether a quantity is counted in the same unit as another, and is another."""
    unit = re.search(
        r"(?:人数|用户数|客户数|会员数|件数|单数|订单数|张数|金额|费用|销售额|额|天数|时长|时间|积分|[^（）]数|.$)$",
        below,
    )
    if "（" in part + below or not unit or part[-1] != below[-1]:
        return False
    ours, theirs = pieces(part), pieces(below)
    return not (ours & theirs) - pieces(unit[0]) and abs(len(part) - len(below)) <= 8


def _tellable(one: Formula, other: Formula) -> bool:
    """Whether another term's formula is surely wrong for this one."""
    if one.keys & other.keys or any(a in b or b in a for a in one.keys for b in other.keys):
        return False
    if _VAGUE.search(other.text) or ("100%" in one.text and "100%" not in other.text):
        return False
    return ("100%" in one.text) == ("100%" in other.text) and not same(one.text, other.text)


def _nearby(one: Formula, other: Formula) -> bool:
    return one.document is other.document or bool(set(one.document.tags) & set(other.document.tags))


def _nearness(one: Formula, other: Formula) -> float:
    confusable = {name_key(name) for name in one.term.confusable} & other.keys
    together = 2.0 * bool(confusable) + 0.3 * _nearby(one, other)
    ours, theirs = pieces(one.text), pieces(other.text)
    return together + 2 * len(ours & theirs) / (len(ours) + len(theirs))


def _ratio(above: str, below: str, rest: str) -> str:
    return f"{above} ÷ {below}{rest}"


def same(one: str, other: str) -> bool:
    """Whether two right sides may say the same: the same operands, in other words perhaps, above and below the line."""
    if _SPACE.sub("", one) == _SPACE.sub("", other):
        return True
    ours, theirs = _halves(one), _halves(other)
    return len(ours) == len(theirs) > 1 and all(_close(a, b) for a, b in zip(ours, theirs, strict=True))


def _halves(text: str) -> list[str]:
    bare = re.sub(r"×\s*[\d,]+%?\s*$", "", text)
    return [squeeze(half.replace("的", "")) for half in re.split(r"[÷/]", bare)]


def _close(one: str, other: str) -> bool:
    ours, theirs = pieces(one), pieces(other)
    return bool(ours or theirs) and 2 * len(ours & theirs) >= _ALIKE * (len(ours) + len(theirs))
