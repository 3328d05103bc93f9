"""The whole base as one file: notes and glossary, what made the index, and on request what people left behind.

    kbqa-archive.json   format, date, size and SHA-256 of every file below, the index's manifest
    notes/…             the notes folder, hidden files aside; terms.yaml among them
    state/files/…       feedback, progress: what lies in the index folder's `state`, the trash aside
    state/index/…       recorded gaps and a calibration of one's own, which lie beside the generations

The index itself is not in it: it is made from the notes in minutes and fits one version of the program only. Its manifest is,
so that an import can say whether the same index came out.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbqa.errors import NotesError
from kbqa.notes.names import safe_name
from kbqa.notes.unpacking import ARCHIVE_MARK, guarded

FORMAT_VERSION = 1
NOTES, STATE, BESIDE = "notes/", "state/files/", "state/index/"
BESIDE_FILES = ("gaps*.jsonl", "calibration.json")

_MAX_BYTES = 4 << 30
_BLOCK = 1 << 20

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Archive:
    """What an exported file says of itself.

    Attributes:
        created: when, with a time zone.
        files: path inside the archive → (size in bytes, SHA-256).
        manifest: of the index at that time; empty if there was none.
    """

    created: str
    files: Mapping[str, tuple[int, str]]
    manifest: Mapping[str, Any]

    def under(self, folder: str) -> dict[str, str]:
        """Path below one of the archive's folders → path inside the archive."""
        return {safe_name(name[len(folder) :]): name for name in self.files if name.startswith(folder)}


@contextmanager
def opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Archive]]:
    """An archive and what it says of itself.

    Raises:
        NotesError: it is no archive of this program, of another format, or names files that may not be unpacked.
    """
    try:
        raw = guarded(file)
    except OSError:
        raise _no_archive(file) from None
    with raw:
        try:
            packed = zipfile.ZipFile(raw)
        except (OSError, zipfile.BadZipFile, ValueError):
            raise _no_archive(file) from None
        with packed:
            yield packed, _described(packed, file)


def _described(packed: zipfile.ZipFile, file: Path) -> Archive:
    try:
        with packed.open(ARCHIVE_MARK) as mark:
            data = json.loads(mark.read(_MAX_BYTES >> 6))
        version = data["format_version"]
    except (KeyError, ValueError, TypeError, OSError, RuntimeError, zlib.error, zipfile.BadZipFile):
        raise _no_archive(file) from None
    if version != FORMAT_VERSION:
        raise NotesError(
            f"{file.name} 的格式是 {version}，本程序读 {FORMAT_VERSION}。请用同一版本的程序导出或导入。",
            f"{file.name} has format {version}, this program reads {FORMAT_VERSION}. Use the version that made it.",
        )
    try:
        files = {str(name): (int(size), str(digest)) for name, (size, digest) in data["files"].items()}
        archive = Archive(str(data["created"]), files, dict(data["manifest"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise damaged(file.name) from None
    for name in files:
        folder = next((folder for folder in (NOTES, STATE, BESIDE) if name.startswith(folder)), "")
        if not folder:
            raise damaged(name)
        safe_name(name[len(folder) :])
    if sum(size for size, _ in files.values()) > _MAX_BYTES:
        raise NotesError(
            f"{file.name} 解开后超过 {_MAX_BYTES >> 30} GB，不能导入。请分开导出。",
            f"{file.name} is larger than {_MAX_BYTES >> 30} GB unpacked. Export it in parts.",
        )
    return archive


def unpack(packed: zipfile.ZipFile, archive: Archive, into: Path, progress: Progress) -> dict[str, Path]:
    """Unpack every file that the archive names under a number: path inside the archive → where it lies.

    Raises:
        NotesError: a file is gone or its size or checksum does not fit.
    """
    placed = {}
    for number, (name, (size, wanted)) in enumerate(sorted(archive.files.items()), 1):
        placed[name] = into / str(number)
        digest, left = hashlib.sha256(), size
        try:
            with packed.open(name) as source, placed[name].open("wb") as target:
                while block := source.read(min(_BLOCK, left + 1)):  # one more than there may be, and not all there is
                    left -= len(block)
                    if left < 0:
                        raise damaged(name)
                    digest.update(block)
                    target.write(block)
        except (KeyError, ValueError, RuntimeError, EOFError, zlib.error, zipfile.BadZipFile):
            raise damaged(name) from None
        if left or digest.hexdigest() != wanted:
            raise damaged(name)
        progress(number, len(archive.files))
    return placed


def _no_archive(file: Path) -> NotesError:
    return NotesError(
        f"{file.name} 不是 kbqa export 导出的文件。普通的笔记压缩包请用「上传」。",
        f"{file.name} was not made by kbqa export. Hand in a plain zip of notes by uploading it.",
    )


def damaged(name: str) -> NotesError:
    """What is raised for a file that is not what the archive says."""
    return NotesError(
        f"归档里的 {name} 已损坏，什么都没有导入。请重新导出或重新传输。",
        f"{name} in the archive is damaged; nothing was imported. Export or copy it again.",
    )
