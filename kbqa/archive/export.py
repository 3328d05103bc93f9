"""A base → one zip."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from kbqa.archive.bundle import BESIDE, BESIDE_FILES, FORMAT_VERSION, NOTES, STATE, Archive, Progress
from kbqa.errors import NotesError, StoreError
from kbqa.indexing.store import current_generation, read_manifest
from kbqa.notes.names import safe_name
from kbqa.notes.unpacking import ARCHIVE_MARK

STATE_FOLDER = "state"
JOURNALS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database that is open; a copy made by SQLite has it in it."""

_NOT_STATE = ("trash",)
_BLOCK = 1 << 20
_SQLITE = b"SQLite format 3\0"


def export_archive(
    file: Path, notes: Path, index: Path, *, state: bool = True, progress: Progress = lambda done, total: None
) -> Archive:
    """Write notes, glossary, the index's manifest and, unless told not to, the state into one zip, in one step.

    Raises:
        NotesError: the notes folder is missing, or the archive cannot be written.
    """
    if not notes.is_dir():
        raise NotesError(
            f"找不到笔记文件夹 {notes}。请用 --notes 指定。", f"No notes folder at {notes}. Name one with --notes."
        )
    sources = dict(sorted({**_notes_of(notes), **(_state_of(index) if state else {})}.items()))
    table: dict[str, tuple[int, str]] = {}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".export-", suffix=".zip", dir=file.parent)
        os.close(handle)
        try:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
                for number, (name, path) in enumerate(sources.items(), 1):
                    table[name] = _add(archive, name, path)
                    progress(number, len(sources))
                now = datetime.now(timezone.utc).isoformat(timespec="seconds")
                made = Archive(now, table, _manifest_of(index))
                text = json.dumps({"format_version": FORMAT_VERSION, **asdict(made)}, ensure_ascii=False, indent=1)
                archive.writestr(ARCHIVE_MARK, text)
            os.replace(temporary, file)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise NotesError(
            f"不能写入 {file}（{error.strerror}）。请换一个位置。", f"Cannot write {file}. Choose another place."
        ) from None
    return made


def _notes_of(notes: Path) -> dict[str, Path]:
    files = ((path, path.relative_to(notes)) for path in notes.rglob("*") if path.is_file())
    return {NOTES + safe_name(name.as_posix()): path for path, name in files if not _hidden(name)}


def _state_of(index: Path) -> dict[str, Path]:
    folder = index / STATE_FOLDER
    files = ((path, path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    found = {
        STATE + safe_name(name.as_posix()): path
        for path, name in files
        if name.parts[0] not in _NOT_STATE and not _hidden(name) and not name.name.endswith((*JOURNALS, ".lock"))
    }
    return found | {BESIDE + path.name: path for pattern in BESIDE_FILES for path in index.glob(pattern)}


def _hidden(name: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in name.parts)


def _manifest_of(index: Path) -> dict[str, Any]:
    try:
        return asdict(read_manifest(current_generation(index)))
    except StoreError:
        return {}


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[int, str]:
    """Put a file into the archive; a database as one sound copy, whoever writes to it meanwhile."""
    with path.open("rb") as file:
        database = file.read(len(_SQLITE)) == _SQLITE
    if not database:
        return _add_file(archive, name, path)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        with closing(sqlite3.connect(path)) as live, closing(sqlite3.connect(copy)) as target:
            live.backup(target)
        return _add_file(archive, name, copy)


def _add_file(archive: zipfile.ZipFile, name: str, path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    info = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
    info.compress_type = zipfile.ZIP_DEFLATED
    with path.open("rb") as source, archive.open(info, "w") as target:
        while block := source.read(_BLOCK):
            digest.update(block)
            size += len(block)
            target.write(block)
    return size, digest.hexdigest()
