"""What is trained on: pairs of the sources that may be used, and the project's own pairs with hard negatives."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from kbqa.errors import EncoderError
from kbqa.training.pairs import CleaningReport, Exclusions, load_source, tidy
from kbqa.training.registry import SOURCES, Source, usable
from kbqa.training.transformer.config import DataSettings

OWN_PAIRS = Path(__file__).parents[1] / "data"
_SET_FILES = ("queries.jsonl", "corpus.jsonl", "qrels.tsv")


class Row(NamedTuple):
    """A query, the passage that answers it, and maybe one that only looks as if it did; all folded."""

    query: str
    passage: str
    negative: str | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """Rows by source.

    Attributes:
        rows: source name → rows; the own ones as `own_KIND`.
        reports: what cleaning left out, source by source.
        own_excluded: own rows left out because a retrieval set asks or answers them.
    """

    rows: Mapping[str, Sequence[Row]]
    reports: tuple[CleaningReport, ...]
    own_excluded: int = 0

    def texts(self) -> Iterator[str]:
        """Every text once, in order."""
        return iter(dict.fromkeys(side for rows in self.rows.values() for row in rows for side in row if side))


@dataclass(frozen=True, slots=True)
class Places:
    """Where the material lies.

    Attributes:
        data: folder of `NAME.jsonl.gz`.
        own: folder of `*.tsv`.
        exclude: retrieval sets whose queries and answers are not trained on.
    """

    data: Path
    own: Path = OWN_PAIRS
    exclude: tuple[Path, ...] = ()

    def files(self, sources: Iterable[Source]) -> list[Path]:
        """All files that decide what is trained on, those that are there."""
        named = [self.data / f"{source.name}.jsonl.gz" for source in sources]
        sets = [folder / name for folder in self.exclude for name in _SET_FILES]
        return [path for path in (*named, *sorted(self.own.glob("*.tsv")), *sets) if path.is_file()]

    def digest(self, sources: Iterable[Source]) -> str:
        """SHA-256 over names and contents of these files."""
        digest = hashlib.sha256()
        for path in self.files(sources):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{path.parent.name}/{path.name} {content}\n".encode())
        return digest.hexdigest()


def chosen_sources(settings: DataSettings, sources: tuple[Source, ...] = SOURCES) -> tuple[Source, ...]:
    """The usable sources that the settings name, capped as they say.

    Raises:
        EncoderError: a name that is no usable source.
    """
    allowed = {source.name: source for source in usable(sources)}
    for name in settings.sources:
        if name not in allowed:
            raise EncoderError(
                f"训练来源 {name} 不存在，或其许可不允许分发权重。请从这些里选：{'、'.join(sorted(allowed))}。",
                f"{name} is no source that may be trained on. Choose from {', '.join(sorted(allowed))}.",
            )
    names = settings.sources or tuple(allowed)
    return tuple(replace(s, cap=min(s.cap, settings.rows or s.cap)) for s in map(allowed.__getitem__, names))


def load_material(
    places: Places,
    sources: Iterable[Source],
    settings: DataSettings,
    seed: int,
    progress: Callable[[str], None] = lambda line: None,
) -> Material:
    """Read and clean everything; a source without a file is left out.

    Args:
        progress: told of each source that has been read.

    Raises:
        EncoderError: no pairs are left, or a row of the own pairs cannot be read.
    """
    exclusions = Exclusions.from_folders(places.exclude)
    limits = (settings.query_limit, settings.passage_limit)
    rows: dict[str, list[Row]] = {}
    reports = []
    seen: set[int] = set()
    for source in sources:
        if (places.data / f"{source.name}.jsonl.gz").is_file():
            pairs, report = load_source(places.data, source, seen, exclusions, limits, seed)
            rows[source.name] = [Row(query, passage) for query, passage in pairs]
            reports.append(report)
            progress(f"{source.name}: {report.kept:,} of {report.read:,} pairs")
    own, excluded = load_own(places.own, exclusions, limits)
    rows.update({name: _sample(found, settings.rows, seed) for name, found in own.items()})
    progress(f"own: {sum(map(len, own.values())):,} pairs")
    if not any(rows.values()):
        raise EncoderError(
            f"{places.data} 和 {places.own} 里没有可用的训练对。请检查 --data 和 --own。",
            f"No pairs to train on in {places.data} and {places.own}. Check --data and --own.",
        )
    return Material({name: found for name, found in rows.items() if found}, tuple(reports), excluded)


def _sample(rows: list[Row], number: int, seed: int) -> list[Row]:
    """At most `number` rows, drawn by the seed; all of them if it is 0."""
    return random.Random(seed).sample(rows, number) if 0 < number < len(rows) else rows


def load_own(folder: Path, exclusions: Exclusions, limits: tuple[int, int]) -> tuple[dict[str, list[Row]], int]:
    """The project's own pairs from `*.tsv`: kind, query, passage, hard negative or nothing; no header.

    Args:
        limits: characters a query and a passage are cut to.

    Returns:
        `own_KIND` → rows, each once; and how many were left out for the retrieval sets' sake.

    Raises:
        EncoderError: a row has not four fields or an empty one where there has to be text.
    """
    found: dict[str, dict[Row, None]] = {}
    excluded = 0
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
            if not line.strip():
                continue
            fields = [field.strip() for field in line.rstrip("\r").split("\t")]
            if len(fields) != 4 or not all(fields[:3]):
                raise _bad_row(path, number)
            if exclusions.hit((fields[1], fields[2])):
                excluded += 1
                continue
            row = Row(tidy(fields[1], limits[0]), tidy(fields[2], limits[1]), tidy(fields[3], limits[1]) or None)
            found.setdefault(f"own_{fields[0]}", {})[row] = None
    return {name: list(rows) for name, rows in found.items()}, excluded


def _bad_row(path: Path, number: int) -> EncoderError:
    return EncoderError(
        f"训练对 {path} 第 {number} 行不能用：要有用制表符分开的四栏（种类、问题、段落、反例或留空）。请改正这一行。",
        f"Line {number} of {path} cannot be used: it needs kind, query, passage and negative (or nothing) parted by "
        "tabs. Mend it.",
    )
