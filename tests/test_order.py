"""Ordering by need: hand-worked cases, rings among them."""

from __future__ import annotations

from graphlib import CycleError

import pytest

from kbqa.onboarding.order import depths, in_order, reduced, without_rings


def alphabet(item: str) -> str:
    return item


def test_needs_come_first_and_ties_follow_the_key() -> None:
    """`a` needs `z`, so `z` goes before it though its key is the largest; `b` and `c` wait for nobody."""
    assert in_order({"a": ["z"], "b": [], "c": [], "z": []}, alphabet) == ("b", "c", "z", "a")


def test_the_key_decides_as_soon_as_something_is_ready() -> None:
    """`b` becomes ready after `y` and goes before `z`, which was ready from the start."""
    assert in_order({"b": ["y"], "y": [], "z": []}, alphabet) == ("y", "b", "z")


def test_a_ring_is_an_error_of_the_order() -> None:
    with pytest.raises(CycleError):
        in_order({"a": ["b"], "b": ["a"]}, alphabet)


def test_a_ring_is_cut_at_its_smallest_item() -> None:
    """c needs b, b needs a, a needs c: `a` is read without `c`, the rest keeps its order."""
    needs, rings = without_rings({"c": ["b"], "b": ["a"], "a": ["c"]}, alphabet)
    assert rings == (("a", "b", "c"),)
    assert needs == {"a": (), "b": ("a",), "c": ("b",)}


def test_two_rings_with_one_item_in_common_are_both_named() -> None:
    """a↔b and b↔c: each is cut once, and nothing else is lost."""
    needs, rings = without_rings({"a": ["b"], "b": ["a", "c"], "c": ["b"], "d": ["c"]}, alphabet)
    assert sorted(rings) == [("a", "b"), ("b", "c")]
    assert needs == {"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}
    assert in_order(needs, alphabet) == ("a", "b", "c", "d")


def test_the_order_of_the_input_does_not_matter() -> None:
    needs = {"a": ["c", "b"], "b": ["d"], "c": ["d", "a"], "d": ["b"]}
    turned = {item: list(reversed(needs[item])) for item in reversed(needs)}
    assert without_rings(needs, alphabet) == without_rings(turned, alphabet)


def test_what_needs_itself_or_a_stranger_needs_nothing() -> None:
    assert without_rings({"a": ["a", "elsewhere"]}, alphabet) == ({"a": ()}, ())


def test_depth_is_the_longest_way() -> None:
    """d needs a directly and over b and c: three stand in front of it."""
    needs = {"a": [], "b": ["a"], "c": ["b"], "d": ["a", "c"]}
    assert depths(needs, alphabet, {}) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_a_least_depth_moves_what_stands_behind_it() -> None:
    assert depths({"a": [], "b": ["a"], "c": []}, alphabet, {"a": 2}) == {"a": 2, "b": 3, "c": 0}


def test_only_needs_that_do_not_follow_are_drawn() -> None:
    needs = {"a": [], "b": ["a"], "c": ["b"], "d": ["a", "b", "c"]}
    assert reduced(needs, alphabet) == {"a": (), "b": ("a",), "c": ("b",), "d": ("c",)}
