"""Pairs of our own: how newcomers and bosses say it, and how notes say it.

`data/*.tsv`, one pair a line: kind, query, positive, negative (may be empty). Written for this package from professional
knowledge, against terms and topics; nothing comes from a question set or from anyone's notes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kbqa.training.pairs import Exclusions, tidy

KINDS = ("colloquial", "synonym", "english", "abbreviation", "typo")


@dataclass(frozen=True, slots=True)
class OwnPair:
    """One line.

    Attributes:
        negative: near the query in words or topic without answering it; empty if none was written.
    """

    kind: str
    query: str
    positive: str
    negative: str


def read_own(folder: Path | None = None) -> tuple[OwnPair, ...]:
    """All pairs, in the order of the files' names and lines.

    Raises:
        ValueError: a line without four columns or of an unknown kind; names file and line.
    """
    found = []
    for path in sorted((folder or Path(__file__).parent / "data").glob("*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            columns = line.split("\t")
            if len(columns) != 4 or columns[0] not in KINDS or not all(columns[1:3]):
                raise ValueError(f"{path.name}:{number}: expected kind, query, positive and negative, parted by tabs")
            found.append(OwnPair(*columns))
    return tuple(found)


def training_rows(pairs: tuple[OwnPair, ...], exclusions: Exclusions) -> list[tuple[str, str, str]]:
    """Tidied (query, positive, negative) without what the retrieval sets ask or answer."""
    rows = [(tidy(p.query, 300), tidy(p.positive, 400), tidy(p.negative, 400)) for p in pairs]
    return [row for row in rows if not exclusions.hit(row[:2])]
