"""Two runs side by side as HTML: the verdict, a row a measure, and the questions that changed with both answers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

from kbqa.evaluation.compare import Change, Comparison, Delta, Side
from kbqa.evaluation.measure_names import MEASURE_NAMES
from kbqa.web.markup import escaped
from kbqa.web.words import both

_SHOWN, _FEW = 50, 8
_TESTS = {"sign": ("符号检验", "sign test"), "randomization": ("随机化检验", "randomization")}
_SCORE = "总分"


def comparison_html(comparison: Comparison, before: str, after: str) -> str:
    """The whole comparison.

    Args:
        before: what run A is called.
        after: what run B is called.
    """
    worse = [change for change in comparison.changes if not change.better]
    better = [change for change in reversed(comparison.changes) if change.better]
    return (
        f'<section class="kb-eval-compare" aria-label="比较 Comparison">{_verdict(comparison)}'
        f'<p class="kb-soft"><b>A</b> {escape(before)}<br><b>B</b> {escape(after)}</p>{_remarks(comparison)}'
        f"{_table(comparison)}{_changes('变差', 'Worse', worse)}{_changes('变好', 'Better', better)}</section>"
    )


def _verdict(comparison: Comparison) -> str:
    """Whether B is worse, by the score in one sentence; then the measures that say so."""
    s = comparison.score
    zh = f"总分 {s.a:.3f} → {s.b:.3f}，{s.better} 题变好，{s.worse} 题变差"
    en = f"score {s.a:.3f} → {s.b:.3f}, {s.better} better, {s.worse} worse"
    if not comparison.regressed:
        return f'<p class="kb-eval-verdict">{both(f"B 没有比 A 差：{zh}", f"No regression from A to B: {en}")}</p>'
    verdict = f'<p class="kb-eval-verdict kb-worse">{both(f"B 比 A 差：{zh}", f"B is worse than A: {en}")}</p>'
    if not (measures := comparison.significantly_worse):
        return verdict
    names = both(
        f"显著变差：{'、'.join(map(_name, measures))}", f"significantly worse: {', '.join(d.name for d in measures)}"
    )
    return f'{verdict}<p class="kb-worse">{names}</p>'


def _remarks(c: Comparison) -> str:
    """What the figures hold for, and what they leave out."""
    lines = [both(f"两次都有的 {c.shared} 题", f"{c.shared} questions in both")]
    for zh, en, ids in (
        ("只在 A", "only in A", c.only_a), ("只在 B", "only in B", c.only_b),
        ("同号异题，不比", "same id but another question", c.relabelled),
    ):  # fmt: skip
        if ids:
            lines.append(both(f"{zh} {len(ids)} 题", f"{len(ids)} {en}"))
    if not c.same_settings:
        lines.append(both("设置不同", "settings differ"))
    if not c.same_notes:
        lines.append(both("笔记不同", "notes differ"))
    if c.median_characters != (None, None):
        a, b = ("-" if value is None else f"{value:g}" for value in c.median_characters)
        lines.append(both(f"答案字数中位数 {a} → {b}", f"median length of answers {a} → {b}"))
    return '<p class="kb-soft">' + " · ".join(lines) + "</p>"


def _table(comparison: Comparison) -> str:
    heads = (
        ("度量", "Measure"), ("题", "n"), ("A", "A"), ("B", "B"), ("B−A", "B−A"), ("好", "better"), ("差", "worse"),
        ("平", "same"), ("p", "p"), ("检验", "test"),
    )  # fmt: skip
    head = "".join(f'<th scope="col">{both(zh, en)}</th>' for zh, en in heads)
    rows = "".join(_row(delta) for delta in (comparison.score, *comparison.measures) if delta.questions)
    return (
        '<div class="kb-wide" tabindex="0" role="region" aria-label="各项度量 Measures">'
        f'<table class="kb-eval-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        '<p class="kb-soft">'
        + both(
            "好、差、平：B 比 A 好、差、一样的题数；* p < 0.05，没有因为度量多而修正。",
            "better, worse, same: questions on which B beats A, loses or ties; * p < 0.05, not corrected for the number of measures.",
        )
        + "</p>"
    )


def _row(d: Delta) -> str:
    kind = ("kb-better" if d.gain > 0 else "kb-worse") if d.significant and d.gain else ""
    cells = (
        d.questions, f"{d.a:.3f}", f"{d.b:.3f}", f"{d.difference:+.3f}", d.better, d.worse, d.same,
        _p(d) + ("*" if d.significant else ""),
    )  # fmt: skip
    figures = "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
    name = both(_name(d), d.name)
    return f'<tr class="{kind}"><th scope="row">{name}</th>{figures}<td>{both(*_TESTS[d.test])}</td></tr>'


def _name(delta: Delta) -> str:
    return _SCORE if delta.name == "score" else MEASURE_NAMES.get(delta.name, delta.name)


def _p(delta: Delta) -> str:
    return "<0.001" if delta.p < 0.001 else f"{delta.p:.3f}"


def _changes(zh: str, en: str, changes: Sequence[Change]) -> str:
    if not changes:
        return ""
    more = len(changes) - _SHOWN
    rest = f'<p class="kb-soft">{both(f"还有 {more} 题", f"{more} more")}</p>' if more > 0 else ""
    head = both(f"{zh} {len(changes)} 题", f"{en}: {len(changes)}")
    state = " open" if len(changes) <= _FEW else ""
    items = "".join(map(_change, changes[:_SHOWN]))
    return f'<details class="kb-eval-changes"{state}><summary>{head}</summary>{items}{rest}</details>'


def _change(change: Change) -> str:
    ask = f'<a class="kb-eval-ask" href="#ask?q={quote(change.question, safe="")}">{both("在问答里问", "Ask in the chat")}</a>'
    sides = "".join(
        f'<div><p class="kb-label">{name} · {side.score:.2f}</p>{_side(side)}</div>'
        for name, side in (("A", change.a), ("B", change.b))
    )
    return (
        f'<details class="kb-eval-change"><summary>{escape(change.question)} '
        f'<span class="kb-soft">{change.a.score:.2f} → {change.b.score:.2f}</span></summary>'
        f'{ask}<div class="kb-eval-sides">{sides}</div></details>'
    )


def _side(side: Side) -> str:
    refused = f'<p class="kb-soft">{both("拒答", "refused")}</p>' if side.abstained else ""
    return f"{refused}<p>{escaped(side.answer)}</p>"
