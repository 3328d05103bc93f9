"""Why a passage was found, as a reader is told: shared words, and terms by both of their names."""

from __future__ import annotations

import pytest

from kbqa import KnowledgeBase
from kbqa.indexing.segment import Segmenter
from kbqa.retrieval.because import matched_because
from kbqa.terms.glossary import Glossary
from kbqa.types import Term

LTV = "=用户生命周期价值"
CAC = "=获客成本"

SEGMENTER = Segmenter(
    Glossary((Term("用户生命周期价值", ("终身价值",), ("LTV",)), Term("获客成本", (), ("CAC",)), Term("复购率")))
)


def because(question: str, text: str, *shared: str) -> tuple[str, ...]:
    return matched_because(question, text, shared, SEGMENTER)


@pytest.mark.parametrize(
    ("question", "text", "shown"),
    [
        ("LTV 怎么算", "用户生命周期价值等于毛利乘以年数", "LTV = 用户生命周期价值"),
        ("用户生命周期价值怎么算", "LTV 等于毛利乘以年数", "用户生命周期价值 = LTV"),
        ("ltv 怎么算", "终身价值等于毛利乘以年数", "ltv = 终身价值"),
        ("終身價值怎麼算", "LTV 等于毛利乘以年数", "終身價值 = LTV"),
        ("LTV 怎么算", "用戶生命週期價值等於毛利乘以年數", "LTV = 用戶生命週期價值"),
    ],
)
def test_a_term_by_both_names(question: str, text: str, shown: str) -> None:
    """The asker's name first, then the text's, each as it was written."""
    assert because(question, text, LTV) == (shown,)


@pytest.mark.parametrize(
    ("question", "text", "shown"),
    [
        ("LTV 怎么算", "LTV 等于毛利乘以年数", "LTV"),
        ("ltv怎么算", "ＬＴＶ 等于毛利乘以年数", "ＬＴＶ"),
        ("用户生命周期价值怎么算", "用户生命周期价值等于毛利", "用户生命周期价值"),
        ("用戶生命週期價值怎麼算", "用户生命周期价值等于毛利", "用户生命周期价值"),
        ("用户生命周期价值怎么算", "用戶生命週期價值等於毛利", "用戶生命週期價值"),
    ],
)
def test_a_term_by_one_name(question: str, text: str, shown: str) -> None:
    """Case, width and script make no other name: it is shown once, as the text has it."""
    assert because(question, text, LTV) == (shown,)


def test_words_are_shown_as_they_are() -> None:
    """Shared words that belong to no term, in their order."""
    assert because("怎么提高毛利", "毛利高了，频次也会提高", "毛利", "提高") == ("毛利", "提高")
    assert because("门店排班", "排班表贴在门店", "排班", "门店") == ("排班", "门店")


def test_terms_come_before_words() -> None:
    """Two terms keep their order, and so do the words behind them."""
    shown = because("LTV、CAC 和毛利、频次", "终身价值减获客成本，再看频次和毛利", "毛利", CAC, "频次", LTV)
    assert shown == ("CAC = 获客成本", "LTV = 终身价值", "毛利", "频次")


@pytest.mark.parametrize(
    ("question", "text", "shared", "shown"),
    [
        ("复购率", "复购率怎么提高", ("复购率", "=复购率"), ("复购率",)),
        ("LTV 怎么算", "LTV 等于毛利", ("ltv", LTV), ("LTV",)),
        ("LTV 怎么算，值多少", "终身价值等于毛利", (LTV, "终身价值"), ("LTV = 终身价值",)),
        ("毛利", "毛利", ("毛利", "毛利"), ("毛利",)),
        ("LTV 和终身价值", "用户生命周期价值", (LTV, LTV), ("LTV = 用户生命周期价值",)),
    ],
)
def test_nothing_is_shown_twice(question: str, text: str, shared: tuple[str, ...], shown: tuple[str, ...]) -> None:
    """A word that is one of its term's names adds nothing to the term; neither does any token said again."""
    assert because(question, text, *shared) == shown
    assert because(question, text, *reversed(shared)) == shown


def test_a_word_that_is_the_asked_name() -> None:
    """Where both names stand in the text there is one reason all the same."""
    assert len(because("LTV 怎么算", "终身价值（LTV）等于毛利", "ltv", LTV)) == 1


def test_the_first_name_stands_for_those_behind_it() -> None:
    """Where a text calls a term by two other names, the one that comes first is shown; so with a question."""
    assert because("LTV", "终身价值又叫用户生命周期价值", LTV) == ("LTV = 终身价值",)
    assert because("终身价值就是用户生命周期价值吗", "LTV 等于毛利乘以年数", LTV) == ("终身价值 = LTV",)


@pytest.mark.parametrize("text", ["用户生命周期价值（LTV）等于毛利", "终身价值又叫用户生命周期价值，英文缩写 LTV"])
def test_a_text_that_has_the_asked_name_too(text: str) -> None:
    """It does not call the term otherwise, so there is nothing to explain."""
    assert because("LTV 怎么算", text, LTV) == ("LTV",)


def test_a_term_that_the_text_only_means() -> None:
    """Where no name stands in the text or in the question, the term's own does."""
    assert because("LTV 怎么算", "毛利乘以年数", LTV) == ("LTV = 用户生命周期价值",)
    assert because("值多少钱", "毛利乘以年数", LTV) == ("用户生命周期价值",)


def test_nothing_shared() -> None:
    """No reason is made up, whatever stands in both."""
    assert because("", "") == ()
    assert because("LTV 怎么算", "LTV 等于毛利") == ()


def test_reasons_of_hits_and_citations(kb: KnowledgeBase) -> None:
    """Asked in English letters, found in Chinese, and the other way round; no reason stands there twice."""
    assert "CVR" in kb.search("cvr 怎么算")[0].matched, "the passage has that name, too"
    assert "留存率" in kb.search("留存率怎么算")[0].matched
    for question in ("什么是转化率", "CVR 怎么算", "留存率怎麼算", "怎么提高转化率"):
        answer = kb.ask(question)
        for reasons in (*(hit.matched for hit in answer.hits), *(citation.matched for citation in answer.citations)):
            assert len(set(reasons)) == len(reasons) <= 8
