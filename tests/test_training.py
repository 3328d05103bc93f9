"""How the embedded model is made: cleaning, batches, vocabulary, a tiny run from files to reader."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml

from kbqa.indexing.pieces import Pieces
from kbqa.indexing.static_model import StaticModel
from kbqa.text import squeeze
from kbqa.training import alignment, export, operations_terms, own, pairs, registry, synthetic, train, vocabulary
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
        "own_rounds": 0,
        "inner_pairs": 0,
        "keyword_pairs": 0,
        "translated_pairs": 0,
        "anchor": 0.0,
        "mined": 0,
        "finish_epochs": 0,
        "threads": 1,
        "vocabulary": {"total": 3000, "english_words": 600, "english_parts": 100, "min_count": 1},
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
    some = own.read_own()[::8]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "read_own", lambda: some)
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
    vocabulary_text = (made / "model" / "vocabulary.txt").read_text(encoding="utf-8")
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
    batches = list(unique_batches(order, list(zip(left, right, strict=True)), 200))
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


def test_batches_keep_hard_negatives_apart_from_the_answers_of_others() -> None:
    """The negative of row 0 is the passage of row 1, so the two never share a batch."""
    from kbqa.training.batches import unique_batches

    rows = [(1, 2, 3), (4, 3, 5), (6, 7, 8), (9, 10, 11)]
    batches = list(unique_batches(range(4), rows, 4))
    assert [set(batch) for batch in batches] == [{0, 2, 3}, {1}]


def test_vocabulary_holds_words_terms_characters_and_parts() -> None:
    counts = vocabulary.count_words(
        ["用户增长依靠产品增长", "growth of users 2024 用户", "拉新成本"] * 50, ["裂变拉新"]
    )
    assert counts["用户"] == 100 and counts["growth"] == 50 and counts["2024"] == 50
    assert counts["拉新成本"] == 50  # a text of its own
    size = vocabulary.VocabularySize(total=500, english_words=50, english_parts=30)
    pieces = vocabulary.choose_pieces({"some": counts}, ["裂变拉新", "north star"], size)
    assert len(pieces) == len(set(pieces)) <= 500
    assert {"用户", "growth", "2024", "裂变拉新", "north", "star", "靠", "#rowt"} <= set(pieces)


def test_words_of_several_sources_come_first() -> None:
    """A word that one source repeats a thousand times gets its row after one that three sources use."""
    often, spread = Counter({"甲乙": 1000}), Counter({"丙丁": 20})
    size = vocabulary.VocabularySize(total=280, english_words=0, english_parts=0)
    room = vocabulary.choose_pieces({"a": Counter("甲乙丙丁" * 2)}, [], size)
    size = vocabulary.VocabularySize(total=len(room) + 1, english_words=0, english_parts=0)
    sources = {"a": often + spread, "b": spread, "c": spread}
    pieces = vocabulary.choose_pieces(sources, [], size)
    assert "丙丁" in pieces and "甲乙" not in pieces


def test_quantised_rows_are_near_the_rows() -> None:
    """Fifteen levels leave the direction of a normal row as it is; packing loses nothing."""
    rows = np.random.default_rng(1).standard_normal((500, 64)).astype(np.float32) * np.linspace(1, 3, 500)[:, None]
    codes, lengths = export.quantise(rows.astype(np.float32))
    assert codes.dtype == np.int8 and np.abs(codes).max() == 7 and lengths.dtype == np.uint8
    restored = codes * lengths[:, None].astype(np.float32)
    cosines = (restored * rows).sum(axis=1) / np.linalg.norm(restored, axis=1) / np.linalg.norm(rows, axis=1)
    assert cosines.min() > 0.96 and cosines.mean() > 0.99
    ratio = np.linalg.norm(restored, axis=1) / np.linalg.norm(rows, axis=1)
    assert ratio.std() / ratio.mean() < 0.03
    np.testing.assert_array_equal(export.unpack(export.pack(codes)), codes)


def test_alignment_finds_translations_from_sentences_alone() -> None:
    """No pair holds a single word, yet each animal's likeliest translation is the right one."""
    pieces = Pieces([*dict.fromkeys(" ".join(english_sentences()).split()), *ANIMALS, *DOINGS, "正在"])
    pairs_ = list(zip(english_sentences(), chinese_sentences(), strict=True))
    t = alignment.align(pieces, pairs_, rounds=8)
    for english, chinese in zip(ENGLISH, ANIMALS, strict=True):
        here = t.source == pieces.vocabulary.index(english)
        best = int(t.target[here][np.argmax(t.probability[here])])
        assert pieces.vocabulary[best] == chinese
    table = np.random.default_rng(0).standard_normal((len(pieces), 64)).astype(np.float32)
    before = np.linalg.norm(table, axis=1)
    english_words = np.array([piece.isascii() for piece in pieces.vocabulary])
    assert alignment.aligned_rows(table, t, english_words) >= 20
    np.testing.assert_allclose(np.linalg.norm(table, axis=1), before, rtol=1e-5)
    tiger, monkey = (table[pieces.vocabulary.index(word)] for word in ("tiger", "老虎"))
    assert tiger @ monkey / np.linalg.norm(tiger) / np.linalg.norm(monkey) > 0.7


def test_anchored_rows_lean_towards_their_start_in_their_own_length() -> None:
    """Half of (0, 4)'s length along (10, 0) is (2, 0); a row that started nowhere stays."""
    rows = np.array([[0, 4], [3, 0]], dtype=np.float32)
    start = np.array([[10, 0], [0, 0]], dtype=np.float32)
    assert train.anchored(rows, start, 0.5).tolist() == [[2, 4], [3, 0]]


def test_parallel_pairs_have_one_english_side() -> None:
    found = alignment.parallel(
        [("增长", "growth"), ("growth", "增长"), ("增长", "留存"), ("a word", "in English"), ("x" * 500, "长")]
    )
    assert found == [("growth", "增长")]


def test_keyword_queries_are_words_of_their_passage_and_their_translations() -> None:
    passage = "平台经营者应当建立消费者投诉处理制度，并在十五日内答复消费者。商品存在缺陷的，应当停止销售并召回商品。"
    dictionary = synthetic.glosses(
        [
            ("consumer", "消费者"),
            ("to recall (a product)", "召回"),
            ("(old) goods; see also", "商品"),
            ("abbr. for x", "平台"),
        ]
    )
    assert dictionary == {"消费者": ["consumer"], "召回": ["recall"], "商品": ["goods; see also"]}
    passages = [passage] + [f"{passage}第{i}条同样适用于召回的商品与消费者。" for i in range(30)]
    chinese, english = synthetic.keyword_queries(
        passages, {"消费者": ["consumer"], "召回": ["recall"], "商品": ["goods"]}, 3
    )
    assert len(chinese) > 10 and all(set(query) - {" "} <= set(found) for query, found in chinese)
    assert english and all(set(query.split()) & {"consumer", "recall", "goods"} for query, _ in english)
    assert synthetic.keyword_queries(passages, {}, 3)[1] == []


def test_mined_negatives_are_near_and_not_the_answer() -> None:
    """Fifty groups of three passages: the negative of a query comes from its own group."""
    from sentence_transformers import SentenceTransformer

    from kbqa.training.mining import mine
    from kbqa.training.module import PieceEmbedding

    words = [f"{a}{b}" for a in "甲乙丙丁戊己庚辛壬癸" for b in "子丑寅卯辰"]
    pieces = Pieces([*words, "红", "黄", "蓝"])
    rows = np.random.default_rng(2).standard_normal((len(pieces), 2048)).astype(np.float32)
    model = SentenceTransformer(modules=[PieceEmbedding(pieces, rows)], device="cpu")
    asked = [(f"{word}{colour}", f"{word}，{colour}，{word}") for word in words for colour in "红黄蓝"]
    found = mine(model, {"some_zh": asked, "few_zh": asked[:5]}, 1000)
    assert list(found) == ["some_zh"] and len(found["some_zh"]) > 100
    for query, positive, negative in found["some_zh"]:
        assert negative != positive and negative.startswith(query[:2])


def test_own_pairs_are_many_distinct_and_judged_nowhere() -> None:
    """At least 6,000; no pair twice; no query that the golden questions ask, whatever its marks and script."""
    found = own.read_own()
    assert len(found) >= 6000
    keys = Counter((squeeze(pair.query), squeeze(pair.positive)) for pair in found)
    assert [key for key, count in keys.items() if count > 1] == []
    assert Counter(pair.kind for pair in found).keys() == set(own.KINDS)
    assert sum(bool(pair.negative) for pair in found) > 2000
    assert all(squeeze(pair.negative) != squeeze(pair.positive) for pair in found)
    golden = (Path(__file__).parent / "golden" / "handbook.jsonl").read_text(encoding="utf-8").splitlines()
    asked = {squeeze(json.loads(line)["question"]) for line in golden if line}
    # A bare term may well be both a query of ours and a question.
    assert [p.query for p in found if squeeze(p.query) in asked and len(squeeze(p.query)) > 5] == []


def test_a_bad_line_of_own_pairs_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.tsv").write_text("colloquial\t问\t答\t\nrumour\t问\t答\t\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.tsv:2"):
        own.read_own(tmp_path)


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


def test_a_saved_module_is_a_model_that_the_reader_opens(made: Path, tmp_path: Path) -> None:
    """Four bits taken from four bits: the vectors stay where they were."""
    from kbqa.indexing.static_model import StaticModel
    from kbqa.training.module import PieceEmbedding

    PieceEmbedding(*export.load_rows(made / "model")).save(str(tmp_path))
    texts = ["the tiger is singing", "大象正在游泳"]
    before, after = StaticModel.load(made / "model").encode(texts), StaticModel.load(tmp_path).encode(texts)
    assert ((before * after).sum(axis=1) > 0.98).all()


def test_card_names_sources_and_figures_of_the_run(made: Path) -> None:
    """100 pairs less the one that the retrieval set asks and the one that answers it (the same pair)."""
    card = (made / "model" / "README.md").read_text(encoding="utf-8")
    assert "| tatoeba_en_zh: Tatoeba: sentences and their translations | CC BY 2.0 FR | 100 | 1 | 99 |" in card
    assert "| judged | 1 | " in card
    assert "lctt_zh (Apache-2.0 file" in card


def test_the_last_stage_takes_a_model_on(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the pairs of our own alone; the card tells of it once, however often, and has the new figures."""
    from kbqa.training.__main__ import main

    pairs = "".join(f"colloquial\t{a}在干啥\t{a}正在唱歌\t\n" for a in ANIMALS)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "own.tsv").write_text(pairs, encoding="utf-8")
    few = own.read_own(tmp_path / "own")
    monkeypatch.setattr(train, "read_own", lambda: few)
    monkeypatch.setattr(own, "read_own", lambda: few)
    (tmp_path / "config.yaml").write_text(
        "{finish_epochs: 5, finish_batch: 8, threads: 1, half_precision: false}", "utf-8"
    )
    model, out = made / "model", tmp_path / "finished"
    rest = ["--config", str(tmp_path / "config.yaml"), "--exclude", str(made / "judged")]
    for start in (model, out):
        assert main(["--finish", str(start), "--out", str(out), *rest]) == 0
    before, after = StaticModel.load(model), StaticModel.load(out)
    answers = [p.positive for p in few]
    near = [float((m.encode([p.query for p in few]) * m.encode(answers)).sum(axis=1).mean()) for m in (before, after)]
    assert near[1] > near[0] and before.digest != after.digest
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.count("Last, from there on") == 1 and card.count("## Figures") == card.count("## Limits") == 1
    assert yaml.safe_load(card.split("---\n")[1])["model-index"]
    assert "Last, from there on" not in (model / "README.md").read_text(encoding="utf-8")


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
