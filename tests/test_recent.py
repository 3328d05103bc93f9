"""Vectors of passages that were encoded lately."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from kbqa.indexing.encoder import Vectors, load_encoder
from kbqa.indexing.recent import RecentVectors

TEXTS = ["积分是什么", "转化率怎么算", "", "留存 retention"]


class Counting:
    """The embedded model, with what it was asked to encode."""

    def __init__(self) -> None:
        self.model = load_encoder()
        self.asked: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return self.model.encode_passages(texts)


def test_values_are_those_of_the_encoder_and_each_is_computed_once() -> None:
    encoder = Counting()
    recent = RecentVectors(encoder)  # type: ignore[arg-type]
    expected = encoder.model.encode_passages([*TEXTS, TEXTS[0]])
    for _ in range(2):
        assert np.array_equal(recent.encode_passages([*TEXTS, TEXTS[0]]), expected)
    assert encoder.asked == TEXTS
    assert recent.encode_passages([]).shape == (0, encoder.model.dimension)


def test_the_oldest_go_first() -> None:
    encoder = Counting()
    recent = RecentVectors(encoder, kept=2)  # type: ignore[arg-type]
    for text in (*TEXTS[:3], TEXTS[2], TEXTS[0]):
        recent.encode_passages([text])
    assert encoder.asked == [*TEXTS[:3], TEXTS[0]]


def test_many_ask_at_once() -> None:
    """With so little kept that they push out each other's."""
    recent = RecentVectors(load_encoder(), kept=5)
    texts = [f"第 {n} 句话" for n in range(40)]
    expected = load_encoder().encode_passages(texts)
    wrong: list[int] = []

    def ask(start: int) -> None:
        for n in range(60):
            at = (start + 7 * n) % 36
            if not np.array_equal(recent.encode_passages(texts[at : at + 4]), expected[at : at + 4]):
                wrong.append(at)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
