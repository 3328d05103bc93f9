"""The check that the handbook copies nobody finds a copy, however it is dressed up, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kbqa.text import squeeze
from tests.overlap import plain, runs_in_common

_SENTENCE = "老用户带来新用户的成本只有投放广告的三分之一左右"


@pytest.mark.parametrize(
    "copy",
    [
        _SENTENCE,
        "老用户带来新用户，的成本只有「投放广告」的\n三分之一左右。",
        "老用戶帶來新用戶的成本只有投放廣告的三分之一左右",
        "老用户(hù)带来新用户的成本只有投放广告的三分之一左右",
    ],
)
def test_a_copy_is_found_whole(tmp_path: Path, copy: str) -> None:
    (tmp_path / "a.txt").write_text("前文。" + copy + "。后文", "utf-8")
    assert list(runs_in_common(squeeze(_SENTENCE), [plain(tmp_path / "a.txt")])) == [_SENTENCE]


def test_a_run_below_the_limit_is_nobodys() -> None:
    assert list(runs_in_common(_SENTENCE[:17], [_SENTENCE])) == []
    assert list(runs_in_common(_SENTENCE[:18], [_SENTENCE])) == [_SENTENCE[:18]]


def test_two_copies_are_two_findings() -> None:
    text = _SENTENCE[:20] + "换句话说" + _SENTENCE[3:23]
    assert list(runs_in_common(text, [_SENTENCE])) == [_SENTENCE[:20], _SENTENCE[3:23]]


def test_the_script_fails_on_a_copy(tmp_path: Path) -> None:
    notes, texts = tmp_path / "notes", tmp_path / "texts"
    notes.mkdir()
    texts.mkdir()
    (notes / "a.md").write_text(f"# 题\n\n{_SENTENCE}", "utf-8")
    (texts / "b.txt").write_text("别的话", "utf-8")
    command = [sys.executable, "-m", "tests.overlap", str(notes), str(texts)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    (texts / "c.txt").write_text(_SENTENCE, "utf-8")
    run = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert run.returncode == 1
    assert "a.md" in run.stdout
