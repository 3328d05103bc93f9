"""The glossary: terms with their other names, and colloquial wording with what the notes call it.

It is merged from our lexicon (`lexicon.yaml`, written by people) and what the notes themselves say (`mining`), stored with
the index, and used wherever words are matched. Names are compared folded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

from kbqa.text import fold
from kbqa.types import Term


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """How people say it, and the words the notes are likely to use for it."""

    say: tuple[str, ...]
    means: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glossary:
    terms: tuple[Term, ...] = ()
    paraphrases: tuple[Paraphrase, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of everything that segmentation and expansion depend on."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Glossary:
        data: dict[str, Any] = json.loads(text)
        terms = tuple(Term(**{key: _tupled(value) for key, value in row.items()}) for row in data["terms"])
        return cls(terms, tuple(Paraphrase(tuple(r["say"]), tuple(r["means"])) for r in data["paraphrases"]))


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@lru_cache(maxsize=1)
def lexicon() -> Glossary:
    """The lexicon that ships with the package."""
    import yaml  # only building an index needs it

    text = resources.files("kbqa.terms").joinpath("lexicon.yaml").read_text("utf-8")
    data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    terms = tuple(
        Term(str(t["name"]), _strings(t.get("aliases")), _strings(t.get("english")), origin="lexicon")
        for t in data["terms"]
    )
    return Glossary(terms, tuple(Paraphrase(_strings(r["say"]), _strings(r["means"])) for r in data["related"]))


def _strings(values: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(str(v) for v in values or ())


def name_key(name: str) -> str:
    """A name as it is compared: folded, without the spaces that some writers put between Chinese and Latin."""
    return _SPACED.sub("", fold(name).strip())


_SPACED = re.compile(r"(?<=[\u3400-\u9fff]) +| +(?=[\u3400-\u9fff])")


def names_of(term: Term) -> tuple[str, ...]:
    """Everything a term is called, its name first."""
    return (term.name, *term.aliases, *term.english)


def merge(base: Sequence[Term], mined: Sequence[Term]) -> tuple[Term, ...]:
    """Join what the notes introduce with our lexicon; people's entries win, the notes add to them.

    Names that people registered (the team's `terms.yaml`, front matter) each get a term of their own, under that name, even
    where the lexicon holds two of them for one. Other findings join the term that they share most names with. A name that the
    notes introduce with a meaning no longer counts for a meaning that only the lexicon knows.
    """
    people = [term for term in mined if term.origin in REGISTERED]
    people.sort(key=lambda term: term.origin != "team")  # stable: the team's entries first
    table = _Table(base)
    for term in people:
        table.register(term)
    for term in people:
        table.add_names(table.of(term.name), term)
    for term in mined:
        if term.origin not in REGISTERED:
            table.join(term)
    return table.terms()


REGISTERED = ("team", "front matter")


def introduced(term: Term) -> bool:
    """Whether the team or the notes introduce a term; the others are words of our lexicon, headings and subjects."""
    return term.origin not in ("lexicon", "phrase", "title")


class _Table:
    """Terms under construction, and who owns which name."""

    def __init__(self, base: Sequence[Term]) -> None:
        self._terms: list[Term] = list(base)
        self._owners: dict[str, list[int]] = {}
        self._registered: dict[str, int] = {}
        for i, term in enumerate(self._terms):
            self._own(i, names_of(term))

    def _own(self, row: int, names: Iterable[str]) -> None:
        for name in names:
            rows = self._owners.setdefault(name_key(name), [])
            if row not in rows:
                rows.append(row)

    def of(self, name: str) -> int:
        return self._registered[name_key(name)]

    def register(self, term: Term) -> None:
        """Give a registered name its term: the one that the lexicon has for it, unless another registered name has that."""
        key = name_key(term.name)
        if key in self._registered:
            return
        taken = set(self._registered.values())
        row = self._best_owner(term, alike=True)
        if row is not None and name_key(self._terms[row].name) in {name_key(name) for name in term.distinct}:
            taken.add(row)  # what the lexicon has under that name is just what the term is not
        if row is None or row in taken:
            self._terms.append(replace(term, aliases=(), english=()))
            row, known = len(self._terms) - 1, row
            if known is not None:  # two things after all: the name moves out
                self._terms[known] = without_names(self._terms[known], {key})
            self._owners[key] = [row]
        else:
            self._terms[row] = _under_name(self._terms[row], term)
            self._own(row, names_of(self._terms[row]))
        self._registered[key] = row

    def add_names(self, row: int, term: Term) -> None:
        """Add the names of a finding that belong to no other term, and what it says that is not known yet."""
        held = self._terms[row]
        barred = {name_key(name) for name in held.distinct}
        ours = {name_key(name) for name in names_of(held)}
        fresh = {}
        for name in names_of(term):
            key = name_key(name)
            owners = [r for r in self._owners.get(key, ()) if r != row]
            mine = term.origin in REGISTERED and not any(r in self._registered.values() for r in owners)
            if key not in ours and key not in barred and (not owners or mine):
                for other in owners if mine else ():
                    if name_key(self._terms[other].name) != key:
                        self._terms[other] = without_names(self._terms[other], {key})
                fresh[key] = name
        self._own(row, fresh.values())
        self._terms[row] = _enriched(held, term, fresh.values())

    def join(self, term: Term) -> None:
        """Join a finding to the term that it shares most names with, or make it a term."""
        if term.origin == "title":  # a subject: it keeps the names that no term has
            term = without_names(term, set(self._owners))
            if name_key(term.name) in self._owners:
                return
        row = self._best_owner(term)
        if row is None:
            self._terms.append(term)
            self._own(len(self._terms) - 1, names_of(term))
        elif _compatible(self._terms[row], term):
            self.add_names(row, term)
        elif name_key(term.name) not in self._owners:
            # An abbreviation that stands for two things must not make the two one.
            self._terms.append(term)
            self._own(len(self._terms) - 1, names_of(term))

    def _best_owner(self, term: Term, alike: bool = False) -> int | None:
        """The compatible term with most of its names, its first name counting most; else any that has one.

        Args:
            alike: one shared name is enough only if it is the term's own, or if one's Chinese name is part of the other's.
        """
        shared: dict[int, float] = {}
        for place, name in enumerate(names_of(term)):
            for row in self._owners.get(name_key(name), ()):
                if name_key(term.name) in {name_key(n) for n in self._terms[row].distinct}:
                    continue
                shared[row] = shared.get(row, 0.0) + (1.5 if place == 0 else 1.0)
        if alike:
            shared = {r: n for r, n in shared.items() if n >= 1.5 or _contains(self._terms[r], term)}
        if not shared:
            return None
        return max(shared, key=lambda row: (_compatible(self._terms[row], term), shared[row], -row))

    def terms(self) -> tuple[Term, ...]:
        """The terms, names settled: what the notes introduce takes a name from what only the lexicon knows."""
        introduced = {i for i, term in enumerate(self._terms) if term.origin != "lexicon"}
        for name, rows in self._owners.items():
            here = [r for r in rows if name in {name_key(n) for n in names_of(self._terms[r])}]
            if len(here) > 1 and introduced.intersection(here):
                for row in set(here) - introduced:
                    if name_key(self._terms[row].name) != name:
                        self._terms[row] = without_names(self._terms[row], {name})
        return tuple(self._terms)


def without_names(term: Term, keys: set[str]) -> Term:
    """The term without some folded names; its own name stays."""
    return replace(
        term,
        aliases=tuple(n for n in term.aliases if name_key(n) not in keys),
        english=tuple(n for n in term.english if name_key(n) not in keys),
    )


def _under_name(held: Term, term: Term) -> Term:
    """A lexicon entry under the name that people registered, less the names that they say mean something else."""
    renamed = without_names(held, {name_key(term.name), *(name_key(name) for name in term.distinct)})
    if name_key(held.name) != name_key(term.name) and name_key(held.name) not in {
        name_key(name) for name in term.distinct
    }:
        latin = all(ord(c) < 0x3000 for c in held.name)
        renamed = replace(
            renamed,
            aliases=renamed.aliases if latin else (held.name, *renamed.aliases),
            english=(held.name, *renamed.english) if latin else renamed.english,
        )
    return replace(
        renamed, name=term.name, definition=term.definition, formula=term.formula, source=term.source,
        confusable=term.confusable, related=term.related, distinct=term.distinct, origin=term.origin, sure=term.sure,
    )  # fmt: skip


def _enriched(held: Term, term: Term, fresh: Iterable[str]) -> Term:
    """A term with further names and with what a finding says that was not known."""
    names = list(fresh)
    latin = {name for name in names if all(ord(c) < 0x3000 for c in name)}
    introduces = held.origin == "lexicon" and term.origin != "phrase"
    return replace(
        held,
        aliases=(*held.aliases, *(n for n in names if n not in latin)),
        english=(*held.english, *(n for n in names if n in latin)),
        definition=held.definition or term.definition,
        formula=held.formula or term.formula,
        source=held.source or term.source,
        confusable=tuple(dict.fromkeys((*held.confusable, *term.confusable))),
        related=tuple(dict.fromkeys((*held.related, *term.related))),
        origin=term.origin if introduces else held.origin,
        sure=term.sure if introduces else held.sure,
    )


def _contains(held: Term, term: Term) -> bool:
    ours = [name_key(n) for n in (held.name, *held.aliases)]
    theirs = [name_key(n) for n in (term.name, *term.aliases)]
    return any(a in b or b in a for a in ours for b in theirs)


def _compatible(held: Term, term: Term) -> bool:
    """Two Chinese names of one thing share a character; those of two things with one abbreviation rarely do."""
    ours = {c for name in names_of(held) for c in name_key(name) if "\u3400" <= c <= "\u9fff"}
    theirs = {c for name in names_of(term) for c in name_key(name) if "\u3400" <= c <= "\u9fff"}
    return not ours or not theirs or bool(ours & theirs)
