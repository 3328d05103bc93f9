"""A build in a process of its own, so that whoever asks meanwhile does not wait for it.

The child is started by name, not forked: a server has threads, and a fork of one may hang. It reports by lines of JSON and dies of
a signal at any point without harm, because a generation counts only once it is swapped in.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, cast

from kbqa.errors import IndexBusy, KbqaError, StoreError
from kbqa.settings import BuildSettings
from kbqa.types import FileReport

_ROOT = Path(__file__).parents[2]  # where the package lies, installed or not
_NICENESS = 10


@dataclass(frozen=True, slots=True)
class Step:
    """How far a build is: the stage's name, how much of it is done, how much there is."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Built:
    """What a build in another process did, see `kbqa.indexing.build.BuildReport`; `notes_digest` is of its manifest."""

    files: tuple[FileReport, ...]
    reused: int
    unchanged: bool
    ignored: tuple[str, ...]
    notes_digest: str


class BuildAside:
    """One build in a child process.

    Example:
        >>> build = BuildAside(notes, index, settings)  # doctest: +SKIP
        >>> for step in build.steps(): ...  # doctest: +SKIP
        >>> build.result()  # doctest: +SKIP
    """

    def __init__(self, notes: Path, index: Path, settings: BuildSettings, *, rebuild: bool = False) -> None:
        self._index = index
        self._answer: dict[str, Any] = {}
        self._complaints = tempfile.TemporaryFile()
        task = json.dumps([str(notes.resolve()), str(index.resolve()), asdict(settings), rebuild])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kbqa.indexing.aside", task],
            stdout=subprocess.PIPE, stderr=self._complaints, stdin=subprocess.DEVNULL, text=True, encoding="utf-8",
            env={**os.environ, "PYTHONPATH": _python_path(), "PYTHONUTF8": "1"}, start_new_session=True,
        )  # fmt: skip

    def steps(self) -> Iterator[Step]:
        """Progress, until the build has ended one way or another."""
        for line in cast("IO[str]", self._process.stdout):
            said = json.loads(line)
            if "step" in said:
                yield Step(*said["step"])
            else:
                self._answer = said
        self._process.wait()

    def result(self) -> Built:
        """What it did, once `steps` has ended.

        Raises:
            KbqaError: what the build raised, see `kbqa.indexing.build.build_index`; or the process died.
        """
        if "built" in self._answer:
            built = self._answer["built"]
            lists = ("chrome_sample", "warnings")
            files = tuple(FileReport(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in built["files"])
            return Built(files, built["reused"], built["unchanged"], tuple(built["ignored"]), built["notes_digest"])
        if "error" in self._answer:
            kind = IndexBusy if self._answer["busy"] else KbqaError
            raise kind(*self._answer["error"])
        self._complaints.seek(0)
        last = self._complaints.read().decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        raise StoreError(
            f"重建进程意外结束（{last or self._process.returncode}），原来的索引照常可用。请再试一次。",
            f"The build died ({last or self._process.returncode}); the index that was there still serves. Try again.",
        )

    def cancel(self) -> None:
        """End it; the live generation stays what it is."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)  # with the workers that it may have


def _python_path() -> str:
    return os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", ""))))


def _main(task: str) -> None:
    from kbqa.indexing.build import build_index

    notes, index, settings, rebuild = json.loads(task)
    os.nice(_NICENESS)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # leave nothing half-built behind
    last = Step("", -1, 0)
    channel, sys.stdout = sys.stdout, sys.stderr  # whatever else is printed is no report

    def say(**message: Any) -> None:
        print(json.dumps(message, ensure_ascii=False), file=channel, flush=True)

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal last
        if stage != last.stage or done == total or (done - last.done) * 100 >= total:
            last = Step(stage, done, total)
            say(step=[stage, done, total])

    try:
        report = build_index(Path(notes), Path(index), BuildSettings(**settings), rebuild=rebuild, progress=progress)
    except KbqaError as error:
        say(error=[error.zh, error.en], busy=isinstance(error, IndexBusy))
        return
    files = [asdict(file) for file in report.files]
    rest = {"reused": report.reused, "unchanged": report.unchanged, "ignored": report.ignored}
    say(built={"files": files, **rest, "notes_digest": report.manifest.notes_digest})


if __name__ == "__main__":
    _main(sys.argv[1])
