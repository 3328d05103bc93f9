"""What notes say of a term beside its definition: formula, what it is easily taken for, what to read next."""

from __future__ import annotations

import pytest

from kbqa.notes.reading import read_bytes
from kbqa.terms.facets import formula_parts, with_facets
from kbqa.text import fold, sentence_spans
from kbqa.types import Document, Term


def note(text: str) -> Document:
    found = read_bytes(text.encode("utf-8"), "a.md").document
    assert found is not None
    return found


def facets(text: str, *terms: Term) -> tuple[Term, ...]:
    document = note(text)
    return with_facets(document, fold(document.text), sentence_spans(document.text), terms)


def formula(text: str, *terms: Term) -> str | None:
    """The words of the formula that the first term gets."""
    found, *_ = facets(text, *terms)
    if found.formula is None:
        return None
    doc_id, start, end = found.formula
    assert doc_id == "a.md"
    return note(text).text[start:end]


def confusable(*lines: str, heading: str = "易混概念", of: Term) -> tuple[str, ...]:
    """What a term is easily taken for by a note with some lines under a heading."""
    (found,) = facets("# 券\n\n券。\n\n## " + heading + "\n\n" + "\n".join(lines), of)
    return found.confusable


def related(*lines: str, heading: str = "相关术语", title: str = "退款率", of: Term | None = None) -> tuple[str, ...]:
    """What comes next after a term by a note with some lines under a heading."""
    (found,) = facets(f"# {title}\n\n一段话。\n\n## {heading}\n\n" + "\n".join(lines), of or Term("退款率"))
    return found.related


# --- formulas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "parts"),
    [
        ("退款率 = 退款单数 ÷ 订单数", ("退款率", "退款单数 / 订单数")),
        ("退款率（%）＝退款单数÷订单数×100%。", ("退款率", "退款单数/订单数*100%")),
        ("公式：退款率 = 退款单数 ÷ 订单数；", ("退款率", "退款单数 / 订单数")),
        ("计算公式（月）：退款率 = 退款单数 ÷ 订单数", ("退款率", "退款单数 / 订单数")),
        ("- 退款率 = 退款单数 ÷ 订单数", ("退款率", "退款单数 / 订单数")),
        ("2. 退款率 = 退款单数 ÷ 订单数", ("退款率", "退款单数 / 订单数")),
        ("其中，退款率 = 退款单数 ÷ 订单数", ("退款率", "退款单数 / 订单数")),
        ("“退款率” = 退款单数 ÷ 订单数", ("退款率", "退款单数 / 订单数")),
        ("DAU_7 = 七天里每天来的人数相加 ÷ 7", ("dau", "七天里每天来的人数相加 / 7")),
        ("毛利 = 卖价 − 进价 = 卖价 × 毛利率", ("毛利", "卖价 - 进价 = 卖价 * 毛利率")),
    ],
)
def test_a_formula_in_words(sentence: str, parts: tuple[str, str]) -> None:
    """Its name without unit, mark and lead-in, and all of its right side."""
    assert formula_parts(fold(sentence)) == parts


@pytest.mark.parametrize(
    "sentence",
    [
        "退款率 = 20 ÷ 100 = 20%",
        "退款率 = 20 元 ÷ 100 元",
        "示意：退款率 = 退款单数 ÷ 订单数",
        "退款率等于退款单数除以订单数。",
        "退 = 退款单数",
        "退款率 = ",
        "月初定价。退款率 = 退款单数 ÷ 订单数",
        "这个月的退款率比上个月高了一点点，因为退款率 = 退款单数 ÷ 订单数",
        "单数 / 人数 = 人均单数",
        "",
    ],
)
def test_no_formula(sentence: str) -> None:
    """Figures only, an example, words without the sign, a name of one character, nothing on one side, no name on the left."""
    assert formula_parts(fold(sentence)) is None


def test_a_term_gets_its_formula() -> None:
    """The first sentence that gives it, as it stands; a term without one gets none."""
    text = "# 券\n\n核销率是好东西。核销率（%）＝ 用掉的券 ÷ 发出的券 × 100%。核销率 = 别的算法。\n\n领取率 = 领走的券 ÷ 放出的券\n"
    assert formula(text, Term("核销率")) == "核销率（%）＝ 用掉的券 ÷ 发出的券 × 100%。"
    assert formula(text, Term("领取率")) == "领取率 = 领走的券 ÷ 放出的券"
    assert formula(text, Term("退款率")) is None
    assert formula("# 券\n\n没有等号的一篇。", Term("核销率")) is None


@pytest.mark.parametrize("mark", ["- ", "2. ", "* "])
def test_the_mark_of_an_item_is_not_quoted(mark: str) -> None:
    assert (
        formula(f"# 券\n\n{mark}核销率 = 用掉的券 ÷ 发出的券。\n", Term("核销率")) == "核销率 = 用掉的券 ÷ 发出的券。"
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "覆盖人数 = 1.2 亿 × 50 = 60 亿元。",
        "活跃周数 = 1 + 0.40 + 0.30 = 1.70 个活跃周。",
        "投产比 = 80 ÷ 60 ≈ 1.33。",
        "核销率 = 5,000 ÷ 100,000 = 5%，和上个月一样。",
    ],
)
def test_a_worked_out_example_is_no_formula(sentence: str) -> None:
    """A term's formula says how it is computed, not what came out once."""
    assert formula_parts(fold(sentence)) is None


def test_a_formula_may_use_any_name() -> None:
    """Another name, another script, another case; the term's own name is looked for first."""
    text = "# 券\n\n用券率 = 一种算法。\n\nUSE RATE = 另一种算法。\n\n核銷率 = 第三种算法。\n"
    assert formula(text, Term("核销率", ("用券率",))) == "核銷率 = 第三种算法。"
    assert formula(text, Term("券的核销", ("用券率",))) == "用券率 = 一种算法。"
    assert formula(text, Term("券的核销", (), ("Use Rate",))) == "USE RATE = 另一种算法。"


def test_blanks_in_the_name_of_a_formula() -> None:
    assert formula("# 券\n\nP 值 = 一种算法。\n", Term("P值")) == "P 值 = 一种算法。"


def test_blanks_in_the_name_of_a_term() -> None:
    """`K 因子` is written with and without a blank."""
    assert formula("# 券\n\nP值 = 一种算法。\n", Term("P 值")) == "P值 = 一种算法。"


# --- easily taken for -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "others"),
    [
        ("- 满减券与折扣券：一个看总价，一个看折数。", ("折扣券",)),
        ("- 折扣券和满减券：一个看总价，一个看折数。", ("折扣券",)),
        ("满减券跟折扣券：一个看总价，一个看折数。", ("折扣券",)),
        ("* “满减券” vs. “折扣券”：一个看总价，一个看折数。", ("折扣券",)),
        ("满减券 对比 折扣券: 一个看总价，一个看折数。", ("折扣券",)),
        ("滿減券與折扣券：一個看總價，一個看折數。", ("折扣券",)),
        ("满减券和折扣券差在看总价还是看折数。", ()),
        ("满减券：和折扣券不同。", ()),
        ("折扣券与代金券：都不是。", ()),
    ],
)
def test_pairs_of_a_line(line: str, others: tuple[str, ...]) -> None:
    """Two names with a word between them and a colon behind, as people write such lists."""
    assert confusable(line, of=Term("满减券")) == others


@pytest.mark.parametrize(
    ("heading", "counts"),
    [
        ("易混概念", True),
        ("容易混淆的词", True),
        ("概念辨析", True),
        ("满减券与折扣券", False),
        ("相关术语", False),
    ],
)
def test_only_a_section_on_that_counts(heading: str, counts: bool) -> None:
    assert confusable("- 满减券与折扣券：不同。", heading=heading, of=Term("满减券")) == (("折扣券",) if counts else ())


def test_a_pair_counts_both_ways_and_once() -> None:
    """Written as in the note; in order; by any name of a term; not for a third."""
    text = (
        "# 券\n\n## 易混概念\n\n- 满减券与 KOC 券：不同。\n- 折扣券与满减券：不同。\n- 满减券与KOC 券：又说一遍。\n"
        "- 凑单券与现金券：不同。\n"
    )
    terms = (Term("满减券", ("凑单券",)), Term("koc 券"), Term("折扣券"), Term("夜宵券"))
    assert [t.confusable for t in facets(text, *terms)] == [
        ("KOC 券", "折扣券", "现金券"),
        ("满减券",),
        ("满减券",),
        (),
    ]


def test_a_name_with_the_dividing_word() -> None:
    """会员参与度 does not end at its 与, wherever it stands in the pair."""
    for line in ("- 活跃度与会员参与度：不同。", "- 会员参与度与活跃度：不同。"):
        assert confusable(line, of=Term("会员参与度")) == ("活跃度",)


@pytest.mark.parametrize("line", ["- 满减券和折扣券的区别：一个看总价。", "- 满减券与折扣券不同：一个看总价。"])
def test_words_behind_the_second_name(line: str) -> None:
    assert confusable(line, of=Term("满减券")) == ("折扣券",)


# --- what to read next ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["- 退货率", "- 差评率"], ("退货率", "差评率")),
        (
            ["退货率、差评率，客诉率；换货率;复检率,返修率"],
            ("退货率", "差评率", "客诉率", "换货率", "复检率", "返修率"),
        ),
        (["* 退货率。", "* 退货率", "* Refund Rate"], ("退货率", "Refund Rate")),
        (["- 退款率", "- 率", "- 一个比十六个字还要长的条目不能算是名称"], ()),
        (["[退货率](b.md)、**差评率**"], ("退货率", "差评率")),
    ],
)
def test_names_under_the_heading(lines: list[str], names: tuple[str, ...]) -> None:
    """Items or a row of names, in order, each once; not the term itself, not what is too short or too long for a name."""
    assert related(*lines) == names


@pytest.mark.parametrize(
    ("heading", "counts"),
    [
        ("相关术语", True),
        ("相关概念", True),
        ("相关名词", True),
        ("相关词条", True),
        ("相关阅读", False),
        ("术语", False),
    ],
)
def test_which_headings_count(heading: str, counts: bool) -> None:
    assert related("- 退货率", heading=heading) == (("退货率",) if counts else ())


def test_only_the_subject_of_the_note_has_them() -> None:
    """A term that the note only mentions has no neighbours there; title and aliases say what the subject is."""
    text = "---\ntitle: 退款那些事\naliases: [退款率]\n---\n# 退款那些事\n\n一段话。\n\n## 相关术语\n\n- 差评率\n- 退单率\n"
    subject, mentioned = facets(text, Term("退单比例", ("退单率", "退款率")), Term("差评率"))
    assert (subject.related, mentioned.related) == (("差评率",), ())


def test_a_section_ends_at_the_next_heading() -> None:
    (found,) = facets("# 退款率\n\n## 相关术语\n\n- 退货率\n\n## 附录\n\n- 差评率\n", Term("退款率"))
    assert found.related == ("退货率",)


@pytest.mark.parametrize(
    "line", ["1. 退货率", "- 退货率：按件数算", "- 退货率：把货退回来的单数占全部单数的比例，按月看"]
)
def test_an_item_with_a_number_or_an_explanation(line: str) -> None:
    assert related(line) == ("退货率",)


def test_a_subheading_is_no_name() -> None:
    assert related("### 看单数的", "", "- 退货率") == ("退货率",)


# --- the terms themselves ---------------------------------------------------------------------------------------------


def test_everything_else_of_a_term_stays() -> None:
    """Order, names, definition, origin: only the three facets are set."""
    term = Term(
        "退款率", ("退单率",), ("RR",), ("a.md", 1, 2), None, ("a.md", 1, 2), (), (), ("退货率",), "table", 0.95
    )
    text = (
        "# 退款率\n\n退款率 = 退款单数 ÷ 订单数\n\n## 易混概念\n\n- 退款率与退货率：不同。\n\n## 相关术语\n\n- 差评率\n"
    )
    found, other = facets(text, term, Term("差评率"))
    assert found == Term(
        "退款率", ("退单率",), ("RR",), ("a.md", 1, 2), found.formula, ("a.md", 1, 2), ("退货率",), ("差评率",), ("退货率",),
        "table", 0.95,
    )  # fmt: skip
    assert found.formula == ("a.md", 4, 20) and other == Term("差评率")
    assert facets(text) == ()
