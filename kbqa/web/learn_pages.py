"""The pages of the learning tab as markup: welcome, overview, map, step, quiz, cohort.

What can be clicked carries its move in `data-go` (see `learn.parse_move`), so a page holds all that it needs to go on: it
survives a restart of the server and a second tab.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import quote

from kbqa.errors import KbqaError
from kbqa.onboarding.cards import TermCard
from kbqa.onboarding.cohort import Cohort
from kbqa.onboarding.course import Course
from kbqa.onboarding.path import READING_SPEED, Stage, Step
from kbqa.onboarding.progress import Standing, end_of_day
from kbqa.onboarding.quiz import QuizItem
from kbqa.types import Citation, Document
from kbqa.web.learn_map import go, level_name, path_map, term_map
from kbqa.web.links import Place, place_of_citation
from kbqa.web.markup import escaped, link
from kbqa.web.note import note_html
from kbqa.web.words import both

WAITING = f'<p class="kl-wait" role="status">{both("正在从笔记排出学习路线…", "Making the path from the notes…")}</p>'


@dataclass(frozen=True, slots=True)
class View:
    """Who looks at which course, and when.

    Attributes:
        due: items to answer today that the notes still have.
        account: the learner is an account's; nobody else can be chosen.
        admin: may see the cohort.
    """

    course: Course
    standing: Standing
    due: tuple[QuizItem, ...]
    account: bool
    admin: bool

    @property
    def current(self) -> Step | None:
        return self.course.next_step(self.standing.done)


def due_items(course: Course, standing: Standing, now: datetime) -> tuple[QuizItem, ...]:
    return tuple(course.items[i] for i in standing.due_by(end_of_day(now)) if i in course.items)


def button(words: tuple[str, str], do: str, css: str = "", **fields: object) -> str:
    return f'<button type="button" class="kl-btn {css}" {go(do, **fields)}>{both(*words)}</button>'


def ask_link(question: str) -> str:
    return f'<a class="kl-ask" href="#ask?q={quote(question)}">{both("问一问", "Ask")}</a>'


def welcome(course: Course, said: str = "") -> str:
    """For somebody whom nobody knows yet: what the path holds, and her name.

    Args:
        said: what was wrong with the name.
    """
    path = course.path
    terms = sum(len(step.terms) for step in path.steps)
    error = f'<p class="kl-error" role="alert">{escaped(said)}</p>' if said else ""
    stages = "".join(
        f"<li><b>{level_name(stage.name)}</b> <span>{_minutes(stage.minutes)}</span><br>"
        f"{escaped('、'.join(step.title for step in stage.steps))}</li>"
        for stage in path.stages
    )
    return _page(
        both("从零学会团队的做法", "Learn how the team works"),
        f'<p class="kl-lead">{_counted(len(path.steps), terms, path.minutes)}</p>'
        '<form class="kl-join" data-go=\'{"do":"join"}\'>'
        f'<label for="kl-name">{both("你的名字", "Your name")}</label>'
        '<input id="kl-name" name="name" maxlength="40" autocomplete="name" required>'
        f'<button class="kl-btn kl-main">{both("开始学习", "Start")}</button></form>{error}'
        f'<p class="kl-hint">{both("进度记在这台服务器上，本浏览器凭一个编号认出你。", "Progress is kept on this server; this browser knows you by a number.")}</p>'
        f'<ol class="kl-outline">{stages}</ol>',
    )


def _counted(notes: int, terms: int, minutes: int) -> str:
    return both(
        f"{notes} 篇笔记、{terms} 个术语，读完约 {_hours(minutes)} 小时。按先懂什么、后学什么排好，每步有卡片、原文和小测。",
        f"{notes} notes and {terms} terms, about {_hours(minutes)} hours of reading, ordered by what builds on what. "
        "Every step has cards, the note and a quiz.",
    )


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.1f}".removesuffix(".0")


def _minutes(minutes: int) -> str:
    return both(f"{minutes} 分钟", f"{minutes} min")


def _page(title: str, body: str, crumb: str = "") -> str:
    return f'<div class="kl">{crumb}<h2 tabindex="-1" data-focus>{title}</h2>{body}</div>'


def _crumb(*links: str) -> str:
    return f'<nav class="kl-crumb" aria-label="路线 Path">{"<span>/</span>".join(links)}</nav>'


def home(view: View) -> str:
    """Where she is, the next step, and the reading list."""
    return _page(_hello(view), _overview(view) + _tabs(view, "home") + _reading_list(view))


def map_page(view: View, chosen: str) -> str:
    """The map of the notes; for the chosen note its terms."""
    course = view.course
    current = view.current
    step = course.steps.get(chosen) or current or (course.path.steps[-1] if course.path.steps else None)
    if step is None:
        return home(view)
    drawn = path_map(course.path, view.standing.done, current.doc_id if current else "", step.doc_id)
    detail = (
        f'<section class="kl-chosen"><h3>{step.number}. {escaped(step.title)} <small>{_minutes(step.minutes)}</small></h3>'
        f"{button(('打开这一步', 'Open this step'), 'step', 'kl-main', step=step.doc_id)}{_needs(view, step)}"
        f"{_legend()}{term_map(course, step)}</section>"
    )
    hint = both("点一篇笔记，看它的术语和先后关系。", "Choose a note to see its terms and what it builds on.")
    return _page(_hello(view), f'{_overview(view)}{_tabs(view, "map")}<p class="kl-hint">{hint}</p>{drawn}{detail}')


def _legend() -> str:
    return (
        f'<p class="kl-legend"><span class="kl-l1">{both("先懂后学", "builds on")}</span>'
        f'<span class="kl-l2">{both("易混", "easily confused")}</span><span class="kl-l3">{both("相关", "related")}</span></p>'
    )


def _hello(view: View) -> str:
    return both(f"{view.standing.name}，", f"{view.standing.name}, ") + both("继续学", "carry on")


def _overview(view: View) -> str:
    steps = view.course.path.steps
    done = sum(step.doc_id in view.standing.done for step in steps)
    share = round(100 * done / len(steps)) if steps else 0
    left = sum(step.minutes for step in steps if step.doc_id not in view.standing.done)
    progress = both(
        f"学完 {done} / {len(steps)} 步，还剩约 {_hours(left)} 小时",
        f"{done} of {len(steps)} steps, about {_hours(left)} h left",
    )
    bar = (
        f'<div class="kl-progress"><div class="kl-bar" role="progressbar" aria-valuemin="0" aria-valuemax="{len(steps)}" '
        f'aria-valuenow="{done}" aria-label="进度 Progress"><i style="width:{share}%"></i></div><p>{progress}</p></div>'
    )
    return f'<section class="kl-top">{bar}{_next(view)}{_due(view)}</section>'


def _next(view: View) -> str:
    step = view.current
    if step is None:
        return f'<div class="kl-next"><p class="kl-over">{both("全部学完", "All done")}</p><p>{both("可以打印学习证明了，到期的题还会回来。", "Print your certificate; questions still come back when due.")}</p></div>'
    begun = "继续" if view.standing.done else "开始"
    return (
        f'<div class="kl-next"><p class="kl-over">{both("下一步", "Next step")} · {step.number}</p>'
        f'<p class="kl-title">{escaped(step.title)}</p><p class="kl-facts">{_minutes(step.minutes)} · '
        f"{both(f'{len(step.terms)} 个术语', f'{len(step.terms)} terms')}</p>"
        f"{button((begun, 'Go'), 'step', 'kl-main', step=step.doc_id)}</div>"
    )


def _due(view: View) -> str:
    count = len(view.due)
    said = (
        both(f"今天要复习 {count} 题", f"{count} to review today")
        if count
        else both("今天没有要复习的题", "Nothing to review today")
    )
    act = button(("复习", "Review"), "review") if count else ""
    return f'<div class="kl-due"><p class="kl-over">{both("间隔复习", "Spaced repetition")}</p><p class="kl-title">{said}</p>{act}</div>'


def _tabs(view: View, here: str) -> str:
    def tab(words: tuple[str, str], do: str) -> str:
        chosen = ' aria-current="page"' if do == here else ""
        return f'<button type="button" class="kl-tab"{chosen} {go(do)}>{both(*words)}</button>'

    tools = [
        button(("导出 CSV", "Export CSV"), "csv", "kl-quiet", here=here),
        button(("学习证明", "Certificate"), "certificate", "kl-quiet", here=here),
    ]
    if view.admin:
        tools.append(button(("全员进度", "Cohort"), "cohort", "kl-quiet"))
    if not view.account:
        tools.append(button(("换个人", "Not me"), "leave", "kl-quiet"))
    return (
        f'<nav class="kl-tabs" aria-label="视图 Views">{tab(("阅读清单", "Reading list"), "home")}{tab(("地图", "Map"), "map")}'
        f'<span class="kl-tools">{"".join(tools)}</span></nav>'
    )


def _reading_list(view: View) -> str:
    current = view.current
    return "".join(_stage(view, stage, current) for stage in view.course.path.stages) + _about(view)


def _stage(view: View, stage: Stage, current: Step | None) -> str:
    done = sum(step.doc_id in view.standing.done for step in stage.steps)
    opened = " open" if current in stage.steps else ""
    rows = "".join(_row(view, step, step == current) for step in stage.steps)
    return (
        f'<details class="kl-stage"{opened}><summary><b>{level_name(stage.name)}</b><span>{done} / {len(stage.steps)} · '
        f"{_minutes(stage.minutes)}</span></summary><ol>{rows}</ol></details>"
    )


def _row(view: View, step: Step, current: bool) -> str:
    done = step.doc_id in view.standing.done
    mark = "✓" if done else str(step.number)
    css = "kl-done" if done else ("kl-current" if current else "")
    word = both("学完", "done") if done else (both("下一步", "next") if current else "")
    terms = "、".join(step.terms[:4]) + ("…" if len(step.terms) > 4 else "")
    return (
        f'<li class="kl-row {css}"><button type="button" {go("step", step=step.doc_id)}><i aria-hidden="true">{mark}</i>'
        f"<span><b>{escaped(step.title)}</b> <em>{word}</em><small>{escaped(terms)}</small></span>"
        f"<span class=kl-time>{_minutes(step.minutes)}</span></button></li>"
    )


def _about(view: View) -> str:
    rings = view.course.path.rings
    named = "；".join(" → ".join(view.course.steps[doc_id].title for doc_id in ring) for ring in rings)
    ring = (
        f"<br>{both(f'互为先修、已从第一篇切开：{named}', f'Notes that need one another, cut open at the first: {named}')}"
        if rings
        else ""
    )
    speed = both(
        f"阅读时间按每分钟 {READING_SPEED} 字估算。先按级别，再按先修排；后面才细讲的词，会先给一张卡片。",
        f"Times assume {READING_SPEED} characters a minute. Levels first, then prerequisites; a word that is only treated "
        "later comes as a card first.",
    )
    return f'<p class="kl-hint">{speed}{ring}</p>'


def step_page(view: View, step: Step) -> str:
    """One step: what to know first, the cards, the note, the quiz."""
    course = view.course
    primers = [course.cards.card(need.term) for need in step.needs if need.primer]
    first = (
        f"<section><h3>{both('先认识', 'First meet')}</h3>"
        f'<p class="kl-hint">{both("这些词后面才细讲，先看一眼。", "These are treated later; a glance is enough.")}</p>'
        f'<div class="kl-cards">{"".join(card_html(card) for card in primers)}</div></section>'
        if primers
        else ""
    )
    cards = "".join(card_html(course.cards.card(name)) for name in step.terms)
    learned = (
        f"<section><h3>{both('术语卡片', 'Term cards')} <small>{len(step.terms)}</small></h3>"
        f'<div class="kl-cards">{cards}</div></section>'
        if cards
        else ""
    )
    facts = f'<p class="kl-facts">{both(f"第 {step.number} 步", f"Step {step.number}")} · {_minutes(step.minutes)} · {level_name(step.level or step.folder)}</p>'
    return _page(
        escaped(step.title),
        facts
        + _needs(view, step)
        + first
        + learned
        + _passage(course.documents[step.doc_id], step)
        + _test(view, step),
        _crumb(_home_link(), f"<span>{escaped(step.title)}</span>"),
    )


def _home_link() -> str:
    return button(("← 学习路线", "← Path"), "home", "kl-quiet")


def _needs(view: View, step: Step) -> str:
    if not step.needs:
        return ""
    chips = []
    for need in step.needs:
        mark = "✓ " if need.doc_id in view.standing.done else ""
        title = view.course.steps[need.doc_id].title
        chips.append(
            f'<button type="button" class="kl-chip" title="{escape(title)}" {go("step", step=need.doc_id)}>{mark}{escaped(need.term)}</button>'
        )
    return f'<p class="kl-needs"><span>{both("先要懂", "Know first")}</span>{"".join(chips)}</p>'


def card_html(card: TermCard) -> str:
    """A term card; every line that is quoted links to its place."""
    others = "、".join(dict.fromkeys((*card.english[:2], *card.aliases[:2])))
    rows = [
        _quoted(both("定义", "Definition"), card.definition),
        _quoted(both("公式", "Formula"), card.formula),
        _quoted(both("例子", "Example"), card.example),
    ]
    rows += [
        _quoted(f"{both('易混', 'Unlike')} {escaped(other.name)}", other.difference)
        or f"<dt>{both('易混', 'Unlike')}</dt><dd>{escaped(other.name)}</dd>"
        for other in card.confusable
    ]
    if card.related:
        rows.append(f"<dt>{both('相关', 'Related')}</dt><dd>{escaped('、'.join(card.related[:8]))}</dd>")
    asked = f"{card.name} 怎么算？" if card.formula else f"什么是{card.name}？"
    return (
        f'<article class="kl-card"><header><h4>{escaped(card.name)}</h4><span>{escaped(others)}</span>{ask_link(asked)}'
        f"</header><dl>{''.join(rows)}</dl></article>"
    )


def _quoted(label: str, citation: Citation | None) -> str:
    return f"<dt>{label}</dt><dd>{escaped(citation.quote)} {source_link(citation)}</dd>" if citation else ""


def source_link(citation: Citation) -> str:
    """A small link to the place of a quote."""
    return link(place_of_citation(citation, 1), "kl-src", both("原文", "source"), f"{citation.doc_id}:{citation.line}")


def _passage(document: Document, step: Step) -> str:
    whole = Place(step.doc_id, 0, max(1, document.text.find("\n")), 1, 1)
    opened = link(whole, "kl-src", both("在来源栏里打开", "open in the sources panel"))
    read = both(f"在这里读全文（约 {step.minutes} 分钟）", f"Read it here (about {step.minutes} min)")
    return (
        f"<section><h3>{both('读原文', 'Read the note')}</h3><p>{escaped(document.doc_id)} {opened}</p>"
        f'<details class="kl-note"><summary>{read}</summary><div class="kb-doc">{note_html(document, Place(step.doc_id, 0, 0))}'
        "</div></details></section>"
    )


def _test(view: View, step: Step) -> str:
    items = view.course.items_of(step.doc_id)
    best = {attempt.item_id: attempt.right for attempt in view.standing.attempts}
    right = sum(best.get(item.item_id, False) for item in items)
    fresh = any(item.item_id not in best for item in items)
    words = (
        both(f"答对 {right} / {len(items)} 题", f"{right} of {len(items)} right")
        if items
        else both("这篇笔记没有可出的题。", "This note gives no questions.")
    )
    act = (
        button(
            ("开始小测", "Start the quiz")
            if not best.keys() & {i.item_id for i in items}
            else ("再测一轮", "Another round"),
            "quiz",
            "kl-main",
            step=step.doc_id,
        )
        if fresh
        else ""
    )
    done = step.doc_id in view.standing.done
    finish = (
        f'<span class="kl-ok">✓ {both("这一步已学完", "This step is done")}</span>'
        if done
        else button(("标为学完", "Mark as done"), "done", step=step.doc_id)
    )
    return f'<section class="kl-test"><h3>{both("小测", "Quiz")}</h3><p>{words}</p><p class="kl-acts">{act}{finish}</p></section>'


def question(item: QuizItem, round_: Sequence[str], step: str) -> str:
    """A question with its options as buttons.

    Args:
        round_: item_ids of the whole round.
        step: doc_id of the step it belongs to; empty for a review.
    """
    at = round_.index(item.item_id)
    options = "".join(
        f'<li><button type="button" class="kl-option" {go("answer", step=step, item=item.item_id, choice=i, round=list(round_))}>'
        f'<i aria-hidden="true">{"ABCDEF"[i]}</i><span>{escaped(option)}</span></button></li>'
        for i, option in enumerate(item.options)
    )
    return _page(
        escaped(item.stem),
        f'<ol class="kl-options">{options}</ol>',
        _round_head(at, len(round_), step),
    )


def _round_head(at: int, count: int, step: str) -> str:
    back = button(("← 回到这一步", "← Back to the step"), "step", "kl-quiet", step=step) if step else _home_link()
    return _crumb(back, f"<span>{both(f'第 {at + 1} / {count} 题', f'Question {at + 1} of {count}')}</span>")


def feedback(item: QuizItem, chosen: int, round_: Sequence[str], step: str) -> str:
    """Right or wrong, the options marked, and the quote that settles it."""
    at = round_.index(item.item_id)
    right = chosen == item.right
    options = "".join(_marked(option, i, chosen, item.right) for i, option in enumerate(item.options))
    verdict = both("答对了", "Right") if right else both("答错了，今天会再问一次", "Wrong; it comes back today")
    last = at + 1 == len(round_)
    onward = (
        button(("完成这一轮", "Finish the round"), "score", "kl-main", step=step, round=list(round_))
        if last
        else button(("下一题", "Next question"), "ask", "kl-main", step=step, item=round_[at + 1], round=list(round_))
    )
    quoted = f"<blockquote>{escaped(item.citation.quote)}<footer>{escaped(item.citation.doc_id)} {source_link(item.citation)}</footer></blockquote>"
    asked = ask_link(f"什么是{item.term}？") if item.term else ""
    return (
        f'<div class="kl">{_round_head(at, len(round_), step)}<p class="kl-stem">{escaped(item.stem)}</p>'
        f'<ol class="kl-options">{options}</ol><div class="kl-verdict {"kl-good" if right else "kl-bad"}" role="status">'
        f'<h2 tabindex="-1" data-focus>{verdict}</h2>{quoted}<p class="kl-acts">{onward}{asked}</p></div></div>'
    )


def _marked(option: str, i: int, chosen: int, right: int) -> str:
    css, word = ("kl-right", both("正确", "right")) if i == right else ("", "")
    if i == chosen != right:
        css, word = "kl-wrong", both("你选的", "your choice")
    return f'<li><span class="kl-option {css}"><i aria-hidden="true">{"ABCDEF"[i]}</i><span>{escaped(option)}</span> <em>{word}</em></span></li>'


def score(view: View, round_: Sequence[str], step: Step | None) -> str:
    """The end of a round: how many were right, and where to go."""
    latest = {attempt.item_id: attempt.right for attempt in view.standing.attempts}
    right = sum(latest.get(item, False) for item in round_)
    title = both(f"这一轮答对 {right} / {len(round_)}", f"{right} of {len(round_)} right")
    acts = []
    if step and step.doc_id not in view.standing.done:
        acts.append(button(("学完这一步", "Finish this step"), "done", "kl-main", step=step.doc_id))
    if step and view.course.round_of(step.doc_id, latest):
        acts.append(button(("再测一轮", "Another round"), "quiz", step=step.doc_id))
    if view.due:
        acts.append(button((f"复习今天的 {len(view.due)} 题", f"Review today's {len(view.due)}"), "review"))
    acts.append(button(("回到路线", "Back to the path"), "home"))
    hint = both("错的题今天会再出现，对的题隔几天再问。", "Wrong ones come back today, right ones after some days.")
    return _page(title, f'<p class="kl-hint">{hint}</p><p class="kl-acts">{"".join(acts)}</p>')


def cohort_page(cohort: Cohort, steps: int) -> str:
    """Who is where, and what most people get wrong."""
    head = "".join(
        f"<th scope=col>{both(*words)}</th>"
        for words in (("姓名", "Name"), ("学完", "Done"), ("下一步", "Next step"), ("答对", "Right"), ("今天待复习", "Due today"), ("最近", "Last seen"))
    )  # fmt: skip
    rows = "".join(
        f"<tr><th scope=row>{escaped(who.name)}</th><td>{who.done} / {steps}</td>"
        f"<td>{f'{who.at.number}. {escaped(who.at.title)}' if who.at else both('全部学完', 'all done')}</td>"
        f"<td>{who.right} / {who.answers}</td><td>{who.due}</td><td>{who.seen:%Y-%m-%d %H:%M}</td></tr>"
        for who in cohort.learners
    )
    table = (
        f'<div class="kl-wide" tabindex="0" role="group" aria-label="全员进度 Cohort"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        if rows
        else f"<p>{both('还没有人开始。', 'Nobody has started yet.')}</p>"
    )
    missed = "".join(
        f"<li><b>{escaped(hard.item.stem)}</b> <span>{both(f'{hard.answers} 次答错 {hard.wrong} 次', f'{hard.wrong} of {hard.answers} wrong')}</span>"
        f"<br>{escaped(hard.item.options[hard.item.right])} {source_link(hard.item.citation)}</li>"
        for hard in cohort.hardest
    )
    hardest = (
        f'<ol class="kl-hard">{missed}</ol>'
        if missed
        else f"<p>{both('还没有答错的题。', 'Nothing was answered wrong yet.')}</p>"
    )
    return _page(
        both("全员进度", "Cohort"),
        f"{table}<h3>{both('最常答错的题', 'Most often wrong')}</h3>{hardest}",
        _crumb(_home_link()),
    )


def download(page: str, name: str, kind: str, text: str) -> str:
    """A page that makes the browser save a file once it is shown, see `learn.js`."""
    return f'{page}<i hidden data-save="{escape(name)}" data-kind="{escape(kind)}" data-text="{escape(text)}"></i>'


def failed(error: KbqaError) -> str:
    """For trouble with the learning record: what happened and the way out."""
    said = f"<p>{escaped(error.zh)}</p><p lang=en>{escaped(error.en)}</p>"
    return f'<div class="kl"><div class="kl-error" role="alert">{said}</div>{_home_link()}</div>'
