"""What is amiss in a folder of notes: front matter, links, prerequisites, terms, headings, contradictions.

Works on any folder. A note without front matter is only remarked on; where there is some, it has to make sense.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from kbqa.errors import UnreadableNote
from kbqa.notes.cleaning import normalise_lines
from kbqa.notes.decoding import decode
from kbqa.notes.reading import front_matter, note_paths, read_note
from kbqa.notes.term_file import TERM_FILE
from kbqa.terms.conflicts import Conflict, find_conflicts
from kbqa.terms.glossary import lexicon, merge, name_key
from kbqa.terms.mining import mine_terms
from kbqa.types import Document, FileReport

LEVELS = ("入门", "进阶", "专家")
_FIELDS = ("title", "tags", "level", "terms", "prerequisites", "updated")
_LISTS = ("tags", "aliases", "terms", "prerequisites")
_CHARACTERS_A_MINUTE = 400  # what a practised reader takes in of Chinese prose

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend.

    Attributes:
        line: line of the file, counted from 1; 0 where the whole file is meant.
        rule: short name of what was checked.
    """

    doc_id: str
    line: int
    severity: Severity
    rule: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class LintReport:
    """What was found in a folder.

    Attributes:
        minutes: doc_id → minutes of reading.
        quotes: the text of every passage named in `conflicts`, with its place as `doc_id:line`.
    """

    problems: tuple[Problem, ...]
    conflicts: tuple[Conflict, ...]
    minutes: Mapping[str, int]
    quotes: Mapping[tuple[str, int, int], tuple[str, str]]

    @property
    def failed(self) -> bool:
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class _Note:
    """A note with what only its file shows: front matter as written, the text under it, and how many lines are above."""

    path: Path
    document: Document
    meta: dict[str, Any]
    body: str
    above: int


def lint(root: Path) -> LintReport:
    """Check every note under a folder.

    Raises:
        NotesError: the folder is missing or has no note.
    """
    notes: list[_Note] = []
    problems: list[Problem] = []
    for path in note_paths(root):
        reading = read_note(path, root)
        problems += _of_report(reading.report)
        if reading.document:
            notes.append(_note(path, reading.document))
    documents = [note.document for note in notes]
    terms = merge(lexicon().terms, mine_terms(documents))
    for note in notes:
        problems += [*_front_matter(note), *_links(note, root), *_headings(note)]
    problems += [*_registered(documents), *_prerequisites(documents)]
    conflicts = find_conflicts(documents, terms)
    by_id = {document.doc_id: document for document in documents}
    quotes = {}
    for place in {place for conflict in conflicts for place in conflict.passages}:
        document = by_id[place[0]]
        quotes[place] = (f"{place[0]}:{document.line_at(place[1])}", document.text[place[1] : place[2]])
    problems.sort(key=lambda p: (p.doc_id, p.line, p.rule))
    minutes = {d.doc_id: math.ceil(len(d.text) / _CHARACTERS_A_MINUTE) for d in documents}
    return LintReport(tuple(problems), conflicts, minutes, quotes)


def _note(path: Path, document: Document) -> _Note:
    if document.doc_id == TERM_FILE:
        return _Note(path, document, {}, "", 0)
    whole = normalise_lines(decode(path.read_bytes(), document.doc_id).text)
    body, meta = front_matter(whole, document.doc_id)
    return _Note(path, document, meta, body, whole.count("\n") - body.count("\n"))


def _of_report(report: FileReport) -> Iterator[Problem]:
    if report.error:
        zh, _, en = report.error.partition("\n")
        yield Problem(report.doc_id, 0, "error", "unreadable", zh, en or zh)
    for warning in report.warnings:
        yield Problem(report.doc_id, 0, "warning", "term-entry", warning, warning)


# --- front matter -----------------------------------------------------------------------------------------------------


def _front_matter(note: _Note) -> Iterator[Problem]:
    document, meta = note.document, note.meta

    def problem(severity: Severity, rule: str, zh: str, en: str) -> Problem:
        return Problem(document.doc_id, 1, severity, rule, zh, en)

    if document.doc_id == TERM_FILE:
        return
    if not meta:
        yield problem("note", "no-front-matter", "没有 front matter", "no front matter")
        return
    missing = [field for field in _FIELDS if field not in meta]
    if missing:
        names = "、".join(missing)
        yield problem("warning", "field-missing", f"front matter 缺少 {names}", f"front matter lacks {names}")
    for field in _LISTS:
        if not isinstance(meta.get(field) or [], (list, str)):
            yield problem("error", "field-type", f"{field} 应当是列表", f"{field} has to be a list")
    if "level" in meta and meta["level"] not in LEVELS:
        choices = "、".join(LEVELS)
        yield problem(
            "error", "level", f"level 只能是 {choices}，不是 {meta['level']}", f"level has to be one of {choices}"
        )
    if "updated" in meta and not _is_date(meta["updated"]):
        yield problem(
            "error", "updated", f"updated 不是日期：{meta['updated']}", f"updated is no date: {meta['updated']}"
        )
    top = next((s for s in document.sections if s.level == 1), None)
    if "title" in meta and top and name_key(top.heading) != name_key(str(meta["title"])):
        yield Problem(
            document.doc_id, document.line_at(top.start), "warning", "title",
            f"一级标题“{top.heading}”与 title“{meta['title']}”不同", f"heading “{top.heading}” is not the title “{meta['title']}”",
        )  # fmt: skip


def _is_date(value: Any) -> bool:
    if isinstance(value, date):
        return True
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


# --- links and headings -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _parser() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _links(note: _Note, root: Path) -> Iterator[Problem]:
    """Links and images that lead nowhere under the folder; those to other machines are not followed."""
    if note.path.suffix.lower() == ".txt" or "[" not in note.body:
        return
    for token in _parser().parse(note.body):
        line = note.above + (token.map[0] if token.map else 0) + 1
        for child in token.children or ():
            line += child.type in ("softbreak", "hardbreak")
            target = child.attrGet("href") or child.attrGet("src") or ""
            if target and not re.match(r"[a-zA-Z][\w+.-]*:|//", target):
                yield from _dead(note, target, line, root)


def _dead(note: _Note, target: str, line: int, root: Path) -> Iterator[Problem]:
    file, _, anchor = target.partition("#")
    file, anchor, target = unquote(file.partition("?")[0]), unquote(anchor), unquote(target)
    path = (root / file.lstrip("/") if file.startswith("/") else note.path.parent / file) if file else note.path
    if not path.exists():
        yield Problem(
            note.document.doc_id,
            line,
            "error",
            "dead-link",
            f"链接的文件不存在：{target}",
            f"link leads nowhere: {target}",
        )
    elif anchor and path.suffix.lower() in (".md", ".markdown") and anchor.lower() not in _anchors(path):
        yield Problem(
            note.document.doc_id,
            line,
            "warning",
            "dead-anchor",
            f"没有这个标题：{target}",
            f"no such heading: {target}",
        )


def _anchors(path: Path) -> frozenset[str]:
    """Anchors of a Markdown file as forges make them: equal headings are numbered from the second on."""
    try:
        text = decode(path.read_bytes(), path.name).text
    except (OSError, UnreadableNote):
        return frozenset()
    tokens = _parser().parse(text)
    headings = [inline.content for opening, inline in pairwise(tokens) if opening.type == "heading_open"]
    seen: Counter[str] = Counter()
    anchors = set()
    for heading in headings:
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        anchors.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return frozenset(anchors)


def _headings(note: _Note) -> Iterator[Problem]:
    document = note.document
    for section in document.sections if document.doc_id != TERM_FILE else ():
        if not document.text[section.body_start : section.end].strip():
            yield Problem(
                document.doc_id, document.line_at(section.start), "warning", "empty-heading",
                f"标题“{section.heading}”下面没有内容", f"nothing under the heading “{section.heading}”",
            )  # fmt: skip


# --- terms ------------------------------------------------------------------------------------------------------------


def _registered(documents: Sequence[Document]) -> Iterator[Problem]:
    """Terms registered twice, registered but not defined, or an alias that another note registers."""
    homes: defaultdict[str, list[str]] = defaultdict(list)
    notes = [document for document in documents if document.doc_id != TERM_FILE]  # the team may correct a note
    for document in notes:
        for name in dict.fromkeys(map(name_key, document.terms)):
            homes[name].append(document.doc_id)
    for document in notes:
        defined = {name_key(term.name) for term in mine_terms([document]) if term.definition}
        for name in document.terms:
            others = [doc_id for doc_id in homes[name_key(name)] if doc_id != document.doc_id]
            if others:
                where = "、".join(others)
                yield Problem(
                    document.doc_id, 1, "error", "term-twice",
                    f"术语“{name}”也登记在 {where}", f"“{name}” is registered in {where} as well",
                )  # fmt: skip
            if name_key(name) not in defined:
                yield Problem(
                    document.doc_id, 1, "warning", "term-undefined",
                    f"登记了术语“{name}”，但没有找到它的定义句", f"“{name}” is registered, but no sentence defines it",
                )  # fmt: skip
        for alias in document.aliases:
            others = [doc_id for doc_id in homes.get(name_key(alias), ()) if doc_id != document.doc_id]
            if others:
                yield Problem(
                    document.doc_id, 1, "warning", "alias-elsewhere",
                    f"别名“{alias}”是 {others[0]} 登记的术语", f"the alias “{alias}” is a term of {others[0]}",
                )  # fmt: skip


def _prerequisites(documents: Sequence[Document]) -> Iterator[Problem]:
    """Prerequisites that no note defines, and notes that wait for each other."""
    home = {name_key(name): document.doc_id for document in reversed(documents) for name in document.terms}
    needs: dict[str, set[str]] = {}
    for document in documents:
        needs[document.doc_id] = set()
        for name in document.prerequisites:
            if name_key(name) not in home:
                yield Problem(
                    document.doc_id, 1, "error", "unknown-prerequisite",
                    f"先修术语“{name}”没有一篇登记", f"no note registers the prerequisite “{name}”",
                )  # fmt: skip
            elif home[name_key(name)] != document.doc_id:
                needs[document.doc_id].add(home[name_key(name)])
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        ring = " → ".join(reversed(error.args[1]))
        yield Problem(
            error.args[1][0],
            1,
            "error",
            "prerequisite-cycle",
            f"先修关系成环：{ring}",
            f"prerequisites run in a circle: {ring}",
        )
