"""Rebuilding the index while it goes on answering: one build at a time, in a process of its own, then the swap.

The status outlives whoever started the build: a page that is closed and opened again shows how far it is.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from kbqa.errors import IndexBusy, KbqaError, StoreError
from kbqa.indexing.aside import BuildAside, Built, Step
from kbqa.indexing.store import made_with
from kbqa.settings import BuildSettings

if TYPE_CHECKING:
    from kbqa.knowledge import KnowledgeBase

_log = logging.getLogger(__name__)
_FAULT = StoreError(
    "重建时程序出了意外，原来的索引照常可用。请再试一次；如果还不行，请把终端里的记录发给维护的人。",
    "Something went wrong in the program; the index that was there still serves. Try again, or send the terminal's log.",
)

Phase = Literal["idle", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Status:
    """How the latest build stands.

    Attributes:
        by: who started it, as the app knows them; empty without accounts.
        begun: when, local time; None before the first build.
        step: how far a running build is.
        built: what a finished one did.
        error: why one failed.
    """

    phase: Phase = "idle"
    by: str = ""
    begun: datetime | None = None
    ended: datetime | None = None
    step: Step | None = None
    built: Built | None = None
    error: KbqaError | None = None


class Rebuilder:
    """Brings the index of a knowledge base up to date with its notes and takes it over."""

    def __init__(self, kb: KnowledgeBase, notes: Path) -> None:
        self._kb = kb
        self._notes = notes
        self._lock = threading.Lock()
        self._status = Status()
        self._build: BuildAside | None = None
        self._thread: threading.Thread | None = None
        self._cancelled = False

    @property
    def status(self) -> Status:
        return self._status

    def start(self, by: str = "", *, rebuild: bool = False) -> None:
        """Start a build; `rebuild` takes nothing over from the live index.

        Raises:
            IndexBusy: one is running already; the message says whose it is and since when.
        """
        with self._lock:
            if self._status.phase == "running":
                raise _busy(self._status)
            settings = replace(BuildSettings(), encoder=made_with(self._kb.path))
            self._build = BuildAside(self._notes, self._kb.path, settings, rebuild=rebuild)
            self._status = Status("running", by, datetime.now())
            self._cancelled = False
            self._thread = threading.Thread(target=self._follow, args=(self._build,), name="rebuild", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Stop the build that is running; the index that was there goes on serving."""
        with self._lock:
            if self._build and self._status.phase == "running":
                self._cancelled = True
                self._build.cancel()

    def wait(self, seconds: float | None = None) -> Status:
        """The status once the running build has ended, or after so many seconds."""
        if self._thread:
            self._thread.join(seconds)
        return self._status

    def _follow(self, build: BuildAside) -> None:
        try:
            for step in build.steps():
                self._status = replace(self._status, step=step)
            built = build.result()
            self._kb.refresh()
            self._end("done", built=built)
        except KbqaError as error:
            self._end("cancelled" if self._cancelled else "failed", error=None if self._cancelled else error)
        except Exception:  # a fault of ours must not look like a build that never ends
            _log.exception("rebuild failed")
            self._end("failed", error=_FAULT)

    def _end(self, phase: Phase, built: Built | None = None, error: KbqaError | None = None) -> None:
        self._status = replace(
            self._status, phase=phase, step=None, ended=datetime.now(), built=built, error=error
        )  # fmt: skip


def _busy(status: Status) -> IndexBusy:
    who_zh, who_en = (f"由 {status.by} ", f" by {status.by}") if status.by else ("", "")
    since = f"{status.begun:%H:%M:%S}"
    return IndexBusy(
        f"这里已经有一次重建在进行（{who_zh}{since} 开始）。请等它结束，或先取消它。",
        f"A rebuild is already running here (started{who_en} at {since}). Wait for it or cancel it first.",
    )
