"""Reader of the static embedding model: a table of rows, looked up and summed, without torch.

A text's vector is the normalised sum of its pieces' rows, each weighed by the square root of how often the piece stands
in the text. Rows are stored in four bits a value and a whole-number length a row. Weights are rounded to whole numbers,
too, so the sums are whole numbers below 2²⁴: exact in float32, the same on every machine whatever order they are summed in.
The table stays memory-mapped: a process pays for the rows it touches.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import EncoderError
from kbqa.indexing.pieces import Pieces
from kbqa.text import fold

WEIGHTS, VOCABULARY, CONFIG = "model.safetensors", "vocabulary.txt", "config.json"

CODE_ZERO = 8  # a code of 1 to 15 stands for −7 to 7
_BATCH = 256
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError, struct.error)
_DTYPES = {"U8": np.dtype("u1"), "F32": np.dtype("<f4")}


class StaticModel:
    """Texts to vectors by the sum of their pieces' rows.

    Args:
        codes: uint8 [V, d / 2]; the low four bits hold a row's first d / 2 values, the high ones the others.
        lengths: uint8 [V], by which a row is multiplied.

    Attributes:
        path: the model's folder.
        dimension: length of a vector.
        config: what the folder's `config.json` says.
    """

    def __init__(
        self, path: Path, pieces: Pieces, codes: NDArray[np.uint8], lengths: NDArray[np.uint8], config: dict[str, Any]
    ) -> None:
        self.path = path
        self.config = config
        self.dimension = 2 * int(codes.shape[1])
        self._pieces = pieces
        self._codes = codes
        self._lengths = lengths

    @classmethod
    def load(cls, path: Path) -> StaticModel:
        """Open a model folder; the weights are mapped, not read.

        Raises:
            EncoderError: a file is missing, cannot be read, or does not fit the others.
        """
        path = Path(path)
        for name in (WEIGHTS, VOCABULARY, CONFIG):
            if not (path / name).is_file():
                raise _broken(path / name, "缺失", "is missing")
        config = _read_config(path / CONFIG)
        arrays = _map_safetensors(path / WEIGHTS)
        pieces = _read_pieces(path / VOCABULARY)
        codes, lengths = arrays.get("codes"), arrays.get("lengths")
        if codes is None or lengths is None or codes.dtype != np.uint8 or codes.ndim != 2:
            raise _broken(path / WEIGHTS, "内容不是词向量表", "holds no embedding table")
        if lengths.shape != codes.shape[:1] or 2 * codes.shape[1] != config.get("dimension"):
            raise _broken(path / WEIGHTS, "维度与 config.json 不符", "has another dimension than config.json")
        if len(pieces) != len(codes):
            raise _broken(path / VOCABULARY, "词表大小与词向量表不符", "has another size than the embedding table")
        return cls(path, pieces, codes, np.array(lengths), config)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights and the vocabulary, hexadecimal."""
        digest = hashlib.sha256()
        for name in (WEIGHTS, VOCABULARY):
            with open(self.path / name, "rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts.

        Returns:
            float32 [n, d]; rows have length 1, or are zero for a text without any known piece.
        """
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            sums = self._sums([fold(text) for text in texts[start : start + _BATCH]])
            vectors[start : start + _BATCH] = _normalise(sums)
        return vectors

    def _sums(self, folded: list[str]) -> NDArray[np.float32]:
        """Weighed sums [n, d] of the pieces' rows, whole numbers."""
        bags = self._pieces.bags(folded)
        weights = np.rint(self._lengths[bags.ids] * np.sqrt(bags.counts)).astype(np.float32)
        sums = np.empty((len(folded), self.dimension), np.float32)
        half = self.dimension // 2
        for row, start, end in zip(sums, bags.ptr[:-1].tolist(), bags.ptr[1:].tolist(), strict=True):
            codes, weight = self._codes.take(bags.ids[start:end], axis=0), weights[start:end]
            np.dot(weight, (codes & 15).astype(np.float32), out=row[:half])
            np.dot(weight, (codes >> 4).astype(np.float32), out=row[half:])
            row -= CODE_ZERO * weight.sum()
        return sums


def _normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows [n, d] brought to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _broken(path, "无法读取", "cannot be read") from error
    if not isinstance(config, dict):
        raise _broken(path, "无法读取", "cannot be read")
    return config


def _read_pieces(path: Path) -> Pieces:
    try:
        return Pieces(path.read_text(encoding="utf-8").split("\n")[:-1])
    except (OSError, ValueError, EncoderError) as error:
        raise _broken(path, "无法读取", "cannot be read") from error


def _map_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Arrays of a safetensors file as read-only views of the mapped file.

    The format: 8 bytes little-endian header length, a JSON header with `dtype`, `shape` and `data_offsets`, the data.
    """
    try:
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(length))
        data = np.memmap(path, dtype=np.uint8, mode="r", offset=8 + length)
        return {name: _view(data, entry) for name, entry in header.items() if name != "__metadata__"}
    except _UNREADABLE as error:
        raise _broken(path, "已损坏", "is damaged") from error


def _view(data: NDArray[np.uint8], entry: dict[str, Any]) -> NDArray[Any]:
    start, end = entry["data_offsets"]
    # A plain array over the map: subclass methods of `memmap` cost more than the sums they serve.
    return np.asarray(data[start:end]).view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])


def _broken(path: Path, zh: str, en: str) -> EncoderError:
    return EncoderError(
        f"向量模型文件{zh}：{path}。请重新安装本软件包（pip install --force-reinstall），"
        "或在设置中指定完整的模型目录。",
        f"Embedding model file {en}: {path}. Reinstall the package (pip install --force-reinstall), "
        "or name a complete model folder in the settings.",
    )
