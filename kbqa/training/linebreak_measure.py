"""Measures how well lost line breaks are found: golden decks, held-out sections and notes, ordinary prose.

    python -m kbqa.training.linebreak_measure --decks FILE --data DIR --corpus DIR

The table has one row per threshold; the one that ships stands in `kbqa.notes.linebreaks`. Choose it on the held-out
texts: the golden decks are few, and are there to be reported, not to be tuned to.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kbqa.notes.linebreaks import restore_breaks
from kbqa.training.linebreak_decks import Glued, glue
from kbqa.training.linebreak_sources import Line, held_out, markdown_lines, read_notes, read_sections

THRESHOLDS = (0.6, 0.7, 0.75, 0.8)
_SENTENCE_END = re.compile('[\u3002\uff01\uff1f!?;\uff1b\u2026]["\u201d\u2019)\uff09]*[ ]*$')


@dataclass(frozen=True, slots=True)
class Counts:
    """Breaks that are right, that were set, and that should have been."""

    right: int
    found: int
    wanted: int

    def __str__(self) -> str:
        precision, recall = self.right / max(self.found, 1), self.right / max(self.wanted, 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        return f"P {precision:.3f} R {recall:.3f} F1 {f1:.3f}"


def count(texts: Iterable[Glued], threshold: float) -> Counts:
    """Compare restored breaks with the known ones, by offset."""
    right = found = wanted = 0
    for glued in texts:
        gold = set(np.flatnonzero(glued.labels).tolist()) - {0}
        breaks = {b.offset for b in restore_breaks(glued.text, threshold)}
        right, found, wanted = right + len(gold & breaks), found + len(breaks), wanted + len(gold)
    return Counts(right, found, wanted)


def inside_sentences(texts: Sequence[str], threshold: float) -> float:
    """Breaks per 1,000 characters that do not follow the end of a sentence."""
    bad = sum(not _SENTENCE_END.search(text[: b.offset]) for text in texts for b in restore_breaks(text, threshold))
    return 1000 * bad / max(sum(map(len, texts)), 1)


def plain(lines: Sequence[Line]) -> Glued:
    """Lines joined as they are."""
    text = "".join(line.text for line in lines)
    labels = np.zeros(len(text), np.int64)
    labels[np.cumsum([0, *(len(line.text) for line in lines[:-1])])] = 1
    return Glued(text, labels)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decks", type=Path, required=True, help="golden decks, one a block of lines")
    parser.add_argument("--data", type=Path, required=True, help="folder of the documentation sections (.jsonl.gz)")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of Markdown notes")
    settings = parser.parse_args(arguments)
    golden = [plain(markdown_lines(block)) for block in settings.decks.read_text(encoding="utf-8").split("\n\n")]
    rng = random.Random(5)
    notes = [glue(deck, rng) for deck in held_out(read_notes(settings.corpus), 1, 12)[1]]
    kept = [held_out(decks)[1] for decks in read_sections(settings.data)]
    runs = [deck[i : i + 5] for deck in kept for i in range(0, min(len(deck), 150), 5)]
    sections = [glue([line for deck in run for line in deck], rng) for run in runs]
    texts = [line.text for decks in kept for deck in decks for line in deck if line.kind == "paragraph"]
    prose = [text for text in texts if len(text) > 80 and text.count("\u3002") > 1 and not re.search("[:\uff1a]", text)]
    prose = random.Random(1).sample(prose, min(len(prose), 500))
    for threshold in THRESHOLDS:
        decks = {"golden": golden, "notes": notes, "sections": sections}
        counts = " | ".join(f"{name} {count(texts, threshold)}" for name, texts in decks.items())
        print(f"{threshold}: {counts} | prose {inside_sentences(prose, threshold):.2f} per 1000", flush=True)


if __name__ == "__main__":
    main()
