"""From learned rows to the folder that ships: four bits a value, vocabulary, config."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.pieces import Pieces
from kbqa.indexing.static_model import CODE_ZERO, CONFIG, VOCABULARY, WEIGHTS

VERSION = 2
# Raised whenever `kbqa.text.fold` changes what it gives for text seen in training.
FOLD_VERSION = 1

# The step that loses least when normally distributed values are rounded to fifteen levels, in standard deviations.
_STEP = 0.3352
_LARGEST_LENGTH = 255
_LONGEST = 0.999  # quantile of row lengths that gets the largest whole number


def quantise(rows: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    """Rows [V, d] as whole numbers from −7 to 7, int8 [V, d], and a whole-number length of each row, uint8 [V].

    `codes * lengths[:, None]` is nearly `rows` up to one factor for all. Source of the step: Max 1960, "Quantizing for
    minimum distortion", table of uniform quantisers.
    """
    deviations = np.sqrt((rows**2).mean(axis=1, keepdims=True))
    codes = np.rint(rows / np.maximum(deviations * _STEP, np.finfo(np.float32).tiny))
    lengths = deviations[:, 0] / max(float(np.quantile(deviations, _LONGEST)), 1e-30) * _LARGEST_LENGTH
    return np.clip(codes, -7, 7).astype(np.int8), np.clip(np.rint(lengths), 0, _LARGEST_LENGTH).astype(np.uint8)


def pack(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Two values a byte, uint8 [V, d / 2]: the first half of a row in the low four bits, the second in the high ones."""
    shifted = (codes + CODE_ZERO).astype(np.uint8)
    half = shifted.shape[1] // 2
    return shifted[:, :half] | (shifted[:, half:] << 4)


def unpack(packed: NDArray[np.uint8]) -> NDArray[np.int8]:
    """The inverse of `pack`, int8 [V, d]."""
    return np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.int8) - np.int8(CODE_ZERO)


def save_model(folder: Path, rows: NDArray[np.float32], pieces: Pieces, extra: dict[str, Any]) -> None:
    """Write weights, vocabulary and config.

    Args:
        rows: float32 [V, d], d even.
        extra: further entries of the config file.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    codes, lengths = quantise(rows)
    save_file({"codes": pack(codes), "lengths": lengths}, str(folder / WEIGHTS))
    # The library writes for the owner alone; an installed package is read by everyone.
    (folder / WEIGHTS).chmod(0o644)
    (folder / VOCABULARY).write_text("".join(f"{piece}\n" for piece in pieces.vocabulary), encoding="utf-8")
    config = {
        "version": VERSION,
        "dimension": int(rows.shape[1]),
        "vocabulary": int(rows.shape[0]),
        "pooling": "sum of rows, each times the square root of its piece's count",
        "normalise": True,
        "fold": "kbqa.text.fold",
        "fold_version": FOLD_VERSION,
        **extra,
    }
    text = json.dumps(config, ensure_ascii=False, indent=2) + "\n"
    (folder / CONFIG).write_text(text, encoding="utf-8")


def load_rows(folder: Path) -> tuple[Pieces, NDArray[np.float32]]:
    """Vocabulary and rows [V, d] of a model folder, as a start for further training."""
    from safetensors.numpy import load_file

    arrays = load_file(str(folder / WEIGHTS))
    pieces = Pieces((folder / VOCABULARY).read_text(encoding="utf-8").split("\n")[:-1])
    return pieces, unpack(arrays["codes"]).astype(np.float32) * arrays["lengths"][:, None]


def to_sentence_transformer(path: Path) -> Any:
    """The shipped model as a `SentenceTransformer`, which folds its input as the reader does."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize

    from kbqa.training.module import PieceEmbedding

    return SentenceTransformer(modules=[PieceEmbedding(*load_rows(path)), Normalize()], device="cpu")
