"""What a text shows by its shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.retrieval.fit import (
    GLOSSED,
    LABELLED,
    asked_count,
    asked_unit,
    asks_expansion,
    asks_steps,
    counts,
    defining_strength,
    expands,
    introduces_itself,
    is_bare,
    is_step,
    together,
)
from kbqa.text import fold


@pytest.mark.parametrize(
    "text", ["本文分三块来谈", "这篇先说选址", "本章的重点在后面", "下面会介绍两种排班", "接下来讲怎么收货"]
)
def test_text_that_speaks_of_itself(text: str) -> None:
    assert introduces_itself(text)


@pytest.mark.parametrize(
    "text", ["成本节省了两成", "版本节奏放慢", "基本章程有七条", "样本文件留三年", "下面三家店最忙"]
)
def test_text_that_only_looks_like_it(text: str) -> None:
    assert not introduces_itself(text)


def test_an_introduction_gives_way_to_what_it_announces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would score more if it were not seen for what it is."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "排班.md").write_text(
        "# 门店排班\n\n排班难，难在周末客流翻倍。本文先谈原则，再谈做法。\n\n## 高峰怎么安排人手\n\n"
        "高峰前半小时让收银全部到岗，理货挪到上午。客流翻倍的周末从隔壁店借两个人，下一周还。\n",
        encoding="utf-8",
    )
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    kb = KnowledgeBase.open(tmp_path / "index")
    seen = kb.search("周末客流翻倍怎么办")
    assert [hit.chunk.heading_path[-1] for hit in seen] == ["高峰怎么安排人手", "门店排班"]
    monkeypatch.setattr("kbqa.retrieval.closely.introduces_itself", lambda text: False)
    unseen = kb.search("周末客流翻倍怎么办")
    introduction = next(hit for hit in unseen if hit.chunk.heading_path[-1] == "门店排班")
    assert introduction.score > seen[1].score


@pytest.mark.parametrize(
    ("question", "answer", "other"),
    [
        ("押金收多少钱", "押金收 300 元", "押金在离店时退"),
        ("补货要多久", "补货两天内到店", "补货由仓库管，共 3 人"),
        ("损耗占多少", "损耗占到 2.5%", "损耗 40 箱"),
        ("盘点几个小时", "一次盘点 4 小时", "每月盘点 2 次"),
        ("几点开门", "早上 9:30 开门", "开门要 2 个人"),
    ],
)
def test_a_figure_has_the_unit_that_is_asked_for(question: str, answer: str, other: str) -> None:
    unit = asked_unit(question)
    assert unit and unit.search(fold(answer)) and not unit.search(fold(other))


def test_most_questions_ask_for_no_unit() -> None:
    assert asked_unit("押金什么时候退") is None


def test_as_many_as_asked_for() -> None:
    """第二个 is a place in a row, not a number of things."""
    assert asked_count("开业要过哪四道关") == 4 and asked_count("第二个步骤是什么") == 0
    assert asked_count("三个月怎么回本") == 0 and asked_count("十二个门店怎么排班") == 12
    assert counts("开业分四道关，先验货", 4) and not counts("开业有 14 道关", 4) and not counts("第 4 号店", 4)


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("开店的步骤", True),
        ("活动怎么定预算", True),
        ("怎么定义活跃用户", False),
        ("怎么建立信任", False),
        ("打分卡是什么", False),
    ],
)
def test_asking_for_steps(question: str, asks: bool) -> None:
    assert asks_steps(question) is asks


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("先查库存再接单", True),
        ("第一步找铺面", True),
        ("2. 找铺面", True),
        ("毛利率是3.5%左右", False),
        ("优先选老客再次到店的", False),
    ],
)
def test_telling_a_step(text: str, tells: bool) -> None:
    assert is_step(text) is tells


@pytest.mark.parametrize(
    ("text", "short", "told"),
    [
        ("老客价值分(vps)每月算一次", "vps", True), ("按老客价值(vps)排序", "vps", True),
        ("teps 即 talk, explore, propose, sign 四步", "teps", True), ("vps 每月算一次", "vps", False), ("talk, sign", "teps", False),
    ],
)  # fmt: skip
def test_saying_what_letters_stand_for(text: str, short: str, told: bool) -> None:
    assert asks_expansion(f"{short} 是什么的缩写") and expands(text, (short,)) is told


def test_brackets_that_say_what_a_name_means() -> None:
    """Less than a definition, more than the bare name; a translation, a date or a person in brackets explains nothing."""
    assert defining_strength("周报里写明tps(平均每桌坐几位客人)和翻台率", ["tps"]) == GLOSSED
    assert defining_strength("tps是指平均每桌坐几位客人", ["tps"]) > GLOSSED
    for text in ("看tps(seats)", "周报里写明tps(二月十四日起实行)", "tps(门店运营部负责人)"):
        assert defining_strength(text, ["tps"]) == 0


def test_a_label_within_a_sentence_defines() -> None:
    text = "看桌子忙不忙:翻台率:一张桌子一天坐几拨客人;客单价:一位客人花多少"
    assert defining_strength(text, ["翻台率"]) == defining_strength(text, ["客单价"]) == LABELLED
    assert defining_strength("看翻台率和客单价:都要看", ["客单价"]) == 0


def test_a_line_that_names_all_that_is_compared() -> None:
    sides = [{"次卡", "计次卡"}, {"月卡"}]
    assert together("储值卡按钱。\n计次卡数次数，月卡数日子。", "", sides)
    assert together("各有用处。", "次卡与月卡", sides)
    assert not together("次卡数次数。\n月卡数日子。", "办卡", sides)


def test_one_name_inside_another_is_not_both() -> None:
    nested = [{"次卡", "卡"}, {"月次卡", "卡"}]
    assert not together("月次卡每月清零，卡可转让。", "", nested)
    assert together("月次卡每月清零，次卡不清零。", "", nested)


@pytest.mark.parametrize("text", ["［图：动线］", "（见附件）", "相关阅读：怎么排班 | 怎么盘点"])
def test_text_that_says_nothing(text: str) -> None:
    assert is_bare(text)


def test_short_text_that_says_something() -> None:
    assert (
        not is_bare("动销（售出占比）")
        and not is_bare("押金离店时退，当天到账，不收手续费。")
        and not is_bare("相关阅读：排班\n排班以周为单位，提前三天公布。")
    )


def test_a_picture_gives_way_to_what_is_written(tmp_path: Path) -> None:
    """It stands under the very heading that is asked for, and has its words only."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "动线.md").write_text(
        "# 门店\n\n## 顾客动线图\n\n［图：动线］\n\n## 收银台\n\n收银台放在出口右手边，离门三米，排队时不挡住进来的人。\n\n"
        "## 怎么走\n\n顾客动线把人从门口领到生鲜，再经过日用百货到收银台，绕店一圈大约八十步。\n",
        encoding="utf-8",
    )
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    kb = KnowledgeBase.open(tmp_path / "index")
    assert "八十步" in kb.search("顾客动线图是什么样的")[0].chunk.text
