"""What the command line shows: answers, hits, reports and progress, for people and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kbqa.evaluation.board import Board
    from kbqa.evaluation.calibrate import CalibrationReport
    from kbqa.evaluation.report import Report
    from kbqa.indexing.build import BuildReport
    from kbqa.terms.lint import LintReport
    from kbqa.training.tune import TuneReport
    from kbqa.types import Answer, FileReport, Hit


def answer_json(answer: Answer) -> dict[str, Any]:
    """An answer as stable JSON: text, sentences with their citation numbers, citations, hits."""
    return {
        "question": answer.question, "understood_as": answer.understood_as, "kind": answer.kind, "answer": answer.text,
        "sentences": [asdict(s) for s in answer.sentences], "citations": [asdict(c) for c in answer.citations],
        "abstained": answer.abstained, "confidence": answer.confidence, "notices": list(answer.notices),
        "follow_ups": list(answer.follow_ups), "choices": list(answer.choices), "related": [hit_json(h) for h in answer.related], "hits": [hit_json(h) for h in answer.hits],
    }  # fmt: skip


def hit_json(hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    return {
        "rank": hit.rank, "score": hit.score, "chunk_id": chunk.chunk_id, "doc_id": chunk.doc_id, "start": chunk.start,
        "end": chunk.end, "heading_path": list(chunk.heading_path), "text": chunk.text, "parts": dict(hit.parts),
        "matched": list(hit.matched), "duplicates": [list(d) for d in chunk.duplicates],
    }  # fmt: skip


def board_json(board: Board) -> dict[str, Any]:
    """The board as stable JSON: the figures of every set, and their means with each set counting once."""
    from kbqa.evaluation.board import mean

    sets = [
        {
            "name": f.name, "queries": f.queries, "passages": f.passages, "refused": f.refused, "mode": f.mode,
            "encoder": f.encoder, **f.values, "ms_p50": f.ms_p50,
        }
        for f in board.figures
    ]  # fmt: skip
    return {"sets": sets, "mean": mean(board.figures)}


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


def new_console() -> Any:
    from rich.console import Console

    return Console(highlight=False, emoji=False)


_STAGES = {
    "reading": "读取 reading", "training": "训练 training", "segmenting": "分词 segmenting", "encoding": "向量 encoding",
    "asking": "提问 asking", "mining": "术语 terms", "sets": "评测集 sets",
}  # fmt: skip


_REFRESH_SECONDS = 0.1


class ProgressBar:
    """A progress bar on stderr as a context manager; nothing where nobody watches."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._bar: Any = None

    def __enter__(self) -> Callable[[str, int, int], None]:
        if self._quiet:
            return lambda stage, done, total: None
        from rich.console import Console
        from rich.progress import Progress

        # Without a thread of its own: beside another thread the build would not use all cores (see parallel.py).
        self._bar = Progress(console=Console(stderr=True), transient=True, auto_refresh=False).__enter__()
        tasks: dict[str, Any] = {}
        shown = 0.0

        def advance(stage: str, done: int, total: int) -> None:
            nonlocal shown
            if stage not in tasks:
                tasks[stage] = self._bar.add_task(_STAGES.get(stage, stage), total=total)
            self._bar.update(tasks[stage], completed=done, total=total)
            if done == total or monotonic() - shown > _REFRESH_SECONDS:
                self._bar.refresh()
                shown = monotonic()

        return advance

    def __exit__(self, *error: Any) -> None:
        if self._bar is not None:
            self._bar.__exit__(*error)


def render_build(report: BuildReport, index: Path) -> None:
    console = new_console()
    for file in report.files:
        console.print(_file_line(file), soft_wrap=True, markup=False)
        for warning in file.warnings:
            console.print(f"  {warning}", soft_wrap=True, markup=False)
    for name in report.ignored:
        console.print(
            f"{name}  未读：没有这种格式的读取器 ignored: no reader for this format", soft_wrap=True, markup=False
        )
    m = report.manifest
    state = "没有变化 unchanged" if report.unchanged else "已更新 updated"
    holds = f"{m.documents} 篇 notes · {m.chunks} 片段 chunks · {m.sentences} 句 sentences · {m.terms} 术语 terms"
    console.print(
        f"{index} {state}：{holds} · 沿用 reused {report.reused} · 失败 failed {len(report.failed)}",
        soft_wrap=True,
        markup=False,
    )


_SCRIPTS = {"simplified": "简体", "traditional": "繁體", "mixed": "简繁混排", "other": "其他文字"}


def _file_line(file: FileReport) -> str:
    """One line on what reading did to a file; only what there was is named."""
    if file.error or file.skipped:
        return f"{file.doc_id}  " + (f"略过 skipped ({file.skipped})" if file.skipped else "失败 failed")
    done = (
        (file.glosses_removed, "去注音 glosses"), (file.chrome_lines, "站点行 site lines"), (file.garbled_spots, "乱码处 garbled"),
        (file.duplicate_paragraphs, "重复段 duplicates"), (file.lines_restored, "补断行 line breaks"),
    )  # fmt: skip
    facts = [file.encoding, _SCRIPTS[file.script], f"{file.characters} 字", f"{file.chunks} 片段 chunks"]
    return f"{file.doc_id}  " + " · ".join([*facts, *(f"{name} {count}" for count, name in done if count)])


def render_answer(answer: Answer) -> None:
    from rich.markup import escape

    console = new_console()
    for notice in answer.notices:
        console.print(f"[dim]{escape(notice)}[/dim]")
    for sentence in answer.sentences:
        marks = "".join(f"[cyan]\\[{n + 1}][/cyan]" for n in sentence.citations)
        console.print(("• " if sentence.item else "") + escape(sentence.text) + marks, soft_wrap=True)
    if answer.citations:
        console.print("\n[bold]来源 Sources[/bold]")
    for number, citation in enumerate(answer.citations, 1):
        place = f"{citation.doc_id}:{citation.line} · {' › '.join(citation.heading_path)}"
        console.print(f"[cyan]\\[{number}][/cyan] {escape(place)}", soft_wrap=True)
        if citation.matched:
            console.print(f"    [dim]命中 matched: {escape('、'.join(citation.matched))}[/dim]", soft_wrap=True)
        for doc_id, _, _ in citation.also_in:
            console.print(f"    [dim]另见 also in: {escape(doc_id)}[/dim]")
    for choice in answer.choices:
        console.print(f"→ {choice}", soft_wrap=True, markup=False)
    if answer.abstained and not answer.choices:
        console.print("\n[bold]相关 Related[/bold]")
        render_hits(answer.related)


def render_hits(hits: tuple[Hit, ...]) -> None:
    from rich.markup import escape

    console = new_console()
    for hit in hits:
        chunk = hit.chunk
        console.print(
            f"[bold]{hit.rank}[/bold] {hit.score:.3f}  {escape(chunk.doc_id)} · {escape(' › '.join(chunk.heading_path))}",
            soft_wrap=True,
        )
        parts = "  ".join(f"{name} {value:.2f}" for name, value in hit.parts.items())
        console.print(f"    [dim]{parts}  命中 matched: {escape('、'.join(hit.matched))}[/dim]", soft_wrap=True)
        shown = chunk.text.replace("\n", " ")
        console.print("    " + escape(shown[:120] + ("…" if len(shown) > 120 else "")), soft_wrap=True)


_SHORT = {
    "Success@1": "S@1", "Success@3": "S@3", "RR@10": "RR", "nugget_recall": "nuggets", "answer_precision": "prec",
    "cited_evidence": "cited", "refusal_recall": "refused", "false_refusal": "falsely", "median_answer_characters": "length",
}  # fmt: skip


def render_report(report: Report, times: dict[str, float], out: Path) -> None:
    """Every measure with its interval, the main ones by type, time, and where it was written."""
    from rich.table import Table

    table = Table(box=None)
    table.add_column("type")
    for name in _SHORT.values():
        table.add_column(name, justify="right")
    for label, values in [*report.by_type.items(), ("all", report.aggregate)]:
        table.add_row(label, *(f"{values[n]:.3g}" if n in values else "" for n in _SHORT))
    console = new_console()
    for name, value in report.aggregate.items():
        bounds = report.intervals.get(name)
        within = f"  [{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else ""
        console.print(f"{name:26}{value:.4g}{within}", markup=False)
    for name, value in times.items():
        console.print(f"{name + ' ms':26}{value:.4g}", markup=False)
    console.print(table)
    written = "run.jsonl、report.json、report.csv、report.html"
    console.print(f"已写入 written to {out}：{written}", soft_wrap=True, markup=False)


def render_calibration(report: CalibrationReport, path: Path) -> None:
    """What was fitted on, and how good it is on questions that it was not fitted on."""
    from kbqa.evaluation.calibrate import FALSE_REFUSALS

    console = new_console()
    console.print(
        f"问题 questions    {report.answerable} 能答 answerable，{report.unanswerable} 不能答 not", markup=False
    )
    console.print(f"AUROC            {report.auroc:.3f}（交叉验证 cross-validated）", markup=False)
    console.print(
        f"拒答 refused      {report.refused:.0%}，误拒 falsely {FALSE_REFUSALS:.0%}，阈值 threshold {report.calibration.threshold:.2f}",
        markup=False,
    )
    console.print(f"校准误差 error    {report.error:.3f}", markup=False)
    console.print(f"已写入 written to {path}", soft_wrap=True, markup=False)


def lint_json(report: LintReport) -> dict[str, Any]:
    """What lint found as stable JSON."""
    conflicts = [
        {
            "term": c.term, "what": c.what, "said": list(c.said),
            "passages": [dict(zip(("place", "quote"), report.quotes[p], strict=True)) for p in c.passages],
        }
        for c in report.conflicts
    ]  # fmt: skip
    return {"problems": [asdict(p) for p in report.problems], "conflicts": conflicts, "minutes": dict(report.minutes)}


_SEVERITY = {
    "error": "[red]错误 error[/red]",
    "warning": "[yellow]警告 warning[/yellow]",
    "note": "[dim]提示 note[/dim]",
}


def render_lint(report: LintReport) -> None:
    """Problems by file, contradictions with both passages side by side, reading time, and the counts."""
    from rich.markup import escape
    from rich.table import Table

    console = new_console()
    for p in report.problems:
        place = escape(f"{p.doc_id}:{p.line}" if p.line else p.doc_id)
        both = escape(p.zh if p.zh == p.en else f"{p.zh} · {p.en}")
        console.print(f"{_SEVERITY[p.severity]}  {place}  {both}", soft_wrap=True)
    for c in report.conflicts:
        what = "公式不同 formulas differ" if c.what == "formula" else "数字不同 numbers differ"
        table = Table(title=f"{escape(c.term)}：{what}", title_justify="left", show_lines=True)
        for place in c.passages:
            table.add_column(escape(report.quotes[place][0]), ratio=1)
        table.add_row(*(escape(report.quotes[place][1]) for place in c.passages))
        console.print(table)
    counts = [f"{sum(p.severity == s for p in report.problems)} {label}" for s, label in _COUNTED.items()]
    total = sum(report.minutes.values())
    console.print(
        f"{len(report.minutes)} 篇 notes，通读约 {total} 分钟 minutes to read（{total / max(len(report.minutes), 1):.0f} 分钟一篇 each）；"
        + "，".join(counts) + f"，{len(report.conflicts)} 处说法不一 contradictions",
        soft_wrap=True, markup=False,
    )  # fmt: skip


_COUNTED = {"error": "错误 errors", "warning": "警告 warnings", "note": "提示 notes"}


def tuning_json(report: TuneReport | None) -> dict[str, Any]:
    """What tuning did as stable JSON; without a report, that it was undone."""
    if report is None:
        return {"undone": True}
    values = {name: getattr(report, name) for name in (f.name for f in fields(report))}
    return {**values, "folder": str(report.folder) if report.folder else None, "kept": report.kept}


def render_tuning(report: TuneReport | None) -> None:
    """What was learned and whether it is used; without a report, that the shipped model is back."""
    console = new_console()
    if report is None:
        console.print("已改回自带模型。Back to the shipped model.")
        return
    learned = "、".join(f"{kind} {count}" for kind, count in report.examples.items())
    console.print(f"样本 examples     {learned}；留出 held out {report.held_out}", markup=False)
    console.print(f"笔记 notes        RR@10 {report.before:.3f} → {report.after:.3f}", markup=False)
    console.print(f"通用 general      RR@10 {report.general_before:.3f} → {report.general_after:.3f}", markup=False)
    if report.folder:
        console.print(
            f"已采用 kept：{report.folder}（kbqa tune --undo 可改回 goes back）", soft_wrap=True, markup=False
        )
    else:
        console.print("没有变好，未采用。No better, so nothing was changed.")
    console.print(f"用时 took         {report.seconds:.0f} 秒 s", markup=False)


def render_board(board: Board) -> None:
    """One line a set, the means below, and how many queries were refused; nothing if no set could be measured."""
    from rich.markup import escape
    from rich.table import Table

    from kbqa.evaluation.board import MEASURES, mean

    if not board.figures:
        return
    table = Table(box=None)
    table.add_column("set")
    for name in ("queries", "passages", *MEASURES, "ms p50"):
        table.add_column(name, justify="right")
    for f in board.figures:
        values = (f"{f.values[name]:.3f}" for name in MEASURES)
        table.add_row(escape(f.name), f"{f.queries:,}", f"{f.passages:,}", *values, f"{f.ms_p50:.1f}")
    table.add_row("mean", "", "", *(f"{value:.3f}" for value in mean(board.figures).values()), "")
    console = new_console()
    console.print(table)
    console.print(f"{board.figures[0].mode} · {escape(board.figures[0].encoder)}", soft_wrap=True)
    for f in board.figures:
        if f.refused:
            console.print(
                f"{escape(f.name)}：{f.refused} 个问题被拒，按 0 分计 queries refused, scored 0", soft_wrap=True
            )
