"""Finding a term by whatever somebody remembers of it: a name, a part, its pinyin or initials (of the end, too: 生命周期 finds 用户生命周期), a slip of one character."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from kbqa.terms.glossary import name_key, names_of
from kbqa.text import squeeze
from kbqa.types import Term

How = Literal["name", "alias", "start", "part", "pinyin", "initials", "typo"]

# The surest first: what is shown before what.
_ORDER: tuple[How, ...] = ("name", "alias", "pinyin", "initials", "start", "part", "typo")
_TYPO_FROM = 3  # characters that a name needs before one of them may be wrong


@dataclass(frozen=True, slots=True)
class _Sound:
    """A character's readings without tones, the usual one first, and their initials; Latin letters stand for themselves."""

    readings: tuple[str, ...]
    initials: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TermHit:
    """A term found.

    Attributes:
        name: the name of the term that fits.
        how: in which way it does.
    """

    term: Term
    name: str
    how: How


class TermLookup:
    """The names of a glossary, ready to be searched."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._names = [(term, name, squeeze(name)) for term in terms for name in names_of(term)]

    def exact(self, name: str) -> tuple[Term, ...]:
        """Every term that goes by a name, spelling aside; several if the name is ambiguous."""
        key = name_key(name)
        found = {id(term): term for term, held, _ in self._names if name_key(held) == key}
        if not found:
            found = {id(term): term for term, _, bare in self._names if bare == squeeze(name)}
        return tuple(found.values())

    def search(self, query: str, k: int = 20) -> tuple[TermHit, ...]:
        """The k best terms, each by the name that fits best: whole names first, then pinyin, parts, slips."""
        wanted = squeeze(query)
        if not wanted:
            return ()
        best: dict[int, tuple[int, int, int, TermHit]] = {}
        for row, (term, name, bare) in enumerate(self._names):
            how = self._how(wanted, row, name == term.name, bare)
            if how:
                rank = (_ORDER.index(how), len(bare), row, TermHit(term, name, how))
                best[id(term)] = min(best.get(id(term), rank), rank, key=lambda r: r[:3])
        return tuple(hit for *_, hit in sorted(best.values(), key=lambda r: r[:3]))[:k]

    def _how(self, wanted: str, row: int, own: bool, bare: str) -> How | None:
        if bare == wanted:
            return "name" if own else "alias"
        if wanted.isascii() and len(wanted) >= 2 and (how := _by_sound(wanted, self._sounds[row])):
            return how
        if len(wanted) >= 2 and wanted in bare:
            return "start" if bare.startswith(wanted) else "part"
        return "typo" if _one_slip(wanted, bare) else None

    @cached_property
    def _sounds(self) -> list[tuple[_Sound, ...]]:
        return [sounds_of(bare) for _, _, bare in self._names]


def pinyin_of(name: str) -> tuple[str, ...]:
    """The usual pinyin of a name without tones, a syllable a character; nothing for a name without Chinese characters."""
    return tuple(sound.readings[0] for sound in sounds_of(name))


def sounds_of(name: str) -> tuple[_Sound, ...]:
    """How each character of a name, and each run of Latin letters in it, may be read or shortened."""
    from pypinyin import Style, lazy_pinyin, pinyin

    if not any("\u3400" <= c <= "\u9fff" for c in name):
        return ()
    pieces = re.findall(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+", name)
    usual = [syllable.replace("\u00fc", "v") for syllable in lazy_pinyin(name)]
    if len(usual) != len(pieces):
        usual = [lazy_pinyin(piece)[0].replace("\u00fc", "v") for piece in pieces]
    sounds = []
    for piece, first in zip(pieces, usual, strict=True):
        if not "\u3400" <= piece[0] <= "\u9fff":
            sounds.append(_Sound((piece,), (piece,)))
            continue
        every = [r.replace("\u00fc", "v") for r in pinyin(piece, style=Style.NORMAL, heteronym=True)[0]]
        readings = tuple(dict.fromkeys((first, *every)))
        sounds.append(_Sound(readings, tuple(dict.fromkeys(r[:1] for r in readings))))
    return tuple(sounds)


def _by_sound(wanted: str, sounds: tuple[_Sound, ...]) -> How | None:
    """Whether a name, or its end from some syllable on, starts with that pinyin or is shortened to those initials."""
    for start in range(len(sounds)):
        if _spells(wanted, [sound.initials for sound in sounds[start:]], whole=True):
            return "initials"
        if _spells(wanted, [sound.readings for sound in sounds[start:]], whole=len(wanted) < 4):
            return "pinyin"
    return None


def _spells(wanted: str, syllables: Sequence[tuple[str, ...]], whole: bool) -> bool:
    """Whether letters are the pinyin of some characters, each by any of its readings; of the first ones unless `whole`."""
    if not wanted:
        return not whole or not syllables
    if not syllables:
        return False
    for reading in syllables[0]:
        if wanted.startswith(reading) and _spells(wanted[len(reading) :], syllables[1:], whole):
            return True
        if not whole and reading.startswith(wanted):
            return True
    return False


def _one_slip(wanted: str, name: str) -> bool:
    """Whether one character was left out, added, changed or swapped with its neighbour."""
    from rapidfuzz.distance import OSA

    shortest = min(len(wanted), len(name))
    if shortest < _TYPO_FROM or (name.isascii() and shortest < _TYPO_FROM + 2):
        return False
    return OSA.distance(wanted, name, score_cutoff=1) <= 1
