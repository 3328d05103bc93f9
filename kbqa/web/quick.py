"""Gradio imported in half the time.

Whenever it is imported, Gradio works out type stubs of all its components anew and writes them into its own folder,
which takes as long as everything else in it. It passes over classes whose file it cannot find, so for that long it is
told that it cannot. Nothing is collected meanwhile, since nothing of what is imported becomes garbage.
"""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def quick_import() -> Iterator[None]:
    """Import gradio inside; nothing is different where it was imported before."""
    find = inspect.getfile

    def getfile(thing: Any) -> str:
        if sys._getframe(1).f_globals.get("__name__") == "gradio.component_meta":
            raise OSError
        return find(thing)

    collecting = gc.isenabled()
    inspect.getfile = getfile
    gc.disable()
    try:
        yield
    finally:
        inspect.getfile = find
        if collecting:
            gc.enable()
