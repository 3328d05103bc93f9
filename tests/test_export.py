"""A conversation as Markdown."""

from __future__ import annotations

from kbqa.types import Answer, Citation, Sentence
from kbqa.web.export import conversation_markdown
from kbqa.web.links import place_of_citation
from kbqa.web.turns import Conversation, Turn

FORMULA = Citation("指标/a.md", 3, 12, "A*B = [C]\n_D_", ("指标", "公式"), 7)
LINE = Citation("b.md", 0, 3, "# 一", (), 0)
ADDRESS = "http://127.0.0.1:7860/"


def test_questions_answers_sources_links() -> None:
    """Numbers stand at their sentences; what Markdown would read as markup is escaped; each source has its link."""
    sentences = (Sentence("如下："), Sentence("A*B = [C]", (0,), item=True), Sentence("# 一", (1,)))
    answer = Answer("怎么算\n它？", "LTV 怎么算？", "formula", sentences, (FORMULA, LINE), 0.9, False, ())
    text = conversation_markdown(Conversation("c", (Turn("t", "2025-01-31T08:00:00+00:00", answer),)), ADDRESS)
    assert text == (
        "# 运营笔记问答\n\n"
        "## 怎么算 它？\n\n"
        "*2025-01-31T08:00:00+00:00*\n\n"
        "> 理解为 LTV 怎么算？\n\n"
        "如下：\n\n"
        "- A\\*B = \\[C\\] [1]\n\n"
        "\\# 一 [2]\n\n"
        "来源 Sources\n\n"
        f"1. [指标 › 公式](<{ADDRESS}{place_of_citation(FORMULA, 1).href}>) `指标/a.md:7`\n"
        "   > A\\*B = \\[C\\] \\_D\\_\n"
        f"2. [b.md](<{ADDRESS}{place_of_citation(LINE, 2).href}>) `b.md`\n"
        "   > \\# 一\n"
    )


def test_refusal_has_no_sources() -> None:
    answer = Answer("一？", "一？", "fact", (Sentence("没有。"),), (), 0.1, True, ())
    text = conversation_markdown(Conversation("c", (Turn("t", "2025-01-31", answer),)), ADDRESS)
    assert text == "# 运营笔记问答\n\n## 一？\n\n*2025-01-31*\n\n没有。\n"
