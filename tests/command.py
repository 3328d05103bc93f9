"""Running `kbqa` inside the test's own process: what came of it, and what its messages owe the user."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Kbqa = Callable[..., Outcome]


def both_languages(text: str) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]{4}", text) and re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", text))
