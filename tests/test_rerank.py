"""The reranker: a cross-encoder has the last word on the order of the best hits, and none where it is not named."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kbqa import Hit, KnowledgeBase, QuerySettings, Settings, cli
from kbqa.errors import EncoderError
from kbqa.indexing.write import encoded_text
from kbqa.retrieval import rerank
from kbqa.retrieval.rerank import load_reranker

QUESTION = "会员积分为什么会过期"


@pytest.fixture(autouse=True)
def _unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"tried to connect to {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def save_model(folder: Path, characters: str, labels: int = 1, flat: bool = False) -> Path:
    """A BERT of one layer that scores pairs, with random weights; if flat, it scores all alike."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    torch.manual_seed(1)
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(characters)]
    (folder / "vocab.txt").write_text("\n".join(words), "utf-8")
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=96, initializer_range=0.5, num_labels=labels,
    )  # fmt: skip
    network = BertForSequenceClassification(config)
    if flat:
        network.classifier.weight.data.zero_()
    network.save_pretrained(folder)
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def characters(kb: KnowledgeBase) -> str:
    text = "".join(kb.document(doc_id).text for doc_id in kb.doc_ids)
    return "".join(sorted(set(text) - set(" \n")))


@pytest.fixture(scope="module")
def model(characters: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("models") / "cross-encoder", characters)


def asked_with(index: Path, reranker: Path | str, **settings: Any) -> KnowledgeBase:
    return KnowledgeBase.open(index, Settings(query=QuerySettings(reranker=str(reranker), **settings)))


def logits(folder: Path, hits: tuple[Hit, ...]) -> dict[str, float]:
    """The oracle: chunk id → score of question and passage, by transformers alone."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    scores = {}
    for hit in hits:
        tokens = tokenizer(QUESTION, encoded_text(hit.chunk), truncation=True, max_length=96, return_tensors="pt")
        with torch.no_grad():
            scores[hit.chunk.chunk_id] = float(network(**tokens).logits[0, 0])
    return scores


def ids(hits: tuple[Hit, ...]) -> list[str]:
    return [hit.chunk.chunk_id for hit in hits]


# --- the order --------------------------------------------------------------------------------------------------------


def test_order_is_that_of_the_scores(model: Path, kb: KnowledgeBase, _index: Path) -> None:
    """The same passages, by their score with the question; the score is shown as a probability; scores of hits fall."""
    plain = kb.search(QUESTION, 50)
    hits = asked_with(_index, model).search(QUESTION, 50)
    expected = logits(model, plain)
    assert len(set(expected.values())) == len(plain) > 8 and ids(hits) != ids(plain)
    assert ids(hits) == sorted(expected, key=lambda chunk_id: -expected[chunk_id])
    for rank, hit in enumerate(hits, 1):
        assert hit.rank == rank
        assert hit.parts["rerank"] == pytest.approx(1 / (1 + np.exp(-expected[hit.chunk.chunk_id])), abs=2e-4)
    assert [hit.score for hit in hits] == [hit.score for hit in plain]


def test_only_the_best_are_read(model: Path, kb: KnowledgeBase, _index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fusion puts behind them stays behind them, in its order; k cuts the list and changes nothing else."""
    monkeypatch.setattr(rerank, "RERANKED", 5)
    plain = kb.search(QUESTION, 50)
    other = asked_with(_index, model)
    hits = other.search(QUESTION, 50)
    expected = logits(model, plain[:5])
    assert ids(hits) == [*sorted(expected, key=lambda chunk_id: -expected[chunk_id]), *ids(plain[5:])]
    assert [hit.parts["rerank"] for hit in hits[5:]] == [0.0] * len(plain[5:])
    assert all(other.search(QUESTION, k) == hits[:k] for k in (0, 1, 3))


def test_ties_go_by_chunk_id(characters: str, kb: KnowledgeBase, _index: Path, tmp_path: Path) -> None:
    """A model that scores all alike leaves the order of the index."""
    hits = asked_with(_index, save_model(tmp_path / "flat", characters, flat=True)).search(QUESTION, 50)
    assert len({hit.parts["rerank"] for hit in hits}) == 1
    assert ids(hits) == sorted(ids(hits)) != ids(kb.search(QUESTION, 50))


def test_answers_come_from_the_new_order(model: Path, kb: KnowledgeBase, _index: Path) -> None:
    """Asking sees the same hits as searching, and every citation is still a quote."""
    other = asked_with(_index, model)
    answer = other.ask(QUESTION)
    assert ids(answer.hits) == ids(other.search(QUESTION, len(answer.hits)))
    for citation in answer.citations:
        assert kb.document(citation.doc_id).text[citation.start : citation.end] == citation.quote


# --- off --------------------------------------------------------------------------------------------------------------


def test_off_by_default(kb: KnowledgeBase) -> None:
    """No part of it in any hit, and no model looked for."""
    assert QuerySettings().reranker == ""
    assert all("rerank" not in hit.parts for hit in kb.search(QUESTION, 50))


@pytest.mark.parametrize("mode", ["lexical", "dense"])
def test_one_retriever_alone_is_measured_alone(mode: Any, _index: Path) -> None:
    """A mode for measuring takes no reranker, not even one that is missing."""
    hits = asked_with(_index, "nobody/no-such-model", mode=mode).search(QUESTION)
    assert hits and all("rerank" not in hit.parts for hit in hits)


def test_loaded_once(model: Path) -> None:
    """A process keeps the model it has."""
    assert load_reranker(str(model)) is load_reranker(str(model))


# --- what cannot be used ----------------------------------------------------------------------------------------------


def test_missing(_index: Path, tmp_path: Path) -> None:
    """A hub name is told how to fetch it, a path is not; both name the option."""
    for name, advice in (("nobody/no-such-model", True), (str(tmp_path / "gone"), False)):
        with pytest.raises(EncoderError) as error:
            asked_with(_index, name).search(QUESTION)
        for text in (error.value.zh, error.value.en):
            assert name in text and "--reranker" in text and ("hf download" in text) == advice


def test_models_that_are_no_rerankers(model: Path, characters: str, tmp_path: Path) -> None:
    """A bare encoder, to which a random head would be given, and a classifier of three classes are refused."""
    bare = Path(shutil.copytree(model, tmp_path / "bare"))
    config = json.loads((bare / "config.json").read_text("utf-8"))
    (bare / "config.json").write_text(json.dumps({**config, "architectures": ["BertModel"]}), "utf-8")
    for folder in (bare, save_model(tmp_path / "classes", characters, labels=3)):
        with pytest.raises(EncoderError) as error:
            load_reranker(str(folder))
        assert str(folder) in error.value.zh and "--reranker" in error.value.en


def test_damaged(model: Path, tmp_path: Path) -> None:
    """Weights cut off are an error of ours that names the folder."""
    folder = Path(shutil.copytree(model, tmp_path / "model"))
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:20])
    with pytest.raises(EncoderError) as error:
        load_reranker(str(folder))
    assert str(folder) in error.value.zh and str(folder) in error.value.en


# --- the command line -------------------------------------------------------------------------------------------------


def kbqa(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["kbqa", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


def test_command_line(
    model: Path, _index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """search, ask and eval take it; a missing one is exit code 5 with nothing on stdout."""
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        json.dumps({"id": "1", "question": QUESTION, "answerable": True}, ensure_ascii=False) + "\n", "utf-8"
    )
    expected = ids(asked_with(_index, model).search(QUESTION, 5))
    common = ("--index", _index, "--reranker", model, "--json")
    assert kbqa(monkeypatch, "search", QUESTION, "-k", 5, *common) == 0
    assert [row["chunk_id"] for row in json.loads(capsys.readouterr().out)] == expected
    assert kbqa(monkeypatch, "ask", QUESTION, *common) == 0
    assert [row["chunk_id"] for row in json.loads(capsys.readouterr().out)["hits"]][:5] == expected
    assert kbqa(monkeypatch, "eval", questions, "--out", tmp_path / "out", *common) == 0
    passages = json.loads((tmp_path / "out" / "run.jsonl").read_text("utf-8"))["passages"]
    assert passages[:5] == [hit.chunk.text for hit in asked_with(_index, model).search(QUESTION, 5)]
    capsys.readouterr()
    assert kbqa(monkeypatch, "ask", QUESTION, "--index", _index, "--reranker", "nobody/none") == 5
    said = capsys.readouterr()
    assert said.out == "" and "hf download nobody/none" in said.err
