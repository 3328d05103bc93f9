"""One zip → a base; nothing is overwritten without being told."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from kbqa.archive.bundle import BESIDE, BESIDE_FILES, NOTES, STATE, Archive, Progress, damaged, opened, unpack
from kbqa.archive.export import JOURNALS, STATE_FOLDER
from kbqa.errors import NotesError
from kbqa.notes.folder import NotesFolder
from kbqa.notes.names import name_as_key

_NAMED = 8


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Attributes:
        added: notes that are new here.
        replaced: those put in place of others, which are in the trash.
        known: those that were here, word for word.
        kept: files that were here and that the archive has not.
        state: files of state put in place.
    """

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    known: tuple[str, ...]
    kept: tuple[str, ...]
    state: tuple[str, ...]
    archive: Archive


def import_archive(
    file: Path, folder: NotesFolder, index: Path, *, overwrite: bool = False, state: bool = False,
    progress: Progress = lambda done, total: None,
) -> Imported:  # fmt: skip
    """Put the notes of an archive into a notes folder, and with `state` what people left behind beside an index.

    Everything is unpacked and checked before anything is touched. Notes that are here and not in the archive stay. No app may
    be running over the index while its state is put in place.

    Args:
        folder: where the notes go; made if missing. What is overwritten goes to its trash.
        index: the index folder whose state is meant; the index itself is not built.
        overwrite: put files in place of others of the same name; without it one such file stops the import.

    Raises:
        NotesError: no archive of this program, of another format, damaged, or files of the same name are in the way.
    """
    with opened(file) as (packed, archive), tempfile.TemporaryDirectory() as work:
        unpacked = unpack(packed, archive, Path(work), progress)
        folder.root.mkdir(parents=True, exist_ok=True)
        taken = folder.names()
        notes = {name: unpacked[inside] for name, inside in archive.under(NOTES).items()}
        held = {name: taken[name_as_key(name)] for name in notes if name_as_key(name) in taken}
        known = {name for name in held if _same(notes[name], folder.root / held[name])}
        differ = held.keys() - known
        places = _state_places(archive, unpacked, index) if state else {}
        changed = {target: path for target, path in places.items() if not _same(path, target)}
        in_the_way = [*sorted(differ), *sorted(target.name for target in changed if target.exists())]
        if in_the_way and not overwrite:
            raise _in_the_way(in_the_way)
        for name in sorted(notes.keys() - known):
            if name in differ:
                folder.replace(held[name], notes[name].read_bytes())
            else:
                folder.add(name, notes[name].read_bytes())
        for target, path in changed.items():
            _put_state(path, target, folder.trash)
        kept = taken.keys() - {name_as_key(name) for name in notes}
        return Imported(
            added=tuple(sorted(notes.keys() - held.keys())), replaced=tuple(sorted(differ)), known=tuple(sorted(known)),
            kept=tuple(sorted(taken[key] for key in kept)), state=tuple(sorted(t.name for t in changed)), archive=archive,
        )  # fmt: skip


def _state_places(archive: Archive, unpacked: dict[str, Path], index: Path) -> dict[Path, Path]:
    """Where files of state belong → where they lie unpacked."""
    places = {index / STATE_FOLDER / name: unpacked[inside] for name, inside in archive.under(STATE).items()}
    for name, inside in archive.under(BESIDE).items():
        if not any(fnmatch(name, pattern) for pattern in BESIDE_FILES):
            raise damaged(inside)
        places[index / name] = unpacked[inside]
    return places


def _put_state(path: Path, target: Path, trash: Path) -> None:
    """A file of state in its place; the one that was there goes to the trash, with the journal that belongs to it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = trash / datetime.now().strftime("state-%Y%m%d-%H%M%S-%f")
    for old in (target, *(target.with_name(target.name + ending) for ending in JOURNALS)):
        if old.exists():
            kept.mkdir(parents=True, exist_ok=True)
            shutil.move(old, kept / old.name)
    incoming = target.with_name(f".incoming-{target.name}")
    shutil.copyfile(path, incoming)
    os.replace(incoming, target)


def _same(first: Path, second: Path) -> bool:
    return (
        second.is_file() and first.stat().st_size == second.stat().st_size and first.read_bytes() == second.read_bytes()
    )


def _in_the_way(names: Sequence[str]) -> NotesError:
    shown = "、".join(names[:_NAMED]) + (" …" if len(names) > _NAMED else "")
    return NotesError(
        f"有 {len(names)} 个文件这里已有、内容不同：{shown}。什么都没有导入。确定要换掉就选「覆盖」（--overwrite），原来的进回收站。",
        f"{len(names)} files are here with other contents: {shown}. Nothing was imported. To replace them choose "
        "“overwrite” (--overwrite); the old ones go to the trash.",
    )
