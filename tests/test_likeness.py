"""Words of passages against words of questions, by vectors that are given by hand."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from kbqa import KnowledgeBase
from kbqa.indexing.index import Index
from kbqa.indexing.lexical import TokenRows, Vocabulary
from kbqa.indexing.word_vectors import DIMENSIONS, WordVectors
from kbqa.retrieval.coverage import Idea, Wording
from kbqa.retrieval.likeness import likeness
from kbqa.retrieval.question import Question

ANGLES = {"热": 0.0, "暖": 30.0, "冷": 90.0, "店": 180.0, "铺": 190.0}


class ByAngle:
    """Words as directions in a plane; counts what it is asked."""

    dimension = 2
    digest = "angles"
    light = True

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += texts
        angles = np.radians([ANGLES.get(text, 0.0) for text in texts])
        known = np.array([text in ANGLES for text in texts], np.float32)
        return (np.stack([np.cos(angles), np.sin(angles)], axis=1) * 3 * known[:, None]).astype(np.float32)

    encode_queries = encode_passages


def index_of(*passages: Sequence[str]) -> Index:
    """An index with one sentence a passage and no headings; only what likeness looks at."""
    vocabulary = Vocabulary(sorted({word for words in passages for word in words} | {"=店"}))
    rows = TokenRows.from_lists([[vocabulary.ids[word] for word in words] for words in passages])
    return cast(
        Index,
        SimpleNamespace(
            words=WordVectors(cast(Any, ByAngle()), vocabulary),
            sentences=SimpleNamespace(tokens=rows, of_chunk=lambda row: range(row, row + 1)),
            headings=TokenRows.from_lists([[]]),
            chunks=SimpleNamespace(places=np.zeros((len(passages), 5), np.int32)),
        ),
    )


def asking(*words: str) -> Question:
    ideas = tuple(Idea(1.0, (Wording((word,)),), 1.0) for word in words)
    return cast(Question, SimpleNamespace(ideas=ideas))


def test_the_nearest_word_counts() -> None:
    """cos 30° is 0.866; of what is above a quarter that is 0.821."""
    index = index_of(["冷", "暖"], ["冷", "店"], ["热"])
    alike = likeness(index, asking("热"), np.zeros((1, 3), np.float32), [1.0], [0, 1, 2])
    assert alike.tolist() == pytest.approx([(0.8660 - 0.25) / 0.75, 0.0, 1.0], abs=2e-3)


def test_ideas_are_summed_by_their_weights() -> None:
    """Each by the better of its nearest word and what the passage covers anyway."""
    index = index_of(["暖", "铺"], ["店"])
    covered = np.array([[0.0, 0.5], [0.0, 0.0]], np.float32)
    warm, shop = (0.8660 - 0.25) / 0.75, (0.9848 - 0.25) / 0.75
    alike = likeness(index, asking("热", "=店"), covered, [0.75, 0.25], [0, 1])
    assert alike.tolist() == pytest.approx([0.75 * warm + 0.25 * shop, 0.75 * 0.5 + 0.25], abs=2e-3)


def test_rows_in_any_order_and_none() -> None:
    index = index_of(["暖"], ["热"], ["冷"])
    covered = np.zeros((1, 2), np.float32)
    forth, back = (likeness(index, asking("热"), covered, [1.0], rows) for rows in ([0, 1], [1, 0]))
    assert forth.tolist() == back[::-1].tolist()
    assert likeness(index, asking("热"), covered[:, :0], [1.0], []).shape == (0,)
    assert likeness(index, asking(), np.zeros((0, 2), np.float32), [], [0, 1]).tolist() == [0.0, 0.0]


def test_a_word_is_encoded_once() -> None:
    """By its name where it is a concept; an unknown one is like nothing."""
    encoder = ByAngle()
    words = WordVectors(cast(Any, encoder), Vocabulary(["=店", "热", "谜"]))
    first, again = words.of(np.array([1, 0])), words.of(np.array([0, 1, 2]))
    assert encoder.asked == ["热", "店", "谜"]
    assert np.linalg.norm(first, axis=1) == pytest.approx(1, abs=1e-3) and (first[::-1] == again[:2]).all()
    assert not again[2].any()


def test_of_the_embedded_model_the_first_dimensions_are_used(kb: KnowledgeBase) -> None:
    """Words of like meaning are closer than others there, too."""
    a, b, c = kb._index.words.encode(["顾客", "客户", "海报"])
    assert a.shape == (DIMENSIONS,) and a @ b > 0.3 > a @ c
