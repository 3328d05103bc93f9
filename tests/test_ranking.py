"""Weights of the parts of a score, fitted to questions with evidence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kbqa import KnowledgeBase
from kbqa.evaluation.questions import case_of
from kbqa.retrieval.search import WEIGHTS
from kbqa.training import ranking
from kbqa.training.ranking import NAMES, Ranked, candidates, fit, report, success


def made_up(count: int, tells: int, seed: int = 1) -> list[Ranked]:
    """Ten candidates each; the right one has a higher value of one part, the rest is noise."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        parts = draw.normal(size=(10, len(NAMES)))
        right = np.arange(10) == draw.integers(10)
        parts[right, tells] += 3
        found.append(Ranked(parts, right))
    return found


def test_the_part_that_tells_gets_the_weight() -> None:
    ranked = made_up(200, tells=3)
    weights = fit(ranked)
    assert weights[3] > 5 * np.abs(np.delete(weights, 3)).max()
    assert success(made_up(200, 3, seed=2), weights, 1) > 0.7
    assert success(ranked, -weights, 1) < 0.05


def test_the_scale_of_a_part_does_not_matter() -> None:
    """In hundredths its weight is a hundredth."""
    ranked = made_up(100, tells=0)
    scale = np.ones(len(NAMES))
    scale[0] = 100
    other = fit([Ranked(one.parts * scale, one.right) for one in ranked])
    assert other * scale == pytest.approx(fit(ranked), rel=1e-2, abs=1e-3)


def test_what_teaches_nothing_is_left_out() -> None:
    """Questions with no evidence among the candidates, or with nothing else."""
    ranked = made_up(50, tells=1)
    none, all_of_them = np.zeros(10, np.bool_), np.ones(10, np.bool_)
    with_more = [*ranked, Ranked(ranked[0].parts, none), Ranked(ranked[0].parts, all_of_them)]
    assert fit(with_more) == pytest.approx(fit(ranked), rel=0.05, abs=0.02)
    assert success([Ranked(ranked[0].parts, none)], np.ones(len(NAMES)), 10) == 0


def test_success_worked_by_hand() -> None:
    """Ties go to the candidate that stood first."""
    parts = np.zeros((3, len(NAMES)))
    parts[2, 0] = 1
    one = Ranked(parts, np.array([False, True, False]))
    weights = np.eye(len(NAMES))[0]
    assert [success([one], weights, k) for k in (1, 2, 3)] == [0, 0, 1]
    assert [success([one], 0 * weights, k) for k in (1, 2)] == [0, 1]


def test_candidates_of_a_knowledge_base(kb: KnowledgeBase) -> None:
    """The parts that the chat ranks by; a folder is ranked by what it has not seen."""
    quote = kb.ask("会员积分是什么").citations[0].quote[:10]
    (one,) = candidates(kb, [case_of({"question": "会员积分是什么", "evidence": [[quote]]}, 1)])
    assert one.right.any() and one.parts.shape == (len(one.right), len(NAMES))
    first = kb.find("会员积分是什么").hits[0]
    assert one.parts[0, : len(WEIGHTS)].tolist() == [first.parts[name] for name in WEIGHTS]
    told = report({"a": made_up(20, 2), "b": made_up(20, 2, seed=4)})
    assert "a: 20 questions" in told and f"{NAMES[2]}: " in told


def test_the_command(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Folders with notes and questions on the command line; figures and weights on stdout."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes").symlink_to(notes)
        row = {"question": "什么是转化率", "evidence": [["转化率"]], "nuggets": [["转化"]]}
        (tmp_path / name / "questions.jsonl").write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    monkeypatch.setattr("sys.argv", ["ranking", str(tmp_path / "one"), str(tmp_path / "two")])
    ranking.main()
    assert "one: 1 questions" in capsys.readouterr().out
