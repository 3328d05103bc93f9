"""Generations on disk: whatever happens to a build, the index that was there before goes on answering."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, KbqaError
from kbqa.indexing import store
from kbqa.indexing.build import build_index
from kbqa.indexing.store import Manifest, current_generation, read_manifest, verify

Write = Callable[[Path, Mapping[str, str]], Path]
Killed = tuple[Path, Path, Path]

MANIFEST = Manifest(
    format_version=store.FORMAT_VERSION, notes="notes", notes_digest="0123456789abcdef", settings={}, encoder="e",
    encoder_digest="d", dimension=4, dictionary_digest="x", reader_version=1, segmenter="s", dense="flat", documents=1,
    chunks=1, sentences=1, characters=1, terms=1, files={},
)  # fmt: skip


def publish(index: Path, content: bytes) -> Path:
    """A generation with one data file."""
    with store.writing(index) as folder:
        (folder / "data.bin").write_bytes(content)
        return store.publish(index, folder, replace(MANIFEST, files=store.file_table(folder)))


def generations(index: Path) -> list[str]:
    return sorted(path.name for path in (index / "generations").iterdir())


def leftovers(index: Path) -> list[str]:
    """What does not belong into an index folder between builds."""
    return sorted(p.name for p in index.iterdir() if p.name not in {"CURRENT", "generations", ".lock"})


# --- one generation ---------------------------------------------------------------------------------------------------


def test_published_generation_is_live_and_complete(tmp_path: Path) -> None:
    """CURRENT names it, its manifest comes back as written, its files verify; nothing else is left behind."""
    generation = publish(tmp_path / "index", b"abc")
    assert current_generation(tmp_path / "index") == generation
    manifest = read_manifest(generation)
    assert manifest.notes_digest == MANIFEST.notes_digest and generation.name == "000001-01234567"
    crc_of_abc = 0x352441C2
    assert {name: tuple(entry) for name, entry in manifest.files.items()} == {"data.bin": (3, crc_of_abc)}
    verify(generation, manifest)
    assert leftovers(tmp_path / "index") == []


def test_generations_are_numbered_and_the_last_two_kept(tmp_path: Path) -> None:
    """Names rise; the one before the live one stays for readers that are still on it."""
    for content in (b"1", b"2", b"3"):
        generation = publish(tmp_path, content)
    assert generations(tmp_path) == ["000002-01234567", "000003-01234567"]
    assert (generation / "data.bin").read_bytes() == b"3"


def test_no_index(tmp_path: Path) -> None:
    """The message names the place and the command."""
    with pytest.raises(IndexMissing) as error:
        current_generation(tmp_path / "nowhere")
    for text in (error.value.zh, error.value.en):
        assert str(tmp_path / "nowhere") in text and "kbqa index --notes" in text


@pytest.mark.parametrize("pointer", [b"", b"000009-deadbeef", b"..", b"\xff\xfe\x00"])
def test_pointer_to_nothing(pointer: bytes, tmp_path: Path) -> None:
    """A pointer that leads nowhere is damage with a way out, not a crash."""
    publish(tmp_path, b"1")
    (tmp_path / "CURRENT").write_bytes(pointer)
    with pytest.raises(IndexDamaged, match="kbqa index --rebuild"):
        current_generation(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[1]", '"x"', "null", "{}", "\udcff"])
def test_broken_manifest(text: str, tmp_path: Path) -> None:
    """No JSON, other JSON, no text at all: each is damage that names the file."""
    (tmp_path / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(IndexDamaged, match=r"manifest\.json.*\n.*kbqa index --rebuild"):
        read_manifest(tmp_path)


def test_manifest_with_missing_or_unknown_fields(tmp_path: Path) -> None:
    """The right format version does not excuse the wrong fields."""
    data = json.loads((publish(tmp_path, b"1") / "manifest.json").read_text("utf-8"))
    for changed in ({k: v for k, v in data.items() if k != "chunks"}, {**data, "more": 1}):
        (tmp_path / "manifest.json").write_text(json.dumps(changed), "utf-8")
        with pytest.raises(IndexDamaged, match="kbqa index --rebuild"):
            read_manifest(tmp_path)


@pytest.mark.parametrize("version", [0, store.FORMAT_VERSION + 1, None, "1"])
def test_another_format(version: object, tmp_path: Path) -> None:
    """Both versions and the command are named in both languages."""
    data = json.loads((publish(tmp_path, b"1") / "manifest.json").read_text("utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps({**data, "format_version": version}), "utf-8")
    with pytest.raises(IndexMismatch) as error:
        read_manifest(tmp_path)
    for text in (error.value.zh, error.value.en):
        assert f" {version}" in text and f" {store.FORMAT_VERSION}" in text and "kbqa index --rebuild" in text


@pytest.mark.parametrize("files", [[], {"data.bin": 3}, {"data.bin": [3]}, "x"])
def test_manifest_with_an_unusable_file_table(files: object, index: Path) -> None:
    """Damage to the manifest is reported as damage, whatever it hit; and the next build mends it."""
    path = current_generation(index) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "files": files}), "utf-8")
    with pytest.raises(IndexDamaged, match="kbqa index --rebuild"):
        KnowledgeBase.open(index)


@pytest.mark.parametrize("damage", ["flipped", "longer", "shorter", "gone"])
def test_changed_data_file(damage: str, tmp_path: Path) -> None:
    """Any change of a data file is found and the file named."""
    generation = publish(tmp_path, b"abcdef")
    path = generation / "data.bin"
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"flipped": b"abcdeg", "longer": b"abcdef\0", "shorter": b"abcde"}[damage])
    with pytest.raises(IndexDamaged, match=r"data\.bin.*\n.*data\.bin.*kbqa index --rebuild"):
        verify(generation, read_manifest(generation))


# --- writers ----------------------------------------------------------------------------------------------------------


def test_two_writers_at_once(notes: Path, index: Path) -> None:
    """The second is refused, and does the first no harm."""
    with store.writing(index) as folder:
        (folder / "half.bin").write_bytes(b"x")
        with pytest.raises(IndexBusy) as error:
            build_index(notes, index)
        assert str(index) in error.value.zh and str(index) in error.value.en
        assert (folder / "half.bin").read_bytes() == b"x"
    assert build_index(notes, index).unchanged
    assert leftovers(index) == []


def test_lock_is_free_after_a_failed_build(notes: Path, index: Path) -> None:
    """An error inside a build removes what it wrote and lets the next writer in."""
    with pytest.raises(ZeroDivisionError), store.writing(index) as folder:
        (folder / "half.bin").write_bytes(b"x")
        raise ZeroDivisionError
    assert leftovers(index) == []
    assert build_index(notes, index).unchanged


@pytest.mark.parametrize("stage", ["reading", "encoding"])
def test_interrupted_by_the_keyboard(stage: str, notes: Path, index: Path, write_notes: Write) -> None:
    """The old index answers, byte for byte the same, and nothing half-made is left."""
    write_notes(notes, {"new.md": "# 新笔记\n\n优惠券的核销率是指被用掉的券占发出的券的比例。\n"})
    before = current_generation(index)

    def interrupt(at: str, done: int, total: int) -> None:
        if at == stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(notes, index, progress=interrupt)
    assert current_generation(index) == before and generations(index) == [before.name]
    assert leftovers(index) == []
    assert "new.md" not in KnowledgeBase.open(index).doc_ids
    assert not build_index(notes, index).unchanged
    assert "new.md" in KnowledgeBase.open(index).doc_ids


def test_index_place_that_is_a_file(notes: Path, tmp_path: Path) -> None:
    """A wrong --index is a mistake of the caller: he gets a message, not a traceback."""
    (tmp_path / "taken").write_text("x")
    with pytest.raises(KbqaError, match="taken"):
        build_index(notes, tmp_path / "taken")


# --- killed builds ----------------------------------------------------------------------------------------------------

MOMENTS = ("reading", "segmenting", "encoding", "before publish", "moved", "before swap", "swapped")

# Forks once a moment, so that the imports are paid once; each child kills itself in the middle of a build.
_CHILD = """
import os, signal, sys
from pathlib import Path
from kbqa.indexing import store
from kbqa.indexing.build import build_index

notes, root, *moments = sys.argv[1:]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def build(moment):
    replace, calls = os.replace, []

    def replacing(source, target):
        calls.append(target)
        if (moment, len(calls)) in (("before publish", 1), ("before swap", 2)):
            die()
        replace(source, target)
        if (moment, len(calls)) in (("moved", 1), ("swapped", 2)):
            die()

    os.replace = replacing
    build_index(Path(notes), Path(root) / moment, progress=lambda stage, done, total: stage == moment and die())

for moment in moments:
    child = os.fork()
    if child == 0:
        build(moment)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print(moment, os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1, sep="=")
"""


@pytest.fixture(scope="module")
def killed(_notes: Path, _index: Path, tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> Killed:
    """Changed notes, a folder with one index a moment whose build was killed then, a fresh index of those notes."""
    root = tmp_path_factory.mktemp("killed")
    notes = Path(shutil.copytree(_notes, root / "notes"))
    old = (notes / "会员/积分.md").read_text("utf-8")
    changed = old.replace("每日签到发 5 分", "每日签到发 8 分")
    write_notes(notes, {"会员/积分.md": changed, "会员/等级.md": "# 会员等级\n\n会员等级分为银卡、金卡、黑卡。\n"})
    for moment in MOMENTS:
        shutil.copytree(_index, root / "indexes" / moment)
    command = [sys.executable, "-c", _CHILD, str(notes), str(root / "indexes"), *MOMENTS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:-1] == [f"{moment}={signal.SIGKILL.value}" for moment in MOMENTS], done.stderr
    build_index(notes, root / "fresh")
    return notes, root / "indexes", root / "fresh"


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_build(moment: str, killed: Killed) -> None:
    """The old index answers until the swap, the new one from it on; the next build cleans up and gives fresh bytes."""
    notes, indexes, fresh = killed
    index = indexes / moment
    swapped = moment == "swapped"
    answer = KnowledgeBase.open(index).ask("每日签到发几分积分")
    assert ("签到发 8 分" if swapped else "签到发 5 分") in answer.text

    report = build_index(notes, index)
    assert report.unchanged == swapped
    assert leftovers(index) == []
    assert len(generations(index)) <= 2 and current_generation(index).name == generations(index)[-1]
    assert "签到发 8 分" in KnowledgeBase.open(index).ask("每日签到发几分积分").text
    made, wanted = current_generation(index), current_generation(fresh)
    assert {p.name: p.read_bytes() for p in made.iterdir()} == {p.name: p.read_bytes() for p in wanted.iterdir()}
