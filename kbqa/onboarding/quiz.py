"""The door of the quiz: items that the notes give, made by rules, without a language model."""

from __future__ import annotations

from collections.abc import Iterable

from kbqa.knowledge import KnowledgeBase
from kbqa.onboarding.definitions import definition_items
from kbqa.onboarding.formulas import formula_items
from kbqa.onboarding.items import Kind, QuizItem
from kbqa.onboarding.material import Material
from kbqa.onboarding.numbers import number_items
from kbqa.onboarding.odd import odd_items
from kbqa.onboarding.orders import order_items

__all__ = ["Kind", "QuizItem", "quiz_items"]


def quiz_items(kb: KnowledgeBase, terms: Iterable[str] | None = None) -> tuple[QuizItem, ...]:
    """All items that the notes give, or those about some terms, in a stable order.

    Args:
        terms: names of glossary terms; items about a passage only have no term and are left out then.
    """
    wanted = None if terms is None else frozenset(terms)
    material = Material.of(kb)
    items = (
        *definition_items(material),
        *order_items(material),
        *odd_items(material),
        *formula_items(material),
        *number_items(material),
    )
    unique = {item.item_id: item for item in items if wanted is None or item.term in wanted}
    return tuple(unique.values())
