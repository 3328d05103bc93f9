"""Names of files as they come from outside → names that may stand in a notes folder.

A name is judged, never mended into something else that it could have meant: one that climbs out of the folder is
refused. Only spelling is settled (NFC, `/` between folders), so that one name is one file on every system.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from kbqa.errors import NotesError

_DRIVE = re.compile(r"^[A-Za-z]:")
_DEVICE = re.compile(r"^(?:CON|PRN|AUX|NUL|CLOCK\$|COM\d|LPT\d)(?:\.|$)", re.IGNORECASE)
_PART_BYTES = 200  # file systems take 255; a number may be put behind a name
_DEPTH = 12


def safe_name(raw: str) -> str:
    """POSIX path under a notes folder, NFC, for a name as uploaded or as a zip has it.

    Raises:
        NotesError: it is absolute, climbs out of the folder, is hidden, is the name of a device, or no name at all.
    """
    name = unicodedata.normalize("NFC", raw).replace("\\", "/")
    if name.startswith("/") or _DRIVE.match(name):
        raise _refused(raw, "是绝对路径", "an absolute path")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in (part.strip() for part in parts):
        raise _refused(raw, "想跳出笔记文件夹（..）", "climbs out of the notes folder (..)")
    if not parts or len(parts) > _DEPTH:
        raise _refused(raw, "没有文件名，或文件夹套得太深", "no name, or too many folders deep")
    for part in parts:
        _check(part, raw)
    return PurePosixPath(*parts).as_posix()


def _check(part: str, raw: str) -> None:
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in part):
        raise _refused(raw, "名字里有看不见的控制字符", "invisible control characters in the name")
    if part.startswith((".", "~$")) or part == "__MACOSX":
        raise _refused(raw, "隐藏文件或系统文件，不收", "a hidden or system file")
    if _DEVICE.match(part) or part != part.strip() or part.endswith("."):
        raise _refused(raw, "有的系统不允许这个名字", "a name that some systems do not allow")
    if len(part.encode("utf-8")) > _PART_BYTES:
        raise _refused(raw, "名字太长", "the name is too long")


def _refused(raw: str, zh: str, en: str) -> NotesError:
    shown = "".join(c if c.isprintable() else "\ufffd" for c in raw)[:120]
    return NotesError(f"“{shown}”{zh}。请改名后重试。", f"“{shown}”: {en}. Rename it and try again.")


def name_as_key(doc_id: str) -> str:
    """Names with one key are one file on some system: letters' case and Unicode's spelling do not tell files apart there."""
    return unicodedata.normalize("NFC", doc_id).casefold()
