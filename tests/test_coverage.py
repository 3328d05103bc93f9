"""How much of a question a text covers, and how far the question's words can be trusted; worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from kbqa.retrieval.coverage import Coverage, Idea, Wording
from kbqa.retrieval.search import _weighted

IDS = {"=ltv": 0, "怎么算": 1, "公式": 2}
IDF = {0: 3.0, 1: 1.0, 2: 2.0}
RAREST = 4.0


def coverage(*ideas: Idea) -> Coverage:
    return Coverage(ideas, IDS, IDF.__getitem__, RAREST)


def test_weights_are_importance_times_rarity() -> None:
    """A term of importance 1.5 and IDF 3, a word of 1 and 1: 4.5 and 1 of 5.5."""
    found = coverage(Idea(1.5, (Wording(("=ltv",)),), 1.5), Idea(1.0, (Wording(("怎么算",)),), 1.0))
    assert found.weights == pytest.approx([4.5 / 5.5, 1 / 5.5])
    assert found.of({"=ltv"}) == pytest.approx(4.5 / 5.5) and found.of({"怎么算", "=ltv"}) == pytest.approx(1)
    assert found.missing == 0 and found.spoken == 1


def test_an_idea_counts_by_its_commonest_wording() -> None:
    """Its weight is that of the wording the notes have most of; a wording for less gives less."""
    found = coverage(Idea(1.0, (Wording(("公式",)), Wording(("怎么算",), 0.8)), 1.0))
    assert found.weights == [1.0] and found.of({"怎么算"}) == pytest.approx(0.8)


def test_what_the_notes_have_no_word_for() -> None:
    """It weighs as much as the rarest word times its importance when missing, and lowers what is spoken of."""
    found = coverage(Idea(1.5, (Wording(("=ltv",)),), 1.5), Idea(1.0, (Wording(("panthers",)),), 0.2))
    assert found.missing == pytest.approx(0.8 / 5.3)
    assert found.spoken == pytest.approx(1.5 / 2.5)
    assert coverage(Idea(1.0, (Wording(("panthers",)),), 0.2)).spoken == 0
    assert coverage().spoken == 0 and coverage().of(set()) == 0


def test_meaning_counts_more_the_less_is_spoken_of() -> None:
    """Two passages, one alike in words and one in meaning: the order turns with the trust in words."""
    weights = {"lexical": 0.5, "dense": 0.7}
    parts = {"lexical": np.array([0.3, 0.0], np.float32), "dense": np.array([0.2, 0.33], np.float32)}
    for spoken, english, best in ((1.0, False, 0), (1.0, True, 0), (0.0, False, 1), (0.0, True, 1)):
        assert np.argmax(_weighted(weights, parts, spoken, english)) == best
    parts["dense"][1] = 0.226
    assert (
        np.argmax(_weighted(weights, parts, 0.0, False)) == 0 and np.argmax(_weighted(weights, parts, 0.0, True)) == 1
    )
    assert _weighted(weights, parts, 1.0, False)[0] == pytest.approx(0.3 * 0.5 + 0.2 * 0.7)
    assert _weighted(weights, parts, 0.5, False)[0] > _weighted(weights, parts, 1.0, False)[0]


def test_what_notes_may_write_instead() -> None:
    """It stands for the word where the notes lack that, and for half of it where they have it."""
    lacked = Idea(1.0, (Wording(("冷清",)),), 1.0, near=(Wording(("公式",), 0.8),))
    known = Idea(1.0, (Wording(("怎么算",)),), 1.0, near=(Wording(("公式",), 0.8),))
    assert coverage(lacked).of({"公式"}) == pytest.approx(0.8) and coverage(lacked).missing == 0
    assert coverage(known).of({"公式"}) == pytest.approx(0.4) and coverage(known).of({"怎么算"}) == pytest.approx(1)
    assert coverage(known).tokens == ["公式", "怎么算"]


def test_ideas_of_many_texts_at_once() -> None:
    """A row an idea; together they give what `of` gives for each text."""
    found = coverage(Idea(1.5, (Wording(("=ltv",)),), 1.5), Idea(1.0, (Wording(("怎么算", "公式")),), 1.0))
    here = {"=ltv": np.array([True, False]), "怎么算": np.array([True, True]), "公式": np.array([False, True])}
    shares = found.of_rows(here, 2)
    assert shares.tolist() == [[1.0, 0.0], [0.5, 1.0]]
    assert found.together(shares).tolist() == pytest.approx(
        [found.of({"=ltv", "怎么算"}), found.of({"怎么算", "公式"})]
    )
