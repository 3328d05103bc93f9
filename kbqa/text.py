"""Folding and sentence spans: how two spellings of the same words are made to meet.

`fold` is length-preserving: character i of the folded text stands for character i of the original. That is what lets
a match found in folded text be cited in the original without any offset table. It therefore works character by
character (full-width → half-width, upper → lower, traditional → simplified) and leaves alone whatever would change
length, such as the ligature `㎡`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Span = tuple[int, int]

_HAN_BLOCKS = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00))
_FOLDABLE_BLOCKS = ((0x00A0, 0x0250), (0x2000, 0x2070), (0x2460, 0x2500), (0x3000, 0x3100), (0xFE30, 0xFF70))

# Marks that people type for one another; folded to the ASCII one so that patterns need only that.
_MARKS = {
    "\u3002": "\u3002",
    "\u201c": '"', "\u201d": '"', "\u300c": '"', "\u300d": '"', "\u300e": '"', "\u300f": '"', "\uff02": '"',
    "\u2018": "'", "\u2019": "'",
    "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2010": "-",
    "\u00d7": "*", "\u00f7": "/",
    "\u3010": "[", "\u3011": "]",
    "\u2236": ":", "\ufe30": ":",
    "\u3000": " ", "\u00a0": " ",
}  # fmt: skip


@lru_cache(maxsize=1)
def _fold_table() -> dict[int, str]:
    """Code point → folded character, for every character that folds to exactly one other."""
    import opencc

    han = [chr(c) for c in chain.from_iterable(range(a, b) for a, b in _HAN_BLOCKS)]
    # One character a line keeps OpenCC from applying phrase rules, so the conversion stays one to one.
    simplified = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")
    table = {ord(a): b for a, b in zip(han, simplified, strict=True) if a != b and len(b) == 1}
    for code in chain.from_iterable(range(a, b) for a, b in _FOLDABLE_BLOCKS):
        folded = unicodedata.normalize("NFKC", chr(code)).lower()
        if len(folded) == 1 and folded != chr(code):
            table[code] = folded
    table.update({c: chr(c + 32) for c in range(ord("A"), ord("Z") + 1)})
    table.update({ord(a): b for a, b in _MARKS.items()})
    for code, char in table.items():
        while ord(char) in table and table[ord(char)] != char:
            char = table[ord(char)]  # folding twice changes nothing
        table[code] = char
    return table


_LONG = 100  # from here on a table look-up in numpy beats str.translate, several times over for whole notes


@lru_cache(maxsize=1)
def _fold_array() -> np.ndarray:
    """The fold table as uint32 [0x110000]."""
    import numpy as np

    table = np.arange(0x110000, dtype=np.uint32)
    pairs = _fold_table()
    table[list(pairs)] = [ord(char) for char in pairs.values()]
    return table


@lru_cache(maxsize=4096)
def _fold_short(text: str) -> str:
    return text.translate(_fold_table())  # headings, words and the question itself are folded over and over


def fold(text: str) -> str:
    """Fold width, case, script and look-alike marks; `len(fold(text)) == len(text)`."""
    if len(text) < _LONG:
        return _fold_short(text)
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return _fold_array()[codes].tobytes().decode("utf-32-le", "surrogatepass")


_WORDLESS = re.compile(r"[^\w]|_", re.UNICODE)


def squeeze(text: str) -> str:
    """Fold and drop white space and punctuation: the form in which two wordings count as the same string."""
    return _WORDLESS.sub("", fold(text))


def squeeze_lines(text: str) -> list[str]:
    """`squeeze` of every line, at the price of folding once."""
    return [_WORDLESS.sub("", line) for line in fold(text).split("\n")]


# A sentence ends at a full stop, question or exclamation mark (with the closing quotes and brackets behind it) or at a
# line end. A semicolon does not end one: the halves of a comparison belong together.
_CLOSERS = "\"'\u201d\u2019\u300d\u300f\uff09)\u3011]"
_SENTENCE_END = re.compile(
    r"(?:[\u3002\uff01\uff1f!?]+|\u2026{2,}|\.(?=\s|$))[" + re.escape(_CLOSERS) + r"]*|\n+", re.UNICODE
)


_LIST_NUMBER = re.compile(r"\s*\(?[\dA-Za-z]{1,3}\.$")


def sentence_spans(text: str) -> list[Span]:
    """Spans of the sentences of `text`, trimmed of white space, in order; empty ones are left out.

    Marks inside brackets or quotation marks on one line do not end a sentence unless the closing mark follows. What runs on
    without an end, as slides do that lost their line breaks, is parted at its pauses.
    """
    spans: list[Span] = []
    start = 0
    bracketed = any(mark in text for mark in _OPEN)
    for match in _SENTENCE_END.finditer(text):
        if match.group()[0] == "." and _LIST_NUMBER.match(text, start, match.end()):
            continue
        if bracketed and match.group()[0] != "\n" and _inside_brackets(text, start, match.start()):
            if match.group()[-1] not in _CLOSERS or _inside_brackets(text, start, match.end()):
                continue
        _append_trimmed(spans, text, start, match.end())
        start = match.end()
    _append_trimmed(spans, text, start, len(text))
    return spans


_OPEN, _CLOSE = "\uff08(\u300c\u300e\u201c", "\uff09)\u300d\u300f\u201d"


def _inside_brackets(text: str, start: int, end: int) -> bool:
    part = text[start:end]
    if not any(mark in part for mark in _OPEN):
        return False
    depth = sum(part.count(mark) for mark in _OPEN) - sum(part.count(mark) for mark in _CLOSE)
    # An unclosed bracket far back is a slip of the writer, not a reason to swallow the rest of the note.
    return depth > 0 and end - start < 200


def _append_trimmed(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        spans += _parted(text, start, end)


# A sentence up to so long is left whole; a part has at least so many characters, and so many where only a comma parts it.
_RUNS_ON, _PART, _PART_BY_COMMA = 160, 24, 100
_PAUSES = (
    (re.compile(r"[;\uff1b]\s*|(?<=[^\x00-\x7f])[^\S\n]+|[^\S\n]+(?=[^\x00-\x7f])"), _RUNS_ON, _PART),
    (re.compile(r"[,\uff0c\u3001]\s*"), 2 * _RUNS_ON, _PART_BY_COMMA),
)


def _parted(text: str, start: int, end: int) -> list[Span]:
    """A sentence that runs on, cut at semicolons and blanks, and what is still far too long at commas."""
    parts = [(start, end)]
    for pause, longest, least in _PAUSES:
        parts = [piece for a, b in parts for piece in (_cut(text, a, b, pause, least) if b - a > longest else [(a, b)])]
    return parts


def _cut(text: str, start: int, end: int, pause: re.Pattern[str], least: int) -> list[Span]:
    cuts = [start]
    for match in pause.finditer(text, start, end):
        if match.end() - cuts[-1] >= least and end - match.end() >= least:
            cuts.append(match.end())
    return [(a, a + len(text[a:b].rstrip())) for a, b in pairwise([*cuts, end])]


_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]")


def is_english(text: str) -> bool:
    """Whether the reader wrote English: Latin letters and hardly a Chinese character."""
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    return latin >= 3 and han * 8 < latin


_EXECUTED = ("=", "+", "-", "@", "\t")  # what a spreadsheet would take for a formula at the start of a cell


def unexecuted(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet computes."""
    return f"'{cell}" if cell.startswith(_EXECUTED) else cell
