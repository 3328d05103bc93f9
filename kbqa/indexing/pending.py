"""What has changed in the notes folder since the index was built."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kbqa.errors import NotesError
from kbqa.notes.reading import note_paths, source_digest
from kbqa.types import Document, FileReport


@dataclass(frozen=True, slots=True)
class Pending:
    """Notes, by id, that a build would read anew, for the first time, or no longer find."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.new) + len(self.changed) + len(self.gone)


def pending(notes: Path, documents: Iterable[Document], files: Iterable[FileReport]) -> Pending:
    """Compare a notes folder with what an index holds of it.

    A file that was left out of the index counts as known: nothing tells whether it has changed since.

    Args:
        documents: those of the index.
        files: the index's reports, those of files that were left out among them.

    Raises:
        NotesError: the folder is missing.
    """
    digests = {document.doc_id: document.source_digest for document in documents}
    known = {*digests, *(file.doc_id for file in files)}
    try:
        here = {path.relative_to(notes).as_posix(): path for path in note_paths(notes)}
    except NotesError:
        if not notes.is_dir():
            raise
        here = {}  # an empty folder: everything is gone
    changed = (name for name in here if name in digests and source_digest(here[name]) != digests[name])
    new = (name for name in here if name not in known)
    return Pending(tuple(new), tuple(changed), tuple(sorted(known - here.keys())))
