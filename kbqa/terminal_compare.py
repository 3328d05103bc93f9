"""What `compare` shows: two runs side by side, for people and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from kbqa.terminal import new_console

if TYPE_CHECKING:
    from kbqa.evaluation.compare import Change, Comparison, Delta, Side

_SHOWN_CHARACTERS = 120


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """A comparison as stable JSON: the fields of `Comparison`, differences and the verdict."""
    values = asdict(comparison)
    values["score"] = _delta_json(comparison.score)
    values["measures"] = [_delta_json(d) for d in comparison.measures]
    worse = [d.name for d in comparison.significantly_worse]
    return {**values, "significantly_worse": worse, "regressed": comparison.regressed}


def _delta_json(delta: Delta) -> dict[str, Any]:
    return {**asdict(delta), "difference": delta.difference, "significant": delta.significant}


def render_comparison(comparison: Comparison, limit: int = 20) -> None:
    """What was compared, a line a measure, the questions that changed, and the verdict.

    Args:
        limit: questions shown at most of those that became worse, and of those that became better.
    """
    console = new_console()
    for line in _preamble(comparison):
        console.print(line, soft_wrap=True, markup=False)
    console.print(_table(comparison))
    console.print(
        "better、worse、same：B 比 A 好、差、相同的题数 questions on which B is better, worse, the same；"
        "* p < 0.05：全为 0/1 时用精确符号检验，其余用配对随机化检验 sign test where all is 0 or 1, else paired randomization",
        soft_wrap=True,
        markup=False,
    )
    worse = [c for c in comparison.changes if not c.better]
    better = [c for c in reversed(comparison.changes) if c.better]
    _render_changes("变差 Worse", worse, limit)
    _render_changes("变好 Better", better, limit)
    console.print(_verdict(comparison), soft_wrap=True)


def _preamble(comparison: Comparison) -> list[str]:
    c = comparison
    lines = [f"共有题 shared：{c.shared}"]
    for label, ids in (
        ("只在 A only in A", c.only_a),
        ("只在 B only in B", c.only_b),
        ("同号异题，不比 same id but another question", c.relabelled),
    ):
        if ids:
            lines.append(f"{label} {len(ids)}：{_some(ids)}")
    if not c.same_settings:
        lines.append(f"设置不同 settings differ：{c.settings[0]} → {c.settings[1]}")
    if not c.same_notes:
        lines.append(f"笔记不同 notes differ：{c.notes[0]} → {c.notes[1]}")
    if c.unpaired:
        lines.append(f"只有一边有的度量 measures of one run only：{'、'.join(c.unpaired)}")
    if c.median_characters != (None, None):
        a, b = ("-" if value is None else f"{value:g}" for value in c.median_characters)
        lines.append(f"答案字数中位数 median length：{a} → {b}")
    return lines


def _some(ids: Sequence[str], most: int = 8) -> str:
    return "、".join(ids[:most]) + ("…" if len(ids) > most else "")


def _table(comparison: Comparison) -> Any:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None)
    table.add_column("measure")
    for name in ("n", "A", "B", "B-A", "better", "worse", "same", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    for d in (comparison.score, *comparison.measures):
        if not d.questions:
            continue
        style = ("green" if d.gain > 0 else "red") if d.significant and d.gain else None
        table.add_row(
            escape(d.name), str(d.questions), f"{d.a:.3f}", f"{d.b:.3f}", f"{d.difference:+.3f}", str(d.better), str(d.worse),
            str(d.same), f"{_p(d)}{'*' if d.significant else ' '}", style=style,
        )  # fmt: skip
    return table


def _p(delta: Delta) -> str:
    return "<0.001" if delta.p < 0.001 else f"{delta.p:.3f}"


def _render_changes(title: str, changes: Sequence[Change], limit: int) -> None:
    from rich.markup import escape

    if not changes:
        return
    console = new_console()
    console.print(f"\n[bold]{title} {len(changes)}[/bold]")
    for c in changes[:limit]:
        console.print(f"[bold]{escape(c.id)}[/bold] {escape(f'[{c.type}]')} {escape(c.question)}", soft_wrap=True)
        moved = [name for name in {**c.a.values, **c.b.values} if c.a.values.get(name) != c.b.values.get(name)]
        for label, side in (("A", c.a), ("B", c.b)):
            console.print(f"  [cyan]{label}[/cyan] {side.score:.2f}  {escape(_answer(side))}", soft_wrap=True)
            known = "  ".join(f"{name} {side.values[name]:.2f}" for name in moved if name in side.values)
            if known:
                console.print(f"    [dim]{escape(known)}[/dim]", soft_wrap=True)
    if len(changes) > limit:
        console.print(f"还有 {len(changes) - limit} 题 more", markup=False)


def _answer(side: Side) -> str:
    """The answer on one line, cut short; a refusal is marked, whatever it says."""
    text = " ".join(side.answer.split())
    shown = text[:_SHOWN_CHARACTERS] + ("…" if len(text) > _SHOWN_CHARACTERS else "")
    return f"（拒答 refused）{shown}" if side.abstained else shown


def _verdict(comparison: Comparison) -> str:
    from rich.markup import escape

    if not comparison.regressed:
        return "\n[bold]没有变差[/bold] No regression"
    reasons = [f"{d.name} {d.difference:+.3f}（p {_p(d)}）" for d in comparison.significantly_worse]
    if comparison.score_dropped:
        s = comparison.score
        reasons.append(f"总分 score {s.difference:+.3f}，变差 worse {s.worse} > 变好 better {s.better}")
    return f"\n[bold red]变差 Regressed[/bold red]：{escape('；'.join(reasons))}"
