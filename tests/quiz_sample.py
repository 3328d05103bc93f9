"""A sample of the handbook's quiz items, chosen by digest: `python -m tests.quiz_sample > tests/golden/quiz.jsonl`.

People read it. When notes or rules change, print it anew, read what is different, and keep it if the items are sound.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kbqa import KnowledgeBase
from kbqa.onboarding.quiz import QuizItem, quiz_items

CORPUS = Path(__file__).parents[1] / "corpus"
GOLDEN = Path(__file__).parent / "golden" / "quiz.jsonl"
SHARES = {"definition": 10, "term": 10, "formula": 6, "order": 5, "odd": 4, "number": 5}


def sample(items: Sequence[QuizItem]) -> list[dict[str, object]]:
    """The first few items of every kind by their ids, which are digests and so favour none."""
    chosen = []
    for kind, share in SHARES.items():
        of_kind = sorted((i for i in items if i.kind == kind), key=lambda i: i.item_id)
        chosen += of_kind[:share]
    return [
        {
            "item_id": i.item_id, "kind": i.kind, "term": i.term, "stem": i.stem, "options": list(i.options),
            "right": i.right, "doc_id": i.citation.doc_id, "quote": i.citation.quote,
        }
        for i in chosen
    ]  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        KnowledgeBase.build(CORPUS, folder)
        for row in sample(quiz_items(KnowledgeBase.open(folder))):
            print(json.dumps(row, ensure_ascii=False))
