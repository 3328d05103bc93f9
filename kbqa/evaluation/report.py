"""(questions, results) → report: every measure by question, by type and over all, with intervals. No I/O but writing it.

Everything in a report is the same for the same index, settings and questions; time is kept apart.
"""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np

from kbqa.evaluation.measures import (
    answer_precision,
    citation_precision,
    citation_recall,
    cites_evidence,
    nugget_recall,
    relevance,
)
from kbqa.evaluation.page import failure_reason, html_page
from kbqa.evaluation.questions import Case
from kbqa.evaluation.refusal import aurc, auroc, refusal_recall_at, risk_coverage
from kbqa.evaluation.run import Result, make_folder, run_line

_RANKED = (
    ir_measures.Success @ 1, ir_measures.Success @ 3, ir_measures.RR @ 10, ir_measures.nDCG @ 10, ir_measures.R @ 10,
)  # fmt: skip
# Means over the questions that a measure applies to.
AVERAGED = (
    *map(str, _RANKED), "nugget_recall", "answer_precision", "cited_evidence", "citation_precision", "citation_recall",
    "citations_exact", "refusal_recall", "false_refusal",
)  # fmt: skip
_RESAMPLES, _SEED, _LEVEL = 1000, 7, 0.95


@dataclass(frozen=True, slots=True)
class Report:
    """Measures of one run.

    Attributes:
        aggregate: measure → value; means, and `AUROC`, `AURC`, `refusal_recall@5%`, `median_answer_characters`.
        intervals: measure → bounds within which 95 % of means over resampled questions fall.
        risk_coverage: coverage and risk, one point a threshold.
    """

    settings_digest: str
    notes_digest: str
    questions: int
    aggregate: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    by_type: dict[str, dict[str, float]]
    risk_coverage: tuple[tuple[float, float], ...]
    per_question: tuple[dict[str, Any], ...]


def report(settings_digest: str, notes_digest: str, cases: Sequence[Case], results: Sequence[Result]) -> Report:
    """Judge a run; `results[i]` answers `cases[i]`."""
    ranked = _ranked(cases, results)
    rows = tuple(_row(case, result, ranked.get(case.id, {})) for case, result in zip(cases, results, strict=True))
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["type"]].append(row)
    by_type = {name: _means(group) for name, group in sorted(groups.items())}
    curve = risk_coverage([row["confidence"] for row in rows], [_loss(row) for row in rows]) if rows else ((), ())
    points = tuple((round(float(c), 4), round(float(r), 4)) for c, r in zip(*curve, strict=True))
    return Report(
        settings_digest,
        notes_digest,
        len(rows),
        {**_means(rows), **_of_refusal(rows)},
        _intervals(rows),
        by_type,
        points,
        rows,
    )


def _ranked(cases: Sequence[Case], results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Question id → measure → value, by ir_measures; a question without a supporting passage scores 0.

    A passage that supports a group of the evidence is relevant; groups that no passage supports count as missed documents.
    """
    judged = [(c, r) for c, r in zip(cases, results, strict=True) if c.answerable and c.evidence]
    qrels, scored = [], []
    for case, result in judged:
        found = relevance(result.passages, case.evidence)
        missed = sum(not any(relevance(result.passages, [group])) for group in case.evidence)
        qrels += [ir_measures.Qrel(case.id, f"missed {i}", 1) for i in range(missed)]
        qrels.append(ir_measures.Qrel(case.id, "none", 0))  # ir_measures leaves out a question without a judgement
        for place, hit in enumerate(found):
            qrels.append(ir_measures.Qrel(case.id, str(place), int(hit)))
            scored.append(ir_measures.ScoredDoc(case.id, str(place), float(-place)))
    values: dict[str, dict[str, float]] = {case.id: {str(m): 0.0 for m in _RANKED} for case, _ in judged}
    for metric in ir_measures.iter_calc(_RANKED, qrels, scored):
        values[metric.query_id][str(metric.measure)] = round(float(metric.value), 6)
    return values


def _row(case: Case, result: Result, ranks: dict[str, float]) -> dict[str, Any]:
    around = [*(c.quote for c in result.citations), *(result.passages[i] for i in result.cited)]
    quotes = [c.quote for c in result.citations]
    answered = case.answerable and not result.abstained
    row: dict[str, Any] = {
        "id": case.id, "type": case.type or "-", "question": case.question, "understood_as": result.understood_as,
        "answerable": case.answerable, "abstained": result.abstained, "confidence": result.confidence, **ranks,
        "nugget_recall": None, "answer_precision": None, "cited_evidence": None, "citation_precision": None,
        "citation_recall": citation_recall(result.sentences) if not result.abstained else None,
        "citations_exact": result.exact, "answer_characters": len(result.answer), "answer": result.answer,
        "refusal_recall": float(result.abstained) if not case.answerable else None,
        "false_refusal": float(result.abstained) if case.answerable else None,
    }  # fmt: skip
    if case.answerable and case.nuggets:
        row["nugget_recall"] = nugget_recall(result.answer, case.nuggets) if answered else 0.0
    if case.answerable and case.evidence:
        row["cited_evidence"] = answered and cites_evidence(around, case.evidence)
    if answered and (case.evidence or case.nuggets):
        row["answer_precision"] = answer_precision([text for text, _ in result.sentences], case.nuggets, case.evidence)
        row["citation_precision"] = citation_precision(quotes, case.nuggets, case.evidence)
    return {**row, "why": failure_reason(row)}


def _means(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Means over the questions that a measure applies to, and the median length of the answers given."""
    values: dict[str, float] = {}
    for name in AVERAGED:
        known = [float(row[name]) for row in rows if row.get(name) is not None]
        if known:
            values[name] = round(sum(known) / len(known), 4)
    lengths = [row["answer_characters"] for row in rows if not row["abstained"]]
    if lengths:
        values["median_answer_characters"] = float(statistics.median(lengths))
    return values


def _of_refusal(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """How well confidence tells answerable from not; nothing unless there are questions of both kinds."""
    answerable = [row["answerable"] for row in rows]
    if all(answerable) or not any(answerable):
        return {}
    sure = [row["confidence"] for row in rows]
    return {
        "AUROC": round(auroc(sure, answerable), 4),
        "AURC": round(aurc(sure, [_loss(row) for row in rows]), 4),
        "refusal_recall@5%": round(refusal_recall_at(sure, answerable), 4),
    }


def _loss(row: dict[str, Any]) -> float:
    """What answering costs: 1 for an unanswerable question, else the share of the nuggets that would not be stated.

    For a question that was refused the answer is unknown, so its best passage stands for it.
    """
    if not row["answerable"]:
        return 1.0
    if row["abstained"] or row["nugget_recall"] is None:
        return 1.0 - float(row.get("Success@1") or 0.0)
    return 1.0 - float(row["nugget_recall"])


def _intervals(rows: Sequence[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap over questions (Efron 1979), the same in every run."""
    found = {}
    for name in AVERAGED:
        known = np.array([float(row[name]) for row in rows if row.get(name) is not None])
        if known.size > 1:
            draws = np.random.default_rng(_SEED).integers(0, known.size, (_RESAMPLES, known.size))
            low, high = np.quantile(known[draws].mean(1), [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
            found[name] = (round(float(low), 4), round(float(high), 4))
    return found


# --- what is written --------------------------------------------------------------------------------------------------


def latency(results: Iterable[Result]) -> dict[str, float]:
    """Median and 95th percentile of the wall time of a question, in milliseconds."""
    times = [1000 * result.seconds for result in results]
    if not times:
        return {}
    return {"p50": round(float(np.quantile(times, 0.5)), 2), "p95": round(float(np.quantile(times, 0.95)), 2)}


def write(out: Path, cases: Sequence[Case], results: Sequence[Result], made: Report, title: str = "") -> None:
    """Write `run.jsonl` (in order, with time), `report.json` (without), `report.csv` and `report.html` into a folder."""
    make_folder(out)
    lines = (json.dumps(run_line(result), ensure_ascii=False) + "\n" for result in results)
    (out / "run.jsonl").write_text("".join(lines), "utf-8")
    text = json.dumps(asdict(made), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (out / "report.json").write_text(text, "utf-8")
    (out / "report.csv").write_text(_csv(made), "utf-8-sig")
    (out / "report.html").write_text(html_page(page_data(cases, results, made, title)), "utf-8")


def _csv(made: Report) -> str:
    """One row a question with every measure, for spreadsheets."""
    import csv
    import io

    columns = [
        "id", "type", "question", "answerable", "abstained", "confidence", *AVERAGED, "why", "answer_characters", "answer",
    ]  # fmt: skip
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in made.per_question:
        cells = {name: row.get(name) for name in columns}
        writer.writerow(
            {
                k: f"'{v}" if isinstance(v, str) and v.startswith(("=", "+", "-", "@", "\t")) and v != "-" else v
                for k, v in cells.items()
            }
        )
    return text.getvalue()


def page_data(cases: Sequence[Case], results: Sequence[Result], made: Report, title: str = "") -> dict[str, Any]:
    """What `page.html_page` shows."""
    times = [round(1000 * result.seconds, 2) for result in results]
    ranks = {str(place): 0 for place in range(1, 11)} | {"none": 0}
    questions = []
    for case, result, row in zip(cases, results, made.per_question, strict=True):
        found = relevance(result.passages, case.evidence)
        if case.answerable and case.evidence:
            ranks[str(found.index(True) + 1) if any(found) else "none"] += 1
        missed = [n[0] for n in case.nuggets if n and not nugget_recall(result.answer, [n])] if case.answerable else []
        questions.append({
            **row, "ask": result.understood_as if case.history else case.question, "nuggets_missed": missed, "passages": list(result.passages), "seconds": round(result.seconds, 4),
            "citations": [{"doc_id": c.doc_id, "quote": c.quote, "heading_path": list(c.heading_path)} for c in result.citations],
            "expected": {"evidence": [list(g) for g in case.evidence], "nuggets": [list(n) for n in case.nuggets]},
        })  # fmt: skip
    return {
        "title": title, "when": "", "settings_digest": made.settings_digest, "notes_digest": made.notes_digest,
        "aggregate": made.aggregate, "intervals": {name: list(bounds) for name, bounds in made.intervals.items()},
        "interval_level": _LEVEL, "by_type": made.by_type, "latency": {**latency(results), "all": times}, "ranks": ranks, "questions": questions,
        "risk_coverage": {
            "coverage": [c for c, _ in made.risk_coverage], "risk": [r for _, r in made.risk_coverage], "aurc": made.aggregate.get("AURC"),
        },
    }  # fmt: skip
