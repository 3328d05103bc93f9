"""`kbqa learn`: what it prints, the JSON it promises, how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.onboarding.progress import FILE, Progress
from kbqa.onboarding.quiz import quiz_items
from tests.command import Kbqa, both_languages
from tests.learning import NAMES, shop


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the shop's two notes; the tests only add learners."""
    return shop(tmp_path_factory.mktemp("shop")).path


def test_the_path_is_printed_with_its_primers(kbqa: Kbqa, index: Path) -> None:
    run = kbqa("learn", "path", "--index", index)
    assert run.code == 0
    assert "1. 陈列" in run.out and "先认识 first meet：补货" in run.out
    assert run.out.splitlines()[-1].startswith("2 步 steps")


def test_the_path_as_json_names_steps_and_needs(kbqa: Kbqa, index: Path) -> None:
    data = json.loads(kbqa("learn", "path", "--index", index, "--json").out)
    assert list(data) == ["minutes", "stages", "rings"]
    (first, second) = data["stages"]
    assert (first["name"], first["minutes"], second["name"]) == ("入门", 1, "进阶")
    (step,) = first["steps"]
    assert list(step) == [
        "doc_id", "number", "title", "level", "folder", "tags", "minutes", "terms", "made_of", "needs", "used_by",
    ]  # fmt: skip
    assert step["needs"] == [{"term": "补货", "doc_id": "仓库/补货.md", "primer": True}]
    assert step["terms"] == NAMES


def test_quiz_items_of_one_term(kbqa: Kbqa, index: Path) -> None:
    data = json.loads(kbqa("learn", "quiz", "陈列数", "--index", index, "--json").out)
    assert {item["term"] for item in data} == {"陈列数"}
    shown = kbqa("learn", "quiz", "陈列数", "--index", index).out
    assert shown.count("✓") == len(data)
    assert data[0]["options"][data[0]["right"]] in shown


def test_an_unknown_term_is_refused(kbqa: Kbqa, index: Path) -> None:
    run = kbqa("learn", "quiz", "陈列术", "--index", index)
    assert (run.code, run.out) == (8, "")
    assert "陈列数" in run.err and both_languages(run.err)


def test_progress_names_the_learners_and_the_hard_questions(kbqa: Kbqa, index: Path) -> None:
    assert kbqa("learn", "progress", "--index", index).out.splitlines()[-1] == "0 人 learners"
    item = quiz_items(KnowledgeBase.open(index))[0]
    record = Progress(index / "state" / FILE)
    record.enrol("1", "小安")
    record.answer("1", item, (item.right + 1) % len(item.options))
    record.finish("1", "门店/陈列.md")
    data = json.loads(kbqa("learn", "progress", "--index", index, "--json").out)
    (who,) = data["learners"]
    assert (who["name"], who["done"], who["next"], who["answers"], who["right"], who["due"]) == (
        "小安", 1, "仓库/补货.md", 1, 0, 1,
    )  # fmt: skip
    assert data["hardest"] == [{"item_id": item.item_id, "stem": item.stem, "answers": 1, "wrong": 1}]
    shown = kbqa("learn", "progress", "--index", index).out
    assert "小安  1/2 · 下一步 next：补货" in shown and f"错 wrong 1/1  {item.stem}" in shown


def test_without_an_index_it_says_how_to_make_one(kbqa: Kbqa, tmp_path: Path) -> None:
    run = kbqa("learn", "path", "--index", tmp_path / "none")
    assert run.code == 4 and both_languages(run.err)
