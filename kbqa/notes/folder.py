"""A notes folder as something to write to. What was there is never lost: it goes to the trash first, dated.

    trash/20250131-083000-000123/会员/积分.md     what one change put away, under the path it had

A file appears under its name in one step, whole; a build that runs meanwhile reads the old one or the new one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from kbqa.errors import NotesError
from kbqa.notes.names import name_as_key, safe_name

_STAMP = "%Y%m%d-%H%M%S-%f"


@dataclass(frozen=True, slots=True)
class Discarded:
    """A note in the trash.

    Attributes:
        entry: its folder in the trash.
        at: when it was put there, local time.
    """

    entry: str
    doc_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NotesFolder:
    """The folder that an index is built from, and where what is taken out of it goes."""

    root: Path
    trash: Path

    def names(self) -> dict[str, str]:
        """Every file: name as a key (see `name_as_key`) → its path under the folder."""
        files = (p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file())
        return {name_as_key(name): name for name in files}

    def path(self, doc_id: str) -> Path:
        """Where a note lies or would lie.

        Raises:
            NotesError: the name leads out of the folder, be it by a link inside.
        """
        path = self.root / safe_name(doc_id)
        if not path.parent.resolve().is_relative_to(self.root.resolve()):
            raise NotesError(
                f"“{doc_id}”经过链接指到笔记文件夹外面，不能改动。请直接到那个文件夹里改。",
                f"“{doc_id}” leads out of the notes folder by a link. Change it in that folder itself.",
            )
        return path

    def add(self, doc_id: str, data: bytes) -> None:
        """Put a new note in place.

        Raises:
            NotesError: there is such a file by now, the name cannot be used, or the folder cannot be written.
        """
        with self._written(doc_id, data) as (temporary, path):
            if path.exists() or not _linked(temporary, path):
                raise NotesError(
                    f"“{doc_id}”刚刚被别人放进来了。请重试。", f"“{doc_id}” was put there meanwhile. Try again."
                )

    def replace(self, doc_id: str, data: bytes, now: datetime | None = None) -> None:
        """Put a note in place of one that goes to the trash; same errors as `add`."""
        with self._written(doc_id, data) as (temporary, path):
            self._keep(path, doc_id, now)
            os.replace(temporary, path)

    def remove(self, doc_id: str, now: datetime | None = None) -> None:
        """Move a note to the trash.

        Raises:
            NotesError: there is none, or it cannot be moved.
        """
        path = self.path(doc_id)
        with _explained(doc_id):
            self._keep(path, doc_id, now)
            path.unlink()

    def free_name(self, doc_id: str, taken: dict[str, str]) -> str:
        """The name with the first number behind it that no file has: `积分 (2).md`."""
        path = PurePosixPath(doc_id)
        number = 2
        while name_as_key(name := path.with_name(f"{path.stem} ({number}){path.suffix}").as_posix()) in taken:
            number += 1
        return name

    def discarded(self) -> tuple[Discarded, ...]:
        """What lies in the trash, the latest first."""
        found = []
        for folder in sorted(self.trash.glob("[0-9]*-*-*"), reverse=True):
            at = datetime.strptime(folder.name, _STAMP)
            files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
            found += [Discarded(folder.name, name, at) for name in files]
        return tuple(found)

    def restore(self, one: Discarded, now: datetime | None = None) -> None:
        """Put a note back from the trash; one that has its name by now goes to the trash in exchange.

        Raises:
            NotesError: it is not in the trash any more, or cannot be put back.
        """
        held = self.trash / one.entry / one.doc_id
        with _explained(one.doc_id):
            data = held.read_bytes()
        if self.path(one.doc_id).exists():
            self.replace(one.doc_id, data, now)
        else:
            self.add(one.doc_id, data)
        held.unlink()
        for folder in (held.parent, *held.parent.parents):
            if folder == self.trash or any(folder.iterdir()):
                break
            folder.rmdir()

    def _keep(self, path: Path, doc_id: str, now: datetime | None) -> None:
        """A copy of a file in the trash, before anything happens to it."""
        kept = self.trash / (now or datetime.now()).strftime(_STAMP) / doc_id
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, kept)

    @contextmanager
    def _written(self, doc_id: str, data: bytes) -> Iterator[tuple[Path, Path]]:
        """The bytes in a hidden file beside the note's place, flushed: (that file, the place)."""
        path = self.path(doc_id)
        with _explained(doc_id):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".incoming-", dir=path.parent)
            temporary = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.chmod(0o644)
                yield temporary, path
            finally:
                temporary.unlink(missing_ok=True)


def _linked(temporary: Path, path: Path) -> bool:
    """Give a file its name unless there is one by now; a link fails there, a rename would not."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links
        os.replace(temporary, path)
    return True


@contextmanager
def _explained(doc_id: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotesError(
            f"“{doc_id}”没能写入或移动（{reason}）。请检查文件夹的权限和剩余空间。",
            f"“{doc_id}” could not be written or moved ({reason}). Check permissions and free space.",
        ) from None
