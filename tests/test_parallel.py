"""Work on all cores gives what work in place gives, in order, and its errors reach the caller."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading

import pytest

from kbqa.indexing.build import build_index
from kbqa.indexing.parallel import parallel_map


def square(number: int) -> int:
    if number == 77:
        raise ValueError("77")
    return number * number


@pytest.mark.parametrize("worthwhile", [True, False])
@pytest.mark.parametrize("count", [0, 1, 5, 70])
def test_results_come_in_order(worthwhile: bool, count: int) -> None:
    assert list(parallel_map(square, range(count), worthwhile=worthwhile)) == [n * n for n in range(count)]


def test_an_error_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ValueError, match="77"):
        list(parallel_map(square, range(100), worthwhile=True))


def test_a_process_with_threads_does_not_fork() -> None:
    """Forking beside another thread may deadlock: the work is then done in this process."""
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert set(parallel_map(lambda _: os.getpid(), range(20), worthwhile=True)) == {os.getpid()}
    finally:
        stop.set()
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
def test_a_daemon_works_by_itself() -> None:
    """A process that was started to work beside another one may have no children, so it is its own only worker."""
    context = multiprocessing.get_context("fork")
    near, far = context.Pipe()
    work = lambda: far.send(set(parallel_map(lambda _: os.getpid(), range(20), worthwhile=True)))  # noqa: E731
    daemon = context.Process(target=work, daemon=True)
    daemon.start()
    far.close()
    assert near.recv() == {daemon.pid}
    daemon.join()


def test_a_build_on_all_cores_is_the_same_build(tmp_path, monkeypatch) -> None:
    """Byte for byte, whoever did the work."""
    import kbqa.indexing.build as build
    import kbqa.indexing.write as write

    notes = tmp_path / "notes"
    notes.mkdir()
    for number in range(12):
        body = "\n\n".join(
            f"## 第{number}篇的小节{i}\n\n指标{i}是指第{i}天还在的人数。公式：留存 ＝ {i} ÷ {number + 1}。"
            for i in range(9)
        )
        (notes / f"{number:02d}.md").write_text(f"# 笔记{number}\n\n{body}\n", "utf-8")
    build_index(notes, tmp_path / "alone")
    monkeypatch.setattr(build, "_PARALLEL_BYTES", 0)
    monkeypatch.setattr(write, "_PARALLEL_CHUNKS", 0)
    build_index(notes, tmp_path / "together")
    one, other = (
        {p.name: p.read_bytes() for p in (tmp_path / i / "generations").glob("*/*")} for i in ("alone", "together")
    )
    assert one == other
