"""What lint says of a folder of notes: each rule where it speaks up and where it keeps quiet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kbqa.errors import NotesError
from kbqa.terms.lint import LintReport, Problem, lint

_CORPUS = Path(__file__).parents[1] / "corpus"
_FIELDS = {
    "title": "拉新", "tags": "[用户]", "aliases": "[]", "level": "入门", "terms": "[]", "prerequisites": "[]",
    "updated": "2026-03-01",
}  # fmt: skip
FIRST = len(_FIELDS) + 6  # the line of a body's first row: front matter, its two marks, the heading, two blank rows

Found = list[tuple[str, int, str]]


def note(body: str = "正文一句话。", title: str = "拉新", **fields: str | None) -> str:
    """A note with full front matter; a field given as None is left out."""
    meta = {**_FIELDS, "title": title, **fields}
    rows = "".join(f"{name}: {value}\n" for name, value in meta.items() if value is not None)
    return f"---\n{rows}---\n\n# {title}\n\n{body}\n"


def defining(name: str, **fields: str | None) -> str:
    """A note that registers and defines one term."""
    return note(f"{name}是指运营里天天要做的一件事情。", name, terms=f"[{name}]", **fields)


def checked(root: Path, files: Mapping[str, str | bytes]) -> LintReport:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return lint(root)


def of_rule(report: LintReport, rule: str) -> list[Problem]:
    return [problem for problem in report.problems if problem.rule == rule]


def places(report: LintReport, rule: str) -> Found:
    return [(problem.doc_id, problem.line, problem.severity) for problem in of_rule(report, rule)]


# --- the whole folder -------------------------------------------------------------------------------------------------


def test_nothing_to_mend(tmp_path: Path) -> None:
    """Two good notes that lead to each other."""
    report = checked(
        tmp_path,
        {
            "a.md": defining("拉新", aliases="[获新]").replace("事情。", "事情，做完再做[促活](子/b.md#做法)。"),
            "子/b.md": defining("促活", prerequisites="[拉新]") + "\n## 做法\n\n回到[上一篇](../a.md)。\n",
        },
    )
    assert (report.problems, report.conflicts, report.quotes, report.failed) == ((), (), {}, False)
    assert list(report.minutes) == ["a.md", "子/b.md"]


def test_notes_without_front_matter_are_only_remarked_on(tmp_path: Path) -> None:
    """Anybody's folder: one remark a note, none of them a failure."""
    report = checked(
        tmp_path, {"a.md": "# 拉新\n\n把新人带进门。\n", "子/b.md": "## 促活\n\n让人常来。", "c.txt": "一段话。\n"}
    )
    assert [(p.doc_id, p.line, p.severity, p.rule) for p in report.problems] == [
        ("a.md", 1, "note", "no-front-matter"),
        ("c.txt", 1, "note", "no-front-matter"),
        ("子/b.md", 1, "note", "no-front-matter"),
    ]
    assert not report.failed


def test_problems_come_in_the_order_of_notes_and_lines(tmp_path: Path) -> None:
    """As somebody mends them: note by note, from the top down."""
    report = checked(
        tmp_path,
        {
            "b.md": note("[甲](没有.md)\n\n## 空着", level="高手"),
            "a.md": note("## 空着\n\n[乙](没有.md)\n\n## 也空着"),
        },
    )
    assert [(p.doc_id, p.line, p.rule) for p in report.problems] == [
        ("a.md", FIRST + 2, "dead-link"),
        ("a.md", FIRST + 4, "empty-heading"),
        ("b.md", 1, "level"),
        ("b.md", FIRST, "dead-link"),
        ("b.md", FIRST + 2, "empty-heading"),
    ]


def test_only_errors_fail(tmp_path: Path) -> None:
    """Warnings are for people to weigh."""
    warned = checked(tmp_path / "warned", {"a.md": note("## 空着", tags=None)})
    assert {p.severity for p in warned.problems} == {"warning"} and not warned.failed
    assert checked(tmp_path / "failed", {"a.md": note(level="高手")}).failed


@pytest.mark.parametrize("files", [None, {}, {"图.png": b"x"}, {".藏/a.md": "# 藏\n\n字。"}])
def test_a_folder_without_notes(files: Mapping[str, str | bytes] | None, tmp_path: Path) -> None:
    """Missing, empty, nothing readable, all hidden: said as an error that names the folder."""
    root = tmp_path / "notes"
    if files is not None:
        root.mkdir()
    with pytest.raises(NotesError, match="notes"):
        checked(root, files) if files else lint(root)


def test_the_handbook_has_nothing_to_mend() -> None:
    """The notes that ship hold to their own rules, and no two of them contradict each other."""
    report = lint(_CORPUS)
    assert [p for p in report.problems if p.severity != "note"] == []
    assert report.conflicts == ()


# --- files that cannot be read ----------------------------------------------------------------------------------------

BROKEN: dict[str, str | bytes] = {
    "binary": b"\x00\x01\x02\x03" * 200,
    "empty": "",
    "front matter": "---\ntitle: [没有合上\n---\n\n# 拉新\n\n字。\n",
    "blank": "---\ntitle: 空\n---\n\n\n",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_does_not_hide_what_is_wrong_with_the_others(content: str | bytes, tmp_path: Path) -> None:
    """It is reported, once, and every other note gets the report it would get alone."""
    others = {"a.md": note("## 空着"), "c.md": note("[甲](没有.md)", level="高手")}
    alone = checked(tmp_path / "alone", others)
    report = checked(tmp_path / "together", {**others, "b.md": content})
    assert places(report, "unreadable") == [("b.md", 0, "error")]
    assert tuple(p for p in report.problems if p.doc_id != "b.md") == alone.problems != ()
    assert report.minutes == alone.minutes


def test_what_an_unreadable_file_is_said_to_have(tmp_path: Path) -> None:
    """Chinese in one field, English in the other, as reading words it."""
    (problem,) = of_rule(checked(tmp_path, {"a.md": note(), "b.md": ""}), "unreadable")
    assert problem.zh == "b.md：没有内容。请写入内容或删除。"
    assert problem.en == "b.md: nothing in it. Fill or delete it."


def test_a_note_left_out_of_the_index_is_not_checked(tmp_path: Path) -> None:
    """`index: false` is documentation; a link to it still leads somewhere."""
    report = checked(
        tmp_path,
        {"说明.md": "---\nindex: false\n---\n\n# 说明\n\n[甲](没有.md)\n", "a.md": note("见[说明](说明.md)。")},
    )
    assert report.problems == () and list(report.minutes) == ["a.md"]


# --- front matter -----------------------------------------------------------------------------------------------------


def test_missing_fields_are_named(tmp_path: Path) -> None:
    """Only those that every note should have; `aliases` and `source` may be left out."""
    report = checked(tmp_path, {"a.md": note(tags=None, updated=None, aliases=None), "b.md": note(aliases=None)})
    (problem,) = of_rule(report, "field-missing")
    assert (problem.doc_id, problem.line, problem.severity) == ("a.md", 1, "warning")
    assert problem.zh == "front matter 缺少 tags、updated"
    assert problem.en == "front matter lacks tags、updated"
    assert report.problems == (problem,)


@pytest.mark.parametrize("field", ["tags", "aliases", "terms", "prerequisites"])
@pytest.mark.parametrize("value", ["3", "{甲: 乙}", "2026-01-02", "true"])
def test_a_field_that_is_no_list(field: str, value: str, tmp_path: Path) -> None:
    """The message names the field."""
    (problem,) = of_rule(checked(tmp_path, {"a.md": note(**{field: value})}), "field-type")
    assert (problem.severity, problem.zh, problem.en) == ("error", f"{field} 应当是列表", f"{field} has to be a list")


@pytest.mark.parametrize("value", ["", "[]", "[拉新]", "拉新", "拉新、促活", "[1, 2]"])
def test_a_field_that_is_a_list(value: str, tmp_path: Path) -> None:
    """Nothing, a list, or words with commas between, as reading takes them."""
    assert places(checked(tmp_path, {"a.md": note(tags=value, aliases=value)}), "field-type") == []


@pytest.mark.parametrize(
    ("level", "wrong"),
    [("入门", False), ("进阶", False), ("专家", False), ("高手", True), ("", True), ("[入门]", True)],
)
def test_levels(level: str, wrong: bool, tmp_path: Path) -> None:
    """Three words and no other."""
    found = of_rule(checked(tmp_path, {"a.md": note(level=level)}), "level")
    assert [p.severity for p in found] == ["error"] * wrong
    assert all("入门、进阶、专家" in p.zh and "入门、进阶、专家" in p.en for p in found)


@pytest.mark.parametrize("updated", ["2026-03-01", "'2026-03-01'", "2026-03-01 08:30:00", "2024-02-29"])
def test_dates(updated: str, tmp_path: Path) -> None:
    """As YAML reads them, or as words."""
    assert checked(tmp_path, {"a.md": note(updated=updated)}).problems == ()


@pytest.mark.parametrize("updated", ["去年", "2026/03/01", "'2026-13-01'", "2026-3", "'2026-02-29'"])
def test_what_is_no_date(updated: str, tmp_path: Path) -> None:
    """It is an error that repeats what stands there; so does nothing at all."""
    (problem,) = checked(tmp_path, {"a.md": note(updated=updated)}).problems
    shown = updated.strip("'")
    assert (problem.line, problem.severity, problem.rule) == (1, "error", "updated")
    assert (problem.zh, problem.en) == (f"updated 不是日期：{shown}", f"updated is no date: {shown}")
    assert places(checked(tmp_path, {"a.md": note(updated="")}), "updated") == [("a.md", 1, "error")]


@pytest.mark.parametrize("updated", ["2026-13-01", "2026-02-30"])
def test_a_day_that_is_in_no_calendar(updated: str, tmp_path: Path) -> None:
    """Whatever it is called, the line is that of the date."""
    (problem,) = checked(tmp_path, {"a.md": note(updated=updated)}).problems
    assert problem.rule == "updated" or "第 8 行" in problem.zh


@pytest.mark.parametrize(
    ("title", "heading", "differs"),
    [
        ("拉新", "拉新", False), ("GMV 口径", "gmv口径", False), ("拉新", "一、拉新", False), ("用户运营", "用戶運營", False),
        ("拉新", "拉新怎么做", True), ("拉新", "促活", True),
    ],
)  # fmt: skip
def test_title_and_heading(title: str, heading: str, differs: bool, tmp_path: Path) -> None:
    """They are compared as names are; the line is that of the heading."""
    text = note(title=title).replace(f"\n# {title}\n", f"\n# {heading}\n")
    found = of_rule(checked(tmp_path, {"a.md": text}), "title")
    assert [(p.line, p.severity) for p in found] == [(FIRST - 2, "warning")] * differs
    assert all(p.zh == f"一级标题“{heading}”与 title“{title}”不同" for p in found)


def test_a_note_without_a_first_level_heading_has_no_title_to_compare(tmp_path: Path) -> None:
    """Its title stands in the front matter alone."""
    assert checked(tmp_path, {"a.md": note().replace("# 拉新", "## 做法")}).problems == ()


# --- links ------------------------------------------------------------------------------------------------------------


def test_dead_links_with_their_lines(tmp_path: Path) -> None:
    """In a paragraph, an item, a row of a table, a quotation and a heading."""
    body = (
        "见[甲](甲.md)。\n\n- 一\n- [乙](子/乙.md)\n\n| 名 | 处 |\n|---|---|\n| 丙 | 字 |\n| 丁 | [丁](/丁.md) |\n\n"
        "> [戊](../戊.md)\n\n## [己](己.md)\n\n字。"
    )
    report = checked(tmp_path, {"a.md": note(body)})
    assert [(p.line - FIRST, p.zh) for p in of_rule(report, "dead-link")] == [
        (0, "链接的文件不存在：甲.md"),
        (3, "链接的文件不存在：子/乙.md"),
        (8, "链接的文件不存在：/丁.md"),
        (10, "链接的文件不存在：../戊.md"),
        (12, "链接的文件不存在：己.md"),
    ]
    assert {p.severity for p in report.problems} == {"error"}


def test_a_dead_link_further_down_in_its_paragraph(tmp_path: Path) -> None:
    """The line is that of the link."""
    report = checked(tmp_path, {"a.md": note("先看这里，\n再看那里，\n最后看[甲](甲.md)。")})
    assert places(report, "dead-link") == [("a.md", FIRST + 2, "error")]


def test_links_that_lead_somewhere(tmp_path: Path) -> None:
    """From the note's folder or from the root, encoded or with a blank, to a folder, with a query."""
    links = (
        "[甲](子/甲.md) [根](/子/甲.md) [码](%E5%AD%90/%E7%94%B2.md) [空](<有 空格.md>) [夹](子) [问](子/甲.md?v=1)"
        " ![图](图/a.png) [己](a.md) [引][x]\n\n[x]: 子/甲.md"
    )
    files = {"子/甲.md": note("[回](../a.md) [根](/a.md)"), "有 空格.md": note(), "图/a.png": b"x"}
    assert checked(tmp_path, {"a.md": note(links), **files}).problems == ()


def test_links_to_other_machines_are_not_followed(tmp_path: Path) -> None:
    """Nor mail, nor telephone; nothing in code is a link."""
    body = (
        "[站](https://x.invalid/没有.md#无) [信](mailto:a@x.invalid) [拨](tel:10000) [同](//x.invalid/a) ![图](http://x.invalid/a.png)"
        " <https://x.invalid> [无]()\n\n`[码](没有.md)`\n\n```\n[码](没有.md)\n```"
    )
    assert checked(tmp_path, {"a.md": note(body)}).problems == ()


def test_plain_text_has_no_links(tmp_path: Path) -> None:
    """Brackets in a text file are brackets."""
    assert places(checked(tmp_path, {"a.txt": "换班的事情见[群里](没有.md)，大家都看一看再说。\n"}), "dead-link") == []


def test_images_are_links(tmp_path: Path) -> None:
    """A picture that is not there, with and without words for it."""
    report = checked(tmp_path, {"a.md": note("![图](图/b.png)\n\n![](图/c.png)\n\n![图](图/a.png)"), "图/a.png": b"x"})
    assert [(p.line - FIRST, p.severity, p.en) for p in of_rule(report, "dead-link")] == [
        (0, "error", "link leads nowhere: 图/b.png"),
        (2, "error", "link leads nowhere: 图/c.png"),
    ]


def test_a_link_is_dead_from_where_it_stands(tmp_path: Path) -> None:
    """The same target, there for one note and not for the one in the folder."""
    report = checked(tmp_path, {"a.md": note("[乙](b.md)"), "b.md": note(), "子/c.md": note("[乙](b.md)")})
    assert places(report, "dead-link") == [("子/c.md", FIRST, "error")]


@pytest.mark.parametrize(
    ("target", "dead"),
    [
        ("#怎么做", False), ("b.md#第一步", False), ("b.md#abc-测试", False), ("b.md#ABC-测试", False),
        ("b.md#%E7%AC%AC%E4%B8%80%E6%AD%A5", False), ("b.md#粗体字", False), ("图.png#无", False),
        ("#没有", True), ("b.md#怎么做", True), ("b.md#第一", True), ("b.md#abc测试", True),
    ],
)  # fmt: skip
def test_anchors(target: str, dead: bool, tmp_path: Path) -> None:
    """As forges make them of headings: lower case, hyphens for blanks, no marks; a file that is no note has none."""
    files = {"b.md": note("## 第一步！\n\n字。\n\n## ABC 测试\n\n字。\n\n### **粗体字** ##\n\n字。"), "图.png": b"x"}
    report = checked(tmp_path, {"a.md": note(f"## 怎么做\n\n见[乙]({target})。"), **files})
    assert places(report, "dead-anchor") == [("a.md", FIRST + 2, "warning")] * dead
    assert not report.failed


def test_an_anchor_in_a_file_that_is_not_there(tmp_path: Path) -> None:
    """One problem, the file."""
    report = checked(tmp_path, {"a.md": note("[乙](b.md#一)")})
    assert [(p.rule, p.zh) for p in report.problems] == [("dead-link", "链接的文件不存在：b.md#一")]


def test_a_link_by_reference_alone(tmp_path: Path) -> None:
    """`[甲][x]` leads where `[x]: …` says."""
    report = checked(tmp_path, {"a.md": note("见[甲][x]。\n\n[x]: 没有.md")})
    assert places(report, "dead-link") == [("a.md", FIRST, "error")]


def test_a_number_sign_in_the_name_of_a_file(tmp_path: Path) -> None:
    """Encoded, it belongs to the name."""
    assert checked(tmp_path, {"a.md": note("[井](C%23%E5%85%A5%E9%97%A8.md)"), "C#入门.md": note()}).problems == ()


def test_an_anchor_in_a_note_of_another_encoding(tmp_path: Path) -> None:
    """A note in GB18030 is as good as any."""
    files = {"a.md": note("[乙](b.md#第一步)"), "b.md": note("## 第一步\n\n正文一句话。").encode("gb18030")}
    assert checked(tmp_path, files).problems == ()


def test_the_second_of_two_equal_headings(tmp_path: Path) -> None:
    """Its anchor ends in -1."""
    assert checked(tmp_path, {"a.md": note("[后](#说明-1)\n\n## 说明\n\n一。\n\n## 说明\n\n二。")}).problems == ()


def test_a_row_of_code_is_no_heading(tmp_path: Path) -> None:
    """Nothing leads to a comment in code."""
    report = checked(tmp_path, {"a.md": note("[假](#取数)\n\n```\n# 取数\n```")})
    assert places(report, "dead-anchor") == [("a.md", FIRST, "warning")]


def test_a_heading_mended_between_two_checks(tmp_path: Path) -> None:
    """The second check sees it."""
    files = {"a.md": note("[乙](b.md#第一步)"), "b.md": note("## 第二步\n\n字。")}
    assert places(checked(tmp_path, files), "dead-anchor") == [("a.md", FIRST, "warning")]
    assert checked(tmp_path, {"b.md": note("## 第一步\n\n字。")}).problems == ()


# --- headings ---------------------------------------------------------------------------------------------------------


def test_empty_headings(tmp_path: Path) -> None:
    """One followed by its equal, one at the end; a heading over others is not empty."""
    report = checked(tmp_path, {"a.md": note("## 空着\n\n## 有小节\n\n### 小节\n\n字。\n\n## 末尾")})
    assert [(p.line - FIRST, p.severity, p.zh) for p in of_rule(report, "empty-heading")] == [
        (0, "warning", "标题“空着”下面没有内容"),
        (8, "warning", "标题“末尾”下面没有内容"),
    ]


# --- terms ------------------------------------------------------------------------------------------------------------


def test_a_term_registered_in_two_notes(tmp_path: Path) -> None:
    """Each of them names the others; spelling does not tell terms apart."""
    report = checked(
        tmp_path,
        {
            "a.md": defining("GMV 口径"),
            "b.md": defining("gmv口径"),
            "c.md": defining("GMV口径"),
            "d.md": defining("促活"),
        },
    )
    assert [(p.doc_id, p.severity, p.zh) for p in of_rule(report, "term-twice")] == [
        ("a.md", "error", "术语“GMV 口径”也登记在 b.md、c.md"),
        ("b.md", "error", "术语“gmv口径”也登记在 a.md、c.md"),
        ("c.md", "error", "术语“GMV口径”也登记在 a.md、b.md"),
    ]


def test_a_term_registered_twice_in_one_note_is_one(tmp_path: Path) -> None:
    """Nobody else registers it."""
    text = defining("拉新").replace("[拉新]", "[拉新, 拉新]")
    assert places(checked(tmp_path, {"a.md": text}), "term-twice") == []


def test_a_term_without_its_definition(tmp_path: Path) -> None:
    """A sentence that only speaks of it defines nothing; a definition elsewhere does not count."""
    report = checked(
        tmp_path,
        {
            "a.md": note("拉新很重要，每天都要做。", terms="[拉新]"),
            "b.md": note("拉新是指把没用过的人变成新用户的工作。", "促活篇"),
            "c.md": defining("促活"),
        },
    )
    (problem,) = report.problems
    assert (problem.doc_id, problem.line, problem.severity, problem.rule) == ("a.md", 1, "warning", "term-undefined")
    assert problem.zh == "登记了术语“拉新”，但没有找到它的定义句"


def test_an_alias_that_is_a_term_of_another_note(tmp_path: Path) -> None:
    """An alias that is the note's own term, or nobody's, is fine."""
    report = checked(
        tmp_path,
        {"a.md": defining("拉新", aliases="[促活, 获新, 拉新]"), "b.md": defining("促活", aliases="[激活动作]")},
    )
    (problem,) = report.problems
    assert (problem.doc_id, problem.line, problem.severity, problem.rule) == ("a.md", 1, "warning", "alias-elsewhere")
    assert problem.zh == "别名“促活”是 b.md 登记的术语"
    assert problem.en == "the alias “促活” is a term of b.md"


def test_entries_of_the_term_file_that_were_passed_over(tmp_path: Path) -> None:
    """Each with its line; good entries and the notes are as they would be without."""
    terms = "terms:\n  - name: 召回\n    definition: 召回是指把走了的人请回来。\n  - aliases: [无名]\n  - name: 促活\n    colour: 红\n"
    report = checked(tmp_path, {"a.md": note(), "terms.yaml": terms})
    assert [(p.doc_id, p.severity, p.rule, p.zh.split()[0]) for p in report.problems] == [
        ("terms.yaml", "warning", "term-entry", "terms.yaml:4"),
        ("terms.yaml", "warning", "term-entry", "terms.yaml:5"),
    ]
    assert ["缺少 name" in p.zh for p in report.problems] == [True, False]
    assert "colour" in report.problems[1].zh and not report.failed
    assert list(report.minutes) == ["a.md", "terms.yaml"]


def test_a_good_term_file(tmp_path: Path) -> None:
    """It needs no front matter and no definitions, and may register what notes ask for."""
    terms = "- name: 召回\n  definition: 召回是指把走了的人请回来。\n- name: 促活\n  aliases: [激活动作]\n"
    assert checked(tmp_path, {"a.md": note(prerequisites="[召回]"), "terms.yaml": terms}).problems == ()


@pytest.mark.parametrize("terms", ["terms: 3\n", "terms: [没有合上\n", "甲: 乙\n"])
def test_a_broken_term_file(terms: str, tmp_path: Path) -> None:
    """It is an error, and the notes are checked all the same."""
    report = checked(tmp_path, {"a.md": note("## 空着"), "terms.yaml": terms})
    assert [(p.doc_id, p.rule, p.severity) for p in report.problems] == [
        ("a.md", "empty-heading", "warning"),
        ("terms.yaml", "unreadable", "error"),
    ]


def test_an_entry_with_only_a_name(tmp_path: Path) -> None:
    """Only `name` is needed."""
    assert checked(tmp_path, {"a.md": note(), "terms.yaml": "- name: 召回\n"}).problems == ()


def test_the_term_file_may_correct_a_note(tmp_path: Path) -> None:
    """The team's entry wins over a note's term of the same name; that is what it is for."""
    terms = "- name: 拉新\n  definition: 拉新是指让没来过的人来第一次。\n"
    assert not checked(tmp_path, {"a.md": defining("拉新"), "terms.yaml": terms}).failed


# --- prerequisites ----------------------------------------------------------------------------------------------------


def test_a_prerequisite_that_nobody_registers(tmp_path: Path) -> None:
    """An alias registers nothing; spelling does not matter."""
    report = checked(
        tmp_path,
        {"a.md": note(prerequisites="[gmv 口径, 获新, 没有]"), "b.md": defining("GMV口径", aliases="[获新]")},
    )
    assert [(p.doc_id, p.line, p.severity, p.rule, p.zh) for p in report.problems] == [
        ("a.md", 1, "error", "unknown-prerequisite", "先修术语“获新”没有一篇登记"),
        ("a.md", 1, "error", "unknown-prerequisite", "先修术语“没有”没有一篇登记"),
    ]


def test_prerequisites_in_a_circle(tmp_path: Path) -> None:
    """The circle is spelled out, each note before the one that it asks for; who stands outside is not in it."""
    report = checked(
        tmp_path,
        {
            "a.md": defining("拉新", prerequisites="[促活]"),
            "b.md": defining("促活", prerequisites="[召回]"),
            "c.md": defining("召回", prerequisites="[拉新]"),
            "d.md": defining("留存动作", prerequisites="[召回]"),
        },
    )
    (problem,) = report.problems
    assert (problem.rule, problem.severity, problem.line) == ("prerequisite-cycle", "error", 1)
    ring = problem.zh.removeprefix("先修关系成环：").split(" → ")
    assert ring[0] == ring[-1] == problem.doc_id and set(ring) == {"a.md", "b.md", "c.md"}
    asks = {"a.md": "b.md", "b.md": "c.md", "c.md": "a.md"}
    assert [asks[here] for here in ring[:-1]] == ring[1:]


def test_prerequisites_that_branch_and_meet_are_no_circle(tmp_path: Path) -> None:
    """Two ways to one note; a note that asks for its own term."""
    report = checked(
        tmp_path,
        {
            "a.md": defining("拉新", prerequisites="[促活, 召回]"),
            "b.md": defining("促活", prerequisites="[留存动作]"),
            "c.md": defining("召回", prerequisites="[留存动作]"),
            "d.md": defining("留存动作", prerequisites="[留存动作]"),
        },
    )
    assert report.problems == ()


# --- reading time and contradictions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("characters", "minutes"), [(1, 1), (400, 1), (401, 2), (800, 2), (801, 3), (4000, 10)])
def test_minutes_of_reading(characters: int, minutes: int, tmp_path: Path) -> None:
    """Four hundred characters a minute, begun minutes counted; front matter and marks are not read."""
    text = "---\ntitle: 拉新\n---\n" + "**" + "字" * characters + "**\n"
    assert checked(tmp_path, {"a.md": text}).minutes == {"a.md": minutes}


def test_contradictions_are_shown_side_by_side(tmp_path: Path) -> None:
    """Both sentences as they stand, each with its note and line; no problem, for people have to say which one holds."""
    report = checked(
        tmp_path,
        {
            "a.md": note("先说口径。\n\n客单价 = 成交额 ÷ 订单数\n", "客单价"),
            "子/b.md": "## 算法\n\n1. 客单价（元）＝ 成交额 ÷ 下单人数。\n",
        },
    )
    (conflict,) = report.conflicts
    assert (conflict.term, conflict.what) == ("客单价", "formula")
    assert [report.quotes[place] for place in conflict.passages] == [
        (f"a.md:{FIRST + 2}", "客单价 = 成交额 ÷ 订单数"),
        ("子/b.md:3", "1. 客单价（元）＝ 成交额 ÷ 下单人数。"),
    ]
    assert set(report.quotes) == set(conflict.passages)
    assert {p.severity for p in report.problems} == {"note"} and not report.failed
