"""What a text shows by its shape."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.retrieval.fit import introduces_itself


@pytest.mark.parametrize(
    "text", ["本文分三块来谈", "这篇先说选址", "本章的重点在后面", "下面会介绍两种排班", "接下来讲怎么收货"]
)
def test_text_that_speaks_of_itself(text: str) -> None:
    assert introduces_itself(text)


@pytest.mark.parametrize(
    "text", ["成本节省了两成", "版本节奏放慢", "基本章程有七条", "样本文件留三年", "下面三家店最忙"]
)
def test_text_that_only_looks_like_it(text: str) -> None:
    assert not introduces_itself(text)


def test_an_introduction_gives_way_to_what_it_announces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would score more if it were not seen for what it is."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "排班.md").write_text(
        "# 门店排班\n\n排班难，难在周末客流翻倍。本文先谈原则，再谈做法。\n\n## 高峰怎么安排人手\n\n"
        "高峰前半小时让收银全部到岗，理货挪到上午。客流翻倍的周末从隔壁店借两个人，下一周还。\n",
        encoding="utf-8",
    )
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    kb = KnowledgeBase.open(tmp_path / "index")
    seen = kb.search("周末客流翻倍怎么办")
    assert [hit.chunk.heading_path[-1] for hit in seen] == ["高峰怎么安排人手", "门店排班"]
    monkeypatch.setattr("kbqa.retrieval.closely.introduces_itself", lambda text: False)
    unseen = kb.search("周末客流翻倍怎么办")
    introduction = next(hit for hit in unseen if hit.chunk.heading_path[-1] == "门店排班")
    assert introduction.score > seen[1].score
