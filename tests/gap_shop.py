"""Notes of a shop with gaps, and questions that fall into them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from kbqa import Answer, Chunk, Hit, KnowledgeBase, Sentence
from kbqa.evaluation.gaps import Gap, Near

Write = Callable[[Path, Mapping[str, str]], Path]

NOON = datetime(2025, 1, 31, 12, 0, tzinfo=timezone.utc)
NOTES = {
    "渠道/地推.md": """# 地推

地推是指在线下人流多的地方当面介绍产品的推广方式。

## 地推的成本

### 人力

### 物料

## 地推的流程

先选点，再谈场地，最后排班。
""",
    "会员/积分.md": """# 会员积分

## 积分是什么

会员积分是指门店为了记录顾客贡献而发给会员的一种权益凭证。积分不能兑换现金，也不能转给别人。

## 积分怎么发放

每日签到发 5 分，连续七天再加 20 分。
""",
    "草稿/提纲.md": "# 提纲\n\n还没有写完，先占个位置。\n\n## 积分的发放\n",
}
UNMENTIONED = ("员工年假有几天", "年假有多少天", "员工年假一共几天")
EMPTY = "地推人力成本多少钱"


def build(folder: Path) -> KnowledgeBase:
    """The shop's notes, indexed below `folder`."""
    for name, text in NOTES.items():
        (folder / "notes" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "notes" / name).write_text(text, encoding="utf-8")
    KnowledgeBase.build(folder / "notes", folder / "index")
    return KnowledgeBase.open(folder / "index")


def hit(doc_id: str, path: Sequence[str], rank: int = 1) -> Hit:
    return Hit(Chunk(f"{doc_id}#0000", doc_id, tuple(path), "", 0, 0), 1.0, rank)


def refusal(question: str, understood_as: str | None = None, related: Sequence[Hit] = ()) -> Answer:
    text = question if understood_as is None else understood_as
    return Answer(question, text, "fact", (Sentence("没有。"),), (), 0.12, True, tuple(related), tuple(related))


def gap(question: str, days: float = 0, nearest: Sequence[Near] = ()) -> Gap:
    return Gap(NOON + timedelta(days=days), question, question, 0.1, tuple(nearest), "chat")
