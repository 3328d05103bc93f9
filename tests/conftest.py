"""A few hand-written notes and one index over them, built once a session, for the tests that need something real."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kbqa import KnowledgeBase, cli
from tests.command import Kbqa, Outcome

# The paragraph that stands word for word in two notes.
SHARED = (
    "沉睡名单要先清洗再触达：退订的、投诉过的和三个月内已经联系过两次的人一律剔除，"
    "剩下的人按最后一次下单的品类分成三组，每组只发一条和品类相关的短信。"
)

NOTES: dict[str, str] = {
    "会员/积分.md": """# 会员积分

## 积分是什么

会员积分（Loyalty Points）是指门店为了记录顾客贡献而发给会员的一种权益凭证。积分不能兑换现金，也不能转给别人。

## 积分怎么发放

- 每日签到发 5 分，连续七天再加 20 分。
- 完成首单发 100 分，退款时收回。
- 写一条带图评价发 30 分，每天最多三条。

## 积分为什么会过期

积分设置有效期，是因为长期挂账的积分会变成门店的负债，到期清零才能让负债可控。
""",
    "数据/转化率.md": """# 转化率

## 定义

转化率（Conversion Rate，CVR）是指完成目标动作的人数占进入这一步的人数的比例。

## 公式

转化率 = 完成目标动作的人数 ÷ 进入这一步的人数 × 100%。分子分母都按人去重，不按次数。

## 怎么提高转化率

1. 缩短路径，能少一步就少一步。
2. 把最大的顾虑写在按钮旁边。
3. 每次只改一个元素，用对照实验验证。
""",
    "数据/留存率.md": """# 留存率

留存率（Retention Rate）是指某一天新来的用户里，过了一段时间仍然回来使用的人所占的比例。

## 次日留存和七日留存

次日留存看第二天回来的人，七日留存看第七天回来的人。前者反映第一印象，后者反映产品有没有用。

## 留存率怎么算

留存率 = 第 N 天仍然回来的人数 ÷ 当天新增的人数 × 100%。
""",
    "增长/邀请有礼.md": """# 邀请有礼

邀请有礼是指老用户把专属链接发给朋友，朋友首次下单后双方都拿到奖励的一种裂变活动。

## 防刷规则

同一台设备、同一个收货地址或同一张银行卡只算一次有效邀请。奖励在订单确认收货后第八天才发放。

## 沉睡老客怎么邀请

"""
    + SHARED
    + "\n",
    "增长/唤醒名单.md": """# 唤醒名单

## 怎么整理

"""
    + SHARED
    + """

## 谁来负责

名单由用户组整理，短信由渠道组发送，两边每周一对一次数。
""",
    "activity.md": """---
title: 周年庆复盘
tags: [复盘]
---

# 周年庆复盘

## 活动分为哪几个阶段

整场活动分为预热期、爆发期、返场期三个阶段。预热期攒人，爆发期成交，返场期清库存。

## 花了多少钱

总预算 36 万元，其中红包 20 万元，投放 12 万元，物料 4 万元。
""",
    "readme.md": "---\nindex: false\n---\n\n# 说明\n\n这个文件不进索引。\n",
}


def write(root: Path, notes: Mapping[str, str]) -> Path:
    for name, text in notes.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.fixture(scope="session")
def shared_paragraph() -> str:
    """The paragraph that `增长/邀请有礼.md` and `增长/唤醒名单.md` have in common."""
    return SHARED


@pytest.fixture(scope="session")
def write_notes() -> Callable[[Path, Mapping[str, str]], Path]:
    """Write notes, path → text, under a folder and return the folder."""
    return write


@pytest.fixture(scope="session")
def _notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("shared") / "notes", NOTES)


@pytest.fixture(scope="session")
def _index(_notes: Path) -> Path:
    index = _notes.parent / "index"
    KnowledgeBase.build(_notes, index)
    return index


@pytest.fixture(scope="session")
def kb(_index: Path) -> KnowledgeBase:
    """The notes above, opened. Nobody writes to this index."""
    return KnowledgeBase.open(_index)


@pytest.fixture
def notes(_notes: Path, tmp_path: Path) -> Path:
    """A copy of the notes that a test may change."""
    return Path(shutil.copytree(_notes, tmp_path / "notes"))


@pytest.fixture
def index(_index: Path, tmp_path: Path) -> Path:
    """A copy of the index over `notes` that a test may change or break."""
    return Path(shutil.copytree(_index, tmp_path / "index", ignore=shutil.ignore_patterns(".lock")))


@pytest.fixture(scope="module")
def served_index(_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to serve: the app keeps what people leave behind next to it."""
    return Path(shutil.copytree(_index, tmp_path_factory.mktemp("served") / "index"))


@pytest.fixture
def kbqa(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kbqa:
    """Run the entry point with some arguments."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["kbqa", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
