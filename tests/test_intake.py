"""Files and zips taken in: a line for every file, bombs and traversals stopped, nothing overwritten unasked."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kbqa.errors import NotesError
from kbqa.notes.folder import NotesFolder
from kbqa.notes.intake import IntakeLine, take_in
from kbqa.notes.unpacking import Limits, Upload
from tests.command import both_languages

NOTE = "# 积分\n\n积分是指发给会员的一种权益凭证，可以换东西。\n".encode()
OTHER = "# 积分\n\n积分改版了，现在叫成长值，只增不减。\n".encode()


@pytest.fixture
def folder(tmp_path: Path) -> NotesFolder:
    (tmp_path / "notes").mkdir()
    return NotesFolder(tmp_path / "notes", tmp_path / "trash")


@pytest.fixture
def upload(tmp_path: Path) -> Callable[[str, bytes], Upload]:
    """Bytes handed in under a name, lying where the server put them."""

    def made(name: str, data: bytes) -> Upload:
        path = tmp_path / f"upload-{len(list(tmp_path.iterdir()))}"
        path.write_bytes(data)
        return Upload(name, path)

    return made


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def outcomes(lines: tuple[IntakeLine, ...]) -> dict[str, str]:
    return {line.name: line.outcome for line in lines}


def notes_of(folder: NotesFolder) -> dict[str, bytes]:
    return {p.relative_to(folder.root).as_posix(): p.read_bytes() for p in folder.root.rglob("*") if p.is_file()}


def test_a_note_is_taken_and_says_what_was_read(folder, upload) -> None:
    (line,) = take_in([upload("积分（新）.md", NOTE)], folder, into="会员")
    assert (line.outcome, line.doc_id) == ("taken", "会员/积分（新）.md")
    assert line.report is not None and line.report.encoding == "utf-8" and line.report.characters > 20
    assert notes_of(folder) == {"会员/积分（新）.md": NOTE}


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("预算.pdf", b"%PDF-1.7", "读不了这种文件"),
        ("空.md", b"  \n", "没有内容"),
        ("坏.md", bytes(range(256)) * 8, "二进制|辨认|不是 UTF-8"),
        ("页.md", "---\ntitle: [\n---\n正文".encode(), "front matter"),
        ("../x.md", NOTE, "跳出"),
        ("会员/terms.yaml", b"terms: []", "最上层"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_stays_outside_and_says_why(folder, upload, name: str, data: bytes, why: str) -> None:
    import re

    (line,) = take_in([upload(name, data)], folder)
    assert line.outcome == "skipped"
    assert re.search(why, line.zh) and line.en
    assert notes_of(folder) == {}


def test_one_bad_file_does_not_stop_the_others(folder, upload) -> None:
    lines = take_in([upload("a.pdf", b"x"), upload("积分.md", NOTE), upload("b.zip", b"no zip")], folder)
    assert outcomes(lines) == {"a.pdf": "skipped", "积分.md": "taken", "b.zip": "skipped"}


def test_the_same_bytes_are_known(folder, upload) -> None:
    take_in([upload("积分.md", NOTE)], folder)
    (line,) = take_in([upload("积分.md", NOTE)], folder, collision="replace")
    assert line.outcome == "known"
    assert folder.discarded() == ()


def test_another_note_of_the_name_is_held_back(folder, upload) -> None:
    take_in([upload("积分.md", NOTE)], folder)
    (line,) = take_in([upload("积分.md", OTHER)], folder)
    assert line.outcome == "collision"
    assert notes_of(folder) == {"积分.md": NOTE}


def test_replacing_keeps_the_old_one_in_the_trash(folder, upload) -> None:
    take_in([upload("积分.md", NOTE)], folder)
    (line,) = take_in([upload("积分.md", OTHER)], folder, collision="replace")
    assert line.outcome == "replaced"
    assert notes_of(folder) == {"积分.md": OTHER}
    (one,) = folder.discarded()
    assert (folder.trash / one.entry / one.doc_id).read_bytes() == NOTE


def test_keeping_both_gives_the_new_one_a_number(folder, upload) -> None:
    take_in([upload("积分.md", NOTE)], folder)
    (line,) = take_in([upload("积分.md", OTHER)], folder, collision="both")
    assert (line.outcome, line.doc_id) == ("renamed", "积分 (2).md")
    assert notes_of(folder) == {"积分.md": NOTE, "积分 (2).md": OTHER}


def test_names_differing_in_case_collide(folder, upload) -> None:
    """On some systems they are one file, and one of the two would be lost there."""
    take_in([upload("LTV.md", NOTE)], folder)
    assert outcomes(take_in([upload("ltv.md", OTHER)], folder)) == {"ltv.md": "collision"}


def test_two_files_of_one_name_in_one_go_collide(folder, upload) -> None:
    lines = take_in([upload("积分.md", NOTE), upload("积分.md", OTHER)], folder)
    assert [line.outcome for line in lines] == ["taken", "collision"]


def test_a_zip_is_taken_file_by_file(folder, upload) -> None:
    data = zipped(
        {
            "手册/积分.md": NOTE,
            "手册/图.png": b"\x89PNG",
            "../evil.md": NOTE,
            "/abs.md": NOTE,
            "__MACOSX/._积分.md": b"x",
        }
    )
    lines = take_in([upload("手册.zip", data)], folder)
    assert outcomes(lines) == {
        "手册/积分.md": "taken", "手册/图.png": "skipped", "../evil.md": "skipped", "/abs.md": "skipped", "__MACOSX/._积分.md": "skipped",
    }  # fmt: skip
    assert notes_of(folder) == {"手册/积分.md": NOTE}
    assert sorted(p.name for p in folder.root.parent.iterdir() if not p.name.startswith("upload")) == ["notes"]


@pytest.mark.parametrize("into", ["", "会员"])
def test_a_folder_to_go_to_does_not_make_a_climbing_name_harmless(folder, upload, into: str) -> None:
    lines = take_in([upload("a.zip", zipped({"../x.md": NOTE, "C:/y.md": NOTE}))], folder, into=into)
    assert set(outcomes(lines).values()) == {"skipped"}
    assert notes_of(folder) == {}


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_of_zips_from_windows_are_decoded(folder, upload, encoding: str) -> None:
    """They come without the mark that says UTF-8; a placeholder of the same length is put in their place afterwards."""
    name = "会员\\积分规则.md".encode(encoding)
    placeholder = "x" * len(name)
    data = zipped({placeholder: NOTE}).replace(placeholder.encode(), name)
    (line,) = take_in([upload("a.zip", data)], folder)
    assert line.doc_id == "会员/积分规则.md"


def test_links_in_a_zip_are_not_followed(folder, upload) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("秘密.md")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    (line,) = take_in([upload("a.zip", out.getvalue())], folder)
    assert line.outcome == "skipped" and "链接" in line.zh
    assert notes_of(folder) == {}


def test_a_bomb_is_stopped_while_it_unpacks(folder, upload) -> None:
    """Its header lies: a megabyte that says it is ten bytes."""
    data = bytearray(zipped({"bomb.md": b"a" * (1 << 20)}))
    local, central = data.find(b"PK\x03\x04"), data.find(b"PK\x01\x02")
    struct.pack_into("<I", data, local + 22, 10)
    struct.pack_into("<I", data, central + 24, 10)
    limits = Limits(file_bytes=1 << 16)
    lines = take_in([upload("bomb.zip", bytes(data)), upload("积分.md", NOTE)], folder, limits=limits)
    assert [line.outcome for line in lines] == ["skipped", "taken"]
    assert notes_of(folder) == {"积分.md": NOTE}


def test_an_honest_bomb_is_named_with_the_limit(folder, upload) -> None:
    data = zipped({"bomb.md": b"a" * (1 << 20)})
    (line,) = take_in([upload("bomb.zip", data)], folder, limits=Limits(file_bytes=1 << 19))
    assert line.outcome == "skipped" and "拆分" in line.zh


def test_the_whole_is_limited_too(folder, upload) -> None:
    """Many files, each small enough: what comes after the limit is named and left out."""
    entries = {f"{i}.md": f"# 第{i}篇\n\n".encode() + b"a" * 1000 for i in range(10)}
    lines = take_in([upload("a.zip", zipped(entries))], folder, limits=Limits(total_bytes=3500))
    assert [line.outcome for line in lines][:3] == ["taken"] * 3
    assert len(notes_of(folder)) == 3
    assert "总量" in lines[-1].zh


def test_the_number_of_files_is_limited(folder, upload) -> None:
    entries = {f"{i}.md": NOTE for i in range(6)}
    lines = take_in([upload("a.zip", zipped(entries)), upload("b.md", NOTE)], folder, limits=Limits(files=2))
    assert len(notes_of(folder)) == 2
    assert "其余 4 个" in lines[2].name and lines[3].outcome == "skipped"


def test_a_zip_larger_than_allowed_is_not_opened(folder, upload) -> None:
    (line,) = take_in([upload("a.zip", zipped({"积分.md": NOTE}))], folder, limits=Limits(archive_bytes=20))
    assert line.outcome == "skipped" and notes_of(folder) == {}


def test_a_zip_within_a_zip_is_not_opened(folder, upload) -> None:
    (line,) = take_in([upload("a.zip", zipped({"b.zip": zipped({"积分.md": NOTE})}))], folder)
    assert line.outcome == "skipped"


def test_a_locked_file_in_a_zip_is_named(folder, upload) -> None:
    data = bytearray(zipped({"积分.md": NOTE}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + flags] |= 1
    (line,) = take_in([upload("a.zip", bytes(data))], folder)
    assert "密码" in line.zh


def test_a_damaged_file_in_a_zip_is_named(folder, upload) -> None:
    data = bytearray(zipped({"积分.md": NOTE, "好.md": OTHER}))
    data[data.find("积分.md".encode()) + len("积分.md".encode()) + 3] ^= 0xFF
    lines = take_in([upload("a.zip", bytes(data))], folder)
    assert [line.outcome for line in lines] == ["skipped", "taken"]
    assert "损坏" in lines[0].zh


def test_an_exported_base_is_sent_to_the_import(folder, upload) -> None:
    (line,) = take_in([upload("base.zip", zipped({"kbqa-archive.json": b"{}", "notes/积分.md": NOTE}))], folder)
    assert line.outcome == "skipped" and "导入" in line.zh


def test_every_reason_is_given_in_both_languages(folder, upload) -> None:
    data = zipped({"../x.md": NOTE, "图.png": b"x", "空.md": b""})
    for line in take_in([upload("a.zip", data)], folder):
        assert both_languages(f"{line.zh} {line.en}")


def test_progress_counts_files(folder, upload) -> None:
    seen: list[int] = []
    take_in([upload("a.zip", zipped({"积分.md": NOTE, "x.pdf": b""}))], folder, progress=seen.append)
    assert seen == [1, 2]


def test_a_missing_notes_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotesError, match="找不到笔记文件夹"):
        take_in([], NotesFolder(tmp_path / "none", tmp_path / "trash"))


def test_a_folder_name_that_climbs_is_refused(folder, upload) -> None:
    with pytest.raises(NotesError):
        take_in([upload("积分.md", NOTE)], folder, into="../outside")
