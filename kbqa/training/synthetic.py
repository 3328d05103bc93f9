"""Questions made from passages: some words of a sentence, as they are or translated by the dictionary.

Public pairs ask documentation by its headings. People ask with a few words of what they remember, in either language; such
queries teach the model that rare words count, and to find a Chinese passage by English words.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from kbqa.text import is_english
from kbqa.training.pairs import Pair

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_SENTENCE_END = re.compile(r"[。！？!?；;\n]")
_NOTE = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_NO_GLOSS = ("abbr", "variant", "see ", "old variant", "surname", "used in", "erhua")
_COMMON = 150  # so many of the most frequent words are mostly left out
_SHORTEST_PASSAGE = 40


def glosses(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """Chinese word → short English glosses, from (gloss, word) pairs of a dictionary."""
    found: dict[str, list[str]] = {}
    for gloss, word in pairs:
        plain = _NOTE.sub("", gloss).strip().removeprefix("to ")
        if gloss.isascii() and _HAN.fullmatch(word) and plain and len(plain.split()) <= 3:
            if not plain.startswith(_NO_GLOSS):
                found.setdefault(word, []).append(plain)
    return found


def keyword_queries(
    passages: Sequence[str], dictionary: Mapping[str, list[str]], seed: int, draws: int = 1
) -> tuple[list[Pair], list[Pair]]:
    """For each Chinese passage queries of its words, and of their translations where most are known.

    Args:
        draws: how many of each are tried a passage.

    Returns:
        (Chinese query, passage) pairs and (English query, passage) pairs.
    """
    import rjieba

    draw = random.Random(seed)
    cutter = rjieba.Jieba()
    usable = [p for p in dict.fromkeys(passages) if len(p) >= _SHORTEST_PASSAGE and not is_english(p)]
    cuts = [cutter.cut(passage, hmm=False) for passage in usable]
    frequency = Counter(word for words in cuts for word in set(words))
    common = {word for word, _ in frequency.most_common(_COMMON)}
    chinese, english = [], []
    for passage, words in zip(usable * draws, cuts * draws, strict=True):
        kept = _some_words(words, common, draw)
        if len(kept) < 2:
            continue
        chinese.append((draw.choice(("", " ")).join(kept), passage))
        translated = [_translate(word, dictionary, draw) for word in kept]
        known = [word for word in translated if word]
        if len(known) >= max(2, 0.6 * len(kept)):
            english.append((" ".join(known), passage))
    return chinese, english


def _some_words(words: Sequence[str], common: set[str], draw: random.Random) -> list[str]:
    """Most of the telling words of a stretch of one sentence, in their order."""
    sentences: list[list[str]] = [[]]
    for word in words:
        if _SENTENCE_END.match(word):
            sentences.append([])
        else:
            sentences[-1].append(word)
    sentence = draw.choice([s for s in sentences if len(s) >= 3] or [list(words)])
    length = draw.randint(5, 16)
    start = draw.randrange(max(1, len(sentence) - length + 1))
    return [
        word
        for word in sentence[start : start + length]
        if word.strip() and (_HAN.match(word) or word.isalnum())
        if (word not in common or draw.random() < 0.3) and draw.random() < 0.7
    ]


def _translate(word: str, dictionary: Mapping[str, list[str]], draw: random.Random) -> str:
    """One of the first glosses; a Latin word or number as it stands; empty where there is none."""
    if word in dictionary:
        return draw.choice(dictionary[word][:4])
    return word if word.isascii() else ""
