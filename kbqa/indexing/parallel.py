"""The same work on many items, on all cores where that is safe and worth it, in order in any case.

Workers are forked, so that they share what is loaded (the segmenter, the model) without copying or pickling it. Forking is
safe only while the process has one thread; elsewhere — in the web app, on systems without fork — the work is done in place.
So it is in a process that was itself started to work beside another one (a daemon): it may have no children.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_PR_SET_PDEATHSIG = 1
_work: Callable[[Any], Any]


def parallel_map(work: Callable[[Item], Result], items: Sequence[Item], *, worthwhile: bool) -> Iterator[Result]:
    """`map(work, items)` on all cores; results have to be picklable, `work` and the items need not be.

    Args:
        worthwhile: whether there is enough to do to pay for starting workers.
    """
    global _work
    cores = os.cpu_count() or 1
    # torch and onnxruntime keep threads that Python does not see.
    threads = threading.active_count() > 1 or not sys.modules.keys().isdisjoint(("torch", "onnxruntime"))
    alone = threads or multiprocessing.current_process().daemon
    if not worthwhile or cores < 2 or sys.platform != "linux" or alone:
        yield from map(work, items)
        return
    _work = lambda number: work(items[number])  # noqa: E731 - inherited by the workers, never pickled
    with multiprocessing.get_context("fork").Pool(cores, _start_worker) as pool:
        yield from pool.imap(_call, range(len(items)), chunksize=max(1, min(16, len(items) // (4 * cores))))


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and die with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _call(number: int) -> Any:
    return _work(number)
