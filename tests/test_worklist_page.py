"""The worklist page: rows and their state, one item, bars, downloads, and who may see it."""

from __future__ import annotations

import base64
import inspect
import re
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path

import gradio as gr
import pytest

from kbqa import KnowledgeBase
from kbqa.evaluation.activity import Period
from kbqa.evaluation.feedback import Feedback
from kbqa.evaluation.gap_groups import GapGroup
from kbqa.evaluation.gaps import Near
from kbqa.evaluation.worklist import Item, Mark
from kbqa.types import Citation
from kbqa.web.links import parse_place
from kbqa.web.site import Site
from kbqa.web.worklist import build_worklist
from kbqa.web.worklist_page import charts_html, detail_html, download_html, list_html

NOON = datetime(2025, 1, 31, 12, 0, tzinfo=timezone.utc)
GROUP = GapGroup(
    "怎样给猫剪指甲？",
    3,
    ("怎样给猫剪指甲？", "给猫剪指甲 & 洗澡"),
    NOON,
    NOON,
    ("宠物",),
    Near("宠物.md", ("宠物", "照顾")),
    "no answer",
)
GAP = Item(GROUP)
COMPLAINT = Feedback(
    NOON.isoformat(), "小陈", "会员积分是什么？", "会员积分是什么？", "一种权益凭证。", "down", "太长", (Citation("会员/积分.md", 5, 9, "权益凭证"),),
    "s", "g", "m",
)  # fmt: skip
DISLIKED = Item(
    replace(GROUP, question="会员积分是什么？", wordings=("会员积分是什么？",), count=1, advice="answered"),
    (COMPLAINT,),
)


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def keys(html: str) -> list[str]:
    return re.findall(r'data-key="([^"]*)"', html)


def test_list_shows_one_state_and_counts_all() -> None:
    done = replace(DISLIKED, mark=Mark("done", "", NOON, ""))
    assert keys(list_html((GAP, done), "open")) == [GAP.key]
    assert keys(list_html((GAP, done), "done")) == [done.key]
    assert keys(list_html((GAP, done), "all")) == [GAP.key, done.key]
    assert "待处理 1" in list_html((GAP, done), "done") and "已完成 1" in list_html((GAP, done), "open")
    assert "这个状态下没有条目" in list_html((GAP, done), "in work")
    assert "还没有没答上来的问题" in list_html((), "open")


def test_badges_say_what_is_known_of_an_item() -> None:
    item = replace(DISLIKED, group=replace(DISLIKED.group, marked=2), changed=True, mark=Mark("done", "", NOON, ""))
    again = replace(item, group=replace(item.group, last=NOON.replace(hour=13)))
    said = text_of(list_html((again,), "all"))
    for words in ("待处理", "标完成后又有人问", "不满意 1 次", "读者记为缺口 2 次", "答案已经变了", "2025-01-31"):
        assert words in said
    assert "标完成后" not in list_html((item,), "all")


def test_chosen_row_is_told_to_everybody() -> None:
    html = list_html((GAP, DISLIKED), "all", DISLIKED.key)
    assert re.findall(r'aria-pressed="(\w+)"', html) == ["false", "true"]


def test_long_list_is_cut_and_says_so() -> None:
    items = tuple(Item(replace(GROUP, question=f"问题{i}")) for i in range(203))
    html = list_html(items, "all")
    assert len(keys(html)) == 200 and "还有 3 条" in html


def test_item_links_to_the_chat_its_sources_and_the_nearest_passages(kb: KnowledgeBase) -> None:
    hits = kb.search("会员积分", 2)
    html = detail_html(DISLIKED, hits)
    hrefs = [href.replace("&amp;", "&") for href in re.findall(r'href="([^"]*)"', html)]
    assert hrefs[0] == "#ask?q=%E4%BC%9A%E5%91%98%E7%A7%AF%E5%88%86%E6%98%AF%E4%BB%80%E4%B9%88%EF%BC%9F"
    places = [parse_place(href) for href in hrefs[1:]]
    assert [(p.doc_id, p.start) for p in places] == [
        ("会员/积分.md", 5),
        *((h.chunk.doc_id, h.chunk.start) for h in hits),
    ]
    assert "太长" in html and "2025-01-31 · 小陈" in html and "一种权益凭证。" in html


def test_every_wording_can_be_asked() -> None:
    """What a URL would take apart is escaped."""
    assert "#ask?q=%E7%BB%99%E7%8C%AB%E5%89%AA%E6%8C%87%E7%94%B2%20%26%20%E6%B4%97%E6%BE%A1" in detail_html(GAP, ())


def test_many_complaints_are_folded_away() -> None:
    many = replace(DISLIKED, complaints=tuple(replace(COMPLAINT, reason=f"理由{i}") for i in range(5)))
    shown, folded = detail_html(many, ()).split("<details>")
    assert ["理由2" in shown, "理由3" in shown, "理由3" in folded, "更早的 2 条" in folded] == [True, False, True, True]


def test_what_people_typed_is_text() -> None:
    bad = '"><img src=x onerror=alert(1)>'
    item = Item(
        replace(GROUP, question=bad, wordings=(bad, bad + "2"), terms=(bad,), nearest=Near(bad, (bad,))),
        (replace(COMPLAINT, reason=bad, user=bad, answer=bad),), False, Mark("in work", bad, NOON, bad),
    )  # fmt: skip
    for html in (detail_html(item, ()), list_html((item,), "all")):
        assert "<img" not in html and "&lt;img" in html


def test_bars_are_as_high_as_their_numbers() -> None:
    """The highest fills the plot; a period without anything has no bar; the table has the figures, the latest first."""
    html = charts_html((Period(date(2025, 1, 20), 4, 1, 0), Period(date(2025, 1, 27), 1, 0, 2)), "week")
    bars = re.findall(r'class="(\S+)" x="([\d.]+)" y="(\d+)" width="([\d.]+)" height="(\d+)"', html)
    assert bars == [
        ("kb-bar-down", "0.100", "0", "0.800", "4"), ("kb-bar-down", "1.100", "3", "0.800", "1"),
        ("kb-bar-up", "0.100", "1", "0.400", "1"), ("kb-bar-down", "1.500", "0", "0.400", "2"),
    ]  # fmt: skip
    assert re.findall(r'<th scope="row">([\d-]+)</th><td>(\d)</td><td>(\d)</td><td>(\d)</td>', html) == [
        ("2025-01-27", "1", "0", "2"), ("2025-01-20", "4", "1", "0"),
    ]  # fmt: skip
    assert re.findall(r'viewBox="([\d ]+)"', html) == ["0 0 2 4", "0 0 2 2"]


def test_charts_of_nothing_are_empty() -> None:
    html = charts_html((Period(date(2025, 1, 20), 0, 0, 0),), "day")
    assert "<rect" not in html and re.findall(r'viewBox="([\d ]+)"', html) == ["0 0 1 1"] * 2


def test_download_is_the_file_itself() -> None:
    html = download_html("worklist.csv", "\ufeff问题,状态\n")
    assert 'download="worklist.csv"' in html
    assert base64.b64decode(html.split("base64,")[1].split('"')[0]).decode("utf-8") == "\ufeff问题,状态\n"


def test_every_callback_refuses_a_reader(index: Path) -> None:
    """Before it looks at anything that it was given; the one that the page calls by itself changes nothing, in silence."""
    with gr.Blocks() as blocks:
        build_worklist(Site(KnowledgeBase.open(index), Path("notes"), local=False))
    callbacks = [block.fn for block in blocks.fns.values()]
    assert len(callbacks) == 11
    for callback in callbacks:
        nothing = [None for _ in inspect.signature(callback).parameters]
        if callback.__name__ == "opened":
            assert callback(*nothing) == (gr.skip(), gr.skip())
            continue
        with pytest.raises(gr.Error, match="管理员"):
            callback(*nothing)
