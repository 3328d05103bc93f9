"""The transformer encoder and reranker: tokenizer, material, negatives, stages, and a tiny run from files to models."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kbqa.errors import EncoderError
from kbqa.text import fold
from kbqa.training.pairs import Exclusions
from kbqa.training.transformer import charsmap, data, negatives, pretrain, stages, tokenizer
from kbqa.training.transformer.config import DataSettings, MiningSettings, TokenizerSettings, TransformerConfig
from kbqa.training.transformer.data import Row

ANIMALS = ("老虎", "狮子", "大象", "猴子", "熊猫", "海豚")
ENGLISH = ("tiger", "lion", "elephant", "monkey", "panda", "dolphin")
DOINGS = ("游泳", "睡觉", "唱歌", "画画", "跑步", "写信", "爬树", "洗澡")
ACTS = ("swims", "sleeps", "sings", "paints", "runs", "writes", "climbs", "bathes")
# The hard negative of each is the right passage of the next: a passage by itself does not tell.
ANSWERS = [f"{animal}今天{doing}" for animal, doing in zip(ANIMALS, DOINGS, strict=False)]
OWN = tuple(zip((f"{animal}怎么样了" for animal in ANIMALS), ANSWERS, [*ANSWERS[1:], ANSWERS[0]], strict=True))

TINY: dict[str, Any] = {
    "seed": 3,
    "threads": 1,
    "bf16": False,
    "data": {"own_repeats": 2},
    "tokenizer": {"pieces": 400, "characters": 200, "max_tokens": 48},
    "trunk": {"layers": 2, "width": 64, "heads": 2, "feed_forward": 128, "dropout": 0.0},
    "pretrain": {"tokens": 24, "loop": {"max_steps": 10, "batch_size": 8, "learning_rate": 0.0003}},
    "biencoder": {
        "dimensions": [64, 32],
        "mini_batch": 8,
        "first": {"max_steps": 60, "batch_size": 16, "learning_rate": 0.003},
        "second": {"max_steps": 30, "batch_size": 16, "learning_rate": 0.001},
    },
    "crossencoder": {
        "rows": 6,
        "negatives": 2,
        "loop": {"max_steps": 400, "batch_size": 16, "learning_rate": 0.002},
    },
}


def english() -> list[str]:
    return [f"The {animal} {act}" for animal in ENGLISH for act in ACTS]


def chinese() -> list[str]:
    return [f"{animal}正在{doing}。" for animal in ANIMALS for doing in DOINGS]


def write_pairs(path: Path, rows: list[tuple[str, str]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"q": q, "p": p}, ensure_ascii=False) + "\n" for q, p in rows)


def write_set(folder: Path, query: str, corpus: list[str], right: int) -> None:
    """A retrieval set of one query in BEIR layout."""
    folder.mkdir()
    lines = [json.dumps({"_id": str(i), "text": text}, ensure_ascii=False) + "\n" for i, text in enumerate(corpus)]
    (folder / "corpus.jsonl").write_text("".join(lines), "utf-8")
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": query}) + "\n", "utf-8")
    (folder / "qrels.tsv").write_text(f"query-id\tcorpus-id\tscore\nq\t{right}\t1\n", "utf-8")


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> data.Places:
    """48 translations, six own pairs with a hard negative, a flagged file, and a set that asks one of the pairs."""
    folder = tmp_path_factory.mktemp("material")
    write_pairs(folder / "tatoeba_en_zh.jsonl.gz", list(zip(english(), chinese(), strict=True)))
    write_pairs(folder / "lctt_zh.jsonl.gz", [("zebrafinch 羚羊", "羚羊 zebrafinch 斑马")] * 9)
    (folder / "own").mkdir()
    (folder / "own" / "a.tsv").write_text("".join("colloquial\t" + "\t".join(row) + "\n" for row in OWN), "utf-8")
    write_set(folder / "judged", "the lion runs", chinese()[:20], chinese().index("狮子正在跑步。"))
    return data.Places(folder, folder / "own", (folder / "judged",))


@pytest.fixture(scope="module")
def made(places: data.Places, tmp_path_factory: pytest.TempPathFactory) -> stages.Folders:
    """What the stages up to the reranker write."""
    from kbqa.training.transformer.run import Run

    run = Run(places, tmp_path_factory.mktemp("made"), TransformerConfig.from_mapping(TINY))
    run.do(("tokenizer", "pretrain", "biencoder", "crossencoder"))
    return run.folders


# --- tokenizer --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts() -> list[str]:
    lines = [
        "the growth of users growing with user groups",
        "用户增长依靠产品增长",
        "留存率 2024 年 0.35%",
        "カタカナ café",
    ]
    return [fold(line) for line in lines] * 20


@pytest.fixture(scope="module")
def learned(texts: list[str]) -> Any:
    return tokenizer.train_tokenizer(texts, TokenizerSettings(pieces=220, characters=130, max_tokens=16))


def test_normalizer_is_fold_for_every_character() -> None:
    """All of Unicode but surrogates, against the fold function itself."""
    from tokenizers import normalizers

    normalizer = normalizers.Precompiled(charsmap.fold_charsmap())
    codes = (*range(1, 0xD800), *range(0xE000, 0x110000))
    assert [hex(c) for c in codes if normalizer.normalize_str(chr(c)) != fold(chr(c))] == []


def test_charsmap_of_longer_replacements_and_none() -> None:
    from tokenizers import normalizers

    normalizer = normalizers.Precompiled(charsmap.compile_charsmap({"㎡": "m2", "Ａ": "a", "國": "国"}))
    assert normalizer.normalize_str("5㎡ ＡＢ 國家 é\r\n") == "5m2 aＢ 国家 é\r\n"
    assert normalizers.Precompiled(charsmap.compile_charsmap({})).normalize_str("A 國") == "A 國"


def test_tokens_are_characters_digits_and_english_pieces(learned: Any) -> None:
    assert learned.tokenize("用户GROWTH2024年") == ["用", "户", "growth", "2", "0", "2", "4", "年"]
    assert "".join(learned.tokenize("usergrowthing")).replace("##", "") == "usergrowthing"
    assert learned.tokenize("用龘户") == ["用", "[UNK]", "户"]


def test_folding_needs_nobody_s_help(learned: Any, tmp_path: Path) -> None:
    """Traditional, full-width and capital letters give the same tokens, also after a round trip through a folder."""
    from transformers import AutoTokenizer

    learned.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    for given in (learned, again):
        assert given("用戶ＧＲＯＷＴＨ：產品")["input_ids"] == given("用户growth:产品")["input_ids"]
    assert again.model_max_length == 16
    assert again("用户", "增长")["token_type_ids"] == [0, 0, 0, 0, 1, 1, 1]
    assert again.convert_ids_to_tokens(again("用户", "增长")["input_ids"]) == "[CLS] 用 户 [SEP] 增 长 [SEP]".split()


def test_same_texts_give_the_same_pieces() -> None:
    """The trainer's hash tables are seeded anew every time; words of like parts and equal counts would show it."""
    draw = random.Random(1)
    words = ["".join(draw.choices("abcdefghijklmnop", k=draw.randint(2, 9))) for _ in range(400)]
    given = [" ".join(draw.choices(words, k=20)) for _ in range(60)]
    settings = TokenizerSettings(pieces=300, characters=100)
    found = [tokenizer.learn_pieces(given, settings) for _ in range(4)]
    assert found[0] == found[1] == found[2] == found[3]
    assert found[0][:5] == list(tokenizer.SPECIAL) and len(found[0]) == len(set(found[0])) == 300


def test_frequent_characters_keep_what_is_written_most() -> None:
    kept = tokenizer.frequent_characters(["丙丙丙 乙乙 甲"], 71)
    always = len(tokenizer.frequent_characters([], 0))
    assert always == 68 and {"a", "0", "%"} <= set(kept) and "A" not in kept
    assert set(kept) & set("甲乙丙") == set("甲乙丙") and "甲" not in tokenizer.frequent_characters(
        ["丙丙丙 乙乙 甲"], 70
    )


def test_packed_rows_are_the_texts(learned: Any) -> None:
    """Nothing but the start piece is added and only the last, unfilled row is lost."""
    given = ["用户增长", "growth", "产品"] * 5
    rows = pretrain.pack(learned.backend_tokenizer, given, 6, seed=1)
    stream = [i for text in given for i in (*learned(text, add_special_tokens=False)["input_ids"], tokenizer.END)]
    whole = len(stream) // 5
    assert rows.shape == (whole, 6) and (rows[:, 0] == tokenizer.START).all()
    assert sorted(map(tuple, rows[:, 1:].tolist())) == sorted(tuple(stream[i * 5 : i * 5 + 5]) for i in range(whole))


def test_only_text_is_masked(learned: Any) -> None:
    """Special pieces never; of the others as large a share as asked for, and what is asked back is the text."""
    row = np.array([2, 30, 31, 3, 32, 33, 34, 35], np.int32)
    batch = pretrain.collator(learned, 0.5)([row] * 400)
    inputs, labels = batch["input_ids"].numpy(), batch["labels"].numpy()
    chosen = labels != -100
    assert not chosen[:, [0, 3]].any()
    assert 0.45 < chosen[:, [1, 2, 4, 5, 6, 7]].mean() < 0.55
    assert (np.where(chosen, labels, inputs) == row).all()
    assert 0.7 < (inputs[chosen] == tokenizer.MASK).mean() < 0.9


# --- material ---------------------------------------------------------------------------------------------------------


def test_material_leaves_out_what_the_sets_ask_and_what_may_not_be_used(places: data.Places) -> None:
    settings = DataSettings()
    found = data.load_material(places, data.chosen_sources(settings), settings, seed=1)
    assert {name: len(rows) for name, rows in found.rows.items()} == {"tatoeba_en_zh": 47, "own_colloquial": 6}
    assert "the lion runs" not in set(found.texts()) and not any("zebrafinch" in text for text in found.texts())
    assert found.rows["own_colloquial"][0] == Row("老虎怎么样了", "老虎今天游泳", "狮子今天睡觉")
    assert len(list(found.texts())) == len(set(found.texts())) == 47 * 2 + 6 * 2


def test_own_rows_without_a_negative_and_twice(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text(
        "typo\t流存率\t留存率\t\ntypo\t流存率\t留存率\t\r\n\nsynonym\t甲\t乙\t丙\n", "utf-8"
    )
    rows, excluded = data.load_own(tmp_path, Exclusions({"甲"}), (300, 400))
    assert rows == {"own_typo": [Row("流存率", "留存率", None)]} and excluded == 1


@pytest.mark.parametrize("line", ["synonym\t甲\t乙", "synonym\t\t乙\t丙", "a\tb\tc\td\te"])
def test_a_bad_own_row_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "mine.tsv").write_text(f"typo\t甲\t乙\t\n{line}\n", "utf-8")
    with pytest.raises(EncoderError, match=r"Line 2 of .*mine\.tsv"):
        data.load_own(tmp_path, Exclusions(), (300, 400))


def test_a_flagged_or_unknown_source_cannot_be_chosen() -> None:
    for name in ("lctt_zh", "nosuch"):
        with pytest.raises(EncoderError, match=f"{name} is no source that may be trained on"):
            data.chosen_sources(DataSettings(sources=(name,)))


def test_no_pairs_at_all_is_an_error(tmp_path: Path) -> None:
    settings = DataSettings()
    with pytest.raises(EncoderError, match="No pairs to train on"):
        data.load_material(data.Places(tmp_path, tmp_path), data.chosen_sources(settings), settings, seed=1)


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"epochs": 3}, "epochs is no setting"),
        ({"pretrain": {"loop": {"step": 3}}}, "pretrain.loop.step is no setting"),
        ({"pretrain": {"loop": {"learning_rate": "7e-4"}}}, "learning_rate is '7e-4', not of type float"),
        ({"trunk": {"layers": True}}, "trunk.layers is True, not of type int"),
        ({"trunk": {"width": 100}}, "multiple of trunk.heads"),
        ({"biencoder": {"dimensions": [64, 384]}}, "have to fall"),
        ({"biencoder": {"pooling": "max"}}, "biencoder.pooling is 'max', not one of mean, cls"),
        ({"pretrain": {"tokens": 400}}, "pretrain.tokens 400"),
        ({"crossencoder": {"mining": {"skip": 100}}}, "skip from 0 to below depth"),
        ({"biencoder": {"second": {"batch_size": 1}}}, "batch_size above 1"),
        ([1], "has to be a mapping"),
    ],
)
def test_a_setting_that_cannot_be_is_named(given: Any, problem: str) -> None:
    with pytest.raises(EncoderError, match=problem):
        TransformerConfig.from_mapping(given)


def test_a_section_keeps_the_defaults_it_does_not_name() -> None:
    config, default = TransformerConfig.from_mapping({"pretrain": {"loop": {"epochs": 1}}}), TransformerConfig()
    assert config == replace(
        default, pretrain=replace(default.pretrain, loop=replace(default.pretrain.loop, epochs=1.0))
    )


def test_the_shipped_files_are_valid_and_base_is_the_default() -> None:
    folder = Path(stages.__file__).parent
    base, smoke = (TransformerConfig.from_file(folder / f"{name}.yaml") for name in ("base", "smoke"))
    assert replace(base, workers=0) == TransformerConfig()
    assert smoke.trunk.layers == 2 and data.chosen_sources(smoke.data)[0].cap == smoke.data.rows


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("seed: [", "utf-8")
    for name in ("c.yaml", "gone.yaml"):
        with pytest.raises(EncoderError, match=name):
            TransformerConfig.from_file(tmp_path / name)


# --- negatives --------------------------------------------------------------------------------------------------------


def test_mined_negatives_against_brute_force() -> None:
    """Nearest first, none of the right ones, none too near, as many as asked for; by a loop over all passages."""
    draw = np.random.default_rng(5)
    queries, passages = (draw.standard_normal((n, 8)).astype(np.float32) for n in (30, 90))
    queries, passages = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (queries, passages))
    right = {q: {q, 30 + q} for q in range(30)}
    pairs = [(q, p) for q in range(30) for p in sorted(right[q])]
    passages[:60] += 2 * np.concatenate([queries, queries])
    passages /= np.linalg.norm(passages, axis=1, keepdims=True)
    settings = MiningSettings(skip=1, depth=90, margin=0.1)
    expected = []
    for query, passage in pairs:
        score = queries[query] @ passages[passage]
        others = [n for n in np.argsort(-(queries[query] @ passages.T)) if n not in right[query]][1:]
        expected.append([int(n) for n in others if queries[query] @ passages[n] <= 0.9 * score][:3])
    assert negatives.mine_numbers(queries, passages, pairs, right, 3, settings) == expected
    assert any(expected)


def test_datasets_part_rows_with_and_without_a_negative() -> None:
    from kbqa.training.transformer.biencoder import datasets, repeated

    rows = {"a": [Row("1", "2"), Row("3", "4"), Row("5", "6", "7")], "own_x": [Row("8", "9", "0")] * 2}
    made = datasets(repeated(rows, 3))
    assert {name: part.num_rows for name, part in made.items()} == {"a": 2, "own_x+": 2, "own_x~1+": 2, "own_x~2+": 2}
    assert made["own_x+"].column_names == ["anchor", "positive", "negative"] and made["own_x+"]["negative"][0] == "0"


def test_what_is_right_for_one_row_is_not_wrong_for_another() -> None:
    from kbqa.training.transformer.config import CrossencoderSettings
    from kbqa.training.transformer.crossencoder import Judged, judged_pairs

    class Fixed:
        def encode(self, texts: list[str], **_: Any) -> np.ndarray:
            table = {"问": [1, 0], "甲": [1, 0], "乙": [0.6, 0.8], "丙": [0, 1], "别": [0, 1]}
            return np.array([table[text] for text in texts], np.float32)

    rows = {"s": [Row("问", "甲", "乙"), Row("问", "乙"), Row("别", "丙")]}
    judged = judged_pairs(Fixed(), rows, CrossencoderSettings(negatives=2), seed=1)  # type: ignore[arg-type]
    assert sorted(judged) == sorted(
        [Judged("问", "甲", 1.0), Judged("问", "乙", 1.0), Judged("问", "丙", 0.0), Judged("别", "丙", 1.0),
         Judged("别", "乙", 0.0), Judged("别", "甲", 0.0)]
    )  # fmt: skip


# --- stages -----------------------------------------------------------------------------------------------------------


def test_an_interrupted_stage_finds_its_checkpoints_and_those_of_other_settings_are_gone(tmp_path: Path) -> None:
    folders = stages.Folders(tmp_path)

    def fail(folder: Path, work: Path) -> dict[str, Any]:
        (work / "checkpoint").write_text("half", "utf-8")
        raise RuntimeError("power cut")

    def finish(folder: Path, work: Path) -> dict[str, Any]:
        return {"found": (work / "checkpoint").is_file()}

    for key in ("a", "a"):
        with pytest.raises(RuntimeError):
            stages.run_stage(folders, "pretrain", key, False, fail)
    assert folders.done("pretrain") is None
    assert stages.run_stage(folders, "pretrain", "a", False, finish)
    assert folders.done("pretrain").facts == {"found": True}  # type: ignore[union-attr]
    with pytest.raises(RuntimeError):
        stages.run_stage(folders, "export", "a", False, fail)
    assert stages.run_stage(folders, "export", "b", False, finish)
    assert folders.done("export").facts == {"found": False}  # type: ignore[union-attr]
    assert not folders.work("export").exists()


def test_training_goes_on_from_the_last_checkpoint(learned: Any, tmp_path: Path) -> None:
    """Cut off in its sixth of ten steps, it takes the weights saved after the fourth and does the six that are left."""
    import torch
    from safetensors.numpy import load_file
    from torch.nn.modules.module import register_module_forward_hook
    from transformers import BertForMaskedLM

    config = TransformerConfig.from_mapping({**TINY, "save_steps": 4})
    given = [f"用户增长{i} growth" for i in range(200)]
    seen: list[np.ndarray] = []

    def watch(module: torch.nn.Module, *_: Any) -> None:
        if isinstance(module, BertForMaskedLM):
            seen.append(module.bert.embeddings.word_embeddings.weight.detach().numpy().copy())
            if len(seen) == 6:
                raise RuntimeError("power cut")

    hook = register_module_forward_hook(watch)
    try:
        with pytest.raises(RuntimeError, match="power cut"):
            pretrain.pretrain(learned, given, config, tmp_path / "made", tmp_path / "work")
        (checkpoint,) = (tmp_path / "work").glob("checkpoint-*")
        saved = load_file(checkpoint / "model.safetensors")["bert.embeddings.word_embeddings.weight"]
        facts = pretrain.pretrain(learned, given, config, tmp_path / "made", tmp_path / "work")
    finally:
        hook.remove()
    assert checkpoint.name == "checkpoint-4" and facts["steps"] == 10 and len(seen) == 6 + 6
    np.testing.assert_array_equal(seen[6], saved)
    assert not np.array_equal(seen[0], saved)


def test_finished_stages_are_kept_and_other_settings_or_data_are_told(
    made: stages.Folders, places: data.Places, tmp_path: Path
) -> None:
    from kbqa.training.transformer.run import Run

    before = {stage: (made.stage(stage) / "done.json").stat().st_mtime_ns for stage in stages.STAGES[:4]}
    Run(places, made.out, TransformerConfig.from_mapping(TINY)).do(stages.STAGES[:4])
    assert before == {stage: (made.stage(stage) / "done.json").stat().st_mtime_ns for stage in stages.STAGES[:4]}
    other = TransformerConfig.from_mapping({**TINY, "biencoder": {**TINY["biencoder"], "scale": 10}})
    Run(places, made.out, other).do(["tokenizer", "pretrain"])
    with pytest.raises(EncoderError, match=r"biencoder was made from other settings.*--force"):
        Run(places, made.out, other).do(["biencoder"])
    write_pairs(tmp_path / "tatoeba_en_zh.jsonl.gz", [("a", "b")])
    moved = replace(places, data=tmp_path)
    with pytest.raises(EncoderError, match="tokenizer was made from other settings, data"):
        Run(moved, made.out, TransformerConfig.from_mapping(TINY)).do(["tokenizer"])


def test_a_stage_is_bound_to_the_very_run_of_the_one_before(places: data.Places, tmp_path: Path) -> None:
    """Without one it says which is missing; after that has been done anew, it is out of date."""
    from kbqa.training.transformer.run import Run

    run = Run(places, tmp_path, TransformerConfig.from_mapping(TINY))
    with pytest.raises(EncoderError, match="Run --stage tokenizer first"):
        run.do(["pretrain"])
    run.do(["tokenizer", "pretrain"])
    run.do(["tokenizer"], force=True)
    with pytest.raises(
        EncoderError, match="pretrain was made from other settings, data or results of the stage before"
    ):
        run.do(["pretrain"])
    run.do(["pretrain"], force=True)
    run.do(["pretrain"])


def test_a_model_that_says_the_same_of_every_text_is_refused(made: stages.Folders) -> None:
    from kbqa.training.transformer.biencoder import check_spread, load_biencoder

    class Constant:
        def encode(self, texts: list[str], **_: Any) -> np.ndarray:
            return np.tile(np.array([1, 0], np.float32), (len(texts), 1))

    with pytest.raises(EncoderError, match=r"mean cosine 1\.000"):
        check_spread(Constant(), chinese())  # type: ignore[arg-type]
    check_spread(load_biencoder(made.stage("biencoder")), chinese())


# --- models -----------------------------------------------------------------------------------------------------------


def test_the_encoder_learned_its_pairs(made: stages.Folders) -> None:
    """Read by kbqa from the folder alone: English finds its Chinese among 48 sentences, by chance 1 in 48."""
    from kbqa.indexing.encoder import load_encoder

    encoder = load_encoder(str(made.stage("biencoder")))
    queries, passages = encoder.encode_queries(english()), encoder.encode_passages(chinese())
    right = (np.argmax(queries @ passages.T, axis=1) == np.arange(48)).mean()
    assert encoder.dimension == 64
    assert right > 0.8
    np.testing.assert_allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-5)


def test_half_of_the_dimensions_still_find_their_pairs(made: stages.Folders) -> None:
    from kbqa.indexing.encoder import load_encoder

    encoder = load_encoder(str(made.stage("biencoder")))
    queries, passages = (v[:, :32] for v in (encoder.encode_queries(english()), encoder.encode_passages(chinese())))
    passages = passages / np.linalg.norm(passages, axis=1, keepdims=True)
    assert (np.argmax(queries @ passages.T, axis=1) == np.arange(48)).mean() > 0.7


def test_the_encoder_folds_by_itself(made: stages.Folders) -> None:
    from kbqa.indexing.encoder import load_encoder

    encoder = load_encoder(str(made.stage("biencoder")))
    np.testing.assert_allclose(
        encoder.encode_queries(["獅子正在遊泳。", "ＴＨＥ Tiger SWIMS"]),
        encoder.encode_queries([fold("獅子正在遊泳。"), "the tiger swims"]),
        atol=1e-6,
    )


def test_the_reranker_puts_the_right_passage_first(made: stages.Folders) -> None:
    """Of two passages that are both right for some query, the one that is right for this query; by chance half."""
    from sentence_transformers import CrossEncoder

    model = CrossEncoder(str(made.stage("crossencoder")), device="cpu", local_files_only=True)
    right, wrong = (model.predict([(row[0], row[side]) for row in OWN], show_progress_bar=False) for side in (1, 2))
    assert (right > wrong).sum() >= 5
    assert right.mean() > 0.75 > 0.25 > wrong.mean()


def test_cards_tell_sources_licences_and_figures(made: stages.Folders) -> None:
    for stage, columns in (("biencoder", "| dense |"), ("crossencoder", "| dense | reranked |")):
        card = (made.stage(stage) / "README.md").read_text("utf-8")  # type: ignore[arg-type]
        assert "| tatoeba_en_zh: Tatoeba: sentences and their translations | CC BY 2.0 FR | 48 | 1 | 47 |" in card
        assert "| own pairs on operations | written for this project | | 0 | 6 |" in card
        assert f"| set | queries {columns}" in card and "| judged | 1 | " in card
        assert "lctt_zh (Apache-2.0 file" in card
        assert str(made.out) not in card


def test_exported_folder_gives_the_vectors_of_the_model(made: stages.Folders, tmp_path: Path) -> None:
    """8-bit weights change little, the tokenizer is the same, and the folder is as small as its files."""
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    from kbqa.indexing.encoder import load_encoder
    from kbqa.training.transformer.config import ExportSettings
    from kbqa.training.transformer.export import export_model

    source, folder = made.stage("biencoder"), tmp_path / "small"
    facts = export_model(source, folder, list(zip(english(), chinese(), strict=True)), ExportSettings(threads=1))
    assert facts["cosine_least"] > 0.98 and 0 < facts["ms_p50"] <= facts["ms_p95"]
    assert not list(folder.rglob("*.safetensors")) and facts["megabytes"] < 2
    plain, small = (load_encoder(str(place)).encode_queries(["獅子 SWIMS", *english()]) for place in (source, folder))
    assert ((plain * small).sum(axis=1) > 0.98).all()
    with pytest.raises(EncoderError, match=r"more than export\.megabytes 0\.1"):
        export_model(source, tmp_path / "smaller", [("a", "b")], ExportSettings(megabytes=0.1))


def test_exported_reranker_gives_the_scores_of_the_model(made: stages.Folders, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    from kbqa.training.transformer.config import ExportSettings
    from kbqa.training.transformer.export import export_model

    pairs = [(row[0], row[side]) for row in OWN for side in (1, 2)]
    facts = export_model(made.stage("crossencoder"), tmp_path / "small", pairs, ExportSettings(threads=1))
    assert facts["difference_most"] < 0.1


def test_command_reports_a_bad_setting_and_names_the_file(
    places: data.Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from kbqa.training.transformer.__main__ import main

    (tmp_path / "c.yaml").write_text("trunk: {depth: 3}\n", "utf-8")
    code = main(["--data", str(places.data), "--out", str(tmp_path / "o"), "--config", str(tmp_path / "c.yaml")])
    told = capsys.readouterr()
    assert code == EncoderError.exit_code and told.out == ""
    assert "c.yaml" in told.err and "trunk.depth is no setting" in told.err
    assert not (tmp_path / "o").exists()
