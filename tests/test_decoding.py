"""Bytes become the text that was written, or an error that names the file; never something else."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from kbqa.errors import NotesError, UnreadableNote
from kbqa.notes.decoding import Decoded, decode

CORPUS = Path(__file__).parents[1] / "corpus"
NOTE = "# 留存率\n\n留存率是指第 7 天还回来的人数除以第 1 天的人数。\n\n- DAU：一天里用过产品的人数\n- “回访”不算新增\n"
TRADITIONAL = "這是一篇關於用戶運營的筆記，說明怎樣提高留存率。我們每週檢討一次，寫下誰負責、何時完成。\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (NOTE.encode("utf-8"), "utf-8"),
        (codecs.BOM_UTF8 + NOTE.encode("utf-8"), "utf-8-sig"),
        (codecs.BOM_UTF16_LE + NOTE.encode("utf-16-le"), "utf-16"),
        (codecs.BOM_UTF16_BE + NOTE.encode("utf-16-be"), "utf-16"),
        (NOTE.encode("utf-16-le"), "utf-16-le"),
        (NOTE.encode("utf-16-be"), "utf-16-be"),
        (NOTE.encode("gb18030"), "gb18030"),
    ],
)
def test_every_encoding_gives_the_same_text(data: bytes, encoding: str) -> None:
    assert decode(data, "a.md") == Decoded(NOTE, encoding)


@pytest.mark.parametrize("path", sorted(CORPUS.rglob("*.md")), ids=lambda p: p.stem)
def test_the_corpus_survives_every_encoding(path: Path) -> None:
    """Whole notes, saved by Windows editors in one of their ways, come back unchanged."""
    text = path.read_text(encoding="utf-8")
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"):
        assert decode(text.encode(encoding), path.name).text == text


def test_traditional_text_in_gb18030_is_read() -> None:
    assert decode(TRADITIONAL.encode("gb18030"), "a.txt") == Decoded(TRADITIONAL, "gb18030")


@pytest.mark.parametrize("text", ["", "a", "甲", "plain ASCII text.\n"])
def test_short_and_empty_files_are_utf8(text: str) -> None:
    assert decode(text.encode("utf-8"), "a.md") == Decoded(text, "utf-8")


def test_rare_characters_and_emoji_stay_in_gb18030() -> None:
    """A few characters outside GB2312 among many common ones are no reason to refuse the file."""
    text = "龘字很少见，表情😀也能写，其他的字都很平常，所以这个文件照常读出来。\n"
    assert decode(text.encode("gb18030"), "a.txt").text == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ((TRADITIONAL * 3).encode("big5"), "Big5"),
        ("これは運営のノートです。利用者の継続率を上げる方法を説明します。".encode("shift_jis"), "Big5"),
        ("café déjà vu, naïve".encode("latin-1"), "not UTF-8, UTF-16 or GB18030"),
        (codecs.BOM_UTF8 + b"\xff\xfe", "not valid utf-8-sig"),
        (codecs.BOM_UTF16_LE + b"A", "not valid utf-16"),
        (b"PK\x03\x04" + bytes(200), "looks like a binary file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00", "binary"),
        (b"%PDF-1.4\n" + b"\x01\x02\x03\x04\x05 obj\n" * 9, "binary"),
    ],
)
def test_what_is_no_text_is_refused_by_name(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableNote) as caught:
        decode(data, "分组/坏.md")
    assert reason in caught.value.en
    assert caught.value.zh.startswith("分组/坏.md：")
    assert "UTF-8" in caught.value.zh.split("。")[-2], "the message ends with the way out"
    assert isinstance(caught.value, NotesError)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text",
    [
        "一是看一看，一看就知道，一天一次，一人一份。",
        "一天里只有一次机会，一次只说一件事。\n第二件事一律留到第二天。\n",
    ],
)
def test_utf16_without_bom_is_never_read_the_wrong_way_round(text: str, encoding: str) -> None:
    """The character 一 is U+4E00: its zero byte stands on the other side than ASCII's. Text or an error, no mojibake."""
    try:
        decoded = decode(text.encode(encoding), "a.txt")
    except UnreadableNote:
        return
    assert decoded.text == text
