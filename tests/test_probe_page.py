"""The retrieval test page: what stands on it, what markup becomes of, and who may see it."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from kbqa import KnowledgeBase
from kbqa.evaluation.probe import Feature, Passage, Probe, Refusal, probe
from kbqa.types import Chunk, Hit
from kbqa.web.links import parse_place
from kbqa.web.probe import build_probe
from kbqa.web.probe_page import probe_html
from kbqa.web.site import Site

QUESTION = "会员积分是什么？"


@pytest.fixture(scope="module")
def seen(kb: KnowledgeBase) -> Probe:
    return probe(kb, QUESTION)


def shown(kb: KnowledgeBase, one: Probe) -> str:
    return probe_html(one, kb.info())


def links(html: str, css: str) -> list[str]:
    """Where the links of a style lead, in their order."""
    return [href.replace("&amp;", "&") for href in re.findall(rf'<a class="{css}" href="([^"]*)"', html)]


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def test_lists_link_to_the_passages_in_their_order(kb: KnowledgeBase, seen: Probe) -> None:
    """Words, meaning, fused; passages that both retrievers have in their first ten are marked in all three."""
    html = shown(kb, seen)
    rows = re.findall(r'<a class="(kb-lens-row(?: kb-both)?)" href="([^"]*)"', html)
    hits = [*seen.lexical, *seen.dense, *(p.hit for p in seen.passages[:10])]
    places = [parse_place(href.replace("&amp;", "&")) for _, href in rows[: len(hits)]]
    assert [(p.doc_id, p.start, p.end) for p in places] == [(h.chunk.doc_id, h.chunk.start, h.chunk.end) for h in hits]
    ids = [{hit.chunk.chunk_id for hit in found} for found in (seen.lexical, seen.dense)]
    assert ["both" in css for css, _ in rows[: len(hits)]] == [hit.chunk.chunk_id in ids[0] & ids[1] for hit in hits]


def test_answer_stands_below_with_its_numbers(kb: KnowledgeBase, seen: Probe) -> None:
    assert seen.answer is not None
    html = shown(kb, seen)
    assert [parse_place(href).start for href in links(html, "kb-cite")] == [c.start for c in seen.answer.citations]
    answer = text_of(html[html.rindex("<section>") :])
    assert all(sentence.text in answer for sentence in seen.answer.sentences)


def test_settings_are_named(kb: KnowledgeBase, seen: Probe) -> None:
    settings = text_of(shown(kb, seen).split("<section>")[0])
    assert f"候选candidates {kb.settings.query.candidates}" in settings
    assert kb.settings.digest[:8] in settings and kb.info().encoder in settings


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "把握够，作答"),
        ({"refusal": None}, "什么也没找到"),
        ({"refusal": Refusal(0.0, (), 0.2, 0.5)}, "把握不到门槛"),
        ({"refusal": Refusal(0.0, (), 0.7, 0.5), "abstained": True}, "没有一句可以引用"),
        ({"choices": ("问什么？",)}, "要先问清"),
    ],
)
def test_verdict_says_why(kb: KnowledgeBase, seen: Probe, change: dict[str, Any], said: str) -> None:
    assert seen.answer is not None
    answer = replace(seen.answer, **{k: v for k, v in change.items() if k != "refusal"})
    html = shown(kb, replace(seen, answer=answer, **{k: v for k, v in change.items() if k == "refusal"}))
    assert said in html


def test_words_that_the_notes_lack_stand_out(kb: KnowledgeBase) -> None:
    html = shown(kb, probe(kb, "怎样给猫剪指甲？"))
    unknown = [text_of(part) for part in re.findall(r'<span class="kb-idea kb-unknown">(.*?)</b>', html)]
    assert any(part.startswith("猫 ") for part in unknown)


def test_reason_against_points_the_other_way(kb: KnowledgeBase, seen: Probe) -> None:
    """Bars grow from the middle, the strongest half the width; a feature that has no name of ours shows its own."""
    refusal = Refusal(-1.0, (Feature("newer", 2.0, 2.0), Feature("missing", 0.5, -4.0)), 0.7, 0.5)
    html = shown(kb, replace(seen, refusal=refusal))
    bars = re.findall(r'<i class="(kb-for|kb-against)" style="([^"]*)"', html)
    assert bars == [("kb-for", "left: 50%; width: 50.0%"), ("kb-against", "right: 50%; width: 25.0%")]
    assert ">newer<" in html and "+4.00" in html and "-2.00" in html


def test_markup_in_a_note_is_text(kb: KnowledgeBase, seen: Probe) -> None:
    bad = "<img src=x onerror=alert(1)>"
    hit = Hit(Chunk("c", bad, (bad,), bad, 0, len(bad)), 1.0, 1, {}, (bad,))
    passage = Passage(hit, {"lexical": 1}, 1, {bad: 1.0}, "cut")
    html = shown(kb, replace(seen, lexical=(hit,), dense=(hit,), passages=(passage,)))
    assert "<img" not in html and "&lt;img" in html


def test_one_retriever_alone_says_that_there_is_no_answer(kb: KnowledgeBase) -> None:
    html = shown(kb, probe(kb, QUESTION, mode="dense"))
    assert "只看一路检索时不作答" in html
    assert [
        heading for heading in ("关键词", "合成之后") if f'<h4><span class="kb-zh" lang="zh-CN">{heading}' in html
    ] == []


def test_every_callback_refuses_a_reader(kb: KnowledgeBase) -> None:
    """Before it looks at anything that it was given."""
    with gr.Blocks() as blocks:
        build_probe(Site(kb, Path("notes"), local=False))
    callbacks = [block.fn for block in blocks.fns.values()]
    assert callbacks
    for callback in callbacks:
        with pytest.raises(gr.Error, match="管理员"):
            callback(*(None for _ in inspect.signature(callback).parameters))
