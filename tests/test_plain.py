"""Plain text: which rows are headings when nothing marks them, and rows that lost their line breaks."""

from __future__ import annotations

import pytest

from kbqa.notes.linebreaks import Break, needs_restoring
from kbqa.notes.plain import heading_level, plain_lines
from kbqa.text import squeeze

BODY = "先看每天有多少人回来，再看他们回来以后做了什么，最后才谈怎样让更多人回来。"

# A deck that lost its line breaks; written for this test.
DECK = (
    "社区冷启动手册为什么要先找种子用户种子用户决定了后来的人看到什么样的气氛，所以宁可少而精。"
    "怎样挑选种子用户:从老朋友里挑愿意写长文的人，再从论坛里请几位常常帮人解答的网友。"
    "第一个月做三件事欢迎仪式:每位新人都由一位老成员回复第一篇帖子。"
    "固定栏目:每周三晚上发一个话题，周五把好的回答整理成合集。"
    "小礼物:写满十篇的人收到一份手写的明信片和一张年度通行证。"
    "衡量冷启动效果看人均发帖数看七天后还来的人数看被回复的帖子占比看老成员推荐来的新人"
)


def pairs(rows: list[str], title: str = "") -> list[tuple[str, int]]:
    return [(line.text, line.level) for line in plain_lines(rows, title)[0]]


def levels(*rows: str) -> list[int]:
    return [line.level for line in plain_lines(rows, "")[0]]


# --- one row ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "level"),
    [
        ("第一章 绪论", 1),
        ("第3讲：裂变", 1),
        ("一、用户运营", 2),
        ("十二．附录", 2),
        ("（一）拉新", 3),
        ("(二)促活", 3),
        ("1.1 拉新的渠道", 3),
        ("1.1.2 线下渠道", 4),
        ("1. 目标", 4),
        ("2、对象", 4),
        ("（1）短信", 5),
        ("方法一：积分商城", 5),
        ("步骤2: 填写号码", 5),
        ("关键指标", 3),
    ],
)
def test_rows_that_are_headings(row: str, level: int) -> None:
    assert heading_level(row, BODY) == level


@pytest.mark.parametrize(
    "row",
    [
        "一、先看数据，再定目标。",
        "1. 先看数据、再定目标",
        "一、" + "字" * 25,
        "方法一：",
        "第一章",
        "3.5%的新客来自搜索",
        "3.55%",
        "10.5%的人回来了",
        "关键指标：",
        "我们要做什么",
        "这里说的是老用户",
        "关键指标，口径",
        "今天天气不错。",
        "字",
        "一个非常非常非常长的裸标题行在这",
    ],
)
def test_rows_that_are_text(row: str) -> None:
    assert heading_level(row, BODY) == 0


def test_a_bare_row_needs_much_longer_text_behind_it() -> None:
    assert heading_level("关键指标", "留存率转化") == 0
    assert heading_level("关键指标", "留存率转化率") == 3


@pytest.mark.parametrize("row", ["一、用户运营", "1. 目标", "关键指标"])
def test_the_last_row_is_no_heading(row: str) -> None:
    """A heading without anything behind it is an item or a remark."""
    assert heading_level(row, "") == 0


# --- numbered headings and numbered lists -----------------------------------------------------------------------------


def test_numbers_with_text_between_are_headings() -> None:
    assert levels("1. 目标", BODY, "2. 对象", BODY, "3. 节奏", BODY) == [4, 0, 4, 0, 4, 0]
    assert levels("（1）短信", BODY, "（2）推送", BODY) == [5, 0, 5, 0]
    assert levels("方法一：积分", BODY, "方法二：会员", BODY) == [5, 0, 5, 0]


@pytest.mark.parametrize("marks", [("1. ", "2. ", "3. "), ("1、", "2、", "3、"), ("（1）", "（2）", "（3）")])
def test_numbers_in_a_run_are_items_the_last_one_too(marks: tuple[str, str, str]) -> None:
    assert levels(*(f"{mark}第{i}件事" for i, mark in enumerate(marks)), BODY) == [0, 0, 0, 0]


def test_a_chapter_straight_before_its_first_section() -> None:
    """A heading may follow a heading of another kind, and Chinese numerals head even when they follow each other."""
    assert levels("一、用户运营", "（一）拉新", BODY, "（二）促活", BODY) == [2, 3, 0, 3, 0]
    assert levels("一、用户运营", "1. 目标", BODY, "二、内容运营", BODY) == [2, 4, 0, 2, 0]


def test_a_list_under_a_numbered_heading() -> None:
    assert levels("二、怎么做", "1. 先看数据", "2. 再定目标", "3. 最后复盘", BODY) == [2, 0, 0, 0, 0]


# --- whole texts ------------------------------------------------------------------------------------------------------


def test_blank_rows_and_margins_go() -> None:
    lines, restored = plain_lines(["", "  甲。 ", "\t", "乙。", ""], "")
    assert [(line.text, line.level, line.row) for line in lines] == [("甲。", 0, 1), ("乙。", 0, 3)]
    assert restored == 0


@pytest.mark.parametrize("rows", [[], [""], ["", " \t"]])
def test_no_rows_no_lines(rows: list[str]) -> None:
    assert plain_lines(rows, "题") == ([], 0)


def test_the_row_that_repeats_the_title_is_the_top_heading() -> None:
    title = "我们怎么把老用户叫回来？"
    assert pairs([title, BODY], title) == [(title, 1), (BODY, 0)]


def test_a_glued_deck_is_cut_and_keeps_every_character() -> None:
    assert needs_restoring(DECK)
    lines, restored = plain_lines(["前言", DECK, "后记在这里，写得不长。"], "")
    pieces = [line.text for line in lines[1:-1]]
    assert "".join(pieces) == DECK
    assert restored == len(pieces) - 1 >= 6
    assert (lines[-1].text, lines[-1].level) == ("后记在这里，写得不长。", 0)
    assert [line.row for line in lines] == [0, *[1] * len(pieces), 2]
    for label in ("固定栏目:", "小礼物:"):
        assert any(piece.startswith(label) for piece in pieces), label


def test_headings_of_a_deck_are_short_and_have_levels_two_and_three() -> None:
    lines, _ = plain_lines([DECK], "")
    headings = [line for line in lines if line.level]
    assert headings and {line.level for line in headings} <= {2, 3}
    assert all(len(line.text) <= 24 and not set(line.text) & set("，。；！？") for line in headings)


@pytest.mark.parametrize(
    ("piece", "level"),
    [
        ("商场导视与动线设计", 3),
        ("商场导视与动线设计：", 0),  # announces the line behind it
        ("这一点就说到这里", 0),  # says something
        ("先画图，再立牌", 0),
    ],
)
def test_a_name_behind_a_finished_sentence_is_a_heading(
    piece: str, level: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever kind of line it was taken for; one behind an unfinished line may be the next item of a list."""
    rows = ["顾客找不到电梯就会走。", piece, "动线：从入口到收银台", "商场导视", "每层一块总图，挂在电梯口。"]
    offsets = [sum(map(len, rows[:i])) for i in range(1, len(rows))]
    monkeypatch.setattr("kbqa.notes.plain.needs_restoring", lambda row: True)
    monkeypatch.setattr("kbqa.notes.plain.restore_breaks", lambda row: [Break(at, "text") for at in offsets])
    lines, _ = plain_lines(["".join(rows)], "")
    assert [(line.text, line.level) for line in lines] == list(zip(rows, [0, level, 0, 0, 0], strict=True))


def test_ordinary_prose_is_never_cut() -> None:
    prose = BODY * 6
    assert pairs([prose]) == [(prose, 0)]


SLIDES = (
    "门店开业培训 内部资料 1 目录 一、选址 二、装修 2 一、选址 看三样东西，缺一样就放弃 ● 人流：早晚各数一小时 ● 租金 占预估流水的一成五以内 "
    "● 邻居：旁边有没有药店或菜场 3 选址的四个步骤 ①圈出三条街 ②每条街站一天 ③找房东谈价 ④回来打分 ● 打分表见群文件 12 月前交齐"
)


def test_bullets_and_page_numbers_part_slides_that_became_one_row() -> None:
    lines, restored = plain_lines([SLIDES], "")
    assert [line.text for line in lines if line.level] == ["目录", "一、选址", "选址的四个步骤"]
    texts = [line.text for line in lines]
    assert "- 人流：早晚各数一小时" in texts and "- 租金 占预估流水的一成五以内" in texts
    assert texts[texts.index("选址的四个步骤") + 1 :][:4] == [
        "①圈出三条街",
        "②每条街站一天",
        "③找房东谈价",
        "④回来打分",
    ]
    assert texts[-1] == "- 打分表见群文件 12 月前交齐" and restored == len(lines) - 1
    unnumbered = SLIDES.replace(" 1 ", " ").replace(" 2 ", " ").replace(" 3 ", " ")
    assert squeeze("".join(texts)) == squeeze(unnumbered)


def test_rows_with_bullets_of_slides_are_items() -> None:
    """Short ones before long ones, too; a lone one may be a heading."""
    rows = [
        "■ 退换货",
        "退换货要在签收后七天之内提出来，过期不候。",
        "● 质量问题",
        "● 运费由门店承担，凭小票报销，月底一起结清",
        "★★★★★ 很好",
    ]
    lines, _ = plain_lines(rows, "")
    assert [(line.text, line.level) for line in lines] == [
        ("- 退换货", 3), (rows[1], 0), ("- 质量问题", 0), ("- 运费由门店承担，凭小票报销，月底一起结清", 0), (rows[4], 0),
    ]  # fmt: skip


def test_figures_between_bullets_are_no_pages() -> None:
    row = (
        "活动说明 每人限领 1 张 优惠券 ● 新客首单满 30 元 可用 ● 老客每单限用 2 张 过期作废，不退不换，也不能转送给别人 "
        "● 满 3 年 的会员再送 4 个 礼包，礼包里有试用装和一张贺卡，到店领"
    )
    lines, _ = plain_lines([row], "")
    assert [line.level for line in lines] == [0, 0, 0, 0] and squeeze("".join(line.text for line in lines)) == squeeze(
        row
    )
