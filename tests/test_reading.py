"""Files become documents: front matter, titles, exact offsets; one bad file stops nobody else."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
from itertools import pairwise
from pathlib import Path

import pytest

from kbqa.errors import NotesError, UnreadableNote
from kbqa.notes import reading
from kbqa.notes.cleaning import remove_glosses
from kbqa.notes.reading import Reading, note_paths, other_paths, read_bytes, read_note, source_digest
from kbqa.notes.term_file import TERM_FILE
from kbqa.text import squeeze
from kbqa.types import Document

CORPUS = Path(__file__).parents[1] / "corpus"
PAGES = Path(__file__).parent / "pages"
BODY = "先看每天有多少人回来，再看他们回来以后做了什么，最后才谈怎样让更多人回来。"


def document(text: str, name: str = "a.md") -> Document:
    found = read_bytes(text.encode("utf-8"), name).document
    assert found is not None
    return found


def nothing_known(doc_id: str, digest: str) -> Reading | None:
    return None


# --- front matter -----------------------------------------------------------------------------------------------------


def test_front_matter_gives_title_tags_aliases_and_source() -> None:
    text = "---\ntitle: RFM 模型\ntags: [分层, 3]\naliases: RFM, 近度 , \nsource: https://x.y/z\nother: 1\n---\n# 一、RFM\n\n正文。\n"
    note = document(text, "用户/rfm.md")
    assert (note.doc_id, note.title, note.source) == ("用户/rfm.md", "RFM 模型", "https://x.y/z")
    assert (note.tags, note.aliases) == (("分层", "3"), ("RFM", "近度"))
    assert note.text == "一、RFM\n正文。"
    assert note.sections[0].path == ("RFM 模型", "RFM")
    assert note.source_digest == hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_front_matter_survives_bom_windows_line_ends_and_dots() -> None:
    data = codecs.BOM_UTF8 + "---\r\ntitle: 甲\r\n...\r\n正文。\r\n".encode()
    found = read_bytes(data, "b.md")
    assert found.document and (found.document.title, found.document.text) == ("甲", "正文。")
    assert found.report.encoding == "utf-8-sig"


def test_empty_values_count_as_absent() -> None:
    note = document("---\ntitle:\ntags:\naliases: []\nsource:\n---\n# 标题在此\n\n正文。")
    assert (note.title, note.tags, note.aliases, note.source) == ("标题在此", (), (), "")


@pytest.mark.parametrize("value", ["false", "no", "False"])
def test_index_false_leaves_a_note_out(value: str) -> None:
    found = read_bytes(f"---\nindex: {value}\n---\n正文。".encode(), "a.md")
    assert found.document is None
    assert (found.report.skipped, found.report.error) == ("index: false", "")


@pytest.mark.parametrize("value", ["true", "0.5", "", "yes"])
def test_any_other_value_of_index_keeps_it(value: str) -> None:
    assert document(f"---\nindex: {value}\n---\n正文。").text == "正文。"


@pytest.mark.parametrize(
    ("front", "line"),
    [("title: 甲\n  b: : c", 3), ("title: [甲\nb: 1", 3), ("a: 1\nb: 2\nc: 'x: y", 4), ("\ttitle: 甲", 2)],
)
def test_broken_front_matter_names_the_line(front: str, line: int) -> None:
    with pytest.raises(UnreadableNote) as caught:
        read_bytes(f"---\n{front}\n---\n正文。".encode(), "组/坏.md")
    assert caught.value.zh.startswith(f"组/坏.md：第 {line} 行")
    assert f"line {line}" in caught.value.en


@pytest.mark.parametrize("day", ["2026-02-30", "2026-13-01 25:61:00"])
def test_a_day_that_does_not_exist_is_a_text(day: str) -> None:
    """`kbqa lint` names it; the note is read all the same."""
    found = read_bytes(f"---\ntitle: 甲\nupdated: {day}\n---\n正文。".encode(), "a.md").document
    assert found is not None and found.updated == day


@pytest.mark.parametrize("front", ["x: " + "[" * 3000])
def test_values_that_yaml_cannot_make_are_an_error_of_the_note(front: str) -> None:
    """Nesting without end raises another error than bad syntax does; it must not escape."""
    with pytest.raises(UnreadableNote, match=r"a\.md"):
        read_bytes(f"---\ntitle: 甲\n{front}\n---\n正文。".encode(), "a.md")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("---\n只是一段话\n---\n正文。", "只是一段话\n正文。"),
        ("正文。\n---\ntitle: 甲\n---\n", "正文。\ntitle: 甲"),
        ("---\n---\n# 标题\n正文。", "标题\n正文。"),
    ],
)
def test_lines_are_not_front_matter(text: str, shown: str) -> None:
    assert document(text).text == shown


# --- titles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("---\ntitle: 前言\n---\n# 标题\n\n正文。", "前言"),
        ("---\ntitle: 2026\n---\n# 标题\n\n正文。", "2026"),
        ("# 一、标题\n\n## 小节\n\n正文。", "标题"),
        ("# 甲\n\n正文。\n\n# 乙\n\n正文。", "文件名"),
        ("## 只有小节\n\n正文。", "文件名"),
        ("短短的第一行\n\n" + BODY, "短短的第一行"),
        ("第一行是一句话。\n\n" + BODY, "文件名"),
        (BODY + BODY + "\n\n第二段。", "文件名"),
        ("# 标题\n\n正文。\n\n```\n# 注释不是标题\n```\n", "标题"),
        ("~~~\n# 注释不是标题\n~~~\n\n# 标题\n\n正文。", "标题"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert document(text, "组/文件名.md").title == title


def test_a_scraped_page_is_called_by_its_article() -> None:
    assert document((PAGES / "scraped_article.txt").read_text(encoding="utf-8"), "p.txt").title == "老客沉默以后怎么办"


# --- texts and offsets ------------------------------------------------------------------------------------------------


def test_a_heading_without_a_space_behind_its_marks_is_one_everywhere() -> None:
    """`##乙` names a section as `## 乙` does: writers forget the space, and the title rule takes it for a heading too."""
    with_space = document(f"# 甲\n\n正文。\n\n## 乙\n\n{BODY}")
    without = document(f"#甲\n\n正文。\n\n##乙\n\n{BODY}")
    assert without.title == "甲"
    assert [(s.heading, s.level) for s in without.sections] == [(s.heading, s.level) for s in with_space.sections]
    assert "#" not in without.text


def test_markdown_without_headings_is_read_like_plain_text() -> None:
    note = document(f"一、目标\n\n{BODY}\n\n二、对象\n\n{BODY}\n")
    assert [(s.heading, s.level) for s in note.sections] == [("目标", 2), ("对象", 2)]


def test_a_text_file_with_marks_is_read_as_markdown() -> None:
    note = document("# 甲\n\n**粗**体。\n", "a.txt")
    assert note.text == "甲\n粗体。"
    assert [s.level for s in note.sections] == [1]


def test_a_text_file_has_its_rows_as_blocks() -> None:
    note = document(f"运营周报\n\n一、目标\n{BODY}\n- *不是*强调\n", "a.txt")
    assert note.text == f"运营周报\n一、目标\n{BODY}\n- *不是*强调"
    assert [(s.heading, s.level) for s in note.sections] == [("运营周报", 1), ("目标", 2)]


@pytest.mark.parametrize("path", note_paths(CORPUS) + note_paths(PAGES), ids=lambda p: p.stem)
def test_sections_of_real_notes_are_exact(path: Path) -> None:
    """Every heading's line stands where the section starts, its body right behind, and spans nest or follow."""
    found = read_note(path, path.parent).document
    if found is None:
        assert path.name == "README.md"
        return
    rows = found.text.split("\n")
    assert all(row.strip() for row in rows), "one block a line, no blank ones"
    starts = {sum(len(r) + 1 for r in rows[:i]) for i in range(len(rows))}
    for section in found.sections:
        line = found.text[section.start : section.body_start].rstrip("\n")
        assert section.start in starts and "\n" not in line
        assert section.heading in line and section.path[-1] == section.heading
    for upper, lower in pairwise(found.sections):
        assert lower.start == upper.end or upper.start < lower.start < lower.end <= upper.end


@pytest.mark.parametrize("path", note_paths(CORPUS) + note_paths(PAGES), ids=lambda p: p.stem)
def test_lines_lead_back_to_the_file(path: Path) -> None:
    """A citation names a line of the file: that line has the words, front matter and chrome counted in."""
    found = read_note(path, path.parent).document
    if found is None:
        return
    raw = [squeeze(remove_glosses(row)[0]) for row in path.read_text(encoding="utf-8").split("\n")]
    rows = found.text.split("\n")
    assert len(found.lines) == len(rows)
    assert list(found.lines) == sorted(found.lines)
    label = re.compile("^(?:公式|又称|英文|易混|相关|不是)：" if path.name == TERM_FILE else "^$")
    for row, line in zip(rows, found.lines, strict=True):
        assert squeeze(label.sub("", row))[: 3 if path.name == TERM_FILE else 10] in raw[line - 1]


def test_line_at_counts_from_one_and_knows_front_matter() -> None:
    note = document("---\ntitle: 甲\n---\n\n# 题\n\n第一段。\n\n- 项一\n- 项二\n")
    assert note.lines == (5, 7, 9, 10)
    for word, line in (("题", 5), ("一段", 7), ("- 项一", 9), ("项二", 10)):
        assert note.line_at(note.text.index(word)) == line
    assert note.line_at(len(note.text)) == 10


def test_a_traditional_page_with_glosses() -> None:
    """Pinyin goes, KPI stays, the script is kept as written, the numbering gives sections."""
    found = read_note(PAGES / "traditional_glosses.txt", PAGES)
    assert found.document and found.document.title == "業務指标(KPI)怎麼定"
    assert [s.heading for s in found.document.sections[1:]] == ["先看業務處於哪個階段", "再定由誰負責"]
    assert "銀行貸款" in found.document.text and "毛利(gross margin)" in found.document.text
    assert (found.report.script, found.report.glosses_removed) == ("traditional", 37)


def test_the_report_of_a_scraped_page() -> None:
    found = read_note(PAGES / "scraped_article.txt", PAGES)
    report = found.report
    assert found.document and report.characters == len(found.document.text)
    assert (report.encoding, report.script, report.error, report.skipped) == ("utf-8", "simplified", "", "")
    assert report.chrome_sample[:2] == ("登录 | 注册", "作者：阿禾")
    assert report.chrome_sample[-1] == "版权归作者所有，未经许可不得转载。"
    assert report.chrome_lines == len(report.chrome_sample) == 19


def test_no_invisible_character_reaches_the_text() -> None:
    note = document("# 标\u200b题\r\n\r\n第一\u00a0段\ufeff。&nbsp;又&#8203;一段。\r\n")
    assert note.text == "标题\n第一 段。 又一段。"


@pytest.mark.parametrize("name", ["a.md", "a.markdown", "a.txt"])
@pytest.mark.parametrize("text", ["", " \n\n\t", "---\ntitle: 甲\n---\n", "\ufeff"])
def test_a_note_without_content_is_an_error(text: str, name: str) -> None:
    with pytest.raises(UnreadableNote, match="没有内容"):
        read_bytes(text.encode("utf-8"), name)


def test_reading_is_deterministic() -> None:
    data = (PAGES / "scraped_article.txt").read_bytes()
    assert read_bytes(data, "a.txt") == read_bytes(data, "a.txt")


# --- folders ----------------------------------------------------------------------------------------------------------


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    bad = {
        "b1.md": b"\x89PNG\r\n\x1a\n\0\0\0\1",
        "b2.md": ("這是一篇關於用戶運營的筆記，說明怎樣提高留存率。" * 3).encode("big5"),
        "b3.md": "---\ntitle: [\n---\n正文。".encode(),
        "b4.md": b"",
        "b5.txt": b"",
        "b6.md": "---\nx: {\n---\n正文。".encode(),
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    for name in ("a.md", "c.txt"):
        (tmp_path / name).write_text("# 好的\n\n正文。\n", encoding="utf-8")
    readings = [read_note(path, tmp_path) for path in note_paths(tmp_path)]
    assert [r.report.doc_id for r in readings] == ["a.md", *bad, "c.txt"]
    for found in readings:
        assert bool(found.report.error) is (found.document is None) is (found.report.doc_id in bad)
        if found.report.error:
            assert found.report.doc_id in found.report.error


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("正文。", encoding="utf-8")
    path.chmod(0)
    assert "权限" in read_note(path, tmp_path).report.error


def test_a_file_that_is_gone_is_reported(tmp_path: Path) -> None:
    found = read_note(tmp_path / "weg.md", tmp_path)
    assert found.document is None and found.report.error.startswith("weg.md：无法打开")


def test_a_huge_file_is_reported_without_being_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 10)
    (tmp_path / "a.md").write_text("十一个字节以上的正文。", encoding="utf-8")
    assert "64 MB" in read_note(tmp_path / "a.md", tmp_path).report.error


def test_paths_are_sorted_and_hidden_ones_left_out(tmp_path: Path) -> None:
    for name in (
        "乙/b.md",
        "a.MD",
        "甲.txt",
        "z.markdown",
        ".hidden.md",
        ".git/c.md",
        "~$甲.md",
        "图.png",
        "乙/表.xlsx",
        "目录.md/x.md",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("正文。", encoding="utf-8")
    names = [p.relative_to(tmp_path).as_posix() for p in note_paths(tmp_path)]
    assert names == sorted(["乙/b.md", "a.MD", "甲.txt", "z.markdown", "目录.md/x.md"])
    assert [p.relative_to(tmp_path).as_posix() for p in other_paths(tmp_path)] == ["乙/表.xlsx", "图.png"]


def test_folders_without_notes_are_errors(tmp_path: Path) -> None:
    with pytest.raises(NotesError, match="没有可读的笔记"):
        note_paths(tmp_path)
    with pytest.raises(NotesError, match="找不到笔记文件夹"):
        note_paths(tmp_path / "weg")
    (tmp_path / "a.md").write_text("正文。", encoding="utf-8")
    with pytest.raises(NotesError, match="找不到笔记文件夹"):
        note_paths(tmp_path / "a.md")


def test_a_files_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    """What a build recognises an unchanged file by; a file that cannot be read has none."""
    (tmp_path / "a.md").write_bytes("甲文。".encode())
    assert source_digest(tmp_path / "a.md") == hashlib.sha256("甲文。".encode()).hexdigest()
    assert source_digest(tmp_path / "gone.md") == ""
