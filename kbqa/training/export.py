"""From learned rows to the folder that ships: int8, tokenizer, card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.static_model import CONFIG, TOKENIZER, WEIGHTS

VERSION = 1
# Raised whenever `kbqa.text.fold` changes what it gives for text seen in training.
FOLD_VERSION = 1


def quantise(rows: NDArray[np.float32], share: float = 0.9999) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Int8 rows [V, d] and a scale for each dimension [d], so that `int8 * scale` is nearly `rows`.

    One scale a dimension, not a row: sums of rows stay whole numbers. Values beyond the `share` quantile are clipped.
    """
    limits = np.quantile(np.abs(rows), share, axis=0).astype(np.float32)
    scales = np.maximum(limits, np.finfo(np.float32).tiny) / 127.0
    return np.clip(np.rint(rows / scales), -127, 127).astype(np.int8), scales.astype(np.float32)


def save_model(folder: Path, rows: NDArray[np.float32], tokenizer: Any, extra: dict[str, Any]) -> None:
    """Write weights, tokenizer and config.

    Args:
        rows: float32 [V, d]; row 0 belongs to the unknown piece and has to be zero.
        extra: further entries of the config file.
    """
    from safetensors.numpy import save_file

    if rows[0].any():
        raise ValueError("row 0 belongs to the unknown piece and has to be zero")
    folder.mkdir(parents=True, exist_ok=True)
    embeddings, scales = quantise(rows)
    save_file({"embeddings": embeddings, "scales": scales}, str(folder / WEIGHTS))
    # The library writes for the owner alone; an installed package is read by everyone.
    (folder / WEIGHTS).chmod(0o644)
    tokenizer.save(str(folder / TOKENIZER), pretty=False)
    config = {
        "version": VERSION,
        "dimension": int(rows.shape[1]),
        "vocabulary": int(rows.shape[0]),
        "pooling": "mean",
        "normalise": True,
        "unknown": 0,
        "fold": "kbqa.text.fold",
        "fold_version": FOLD_VERSION,
        **extra,
    }
    text = json.dumps(config, ensure_ascii=False, indent=2) + "\n"
    (folder / CONFIG).write_text(text, encoding="utf-8")


def to_sentence_transformer(path: Path) -> Any:
    """The shipped model as a `SentenceTransformer`, which folds its input as the reader does."""
    from safetensors.numpy import load_file
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, StaticEmbedding
    from tokenizers import Tokenizer

    from kbqa.text import fold

    class FoldedStaticEmbedding(StaticEmbedding):
        """Static rows over folded text."""

        def preprocess(self, inputs: list[str], prompt: str | None = None, **kwargs: Any) -> Any:
            return super().preprocess([fold(text) for text in inputs], prompt, **kwargs)

    arrays = load_file(str(path / WEIGHTS))
    rows = arrays["embeddings"].astype(np.float32) * arrays["scales"]
    module = FoldedStaticEmbedding(Tokenizer.from_file(str(path / TOKENIZER)), embedding_weights=rows)
    module.embedding.padding_idx = 0
    return SentenceTransformer(modules=[module, Normalize()], device="cpu")
