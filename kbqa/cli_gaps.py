"""`kbqa gaps`: questions that the notes did not answer, for whoever writes the notes."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kbqa.cli_options import DEFAULT_INDEX, IndexOption, JsonOption
from kbqa.errors import EvaluationError
from kbqa.terminal import new_console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kbqa.evaluation.gap_groups import GapGroup
    from kbqa.evaluation.gaps import Gap

app = typer.Typer()

_ADVICE = {
    "unmentioned": "笔记里一字没提 not in the notes",
    "no answer": "有话题没答案 spoken of, not answered",
    "heading only": "只有空标题 a heading without text",
    "answered": "现在能答了 answered by now",
}


@app.command()
def gaps(
    index: IndexOption = DEFAULT_INDEX,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="从哪天起 From this day on")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="写到 .csv 文件 A .csv file")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="看完归档，重新开始记 Archive the record afterwards")] = False,
    as_json: JsonOption = False,
) -> None:
    """知识缺口：没答上来的问题，同一件事归在一起。Questions that the notes did not answer, grouped."""
    from kbqa.evaluation.gap_groups import group_gaps, group_json
    from kbqa.evaluation.gaps import archive_gaps, read_gaps
    from kbqa.knowledge import KnowledgeBase

    if clear and since:
        raise typer.BadParameter("--clear 归档全部记录，不能和 --since 同用 --clear takes everything, not --since")
    if out and out.suffix.lower() != ".csv":
        raise typer.BadParameter(f"只能写 .csv，不能写 {out.suffix or out.name} only .csv")
    kb = KnowledgeBase.open(index)
    file = read_gaps(index)
    recent = [gap for gap in file.gaps if since is None or gap.at >= since.astimezone()]
    groups = group_gaps(recent, kb)
    if out:
        _write(out, groups)
    archived = archive_gaps(index) if clear else None
    for number, reason in file.bad_rows:
        print(f"第 {number} 行已跳过 / line {number} skipped: {reason}", file=sys.stderr)
    if as_json:
        rows = [group_json(group) for group in groups]
        archive = str(archived) if archived else None
        print_json({"gaps": len(recent), "bad_rows": len(file.bad_rows), "archived": archive, "groups": rows})
    else:
        _render(groups, recent, out, archived)


def _write(out: Path, groups: Sequence[GapGroup]) -> None:
    """Write the groups as CSV.

    Raises:
        EvaluationError: the file cannot be written.
    """
    from kbqa.evaluation.gap_groups import to_csv

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("\ufeff" + to_csv(groups), "utf-8")  # the mark tells spreadsheets that this is UTF-8
    except OSError as error:
        raise EvaluationError(
            f"不能写入 {out}（{error.strerror}）。请用 --out 换一个文件。",
            f"Cannot write to {out} ({error.strerror}). Choose another --out.",
        ) from None


def _render(groups: Sequence[GapGroup], recent: Sequence[Gap], out: Path | None, archived: Path | None) -> None:
    """Each group with its facts below, the counts, and where things were written; days are local."""
    console = new_console()

    def line(text: str, **style: Any) -> None:
        console.print(text, soft_wrap=True, markup=False, **style)

    for group in groups:
        line(f"{group.count}×  {group.question}  [{_ADVICE[group.advice]}]", style="bold")
        for label, value in _facts(group):
            line(f"    {label}：{value}")
    line(f"{len(groups)} 个缺口 gaps，{len(recent)} 次没答上来 refusals")
    if out:
        line(f"已写入 written to {out}")
    if archived:
        line(f"已归档 archived as {archived}")


def _facts(group: GapGroup) -> list[tuple[str, str]]:
    """Labels with what there is to say."""
    first, last = (f"{at.astimezone():%Y-%m-%d}" for at in (group.first, group.last))
    near = group.nearest
    facts = (
        ("时间 asked", first if first == last else f"{first} – {last}"),
        ("也问作 also", " | ".join(w for w in group.wordings if w != group.question)),
        ("术语 terms", "、".join(group.terms)),
        ("最近的笔记 nearest", f"{near.doc_id} · {' › '.join(near.heading_path)}" if near else ""),
    )
    return [(label, value) for label, value in facts if value]
