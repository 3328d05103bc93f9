"""Adapting the embedded model to a team's notes, and keeping the result only if it finds more.

Queries come from what an index holds already: headings ask for their sections, names of terms for the sentence that
defines them, some words of a passage for the passage, and questions that were marked as well answered for their evidence.
A part of each kind is held out. The tuned model is kept if it ranks the held-out passages better among all passages of the
index, and no worse than a little on pairs that have nothing to do with the notes.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.errors import EncoderError, EvaluationError
from kbqa.indexing.index import Index
from kbqa.indexing.static_model import StaticModel
from kbqa.terms.glossary import names_of
from kbqa.text import fold
from kbqa.training.config import TrainingConfig
from kbqa.training.own import read_own
from kbqa.training.pairs import Pair, tidy
from kbqa.training.precedents import save_precedents
from kbqa.training.synthetic import keyword_queries

Progress = Callable[[str, int, int], None]

_HELD_OUT = 5  # one query in so many
_LEAST_PAIRS = 40
_GENERAL = 800  # pairs of our own that the tuned model must not lose
_MOST_LOST = 0.01
_MOST_PASSAGES = 20_000
_SHORTEST = 15
PREFIX = "tuned-"
# Gentle: the model knows the language, only the notes' use of words is new to it.
CONFIG = TrainingConfig(
    epochs=3.0, learning_rate=0.015, batch_size=256, rarity=0.0, aligned=False, mined=0, dimensions=(1024, 512, 256)
)


@dataclass(frozen=True, slots=True)
class Example:
    """A query and the passage it should find.

    Attributes:
        kind: heading, term, words or feedback.
        row: the passage's chunk row in the index.
        text: the passage as trained on, without the heading where the heading is the query.
    """

    kind: str
    query: str
    row: int
    text: str


@dataclass(frozen=True, slots=True)
class TuneReport:
    """What tuning did; figures are RR@10 over all passages of the index, 0 to 1.

    Attributes:
        examples: queries trained on, by kind.
        held_out: queries measured.
        before: of the model as it was.
        after: of the tuned model.
        general_before: RR@10 of general pairs that have nothing to do with the notes.
        folder: the tuned model, if it was kept.
    """

    examples: dict[str, int]
    held_out: int
    before: float
    after: float
    general_before: float
    general_after: float
    seconds: float
    folder: Path | None = field(default=None)

    @property
    def kept(self) -> bool:
        return self.folder is not None


def tune(
    index: Index,
    model: Path,
    into: Path,
    feedback: Sequence[Pair] = (),
    config: TrainingConfig = CONFIG,
    progress: Progress = lambda stage, done, total: None,
) -> TuneReport:
    """Train on an index's own passages and measure.

    Args:
        model: folder of the static model to start from.
        into: folder in which the tuned model gets one of its own, named by its digest, if it wins.
        feedback: (question, evidence) that people marked as right.

    Raises:
        EncoderError: the notes hold too little to learn from.
    """
    from kbqa.training.export import load_rows, save_model
    from kbqa.training.train import train, unit

    started = time.monotonic()
    examples = collect(index, feedback, config.seed)
    if len(examples) < _LEAST_PAIRS:
        raise EncoderError(
            f"笔记里只能得到 {len(examples)} 个训练样本，至少要 {_LEAST_PAIRS} 个。请先加入更多有标题的笔记，再运行 kbqa tune。",
            f"The notes give {len(examples)} examples; at least {_LEAST_PAIRS} are needed. Add notes with headings, then run kbqa tune.",
        )
    learned, held = split(examples, config.seed)
    pieces, rows = load_rows(model)
    pairs = {kind: [(e.query, e.text) for e in learned if e.kind == kind] for kind in sorted({e.kind for e in learned})}
    pairs["negatives"] = hard_negatives(index, learned)  # type: ignore[assignment]
    # Replayed, so that what the notes do not speak of is not forgotten.
    pairs["general"] = [(tidy(p.query, 300), tidy(p.positive, 400)) for p in read_own()][: 2 * len(learned)]
    config = with_batch_for(config, len(learned))
    trained = train(
        pieces, {name: found for name, found in pairs.items() if found}, rows / unit(rows), config, progress
    )
    scratch = into / "tuning"
    save_model(scratch, trained, pieces, {"tuned": True, "training": config.as_dict()})
    save_precedents(scratch)
    old, new = StaticModel.load(model), StaticModel.load(scratch)
    before, after = (_rank_held_out(m, index, held) for m in (old, new))
    general = [_rank_general(m, config.seed) for m in (old, new)]
    kept = after > before and general[1] >= general[0] - _MOST_LOST
    folder = _settle(scratch, into / f"{PREFIX}{new.digest[:12]}" if kept else None)
    counts = {kind: sum(e.kind == kind for e in learned) for kind in sorted({e.kind for e in learned})}
    seconds = time.monotonic() - started
    return TuneReport(counts, len(held), before, after, *general, seconds, folder)


# --- examples ---------------------------------------------------------------------------------------------------------


def collect(index: Index, feedback: Sequence[Pair] = (), seed: int = 0) -> list[Example]:
    """Everything an index can teach, tidied; passages of fewer than 15 characters teach nothing."""
    count = min(index.manifest.chunks, _MOST_PASSAGES)
    texts = [tidy(index.chunks.chunk(row).text, 400) for row in range(count)]
    usable = [row for row, text in enumerate(texts) if len(text) >= _SHORTEST]
    examples = [e for row in usable for e in _of_headings(index, row, texts[row])]
    examples += [e for e in _of_terms(index, texts)]
    row_of = {texts[row]: row for row in usable}
    queries, _ = keyword_queries([texts[row] for row in usable], {}, seed)
    examples += [Example("words", query, row_of[text], text) for query, text in queries]
    examples += [e for pair in feedback if (e := _of_feedback(pair, texts))]
    return list(dict.fromkeys(examples))


def _of_headings(index: Index, row: int, text: str) -> list[Example]:
    path = index.chunks.chunk(row).heading_path
    return [Example("heading", tidy(" ".join(path[-2:]), 300), row, text)] if path else []


def _of_terms(index: Index, texts: Sequence[str]) -> list[Example]:
    rows: dict[str, list[int]] = {}
    for row in range(len(texts)):
        rows.setdefault(index.chunks.chunk(row).doc_id, []).append(row)
    found = []
    for term in index.glossary.terms:
        if not term.definition:
            continue
        doc_id, start, end = term.definition
        here = [row for row in rows.get(doc_id, ()) if _overlaps(index, row, start, end)]
        for name in names_of(term) if here else ():
            found.append(Example("term", tidy(name, 300), here[0], texts[here[0]]))
    return found


def _overlaps(index: Index, row: int, start: int, end: int) -> bool:
    chunk = index.chunks.chunk(row)
    return chunk.start < end and start < chunk.end


def _of_feedback(pair: Pair, texts: Sequence[str]) -> Example | None:
    """The passage that holds the evidence; none if the notes no longer say it."""
    evidence = tidy(pair[1], 400)
    row = next((i for i, text in enumerate(texts) if evidence and (evidence in text or text in evidence)), None)
    return None if row is None else Example("feedback", tidy(pair[0], 300), row, texts[row])


def split(examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Examples to learn from and to measure on; a query's every form is on one side, so nothing is given away.

    Words of a passage are for learning only: finding a passage by its own words is no test.
    """
    draw = random.Random(seed)
    queries = sorted({fold(e.query) for e in examples if e.kind != "words"})
    draw.shuffle(queries)
    held = set(queries[: max(1, len(queries) // _HELD_OUT)])
    measured = [e for e in examples if e.kind != "words" and fold(e.query) in held]
    return [e for e in examples if fold(e.query) not in held], measured


def hard_negatives(index: Index, examples: Sequence[Example]) -> list[tuple[str, str, str]]:
    """For each heading and question the nearest passage of the index that does not answer it."""
    chosen = [e for e in examples if e.kind in ("heading", "feedback")]
    answers: dict[str, set[int]] = {}
    for e in chosen:
        answers.setdefault(e.query, set()).add(e.row)
    found = []
    for e, vector in zip(chosen, index.encoder.encode_queries([e.query for e in chosen]), strict=True):
        rows, _ = index.dense.search(vector, 10)
        wrong = [int(row) for row in rows if int(row) not in answers[e.query]]
        text = tidy(index.chunks.chunk(wrong[0]).text, 400) if wrong else ""
        if len(text) >= _SHORTEST and text != e.text:
            found.append((e.query, e.text, text))
    return found


def read_feedback(path: Path) -> list[Pair]:
    """(question, evidence) of rows marked 👍 in a JSONL file: `question`, `evidence` (a quote or a list), `rating`.

    Raises:
        EvaluationError: the file is missing or a line is no such row; names the line.
    """
    found: list[Pair] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(
            f"反馈文件 {path} 无法读取（{error}）。请检查路径。", f"{path} cannot be read ({error}). Check the path."
        ) from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
            question, evidence, rating = str(row["question"]), row["evidence"], str(row.get("rating", "up"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise EvaluationError(
                f"{path.name} 第 {number} 行不是反馈：要有 question 与 evidence。请改正或删去这一行。",
                f"{path.name}, line {number}: expected question and evidence. Mend or remove the line.",
            ) from None
        if rating in ("up", "👍", "1", "True"):
            found += [(question, str(quote)) for quote in (evidence if isinstance(evidence, list) else [evidence])]
    return found


# --- measuring --------------------------------------------------------------------------------------------------------


def _rank_held_out(model: StaticModel, index: Index, held: Sequence[Example]) -> float:
    texts = [tidy(index.chunks.chunk(row).text, 400) for row in range(min(index.manifest.chunks, _MOST_PASSAGES))]
    return reciprocal_rank(model.encode([e.query for e in held]), model.encode(texts), [e.row for e in held])


def _rank_general(model: StaticModel, seed: int) -> float:
    pairs = random.Random(seed).sample(read_own(), _GENERAL)
    queries, passages = [p.query for p in pairs], [p.positive for p in pairs]
    return reciprocal_rank(model.encode(queries), model.encode(passages), list(range(len(pairs))))


def reciprocal_rank(queries: NDArray[np.float32], passages: NDArray[np.float32], answers: Sequence[int]) -> float:
    """RR@10, mean over queries [n, d] whose answers are rows of passages [m, d]; a tie counts against the model."""
    scores = queries @ passages.T
    right = scores[np.arange(len(answers)), list(answers)]
    ranks = (scores >= right[:, None]).sum(axis=1)
    return round(float(np.where(ranks <= 10, 1 / ranks, 0.0).mean()), 6)


def _settle(scratch: Path, place: Path | None) -> Path | None:
    """Put the finished model in its place, or remove it; returns the place."""
    if place is None or place.exists():
        shutil.rmtree(scratch)
    else:
        scratch.rename(place)
    return place


def with_batch_for(config: TrainingConfig, examples: int) -> TrainingConfig:
    """Smaller batches for few examples: an epoch should be some steps, not one."""
    return replace(config, batch_size=max(32, min(config.batch_size, examples // 8)))
