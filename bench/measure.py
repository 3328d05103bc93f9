"""One folder of notes measured: each command in a process of its own, as a user runs it, with time and peak memory.

This process stays small on purpose and imports nothing of kbqa: on Linux a child's peak memory is never reported below
what its parent had when it was started.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.questions import SUFFIXES, make_questions

MB = 2**20
Figures = dict[str, float]
Say = Callable[[str], None]

_COLD_RUNS = 5
_LIMIT = 1800.0
_ADDED = "\n\n补充：这一条本周又核对过一遍，口径没有变化，下个月由值班同学再看。\n"
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """A finished command: what it printed, seconds, peak resident memory in MB."""

    output: str
    seconds: float
    peak_mb: float


def run(command: Sequence[str | Path], limit: float = _LIMIT) -> Run:
    """Run a command to its end; one that fails or takes too long ends the measurement with its message."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=err, cwd=_ROOT)
        timer = threading.Timer(limit, process.kill)
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        if process.returncode:
            message = err.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(map(str, command))}\nfailed with {process.returncode}: {message}")
        unit = 1 if sys.platform == "darwin" else 1024
        return Run(out.read().decode(), seconds, usage.ru_maxrss * unit / MB)


def kbqa(*arguments: str | Path) -> list[str | Path]:
    """The installed command, else the module."""
    script = Path(sys.executable).with_name("kbqa")
    return [script, *arguments] if script.is_file() else [sys.executable, "-m", "kbqa", *arguments]


def measure(notes: Path, work: Path, say: Say) -> Figures:
    """All figures of a folder; it is copied, so that a file of it can be changed."""
    copy, index = work / "notes" / notes.name, work / "index"
    sizes = copy_notes(notes, copy)
    figures: Figures = {"source_mb": sum(sizes) / MB, "files": float(len(sizes))}
    say("building")
    figures |= _build(copy, index, figures["source_mb"])
    say("asking, a process each")
    figures |= _cold(copy, index)
    say("asking in one process")
    probed = run([sys.executable, "-m", "bench.probe", "warm", index, copy])
    figures |= {**json.loads(probed.output), "warm_peak_mb": probed.peak_mb}
    say("web app")
    figures |= json.loads(run([sys.executable, "-m", "bench.probe", "web", index, copy], limit=600).output)
    say("building again")
    return figures | _again(copy, index)


def copy_notes(notes: Path, target: Path) -> list[int]:
    """Copy the files that kbqa reads; returns their sizes in bytes."""
    sizes = []
    for path in sorted(notes.rglob("*")):
        inside = path.relative_to(notes)
        if path.suffix.lower() in SUFFIXES and path.is_file() and not any(p.startswith(".") for p in inside.parts):
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / inside)
            sizes.append(path.stat().st_size)
    if not sizes:
        raise SystemExit(f"No notes ({', '.join(SUFFIXES)}) in {notes}.")
    return sizes


def _build(notes: Path, index: Path, source_mb: float) -> Figures:
    built = run(kbqa("index", "--notes", notes, "--index", index, "--rebuild", "--json"))
    report = json.loads(built.output)
    return {
        "chunks": float(report["manifest"]["chunks"]),
        "build_s": built.seconds,
        "build_mb_per_s": source_mb / built.seconds,
        "build_peak_mb": built.peak_mb,
        "index_mb": sum(p.stat().st_size for p in index.rglob("*") if p.is_file()) / MB,
    }


def _cold(notes: Path, index: Path) -> Figures:
    questions = make_questions(notes, _COLD_RUNS, seed=3)
    runs = [run(kbqa("ask", "--index", index, "--", question), limit=120) for question in questions]
    return {"cold_ask_s": statistics.median(r.seconds for r in runs), "ask_peak_mb": max(r.peak_mb for r in runs)}


def _again(notes: Path, index: Path) -> Figures:
    """Seconds of an update with nothing changed, and with a paragraph added to the note of middle size."""
    command = kbqa("index", "--notes", notes, "--index", index, "--json")
    unchanged = run(command)
    files = sorted((p for p in notes.rglob("*") if p.is_file()), key=lambda p: (p.stat().st_size, p))
    with files[len(files) // 2].open("ab") as file:
        file.write(_ADDED.encode())
    changed = run(command)
    if json.loads(changed.output)["unchanged"]:
        raise SystemExit("The changed note was not noticed; the figure would mean nothing.")
    return {"unchanged_s": unchanged.seconds, "one_changed_s": changed.seconds}
