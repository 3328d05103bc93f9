"""Typos by sound and words in pinyin are mended; what people write right is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.indexing.index import Index
from kbqa.indexing.sounds import sound_key
from kbqa.retrieval.spelling import Speller
from kbqa.text import sentence_spans

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


def speller_of(index: Path) -> Speller:
    opened = Index.open(index)
    frequency, chunks = opened.lexical.frequency, len(opened.chunks)
    return Speller(opened.sounds, opened.vocabulary.ids, opened.segmenter, frequency, chunks)


@pytest.fixture(scope="module")
def speller(_index: Path) -> Speller:
    return speller_of(_index)


@pytest.fixture(scope="module")
def corpus_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("corpus") / "index"
    KnowledgeBase.build(CORPUS, index)
    return index


@pytest.mark.parametrize(
    ("typed", "meant", "words"),
    [
        ("转画率是什么", "转化率是什么", ("转化率",)),
        ("留纯率怎么算", "留存率怎么算", ("留存率",)),
        ("zhuanhualv", "转化率", ("转化率",)),
        ("ZhuanHuaLv 怎么算", "转化率 怎么算", ("转化率",)),
        ("ｚｈｕａｎｈｕａｌｖ", "转化率", ("转化率",)),
        ("怎么提高liucunlv？", "怎么提高留存率？", ("留存率",)),
        ("转画率和留纯率有关系吗", "转化率和留存率有关系吗", ("转化率", "留存率")),
        ("zhuanhualv和留纯率有关系吗", "转化率和留存率有关系吗", ("转化率", "留存率")),
        ("留纯率和zhuanhualv和转画率", "留存率和转化率和转化率", ("留存率", "转化率")),
        ("轉畫率", "转化率", ("转化率",)),
        ("留存lv怎么算", "留存率怎么算", ("留存率",)),
        ("zhuan化率低", "转化率低", ("转化率",)),
        ("怎么看 liu cun lv", "怎么看 留存率", ("留存率",)),
        ("zhuan hua lv", "转化率", ("转化率",)),
    ],
)
def test_slips_are_mended(typed: str, meant: str, words: tuple[str, ...], speller: Speller) -> None:
    """Each in its place, and the words put in are named once, in the order they stand."""
    assert speller.correct(typed) == (meant, words)


@pytest.mark.parametrize(
    "text",
    [
        "", "？", "转化率", "什么是留存率", "会员积分为什么会过期", "预热期做什么", "今天天气怎么样",
        "我想问一下这个怎么弄",
        "What is the conversion rate of this page?", "please explain the data and the time line of our game in China",
        "share online sale change banner mature language", "AARRR", "A/B test", "2024 年 Q3", "abc123defg", "kpi",
        "的得地了着过", "一二三四五六", "哈哈哈哈哈", "龘靐齉爩",
    ],
)  # fmt: skip
def test_what_is_right_is_left_alone(text: str, speller: Speller) -> None:
    """Ordinary words, English that happens to be made of syllables, letters and digits, nonsense."""
    assert speller.correct(text) == (text, ())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("AARR模型", "AARRR模型"),
        ("RMF怎么打分", "RFM怎么打分"),
        ("RFMM怎么看", "RFM怎么看"),
        ("how to measure retenion", "how to measure retention"),
    ],
)
def test_slips_in_latin_names_are_mended(typed: str, meant: str, corpus_index: Path) -> None:
    """A letter left out or doubled, or two that changed places."""
    assert speller_of(corpus_index).correct(typed)[0] == meant


@pytest.mark.parametrize(
    "text",
    [
        "TA人群怎么圈定", "怎么定位DA分析岗位", "LI会员日", "HE成本", "REP系统", "OPPO手机怎么推广", "how do users reach each team",
        "app推广怎么做", "KPIs of the users", "liucunlv" * 200,
    ],
)  # fmt: skip
def test_latin_words_and_the_words_beside_them_are_left_alone(text: str, corpus_index: Path) -> None:
    assert speller_of(corpus_index).correct(text) == (text, ())


def test_two_syllables_are_pinyin_only_among_chinese_or_pinyin(speller: Speller) -> None:
    """In an English sentence they are English, as like and name are; three are hardly ever an English word."""
    assert "留存" in speller.correct("liucun zenme suan")[1] and speller.correct("liucun怎么算")[1] == ("留存",)
    assert speller.correct("the liucun report, please")[1] == ()
    assert speller.correct("the zhuanhualv report, please")[1] == ("转化率",)


@pytest.mark.parametrize(("whose", "in_a_thousand"), [("own", 2), ("foreign", 5)])
def test_ordinary_sentences(whose: str, in_a_thousand: int, corpus_index: Path, speller: Speller) -> None:
    """Hardly any sentence of the corpus is touched, be it by its own index or by one that knows other words."""
    checked = speller_of(corpus_index) if whose == "own" else speller
    opened = Index.open(corpus_index)
    sentences = []
    for doc_id in opened.documents.ids:
        text = opened.documents.get(doc_id).text
        sentences += [text[a:b] for a, b in sentence_spans(text)]
    assert len(sentences) > 1000
    touched = [(s, words) for s in sentences if (words := checked.correct(s)[1])]
    assert len(touched) <= len(sentences) * in_a_thousand / 1000, touched


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("增长飞伦是啥意思", "增长飞轮"),  # jieba cuts 增长 | 飞伦是
        ("北级星指标怎么挑", "北极星指标"),
        ("沉水用户怎么叫回来", "沉睡用户"),
        ("用户声明周期怎么分", "用户生命周期"),  # 声明 is a word, the whole is none
        ("最小可形产聘先做什么", "最小可行产品"),  # two slips
    ],
)
def test_a_term_is_found_wherever_words_are_cut(typed: str, word: str, corpus_index: Path) -> None:
    assert speller_of(corpus_index).correct(typed)[1] == (word,)


@pytest.mark.parametrize(
    "text",
    ["招商银行零售业务怎么看", "典型用户卡片怎么写", "用机器人代替人工做日报", "核心用户怎么找", "把用户分成几种"],
)
def test_words_beside_a_term_are_left_alone(text: str, corpus_index: Path) -> None:
    """行零售 sounds like 新零售, but 行 is part of 银行; 核心 and 分成 are words."""
    assert speller_of(corpus_index).correct(text) == (text, ())


def test_typo_is_understood_and_named(kb: KnowledgeBase) -> None:
    """The answer is that to the right word, and the reader is told how he was understood."""
    answer = kb.ask("什么是转画率")
    right = kb.ask("什么是转化率")
    assert answer.question == "什么是转画率" and answer.understood_as == "什么是转化率"
    assert any("转化率" in notice for notice in answer.notices) and right.notices == ()
    assert answer.citations == right.citations != ()


@pytest.mark.parametrize(("first", "second"), [("zhuan", "zuan"), ("sheng", "sen"), ("chang", "can"), ("lü", "lv")])
def test_sounds_that_are_often_confused_are_one(first: str, second: str) -> None:
    """zh/z, ch/c, sh/s and ng/n; ü typed as v."""
    assert sound_key([first]) == sound_key([second])


def test_other_sounds_are_kept_apart() -> None:
    """Only those: n/l and h/f stay what they are."""
    assert len({sound_key([s]) for s in ("nan", "lan", "han", "fan", "gan", "zan")}) == 6
    assert sound_key(["zhuan", "hua", "lü"]) == "zuanhualv"
