"""Taking notes in: uploaded files and zips → the notes folder, with a line for every file.

Nothing is overwritten unless it is asked for, and what is replaced goes to the trash. A file is read before it is taken, so that
the line says what reading made of it, and one that cannot be read stays outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from kbqa.errors import NotesError
from kbqa.notes.folder import NotesFolder
from kbqa.notes.names import name_as_key, safe_name
from kbqa.notes.reading import READERS, read_bytes
from kbqa.notes.term_file import TERM_FILE
from kbqa.notes.unpacking import LIMITS, Limits, Member, Upload, members
from kbqa.types import FileReport

Collision = Literal["ask", "replace", "both"]
Outcome = Literal["taken", "replaced", "renamed", "known", "collision", "skipped"]


@dataclass(frozen=True, slots=True)
class IntakeLine:
    """What became of one file.

    Attributes:
        name: as it was handed in.
        doc_id: the note it became or would have become; empty for one without a usable name.
        outcome: taken as a new note, in place of one, under another name; known already, word for word; held back because
            another note has its name; skipped.
        zh: why, or what happened; `en` the same in English.
        report: what reading it made of it; None if it was not read.
    """

    name: str
    doc_id: str
    outcome: Outcome
    zh: str
    en: str
    report: FileReport | None = None

    @property
    def entered(self) -> bool:
        return self.outcome in ("taken", "replaced", "renamed")


def take_in(
    uploads: Sequence[Upload], folder: NotesFolder, *, collision: Collision = "ask", into: str = "",
    limits: Limits = LIMITS, progress: Callable[[int], None] = lambda done: None,
) -> tuple[IntakeLine, ...]:  # fmt: skip
    """Put what can be read of the uploads into the notes folder.

    Args:
        collision: what to do with a file whose name another note has: hold it back, put it in that note's place (which goes
            to the trash), or keep both under two names.
        into: a folder below the notes folder; empty for the top.
        progress: called with the number of files done.

    Raises:
        NotesError: the notes folder is missing, or `into` is no name of a folder.
    """
    if not folder.root.is_dir():
        raise NotesError(
            f"找不到笔记文件夹 {folder.root}。请用 --notes 指定。",
            f"No notes folder at {folder.root}. Name one with --notes.",
        )
    prefix = safe_name(into) + "/" if into.strip(" /") else ""
    taken = folder.names()
    lines = []
    for member in members(uploads, limits):
        line = _take(member, prefix, folder, collision, taken)
        if line.entered:
            taken[name_as_key(line.doc_id)] = line.doc_id
        lines.append(line)
        progress(len(lines))
    return tuple(lines)


def _take(member: Member, prefix: str, folder: NotesFolder, collision: Collision, taken: dict[str, str]) -> IntakeLine:
    if member.zh:
        return IntakeLine(member.name, "", "skipped", member.zh, member.en)
    try:
        line = _judged(member, prefix + safe_name(member.name))
        return line if line.outcome == "skipped" else _placed(line, member.data, folder, collision, taken)
    except NotesError as error:
        return IntakeLine(member.name, "", "skipped", error.zh, error.en)


def _judged(member: Member, doc_id: str) -> IntakeLine:
    """The line of a file that has not been placed yet: whether there is a reader for it, and what that makes of it."""
    if PurePosixPath(doc_id).suffix.lower() not in READERS and doc_id != TERM_FILE:
        kinds = "、".join(READERS)
        if PurePosixPath(doc_id).name == TERM_FILE:
            zh, en = f"{TERM_FILE} 要放在最上层才算数", f"{TERM_FILE} counts at the top of the folder only"
        else:
            zh, en = f"读不了这种文件，能读 {kinds}", f"not a readable kind; {', '.join(READERS)} are"
        return IntakeLine(member.name, doc_id, "skipped", zh, en)
    report = read_bytes(member.data, doc_id).report  # an unreadable one raises, see `_take`
    return IntakeLine(member.name, doc_id, "taken", "已放入", "taken in", report)


def _placed(
    line: IntakeLine, data: bytes, folder: NotesFolder, collision: Collision, taken: dict[str, str]
) -> IntakeLine:
    held = taken.get(name_as_key(line.doc_id))
    if held is None:
        folder.add(line.doc_id, data)
        return line
    if (folder.root / held).read_bytes() == data:
        return replace(line, doc_id=held, outcome="known", zh="已经有了，一字不差", en="there already, word for word")
    if collision == "replace":
        folder.replace(held, data)
        zh, en = "换掉了原来那篇（原文在回收站）", "in place of the old one, which is in the trash"
        return replace(line, doc_id=held, outcome="replaced", zh=zh, en=en)
    if collision == "both" and line.doc_id != TERM_FILE:
        name = folder.free_name(line.doc_id, taken)
        folder.add(name, data)
        return replace(line, doc_id=name, outcome="renamed", zh=f"两篇都留，这篇叫 {name}", en=f"both kept, as {name}")
    zh, en = "已有同名、内容不同的一篇，没有放入", "another note has this name; not taken in"
    return replace(line, doc_id=held, outcome="collision", zh=zh, en=en)
