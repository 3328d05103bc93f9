"""The vocabulary: words, characters and parts of English words that get a row of their own.

Words are ranked by how many sources use them rather than by how often: a word of a dictionary, of statutes and of
documentation is worth a row more than an identifier that one manual repeats.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kbqa.indexing.pieces import LONGEST_HAN, PART, PART_LENGTHS

_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_RUN = re.compile(r"[a-z]+|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W_]")
_LATIN_WORD = re.compile("[a-z]{2,}")
_NUMBER_USED = 40  # a number of three digits gets a row if it stands more often than this
_TERM_WORD = 1000


@dataclass(frozen=True, slots=True)
class VocabularySize:
    """How many pieces of each kind.

    Attributes:
        total: all pieces.
        min_count: a word seen less often is left to its parts; its row could not be trained.
    """

    total: int = 64_000
    english_words: int = 27_000
    english_parts: int = 4_000
    other_characters: int = 250
    min_count: int = 2


def count_words(texts: Iterable[str], words: Iterable[str] = ()) -> Counter[str]:
    """Words of folded texts: Chinese ones cut by rjieba, runs of Latin letters, runs of digits, single characters.

    A text that is one short run of Chinese, such as a dictionary's headword, also counts whole.
    """
    import rjieba

    cutter = rjieba.Jieba()
    for word in _term_words(words):
        if not word.isascii():
            cutter.add_word(word, _TERM_WORD, "n")
    counts: Counter[str] = Counter()
    for text in texts:
        for run in _RUN.findall(text):
            if not _HAN_RUN.match(run):
                counts[run] += 1
                continue
            cut = cutter.cut(run, hmm=False)
            counts.update(cut)
            if len(cut) > 1 and run == text and len(run) <= LONGEST_HAN - 2:
                counts[run] += 1
    return counts


def choose_pieces(per_source: Mapping[str, Counter[str]], terms: Iterable[str], size: VocabularySize) -> list[str]:
    """The pieces, by kind and rank.

    Args:
        per_source: folded words with their counts, by source.
        terms: folded terms whose Latin words and Chinese runs are kept whole.
    """
    totals: Counter[str] = Counter()
    spread: Counter[str] = Counter()
    for counts in per_source.values():
        totals.update(counts)
        for word, count in counts.items():
            spread[word] += math.log1p(count)
    known = [word for word, count in totals.items() if count >= size.min_count]
    pieces = dict.fromkeys([*_characters(totals, size), *_numbers(totals), *_term_words(terms)])
    pieces.update(dict.fromkeys(_top((w for w in known if _LATIN_WORD.fullmatch(w)), spread, size.english_words)))
    pieces.update(dict.fromkeys(_parts(known, size.english_parts)))
    han = (w for w in known if 2 <= len(w) <= LONGEST_HAN and _HAN_RUN.fullmatch(w) and w not in pieces)
    pieces.update(dict.fromkeys(_top(han, spread, max(0, size.total - len(pieces)))))
    return list(pieces)


def _characters(counts: Mapping[str, float], size: VocabularySize) -> list[str]:
    """All Chinese characters seen twice, letters, digits, and the most frequent other ones."""
    seen: Counter[str] = Counter()
    for word, count in counts.items():
        for character in word:
            seen[character] += count
    han = [c for c, n in seen.items() if _HAN_RUN.match(c) and n >= 2]
    plain = [chr(c) for c in (*range(ord("a"), ord("z") + 1), *range(ord("0"), ord("9") + 1))]
    other = [c for c in seen if not _HAN_RUN.match(c) and not c.isascii()]
    return han + plain + _top(other, seen, size.other_characters)


def _numbers(counts: Mapping[str, float]) -> list[str]:
    """Two-digit numbers, years, and numbers of three or four digits that are used."""
    years = [str(year) for year in range(1900, 2036)]
    frequent = [w for w in counts if re.fullmatch("[0-9]{3,4}", w) and counts[w] > _NUMBER_USED]
    return [f"{n:02d}" for n in range(100)] + years + frequent


def _term_words(terms: Iterable[str]) -> list[str]:
    """Latin words and Chinese runs of the terms."""
    found = [run for term in terms for run in _RUN.findall(term)]
    return [run for run in dict.fromkeys(found) if 2 <= len(run) and (run.isascii() or len(run) <= LONGEST_HAN)]


def _top(words: Iterable[str], rank: Mapping[str, float], number: int) -> list[str]:
    return sorted(words, key=lambda word: (-rank[word], word))[:number]


def _parts(words: Iterable[str], number: int) -> list[str]:
    """Frequent stretches of English words; every distinct word counts once, as parts have to serve rare words."""
    seen: Counter[str] = Counter()
    for word in words:
        if re.fullmatch("[a-z]{4,20}", word):
            for length in range(PART_LENGTHS[0], PART_LENGTHS[1] + 1):
                seen.update({word[i : i + length] for i in range(len(word) - length + 1)})
    return [PART + part for part in _top(seen, seen, number)]
