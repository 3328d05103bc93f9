"""The page of one step: what to know first, term cards, the note, the way to the quiz."""

from __future__ import annotations

from html import escape

from kbqa.onboarding.cards import TermCard
from kbqa.onboarding.path import Step
from kbqa.types import Citation, Document
from kbqa.web.learn_parts import View, ask_link, button, crumb, go, home_link, level_name, minutes, page, source_link
from kbqa.web.links import Place
from kbqa.web.markup import escaped, link
from kbqa.web.note import note_html
from kbqa.web.words import both


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
    facts = f'<p class="kl-facts">{both(f"第 {step.number} 步", f"Step {step.number}")} · {minutes(step.minutes)} · {level_name(step.level or step.folder)}</p>'
    return page(
        escaped(step.title),
        facts + needs(view, step) + first + learned + _passage(course.documents[step.doc_id], step) + _test(view, step),
        crumb(home_link(), f"<span>{escaped(step.title)}</span>"),
    )


def needs(view: View, step: Step) -> str:
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
