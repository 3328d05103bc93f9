"""Headings that are quoted with the sentences that open their sections."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.answering.labels import with_labels
from kbqa.answering.picks import Pick

STAGES = """# 装修交付

## 交付分哪几步

### 量房

设计师上门量尺寸，记下承重墙和水管的位置。

### 出图

三天内给平面图和效果图，业主签字后不再改墙体。

### 施工

先水电后泥瓦，每道工序拍照上传给业主看。
"""


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("stages")
    (folder / "notes").mkdir()
    (folder / "notes" / "交付.md").write_text(STAGES, encoding="utf-8")
    KnowledgeBase.build(folder / "notes", folder / "index")
    return KnowledgeBase.open(folder / "index")


def test_sentences_say_which_section_they_open(stages: KnowledgeBase) -> None:
    """As quotes that begin with the heading: what is shown and what is cited agree."""
    answer = stages.ask("业主签字和工序拍照上传各在什么时候做")
    shown = [s.text for s in answer.sentences]
    assert any(s.startswith("出图：三天内") for s in shown) and any(s.startswith("施工：先水电") for s in shown)
    note = stages.document("交付.md").text
    assert all(c.quote == note[c.start : c.end] for c in answer.citations)


def test_one_sentence_needs_no_label(stages: KnowledgeBase) -> None:
    answer = stages.ask("平面图和效果图几天给")
    assert [s.text for s in answer.sentences if "三天内" in s.text] == [
        "三天内给平面图和效果图，业主签字后不再改墙体。"
    ]


def opening(kb: KnowledgeBase, *beginnings: str) -> list[Pick]:
    """The lines that begin so."""
    text = kb.document("交付.md").text
    return [
        Pick("交付.md", at, text.find("\n", at) if "\n" in text[at:] else len(text))
        for at in map(text.index, beginnings)
    ]


@pytest.mark.parametrize("heading", ["3.1 出图", "怎么出图", "出图的概念"])
def test_a_heading_that_names_nothing_is_no_label(tmp_path: Path, heading: str) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "交付.md").write_text(STAGES.replace("### 出图", f"### {heading}"), encoding="utf-8")
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    kb = KnowledgeBase.open(tmp_path / "index")
    picks = opening(kb, "设计师", "三天内", "先水电")
    labelled = with_labels(kb._index, kb.understand("业主签字和拍照上传各在什么时候做"), picks)
    assert [one.start < other.start for one, other in zip(labelled, picks, strict=True)] == [True, False, True]


def test_only_what_opens_a_section_has_its_label(stages: KnowledgeBase) -> None:
    picks = opening(stages, "设计师", "三天内", "先水电")
    question = stages.understand("业主签字和拍照上传各在什么时候做")
    labelled = with_labels(stages._index, question, picks)
    assert [one.start < other.start for one, other in zip(labelled, picks, strict=True)] == [True] * 3
    assert with_labels(stages._index, question, picks[:1]) == picks[:1]  # by itself it needs none
    inside = [Pick(pick.doc_id, pick.start + 3, pick.end) for pick in picks]
    assert with_labels(stages._index, question, inside) == inside
    assert with_labels(stages._index, stages.understand("什么是出图"), picks) == picks
