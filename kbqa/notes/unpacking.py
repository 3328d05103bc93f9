"""Uploads → single files in memory. A zip is opened here, and nowhere is its word taken for anything.

What a zip says of its own sizes is not believed: bytes are counted as they come out, and unpacking stops at the limit.
Names of zips made on Windows are GBK without saying so; they are decoded before anybody looks at them.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

_BLOCK = 1 << 16
_DIRECTORY_BYTES = 8 << 20  # a zip's table of contents: more than 50,000 files
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
ARCHIVE_MARK = "kbqa-archive.json"
"""The file that tells an exported base from a zip of notes, see `kbqa.archive`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one upload may hold; sizes in bytes, after unpacking except `archive_bytes`."""

    file_bytes: int = 16 << 20
    archive_bytes: int = 200 << 20
    total_bytes: int = 256 << 20
    files: int = 5000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody hands in: what it is called, and where its bytes lie for the moment."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Member:
    """One file out of the uploads: its bytes, or why there are none."""

    name: str
    data: bytes = b""
    zh: str = ""
    en: str = ""


@dataclass(slots=True)
class _Budget:
    files: int
    total: int


def members(uploads: Sequence[Upload], limits: Limits) -> Iterator[Member]:
    """Every file of the uploads, those of zips one by one; a zip within a zip is a file that nobody reads."""
    budget = _Budget(limits.files, limits.total_bytes)
    for upload in uploads:
        if upload.name.lower().endswith(".zip"):
            yield from _of_zip(upload, limits, budget)
        elif reason := _spent(budget):
            yield Member(upload.name, b"", *reason)
        else:
            with upload.path.open("rb") as file:
                yield _bounded(upload.name, file, limits, budget)


def _of_zip(upload: Upload, limits: Limits, budget: _Budget) -> Iterator[Member]:
    if upload.path.stat().st_size > limits.archive_bytes:
        zh, en = (f"压缩包超过 {limits.archive_bytes >> 20} MB，请分几次传", "the zip is too large; split it")
        yield Member(upload.name, b"", zh, en)
        return
    try:
        with guarded(upload.path) as raw, zipfile.ZipFile(raw) as archive:
            yield from _of_archive(upload.name, archive, limits, budget)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, OverflowError):
        yield Member(upload.name, b"", "不是完整的 zip 文件，请重新打包", "not a sound zip file; pack it again")


def _of_archive(name: str, archive: zipfile.ZipFile, limits: Limits, budget: _Budget) -> Iterator[Member]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if any(info.filename == ARCHIVE_MARK for info in infos):
        zh, en = (
            "这是导出的整个知识库，请到「导出与导入」里导入",
            "an exported base: import it under “Export and import”",
        )
        yield Member(name, b"", zh, en)
        return
    for row, info in enumerate(infos):
        if reason := _spent(budget):
            yield Member(f"{name}（其余 {len(infos) - row} 个 the other {len(infos) - row}）", b"", *reason)
            return
        yield _of_info(archive, info, limits, budget)


def _of_info(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits, budget: _Budget) -> Member:
    name = zip_name(info)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind and not stat.S_ISREG(kind):
        return Member(name, b"", "是链接或特殊文件，不收", "a link or special file")
    if info.flag_bits & _ENCRYPTED:
        return Member(name, b"", "有密码，请解开再传", "protected by a password; unpack it first")
    try:
        with archive.open(info) as file:
            return _bounded(name, file, limits, budget)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError):
        return Member(name, b"", "在压缩包里已损坏，请重新打包", "damaged inside the zip; pack it again")


def zip_name(info: zipfile.ZipInfo) -> str:
    """A name inside a zip: UTF-8 where it says so, else UTF-8 if it can be, else GB18030, else as zips had it first."""
    if info.flag_bits & _UTF8_NAME:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.orig_filename


def _spent(budget: _Budget) -> tuple[str, str] | None:
    if budget.files <= 0:
        return "一次传的文件太多，请分几次传", "too many files at once; hand them in in parts"
    if budget.total <= 0:
        return "这一次解开后的总量太大，请分几次传", "too much at once after unpacking; hand it in in parts"
    return None


def _bounded(name: str, file: io.BufferedIOBase | zipfile.ZipExtFile, limits: Limits, budget: _Budget) -> Member:
    """Read a file to its end or to the limit, whichever comes first; the budget pays for what was read."""
    budget.files -= 1
    blocks: list[bytes] = []
    read = 0
    while block := file.read(_BLOCK):
        read += len(block)
        budget.total -= len(block)
        if read > limits.file_bytes:
            size = limits.file_bytes >> 20
            return Member(name, b"", f"解开后超过 {size} MB，请拆分", f"larger than {size} MB unpacked; split it")
        if budget.total < 0:
            return Member(name, b"", *(_spent(budget) or ("", "")))
        blocks.append(block)
    return Member(name, b"".join(blocks))


def guarded(path: Path) -> IO[bytes]:
    """A zip's bytes for `zipfile`, which cannot be made to read a table of contents of any size."""
    return cast("IO[bytes]", _Guarded(path.open("rb"), path.stat().st_size))


class _Guarded(io.RawIOBase):
    """A zip's bytes, of which no single read takes more than a table of contents may have.

    `zipfile` reads that table in one go, of the size that the zip claims, and makes an object of every row.
    """

    def __init__(self, file: io.BufferedReader, size: int) -> None:
        self._file = file
        self._size = size

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._file.tell())
        if min(size if size >= 0 else left, left) > _DIRECTORY_BYTES:
            raise zipfile.BadZipFile("too many files")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()
