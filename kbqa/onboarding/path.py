"""The learning path: the notes in the order in which a newcomer reads them, and the terms of each.

Levels come first, prerequisites rule within a level. A prerequisite is a *term*, not a note: where the note that defines
it is harder than the one that needs it, or where two notes need one another, the newcomer gets that one term's card in
front of the note (a primer) instead of the whole note before its time. So no note is ever read before the words it needs,
and nobody learns statistics in the first week because a checklist mentions a control group.

Notes without a level come last and follow their folders; what many other notes speak of comes early.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from kbqa.indexing.segment import Segmenter
from kbqa.onboarding.lesson import Lesson, make_lesson
from kbqa.onboarding.order import Ring, depths, in_order, without_rings
from kbqa.terms.glossary import Glossary, introduced, name_key, names_of
from kbqa.types import Document, Term

if TYPE_CHECKING:
    from kbqa.knowledge import KnowledgeBase

READING_SPEED = 300
"""Characters a minute of somebody who studies a note; skimming is faster."""
LEVELS = ("入门", "进阶", "专家")
UNGROUPED = "未分组"
"""Name of the stage of notes that have neither a level nor a folder."""
_STAGE_SIZE = 12  # notes; more do not fit an afternoon each, nor a column of the map
_SURE = 0.9  # below it the glossary holds guesses, good for finding passages, not for teaching
_NUMBERED = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Need:
    """A term to know before reading a note.

    Attributes:
        doc_id: the note that defines it.
        primer: that note comes later, so the term's card is read in front of the step.
    """

    term: str
    doc_id: str
    primer: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One note to read.

    Attributes:
        number: place on the path, from 1.
        level: as the note says, empty if it does not.
        minutes: of reading, at least 1.
        terms: names of the terms that the note introduces, in the order to learn them.
        made_of: (term, part): the definition or formula of one of them speaks of another.
        needs: prerequisites that other notes define, as the note names them.
        used_by: how many other notes speak of this one or of its terms.
    """

    doc_id: str
    number: int
    title: str
    level: str
    folder: str
    tags: tuple[str, ...]
    minutes: int
    terms: tuple[str, ...]
    made_of: tuple[tuple[str, str], ...]
    needs: tuple[Need, ...]
    used_by: int


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps that can be taken one after the other without waiting for a later stage."""

    name: str
    steps: tuple[Step, ...]

    @property
    def minutes(self) -> int:
        return sum(step.minutes for step in self.steps)


@dataclass(frozen=True, slots=True)
class LearningPath:
    """All stages in order; `rings` are doc_ids of notes that need one another, see `order.Ring`."""

    stages: tuple[Stage, ...]
    rings: tuple[Ring, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        return tuple(step for stage in self.stages for step in stage.steps)

    @property
    def minutes(self) -> int:
        return sum(stage.minutes for stage in self.stages)


def learning_path(kb: KnowledgeBase, speed: int = READING_SPEED) -> LearningPath:
    """The path through the notes that are served.

    Args:
        speed: characters a minute.
    """
    return make_path([kb.document(doc_id) for doc_id in kb.doc_ids], kb.terms, speed)


def make_path(documents: Sequence[Document], terms: Iterable[Term], speed: int = READING_SPEED) -> LearningPath:
    """The path through some notes with the glossary made from them; see `learning_path`."""
    taught = [term for term in terms if introduced(term) and (term.sure >= _SURE or term.formula)]
    homes = _homes(documents, taught)
    by_id = {document.doc_id: document for document in documents}
    rank = {doc_id: _rank(document) for doc_id, document in by_id.items()}
    used = _used_by(documents, taught, homes)
    simple = {d.doc_id: _note_key(d, used[d.doc_id]) for d in documents}
    wanted = {d.doc_id: _wanted(d, homes) for d in documents}
    earlier = {
        doc_id: [home for home in needs.values() if rank[home] <= rank[doc_id]] for doc_id, needs in wanted.items()
    }
    held, rings = without_rings(earlier, lambda doc_id: (rank[doc_id], simple[doc_id]))
    ahead = {doc_id for doc_id, needs in wanted.items() if set(needs.values()) - set(held[doc_id])}
    key = _keys(rank, held, ahead, simple)
    order = in_order(held, key.__getitem__)
    place = {doc_id: i for i, doc_id in enumerate(order)}
    lessons = _lessons(by_id, taught, homes)
    steps = [
        Step(
            doc_id=doc_id, number=place[doc_id] + 1, title=by_id[doc_id].title or PurePosixPath(doc_id).stem,
            level=by_id[doc_id].level, folder=_folder(doc_id), tags=by_id[doc_id].tags,
            minutes=max(1, math.ceil(len(by_id[doc_id].text) / speed)), terms=lessons[doc_id].terms, made_of=lessons[doc_id].made_of,
            needs=tuple(Need(t, home, place[home] > place[doc_id]) for t, home in wanted[doc_id].items()),
            used_by=used[doc_id],
        )
        for doc_id in order
    ]  # fmt: skip
    return LearningPath(_stages(steps, key), rings)


def _homes(documents: Sequence[Document], terms: Sequence[Term]) -> dict[str, str]:
    """Folded name → the note that explains it: where it is registered, else where it is defined, else whose title it is."""
    homes: dict[str, str] = {}
    for document in documents:
        for name in document.terms:
            homes.setdefault(name_key(name), document.doc_id)
    for term in terms:
        place = term.definition or term.source
        home = homes.get(name_key(term.name)) or (place[0] if place else None)
        for name in names_of(term) if home else ():
            homes.setdefault(name_key(name), str(home))
    for document in documents:
        for name in (document.title, *document.aliases):
            homes.setdefault(name_key(name), document.doc_id)
    return homes


def _wanted(document: Document, homes: Mapping[str, str]) -> dict[str, str]:
    """Prerequisite → the other note that explains it. A name that no note explains is for `kbqa lint` to report."""
    found = {name: homes.get(name_key(name)) for name in document.prerequisites}
    return {name: home for name, home in found.items() if home and home != document.doc_id}


def _used_by(documents: Sequence[Document], terms: Sequence[Term], homes: Mapping[str, str]) -> Counter[str]:
    """doc_id → how many other notes speak of it or of its terms."""
    titles = [Term(d.title, d.aliases) for d in documents if d.title]
    named = (*terms, *titles)
    segmenter = Segmenter(Glossary(named))
    used: Counter[str] = Counter({document.doc_id: 0 for document in documents})
    for document in documents:
        found = {homes.get(name_key(named[match.term].name)) for match in segmenter.matches(document.text)}
        used.update(home for home in found if home and home != document.doc_id)
    return used


def _rank(document: Document) -> int:
    return LEVELS.index(document.level) if document.level in LEVELS else len(LEVELS)


def _folder(doc_id: str) -> str:
    folder = PurePosixPath(doc_id).parent.as_posix()
    return "" if folder == "." else folder


def _note_key(document: Document, used: int) -> tuple[Any, ...]:
    """Among equals: what people numbered by its number, what is tagged as an introduction, what others build on."""
    return _number(PurePosixPath(document.doc_id).name), LEVELS[0] not in document.tags, -used, document.doc_id


def _number(name: str) -> float:
    """The number that a name starts with, so that `2-…` comes before `10-…`; infinity without one."""
    match = _NUMBERED.match(name)
    return int(match.group()) if match else math.inf


def _keys(
    rank: Mapping[str, int], held: Mapping[str, tuple[str, ...]], ahead: Collection[str], simple: Mapping[str, Any]
) -> dict[str, tuple[Any, ...]]:
    """doc_id → (level, layer of prerequisites within it, folder, note), so that notes of a folder stay together.

    Args:
        ahead: notes that need primers; no level begins with them.
    """
    same = {doc_id: [n for n in needs if rank[n] == rank[doc_id] < len(LEVELS)] for doc_id, needs in held.items()}
    layer = depths(same, simple.__getitem__, {doc_id: 1 for doc_id in ahead if rank[doc_id] < len(LEVELS)})
    lead: dict[str, Any] = {}
    for doc_id, value in simple.items():
        folder = _folder(doc_id)
        lead[folder] = min(lead.get(folder, (_number(folder), value)), (_number(folder), value))
    return {doc_id: (rank[doc_id], layer[doc_id], lead[_folder(doc_id)], simple[doc_id]) for doc_id in rank}


def _stages(steps: Sequence[Step], key: Mapping[str, tuple[Any, ...]]) -> tuple[Stage, ...]:
    """A stage for each layer of a level, and for each folder of notes without a level; long ones are halved."""

    def label(step: Step) -> tuple[str, Any]:
        known = step.level in LEVELS
        return (step.level, key[step.doc_id][1]) if known else (step.folder or UNGROUPED, None)

    named: list[tuple[str, list[Step]]] = []
    for (name, _), group in groupby(steps, key=label):
        members = list(group)
        parts = math.ceil(len(members) / _STAGE_SIZE)
        size = math.ceil(len(members) / parts)
        named += [(name, members[i : i + size]) for i in range(0, len(members), size)]
    count = Counter(name for name, _ in named)
    seen: Counter[str] = Counter()
    stages = []
    for name, members in named:
        seen[name] += 1
        stages.append(Stage(f"{name} {seen[name]}" if count[name] > 1 else name, tuple(members)))
    return tuple(stages)


def _lessons(documents: Mapping[str, Document], terms: Sequence[Term], homes: Mapping[str, str]) -> dict[str, Lesson]:
    own: defaultdict[str, dict[str, Term]] = defaultdict(dict)
    for term in terms:
        if (home := homes.get(name_key(term.name))) in documents:
            own[str(home)].setdefault(term.name, term)
    return {doc_id: make_lesson(document, list(own[doc_id].values())) for doc_id, document in documents.items()}
