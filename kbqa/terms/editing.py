"""One entry of `terms.yaml` changed in the text that people wrote: comments, order and layout of the rest stay.

Only the fields that change are written anew, in place. What comes out is read back and compared with what was meant, entry by
entry, so that a layout nobody thought of gives an error and never a damaged file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from kbqa.errors import NotesError, UnknownTerm
from kbqa.notes.term_file import TERM_FILE, read_term_file
from kbqa.terms.glossary import name_key

_LISTS = ("aliases", "english", "confusable", "related", "distinct")
_TEXTS = ("name", "definition", "formula")
_ORDER = ("name", "aliases", "english", "definition", "formula", "confusable", "related", "distinct")
_HEAD = "terms:\n"


@dataclass(frozen=True, slots=True)
class TermEntry:
    """An entry of `terms.yaml`; empty fields are left out of the file."""

    name: str
    aliases: tuple[str, ...] = ()
    english: tuple[str, ...] = ()
    definition: str = ""
    formula: str = ""
    confusable: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()


def entries_of(text: str) -> tuple[TermEntry, ...]:
    """The entries that a build would use, in the order of the file.

    Raises:
        UnreadableNote: the text is no list of terms.
    """
    if _blank(text):
        return ()
    usable = {name_key(name) for name in read_term_file(text).names}
    found: dict[str, TermEntry] = {}
    for value in _values(text):
        if isinstance(value, dict) and name_key(_flat(value.get("name"))) in usable:
            entry = _entry(value)
            found.setdefault(name_key(entry.name), entry)
    return tuple(found.values())


def with_entry(text: str, entry: TermEntry, replacing: str = "") -> str:
    """The file's text with an entry in place of the one named `replacing`, or behind the last one.

    Raises:
        NotesError: the name is empty or another entry has it, or the layout cannot be changed by a program.
        UnknownTerm: there is no entry to replace.
        UnreadableNote: the text is no list of terms.
    """
    if not entry.name.strip():
        raise NotesError("术语要有名称。请填写名称。", "A term needs a name. Give it one.")
    before = entries_of(text)
    others = [held for held in before if name_key(held.name) != name_key(replacing)]
    if any(name_key(held.name) == name_key(entry.name) for held in others):
        raise NotesError(
            f"{TERM_FILE} 里已经有“{entry.name}”了。请编辑那一条，或换个名称。",
            f"{TERM_FILE} has “{entry.name}” already. Edit that entry or choose another name.",
        )
    if not replacing:
        return _checked(_appended(text, entry), (*before, entry))
    row = _row_of(before, replacing)
    return _checked(_edited(text, before[row], entry), (*before[:row], entry, *before[row + 1 :]))


def without_entry(text: str, name: str) -> str:
    """The file's text without the entry of that name; same errors as `with_entry`."""
    before = entries_of(text)
    row = _row_of(before, name)
    lines = text.splitlines(keepends=True)
    first, last = _rows(_node_of(text, before[row].name))
    if len(before) == 1:
        lines[first : last + 1] = []
        rest = "".join(lines).rstrip()
        return _checked(re.sub(r"(?m)^terms:[ \t]*$", "terms: []", rest) + "\n", ())
    return _checked("".join(lines[:first] + lines[last + 1 :]), (*before[:row], *before[row + 1 :]))


# --- the text ---------------------------------------------------------------------------------------------------------


def _edited(text: str, held: TermEntry, entry: TermEntry) -> str:
    """The text with those fields of an entry changed that differ, from the last to the first so that offsets hold."""
    node = _node_of(text, held.name)
    if node.flow_style:
        return text[: node.start_mark.index] + _flow(entry) + text[node.end_mark.index :]
    old, new = asdict(held), asdict(entry)
    marks = {key.value: (key, value) for key, value in node.value}
    indent = " " * node.start_mark.column
    newline = "\r\n" if "\r\n" in text else "\n"
    if fresh := [f"{indent}{f}: {_written(new[f])}{newline}" for f in _ORDER if f not in marks and new[f]]:
        behind = _behind_line(text, _end(text, node))
        gap = "" if text[behind - 1] == "\n" else newline
        text = text[:behind] + gap + "".join(fresh) + text[behind:]
    for field in reversed([f for f in marks if f in _ORDER and old[f] != new[f]]):
        key, value = marks[field]
        start, end = key.start_mark.index, _end(text, value)
        if new[field]:
            text = text[:start] + f"{field}: {_written(new[field])}" + text[end:]
        else:
            text = text[: text.rfind("\n", 0, start) + 1] + text[_behind_line(text, end) :]
    return text


def _appended(text: str, entry: TermEntry) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    listed = None if _blank(text) else _list_node(text)
    if listed is None:
        return (
            (text.rstrip() + newline if text.strip() else "") + _HEAD.replace("\n", newline) + _block(entry, 2, newline)
        )
    if listed.flow_style:  # `terms: []`
        if listed.value:
            raise _layout()
        return (
            text[: listed.start_mark.index].rstrip(" ")
            + newline
            + _block(entry, 2, newline)
            + text[_behind_line(text, listed.end_mark.index) :]
        )
    behind = _behind_line(text, _end(text, listed))
    gap = "" if text[behind - 1] == "\n" else newline
    return text[:behind] + gap + _block(entry, listed.start_mark.column, newline) + text[behind:]


def _block(entry: TermEntry, column: int, newline: str) -> str:
    rows = [f"{field}: {_written(value)}" for field, value in asdict(entry).items() if value]
    ahead = " " * column
    return ahead + "- " + f"{newline}{ahead}  ".join(rows) + newline


def _flow(entry: TermEntry) -> str:
    return "{" + ", ".join(f"{f}: {_written(v)}" for f, v in asdict(entry).items() if v) + "}"


def _written(value: str | Sequence[str]) -> str:
    """A value as YAML on one line, plain where that says the same."""
    data: Any = value if isinstance(value, str) else list(value)
    dumped = yaml.safe_dump(data, allow_unicode=True, default_flow_style=True, width=10**9)
    return dumped.removesuffix("\n").removesuffix("\n...")


def _end(text: str, node: yaml.Node) -> int:
    """Offset behind a value; a block ends where its last value does, not where the next key starts."""
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        return _end(text, node.value[-1])
    if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
        return _end(text, node.value[-1][1])
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip()) if end > start else end


def _behind_line(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


def _rows(node: yaml.Node) -> tuple[int, int]:
    """First and last line of an entry, counted from 0, its dash included."""
    last = node.value[-1][1] if isinstance(node, yaml.MappingNode) and not node.flow_style else node
    while isinstance(last, yaml.SequenceNode) and last.value and not last.flow_style:
        last = last.value[-1]
    mark = last.end_mark
    return node.start_mark.line, mark.line - (mark.column == 0 and mark.line > last.start_mark.line)


def _blank(text: str) -> bool:
    """Whether there is nothing in it but comments."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.lstrip("\ufeff").splitlines())


# --- the tree ---------------------------------------------------------------------------------------------------------


def _list_node(text: str) -> yaml.SequenceNode | None:
    """The list of terms as a tree with offsets; None if the file has none yet."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)  # the loader in C counts no characters
    if isinstance(root, yaml.MappingNode):
        root = next((value for key, value in root.value if key.value == "terms"), None)
    return root if isinstance(root, yaml.SequenceNode) else None


def _node_of(text: str, name: str) -> yaml.MappingNode:
    listed = _list_node(text)
    for node in listed.value if listed else ():
        if isinstance(node, yaml.MappingNode):
            names = [value.value for key, value in node.value if key.value == "name"]
            if names and name_key(_flat(names[0])) == name_key(name):
                return node
    raise _layout()


def _values(text: str) -> list[Any]:
    data = yaml.load(text, Loader=yaml.SafeLoader)
    return (data.get("terms") if isinstance(data, dict) else data) or []


def _entry(value: dict[str, Any]) -> TermEntry:
    texts = {field: _flat(value.get(field)) for field in _TEXTS}
    return TermEntry(**texts, **{field: _strings(value.get(field)) for field in _LISTS})


def _strings(values: Any) -> tuple[str, ...]:
    listed = [values] if isinstance(values, str) else values or []
    return tuple(flat for value in listed if (flat := _flat(value)))


def _flat(value: Any) -> str:
    return " ".join(str(value).split()) if value else ""


def _row_of(entries: Sequence[TermEntry], name: str) -> int:
    for row, held in enumerate(entries):
        if name_key(held.name) == name_key(name):
            return row
    raise UnknownTerm(name, [])


def _checked(text: str, wanted: Sequence[TermEntry]) -> str:
    """The text, if reading it gives just the entries that were meant."""
    try:
        held = entries_of(text)
    except (NotesError, yaml.YAMLError):
        raise _layout() from None
    if list(held) != list(wanted):
        raise _layout()
    return text


def _layout() -> NotesError:
    return NotesError(
        f"{TERM_FILE} 的写法比较特别，程序不敢改这一条。请用编辑器直接改文件。",
        f"{TERM_FILE} is laid out in a way that a program had better not change. Edit the file itself.",
    )
