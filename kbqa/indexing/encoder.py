"""Text → vectors: the embedded static model, or any sentence-transformers model by path or hub name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import EncoderError
from kbqa.indexing.model_files import ModelFiles, find_model, loading
from kbqa.indexing.static_model import StaticModel
from kbqa.settings import DEFAULT_ENCODER

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """What indexing and retrieval need of a model; vectors are float32 [n, dimension] with rows of unit length.

    Attributes:
        batch: how many texts to hand over at a time, so that progress shows every few seconds.
        digest: changes with whatever changes a vector: weights, pooling, prompts, tokens, length.
        light: a static model: it may be forked, encodes sentences while someone waits, and its values fit eight bits.
    """

    name: str
    dimension: int
    digest: str
    batch: int
    light: bool

    def encode_passages(self, texts: Sequence[str]) -> Vectors: ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors: ...


def load_encoder(name: str = DEFAULT_ENCODER) -> Encoder:
    """The embedded model by its name; else a shipped name, a folder, or a hub name in the local cache.

    Raises:
        EncoderError: there is no such model on this machine, or it cannot be used; says why and what to do.
    """
    files = find_model(name)
    if files.static:
        return StaticEncoder(name, files.folder)
    if files.kind != "SentenceTransformer":
        raise EncoderError(
            f"模型 {name} 是 {files.kind}，不是向量模型。请用 --encoder 换一个向量模型；重排模型用 --reranker。",
            f"The model {name} is a {files.kind} and gives no vectors. Name another with --encoder; a cross-encoder "
            "goes with --reranker.",
        )
    if files.onnx:
        from kbqa.indexing.onnx_encoder import OnnxEncoder  # most models never come here

        return OnnxEncoder(files, files.onnx)
    return SentenceTransformerEncoder(files)


class StaticEncoder:
    """The embedded model, or one tuned from it: one row a piece, read without torch."""

    batch = 512
    light = True

    def __init__(self, name: str, folder: Path) -> None:
        self._model = StaticModel.load(folder)
        self.name = name
        self.dimension = self._model.dimension
        self.digest = self._model.digest

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._model.encode(texts)

    encode_queries = encode_passages


class SentenceTransformerEncoder:
    """Any model that sentence-transformers loads, with the prompts and pooling of its files or its family.

    Raises:
        EncoderError: the folder does not load, or wants to run code of its own.
    """

    batch = 64
    light = False

    def __init__(self, files: ModelFiles) -> None:
        with loading(files):
            self._model: Any = _load(files)
        self._prompts = files.prompts
        self.name = files.name
        self.dimension = _dimension(self._model)
        self.digest = self._digest()

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_document, texts, self._prompts.passage)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode(self._model.encode_query, texts, self._prompts.query)

    def _encode(self, method: Any, texts: Sequence[str], prompt: str) -> Vectors:
        vectors = method(list(texts), prompt=prompt, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32).reshape(-1, self.dimension)

    def _digest(self) -> str:
        """SHA-256 over what decides a vector: weights, pooling and other modules, prompts, length, tokens."""
        model = self._model
        told = (str(model), tuple(self._prompts), getattr(model, "max_seq_length", None))
        digest = hashlib.sha256(repr(told).encode())
        tokenizer = getattr(model, "tokenizer", None)
        backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
        if hasattr(backend, "to_str"):
            digest.update(backend.to_str().encode())
        for name, tensor in sorted(model.state_dict().items()):
            digest.update(f"{name}{tuple(tensor.shape)}".encode())
            digest.update(np.ascontiguousarray(tensor.detach().float().cpu().numpy()).tobytes())
        return digest.hexdigest()


def _load(files: ModelFiles) -> Any:
    """The model as its folder describes it; a bare checkpoint gets the pooling of its family."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True)
    if files.family and not files.modules and len(model) > 1:
        model[1] = type(model[1])(_dimension(model), pooling_mode=files.family.pooling)
    return model.float()  # weights in half precision are slow on a processor, and less exact


def _dimension(model: Any) -> int:
    dimension = getattr(model, "get_embedding_dimension", None)  # its name since sentence-transformers 6
    return int((dimension or model.get_sentence_embedding_dimension)())
