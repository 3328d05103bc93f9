"""`terms.yaml` in its folder: read with a mark of what was read, written only if nobody changed it meanwhile."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from kbqa.errors import NotesError
from kbqa.notes.decoding import decode
from kbqa.notes.folder import NotesFolder
from kbqa.notes.term_file import TERM_FILE


@dataclass(frozen=True, slots=True)
class TermText:
    """The file as people wrote it.

    Attributes:
        encoding: what it is written in; kept when it is saved.
        digest: SHA-256 of its bytes; empty if there is no such file yet.
    """

    text: str = ""
    encoding: str = "utf-8"
    digest: str = ""


def read_terms(folder: NotesFolder) -> TermText:
    """The file as it is; an empty text if there is none.

    Raises:
        UnreadableNote: its encoding is not known.
        NotesError: it cannot be opened.
    """
    path = folder.root / TERM_FILE
    try:
        data = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise NotesError(
            f"{TERM_FILE} 打不开（{error.strerror}）。请检查权限。", f"{TERM_FILE} cannot be opened. Check permissions."
        ) from None
    if data is None:
        return TermText()
    decoded = decode(data, TERM_FILE)
    return TermText(decoded.text, decoded.encoding, hashlib.sha256(data).hexdigest())


def save_terms(folder: NotesFolder, text: str, seen: TermText) -> None:
    """Write the file in its own encoding; what it held goes to the trash.

    Args:
        seen: what the change was made from.

    Raises:
        NotesError: it has changed since, or cannot be written.
    """
    if read_terms(folder).digest != seen.digest:
        raise NotesError(
            f"{TERM_FILE} 刚刚被别人改过，没有保存。请重新打开这一条，再改一次。",
            f"{TERM_FILE} was changed meanwhile; nothing was saved. Open the entry again and repeat the change.",
        )
    data = text.encode(seen.encoding)
    if seen.digest:
        folder.replace(TERM_FILE, data)
    else:
        folder.add(TERM_FILE, data)
