"""What an edit of `terms.yaml` would change, found out by doing it: an index is built aside, asked, and thrown away.

Names of terms depend on the whole of the notes and the lexicon, and answers on everything, so that no rule of thumb is worth much.
Files of the notes and of the live index are linked, not copied; the build takes over all that the edit leaves as it is.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from kbqa.answering import confidence
from kbqa.indexing import store
from kbqa.indexing.aside import BuildAside, Step
from kbqa.knowledge import KnowledgeBase
from kbqa.notes.reading import note_paths
from kbqa.notes.term_file import TERM_FILE, read_term_file
from kbqa.settings import BuildSettings
from kbqa.terms.editing import TermEntry
from kbqa.terms.glossary import name_key, names_of
from kbqa.types import Answer, Term

_FIELDS = ("confusable", "related", "distinct")


@dataclass(frozen=True, slots=True)
class TermChange:
    """What becomes of one term of the glossary.

    Attributes:
        gained: names that questions may use for it from then on; `lost` those that they no longer can.
        fields: what else changes of it: definition, formula, confusable, related, distinct.
    """

    name: str
    kind: Literal["new", "gone", "changed"]
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """An edit's consequences.

    Attributes:
        changes: terms that change, in the order of the glossary.
        refused: names that the edited term does not get, because they belong to another one: (name, that term).
        shared: names that the edited term gets and another one has, too: (name, that term).
        warnings: entries that reading the new file passes over, and did not before.
        question: what was asked as a sample.
        before: how the live index answers it; `after` how it would be answered.
    """

    changes: tuple[TermChange, ...]
    refused: tuple[tuple[str, str], ...]
    shared: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    question: str
    before: Answer
    after: Answer


def try_terms(
    kb: KnowledgeBase, notes: Path, text: str, entry: TermEntry, question: str = "", *, work: Path,
    progress: Callable[[Step], None] = lambda step: None,
) -> Effect:  # fmt: skip
    """Compare the knowledge base with what it would be with another `terms.yaml`.

    Notes that changed since the index was built count as they are now, as they would in a rebuild.

    Args:
        text: the new file.
        entry: what was edited in it.
        question: the sample; what the term is, if empty.
        work: a folder on the file system of the index, for the index built aside.

    Raises:
        KbqaError: the question cannot be asked, or the notes cannot be indexed so.
    """
    question = question.strip() or f"什么是{entry.name}"
    before = kb.ask(question)
    with _aside(kb, notes, text, work, progress) as other:
        changes = compare_terms(_described(kb), _described(other))
        refused, shared = _contested(entry, other.terms)
        after = other.ask(question)
    old = (notes / TERM_FILE).read_text("utf-8", "replace") if (notes / TERM_FILE).is_file() else "terms: []"
    known = {_unplaced(warning) for warning in read_term_file(old).warnings}
    warnings = tuple(w for w in read_term_file(text).warnings if _unplaced(w) not in known)
    return Effect(changes, refused, shared, warnings, question, before, after)


Described = dict[str, tuple[str, frozenset[str], dict[str, object]]]


def compare_terms(before: Described, after: Described) -> tuple[TermChange, ...]:
    """Terms that come, go or change, by key of their name: (name, other names, what else is known of it)."""
    changes = []
    for key, (name, names, facts) in after.items():
        if key not in before:
            changes.append(TermChange(name, "new", tuple(sorted(names))))
            continue
        _, held, known = before[key]
        fields = tuple(field for field, value in facts.items() if value != known[field])
        if names != held or fields:
            changes.append(
                TermChange(name, "changed", tuple(sorted(names - held)), tuple(sorted(held - names)), fields)
            )
    gone = (
        TermChange(name, "gone", (), tuple(sorted(names)))
        for key, (name, names, _) in before.items()
        if key not in after
    )
    return (*changes, *gone)


def _described(kb: KnowledgeBase) -> Described:
    """Terms by key; two of one name count as one."""
    described: Described = {}
    for term in kb.terms:
        key = name_key(term.name)
        _, names, facts = described.get(key, (term.name, frozenset(), {}))
        described[key] = (term.name, names | frozenset(names_of(term)), facts or _facts(kb, term))
    return described


def _facts(kb: KnowledgeBase, term: Term) -> dict[str, object]:
    def quote(place: tuple[str, int, int] | None) -> str:
        return kb.document(place[0]).text[place[1] : place[2]] if place else ""

    lists = {field: getattr(term, field) for field in _FIELDS}
    return {"definition": quote(term.definition), "formula": quote(term.formula), **lists}


Contested = tuple[tuple[str, str], ...]


def _contested(entry: TermEntry, terms: Sequence[Term]) -> tuple[Contested, Contested]:
    """Names of an entry that other terms have: those that it does not get, and those that both have."""
    own = [term for term in terms if name_key(term.name) == name_key(entry.name)]
    ours = {name_key(name) for term in own for name in names_of(term)}
    wanted = {name_key(name): name for name in (entry.name, *entry.aliases, *entry.english)}
    others = [term for term in terms if term not in own]
    held = [(wanted[name_key(n)], term.name) for term in others for n in names_of(term) if name_key(n) in wanted]
    refused = tuple((name, owner) for name, owner in held if name_key(name) not in ours)
    return refused, tuple(pair for pair in held if pair not in refused)


def _unplaced(warning: str) -> str:
    """A warning without its line, which any edit above it moves."""
    return warning.partition(" ")[2]


# --- the index aside --------------------------------------------------------------------------------------------------


@contextmanager
def _aside(
    kb: KnowledgeBase, notes: Path, text: str, work: Path, progress: Callable[[Step], None]
) -> Iterator[KnowledgeBase]:
    """The knowledge base as it would be, gone again afterwards."""
    with tempfile.TemporaryDirectory(prefix=".trial-", dir=work) as folder:
        copied, index = Path(folder) / "notes" / notes.resolve().name, Path(folder) / "index"
        for path in note_paths(notes):
            if path != notes / TERM_FILE:
                _link(path, copied / path.relative_to(notes))
        (copied / TERM_FILE).write_text(text, "utf-8")
        live = store.current_generation(kb.path)
        for path in live.iterdir():
            _link(path, index / "generations" / live.name / path.name)
        (index / "CURRENT").write_text(live.name, "utf-8")
        if (kb.path / confidence.FILE).is_file():
            shutil.copy2(kb.path / confidence.FILE, index / confidence.FILE)
        build = BuildAside(copied, index, replace(BuildSettings(), encoder=store.made_with(kb.path)))
        try:
            for step in build.steps():
                progress(step)
            build.result()
        finally:
            build.cancel()
        other = KnowledgeBase.open(index)
        other.settings = kb.settings
        yield other


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path.resolve(), target)
    except OSError:  # another file system, or one without links
        shutil.copy2(path, target)
