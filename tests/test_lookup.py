"""Finding a term by what somebody remembers of it, the surest finding first."""

from __future__ import annotations

import pytest

from kbqa.terms.lookup import TermHit, TermLookup, pinyin_of
from kbqa.types import Term

LIFE = Term("会员生命周期", ("会员旅程",), ("Member Lifecycle", "MLC"))
REFUND = Term("退款率", ("退货率",), ("Refund Rate",))
CYCLE = Term("退款周期")
SPLIT = Term("A/B 测试", (), ("Split Testing",))
SUPPLIER = Term("内容供应商", (), ("CP",))
VALUE = Term("性价比", (), ("CP",))
WOMEN = Term("女装")
LOOKUP = TermLookup((LIFE, REFUND, CYCLE, SPLIT, SUPPLIER, VALUE, WOMEN))


def found(query: str, k: int = 20) -> list[tuple[str, str, str]]:
    """(term, name that fits, how) of what is found among the terms above."""
    return [(hit.term.name, hit.name, hit.how) for hit in LOOKUP.search(query, k)]


# --- each way ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("退款率", ("退款率", "退款率", "name")),
        ("退貨率", ("退款率", "退货率", "alias")),
        (" 退 款 率 ", ("退款率", "退款率", "name")),
        ("ab测试", ("A/B 测试", "A/B 测试", "name")),
        ("Ａ／Ｂ測試", ("A/B 测试", "A/B 测试", "name")),
        ("mlc", ("会员生命周期", "MLC", "alias")),
        ("refund-rate", ("退款率", "Refund Rate", "alias")),
        ("会员生", ("会员生命周期", "会员生命周期", "start")),
        ("生命周期", ("会员生命周期", "会员生命周期", "part")),
        ("member", ("会员生命周期", "Member Lifecycle", "start")),
        ("lifecycle", ("会员生命周期", "Member Lifecycle", "part")),
        ("tuikuanlv", ("退款率", "退款率", "pinyin")),
        ("Tui Kuan Lv", ("退款率", "退款率", "pinyin")),
        ("tuihuo", ("退款率", "退货率", "pinyin")),
        ("zhouqi", ("退款周期", "退款周期", "pinyin")),
        ("nvzhuang", ("女装", "女装", "pinyin")),
        ("abceshi", ("A/B 测试", "A/B 测试", "pinyin")),
        ("tkl", ("退款率", "退款率", "initials")),
        ("HYSMZQ", ("会员生命周期", "会员生命周期", "initials")),
        ("smzq", ("会员生命周期", "会员生命周期", "initials")),
        ("nz", ("女装", "女装", "initials")),
    ],
)
def test_how_a_term_is_found(query: str, first: tuple[str, str, str]) -> None:
    """Spelling, script, width, spaces and marks aside; pinyin and initials of the whole name or of its end."""
    assert found(query)[0] == first


@pytest.mark.parametrize(
    "query", ["会员生命周", "员生命周期", "会员生命的周期", "会员声命周期", "会员生命期周", "会员生明周期"]
)
def test_one_slip(query: str) -> None:
    """A character left out is found as a part or a slip; one added, changed or swapped with its neighbour as a slip."""
    how = "start" if query == "会员生命周" else "part" if query == "员生命周期" else "typo"
    assert found(query) == [("会员生命周期", "会员生命周期", how)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("会员命周期", ["会员生命周期"]),
        ("会员声名周期", []),
        ("退宽率", ["退款率"]),
        ("女庄", []),
        ("退款", ["退款率", "退款周期"]),
        ("mld", []),
        ("refundrat", ["退款率"]),
        ("refnd rate", ["退款率"]),
        ("rufnd rate", []),
    ],
)
def test_how_much_may_be_wrong(query: str, names: list[str]) -> None:
    """One character, in names of three at least, five where they are Latin: 女庄 may be anything."""
    assert [name for name, _, _ in found(query)] == names


@pytest.mark.parametrize("query", ["火星基地", "tuikuan lv x", "xyz", "率", "t", "tk率", "uikuan"])
def test_nothing_is_found(query: str) -> None:
    """A single character is a name or nothing; pinyin starts where a syllable starts; half pinyin is none."""
    assert found(query) == []


@pytest.mark.parametrize("query", ["", "   ", "？！", "、", "　"])
def test_an_empty_query(query: str) -> None:
    """Nothing but blanks and marks finds nothing, by either way."""
    assert LOOKUP.search(query) == () and LOOKUP.exact(query) == ()


def test_an_empty_glossary() -> None:
    assert TermLookup(()).search("退款率") == () and TermLookup(()).exact("退款率") == ()


def test_marks_find_no_name_of_marks() -> None:
    """A name without a letter is not found by other marks."""
    assert TermLookup((Term("++"),)).search("？") == ()


def test_initials_need_the_whole_and_pinyin_four_letters() -> None:
    """Two letters begin too many syllables to stand for one of them."""
    lookup = TermLookup((Term("退款周期"),))
    assert [(q, [h.how for h in lookup.search(q)]) for q in ("tk", "tui", "tuik", "tkzq", "kzq")] == [
        ("tk", []),
        ("tui", []),
        ("tuik", ["pinyin"]),
        ("tkzq", ["initials"]),
        ("kzq", ["initials"]),
    ]


@pytest.mark.parametrize(("query", "name"), [("rfmmx", "RFM 模型"), ("abcs", "A/B 测试"), ("kolyx", "KOL 营销")])
def test_latin_letters_stand_for_themselves_among_initials(query: str, name: str) -> None:
    assert [hit.term.name for hit in TermLookup((Term(name),)).search(query)] == [name]


@pytest.mark.parametrize(("query", "name"), [("seoyh", "SEO 优化"), ("uvjz", "UV 价值"), ("aikf", "AI 客服")])
def test_latin_letters_that_look_like_a_syllable(query: str, name: str) -> None:
    assert [(hit.name, hit.how) for hit in TermLookup((Term(name),)).search(query)] == [(name, "initials")]


# --- order ------------------------------------------------------------------------------------------------------------


def test_the_surest_way_comes_first() -> None:
    """Name, other name, pinyin, initials, start, part, slip: whatever the order of the glossary."""
    terms = [
        Term("Shape"),
        Term("Market Share"),
        Term("Share of Voice"),
        Term("生活爱人额"),
        Term("沙热"),
        Term("份额", (), ("SHARE",)),
        Term("share"),
    ]
    expected = ["name", "alias", "pinyin", "initials", "start", "part", "typo"]
    for glossary in (terms, terms[::-1]):
        hits = TermLookup(glossary).search("Share")
        assert [hit.how for hit in hits] == expected
        assert [hit.term for hit in hits] == terms[::-1]


def test_ties_go_to_the_shorter_name_and_then_to_the_glossary() -> None:
    names = ["满减券规则", "满减券", "满减额", "满减活动"]
    lookup = TermLookup([Term(name) for name in names])
    assert [hit.name for hit in lookup.search("满减")] == ["满减券", "满减额", "满减活动", "满减券规则"]
    assert [hit.name for hit in lookup.search("满减", 2)] == ["满减券", "满减额"]
    assert lookup.search("满减", 0) == ()


def test_a_term_is_found_once_by_its_best_name() -> None:
    """The whole alias beats the start of the name; of two starts the shorter name is shown."""
    term = Term("拼团活动", ("拼团", "拼团购"), ("group buying",))
    assert TermLookup((term,)).search("拼团") == (TermHit(term, "拼团", "alias"),)
    assert TermLookup((term,)).search("拼团购物") == (TermHit(term, "拼团购", "typo"),)
    other = Term("拼团活动", ("拼团购",))
    assert TermLookup((other,)).search("拼团") == (TermHit(other, "拼团购", "start"),)


def test_equal_terms_are_all_found() -> None:
    """Two entries of one wording are two findings, as they stand for two places in the notes."""
    twins = (Term("返场", definition=("a.md", 0, 1)), Term("返场", definition=("b.md", 0, 1)))
    assert [hit.term for hit in TermLookup(twins).search("返场")] == list(twins)


# --- exact ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["CP", "cp", "ＣＰ", " cp "])
def test_an_ambiguous_name_has_several_terms(name: str) -> None:
    assert LOOKUP.exact(name) == (SUPPLIER, VALUE)


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("退款率", (REFUND,)),
        ("退貨率", (REFUND,)),
        ("Refund rate", (REFUND,)),
        ("A/B测试", (SPLIT,)),
        ("AB测试", (SPLIT,)),
        ("退款", ()),
        ("tuikuanlv", ()),
        ("退宽率", ()),
    ],
)
def test_exact_knows_spellings_only(name: str, terms: tuple[Term, ...]) -> None:
    """No parts, no pinyin, no slips."""
    assert LOOKUP.exact(name) == terms


def test_marks_count_where_they_tell_two_names_apart() -> None:
    """`A/B` and `A+B` are two names; without a mark both are meant."""
    slash, plus = Term("A/B"), Term("A+B")
    lookup = TermLookup((slash, plus))
    assert (lookup.exact("a/b"), lookup.exact("A+B")) == ((slash,), (plus,))
    assert lookup.exact("ab") == (slash, plus)


def test_a_term_with_two_spellings_of_a_name_is_one() -> None:
    term = Term("留资", ("Lead", "lead"))
    assert TermLookup((term,)).exact("LEAD") == (term,)


# --- pinyin and suggestions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "syllables"),
    [
        ("退款率", ("tui", "kuan", "lv")),
        ("女装", ("nv", "zhuang")),
        ("重复购买", ("chong", "fu", "gou", "mai")),
        ("ab测试", ("ab", "ce", "shi")),
        ("refundrate", ()),
        ("", ()),
    ],
)
def test_pinyin(name: str, syllables: tuple[str, ...]) -> None:
    """A syllable a character, no tones, v for ü; Latin letters stand for themselves and alone have none."""
    assert pinyin_of(name) == syllables


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("长尾词", "changweici"),
        ("长视频", "changshipin"),
        ("重构", "chonggou"),
        ("调性", "tiaoxing"),
        ("弹窗", "tanchuang"),
    ],
)
def test_characters_with_several_readings(name: str, pinyin: str) -> None:
    """Words of the trade are found by the way people say them."""
    assert [hit.term.name for hit in TermLookup((Term(name),)).search(pinyin)] == [name]


@pytest.mark.parametrize(("name", "initials"), [("长尾词", "cwc"), ("长视频", "csp"), ("调性", "tx"), ("弹窗", "tc")])
def test_initials_of_characters_with_several_readings(name: str, initials: str) -> None:
    assert [hit.how for hit in TermLookup((Term(name),)).search(initials)] == ["initials"]
