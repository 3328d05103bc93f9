"""A comparison as HTML: the figures of the library, and nothing of a run as markup."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

from kbqa.evaluation.compare import Change, compare
from kbqa.web.comparison import comparison_html

HURT = '<img src=x onerror="window.hurt = 1">&<b>'


def row(name: str, recall: float | None, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "type": "fact", "question": f"问 {name}", "answer": f"答 {name}", "answerable": True, "abstained": False,
        "nugget_recall": recall, "Success@1": recall, **more,
    }  # fmt: skip


def report(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    aggregate = {"nugget_recall": 0.0, "Success@1": 0.0}
    return {
        "settings_digest": "s",
        "notes_digest": "n",
        "aggregate": aggregate,
        "by_type": {},
        "per_question": list(rows),
        **more,
    }


def plain(html: str, language: str = "zh") -> str:
    """What a reader of one language sees."""
    hidden = "kb-en-only" if language == "zh" else "kb-zh"
    html = re.sub(rf'<span class="{hidden}"[^>]*>.*?</span>', "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_loss_is_told_with_its_figures() -> None:
    """Twelve lost, one won, two tie; both measures are significantly worse by the exact sign test (p = 0.003)."""
    before = report(*(row(f"a{n}", 1.0) for n in range(12)), row("b", 0.0), row("c", 1.0), row("d", None))
    after = report(
        *(row(f"a{n}", 0.0) for n in range(12)), row("b", 1.0), row("c", 1.0), row("d", None), notes_digest="m"
    )
    html = comparison_html(compare(before, after), "以前", "现在")
    text = plain(html)
    assert "B 比 A 差：总分 0.929 → 0.143，1 题变好，12 题变差" in text
    assert "显著变差：总分、首位命中、要点召回" in text and "笔记不同" in text and "设置不同" not in text
    assert "两次都有的 15 题" in text and "A 以前 B 现在" in text
    assert "要点召回 14 0.929 0.143 -0.786 1 12 1 0.003* 符号检验" in text
    assert "变差 12 题" in text and "变好 1 题" in text
    english = plain(html, "en")
    assert "B is worse than A: score 0.929 → 0.143, 1 better, 12 worse" in english
    assert "nugget_recall 14 0.929 0.143 -0.786 1 12 1 0.003* sign test" in english
    assert not re.search(
        r"[\u4e00-\u9fff]", english.replace("以前", "").replace("现在", "").translate({ord(c): "" for c in "问答"})
    )


def test_equal_runs_are_no_regression() -> None:
    one = report(row("a", 1.0), row("b", 0.5))
    text = plain(comparison_html(compare(one, one), "x", "y"))
    assert "B 没有比 A 差：总分 0.750 → 0.750，0 题变好，0 题变差" in text
    assert "变差 0" not in text and "显著" not in text


def test_questions_that_are_not_compared_are_counted() -> None:
    text = plain(
        comparison_html(
            compare(report(row("a", 1.0), row("x", 1.0)), report(row("a", 1.0), row("y", 1.0), row("z", 1.0))), "x", "y"
        )
    )
    assert "两次都有的 1 题 · 只在 A 1 题 · 只在 B 2 题" in text


def test_both_answers_stand_under_a_question_that_changed() -> None:
    """With its link to the chat; a refusal is marked."""
    before = report(row("a", 1.0, answer="第一行\n第二行", question="什么是A/B测试？"))
    after = report(row("a", 0.0, abstained=True, answer="没有", question="什么是A/B测试？"))
    html = comparison_html(compare(before, after), "x", "y")
    assert 'href="#ask?q=%E4%BB%80%E4%B9%88%E6%98%AFA%2FB%E6%B5%8B%E8%AF%95%EF%BC%9F"' in html
    assert "第一行<br>第二行" in html and "拒答 没有" in plain(html)


def test_only_so_many_changes_are_drawn() -> None:
    """The rest is counted."""
    one = compare(report(row("a", 1.0)), report(row("a", 0.0)))
    change: Change = one.changes[0]
    html = comparison_html(replace(one, changes=tuple(replace(change, id=str(n)) for n in range(60))), "x", "y")
    assert html.count('class="kb-eval-change"') == 50 and "变差 60 题" in plain(html) and "还有 10 题" in plain(html)


def test_markup_in_a_run_stays_text() -> None:
    """Question, answer, names of measures and of the runs."""
    before = report(row("a", 1.0, question=HURT, answer=HURT, **{HURT: 1.0}), aggregate={HURT: 1.0})
    after = report(row("a", 0.0, question=HURT, answer="x", **{HURT: 0.0}), aggregate={HURT: 0.0})
    html = comparison_html(compare(before, after), HURT, HURT)
    assert "<img" not in html and "<b>" not in html.replace("<b>A</b>", "").replace("<b>B</b>", "")
    assert plain(html).count(HURT) >= 5
