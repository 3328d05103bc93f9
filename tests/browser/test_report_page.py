"""The HTML report in a real browser, opened as a file: what a reader filters, opens and sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kbqa.evaluation.page import html_page
from tests.browser.chat import wait_until

HURT = '<img src=x onerror="window.hurt = 1"><script>window.hurt = 1</script>'
LONG = "https://example.org/" + "a" * 300


def row(name: str, kind: str, asked: str, **more: Any) -> dict[str, Any]:
    judged = {"Success@1": 0.0, "Success@3": 0.0, "RR@10": 0.0, "nugget_recall": 0.0, "cited_evidence": False}
    return {
        "id": name, "type": kind, "question": asked, "understood_as": asked, "answerable": True, "abstained": False,
        "confidence": 0.5, "answer": "答案。", "nuggets_missed": [], "citations": [], "passages": ["一段话"], "seconds": 0.01,
        "expected": {"evidence": [], "nuggets": []}, **judged, **more,
    }  # fmt: skip


SIGN_IN = row(
    "q1", "fact", "签到发几分", understood_as="每日签到发几分",
    **{"Success@1": 0.0, "Success@3": 1.0, "RR@10": 0.5, "nugget_recall": 0.5, "cited_evidence": True},
    answer="每日签到发 5 分。", passages=["无关的一段", "每日签到发 5 分，连续签到再加。"], nuggets_missed=[["连签加 20 分", "加二十分"]],
    citations=[{"doc_id": "积分体系.md", "quote": "每日签到发 5 分", "heading_path": ["积分体系", "发放规则"]}],
    expected={"evidence": [["签到发 5 分"], ["没有这段"]], "nuggets": [["发 5 分"], ["连签加 20 分", "加二十分"]]},
)  # fmt: skip

RUN: dict[str, Any] = {
    "title": "试跑 " + HURT, "when": "2025-01-02", "settings_digest": "0123456789abcdef", "notes_digest": "fedcba",
    "aggregate": {"median_answer_characters": 140.0, "Success@3": 0.5, "of_our_own": 0.25},
    "intervals": {"Success@3": [0.25, 0.75]}, "interval_level": 0.95,
    "by_type": {"fact": {"Success@1": 0.25, "Success@3": 0.5}, "unanswerable": {"refusal_recall": 0.4}, HURT: {"Success@3": 1.0}},
    "risk_coverage": {"coverage": [0.5, 1.0], "risk": [0.1, 0.3], "aurc": 0.2},
    "latency": {"p50": 10.0, "p95": 20.0, "all": [5.0, 10.0, 10.0, 20.0, 20.0, 900.0]},
    "ranks": {"1": 1, "2": 2, "none": 1},
    "questions": [
        SIGN_IN,
        row("q2", "fact", "首单发几分", answer=HURT + LONG, passages=[HURT], confidence=None),
        row("q10", "howto", "怎么办抽奖", **{"RR@10": 0.2}, confidence=0.9, seconds=0.03),
        row("q3", "unanswerable", "怎么补胎", answerable=False, **{"RR@10": None}, confidence=0.1),
        row("q4", "howto", "ＫＰＩ 怎么定", abstained=True, answer="", passages=[], confidence=0.2),
        row("q5", HURT, HURT + LONG, **{"RR@10": 1.0, "nugget_recall": 1.0, "Success@1": 1.0, "Success@3": 1.0}),
    ],
}  # fmt: skip


@pytest.fixture
def open_report(browser, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open reports as files; none may complain in the console or ask for anything but itself."""
    complaints: list[str] = []
    asked: list[str] = []
    contexts = []
    file = tmp_path / "report.html"

    def opened(run: dict[str, Any] = RUN, width: int = 1280, **settings: Any):
        file.write_text(html_page(run), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN", **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert {url for url in asked if not url.startswith("data:")} == {file.as_uri()}


def shown(page) -> list[str]:
    """Ids of the rows that can be seen, from the top."""
    return page.locator("#table .row:not([hidden]) td:first-child").all_text_contents()


def overflow(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def open_everything(page) -> None:
    for button in page.locator("#table .open").all():
        button.click()
    page.locator("details").evaluate_all("all => all.forEach((details) => { details.open = true; })")


# --- summary and plots ------------------------------------------------------------------------------------------------


def test_the_summary_gives_values_with_their_intervals(open_report) -> None:
    """Known measures first, in Chinese; one that the page does not know under its own name."""
    page = open_report()
    cards = [" ".join(text.split()) for text in page.locator(".card").all_inner_texts()]
    assert cards[0].startswith("题数 questions 6 5 题能答，1 题不能")
    assert cards[1].startswith("失败 failed 4 占 66.7%")
    assert cards[2] == "前三命中 Success@3 50.0% 95% 区间 25.0%–75.0% 前三段里有证据"
    assert cards[3].startswith("答案字数 median_answer_characters 140")
    assert cards[4].startswith("of_our_own 0.250")
    assert page.locator("#about").inner_text().split() == ["时间", "when", "2025-01-02", "设置", "settings", "0123456789ab", "笔记", "notes", "fedcba"]  # fmt: skip


def test_plots_say_in_words_what_they_show(open_report) -> None:
    """Five of six answered; at 25 % coverage the curve's first point counts; worst type first."""
    page = open_report()
    wait_until(page, "document.querySelectorAll('.plot svg').length === 4")
    said = [svg.get_attribute("aria-label") for svg in page.get_by_role("img").all()]
    assert said[0].startswith(
        "各类型成功率 success by type，最低在前：无答案 拒答 40.0%；事实 前三命中 50.0%、 首位命中 25.0%；"
    )
    assert said[1] == (
        "风险–覆盖曲线 risk–coverage：答 25% 时风险 10.0%，答 50% 时风险 10.0%，答 75% 时风险 30.0%，答 100% 时风险 30.0%。"
        "AURC 0.200，实际答了 answered 83.3%。"
    )
    assert said[2].endswith("第 1 位：1 题；第 2 位：2 题；前十没有 none：1 题。")
    assert said[3] == "用时分布 latency：6 题，p50 10 ms，p95 20 ms，最慢 max 900 ms。"


def test_bars_are_as_long_as_their_counts(open_report) -> None:
    """Ranks 1, 2, 2, none; latencies in columns of 5 ms, what is beyond twice p95 in one of its own."""
    page = open_report()
    wait_until(page, "document.querySelectorAll('.plot svg').length === 4")

    def heights(name: str) -> list[float]:
        bars = page.locator(f"svg[aria-label^='{name}'] rect.bar").all()
        values = [float(bar.get_attribute("height")) for bar in bars]
        return [round(value / max(values), 3) for value in values]

    assert heights("首个证据") == [0.5, 1, *[0] * 8, 0.5]
    assert heights("用时分布") == [0, 0.5, 1, 0, 1, *[0] * 4, 0.5]
    assert page.locator("svg[aria-label^='用时分布'] rect.bar title").last.text_content() == "≥ 45 ms：1 题"


def test_a_run_without_anything_says_so(open_report) -> None:
    page = open_report({"title": "空", "questions": []})
    assert page.locator("figure .empty").count() == 4
    assert page.locator("#nothing").is_visible()
    assert page.locator("#count").inner_text() == "显示 0 / 0 题"


# --- the table --------------------------------------------------------------------------------------------------------


def test_filters_narrow_the_table_together(open_report) -> None:
    page = open_report()
    assert shown(page) == ["q1", "q2", "q10", "q3", "q4", "q5"]
    page.check("#failed")
    assert shown(page) == ["q2", "q10", "q3", "q4"]
    page.select_option("#type", "howto")
    assert shown(page) == ["q10", "q4"]
    page.select_option("#why", "ranked low")
    assert shown(page) == ["q10"]
    assert page.locator("#count").inner_text() == "显示 1 / 6 题"
    page.fill("#words", "没有这个词")
    assert shown(page) == [] and page.locator("#nothing").is_visible()
    page.get_by_role("button", name="清除 Clear").click()
    wait_until(page, "document.querySelectorAll('.row:not([hidden])').length === 6")
    assert page.locator("#nothing").is_hidden()


def test_keywords_find_any_width_and_case_and_need_not_be_in_the_question(open_report) -> None:
    page = open_report()
    for words, found in {"kpi": ["q4"], "积分体系.md": ["q1"], "发几分 首单": ["q2"], "做法": ["q10", "q4"]}.items():
        page.fill("#words", words)
        assert shown(page) == found, words


def test_an_outcome_filters_and_lets_go(open_report) -> None:
    """The same filter as the menu, so both agree; a second press shows all."""
    page = open_report()
    page.check("#failed")
    button = page.locator(".outcome[data-why='ok']")
    button.click()
    assert shown(page) == ["q1", "q5"] and page.input_value("#why") == "ok" and not page.is_checked("#failed")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    assert len(shown(page)) == 6 and button.get_attribute("aria-pressed") == "false"


def test_columns_sort_both_ways_with_the_unknown_last(open_report) -> None:
    """Numbers inside ids count as numbers; ties keep their order; the menu for phones agrees."""
    page = open_report()
    page.get_by_role("button", name="编号 id").click()
    assert shown(page) == ["q1", "q2", "q3", "q4", "q5", "q10"]
    head = page.get_by_role("button", name="把握 conf.")
    head.click()
    assert shown(page) == ["q3", "q4", "q1", "q5", "q10", "q2"]
    head.click()
    assert shown(page) == ["q10", "q1", "q5", "q4", "q3", "q2"]
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert page.input_value("#sort") == "-confidence"
    page.select_option("#sort", "")
    assert shown(page)[:3] == ["q1", "q2", "q10"] and page.locator("th[aria-sort]").count() == 0


def test_a_row_opens_on_everything_about_a_question(open_report) -> None:
    page = open_report()
    page.get_by_role("button", name="签到发几分").click()
    detail = page.locator("#detail-0")
    text = " ".join(detail.inner_text().split())
    for part in ("理解为 understood as：每日签到发几分", "积分体系.md · 积分体系 › 发放规则", "证据名次 rank 第 2 位", "要点召回 nuggets 50.0%"):  # fmt: skip
        assert part in text
    missed = detail.locator(".missed").all_inner_texts()
    assert missed == ["连签加 20 分 ／ 加二十分 ✗ 没说到 missed", "没有这段 ✗ 没检索到 not retrieved"]
    assert detail.locator(".said mark").all_inner_texts() == ["发 5 分"]
    assert detail.locator("details[open] mark").all_inner_texts() == ["签到发 5 分"]
    assert detail.locator("details").count() == 2


def test_rows_are_worked_with_the_keyboard_alone(open_report) -> None:
    """Arrows go over rows that are shown, Enter opens and closes, and an opened row that is filtered out is gone."""
    page = open_report()
    page.check("#failed")
    page.locator("#table .open:visible").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.textContent") == "怎么办抽奖"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.getAttribute('aria-expanded')") == "true"
    assert page.locator("#detail-2").is_visible() and "名次太低" in page.locator("#detail-2").inner_text()
    page.select_option("#type", "fact")
    assert page.locator("#detail-2").is_hidden()
    page.select_option("#type", "")
    assert page.locator("#detail-2").is_visible()
    page.locator("#table .open:visible").first.focus()
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent") == "ＫＰＩ 怎么定"
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    assert page.locator("#detail-2").is_hidden()


# --- strangers, phones, the dark --------------------------------------------------------------------------------------


def test_markup_in_a_run_is_only_text(open_report) -> None:
    page = open_report()
    open_everything(page)
    assert page.title().startswith("试跑 <img") and HURT in page.locator("h1").inner_text()
    assert HURT in page.locator("#detail-1 .said").last.inner_text()
    assert page.locator("#detail-1 blockquote").last.inner_text() == HURT
    assert page.locator("img").count() == 0 and page.locator("script").count() == 2
    assert page.evaluate("window.hurt") is None


def test_a_phone_scrolls_in_one_direction_only(open_report) -> None:
    """With every row and every list open, long addresses and all; plots are drawn as wide as there is room."""
    page = open_report(width=360)
    open_everything(page)
    assert overflow(page) == 0
    widths = page.locator(".plot svg").evaluate_all("all => all.map((svg) => svg.getBoundingClientRect().right)")
    assert len(widths) == 4 and max(widths) <= 360
    page.set_viewport_size({"width": 900, "height": 800})
    wait_until(page, "document.querySelector('.plot svg').getBoundingClientRect().width > 330")
    assert overflow(page) == 0


def test_the_dark_is_followed(open_report) -> None:
    """Ink and paper change places, and ink stays readable (contrast at least 7, WCAG 2.2)."""
    ratio = """() => {
      const light = (c) => c.match(/[0-9.]+/g).slice(0, 3).map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
        .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
      const look = getComputedStyle(document.body);
      return [light(look.backgroundColor), light(look.color)];
    }"""
    for scheme, dark in (("light", False), ("dark", True)):
        paper, ink = open_report(color_scheme=scheme).evaluate(ratio)
        assert (paper < ink) is dark
        assert (max(paper, ink) + 0.05) / (min(paper, ink) + 0.05) >= 7


def test_a_file_by_itself_has_no_chat_to_open(open_report) -> None:
    """The link is for the app that shows the page in a frame; what else sends messages is not listened to."""
    page = open_report()
    open_everything(page)
    assert page.locator("a.ask").count() == 6 and not page.locator("a.ask").first.is_visible()
    page.evaluate("window.postMessage({ kbqa: 'host', dark: true }, '*')")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert not page.locator("html.hosted").count() and not page.locator("a.ask").first.is_visible()
