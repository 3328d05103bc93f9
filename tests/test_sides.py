"""Both sides of a comparison."""

from __future__ import annotations

from pathlib import Path

from kbqa import KnowledgeBase

WEEKS = ["元旦", "清明", "端午", "中秋", "国庆", "腊八", "元宵"]
DEFINED = {
    "潮汐价": "潮汐价是指按当天客流高低自动上下浮动的房价。",
    "协议价": "协议价是指与企业客户约好、一年不变的房价。",
}


def test_a_side_that_is_defined_elsewhere_is_put_beside_the_other(tmp_path: Path) -> None:
    """Notes on holidays speak of both prices and crowd the definition of one out of the best passages."""
    notes = tmp_path / "notes"
    notes.mkdir()
    for name, text in DEFINED.items():
        (notes / f"{name}.md").write_text(f"# 房价\n\n## 定价\n\n{text}\n", encoding="utf-8")
    for week in WEEKS:
        text = f"# {week}\n\n## 协议价和潮汐价的区别怎么跟客人说\n\n{week}前先问客人订的是协议价还是潮汐价，再说两者退订的差别。\n"
        (notes / f"{week}.md").write_text(text, encoding="utf-8")
    KnowledgeBase.build(notes, tmp_path / "index")
    kb = KnowledgeBase.open(tmp_path / "index")
    answer = kb.ask("潮汐价和协议价有什么区别")
    assert not {hit.chunk.doc_id for hit in answer.hits[:5]} >= {"潮汐价.md", "协议价.md"}
    assert all(text in answer.text for text in DEFINED.values())


def test_names_of_what_else_could_be_read_answer_nothing(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    text = "# 房价\n\n## 定价\n\n潮汐价是指按客流浮动的房价。\n\n协议价是指与企业约好的房价。\n\n## 相关术语\n\n潮汐价、协议价、满房率。\n"
    (notes / "房价.md").write_text(text, encoding="utf-8")
    KnowledgeBase.build(notes, tmp_path / "index")
    answer = KnowledgeBase.open(tmp_path / "index").ask("潮汐价和协议价有什么区别")
    assert "满房率" not in answer.text and "按客流浮动" in answer.text and "与企业约好" in answer.text
