"""Files → documents: the door for every format.

A reader takes decoded, normalised text and gives lines; `READERS` maps a file's suffix to it. One file that cannot be read
is reported and never stops the others.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from kbqa.errors import NotesError, UnreadableNote
from kbqa.notes.cleaning import Chrome, count_garbled, detect_script, find_chrome, normalise_lines, remove_glosses
from kbqa.notes.decoding import decode
from kbqa.notes.markdown import close_headings, markdown_lines
from kbqa.notes.outline import Line, assemble, heading_name
from kbqa.notes.plain import heading_level, plain_lines
from kbqa.notes.term_file import TERM_FILE, TITLE, read_term_file
from kbqa.types import Document, FileReport

READER_VERSION = 5
MAX_BYTES = 64 * 2**20

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FENCED = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
_MARKDOWN_SIGN = re.compile(r"^(?:#{1,6}\s+\S|#{2,6}[^#\s])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file read: its document, or none when it asks to be left out or could not be read."""

    document: Document | None
    report: FileReport


@dataclass(slots=True)
class _Draft:
    """A note on its way to lines."""

    name: str
    rows: list[str]
    meta: dict[str, Any] = field(default_factory=dict)
    restored: int = 0


def _read_markdown(draft: _Draft) -> list[Line]:
    lines = markdown_lines("\n".join(draft.rows))
    if not any(line.level for line in lines):
        texts = ["", *(line.text for line in lines), ""]
        lines = [replace(line, level=heading_level(line.text, texts[i + 2], texts[i])) for i, line in enumerate(lines)]
    return lines


def _read_text(draft: _Draft) -> list[Line]:
    if _MARKDOWN_SIGN.search("\n".join(draft.rows)):
        return _read_markdown(draft)
    lines, draft.restored = plain_lines(draft.rows, _title(draft))
    return lines


READERS: dict[str, Callable[[_Draft], list[Line]]] = {
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    ".txt": _read_text,
}


def note_paths(root: Path) -> list[Path]:
    """Files under `root` that have a reader, and the team's `terms.yaml` if there is one, in POSIX order.

    Hidden files and folders are left out.

    Raises:
        NotesError: the folder is missing, not a folder, or has no note.
    """
    if not root.is_dir():
        raise NotesError(
            f"找不到笔记文件夹 {root}。请检查路径，或用 --notes 指定。",
            f"No notes folder at {root}. Check the path or name one with --notes.",
        )
    paths = [p for p in root.rglob("*") if p.suffix.lower() in READERS and p.is_file() and not _hidden(p, root)]
    if not paths:
        kinds = "、".join(READERS)
        raise NotesError(
            f"文件夹 {root} 里没有可读的笔记（{kinds}）。请放入笔记后重试。",
            f"No readable notes ({', '.join(READERS)}) in {root}. Put some there and index again.",
        )
    if (root / TERM_FILE).is_file():
        paths.append(root / TERM_FILE)
    return sorted(paths, key=lambda p: p.relative_to(root).as_posix())


def other_paths(root: Path) -> list[Path]:
    """Files under `root` that no reader takes, so that a report can name them."""
    files = (p for p in root.rglob("*") if p.is_file() and not _hidden(p, root))
    return sorted(p for p in files if p.suffix.lower() not in READERS and p != root / TERM_FILE)


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.relative_to(root).parts)


def read_note(path: Path, root: Path) -> Reading:
    """Read one file. A file that cannot be read gives a report with `error` set instead of raising."""
    doc_id = path.relative_to(root).as_posix()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableNote(f"{doc_id}：文件超过 64 MB。请拆分。", f"{doc_id}: larger than 64 MB. Split it.")
        return read_bytes(path.read_bytes(), doc_id)
    except UnreadableNote as error:
        return Reading(None, FileReport(doc_id, error=str(error)))
    except OSError as error:
        message = (
            f"{doc_id}：无法打开（{error.strerror}）。请检查权限。\n{doc_id}: cannot be opened. Check permissions."
        )
        return Reading(None, FileReport(doc_id, error=message))
    except Exception as error:  # whatever a strange file brings up, the others have to be read
        message = f"{doc_id}：读取时出错（{error!r}）。请报告这个问题。\n{doc_id}: reading failed. Please report this."
        return Reading(None, FileReport(doc_id, error=message))


def read_bytes(data: bytes, doc_id: str) -> Reading:
    """Read a note from its bytes; `doc_id`'s suffix chooses the reader.

    Raises:
        UnreadableNote: unknown encoding, broken front matter, nothing in it.
    """
    decoded = decode(data, doc_id)
    whole = normalise_lines(decoded.text)
    if doc_id == TERM_FILE:
        return _read_terms(whole, decoded.encoding, hashlib.sha256(data).hexdigest())
    text, meta = front_matter(whole, doc_id)
    rows_above = whole.count("\n") - text.count("\n")
    if Path(doc_id).suffix.lower() != ".txt":
        text = close_headings(text)
    report = FileReport(doc_id, encoding=decoded.encoding)
    if meta.get("index") is False:
        return Reading(None, replace(report, skipped="index: false"))
    text, glosses = remove_glosses(text)
    rows = text.split("\n")
    # Where somebody wrote headings or front matter, no site put its buttons around the text.
    chrome = find_chrome(rows) if not rows_above and not _MARKDOWN_SIGN.search(text) else Chrome(frozenset(), len(rows))
    aside = [row.strip() for i, row in enumerate(rows) if (i in chrome.head or i >= chrome.tail_start) and row.strip()]
    content = ["" if i in chrome.head else row for i, row in enumerate(rows[: chrome.tail_start])]
    draft = _Draft(Path(doc_id).stem, content, meta)
    title = _title(draft)
    garbled = count_garbled("\n".join(draft.rows))
    lines = [line for line in READERS[Path(doc_id).suffix.lower()](draft) if line.text.strip()]
    if not lines:
        raise UnreadableNote(f"{doc_id}：没有内容。请写入内容或删除。", f"{doc_id}: nothing in it. Fill or delete it.")
    if draft.restored and lines[0].level:
        title = heading_name(lines[0].text)
    body, sections = assemble(lines, title)
    document = Document(
        doc_id, title, body, sections, hashlib.sha256(data).hexdigest(),
        _words(meta.get("tags")), _words(meta.get("aliases")), str(meta.get("source") or ""),
        _words(meta.get("terms")), _words(meta.get("prerequisites")), str(meta.get("level") or ""),
        str(meta.get("updated") or ""),
        tuple(rows_above + line.row + 1 for line in lines),
    )  # fmt: skip
    return Reading(
        document,
        replace(
            report,
            script=detect_script(body),
            characters=len(body),
            glosses_removed=glosses,
            chrome_lines=len(aside),
            chrome_sample=tuple(aside),
            garbled_spots=garbled,
            lines_restored=draft.restored,
        ),
    )


def _read_terms(text: str, encoding: str, digest: str) -> Reading:
    """The team's glossary as a note."""
    read = read_term_file(text)
    if not read.lines:
        skipped = "没有可用的术语 no usable term"
        return Reading(None, FileReport(TERM_FILE, encoding, warnings=read.warnings, skipped=skipped))
    body, sections = assemble(read.lines, TITLE)
    named = zip(sections, read.names, strict=True)  # a name stays as written, whatever it looks like as a heading
    sections = tuple(replace(section, heading=name, path=(TITLE, name)) for section, name in named)
    lines = tuple(line.row + 1 for line in read.lines)
    document = Document(TERM_FILE, TITLE, body, sections, digest, terms=read.names, lines=lines)
    report = FileReport(TERM_FILE, encoding, detect_script(body), len(body), warnings=read.warnings)
    return Reading(document, report)


@lru_cache(maxsize=1)
def _loader() -> Any:
    """A YAML loader to which a day that is in no calendar is a text: it must not cost the note."""

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        def day(self, node: Any) -> Any:
            try:
                return self.construct_yaml_timestamp(node)
            except ValueError:
                return self.construct_scalar(node)

    Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.day)
    return Loader


def front_matter(text: str, doc_id: str) -> tuple[str, dict[str, Any]]:
    match = _FRONT_MATTER.match(text)
    if not match:
        return text, {}
    try:
        meta = yaml.load(match[1], Loader=_loader())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        raise UnreadableNote(
            f"{doc_id}：第 {line} 行的 front matter 不是合法的 YAML。请修正后重试。",
            f"{doc_id}: front matter is not valid YAML at line {line}. Mend it and index again.",
        ) from None
    return (text[match.end() :], meta) if isinstance(meta, dict) else (text, {})


def _title(draft: _Draft) -> str:
    """Front matter, else the first heading, else the first short line with words in it, else the file's name."""
    if draft.meta.get("title"):
        return str(draft.meta["title"])
    rows = _FENCED.sub("", "\n".join(draft.rows)).split("\n")
    headings = [row.strip() for row in rows if _MARKDOWN_SIGN.match(row)]
    if headings:
        top = [row for row in headings if re.match(r"#(?!#)", row)]
        return heading_name(top[0]) if len(top) == 1 else draft.name
    first = (row.strip() for row in draft.rows if row.strip())
    candidate = heading_name(next(first, ""))
    return candidate if 2 <= len(candidate) <= 40 and candidate[-1] not in "\u3002,;\uff0c" else draft.name


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    values = value if isinstance(value, list) else re.split(r"[,\uff0c\u3001;\uff1b]", str(value))
    return tuple(str(v).strip() for v in values if str(v).strip())


def source_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal; empty if it cannot be read or is too large to be."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.stat().st_size <= MAX_BYTES else ""
    except OSError:
        return ""
