"""What the worklist shows, as HTML: the list, one item of it, the charts."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from html import escape
from urllib.parse import quote

from kbqa.evaluation.activity import Period, Span
from kbqa.evaluation.feedback import Feedback
from kbqa.evaluation.worklist import Item, State, when
from kbqa.types import Hit
from kbqa.web.links import place_of_citation, place_of_hit
from kbqa.web.markup import cut, escaped, link, trail
from kbqa.web.words import both

STATES: dict[State, tuple[str, str]] = {
    "open": ("待处理", "Open"), "in work": ("进行中", "In work"), "done": ("已完成", "Done"), "not ours": ("不归我们", "Not ours"),
}  # fmt: skip
_ADVICE = {
    "unmentioned": ("笔记里一字没提", "not in the notes"), "no answer": ("有话题没答案", "spoken of, not answered"),
    "heading only": ("只有空标题", "a heading without text"), "answered": ("现在能答了", "answered by now"),
}  # fmt: skip
_DISLIKED = ("答了", "answered")
_SHOWN, _COMPLAINTS = 200, 3

WAITING = f'<div class="kb-work-none">{both("正在读取记录…", "Reading the record…")}</div>'
NOTHING_CHOSEN = f'<div class="kb-work-none">{both("点左边一条，看详情、改状态。", "Choose an item to see it and to set its state.")}</div>'


def list_html(items: Sequence[Item], which: str, chosen: str = "") -> str:
    """The items in a state, or in `all`, with the counts of all states above."""
    counts = Counter(item.state for item in items)
    shown = [item for item in items if which in ("all", item.state)]
    summary = " · ".join(both(f"{zh} {counts[state]}", f"{en} {counts[state]}") for state, (zh, en) in STATES.items())
    rows = "".join(f"<li>{_row(item, item.key == chosen)}</li>" for item in shown[:_SHOWN])
    if not items:
        rows = f'<li class="kb-work-none">{both("还没有没答上来的问题，也没有不满意的反馈。", "No refusals and no complaints yet.")}</li>'
    elif not shown:
        rows = f'<li class="kb-work-none">{both("这个状态下没有条目。", "Nothing in this state.")}</li>'
    rest = len(shown) - _SHOWN
    if rest > 0:
        rows += (
            f'<li class="kb-work-none">{both(f"还有 {rest} 条，请下载 CSV 看。", f"{rest} more; see the CSV.")}</li>'
        )
    return f'<p class="kb-work-summary">{summary}</p><ol class="kb-work-rows">{rows}</ol>'


def _row(item: Item, chosen: bool) -> str:
    group = item.group
    times = both(f"问过 {group.count} 次", f"asked {group.count} times")
    return (
        f'<button type="button" class="kb-work-row" data-key="{escape(item.key)}" aria-pressed="{str(chosen).lower()}">'
        f'<b class="kb-asked">{group.count}<span class="kb-sr">{times}</span></b>'
        f'<span class="kb-what"><span class="kb-work-question">{escaped(cut(group.question, 90))}</span>'
        f'<span class="kb-badges">{_badges(item)}</span></span></button>'
    )


def _badges(item: Item) -> str:
    badges = [f'<i class="kb-state kb-{item.state.replace(" ", "-")}">{both(*STATES[item.state])}</i>']
    if item.reopened:
        badges.append(f"<i>{both('标完成后又有人问', 'asked again since done')}</i>")
    advice = _DISLIKED if item.group.advice == "answered" and item.complaints else _ADVICE[item.group.advice]
    badges.append(f"<i>{both(*advice)}</i>")
    if item.complaints:
        count = len(item.complaints)
        badges.append(f"<i>{both(f'不满意 {count} 次', f'disliked {count} times')}</i>")
    if item.group.marked:
        wanted = item.group.marked
        badges.append(f"<i>{both(f'读者记为缺口 {wanted} 次', f'wanted by readers {wanted} times')}</i>")
    if item.changed:
        badges.append(f"<i>{both('答案已经变了', 'the answer has changed')}</i>")
    badges.append(f"<i>{_day(item.group.last)}</i>")
    return "".join(badges)


def _day(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d}"


def _ask(question: str, inner: str, css: str = "kb-lens-link") -> str:
    """A link that asks a question in the chat; `inner` is markup."""
    return f'<a class="{css}" href="#ask?q={quote(question, safe="")}">{inner}</a>'


# --- one item ---------------------------------------------------------------------------------------------------------


def detail_html(item: Item, nearest: Sequence[Hit]) -> str:
    """Everything about an item.

    Args:
        nearest: the passages of today that come nearest to its question.
    """
    group = item.group
    facts = [(both("没答上", "Refused"), both(f"{item.refusals} 次", f"{item.refusals} times"))]
    if item.complaints:
        count = len(item.complaints)
        facts.append((both("不满意", "Disliked"), both(f"{count} 次", f"{count} times")))
    first, last = _day(group.first), _day(group.last)
    facts.append((both("时间", "When"), first if first == last else f"{first} – {last}"))
    if group.terms:
        facts.append((both("术语", "Terms"), escaped("、".join(group.terms))))
    if group.nearest:
        where = f"{escaped(group.nearest.doc_id)} · {trail(group.nearest.heading_path)}"
        facts.append((both("适合写在", "Belongs to"), where))
    if item.mark:
        by = f" · {escaped(item.mark.by)}" if item.mark.by else ""
        facts.append((both("上次标记", "Last marked"), f"{_day(item.mark.at)}{by}"))
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return (
        f'<div class="kb-lens kb-work-item"><h3>{escaped(group.question)}</h3><p class="kb-badges">{_badges(item)}</p>'
        f'<p>{_ask(group.question, both("问一问 →", "Ask it →"), "kb-work-ask")}</p><dl class="kb-lens-facts">{listed}</dl>'
        f"{_wordings(item)}{_complaints(item.complaints)}{_nearest(nearest)}</div>"
    )


def _wordings(item: Item) -> str:
    others = [wording for wording in item.group.wordings if wording != item.group.question]
    rows = "".join(f"<li>{_ask(wording, escaped(wording))}</li>" for wording in others)
    return f"<h4>{both('也这样问', 'Also asked as')}</h4><ul>{rows}</ul>" if rows else ""


def _complaints(complaints: Sequence[Feedback]) -> str:
    rows = [f"<li>{_complaint(complaint)}</li>" for complaint in complaints]
    if not rows:
        return ""
    older = len(rows) - _COMPLAINTS
    more = (
        f"<details><summary>{both(f'更早的 {older} 条', f'{older} earlier')}</summary><ul>{''.join(rows[_COMPLAINTS:])}</ul></details>"
        if older > 0
        else ""
    )
    return f"<h4>{both('读者说', 'What readers said')}</h4><ul>{''.join(rows[:_COMPLAINTS])}</ul>{more}"


def _complaint(complaint: Feedback) -> str:
    who = " · ".join(filter(None, (_day(when(complaint)), complaint.user)))
    reason = escaped(complaint.reason) if complaint.reason.strip() else both("（没写原因）", "(no reason given)")
    sources = "".join(
        link(place_of_citation(citation, number), "kb-cite", str(number), citation.quote)
        for number, citation in enumerate(complaint.citations, 1)
    )
    return (
        f"<b>{reason}</b> <small>{escaped(who)}</small>"
        f'<span class="kb-excerpt">{both("当时答：", "Answered then: ")}{escaped(cut(complaint.answer, 160))}{sources}</span>'
    )


def _nearest(hits: Sequence[Hit]) -> str:
    rows = "".join(f"<li>{_passage(hit)}</li>" for hit in hits)
    return f"<h4>{both('最接近的段落', 'Nearest passages')}</h4><ol class='kb-work-near'>{rows}</ol>" if rows else ""


def _passage(hit: Hit) -> str:
    inner = (
        f'<span class="kb-what"><span class="kb-trail">{trail(hit.chunk.heading_path[-2:] or (hit.chunk.doc_id,))}</span>'
        f'<span class="kb-excerpt">{escaped(cut(hit.chunk.text, 70))}</span></span>'
    )
    return link(place_of_hit(hit), "kb-lens-row", inner)


# In words: not every machine has a font with thumbs.
_LIKED, _NOT_LIKED = ("满意", "liked"), ("不满意", "disliked")


# --- over time --------------------------------------------------------------------------------------------------------


def charts_html(periods: Sequence[Period], span: Span) -> str:
    """Refusals, and verdicts of readers, as bars; the figures stand below for whoever cannot see them."""
    refused = _chart(
        both("没答上来的问题", "Questions not answered"), periods,
        [("kb-bar-down", both("没答上", "refused"), [p.refused for p in periods])], span,
    )  # fmt: skip
    verdicts = _chart(
        both("读者反馈", "Feedback"), periods,
        [("kb-bar-up", both(*_LIKED), [p.up for p in periods]),
         ("kb-bar-down", both(*_NOT_LIKED), [p.down for p in periods])], span,
    )  # fmt: skip
    return f'<div class="kb-charts">{refused}{verdicts}</div>{_figures(periods)}'


def _chart(title: str, periods: Sequence[Period], series: Sequence[tuple[str, str, Sequence[int]]], span: Span) -> str:
    """One chart.

    Args:
        title: markup.
        series: style, name as markup, and a value a period.
    """
    most = max((value for _, _, values in series for value in values), default=0)
    width = 0.8 / len(series)
    bars = "".join(
        f'<rect class="{css}" x="{i + 0.1 + n * width:.3f}" y="{most - value}" width="{width:.3f}" height="{value}">'
        f"<title>{_label(periods[i], span)}: {value}</title></rect>"
        for n, (css, _, values) in enumerate(series)
        for i, value in enumerate(values)
        if value
    )
    legend = "".join(f'<span><i class="{css}"></i>{name} <b>{sum(values)}</b></span>' for css, name, values in series)
    ends = (periods[0], periods[len(periods) // 2], periods[-1]) if periods else ()
    axis = "".join(f"<span>{_label(period, span)}</span>" for period in ends)
    return (
        f'<figure><figcaption>{title}{legend}</figcaption><div class="kb-plot"><span class="kb-most">{most}</span>'
        f'<svg viewBox="0 0 {max(len(periods), 1)} {max(most, 1)}" preserveAspectRatio="none" aria-hidden="true">{bars}</svg></div>'
        f'<div class="kb-axis" aria-hidden="true">{axis}</div></figure>'
    )


def _label(period: Period, span: Span) -> str:
    return f"{period.start:%m-%d}" + ("" if span == "day" else "~")


def _figures(periods: Sequence[Period]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{p.start}</th><td>{p.refused}</td><td>{p.up}</td><td>{p.down}</td></tr>'
        for p in reversed(periods)
        if p.refused or p.up or p.down
    )
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in (both("从", "From"), both("没答上", "Refused"), both(*_LIKED), both(*_NOT_LIKED))
    )
    return (
        f"<details class='kb-lens'><summary>{both('看数字', 'Figures')}</summary><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></details>"
    )


def download_html(name: str, text: str) -> str:
    """A link that is the file itself: nothing is left on the server for others to fetch."""
    data = b64encode(text.encode("utf-8")).decode("ascii")
    return f'<a download="{escape(name)}" href="data:text/plain;charset=utf-8;base64,{data}">{escape(name)}</a>'
