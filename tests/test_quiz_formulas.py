"""Right sides of formulas, and which two of them say the same."""

from __future__ import annotations

import pytest

from kbqa.onboarding.formulas import right_side, same


@pytest.mark.parametrize(
    ("sentence", "side"),
    [
        ("公式：CAC（元/人）＝ 获客总费用 ÷ 新增客户数。", "获客总费用 ÷ 新增客户数"),
        ("公式：期内流失人数 ÷ 期初人数 × 100%。", "期内流失人数 ÷ 期初人数 × 100%"),
        ("- ROI ＝ 净收益 ÷ 成本 × 100%，其中净收益 ＝ 收入 − 成本。", "净收益 ÷ 成本 × 100%"),
        ("DPMO ＝ 缺陷数 ÷（单位数 × 机会数）× 1,000,000。", "缺陷数 ÷（单位数 × 机会数）× 1,000,000"),
        ("占比 ＝ 线上（含到店，不含退货）÷ 全部。", "线上（含到店，不含退货）÷ 全部"),
    ],
    ids=["unit", "unnamed", "where", "thousands", "comma in brackets"],
)
def test_the_right_side_alone(sentence: str, side: str) -> None:
    assert right_side(sentence) == side


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("付费用户数 ÷ 活跃用户数 × 100%", "付费用户数÷活跃用户数", True),
        ("期内流失人数 ÷ 期初人数 × 100%", "期内流失的人数 ÷ 期初的人数", True),
        ("付费用户数 ÷ 活跃用户数", "活跃用户数 ÷ 付费用户数", False),
        ("总收入 ÷ 活跃用户数", "总收入 ÷ 付费客户数", False),
        ("收入 − 成本", "收入 ÷ 成本", False),
    ],
    ids=["spaces and percent", "other words", "exchanged", "another partner", "another sign"],
)
def test_which_formulas_say_the_same(one: str, other: str, equal: bool) -> None:
    assert same(one, other) is equal
