"""Notes that contradict each other: what counts as saying something else of a term, and what does not."""

from __future__ import annotations

import pytest

from kbqa.notes.reading import read_bytes
from kbqa.terms.conflicts import Conflict, find_conflicts
from kbqa.types import Document, Term

TERMS = (
    Term("客单价", (), ("AOV",)),
    Term("成交额", ("销售额",), ("GMV",)),
    Term("订单数", ("单量",)),
    Term("留存率", ("回访率",)),
    Term("活动复盘"),
    Term("会员"),
    Term("会员有效期"),
    Term("毛利率"),
)


def notes(*texts: str) -> list[Document]:
    """A note a text, under a heading that says nothing."""
    read = [read_bytes(f"# 口径\n\n{text}\n".encode(), f"{i}.md").document for i, text in enumerate(texts)]
    return [document for document in read if document]


def conflicts(*texts: str) -> tuple[Conflict, ...]:
    return find_conflicts(notes(*texts), TERMS)


def said(*texts: str) -> list[tuple[str, str, tuple[str, str]]]:
    return [(conflict.term, conflict.what, conflict.said) for conflict in conflicts(*texts)]


# --- formulas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("客单价 = 成交额 ÷ 订单数", "客单价 = 成交额 ÷ 下单人数", ("成交额 / 订单数", "成交额 / 下单人数")),
        ("客单价 = 成交额 ÷ 订单数", "AOV＝订单数÷成交额。", ("成交额 / 订单数", "订单数/成交额")),
        ("成交额 = 订单数 × 客单价", "成交额 = 订单数 + 客单价", ("订单数 * 客单价", "订单数 + 客单价")),
        ("成交额 = 订单数 − 退货数", "成交额 = 退货数 − 订单数", ("订单数 - 退货数", "退货数 - 订单数")),
        ("成交额 = 订单数 × 客单价", "成交额 = 订单数 × 客单价 × 复购次数", ("订单数 * 客单价", "订单数 * 客单价 * 复购次数")),
        ("- 公式：客单价 = 成交额 ÷ 订单数", "1. 客单价 = 成交额 ÷ 人数", ("成交额 / 订单数", "成交额 / 人数")),
    ],
)  # fmt: skip
def test_another_formula(first: str, second: str, shown: tuple[str, str]) -> None:
    """Other operands, other operators, another order where the order matters; each is shown as written, folded."""
    ((_, what, short),) = said(first, second)
    assert (what, short) == ("formula", shown)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("成交额 = 订单数 × 客单价", "成交额 = 客单价 × 订单数"),
        ("成交额 = 新客成交 + 老客成交 + 退款", "成交额 = 老客成交 + 退款 + 新客成交"),
        ("客单价 = 成交额 ÷ 订单数", "客单价（元/单）= 成交额（元）÷ 订单数（单）"),
        ("毛利率=毛利÷成交额", "毛利率=毛利÷成交额×100%"),
        ("毛利率=毛利÷成交额", "毛利率=100%×毛利÷成交额"),
        ("客单价 = 成交额 ÷ 订单数", "AOV = GMV / 单量"),
        ("成交额 = 订单数 × 客单价", "销售额 = AOV × 单量"),
        ("成交额 = 订单数 × 客单价", "成交额=订单数·客单价"),
        ("客单价 = 成交额 ÷ 订单数", "客单价＝成交额/订单数，按自然月看。"),
        ("客單價 = 成交額 ÷ 訂單數", "客单价 = 成交额 ÷ 订单数"),
        ("客单价 = 成交额 ÷ 订单数", "计算公式：客单价 = 成交额 ÷ 订单数；"),
    ],
)
def test_the_same_formula_in_other_words(first: str, second: str) -> None:
    """Order of a product or sum, units, a percentage, other names, marks and script, a remark behind it."""
    assert conflicts(first, second) == ()


@pytest.mark.parametrize("formula", ["毛利 ÷ 成交额 × 100%", "100% × 毛利 ÷ 成交额", "毛利 / 成交额 * 100%"])
def test_a_percentage_spelled_out(formula: str) -> None:
    """A ratio times one hundred per cent is the ratio."""
    assert conflicts("毛利率 = 毛利 ÷ 成交额", f"毛利率 = {formula}") == ()


def test_operands_in_brackets() -> None:
    """Brackets may hold what is computed first; leaving it out hides a contradiction."""
    found = said("毛利率 = (成交额 − 成本) ÷ 成交额", "毛利率 = (成交额 − 退款) ÷ 成交额")
    assert [what for _, what, _ in found] == ["formula"]


def test_the_order_above_a_division() -> None:
    """The factors of a numerator may change places."""
    assert conflicts("客单价 = 件单价 × 件数 ÷ 订单数", "客单价 = 件数 × 件单价 ÷ 订单数") == ()


def test_formulas_of_different_terms() -> None:
    """Nobody compares them, nor those of a name that is no term."""
    assert conflicts("客单价 = 成交额 ÷ 订单数", "留存率 = 回来的人数 ÷ 新增人数") == ()
    assert conflicts("心情值 = 笑脸 ÷ 天数", "心情值 = 哭脸 ÷ 天数") == ()


# --- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("活动复盘分为四个步骤。", "活动复盘分为五个步骤。", ("4个步骤", "5个步骤")),
        ("活动复盘分为四个步骤。", "活动复盘分为 6 个步骤。", ("4个步骤", "6个步骤")),
        ("会员有效期为 12 个月，到期清零。", "会员有效期为 24 个月，到期就清零。", ("12个月", "24个月")),
        ("留存率一般在 30% 左右。", "- 「留存率」一般在 40.5% 左右。", ("30%", "40.5%")),
        ("会员有效期为 1,200 天。", "会员有效期为 1300 天。", ("1200天", "1300天")),
        ("留存率是指第 7 天还回来的人。", "留存率是指第 30 天还回来的人。", ("7天还回", "30天还回")),
    ],
)
def test_another_number(first: str, second: str, shown: tuple[str, str]) -> None:
    """Two sentences that say the same of a term but for the number."""
    ((_, what, short),) = said(first, second)
    assert (what, short) == ("number", shown)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("活动复盘分为四个步骤。", "活动复盘分为 4 个步骤。"),
        ("活动复盘分为两个步骤。", "活动复盘分为 2 个步骤。"),
        ("会员有效期为 1,200 天。", "会员有效期为 1200 天。"),
        ("会员有效期为 12 个月，到期清零。", "会员有效期为 12 个月，到期就清零。"),
        ("会员有效期为 12 个月。", "会员有效期为 365 天。"),
        ("会员有效期为 12 个月。", "会员有效期为 36 个月，过了就要重新交钱，积分和等级都不保留。"),
        ("留存率一般在 30% 左右。", "毛利率一般在 40% 左右。"),
        ("留存率一般在 30% 左右。", "我们的留存率一般在 40% 左右。"),
        ("留存率很重要。", "留存率最重要。"),
    ],
)
def test_numbers_that_do_not_contradict(first: str, second: str) -> None:
    """The same number otherwise written, other units, another statement, another term, a term that is not the subject."""
    assert conflicts(first, second) == ()


def test_the_longest_name_is_the_subject() -> None:
    """会员有效期 is spoken of, not 会员."""
    (conflict,) = conflicts("会员有效期为 12 个月，到期清零。", "会员有效期为 24 个月，到期清零。")
    assert conflict.term == "会员有效期"
    (conflict,) = conflicts("会员可以用 3 张券。", "会员可以用 5 张券。")
    assert conflict.term == "会员"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("活动复盘分为十二个步骤。", "活动复盘分为 12 个步骤。", []),
        ("活动复盘分为十二个步骤。", "活动复盘分为二十二个步骤。", [("12个步骤", "22个步骤")]),
        ("活动复盘分为十二个步骤。", "活动复盘分为十三个步骤。", [("12个步骤", "13个步骤")]),
    ],
)
def test_numerals_above_ten(first: str, second: str, expected: list[tuple[str, str]]) -> None:
    """十二 is 12."""
    assert [short for _, _, short in said(first, second)] == expected


@pytest.mark.parametrize(("first", "second"), [("三部分", "四部分"), ("三点", "四点")])
def test_parts_and_points_are_counted(first: str, second: str) -> None:
    """三部分 and 三点 count as 三个 does."""
    assert len(conflicts(f"活动复盘分为{first}。", f"活动复盘分为{second}。")) == 1


def test_two_numbers_that_changed_places() -> None:
    """3 days for one and 7 for the other is not 7 and 3."""
    found = conflicts("会员有效期分两种：新客 3 天，老客 7 天。", "会员有效期分两种：新客 7 天，老客 3 天。")
    assert [conflict.what for conflict in found] == ["number"]


# --- what is compared -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "客单价 = 成交额 ÷ 订单数\n\n客单价 = 成交额 ÷ 下单人数",
        "留存率一般在 30% 左右。留存率一般在 40% 左右。",
    ],
)
def test_one_note_may_count_in_several_ways(text: str) -> None:
    """Within a note that is on purpose; the same two sentences in two notes are a contradiction."""
    assert conflicts(text) == ()
    parts = text.replace("。留", "。\n\n留").split("\n\n")
    assert len(conflicts(*parts)) == 1


@pytest.mark.parametrize(
    "example",
    [
        "示意：客单价 = 成交额 ÷ 下单人数",
        "示意：客单价 = 5000 ÷ 100 = 50 元",
        "- 示意：客单价 = 成交额 ÷ 下单人数",
        "1. 示意，客单价一般在 50 元左右。",
        "示例：客单价一般在 50 元左右。",
    ],
)
def test_examples_contradict_nobody(example: str) -> None:
    """Figures that somebody made up, beside a formula, a number, and each other."""
    assert conflicts("客单价 = 成交额 ÷ 订单数", example) == ()
    assert conflicts("客单价一般在 80 元左右。", example) == ()
    assert conflicts(example.replace("50", "60").replace("下单", "付款"), example) == ()


def test_a_number_marked_as_an_example_behind_it() -> None:
    """`12 个月（示意）` is made up as well."""
    assert conflicts("会员有效期为 12 个月（示意）。", "会员有效期为 24 个月（示意）。") == ()


def test_headings_claim_nothing() -> None:
    """`## 活动复盘分为五个步骤` is a title, whatever stands under it."""
    assert conflicts("活动复盘分为四个步骤。", "## 活动复盘分为五个步骤\n\n先看数。") == ()


def test_nothing_to_compare() -> None:
    """No notes, no terms, notes without a claim."""
    assert find_conflicts((), TERMS) == ()
    assert find_conflicts(notes("客单价 = 成交额 ÷ 订单数", "客单价 = 成交额 ÷ 人数"), ()) == ()
    assert conflicts("客单价。", "客单价 =", "= 成交额") == ()


# --- how it is shown --------------------------------------------------------------------------------------------------


def test_both_passages_with_their_places() -> None:
    """Each passage is the whole sentence in its note's own spelling, without the ones around it."""
    documents = notes(
        "先说说口径。客單價 = 成交額 ÷ 訂單數。每天看。", "## 算法\n\n- ＡＯＶ（元）＝ 成交额 ÷ 下单人数；\n- 别的话。"
    )
    (conflict,) = find_conflicts(documents, TERMS)
    assert conflict.term == "客单价"
    by_id = {document.doc_id: document for document in documents}
    shown = [(doc_id, by_id[doc_id].text[start:end]) for doc_id, start, end in conflict.passages]
    assert shown == [("0.md", "客單價 = 成交額 ÷ 訂單數。"), ("1.md", "- ＡＯＶ（元）＝ 成交额 ÷ 下单人数；")]
    assert [by_id[doc_id].line_at(start) for doc_id, start, _ in conflict.passages] == [3, 5]


def test_the_order_of_notes_is_the_order_of_passages() -> None:
    """What comes first is shown first, with what it says."""
    first, second = notes("客单价 = 成交额 ÷ 订单数", "客单价 = 成交额 ÷ 下单人数")
    (one,), (other,) = find_conflicts([first, second], TERMS), find_conflicts([second, first], TERMS)
    assert (other.passages, other.said) == (one.passages[::-1], one.said[::-1])


def test_contradictions_come_in_the_order_of_the_terms() -> None:
    """Not in that of the sentences; three notes that all differ give three pairs."""
    found = conflicts(
        "留存率一般在 30% 左右。\n\n客单价 = 成交额 ÷ 订单数",
        "留存率一般在 40% 左右。\n\n客单价 = 成交额 ÷ 人数",
        "客单价 = 成交额 ÷ 次数",
    )
    pairs = [(conflict.term, conflict.passages[0][0], conflict.passages[1][0]) for conflict in found]
    assert pairs == [
        ("客单价", "0.md", "1.md"),
        ("客单价", "0.md", "2.md"),
        ("客单价", "1.md", "2.md"),
        ("留存率", "0.md", "1.md"),
    ]


def test_a_name_of_two_terms_belongs_to_the_first() -> None:
    """As everywhere: what a name means is settled by the order of the glossary."""
    terms = (Term("成交额", (), ("GMV",)), Term("商品总额", (), ("GMV",)))
    found = find_conflicts(notes("GMV = 订单数 × 单价", "商品总额 = 件数 × 单价", "成交额 = 件数 × 单价"), terms)
    assert [(conflict.term, conflict.passages[0][0], conflict.passages[1][0]) for conflict in found] == [
        ("成交额", "0.md", "2.md")
    ]
