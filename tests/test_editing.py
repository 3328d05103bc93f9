"""Changing one entry of terms.yaml: the rest of people's file stays as they wrote it."""

from __future__ import annotations

import difflib
from dataclasses import replace

import pytest

from kbqa.errors import NotesError, UnknownTerm, UnreadableNote
from kbqa.terms.editing import TermEntry, entries_of, with_entry, without_entry

FILE = """# 团队的术语
terms:
  # 先写常问的
  - name: 连带率      # 只有 name 必填
    aliases: [附加购买率]   # 别名
    # 定义要一句话
    definition: 连带率是指平均每张订单卖出的商品件数。

  # 周期类
  - name: 复购周期
    aliases:
      - 回购周期   # 常用
      - 购买间隔
    definition: |
      复购周期是指相邻两次购买
      之间隔多少天。
    related: [复购率]
  - {name: 人效, english: [Productivity]}
# 完
"""


def changed(before: str, after: str) -> list[str]:
    """The lines that differ, as a diff shows them."""
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:1] in "+-"]


def entry(name: str, text: str = FILE) -> TermEntry:
    return next(e for e in entries_of(text) if e.name == name)


def test_entries_are_read_as_a_build_reads_them() -> None:
    assert entries_of(FILE) == (
        TermEntry("连带率", ("附加购买率",), definition="连带率是指平均每张订单卖出的商品件数。"),
        TermEntry("复购周期", ("回购周期", "购买间隔"), definition="复购周期是指相邻两次购买 之间隔多少天。", related=("复购率",)),
        TermEntry("人效", english=("Productivity",)),
    )  # fmt: skip


def test_only_the_changed_field_is_written_anew() -> None:
    after = with_entry(FILE, replace(entry("连带率"), aliases=("附加购买率", "件单比")), "连带率")
    assert changed(FILE, after) == [
        "-     aliases: [附加购买率]   # 别名", "+     aliases: [附加购买率, 件单比]   # 别名",
    ]  # fmt: skip


def test_renaming_keeps_the_comment_behind_the_name() -> None:
    after = with_entry(FILE, replace(entry("连带率"), name="件单比"), "连带率")
    assert changed(FILE, after) == [
        "-   - name: 连带率      # 只有 name 必填",
        "+   - name: 件单比      # 只有 name 必填",
    ]


def test_new_fields_stand_behind_the_last_one() -> None:
    after = with_entry(FILE, replace(entry("连带率"), formula="件数 ÷ 订单数", distinct=("搭售率",)), "连带率")
    assert changed(FILE, after) == ["+     formula: 件数 ÷ 订单数", "+     distinct: [搭售率]"]
    assert after.index("distinct") < after.index("# 周期类")


def test_a_field_without_a_value_goes() -> None:
    after = with_entry(FILE, replace(entry("连带率"), definition=""), "连带率")
    assert changed(FILE, after) == ["-     definition: 连带率是指平均每张订单卖出的商品件数。"]


def test_values_over_several_lines_are_replaced_whole() -> None:
    after = with_entry(FILE, replace(entry("复购周期"), aliases=("回购周期",), definition="隔多少天。"), "复购周期")
    assert "    aliases: [回购周期]\n    definition: 隔多少天。\n    related: [复购率]\n  - {name" in after
    assert "购买间隔" not in after


def test_an_entry_in_braces_stays_in_braces() -> None:
    after = with_entry(FILE, replace(entry("人效"), definition="人均产出: 元/人"), "人效")
    assert "  - {name: 人效, english: [Productivity], definition: '人均产出: 元/人'}\n# 完" in after


def test_a_new_entry_comes_last_and_the_closing_comment_stays() -> None:
    after = with_entry(FILE, TermEntry("坪效", definition="坪效是指每平米卖多少钱。"))
    assert changed(FILE, after) == ["+   - name: 坪效", "+     definition: 坪效是指每平米卖多少钱。"]
    assert after.endswith("# 完\n")


def test_deleting_takes_the_lines_of_the_entry_and_no_other() -> None:
    after = without_entry(FILE, "复购周期")
    assert [e.name for e in entries_of(after)] == ["连带率", "人效"]
    assert all(comment in after for comment in ("# 先写常问的", "# 周期类", "# 定义要一句话", "# 完"))
    assert len(changed(FILE, after)) == 8


def test_the_last_entry_can_go_and_another_come() -> None:
    empty = without_entry("# 术语\nterms:\n  - name: 坪效\n", "坪效")
    assert empty == "# 术语\nterms: []\n"
    assert with_entry(empty, TermEntry("人效")) == "# 术语\nterms:\n  - name: 人效\n"


@pytest.mark.parametrize("text", ["", "\n", "# 只有注释\n", "terms: []\n", "\ufeff# 注释\n"])
def test_a_file_without_entries_gets_its_first(text: str) -> None:
    after = with_entry(text, TermEntry("坪效", ("平效",)))
    assert entries_of(after) == (TermEntry("坪效", ("平效",)),)
    assert after.startswith(text.rstrip().removesuffix("terms: []"))


@pytest.mark.parametrize(
    "text", ["- name: a1\n", "terms:\n- name: a1\n", "terms:\n    - name: a1", "terms:\r\n  - name: a1\r\n"]
)
def test_layout_is_followed(text: str) -> None:
    after = with_entry(text, TermEntry("b2", ("c3",)))
    assert [e.name for e in entries_of(after)] == ["a1", "b2"]
    assert after.startswith(text)
    assert ("\r\n" in after) == ("\r\n" in text) and after.count("\n") - after.count("\r\n") in (0, after.count("\n"))


@pytest.mark.parametrize("value", ["a: b", "# 不是注释", "- 减", "'引号'", '"双"', "yes", "12", "null", "[括号]", "a，b、c", "{x}", "100%", "@x", "`x`", "=1"])  # fmt: skip
def test_any_text_comes_back_as_it_was_meant(value: str) -> None:
    after = with_entry(FILE, replace(entry("连带率"), definition=value, aliases=(value, "另一个")), "连带率")
    assert entry("连带率", after) == replace(entry("连带率"), definition=value, aliases=(value, "另一个"))
    assert entries_of(after)[1:] == entries_of(FILE)[1:]


@pytest.mark.parametrize("name", ["连带率", "复购周期", "人效"])
def test_every_field_of_every_entry_can_change_at_once(name: str) -> None:
    wanted = TermEntry("新名", ("a1",), ("b2",), "定义。", "公式", ("c3",), ("d4",), ("e5",))
    after = with_entry(FILE, wanted, name)
    assert [e if e.name == "新名" else None for e in entries_of(after)].count(wanted) == 1
    assert {e.name for e in entries_of(after)} == {"连带率", "复购周期", "人效", "新名"} - {name}


def test_an_unchanged_entry_changes_nothing() -> None:
    for held in entries_of(FILE):
        assert with_entry(FILE, held, held.name) == FILE


def test_names_must_be_there_and_be_free() -> None:
    with pytest.raises(NotesError, match="名称"):
        with_entry(FILE, TermEntry("  "))
    with pytest.raises(NotesError, match="已经有"):
        with_entry(FILE, TermEntry("连带率"))
    with pytest.raises(NotesError, match="已经有"):
        with_entry(FILE, replace(entry("人效"), name="连带率"), "人效")
    with pytest.raises(UnknownTerm):
        with_entry(FILE, TermEntry("x"), "没有这个")
    with pytest.raises(UnreadableNote):
        with_entry("a: [", TermEntry("x"))


def test_a_layout_that_cannot_be_changed_is_refused() -> None:
    """Dropping the field behind the dash would drop the dash: nothing is written then."""
    text = "terms:\n  - aliases: [b2]\n    name: a1\n"
    with pytest.raises(NotesError, match="编辑器"):
        with_entry(text, TermEntry("a1"), "a1")
