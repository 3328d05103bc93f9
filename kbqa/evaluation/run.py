"""A batch run: questions through the same door as the chat, written line by line so that any scorer can judge it.

A run that is interrupted goes on where it stopped: what was asked of the same index with the same settings stands in
`run.jsonl` and is not asked again. `kbqa.evaluation.report` judges what came out.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kbqa.errors import EvaluationError, QuestionError, RunStopped
from kbqa.evaluation.questions import Case
from kbqa.indexing.parallel import parallel_map
from kbqa.knowledge import KnowledgeBase
from kbqa.types import Answer, Citation

PASSAGE_CHARACTERS = 400
_PASSAGES = 10
_WORTH_FORKING = 40  # questions
RUN, STATE = "run.jsonl", "run.state.json"


@dataclass(frozen=True, slots=True)
class Result:
    """What came out for one question.

    Attributes:
        passages: what the retriever ranked, best first, at most 400 characters each.
        cited: positions among the passages that a citation lies in.
        sentences: text of each sentence of the answer, with its quotes' numbers among the citations.
        exact: whether every citation equals its slice of the note.
        seconds: wall time of `ask`; kept out of the report so that reports compare byte for byte.
    """

    id: str
    question: str
    understood_as: str
    passages: tuple[str, ...]
    cited: tuple[int, ...]
    answer: str
    sentences: tuple[tuple[str, tuple[int, ...]], ...]
    citations: tuple[Citation, ...]
    abstained: bool
    confidence: float
    exact: bool
    seconds: float


def run_case(kb: KnowledgeBase, case: Case) -> Result:
    """Ask one question; one that is refused as invalid counts as abstained."""
    started = time.perf_counter()
    try:
        answer = kb.ask(case.question, case.history)
    except QuestionError as error:
        answer = Answer(case.question, case.question, "fact", (), (), 0.0, True, (), notices=(error.zh,))
    seconds = time.perf_counter() - started
    hits = answer.hits[:_PASSAGES]
    cited = tuple(
        place
        for place, chunk in enumerate(hit.chunk for hit in hits)
        if any(c.doc_id == chunk.doc_id and chunk.start <= c.start < chunk.end for c in answer.citations)
    )
    exact = all(kb.document(c.doc_id).text[c.start : c.end] == c.quote for c in answer.citations)
    return Result(
        case.id, case.question, answer.understood_as, tuple(h.chunk.text[:PASSAGE_CHARACTERS] for h in hits), cited,
        answer.text, tuple((s.text, s.citations) for s in answer.sentences), answer.citations, answer.abstained,
        answer.confidence, exact, seconds,
    )  # fmt: skip


def run(
    kb: KnowledgeBase,
    cases: Sequence[Case],
    progress: Callable[[int, int], None] = lambda done, total: None,
    out: Path | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Result]:
    """All questions in order, on all cores.

    Args:
        out: folder that keeps every result as soon as it is there; an earlier run of the same questions, index and
            settings in it is gone on with.
        stop: asked after every question but the last; a run that stops leaves in `out` what the next one goes on with.

    Raises:
        EvaluationError: the folder cannot be written.
        RunStopped: `stop` said so.
    """
    held = _held(out, kb, cases) if out else {}
    left = [case for case in cases if case.id not in held]
    done = len(cases) - len(left)
    results = dict(held)
    with _Writer(out, kb, cases, bool(held)) as keep:
        for result in parallel_map(lambda case: run_case(kb, case), left, worthwhile=len(left) > _WORTH_FORKING):
            results[result.id] = result
            keep(result)
            done += 1
            progress(done, len(cases))
            if done < len(cases) and stop():
                raise RunStopped(done, len(cases))
    return [results[case.id] for case in cases]


# --- the folder of a run ----------------------------------------------------------------------------------------------


def make_folder(out: Path) -> None:
    """Make the folder for reports.

    Raises:
        EvaluationError: something else stands there, or it may not be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(out, error) from None


def _unwritable(out: Path, error: OSError) -> EvaluationError:
    return EvaluationError(
        f"不能写入 {out}（{error.strerror}）。请用 --out 换一个文件夹。",
        f"Cannot write to {out}. Choose another --out.",
    )


class _Writer:
    """Writes results to `run.jsonl` one by one; does nothing without a folder."""

    def __init__(self, out: Path | None, kb: KnowledgeBase, cases: Sequence[Case], goes_on: bool) -> None:
        self._out, self._goes_on = out, goes_on
        self._state = _state(kb, cases) if out else {}

    def __enter__(self) -> Callable[[Result], None]:
        if self._out is None:
            return lambda result: None
        make_folder(self._out)
        try:
            (self._out / STATE).write_text(json.dumps(self._state, sort_keys=True), "utf-8")
            file = self._file = (self._out / RUN).open("a" if self._goes_on else "w", encoding="utf-8")
        except OSError as error:
            raise _unwritable(self._out, error) from None
        if self._goes_on and not (self._out / RUN).read_bytes().endswith(b"\n"):
            file.write("\n")  # behind a line that was cut off

        def keep(result: Result) -> None:
            file.write(json.dumps(run_line(result), ensure_ascii=False) + "\n")
            file.flush()

        return keep

    def __exit__(self, *error: Any) -> None:
        if self._out is not None:
            self._file.close()


def _state(kb: KnowledgeBase, cases: Sequence[Case]) -> dict[str, str]:
    """What has to be the same for results to be taken over."""
    asked = json.dumps([[c.id, c.question, c.history] for c in cases], ensure_ascii=False)
    return {
        "generation": kb.info().notes_digest, "dictionary": kb.info().dictionary_digest, "encoder": kb.info().encoder_digest,
        "build": json.dumps(kb.info().settings, sort_keys=True), "reader": f"{kb.info().reader_version} {kb.info().segmenter}",
        "settings": kb.settings.digest, "calibration": kb.calibration.digest, "questions": hashlib.sha256(asked.encode()).hexdigest(),
    }  # fmt: skip


def _held(out: Path, kb: KnowledgeBase, cases: Sequence[Case]) -> dict[str, Result]:
    """Results of an unfinished run of the same; a finished one is asked anew."""
    try:
        if json.loads((out / STATE).read_text("utf-8")) != _state(kb, cases):
            return {}
        lines = (out / RUN).read_text("utf-8").split("\n")
    except (OSError, ValueError):
        return {}
    held = {result.id: result for line in lines if (result := _read_line(line))}
    return held if len(held) < len(cases) else {}


def run_line(result: Result) -> dict[str, Any]:
    """A result as a line of `run.jsonl`."""
    citations = [{"doc_id": c.doc_id, "start": c.start, "end": c.end, "quote": c.quote} for c in result.citations]
    places = [[c.heading_path, c.line, c.also_in, c.matched] for c in result.citations]
    return {**asdict(result), "citations": citations, "seconds": round(result.seconds, 4), "places": places}


def _read_line(line: str) -> Result | None:
    """A line of `run.jsonl`; None for one that was cut off."""
    try:
        row = json.loads(line)
        row["citations"] = tuple(
            Citation(
                **c, heading_path=tuple(path), line=line, also_in=tuple(map(tuple, copies)), matched=tuple(matched)
            )
            for c, (path, line, copies, matched) in zip(row["citations"], row.pop("places"), strict=True)
        )
        row["sentences"] = tuple((text, tuple(numbers)) for text, numbers in row["sentences"])
        return Result(**{**row, "passages": tuple(row["passages"]), "cited": tuple(row["cited"])})
    except (ValueError, KeyError, TypeError):
        return None


def read_run(out: Path) -> Iterator[Result]:
    """The results in a run's folder, in the order they were written."""
    for line in (out / RUN).read_text("utf-8").split("\n"):
        if result := _read_line(line):
            yield result
