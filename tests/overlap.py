"""Runs of characters that notes share with the texts of a folder: `python -m tests.overlap corpus FOLDER`.

The handbook is written in our own words. Facts may come from a source, sentences may not; this shows where they did.
White space, punctuation, script, case and pinyin glosses do not count, so that no comma hides a copy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from kbqa.notes.cleaning import normalise_lines, remove_glosses
from kbqa.notes.decoding import decode
from kbqa.notes.reading import READERS
from kbqa.text import squeeze

RUN = 18


def runs_in_common(text: str, others: Iterable[str], run: int = RUN) -> Iterator[str]:
    """Longest runs of at least `run` characters of `text` (squeezed) that stand in one of `others` (squeezed)."""
    theirs = {other[i : i + run] for other in others for i in range(len(other) - run + 1)}
    start = 0
    while start + run <= len(text):
        end = start
        while text[end : end + run] in theirs and end + run <= len(text):
            end += 1
        if end > start:
            yield text[start : end + run - 1]
        start = end + 1


def plain(path: Path) -> str:
    """The squeezed text of a file, glosses removed."""
    text, _ = remove_glosses(normalise_lines(decode(path.read_bytes(), path.name).text))
    return squeeze(text)


def _files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.suffix.lower() in READERS) if path.is_dir() else [path]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notes", type=Path, help="notes, a file or a folder")
    parser.add_argument("texts", type=Path, help="folder of texts that nothing may be copied from")
    parser.add_argument("--run", type=int, default=RUN, help=f"characters that count as copied (default {RUN})")
    arguments = parser.parse_args()
    others = [plain(path) for path in _files(arguments.texts)]
    found = 0
    for path in _files(arguments.notes):
        for shared in runs_in_common(plain(path), others, arguments.run):
            found += 1
            print(f"{path}: {len(shared)} characters: {shared}")
    print(f"{found} runs of {arguments.run} characters or more in common, {len(others)} texts compared")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
