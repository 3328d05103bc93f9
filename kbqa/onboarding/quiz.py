"""The door of the quiz: items that the notes give, made by rules, without a language model."""

from __future__ import annotations

from collections.abc import Iterable

from kbqa.knowledge import KnowledgeBase
from kbqa.onboarding.definitions import definition_items
from kbqa.onboarding.items import Kind, QuizItem
from kbqa.onboarding.meanings import meanings

__all__ = ["Kind", "QuizItem", "quiz_items"]


def quiz_items(kb: KnowledgeBase, terms: Iterable[str] | None = None) -> tuple[QuizItem, ...]:
    """All items that the notes give, or those about some terms, in a stable order.

    Args:
        terms: names of glossary terms; items about a passage only have no term and are left out then.
    """
    wanted = None if terms is None else frozenset(terms)
    items = (*definition_items(meanings(kb)),)
    unique = {item.item_id: item for item in items if wanted is None or item.term in wanted}
    return tuple(unique.values())
