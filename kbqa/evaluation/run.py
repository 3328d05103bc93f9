"""A batch run: questions through the same door as the chat, measured, written so that any scorer can judge it."""

from __future__ import annotations

import json
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ir_measures

from kbqa.errors import EvaluationError, QuestionError
from kbqa.evaluation.measures import cites_evidence, nugget_recall, relevance
from kbqa.evaluation.questions import Case
from kbqa.knowledge import KnowledgeBase
from kbqa.types import Answer, Citation

PASSAGE_CHARACTERS = 400
_PASSAGES = 10
_MEASURES = (ir_measures.Success @ 1, ir_measures.Success @ 3, ir_measures.RR @ 10)


@dataclass(frozen=True, slots=True)
class Result:
    """What came out for one question.

    Attributes:
        seconds: wall time of `ask`; kept out of the report so that reports compare byte for byte.
    """

    case: Case
    understood_as: str
    passages: tuple[str, ...]
    answer: str
    citations: tuple[Citation, ...]
    abstained: bool
    confidence: float
    seconds: float
    nugget_recall: float | None
    cited_evidence: bool | None
    citations_exact: bool


@dataclass(frozen=True, slots=True)
class Report:
    """Aggregate and per-question measures; everything in it is the same for the same index, settings and questions."""

    settings_digest: str
    notes_digest: str
    questions: int
    aggregate: dict[str, float]
    by_type: dict[str, dict[str, float]]
    per_question: tuple[dict[str, Any], ...]


def run_case(kb: KnowledgeBase, case: Case) -> Result:
    """Ask one question and judge what comes back; a question that is refused as invalid counts as abstained."""
    started = time.perf_counter()
    try:
        answer = kb.ask(case.question, case.history)
    except QuestionError as error:
        answer = Answer(case.question, case.question, "fact", (), (), 0.0, True, (), notices=(error.zh,))
    seconds = time.perf_counter() - started
    text = answer.text
    around = [*(c.quote for c in answer.citations), *_cited_passages(answer)]
    exact = all(kb.document(c.doc_id).text[c.start : c.end] == c.quote for c in answer.citations)
    judged = case.answerable
    return Result(
        case, answer.understood_as, tuple(h.chunk.text[:PASSAGE_CHARACTERS] for h in answer.hits[:_PASSAGES]), text,
        answer.citations, answer.abstained, answer.confidence, seconds,
        (0.0 if answer.abstained else nugget_recall(text, case.nuggets)) if judged and case.nuggets else None,
        (not answer.abstained and cites_evidence(around, case.evidence)) if judged and case.evidence else None,
        exact,
    )  # fmt: skip


def _cited_passages(answer: Answer) -> Iterable[str]:
    """Texts of the hits that a citation lies in."""
    for hit in answer.hits:
        chunk = hit.chunk
        if any(c.doc_id == chunk.doc_id and chunk.start <= c.start < chunk.end for c in answer.citations):
            yield chunk.text[:PASSAGE_CHARACTERS]


def run(
    kb: KnowledgeBase, cases: Sequence[Case], progress: Callable[[int, int], None] = lambda done, total: None
) -> list[Result]:
    """All questions in order."""
    results = []
    for done, case in enumerate(cases, 1):
        results.append(run_case(kb, case))
        progress(done, len(cases))
    return results


def report(kb: KnowledgeBase, results: Sequence[Result]) -> Report:
    """Measures over all questions and by type."""
    ranked = _ranked(results)
    rows = tuple(_row(result, ranked.get(result.case.id, {})) for result in results)
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["type"]].append(row)
    by_type = {name: _aggregate(group) for name, group in sorted(groups.items())}
    return Report(kb.settings.digest, kb.info().notes_digest, len(rows), _aggregate(rows), by_type, rows)


def _ranked(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Question id → measure → value, by ir_measures; a question without a supporting passage scores 0."""
    judged = [r for r in results if r.case.answerable and r.case.evidence]
    qrels, scored = [], []
    for result in judged:
        qrels.append(ir_measures.Qrel(result.case.id, "\0unfound", 1))
        for place, hit in enumerate(relevance(result.passages, result.case.evidence)):
            qrels.append(ir_measures.Qrel(result.case.id, str(place), int(hit)))
            scored.append(ir_measures.ScoredDoc(result.case.id, str(place), float(-place)))
    values: dict[str, dict[str, float]] = {r.case.id: {str(m): 0.0 for m in _MEASURES} for r in judged}
    for metric in ir_measures.iter_calc(_MEASURES, qrels, scored):
        values[metric.query_id][str(metric.measure)] = float(metric.value)
    return values


def _row(result: Result, ranks: dict[str, float]) -> dict[str, Any]:
    case = result.case
    return {
        "id": case.id, "type": case.type or "-", "question": case.question, "understood_as": result.understood_as,
        "answerable": case.answerable, "abstained": result.abstained, "confidence": result.confidence, **ranks,
        "nugget_recall": result.nugget_recall, "cited_evidence": result.cited_evidence,
        "citations_exact": result.citations_exact, "answer_characters": len(result.answer), "answer": result.answer,
        "refusal_recall": float(result.abstained) if not case.answerable else None,
        "false_refusal": float(result.abstained) if case.answerable else None,
    }  # fmt: skip


_AVERAGED = (
    *map(str, _MEASURES),
    "nugget_recall",
    "cited_evidence",
    "citations_exact",
    "refusal_recall",
    "false_refusal",
)


def _aggregate(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Means over the questions that a measure applies to, and the median length of the answers given."""
    values: dict[str, float] = {}
    for name in _AVERAGED:
        known = [float(row[name]) for row in rows if row.get(name) is not None]
        if known:
            values[name] = round(sum(known) / len(known), 4)
    lengths = [row["answer_characters"] for row in rows if not row["abstained"]]
    if lengths:
        values["median_answer_characters"] = float(statistics.median(lengths))
    return values


def make_folder(out: Path) -> None:
    """Make the folder for reports.

    Raises:
        EvaluationError: something else stands there, or it may not be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EvaluationError(
            f"不能写入 {out}（{error.strerror}）。请用 --out 换一个文件夹。",
            f"Cannot write to {out}. Choose another --out.",
        ) from None


def write(out: Path, results: Sequence[Result], summary: Report) -> None:
    """Write `run.jsonl` (one line a question, with timing) and `report.json` (no timing) into a folder."""
    make_folder(out)
    with (out / "run.jsonl").open("w", encoding="utf-8") as file:
        for result in results:
            file.write(json.dumps(_run_line(result), ensure_ascii=False) + "\n")
    (out / "report.json").write_text(
        json.dumps(asdict(summary), ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8"
    )


def _run_line(result: Result) -> dict[str, Any]:
    return {
        "id": result.case.id, "question": result.case.question, "understood_as": result.understood_as,
        "passages": list(result.passages), "answer": result.answer,
        "citations": [{"doc_id": c.doc_id, "start": c.start, "end": c.end, "quote": c.quote} for c in result.citations],
        "abstained": result.abstained, "confidence": result.confidence, "seconds": round(result.seconds, 4),
    }  # fmt: skip
