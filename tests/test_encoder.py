"""Encoders: the embedded one, and whatever sentence-transformers loads from a folder, with no line to the network."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kbqa import BuildSettings, KnowledgeBase, Settings
from kbqa.errors import EncoderError
from kbqa.indexing.build import build_index
from kbqa.indexing.encoder import load_encoder
from kbqa.indexing.index import Index
from kbqa.indexing.store import current_generation
from kbqa.indexing.write import encoded_text
from kbqa.settings import DEFAULT_ENCODER

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
CHARACTERS = "问段：的是转化率留存积分会员比例人数完成目标动作签到订单短信奖励活动预算每日首发邀请名单"
TEXTS = ["转化率是完成目标的人数比例", "会员签到积分", "邀请奖励"]


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """No test here may call out; who tries is refused and found out."""
    tried: list[Any] = []

    def refuse(self: socket.socket, address: Any) -> None:
        tried.append(address)
        raise OSError("unplugged")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield tried
    assert tried == []


def vocabulary() -> list[str]:
    return [*WORDS, *dict.fromkeys(CHARACTERS)]


def modules() -> Any:
    try:
        from sentence_transformers.sentence_transformer import modules as found
    except ImportError:  # before sentence-transformers 6
        from sentence_transformers import models as found
    return found


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model of one table, a row a character."""
    from sentence_transformers import SentenceTransformer
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(vocabulary())}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    table = np.random.default_rng(0).normal(size=(len(vocabulary()), 24)).astype(np.float32)
    folder = tmp_path_factory.mktemp("models") / "static"
    module = modules().StaticEmbedding(tokenizer, embedding_weights=table)
    SentenceTransformer(modules=[module], device="cpu").save(str(folder))
    return folder


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer with random weights, read at its first token, with prompts for questions and passages."""
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    raw = tmp_path_factory.mktemp("models") / "raw"
    raw.mkdir()
    (raw / "vocab.txt").write_text("\n".join(vocabulary()), "utf-8")
    config = BertConfig(
        vocab_size=len(vocabulary()), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=128, initializer_range=0.3,
    )  # fmt: skip
    BertModel(config).save_pretrained(raw)
    BertTokenizerFast(str(raw / "vocab.txt")).save_pretrained(raw)
    parts = [modules().Transformer(str(raw)), modules().Pooling(32, pooling_mode="cls")]
    folder = raw.parent / "bert"
    SentenceTransformer(modules=parts, prompts={"query": "问：", "document": "段："}, device="cpu").save(str(folder))
    return folder


def first_token(folder: Path, text: str) -> np.ndarray:
    """The oracle for `bert`: the hidden state of the first token, by transformers alone, brought to length 1."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    assert tokens["input_ids"].shape[1] == len(text) + 2 and 1 not in tokens["input_ids"]
    with torch.no_grad():
        hidden = AutoModel.from_pretrained(folder).eval()(**tokens).last_hidden_state[0, 0].numpy()
    return hidden / np.linalg.norm(hidden)


# --- the embedded model -----------------------------------------------------------------------------------------------


def test_embedded_model() -> None:
    """Unit rows; questions and passages alike; width, case and script do not matter."""
    encoder = load_encoder()
    vectors = encoder.encode_passages([*TEXTS, "用户增长 growth"])
    assert encoder.name == DEFAULT_ENCODER and vectors.shape == (4, encoder.dimension) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(encoder.encode_queries(TEXTS), vectors[:3])
    np.testing.assert_array_equal(encoder.encode_queries(["用戶增長　ＧＲＯＷＴＨ"])[0], vectors[3])
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_embedded_model_knows_what_is_alike() -> None:
    """A passage is nearest to the one that says the same in other words."""
    encoder = load_encoder()
    passages = ["看有多少老客户下个月还回来买东西", "服务器机房的温度不能超过二十六度", "把报销单贴好以后交给财务"]
    cosines = encoder.encode_passages(passages) @ encoder.encode_queries(["客户复购情况怎么样"])[0]
    assert int(cosines.argmax()) == 0


def test_a_vector_does_not_depend_on_its_neighbours() -> None:
    """One at a time and all at once are the same bits; vectors are reused on that ground."""
    encoder = load_encoder()
    together = encoder.encode_passages(TEXTS)
    np.testing.assert_array_equal(np.vstack([encoder.encode_passages([t]) for t in TEXTS]), together)


# --- models of sentence-transformers ----------------------------------------------------------------------------------


def test_static_embedding(static: Path) -> None:
    """The mean of the characters' rows, brought to length 1."""
    encoder = load_encoder(str(static))
    vectors = encoder.encode_passages(TEXTS)
    assert encoder.name == str(static) and encoder.dimension == 24 and vectors.dtype == np.float32
    table = np.random.default_rng(0).normal(size=(len(vocabulary()), 24)).astype(np.float32)
    for text, vector in zip(TEXTS, vectors, strict=True):
        mean = table[[vocabulary().index(c) for c in text]].mean(axis=0)
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_queries(TEXTS), vectors, atol=1e-6)
    assert encoder.encode_passages([]).shape == (0, 24)


def test_prompts_and_pooling_of_the_model_are_used(bert: Path) -> None:
    """A question is encoded behind its prompt, a passage behind its own, both read at the first token."""
    encoder = load_encoder(str(bert))
    query, passage = encoder.encode_queries(["转化率"])[0], encoder.encode_passages(["转化率"])[0]
    np.testing.assert_allclose(query, first_token(bert, "问：转化率"), atol=1e-5)
    np.testing.assert_allclose(passage, first_token(bert, "段：转化率"), atol=1e-5)
    assert float(query @ passage) < 0.999
    np.testing.assert_allclose(np.linalg.norm(encoder.encode_passages(TEXTS), axis=1), 1, atol=1e-5)


def test_digest_is_the_models(bert: Path, static: Path, tmp_path: Path) -> None:
    """The same wherever the folder lies, another for another model."""
    moved = Path(shutil.copytree(bert, tmp_path / "moved"))
    digests = [load_encoder(str(folder)).digest for folder in (bert, moved, static)]
    assert digests[0] == digests[1] != digests[2]


def _other_prompt(folder: Path) -> None:
    path = folder / "config_sentence_transformers.json"
    data = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**data, "prompts": {"query": "问：", "document": "的："}}), "utf-8")


def _other_pooling(folder: Path) -> None:
    path = folder / "1_Pooling" / "config.json"
    data = json.loads(path.read_text("utf-8"))
    if "pooling_mode" in data:
        data["pooling_mode"] = "mean"
    if "pooling_mode_cls_token" in data:
        data |= {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
    path.write_text(json.dumps(data), "utf-8")


def _other_tokens(folder: Path) -> None:
    path = folder / "tokenizer.json"
    data = json.loads(path.read_text("utf-8"))
    ids = data["model"]["vocab"]
    ids["转"], ids["率"] = ids["率"], ids["转"]
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    (folder / "vocab.txt").unlink(missing_ok=True)


@pytest.mark.parametrize("change", [_other_prompt, _other_pooling, _other_tokens])
def test_digest_covers_more_than_weights(change: Callable[[Path], None], bert: Path, tmp_path: Path) -> None:
    """What gives other vectors has another digest, else old vectors would be taken for new ones."""
    changed = Path(shutil.copytree(bert, tmp_path / "changed"))
    change(changed)
    before, after = load_encoder(str(bert)), load_encoder(str(changed))
    assert not np.allclose(before.encode_passages(["转化率的人"]), after.encode_passages(["转化率的人"]), atol=1e-3)
    assert before.digest != after.digest


# --- no such model ----------------------------------------------------------------------------------------------------


def test_missing_hub_model() -> None:
    """The message names the model and the way out; nothing is called (see `connections`)."""
    with pytest.raises(EncoderError) as error:
        load_encoder("nobody/no-such-model")
    for text in (error.value.zh, error.value.en):
        assert "nobody/no-such-model" in text and "hf download nobody/no-such-model" in text


@pytest.mark.parametrize("damage", ["absent", "empty", "weights", "modules"])
def test_folder_that_is_no_model(damage: str, bert: Path, tmp_path: Path) -> None:
    """A missing, empty or damaged folder: each an error of ours that names it."""
    folder = tmp_path / "model"
    if damage == "empty":
        folder.mkdir()
    elif damage != "absent":
        shutil.copytree(bert, folder)
        path = folder / {"weights": "model.safetensors", "modules": "modules.json"}[damage]
        path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(EncoderError) as error:
        load_encoder(str(folder))
    assert str(folder) in error.value.zh and str(folder) in error.value.en


# --- an index over such a model ---------------------------------------------------------------------------------------


def settings_for(folder: Path) -> Settings:
    return Settings(build=BuildSettings(encoder=str(folder)))


def stored_vectors(index: Path) -> np.ndarray:
    opened = Index.open(index)
    return opened.dense.vectors(np.arange(len(opened.dense)))


def test_index_and_ask_with_another_model(bert: Path, notes: Path, tmp_path: Path) -> None:
    """Passages are stored as the model encodes them; questions are answered with the model that the index names."""
    report = KnowledgeBase.build(notes, tmp_path / "index", settings_for(bert))
    assert report.manifest.encoder == str(bert) and report.manifest.dimension == 32
    opened = Index.open(tmp_path / "index")
    assert opened.encoder.name == str(bert)
    chunk = opened.chunks.chunk(3)
    expected = load_encoder(str(bert)).encode_passages([encoded_text(chunk)])[0]
    np.testing.assert_allclose(opened.dense.vectors(np.array([3]))[0], expected, atol=1e-5)
    answer = KnowledgeBase.open(tmp_path / "index").ask("什么是转化率")
    assert answer.hits[0].chunk.doc_id == "数据/转化率.md"
    assert KnowledgeBase.build(notes, tmp_path / "index", settings_for(bert)).unchanged


def test_another_encoder_embeds_everything_again(static: Path, notes: Path, index: Path, tmp_path: Path) -> None:
    """No vector of the old model survives, readings do; and back again."""
    before = {p.name: p.read_bytes() for p in current_generation(index).iterdir()}
    report = build_index(notes, index, BuildSettings(encoder=str(static)))
    assert not report.unchanged and report.reused == 6
    build_index(notes, tmp_path / "fresh", BuildSettings(encoder=str(static)))
    np.testing.assert_array_equal(stored_vectors(index), stored_vectors(tmp_path / "fresh"))
    build_index(notes, index)
    assert {p.name: p.read_bytes() for p in current_generation(index).iterdir()} == before


def test_index_whose_model_is_gone(static: Path, notes: Path, tmp_path: Path) -> None:
    """Opening says which model is missing; so does building with it."""
    folder = Path(shutil.copytree(static, tmp_path / "model"))
    build_index(notes, tmp_path / "index", BuildSettings(encoder=str(folder)))
    shutil.rmtree(folder)
    with pytest.raises(EncoderError, match=str(folder)):
        KnowledgeBase.open(tmp_path / "index")
    with pytest.raises(EncoderError, match=str(folder)):
        build_index(notes, tmp_path / "index", BuildSettings(encoder=str(folder)))


def test_model_that_does_not_know_the_script(notes: Path, tmp_path: Path) -> None:
    """A table whose rows are all zero gives no usable vectors: the build stops and publishes nothing."""
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "growth": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    table = np.array([[0] * 8, [1] * 8], np.float32)
    module = modules().StaticEmbedding(tokenizer, embedding_weights=table)
    SentenceTransformer(modules=[module], device="cpu").save(str(tmp_path / "blind"))
    with pytest.raises(EncoderError, match="--encoder"):
        build_index(notes, tmp_path / "index", BuildSettings(encoder=str(tmp_path / "blind")))
    assert not (tmp_path / "index" / "CURRENT").exists()
