"""A course is everything that a learner needs of one generation of the index: the path, the cards, the quiz.

Made once a generation, when the first learner opens the tab, and kept. The quiz takes longest and is made when the first
question is wanted, so that the path shows at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Mapping
from threading import Lock
from typing import TYPE_CHECKING

from kbqa.onboarding.cards import Cards
from kbqa.onboarding.path import LearningPath, Step, learning_path
from kbqa.onboarding.quiz import QuizItem, quiz_items
from kbqa.types import Document

if TYPE_CHECKING:
    from kbqa.indexing.store import Manifest
    from kbqa.knowledge import KnowledgeBase

ROUND = 5
"""Items of one quiz: long enough to show a gap, short enough to start."""


class Course:
    """Path, cards and quiz over one generation."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.path: LearningPath = learning_path(kb)
        self.steps: dict[str, Step] = {step.doc_id: step for step in self.path.steps}
        self.cards = Cards(kb)
        self.documents: dict[str, Document] = {doc_id: kb.document(doc_id) for doc_id in self.steps}
        self._kb = kb
        self._lock = Lock()
        self._items: dict[str, QuizItem] | None = None

    @property
    def items(self) -> Mapping[str, QuizItem]:
        """item_id → item; the first call makes them all."""
        with self._lock:
            if self._items is None:
                self._items = {item.item_id: item for item in quiz_items(self._kb) if self._fits(item)}
            return self._items

    def _fits(self, item: QuizItem) -> bool:
        """Whether an item is of this course's notes: the index may have been renewed since."""
        quote = item.citation
        document = self.documents.get(quote.doc_id)
        return document is not None and document.text[quote.start : quote.end] == quote.quote

    def items_of(self, doc_id: str) -> tuple[QuizItem, ...]:
        """The items that quote a note, on its terms in the order of the lesson, then on passages only."""
        own = [item for item in self.items.values() if item.citation.doc_id == doc_id]
        place = {name: i for i, name in enumerate(self.steps[doc_id].terms)} if own else {}
        return tuple(sorted(own, key=lambda item: place.get(item.term, len(place))))

    def round_of(self, doc_id: str, answered: Container[str], size: int = ROUND) -> tuple[QuizItem, ...]:
        """The next items on a note that were never answered, spread over its terms and the kinds of question.

        Args:
            answered: ids of the items that the learner has seen.
        """
        fresh = []
        terms: Counter[str] = Counter()
        kinds: Counter[str] = Counter()
        for item in self.items_of(doc_id):
            if item.item_id in answered:
                terms[item.term] += 1
            else:
                fresh.append(item)
        chosen: list[QuizItem] = []
        while fresh and len(chosen) < size:
            item = min(fresh, key=lambda item: (terms[item.term], kinds[item.kind]))
            fresh.remove(item)
            chosen.append(item)
            terms[item.term] += 1
            kinds[item.kind] += 1
        return tuple(chosen)

    def next_step(self, done: Collection[str]) -> Step | None:
        """The first step that is not done; None at the end."""
        return next((step for step in self.path.steps if step.doc_id not in done), None)


class Courses:
    """The course over the index in use, made anew after `KnowledgeBase.refresh` brought another."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._lock = Lock()
        self._made: tuple[Manifest, Course] | None = None

    def current(self) -> Course:
        """The course; the first call takes a moment, and learners who come meanwhile wait for it."""
        with self._lock:
            while self._made is None or self._made[0] is not self._kb.info():
                manifest = self._kb.info()  # if the index is changed meanwhile, the loop makes it again
                self._made = manifest, Course(self._kb)
            return self._made[1]
