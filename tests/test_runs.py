"""Runs that an app keeps: what is let in, what stands in a folder, and that a name never becomes a path."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import EvaluationError
from kbqa.evaluation import runs
from kbqa.evaluation.batch import evaluate
from kbqa.evaluation.questions import read_questions
from kbqa.evaluation.runs import drop_run, keep_run, kept_run, kept_runs
from tests.question_tables import csv_file, sheet_file

QUESTIONS = "question,answerable\n什么是转化率,是\n怎么换轮胎,否\n,是\n坏,也许\n"


def test_a_run_remembers_what_it_was_given(tmp_path: Path) -> None:
    """The file byte for byte under a name of ours, its own name, index, account, and the rows that could not be used."""
    given = csv_file(tmp_path, QUESTIONS, name="upload-17")
    run = keep_run(tmp_path / "runs", given, "问题 ../../etc.CSV", "handbook", "li")
    assert (run.title, run.index, run.by, run.questions) == ("问题 ../../etc.CSV", "handbook", "li", 2)
    assert [number for number, _ in run.bad_rows] == [4, 5] and "no question" in run.bad_rows[0][1]
    assert run.file == run.folder / "questions.csv" and run.file.read_bytes() == given.read_bytes()
    assert run.folder.parent == tmp_path / "runs" and f"{run.started:%Y%m%d-%H%M%S}" == run.name
    assert kept_runs(tmp_path / "runs") == (run,)


def test_a_run_knows_how_far_it_is(kb: KnowledgeBase, tmp_path: Path) -> None:
    run = keep_run(tmp_path / "runs", csv_file(tmp_path, QUESTIONS), "q.csv", "index")
    assert (run.answered, run.finished) == (0, False)
    evaluate(kb, read_questions(run.file, run.title).cases, run.folder, run.title)
    assert (run.answered, run.finished) == (2, True)
    assert sorted(p.name for p in run.folder.glob("report.*")) == sorted(runs.REPORTS)


def test_runs_of_one_second_are_told_apart_newest_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = csv_file(tmp_path, QUESTIONS)
    monkeypatch.setattr(runs, "_TIME", "20250102-030405")
    same = [keep_run(tmp_path / "runs", given, "q.csv", "index").name for _ in range(11)]
    assert same == ["20250102-030405", *(f"20250102-030405-{n}" for n in range(2, 12))]
    monkeypatch.undo()
    newest = keep_run(tmp_path / "runs", given, "q.csv", "index").name
    assert [run.name for run in kept_runs(tmp_path / "runs")] == [newest, *same[::-1]]


@pytest.mark.parametrize("name", ["", ".", "..", "../other", "20250102-030405", "/etc", "x\0"])
def test_only_a_run_that_is_listed_is_found(name: str, tmp_path: Path) -> None:
    """Though there is a folder with everything a run has beside the runs."""
    other = keep_run(tmp_path, csv_file(tmp_path, QUESTIONS), "q.csv", "index")
    other.folder.rename(tmp_path / "other")
    mine = keep_run(tmp_path / "runs", csv_file(tmp_path, QUESTIONS), "q.csv", "index")
    assert kept_run(tmp_path / "runs", mine.name) == mine
    with pytest.raises(EvaluationError):
        kept_run(tmp_path / "runs", name)


@pytest.mark.parametrize("about", [b"", b"{", b"[]", b"{}", b"\xff", b'{"title": "q", "bad_rows": [[1]]}'])
def test_a_damaged_run_hides_no_other(about: bytes, tmp_path: Path) -> None:
    given = csv_file(tmp_path, QUESTIONS)
    first, second = (keep_run(tmp_path / "runs", given, "q.csv", "index") for _ in range(2))
    (second.folder / "about.json").write_bytes(about)
    (tmp_path / "runs" / "note.txt").write_text("x", "utf-8")
    assert kept_runs(tmp_path / "runs") == (first,)
    first.file.unlink()
    assert kept_runs(tmp_path / "runs") == ()


def test_a_run_that_is_dropped_is_gone(tmp_path: Path) -> None:
    first, second = (keep_run(tmp_path / "runs", csv_file(tmp_path, QUESTIONS), "q.csv", "index") for _ in range(2))
    drop_run(first)
    assert kept_runs(tmp_path / "runs") == (second,) and not first.folder.exists()


# --- what is not let in -----------------------------------------------------------------------------------------------


def refused(folder: Path, given: Path, title: str) -> EvaluationError:
    with pytest.raises(EvaluationError) as error:
        keep_run(folder / "runs", given, title, "index")
    assert kept_runs(folder / "runs") == () and not list((folder / "runs").glob("*"))
    return error.value


@pytest.mark.parametrize("title", ["q.pdf", "q", "csv", "q.csv.exe", "q.html"])
def test_other_forms_are_refused(title: str, tmp_path: Path) -> None:
    error = refused(tmp_path, csv_file(tmp_path, QUESTIONS), title)
    assert title in error.zh and "CSV" in error.zh and title in error.en and "XLSX" in error.en


def test_a_file_above_the_size_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte is enough; just as large is not."""
    given = csv_file(tmp_path, QUESTIONS)
    monkeypatch.setattr(runs, "MOST_BYTES", given.stat().st_size - 1)
    assert "MB" in refused(tmp_path, given, "q.csv").zh
    monkeypatch.setattr(runs, "MOST_BYTES", given.stat().st_size)
    assert keep_run(tmp_path / "runs", given, "q.csv", "index").questions == 2


def test_a_workbook_that_unpacks_to_too_much_is_refused_packed(tmp_path: Path) -> None:
    """60 MB of zeros in 60 KB."""
    data = io.BytesIO(sheet_file(tmp_path, [["question"], ["甲"]]).read_bytes())
    with zipfile.ZipFile(data, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(60 << 20))
    (tmp_path / "bomb.xlsx").write_bytes(data.getvalue())
    assert data.getbuffer().nbytes < runs.MOST_BYTES
    error = refused(tmp_path, tmp_path / "bomb.xlsx", "q.xlsx")
    assert "60.0 MB" in error.zh and "50 MB" in error.en


def test_too_many_rows_are_refused_the_bad_ones_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_QUESTIONS", 3)
    error = refused(tmp_path, csv_file(tmp_path, QUESTIONS), "q.csv")
    assert "有 4 行，最多 3 行" in error.zh and "4 rows; 3" in error.en
    monkeypatch.setattr(runs, "MOST_QUESTIONS", 4)
    assert keep_run(tmp_path / "runs", csv_file(tmp_path, QUESTIONS), "q.csv", "index").questions == 2


def test_a_file_without_a_usable_row_leaves_nothing_behind(tmp_path: Path) -> None:
    assert "没有问题列" in refused(tmp_path, csv_file(tmp_path, "标题\n甲\n"), "q.csv").zh
    assert "damaged" in refused(tmp_path, csv_file(tmp_path, "PK"), "q.xlsx").en


def test_no_more_runs_than_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is deleted by itself; the message says who can make room."""
    monkeypatch.setattr(runs, "MOST_RUNS", 2)
    given = csv_file(tmp_path, QUESTIONS)
    first, _ = (keep_run(tmp_path / "runs", given, "q.csv", "index") for _ in range(2))
    with pytest.raises(EvaluationError, match="管理员"):
        keep_run(tmp_path / "runs", given, "q.csv", "index")
    drop_run(first)
    assert keep_run(tmp_path / "runs", given, "q.csv", "index").questions == 2


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("", "utf-8")
    with pytest.raises(EvaluationError, match="存不下"):
        keep_run(tmp_path / "runs", csv_file(tmp_path, QUESTIONS), "q.csv", "index")


def test_about_holds_no_path(tmp_path: Path) -> None:
    """A folder of runs may be moved or copied to another machine."""
    run = keep_run(tmp_path / "runs", csv_file(tmp_path, QUESTIONS), "q.csv", "index")
    text = (run.folder / "about.json").read_text("utf-8")
    assert str(tmp_path) not in text and set(json.loads(text)) == {"title", "index", "by", "questions", "bad_rows"}
    (tmp_path / "runs").rename(tmp_path / "moved")
    assert kept_run(tmp_path / "moved", run.name).questions == 2
