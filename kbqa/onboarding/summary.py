"""What a learner takes away: a table for a spreadsheet, and a page to print. Each is one self-contained text."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from html import escape

from kbqa.onboarding.course import Course
from kbqa.onboarding.path import Stage
from kbqa.onboarding.progress import Standing
from kbqa.text import unexecuted

COLUMNS = ("时间 when", "类型 kind", "笔记 note", "术语 term", "题目 question", "结果 result", "下次复习 due")


def to_csv(standing: Standing, course: Course) -> str:
    """Steps and answers, oldest first, as CSV; a cell that a spreadsheet would compute is marked as text."""
    rows = [
        (at, "学完 step", _title(course, doc_id), "", "", "", "") for doc_id, at in standing.done.items()
    ]  # fmt: skip
    for attempt in standing.attempts:
        due = standing.due.get(attempt.item_id)
        result = "对 right" if attempt.right else "错 wrong"
        title = _title(course, attempt.doc_id)
        rows.append((attempt.at, "答题 quiz", title, attempt.term, attempt.stem, result, _minute(due) if due else ""))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for at, *cells in sorted(rows, key=lambda row: row[0]):
        writer.writerow([_minute(at), *map(_cell, cells)])
    return out.getvalue()


def _cell(text: str) -> str:
    """One line, and nothing that a spreadsheet computes."""
    return unexecuted(" ".join(text.split()))


def _title(course: Course, doc_id: str) -> str:
    step = course.steps.get(doc_id)
    return step.title if step else doc_id


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def certificate(standing: Standing, course: Course, day: datetime) -> str:
    """A page of HTML that says who learned what until `day`; prints on one sheet, needs no other file."""
    steps = course.path.steps
    done = [step for step in steps if step.doc_id in standing.done]
    finished = bool(steps) and len(done) == len(steps)
    heading = ("学习证明", "Certificate of learning") if finished else ("学习小结", "Learning summary")
    facts = (
        (f"{len(done)} / {len(steps)}", "学完的步骤 steps done"),
        (str(sum(len(step.terms) for step in done)), "学过的术语 terms met"),
        (f"{round(100 * standing.right / len(standing.attempts))}%" if standing.attempts else "–", "答题正确率 right"),
        (str(len(standing.attempts)), "答题次数 answers"),
        (_hours(sum(step.minutes for step in done)), "阅读时间 reading"),
    )
    boxes = "".join(f"<div><b>{escape(value)}</b><span>{label}</span></div>" for value, label in facts)
    stages = "".join(_stage_row(stage, standing) for stage in course.path.stages)
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{heading[0]} {escape(standing.name)}</title>'
        f"<style>{_STYLE}</style></head><body><main><p class=over>{heading[1]}</p><h1>{heading[0]}</h1>"
        f"<p class=name>{escape(standing.name)}</p>"
        f"<p>{standing.joined:%Y-%m-%d} – {day:%Y-%m-%d}</p><section class=facts>{boxes}</section>"
        f"<table><thead><tr><th>阶段 stage<th>笔记 notes<th>学完 done</thead><tbody>{stages}</tbody></table>"
        "<p class=foot>阅读时间按每分钟 300 字估算；正确率含每一次作答。 "
        "Reading at 300 characters a minute; every answer counts.</p></main></body></html>"
    )


def _stage_row(stage: Stage, standing: Standing) -> str:
    titles = "、".join(
        f"<em>{escape(s.title)}</em>" if s.doc_id in standing.done else escape(s.title) for s in stage.steps
    )
    done = sum(step.doc_id in standing.done for step in stage.steps)
    return f"<tr><th>{escape(stage.name)}<td>{titles}<td>{done} / {len(stage.steps)}"


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


_STYLE = """
@page { margin: 14mm } body { margin: 0; background: #f6f5f1; color: #1d2421; font: 15px/1.7 system-ui, "PingFang SC",
"Microsoft YaHei", "Noto Sans CJK SC", sans-serif } main { max-width: 760px; margin: 32px auto; padding: 40px 48px;
background: #fff; border: 1px solid #e3e1d9; border-top: 6px solid #0f6b5c; border-radius: 12px } h1 { margin: 0; font-size: 30px }
.over { margin: 0; color: #0f6b5c } .name { font-size: 24px; font-weight: 650; margin: 18px 0 0 } .facts { display: flex;
flex-wrap: wrap; gap: 12px 34px; margin: 22px 0 } .facts b { display: block; font-size: 22px } .facts span, .foot { color: #5c6661;
font-size: 13px } table { border-collapse: collapse; width: 100%; font-size: 13px } th, td { text-align: left; padding: 6px 10px 6px 0;
border-top: 1px solid #e3e1d9; vertical-align: top; white-space: nowrap } td:nth-child(2) { white-space: normal; color: #5c6661 }
em { font-style: normal; color: #0f6b5c; font-weight: 600 }
@media (max-width: 600px) { main { margin: 0; padding: 24px 18px; border-radius: 0 } }
@media print { body { background: none } main { margin: 0; border: 0; padding: 0; max-width: none } }
"""
