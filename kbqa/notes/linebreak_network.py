"""The network that scores where a glued deck may have lost a line break: what it sees, and its layers.

A small dilated convolution over characters. What it looks at (characters, words, parts of speech, the marks around,
whether the same words come back near by) is computed here, once, for running and for training alike. It runs in plain
numpy: three hashed embedding tables and seven narrow layers are cheap enough, and the reader of notes needs no torch.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import KbqaError

Kind = Literal["heading", "item", "paragraph"]
KINDS: tuple[Kind, ...] = ("heading", "item", "paragraph")

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float32]

BIGRAM_BUCKETS = 1 << 14
WORD_BUCKETS = 1 << 15
TAG_BUCKETS = 4 * 64
DISTANCES = 9
MARK_BUCKETS = 16 * 4
DILATIONS = (1, 2, 4, 8, 16, 32, 1)
_BLOCK = 8192
_WEIGHTS = Path(__file__).with_name("linebreaks.npz")


# --- what the network sees ------------------------------------------------------------------------------------------

_MARK_KINDS = {**dict.fromkeys("\u3002!?\u2026", 1), **dict.fromkeys(":", 2), **dict.fromkeys(",;\u3001", 3)}


@lru_cache(maxsize=1)
def _tables() -> tuple[IntArray, IntArray]:
    """Code point → class-folded code point (digits and Latin letters merged), and → kind of punctuation mark."""
    merged = np.arange(0x10000, dtype=np.int32)
    merged[ord("0") : ord("9") + 1] = ord("0")
    merged[ord("a") : ord("z") + 1] = ord("a")
    marks = np.zeros(0x10000, dtype=np.int32)
    for mark, kind in _MARK_KINDS.items():
        marks[ord(mark)] = kind
    return merged, marks


def code_points(folded: str) -> IntArray:
    """Code points of folded text, digits and Latin letters merged; outside the BMP all count as U+FFFF."""
    raw = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return _tables()[0][np.minimum(raw, 0xFFFF)]


def _bigrams(codes: IntArray) -> NDArray[np.int64]:
    """Key of the pair (i, i + 1) for every i; the last one pairs with 0."""
    following = np.append(codes[1:], 0).astype(np.int64)
    return (codes.astype(np.int64) << 17) | following


def bigram_places(codes: IntArray) -> tuple[IntArray, IntArray]:
    """Bucket and mark of the pair (i, i + 1) for every i."""
    mixed = _bigrams(codes).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bucket = (mixed >> np.uint64(40)) & np.uint64(BIGRAM_BUCKETS - 1)
    return bucket.astype(np.int32), (mixed >> np.uint64(56)).astype(np.int32)


def word_place(word: str) -> tuple[int, int]:
    """Bucket and mark of a word; CRC-32 because `hash` differs from run to run."""
    code = zlib.crc32(word.encode("utf-8", "surrogatepass"))
    return code & (WORD_BUCKETS - 1), code >> 24


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which words and pairs of characters own the buckets of their tables; whatever else falls there is unknown, row 0.

    Attributes:
        words: int32 [WORD_BUCKETS], the owner's mark, -1 if there is none.
        bigrams: int32 [BIGRAM_BUCKETS], likewise.
    """

    words: IntArray
    bigrams: IntArray

    def word_row(self, word: str) -> int:
        bucket, mark = word_place(word)
        return bucket if self.words[bucket] == mark else 0

    def bigram_rows(self, codes: IntArray) -> IntArray:
        buckets, marks = bigram_places(codes)
        return np.where(self.bigrams[buckets] == marks, buckets, 0)


def _log_bucket(distance: NDArray[np.int64]) -> IntArray:
    """0 for no distance, else 1 to 8, doubling from 2 to 256."""
    safe = np.clip(distance, 1, 255)
    return np.where(distance <= 0, 0, np.minimum(np.log2(safe).astype(np.int32) + 1, DISTANCES - 1)).astype(np.int32)


def _repeats(codes: IntArray, keys: NDArray[np.int64]) -> tuple[IntArray, IntArray]:
    """How far back, and how far ahead, the same pair of Chinese characters stands (bucketed, 0 = not within 256)."""
    han = (codes >= 0x4E00) & (codes < 0xA000)
    usable = han & np.append(han[1:], False)
    order = np.argsort(keys, kind="stable")
    same = keys[order][1:] == keys[order][:-1]
    gap = np.where(same, order[1:] - order[:-1], 0)
    gap[gap > 256] = 0
    back, ahead = np.zeros(len(codes), np.int64), np.zeros(len(codes), np.int64)
    back[order[1:]] = gap
    ahead[order[:-1]] = gap
    return _log_bucket(np.where(usable, back, 0)), _log_bucket(np.where(usable, ahead, 0))


def _mark_features(codes: IntArray) -> tuple[IntArray, IntArray]:
    """Kind of and distance to the last mark before and the next mark at or after each position."""
    kinds = _tables()[1][codes]
    n = len(codes)
    places = np.flatnonzero(kinds)
    position = np.arange(n)
    after = np.searchsorted(places, position)
    padded = np.append(places, n + 60)
    next_kind = np.append(kinds[places], 0)[after]
    ahead = np.minimum(padded[after] - position, 30) // 2
    padded = np.insert(places, 0, -60)
    last_kind = np.insert(kinds[places], 0, 0)[after]
    behind = np.minimum(position - padded[after], 30) // 2
    return (last_kind * 16 + behind).astype(np.int32), (next_kind * 16 + ahead).astype(np.int32)


def _word_features(folded: str, known: Vocabulary) -> tuple[IntArray, IntArray]:
    """Bucket of the word each character belongs to, and part of speech combined with the place in the word."""
    import rjieba

    word_ids: dict[str, int] = {}
    tag_ids: dict[str, int] = {}
    words, tags, lengths = [], [], []
    for word, tag in rjieba.tag(folded):
        if word not in word_ids:
            word_ids[word] = known.word_row(word)
        if tag not in tag_ids:
            tag_ids[tag] = zlib.crc32(tag.encode()) & 63
        words.append(word_ids[word])
        tags.append(tag_ids[tag])
        lengths.append(len(word))
    sizes = np.array(lengths, np.int32)
    ends = np.cumsum(sizes)
    place = np.full(int(sizes.sum()), 1, np.int32)
    place[ends - 1] = 2
    place[ends - sizes] = np.where(sizes == 1, 3, 0)
    return np.repeat(np.array(words, np.int32), sizes), np.repeat(np.array(tags, np.int32), sizes) * 4 + place


FEATURES = ("char", "bigram", "word", "tag", "back", "ahead", "last_mark", "next_mark")


def features(folded: str, known: Vocabulary) -> tuple[IntArray, IntArray]:
    """Code points, and one row of bucket numbers per feature but the first, for every character of folded text.

    Returns:
        `codes` int32 [n] and `buckets` int32 [7, n] in the order of `FEATURES[1:]`.
    """
    codes = code_points(folded)
    keys = _bigrams(codes)
    word, tag = _word_features(folded, known)
    return codes, np.stack([known.bigram_rows(codes), word, tag, *_repeats(codes, keys), *_mark_features(codes)])


# --- where a break may stand ----------------------------------------------------------------------------------------

_NOT_BEFORE = ",.;:!?\u3002\u3001\u2026)]}>%\u300b\u3009~-/+&=* \t\u00b7\u2192\u2193"
NOT_AFTER = ",\u3001([{<\u300a\u3008~-/+&=*#@\u00b7\u2192\u2193"
_ENCLOSED = re.compile(r"\([^()\n]{0,80}\)|\[[^\[\]\n]{0,60}\]|\"[^\"\n]{0,60}\"|\u300a[^\u300a\u300b\n]{0,40}\u300b")
_INSIDE_LATIN = re.compile(r"(?<=[a-z0-9.])(?:\s*)(?=[a-z0-9])|(?<=[a-z])\s+(?=[a-z])")


def allowed(folded: str) -> NDArray[np.bool_]:
    """Which positions may start a line: none inside brackets, quotes or Latin words, none next to joining marks."""
    n = len(folded)
    raw = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    ok = ~np.isin(raw, [ord(c) for c in _NOT_BEFORE])
    ok[1:] &= ~np.isin(raw[:-1], [ord(c) for c in NOT_AFTER])
    for match in _ENCLOSED.finditer(folded):
        ok[match.start() + 1 : match.end()] = False
    for match in _INSIDE_LATIN.finditer(folded):
        ok[match.end()] = False
    if n:
        ok[0] = False
    return ok


# --- the network in numpy -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Network:
    char_row: IntArray
    known: Vocabulary
    tables: tuple[FloatArray, ...]
    entry: tuple[FloatArray, FloatArray]
    pair: tuple[FloatArray, FloatArray, FloatArray]
    layers: tuple[tuple[FloatArray, FloatArray], ...]
    exit: tuple[FloatArray, FloatArray]

    def log_odds(self, folded: str) -> FloatArray:
        """Logits [n, 1 + kinds] of "no line starts here" and of each kind of line starting at each character."""
        codes, buckets = features(folded, self.known)
        rows = [self.char_row[codes], *buckets]
        reach = sum(DILATIONS)
        blocks = []
        for start in range(0, len(folded), _BLOCK):
            low, high = max(0, start - reach), min(len(folded), start + _BLOCK + reach)
            out = self._forward([row[low:high] for row in rows])
            blocks.append(out[start - low : start - low + _BLOCK][: len(folded) - start])
        return np.concatenate(blocks)

    def _forward(self, rows: list[IntArray]) -> FloatArray:
        seen = np.concatenate([table[row] for table, row in zip(self.tables, rows, strict=True)], axis=1)
        hidden = np.maximum(seen @ self.entry[0] + self.entry[1], 0)
        # How well the two sides of a place go together: a product, which sums of features cannot express.
        left, right, out = self.pair
        hidden[1:] += ((seen[:-1] @ left) * (seen[1:] @ right)) @ out
        for (weight, bias), dilation in zip(self.layers, DILATIONS, strict=True):
            hidden = hidden + np.maximum(_convolve(hidden, weight, dilation) + bias, 0)
        return hidden @ self.exit[0] + self.exit[1]


def _convolve(hidden: FloatArray, weight: FloatArray, dilation: int) -> FloatArray:
    """Three taps at -d, 0, +d with zero padding; `weight` is [3, width, width]."""
    out = hidden @ weight[1]
    if len(hidden) > dilation:
        out[dilation:] += hidden[:-dilation] @ weight[0]
        out[:-dilation] += hidden[dilation:] @ weight[2]
    return out


@lru_cache(maxsize=2)
def load_network(path: Path = _WEIGHTS) -> Network:
    try:
        with np.load(path) as stored:
            return _network({name: stored[name] for name in stored.files})
    except (OSError, ValueError, KeyError) as error:
        raise KbqaError(
            f"断行模型读不出来：{path.name}（{error}）。请重新安装本软件。",
            f"Cannot read the line-break model {path.name} ({error}). Install the package again.",
        ) from error


def _network(data: dict[str, NDArray[np.generic]]) -> Network:
    floats = {name: value.astype(np.float32) for name, value in data.items() if value.dtype.kind == "f"}
    char_row = np.zeros(0x10000, np.int32)
    char_row[data["chars"]] = np.arange(1, len(data["chars"]) + 1)
    return Network(
        char_row=char_row,
        known=Vocabulary(data["words"].astype(np.int32), data["bigrams"].astype(np.int32)),
        tables=tuple(data[f"table_{name}"].astype(np.float32) * floats[f"scale_{name}"] for name in FEATURES),
        entry=(floats["entry"], floats["entry_bias"]),
        pair=(floats["pair_left"], floats["pair_right"], floats["pair_out"]),
        layers=tuple((floats[f"conv_{i}"], floats[f"bias_{i}"]) for i in range(len(DILATIONS))),
        exit=(floats["exit"], floats["exit_bias"]),
    )
