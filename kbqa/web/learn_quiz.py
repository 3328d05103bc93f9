"""Pages of a quiz: the question, what was right and why, the end of a round."""

from __future__ import annotations

from collections.abc import Sequence

from kbqa.onboarding.path import Step
from kbqa.onboarding.quiz import QuizItem
from kbqa.web.learn_parts import View, ask_link, button, crumb, go, home_link, page, source_link
from kbqa.web.markup import escaped
from kbqa.web.words import both


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
    return page(
        escaped(item.stem),
        f'<ol class="kl-options">{options}</ol>',
        _round_head(at, len(round_), step),
    )


def _round_head(at: int, count: int, step: str) -> str:
    back = button(("← 回到这一步", "← Back to the step"), "step", "kl-quiet", step=step) if step else home_link()
    return crumb(back, f"<span>{both(f'第 {at + 1} / {count} 题', f'Question {at + 1} of {count}')}</span>")


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
    return page(title, f'<p class="kl-hint">{hint}</p><p class="kl-acts">{"".join(acts)}</p>')
