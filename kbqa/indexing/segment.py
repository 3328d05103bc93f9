"""Text → tokens, the same for indexing and for questions.

Two layers: glossary terms, matched before jieba by longest match so that `A/B测试` or `用户生命周期价值` stay whole, each as
one concept token shared by all its names; and jieba's words in search mode with their parts, so that a term also meets its
pieces. `rjieba` is jieba's algorithm and dictionary in Rust; a test holds the two to the same tokens.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import metadata

import ahocorasick_rs
import rjieba

from kbqa.terms.glossary import Glossary, names_of
from kbqa.text import fold

SEGMENTER = f"rjieba {metadata.version('rjieba')}"
CONCEPT = "="  # first character of a concept token; no word starts with it

_STOP = frozenset(
    "的 了 是 在 和 与 或 等 也 都 就 而 及 着 被 把 让 给 对 从 到 以 于 之 其 并 且 但 则 所 将 会 能 可 很 更 最 还 又 再 这 那 个 们 "
    "the a an of to in and or is are for on with by it this that be as at from".split()
)
_WORD = re.compile(r"\w", re.UNICODE)
_COMPOUND = re.compile(r"[-_.+#&%/]+")
_LATIN_WORD = re.compile(r"[a-z]{4,}")


@dataclass(frozen=True, slots=True)
class Match:
    """A glossary name found in a text; `term` is its position in the glossary."""

    term: int
    start: int
    end: int
    surface: str


class Segmenter:
    """Tokens of a text under one glossary. Holds its own matcher; jieba's global dictionary is never changed."""

    def __init__(self, glossary: Glossary) -> None:
        self.glossary = glossary
        self._concepts = [CONCEPT + fold(term.name) for term in glossary.terms]
        patterns: dict[str, int] = {}
        self._senses: dict[str, tuple[int, ...]] = {}  # only of spellings that several terms share
        for i, term in enumerate(glossary.terms):
            for name in names_of(term):
                for spelling in _spellings(name):
                    owner = patterns.setdefault(spelling, i)
                    if owner != i and i not in self._senses.get(spelling, ()):
                        self._senses[spelling] = (*self._senses.get(spelling, (owner,)), i)
        self._owners = list(patterns.values())
        self._matcher = _automaton(list(patterns))
        says = {fold(say): i for i, rule in enumerate(glossary.paraphrases) for say in rule.say}
        self._says = list(says.values())
        self._say_matcher = _automaton(list(says))

    @cached_property
    def defined(self) -> frozenset[str]:
        """Folded names, English aside, of the terms that the notes define."""
        return frozenset(fold(n) for t in self.glossary.terms if t.definition for n in (t.name, *t.aliases))

    def concept(self, term: int) -> str:
        """The token shared by all names of a term."""
        return self._concepts[term]

    def matches(self, text: str) -> list[Match]:
        """Glossary names in `text`, leftmost and longest first, Latin ones at word boundaries only."""
        return [Match(term, start, end, text[start:end]) for term, start, end in self._spans(fold(text))]

    def senses(self, surface: str) -> tuple[int, ...]:
        """Positions of all terms that go by a name found in a text, the one that matches it first."""
        return self._senses.get(fold(surface), ())

    def _spans(self, folded: str) -> list[tuple[int, int, int]]:
        spans = []
        for pattern, start, end in self._matcher.find_matches_as_indexes(folded):
            if not (_cuts_latin(folded, start) or _cuts_latin(folded, end)):
                spans.append((self._owners[pattern], start, end))
            elif end - start > 2:  # a name refused at a word's edge must not hide those inside it
                spans += [(owner, start + 1 + a, start + 1 + b) for owner, a, b in self._spans(folded[start + 1 : end])]
        return spans

    def tokens(self, text: str) -> list[str]:
        """Index tokens of `text`: concepts, then words and their parts; stop words and marks left out."""
        return self.tokens_of_folded(fold(text))

    def tokens_of_folded(self, folded: str) -> list[str]:
        """The same for text that is folded already."""
        return [self._concepts[term] for term, _, _ in self._spans(folded)] + _words(folded)

    def cut(self, text: str) -> list[str]:
        """`text` in pieces for display, glossary names whole; the pieces join to `text`."""
        pieces: list[str] = []
        position = 0
        for match in self.matches(text):
            pieces += _cut(text, position, match.start)
            pieces.append(text[match.start : match.end])
            position = match.end
        return pieces + _cut(text, position, len(text))

    def paraphrases(self, text: str) -> list[Match]:
        """Colloquial wordings that `text` contains; `term` is the position of their rule in the glossary."""
        found = self._say_matcher.find_matches_as_indexes(fold(text))
        return [Match(self._says[pattern], start, end, text[start:end]) for pattern, start, end in found]


def words(text: str) -> list[str]:
    """jieba's words of the folded text in search mode (words and their parts), without stop words and marks."""
    return _words(fold(text))


def _words(folded: str) -> list[str]:
    return [token for word in rjieba.cut_for_search(folded) for token in _normal(word)]


@lru_cache(maxsize=1 << 17)
def _normal(word: str) -> tuple[str, ...]:
    """The tokens that a word of jieba's gives: none for a stop word or mark, the singular of an English plural.

    rjieba keeps `k-factor` and `v1.2` whole where jieba cuts them; here they give their parts, whoever cut them.
    """
    parts = _COMPOUND.split(word) if word.isascii() else (word,)
    return tuple(_stem(part) for part in parts if part not in _STOP and _WORD.match(part))


@lru_cache(maxsize=1 << 12)
def count_tokens(text: str) -> int:
    """How many jieba words `text` has, marks included: the measure for chunk sizes."""
    return len(rjieba.cut(text))


def _cut(text: str, start: int, end: int) -> list[str]:
    pieces: list[str] = []
    position = start
    for word in rjieba.cut(fold(text[start:end])):
        pieces.append(text[position : position + len(word)])
        position += len(word)
    return pieces


def _stem(word: str) -> str:
    """English plurals meet their singular; everything else stays."""
    if _LATIN_WORD.fullmatch(word) and word[-1] == "s" and word[-2] not in "su":
        return word[:-3] + "y" if word.endswith("ies") else word[:-1]
    return word


def _spellings(name: str) -> list[str]:
    """A name as people type it: `A/B测试`, `AB测试`, `A/B 测试`; one character alone is too little to match."""
    folded = re.sub(r"\s+", " ", fold(name)).strip()
    closed = re.sub(r"[\s/\-]", "", folded)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])(?=[a-z0-9])", " ", folded)
    candidates = {folded, spaced, re.sub(r"(?<![a-z]) | (?![a-z])", "", folded)}
    if re.search(r"[\u4e00-\u9fff/]", folded):
        candidates.add(closed)
    if re.fullmatch(r"[a-z ]{4,}[a-rt-z]", folded):
        candidates.add(folded + "s")
    return sorted(c for c in candidates if len(c) >= 2)


def _cuts_latin(text: str, position: int) -> bool:
    """Whether a cut at `position` would split a Latin word or a number."""
    if position in (0, len(text)):
        return False
    left, right = text[position - 1], text[position]
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()


def _automaton(patterns: Sequence[str]) -> ahocorasick_rs.AhoCorasick:
    return ahocorasick_rs.AhoCorasick(patterns, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)
