"""Vectors in FAISS: exact inner product while that is fast, HNSW above."""

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


class DenseIndex:
    """Inner product over unit vectors; rows are chunks in order."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index
        self._exact: Vectors | None = None

    @classmethod
    def build(cls, vectors: Vectors, exact_limit: int) -> tuple[DenseIndex, Kind]:
        """Index float32 [N, d] rows of unit length.

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
        if kind == "flat":
            index = faiss.IndexFlatIP(vectors.shape[1])
        else:
            index = faiss.IndexHNSWFlat(vectors.shape[1], _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
            index.hnsw.efConstruction = _HNSW_BUILD
        index.add(np.ascontiguousarray(vectors, np.float32))
        return cls(index), kind

    def search(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Rows of the k nearest chunks and their cosines, best first; fewer where the index is smaller."""
        k = min(k, self._index.ntotal)
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        scores, rows = self._index.search(query.reshape(1, -1), k)
        found = rows[0] >= 0
        return rows[0][found], scores[0][found]

    def vectors(self, rows: NDArray[np.int64]) -> Vectors:
        """Stored vectors of some rows, float32 [len(rows), d]."""
        return self._index.reconstruct_batch(np.asarray(rows, np.int64))

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
