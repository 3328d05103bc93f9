"""Encoders from ONNX weights, on a network small enough to be worked out by hand."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kbqa import BuildSettings, KnowledgeBase, Settings
from kbqa.errors import EncoderError
from kbqa.indexing.encoder import load_encoder

onnx = pytest.importorskip("onnx", reason="onnx builds the networks of these tests")
pytest.importorskip("onnxruntime", reason="pip install 'kbqa[onnx]'")

CHARACTERS = "为这个句子生成表示以用于检索相关文章：转化率留存积分会员"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *dict.fromkeys(CHARACTERS)]
BGE_PROMPT = "为这个句子生成表示以用于检索相关文章："
WIDTH = 8


@pytest.fixture(autouse=True)
def _unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"tried to connect to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def table(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(len(VOCABULARY), WIDTH)).astype(np.float32)


def save_network(path: Path, rows: np.ndarray, output: str = "last_hidden_state", extra: str = "") -> None:
    """A token's state is its row, times its mask, plus the mean of all rows: so that every state knows the text."""
    helper, kinds = onnx.helper, onnx.TensorProto
    steps = [
        helper.make_node("Gather", ["table", "input_ids"], ["row"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=kinds.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["wide"]),
        helper.make_node("Mul", ["row", "wide"], ["kept"]),
        helper.make_node("ReduceMean", ["kept", "middle"], ["mean"], keepdims=1),
        helper.make_node("Add", ["kept", "mean"], [output]),
    ]
    names = ["input_ids", "attention_mask", *([extra] if extra else [])]
    constants = {"table": rows, "last": np.array([2]), "middle": np.array([1])}
    graph = helper.make_graph(
        steps, "tiny",
        [helper.make_tensor_value_info(name, kinds.INT64, ["batch", "length"]) for name in names],
        [helper.make_tensor_value_info(output, kinds.FLOAT, ["batch", "length", WIDTH])],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), str(path))


def save_model(folder: Path, pooling: str = "mean", weights: str = "onnx/model.onnx", **prompts: str) -> Path:
    """A folder of sentence-transformers with ONNX weights only; without `pooling` a bare one."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    save_network(folder / weights, table())
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_padding(length=40)  # as some folders have it; padding must not come into the mean
    tokenizer.save(str(folder / "tokenizer.json"))
    write(folder / "config.json", {"max_position_embeddings": 12})
    if pooling:
        steps = [("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")]
        write(folder / "modules.json", [{"type": f"sentence_transformers.models.{t}", "path": p} for t, p in steps])
        write(folder / "1_Pooling" / "config.json", {"pooling_mode": pooling})
        write(folder / "config_sentence_transformers.json", {"prompts": prompts})
    return folder


def write(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")


def oracle(text: str, pooling: str, rows: np.ndarray | None = None) -> np.ndarray:
    """The network above, in numpy."""
    rows = table() if rows is None else rows
    kept = rows[[2, *(VOCABULARY.index(c) for c in text), 3]]
    states = kept + kept.mean(axis=0)
    vector = {"mean": states.mean(axis=0), "cls": states[0], "lasttoken": states[-1]}[pooling]
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize("pooling", ["mean", "cls", "lasttoken"])
def test_vectors(pooling: str, tmp_path: Path) -> None:
    """As the folder pools, behind the folder's prompts, of unit length."""
    encoder = load_encoder(str(save_model(tmp_path / "model", pooling, query="留存：")))
    texts = ["转化率", "会员积分积分"]
    vectors = encoder.encode_passages(texts)
    assert (encoder.name, encoder.dimension, vectors.dtype) == (str(tmp_path / "model"), WIDTH, np.float32)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(vector, oracle(text, pooling), atol=1e-6)
    np.testing.assert_allclose(encoder.encode_queries(["转化率"])[0], oracle("留存：转化率", pooling), atol=1e-6)
    assert encoder.encode_passages([]).shape == (0, WIDTH)


def test_bare_folder(tmp_path: Path) -> None:
    """Without a word on pooling and prompts the family decides, here on a length that cuts the question short."""
    folder = save_model(tmp_path / "bge-tiny-zh-v1.5", pooling="")
    encoder = load_encoder(str(folder))
    np.testing.assert_allclose(encoder.encode_passages(["转化率"])[0], oracle("转化率", "cls"), atol=1e-6)
    np.testing.assert_allclose(encoder.encode_queries(["转化率"])[0], oracle(BGE_PROMPT[:10], "cls"), atol=1e-6)


def test_other_names_of_the_pooling(tmp_path: Path) -> None:
    """Flags, as sentence-transformers wrote them for years."""
    folder = save_model(tmp_path / "model")
    flags = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False, "pooling_mode_lasttoken": False}
    write(folder / "1_Pooling" / "config.json", flags)
    np.testing.assert_allclose(
        load_encoder(str(folder)).encode_passages(["转化率"])[0], oracle("转化率", "cls"), atol=1e-6
    )


def test_quantised_weights_are_preferred(tmp_path: Path) -> None:
    """Of two files the 8-bit one is run."""
    folder = save_model(tmp_path / "model")
    save_network(folder / "onnx" / "model_qint8_avx512.onnx", table(1))
    vector = load_encoder(str(folder)).encode_passages(["转化率"])[0]
    np.testing.assert_allclose(vector, oracle("转化率", "mean", table(1)), atol=1e-6)


def test_a_vector_does_not_depend_on_its_neighbours(tmp_path: Path) -> None:
    """One at a time and all at once are the same bits, whatever the lengths."""
    encoder = load_encoder(str(save_model(tmp_path / "model")))
    texts = ["转", "转化率留存积分会员", "积分"]
    np.testing.assert_array_equal(
        np.vstack([encoder.encode_passages([t]) for t in texts]), encoder.encode_passages(texts)
    )


def _other_weights(folder: Path) -> None:
    save_network(folder / "onnx" / "model.onnx", table(1))


def _other_pooling(folder: Path) -> None:
    write(folder / "1_Pooling" / "config.json", {"pooling_mode": "cls"})


def _other_prompts(folder: Path) -> None:
    write(folder / "config_sentence_transformers.json", {"prompts": {"document": "留存："}})


def _other_tokens(folder: Path) -> None:
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text("utf-8"))
    ids = data["model"]["vocab"]
    ids["转"], ids["率"] = ids["留"], ids["存"]
    write(path, data)


def _other_length(folder: Path) -> None:
    write(folder / "sentence_bert_config.json", {"max_seq_length": 4})


@pytest.mark.parametrize("change", [_other_weights, _other_pooling, _other_prompts, _other_tokens, _other_length])
def test_digest(change: Callable[[Path], None], tmp_path: Path) -> None:
    """The same wherever the folder lies, another for whatever gives other vectors."""
    before = load_encoder(str(save_model(tmp_path / "model")))
    moved = Path(shutil.copytree(tmp_path / "model", tmp_path / "moved"))
    assert load_encoder(str(moved)).digest == before.digest
    change(moved)
    after = load_encoder(str(moved))
    assert not np.allclose(before.encode_passages(["转化率"]), after.encode_passages(["转化率"]), atol=1e-3)
    assert before.digest != after.digest


def test_index_and_ask(notes: Path, tmp_path: Path) -> None:
    """An index built with such a model opens with it and answers."""
    folder = save_model(tmp_path / "model")
    report = KnowledgeBase.build(notes, tmp_path / "index", Settings(build=BuildSettings(encoder=str(folder))))
    assert (report.manifest.encoder, report.manifest.dimension) == (str(folder), WIDTH)
    answer = KnowledgeBase.open(tmp_path / "index").ask("什么是转化率")
    assert answer.hits[0].chunk.doc_id == "数据/转化率.md"


def test_no_torch(tmp_path: Path) -> None:
    """Such a model is loaded and asked without torch, which is what makes it quick to start."""
    program = (
        "import sys; from kbqa.indexing.encoder import load_encoder; load_encoder(sys.argv[1]).encode_queries(['转化率']); "
        "print([name for name in ('torch', 'transformers', 'sentence_transformers') if name in sys.modules])"
    )
    folder = save_model(tmp_path / "model")
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


# --- what cannot be used ----------------------------------------------------------------------------------------------


def test_without_onnxruntime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the extra to install."""
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EncoderError) as error:
        load_encoder(str(save_model(tmp_path / "model")))
    assert "kbqa[onnx]" in error.value.zh and "kbqa[onnx]" in error.value.en


def _cut_off(folder: Path) -> None:
    path = folder / "onnx" / "model.onnx"
    path.write_bytes(path.read_bytes()[:100])


def _no_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def _more_inputs(folder: Path) -> None:
    save_network(folder / "onnx" / "model.onnx", table(), extra="past_key_values")


def _more_steps(folder: Path) -> None:
    steps = [{"type": f"x.{name}", "path": ""} for name in ("Transformer", "Pooling", "Dense")]
    write(folder / "modules.json", steps)


def _two_poolings(folder: Path) -> None:
    write(folder / "1_Pooling" / "config.json", {"pooling_mode": ["cls", "mean"]})


@pytest.mark.parametrize("damage", [_cut_off, _no_tokenizer, _more_inputs, _more_steps, _two_poolings])
def test_folder_that_cannot_be_used(damage: Callable[[Path], None], tmp_path: Path) -> None:
    """Damaged, or asking for something that is not done here: an error of ours that names the folder."""
    folder = save_model(tmp_path / "model")
    damage(folder)
    with pytest.raises(EncoderError) as error:
        load_encoder(str(folder))
    assert str(folder) in error.value.zh and str(folder) in error.value.en
