"""The command line of the web app, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.command import both_languages
from tests.served import free_port

ROOT = Path(__file__).parents[1]


def run(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "app.py", *map(str, arguments)], cwd=ROOT, text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUTF8": "1", **environment},
    )  # fmt: skip


@pytest.mark.parametrize("content", [None, "bob\treader\tno hash\n"])
def test_a_bad_file_of_accounts_stops_it(tmp_path: Path, content: str | None) -> None:
    """Rather than serving without logins."""
    people = tmp_path / "people.tsv"
    if content:
        people.write_text(content, "utf-8")
    process = run("--auth-file", people, "--port", free_port())
    out, err = process.communicate(timeout=60)
    assert process.returncode == 9 and out == "" and str(people) in err and both_languages(err)


@pytest.mark.parametrize(("host", "warned"), [("0.0.0.0", True), ("127.0.0.1", False)])
def test_other_machines_let_in_without_logins_is_said_aloud(tmp_path: Path, host: str, warned: bool) -> None:
    """Nothing is left behind in the folder for temporary files when it is stopped."""
    port = free_port()
    process = run("--host", host, "--port", port, "--index", tmp_path / "none", TMPDIR=str(tmp_path))
    try:
        assert process.stdout is not None and f"http://{host}:{port}" in process.stdout.readline()
        assert httpx.get(f"http://127.0.0.1:{port}/", timeout=30).status_code == 200
        assert [path.name[:5] for path in tmp_path.iterdir()] == ["kbqa-"]
    finally:
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert ("谁都能读到全部笔记" in err and "without logging in" in err) is warned
    assert list(tmp_path.iterdir()) == []
