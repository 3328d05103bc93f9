"""The static model as a module of sentence-transformers, for training and for whoever wants the model there."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers.base.modules import InputModule

from kbqa.indexing.pieces import Pieces
from kbqa.text import fold


class PieceEmbedding(InputModule):
    """Text → sum of its pieces' rows, each weighed by the square root of its count.

    Args:
        rows: float32 [V, d].
        damped: whether counts are damped by the square root; plain counts give the mean's direction.
    """

    def __init__(self, pieces: Pieces, rows: NDArray[np.float32], damped: bool = True) -> None:
        super().__init__()
        self.pieces = pieces
        self.damped = damped
        self.embedding = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(rows), freeze=False, mode="sum")

    def preprocess(self, inputs: list[str], prompt: str | None = None, **kwargs: Any) -> dict[str, torch.Tensor]:
        """Features of texts: piece ids of all texts in one row, where each text's begin, and their weights."""
        bags = self.pieces.bags([fold((prompt or "") + text) for text in inputs])
        weights = np.sqrt(bags.counts) if self.damped else bags.counts
        return {
            "input_ids": torch.from_numpy(bags.ids),
            "offsets": torch.from_numpy(bags.ptr[:-1].copy()),
            "weights": torch.from_numpy(weights.astype(np.float32)),
        }

    def forward(self, features: dict[str, torch.Tensor], **kwargs: Any) -> dict[str, torch.Tensor]:
        ids, offsets, weights = features["input_ids"], features["offsets"], features["weights"]
        features["sentence_embedding"] = self.embedding(ids, offsets, per_sample_weights=weights)
        return features

    def get_embedding_dimension(self) -> int:
        return self.embedding.embedding_dim

    @property
    def max_seq_length(self) -> float:
        return math.inf

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """Write the format that the package reads, four bits a value; `StaticModel.load` opens it."""
        from kbqa.training.export import save_model

        save_model(Path(output_path), self.embedding.weight.detach().numpy(), self.pieces, {})
