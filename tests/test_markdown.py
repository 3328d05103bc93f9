"""Markdown becomes what a reader sees: no syntax left, no words lost, one block a line."""

from __future__ import annotations

import pytest

from kbqa.notes.markdown import markdown_lines


def pairs(markdown: str) -> list[tuple[str, int]]:
    return [(line.text, line.level) for line in markdown_lines(markdown)]


def texts(markdown: str) -> list[str]:
    return [line.text for line in markdown_lines(markdown)]


# --- headings ---------------------------------------------------------------------------------------------------------


def test_headings_have_levels_and_nothing_else_has() -> None:
    markdown = "# 一 #\n\n正文\n\n### 三 **粗** `码`\n###### 六\n"
    assert pairs(markdown) == [("一", 1), ("正文", 0), ("三 粗 码", 3), ("六", 6)]


def test_underlines_and_indents_are_no_syntax() -> None:
    """Writers draw lines under a row and indent paragraphs; neither is a heading or code."""
    markdown = "小标题\n---\n    缩进的一段。\n\n\t再缩进的一段。\n"
    assert pairs(markdown) == [("小标题", 0), ("缩进的一段。", 0), ("再缩进的一段。", 0)]


def test_empty_headings_vanish() -> None:
    assert pairs("#\n\n## \n\n正文") == [("正文", 0)]


@pytest.mark.parametrize("markdown", ["", "\n\n", "---", "![](a.png)", "<!-- 只有注释 -->"])
def test_nothing_to_see_gives_no_line(markdown: str) -> None:
    assert markdown_lines(markdown) == []


# --- lists ------------------------------------------------------------------------------------------------------------


def test_nested_lists_keep_their_marks_and_depth() -> None:
    markdown = "- 甲\n  - 乙\n    1. 丙\n    2. 丁\n- 戊\n"
    assert texts(markdown) == ["- 甲", "  - 乙", "    1. 丙", "    2. 丁", "- 戊"]


def test_numbers_are_the_writers_own() -> None:
    assert texts("3. 三\n4. 四\n") == ["3. 三", "4. 四"]
    assert texts("* 星\n* 号\n") == ["- 星", "- 号"]


def test_a_mark_stands_only_before_the_first_line_of_its_item() -> None:
    assert texts("1. 甲<br>乙\n\n   第二段\n2. 丁") == ["1. 甲", "   乙", "第二段", "2. 丁"]


@pytest.mark.parametrize("item", ["- # 标题", "- ```\n  码\n  ```", "-", "1. | 子 | 丑 |\n   |---|---|"])
def test_the_mark_of_an_odd_item_does_not_leak_out_of_the_list(item: str) -> None:
    """An item that begins with a heading, code, a table or nothing leaves no `- ` for the next paragraph."""
    assert texts(f"{item}\n\n后面的一段话。")[-1] == "后面的一段话。"


# --- tables -----------------------------------------------------------------------------------------------------------


def test_a_table_gives_one_line_a_row() -> None:
    markdown = "| 名称 | 公式 |\n|---|:-:|\n| **LTV** | `单价 × 次数` |\n| [ROI](x) | 收入<br>成本 |\n| 甲 \\| 乙 | |\n"
    assert texts(markdown) == ["名称 | 公式", "LTV | 单价 × 次数", "ROI | 收入 成本", "甲 | 乙 | "]


def test_html_cells_do_not_grow_together() -> None:
    shown = "\n".join(texts("<table><tr><td>拉新</td><td>留存</td></tr><tr><td>12</td><td>34</td></tr></table>"))
    assert "拉新留存" not in shown and "1234" not in shown
    assert [shown.index(cell) for cell in ("拉新", "留存", "12", "34")] == sorted(
        shown.index(cell) for cell in ("拉新", "留存", "12", "34")
    )


# --- inline -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("看[链接](http://x.y/z)一眼", "看链接一眼"),
        ("![漏斗图](a.png)在上面", "［图：漏斗图］在上面"),
        ("前![](b.png)后", "前后"),
        ("<u>线</u>、~~删~~、*斜*、**粗**、`码`", "线、删、斜、粗、码"),
        ("见 <http://a.b/c>", "见 http://a.b/c"),
        ("3<5 且 6>4，A&B", "3<5 且 6>4，A&B"),
        ("甲 &lt;br&gt; 乙 &amp; 丙", "甲 <br> 乙 & 丙"),
        ("2\\*3 和 \\# 号", "2*3 和 # 号"),
        ("2*3=6，没有第二颗星", "2*3=6，没有第二颗星"),
        ("snake_case_name 与 DAU/MAU", "snake_case_name 与 DAU/MAU"),
        ("<span style='a'>甲</span><a href='b'>乙</a>", "甲乙"),
    ],
)
def test_inline_syntax_goes_and_words_stay(markdown: str, text: str) -> None:
    assert texts(markdown) == [text]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**定义：**指一段时间。", "定义：指一段时间。"),
        ("所谓**“北极星”**是方向。", "所谓“北极星”是方向。"),
        ("- **步骤（一）**先做这个", "- 步骤（一）先做这个"),
        ("**甲：**一，**乙：**二。", "甲：一，乙：二。"),
    ],
)
def test_bold_next_to_full_width_marks(markdown: str, text: str) -> None:
    """CommonMark leaves the asterisks of `**定义：**指` as they are; readers must not see them."""
    assert texts(markdown) == [text]


def test_entities_bring_back_no_invisible_characters() -> None:
    """`&nbsp;` is a space to a reader, and `&#8203;` nothing at all."""
    assert texts("甲&nbsp;乙&#8203;丙") == ["甲 乙丙"]


# --- line breaks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("br", ["<br>", "<br/>", "<br />", "<BR>"])
def test_br_breaks_a_line_in_a_block_quote(br: str) -> None:
    assert texts(f"> 引一{br}引二\n> 引三\n\n正文") == ["引一", "引二", "引三", "正文"]


def test_hard_breaks() -> None:
    assert texts("甲\\\n乙  \n丙") == ["甲", "乙", "丙"]


def test_short_rows_stay_rows_and_wrapped_ones_are_joined() -> None:
    """A row cut at the right margin goes on in the next one; a row that ends early or with a mark is meant to end."""
    long = "这一行写到编辑器的右边界才被折断所以没有句号而且后面还有半句话没有"
    assert texts(f"{long}\n说完。\n下一行") == [f"{long}说完。", "下一行"]
    assert texts("短行一\n短行二") == ["短行一", "短行二"]
    ended = long[:-1] + "。"
    assert texts(f"{ended}\n新的一行") == [ended, "新的一行"]
    assert texts(f"{long}\n1. 一项") == [long, "1. 一项"]


def test_wrapped_english_is_joined_with_a_space() -> None:
    row = "a long English row that was wrapped by an editor at its right margin"
    assert texts(f"{row}\nand goes on here.") == [f"{row} and goes on here."]


def test_a_wrapped_item_stays_one_item() -> None:
    long = "这一项写到编辑器的右边界才被折断所以没有句号而且后面还有半句话没有"
    assert texts(f"- {long}\n  说完。\n- 乙") == [f"- {long}说完。", "- 乙"]


# --- code and HTML ----------------------------------------------------------------------------------------------------


def test_code_stays_as_it_is_and_makes_no_heading() -> None:
    assert pairs("```python\na = 1\n\n# 注释\n  b = 2\n```\n") == [("a = 1", 0), ("# 注释", 0), ("  b = 2", 0)]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<div>甲</div>乙", "甲\n乙"),
        ("<p>甲<br>乙</p>", "甲\n乙"),
        ("甲<!-- 看不见 -->乙", "甲乙"),
        ("<style>a{b:c}</style><script type='x'>var a = '<b>'</script>甲", "甲"),
        ("<b>甲</b> &lt;b&gt; 3 < 5", "甲 <b> 3 < 5"),
        ("", ""),
    ],
)
def test_html_leaves_its_visible_text(markup: str, text: str) -> None:
    assert "\n".join(texts(markup)) == text


@pytest.mark.parametrize("tag", ["p", "div", "h2", "li"])
def test_a_block_begins_a_line_in_html(tag: str) -> None:
    assert texts(f"<div>前一段<{tag}>后一段</{tag}></div>") == ["前一段", "后一段"]


def test_hidden_parts_of_a_page_stay_hidden() -> None:
    assert texts("<script>var a=1\nvar b=2</script>\n\n<details><summary>更多</summary>\n\n内容\n\n</details>") == [
        "更多",
        "内容",
    ]


# --- rows of the file -------------------------------------------------------------------------------------------------


def test_every_line_knows_its_row() -> None:
    """Counted by hand: heading, wrapped paragraph, nested items, quote, table, code."""
    long = "这一行写到编辑器的右边界才被折断所以没有句号而且后面还有半句话没有"
    markdown = f"# 题\n\n甲\n{long}\n说完。\n乙\n\n- 一\n  - 二\n\n> 引<br>文\n> 三\n\n| a | b |\n|---|---|\n| c | d |\n\n```\nx\n\ny\n```\n尾"
    assert [(line.text, line.row) for line in markdown_lines(markdown)] == [
        ("题", 0), ("甲", 2), (f"{long}说完。", 3), ("乙", 5), ("- 一", 7), ("  - 二", 8), ("引", 10), ("文", 10), ("三", 11),
        ("a | b", 13), ("c | d", 15), ("x", 18), ("y", 20), ("尾", 22),
    ]  # fmt: skip


@pytest.mark.parametrize("hard_break", ["\\\n", "  \n", "<br>\n"])
def test_rows_are_counted_through_hard_breaks(hard_break: str) -> None:
    assert [(line.text, line.row) for line in markdown_lines(f"甲{hard_break}乙\n丙")] == [
        ("甲", 0),
        ("乙", 1),
        ("丙", 2),
    ]


def test_rows_are_counted_through_html() -> None:
    markup = "<div>\n<p>甲<br>乙</p>\n<!-- 隐\n藏 -->\n<p>丙</p>\n</div>\n\n尾"
    assert [(line.text, line.row) for line in markdown_lines(markup)] == [("甲", 1), ("乙", 1), ("丙", 4), ("尾", 7)]
