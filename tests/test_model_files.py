"""A model's folder: where it is looked for, and what is made of its files. No weights are needed for any of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kbqa.errors import EncoderError
from kbqa.indexing import model_files
from kbqa.indexing.encoder import load_encoder
from kbqa.indexing.model_files import ModelFiles, Prompts, find_model, full_name

INSTRUCTION = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"


def folder_of(root: Path, files: Mapping[str, Any]) -> ModelFiles:
    """A folder with these files; values that are no text are written as JSON."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return ModelFiles(str(root), root)


# --- families ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "query", "passage", "pooling"),
    [
        ("BAAI/bge-small-zh-v1.5", "为这个句子生成表示以用于检索相关文章：", "", "cls"),
        ("BAAI/bge-large-zh", "为这个句子生成表示以用于检索相关文章：", "", "cls"),
        ("BAAI/bge-base-en-v1.5", "Represent this sentence for searching relevant passages: ", "", "cls"),
        ("BAAI/bge-m3", "", "", "cls"),
        ("intfloat/multilingual-e5-base", "query: ", "passage: ", "mean"),
        ("intfloat/e5-small-v2", "query: ", "passage: ", "mean"),
        ("intfloat/multilingual-e5-large-instruct", INSTRUCTION + " ", "", "mean"),
        ("Qwen/Qwen3-Embedding-0.6B", INSTRUCTION, "", "lasttoken"),
        ("thenlper/gte-large-zh", "", "", "cls"),
        ("thenlper/gte-base", "", "", "mean"),
        ("moka-ai/m3e-base", "", "", "mean"),
        ("shibing624/text2vec-base-chinese", "", "", "mean"),
    ],
)
def test_families(name: str, query: str, passage: str, pooling: str, tmp_path: Path) -> None:
    """By hub name, by folder, by a Windows path, and by the name that a fine-tuned model's configuration keeps."""
    nameless = folder_of(tmp_path / "model", {"config.json": {"_name_or_path": name}})
    last = name.split("/")[1]
    for files in (
        ModelFiles(name, tmp_path),
        ModelFiles("x", tmp_path / last),
        ModelFiles(f"D:\\m\\{last}", tmp_path),
        nameless,
    ):
        assert files.family and (files.prompts, files.family.pooling) == (Prompts(query, passage), pooling)


@pytest.mark.parametrize(
    "name", ["BAAI/bge-reranker-base", "bert-base-chinese", "BAAI/bge-multilingual-gemma2", "base"]
)
def test_no_family(name: str, tmp_path: Path) -> None:
    """Names that only resemble one get no prompt, nor does a name in the folders above."""
    for files in (ModelFiles(name, tmp_path), ModelFiles(f"/models/e5-small/{name}", tmp_path / "m3e-base" / "0")):
        assert files.family is None and files.prompts == Prompts()


# --- what the files say -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"query": "问", "document": "段"}, Prompts("问", "段")),
        ({"query": "问", "passage": "段", "corpus": "x"}, Prompts("问", "段")),
        ({"query": "", "document": ""}, Prompts("", "")),
        ({"s2p": "x", "query": None}, Prompts("", "")),
        ({}, Prompts("query: ", "passage: ")),
        (None, Prompts("query: ", "passage: ")),
    ],
)
def test_prompts(said: dict[str, str] | None, expected: Prompts, tmp_path: Path) -> None:
    """What is said counts, be it that there are none; an empty list, as older versions write it, says nothing."""
    files = folder_of(tmp_path / "e5-small", {"config_sentence_transformers.json": {"prompts": said}})
    assert files.prompts == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"sentence_bert_config.json": {"max_seq_length": 64}, "config.json": {"max_position_embeddings": 512}}, 64),
        ({"tokenizer_config.json": {"model_max_length": 256}, "config.json": {"max_position_embeddings": 512}}, 256),
        ({"tokenizer_config.json": {"model_max_length": 10**30}, "config.json": {"max_position_embeddings": 512}}, 512),
        ({"config.json": {"max_position_embeddings": 514, "model_type": "xlm-roberta"}}, 512),
        (
            {
                "modules.json": [{"type": "x.Transformer", "path": "0_Transformer"}],
                "0_Transformer/sentence_bert_config.json": {"max_seq_length": 32},
                "sentence_bert_config.json": {"max_seq_length": 64},
            },
            32,
        ),
    ],
)
def test_length(files: dict[str, Any], expected: int, tmp_path: Path) -> None:
    """The length that is named, else the lesser of what the tokenizer and the positions allow."""
    assert folder_of(tmp_path, files).max_tokens == expected


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["model.safetensors", "onnx/model.onnx"], None),
        (["pytorch_model.bin", "model.onnx"], None),
        (["model-00001-of-00002.safetensors", "onnx/model.onnx"], None),
        (["config.json"], None),
        (["model.onnx"], "model.onnx"),
        (["onnx/model.onnx", "onnx/model_O3.onnx"], "onnx/model.onnx"),
        (["onnx/model.onnx", "onnx/model_fp16.onnx", "onnx/model_qint8_avx512.onnx"], "onnx/model_qint8_avx512.onnx"),
        (["onnx/model_qint8_arm64.onnx", "onnx/model_quint8_avx2.onnx"], "onnx/model_quint8_avx2.onnx"),
        (["onnx/model.onnx", "onnx/model_quantized.onnx"], "onnx/model_quantized.onnx"),
        (["onnx/decoder.onnx"], None),
    ],
)
def test_which_weights(names: list[str], chosen: str | None, tmp_path: Path) -> None:
    """Weights for torch are preferred; among ONNX files the 8-bit ones, first those that are exact everywhere."""
    assert folder_of(tmp_path, dict.fromkeys(names, "{}")).onnx == (tmp_path / chosen if chosen else None)


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({}, "SentenceTransformer"),
        ({"config.json": {"architectures": ["BertModel"]}}, "SentenceTransformer"),
        ({"config.json": {"architectures": ["BertForSequenceClassification"]}}, "CrossEncoder"),
        ({"config_sentence_transformers.json": {"model_type": "CrossEncoder"}}, "CrossEncoder"),
        ({"config_sentence_transformers.json": {"model_type": "SparseEncoder"}}, "SparseEncoder"),
        (
            {"config.json": {"architectures": ["XForSequenceClassification"]}, "modules.json": [{"type": "T"}]},
            "SentenceTransformer",
        ),
    ],
)
def test_kind(files: dict[str, Any], kind: str, tmp_path: Path) -> None:
    """What a folder is for: by its own word, else by the head of a bare checkpoint."""
    assert folder_of(tmp_path, files).kind == kind


@pytest.mark.parametrize("text", ["{", "[1]", "7"])
@pytest.mark.parametrize("file", ["config.json", "config_sentence_transformers.json", "modules.json"])
def test_damaged_files(file: str, text: str, tmp_path: Path) -> None:
    """A file that is no JSON, or the wrong sort of it, is named in an error of ours."""
    folder_of(tmp_path, {file: text})
    with pytest.raises(EncoderError, match=re.escape(file)):
        load_encoder(str(tmp_path))


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "./model",
        "../model",
        "/no/such/model",
        "~/no-such-model",
        "a/b/c",
        "模型/中文",
        "with space",
        "here/model",
        "~x/y",
        "",
    ],
)
def test_missing_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can only be a path gets no advice to download it; nor does a name in a folder that is here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    with pytest.raises(EncoderError) as error:
        find_model(name)
    for text in (error.value.zh, error.value.en):
        assert name in text and "hf download" not in text and "--encoder" in text


def test_missing_name_without_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The advice does not pretend to know whose model it is; the option is the one that named it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EncoderError, match=r"hf download OWNER/bge-nothing.*--reranker"):
        find_model("bge-nothing", "--reranker")


def test_base_is_not_part_of_this_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says so and how it is made."""
    monkeypatch.setitem(model_files.SHIPPED, "base", "no-such-folder")
    with pytest.raises(EncoderError) as error:
        find_model("base")
    for text in (error.value.zh, error.value.en):
        assert "no-such-folder" in text and "python -m kbqa.training.transformer" in text and "--encoder" in text


def test_names_kept_in_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder by its full path; a shipped name stays one even where a folder is called the same."""
    monkeypatch.chdir(tmp_path)
    for name in ("base", "static-zh-en", "mine"):
        (tmp_path / name).mkdir()
    assert full_name("mine") == str(tmp_path / "mine")
    assert [full_name(name) for name in ("base", "static-zh-en", "BAAI/bge-m3")] == [
        "base",
        "static-zh-en",
        "BAAI/bge-m3",
    ]
    assert find_model("static-zh-en").folder != tmp_path / "static-zh-en"
