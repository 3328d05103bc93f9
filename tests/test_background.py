"""An evaluation in a process of its own: the same as in this one, one at a time, stopped and gone on with."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.errors import EvaluationError
from kbqa.evaluation.background import Background, Status
from kbqa.evaluation.batch import evaluate
from kbqa.evaluation.questions import read_questions
from kbqa.evaluation.runs import KeptRun, keep_run
from kbqa.settings import QuerySettings, Settings
from tests.question_tables import csv_file

FEW = "question,nuggets,answerable\n什么是转化率,完成目标动作,是\n怎么换轮胎,,否\n活动分为哪几个阶段,预热期|返场期,是\n"
MANY = "question\n" + "".join(f"什么是转化率{n}\n怎么提高留存率{n}\n" for n in range(150))
_PATIENCE = 120.0  # seconds; only a hanging process ever takes so long


def wait(background: Background, until: Callable[[Status], bool]) -> Status:
    for _ in range(int(_PATIENCE / 0.005)):
        status = background.status
        assert status is not None
        if until(status):
            return status
        time.sleep(0.005)
    raise AssertionError(background.status)


def ended(status: Status) -> bool:
    return not status.running


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[str], KeptRun]:
    return lambda text: keep_run(tmp_path / "runs", csv_file(tmp_path, text), "q.csv", "index")


def here(kb: KnowledgeBase, run: KeptRun, out: Path) -> list[bytes]:
    """The reports that this process writes for the same questions."""
    evaluate(kb, read_questions(run.file).cases, out, run.title)
    return [(out / name).read_bytes() for name in ("report.json", "report.csv")]


def reports(run: KeptRun) -> list[bytes]:
    return [(run.folder / name).read_bytes() for name in ("report.json", "report.csv")]


def test_it_writes_what_this_process_writes(
    kb: KnowledgeBase, _index: Path, keep: Callable[[str], KeptRun], tmp_path: Path
) -> None:
    """Byte for byte, and the status counts to the end."""
    background = Background()
    assert background.status is None
    run = keep(FEW)
    background.start(run, _index, kb.settings)
    status = wait(background, ended)
    assert (status.phase, status.done, status.total, status.error) == ("done", 3, 3, None)
    assert run.finished and reports(run) == here(kb, run, tmp_path / "here")


def test_it_asks_with_the_settings_that_are_served(
    _index: Path, keep: Callable[[str], KeptRun], tmp_path: Path
) -> None:
    """With a threshold that nothing reaches, everything is refused."""
    served = KnowledgeBase.open(_index, Settings(query=QuerySettings(answer_threshold=1.1)))
    background, run = Background(), keep(FEW)
    background.start(run, _index, served.settings)
    wait(background, ended)
    assert reports(run) == here(served, run, tmp_path / "here") and b'"false_refusal": 1.0' in reports(run)[0]


def test_stopped_in_the_middle_it_goes_on_there(
    kb: KnowledgeBase, _index: Path, keep: Callable[[str], KeptRun], tmp_path: Path
) -> None:
    """What was answered is kept, and the end is that of a run in one go; meanwhile nobody else gets in."""
    background, run = Background(), keep(MANY)
    background.start(run, _index, kb.settings)
    wait(background, lambda status: status.done >= 3)
    with pytest.raises(EvaluationError, match="一次只能跑一个"):
        background.start(keep(FEW), _index, kb.settings)
    background.stop()
    assert wait(background, lambda status: status.phase != "asking").phase in ("stopping", "stopped")
    status = wait(background, ended)
    assert status.phase == "stopped" and 3 <= status.done < 300
    assert run.answered == status.done and not run.finished
    background.start(run, _index, kb.settings)
    first = wait(background, lambda now: now.done > 0)
    assert first.done > status.done
    assert wait(background, ended).phase == "done"
    assert reports(run) == here(kb, run, tmp_path / "here")


def test_stopping_while_the_index_is_opened_is_not_lost(
    kb: KnowledgeBase, _index: Path, keep: Callable[[str], KeptRun]
) -> None:
    """The process is not there yet when it is told; one question later it stops."""
    background = Background()
    background.start(keep(MANY), _index, kb.settings)
    background.stop()
    status = wait(background, ended)
    assert (status.phase, status.done) == ("stopped", 1)


def test_stopping_nothing_does_nothing(kb: KnowledgeBase, _index: Path, keep: Callable[[str], KeptRun]) -> None:
    background = Background()
    background.stop()
    assert background.status is None
    background.start(keep(FEW), _index, kb.settings)
    before = wait(background, ended)
    background.stop()
    assert background.status == before


def test_an_index_that_is_gone_is_said_in_both_languages(keep: Callable[[str], KeptRun], tmp_path: Path) -> None:
    """The process's error arrives here whole, and the next evaluation may begin."""
    background, run = Background(), keep(FEW)
    for _ in range(2):
        background.start(run, tmp_path / "none", Settings())
        status = wait(background, ended)
        assert status.phase == "failed" and status.error is not None
        assert "还没有索引" in status.error.zh and "No index in" in status.error.en


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_a_process_that_is_killed_is_noticed(kb: KnowledgeBase, _index: Path, keep: Callable[[str], KeptRun]) -> None:
    """It works at low priority; killed, the status says so, and what was answered is kept."""
    background, run = Background(), keep(MANY)
    background.start(run, _index, kb.settings)
    wait(background, lambda status: status.done >= 3)
    (child,) = children(os.getpid())
    assert os.getpriority(os.PRIO_PROCESS, child) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    os.kill(child, 9)
    status = wait(background, ended)
    assert status.phase == "failed" and status.error is not None and "-9" in status.error.zh
    assert run.answered >= 3 and not run.finished


_APP = """
import os, sys, time
from pathlib import Path
from kbqa.evaluation.background import Background
from kbqa.evaluation.runs import kept_runs
from kbqa.settings import Settings

if __name__ == "__main__":
    background = Background()
    background.start(kept_runs(Path(sys.argv[1]))[0], Path(sys.argv[2]), Settings())
    while background.status.done < 3:
        time.sleep(0.005)
    print("going", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes up in /proc")
def test_no_evaluation_outlives_its_app(_index: Path, keep: Callable[[str], KeptRun], tmp_path: Path) -> None:
    """Killed, so that it can clean nothing up."""
    run = keep(MANY)
    (tmp_path / "app.py").write_text(_APP, "utf-8")
    command = [sys.executable, str(tmp_path / "app.py"), str(run.folder.parent), str(_index)]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(root)}) as app:
        assert app.stdout is not None and app.stdout.readline() == b"going\n"
        (child,) = children(app.pid)
        app.kill()
    for _ in range(int(_PATIENCE / 0.01)):
        if not Path(f"/proc/{child}").exists():
            break
        time.sleep(0.01)
    assert not Path(f"/proc/{child}").exists() and not run.finished


def children(parent: int) -> list[int]:
    """Processes that evaluate, started by another; not the one that multiprocessing keeps to clean up."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            owner = int(status.read_text().rsplit(")", 1)[1].split()[1])
            command = (status.parent / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if owner == parent and b"spawn_main" in command:
            found.append(int(status.parent.name))
    return found
