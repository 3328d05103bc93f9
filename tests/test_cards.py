"""Term cards of the handbook: every line is its slice, and the lines are the right ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa.errors import UnknownTerm
from kbqa.onboarding.cards import Cards, TermCard
from tests.learning import built, handbook, handbook_course, note


def card(name: str) -> TermCard:
    return handbook_course().cards.card(name)


def quoted(name: str, facet: str) -> str:
    citation = getattr(card(name), facet)
    return citation.quote if citation else ""


def difference(name: str, other: str) -> str:
    (found,) = [c.difference for c in card(name).confusable if c.name == other]
    return found.quote if found else ""


def test_every_quote_of_every_card_is_its_slice() -> None:
    kb, course = handbook(), handbook_course()
    quotes = [q for step in course.path.steps for name in step.terms for q in course.cards.card(name).quotes]
    assert len(quotes) > 900
    for quote in quotes:
        document = kb.document(quote.doc_id)
        assert document.text[quote.start : quote.end] == quote.quote
        assert quote.line == document.line_at(quote.start)


def test_a_card_has_definition_formula_and_a_worked_example() -> None:
    """The example is the one behind the formula, with the calculation below it."""
    assert card("LTV").doc_id == "用户运营/用户价值与LTV.md"
    assert quoted("LTV", "definition") == (
        "LTV（Life Time Value，用户生命周期价值）是指一名用户从被获取到流失，累计给产品带来的收益。"
    )
    assert quoted("LTV", "formula").startswith("公式：LTV（元）＝ 每月 ARPU（元/月）× 毛利率 × LT（月）")
    assert quoted("LTV", "example") == (
        "示意：某会员产品每月 ARPU 为 20 元，毛利率 40%，月流失率 10%。\n- LT ＝ 1 ÷ 10% ＝ 10 个月。\n"
        "- 收入口径 LTV ＝ 20 × 10 ＝ 200 元。\n- 毛利口径 LTV ＝ 20 × 40% × 10 ＝ 80 元。"
    )


def test_an_example_brings_its_table() -> None:
    assert quoted("辛普森悖论", "example").split("\n")[:2] == [
        "示意：两个渠道的转化如下。",
        "渠道 | 新客 | 老客 | 合计",
    ]


def test_a_card_without_an_example_near_has_none() -> None:
    assert card("拉新").example is None


def test_the_difference_is_told_for_the_right_pair() -> None:
    """`LT` is part of `LTV`: the line on LTV and ARPU must not pass for the one on LTV and LT."""
    assert difference("LTV", "LT") == "LTV 与 LT：LT 是时间长度，单位是天或月；LTV 是钱，单位是元。"
    assert difference("LTV", "ARPU").startswith("LTV 与 ARPU：ARPU 是一段时间内人均收入")
    assert difference("CPA", "CAC") == difference("CAC", "CPA")


def test_a_pair_that_the_notes_do_not_tell_apart_has_no_difference() -> None:
    assert difference("动销率", "售罄率") == ""


def test_any_name_of_a_term_finds_its_card() -> None:
    assert card("用户生命周期价值").name == card("customer lifetime value").name == "LTV"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownTerm, match="没有这种词"):
        card("没有这种词")


def test_an_example_belongs_to_the_term_before_it(tmp_path: Path) -> None:
    """货架数 is followed by another definition and has no example; the example behind 陈列数 is of 陈列数."""
    body = "货架数是指一家店里货架的个数。\n\n陈列数是指货架上商品的个数。\n\n例如，三层货架每层六件，陈列数为 18 件。"
    note(tmp_path / "notes", "门店.md", body, terms=["货架数", "陈列数"])
    cards = Cards(built(tmp_path / "notes"))
    assert cards.card("货架数").example is None
    example = cards.card("陈列数").example
    assert example is not None and example.quote == "例如，三层货架每层六件，陈列数为 18 件。"
