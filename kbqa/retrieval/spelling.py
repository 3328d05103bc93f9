"""Typos by sound, words in pinyin and slips in abbreviations: 转画率 → 转化率, `zhuanhualv` → 转化率, AARR → AARRR, RMF → RFM.

Only pieces of a question that mean nothing to the notes are touched: windows of words that are neither in the index nor in
jieba's dictionary, and only when the notes have a word of the same length that sounds the same. Terms of three characters
and more are looked for wherever they may begin, for a slip makes jieba cut elsewhere: 增长 | 飞伦是.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, cached_property, lru_cache

import rjieba

from kbqa.indexing.segment import CONCEPT, Segmenter
from kbqa.indexing.sounds import WORD_LENGTHS, Sounds
from kbqa.retrieval.ideas import ASKING
from kbqa.terms.glossary import names_of
from kbqa.terms.wordings import base_forms, english
from kbqa.text import fold, is_english

_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_LATIN_WORD = re.compile(r"[a-z]{2,}")
_MIXED_RUN = re.compile(r"(?<![a-z])(?:[\u3400-\u9fff]|[a-z]{1,18}(?![a-z0-9])(?: (?=[a-z]))?)+")
_MIXED_PIECE = re.compile(r"[\u3400-\u9fff]|[a-z]+")
_LATIN_RUN = re.compile(r"(?<![a-z0-9])[a-z]{4,32}(?![a-z0-9])")


_NAME = re.compile(r"(?<![a-z0-9])[a-z]{3,16}(?![a-z0-9])")
_NAME_AT_LEAST, _WORD_AT_LEAST = 4, 6  # letters that tell a name even if one is missing or too many

_FUNCTION_TAGS = frozenset("ducprmqyfeok")  # adverbs, particles, conjunctions, prepositions, pronouns, numerals, …

_COMMON_AT_LEAST, _COMMON_SHARE = 3, 0.005
_EVERYDAY = 3  # characters of a word up to which it has to be a term to be put in
_LONG = 6  # characters of a window that hardly sounds like a term by chance


class Speller:
    """Corrects questions against the words of one index."""

    def __init__(
        self,
        sounds: Sounds,
        known: Mapping[str, int],
        segmenter: Segmenter,
        frequency: Sequence[int] = (),
        chunks: int = 0,
    ) -> None:
        """`frequency`: in how many of the `chunks` each word of `known` stands."""
        self._sounds = sounds
        self._known = known
        self._segmenter = segmenter
        self._frequency = frequency
        self._common = max(_COMMON_AT_LEAST, int(_COMMON_SHARE * chunks))

    def correct(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The text with likely slips mended, and the words that were put in."""
        words: list[str] = []
        before = len(text)
        for start, end, word in sorted(
            [*self._homophones(text), *self._spelled_out(text), *self._slips_in_names(text)], reverse=True
        ):
            if end > before:
                continue  # two ways to read the same letters
            text = text[:start] + word + text[end:]
            words.insert(0, word)
            before = start
        return text, tuple(dict.fromkeys(words))

    def _homophones(self, text: str) -> list[tuple[int, int, str]]:
        folded = fold(text)
        taken = [(m.start, m.end) for m in self._segmenter.matches(text)]
        edits = self._misspelt_terms(folded, taken)
        taken += [(start, end) for start, end, _ in edits]
        for run in _HAN_RUN.finditer(folded):
            pieces = _pieces(run.group(), run.start())
            bounds = [(start, end, self._is_strange(folded[start:end], tag)) for start, end, tag in pieces]
            edits += self._in_run(folded, bounds, taken)
        return edits

    def _misspelt_terms(self, folded: str, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int, str]]:
        """Windows of three characters and more, wherever words would be cut, that sound like a term and share half of it."""
        edits: list[tuple[int, int, str]] = []
        for run in _HAN_RUN.finditer(folded):
            pieces: list[tuple[int, int, str]] | None = None
            start = run.start()
            while start < run.end():
                for end in range(min(start + WORD_LENGTHS[-1], run.end()), start + _EVERYDAY - 1, -1):
                    # A term that is there already stays, but for one that is part of a longer one: 增长 of 增长飞伦.
                    cut = any(a < end and start < b and not start <= a < b <= end for a, b in taken)
                    if cut or not (word := self._misspelt(folded[start:end])):
                        continue
                    pieces = pieces or _pieces(run.group(), run.start())
                    slips = [start + i for i, (a, b) in enumerate(zip(word, folded[start:end], strict=True)) if a != b]
                    if all(self._may_be_slip(at, (start, end), pieces, folded) for at in slips):
                        edits.append((start, end, word))
                        start = end - 1
                        break
                start += 1
        return edits

    def _misspelt(self, window: str) -> str:
        """The term that a window is taken for; empty if it means something itself."""
        terms = [w for w in self._sounds.of_word(window) if len(w) == len(window) and w != window and self._is_term(w)]
        if not terms or window in self._known or CONCEPT + window in self._known or rjieba.has_word(window):
            return ""
        return next((w for w in terms if 2 * sum(a == b for a, b in zip(w, window, strict=True)) >= len(w)), "")

    def _may_be_slip(
        self, at: int, window: tuple[int, int], pieces: Sequence[tuple[int, int, str]], folded: str
    ) -> bool:
        """Whether a character may be wrong: no function word, no word of the notes, no part of a word beside the window.

        Of other words inside the window a verb is what it seems: 用户分成 is no slip for 用户分层. In a long window the rest
        tells enough, whatever 声明 of 用户声明周期 means by itself.
        """
        start, end, tag = next(piece for piece in pieces if piece[0] <= at < piece[1])
        word = folded[start:end]
        inside = window[0] <= start and end <= window[1]
        if window[1] - window[0] >= _LONG:
            return inside
        if word in ASKING or (tag[0] in _FUNCTION_TAGS and len(word) == 1):
            return False
        other = inside and tag[0] != "v"
        return len(word) == 1 or (word not in self._known and (other or not rjieba.has_word(word)))

    def _is_strange(self, piece: str, tag: str) -> bool:
        """Whether a piece may be part of a misspelt word: asking and function words are what they seem."""
        if piece in ASKING or tag[0] in _FUNCTION_TAGS:
            return False
        return len(piece) == 1 or (piece not in self._known and not rjieba.has_word(piece))

    def _in_run(
        self, folded: str, bounds: Sequence[tuple[int, int, bool]], taken: Sequence[tuple[int, int]]
    ) -> list[tuple[int, int, str]]:
        """Longest windows of strange pieces that sound like a word of the notes, left to right."""
        edits: list[tuple[int, int, str]] = []
        i = 0
        while i < len(bounds):
            for j in range(min(len(bounds), i + 5), i, -1):
                start, end = bounds[i][0], bounds[j - 1][1]
                free = not any(a < end and start < b for a, b in taken)
                strange = sum(b[2] for b in bounds[i:j])
                word = (
                    self._sounding_like(folded[start:end])
                    if free and strange and self._all_odd(bounds[i:j], folded)
                    else ""
                )
                if word:
                    edits.append((start, end, word))
                    i = j - 1
                    break
            i += 1
        return edits

    def _all_odd(self, bounds: Sequence[tuple[int, int, bool]], folded: str) -> bool:
        """A window may hold one ordinary word (`留存` of 留存律) but then needs a stray character beside it."""
        if any(folded[b[0] : b[1]] in ASKING for b in bounds):
            return False
        ordinary = [b for b in bounds if not b[2]]
        return not ordinary or (len(ordinary) == 1 and len(bounds) == 2 and bounds[-1][2])

    def _sounding_like(self, window: str) -> str:
        if len(window) not in WORD_LENGTHS or window in self._known or CONCEPT + window in self._known:
            return ""
        if rjieba.has_word(window):
            return ""
        candidates = self._sounds.of_word(window)
        same = [w for w in candidates if len(w) == len(window) and w != window]
        # At least one character has to be right: otherwise any two syllables would be a "typo". Short everyday words sound
        # like one another all the time; only a term, or a word that these notes use a lot, is likely to have been meant.
        alike = (w for w in same if any(a == b for a, b in zip(w, window, strict=True)))
        return next((w for w in alike if len(w) > _EVERYDAY or self._is_term(w) or self._is_common(w)), "")

    def _is_common(self, word: str) -> bool:
        number = self._known.get(word)
        return number is not None and len(self._frequency) > number and int(self._frequency[number]) >= self._common

    def _is_term(self, word: str) -> bool:
        return any(m.end - m.start == len(word) for m in self._segmenter.matches(word))

    def _spelled_out(self, text: str) -> list[tuple[int, int, str]]:
        """Words in pinyin. Beside words that are none, a run of two syllables is English: like, name, late."""
        folded = fold(text)
        english = any(not _syllables(word) for word in _LATIN_WORD.findall(folded) if word not in ASKING)
        edits = [] if english and not _HAN_RUN.search(folded) else self._half_spelled(folded)
        for match in _LATIN_RUN.finditer(folded):
            token = match.group()
            if self._means_something(token) or any(a < match.end() and match.start() < b for a, b, _ in edits):
                continue
            syllables = _syllables(token)
            candidates = self._sounds.of_pinyin(syllables) if len(syllables) >= (3 if english else 2) else []
            if candidates:
                edits.append((match.start(), match.end(), max(candidates, key=len)))
        return edits

    def _slips_in_names(self, text: str) -> list[tuple[int, int, str]]:
        """Latin names of terms that these notes speak of with a letter left out, doubled, or two in the wrong order."""
        edits = []
        # Beside other English words a short one is hardly an abbreviation: each is no slip for reach.
        least = _WORD_AT_LEAST if is_english(text) else _NAME_AT_LEAST
        for match in _NAME.finditer(fold(text)):
            token = match.group()
            forms = base_forms(token)
            if any(self._means_something(form) or form in ASKING or form in english() for form in forms):
                continue
            meant = {name for name in self._latin_names if _slipped(token, name, least)}
            if len(meant) == 1:
                edits.append((match.start(), match.end(), self._latin_names[meant.pop()]))
        return edits

    @cached_property
    def _latin_names(self) -> dict[str, str]:
        """Folded → as written: one-word Latin names of the terms that the notes speak of."""
        known = [t for i, t in enumerate(self._segmenter.glossary.terms) if self._segmenter.concept(i) in self._known]
        names = (name for term in known for name in names_of(term))
        return {fold(name): name for name in names if _NAME.fullmatch(fold(name))}

    def _means_something(self, token: str) -> bool:
        return token in self._known or bool(self._segmenter.matches(token))

    def _half_spelled(self, folded: str) -> list[tuple[int, int, str]]:
        """Words of which only a part is in pinyin (留存lv), and words whose syllables stand apart (liu cun lv)."""
        edits: list[tuple[int, int, str]] = []
        for run in _MIXED_RUN.finditer(folded):
            if not _LATIN_WORD.search(run.group()):
                continue
            cuts = self._cuts(folded, run.start(), run.end())
            pieces = [
                (m.start() + run.start(), m.end() + run.start(), m.group()) for m in _MIXED_PIECE.finditer(run.group())
            ]
            sounds = [(piece,) if _HAN_RUN.match(piece) else _syllables(piece) for *_, piece in pieces]
            i = 0
            while i < len(pieces):
                for j in range(min(len(pieces), i + WORD_LENGTHS[-1]), i, -1):
                    whole = pieces[i][0] in cuts and pieces[j - 1][1] in cuts
                    if whole and (word := self._half_spelling([piece for *_, piece in pieces[i:j]], sounds[i:j])):
                        edits.append((pieces[i][0], pieces[j - 1][1], word))
                        i = j - 1
                        break
                i += 1
        return edits

    def _cuts(self, folded: str, start: int, end: int) -> set[int]:
        """Where a window may begin or end: not within a word or a term of the notes."""
        cuts = {start, end}
        for run in _HAN_RUN.finditer(folded, start, end):
            cuts.update(at for piece in _pieces(run.group(), run.start()) for at in piece[:2])
        for match in _LATIN_WORD.finditer(folded, start, end):
            cuts.update(match.span())
        terms = self._segmenter.matches(folded[start:end])
        return cuts - {start + at for m in terms for at in range(m.start + 1, m.end)}

    def _half_spelling(self, pieces: Sequence[str], sounds: Sequence[tuple[str, ...]]) -> str:
        """The term or common word that some characters and syllables are; empty if there is none, or nothing is in pinyin."""
        latin = [piece for piece in pieces if piece.isascii()]
        if len(pieces) < WORD_LENGTHS[0] or not latin or not all(sounds):
            return ""
        syllables = [syllable for some in sounds for syllable in some]
        # Where there are three, that one of them is an abbreviation as well (ci) tells nothing.
        if (all if len(syllables) >= _EVERYDAY else any)(map(self._means_something, latin)):
            return ""
        sure = _EVERYDAY if len(latin) == len(pieces) else _EVERYDAY + 1
        for word in self._sounds.of_word(syllables):
            fits = len(word) == len(syllables) and all(
                not _HAN_RUN.match(syllable) or syllable == char for syllable, char in zip(syllables, word, strict=True)
            )
            if fits and (len(word) >= sure or self._is_term(word) or self._is_common(word)):
                return word
        return ""


_DOUBLED = re.compile(r"([a-z])\1")


def _slipped(typed: str, name: str, least: int) -> bool:
    """Whether a name was meant: behind its first letter two changed places, or one is missing or too many beside `least` others, or is doubled."""
    from rapidfuzz.distance import OSA

    if typed[0] != name[0] or OSA.distance(typed, name, score_cutoff=1) != 1:
        return False
    if len(typed) == len(name):
        return sorted(typed) == sorted(name)  # another letter instead makes another name
    return min(len(typed), len(name)) >= least or _DOUBLED.sub(r"\1", typed) == name


def _pieces(run: str, start: int) -> list[tuple[int, int, str]]:
    """The words of a run of Chinese characters with their part of speech: start, end, tag."""
    return [(start - len(word), start, tag) for word, tag in rjieba.tag(run) if (start := start + len(word))]


_INITIALS = "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
_FINALS = "(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|van|ai|ei|ao|ou|an|en|in|un|vn|ia|ie|iu|ua|uo|ui|ue|ve|er|a|o|e|i|u|v)"
_SYLLABLE = re.compile(_INITIALS + _FINALS)
_LETTERS = 6 * WORD_LENGTHS[-1]  # syllables of six


@lru_cache(maxsize=1024)
def _syllables(token: str) -> tuple[str, ...]:
    """A run of letters as pinyin syllables, greedily with backtracking; empty if it is none, or too long for a word."""
    if len(token) > _LETTERS:
        return ()

    @cache  # each suffix is tried once, or twenty letters take seconds
    def parse(rest: str) -> tuple[str, ...] | None:
        if not rest:
            return ()
        for length in range(min(6, len(rest)), 0, -1):
            if _SYLLABLE.fullmatch(rest[:length]):
                tail = parse(rest[length:])
                if tail is not None:
                    return (rest[:length], *tail)
        return None

    return parse(token) or ()
