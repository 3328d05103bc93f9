"""`kbqa.text.fold` as a normalizer that every tokenizer library runs by itself.

A model folder is loaded by sentence-transformers, transformers or onnxruntime, none of which knows `kbqa`; folding has
to live in `tokenizer.json`. Thousands of `Replace` rules would be slow and large. The `Precompiled` normalizer of
`tokenizers` holds any table of replacements in SentencePiece's format: a double-array trie over UTF-8 bytes, whose
leaves point at zero-terminated replacements.

It works on grapheme clusters: where a folded character carries a combining mark in under six bytes, the mark is dropped
with it. `fold` keeps such marks; texts for tokens can do without.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import lru_cache

from kbqa.text import fold

# Bits of a unit, as darts-clone defines them: label 0-7, has a value 8, offset 10-30, is a value 31.
_HAS_VALUE = 1 << 8
_OFFSET_SHIFT = 10
_IS_VALUE = 1 << 31
_BLOCK = 64  # all bytes after the first of a character share their two highest bits, so siblings fit into 64 places
_PAGE = 256  # one byte further from any place stays within its page, so a reader can never leave the array


@lru_cache(maxsize=1)
def fold_charsmap() -> bytes:
    """The fold table in SentencePiece's format."""
    return compile_charsmap(fold_table())


def fold_table() -> dict[str, str]:
    """Every character that folding changes, with what it becomes."""
    characters = "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
    return {a: b for a, b in zip(characters, fold(characters), strict=True) if a != b}


def compile_charsmap(table: Mapping[str, str]) -> bytes:
    """A table of replacements of single characters as a precompiled map.

    Args:
        table: character → replacement, neither of them empty or holding U+0000.

    Returns:
        Size of the trie in bytes (uint32), the trie (uint32 units), the replacements; all little-endian.
    """
    offsets, replacements = _replacements(table)
    units = _double_array({character.encode(): offsets[to] for character, to in table.items()})
    trie = struct.pack(f"<{len(units)}I", *units)
    return struct.pack("<I", len(trie)) + trie + replacements


def _replacements(table: Mapping[str, str]) -> tuple[dict[str, int], bytes]:
    """Where each replacement starts in the string of all, and that string."""
    offsets: dict[str, int] = {}
    text = bytearray()
    for replacement in sorted(set(table.values())):
        offsets[replacement] = len(text)
        text += replacement.encode() + b"\0"
    return offsets, bytes(text)


def _double_array(values: Mapping[bytes, int]) -> list[int]:
    """Units of the trie over `values`; the child of a node by byte c stands at (node's base) xor c."""
    prefixes = sorted({key[:length] for key in values for length in range(1, len(key))})
    # The root's children take the first page; every other inner node has a block to itself.
    bases = {b"": 0, **{prefix: _PAGE + _BLOCK * number for number, prefix in enumerate(prefixes)}}
    places = {node: bases[node[:-1]] ^ node[-1] for node in (*prefixes, *values)}
    size = -(-(max([_PAGE, *places.values()]) + len(values) + 1) // _PAGE) * _PAGE
    taken = {0, *places.values()}
    holes = (place for place in range(size) if place not in taken)
    bases.update(zip(values, holes, strict=False))
    units = [0] * size
    for node, place in places.items():
        units[place] = node[-1] | (place ^ bases[node]) << _OFFSET_SHIFT
    for key, value in values.items():
        units[places[key]] |= _HAS_VALUE
        units[bases[key]] = _IS_VALUE | value
    return units
