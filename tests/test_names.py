"""Which names may enter a notes folder, and how they are spelled there."""

from __future__ import annotations

import unicodedata

import pytest

from kbqa.errors import NotesError
from kbqa.notes.names import name_as_key, safe_name
from tests.command import both_languages


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("积分.md", "积分.md"),
        ("会员/./积分 规则.md", "会员/积分 规则.md"),
        ("会员\\积分.md", "会员/积分.md"),
        ("会员//积分.md", "会员/积分.md"),
        (unicodedata.normalize("NFD", "é/ä.md"), "\u00e9/\u00e4.md"),
        ("什么是LTV？（新）.md", "什么是LTV？（新）.md"),
        ("a..b/c...md", "a..b/c...md"),
    ],
)
def test_spelling_is_settled(raw: str, name: str) -> None:
    assert safe_name(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        "../x.md", "a/../../x.md", "..\\x.md", "a\\..\\..\\x.md", " .. /x.md", "/etc/x.md", "\\x.md", "C:\\x.md", "c:x.md",
        "//host/x.md", "", "/", ".", "./", ".hidden.md", "a/.git/x.md", "~$积分.docx", "__MACOSX/x.md", "con.md", "a/NUL", "com1.txt",
        "x.md.", "a /x.md", "a\x00.md", "a\u202egnp.md", "a\n.md", "\ud800.md", "字" * 80 + ".md", "/".join("a" * 13) + ".md",
    ],
)  # fmt: skip
def test_dangerous_names_are_refused(raw: str) -> None:
    """Climbing, absolute, hidden, device names, what no system takes, characters that hide themselves."""
    with pytest.raises(NotesError) as refused:
        safe_name(raw)
    assert both_languages(str(refused.value))
    assert refused.value.zh.isprintable()


def test_names_that_are_one_file_somewhere_have_one_key() -> None:
    assert name_as_key("LTV/É.md") == name_as_key("ltv/e\u0301.md")
    assert name_as_key("积分.md") != name_as_key("积分 (2).md")
