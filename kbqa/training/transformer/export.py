"""From weights for torch to a folder that ships: 8-bit ONNX, the tokenizer, and what the model's own files say.

sentence-transformers exports ONNX through `optimum-onnx`, which holds transformers below 4.58, and sentence-transformers
itself wants 5. So torch exports and onnxruntime quantises here; the folder has sentence-transformers' layout, and
`kbqa.indexing.onnx_encoder` reads it. Weights are unsigned: every processor computes these exactly, while signed ones
overflow on those without VNNI.
"""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import EncoderError
from kbqa.training.transformer.config import ExportSettings
from kbqa.training.transformer.stages import DONE

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

ONNX_FILE = "onnx/model_quint8.onnx"
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")
_INPUTS = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}
_WEIGHTS = ("*.safetensors", "onnx", DONE)


def check_packages() -> None:
    """See that what the export needs is installed.

    Raises:
        EncoderError: something is missing.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise EncoderError(
            f"导出需要 {'、'.join(missing)}，还没有安装。请运行 pip install {' '.join(missing)}，或用 --stage 跳过 export。",
            f"The export needs {', '.join(missing)}. Run pip install {' '.join(missing)}, or leave out the stage export.",
        )


def export_model(
    source: Path, folder: Path, pairs: Sequence[tuple[str, str]], settings: ExportSettings
) -> dict[str, Any]:
    """Export one model and check its size, faithfulness and speed.

    Args:
        source: folder of a sentence-transformers model or `CrossEncoder`.
        pairs: queries and passages to compare and time it on; a bi-encoder reads the queries only.

    Returns:
        Facts for the card: megabytes, milliseconds, and how near the 8-bit outputs are to those of torch.

    Raises:
        EncoderError: the folder is larger than the settings allow.
    """
    import torch
    from transformers import AutoConfig

    classifies = AutoConfig.from_pretrained(source).architectures[0].endswith("ForSequenceClassification")
    model = _torch_model(source, classifies)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns(*_WEIGHTS), dirs_exist_ok=True)
    (folder / ONNX_FILE).parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        _to_onnx(model, Path(scratch) / "model.onnx", "logits" if classifies else "last_hidden_state")
        _quantise(Path(scratch) / "model.onnx", folder / ONNX_FILE)
    size = check_size(folder, settings.megabytes)
    given = list(pairs) if classifies else [query for query, _ in pairs]
    session, tokenizer = session_of(folder, settings.threads), _tokenizer(source)
    outputs, milliseconds = timed(session, tokenizer, given)
    with torch.inference_mode():
        wanted = [model(**_tensors(tokenizer, text))[0][0].numpy() for text in given]
    return {
        "megabytes": round(size / 1e6, 2),
        "threads": settings.threads,
        "ms_p50": round(float(np.percentile(milliseconds, 50)), 2),
        "ms_p95": round(float(np.percentile(milliseconds, 95)), 2),
        **(_score_agreement(wanted, outputs) if classifies else _vector_agreement(wanted, outputs)),
    }


def check_size(folder: Path, megabytes: float) -> int:
    """Bytes of all files of a folder.

    Raises:
        EncoderError: they are more than so many 10^6 bytes.
    """
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > megabytes * 1e6:
        raise EncoderError(
            f"{folder} 有 {size / 1e6:.1f} MB，超过 export.megabytes 的 {megabytes:g} MB。请减小 trunk 或 tokenizer.pieces 后重新训练。",
            f"{folder} has {size / 1e6:.1f} MB, more than export.megabytes {megabytes:g}. Train with a smaller trunk or "
            "fewer tokenizer.pieces.",
        )
    return size


def session_of(folder: Path, threads: int) -> InferenceSession:
    """The exported model, on so many threads of the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(folder / ONNX_FILE), options, providers=["CPUExecutionProvider"])


def timed(
    session: InferenceSession, tokenizer: Tokenizer, texts: Sequence[Any]
) -> tuple[list[NDArray[np.float32]], list[float]]:
    """Outputs of texts (or pairs of texts) one at a time, and the milliseconds each took, tokens included."""
    names = [each.name for each in session.get_inputs()]
    outputs, milliseconds = [], []
    for text in [texts[0], *texts]:
        started = time.perf_counter()
        encoding = _encoding(tokenizer, text)
        given = {name: np.array([getattr(encoding, _INPUTS[name])], np.int64) for name in names}
        outputs.append(session.run(None, given)[0][0])
        milliseconds.append((time.perf_counter() - started) * 1000)
    return outputs[1:], milliseconds[1:]  # the first call allocates


def _torch_model(source: Path, classifies: bool) -> Any:
    from transformers import AutoModel, AutoModelForSequenceClassification

    kind = AutoModelForSequenceClassification if classifies else AutoModel
    return kind.from_pretrained(source, attn_implementation="eager", return_dict=False).eval()


def _to_onnx(model: Any, path: Path, output: str) -> None:
    import torch

    class First(torch.nn.Module):
        """Only the first output, given the inputs in a fixed order."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            return self.model(input_ids, attention_mask, token_type_ids)[0]

    # Three tensors: one given twice would become one input.
    example = tuple(torch.full((2, 8), value, dtype=torch.long) for value in (1, 1, 0))
    axes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=model.config.max_position_embeddings)}
    # `eval` once more: the export puts a module back into the mode that its outermost part was in.
    torch.onnx.export(
        First().eval(), example, path, input_names=list(_INPUTS), output_names=[output],
        dynamic_shapes=(axes, axes, axes), opset_version=18, dynamo=True, external_data=False, verbose=False,
    )  # fmt: skip


def _quantise(plain: Path, target: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(plain)
    model.graph.ClearField("value_info")  # shapes that torch noted beside the graph and that onnx infers otherwise
    quantize_dynamic(model, target, weight_type=QuantType.QUInt8, per_channel=False)


def _tokenizer(source: Path) -> Tokenizer:
    from transformers import AutoTokenizer

    found = AutoTokenizer.from_pretrained(source)
    found.backend_tokenizer.no_padding()
    found.backend_tokenizer.enable_truncation(found.model_max_length)
    return found.backend_tokenizer


def _encoding(tokenizer: Tokenizer, text: Any) -> Any:
    return tokenizer.encode(*text) if isinstance(text, tuple) else tokenizer.encode(text)


def _tensors(tokenizer: Tokenizer, text: Any) -> dict[str, Any]:
    import torch

    encoding = _encoding(tokenizer, text)
    return {name: torch.tensor([getattr(encoding, attribute)]) for name, attribute in _INPUTS.items()}


def _vector_agreement(wanted: Sequence[NDArray[Any]], got: Sequence[NDArray[Any]]) -> dict[str, float]:
    """Mean and least cosine between the texts' mean vectors."""
    a, b = (np.stack([states.mean(axis=0) for states in side]) for side in (wanted, got))
    cosines = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return {"cosine_mean": round(float(cosines.mean()), 4), "cosine_least": round(float(cosines.min()), 4)}


def _score_agreement(wanted: Sequence[NDArray[Any]], got: Sequence[NDArray[Any]]) -> dict[str, float]:
    """Largest difference between scores, after the sigmoid."""
    a, b = (1 / (1 + np.exp(-np.array(side, np.float64).reshape(-1))) for side in (wanted, got))
    return {"difference_most": round(float(np.abs(a - b).max()), 4)}
