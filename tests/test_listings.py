"""Lists are quoted whole, in the shapes that notes and scraped texts write them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.settings import QuerySettings, Settings

NUMBERED = """# 门店巡检

## 跟进办法

整改要跟到底，常用的跟进办法包括：
1）当天拍照存档；
2）第二天电话确认；
3）一周后回访门店；
4）月底汇总成表，交给区域负责人。照这样做，问题不会拖到下个月。
"""
UNMARKED = """# 仓库盘点

## 盘点前的准备

盘点前要做好的准备包括：
停止收发货；
打印货位清单；
给每组配一名记录员。
盘点结束后当天出差异表。
"""
STAGES = """新店开业手册

一、新店开业的过程

筹备阶段
谈妥租约，办好证照，招到店长和第一批店员。

试营业阶段
只请附近的老顾客，把收银和出餐跑顺。

开业阶段当天请街坊来店，活动只做一样，人手加倍。

复盘阶段
开业一周后看客流、客单价和差评，改掉前三个问题。

会员制度
办卡即可积分，积分一年有效。
"""
OUTLINE = """# 电商客服

## 客服要会的几样

还没想全，先列着。

### （1）查物流
### （2）退换货
### （3）安抚情绪
### （4）催评价

## 排班

早晚两班，晚班到十二点。
"""


ANSWERS_ALL = Settings(query=QuerySettings(answer_threshold=0.0))


def ask(folder: Path, name: str, text: str, question: str, settings: Settings | None = None) -> list[str]:
    """The items of the answer."""
    (folder / "notes").mkdir()
    (folder / "notes" / name).write_text(text, encoding="utf-8")
    KnowledgeBase.build(folder / "notes", folder / "index")
    answer = KnowledgeBase.open(folder / "index", settings).ask(question)
    assert not answer.abstained
    return [sentence.text for sentence in answer.sentences if sentence.item]


def test_the_last_item_is_there_without_what_follows_it(tmp_path: Path) -> None:
    assert ask(tmp_path, "巡检.md", NUMBERED, "整改的跟进办法有哪些？") == [
        "当天拍照存档；", "第二天电话确认；", "一周后回访门店；", "月底汇总成表，交给区域负责人。",
    ]  # fmt: skip


def test_an_unmarked_list_ends_with_its_full_stop(tmp_path: Path) -> None:
    assert ask(tmp_path, "盘点.md", UNMARKED, "盘点前要做哪些准备？") == [
        "停止收发货；", "打印货位清单；", "给每组配一名记录员。",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["开业.txt", "开业.md"])
def test_sections_headed_alike_are_a_list(tmp_path: Path, name: str) -> None:
    """Also the one whose heading ran into its paragraph; not the section beside them that is headed otherwise."""
    text = STAGES
    if name.endswith(".md"):
        text = "# " + text.replace("一、", "## ")
        for heading in ("筹备阶段", "试营业阶段", "复盘阶段", "会员制度"):
            text = text.replace(f"{heading}\n", f"### {heading}\n\n")
    items = ask(tmp_path, name, text, "新店开业分哪几个阶段？")
    assert [item[:2] for item in items] == ["筹备", "试营", "开业", "复盘"]
    assert items[0] == "筹备阶段：谈妥租约，办好证照，招到店长和第一批店员。"
    assert items[2] == "开业阶段当天请街坊来店，活动只做一样，人手加倍。"


def test_the_last_point_of_a_note_is_whole(tmp_path: Path) -> None:
    """Where its heading ends the file."""
    text = "# 渠道\n\n## 门店渠道有哪几种\n\n### 商场快闪店\n\n### 社区团购点\n\n### 校园代理站"
    assert ask(tmp_path, "渠道.md", text, "门店渠道有哪几种") == ["商场快闪店", "社区团购点", "校园代理站"]
    answer = KnowledgeBase.open(tmp_path / "index").ask("商场快闪店和社区团购点有什么区别")
    assert answer.abstained


def test_a_stage_that_is_only_divided_further_stays_in_the_list(tmp_path: Path) -> None:
    text = (
        "# 新店\n\n## 新店的四个阶段\n\n### 筹备期\n\n谈租约，办证照。\n\n### 启动期\n\n#### 试营业\n\n只请街坊。\n\n"
    )
    text += "### 增长期\n\n发券拉新客。\n\n### 稳定期\n\n靠老客复购。\n"
    items = ask(tmp_path, "新店.md", text, "新店分哪四个阶段？")
    assert [item[:3] for item in items] == ["筹备期", "启动期", "增长期", "稳定期"]


def test_points_of_an_outline_are_a_list_and_say_nothing_themselves(tmp_path: Path) -> None:
    assert ask(tmp_path, "客服.md", OUTLINE, "客服要会哪几样？") == ["查物流", "退换货", "安抚情绪", "催评价"]
    answer = KnowledgeBase.open(tmp_path / "index").ask("安抚情绪具体怎么做？")
    assert answer.abstained or all("安抚情绪" not in sentence.text for sentence in answer.sentences)


WAYS = """# 门店运营

## 门店陈列

### （1）陈列是什么

门店陈列是把货划分开来、摆给人看的手艺。

### （2）分区

分区，是门店陈列的骨架。

给陈列划分分区，是定好货单之后的又一步。很多时候，门店更像一间混在一起的屋子，这给陈列的分区划分添了不少麻烦。

一起看看怎样更快、更准地划分门店陈列的分区。

#### 方法一：看客流

先数一天里各条过道走过多少人。人多的过道放新品。

#### 方法二：看搭配

把常被一起买走的货排在一处。面包挨着牛奶。

#### 方法三：看季节

换季前两周把应季的货挪到门口。

### （3）陈列的检查

店长每周看一遍门店陈列怎么样，拍照发群里。

### （4）陈列的道具

门店陈列怎么划分，道具就怎么领，用完归还。
"""
TWICE = """# 收银

收银员的早班
应包括：
开机：先开钱箱再开打印机
点钞：两人一起点备用金

收银员的晚班
应包括：
对账：小票和流水逐笔核对
封包：钱袋当面贴封条
"""


def test_ways_under_a_section_are_its_answer(tmp_path: Path) -> None:
    """Rather than what the section says before them, the last sentence of which announces them, or the chapters beside it."""
    assert ask(tmp_path, "陈列.md", WAYS, "门店陈列怎么划分分区？") == [
        "方法一：看客流：先数一天里各条过道走过多少人。", "方法二：看搭配：把常被一起买走的货排在一处。",
        "方法三：看季节：换季前两周把应季的货挪到门口。",
    ]  # fmt: skip
    answer = KnowledgeBase.open(tmp_path / "index").ask("门店陈列怎么划分分区？")
    assert answer.sentences[0].text == "一起看看怎样更快、更准地划分门店陈列的分区。"


def test_a_remark_ends_a_list_and_takes_no_item(tmp_path: Path) -> None:
    text = "# 打烊\n\n打烊要做的事：\n关掉音响\n收好现金\n断电锁门\n注意：\n钥匙交给店长\n垃圾带到后门\n"
    assert ask(tmp_path, "打烊.txt", text, "打烊要做哪些事？", ANSWERS_ALL)[:3] == ["关掉音响", "收好现金", "断电锁门"]


@pytest.mark.parametrize(("shift", "first"), [("早班", "开机"), ("晚班", "对账")])
def test_a_lead_in_that_names_nothing_goes_with_the_line_before_it(tmp_path: Path, shift: str, first: str) -> None:
    items = ask(tmp_path, "收银.txt", TWICE, f"收银员的{shift}应包括哪些事？", ANSWERS_ALL)
    assert len(items) == 2 and items[0].startswith(first)
    answer = KnowledgeBase.open(tmp_path / "index", ANSWERS_ALL).ask(f"收银员的{shift}应包括哪些事？")
    assert answer.sentences[0].text == f"收银员的{shift}：应包括："
