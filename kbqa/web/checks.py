"""检查: what is amiss in the notes, and where they contradict themselves. For admins."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import gradio as gr  # at the top, because Gradio looks the event types of callbacks up in the module

from kbqa.errors import KbqaError
from kbqa.terms.conflicts import Conflict
from kbqa.terms.lint import LintReport, Problem, Severity, lint
from kbqa.types import Place
from kbqa.web import links
from kbqa.web.markup import escaped
from kbqa.web.pieces import chip, error_message, message, table
from kbqa.web.words import both, say

if TYPE_CHECKING:
    from kbqa.web.site import Site

_SEVERITIES: dict[Severity, tuple[str, str, str]] = {
    "error": ("错误", "error", "kb-chip-bad"),
    "warning": ("警告", "warning", "kb-chip-warn"),
    "note": ("提醒", "note", "kb-chip-dim"),
}
_SHOWN = 500


def build_checks(site: Site) -> None:
    """Lay the view out in the current tab."""
    start = gr.Button(say("检查笔记文件夹", "Check the notes folder"), variant="primary", elem_id="kb-nt-lint")
    about = both(
        "查元数据、死链、先修、重复或没有定义的术语、空标题，以及两篇笔记互相矛盾的公式和数字。",
        "Front matter, dead links, prerequisites, terms, empty headings; formulas and numbers that contradict each other.",
    )
    gr.HTML(f'<p class="kb-nt-hint">{about}</p>')
    shown = gr.HTML("", elem_id="kb-nt-lint-result")

    def check(request: gr.Request) -> str:
        site.require_admin(request)
        try:
            return lint_html(lint(site.notes))
        except KbqaError as error:
            return error_message(error)

    start.click(check, None, shown, api_visibility="private", concurrency_limit=1, trigger_mode="once")


def lint_html(report: LintReport) -> str:
    """Problems by severity, then contradictions side by side."""
    order = list(_SEVERITIES)
    problems = sorted(report.problems, key=lambda p: order.index(p.severity))
    counts = Counter(problem.severity for problem in problems)
    numbers = [counts[severity] for severity in order]
    said = message(
        "查完了：{} 个错误，{} 个警告，{} 个提醒，{} 处互相矛盾。".format(*numbers, len(report.conflicts)),
        "Done: {} errors, {} warnings, {} notes, {} contradictions.".format(*numbers, len(report.conflicts)),
    )
    head = (("哪里", "Where"), ("程度", "How bad"), ("怎么了", "What"))
    rows = [_problem(problem) for problem in problems[:_SHOWN]]
    return said + _conflicts(report) + (table(head, rows) if rows else "")


def _problem(problem: Problem) -> tuple[str, str, str]:
    where = f"{problem.doc_id}:{problem.line}" if problem.line else problem.doc_id
    return escaped(where), chip(*_SEVERITIES[problem.severity]), both(problem.zh, problem.en)


def _conflicts(report: LintReport) -> str:
    if not report.conflicts:
        return ""
    label = both("两篇笔记说法不同，以哪个为准由人来定", "Two notes disagree; people decide which one holds")
    return f'<p class="kb-label">{label}</p>' + "".join(_conflict(conflict, report) for conflict in report.conflicts)


def _conflict(conflict: Conflict, report: LintReport) -> str:
    what = chip("公式不同", "formulas differ") if conflict.what == "formula" else chip("数字不同", "numbers differ")
    pair = zip(conflict.passages, conflict.said, strict=True)
    sides = "".join(_side(place, said, report) for place, said in pair)
    return f'<div class="kb-nt-conflict"><p><b>{escaped(conflict.term)}</b>{what}</p><div class="kb-nt-sides">{sides}</div></div>'


def _side(place: Place, said: str, report: LintReport) -> str:
    where, quote = report.quotes[place]
    href = links.Place(*place, digest=links.digest_of(quote)).href
    return f'<div><a class="kb-go" href="{escaped(href)}">{escaped(where)}</a><p>{escaped(quote)}</p><p class="kb-why">{escaped(said)}</p></div>'
