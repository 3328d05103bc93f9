"""The words of an index by their sound, for mending typos and reading pinyin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path

from kbqa.indexing.parallel import parallel_map
from kbqa.text import fold

WORD_LENGTHS = range(2, 9)
_BATCH = 1000
_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_WORDS, _READINGS = "sounds.words.tsv", "sounds.readings.tsv"


def sound_key(pinyin: Sequence[str]) -> str:
    """Syllables joined, with the differences that southern speakers and input methods blur removed (zh/z, ng/n, …)."""
    return "".join(map(_blurred, pinyin))


@lru_cache(maxsize=2048)  # there are four hundred syllables, and a question is read in many windows
def _blurred(syllable: str) -> str:
    return re.sub(r"ng$", "n", re.sub(r"^([zcs])h", r"\1", syllable.replace("ü", "v")))


def save_sounds(folder: Path, vocabulary: Sequence[str], frequency: Sequence[int], names: Sequence[str]) -> None:
    """Write the words of an index by their sound, the commonest of each sound and length; glossary names come first.

    The usual reading of every common character is stored too, so that a question needs no pinyin library.
    """
    from pypinyin import lazy_pinyin

    rank = {fold(n): 1_000_000 for n in names if _HAN_RUN.fullmatch(fold(n))}
    for word, count in zip(vocabulary, frequency, strict=True):
        if _HAN_RUN.fullmatch(word):
            rank[word] = rank.get(word, 0) + int(count)
    best: dict[tuple[str, int], str] = {}
    words = sorted((w for w in rank if len(w) in WORD_LENGTHS), key=lambda w: (-rank[w], w))
    batches = [words[i : i + _BATCH] for i in range(0, len(words), _BATCH)]
    sounds = parallel_map(
        lambda batch: [sound_key(lazy_pinyin(w)) for w in batch], batches, worthwhile=len(batches) > 4
    )
    for word, sound in zip(words, chain.from_iterable(sounds), strict=True):
        best.setdefault((sound, len(word)), word)
    rows = sorted(f"{key}\t{word}" for (key, _), word in best.items())
    (folder / _WORDS).write_text("\n".join(rows), "utf-8")
    readings = (f"{char}\t{lazy_pinyin(char)[0]}" for char in _common_characters())
    (folder / _READINGS).write_text("\n".join(readings), "utf-8")


def _common_characters() -> list[str]:
    """The 6,763 characters of GB 2312."""
    rows = range(0xB0, 0xF8)
    codes = (bytes([row, cell]) for row in rows for cell in range(0xA1, 0xFF))
    return [char for code in codes if len(char := code.decode("gb2312", "ignore")) == 1]


class Sounds:
    """What `save_sounds` wrote; read at once, parsed when first needed, since most questions have no slip."""

    def __init__(self, words: str, readings: str) -> None:
        self._raw = words, readings

    @classmethod
    def load(cls, folder: Path) -> Sounds:
        return cls((folder / _WORDS).read_text("utf-8"), (folder / _READINGS).read_text("utf-8"))

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        words: dict[str, list[str]] = {}
        for row in self._raw[0].splitlines():
            key, word = row.split("\t")
            words.setdefault(key, []).append(word)
        return words

    @cached_property
    def _readings(self) -> dict[str, str]:
        return dict(row.split("\t") for row in self._raw[1].splitlines())

    def of_word(self, word: Sequence[str]) -> list[str]:
        """Words that sound like a folded Chinese word; some of its characters may be given as syllables."""
        return self.of_pinyin([self._readings.get(char, char) for char in word])

    def of_pinyin(self, syllables: Sequence[str]) -> list[str]:
        """Words that sound like some syllables; none for none."""
        return self._words.get(sound_key(syllables), []) if syllables else []
