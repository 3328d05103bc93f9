"""Numbers with a unit, and the wrong ones offered beside them."""

from __future__ import annotations

import pytest

from kbqa.onboarding.figures import figures, others, size


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("测 5 个人就能找到大约 85% 的问题。", ["5 个", "85%"]),
        ("预算 1,200 万元，不超过三步。", ["1,200 万元", "三步"]),
        ("步骤控制在 3 到 7 步，占 3%–5%。", ["3 到 7 步", "3%–5%"]),
        ("三个人去了两次，K 是 2.3。", []),
    ],
    ids=["units", "thousands and numerals", "ranges", "no unit, no rule"],
)
def test_numbers_of_a_sentence(sentence: str, shown: list[str]) -> None:
    assert [figure.shown for figure in figures(sentence)] == shown


@pytest.mark.parametrize(
    "sentence",
    [
        "占 85% 左右",
        "等 48 小时",
        "每百万次约 3.4 个",
        "卖了 1,200 件，合 47 元",
        "不超过七条",
        "控制在 3 到 7 步",
        "测 5 个人",
    ],
)
def test_wrong_numbers_are_written_alike_and_differ(sentence: str) -> None:
    every = figures(sentence)
    figure = every[-1]
    wrong = others(figure, every, "salt")
    assert len({figure.shown, *wrong}) == 4
    assert all(option.endswith(figure.unit) and ("." in option) == ("." in figure.shown) for option in wrong)
    assert all((" " in option) == (" " in figure.shown) for option in wrong)


def test_wrong_numbers_stay_on_their_side_of_the_others() -> None:
    every = figures("续约率由 85% 升到 94%。")
    assert all(size(option) < 94 for option in others(every[0], every, "salt"))
    assert others(every[1], every, "salt") == []  # between 85 and 100 there are no three that are five points away


def test_a_share_stays_below_the_whole_and_numbers_stay_round() -> None:
    for salt in map(str, range(20)):
        share, hours = figures("占 90% 的人等 24 小时")
        assert all(size(option) < 100 for option in others(share, [share], salt))
        assert set(others(hours, [hours], salt)) <= {f"{n} 小时" for n in (1, 2, 4, 6, 8, 12, 36, 48, 72, 96)}


def test_the_place_of_the_right_number_depends_on_the_salt() -> None:
    (figure,) = figures("等 24 小时")
    below = {sum(size(option) < 24 for option in others(figure, [figure], str(salt))) for salt in range(20)}
    assert below == {0, 1, 2, 3}
