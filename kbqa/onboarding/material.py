"""What the notes hold for a quiz, read once: their terms' meanings, their lists, and which term a passage is about."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from kbqa.knowledge import KnowledgeBase
from kbqa.onboarding.meanings import Meaning, meanings
from kbqa.onboarding.series import Series, series_of
from kbqa.terms.glossary import introduced, name_key, names_of
from kbqa.types import Document, Term


@dataclass(frozen=True)
class Material:
    """All that items are made from.

    Attributes:
        defined: doc_id → folded name → name of the term that the note defines.
    """

    documents: tuple[Document, ...]
    terms: tuple[Term, ...]
    meanings: tuple[Meaning, ...]
    series: tuple[Series, ...]
    defined: dict[str, dict[str, str]]

    @classmethod
    def of(cls, kb: KnowledgeBase) -> Material:
        documents = tuple(kb.document(doc_id) for doc_id in kb.doc_ids)
        defined: dict[str, dict[str, str]] = {}
        for term in kb.terms:
            if term.definition and introduced(term):
                own = defined.setdefault(term.definition[0], {})
                own.update({name_key(name): term.name for name in names_of(term) if len(name) > 1})
        listed = tuple(one for document in documents for one in series_of(document))
        return cls(documents, tuple(filter(introduced, kb.terms)), meanings(kb), listed, defined)

    @cached_property
    def _by_id(self) -> dict[str, Document]:
        return {document.doc_id: document for document in self.documents}

    def document(self, doc_id: str) -> Document:
        return self._by_id[doc_id]

    @cached_property
    def common(self) -> frozenset[str]:
        """Characters that one explanation in twenty has."""
        counts = Counter(char for meaning in self.meanings for char in set(meaning.text))
        return frozenset(char for char, count in counts.items() if 20 * count >= len(self.meanings))

    @cached_property
    def kinds(self) -> frozenset[tuple[str, str]]:
        """Names of two terms of which one may be a kind or a part of the other.

        The notes list it under a heading that names the other, or define it in a note that the other gives its title.
        """
        keys = {key: meaning for meaning in self.meanings for key in meaning.keys if len(key) > 1}
        pairs = set()
        for one in self.series:
            heading = name_key(one.heading)
            members = {keys[key].term.name for member in one.members if (key := name_key(member)) in keys}
            over = {meaning.term.name for key, meaning in keys.items() if key in heading} if members else set()
            pairs |= {(name, member) for name in over - members for member in members}
        for meaning in self.meanings:
            titles = (keys.get(name_key(name)) for name in (meaning.document.title, *meaning.document.aliases))
            over = {title.term.name for title in titles if title and not title.confusable & meaning.keys}
            pairs |= {(name, meaning.term.name) for name in over - {meaning.term.name}}
        return frozenset(pairs)

    def subject(self, document: Document, *texts: str) -> str:
        """The name of the term that a passage is about: one that its note defines and that its headings or its title name.

        Args:
            texts: where to look, the nearest to the passage first.
        """
        own = self.defined.get(document.doc_id, {})
        for text in (*texts, document.title, *document.aliases):
            key = name_key(text)
            if found := [name for name in own if name in key]:
                return own[max(found, key=lambda name: (len(name), -key.index(name), name))]
        return ""

    @cached_property
    def _by_note(self) -> dict[str, list[Meaning]]:
        notes: dict[str, list[Meaning]] = {}
        for meaning in self.meanings:
            notes.setdefault(meaning.document.doc_id, []).append(meaning)
        return notes

    def defining(self, one: Series) -> str:
        """The name of the term whose definition lists a series; empty if it stands elsewhere."""
        start, end = one.span
        for meaning in self._by_note.get(one.document.doc_id, ()):
            _, first, last = meaning.place
            if start <= first < last <= end and all(member in meaning.text for member in one.members):
                return meaning.term.name
        return ""
