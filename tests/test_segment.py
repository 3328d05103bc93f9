"""Tokens: names of the glossary whole and shared by their aliases, jieba's words beside them."""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
from pathlib import Path

import jieba
import pytest
import rjieba

from kbqa.indexing.segment import CONCEPT, Segmenter, count_tokens, words
from kbqa.notes.reading import note_paths, read_note
from kbqa.terms.glossary import Glossary, Paraphrase, lexicon
from kbqa.terms.mining import heading_terms, mine_terms
from kbqa.text import fold
from kbqa.types import Document, Term

CORPUS = Path(__file__).parents[1] / "corpus"
JIEBA_STOP = set("的了是在和与或等也都就而及着被把让给对从到以于之其并且但则所将会能可很更最还又再这那个们")


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    found = (read_note(path, CORPUS).document for path in note_paths(CORPUS))
    return [document for document in found if document]


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    """The lexicon, and a name with a slash of the kind that notes bring along."""
    return Segmenter(Glossary((*lexicon().terms, Term("用户粘性比", (), ("DAU/MAU",)))))


@pytest.fixture(scope="module")
def oracle() -> jieba.Tokenizer:
    """jieba itself, in an object of its own."""
    jieba.setLogLevel(logging.ERROR)
    tokenizer = jieba.Tokenizer()
    tokenizer.initialize()
    return tokenizer


def small(*terms: Term) -> Segmenter:
    return Segmenter(Glossary(terms))


# --- whole names ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["A/B测试", "DAU/MAU", "用户生命周期价值", "北极星指标", "私域流量", "A/B 测试", "AB测试"]
)
def test_names_stay_whole_where_jieba_cuts_them(segmenter: Segmenter, name: str) -> None:
    assert name not in rjieba.cut(f"先看{name}再说"), "else this would prove nothing"
    assert segmenter.cut(f"先看{name}再说") == ["先看", name, "再说"]


def test_the_longest_name_wins() -> None:
    assert small(Term("留存"), Term("留存率")).cut("次日留存率高") == ["次日", "留存率", "高"]
    assert [m.surface for m in small(Term("用户"), Term("用户生命周期")).matches("用户生命周期")] == ["用户生命周期"]


def test_pieces_join_to_the_text(segmenter: Segmenter, documents: list[Document]) -> None:
    for document in documents:
        pieces = segmenter.cut(document.text)
        assert "".join(pieces) == document.text
        assert all(pieces)


@pytest.mark.parametrize("seed", range(5))
def test_pieces_join_for_any_text(segmenter: Segmenter, seed: int) -> None:
    rng = random.Random(seed)
    pool = [
        "A/B测试",
        "ＬＴＶ",
        "北極星",
        "指标",
        "roi",
        "s",
        " ",
        "\n",
        "㎡",
        "𠮷",
        "😀",
        "３",
        "-",
        "/",
        "（",
        "留存率",
        "k",
        "ﬁ",
        "\u200b",
        "é",
    ]
    text = "".join(rng.choice(pool) for _ in range(300))
    assert "".join(segmenter.cut(text)) == text
    for match in segmenter.matches(text):
        assert match.surface == text[match.start : match.end]


def test_nothing_gives_nothing(segmenter: Segmenter) -> None:
    assert (segmenter.cut(""), segmenter.tokens(""), segmenter.matches("")) == ([], [], [])
    empty = Segmenter(Glossary())
    assert empty.matches("你好，世界") == []
    assert empty.tokens("你好，世界") == ["你好", "世界"]
    assert empty.cut("你好，世界") == ["你好", "，", "世界"]


# --- concepts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelling",
    [
        "用户生命周期价值",
        "LTV",
        "ltv",
        "ＬＴＶ",
        "用戶生命週期價值",
        "客户终身价值",
        "lifetime value",
        "Lifetime Value",
        "CLV",
    ],
)
def test_all_names_of_a_term_share_one_concept(segmenter: Segmenter, spelling: str) -> None:
    tokens = segmenter.tokens(f"看{spelling}高不高")
    assert tokens[0] == "=ltv"
    assert tokens.count("=ltv") == 1


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("A/B 测试", ["A/B 测试", "A/B测试", "AB测试", "a/b 測試", "Ａ／Ｂ测试"]),
        ("K 因子", ["K因子", "K 因子", "k 因子"]),
        ("OSM模型", ["OSM模型", "OSM 模型", "osm模型"]),
        ("Win-back", ["win-back", "WIN-BACK"]),
        ("landing page", ["Landing Page", "landing pages"]),
    ],
)
def test_spellings_people_type(name: str, typed: list[str]) -> None:
    segmenter = small(Term(name))
    for spelling in typed:
        assert [m.surface for m in segmenter.matches(f"谈谈{spelling}。")] == [spelling]


def test_concepts_come_before_words_and_cannot_be_words(segmenter: Segmenter) -> None:
    assert segmenter.tokens("北极星指标") == ["=北极星指标", "北极", "北极星", "指标"]
    assert segmenter.concept(0).startswith(CONCEPT)
    assert not any(w.startswith(CONCEPT) for w in words("=ltv =北极星指标 a=b"))


def test_one_character_is_no_name() -> None:
    assert small(Term("券"), Term("目标", (), ("O",))).matches("发券 O") == []


def test_the_first_term_owns_a_name_that_two_claim() -> None:
    segmenter = small(Term("京东", (), ("JD",)), Term("岗位职责", (), ("JD",)))
    assert segmenter.tokens("JD")[0] == "=京东"
    assert segmenter.tokens("岗位职责")[0] == "=岗位职责"


# --- boundaries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("heroic", []),
        ("heroi", []),
        ("ROI3", []),
        ("3roi", []),
        ("the ROI is", ["ROI"]),
        ("看ROI高不高", ["ROI"]),
        ("ROI/LTV", ["ROI", "LTV"]),
        ("CAC:LTV=1:3", ["CAC", "LTV"]),
        ("roi_x, roi-x", ["roi", "roi"]),
        ("(ROI)", ["ROI"]),
    ],
)
def test_latin_names_match_at_word_boundaries_only(text: str, found: list[str]) -> None:
    segmenter = small(Term("投资回报率", (), ("ROI",)), Term("LTV"), Term("CAC"))
    assert [m.surface for m in segmenter.matches(text)] == found


def test_a_chinese_name_matches_anywhere() -> None:
    assert [(m.start, m.end) for m in small(Term("留存率")).matches("次日留存率和7日留存率")] == [(2, 5), (8, 11)]


@pytest.mark.parametrize("text", ["2b端运营", "AB端运营"])
def test_a_name_that_is_refused_does_not_hide_the_one_inside_it(text: str) -> None:
    """`b端运营` would cut `2b` or `AB`; the name that starts behind the cut is still there."""
    assert [m.surface for m in small(Term("B端运营"), Term("运营")).matches(text)] == ["运营"]


# --- paraphrases ------------------------------------------------------------------------------------------------------


def test_colloquial_wordings_are_found_once_each() -> None:
    rules = (
        Paraphrase(("拉人头", "拉人"), ("裂变",)),
        Paraphrase(("花了多少钱",), ("成本",)),
        Paraphrase(("没人说话",), ("活跃",)),
    )
    found = Segmenter(Glossary((), rules)).paraphrases("拉人頭花了多少钱？拉人")
    assert {getattr(hit, "term", hit) for hit in found} == {0, 1}


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("用户生命周期价值", ["用户", "生命", "周期", "生命周期", "价值"]),
        ("Users and Companies", ["user", "company"]),
        ("class status bus", ["class", "status", "bus"]),
        ("的了，。!? —", []),
        ("第３天", ["第", "3", "天"]),
        ("數據", ["数据"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("long-tail", {"long", "tail"}),
        ("K-factor", {"k", "factor"}),
        ("p-value", {"p", "value"}),
        ("ltv_n", {"ltv", "n"}),
        ("2026-11-22", {"2026", "11", "22"}),
        ("top-10", {"top", "10"}),
    ],
)
def test_compounds_give_their_parts(text: str, parts: set[str]) -> None:
    """rjieba keeps what hyphens join, jieba does not; who asks for a part must find the whole."""
    assert parts <= set(words(f"看{text}怎么样"))


def test_count_tokens_counts_marks_too() -> None:
    assert count_tokens("用户，价值。") == 4
    assert count_tokens("") == 0


# --- the same as jieba ------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Folded, without the marks inside Latin words at which alone the two are known to differ."""
    return "".join(" " if c in "-_.&+#%" else c for c in fold(text))


def test_default_mode_is_jiebas(documents: list[Document], oracle: jieba.Tokenizer) -> None:
    """Rust and Python agree on every line of every note, HMM and all."""
    for document in documents:
        for line in _plain(document.text).split("\n"):
            assert rjieba.cut(line) == list(oracle.cut(line))


def test_search_mode_is_jiebas(documents: list[Document], oracle: jieba.Tokenizer) -> None:
    for document in documents:
        for line in _plain(document.text).split("\n"):
            assert rjieba.cut_for_search(line) == list(oracle.cut_for_search(line))


def test_no_word_of_jiebas_is_lost(documents: list[Document], oracle: jieba.Tokenizer) -> None:
    """Whatever jieba finds in the unchanged text is among our words, Latin plurals and stop words aside."""
    for document in documents:
        ours = set(words(document.text))
        theirs = {w for w in oracle.cut_for_search(fold(document.text)) if w[0].isalnum() and not w.isascii()}
        assert theirs - ours <= JIEBA_STOP


def test_global_jieba_is_left_alone(documents: list[Document]) -> None:
    """Segmenting with the lexicon neither loads nor changes the dictionary that other code of the process may use."""
    before = (jieba.dt.total, len(jieba.dt.FREQ), len(jieba.dt.user_word_tag_tab))
    mined = Glossary((*lexicon().terms, *mine_terms(documents), *heading_terms(documents)))
    Segmenter(mined).tokens(documents[0].text)
    assert (jieba.dt.total, len(jieba.dt.FREQ), len(jieba.dt.user_word_tag_tab)) == before
    assert rjieba.cut("看北极星指标") == ["看", "北极星", "指标"]


def test_tokens_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "from kbqa.indexing.segment import Segmenter; from kbqa.terms.glossary import lexicon;"
        "import hashlib; s = Segmenter(lexicon());"
        "t = '用A/B测试看LTV、DAU和北极星指标，拉人头花了多少钱';"
        "print(hashlib.sha256(repr((s.tokens(t), s.cut(t), s.matches(t), s.paraphrases(t))).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }
    assert len(seen) == 1 and len(seen.pop().strip()) == 64
