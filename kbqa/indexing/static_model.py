"""Reader of the static embedding model: a table of rows, looked up and averaged, without torch.

The weights are int8 with one scale a dimension, so a text's vector is an exact sum of whole numbers, the same on every
machine, and only then scaled and normalised. The table stays memory-mapped: a process pays for the rows it touches.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import EncoderError
from kbqa.text import fold

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WEIGHTS, TOKENIZER, CONFIG = "model.safetensors", "tokenizer.json", "config.json"

# Piece 0 is the unknown one; its row is zero and it is left out of the mean.
_UNKNOWN = 0
_BATCH = 256
_UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError, struct.error)
_DTYPES = {"I8": np.dtype("i1"), "F32": np.dtype("<f4")}


class StaticModel:
    """Texts to vectors by the mean of their pieces' rows.

    Attributes:
        path: the model's folder.
        dimension: length of a vector.
        config: what the folder's `config.json` says.
    """

    def __init__(
        self,
        path: Path,
        tokenizer: Tokenizer,
        embeddings: NDArray[np.int8],
        scales: NDArray[np.float32],
        config: dict[str, Any],
    ) -> None:
        self.path = path
        self.config = config
        self.dimension = int(embeddings.shape[1])
        self._tokenizer = tokenizer
        self._embeddings = embeddings
        self._scales = scales

    @classmethod
    def load(cls, path: Path) -> StaticModel:
        """Open a model folder; the weights are mapped, not read.

        Raises:
            EncoderError: a file is missing, cannot be read, or does not fit the others.
        """
        path = Path(path)
        for name in (WEIGHTS, TOKENIZER, CONFIG):
            if not (path / name).is_file():
                raise _broken(path / name, "缺失", "is missing")
        config = _read_config(path / CONFIG)
        arrays = _map_safetensors(path / WEIGHTS)
        tokenizer = _read_tokenizer(path / TOKENIZER)
        embeddings, scales = arrays.get("embeddings"), arrays.get("scales")
        if embeddings is None or scales is None or embeddings.dtype != np.int8 or embeddings.ndim != 2:
            raise _broken(path / WEIGHTS, "内容不是词向量表", "holds no embedding table")
        if scales.shape != embeddings.shape[1:] or embeddings.shape[1] != config.get("dimension"):
            raise _broken(path / WEIGHTS, "维度与 config.json 不符", "has another dimension than config.json")
        if tokenizer.get_vocab_size() != len(embeddings):
            raise _broken(path / TOKENIZER, "词表大小与词向量表不符", "has another size than the embedding table")
        return cls(path, tokenizer, embeddings, np.array(scales, dtype=np.float32), config)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the weights and the tokenizer, hexadecimal."""
        digest = hashlib.sha256()
        for name in (WEIGHTS, TOKENIZER):
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
            vectors[start : start + _BATCH] = _normalise(sums * self._scales)
        return vectors

    def _sums(self, folded: list[str]) -> NDArray[np.int32]:
        """Sums [n, d] of the pieces' rows."""
        sums = np.zeros((len(folded), self.dimension), dtype=np.int32)
        encodings = self._tokenizer.encode_batch_fast(folded, add_special_tokens=False)
        for row, encoding in zip(sums, encodings, strict=True):
            ids = np.array(encoding.ids, dtype=np.intp)
            # `take` by text, not `add.reduceat` over the batch: ten times faster, as the rows stay in the cache.
            self._embeddings.take(ids[ids != _UNKNOWN], axis=0).sum(axis=0, dtype=np.int32, out=row)
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


def _read_tokenizer(path: Path) -> Tokenizer:
    # Without this the library warns when a process that has tokenized forks, as web servers do.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises plain Exception
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
