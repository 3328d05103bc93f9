"""From files of pairs to clean, folded, deduplicated pairs, without anything the retrieval sets ask or answer."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kbqa.text import fold, is_english, squeeze
from kbqa.training.registry import Source

Pair = tuple[str, str]

_SPACES = re.compile(r"\s+")


@dataclass(slots=True)
class CleaningReport:
    """What cleaning did to one file, in rows."""

    name: str
    read: int = 0
    excluded: int = 0
    empty: int = 0
    duplicates: int = 0
    capped: int = 0
    kept: int = 0


@dataclass(slots=True)
class Exclusions:
    """Squeezed queries and relevant passages of retrieval sets: whatever equals one is not trained on."""

    strings: set[str] = field(default_factory=set)

    @classmethod
    def from_folders(cls, folders: Iterable[Path]) -> Exclusions:
        """Read retrieval sets in BEIR layout."""
        found = cls()
        for folder in folders:
            found.add_folder(folder)
        return found

    def add_folder(self, folder: Path) -> None:
        """Add all queries and the passages that are relevant to any."""
        relevant = set()
        with open(folder / "qrels.tsv", encoding="utf-8") as rows:
            next(rows)
            relevant = {row.split("\t")[1] for row in rows if row.strip()}
        for row in read_jsonl(folder / "queries.jsonl"):
            self.strings.add(squeeze(row["text"]))
        for row in read_jsonl(folder / "corpus.jsonl"):
            if row["_id"] in relevant:
                self.strings.add(squeeze(row["text"]))

    def hit(self, pair: Pair) -> bool:
        """Whether one side equals an excluded string."""
        return squeeze(pair[0]) in self.strings or squeeze(pair[1]) in self.strings


def read_jsonl(path: Path) -> Iterator[dict]:
    """Objects of a JSON-lines file, compressed or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def tidy(text: str, limit: int) -> str:
    """Folded text with single spaces, cut to `limit` characters."""
    return _SPACES.sub(" ", fold(text)).strip()[:limit]


def load_source(
    folder: Path,
    source: Source,
    seen: set[int],
    exclusions: Exclusions,
    limits: tuple[int, int],
    seed: int,
) -> tuple[list[Pair], CleaningReport]:
    """Clean one file.

    Args:
        seen: hashes of the pairs taken so far from any file; grows.
        limits: characters a query and a passage are cut to.
        seed: decides which rows stay when a file has more than its cap.

    Returns:
        The pairs in a seeded order, and what was left out.
    """
    if not source.redistributable:
        raise ValueError(f"{source.name} is flagged: {source.licence}")
    report = CleaningReport(source.name)
    pairs: list[Pair] = []
    for row in read_jsonl(folder / f"{source.name}.jsonl.gz"):
        report.read += 1
        if exclusions.hit((row["q"], row["p"])):
            report.excluded += 1
            continue
        pair = (tidy(row["q"], limits[0]), tidy(row["p"], limits[1]))
        key = hash((squeeze(pair[0]), squeeze(pair[1])))
        if not _speaks(pair):
            report.empty += 1
        elif key in seen:
            report.duplicates += 1
        else:
            seen.add(key)
            pairs.append(pair)
    random.Random(f"{seed}-{source.name}").shuffle(pairs)
    kept = cap(pairs, source.cap, source.per_query)
    report.capped = len(pairs) - len(kept)
    report.kept = len(kept)
    return kept, report


def cap(pairs: list[Pair], total: int, per_query: int) -> list[Pair]:
    """The first `total` pairs with at most `per_query` of the same query."""
    taken: Counter[str] = Counter()
    kept = []
    for pair in pairs:
        if len(kept) == total:
            break
        if taken[pair[0]] < per_query:
            taken[pair[0]] += 1
            kept.append(pair)
    return kept


def _speaks(pair: Pair) -> bool:
    left, right = squeeze(pair[0]), squeeze(pair[1])
    return bool(left) and bool(right) and left != right


def term_rounds(synonyms: Collection[tuple[str, ...]], rounds: int, seed: int) -> list[list[Pair]]:
    """Lists that each hold one pair of names of every term, so that no batch sets synonyms against each other."""
    folded = [tuple(dict.fromkeys(tidy(name, 200) for name in names)) for names in synonyms]
    draw = random.Random(seed)
    made = []
    for _ in range(rounds):
        chosen = [draw.sample(names, 2) for names in folded if len(names) > 1]
        made.append([(first, second) for first, second in chosen])
    return made


def gloss_synonyms(pairs: Iterable[Pair], largest: int = 6) -> list[Pair]:
    """Chinese words that share a whole English gloss, as pairs.

    Args:
        pairs: (English gloss, Chinese word).
        largest: a gloss with more words than this is too vague to make synonyms.
    """
    words: dict[str, list[str]] = {}
    for gloss, word in pairs:
        if gloss.isascii() and not word.isascii():
            words.setdefault(gloss, []).append(word)
    return [(a, b) for group in words.values() if len(group) <= largest for a in group for b in group if a < b]


_SENTENCES = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")


def inner_pairs(passages: Iterable[str], seed: int, shortest: int = 8) -> list[Pair]:
    """A sentence of each passage, and the passage without it: what stands together is related.

    Half of the time the sentence stays in the passage, so that the model also learns that sharing words counts.
    """
    draw = random.Random(seed)
    made = []
    for passage in passages:
        if is_english(passage):
            continue
        sentences = [s for s in _SENTENCES.findall(passage) if len(s) >= shortest]
        if len(sentences) < 2:
            continue
        sentence = draw.choice(sentences)
        rest = passage if draw.random() < 0.5 else passage.replace(sentence, " ", 1)
        made.append((sentence.strip(), rest.strip()))
    return made
