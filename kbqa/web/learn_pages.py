"""Pages of the learning tab that show the whole path: welcome, reading list, map, cohort."""

from __future__ import annotations

from kbqa.onboarding.cohort import Cohort
from kbqa.onboarding.course import Course
from kbqa.onboarding.path import READING_SPEED, Stage, Step
from kbqa.web.learn_map import path_map, term_map
from kbqa.web.learn_parts import View, button, crumb, go, home_link, hours, level_name, minutes, page, source_link
from kbqa.web.learn_step import needs
from kbqa.web.markup import escaped
from kbqa.web.words import both


def welcome(course: Course, said: str = "") -> str:
    """For somebody whom nobody knows yet: what the path holds, and her name.

    Args:
        said: what was wrong with the name.
    """
    path = course.path
    terms = sum(len(step.terms) for step in path.steps)
    error = f'<p class="kl-error" role="alert">{escaped(said)}</p>' if said else ""
    stages = "".join(
        f"<li><b>{level_name(stage.name)}</b> <span>{minutes(stage.minutes)}</span><br>"
        f"{escaped('、'.join(step.title for step in stage.steps))}</li>"
        for stage in path.stages
    )
    return page(
        both("从零学会团队的做法", "Learn how the team works"),
        f'<p class="kl-lead">{_counted(len(path.steps), terms, path.minutes)}</p>'
        '<form class="kl-join" data-go=\'{"do":"join"}\'>'
        f'<label for="kl-name">{both("你的名字", "Your name")}</label>'
        '<input id="kl-name" name="name" maxlength="40" autocomplete="name" required>'
        f'<button class="kl-btn kl-main">{both("开始学习", "Start")}</button></form>{error}'
        f'<p class="kl-hint">{both("进度记在这台服务器上，本浏览器凭一个编号认出你。", "Progress is kept on this server; this browser knows you by a number.")}</p>'
        f'<ol class="kl-outline">{stages}</ol>',
    )


def _counted(notes: int, terms: int, reading: int) -> str:
    return both(
        f"{notes} 篇笔记、{terms} 个术语，读完约 {hours(reading)} 小时。按先懂什么、后学什么排好，每步有卡片、原文和小测。",
        f"{notes} notes and {terms} terms, about {hours(reading)} hours of reading, ordered by what builds on what. "
        "Every step has cards, the note and a quiz.",
    )


def home(view: View) -> str:
    """Where she is, the next step, and the reading list."""
    return page(_hello(view), _overview(view) + _tabs(view, "home") + _reading_list(view))


def map_page(view: View, chosen: str) -> str:
    """The map of the notes; for the chosen note its terms."""
    course = view.course
    current = view.current
    step = course.steps.get(chosen) or current or (course.path.steps[-1] if course.path.steps else None)
    if step is None:
        return home(view)
    drawn = path_map(course.path, view.standing.done, current.doc_id if current else "", step.doc_id)
    detail = (
        f'<section class="kl-chosen"><h3>{step.number}. {escaped(step.title)} <small>{minutes(step.minutes)}</small></h3>'
        f"{button(('打开这一步', 'Open this step'), 'step', 'kl-main', step=step.doc_id)}{needs(view, step)}"
        f"{_legend()}{term_map(course, step)}</section>"
    )
    hint = both("点一篇笔记，看它的术语和先后关系。", "Choose a note to see its terms and what it builds on.")
    return page(_hello(view), f'{_overview(view)}{_tabs(view, "map")}<p class="kl-hint">{hint}</p>{drawn}{detail}')


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
        f"学完 {done} / {len(steps)} 步，还剩约 {hours(left)} 小时",
        f"{done} of {len(steps)} steps, about {hours(left)} h left",
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
        f'<p class="kl-title">{escaped(step.title)}</p><p class="kl-facts">{minutes(step.minutes)} · '
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
        f"{minutes(stage.minutes)}</span></summary><ol>{rows}</ol></details>"
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
        f"<span class=kl-time>{minutes(step.minutes)}</span></button></li>"
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
    return page(
        both("全员进度", "Cohort"),
        f"{table}<h3>{both('最常答错的题', 'Most often wrong')}</h3>{hardest}",
        crumb(home_link()),
    )
