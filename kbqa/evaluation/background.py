"""An evaluation beside an app that goes on answering: at most one at a time, in a process of its own.

A thread would share the interpreter with the chat and slow every answer down. The process runs at low priority and uses
one core, so whoever asks meanwhile goes first and there is a core for him; its memory is given back when it ends. It
is spawned, not forked, because an app has threads.

One pipe serves both directions. What the process sends is progress; anything that comes to it means stop, the end of the
app too, since a pipe whose other end is gone is readable. So no evaluation outlives its app, however that ended.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from kbqa.errors import EvaluationError, KbqaError, RunStopped
from kbqa.evaluation.runs import KeptRun
from kbqa.settings import Settings

Phase = Literal["opening", "asking", "stopping", "done", "stopped", "failed"]
_NICE = 10


@dataclass(frozen=True, slots=True)
class Status:
    """How far an evaluation is.

    Attributes:
        done: questions answered, with those of an earlier start of the same run.
        left: seconds that it will probably take yet; None while nothing is known.
        error: why it failed.
    """

    run: KeptRun
    phase: Phase = "opening"
    done: int = 0
    total: int = 0
    left: float | None = None
    error: KbqaError | None = None

    @property
    def running(self) -> bool:
        return self.phase in ("opening", "asking", "stopping")


class Background:
    """Runs evaluations one at a time; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status: Status | None = None
        self._link: Connection | None = None

    @property
    def status(self) -> Status | None:
        """Of the evaluation that runs or ran last; None before the first."""
        return self._status

    def start(self, run: KeptRun, index: Path, settings: Settings) -> None:
        """Begin a run, or go on with one.

        Args:
            index: folder of the index to ask.
            settings: those that the app serves with, so that what is measured is what is served.

        Raises:
            EvaluationError: another one is running.
        """
        with self._lock:
            if self._status and self._status.running:
                raise busy(self._status.run)
            self._status = Status(run, total=run.questions)
        threading.Thread(target=self._follow, args=(run, index, settings), name="evaluation", daemon=True).start()

    def stop(self) -> None:
        """Have the evaluation stop after the question that it is at; nothing if none runs."""
        with self._lock:
            if self._status and self._status.running:
                self._status = replace(self._status, phase="stopping")
                self._pass_on()

    def _pass_on(self) -> None:
        """Tell the process to stop, if that was asked for and it is there."""
        if self._link and self._status and self._status.phase == "stopping":
            with contextlib.suppress(OSError):  # it has just ended by itself
                self._link.send("stop")

    def _follow(self, run: KeptRun, index: Path, settings: Settings) -> None:
        """Start the process and take down what it says, until it ends."""
        context = multiprocessing.get_context("spawn")
        link, far = context.Pipe()
        process = context.Process(target=_work, args=(far, run, index, settings), name="kbqa-evaluation", daemon=True)
        try:
            process.start()
        except OSError as error:  # no memory or no process left; the app has to go on
            self._finish(replace(self._now(), phase="failed", error=_not_begun(error)))
            return
        finally:
            far.close()
        with self._lock:
            self._link = link
            self._pass_on()
        pace, last = _Pace(), ("died",)
        with contextlib.suppress(EOFError, OSError):
            while True:
                match link.recv():
                    case (int(done), int(total)):
                        self._count(done, total, pace)
                    case word:
                        last = word
        process.join()
        link.close()
        match last:
            case ("done",) | ("stopped",):
                self._finish(replace(self._now(), phase=last[0]))
            case ("failed", zh, en):
                self._finish(replace(self._now(), phase="failed", error=KbqaError(zh, en)))
            case _:
                self._finish(replace(self._now(), phase="failed", error=_died(process.exitcode)))

    def _now(self) -> Status:
        assert self._status is not None  # `start` has set it
        return self._status

    def _count(self, done: int, total: int, pace: _Pace) -> None:
        with self._lock:
            phase: Phase = "stopping" if self._now().phase == "stopping" else "asking"
            self._status = replace(self._now(), phase=phase, done=done, total=total, left=pace.left(done, total))

    def _finish(self, status: Status) -> None:
        """Only once the process is gone, or the next one would begin beside it."""
        with self._lock:
            self._link, self._status = None, status


class _Pace:
    """How long the rest takes, by what was done since the first word."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None

    def left(self, done: int, total: int) -> float | None:
        now = time.monotonic()
        if self._first is None:
            self._first = done, now
        before, begun = self._first
        return (now - begun) / (done - before) * (total - done) if done > before else None


def busy(run: KeptRun) -> EvaluationError:
    return EvaluationError(
        f"正在评测 {run.title}，一次只能跑一个。请等它跑完，或先停下它。",
        f"{run.title} is being evaluated, and only one runs at a time. Wait for it or stop it first.",
    )


def _not_begun(error: OSError) -> EvaluationError:
    return EvaluationError(
        f"评测的进程起不来（{error.strerror}）。请关掉别的程序再试。",
        f"The process that evaluates cannot start: {error.strerror}. Close other programs and try again.",
    )


def _died(code: int | None) -> EvaluationError:
    return EvaluationError(
        f"评测的进程意外结束了（退出码 {code}）。答过的题都留着，可以接着跑；原因在终端的记录里。",
        f"The process that evaluates ended unexpectedly (exit code {code}). What is answered is kept, so it can go on; "
        "the terminal's log says why.",
    )


def _work(link: Connection, run: KeptRun, index: Path, settings: Settings) -> None:
    """What the process does; the same as `kbqa eval`."""
    from kbqa.evaluation.batch import evaluate
    from kbqa.evaluation.questions import read_questions
    from kbqa.knowledge import KnowledgeBase

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the app, and the pipe tells that
    if hasattr(os, "nice"):
        os.nice(_NICE)
    last: tuple[str, ...] = ("done",)
    try:
        kb = KnowledgeBase.open(index)
        kb.settings = settings
        cases = read_questions(run.file, run.title).cases
        evaluate(kb, cases, run.folder, run.title, lambda *done: link.send(done), link.poll)
    except RunStopped:
        last = ("stopped",)
    except BrokenPipeError:  # the app is gone
        return
    except KbqaError as error:
        last = ("failed", error.zh, error.en)
    with contextlib.suppress(BrokenPipeError):
        link.send(last)
