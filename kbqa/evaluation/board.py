"""The quality board: retrieval alone, on sets that others made, with the index and the ranking of the chat.

Every passage is indexed as it stands, one a row, without reading, cleaning or chunking; only its `text` counts. What is
measured is what the chat searches with: `KnowledgeBase.search` over a real generation, spelling correction included.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import get_args

import ir_measures

from kbqa.errors import KbqaError, QuestionError
from kbqa.evaluation.beir import RetrievalSet, read_set
from kbqa.indexing import store
from kbqa.indexing.build import build_glossary
from kbqa.indexing.earlier import Earlier
from kbqa.indexing.encoder import Encoder, load_encoder
from kbqa.indexing.index import Index, save_reports
from kbqa.indexing.parallel import parallel_map
from kbqa.indexing.segment import SEGMENTER
from kbqa.indexing.write import write_index
from kbqa.knowledge import KnowledgeBase
from kbqa.notes.reading import READER_VERSION
from kbqa.settings import DEFAULT_ENCODER, BuildSettings, Mode, QuerySettings, Settings
from kbqa.terms.mining import mine_terms
from kbqa.types import Chunk, Document, Term

Progress = Callable[[str, int, int], None]

MODES: tuple[Mode, ...] = get_args(Mode)
DEPTH = 10
_MEASURES = (ir_measures.Success @ 1, ir_measures.RR @ DEPTH, ir_measures.nDCG @ DEPTH, ir_measures.R @ DEPTH)
MEASURES = tuple(map(str, _MEASURES))

_MINE_BATCH = 256
_PARALLEL_PASSAGES = 4_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way of retrieving reached on one set.

    Attributes:
        queries: those with a relevant passage; every mean is over all of them.
        refused: queries among them that the question checker refuses (too long, no words); they score 0.
        values: measure → mean, 0 to 1.
        ms_p50: median wall time of a query, in milliseconds; 0 if all were refused.
    """

    name: str
    queries: int
    passages: int
    refused: int
    mode: Mode
    encoder: str
    values: Mapping[str, float]
    ms_p50: float


@dataclass(frozen=True, slots=True)
class Board:
    """Figures of all sets, and why the others have none."""

    figures: tuple[Figures, ...]
    failed: tuple[KbqaError, ...]


def run_board(
    folders: Sequence[Path],
    modes: Sequence[Mode] = ("hybrid",),
    encoder: str = DEFAULT_ENCODER,
    work: Path | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Board:
    """Measure retrieval on sets in BEIR layout; a bad one never stops the others.

    Args:
        modes: all of them are measured on one index of each set.
        encoder: name of the embedded model, or a path or hub name of a sentence-transformers model.
        work: where indexes are kept for the next run; without it they are removed at the end.
        progress: called with a stage's name, how much is done and how much there is.

    Raises:
        EncoderError: the model is not on this machine.
    """
    model = load_encoder(encoder)
    figures: list[Figures] = []
    failed: list[KbqaError] = []
    with _place(work) as place:
        for done, folder in enumerate(folders, 1):
            try:
                asked = read_set(folder)
                index = build_set(asked, model, place, progress)
                figures += measure(asked, index, modes, progress)
            except KbqaError as error:
                failed.append(error)
            progress("sets", done, len(folders))
    return Board(tuple(figures), tuple(failed))


def mean(figures: Sequence[Figures]) -> dict[str, float]:
    """Measure → mean over sets, each set counting once; empty without figures."""
    names = MEASURES if figures else ()
    return {name: round(math.fsum(f.values[name] for f in figures) / len(figures), 4) for name in names}


@contextmanager
def _place(work: Path | None) -> Iterator[Path]:
    if work is None:
        with tempfile.TemporaryDirectory(prefix="kbqa-board-") as folder:
            yield Path(folder)
    else:
        yield work


# --- the index of a set -----------------------------------------------------------------------------------------------


def build_set(
    asked: RetrievalSet, encoder: Encoder, work: Path, progress: Progress = lambda stage, done, total: None
) -> Path:
    """An index of the passages as they stand, one chunk each, in id order; one in `work` that is current is kept.

    Returns:
        The index folder.

    Raises:
        StoreError: another process is writing it, or `work` cannot be written.
        EncoderError: the encoder does not fit the passages.
    """
    index = work / f"{asked.name}-{asked.digest[:8]}-{encoder.digest[:8]}"
    settings = BuildSettings(encoder=encoder.name)
    documents = [Document(name, "", asked.passages[name], (), "") for name in sorted(asked.passages)]
    glossary = build_glossary(documents, _mined(documents, progress))
    made_by = {
        "format_version": store.FORMAT_VERSION, "notes": asked.name, "notes_digest": asked.digest,
        "settings": asdict(settings), "encoder": encoder.name, "encoder_digest": encoder.digest,
        "dimension": encoder.dimension, "dictionary_digest": glossary.digest, "reader_version": READER_VERSION,
        "segmenter": SEGMENTER,
    }  # fmt: skip
    with store.writing(index) as folder:
        earlier = Earlier.open(index, encoder)
        if earlier and earlier.made_by == made_by:
            return index
        chunks = [Chunk(f"{d.doc_id}#0001", d.doc_id, (), d.text, 0, len(d.text)) for d in documents]
        counts = write_index(folder, documents, chunks, glossary, encoder, settings, earlier, progress)
        save_reports(folder, ())
        store.publish(index, folder, store.Manifest(**made_by, **counts, files=store.file_table(folder)))
    return index


def _mined(documents: Sequence[Document], progress: Progress) -> list[Term]:
    """Terms that the passages introduce, as a build finds them."""
    batches = [documents[i : i + _MINE_BATCH] for i in range(0, len(documents), _MINE_BATCH)]
    found = []
    for terms in parallel_map(mine_terms, batches, worthwhile=len(documents) > _PARALLEL_PASSAGES):
        found.append(terms)
        progress("mining", len(found), len(batches))
    return list(chain.from_iterable(found))


# --- asking -----------------------------------------------------------------------------------------------------------


def measure(
    asked: RetrievalSet, index: Path, modes: Sequence[Mode], progress: Progress = lambda stage, done, total: None
) -> list[Figures]:
    """Ask all queries in every mode and judge what is found."""
    opened = Index.open(index)
    build = BuildSettings(encoder=opened.manifest.encoder)
    figures = []
    for mode in modes:
        kb = KnowledgeBase(index, opened, Settings(build, QuerySettings(mode=mode)))
        ranked, seconds = _ask(kb, asked.queries, progress)
        figures.append(
            Figures(
                asked.name, len(asked.queries), len(asked.passages), len(asked.queries) - len(seconds), mode,
                build.encoder, judge(asked.qrels, ranked),
                round(1000 * statistics.median(seconds), 2) if seconds else 0.0,
            )
        )  # fmt: skip
    return figures


def _ask(
    kb: KnowledgeBase, queries: Mapping[str, str], progress: Progress
) -> tuple[dict[str, tuple[str, ...]], list[float]]:
    """Query id → ids of the best passages, and the seconds each took; both without the queries that were refused."""
    ranked: dict[str, tuple[str, ...]] = {}
    seconds = []
    for done, (name, text) in enumerate(queries.items(), 1):
        started = time.perf_counter()
        try:
            ranked[name] = tuple(hit.chunk.doc_id for hit in kb.search(text, DEPTH))
            seconds.append(time.perf_counter() - started)
        except QuestionError:
            pass  # nothing found: `judge` counts it as 0
        progress("asking", done, len(queries))
    return ranked, seconds


def judge(qrels: Mapping[str, Mapping[str, int]], ranked: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Measure → mean over all queries of `qrels`; a query that has no ranking scores 0.

    Args:
        qrels: query id → passage id → grade above 0.
        ranked: query id → passage ids, best first.
    """
    judged = [ir_measures.Qrel(query, passage, grade) for query, row in qrels.items() for passage, grade in row.items()]
    # The place as the score: evaluators break ties by id, not the way the search did.
    run = [
        ir_measures.ScoredDoc(q, passage, -float(place))
        for q, row in ranked.items()
        for place, passage in enumerate(row)
    ]
    values: dict[str, list[float]] = {name: [] for name in MEASURES}
    for metric in ir_measures.iter_calc(_MEASURES, judged, run):
        values[str(metric.measure)].append(float(metric.value))
    return {name: round(math.fsum(values[name]) / len(qrels), 4) for name in MEASURES}
