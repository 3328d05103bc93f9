"""The whole base as one file: what goes in comes out, damage is found, nothing is overwritten unasked."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.archive.bundle import opened
from kbqa.archive.export import export_archive
from kbqa.archive.restore import import_archive
from kbqa.errors import NotesError
from kbqa.notes.folder import NotesFolder
from tests.command import Kbqa, both_languages

MARK = "kbqa-archive.json"


@pytest.fixture
def base(notes: Path, index: Path) -> tuple[Path, Path]:
    """Notes and index with what people left behind, a database among it that somebody has open."""
    (notes / "terms.yaml").write_text(
        "terms:\n  - name: 毛客单\n    definition: 毛客单是指退款之前的客单价。\n", "utf-8"
    )
    (notes / "图.png").write_bytes(b"\x89PNG")
    (notes / ".git").mkdir()
    (notes / ".git" / "config").write_text("x")
    (index / "gaps.jsonl").write_text('{"question": "没有的"}\n', "utf-8")
    state = index / "state"
    (state / "trash" / "20250131-120000-000042").mkdir(parents=True)
    (state / "trash" / "20250131-120000-000042" / "旧.md").write_text("旧")
    with closing(sqlite3.connect(state / "feedback.db")) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("create table verdict (id, good)")
        database.execute("insert into verdict values (1, 1)")
        database.commit()
    return notes, index


@pytest.fixture
def packed(base: tuple[Path, Path], tmp_path: Path) -> Path:
    export_archive(tmp_path / "out" / "base.zip", *base)
    return tmp_path / "out" / "base.zip"


@pytest.fixture
def empty(tmp_path: Path) -> tuple[NotesFolder, Path]:
    return NotesFolder(
        tmp_path / "new" / "notes", tmp_path / "new" / "index" / "state" / "trash"
    ), tmp_path / "new" / "index"


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with its entries changed."""
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    change(entries)
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file


def test_round_trip_gives_the_same_base(base, packed: Path, empty) -> None:
    """Notes byte for byte, the same index from them, the state with its rows; trash and hidden files stay at home."""
    notes, index = base
    folder, other = empty
    done = import_archive(packed, folder, other, state=True)
    hidden = {".git/config"}
    assert contents(folder.root) == {n: d for n, d in contents(notes).items() if n not in hidden}
    assert set(done.added) == contents(folder.root).keys() and done.replaced == done.known == done.kept == ()
    assert set(done.state) == {"gaps.jsonl", "feedback.db"}
    with closing(sqlite3.connect(other / "state" / "feedback.db")) as database:
        assert database.execute("select * from verdict").fetchall() == [(1, 1)]
    assert (other / "gaps.jsonl").read_bytes() == (index / "gaps.jsonl").read_bytes()
    assert folder.discarded() == ()
    built = KnowledgeBase.build(folder.root, other)
    again = KnowledgeBase.build(notes, index)
    assert built.manifest.files == again.manifest.files
    assert done.archive.manifest["encoder_digest"] == built.manifest.encoder_digest


def test_state_stays_out_where_it_is_not_wanted(base, packed: Path, empty, tmp_path: Path) -> None:
    folder, other = empty
    assert import_archive(packed, folder, other).state == ()
    assert not (other / "gaps.jsonl").exists()
    archive = export_archive(tmp_path / "bare.zip", *base, state=False)
    assert {name.split("/")[0] for name in archive.files} == {"notes"}


def test_importing_twice_changes_nothing(packed: Path, empty) -> None:
    folder, other = empty
    first = import_archive(packed, folder, other, state=True)
    again = import_archive(packed, folder, other, state=True)
    assert again.known == first.added and again.added == again.replaced == again.state == ()
    assert folder.discarded() == ()


def test_nothing_is_overwritten_without_being_told(packed: Path, empty) -> None:
    folder, other = empty
    import_archive(packed, folder, other)
    (folder.root / "activity.md").write_text("# 改过\n", "utf-8")
    (folder.root / "只在这里.md").write_text("# 只在这里\n", "utf-8")
    (folder.root / "readme.md").unlink()
    before = contents(folder.root)
    with pytest.raises(NotesError, match=r"activity\.md") as refused:
        import_archive(packed, folder, other)
    assert both_languages(str(refused.value))
    assert contents(folder.root) == before  # not even what would have been new
    done = import_archive(packed, folder, other, overwrite=True)
    assert (done.replaced, done.added, done.kept) == (("activity.md",), ("readme.md",), ("只在这里.md",))
    (old,) = folder.discarded()
    assert (folder.trash / old.entry / old.doc_id).read_text("utf-8") == "# 改过\n"
    assert (folder.root / "只在这里.md").exists()


def test_state_that_is_overwritten_is_kept_with_its_journal(packed: Path, empty) -> None:
    """The journal of another database would spoil the one that is put in place."""
    folder, other = empty
    (other / "state").mkdir(parents=True)
    (other / "state" / "feedback.db").write_bytes(b"other")
    (other / "state" / "feedback.db-wal").write_bytes(b"journal")
    with pytest.raises(NotesError, match=r"feedback\.db"):
        import_archive(packed, folder, other, state=True)
    import_archive(packed, folder, other, state=True, overwrite=True)
    assert not (other / "state" / "feedback.db-wal").exists()
    kept = sorted(p.read_bytes() for p in folder.trash.rglob("feedback*"))
    assert kept == [b"journal", b"other"]


def damage(entries: dict[str, bytes]) -> None:
    entries["notes/activity.md"] += b"x"


def truncate(entries: dict[str, bytes]) -> None:
    entries["notes/activity.md"] = entries["notes/activity.md"][:-1]


def lose(entries: dict[str, bytes]) -> None:
    del entries["notes/activity.md"]


def climb(entries: dict[str, bytes]) -> None:
    mark = json.loads(entries[MARK])
    mark["files"]["notes/../../evil.md"] = mark["files"].pop("notes/activity.md")
    entries[MARK] = json.dumps(mark).encode()
    entries["notes/../../evil.md"] = entries.pop("notes/activity.md")


def elsewhere(entries: dict[str, bytes]) -> None:
    mark = json.loads(entries[MARK])
    mark["files"]["state/index/CURRENT"] = mark["files"].pop("state/index/gaps.jsonl")
    entries[MARK] = json.dumps(mark).encode()
    entries["state/index/CURRENT"] = entries.pop("state/index/gaps.jsonl")


def outdate(entries: dict[str, bytes]) -> None:
    entries[MARK] = json.dumps({**json.loads(entries[MARK]), "format_version": 99}).encode()


def bare(entries: dict[str, bytes]) -> None:
    del entries[MARK]


@pytest.mark.parametrize("change", [damage, truncate, lose, climb, elsewhere, outdate, bare], ids=lambda f: f.__name__)
def test_what_does_not_fit_stops_before_anything_is_written(packed: Path, empty, change) -> None:
    folder, other = empty
    with pytest.raises(NotesError) as refused:
        import_archive(rewritten(packed, change), folder, other, state=True)
    assert both_languages(str(refused.value))
    assert not folder.root.exists() or contents(folder.root) == {}
    assert not (other / "CURRENT").exists() and not (folder.root.parent.parent / "evil.md").exists()


def test_any_other_file_is_no_archive(tmp_path: Path, empty) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip at all")
    for file in (tmp_path / "x.zip", tmp_path / "gone.zip"):
        with pytest.raises(NotesError, match="kbqa export"), opened(file):
            pass


def test_a_name_no_other_system_takes_is_told_at_export(base, tmp_path: Path) -> None:
    """Better now than when somebody tries to import it."""
    notes, index = base
    shutil.copy(notes / "activity.md", notes / "con.md")
    with pytest.raises(NotesError, match=r"con\.md"):
        export_archive(tmp_path / "x.zip", notes, index)
    assert not (tmp_path / "x.zip").exists() and list(tmp_path.glob(".export-*")) == []


def test_progress_counts_files(base, tmp_path: Path, empty) -> None:
    seen: list[tuple[int, int]] = []
    archive = export_archive(tmp_path / "x.zip", *base, progress=lambda *p: seen.append(p))
    total = len(archive.files)
    assert seen == [(n, total) for n in range(1, total + 1)]


def test_the_command_line_exports_and_imports(base, kbqa: Kbqa, tmp_path: Path) -> None:
    notes, index = base
    file, there = tmp_path / "x.zip", tmp_path / "there"
    made = kbqa("export", file, "--notes", notes, "--index", index, "--json")
    assert made.code == 0 and json.loads(made.out)["files"] > 8
    options = ("--notes", there, "--index", tmp_path / "there-index")
    done = kbqa("import", file, *options)
    assert done.code == 0 and "kbqa index" in done.out
    assert (there / "terms.yaml").read_bytes() == (notes / "terms.yaml").read_bytes()
    (there / "terms.yaml").write_text("terms: []\n")
    refused = kbqa("import", file, *options)
    assert refused.code == 3 and both_languages(refused.err) and "--overwrite" in refused.err
    replaced = kbqa("import", file, *options, "--overwrite", "--json")
    assert json.loads(replaced.out)["replaced"] == ["terms.yaml"]
