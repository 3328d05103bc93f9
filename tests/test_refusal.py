"""How well a system knows when to refuse: by hand, against scikit-learn and against counting out."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from kbqa.evaluation.refusal import aurc, auroc, refusal_recall_at, risk_coverage


def drawn(seed: int, size: int = 60) -> tuple[list[float], list[bool]]:
    """Confidences with many ties, higher for answerable questions."""
    draw = Random(seed)
    kinds = [draw.random() < 0.6 for _ in range(size)]
    return [round(draw.random() * (1 if kind else 0.7), 1) for kind in kinds], kinds


# --- AUROC ------------------------------------------------------------------------------------------------------------


def test_auroc_of_a_hand_worked_case() -> None:
    """Six pairs: 0.9 is above both, 0.5 above one and level with one, 0.2 below one and level with one."""
    assert auroc([0.9, 0.5, 0.2, 0.5, 0.2], [True, True, True, False, False]) == pytest.approx((2 + 1.5 + 0.5) / 6)


@pytest.mark.parametrize(
    ("confidence", "expected"), [([0.9, 0.8, 0.2, 0.1], 1.0), ([0.1, 0.2, 0.8, 0.9], 0.0), ([0.5] * 4, 0.5)]
)
def test_auroc_at_its_ends(confidence: list[float], expected: float) -> None:
    """Parted, parted the wrong way round, all the same."""
    assert auroc(confidence, [True, True, False, False]) == expected


@pytest.mark.parametrize("kinds", [[], [True, True], [False]])
def test_auroc_without_two_kinds_is_a_coin_toss(kinds: list[bool]) -> None:
    """There is no pair to compare."""
    assert auroc([0.9] * len(kinds), kinds) == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_auroc_against_scikit_learn(seed: int) -> None:
    """Ties among and between the kinds."""
    confidence, kinds = drawn(seed)
    assert auroc(confidence, kinds) == pytest.approx(roc_auc_score(kinds, confidence))


# --- risk against coverage --------------------------------------------------------------------------------------------


def test_risk_coverage_of_a_hand_worked_case() -> None:
    """Three thresholds: 0.9 alone; with the two of 0.5, whatever their order; all four."""
    for wrong, order in (([0.0, 1.0, 0.5, 1.0], [0.9, 0.5, 0.5, 0.1]), ([1.0, 0.5, 0.0, 1.0], [0.5, 0.5, 0.9, 0.1])):
        coverage, risk = risk_coverage(order, wrong)
        assert coverage.tolist() == [0.25, 0.75, 1.0]
        assert risk.tolist() == pytest.approx([0.0, 1.5 / 3, 2.5 / 4])


def test_equal_confidences_are_one_point() -> None:
    """No threshold answers one of them without the other."""
    coverage, risk = risk_coverage([0.4, 0.4], [0.0, 1.0])
    assert (coverage.tolist(), risk.tolist()) == ([1.0], [0.5])


def test_nothing_answered_has_no_curve() -> None:
    """And no area under it."""
    coverage, risk = risk_coverage([], [])
    assert coverage.size == risk.size == 0 and aurc([], []) == 0


@pytest.mark.parametrize("seed", range(5))
def test_risk_coverage_against_every_threshold(seed: int) -> None:
    """Each threshold counted out, the highest first."""
    confidence, kinds = drawn(seed)
    wrong = [Random(seed + i).choice([0.0, 0.5, 1.0]) if kind else 1.0 for i, kind in enumerate(kinds)]
    expected = []
    for threshold in sorted(set(confidence), reverse=True):
        answered = [loss for sure, loss in zip(confidence, wrong, strict=True) if sure >= threshold]
        expected.append((len(answered) / len(wrong), sum(answered) / len(answered)))
    points = [pair for pair in zip(*risk_coverage(confidence, wrong), strict=True)]
    assert np.array(points) == pytest.approx(np.array(expected))


# --- the area ---------------------------------------------------------------------------------------------------------


def test_aurc_of_a_hand_worked_case() -> None:
    """Risks 0, 0.5, 1/3, 0.5 after each of four questions, a quarter of the width each."""
    assert aurc([0.9, 0.8, 0.7, 0.6], [0, 1, 0, 1]) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_aurc_with_ties_takes_the_mean_risk_over_their_width() -> None:
    """All level: the risk of answering everything, whatever the order."""
    assert aurc([0.5] * 4, [1, 0, 0, 0]) == aurc([0.5] * 4, [0, 0, 0, 1]) == 0.25


def test_a_better_order_has_a_smaller_area() -> None:
    """Right ones first is the least of all orders, wrong ones first the most."""
    wrong = [0.0, 0.0, 0.5, 1.0]
    areas = {order: aurc(order, wrong) for order in product((0.1, 0.2, 0.3, 0.4), repeat=4) if len(set(order)) == 4}
    assert min(areas, key=areas.__getitem__) in {(0.4, 0.3, 0.2, 0.1), (0.3, 0.4, 0.2, 0.1)}
    assert max(areas, key=areas.__getitem__) in {(0.1, 0.2, 0.3, 0.4), (0.2, 0.1, 0.3, 0.4)}


def test_aurc_counts_wrong_answers_only() -> None:
    """All right is 0, all wrong is 1."""
    assert aurc([0.3, 0.2, 0.3], [0, 0, 0]) == 0 and aurc([0.3, 0.2, 0.3], [1, 1, 1]) == pytest.approx(1)


# --- refusals at a price ----------------------------------------------------------------------------------------------


def test_refusal_recall_of_a_hand_worked_case() -> None:
    """Twenty answerable at 0.05, 0.10 … 1: one may be lost, so all below 0.10 are refused; 0.10 itself is answered."""
    answerable = [0.05 * (i + 1) for i in range(20)]
    confidence = [*answerable, 0.01, 0.06, answerable[1], 0.5]
    kinds = [True] * 20 + [False] * 4
    assert refusal_recall_at(confidence, kinds) == 0.5
    assert refusal_recall_at(confidence, kinds, 0.0) == 0.25
    assert refusal_recall_at(confidence, kinds, 0.45) == 0.75  # nine may be lost; 0.5, the tenth, is answered


def test_nineteen_questions_may_lose_none_at_five_percent() -> None:
    """At most is at most: 1 of 19 would be 5.3 %."""
    confidence = [0.1, *[0.9] * 18, 0.05, 0.5]
    assert refusal_recall_at(confidence, [True] * 19 + [False] * 2) == 0.5
    assert refusal_recall_at([0.1, *[0.9] * 19, 0.05, 0.5], [True] * 20 + [False] * 2) == 1.0


def test_ties_at_the_threshold_are_answered() -> None:
    """Refusing one of three equal questions would refuse all."""
    confidence = [*[0.2] * 3, *[0.9] * 17, 0.1, 0.2, 0.3]
    assert refusal_recall_at(confidence, [True] * 20 + [False] * 3) == pytest.approx(1 / 3)


@pytest.mark.parametrize("kinds", [[], [True, True], [False]])
def test_refusal_recall_without_two_kinds(kinds: list[bool]) -> None:
    """Nothing was refused."""
    assert refusal_recall_at([0.9] * len(kinds), kinds) == 0.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 0.5])
def test_refusal_recall_against_every_threshold(seed: int, share: float) -> None:
    """The most that any threshold refuses that loses no more than it may."""
    confidence, kinds = drawn(seed)
    yes, no = ([c for c, kind in zip(confidence, kinds, strict=True) if kind is which] for which in (True, False))
    kept = [t for t in [0.0, *confidence, 2.0] if sum(c < t for c in yes) <= share * len(yes)]
    expected = max(sum(c < t for c in no) for t in kept) / len(no)
    assert refusal_recall_at(confidence, kinds, share) == pytest.approx(expected)


def test_all_may_be_lost() -> None:
    """Then everything may be refused."""
    assert refusal_recall_at([0.9, 0.1], [True, False], 1.0) == 1.0
