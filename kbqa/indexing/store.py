"""The index on disk: generations, a manifest each, one pointer swapped by one rename.

    index/
      CURRENT                   name of the live generation
      .lock                     held by the one process that writes
      generations/000007-3fa9…/ manifest.json and the data files, checksummed
      building-…/               a build in progress; left over ones are removed by the next build

A reader follows CURRENT once and keeps its generation: files it has open stay valid after a swap.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from kbqa.errors import REBUILD_EN, REBUILD_ZH, IndexBusy, IndexDamaged, IndexMismatch, IndexMissing, StoreError
from kbqa.settings import DEFAULT_ENCODER

FORMAT_VERSION = 7
_KEPT_GENERATIONS = 2


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index holds and what made it.

    Attributes:
        files: name → [size in bytes, CRC-32] of every data file.
    """

    format_version: int
    notes: str
    notes_digest: str
    settings: Mapping[str, object]
    encoder: str
    encoder_digest: str
    dimension: int
    dictionary_digest: str
    reader_version: int
    segmenter: str
    dense: str
    documents: int
    chunks: int
    sentences: int
    characters: int
    terms: int
    files: Mapping[str, tuple[int, int]]


def current_generation(index: Path) -> Path:
    """Folder of the live generation.

    Raises:
        IndexMissing: there is no index at this place.
        IndexDamaged: the pointer names a generation that is gone.
    """
    pointer = index / "CURRENT"
    if not pointer.is_file():
        raise IndexMissing(
            f"{index} 里还没有索引。请先运行 kbqa index --notes 笔记文件夹 --index {index}。",
            f"No index in {index}. Build one first: kbqa index --notes FOLDER --index {index}.",
        )
    generation = index / "generations" / pointer.read_text("utf-8", "replace").strip()
    if not (generation / "manifest.json").is_file():
        raise IndexDamaged(
            f"索引 {index} 指向的一代数据不见了。{REBUILD_ZH}",
            f"The generation that {pointer} names is gone. {REBUILD_EN}",
        )
    return generation


def read_manifest(generation: Path) -> Manifest:
    """The manifest of a generation, without looking at the data files.

    Raises:
        IndexDamaged: it is no valid manifest.
        IndexMismatch: another format version wrote it.
    """
    path = generation / "manifest.json"
    try:
        data = json.loads(path.read_text("utf-8"))
        version = data["format_version"]
    except (OSError, ValueError, KeyError, TypeError):
        raise IndexDamaged(f"{path} 已损坏。{REBUILD_ZH}", f"{path} is damaged. {REBUILD_EN}") from None
    if version != FORMAT_VERSION:
        raise IndexMismatch(
            f"索引格式是 {version}，本程序用 {FORMAT_VERSION}。{REBUILD_ZH}",
            f"The index has format {version}, this program uses {FORMAT_VERSION}. {REBUILD_EN}",
        )
    try:
        manifest = Manifest(**data)
        files = {str(name): (int(size), int(checksum)) for name, (size, checksum) in manifest.files.items()}
        return replace(manifest, files=files)
    except (TypeError, ValueError, AttributeError):
        raise IndexDamaged(f"{path} 缺少字段。{REBUILD_ZH}", f"{path} lacks fields. {REBUILD_EN}") from None


def made_with(index: Path) -> str:
    """The encoder of the live generation, which a later build goes on using; the default if there is no sound one."""
    try:
        return read_manifest(current_generation(index)).encoder
    except StoreError:
        return DEFAULT_ENCODER


def verify(generation: Path, manifest: Manifest) -> None:
    """Compare every data file with its size and checksum.

    Raises:
        IndexDamaged: names the file that is gone or changed.
    """
    for name, (size, checksum) in manifest.files.items():
        path = generation / name
        if not path.is_file() or path.stat().st_size != size or _crc(path) != checksum:
            raise IndexDamaged(
                f"索引文件 {name} 缺失或已损坏。{REBUILD_ZH}", f"Index file {name} is missing or damaged. {REBUILD_EN}"
            )


def _crc(path: Path) -> int:
    checksum = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum


@contextmanager
def writing(index: Path) -> Iterator[Path]:
    """An empty folder to build in, while holding the lock against other writers; it is removed unless published.

    Raises:
        IndexBusy: another process is building.
    """
    from filelock import FileLock, Timeout  # readers never need it

    try:
        (index / "generations").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"不能在 {index} 建立索引（{error.strerror}）。请换一个文件夹。",
            f"Cannot write an index to {index}. Choose another folder.",
        ) from None
    lock = FileLock(index / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        zh, en = _writer(index)
        raise IndexBusy(
            f"另一个进程{zh}正在写索引 {index}。请等它结束后重试。",
            f"Another process{en} is writing the index {index}. Try again when it has finished.",
        ) from None
    folder = index / f"building-{os.getpid()}"
    try:
        for leftover in index.glob("building-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _writer(index: Path) -> tuple[str, str]:
    """Who holds the lock, in both languages: the folder that it builds in carries its number and when it last wrote a file."""
    for folder in index.glob("building-*"):
        try:
            since = datetime.fromtimestamp(folder.stat().st_ctime)
        except OSError:
            continue  # it has just finished
        number = folder.name.rpartition("-")[2]
        return (
            f"（进程号 {number}，最近一次写入 {since:%H:%M:%S}）",
            f" (number {number}, last wrote at {since:%H:%M:%S})",
        )
    return "", ""


def file_table(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and checksum of every file in a folder."""
    return {path.name: (path.stat().st_size, _crc(path)) for path in sorted(folder.iterdir())}


def publish(index: Path, folder: Path, manifest: Manifest) -> Path:
    """Make a finished build the live generation: flush it, move it in place, then swap the pointer by one rename."""
    (folder / "manifest.json").write_text(
        json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True), "utf-8"
    )
    for path in folder.iterdir():
        _flush(path)
    generation = index / "generations" / f"{_next_number(index):06d}-{manifest.notes_digest[:8]}"
    os.replace(folder, generation)
    _flush(generation.parent)
    pointer = index / "CURRENT.new"
    pointer.write_text(generation.name, "utf-8")
    _flush(pointer)
    os.replace(pointer, index / "CURRENT")
    _flush(index)
    for old in _generations(index)[:-_KEPT_GENERATIONS]:
        shutil.rmtree(old, ignore_errors=True)
    return generation


def _generations(index: Path) -> list[Path]:
    return sorted(p for p in (index / "generations").iterdir() if re.match(r"\d{6}-", p.name))


def _next_number(index: Path) -> int:
    known = _generations(index)
    return int(known[-1].name[:6]) + 1 if known else 1


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
