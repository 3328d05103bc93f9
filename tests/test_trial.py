"""What an edit of terms.yaml would change: names, other terms, disputes, and an answer before and after."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import QuestionError
from kbqa.indexing.aside import Step
from kbqa.terms.editing import TermEntry, with_entry
from kbqa.trial import Effect, TermChange, try_terms

DEFINITION = "毛客单是指剔除退款之前平均每个顾客付的钱。"


@pytest.fixture
def attempt(notes: Path, index: Path, tmp_path: Path) -> Callable[..., Effect]:
    """Try an entry, for the term named if it is to take an old one's place."""
    kb = KnowledgeBase.open(index)

    def tried(entry: TermEntry, question: str = "", text: str = "", **settings: object) -> Effect:
        return try_terms(kb, notes, with_entry(text, entry), entry, question, work=tmp_path, **settings)  # type: ignore[arg-type]

    return tried


def test_a_new_term_is_named_and_answered(attempt, notes: Path, index: Path, tmp_path: Path) -> None:
    """And neither notes nor index nor anything else is different afterwards."""
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    steps: list[Step] = []
    effect = attempt(TermEntry("毛客单", ("毛单价",), definition=DEFINITION), progress=steps.append)
    assert effect.changes == (TermChange("毛客单", "new", ("毛单价", "毛客单")),)
    assert (effect.question, effect.refused, effect.shared, effect.warnings) == ("什么是毛客单", (), (), ())
    assert effect.before.abstained and DEFINITION in effect.after.text
    assert steps[-1].stage == "encoding"
    after = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.name != ".lock"}
    assert after == {p: t for p, t in before.items() if p.name != ".lock"}
    assert not (notes / "terms.yaml").exists() and (index / "CURRENT").exists()


def test_a_further_name_of_a_known_term_is_a_gain(attempt) -> None:
    effect = attempt(TermEntry("转化率", ("成事率",)), "成事率怎么算")
    (change,) = [c for c in effect.changes if c.name == "转化率"]
    assert (change.kind, change.gained, change.lost) == ("changed", ("成事率",), ())
    assert "完成目标动作的人数 ÷" in effect.after.text and "完成目标动作的人数 ÷" not in effect.before.text


def test_disputed_names_and_entries_passed_over_are_told(attempt) -> None:
    """A name that another registered term has is refused; an entry without sense is a warning only if it is a new one."""
    text = "terms:\n  - name: 客单价\n    aliases: [人均消费]\n  - name: [坏]\n"
    effect = attempt(TermEntry("毛客单", ("人均消费",)), text=text)
    assert effect.refused == (("人均消费", "客单价"),)
    assert len(effect.warnings) == 1 and "passed over" in effect.warnings[0]


def test_changes_that_are_not_built_yet_count_as_they_will(attempt, notes: Path) -> None:
    """The trial is of a rebuild, and a rebuild reads the folder of today."""
    shutil.rmtree(notes / "会员")
    effect = attempt(TermEntry("毛客单"), "会员积分是什么")
    assert effect.before.citations and not any(c.doc_id == "会员/积分.md" for c in effect.after.citations)


def test_a_sample_that_cannot_be_asked_is_told(attempt) -> None:
    with pytest.raises(QuestionError):
        attempt(TermEntry("毛客单"), "？？")
