"""Text → vectors by onnxruntime: for folders that hold ONNX weights and none for torch.

Read here rather than through sentence-transformers' ONNX backend, whose packages hold transformers back at version 4;
this needs neither torch nor transformers and starts in a fraction of the time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import EncoderError
from kbqa.indexing.model_files import ModelFiles, unusable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

Floats = NDArray[np.float32]

_ERRORS_ONLY = 3
_INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
_OUTPUTS = ("last_hidden_state", "token_embeddings")
_READ = {"Transformer", "Pooling", "Normalize"}


class OnnxEncoder:
    """An encoder from an ONNX file, its tokenizer and what the folder says of pooling and prompts.

    Texts run one at a time: 8-bit models scale their numbers by the whole batch, and a vector must not depend on its
    neighbours.

    Raises:
        EncoderError: onnxruntime is not installed, or the folder holds something that is not read here.
    """

    batch = 64
    light = False

    def __init__(self, files: ModelFiles, weights: Path) -> None:
        self.name = files.name
        self._prompts = files.prompts
        self._pooling = _pooling(files)
        self._tokenizer, self._lower = _tokenizer(files)
        self._session = _session(files, weights)
        self._inputs = [each.name for each in self._session.get_inputs()]
        if unknown := set(self._inputs) - set(_INPUTS):
            raise unusable(self.name, f"{weights.name}: inputs {', '.join(sorted(unknown))}")
        self._output = _output(files, self._session, weights)
        self.dimension = self._width(weights)
        self.digest = self._digest(files, weights)

    def _width(self, weights: Path) -> int:
        """Length of a vector, by encoding something: not every file tells, and what fails later fails here."""
        try:
            return self._states(self._tokenizer.encode("1")).shape[-1]
        except Exception as error:  # see _session
            raise unusable(self.name, f"{weights.name}: {error}") from None

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        return self._encode([self._prompts.passage + text for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Floats:
        return self._encode([self._prompts.query + text for text in texts])

    def _encode(self, texts: list[str]) -> Floats:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        encodings = self._tokenizer.encode_batch([text.lower() for text in texts] if self._lower else texts)
        for row, encoding in zip(vectors, encodings, strict=True):
            row[:] = self._pooled(self._states(encoding))
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)

    def _states(self, encoding: Encoding) -> Floats:
        """Hidden states [tokens, d] of one text."""
        given = {name: np.array([getattr(encoding, _INPUTS[name])], np.int64) for name in self._inputs}
        return np.asarray(self._session.run([self._output], given)[0][0], np.float32)

    def _pooled(self, states: Floats) -> Floats:
        if self._pooling == "mean":
            return np.asarray(states.mean(axis=0), np.float32)
        return states[0 if self._pooling == "cls" else -1]

    def _digest(self, files: ModelFiles, weights: Path) -> str:
        """SHA-256 over the bytes of the weights and the tokenizer, pooling, prompts and length."""
        told = (self._pooling, tuple(self._prompts), files.max_tokens, self._lower)
        digest = hashlib.sha256(repr(told).encode())
        beside = sorted(weights.parent.glob(f"{weights.name}[._]data*"))  # weights that outgrew the file
        for path in (weights, *beside):
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        digest.update(self._tokenizer.to_str().encode())
        return digest.hexdigest()


def _session(files: ModelFiles, weights: Path) -> InferenceSession:
    try:
        import onnxruntime
    except ImportError:
        raise EncoderError(
            f'模型 {files.name} 只有 ONNX 权重，需要 onnxruntime。请运行 pip install "kbqa[onnx]"，或取带 torch 权重的模型。',
            f"The model {files.name} has ONNX weights only, which need onnxruntime. Run `pip install 'kbqa[onnx]'`, or "
            "fetch a model with weights for torch.",
        ) from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class of its own for every cause
        raise unusable(files.name, f"{weights.name}: {error}") from None


def _output(files: ModelFiles, session: InferenceSession, weights: Path) -> str:
    """Name of the output with a state for every token."""
    outputs = [each.name for each in session.get_outputs() if len(each.shape) == 3]
    for name in (*_OUTPUTS, *outputs):
        if name in outputs:
            return name
    raise unusable(files.name, f"{weights.name}: no output with a vector for every token")


def _tokenizer(files: ModelFiles) -> tuple[Tokenizer, bool]:
    """The tokenizer, cutting at the model's length, and whether texts are lowered before it."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # see static_model.py
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(files.folder / f"{files.root}tokenizer.json"))
    except Exception as error:  # the library raises plain Exception
        raise unusable(files.name, f"tokenizer.json: {error}") from None
    tokenizer.no_padding()
    tokenizer.enable_truncation(files.max_tokens)
    return tokenizer, bool(files.read(f"{files.root}sentence_bert_config.json").get("do_lower_case"))


def _pooling(files: ModelFiles) -> str:
    """`cls`, `mean` or `lasttoken`, by the folder's files, else by the family, else the mean.

    Raises:
        EncoderError: the folder asks for other steps.
    """
    if not files.modules:
        return files.family.pooling if files.family else "mean"
    steps = {module["type"].rpartition(".")[2]: module.get("path", "") for module in files.modules}
    config = files.read(f"{steps.get('Pooling', '')}/config.json")
    old = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "pooling_mode_lasttoken": "lasttoken"}
    named = config.get("pooling_mode") or [mode for flag, mode in old.items() if config.get(flag)]
    modes = [named] if isinstance(named, str) else list(named)
    if set(steps) - _READ or len(modes) != 1 or modes[0] not in old.values():
        raise unusable(files.name, f"ONNX with {', '.join(steps)}, pooling {', '.join(modes) or '-'}")
    return str(modes[0])
