"""What notes may write for what people say, word by word."""

from __future__ import annotations

import re

import pytest

from kbqa.indexing.segment import Segmenter
from kbqa.retrieval.ideas import ideas_of, near_words, token_weights
from kbqa.terms.glossary import Glossary
from kbqa.terms.wordings import LONGEST, base_forms, english, longest_first, spoken
from kbqa.types import Term

SEGMENTER = Segmenter(Glossary((Term("复购率"), Term("投诉"))))


def test_every_entry_is_well_formed() -> None:
    """A word in its folded form, and one to eight of the notes' words, none of them twice or the word itself."""
    for table, word in ((english(), r"[a-z][a-z0-9 '&/-]*"), (spoken(), r"[a-z0-9\u3400-\u9fff]+")):
        assert len(table) > 3000
        for said, near in table.items():
            assert re.fullmatch(word, said), said
            assert near and len(set(near)) == len(near) and said not in near, said
            assert all(re.search(r"\w", one) for one in near), said
    assert all(len(said.split()) <= LONGEST for said in english())


@pytest.mark.parametrize(
    ("word", "base"),
    [
        ("customers", "customer"), ("cities", "city"), ("stopped", "stop"), ("shared", "share"), ("buying", "buy"), ("planning", "plan"),
        ("larger", "large"), ("busiest", "busy"), ("quickly", "quick"), ("boss's", "boss"), ("misses", "miss"), ("tried", "try"),
    ],
)  # fmt: skip
def test_regular_forms(word: str, base: str) -> None:
    assert base in base_forms(word) and base_forms(word)[0] == word


def test_short_words_are_left_alone() -> None:
    """Nothing is cut down to a letter."""
    assert base_forms("is") == ["is"] and base_forms("red") == ["red"] and base_forms("ring") == ["ring"]


def test_the_longest_run_counts() -> None:
    """Left to right; what has no entry is passed over."""
    known = {"sign up": ("注册",), "sign": ("标志",), "up": ("上涨",), "word of mouth": ("口碑",)}
    words = "they sign up by word of mouth up".split()
    assert list(longest_first(words, " ", known)) == [(1, 3, ("注册",)), (4, 7, ("口碑",)), (7, 8, ("上涨",))]
    assert list(longest_first(["signed", "up"], " ", known)) == [(0, 2, ("注册",))]
    assert list(longest_first(["留", "不住"], "", {"留不住": ("流失",)})) == [(0, 2, ("流失",))]
    assert list(longest_first([], " ", known)) == []


def test_an_english_question_asks_in_the_notes_words() -> None:
    """A term by its concept and as it stands; asking words ask for nothing; the English word stays first."""
    ideas = ideas_of("why do customers complain", SEGMENTER)
    assert [idea.wordings[0].tokens for idea in ideas] == [("customer",), ("complain",)]
    assert ("=投诉",) in [w.tokens for w in ideas[1].near] and ("投诉",) in [w.tokens for w in ideas[1].near]
    assert near_words(ideas)["=投诉"] == "complain"


def test_a_spoken_word_finds_the_written_one() -> None:
    """It keeps its own wording and counts as itself only; in lexical search the others count for less."""
    (idea,) = (i for i in ideas_of("群里太冷清", SEGMENTER) if i.wordings[0].tokens == ("冷清",))
    assert idea.near and all(0 < w.share < 1 for w in idea.near)
    weights = token_weights([idea], 0.3)
    assert weights["冷清"] == idea.importance
    assert all(weights[t] < 0.3 for w in idea.near for t in w.tokens)
    assert token_weights([idea]) == {"冷清": idea.importance}


def test_own_words_are_not_told_as_others() -> None:
    """A word of the question that is also near another one is the question's own."""
    near = near_words(ideas_of("冷清又不活跃", SEGMENTER))
    assert "活跃" not in near or near["活跃"] == "冷清"
    assert "冷清" not in near
