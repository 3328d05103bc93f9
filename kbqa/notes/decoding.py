"""Bytes → text. Unicode first, then GB18030, else an error: a wrong guess would put mojibake into citations."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from kbqa.errors import UnreadableNote
from kbqa.text import fold

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    text: str
    encoding: str


def decode(data: bytes, name: str) -> Decoded:
    """Decode a note's bytes.

    Raises:
        UnreadableNote: neither UTF-8, UTF-16 nor GB18030 gives text.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding, name)
    if encoding := _utf16_without_bom(data):
        decoded = _strict(data, encoding, name)
    else:
        try:
            decoded = Decoded(data.decode("utf-8"), "utf-8")
        except UnicodeDecodeError:
            decoded = _gb18030(data, name)
    if _looks_binary(decoded.text):
        raise _unreadable(name, "看上去是二进制文件", "looks like a binary file")
    return decoded


def _strict(data: bytes, encoding: str, name: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        raise _unreadable(name, f"按 {encoding} 解码失败", f"not valid {encoding}: {error.reason}") from None


def _gb18030(data: bytes, name: str) -> Decoded:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise _unreadable(name, "不是 UTF-8、UTF-16 或 GB18030", "not UTF-8, UTF-16 or GB18030") from None
    # Big5 and other encodings often decode as GB18030 too, but into characters that nobody writes.
    foreign = [c for c in fold(text) if ord(c) > 127]
    rare = sum(not _in_gb2312(c) for c in foreign)
    if foreign and rare / len(foreign) > 0.15:
        raise _unreadable(name, "编码无法辨认（可能是 Big5）", "unknown encoding (Big5?)")
    return Decoded(text, "gb18030")


def _in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _utf16_without_bom(data: bytes) -> str:
    """ASCII letters and line ends leave zero bytes on one side of every pair."""
    sample = data[:4000]
    if len(data) < 4 or len(data) % 2 or b"\0" not in sample:
        return ""
    likely = {name: _common(data[:4000].decode(name, "ignore")) for name in ("utf-16-le", "utf-16-be")}
    best = max(likely, key=lambda name: likely[name])
    return best if likely[best] > 0.8 else ""


def _common(text: str) -> float:
    """Share of characters that Chinese notes are made of: ASCII, common Han and marks."""
    return sum((c.isascii() and c != "\0") or _in_gb2312(c) for c in fold(text)) / len(text) if text else 0.0


def _looks_binary(text: str) -> bool:
    sample = text[:4000]
    return len(_CONTROL.findall(sample)) > max(2, len(sample) // 100)


def _unreadable(name: str, zh: str, en: str) -> UnreadableNote:
    return UnreadableNote(
        f"{name}：{zh}。请用编辑器另存为 UTF-8 后重试。", f"{name}: {en}. Save it as UTF-8 and index again."
    )
