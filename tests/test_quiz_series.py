"""Which runs of words are lists, how many they say they are, and whether they come in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.onboarding.series import Series, series_of

NOTE = """# 门店活动

## 活动怎么做

1. 定目标：只写一个数。
2. 选人群：圈出三千人。
3. 做预算：按人头算。
4. 看结果：七天后看。

## 奖励怎么给

奖励有三种。

- 现金：到账最快。
- 积分：成本最低。
- 礼品：记得最久。

## 来客从哪里来

来客有四路：路过、搜索、老客带、地推。

一场活动分预热、开卖、返场三个阶段。线索→到店→试用→成交，一步也省不了。

## 常见错误

1. 贪多：目标写了五个。
2. 不看：没人看结果。
3. 不停：亏了还做。

## 随便说说

今天去了超市、书店、银行，买了两样东西。
"""


@pytest.fixture(scope="module")
def found(
    tmp_path_factory: pytest.TempPathFactory, write_notes: Callable[[Path, Mapping[str, str]], Path]
) -> list[Series]:
    folder = tmp_path_factory.mktemp("series")
    write_notes(folder / "notes", {"活动.md": NOTE})
    KnowledgeBase.build(folder / "notes", folder / "index")
    return list(series_of(KnowledgeBase.open(folder / "index").document("活动.md")))


def test_lists_their_counts_and_their_order(found: list[Series]) -> None:
    """Errors are no list to learn, and a count that does not fit makes no list."""
    assert [(one.heading, one.said, one.members, one.ordered) for one in found] == [
        ("活动怎么做", "", ("定目标", "选人群", "做预算", "看结果"), True),
        ("奖励怎么给", "奖励有三种", ("现金", "积分", "礼品"), False),
        ("来客从哪里来", "来客有四路", ("路过", "搜索", "老客带", "地推"), False),
        ("来客从哪里来", "三个阶段", ("预热", "开卖", "返场"), True),
        ("来客从哪里来", "", ("线索", "到店", "试用", "成交"), True),
    ]


def test_a_series_stands_where_it_says(found: list[Series]) -> None:
    steps, kinds = found[0], found[1]
    assert steps.document.text[slice(*steps.span)].startswith("活动怎么做\n1. 定目标")
    assert steps.document.text[slice(*steps.span)].endswith("4. 看结果：七天后看。")
    assert kinds.document.text[slice(*kinds.span)].startswith("奖励有三种。\n- 现金")


def test_names_in_traditional_script_are_cut_where_simplified_ones_are(
    tmp_path: Path, write_notes: Callable[[Path, Mapping[str, str]], Path]
) -> None:
    write_notes(tmp_path / "notes", {"模型.md": "# 模型\n\n## 分段\n\n按用戶增長、用戶留存、用戶推薦三步走。\n"})
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    (one,) = series_of(KnowledgeBase.open(tmp_path / "index").document("模型.md"))
    assert (one.members, one.said, one.ordered) == (("用戶增長", "用戶留存", "用戶推薦"), "三步", True)
