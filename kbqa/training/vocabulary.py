"""The vocabulary: counted words, characters and English pieces, as a Unigram tokenizer.

A Unigram tokenizer picks the most probable cut. Its scores are log frequencies of words that a segmenter counted, so
no expectation-maximisation is needed and its cuts look like words. An unknown character costs one unknown piece and
leaves its neighbours alone.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

UNKNOWN = "[UNK]"

_HAN_RUN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_RUN = re.compile(r"[a-z]+|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]+|[^\W_]")

# Cost of every further piece, in log frequency: whole words win over lucky combinations of frequent parts.
_PIECE_COST = 3.0
_SUBWORD_SCORE = -13.0
_LETTER_SCORE = -18.0


@dataclass(frozen=True, slots=True)
class VocabularySize:
    """How many pieces of each kind.

    Attributes:
        total: all pieces, the unknown one included.
        min_count: a word seen less often is left to its parts; its row could not be trained.
    """

    total: int = 60_000
    english_words: int = 17_000
    english_pieces: int = 2_500
    other_characters: int = 250
    min_count: int = 4
    longest_han: int = 4


def count_words(texts: Iterable[str], words: Iterable[str] = ()) -> Counter[str]:
    """Words of folded texts: Chinese ones cut by rjieba, runs of Latin letters, runs of digits, single characters."""
    import rjieba

    cutter = rjieba.Jieba()
    for word in _term_words(words):
        if not word.isascii():
            cutter.add_word(word, 1000, "n")
    counts: Counter[str] = Counter()
    for text in texts:
        for run in _RUN.findall(text):
            if _HAN_RUN.match(run):
                counts.update(cutter.cut(run, hmm=False))
            else:
                counts[run] += 1
    return counts


def merge_counts(per_file: Mapping[str, Counter[str]], ceiling: int = 3_000_000) -> Counter[str]:
    """Add up the counts of several files; a file with more than `ceiling` words counts as if it had that many."""
    merged: Counter[str] = Counter()
    for counts in per_file.values():
        weight = min(1.0, ceiling / max(1, counts.total()))
        for word, count in counts.items():
            merged[word] += count * weight
    return merged


def build_pieces(counts: Mapping[str, float], terms: Iterable[str], size: VocabularySize) -> list[tuple[str, float]]:
    """Choose the pieces and their scores.

    Args:
        counts: folded words with their (weighted) counts.
        terms: folded terms whose single words and Chinese runs are kept whole.

    Returns:
        (piece, score), the unknown piece first, then by falling score.
    """
    characters = _characters(counts, size)
    english = _top((w for w in counts if re.fullmatch(r"[a-z]{2,}", w)), counts, size.english_words, size.min_count)
    pieces = {**dict.fromkeys(characters, 0.0), **dict.fromkeys(_numbers(counts), 0.0)}
    pieces.update(dict.fromkeys(_term_words(terms), 0.0))
    pieces.update(dict.fromkeys(english, 0.0))
    subwords = [s for s in _subwords(counts, size.english_pieces) if s not in pieces]
    room = size.total - 1 - len(pieces) - len(subwords)
    han = (w for w in counts if 2 <= len(w) <= size.longest_han and _HAN_RUN.fullmatch(w) and w not in pieces)
    pieces.update(dict.fromkeys(_top(han, counts, max(0, room), size.min_count), 0.0))
    total = sum(counts.values())
    scored = {piece: _score(piece, counts, total) for piece in pieces}
    scored.update({piece: _SUBWORD_SCORE - _PIECE_COST for piece in subwords})
    ordered = sorted(scored.items(), key=lambda item: (-item[1], item[0]))
    return [(UNKNOWN, 0.0), *ordered]


def _score(piece: str, counts: Mapping[str, float], total: float) -> float:
    count = counts.get(piece, 0.0)
    if len(piece) == 1 and piece.isascii() and piece.isalpha():
        return _LETTER_SCORE if count == 0 else min(_LETTER_SCORE + 4, math.log(count / total) - _PIECE_COST)
    return math.log(max(count, 0.5) / total) - _PIECE_COST


def _characters(counts: Mapping[str, float], size: VocabularySize) -> list[str]:
    """All Chinese characters seen twice, letters, digits, and the most frequent other ones."""
    seen: Counter[str] = Counter()
    for word, count in counts.items():
        for character in word:
            seen[character] += count
    han = [c for c, n in seen.items() if _HAN_RUN.match(c) and n >= 2]
    plain = [chr(c) for c in (*range(ord("a"), ord("z") + 1), *range(ord("0"), ord("9") + 1))]
    other = [c for c in seen if not _HAN_RUN.match(c) and not c.isascii()]
    return han + plain + _top(other, seen, size.other_characters, 2)


def _numbers(counts: Mapping[str, float]) -> list[str]:
    """Two-digit numbers, years, and numbers of three digits that are used."""
    years = [str(year) for year in range(1900, 2036)]
    frequent = [word for word in counts if re.fullmatch("[0-9]{3}", word) and counts[word] > 40]
    return [f"{n:02d}" for n in range(100)] + years + frequent


def _term_words(terms: Iterable[str]) -> list[str]:
    """Latin words and short Chinese runs of the terms; a longer one means more as the sum of its words."""
    found = [run for term in terms for run in _RUN.findall(term)]
    return [run for run in dict.fromkeys(found) if 2 <= len(run) and (run.isascii() or len(run) <= 3)]


def _top(words: Iterable[str], counts: Mapping[str, float], number: int, least: float) -> list[str]:
    frequent = (word for word in words if counts[word] >= least)
    return sorted(frequent, key=lambda word: (-counts[word], word))[:number]


def _subwords(counts: Mapping[str, float], number: int) -> list[str]:
    """Frequent parts of English words, found by byte-pair merges over the word counts."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=number, show_progress=False)
    # Every distinct word counts a few times at most: parts have to serve rare words, frequent ones are pieces already.
    words = sorted(w for w in counts if re.fullmatch(r"[a-z]{3,20}", w))
    tokenizer.train_from_iterator((" ".join([w] * min(4, int(counts[w]) + 1)) for w in words), trainer)
    return sorted(piece for piece in tokenizer.get_vocab() if len(piece) > 1)


def build_tokenizer(pieces: list[tuple[str, float]]) -> Tokenizer:
    """A `tokenizers.Tokenizer` over the pieces; expects text that `kbqa.text.fold` has folded."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=False))
    # No piece mixes scripts or holds a mark, so cuts fall at marks and between Latin, Han and digits by themselves;
    # splitting there beforehand gives the same pieces at half the speed.
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return tokenizer
