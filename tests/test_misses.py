"""Near misses: what the notes name without telling it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.answering.confidence import features
from kbqa.answering.misses import NAMES, misses, promise
from kbqa.settings import QuerySettings, Settings
from kbqa.web.render import answer_html

Write = Callable[[Path, Mapping[str, str]], Path]

NOTES = {
    "直播/应急.md": "# 直播应急\n\n- 断流：中控半分钟内切到备用机，群里通知一声。\n- 封号：（待补）\n- 警告：先停讲那件商品，不下播。\n"
    "- 甩单……（周五问老贺）\n\n## 主播请假怎么办\n\n## 样品怎么领\n\n找仓管签字，当天还。\n",
    "私域/数据.md": "# 私域数据\n\n2023年私域卖的货占全公司的 23%，比前一年多三个点。\n\nQ：退群的人还能再加吗？A：待客服组定。\n\n"
    "用户分层是上下关系，一个人只在一层。用户分群是左右关系，一个人可以在好几群。这里先不展开，以后要讲的都在培训里讲过了，回头再补几张图就够了，大家看录像也行。\n",
    "模型/漏斗.md": "# 漏斗模型\n\n漏斗模型把完成一件事的路拆成几步，看每步剩多少人。\n",
    "案例/涨粉.md": "# 涨粉案例\n\n某宠物用品店三周涨粉四千，靠的是请老顾客拍遛狗视频。\n\n有一家叫“豆包烘焙”的小店三周涨粉六百，靠的是发试吃券。\n",
    "直播/清单.md": "# 直播清单\n\n怎么防断流。\n",
    "渠道/地推.md": "# 地推\n\n## 地推怎么做\n\n做地推先挑人流大的路口，再备好小礼物。\n\n## 地推的回本\n\n地推的回本看老板心情，没有定数。\n",
    "渠道/展会.md": "# 展会\n\n展会的展位放在门口。样册附后。\n\n## 展会的人手\n\n展会要派人值守，轮班由老贺排。\n\n## 展会的押金\n\n展会押金三千元，撤展后两周退。\n",
    "仓库/出库.md": "# 出库\n\n等待出库的订单不能改地址。\n\n没定期盘点的仓库会丢货，未说明用途的领料一律退回。\n",
    "模型/海盗.md": "# AARRR\n\nAARRR 由戴夫·麦克卢尔提出，分五步。\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> KnowledgeBase:
    root = tmp_path_factory.mktemp("misses")
    KnowledgeBase.build(write_notes(root / "notes", NOTES), root / "index")
    return KnowledgeBase.open(root / "index")


def seen(kb: KnowledgeBase, question: str) -> dict[str, float]:
    values = misses(kb._index, kb.find(question))
    assert tuple(values) == NAMES and all(0 <= value <= 1 for value in values.values())
    return {name: value for name, value in values.items() if value}


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("直播间被封号了怎么处理", "unwritten"),
        ("甩单是怎么回事", "unwritten"),  # a label that breaks off
        ("主播请假怎么办", "unwritten"),  # a heading with nothing under it
        ("退群的人还能再加吗", "unwritten"),  # a question whose answer is to come
        ("2021年私域卖的货占全公司多少", "other date"),
        ("漏斗模型最早是谁提出的", "nobody named"),
        ("用户分层和用户画像有什么区别", "side missing"),
        ("三周涨粉四千的是哪家宠物用品店", "nameless"),
        ("地推的回本要多久", "unit missing"),
        ("涨粉六百的试吃券步骤", "steps missing"),
        ("断流怎么防", "echo"),
        ("展会的展位为什么放在门口", "reason missing"),
        ("展会的样册里有什么", "unwritten"),
    ],
)
def test_what_is_named_but_not_told(question: str, name: str, kb: KnowledgeBase) -> None:
    assert seen(kb, question).get(name, 0.0) >= 0.5


@pytest.mark.parametrize(
    "question",
    [
        "断流了怎么处理",
        "样品怎么领",
        "2023年私域卖的货占全公司多少",
        "AARRR最早是谁提出的",
        "用户分层和用户分群有什么区别",
        "靠试吃券涨粉六百的是哪家小店",
        "地推怎么做，步骤详细些",
        "哪些订单不能改地址",
        "什么样的领料会退回",
    ],
)
def test_what_is_told(question: str, kb: KnowledgeBase) -> None:
    """What is still to be written beside it takes little away."""
    assert max(seen(kb, question).values(), default=0.0) < 0.6


def test_a_word_in_a_long_paragraph_speaks_for_its_own_sentence(kb: KnowledgeBase) -> None:
    """`回头再补几张图` at the end of a paragraph does not make what stands before it unwritten."""
    assert seen(kb, "用户分群是什么关系").get("unwritten", 0.0) < 0.6


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("封号了怎么办", "- 封号：（待补）"),
        ("退群的人还能再加吗", "Q：退群的人还能再加吗？A：待客服组定。"),
        ("断流了怎么处理", ""),
    ],
)
def test_a_refusal_says_what_is_still_to_be_written(question: str, line: str, kb: KnowledgeBase) -> None:
    assert promise(kb._index, kb.find(question)) == line
    answer = KnowledgeBase.open(kb.path, Settings(query=QuerySettings(answer_threshold=1.1))).ask(question)
    assert answer.abstained and answer.notices == ((f"笔记里提到了，但还没有写：「{line}」",) if line else ())
    shown = answer_html(answer, 1)
    assert ("but it is still to be written" in shown) is bool(line)


@pytest.mark.parametrize(("question", "missing"), [("展会押金是多少", 0.0), ("展会的人手要多少", 1.0)])
def test_a_figure_may_be_spelled_out(question: str, missing: float, kb: KnowledgeBase) -> None:
    assert features(kb._index, kb.find(question))["figure missing"] == missing
