"""Writing to a notes folder: whole files, nothing overwritten by accident, nothing lost."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from kbqa.errors import NotesError
from kbqa.notes.folder import Discarded, NotesFolder

NOON = datetime(2025, 1, 31, 12, 0, 0, 42)


@pytest.fixture
def folder(tmp_path: Path) -> NotesFolder:
    (tmp_path / "notes" / "会员").mkdir(parents=True)
    (tmp_path / "notes" / "会员" / "积分.md").write_bytes(b"old")
    return NotesFolder(tmp_path / "notes", tmp_path / "trash")


def files(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_a_new_note_appears_whole(folder: NotesFolder) -> None:
    folder.add("活动/大促.md", b"new")
    assert files(folder.root) == {"会员/积分.md": b"old", "活动/大促.md": b"new"}


def test_adding_never_overwrites(folder: NotesFolder) -> None:
    with pytest.raises(NotesError):
        folder.add("会员/积分.md", b"new")
    assert files(folder.root) == {"会员/积分.md": b"old"}


def test_what_is_replaced_goes_to_the_trash_with_its_date(folder: NotesFolder) -> None:
    folder.replace("会员/积分.md", b"new", NOON)
    assert files(folder.root) == {"会员/积分.md": b"new"}
    assert files(folder.trash) == {"20250131-120000-000042/会员/积分.md": b"old"}


def test_a_removed_note_can_be_put_back(folder: NotesFolder) -> None:
    folder.remove("会员/积分.md", NOON)
    assert files(folder.root) == {}
    (one,) = folder.discarded()
    assert one == Discarded("20250131-120000-000042", "会员/积分.md", NOON)
    folder.restore(one)
    assert files(folder.root) == {"会员/积分.md": b"old"}
    assert folder.discarded() == ()
    assert list(folder.trash.iterdir()) == []


def test_putting_back_over_a_newer_note_keeps_that_in_the_trash(folder: NotesFolder) -> None:
    folder.remove("会员/积分.md", NOON)
    folder.add("会员/积分.md", b"newer")
    folder.restore(folder.discarded()[0])
    assert files(folder.root) == {"会员/积分.md": b"old"}
    assert list(files(folder.trash).values()) == [b"newer"]


def test_the_trash_lists_the_latest_first(folder: NotesFolder) -> None:
    folder.replace("会员/积分.md", b"2", NOON)
    folder.replace("会员/积分.md", b"3", NOON.replace(hour=13))
    assert [one.at.hour for one in folder.discarded()] == [13, 12]


def test_a_link_out_of_the_folder_is_not_followed(folder: NotesFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder.root / "外面").symlink_to(outside)
    with pytest.raises(NotesError, match="链接"):
        folder.add("外面/x.md", b"x")
    assert files(outside) == {}


@pytest.mark.parametrize("name", ["../x.md", "/x.md", "会员/../../x.md"])
def test_names_outside_are_refused_everywhere(folder: NotesFolder, name: str) -> None:
    for change in (lambda: folder.add(name, b""), lambda: folder.replace(name, b""), lambda: folder.remove(name)):
        with pytest.raises(NotesError):
            change()


def test_removing_what_is_not_there_is_told(folder: NotesFolder) -> None:
    with pytest.raises(NotesError, match=r"没有\.md"):
        folder.remove("没有.md")


def test_a_folder_in_the_way_is_told_and_nothing_left_behind(folder: NotesFolder) -> None:
    with pytest.raises(NotesError):
        folder.add("会员/积分.md/x.md", b"x")
    assert files(folder.root) == {"会员/积分.md": b"old"}


def test_free_names_count_up(folder: NotesFolder) -> None:
    taken = {"会员/积分.md": "会员/积分.md", "会员/积分 (2).md": "会员/积分 (2).md"}
    assert folder.free_name("会员/积分.md", taken) == "会员/积分 (3).md"
