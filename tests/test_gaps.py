"""Knowledge gaps: what is recorded, and what is read back."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import EvaluationError
from kbqa.evaluation.gap_groups import group_gaps
from kbqa.evaluation.gaps import FILE, Gap, GapFile, Near, archive_gaps, is_question, read_gaps, record_gap
from tests.gap_shop import NOON, Write, build, hit, refusal


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    return build(tmp_path_factory.mktemp("gaps"))


# --- recording --------------------------------------------------------------------------------------------------------


def test_what_a_line_holds(tmp_path: Path) -> None:
    """Every field under its name, the time in UTC, three places at most, Chinese as it is."""
    places = [hit("a.md", ["A", "一"]), hit("b.md", ["B"]), hit("c.md", []), hit("d.md", ["D"])]
    there = datetime(2025, 2, 1, 0, 30, tzinfo=timezone(timedelta(hours=8)))
    assert record_gap(tmp_path, refusal("它怎么算", "LTV 怎么算", places), "chat", there)
    text = (tmp_path / FILE).read_text("utf-8")
    assert text.count("\n") == 1 and text.endswith("\n") and "它怎么算" in text
    assert json.loads(text) == {
        "at": "2025-01-31T16:30:00+00:00",
        "question": "它怎么算",
        "understood_as": "LTV 怎么算",
        "confidence": 0.12,
        "nearest": [
            {"doc_id": "a.md", "heading_path": ["A", "一"]},
            {"doc_id": "b.md", "heading_path": ["B"]},
            {"doc_id": "c.md", "heading_path": []},
        ],
        "source": "chat",
    }


def test_round_trip(tmp_path: Path) -> None:
    """What is recorded is read back, in order; the same question is a line each time."""
    for days in range(3):
        record_gap(tmp_path, refusal("怎么报销", related=[hit("a.md", ["A"])]), "cli", NOON + timedelta(days=days))
    expected = Gap(NOON, "怎么报销", "怎么报销", 0.12, (Near("a.md", ("A",)),), "cli")
    assert read_gaps(tmp_path).gaps == tuple(replace(expected, at=NOON + timedelta(days=d)) for d in range(3))


def test_present_time(tmp_path: Path) -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    record_gap(tmp_path, refusal("怎么报销"), "eval")
    assert before <= read_gaps(tmp_path).gaps[0].at <= datetime.now(timezone.utc)


@pytest.mark.parametrize("text", ["", "  \n", "？？？！", "12", "２０２５", "a", "哈哈哈哈", "？嗯？", "👍👍"])
def test_what_is_no_question(tmp_path: Path, text: str) -> None:
    """Marks, figures and one character over and over leave no file behind."""
    assert not is_question(text)
    assert not record_gap(tmp_path, refusal(text), "chat")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["周期", "LTV?", "5A", "什么是 GMV"])
def test_what_is_a_question(text: str) -> None:
    assert is_question(text)


def test_marked_gap_is_not_counted_as_asked_again(shop: KnowledgeBase, tmp_path: Path) -> None:
    """A reader's word for it stands beside the refusal; where the refusal was archived it stands for itself."""
    refused = shop.ask("公司的食堂几点开门吃饭")
    assert refused.abstained
    assert record_gap(tmp_path, refused, "chat") and record_gap(tmp_path, refused, "chat", marked=True)
    both = read_gaps(tmp_path).gaps
    assert [each.marked for each in both] == [False, True]
    assert [(group.count, group.marked) for group in group_gaps(both, shop)] == [(1, 1)]
    assert [(group.count, group.marked) for group in group_gaps(both[1:], shop)] == [(1, 1)]


def test_answers_are_no_gaps(tmp_path: Path) -> None:
    assert not record_gap(tmp_path, replace(refusal("什么是积分"), abstained=False), "chat")
    assert not (tmp_path / FILE).exists()


def test_long_and_ugly_questions(tmp_path: Path) -> None:
    """One line, 2,000 characters, no control characters, no half of a surrogate pair; whatever a reader types is kept apart."""
    record_gap(tmp_path, refusal("第一行\r\n第二行\u2028\x1b[31m红\x00 " + "长" * 3000 + "\ud800"), "chat")
    record_gap(tmp_path, refusal('引号"和\\还有{"at": 1}\ud83d'), "chat")
    first, second = read_gaps(tmp_path).gaps
    assert first.question.startswith("第一行 第二行 [31m红 长长") and len(first.question) == 2000
    assert second.question == '引号"和\\还有{"at": 1}'
    assert (tmp_path / FILE).read_bytes().count(b"\n") == 2


def test_a_torn_line_spoils_only_itself(tmp_path: Path) -> None:
    """A record that ends in the middle of a line, after a full disk or an editor, is ended before the next."""
    record_gap(tmp_path, refusal("怎么报销"), "chat")
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole + whole[:20])
    record_gap(tmp_path, refusal("年假几天"), "chat")
    file = read_gaps(tmp_path)
    assert [g.question for g in file.gaps] == ["怎么报销", "年假几天"]
    assert [number for number, _ in file.bad_rows] == [2]


@pytest.mark.parametrize("trouble", ["no folder", "a folder in its place", "full", "not Unicode"])
def test_trouble_is_a_warning(
    tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asked does not notice; the log names the file and does not repeat the question."""
    index, doc_id = tmp_path / "index", "a.md"
    if trouble != "no folder":
        index.mkdir()
    if trouble == "a folder in its place":
        (index / FILE).mkdir()
    if trouble == "full":
        monkeypatch.setattr("kbqa.evaluation.gaps.MAX_BYTES", 100)
    if trouble == "not Unicode":
        doc_id = "\udcff.md"
    with caplog.at_level(logging.WARNING):
        assert not record_gap(index, refusal("谁的工资最高", related=[hit(doc_id, [])]), "chat")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING and str(index / FILE) in record.getMessage()
    assert "工资" not in caplog.text and record.exc_info is None
    assert index.exists() == (trouble != "no folder")


_WRITER = """
import sys
from pathlib import Path
from kbqa import Answer
from kbqa.evaluation.gaps import record_gap
index, name = Path(sys.argv[1]), sys.argv[2]
for i in range(100):
    text = f"{name} {i} " + name * 1900
    assert record_gap(index, Answer(text, text, "fact", (), (), 0.1, True, ()), "chat")
"""


def test_processes_write_at_once(tmp_path: Path) -> None:
    """Long lines from several processes neither mix nor get lost."""
    commands = [[sys.executable, "-c", _WRITER, str(tmp_path), name] for name in "甲乙"]
    running = [subprocess.Popen(command) for command in commands]
    assert [process.wait(60) for process in running] == [0, 0]
    file = read_gaps(tmp_path)
    assert file.bad_rows == ()
    heads = [g.question.split()[:2] for g in file.gaps]
    for name in "甲乙":
        assert [number for who, number in heads if who == name] == [str(i) for i in range(100)]


# --- reading ----------------------------------------------------------------------------------------------------------


def test_nothing_on_record(tmp_path: Path) -> None:
    assert read_gaps(tmp_path) == GapFile((), ())


def test_bad_lines_are_set_aside(tmp_path: Path) -> None:
    """Each is reported by its number; blank lines are nothing; a time without a zone is UTC."""
    good = {
        "at": "2025-01-31T12:00:00", "question": "怎么报销", "understood_as": "", "confidence": 0.1, "nearest": [],
        "source": "chat",
    }  # fmt: skip
    changes = [
        {"at": "gestern"}, {"at": 5}, {"question": "？！"}, {"question": None}, {"confidence": "nan"}, {"source": "mail"},
        {"nearest": [{}]}, {"nearest": None},
    ]  # fmt: skip
    lines = [json.dumps(good), "", "{", "[]", "null", "7", *(json.dumps({**good, **change}) for change in changes)]
    raw = "\n".join([*lines, '{"at": 1}']).encode() + b"\n\xff\xfe\n" + b"[" * 100_000 + b"\n"
    (tmp_path / FILE).write_bytes(raw)
    file = read_gaps(tmp_path)
    assert file.gaps == (Gap(NOON, "怎么报销", "怎么报销", 0.1, (), "chat"),)
    assert [number for number, _ in file.bad_rows] == list(range(3, 18))
    assert all(reason for _, reason in file.bad_rows)


def test_unreadable_record(tmp_path: Path) -> None:
    """The error names the file and what to look at, in both languages."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(EvaluationError) as caught:
        read_gaps(tmp_path)
    assert str(tmp_path / FILE) in caught.value.zh and "权限" in caught.value.zh
    assert str(tmp_path / FILE) in caught.value.en and "permissions" in caught.value.en


def test_archive(tmp_path: Path) -> None:
    """The record gets a name with the time, never that of another archive; there may be none."""
    assert archive_gaps(tmp_path, NOON) is None
    names = []
    for question in ("怎么报销", "年假几天"):
        record_gap(tmp_path, refusal(question), "chat")
        path = archive_gaps(tmp_path, NOON)
        assert path is not None and question in path.read_text("utf-8")
        names.append(path.name)
    assert names == ["gaps-20250131-120000.jsonl", "gaps-20250131-120000-2.jsonl"]
    assert read_gaps(tmp_path).gaps == ()


def test_the_record_outlives_a_generation(shop: KnowledgeBase, tmp_path: Path, write_notes: Write) -> None:
    """Indexing other notes in the same place leaves the record as it is, and the new generation finds it."""
    index = Path(shutil.copytree(shop.path, tmp_path / "index"))
    record_gap(index, refusal("怎么报销"), "chat")
    before, generation = (index / FILE).read_bytes(), (index / "CURRENT").read_text("utf-8")
    KnowledgeBase.build(write_notes(tmp_path / "notes", {"a.md": "# 题目\n\n第一句话写在这里。\n"}), index)
    assert (index / "CURRENT").read_text("utf-8") != generation
    assert (index / FILE).read_bytes() == before
