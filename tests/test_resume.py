"""A batch run that was interrupted: what was asked is not asked again, and nothing stale is taken over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.answering.confidence import FILE, load_calibration
from kbqa.errors import EvaluationError
from kbqa.evaluation.questions import Case
from kbqa.evaluation.report import report, write
from kbqa.evaluation.run import Result, read_run, run
from kbqa.settings import BuildSettings, QuerySettings, Settings

CASES = (
    Case("d", "什么是转化率", "definition", evidence=(("占进入这一步的人数的比例",),), nuggets=(("完成目标动作",),)),
    Case("l", "活动分为哪几个阶段", "list", evidence=(("预热期",),), nuggets=(("预热期",), ("返场期",))),
    Case("u", "怎么给汽车换轮胎", "unanswerable", answerable=False),
    Case("f", "它怎么算", "followup", ({"role": "user", "content": "什么是留存率"},), evidence=(("当天新增的人数",),)),
    Case("h", "怎么提高转化率", "howto", evidence=(("缩短路径",),)),
)
QUESTIONS = [case.question for case in CASES]


def stop_at(number: int) -> Callable[[int, int], None]:
    """Progress that presses Ctrl-C when so many are done."""

    def progress(done: int, total: int) -> None:
        if done == number:
            raise KeyboardInterrupt

    return progress


def interrupt(kb: KnowledgeBase, out: Path, number: int = 3, cases: tuple[Case, ...] = CASES) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(kb, cases, stop_at(number), out)


def timeless(results: list[Result]) -> list[Result]:
    return [replace(result, seconds=0.0) for result in results]


def files(kb: KnowledgeBase, out: Path, results: list[Result], cases: tuple[Case, ...] = CASES) -> tuple[bytes, bytes]:
    write(out, cases, results, report(kb.settings.digest, kb.info().notes_digest, cases, results))
    return (out / "report.json").read_bytes(), (out / "report.csv").read_bytes()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question that is asked, in order; answers are the real ones."""
    questions: list[str] = []
    ask = KnowledgeBase.ask

    def noted(self: KnowledgeBase, question: str, history: tuple[dict[str, str], ...] = ()) -> object:
        questions.append(question)
        return ask(self, question, history)

    monkeypatch.setattr(KnowledgeBase, "ask", noted)
    return questions


# --- going on ---------------------------------------------------------------------------------------------------------


def test_an_interrupted_run_goes_on_where_it_stopped(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """Three are there, the other two are asked, and progress says so."""
    interrupt(kb, tmp_path)
    assert asked == QUESTIONS[:3] and [r.id for r in read_run(tmp_path)] == ["d", "l", "u"]
    asked.clear()
    steps: list[tuple[int, int]] = []
    results = run(kb, CASES, lambda done, total: steps.append((done, total)), tmp_path)
    assert asked == QUESTIONS[3:] and steps == [(4, 5), (5, 5)]
    assert [r.id for r in results] == [r.id for r in read_run(tmp_path)] == [c.id for c in CASES]


def test_the_report_is_that_of_a_run_in_one_go(kb: KnowledgeBase, tmp_path: Path) -> None:
    """Byte for byte, report and table."""
    interrupt(kb, tmp_path / "twice", 2)
    pieces = run(kb, CASES, out=tmp_path / "twice")
    whole = run(kb, CASES, out=tmp_path / "once")
    assert files(kb, tmp_path / "twice", pieces) == files(kb, tmp_path / "once", whole)


def test_results_that_were_kept_are_whole(kb: KnowledgeBase, tmp_path: Path) -> None:
    """Equal to new ones but for the time; the page shows the headings above each quote."""
    interrupt(kb, tmp_path)
    assert timeless(run(kb, CASES, out=tmp_path)) == timeless(run(kb, CASES))


def test_interrupted_after_every_question(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """Each is asked once."""
    for number in range(1, 5):
        interrupt(kb, tmp_path, number)
        assert len(list(read_run(tmp_path))) == number
    run(kb, CASES, out=tmp_path)
    assert asked == QUESTIONS


def test_answers_are_on_disk_as_soon_as_they_are_counted(kb: KnowledgeBase, tmp_path: Path) -> None:
    """A process that is killed closes no file."""
    there: list[int] = []
    run(kb, CASES, lambda done, total: there.append(len(list(read_run(tmp_path)))), tmp_path)
    assert there == [1, 2, 3, 4, 5]


def test_interrupted_before_the_first_answer(
    kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is there, and the whole run is made."""
    with monkeypatch.context() as patch:
        patch.setattr(KnowledgeBase, "ask", lambda *_: stop_at(0)(0, 0))
        with pytest.raises(KeyboardInterrupt):
            run(kb, CASES, out=tmp_path)
    assert list(read_run(tmp_path)) == []
    assert timeless(run(kb, CASES, out=tmp_path)) == timeless(run(kb, CASES))


def test_a_long_run_goes_on_too(kb: KnowledgeBase, tmp_path: Path) -> None:
    """So many that they are asked on all cores: order and values as of a run in one go."""
    cases = tuple(replace(CASES[i % 5], id=f"q{i}", note=str(i)) for i in range(45))
    interrupt(kb, tmp_path / "twice", 20, cases)
    assert [r.id for r in read_run(tmp_path / "twice")] == [f"q{i}" for i in range(20)]
    pieces, whole = run(kb, cases, out=tmp_path / "twice"), run(kb, cases)
    assert files(kb, tmp_path / "twice", pieces, cases) == files(kb, tmp_path / "once", whole, cases)


def test_expectations_may_be_mended_in_between(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """Answers do not depend on them; the report goes by the new ones."""
    interrupt(kb, tmp_path, 4)
    mended = (replace(CASES[0], nuggets=(("没有这句",),)), *CASES[1:])
    made = report("s", "n", mended, run(kb, mended, out=tmp_path))
    assert len(asked) == 5 and made.per_question[0]["nugget_recall"] == 0.0


# --- from the start ---------------------------------------------------------------------------------------------------


def test_a_finished_run_is_made_anew(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """Whoever asks again wants to know how it is now; an interruption of that goes on from its own answers."""
    run(kb, CASES, out=tmp_path)
    asked.clear()
    interrupt(kb, tmp_path, 1)
    assert asked == QUESTIONS[:1] and [r.id for r in read_run(tmp_path)] == ["d"]
    asked.clear()
    run(kb, CASES, out=tmp_path)
    assert asked == QUESTIONS[1:]


def test_a_run_that_went_on_to_its_end_is_finished(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """With its report written or not."""
    for written in (False, True):
        interrupt(kb, tmp_path)
        results = run(kb, CASES, out=tmp_path)
        if written:
            files(kb, tmp_path, results)
        asked.clear()
        run(kb, CASES, out=tmp_path)
        assert asked == QUESTIONS


@pytest.mark.parametrize(
    "others",
    [
        (replace(CASES[0], question="转化率是什么意思"), *CASES[1:]),
        (*CASES[:3], replace(CASES[3], history=({"role": "user", "content": "什么是转化率"},)), CASES[4]),
        (replace(CASES[0], id="other"), *CASES[1:]),
        (*CASES, Case("new", "红包花了多少钱")),
        CASES[:4],
        CASES[::-1],
    ],
    ids=["wording", "history", "id", "one more", "one less", "order"],
)
def test_other_questions_start_anew(
    kb: KnowledgeBase, tmp_path: Path, asked: list[str], others: tuple[Case, ...]
) -> None:
    """All are asked, and the folder holds no answer of the old ones."""
    interrupt(kb, tmp_path)
    asked.clear()
    results = run(kb, others, out=tmp_path)
    assert asked == [case.question for case in others]
    assert [r.id for r in results] == [r.id for r in read_run(tmp_path)] == [case.id for case in others]


@pytest.mark.parametrize(
    "query",
    [QuerySettings(max_answer=60), QuerySettings(candidates=2), QuerySettings(answer_threshold=0.99)],
    ids=str,
)
def test_other_settings_start_anew(
    kb: KnowledgeBase, _index: Path, tmp_path: Path, asked: list[str], query: QuerySettings
) -> None:
    """Answers of two settings would make a report of neither."""
    interrupt(kb, tmp_path)
    asked.clear()
    other = KnowledgeBase.open(_index, Settings(query=query))
    results = run(other, CASES, out=tmp_path)
    assert asked == QUESTIONS and timeless(results) == timeless(run(other, CASES))


def test_changed_notes_start_anew(notes: Path, index: Path, tmp_path: Path, asked: list[str]) -> None:
    """The index at the same place was built again: the answer is the new one."""
    interrupt(KnowledgeBase.open(index), tmp_path / "out")
    note = notes / "activity.md"
    note.write_text(note.read_text("utf-8").replace("返场期", "收尾期"), "utf-8")
    KnowledgeBase.build(notes, index)
    asked.clear()
    results = run(KnowledgeBase.open(index), CASES, out=tmp_path / "out")
    assert asked == QUESTIONS and "收尾期" in results[1].answer


def test_the_same_index_opened_again_goes_on(index: Path, tmp_path: Path, asked: list[str]) -> None:
    """As after a restart of the program."""
    interrupt(KnowledgeBase.open(index), tmp_path / "out")
    run(KnowledgeBase.open(index), CASES, out=tmp_path / "out")
    assert asked == QUESTIONS


def recalibrated(index: Path, kb: KnowledgeBase, settings: Settings | None, **changes: float) -> KnowledgeBase:
    digest = kb.info().encoder_digest
    replace(load_calibration(index, digest), **changes).save(index / FILE)
    return KnowledgeBase.open(index, settings)


def test_another_threshold_starts_anew(index: Path, tmp_path: Path, asked: list[str]) -> None:
    """That of a new calibration decides what is refused."""
    kb = KnowledgeBase.open(index)
    interrupt(kb, tmp_path / "out")
    asked.clear()
    results = run(recalibrated(index, kb, None, threshold=1.1), CASES, out=tmp_path / "out")
    assert asked == QUESTIONS and results[1].abstained


def test_another_calibration_under_a_fixed_threshold_starts_anew(index: Path, tmp_path: Path) -> None:
    """Confidences of two calibrations would stand in one report."""
    settings = Settings(query=QuerySettings(answer_threshold=0.3))
    kb = KnowledgeBase.open(index, settings)
    interrupt(kb, tmp_path / "out")
    other = recalibrated(index, kb, settings, bias=-20.0)
    results = run(other, CASES, out=tmp_path / "out")
    assert [r.confidence for r in results] == [r.confidence for r in run(other, CASES)]


def test_an_index_of_other_chunks_starts_anew(notes: Path, index: Path, tmp_path: Path) -> None:
    """The command opens an index whatever it was built with, so its settings do not tell."""
    interrupt(KnowledgeBase.open(index), tmp_path / "out")
    KnowledgeBase.build(notes, index, Settings(build=BuildSettings(min_tokens=10, max_tokens=30)))
    kb = KnowledgeBase.open(index)
    results = run(kb, CASES, out=tmp_path / "out")
    assert [r.passages for r in results] == [r.passages for r in run(kb, CASES)]


# --- damaged folders --------------------------------------------------------------------------------------------------


def test_half_a_line_is_asked_again(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """As a full disk or a killed process leaves it, in the middle of a character; the whole ones stand."""
    interrupt(kb, tmp_path)
    path = tmp_path / "run.jsonl"
    whole = path.read_text("utf-8").split("\n")
    path.write_text("\n".join([*whole[:2], whole[2][: len(whole[2]) // 2]]), "utf-8")
    asked.clear()
    results = run(kb, CASES, out=tmp_path)
    assert asked == QUESTIONS[2:] and [r.id for r in results] == [c.id for c in CASES]
    assert [r.answer for r in results] == [kb.ask(c.question, c.history).text for c in CASES]


def test_what_follows_half_a_line_is_kept(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """Interrupted once more, the answer that was asked again is there."""
    interrupt(kb, tmp_path, 2)
    path = tmp_path / "run.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    interrupt(kb, tmp_path, 3)
    assert [r.id for r in read_run(tmp_path)] == ["d", "l", "u"]
    asked.clear()
    run(kb, CASES, out=tmp_path)
    assert asked == QUESTIONS[3:]


@pytest.mark.parametrize("line", ["", "null", "3", "[]", '"text"', "{}", '{"id": "l"}', "{", "\ufeff", "\x00"])
def test_lines_that_are_no_results_are_passed_over(
    kb: KnowledgeBase, tmp_path: Path, asked: list[str], line: str
) -> None:
    """In the place of the second: it is asked again, and none of the others."""
    interrupt(kb, tmp_path)
    path = tmp_path / "run.jsonl"
    lines = path.read_text("utf-8").split("\n")
    path.write_text("\n".join([lines[0], line, *lines[2:]]), "utf-8")
    assert [r.id for r in read_run(tmp_path)] == ["d", "u"]
    asked.clear()
    results = run(kb, CASES, out=tmp_path)
    assert asked == [QUESTIONS[1], *QUESTIONS[3:]] and [r.id for r in results] == [c.id for c in CASES]


def test_a_line_with_a_field_too_many_or_too_few_is_passed_over(kb: KnowledgeBase, tmp_path: Path) -> None:
    """As another version may have written it."""
    interrupt(kb, tmp_path)
    path = tmp_path / "run.jsonl"
    first, second, third = (json.loads(line) for line in path.read_text("utf-8").split("\n")[:-1])
    del second["sentences"]
    path.write_text("\n".join(map(json.dumps, ({**first, "more": 1}, second, third))), "utf-8")
    assert [r.id for r in read_run(tmp_path)] == ["u"]


@pytest.mark.parametrize("state", [None, b"", b"{", b"[]", b"\xff\xfe", b"{}"])
def test_without_a_sound_state_everything_is_asked(
    kb: KnowledgeBase, tmp_path: Path, asked: list[str], state: bytes | None
) -> None:
    """Nobody knows what the answers are of."""
    interrupt(kb, tmp_path)
    (tmp_path / "run.state.json").unlink()
    if state is not None:
        (tmp_path / "run.state.json").write_bytes(state)
    asked.clear()
    run(kb, CASES, out=tmp_path)
    assert asked == QUESTIONS


def test_a_lost_run_file_is_made_anew(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """Missing, or in no encoding of ours."""
    for damage in (Path.unlink, lambda path: path.write_bytes(b"\xff\xfe\x00")):
        interrupt(kb, tmp_path)
        damage(tmp_path / "run.jsonl")
        asked.clear()
        run(kb, CASES, out=tmp_path)
        assert asked == QUESTIONS and len(list(read_run(tmp_path))) == 5
        (tmp_path / "run.state.json").unlink()


# --- folders ----------------------------------------------------------------------------------------------------------


def test_without_a_folder_nothing_is_written(
    kb: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is taken over."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(kb, CASES, stop_at(2))
    assert len(run(kb, CASES)) == 5 and list(tmp_path.iterdir()) == []


def test_the_folder_is_made(kb: KnowledgeBase, tmp_path: Path) -> None:
    """With those above it."""
    run(kb, CASES[:1], out=tmp_path / "a" / "b")
    assert [r.id for r in read_run(tmp_path / "a" / "b")] == ["d"]


def test_a_file_in_the_place_of_the_folder(kb: KnowledgeBase, tmp_path: Path, asked: list[str]) -> None:
    """Said before a question is asked, with the way out."""
    (tmp_path / "out").write_text("", "utf-8")
    with pytest.raises(EvaluationError) as error:
        run(kb, CASES, out=tmp_path / "out")
    assert asked == [] and str(tmp_path / "out") in error.value.zh and "--out" in error.value.en


def test_a_folder_that_cannot_be_written_into(kb: KnowledgeBase, tmp_path: Path) -> None:
    """One error of ours, as documented."""
    (tmp_path / "run.jsonl").mkdir()
    with pytest.raises(EvaluationError):
        run(kb, CASES, out=tmp_path)
