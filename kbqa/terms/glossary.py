"""The glossary: terms with their other names, and colloquial wording with what the notes call it.

It is merged from our lexicon (`lexicon.yaml`, written by people) and what the notes themselves say (`mining`), stored with
the index, and used wherever words are matched. Names are compared folded.
"""

from __future__ import annotations

import hashlib
import json
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


def names_of(term: Term) -> tuple[str, ...]:
    """Everything a term is called, its name first."""
    return (term.name, *term.aliases, *term.english)


def merge(base: Sequence[Term], mined: Sequence[Term]) -> tuple[Term, ...]:
    """Join mined terms into the base where they share a name; people's entries win, the notes add to them.

    A mined term that shares names with two base terms joins the first only: an abbreviation that stands for two things
    must not make the two one.
    """
    merged: list[Term] = list(base)
    owner = {fold(name): i for i, term in enumerate(merged) for name in reversed(names_of(term))}
    for term in mined:
        keys = [fold(name) for name in names_of(term)]
        known = next((owner[key] for key in keys if key in owner), None)
        if known is None or not _compatible(merged[known], term):
            if known is None:
                for key in keys:
                    owner.setdefault(key, len(merged))
                merged.append(term)
            continue
        fresh = [name for name in names_of(term) if fold(name) not in owner]
        for name in fresh:
            owner[fold(name)] = known
        held = merged[known]
        merged[known] = replace(held, aliases=(*held.aliases, *fresh), definition=held.definition or term.definition)
    return tuple(merged)


def _compatible(held: Term, term: Term) -> bool:
    """Two Chinese names of one thing share a character; those of two things with one abbreviation rarely do."""
    ours = {c for name in names_of(held) for c in fold(name) if "\u3400" <= c <= "\u9fff"}
    theirs = {c for name in names_of(term) for c in fold(name) if "\u3400" <= c <= "\u9fff"}
    return not ours or not theirs or bool(ours & theirs)
