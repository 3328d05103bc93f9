"""Finding a vocabulary's pieces in texts, against a plain search by substrings."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from kbqa.errors import EncoderError
from kbqa.indexing.pieces import LONGEST_HAN, Pieces

WORDS = [
    "用户",
    "生命",
    "周期",
    "生命周期",
    "用户生命周期价值",
    "增长",
    "用",
    "户",
    "价",
    "growth",
    "2024",
    "24",
    "é",
    "☃",
]
PARTS = ["#gro", "#row", "#wth", "#owths"]


def naive(vocabulary: list[str], text: str) -> Counter[str]:
    """The oracle for Chinese: every word by every start; a character alone where no word covers it."""
    found: Counter[str] = Counter()
    covered = [False] * len(text)
    for start in range(len(text)):
        for length in range(2, LONGEST_HAN + 1):
            if start + length <= len(text) and text[start : start + length] in vocabulary:
                found[text[start : start + length]] += 1
                covered[start : start + length] = [True] * length
    found.update(c for c, inside in zip(text, covered, strict=True) if not inside and c in vocabulary)
    return found


def test_words_of_all_lengths_count_and_covered_characters_do_not() -> None:
    """用户生命周期价值 is longer than any word may be, so it is its words and the characters that none covers."""
    assert sorted(Pieces(WORDS).tokens("用户生命周期价值")) == sorted(["用户", "生命", "周期", "生命周期", "价"])


def test_against_plain_search() -> None:
    """Three hundred random texts over six characters and sixty random words, with counts."""
    draw = random.Random(7)
    letters = "甲乙丙丁戊己"
    words = {"".join(draw.choices(letters, k=draw.randint(1, LONGEST_HAN))) for _ in range(60)}
    vocabulary = sorted(words)
    pieces = Pieces(vocabulary)
    texts = ["".join(draw.choices(letters + "，子", k=draw.randint(0, 40))) for _ in range(300)]
    bags = pieces.bags(texts)
    for i, text in enumerate(texts):
        expected: Counter[str] = Counter()
        for run in text.split("，"):
            expected.update(naive(vocabulary, run))
        span = slice(bags.ptr[i], bags.ptr[i + 1])
        assert dict(zip([vocabulary[j] for j in bags.ids[span]], bags.counts[span].tolist(), strict=True)) == expected


def test_latin_words_whole_by_stem_or_by_parts() -> None:
    pieces = Pieces([*WORDS, *PARTS, "make", "retain"])
    assert pieces.tokens("growth") == ["growth"]
    assert pieces.tokens("retained retaining retains") == ["retain"]
    assert pieces.bags(["retained retaining retains"]).counts.tolist() == [3]
    assert pieces.tokens("xgrowthsx") == ["#gro", "#row", "#wth", "#owths"]
    assert pieces.tokens("makes cafés red") == ["make"]


def test_parts_are_no_words_and_words_no_parts() -> None:
    """A part serves unknown words only; a short word is not found inside a longer one."""
    assert Pieces(["#gro", "row", "grow"]).tokens("grow row groan") == ["#gro", "row", "grow"]
    assert Pieces(["#row", "row"]).tokens("row") == ["row"]
    assert Pieces(["row"]).tokens("grown") == []


def test_numbers() -> None:
    assert Pieces(["2024", "24", "202"]).tokens("2024") == ["2024"]
    assert sorted(Pieces(["24", "202"]).tokens("2024")) == ["202", "24"]


def test_runs_end_at_marks_and_scripts() -> None:
    """No word reaches over a mark, a space or a change of script; signs count where they are pieces."""
    pieces = Pieces(WORDS)
    assert pieces.tokens("用,户") == ["用", "户"]
    assert sorted(pieces.tokens("用户growth2024☃")) == sorted(["用户", "growth", "2024", "☃"])


def test_a_text_s_pieces_do_not_depend_on_its_neighbours() -> None:
    pieces = Pieces(WORDS)
    texts = ["用户增长", "", "\0用\0户", "growth", "没有"]
    together = pieces.bags(texts)
    assert together.ptr.tolist()[-1] == len(together.ids) and len(together.ptr) == 6
    for i, text in enumerate(texts):
        alone = pieces.bags([text])
        assert together.ids[together.ptr[i] : together.ptr[i + 1]].tolist() == alone.ids.tolist()


@pytest.mark.parametrize("texts", [[], [""], ["", "？！"]])
def test_nothing_to_find(texts: list[str]) -> None:
    bags = Pieces(WORDS).bags(texts)
    assert bags.ptr.tolist() == [0] * (len(texts) + 1) and bags.ids.size == bags.counts.size == 0


def test_long_texts_hash_like_short_ones() -> None:
    """Powers are kept for the longest text so far; longer and shorter ones agree."""
    pieces = Pieces(WORDS)
    for size in (3, 50_000, 10):
        bags = pieces.bags(["。" * size + "生命周期"])
        assert [WORDS[i] for i in bags.ids] == ["生命", "周期", "生命周期"]


def test_same_piece_twice_is_refused() -> None:
    with pytest.raises(EncoderError, match="twice"):
        Pieces(["用户", "增长", "用户"])


def test_lone_surrogates_and_rare_planes_do_no_harm() -> None:
    pieces = Pieces([*WORDS, "\U0002000b"])
    assert pieces.tokens("\ud800用户\U0002000b\U0001f600") == ["用户", "\U0002000b"]
    assert np.array_equal(pieces.bags(["\udfff"]).ptr, [0, 0])
