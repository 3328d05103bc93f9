"""`kbqa gaps`: the list, as JSON, as a file, put away."""

from __future__ import annotations

import csv
import io
import json
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kbqa import KnowledgeBase
from kbqa.cli_gaps import app
from kbqa.errors import EvaluationError
from kbqa.evaluation.gap_groups import COLUMNS
from kbqa.evaluation.gaps import FILE, record_gap
from tests.gap_shop import EMPTY, UNMENTIONED, build, hit, refusal


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return build(tmp_path_factory.mktemp("gaps"))


def kbqa_gaps(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def recorded(shop: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the index with four gaps, half an hour after midnight in China, and a bad line."""
    index = Path(shutil.copytree(shop.path, tmp_path / "index"))
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    for days, question in enumerate([UNMENTIONED[1], *UNMENTIONED[:2], EMPTY]):
        at = datetime(2025, 1, 31, 16, 30, tzinfo=timezone.utc) + timedelta(days=days)
        record_gap(index, refusal(question, related=[hit("会员/积分.md", ["会员积分"])]), "chat", at)
    with (index / FILE).open("a", encoding="utf-8") as file:
        file.write("{\n")
    yield index
    monkeypatch.undo()
    time.tzset()


def test_list(recorded: Path) -> None:
    """Groups with their facts, days as they are here, then the counts; bad lines to stderr, in both languages."""
    code, out, err = kbqa_gaps("--index", recorded)
    assert code == 0
    assert out.splitlines() == [
        "3×  年假有多少天  [笔记里一字没提 not in the notes]",
        "    时间 asked：2025-02-01 – 2025-02-03",
        "    也问作 also：员工年假有几天",
        "    最近的笔记 nearest：会员/积分.md · 会员积分",
        "1×  地推人力成本多少钱  [只有空标题 a heading without text]",
        "    时间 asked：2025-02-04",
        *[line for line in out.splitlines() if line.startswith("    术语 terms：") and "地推" in line],
        "    最近的笔记 nearest：渠道/地推.md · 地推 › 地推的成本 › 人力",
        "2 个缺口 gaps，4 次没答上来 refusals",
    ]
    assert err.startswith("第 5 行已跳过 / line 5 skipped: ")


def test_list_as_json(recorded: Path) -> None:
    _, out, _ = kbqa_gaps("--index", recorded, "--json")
    said = json.loads(out)
    assert (said["gaps"], said["bad_rows"], said["archived"]) == (4, 1, None)
    assert [(row["count"], row["advice"]) for row in said["groups"]] == [(3, "unmentioned"), (1, "heading only")]
    assert kbqa_gaps("--index", recorded, "--json")[1] == out


def test_since(recorded: Path) -> None:
    """From midnight here on: half past midnight of that day is in, although it is the day before in UTC."""
    for day, count in (("2025-02-01", 4), ("2025-02-02", 3), ("2025-02-05", 0)):
        assert json.loads(kbqa_gaps("--index", recorded, "--since", day, "--json")[1])["gaps"] == count
    assert kbqa_gaps("--index", recorded, "--since", "yesterday")[0] == 2


def test_out(recorded: Path, tmp_path: Path) -> None:
    """A CSV that spreadsheets open, in a folder that need not be there."""
    file = tmp_path / "new" / "gaps.csv"
    _, out, _ = kbqa_gaps("--index", recorded, "--out", file)
    assert f"已写入 written to {file}" in out
    header, *rows = csv.reader(io.StringIO(file.read_text("utf-8-sig")))
    assert tuple(header) == COLUMNS and [row[:2] for row in rows] == [["年假有多少天", "3"], [EMPTY, "1"]]
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")


def test_out_that_cannot_be_written(recorded: Path, tmp_path: Path) -> None:
    """Another format is wrong usage; a file in the way is named with the way out, and the record stays."""
    assert kbqa_gaps("--index", recorded, "--out", "gaps.xlsx")[0] == 2
    (tmp_path / "file").touch()
    with pytest.raises(EvaluationError, match=r"--out") as caught:
        kbqa_gaps("--index", recorded, "--out", tmp_path / "file" / "gaps.csv", "--clear")
    assert "gaps.csv" in caught.value.zh and (recorded / FILE).exists()


def test_clear(recorded: Path) -> None:
    """Shown once more, then put away; nothing is deleted, and the next list is empty."""
    before = (recorded / FILE).read_bytes()
    said = json.loads(kbqa_gaps("--index", recorded, "--clear", "--json")[1])
    assert said["gaps"] == 4 and Path(said["archived"]).read_bytes() == before
    assert kbqa_gaps("--index", recorded, "--clear")[1] == "0 个缺口 gaps，0 次没答上来 refusals\n"
    assert kbqa_gaps("--index", recorded, "--clear", "--since", "2025-02-01")[0] == 2


def test_mounted_it_is_one_command(recorded: Path) -> None:
    """Added to another command line it is `gaps`, with no command below."""
    host = typer.Typer()
    host.command("other")(lambda: None)
    host.add_typer(app)
    done = CliRunner().invoke(host, ["gaps", "--index", str(recorded), "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["gaps"] == 4
