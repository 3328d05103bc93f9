"""How the embedded model is made: cleaning, batches, vocabulary, a tiny run from files to reader."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from kbqa.training import export, operations_terms, pairs, registry, vocabulary
from kbqa.training.config import TrainingConfig

ANIMALS = ("老虎", "狮子", "大象", "猴子", "熊猫", "海豚", "蚂蚁", "鲸鱼", "狐狸", "松鼠")
ENGLISH = ("tiger", "lion", "elephant", "monkey", "panda", "dolphin", "ant", "whale", "fox", "squirrel")
DOINGS = ("吃早饭", "游泳", "睡觉", "唱歌", "画画", "跑步", "写信", "爬树", "洗澡", "买菜")
ACTS = ("eating", "swimming", "sleeping", "singing", "painting", "running", "writing", "climbing", "bathing", "buying")

TINY = TrainingConfig.from_mapping(
    {
        "dimensions": [32, 16],
        "epochs": 12,
        "batch_size": 25,
        "term_rounds": 1,
        "inner_pairs": 0,
        "vocabulary": {"total": 1500, "english_words": 600, "english_pieces": 100, "min_count": 1},
    }
)


def english_sentences() -> list[str]:
    return [f"the {animal} is {act}" for animal in ENGLISH for act in ACTS]


def chinese_sentences() -> list[str]:
    return [f"{animal}正在{doing}" for animal in ANIMALS for doing in DOINGS]


def write_pairs(path: Path, rows: list[tuple[str, str]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"q": q, "p": p}, ensure_ascii=False) + "\n" for q, p in rows)


def write_set(folder: Path, queries: dict[str, str], corpus: dict[str, str], relevant: dict[str, str]) -> None:
    """A retrieval set in BEIR layout."""
    folder.mkdir()
    for name, texts in (("queries", queries), ("corpus", corpus)):
        lines = [json.dumps({"_id": i, "text": text}, ensure_ascii=False) + "\n" for i, text in texts.items()]
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    rows = [f"{query}\t{passage}\t1\n" for query, passage in relevant.items()]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(rows), encoding="utf-8")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 pairs in two usable files, and a flagged file whose words stand nowhere else."""
    folder = tmp_path_factory.mktemp("data")
    both = list(zip(english_sentences(), chinese_sentences(), strict=True))
    same = [(f"{a}在{doing}吗", f"今天下午{a}一直在{doing}。") for a in ANIMALS for doing in DOINGS]
    write_pairs(folder / "tatoeba_en_zh.jsonl.gz", both)
    write_pairs(folder / "wenerme_notes.jsonl.gz", same)
    write_pairs(folder / "lctt_zh.jsonl.gz", [("zebrafinch 羚羊", "羚羊 zebrafinch 斑马")] * 20)
    return folder


@pytest.fixture(scope="module")
def made(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder a whole run writes, with a retrieval set that asks one of the pairs."""
    from kbqa.training.__main__ import make_model

    folder = tmp_path_factory.mktemp("made")
    judged = folder / "judged"
    corpus = {str(i): f"{a}正在唱歌" for i, a in enumerate(ANIMALS)}
    write_set(judged, {"q": "The TIGER is singing"}, corpus, {"q": "0"})
    make_model(data, folder / "model", TINY, [judged])
    return folder


def test_flagged_sources_are_never_used(data: Path) -> None:
    """By the registry, and by the loader even if someone passes one in."""
    flagged = {source.name for source in registry.SOURCES} - {source.name for source in registry.usable()}
    assert flagged >= {"lctt_zh", "lctt_xl", "lctt_hist_par", "lctt_hist_head", "lctt_hist_x"}
    assert flagged >= {"crud_news_lead", "jionlp_word_def", "xinhua_idioms"}
    lctt = next(source for source in registry.SOURCES if source.name == "lctt_zh")
    with pytest.raises(ValueError, match="flagged"):
        pairs.load_source(data, lctt, set(), pairs.Exclusions(), (300, 400), 1)


def test_words_of_a_flagged_file_are_not_in_the_model(made: Path) -> None:
    vocabulary_text = (made / "model" / "tokenizer.json").read_text(encoding="utf-8")
    assert "zebrafinch" not in vocabulary_text and "羚" not in vocabulary_text and "elephant" in vocabulary_text


def test_cleaning_counts_what_it_leaves_out(tmp_path: Path) -> None:
    """Excluded by query, excluded by passage, empty, equal sides, a duplicate in other script and case, too many."""
    rows = [
        ("问过的问题？", "甲"),
        ("标题", "答案 段落"),
        ("！", "乙"),
        ("相同", "相同。"),
        ("數據 Report", "丙"),
        ("数据 report", "丙"),
        *[("同一个问题", f"答{i}") for i in "一二三四五六"],
    ]
    write_pairs(tmp_path / "some.jsonl.gz", rows)
    source = registry.Source("some", "MIT", True, 100, "made up", per_query=4)
    exclusions = pairs.Exclusions({"问过的问题", "答案段落"})
    kept, report = pairs.load_source(tmp_path, source, set(), exclusions, (300, 400), 1)
    assert report == pairs.CleaningReport("some", read=12, excluded=2, empty=2, duplicates=1, capped=2, kept=5)
    assert ("数据 report", "丙") in kept
    assert Counter(q for q, _ in kept)["同一个问题"] == 4


def test_exclusions_hold_queries_and_relevant_passages_only(tmp_path: Path) -> None:
    write_set(tmp_path / "set", {"q": "问 题?"}, {"a": "对的段落", "b": "无关段落"}, {"q": "a"})
    found = pairs.Exclusions.from_folders([tmp_path / "set"])
    assert found.strings == {"问题", "对的段落"}


def test_batches_hold_no_text_twice_and_lose_few_rows() -> None:
    """Against a check by sets; text 0 is a query of a hundred rows and a passage of another."""
    from kbqa.training.batches import unique_batches

    draw = random.Random(3)
    left = [0] * 100 + [draw.randrange(1, 2000) for _ in range(4000)]
    right = [draw.randrange(2000, 9000) for _ in range(4099)] + [0]
    order = list(range(4100))
    draw.shuffle(order)
    batches = list(unique_batches(order, left, right, 200))
    for batch in batches:
        texts = [n for row in batch for n in {left[row], right[row]}]
        assert len(batch) <= 200 and len(texts) == len(set(texts))
    used = [row for batch in batches for row in batch]
    assert len(used) == len(set(used)) and len(used) > 3950


def test_term_rounds_never_set_synonyms_against_each_other() -> None:
    rounds = pairs.term_rounds((("留存率", "Retention Rate", "RR"), ("复购", "repurchase"), ("单名",)), 5, 1)
    assert len(rounds) == 5
    for made in rounds:
        assert [set(pair) <= {"留存率", "retention rate", "rr"} for pair in made] == [True, False]
        assert all(a != b for a, b in made)


def test_inner_pairs_and_gloss_synonyms() -> None:
    passage = "第一句话说的是天气很好。第二句话说的是我们出门。第三句话说的是晚上回家。"
    draws = pairs.inner_pairs([passage] * 40, 1)
    assert {sentence in rest for sentence, rest in draws} == {True, False}
    assert all(sentence in passage for sentence, _ in draws)
    assert pairs.inner_pairs(["只有一句话，没有别的。"], 1) == []
    glosses = [("big", "大"), ("big", "巨大"), ("大", "big"), ("vague", "一"), *[("vague", c) for c in "二三四五六七"]]
    assert pairs.gloss_synonyms(glosses) == [("大", "巨大")]


def test_vocabulary_prefers_words_and_survives_unknown_characters() -> None:
    counts = vocabulary.count_words(["用户增长依靠产品增长", "growth of users 2024 用户"] * 50)
    assert counts["用户"] == 100 and counts["growth"] == 50 and counts["2024"] == 50
    size = vocabulary.VocabularySize(total=400, english_words=50, english_pieces=30)
    pieces = vocabulary.build_pieces(counts, ["裂变", "私域流量"], size)
    tokenizer = vocabulary.build_tokenizer(pieces)
    assert pieces[0][0] == vocabulary.UNKNOWN and len(pieces) == len(set(pieces)) <= 400
    assert tokenizer.encode("用户龘增长growth2024").tokens == ["用户", "龘", "增长", "growth", "2024"]
    assert tokenizer.encode("用户龘增长").ids.count(0) == 1
    assert tokenizer.encode("裂变").tokens == ["裂变"]


def test_one_large_file_does_not_drown_the_others() -> None:
    merged = vocabulary.merge_counts({"large": Counter({"a": 1000, "b": 1000}), "small": Counter({"a": 5})}, 100)
    assert merged["a"] == pytest.approx(55) and merged["b"] == pytest.approx(50)


def test_quantised_rows_are_near_the_rows() -> None:
    rows = np.random.default_rng(1).standard_normal((500, 24)).astype(np.float32)
    codes, scales = export.quantise(rows, share=1.0)
    assert codes.dtype == np.int8 and scales.shape == (24,)
    assert np.abs(codes * scales - rows).max() <= scales.max() / 2 + 1e-6


def test_exporter_refuses_a_row_for_the_unknown_piece(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="row 0"):
        export.save_model(tmp_path, np.ones((3, 2), dtype=np.float32), None, {})


def test_unknown_setting_is_named() -> None:
    with pytest.raises(ValueError, match="epoch_count"):
        TrainingConfig.from_mapping({"epoch_count": 3})


def test_settings_survive_a_file(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(TINY.as_dict()), encoding="utf-8")
    assert TrainingConfig.from_file(file) == TINY


def test_tiny_model_learned_its_pairs(made: Path) -> None:
    """English finds its Chinese among a hundred sentences far more often than by chance (1 in 100)."""
    from kbqa.indexing.static_model import StaticModel

    model = StaticModel.load(made / "model")
    queries = model.encode(english_sentences())
    passages = model.encode(chinese_sentences())
    right = (np.argmax(queries @ passages.T, axis=1) == np.arange(100)).mean()
    assert model.dimension == 32
    assert right > 0.8


def test_sentence_transformer_gives_the_reader_s_vectors(made: Path) -> None:
    from kbqa.indexing.static_model import StaticModel

    texts = ["The Tiger is SINGING", "老虎正在唱歌", "大象在游泳嗎", "没见过的字龘 elephant"]
    theirs = export.to_sentence_transformer(made / "model").encode(texts)
    np.testing.assert_allclose(StaticModel.load(made / "model").encode(texts), theirs, atol=1e-5)


def test_card_names_sources_and_figures_of_the_run(made: Path) -> None:
    """100 pairs less the one that the retrieval set asks and the one that answers it (the same pair)."""
    card = (made / "model" / "README.md").read_text(encoding="utf-8")
    assert "| tatoeba_en_zh: Tatoeba: sentences and their translations | CC BY 2.0 FR | 100 | 1 | 99 |" in card
    assert "| judged | 1 | " in card
    assert "lctt_zh (Apache-2.0 file" in card


def test_evaluation_scores_a_known_ranking(tmp_path: Path) -> None:
    """Right first for one query, right second for the other: nDCG@10 (1 + 1/log2(3)) / 2, Success@1 1/2."""
    from kbqa.training.evaluate import evaluate

    class Fixed:
        def encode(self, texts: list[str]) -> np.ndarray:
            table = {"甲": [1, 0], "乙": [0, 1], "问甲": [0.9, 0.1], "问乙": [0.8, 0.2]}
            return np.array([table[text] for text in texts], dtype=np.float32)

    folder = tmp_path / "set"
    write_set(folder, {"a": "问甲", "b": "问乙"}, {"1": "甲", "2": "乙"}, {"a": "1", "b": "2"})
    figures = evaluate(Fixed(), folder)  # type: ignore[arg-type]
    assert figures.queries == 2
    assert figures.ndcg_10 == pytest.approx((1 + 1 / np.log2(3)) / 2)
    assert figures.success_1 == pytest.approx(0.5)


def test_terms_are_many_and_distinct() -> None:
    """Hundreds of terms; a name stands in one line only, so that it has one meaning."""
    sets = operations_terms.synonym_sets()
    assert len(sets) > 400 and all(len(names) > 1 for names in sets)
    assert [name for name, n in Counter(name for names in sets for name in set(names)).items() if n > 1] == []
