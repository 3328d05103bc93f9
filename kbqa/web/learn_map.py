"""The maps of the learning tab, drawn as SVG: notes by stage, and the terms of one note with their neighbours.

Hundreds of terms in one picture would be a hairball. So the large map shows notes, a column a stage, with only those
prerequisites that do not follow from others; the small one shows the terms of the note that was chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from kbqa.onboarding.cards import TermCard
from kbqa.onboarding.course import Course
from kbqa.onboarding.order import reduced
from kbqa.onboarding.path import LearningPath, Step
from kbqa.text import fold
from kbqa.web.learn_parts import go, level_name, minutes
from kbqa.web.words import both

_WIDE, _HIGH, _GAP_X, _GAP_Y, _TOP = 140, 44, 38, 14, 46
_TERM_WIDE, _TERM_HIGH, _TERM_GAP_X, _TERM_GAP_Y = 172, 30, 92, 12
_LINE = 8.6  # widths of a Chinese character in a node


@dataclass(frozen=True, slots=True)
class _Box:
    x: int
    y: int
    wide: int
    high: int

    @property
    def middle(self) -> float:
        return self.y + self.high / 2


def path_map(path: LearningPath, done: Collection[str], current: str, chosen: str) -> str:
    """The notes as nodes in columns of stages; those in the way of one another joined.

    Args:
        done: doc_ids of steps that are done.
        current: the next step's, empty at the end.
        chosen: the note whose edges stand out.
    """
    boxes = {
        step.doc_id: _Box(column * (_WIDE + _GAP_X) + 2, _TOP + row * (_HIGH + _GAP_Y), _WIDE, _HIGH)
        for column, stage in enumerate(path.stages)
        for row, step in enumerate(stage.steps)
    }
    wide = len(path.stages) * (_WIDE + _GAP_X) - _GAP_X + 4
    high = max((box.y + box.high for box in boxes.values()), default=_TOP) + 6
    heads = "".join(
        f'<foreignObject x="{column * (_WIDE + _GAP_X) + 2}" y="0" width="{_WIDE}" height="40">'
        f'<div class="kl-col"><b>{level_name(stage.name)}</b><span>{minutes(stage.minutes)}</span></div></foreignObject>'
        for column, stage in enumerate(path.stages)
    )
    nodes = "".join(_note(step, boxes[step.doc_id], done, current, chosen) for step in path.steps)
    return (
        f'<div class="kl-map" tabindex="0" role="group" aria-label="学习地图 Map of the notes"><svg width="{wide}" '
        f'height="{high}" viewBox="0 0 {wide} {high}">{heads}{_edges(path, boxes, chosen)}{nodes}</svg></div>'
    )


def _edges(path: LearningPath, boxes: dict[str, _Box], chosen: str) -> str:
    steps = {step.doc_id: step for step in path.steps}
    needs = {doc_id: {need.doc_id for need in step.needs if not need.primer} for doc_id, step in steps.items()}
    drawn = reduced(needs, lambda doc_id: steps[doc_id].number)
    lines = [
        (before, doc_id, "kl-edge kl-strong" if chosen in (before, doc_id) else "kl-edge")
        for doc_id in steps
        for before in sorted({*drawn[doc_id], *(needs[doc_id] if doc_id == chosen else ())})
    ]
    primers = steps[chosen].needs if chosen in steps else ()
    lines += [(need.doc_id, chosen, "kl-edge kl-strong kl-primer") for need in primers if need.primer]
    lines.sort(key=lambda line: line[2])  # what stands out is drawn last
    return "".join(_curve(boxes[a], boxes[b], css, a, b) for a, b, css in lines)


def _curve(before: _Box, after: _Box, css: str, start: str = "", end: str = "", inner: int = 1) -> str:
    """From one box to another: side to side, or around the outside where they stand in one column.

    Args:
        start: doc_id of the note where it starts; `end` where it ends.
        inner: which side to go around in one column: 1 the right, -1 the left.
    """
    if before.x == after.x:
        x1 = x2 = after.x + (after.wide if inner > 0 else 0)
        bend = back = inner * min(70, 14 + abs(after.y - before.y) * 0.16)
    else:
        way = 1 if before.x < after.x else -1
        x1, x2 = (before.x + before.wide, after.x) if way > 0 else (before.x, after.x + after.wide)
        bend = way * max(18, abs(x2 - x1) * 0.45)
        back = -bend
    ends = f' data-a="{escape(start)}" data-b="{escape(end)}"' if start else ""
    return (
        f'<path class="{css}"{ends} d="M{x1:.0f} {before.middle:.0f}C{x1 + bend:.0f} {before.middle:.0f} '
        f'{x2 + back:.0f} {after.middle:.0f} {x2:.0f} {after.middle:.0f}"/>'
    )


def _note(step: Step, box: _Box, done: Collection[str], current: str, chosen: str) -> str:
    state, css = ("学完 done", "kl-done") if step.doc_id in done else ("", "")
    if step.doc_id == current:
        state, css = "下一步 next", "kl-current"
    picked = step.doc_id == chosen
    label = f"{step.number} {step.title} {step.minutes} min {state}".strip()
    lines = _wrapped(step.title)
    top = box.middle + 4.5 - 8 * (len(lines) - 1)
    text = "".join(
        f'<text x="{box.x + 28}" y="{top + 16 * i:.0f}">{escape(line)}</text>' for i, line in enumerate(lines)
    )
    mark = "✓" if step.doc_id in done else str(step.number)
    return (
        f'<g class="kl-node {css}{" kl-picked" if picked else ""}" role="button" tabindex="0" data-id="{escape(step.doc_id)}" '
        f'aria-label="{escape(label)}" aria-pressed="{str(picked).lower()}" {go("map", step=step.doc_id)}>'
        f'<title>{escape(label)}</title><rect x="{box.x}" y="{box.y}" width="{box.wide}" height="{box.high}" rx="9"/>'
        f'<text class="kl-number" x="{box.x + 14}" y="{box.middle + 4.5:.0f}">{mark}</text>{text}</g>'
    )


def _wrapped(text: str, limit: float = _LINE) -> list[str]:
    """A title in at most two lines of so many Chinese characters."""
    lines, line, used = [], "", 0.0
    for char in text:
        width = 1.0 if ord(char) > 0x2E7F else 0.6
        if used + width > limit:
            lines.append(line)
            line, used = "", 0.0
        line, used = line + char, used + width
    lines.append(line)
    lines = [line.strip() for line in lines]
    return lines if len(lines) <= 2 else [lines[0], lines[1][:-1] + "…"]


def term_map(course: Course, step: Step) -> str:
    """The terms of a note in the middle, what to know before on the left, what they are near to on the right."""
    own = list(step.terms)
    cards = {name: course.cards.card(name) for name in own}
    before = list(dict.fromkeys(need.term for need in step.needs))
    said = {name: fold(" ".join(quote.quote for quote in card.quotes)) for name, card in cards.items()}
    confused = [(name, other.name) for name, card in cards.items() for other in card.confusable]
    related = [(name, other) for name, card in cards.items() for other in card.related]
    inside = {fold(name): name for name in own}
    beside = list(dict.fromkeys(other for _, other in (*confused, *related) if fold(other) not in inside))
    beside = [other for other in beside if other not in before]
    columns = (before, own, beside)
    boxes = {(c, name): _term_box(columns, c, row) for c, names in enumerate(columns) for row, name in enumerate(names)}
    edges = [
        _curve(boxes[0, need], boxes[1, name], "kl-edge") for need in before for name in own if fold(need) in said[name]
    ]
    for css, pairs in (("kl-edge kl-near", related), ("kl-edge kl-confused", confused)):
        edges += [_joined(boxes, name, other, inside, css) for name, other in _once(pairs)]
    edges += [_curve(boxes[1, part], boxes[1, name], "kl-edge", inner=-1) for name, part in step.made_of]
    nodes = "".join(_term(name, boxes[c, name], cards.get(name)) for c, names in enumerate(columns) for name in names)
    wide = 3 * _TERM_WIDE + 2 * _TERM_GAP_X + 4
    high = max((box.y + box.high for box in boxes.values()), default=0) + 4
    heads = "".join(
        f'<foreignObject x="{c * (_TERM_WIDE + _TERM_GAP_X)}" y="0" width="{_TERM_WIDE}" height="24">'
        f'<div class="kl-col"><b>{both(*head)}</b></div></foreignObject>'
        for c, head in enumerate(
            (("先要懂", "Know first"), ("这篇的术语", "Terms of this note"), ("易混与相关", "Near by"))
        )
        if columns[c]
    )
    return (
        f'<div class="kl-map kl-terms" tabindex="0" role="group" aria-label="术语关系 Terms and relations"><svg width="{wide}" '
        f'height="{high}" viewBox="0 0 {wide} {high}">{heads}{"".join(edges)}{nodes}</svg></div>'
    )


def _term_box(columns: Sequence[Sequence[str]], column: int, row: int) -> _Box:
    """Shorter columns stand in the middle of the longest."""
    space = _TERM_HIGH + _TERM_GAP_Y
    offset = (max(map(len, columns)) - len(columns[column])) * space // 2
    return _Box(column * (_TERM_WIDE + _TERM_GAP_X) + 2, 32 + offset + row * space, _TERM_WIDE, _TERM_HIGH)


def _once(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each pair in one direction only."""
    return list({frozenset(pair): pair for pair in pairs}.values())


def _joined(boxes: dict[tuple[int, str], _Box], name: str, other: str, inside: dict[str, str], css: str) -> str:
    if (own := inside.get(fold(other))) is not None:
        return _curve(boxes[1, name], boxes[1, own], css) if own != name else ""
    if (2, other) in boxes:
        return _curve(boxes[1, name], boxes[2, other], css)
    return _curve(boxes[0, other], boxes[1, name], css) if (0, other) in boxes else ""


def _term(name: str, box: _Box, card: TermCard | None) -> str:
    """A term; only those of the note itself have a card here."""
    lines = _wrapped(name, 12)
    shown = lines[0] + ("…" if len(lines) > 1 else "")
    title = card.definition.quote if card and card.definition else name
    return (
        f'<g class="kl-node kl-term{" kl-own" if card else ""}"><title>{escape(title)}</title><rect x="{box.x}" y="{box.y}" '
        f'width="{box.wide}" height="{box.high}" rx="15"/><text x="{box.x + box.wide / 2:.0f}" '
        f'y="{box.middle + 4.5:.0f}" text-anchor="middle">{escape(shown)}</text></g>'
    )
