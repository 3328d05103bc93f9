"""The live generation as a source of readings and vectors for the next build."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import StoreError
from kbqa.indexing import store
from kbqa.indexing.dense import DenseIndex
from kbqa.indexing.encoder import Encoder
from kbqa.indexing.index import DocumentTable, load_reports
from kbqa.notes.reading import READER_VERSION, Reading

# The fields of a manifest that decide what an index holds; where all are the same there is nothing to build.
MADE_BY = (
    "format_version", "notes", "notes_digest", "settings", "encoder", "encoder_digest", "dimension", "dictionary_digest",
    "reader_version", "segmenter",
)  # fmt: skip


class Earlier:
    """The live generation as a source of readings and vectors."""

    def __init__(self, folder: Path, manifest: store.Manifest, encoder: Encoder) -> None:
        self.manifest = manifest
        self.made_by = {k: v for k, v in asdict(manifest).items() if k in MADE_BY}
        self._documents = DocumentTable(folder)
        self.files = load_reports(folder)
        self._reports = {f.doc_id: f for f in self.files}
        same = manifest.encoder_digest == encoder.digest
        self._dense = DenseIndex.load(folder / "dense.faiss") if same else None
        hashes = np.load(folder / "vector_hashes.npy")
        self._vector_rows = {row.tobytes(): i for i, row in enumerate(hashes)}

    @classmethod
    def open(cls, index: Path, encoder: Encoder) -> Earlier | None:
        """The live generation, or none if there is none that can be trusted."""
        try:
            folder = store.current_generation(index)
            manifest = store.read_manifest(folder)
            store.verify(folder, manifest)
            return cls(folder, manifest, encoder)
        except (StoreError, OSError, ValueError, KeyError, TypeError):
            return None  # whatever is wrong with it, a fresh build mends it

    def reading(self, doc_id: str, digest: str) -> Reading | None:
        if self.manifest.reader_version != READER_VERSION or doc_id not in self._documents:
            return None
        document = self._documents.get(doc_id)
        return Reading(document, self._reports[doc_id]) if document.source_digest == digest else None

    def vectors(self, hashes: NDArray[np.uint8]) -> dict[int, NDArray[np.float32]]:
        """Row in `hashes` → stored vector, for the texts that were encoded before."""
        if self._dense is None:
            return {}
        known = {i: self._vector_rows[h.tobytes()] for i, h in enumerate(hashes) if h.tobytes() in self._vector_rows}
        stored = self._dense.vectors(np.array(list(known.values()), np.int64)) if known else []
        return dict(zip(known, stored, strict=True))
