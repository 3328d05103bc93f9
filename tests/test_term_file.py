"""The team's `terms.yaml`: from a file that people type to terms, answers and citations, and what it says of slips."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import NotesError, UnreadableNote
from kbqa.notes.outline import Line
from kbqa.notes.reading import note_paths, other_paths, read_bytes, read_note
from kbqa.notes.term_file import read_term_file
from kbqa.terms.glossary import merge, names_of
from kbqa.terms.mining import first_of_each, mine_terms
from kbqa.types import Document, Term

Write = Callable[[Path, Mapping[str, str]], Path]

# Line 1 is a remark; the entries start on lines 3, 13 and 15.
TEAM = """# 值班群里定下来的叫法
terms:
  - name: 补货间隔
    aliases: [进货间隔, 补货周期]
    english: [Replenishment Interval]
    definition: 同一家门店相邻两次补货之间平均隔多少天。
    formula: 统计天数 ÷ 补货次数
    confusable: [交货时长]
    related: [安全库存, 缺货率]
    distinct: [盘点间隔]

  # 每月核一次
  - name: 夜班店效
    definition: 夜班店效是指一家店夜里十点以后平均每小时卖多少钱。
  - definition: 夜宵券是指只在夜里能用的券。
    name: 夜宵券
"""


def document_of(text: str) -> Document:
    document = read_bytes(text.encode("utf-8"), "terms.yaml").document
    assert document is not None
    return document


def quoted(document: Document, place: tuple[str, int, int] | None) -> str:
    assert place is not None and place[0] == "terms.yaml"
    return document.text[place[1] : place[2]]


def shown(entry: str) -> list[str]:
    """The texts that one entry becomes; `entry` is flow YAML."""
    return [line.text for line in read_term_file(f"terms:\n- {{{entry}}}\n").lines]


# --- lines ------------------------------------------------------------------------------------------------------------


def test_an_entry_becomes_a_section() -> None:
    """A heading with the name, then a line for each field in the order of the file, each with the row it stands on."""
    read = read_term_file(TEAM)
    assert read.lines[:8] == (
        Line("补货间隔", 2, 2),
        Line("又称：进货间隔、补货周期", 0, 3),
        Line("英文：Replenishment Interval", 0, 4),
        Line("补货间隔：同一家门店相邻两次补货之间平均隔多少天。", 0, 5),
        Line("公式：补货间隔 = 统计天数 ÷ 补货次数", 0, 6),
        Line("易混：交货时长", 0, 7),
        Line("相关：安全库存、缺货率", 0, 8),
        Line("不是：盘点间隔", 0, 9),
    )
    assert [(line.text, line.row) for line in read.lines if line.level] == [
        ("补货间隔", 2),
        ("夜班店效", 12),
        ("夜宵券", 15),
    ]
    assert (read.names, read.warnings) == (("补货间隔", "夜班店效", "夜宵券"), ())


def test_a_list_needs_no_heading_key() -> None:
    assert read_term_file("- name: 夜宵券\n").lines == (Line("夜宵券", 2, 0),)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("name: 夜宵券, definition: 只在夜里能用的券。", "夜宵券：只在夜里能用的券。"),
        ("name: 夜宵券, definition: 夜宵券只在夜里能用。", "夜宵券只在夜里能用。"),
        ("name: 夜宵券, aliases: [宵夜券], definition: 宵夜券只在夜里能用。", "宵夜券只在夜里能用。"),
        ("name: 夜宵券, english: [Night Voucher], definition: NIGHT VOUCHER 是券。", "NIGHT VOUCHER 是券。"),
        ("name: 夜宵券, definition: 夜宵劵只在夜里能用。", "夜宵券：夜宵劵只在夜里能用。"),
    ],
)
def test_a_definition_says_its_term_once(entry: str, line: str) -> None:
    """The name is put in front unless the definition starts with one of the term's names."""
    assert shown(entry)[1] == line


@pytest.mark.parametrize(
    ("formula", "line"),
    [
        ("发券数 ÷ 人数", "公式：夜宵券 = 发券数 ÷ 人数"),
        ("夜宵券 = 发券数 ÷ 人数", "公式：夜宵券 = 发券数 ÷ 人数"),
        ("夜宵券（张）＝发券数 ÷ 人数", "公式：夜宵券（张）＝发券数 ÷ 人数"),
    ],
)
def test_a_formula_has_a_left_side(formula: str, line: str) -> None:
    assert shown(f"name: 夜宵券, formula: {formula}")[1:] == [line]


def test_fields_are_forgiving() -> None:
    """One name instead of a list, numbers, blanks: taken as meant; an empty field leaves no line."""
    assert shown(
        "name: 404, aliases: 页面丢了, english: [404 error, 12], related: [], definition: , distinct: ['', null]"
    ) == [
        "404",
        "又称：页面丢了",
        "英文：404 error、12",
    ]


def test_long_texts_become_one_line() -> None:
    """However a definition is broken in the file, it is one block of the document."""
    text = "terms:\n- name: 夜宵券\n  definition: |\n    只在夜里\n\n      能用的券。\n- name: 早餐券\n"
    assert [line.text for line in read_term_file(text).lines] == ["夜宵券", "夜宵券：只在夜里 能用的券。", "早餐券"]


# --- slips ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{definition: 没有名字的券。}", "缺少 name，已略过 no name, passed over"),
        ("{name: }", "缺少 name，已略过 no name, passed over"),
        ("{name: '  '}", "缺少 name，已略过 no name, passed over"),
        ("夜宵券", "缺少 name，已略过 no name, passed over"),
        ("[夜宵券]", "缺少 name，已略过 no name, passed over"),
        ("", "缺少 name，已略过 no name, passed over"),
        ("{name: 夜宵券, 别名: 宵夜券, alias: 宵夜券}", "不认识的字段 alias、别名，已略过 unknown field, passed over"),
        ("{name: 早餐券}", "早餐券 写了两次，已略过后一次 listed twice, the second passed over"),
        ("{name: 夜宵券, aliases: {甲: 乙}, related: 3}", "aliases、related 应当是列表，已略过 has to be a list, passed over"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry(entry: str, said: str) -> None:
    """The warning names file, line and fault; the entries around it stay."""
    read = read_term_file(f"# 券\nterms:\n- name: 早餐券\n\n- {entry}\n- name: 午餐券\n")
    assert read.warnings == (f"terms.yaml:5 {said}",)
    assert read.names == ("早餐券", "午餐券")
    assert [(line.text, line.row) for line in read.lines] == [("早餐券", 2), ("午餐券", 5)]


def test_names_are_compared_folded() -> None:
    """Case, width and script make no second term; the first spelling stays."""
    read = read_term_file("- name: 首单VIP\n- name: 首單vip\n- name: 首单ＶＩＰ\n- name: 首单\n")
    assert read.names == ("首单VIP", "首单")
    assert [w.partition(" ")[0] for w in read.warnings] == ["terms.yaml:2", "terms.yaml:3"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("terms:\n- name: 夜宵券\n  definition: 夜宵券: 只在夜里能用\n", 3),
        ("terms:\n\t- name: 夜宵券\n", 2),
        ("terms:\n- name: 夜宵券\n\n- name: '早餐券\n", 5),
        ("- name: 夜宵券\n- name: !!python/name:os.system ''\n", 2),
        ("- name: 夜宵券\n---\n- name: 早餐券\n", 2),
    ],
)
def test_bad_yaml(text: str, line: int) -> None:
    """The error names the line, in both languages, and what to do."""
    with pytest.raises(UnreadableNote) as caught:
        read_term_file(text)
    assert caught.value.zh == f"terms.yaml：第 {line} 行不是合法的 YAML。请修正后重试。"
    assert caught.value.en == f"terms.yaml: not valid YAML at line {line}. Mend it and index again."


@pytest.mark.parametrize(
    "text", ["", "# 还没写\n", "terms:\n", "terms: 夜宵券\n", "术语:\n- name: 夜宵券\n", "夜宵券\n", "all terms\n"]
)
def test_no_list_of_terms(text: str) -> None:
    with pytest.raises(UnreadableNote) as caught:
        read_term_file(text, "terms.yaml")
    assert "terms:" in caught.value.zh and "corpus/README.md" in caught.value.zh
    assert "terms:" in caught.value.en and "corpus/README.md" in caught.value.en


def test_two_lists_in_one_file() -> None:
    """What a careless join of two files leaves behind is named as a mistake of the file."""
    with pytest.raises(UnreadableNote):
        read_term_file("terms:\n- name: 夜宵券\nterms:\n- name: 早餐券\n- name: 午餐券\n")


@pytest.mark.parametrize("entry", ["name: [夜宵券, 宵夜券]", "name: 夜宵券, definition: [只在夜里, 能用的券]", "name: 夜宵券, formula: {a: b}"])  # fmt: skip
def test_a_text_that_is_a_list(entry: str) -> None:
    read = read_term_file(f"terms:\n- {{{entry}}}\n")
    assert len(read.warnings) == 1 and read.lines == ()


# --- the document -----------------------------------------------------------------------------------------------------


def test_the_file_is_read_as_a_note() -> None:
    data = TEAM.encode("utf-8")
    reading = read_bytes(data, "terms.yaml")
    document, report = reading.document, reading.report
    assert document is not None
    assert (document.doc_id, document.title, document.source_digest) == (
        "terms.yaml",
        "术语表",
        hashlib.sha256(data).hexdigest(),
    )
    assert document.terms == ("补货间隔", "夜班店效", "夜宵券")
    assert [s.path for s in document.sections] == [("术语表", "补货间隔"), ("术语表", "夜班店效"), ("术语表", "夜宵券")]
    assert (report.encoding, report.script, report.characters) == ("utf-8", "simplified", len(document.text))
    assert (report.error, report.skipped, report.warnings) == ("", "", ())


def test_every_line_of_the_document_knows_its_line_of_the_file() -> None:
    """Each field has its own, also where the name is not the first of them."""
    document = document_of(TEAM)
    lines = [document.line_at(document.text.index(line)) for line in document.text.split("\n")]
    assert lines == [3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 16, 15]
    rows = TEAM.split("\n")
    for line, text in zip(lines, document.text.split("\n"), strict=True):
        assert text.rpartition("：")[2].split("、")[0].split(" = ")[-1] in rows[line - 1]


def test_windows_and_chinese_encodings() -> None:
    """A file saved with CRLF, a byte order mark or in GB18030 gives the same document."""
    plain = document_of(TEAM)
    for data in (
        TEAM.replace("\n", "\r\n").encode("utf-8"),
        TEAM.encode("utf-8-sig"),
        TEAM.encode("gb18030"),
    ):
        read = read_bytes(data, "terms.yaml").document
        assert read is not None and (read.text, read.lines, read.sections) == (plain.text, plain.lines, plain.sections)


def test_a_file_of_nothing_but_slips_is_skipped() -> None:
    reading = read_bytes("terms:\n- nmae: 夜宵券\n".encode(), "terms.yaml")
    assert reading.document is None
    assert reading.report.skipped == "没有可用的术语 no usable term"
    assert reading.report.warnings == ("terms.yaml:2 缺少 name，已略过 no name, passed over",)
    assert read_bytes(b"terms: []\n", "terms.yaml").report.skipped == "没有可用的术语 no usable term"


def test_only_the_file_at_the_top_counts(tmp_path: Path, write_notes: Write) -> None:
    """It is read in path order with the notes; one in a subfolder is named as unread; alone it is no knowledge base."""
    root = write_notes(
        tmp_path, {"a.md": "# 券\n\n券。", "zz.md": "# 店\n\n店。", "terms.yaml": TEAM, "旧/terms.yaml": TEAM}
    )
    assert [p.name for p in note_paths(root)] == ["a.md", "terms.yaml", "zz.md"]
    assert [p.relative_to(root).as_posix() for p in other_paths(root)] == ["旧/terms.yaml"]
    with pytest.raises(NotesError):
        note_paths(write_notes(tmp_path / "alone", {"terms.yaml": TEAM}))


def test_a_broken_file_gives_a_report(tmp_path: Path, write_notes: Write) -> None:
    root = write_notes(tmp_path, {"terms.yaml": "terms: [\n"})
    reading = read_note(root / "terms.yaml", root)
    assert reading.document is None
    assert reading.report.error.startswith("terms.yaml：第 2 行不是合法的 YAML")


# --- terms ------------------------------------------------------------------------------------------------------------


def test_every_field_survives_the_way_to_a_term() -> None:
    """What people typed is what the term holds, with the places that say it."""
    document = document_of(TEAM)
    first, second, third = mine_terms([document])
    assert quoted(document, first.definition) == "补货间隔：同一家门店相邻两次补货之间平均隔多少天。"
    assert quoted(document, first.formula) == "公式：补货间隔 = 统计天数 ÷ 补货次数"
    assert first == Term(
        "补货间隔", ("进货间隔", "补货周期"), ("Replenishment Interval",), first.definition, first.formula,
        first.definition, ("交货时长",), ("安全库存", "缺货率"), ("盘点间隔",), "team", 1.0,
    )  # fmt: skip
    assert quoted(document, second.definition) == "夜班店效是指一家店夜里十点以后平均每小时卖多少钱。"
    assert second == Term("夜班店效", definition=second.definition, source=second.definition, origin="team")
    assert (third.name, third.formula) == ("夜宵券", None)


def test_a_term_without_a_definition_is_introduced_by_its_name() -> None:
    document = document_of("- name: 夜宵券\n  aliases: [宵夜券]\n- name: 早餐券\n  related: [夜宵券]\n")
    terms = mine_terms([document])
    assert [(t.name, t.definition, quoted(document, t.source)) for t in terms] == [
        ("夜宵券", None, "夜宵券"),
        ("早餐券", None, "早餐券"),
    ]


def test_the_last_name_is_quoted_whole() -> None:
    document = document_of("- name: 夜宵券\n- name: 早餐券\n")
    assert [quoted(document, t.source) for t in mine_terms([document])] == ["夜宵券", "早餐券"]


@pytest.mark.parametrize("name", ["4 P 理论", "5 秒法则", "2.0 模式", "#话题", "C#"])
def test_a_name_stays_as_written(name: str) -> None:
    document = document_of(f"- name: '{name}'\n  definition: 一段解释。\n")
    (term,) = mine_terms([document])
    assert (term.name, document.terms) == (name, (name,))


def test_a_name_broken_over_lines() -> None:
    document = document_of("- name: |\n    夜宵\n    满减券\n- name: 早餐券\n  definition: 早餐能用的券。\n")
    assert len(document.lines) == document.text.count("\n") + 1
    assert document.line_at(document.text.index("早餐能用")) == 5


@pytest.mark.parametrize("name", ["相关", "公式"])
def test_a_term_named_like_a_label(name: str) -> None:
    document = document_of(f"- name: {name}\n  definition: 两个数一起变。\n")
    (term,) = mine_terms([document])
    assert quoted(document, term.definition) == f"{name}：两个数一起变。" and (term.related, term.formula) == ((), None)


# --- people win -------------------------------------------------------------------------------------------------------

TEAM_TERM = Term(
    "补货间隔", ("进货间隔",), ("RI",), ("terms.yaml", 0, 9), ("terms.yaml", 10, 19), ("terms.yaml", 0, 9),
    ("交货时长",), ("安全库存",), ("盘点间隔",), "team", 1.0,
)  # fmt: skip


def test_the_team_beats_what_a_note_says() -> None:
    """Definition, formula and origin are the team's, whichever is read first; the note adds names and neighbours."""
    note = Term(
        "补货间隔", ("补货周期",), (), ("a.md", 1, 2), ("a.md", 3, 4), ("a.md", 1, 2), ("交货时长", "在途天数"), ("缺货率",),
        (), "front matter", 0.99,
    )  # fmt: skip
    for mined in ((note, TEAM_TERM), (TEAM_TERM, note)):
        (term,) = merge((), first_of_each(mined))
        assert term == Term(
            "补货间隔", ("进货间隔", "补货周期"), ("RI",), ("terms.yaml", 0, 9), ("terms.yaml", 10, 19),
            ("terms.yaml", 0, 9), ("交货时长", "在途天数"), ("安全库存", "缺货率"), ("盘点间隔",), "team", 1.0,
        )  # fmt: skip


def test_a_note_fills_what_the_team_left_open() -> None:
    team = Term("补货间隔", source=("terms.yaml", 0, 4), origin="team")
    note = Term("补货间隔", (), (), ("a.md", 1, 2), ("a.md", 3, 4), ("a.md", 1, 2), origin="definition", sure=0.95)
    (term,) = merge((), first_of_each((note, team)))
    assert (term.definition, term.formula, term.origin, term.sure) == (("a.md", 1, 2), ("a.md", 3, 4), "team", 1.0)


def test_the_team_renames_an_entry_of_the_lexicon() -> None:
    """The lexicon's name becomes another name; its other names stay."""
    base = (Term("补货周期", ("进货间隔", "订货间隔"), ("RI",), origin="lexicon"),)
    (term,) = merge(base, (TEAM_TERM,))
    assert term.name == "补货间隔" and term.origin == "team"
    assert set(names_of(term)) == {"补货间隔", "补货周期", "进货间隔", "订货间隔", "RI"}
    assert len(names_of(term)) == 5 and term.definition == TEAM_TERM.definition


def test_a_name_given_by_the_team_leaves_the_lexicon() -> None:
    """A short form that the team uses for one thing no longer stands for another that only the lexicon knows."""
    base = (Term("零售学院", (), ("RI",), origin="lexicon"),)
    academy, interval = merge(base, (TEAM_TERM,))
    assert (names_of(academy), names_of(interval)) == (("零售学院",), ("补货间隔", "进货间隔", "RI"))


def test_the_team_has_the_first_claim_to_a_name() -> None:
    """An alias that a note registers for something else goes to the team's term, whichever is read first."""
    note = Term("订货节奏", ("进货间隔", "订货节拍"), origin="front matter", sure=0.99)
    for mined in ((note, TEAM_TERM), (TEAM_TERM, note)):
        terms = {term.name: names_of(term) for term in merge((), mined)}
        assert terms == {"补货间隔": ("补货间隔", "进货间隔", "RI"), "订货节奏": ("订货节奏", "订货节拍")}


def test_what_is_listed_twice_counts_once() -> None:
    """A term's own name among its aliases, or an alias written twice, gives no second name."""
    document = document_of("- name: 夜宵券\n  aliases: [夜宵券, 宵夜券, 宵夜券]\n")
    (term,) = merge((), mine_terms([document]))
    assert names_of(term) == ("夜宵券", "宵夜券")


# --- distinct ---------------------------------------------------------------------------------------------------------


def test_distinct_names_leave_the_lexicon_entry() -> None:
    base = (Term("补货间隔", ("盘点间隔", "订货间隔"), origin="lexicon"),)
    (term,) = merge(base, (TEAM_TERM,))
    assert names_of(term) == ("补货间隔", "订货间隔", "进货间隔", "RI") and term.distinct == ("盘点间隔",)


@pytest.mark.parametrize("origin", ["front matter", "definition", "bracket"])
def test_no_note_can_add_a_distinct_name(origin: str) -> None:
    note = Term("补货间隔", ("盘点间隔", "上货间隔"), origin=origin, sure=0.9)
    (term,) = merge((), first_of_each((note, TEAM_TERM)))
    assert names_of(term) == ("补货间隔", "进货间隔", "上货间隔", "RI")


def test_a_distinct_name_that_is_registered_is_a_term_of_its_own() -> None:
    base = (Term("盘点间隔", ("补货间隔",), origin="lexicon"),)
    count = Term("盘点间隔", definition=("b.md", 0, 5), origin="front matter", sure=0.99)
    terms = {term.name: term for term in merge(base, (count, TEAM_TERM))}
    assert set(terms) == {"补货间隔", "盘点间隔"}
    assert names_of(terms["盘点间隔"]) == ("盘点间隔",) and terms["盘点间隔"].definition == ("b.md", 0, 5)
    assert names_of(terms["补货间隔"]) == ("补货间隔", "进货间隔", "RI")


@pytest.mark.parametrize(
    ("base", "finding"),
    [
        ((), Term("盘点间隔", ("补货间隔",), definition=("b.md", 0, 5), origin="definition", sure=0.95)),
        (
            (Term("盘点间隔", ("补货间隔",), origin="lexicon"),),
            Term("盘点间隔", definition=("b.md", 0, 5), origin="definition", sure=0.95),
        ),
    ],
    ids=["named as another name", "one entry in the lexicon"],
)
def test_the_definition_of_a_distinct_name_is_not_the_terms(base: tuple[Term, ...], finding: Term) -> None:
    """盘点间隔 is said to be something else, so what defines it must not be quoted for 补货间隔."""
    team = Term("补货间隔", distinct=("盘点间隔",), origin="team")
    terms = {term.name: term for term in merge(base, (team, finding))}
    assert terms["补货间隔"].definition is None
    assert terms["盘点间隔"].definition == ("b.md", 0, 5)


# --- answers ----------------------------------------------------------------------------------------------------------

NOTES = {
    "门店/人手.md": "# 夜班店效\n\n## 夜班店效是什么\n\n夜班店效是指整晚卖出的件数除以当班的人数。\n\n## 排班\n\n夜班一般排两个人，一个收银，一个理货。\n",
    "门店/货架.md": "# 货架\n\n陈列面是指一种商品正对顾客的那一排有多宽。\n",
}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> tuple[Path, Path]:
    """Notes with a term file, and the index over them."""
    root = tmp_path_factory.mktemp("shops")
    notes = write_notes(root / "notes", {**NOTES, "terms.yaml": TEAM + "  - nmae: 早餐券\n"})
    KnowledgeBase.build(notes, root / "index")
    return notes, root / "index"


@pytest.mark.parametrize(
    ("question", "quote", "line"),
    [
        ("什么是补货间隔", "补货间隔：同一家门店相邻两次补货之间平均隔多少天。", 6),
        ("进货间隔是什么意思", "补货间隔：同一家门店相邻两次补货之间平均隔多少天。", 6),
        ("What is the replenishment interval?", "补货间隔：同一家门店相邻两次补货之间平均隔多少天。", 6),
        ("补货间隔怎么算", "公式：补货间隔 = 统计天数 ÷ 补货次数", 7),
        ("什么是夜班店效", "夜班店效是指一家店夜里十点以后平均每小时卖多少钱。", 14),
        ("夜班店效是什么", "夜班店效是指一家店夜里十点以后平均每小时卖多少钱。", 14),
    ],
)
def test_answers_quote_the_term_file(question: str, quote: str, line: int, shops: tuple[Path, Path]) -> None:
    """By any name, for meaning and for formula; the team's wording comes before a note's."""
    kb = KnowledgeBase.open(shops[1])
    answer = kb.ask(question)
    assert not answer.abstained
    assert answer.citations[0].doc_id == "terms.yaml"
    (said,) = (citation for citation in answer.citations if citation.quote == quote)
    assert (said.doc_id, said.line, said.heading_path[0]) == ("terms.yaml", line, "术语表")
    assert kb.document("terms.yaml").text[said.start : said.end] == quote


def test_the_note_is_quoted_where_the_team_says_nothing(tmp_path: Path, write_notes: Write) -> None:
    notes = write_notes(tmp_path / "notes", NOTES)
    KnowledgeBase.build(notes, tmp_path / "index")
    answer = KnowledgeBase.open(tmp_path / "index").ask("什么是夜班店效")
    assert answer.citations[0].quote == "夜班店效是指整晚卖出的件数除以当班的人数。"
    assert answer.citations[0].doc_id == "门店/人手.md"


def test_the_glossary_of_an_index_holds_the_teams_terms(shops: tuple[Path, Path]) -> None:
    kb = KnowledgeBase.open(shops[1])
    team = {term.name: term for term in kb.terms if term.origin == "team"}
    assert set(team) == {"补货间隔", "夜班店效", "夜宵券"}
    assert kb.named("补货周期") == (team["补货间隔"],)
    assert team["夜班店效"].definition is not None and team["夜班店效"].definition[0] == "terms.yaml"
    report = next(file for file in kb.files if file.doc_id == "terms.yaml")
    assert report.warnings == ("terms.yaml:17 缺少 name，已略过 no name, passed over",)


def test_editing_the_file_is_enough(shops: tuple[Path, Path], tmp_path: Path, write_notes: Write) -> None:
    """A second build takes up what changed, keeps the warnings of what did not, and forgets a file that is gone."""
    notes = write_notes(tmp_path / "notes", {**NOTES, "terms.yaml": TEAM + "  - nmae: 早餐券\n"})
    index = tmp_path / "index"
    first = KnowledgeBase.build(notes, index)
    again = KnowledgeBase.build(notes, index)
    assert again.unchanged and again.files == first.files
    write_notes(notes, {"terms.yaml": "\n" + TEAM.replace("平均隔多少天", "最长隔多少天")})
    assert not KnowledgeBase.build(notes, index).unchanged
    citation = KnowledgeBase.open(index).ask("什么是补货间隔").citations[0]
    assert (citation.quote, citation.line) == ("补货间隔：同一家门店相邻两次补货之间最长隔多少天。", 7)
    (notes / "terms.yaml").unlink()
    KnowledgeBase.build(notes, index)
    assert KnowledgeBase.open(index).named("补货间隔") == ()


def test_a_broken_file_stops_no_note(tmp_path: Path, write_notes: Write) -> None:
    notes = write_notes(tmp_path / "notes", {**NOTES, "terms.yaml": "terms:\n- name: 补货间隔: 天\n"})
    report = KnowledgeBase.build(notes, tmp_path / "index")
    assert [file.doc_id for file in report.failed] == ["terms.yaml"]
    assert "第 2 行" in report.failed[0].error
    answer = KnowledgeBase.open(tmp_path / "index").ask("什么是陈列面")
    assert answer.citations[0].doc_id == "门店/货架.md"
