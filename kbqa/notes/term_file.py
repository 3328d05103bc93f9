"""`terms.yaml`, the glossary that a team edits: entries → a document with a section a term, so that it is read, cited and
searched like any note.

    terms:
      - name: 复购周期
        aliases: [回购周期]
        english: [Repurchase Cycle]
        definition: 同一顾客两次购买之间平均隔多少天。
        formula: 观察天数 ÷ 人均购买次数
        confusable: [复购率]
        related: [购买频次]
        distinct: [复购率]

Only `name` is needed. `distinct` holds names that must never count as names of the term.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from kbqa.errors import UnreadableNote
from kbqa.notes.outline import Line
from kbqa.text import fold

TERM_FILE = "terms.yaml"
TITLE = "术语表"
# Field of the file → label of its line in the document; `kbqa.terms.mining` reads the labels back.
LABELS = {"aliases": "又称", "english": "英文", "confusable": "易混", "related": "相关", "distinct": "不是"}
FORMULA_LABEL = "公式"
_FIELDS = {"name", "definition", "formula", *LABELS}


@dataclass(frozen=True, slots=True)
class TermFile:
    """What `terms.yaml` holds, as lines of a document.

    Attributes:
        warnings: entries that were passed over, and why.
    """

    lines: tuple[Line, ...]
    names: tuple[str, ...]
    warnings: tuple[str, ...]


def read_term_file(text: str, doc_id: str = TERM_FILE) -> TermFile:
    """Lines of a term file; an entry that makes no sense is passed over and named in `warnings`.

    Raises:
        UnreadableNote: it is not YAML, or holds no list of terms.
    """
    lines: list[Line] = []
    names: dict[str, str] = {}
    warnings: list[str] = []
    for entry, rows in _entries(text, doc_id):
        row = rows[""]
        if problem := _problem(entry, names):
            warnings.append(f"{doc_id}:{row + 1} {problem}")
            continue
        name = _flat(entry["name"])
        names[fold(name)] = name
        shown = [Line(text, level, rows.get(field, row)) for field, text, level in _shown(name, entry)]
        lines += [shown[0], *sorted(shown[1:], key=lambda line: line.row)]
    return TermFile(tuple(lines), tuple(names.values()), tuple(warnings))


def _entries(text: str, doc_id: str) -> Iterator[tuple[Any, dict[str, int]]]:
    """Entries with the rows of their fields, counted from 0; that of the empty field is where the entry starts."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        values, root = yaml.load(text, Loader=loader), yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise UnreadableNote(
            f"{doc_id}：第 {line} 行不是合法的 YAML。请修正后重试。",
            f"{doc_id}: not valid YAML at line {line}. Mend it and index again.",
        ) from None
    lists = [value for key, value in root.value if key.value == "terms"] if isinstance(values, dict) else [root]
    values = values.get("terms") if isinstance(values, dict) else values
    if not isinstance(values, list) or len(lists) != 1:
        raise UnreadableNote(
            f"{doc_id}：应当以 terms: 开头（只写一次），下面每项一个术语。请按 corpus/README.md 的样子改。",
            f"{doc_id}: has to start with `terms:`, once, and list one term an item. See corpus/README.md.",
        )
    for value, node in zip(values, lists[0].value, strict=True):
        fields = node.value if isinstance(node, yaml.MappingNode) else ()
        yield value, {"": node.start_mark.line, **{str(key.value): key.start_mark.line for key, _ in fields}}


def _problem(entry: Any, names: dict[str, str]) -> str:
    """Why an entry cannot be used; empty if it can."""
    if not isinstance(entry, dict) or not _flat(entry.get("name")):
        return "缺少 name，已略过 no name, passed over"
    unknown = sorted(str(key) for key in entry if key not in _FIELDS)
    if unknown:
        return f"不认识的字段 {'、'.join(unknown)}，已略过 unknown field, passed over"
    texts = [field for field in ("name", "definition", "formula") if isinstance(entry.get(field), (list, dict))]
    if texts:
        return f"{'、'.join(texts)} 应当是一句话，已略过 has to be a text, passed over"
    if fold(_flat(entry["name"])) in names:
        return f"{entry['name']} 写了两次，已略过后一次 listed twice, the second passed over"
    wrong = [field for field in LABELS if not isinstance(entry.get(field) or [], (list, str))]
    return f"{'、'.join(wrong)} 应当是列表，已略过 has to be a list, passed over" if wrong else ""


def _shown(name: str, entry: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    """The lines of an entry with the field that each is made from and its heading level."""
    yield "name", name, 2
    names = [name, *_strings(entry.get("aliases")), *_strings(entry.get("english"))]
    if definition := _flat(entry.get("definition")):
        named = any(fold(definition).startswith(fold(n)) for n in names)
        yield "definition", definition if named else f"{name}：{definition}", 0
    if formula := _flat(entry.get("formula")):
        equation = formula if "=" in fold(formula) else f"{name} = {formula}"
        yield "formula", f"{FORMULA_LABEL}：{equation}", 0
    for field, label in LABELS.items():
        if values := _strings(entry.get(field)):
            yield field, f"{label}：{'、'.join(values)}", 0


def _flat(value: Any) -> str:
    return " ".join(str(value).split()) if value else ""


def _strings(values: Any) -> list[str]:
    listed = [values] if isinstance(values, str) else values or []
    return [flat for value in listed if (flat := _flat(value))]
