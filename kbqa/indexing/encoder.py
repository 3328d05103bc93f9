"""Text → vectors: the embedded static model, or any sentence-transformers model by path or hub name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import EncoderError
from kbqa.indexing.static_model import StaticModel
from kbqa.settings import DEFAULT_ENCODER

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """What indexing and retrieval need of a model; vectors are float32 [n, dimension] with rows of unit length."""

    name: str
    dimension: int
    digest: str

    def encode_passages(self, texts: Sequence[str]) -> Vectors: ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors: ...


def load_encoder(name: str = DEFAULT_ENCODER) -> Encoder:
    """The embedded model by its name; anything else goes to sentence-transformers.

    Raises:
        EncoderError: there is no such model on this machine.
    """
    if name == DEFAULT_ENCODER:
        with resources.as_file(resources.files("kbqa.models") / DEFAULT_ENCODER) as folder:
            return StaticEncoder(name, folder)
    return SentenceTransformerEncoder(name)


class StaticEncoder:
    """The embedded model: one vector a token, read without torch."""

    def __init__(self, name: str, folder: Path) -> None:
        self._model = StaticModel.load(folder)
        self.name = name
        self.dimension = self._model.dimension
        self.digest = self._model.digest

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._model.encode(texts)

    encode_queries = encode_passages


class SentenceTransformerEncoder:
    """Any model that sentence-transformers loads, with the prompts and pooling that its own files name.

    Never calls out by itself: a hub name works once the model is in the local cache.
    """

    def __init__(self, name: str) -> None:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
        from sentence_transformers import SentenceTransformer

        try:
            self._model: Any = SentenceTransformer(name, device="cpu", local_files_only=True)
        except Exception as error:  # a folder that is no model fails in as many ways as there are libraries
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise EncoderError(
                f"本机没有向量模型 {name}（{reason}）。请先在能联网的机器上运行 hf download {name}，或给出模型文件夹的路径。",
                f"No model {name} on this machine ({reason}). Fetch it once with `hf download {name}`, or give a folder.",
            ) from None
        self.name = name
        dimension = getattr(self._model, "get_embedding_dimension", None)  # its name since sentence-transformers 6
        self.dimension = int((dimension or self._model.get_sentence_embedding_dimension)())
        self.digest = self._digest()

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._unit(self._model.encode_document(list(texts), normalize_embeddings=True))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._unit(self._model.encode_query(list(texts), normalize_embeddings=True))

    def _unit(self, vectors: Any) -> Vectors:
        return np.asarray(vectors, np.float32).reshape(-1, self.dimension)

    def _digest(self) -> str:
        """SHA-256 over what decides a vector: weights, pooling and other modules, prompts, tokens."""
        model = self._model
        digest = hashlib.sha256(repr((str(model), model.prompts, model.default_prompt_name)).encode())
        tokenizer = getattr(model, "tokenizer", None)
        backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
        if hasattr(backend, "to_str"):
            digest.update(backend.to_str().encode())
        for name, tensor in sorted(self._model.state_dict().items()):
            digest.update(f"{name}{tuple(tensor.shape)}".encode())
            digest.update(np.ascontiguousarray(tensor.detach().float().cpu().numpy()).tobytes())
        return digest.hexdigest()
