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
from kbqa.indexing.encoder import SentenceTransformerEncoder, load_encoder
from kbqa.indexing.index import Index
from kbqa.indexing.model_files import SHIPPED
from kbqa.indexing.store import current_generation
from kbqa.indexing.write import encoded_text
from kbqa.settings import DEFAULT_ENCODER

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "query", "passage", ":"]
BGE_PROMPT = "为这个句子生成表示以用于检索相关文章："
CHARACTERS = "问段：的是转化率留存积分会员比例人数完成目标动作签到订单短信奖励活动预算每日首发邀请名单" + BGE_PROMPT
TEXTS = ["转化率是完成目标的人数比例", "会员签到积分", "邀请奖励"]


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """No test here may call out; who tries is refused and found out. Threads of earlier tests may still talk to this machine."""
    tried: list[Any] = []
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1"):
            return connect(self, address)
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
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare checkpoint, as transformers saves it: a BERT of one layer with random weights."""
    import torch
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
    return raw


@pytest.fixture(scope="module")
def bert(raw: Path) -> Path:
    """The same as a model of sentence-transformers, read at its first token, with prompts for questions and passages."""
    from sentence_transformers import SentenceTransformer

    parts = [modules().Transformer(str(raw)), modules().Pooling(32, pooling_mode="cls")]
    folder = raw.parent / "bert"
    SentenceTransformer(modules=parts, prompts={"query": "问：", "document": "段："}, device="cpu").save(str(folder))
    return folder


def states(folder: Path, text: str) -> np.ndarray:
    """The oracle: hidden states of a text, by transformers alone."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    assert 1 not in tokens["input_ids"]  # no character of the text is unknown
    with torch.no_grad():
        return AutoModel.from_pretrained(folder).float().eval()(**tokens).last_hidden_state[0].numpy()


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)


def first_token(folder: Path, text: str) -> np.ndarray:
    """The state of the first token, brought to length 1."""
    return unit(states(folder, text)[0])


def average(folder: Path, text: str) -> np.ndarray:
    """The mean of all states, brought to length 1."""
    return unit(states(folder, text).mean(axis=0))


def edit(path: Path, **values: Any) -> None:
    """Set keys of a JSON file, or remove those set to None."""
    data = {**json.loads(path.read_text("utf-8")), **values}
    path.write_text(json.dumps({k: v for k, v in data.items() if v is not None}, ensure_ascii=False), "utf-8")


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
    edit(folder / "config_sentence_transformers.json", prompts={"query": "问：", "document": "的："})


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


def _other_length(folder: Path) -> None:
    edit(folder / "tokenizer_config.json", model_max_length=4)


@pytest.mark.parametrize("change", [_other_prompt, _other_pooling, _other_tokens, _other_length])
def test_digest_covers_more_than_weights(change: Callable[[Path], None], bert: Path, tmp_path: Path) -> None:
    """What gives other vectors has another digest, else old vectors would be taken for new ones."""
    changed = Path(shutil.copytree(bert, tmp_path / "changed"))
    change(changed)
    before, after = load_encoder(str(bert)), load_encoder(str(changed))
    assert not np.allclose(before.encode_passages(["转化率的人"]), after.encode_passages(["转化率的人"]), atol=1e-3)
    assert before.digest != after.digest


# --- what the folder leaves unsaid ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "query", "passage", "oracle"),
    [
        ("bge-tiny-zh-v1.5", BGE_PROMPT, "", first_token),
        ("multilingual-e5-small", "query: ", "passage: ", average),
        ("gte-tiny-zh", "", "", first_token),
        ("m3e-tiny", "", "", average),
        ("our-own", "", "", average),
    ],
)
def test_bare_checkpoint(
    name: str, query: str, passage: str, oracle: Callable[[Path, str], np.ndarray], raw: Path, tmp_path: Path
) -> None:
    """A folder without modules.json is used as its family wants: prompts and pooling; any other by its mean."""
    folder = Path(shutil.copytree(raw, tmp_path / name))
    encoder = load_encoder(str(folder))
    np.testing.assert_allclose(encoder.encode_queries(["转化率"])[0], oracle(raw, f"{query}转化率"), atol=1e-5)
    for text, vector in zip(TEXTS, encoder.encode_passages(TEXTS), strict=True):
        np.testing.assert_allclose(vector, oracle(raw, passage + text), atol=1e-5)


def test_the_folder_has_the_last_word(bert: Path, tmp_path: Path) -> None:
    """Prompts in its files win over those of its family, whichever of the usual names the passage's goes by."""
    folder = Path(shutil.copytree(bert, tmp_path / "bge-tiny-zh"))
    assert load_encoder(str(folder)).digest == load_encoder(str(bert)).digest
    edit(folder / "config_sentence_transformers.json", prompts={"query": "", "passage": "段："})
    encoder = load_encoder(str(folder))
    np.testing.assert_allclose(encoder.encode_queries(["转化率"])[0], first_token(bert, "转化率"), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(["转化率"])[0], first_token(bert, "段：转化率"), atol=1e-5)


@pytest.mark.parametrize("prompts", [None, {}])
def test_prompts_of_the_family_with_the_pooling_of_the_folder(
    prompts: dict[str, str] | None, bert: Path, tmp_path: Path
) -> None:
    """Each is filled in by itself: this folder says how to pool and not what to put before a question."""
    folder = Path(shutil.copytree(bert, tmp_path / "bge-tiny-zh"))
    _other_pooling(folder)
    edit(folder / "config_sentence_transformers.json", prompts=prompts)
    encoder = load_encoder(str(folder))
    np.testing.assert_allclose(encoder.encode_queries(["转化率"])[0], average(bert, BGE_PROMPT + "转化率"), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_passages(["转化率"])[0], average(bert, "转化率"), atol=1e-5)


def test_long_texts_are_cut_where_the_model_ends(bert: Path, raw: Path, tmp_path: Path) -> None:
    """At the length that the folder names, else at the last position that there is (128 here, two for the marks)."""
    text = (CHARACTERS * 5)[:300]
    bare = load_encoder(str(raw)).encode_passages([text])[0]
    np.testing.assert_allclose(bare, average(raw, text[:126]), atol=1e-5)
    folder = Path(shutil.copytree(bert, tmp_path / "short"))
    edit(folder / "sentence_bert_config.json", max_seq_length=10)
    short = load_encoder(str(folder)).encode_passages([text])[0]
    np.testing.assert_allclose(short, first_token(bert, "段：" + text[:6]), atol=1e-5)


def test_half_precision_is_computed_in_full(raw: Path, tmp_path: Path) -> None:
    """Weights stored in half precision are read, not computed with: their rounding is all that is lost."""
    from transformers import AutoModel

    folder = Path(shutil.copytree(raw, tmp_path / "gte-tiny-zh"))
    AutoModel.from_pretrained(raw).half().save_pretrained(folder)
    vector = load_encoder(str(folder)).encode_passages(["会员签到积分"])[0]
    np.testing.assert_allclose(vector, first_token(folder, "会员签到积分"), atol=1e-6)


def test_nothing_is_printed(bert: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No bar, no hint of a library's on the terminal, neither at loading nor at encoding."""
    load_encoder(str(bert)).encode_passages(TEXTS * 50)
    assert capfd.readouterr() == ("", "")


# --- names ------------------------------------------------------------------------------------------------------------


def cache(root: Path, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a folder where the hub's library keeps what was downloaded under a name."""
    revision = "0123456789abcdef0123456789abcdef01234567"
    repository = root / f"models--{name.replace('/', '--')}"
    shutil.copytree(folder, repository / "snapshots" / revision)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(revision)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(root))


def test_hub_name_from_the_cache(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that was fetched before is found by its name and is the same as by its path."""
    cache(tmp_path, "nobody/tiny", bert, monkeypatch)
    encoder = load_encoder("nobody/tiny")
    assert encoder.name == "nobody/tiny" and encoder.digest == load_encoder(str(bert)).digest


def test_family_by_hub_name(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the cache a folder is named by its revision; the family is known by the model's name."""
    cache(tmp_path, "BAAI/bge-tiny-zh-v1.5", raw, monkeypatch)
    vector = load_encoder("BAAI/bge-tiny-zh-v1.5").encode_queries(["转化率"])[0]
    np.testing.assert_allclose(vector, first_token(raw, BGE_PROMPT + "转化率"), atol=1e-5)


def test_base(bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`base` is the folder beside the embedded model; an index keeps the short name, so that it opens anywhere."""
    monkeypatch.setitem(SHIPPED, "base", str(bert))
    assert load_encoder("base").name == "base"
    assert load_encoder("base").digest == load_encoder(str(bert)).digest


# --- no such model ----------------------------------------------------------------------------------------------------


def test_missing_hub_model() -> None:
    """The message names the model and the way out; nothing is called (see `connections`)."""
    with pytest.raises(EncoderError) as error:
        load_encoder("nobody/no-such-model")
    for text in (error.value.zh, error.value.en):
        assert "nobody/no-such-model" in text and "hf download nobody/no-such-model" in text


def _code_in_configuration(folder: Path) -> None:
    edit(folder / "config.json", model_type="their-own", auto_map={"AutoConfig": "own.C", "AutoModel": "own.M"})


def _code_in_modules(folder: Path) -> None:
    path = folder / "modules.json"
    steps = json.loads(path.read_text("utf-8"))
    steps[0]["type"] = "own.M"
    path.write_text(json.dumps(steps), "utf-8")


@pytest.mark.parametrize("change", [_code_in_configuration, _code_in_modules])
def test_code_of_a_model_is_never_run(change: Callable[[Path], None], bert: Path, tmp_path: Path) -> None:
    """A model that brings its own program is refused, with the reason; the program does not run."""
    folder = Path(shutil.copytree(bert, tmp_path / "model"))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    change(folder)
    with pytest.raises(EncoderError) as error:
        load_encoder(str(folder))
    assert all("trust_remote_code" in text and str(folder) in text for text in (error.value.zh, error.value.en))
    assert not (tmp_path / "ran").exists()


def test_a_reranker_is_no_encoder(raw: Path, tmp_path: Path) -> None:
    """A classifier would give vectors of a sort; it is refused, and the option it belongs to named."""
    folder = Path(shutil.copytree(raw, tmp_path / "model"))
    edit(folder / "config.json", architectures=["BertForSequenceClassification"])
    with pytest.raises(EncoderError, match="--reranker"):
        load_encoder(str(folder))


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


def test_progress_while_embedding_again(
    static: Path, notes: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new encoder starts from nothing, reports after every batch, and has no more to do the next time."""
    monkeypatch.setattr(SentenceTransformerEncoder, "batch", 4)
    seen: list[tuple[str, int, int]] = []
    report = build_index(notes, index, BuildSettings(encoder=str(static)), progress=lambda *step: seen.append(step))
    chunks = report.manifest.chunks
    assert [s for s in seen if s[0] == "encoding"] == [
        ("encoding", min(done, chunks), chunks) for done in range(4, chunks + 4, 4)
    ]
    assert KnowledgeBase.open(index).info().encoder == str(static)
    seen.clear()
    (notes / "新.md").write_text("# 新\n\n完成签到的会员人数。\n", "utf-8")
    build_index(notes, index, BuildSettings(encoder=str(static)), progress=lambda *step: seen.append(step))
    assert [s for s in seen if s[0] == "encoding"] == [("encoding", chunks + 1, chunks + 1)]


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
