"""BM25F against the formula worked in plain Python."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kbqa.indexing import lexical
from kbqa.indexing.lexical import LexicalIndex, TokenRows, Vocabulary, idf, length_factor, saturate

Rows = Sequence[Sequence[int]]

# Three chunks over five tokens; only the third has a heading with a token that no text has.
TEXT: Rows = [[0, 1, 1], [1, 2], [2, 2, 2, 3]]
HEADING: Rows = [[0], [], [4]]


def build(text: Rows, heading: Rows, vocabulary: int) -> LexicalIndex:
    return LexicalIndex.build(TokenRows.from_lists(text), TokenRows.from_lists(heading), vocabulary)


def bm25f(text: Rows, heading: Rows, token: int, chunk: int) -> float:
    """One token's score for one chunk, by loops: the oracle."""
    size = len(text)
    mean_text = sum(map(len, text)) / size
    mean_heading = sum(map(len, heading)) / size
    frequency = sum(token in text[i] or token in heading[i] for i in range(size))
    tf = list(text[chunk]).count(token) / (1 - lexical.B_TEXT + lexical.B_TEXT * len(text[chunk]) / mean_text)
    if mean_heading:
        norm = 1 - lexical.B_HEADING + lexical.B_HEADING * len(heading[chunk]) / mean_heading
        tf += lexical.HEADING_WEIGHT * list(heading[chunk]).count(token) / norm
    rarity = math.log(1 + (size - frequency + 0.5) / (frequency + 0.5))
    return rarity * tf * (lexical.K1 + 1) / (lexical.K1 + tf)


def test_scores_of_a_hand_worked_example() -> None:
    """Every token's score for every chunk is the formula's."""
    index = build(TEXT, HEADING, 5)
    for token in range(5):
        expected = [bm25f(TEXT, HEADING, token, chunk) for chunk in range(3)]
        np.testing.assert_allclose(index.scores({token: 1.0}), expected, rtol=1e-6)
    assert index.frequency.tolist() == [1, 2, 2, 1, 1]
    assert index.indptr.tolist() == [0, 1, 3, 5, 6, 7]
    assert index.chunks.tolist() == [0, 0, 1, 1, 2, 2, 2]


def test_one_occurrence_in_a_chunk_of_average_length_scores_its_idf() -> None:
    """Saturation of 1 is 1 whatever k₁: ln(1 + 2.5/1.5) for one of three chunks."""
    index = build([[0], [1], [2]], [[], [], []], 3)
    np.testing.assert_allclose(index.scores({0: 1.0}), [math.log(8 / 3), 0, 0], rtol=1e-6)


def test_random_rows_agree_with_the_formula() -> None:
    """Fifty chunks, repeated tokens, empty texts and empty headings among them."""
    dice = random.Random(7)
    text = [[dice.randrange(30) for _ in range(dice.randrange(20))] for _ in range(50)]
    heading = [[dice.randrange(30) for _ in range(dice.randrange(4))] for _ in range(50)]
    index = build(text, heading, 31)
    query = {3: 1.5, 11: 1.0, 29: 0.25}
    expected = [sum(w * bm25f(text, heading, t, chunk) for t, w in query.items()) for chunk in range(50)]
    np.testing.assert_allclose(index.scores(query), expected, rtol=1e-5)


def test_idf_values() -> None:
    """ln(1 + (N − n + ½)/(n + ½)): falls with frequency, and is positive even where every chunk has the token."""
    values = idf(10, np.array([0, 1, 5, 10]))
    np.testing.assert_allclose(values, [math.log(22), math.log(1 + 9.5 / 1.5), math.log(2), math.log(1 + 0.5 / 10.5)])
    assert (np.diff(values) < 0).all() and values[-1] > 0
    assert build(TEXT, HEADING, 5).idf(1) == pytest.approx(math.log(1 + 1.5 / 2.5))


def test_saturation_rises_towards_its_bound() -> None:
    """It is 0 at 0, 1 at 1 and never reaches k₁ + 1."""
    values = saturate(np.array([0.0, 1.0, 10.0, 1e9]))
    assert values[0] == 0 and values[1] == 1
    assert (np.diff(values) > 0).all() and values[-1] < lexical.K1 + 1


def test_length_factor_is_one_at_the_mean() -> None:
    """b moves it linearly; a field that is empty everywhere counts as average everywhere."""
    np.testing.assert_allclose(length_factor(np.array([1, 2, 3]), 0.5), [0.75, 1.0, 1.25])
    assert length_factor(np.array([0, 0]), 0.5).tolist() == [1.0, 1.0]
    assert length_factor(np.array([], np.int64), 0.5).shape == (0,)


def test_tokens_that_no_chunk_has_score_nothing() -> None:
    """A token of the vocabulary without postings, and no token at all."""
    index = build(TEXT, HEADING, 6)
    assert index.scores({5: 1.0}).tolist() == [0, 0, 0]
    assert index.scores({}).tolist() == [0, 0, 0]
    assert index.idf(5) == pytest.approx(math.log(8))


def test_empty_heading_field_changes_nothing() -> None:
    """With no heading anywhere the score is that of the text alone."""
    index = build(TEXT, [[], [], []], 5)
    expected = [bm25f(TEXT, [[], [], []], 2, chunk) for chunk in range(3)]
    np.testing.assert_allclose(index.scores({2: 1.0}), expected, rtol=1e-6)
    assert index.frequency[4] == 0


def test_weights_scale_and_add() -> None:
    """A query's score is the weighted sum of its tokens' scores, in whatever order they come."""
    index = build(TEXT, HEADING, 5)
    one, two = index.scores({1: 1.0}), index.scores({2: 1.0})
    np.testing.assert_allclose(index.scores({2: 3.0, 1: 0.5}), 0.5 * one + 3.0 * two, rtol=1e-6)
    assert index.scores({2: 3.0, 1: 0.5}).tobytes() == index.scores({1: 0.5, 2: 3.0}).tobytes()


def test_index_of_nothing() -> None:
    """No chunk gives no score and no error."""
    index = build([], [], 0)
    assert index.size == 0 and index.scores({}).shape == (0,)


def test_save_and_load(tmp_path: Path) -> None:
    """Arrays come back with the same values and types, mapped read-only."""
    index = build(TEXT, HEADING, 5)
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path, index.size)
    for name in ("indptr", "chunks", "impacts", "frequency"):
        before, after = getattr(index, name), getattr(loaded, name)
        assert after.dtype == before.dtype and after.tolist() == before.tolist()
        assert isinstance(after.base, np.memmap) and not after.flags.writeable
    assert loaded.scores({1: 1.0, 4: 2.0}).tobytes() == index.scores({1: 1.0, 4: 2.0}).tobytes()


def test_token_rows() -> None:
    """Rows come back as put in, empty ones too; renaming keeps their shape."""
    rows = TokenRows.from_lists([[2, 0], [], [1]])
    assert [rows.row(i).tolist() for i in range(3)] == [[2, 0], [], [1]]
    assert rows.lengths.tolist() == [2, 0, 1]
    renamed = rows.remap(np.array([5, 6, 7], np.int32))
    assert [renamed.row(i).tolist() for i in range(3)] == [[7, 5], [], [6]]
    assert TokenRows.from_lists([]).remap(np.array([], np.int32)).ids.size == 0


@pytest.mark.parametrize("tokens", [[], ["转化率"], ["=a/b 测试", "b", "用户"]])
def test_vocabulary_round_trip(tokens: list[str], tmp_path: Path) -> None:
    """A token's id is its position, before and after."""
    Vocabulary(tokens).save(tmp_path / "v.txt")
    loaded = Vocabulary.load(tmp_path / "v.txt")
    assert list(loaded.tokens) == tokens and len(loaded) == len(tokens)
    assert loaded.ids == {token: i for i, token in enumerate(tokens)}
