"""`kbqa terms` and `kbqa lint`: what they print, the JSON they promise, and how they refuse."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.terms.export import COLUMNS
from tests.command import Kbqa, both_languages

Write = Callable[[Path, Mapping[str, str]], Path]

NOTES = {
    "门店/货架.md": """---
title: 货架
---

# 货架

陈列面（Facing）是指一种商品正对顾客的那一排有多宽。

陈列面占比 = 一个品牌的陈列面 ÷ 整个货架的陈列面

首屏款（FS）是指进门第一眼看到的那几件商品。
""",
    "门店/装修.md": "---\nterms: [防火面]\n---\n# 装修\n\n防火面（FS）是指墙上能挡火的那一层板材。\n",
    "terms.yaml": """terms:
  - name: 补货间隔
    aliases: [进货间隔]
    english: [Replenishment Interval]
    definition: 相邻两次补货之间平均隔多少天。
    formula: 统计天数 ÷ 补货次数
    confusable: [交货时长]
    related: [陈列面]
    distinct: [盘点间隔]
  - nmae: 写错了
  - name: 夜宵券
""",
}
NAMES = ["补货间隔", "陈列面", "防火面", "首屏款", "夜宵券"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> Path:
    """The index over the notes above. Nobody changes it."""
    root = tmp_path_factory.mktemp("shop")
    KnowledgeBase.build(write_notes(root / "notes", NOTES), root / "index")
    return root / "index"


opened = cache(KnowledgeBase.open)


@pytest.fixture(autouse=True)
def _opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each index, which nobody changes, is opened once."""
    monkeypatch.setattr(KnowledgeBase, "open", opened)


# --- list -------------------------------------------------------------------------------------------------------------


def test_list(kbqa: Kbqa, shop: Path) -> None:
    """What the notes and the team introduce, by pinyin, with other names, origin and how sure it is; then the count."""
    done = kbqa("terms", "list", "--index", shop)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert [line.split("  ")[0] for line in lines] == [*NAMES, "5 个术语 terms"]
    assert lines[0] == "补货间隔  进货间隔、Replenishment Interval  [team 1.00]"
    assert lines[1] == "陈列面  Facing  [definition 0.95]"
    assert lines[4] == "夜宵券    [team 1.00]"


def test_everything(kbqa: Kbqa, shop: Path, tmp_path: Path) -> None:
    """With --all the lexicon's words, too, in the list and in the file."""
    rows = json.loads(kbqa("terms", "list", "--all", "--index", shop, "--json").out)
    assert {row["name"] for row in rows} == {term.name for term in KnowledgeBase.open(shop).terms}
    assert {"team", "definition", "lexicon"} <= {row["origin"] for row in rows} and len(rows) > 500
    assert [row["pinyin"] for row in rows] == sorted(row["pinyin"] for row in rows)
    file = tmp_path / "a.csv"
    assert kbqa("terms", "export", file, "--all", "--index", shop).out == f"{file}：{len(rows)} 个术语 terms\n"
    assert list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))) == rows


def test_list_as_json(kbqa: Kbqa, shop: Path) -> None:
    """A list of flat objects with the columns of the table, all of them text."""
    done = kbqa("terms", "list", "--index", shop, "--json")
    rows = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert [row["name"] for row in rows] == NAMES
    assert all(tuple(row) == COLUMNS and set(map(type, row.values())) == {str} for row in rows)
    assert rows[1]["definition"] == "陈列面（Facing）是指一种商品正对顾客的那一排有多宽。"
    assert rows[1]["source"] == "门店/货架.md:7"


# --- show -------------------------------------------------------------------------------------------------------------


def test_show(kbqa: Kbqa, shop: Path) -> None:
    """Everything known of a term, a line each, whichever of its names is typed."""
    expected = [
        "补货间隔",
        "  又称 also：进货间隔",
        "  英文 English：Replenishment Interval",
        "  拼音 pinyin：buhuojiange",
        "  定义 is：补货间隔：相邻两次补货之间平均隔多少天。",
        "  公式 formula：公式：补货间隔 = 统计天数 ÷ 补货次数",
        "  易混 not to be confused：交货时长",
        "  相关 related：陈列面",
        "  出处 source：terms.yaml:5",
        "  来源 origin：team 1.00",
    ]
    for name in ("補貨間隔", "replenishment interval"):
        done = kbqa("terms", "show", name, "--index", shop)
        assert (done.code, done.err, done.out.splitlines()) == (0, "", expected)


def test_show_leaves_out_what_is_not_known(kbqa: Kbqa, shop: Path) -> None:
    done = kbqa("terms", "show", "夜宵券", "--index", shop)
    assert done.out.splitlines() == [
        "夜宵券",
        "  拼音 pinyin：yexiaoquan",
        "  出处 source：terms.yaml:11",
        "  来源 origin：team 1.00",
    ]


def test_show_of_an_ambiguous_name(kbqa: Kbqa, shop: Path) -> None:
    """Every meaning, each with its own source, and that there are several."""
    done = kbqa("terms", "show", "fs", "--index", shop)
    lines = done.out.splitlines()
    assert (done.code, lines[0]) == (0, "“fs”有 2 个意思 2 meanings")
    assert [line for line in lines[1:] if not line.startswith(" ")] == ["防火面", "首屏款"]
    assert "  出处 source：门店/装修.md:6" in lines and "  出处 source：门店/货架.md:11" in lines
    rows = json.loads(kbqa("terms", "show", "FS", "--index", shop, "--json").out)
    assert [row["name"] for row in rows] == ["防火面", "首屏款"]


def test_show_as_json_is_a_list(kbqa: Kbqa, shop: Path) -> None:
    """One meaning or several: the same shape as the rows of `list`."""
    rows = json.loads(kbqa("terms", "show", "进货间隔", "--index", shop, "--json").out)
    listed = json.loads(kbqa("terms", "list", "--index", shop, "--json").out)
    assert rows == [listed[0]]
    assert (rows[0]["formula"], rows[0]["sure"]) == ("公式：补货间隔 = 统计天数 ÷ 补货次数", "1.00")


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("补货间歇", "术语表里没有“补货间歇”。是不是要找：补货间隔？", "Did you mean 补货间隔?"),
        ("进货间", "术语表里没有“进货间”。是不是要找：补货间隔？", "Did you mean 补货间隔?"),
        ("盘点间隔", "术语表里没有“盘点间隔”。用 kbqa terms list 看有哪些。", "See kbqa terms list for what it has."),
        ("", "术语表里没有“”。用 kbqa terms list 看有哪些。", "See kbqa terms list for what it has."),
    ],
)
def test_show_of_an_unknown_name(name: str, zh: str, en: str, kbqa: Kbqa, shop: Path) -> None:
    """Code 8, the nearest names by their own name in both languages, or where to look; nothing on stdout."""
    done = kbqa("terms", "show", name, "--index", shop)
    assert (done.code, done.out) == (8, "")
    first, second = done.err.splitlines()
    assert first == zh
    assert second == f"The glossary has no “{name}”. {en}"


def test_show_of_an_unknown_name_as_json(kbqa: Kbqa, shop: Path) -> None:
    """An error is told the same way; stdout stays empty rather than half JSON."""
    plain, as_json = (kbqa("terms", "show", "补货间歇", "--index", shop, *flag) for flag in ([], ["--json"]))
    assert as_json == plain and (as_json.code, as_json.out) == (8, "")


ODD = ["铺货甲", "铺货乙", "铺货丙", "铺货丁", "夜宵[red]券", "夜宵[/b]券"]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> Path:
    """An index with names that are much alike, and names that look like markup."""
    root = tmp_path_factory.mktemp("odd")
    text = "terms:\n" + "".join(f"- name: '{name}'\n" for name in ODD)
    KnowledgeBase.build(write_notes(root / "notes", {"a.md": "# 铺\n\n一段话。", "terms.yaml": text}), root / "index")
    return root / "index"


def test_no_more_than_three_names_are_suggested(kbqa: Kbqa, odd: Path) -> None:
    done = kbqa("terms", "show", "铺货", "--index", odd)
    assert done.code == 8 and "是不是要找：铺货甲、铺货乙、铺货丙？" in done.err


def test_names_with_square_brackets(kbqa: Kbqa, odd: Path) -> None:
    """They are names, not markup."""
    listed, found = kbqa("terms", "list", "--index", odd).out, kbqa("terms", "search", "夜宵", "--index", odd).out
    for name in ODD[4:]:
        assert f"{name}    [team 1.00]" in listed and f"{name}  [开头 start]" in found


@pytest.mark.parametrize("name", ODD[4:])
def test_show_of_a_name_with_square_brackets(name: str, kbqa: Kbqa, odd: Path) -> None:
    done = kbqa("terms", "show", name, "--index", odd)
    assert done.code == 0 and done.out.splitlines()[0] == name


# --- search -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("补货间隔", "补货间隔  [名称 name]"),
        ("进货间隔", "补货间隔 = 进货间隔  [别名 alias]"),
        ("Replenishment I", "补货间隔 = Replenishment Interval  [开头 start]"),
        ("货间隔", "补货间隔  [包含 part]"),
        ("buhuojiange", "补货间隔  [拼音 pinyin]"),
        ("bhjg", "补货间隔  [首字母 initials]"),
        ("补货问隔", "补货间隔  [差一个字 one slip]"),
    ],
)
def test_search(query: str, line: str, kbqa: Kbqa, shop: Path) -> None:
    """A term a line: its name, the name that fits if that is another, and in which way it does."""
    done = kbqa("terms", "search", query, "--index", shop)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == line


def test_search_as_json(kbqa: Kbqa, shop: Path) -> None:
    rows = json.loads(kbqa("terms", "search", "进货间隔", "--index", shop, "--json").out)
    assert rows == [{"name": "补货间隔", "matched": "进货间隔", "how": "alias", "origin": "team"}]
    rows = json.loads(kbqa("terms", "search", "FS", "--index", shop, "--json").out)
    assert sorted(row["name"] for row in rows if row["how"] == "alias") == ["防火面", "首屏款"]


@pytest.mark.parametrize("query", ["火星基地站", "？"])
def test_search_that_finds_nothing(query: str, kbqa: Kbqa, shop: Path) -> None:
    """That is an answer, not an error."""
    done = kbqa("terms", "search", query, "--index", shop)
    assert (done.code, done.out, done.err) == (0, "没有找到 nothing found\n", "")
    done = kbqa("terms", "search", query, "--index", shop, "--json")
    assert (done.code, json.loads(done.out)) == (0, [])


def test_how_many_are_found(kbqa: Kbqa, shop: Path) -> None:
    """-k, ten unless told."""
    ten = json.loads(kbqa("terms", "search", "用户", "--index", shop, "--json").out)
    three = json.loads(kbqa("terms", "search", "用户", "-k", "3", "--index", shop, "--json").out)
    assert len(ten) == 10 and three == ten[:3]


# --- export -----------------------------------------------------------------------------------------------------------


def test_export_as_csv(kbqa: Kbqa, shop: Path, tmp_path: Path) -> None:
    """UTF-8 with one byte order mark, for spreadsheets; folders are made; the rows are those of `list`."""
    file = tmp_path / "新" / "叫法.csv"
    done = kbqa("terms", "export", file, "--index", shop)
    assert (done.code, done.out, done.err) == (0, f"{file}：5 个术语 terms\n", "")
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbfname,aliases,") and data.count(b"\xef\xbb\xbf") == 1 and b"\r" not in data
    table = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert table == json.loads(kbqa("terms", "list", "--index", shop, "--json").out)


def test_export_as_markdown(kbqa: Kbqa, shop: Path, tmp_path: Path) -> None:
    """No mark in front; a title, a section a letter, an entry a term."""
    file = tmp_path / "叫法.MD"
    assert kbqa("terms", "export", file, "--index", shop).code == 0
    text = file.read_bytes().decode("utf-8")
    assert text.startswith("# 术语表\n\n## B\n\n**补货间隔**（进货间隔、Replenishment Interval）\n\n")
    assert re.findall(r"^## (.)$", text, re.MULTILINE) == ["B", "C", "F", "S", "Y"]
    assert "- 补货间隔：相邻两次补货之间平均隔多少天。（terms.yaml:5）\n" in text


@pytest.mark.parametrize("name", ["叫法", "叫法.csv.txt"])
def test_export_in_an_unknown_format(name: str, kbqa: Kbqa, shop: Path, tmp_path: Path) -> None:
    """Wrong usage: code 2, what can be written in both languages, and no file."""
    done = kbqa("terms", "export", tmp_path / "新" / name, "--index", shop)
    assert (done.code, done.out) == (2, "")
    assert "只能写 .csv 或 .md" in done.err and "only .csv and .md" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["有了/叫法.csv", "文件夹.csv"])
def test_export_where_nothing_can_be_written(name: str, kbqa: Kbqa, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "有了").write_text("一个文件", "utf-8")
    (tmp_path / "文件夹.csv").mkdir()
    done = kbqa("terms", "export", tmp_path / name, "--index", shop)
    assert done.code not in (0, 130) and done.out == "" and both_languages(done.err)


# --- without an index -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["list"], ["show", "补货间隔"], ["search", "补货"], ["export", "叫法.csv"]], ids=lambda a: a[0]
)
def test_without_an_index(arguments: list[str], kbqa: Kbqa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code 4, as for every command that asks an index."""
    monkeypatch.chdir(tmp_path)
    done = kbqa("terms", *arguments, "--index", tmp_path / "none")
    assert (done.code, done.out) == (4, "") and both_languages(done.err)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [["terms", "show"], ["terms", "search", "甲", "-k", "0"], ["terms", "search", "甲", "-k", "101"], ["terms", "drop"], ["lint", "--fix"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage(arguments: list[str], kbqa: Kbqa) -> None:
    done = kbqa(*arguments)
    assert (done.code, done.out) == (2, "") and done.err


@pytest.mark.parametrize("command", ["list", "show", "search", "export"])
def test_help_in_two_languages(command: str, kbqa: Kbqa) -> None:
    done = kbqa("terms", command, "--help")
    assert done.code == 0 and both_languages(done.out)


# --- what `index` says of the term file ------------------------------------------------------------------------------


def test_index_names_entries_passed_over_in_json(kbqa: Kbqa, shop: Path) -> None:
    """Where nothing was built anew, too."""
    done = kbqa("index", "--notes", shop.parent / "notes", "--index", shop, "--json")
    warnings = {file["doc_id"]: file["warnings"] for file in json.loads(done.out)["files"]}
    assert warnings["terms.yaml"] == ["terms.yaml:10 缺少 name，已略过 no name, passed over"]
    assert warnings["门店/货架.md"] == []


def test_index_names_entries_passed_over(kbqa: Kbqa, shop: Path) -> None:
    """The guide of the default notes promises that indexing says which line was passed over."""
    done = kbqa("index", "--notes", shop.parent / "notes", "--index", shop)
    assert done.code == 0 and "terms.yaml:10 缺少 name" in done.out + done.err


# --- lint -------------------------------------------------------------------------------------------------------------

GOOD = """---
title: 理货
tags: [门店]
level: 入门
terms: [理货单]
prerequisites: []
updated: 2026-01-05
---

# 理货

理货单是指写着每排货架该摆几件的那张单子。
"""


def test_lint_of_good_notes(kbqa: Kbqa, tmp_path: Path, write_notes: Write) -> None:
    """Code 0, a line with the counts and nothing else."""
    done = kbqa(
        "lint", write_notes(tmp_path, {"理货.md": GOOD, "terms.yaml": "- name: 夜宵券\n  definition: 一种券。\n"})
    )
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "2 篇 notes，通读约 2 分钟 minutes to read（1 分钟一篇 each）；0 错误 errors，0 警告 warnings，0 提示 notes，"
        "0 处说法不一 contradictions"
    ]


def test_lint_fails_on_an_error_only(kbqa: Kbqa, tmp_path: Path, write_notes: Write) -> None:
    """Warnings and remarks leave code 0; one error makes it 1. What is amiss is on stdout either way."""
    notes = write_notes(tmp_path, {"a.md": "# 甲\n\n一段话。\n", "terms.yaml": NOTES["terms.yaml"]})
    done = kbqa("lint", notes)
    assert (done.code, done.err) == (0, "")
    assert "terms.yaml:10 缺少 name，已略过" in done.out and "没有 front matter · no front matter" in done.out
    write_notes(notes, {"b.md": "# 乙\n\n看[这里](没有.md)。\n"})
    done = kbqa("lint", notes)
    assert (done.code, done.err) == (1, "")
    assert "错误 error  b.md:3  链接的文件不存在：没有.md · link leads nowhere: 没有.md" in done.out.splitlines()


def test_lint_of_a_broken_term_file(kbqa: Kbqa, tmp_path: Path, write_notes: Write) -> None:
    done = kbqa("lint", write_notes(tmp_path, {"理货.md": GOOD, "terms.yaml": "terms:\n- name: [\n"}))
    assert done.code == 1
    (line,) = [line for line in done.out.splitlines() if "terms.yaml" in line]
    assert line.startswith("错误 error  terms.yaml  terms.yaml：第 3 行不是合法的 YAML。")
    assert "not valid YAML at line 3" in line


def test_lint_as_json(kbqa: Kbqa, tmp_path: Path, write_notes: Write) -> None:
    """Problems with place, severity, rule and both languages; contradictions with both quotes; minutes a note."""
    notes = write_notes(
        tmp_path,
        {
            "a.md": GOOD.replace("理货单是指", "理货单（张）= 货架数 × 2。\n\n理货单是指"),
            "b.md": "# 甲\n\n理货单 = 货架数 + 仓位数。\n",
            "terms.yaml": "- name: 夜宵券\n  definition: 一种券。\n- 早餐券\n",
        },
    )
    done = kbqa("lint", notes, "--json")
    data = json.loads(done.out)
    assert (done.code, done.err, list(data)) == (0, "", ["problems", "conflicts", "minutes"])
    assert data["problems"] == [
        {
            "doc_id": "b.md", "line": 1, "severity": "note", "rule": "no-front-matter", "zh": "没有 front matter",
            "en": "no front matter",
        },
        {
            "doc_id": "terms.yaml", "line": 0, "severity": "warning", "rule": "term-entry",
            "zh": "terms.yaml:3 缺少 name，已略过 no name, passed over",
            "en": "terms.yaml:3 缺少 name，已略过 no name, passed over",
        },
    ]  # fmt: skip
    assert data["conflicts"] == [
        {
            "term": "理货单", "what": "formula", "said": ["货架数 * 2", "货架数 + 仓位数"],
            "passages": [
                {"place": "a.md:12", "quote": "理货单（张）= 货架数 × 2。"},
                {"place": "b.md:3", "quote": "理货单 = 货架数 + 仓位数。"},
            ],
        }
    ]  # fmt: skip
    assert data["minutes"] == {"a.md": 1, "b.md": 1, "terms.yaml": 1}


def test_lint_of_an_entry_with_a_name_only(kbqa: Kbqa, tmp_path: Path, write_notes: Write) -> None:
    data = json.loads(
        kbqa("lint", write_notes(tmp_path, {"理货.md": GOOD, "terms.yaml": "- name: 夜宵券\n"}), "--json").out
    )
    assert data["problems"] == []


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["", "json"])
def test_lint_without_notes(as_json: list[str], kbqa: Kbqa, tmp_path: Path) -> None:
    """Code 3 for a folder that is missing or empty."""
    for folder in (tmp_path, tmp_path / "none"):
        done = kbqa("lint", folder, *as_json)
        assert (done.code, done.out) == (3, "") and both_languages(done.err)
