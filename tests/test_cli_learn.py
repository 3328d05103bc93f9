"""`kbqa learn`: what it prints, the JSON it promises, how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kbqa.onboarding.progress import FILE, Progress
from kbqa.onboarding.quiz import quiz_items
from tests.command import Kbqa, both_languages
from tests.learning import built, note

BODY = "陈列数是指货架上商品的个数。\n\n货架数是指店里货架的个数。\n\n排面数是指正对顾客的商品个数。\n\n缺货数是指卖空的商品个数。"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of two notes; the tests only add learners."""
    notes = tmp_path_factory.mktemp("shop")
    names = ["陈列数", "货架数", "排面数", "缺货数"]
    note(notes, "门店.md", BODY, level="入门", terms=names, prerequisites=["补货"])
    note(notes, "补货.md", "补货是指把仓库里的商品搬上货架。", level="专家", terms=["补货"])
    return built(notes).path


def test_the_path_is_printed_with_its_primers(kbqa: Kbqa, shop: Path) -> None:
    run = kbqa("learn", "path", "--index", shop)
    assert run.code == 0
    assert "1. 门店" in run.out and "先认识 first meet：补货" in run.out
    assert run.out.splitlines()[-1].startswith("2 步 steps")


def test_the_path_as_json_names_steps_and_needs(kbqa: Kbqa, shop: Path) -> None:
    data = json.loads(kbqa("learn", "path", "--index", shop, "--json").out)
    assert list(data) == ["minutes", "stages", "rings"]
    (first, second) = data["stages"]
    assert (first["name"], first["minutes"], second["name"]) == ("入门", 1, "专家")
    (step,) = first["steps"]
    assert list(step) == [
        "doc_id", "number", "title", "level", "folder", "tags", "minutes", "terms", "made_of", "needs", "used_by",
    ]  # fmt: skip
    assert step["needs"] == [{"term": "补货", "doc_id": "补货.md", "primer": True}]
    assert step["terms"] == ["陈列数", "货架数", "排面数", "缺货数"]


def test_quiz_items_of_one_term(kbqa: Kbqa, shop: Path) -> None:
    data = json.loads(kbqa("learn", "quiz", "陈列数", "--index", shop, "--json").out)
    assert {item["term"] for item in data} == {"陈列数"}
    shown = kbqa("learn", "quiz", "陈列数", "--index", shop).out
    assert shown.count("✓") == len(data)
    assert data[0]["options"][data[0]["right"]] in shown


def test_an_unknown_term_is_refused(kbqa: Kbqa, shop: Path) -> None:
    run = kbqa("learn", "quiz", "陈列术", "--index", shop)
    assert (run.code, run.out) == (8, "")
    assert "陈列数" in run.err and both_languages(run.err)


def test_progress_names_the_learners_and_the_hard_questions(kbqa: Kbqa, shop: Path) -> None:
    from kbqa import KnowledgeBase

    assert kbqa("learn", "progress", "--index", shop).out.splitlines()[-1] == "0 人 learners"
    item = quiz_items(KnowledgeBase.open(shop))[0]
    record = Progress(shop / "state" / FILE)
    record.enrol("1", "小安")
    record.answer("1", item, (item.right + 1) % len(item.options))
    record.finish("1", "门店.md")
    data = json.loads(kbqa("learn", "progress", "--index", shop, "--json").out)
    (who,) = data["learners"]
    assert (who["name"], who["done"], who["next"], who["answers"], who["right"], who["due"]) == (
        "小安", 1, "补货.md", 1, 0, 1,
    )  # fmt: skip
    assert data["hardest"] == [{"item_id": item.item_id, "stem": item.stem, "answers": 1, "wrong": 1}]
    shown = kbqa("learn", "progress", "--index", shop).out
    assert "小安  1/2 · 下一步 next：补货" in shown and f"错 wrong 1/1  {item.stem}" in shown


def test_without_an_index_it_says_how_to_make_one(kbqa: Kbqa, tmp_path: Path) -> None:
    run = kbqa("learn", "path", "--index", tmp_path / "none")
    assert run.code == 4 and both_languages(run.err)
