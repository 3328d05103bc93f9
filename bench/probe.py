"""What is measured inside a process of its own: `python -m bench.probe warm|web INDEX NOTES`.

Prints one JSON object.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.questions import make_questions

ROOT = Path(__file__).resolve().parent.parent
WARM_QUESTIONS, WARM_UP, WEB_QUESTIONS = 300, 10, 20
SEED = 7
# Together well below what the caller allows: killed from outside, this process could not stop the server it started.
_READY_LIMIT, _ANSWER_LIMIT = 120.0, 15.0


def warm(index: Path, notes: Path) -> dict[str, float]:
    """Milliseconds a question in one process, after a few that are not counted."""
    questions = make_questions(notes, WARM_UP + WARM_QUESTIONS, SEED)
    from kbqa import KnowledgeBase

    started = time.perf_counter()
    kb = KnowledgeBase.open(index)
    opened = time.perf_counter() - started
    for question in questions[:WARM_UP]:
        kb.ask(question)
    times, answered = [], 0
    for question in questions[WARM_UP:]:
        started = time.perf_counter()
        answer = kb.ask(question)
        times.append(1000 * (time.perf_counter() - started))
        answered += not answer.abstained
    return {
        "open_s": opened,
        "warm_p50_ms": statistics.median(times),
        "warm_p95_ms": percentile(times, 95),
        "warm_max_ms": max(times),
        "answered_share": answered / len(times),
    }


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many per cent of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def web(index: Path, notes: Path) -> dict[str, float]:
    """Seconds until the page is served, and peak memory of the server after some questions."""
    from gradio_client import Client  # imported before the clock starts

    questions = make_questions(notes, WEB_QUESTIONS, SEED)
    port = _free_port()
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, str(ROOT / "app.py"), "--index", str(index), "--port", str(port)]
        started = time.perf_counter()
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)
        try:
            _wait_until_served(server, port)
            ready = time.perf_counter() - started
            client = Client(f"http://127.0.0.1:{port}", verbose=False, httpx_kwargs={"timeout": _ANSWER_LIMIT})
            for question in questions:
                client.submit(question, api_name="/ask").result(timeout=_ANSWER_LIMIT)
            return {"web_ready_s": ready, "web_peak_mb": _peak_mb(server.pid)}
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_served(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _READY_LIMIT
    while time.monotonic() < deadline and server.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    raise SystemExit(f"The web app did not come up within {_READY_LIMIT:.0f} s (exit status {server.poll()}).")


def _peak_mb(pid: int) -> float:
    """Peak resident memory of a running process; only Linux tells."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return float("nan")
    line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("warm", "web"))
    parser.add_argument("index", type=Path)
    parser.add_argument("notes", type=Path)
    options = parser.parse_args()
    for name in ("NO_PROXY", "no_proxy"):  # a proxy of the user's must not see loopback requests
        os.environ[name] = "127.0.0.1,localhost"
    measured = (warm if options.what == "warm" else web)(options.index, options.notes)
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
