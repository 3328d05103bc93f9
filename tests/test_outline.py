"""Lines become a text and a tree of sections whose spans are exact."""

from __future__ import annotations

import random

import pytest

from kbqa.notes.outline import Line, assemble, heading_name

# --- names of headings ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("（1）用户运营", "用户运营"),
        ("(二) 内容运营", "内容运营"),
        ("一、总则：", "总则"),
        ("十二．附录", "附录"),
        ("1.1 目标", "目标"),
        ("1.2.3目标", "目标"),
        ("3、拉新", "拉新"),
        ("4）促活", "促活"),
        ("第一章 用户运营", "用户运营"),
        ("第3节　内容", "内容"),
        ("第二章 1.1 目标", "目标"),
        ("★ 重点 ★", "重点"),
        ("## 没有空格的标题 ##", "没有空格的标题"),
        ("**加粗的标题**", "加粗的标题"),
        ("  留存率：  ", "留存率"),
        ("方法一：积分商城", "方法一：积分商城"),
        ("A/B 测试", "A/B 测试"),
        ("十大误区", "十大误区"),
    ],
)
def test_numbering_and_ornaments_go(heading: str, name: str) -> None:
    assert heading_name(heading) == name


@pytest.mark.parametrize(
    "name",
    [
        "4P理论",
        "7日留存率",
        "7 日留存率",
        "5 个误区",
        "2024年活动总结",
        "618大促复盘",
        "80/20法则",
        "5W2H法",
        "3.5%的新客",
        "100个用户",
    ],
)
def test_numbers_that_belong_to_the_name_stay(name: str) -> None:
    """`日留存率` or `P理论` would be other words; only a number that counts headings is dropped."""
    assert heading_name(name) == name
    assert heading_name(f"二、{name}") == name


@pytest.mark.parametrize(("heading", "name"), [("一、", "一、"), ("1.", "1."), ("（1）", "（1）"), ("", "")])
def test_numbering_alone_stays(heading: str, name: str) -> None:
    assert heading_name(heading) == name


# --- assembling -------------------------------------------------------------------------------------------------------


def test_spans_of_a_nested_tree() -> None:
    """Hand-worked: a section ends where the next of its own or a higher level starts."""
    lines = [
        Line("引子"),
        Line("甲", 1),
        Line("甲文"),
        Line("乙", 2),
        Line("乙文"),
        Line("丙", 4),
        Line("丁", 2),
        Line("戊", 1),
    ]
    text, sections = assemble(lines, "笔记")
    assert text == "引子\n甲\n甲文\n乙\n乙文\n丙\n丁\n戊"
    assert [(s.heading, s.level, s.path) for s in sections] == [
        ("甲", 1, ("笔记", "甲")),
        ("乙", 2, ("笔记", "甲", "乙")),
        ("丙", 4, ("笔记", "甲", "乙", "丙")),
        ("丁", 2, ("笔记", "甲", "丁")),
        ("戊", 1, ("笔记", "戊")),
    ]
    assert [text[s.start : s.end] for s in sections] == [
        "甲\n甲文\n乙\n乙文\n丙\n丁\n",
        "乙\n乙文\n丙\n",
        "丙\n",
        "丁\n",
        "戊",
    ]
    assert [text[s.body_start : s.end] for s in sections] == ["甲文\n乙\n乙文\n丙\n丁\n", "乙文\n丙\n", "", "", ""]


def test_repeated_numbering_makes_two_sections() -> None:
    text, sections = assemble([Line("1.1 目标", 2), Line("前"), Line("1.1 目标", 2), Line("后")], "")
    assert [(s.heading, text[s.body_start : s.end]) for s in sections] == [("目标", "前\n"), ("目标", "后")]
    assert sections[0].end == sections[1].start


def test_a_deep_heading_first_has_no_parent() -> None:
    _, sections = assemble([Line("深", 4), Line("文"), Line("浅", 2), Line("更深", 3)], "")
    assert [s.path for s in sections] == [("深",), ("浅",), ("浅", "更深")]


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("留存手册", ("留存手册", "甲")),
        ("growth notes", ("growth notes", "甲")),
        ("000_8f", ("甲",)),
        ("甲", ("甲",)),
        ("", ("甲",)),
    ],
)
def test_the_title_leads_the_path_if_it_says_something(title: str, path: tuple[str, ...]) -> None:
    assert assemble([Line("一、甲", 1)], title)[1][0].path == path


def test_no_lines_and_no_headings() -> None:
    assert assemble([], "笔记") == ("", ())
    assert assemble([Line("只有正文")], "笔记") == ("只有正文", ())


def test_a_heading_at_the_very_end_has_an_empty_body() -> None:
    text, (section,) = assemble([Line("尾", 1)], "")
    assert (section.start, section.body_start, section.end) == (0, 1, 1)
    assert text[section.body_start : section.end] == ""


@pytest.mark.parametrize("seed", range(20))
def test_the_tree_is_consistent(seed: int) -> None:
    """Whatever the levels: sections nest or follow each other, and every heading starts its own span."""
    rng = random.Random(seed)
    lines = [Line(f"第{i}行文字" * rng.randint(1, 3), rng.choice((0, 0, 1, 2, 3, 6))) for i in range(40)]
    text, sections = assemble(lines, "笔记")
    assert text.split("\n") == [line.text for line in lines]
    assert len(sections) == sum(line.level > 0 for line in lines)
    for section, line in zip(sections, (line for line in lines if line.level), strict=True):
        assert text[section.start :].startswith(line.text)
        assert section.start < section.body_start <= section.end <= len(text)
    for i, upper in enumerate(sections):
        for lower in sections[i + 1 :]:
            nested = lower.end <= upper.end and lower.level > upper.level
            assert nested if lower.start < upper.end else lower.start >= upper.end
            assert not nested or lower.path[: len(upper.path)] == upper.path
