"""The glossary as a table: quotes with their lines, CSV that a spreadsheet does not compute, Markdown that shows what stands there."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from kbqa.notes.reading import read_bytes
from kbqa.terms.export import COLUMNS, Row, rows, to_csv, to_markdown
from kbqa.types import Document, Place, Term

NOTE = """---
title: 满减券
tags: [券]
---

# 满减券

满减券（Threshold Coupon）是指买够一个数才能抵扣的券。

## 算法

门槛（元）＝ 客单价 × 1.2。

## 用途
用途是把没凑够的人
往上推一推。
"""


def table_of(*terms: Term, documents: dict[str, str] | None = None) -> list[Row]:
    """Rows of terms over notes given as text."""
    return rows(terms, lookup(documents or {"券.md": NOTE}))


def lookup(texts: dict[str, str]) -> Callable[[str], Document]:
    read = {name: read_bytes(text.encode("utf-8"), name).document for name, text in texts.items()}

    def document(doc_id: str) -> Document:
        found = read[doc_id]
        assert found is not None
        return found

    return document


def place(words: str, doc_id: str = "券.md", text: str = NOTE) -> Place:
    document = lookup({doc_id: text})(doc_id)
    start = document.text.index(words)
    return doc_id, start, start + len(words)


def row(**cells: str) -> Row:
    """A row of the table with some cells filled."""
    return {column: cells.get(column, "") for column in COLUMNS}


# --- rows -------------------------------------------------------------------------------------------------------------


def test_a_row_quotes_and_says_where() -> None:
    """Every column filled from the term and its notes; the line is the line of the file, front matter counted."""
    defined = place("满减券（Threshold Coupon）是指买够一个数才能抵扣的券。")
    term = Term(
        "满减券", ("凑单券", "门槛券"), ("Threshold Coupon", "TC"), defined, place("门槛（元）＝ 客单价 × 1.2。"), defined,
        ("折扣券",), ("客单价", "凑单"), ("满赠",), "definition", 0.95,
    )  # fmt: skip
    assert table_of(term) == [
        {
            "name": "满减券", "aliases": "凑单券、门槛券", "english": "Threshold Coupon、TC", "pinyin": "manjianquan",
            "definition": "满减券（Threshold Coupon）是指买够一个数才能抵扣的券。", "formula": "门槛（元）＝ 客单价 × 1.2。",
            "confusable": "折扣券", "related": "客单价、凑单", "origin": "definition", "sure": "0.95", "source": "券.md:8",
        }
    ]  # fmt: skip


def test_a_bare_term_has_empty_cells() -> None:
    assert table_of(Term("满减券")) == [row(name="满减券", pinyin="manjianquan", sure="1.00")]


@pytest.mark.parametrize(
    ("words", "line"), [("满减券", 6), ("门槛（元）", 12), ("用途", 14), ("用途是把", 15), ("往上推一推", 16)]
)
def test_the_source_is_the_line_of_the_file(words: str, line: int) -> None:
    """Counted by hand in the note above, its front matter and the rows of a paragraph included."""
    (found,) = table_of(Term("满减券", source=place(words)))
    assert found["source"] == f"券.md:{line}"


def test_the_source_of_a_team_term_is_its_field() -> None:
    text = "# 叫法\nterms:\n- name: 夜宵券\n\n- name: 早餐券\n  related: [夜宵券]\n  definition: 早餐券只在早上能用。\n"
    quote = place("早餐券只在早上能用。", "terms.yaml", text)
    (found,) = table_of(Term("早餐券", definition=quote, source=quote), documents={"terms.yaml": text})
    assert (found["definition"], found["source"]) == ("早餐券只在早上能用。", "terms.yaml:7")


def test_a_quote_over_lines_is_one_line() -> None:
    """A definition that runs over blocks of the document keeps a cell of one line."""
    quote = place("门槛（元）＝ 客单价 × 1.2。\n用途")
    (found,) = table_of(Term("门槛", definition=quote, formula=quote))
    assert found["definition"] == found["formula"] == "门槛（元）＝ 客单价 × 1.2。 用途"


def test_rows_are_ordered_by_pinyin() -> None:
    """Latin names among the Chinese ones by their letters, in one case; marks in a name do not count."""
    names = [
        "折扣券",
        "满赠",
        "满减券",
        "KOL",
        "“买一送一”",
        "A/B 测试",
        "阿里",
        "roi",
        "5A 模型",
        "客单价",
        "Kano 模型",
    ]
    expected = [
        "5A 模型",
        "A/B 测试",
        "阿里",
        "Kano 模型",
        "客单价",
        "KOL",
        "“买一送一”",
        "满减券",
        "满赠",
        "roi",
        "折扣券",
    ]
    assert [r["name"] for r in table_of(*map(Term, names))] == expected
    assert [r["name"] for r in table_of(*map(Term, reversed(names)))] == expected


def test_names_of_one_sound_are_ordered_by_name() -> None:
    assert [r["name"] for r in table_of(Term("权一"), Term("券一"))] == ["券一", "权一"]
    assert {r["pinyin"] for r in table_of(Term("权一"), Term("券一"))} == {"quanyi"}


# --- CSV --------------------------------------------------------------------------------------------------------------


def read_back(text: str) -> list[Row]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_round_trip() -> None:
    """Commas, quotation marks and line breaks in a cell come back as they were, under the documented header."""
    table = [
        row(name="满减券", definition='满 100,减 20 的券，也叫 "门槛券"。', source="券.md:8"),
        row(name="夜宵券", related="第一行\n第二行", aliases="'单引号", english="a=b", sure="0.95"),
    ]
    text = to_csv(table)
    assert text.split("\n")[0] == (
        "name,aliases,english,pinyin,definition,formula,confusable,related,origin,sure,source"
    )
    assert read_back(text) == table
    assert "\r" not in text and text.endswith("\n")


def test_csv_of_nothing_is_a_header() -> None:
    assert to_csv([]) == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize(
    "cell",
    ["=1+1", '=HYPERLINK("http://x.test","点我")', "+86 是区号", "-2 分起算", "@所有人", "\t=1", "=cmd|' /C calc'!A0"],
)
@pytest.mark.parametrize("column", ["name", "aliases", "definition", "formula", "source"])
def test_no_cell_is_computed(cell: str, column: str) -> None:
    """What a spreadsheet would run starts with a quotation mark, in every column; the rest of it is untouched."""
    (found,) = read_back(to_csv([row(**{column: cell})]))
    assert found == row(**{column: f"'{cell}"})


@pytest.mark.parametrize("cell", ["1+1=2", "a@b", "“=”是等号", "满 100 - 20", "'=已加", "", "100%"])
def test_other_cells_are_untouched(cell: str) -> None:
    (found,) = read_back(to_csv([row(definition=cell)]))
    assert found["definition"] == cell


# --- Markdown ---------------------------------------------------------------------------------------------------------


def test_markdown_of_a_glossary() -> None:
    """A section a letter, an entry a term; what a term lacks takes no line; a definition has its source."""
    table = [
        row(name="5A 模型", pinyin="5amoxing", source="a.md:1"),
        row(
            name="满减券", pinyin="manjianquan", aliases="凑单券、门槛券", english="TC", definition="买够才能抵扣的券。",
            formula="门槛 = 客单价 × 1.2", confusable="折扣券", related="客单价、凑单", source="券.md:8",
        ),
        row(name="满赠", pinyin="manzeng", english="GWP"),
    ]  # fmt: skip
    assert to_markdown(table, "叫法") == (
        "# 叫法\n"
        "\n## 5\n"
        "\n**5A 模型**\n\n"
        "\n## M\n"
        "\n**满减券**（凑单券、门槛券、TC）\n\n"
        "- 买够才能抵扣的券。（券.md:8）\n- 门槛 = 客单价 × 1.2\n- 易混：折扣券\n- 相关：客单价、凑单\n"
        "\n**满赠**（GWP）\n\n"
    )


def test_markdown_of_nothing_is_a_title() -> None:
    assert to_markdown([], "叫法") == "# 叫法\n"


def seen(markdown: str) -> str:
    """What a reader of the page sees as words: the plain text that a parser with tables finds, no markup, no code."""
    from markdown_it import MarkdownIt

    parts = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        for child in token.children or ():
            parts.append(child.content if child.type == "text" else "")
    return "".join(parts)


SIGNS = ["a*b*c", "a**b**c", "user_id_7d 和 _id_", "甲 | 乙", "<b>甲</b>", "甲 < 乙", "<!-- 甲", r"a\*b*", "5 * 3 = 15"]


@pytest.mark.parametrize("text", SIGNS)
@pytest.mark.parametrize("column", ["definition", "formula", "confusable", "related"])
def test_signs_of_markdown_are_shown(text: str, column: str) -> None:
    """An independent parser reads the page: every sign of the note is there, none of it is markup."""
    page = to_markdown([row(name="券", pinyin="quan", source="a.md:1", **{column: f"开头 {text} 结尾"})], "叫法")
    assert f"开头 {text} 结尾" in seen(page)


@pytest.mark.parametrize("column", ["name", "aliases", "english"])
@pytest.mark.parametrize("text", ["a*b*c", "<b>甲</b>", "_id_"])
def test_signs_in_names_are_shown(text: str, column: str) -> None:
    page = to_markdown([row(**{"name": "券", "pinyin": "quan", column: f"头 {text} 尾"})], "叫法")
    assert f"头 {text} 尾" in seen(page)


@pytest.mark.parametrize("text", ["[点我](http://x.test)", "![图](x.png)", "&lt;甲&gt;", "`a` 和 `b`"])
def test_links_code_and_entities_are_shown(text: str) -> None:
    """The page shows the words of the note, not what they would make of a page."""
    page = to_markdown([row(name="券", pinyin="quan", definition=f"开头{text}结尾", source="a.md:1")], "叫法")
    assert f"开头{text}结尾" in seen(page)


def test_a_sentence_is_printed_once() -> None:
    """A measure that is introduced by how it is computed needs no second line for it."""
    said = "退款率：退款单数 ÷ 订单数"
    page = to_markdown([row(name="退款率", pinyin="tuikuanlv", definition=said, formula=said, source="a.md:3")], "叫法")
    assert page.count(said) == 1
