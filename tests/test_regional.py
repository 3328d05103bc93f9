"""Words of Taiwan and Hong Kong."""

from __future__ import annotations

import pytest

from kbqa.knowledge import KnowledgeBase
from kbqa.retrieval.regional import in_mainland_words


@pytest.mark.parametrize(
    ("asked", "read", "words"),
    [
        ("專案什麼時候驗收", "项目什麼時候驗收", ("项目",)),
        ("推播和簡訊哪個有效", "推送和短信哪個有效", ("推送", "短信")),
        ("KPI係咩", "KPI是什么", ()),  # asking words need no notice
        ("會員積分怎麼發放", "會員積分怎麼發放", ()),
        ("社群運營和同仁堂", "社群運營和同仁堂", ()),
    ],
)
def test_words_that_differ_are_replaced(asked: str, read: str, words: tuple[str, ...]) -> None:
    assert in_mainland_words(asked, ()) == (read, words)


def test_words_of_the_notes_stay() -> None:
    assert in_mainland_words("專案的品質怎麼看", {"专案"}) == ("專案的质量怎麼看", ("质量",))


def test_simplified_questions_stay() -> None:
    """Who writes simplified means 资讯 by 资讯."""
    asked = "ＡＰＰ里，资讯类产品怎么做提案？"
    assert in_mainland_words(asked, ()) == (asked, ())


def test_the_reader_is_told(kb: KnowledgeBase) -> None:
    answer = kb.ask("轉換率怎麼計算")
    assert not answer.abstained and "转化率" in answer.understood_as and answer.notices == ("按「转化率」理解",)
