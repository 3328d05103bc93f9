"""Vectors in FAISS: exact inner product while that is fast, HNSW above.

Vectors of the embedded model are kept as whole numbers of eight bits: a quarter of the memory, three times the speed, and a
cosine moves by less than 0.001. The step is fixed, so a vector is stored the same whatever stands beside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import REBUILD_EN, REBUILD_ZH, EncoderError, IndexDamaged

if TYPE_CHECKING:
    import faiss

Kind = Literal["flat", "hnsw"]
Vectors = NDArray[np.float32]

_HNSW_LINKS, _HNSW_BUILD, _HNSW_SEARCH = 32, 200, 128
_STEPS = 640.0  # whole numbers to 1; values of a unit vector of 1,024 dimensions stay well below 127 / 640 = 0.2


class DenseIndex:
    """Inner product over unit vectors; rows are chunks in order."""

    def __init__(self, index: faiss.Index) -> None:
        import faiss

        self._index = index
        self._compact = isinstance(index, faiss.IndexScalarQuantizer | faiss.IndexHNSWSQ)

    @classmethod
    def build(cls, vectors: Vectors, exact_limit: int, compact: bool = False) -> tuple[DenseIndex, Kind]:
        """Index float32 [N, d] rows of unit length.

        Args:
            exact_limit: up to so many vectors are compared exactly.
            compact: keep eight bits a value; values beyond ±0.2 are cut off.

        Raises:
            EncoderError: all rows are zero, or more than a tenth and more than one: the encoder does not know the notes' script.
        """
        import faiss

        zero = int((np.abs(vectors).max(axis=1, initial=0.0) == 0).sum())
        if zero and (zero == len(vectors) or zero > max(1, len(vectors) // 10)):
            raise EncoderError(
                f"向量模型对 {len(vectors)} 个片段中的 {zero} 个给出空向量，它不认识笔记的文字。请换一个 --encoder。",
                f"The encoder gave zero vectors for {zero} of {len(vectors)} chunks. Choose another --encoder.",
            )
        faiss.omp_set_num_threads(1)  # the same graph on every machine
        kind: Kind = "flat" if len(vectors) <= exact_limit else "hnsw"
        index = _empty(vectors.shape[1], kind, compact)
        index.add(_codes(vectors) if compact else np.ascontiguousarray(vectors, np.float32))
        return cls(index), kind

    def search(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Rows of the k nearest chunks and their cosines, best first; fewer where the index is smaller."""
        k = min(k, self._index.ntotal)
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        asked = query.reshape(1, -1)
        scores, rows = self._index.search(_codes(asked) if self._compact else asked, k)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found] / np.float32(_STEPS**2 if self._compact else 1)

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Stored vectors of some rows, float32 [len(rows), d]."""
        stored = self._index.reconstruct_batch(np.asarray(rows, np.int64))
        return stored / np.float32(_STEPS) if self._compact else stored

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def save(self, path: Path) -> None:
        import faiss

        faiss.write_index(self._index, str(path))

    @classmethod
    def load(cls, path: Path) -> DenseIndex:
        """Open memory-mapped.

        Raises:
            IndexDamaged: FAISS cannot read the file.
        """
        import faiss

        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexDamaged(
                f"向量索引 {path.name} 无法读取。{REBUILD_ZH}",
                f"{path.name} cannot be read ({error}). {REBUILD_EN}",
            ) from None
        if hasattr(index, "hnsw"):
            index.hnsw.efSearch = _HNSW_SEARCH
        faiss.omp_set_num_threads(1)
        return cls(index)


def _empty(dimension: int, kind: Kind, compact: bool) -> faiss.Index:
    import faiss

    metric, signed = faiss.METRIC_INNER_PRODUCT, faiss.ScalarQuantizer.QT_8bit_direct_signed
    if kind == "flat":
        return faiss.IndexScalarQuantizer(dimension, signed, metric) if compact else faiss.IndexFlatIP(dimension)
    if compact:
        index = faiss.IndexHNSWSQ(dimension, signed, _HNSW_LINKS, metric)
        index.train(np.zeros((1, dimension), np.float32))  # takes nothing from it: the codes are the values
    else:
        index = faiss.IndexHNSWFlat(dimension, _HNSW_LINKS, metric)
    index.hnsw.efConstruction = _HNSW_BUILD
    return index


def _codes(vectors: Vectors) -> Vectors:
    """Vectors as the whole numbers that FAISS stores in a byte each."""
    return np.clip(np.rint(vectors * np.float32(_STEPS)), -127, 127).astype(np.float32)
