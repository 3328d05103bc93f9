"""Lists for an answer: runs of items in the notes, and which of them says most of what was asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from kbqa.answering.picks import ASIDE_PENALTY, COUNT_BONUS, FIGURES, FIT_BONUS, PLACE_BONUS
from kbqa.indexing.chunking import ROW
from kbqa.indexing.index import Index
from kbqa.notes.term_file import TERM_FILE
from kbqa.retrieval.fit import LABEL, MARKER, asked_count, is_aside
from kbqa.retrieval.search import Found
from kbqa.text import Span, fold, sentence_spans
from kbqa.types import Document, Section

_MAX_SUBSECTIONS = 9
_RAN_TOGETHER = 6  # characters of a paragraph that may be a heading's
_SUBJECT = 40  # characters of the line before a lead-in that may say of what
_ENDED = "。！？；!?;:："
_NAMES_NOTHING = re.compile(
    r"(?:应|主要|具体)?(?:包括|包含|如下|分为|有)[:：]"
    r"|(?:关键|主要|核心|基本|具体)(?:策略|原则|步骤|内容|要点|措施|要求|做法)[:：]"
)
_CASE = re.compile(r"^(?:案例|例如|[\u3400-\u9fff]{0,8}案例)[:\uff1a]")


@dataclass(frozen=True, slots=True)
class Listing:
    """A run of items with what introduces it.

    Attributes:
        lead: span of the sentence or heading before the items, if there is one.
        items: spans of the items, in order.
        before_items: the passage it was found by stands before the subsections that are the items.
    """

    document: Document
    lead: Span | None
    items: tuple[Span, ...]
    chunk_place: int
    before_items: bool = False

    @property
    def methodical(self) -> bool:
        """Whether the items are subsections headed as ways or steps: 方法一, 第二步."""
        return all(_METHOD.match(self.document.text[a:b]) for a, b in self.items)


def listings(index: Index, found: Found, places: int = 4) -> list[Listing]:
    """Runs of items in the sections of the best chunks: marked or labelled lines, `1)…2)…` in one line, subsections.

    Of runs that begin with the same item, the longest.
    """
    best: dict[tuple[str, int], Listing] = {}
    for place, row in enumerate(found.rows[:places]):
        document = index.documents.row(int(index.chunks.places[row, 0]))
        if document.doc_id == TERM_FILE:
            continue  # its lines are fields of a term, no list
        start, end = int(index.chunks.places[row, 1]), int(index.chunks.places[row, 2])
        for listing in (
            *_led_runs(document, _around(document, start, end), place),
            *_line_runs(document, _around(document, start, end), place),
            *_inline_runs(document, (start, end), place),
            *_subsections(document, start, place, found.question.kind == "list"),
        ):
            key = (document.doc_id, listing.items[0][0])
            near = listing.items[0][0] < end + 400 and listing.items[-1][1] > start - 400
            if near and (key not in best or len(listing.items) > len(best[key].items)):
                best[key] = listing
    return list(best.values())


def _around(document: Document, start: int, end: int) -> Span:
    """The section that a chunk lies in, so that a list cut by chunking is seen whole."""
    inside = [s for s in document.sections if s.body_start <= start < s.end]
    if not inside:
        return start, end
    section = inside[-1]
    children = [s.start for s in document.sections if s.start > section.start and s.start < section.end]
    return section.start, max(end, min(children, default=section.end))


def _lines(document: Document, span: Span) -> list[Span]:
    lines, position = [], span[0]
    for line in document.text[span[0] : span[1]].split("\n"):
        if line.strip():
            lead = len(line) - len(line.lstrip())
            lines.append((position + lead, position + len(line.rstrip())))
        position += len(line) + 1
    return lines


_LEAD = re.compile(
    r"(?:包括|包含|以下[^:]{0,12}|如下[^:]{0,6}|分为[^:]{0,8}|有|[应需要须]\w{2,4})[:\uff1a](?=.{2,40}$)"
)


def _led_runs(document: Document, span: Span, place: int) -> Iterator[Listing]:
    """Short lines behind one that ends with a colon, or that names the first item behind it: items without markers."""
    headings = {s.start for s in document.sections}
    lead: Span | None = None
    run: list[Span] = []
    for previous, line in pairwise([None, *_lines(document, span), None]):
        text = document.text[line[0] : line[1]] if line else ""
        short = (
            3 <= len(text) <= 60
            and "\uff3b图" not in text
            and text[-1] not in "\u3002:\uff1a"
            and not _CASE.match(text)
        )
        # `甲；` `乙；` `丙。`: the last item alone ends like a sentence.
        last = len(run) >= 2 and text.endswith("\u3002") and document.text[run[-1][1] - 1] in ";\uff1b,\uff0c"
        if lead and line and (short or last) and line[0] not in headings:
            run.append(line)
            continue
        following = _with_subject(document, line, previous) if line and text.endswith((":", "\uff1a")) else None
        if following and run and following[0] == run[-1][0]:
            run.pop()  # the subject of the next list, no item of this one
        if lead and len(run) >= 2:
            yield Listing(document, lead, _closed(document, run), place)
        lead, run = following, []
        if not following and line and (cue := _LEAD.search(fold(text))):
            lead, run = (line[0], line[0] + cue.end()), [(line[0] + cue.end(), line[1])]


def _with_subject(document: Document, lead: Span, previous: Span | None) -> Span:
    """A line that leads in to a list, with the one before it if it says not of what: `应包括：`, `关键策略：`."""
    subject = document.text[slice(*previous)] if previous else ""
    if not previous or len(subject) > _SUBJECT or subject[-1] in _ENDED or _shape(subject):
        return lead
    return (previous[0], lead[1]) if _NAMES_NOTHING.match(fold(document.text[slice(*lead)])) else lead


def _shape(text: str) -> str:
    """What kind of list a line may belong to: marked items, `标签：说明` lines, rows of a table; empty for none."""
    if MARKER.match(text):
        return "marked"
    if " | " in text:
        return "row"
    return "labelled" if LABEL.match(text) and not text.endswith((":", "\uff1a")) and "\uff3b图" not in text else ""


def _closed(document: Document, run: Sequence[Span]) -> tuple[Span, ...]:
    """A run without what its last line goes on to say: what others say in a sentence each, it says in its first."""
    first = [sentence_spans(document.text[a:b])[0][1] for a, b in run]
    if all(a + end == b for (a, b), end in zip(run[:-1], first[:-1], strict=True)):
        return (*run[:-1], (run[-1][0], run[-1][0] + first[-1]))
    return tuple(run)


def _line_runs(document: Document, span: Span, place: int) -> Iterator[Listing]:
    headings = {s.start for s in document.sections}
    run: list[Span] = []
    before: Span | None = None
    kind = ""
    for previous, line in pairwise([None, *_lines(document, span), None]):
        text = document.text[line[0] : line[1]] if line else ""
        shape = _shape(text) if line and line[0] not in headings else ""
        if line and shape and (not run or kind == shape):
            kind = shape
            run.append(line)
            continue
        if len(run) >= 2:
            yield Listing(document, before, _closed(document, run), place)
        if not shape:
            before = _with_subject(document, line, previous) if line and text.endswith((":", "\uff1a")) else line
        else:
            before = run[-1] if run and kind != "row" else before
        run, kind = ([line], shape) if line and shape else ([], "")


_INLINE = re.compile(r"(?:(?<=[^\d])|^)(?:[(（]?([1-9])[)）、.．](?!\d)|([①-⑨]))")


def _inline_runs(document: Document, span: Span, place: int) -> Iterator[Listing]:
    """`…包括:1)甲;2)乙;3)丙` as items."""
    for start, end in _lines(document, span):
        text = document.text[start:end]
        marks = list(_INLINE.finditer(text))
        numbers = [int(m[1]) if m[1] else "①②③④⑤⑥⑦⑧⑨".index(m[2]) + 1 for m in marks]
        if len(marks) < 2 or numbers[:2] != [1, 2] or marks[0].start() == 0:
            continue
        kept = [m for i, m in enumerate(marks) if numbers[i] == i + 1]
        bounds = [m.start() for m in kept] + [_tail_end(text, kept[-1].end())]
        items = tuple(_trim(document, start + a, start + b) for a, b in pairwise(bounds))
        yield Listing(document, _trim(document, start, start + bounds[0]), items, place)


def _tail_end(text: str, start: int) -> int:
    stop = re.compile(r"[\u3002;\uff1b]").search(text, start)
    return stop.end() if stop else len(text)


def _trim(document: Document, start: int, end: int) -> Span:
    while end > start and document.text[end - 1] in " \n;\uff1b":
        end -= 1
    return start, end


_METHOD = re.compile(r"(?:方法|步骤|阶段|第[一二三四五六七八九十\d]+[步阶种个])[^\n]*\n")
_NUMBERED_HEADING = re.compile(
    r"^(?:方法|步骤|阶段|第[一二三四五六七八九十\d]+[步阶种个]|[(（][一二三四五六七八九十\d]+[)）]|\d+[)）、.．](?!\d))"
)


def _subsections(document: Document, start: int, place: int, listed: bool) -> Iterator[Listing]:
    """The subsections of the sections above a chunk, each as its heading and first sentence.

    Args:
        listed: whether a list is asked for: then headings with nothing under them are one, too.
    """
    for parent in (s for s in document.sections if s.start <= start < s.end):
        children = [s for s in document.sections if parent.start < s.start < parent.end and s.level > parent.level]
        top = min((s.level for s in children), default=0)
        children = [s for s in children if s.level == top]
        lead = document.heading_span(parent)
        if listed and len(children) >= ROW and all(map(document.is_point, children)):
            yield Listing(document, lead, tuple(map(document.heading_span, children)), place)
            continue
        children = [s for s in children if not document.is_point(s)]
        alike = _alike(document, children)
        if alike:
            yield Listing(document, lead, alike, place)
            continue
        plan = all(_NUMBERED_HEADING.match(document.text[s.start : s.body_start]) for s in children)
        if parent.level == 1 and not plan:
            continue  # a whole note's table of contents answers nothing
        if not 2 <= len(children) <= _MAX_SUBSECTIONS:
            continue
        items = tuple(_headed(document, child) for child in children)
        if any(document.text[end - 1] in ":\uff1a" for _, end in items):
            continue
        yield Listing(document, lead, items, place, start < children[0].start)


def _headed(document: Document, section: Section) -> Span:
    """A heading with the first sentence under it, or alone if other headings are all that stands under it."""
    inner = (s.start for s in document.sections if section.start < s.start < section.end)
    own = document.text[section.body_start : next(inner, section.end)]
    spans = sentence_spans(own)
    return (section.start, section.body_start + spans[0][1]) if spans else document.heading_span(section)


def _alike(document: Document, sections: Sequence[Section]) -> tuple[Span, ...]:
    """Neighbours headed by the same last word (筹备阶段, 开业阶段, …), three at least; also one that ran into its paragraph."""
    best: list[Section] = []
    word = ""
    for last in dict.fromkeys(s.heading[-2:] for s in sections if len(s.heading) > 2):
        for same, group in groupby(sections, lambda s, last=last: s.heading.endswith(last)):
            run = list(group) if same else []
            if len(run) > len(best):
                best, word = run, last
    if not 3 <= len(best) <= _MAX_SUBSECTIONS:
        return ()
    items = []
    for section in best:
        items.append(_headed(document, section))
        for start, end in _lines(document, (items[-1][1], section.end)):
            if word in document.text[start : min(start + _RAN_TOGETHER, end)]:
                items.append((start, start + sentence_spans(document.text[start:end])[0][1]))
    return tuple(items)


def best_listing(index: Index, found: Found) -> tuple[Listing, float] | None:
    """The listing that says most of what was asked, on the scale of sentence scores."""
    candidates = listings(index, found)
    if not candidates:
        return None
    weigh = weigher(index, found)
    cosines = index.recent.encode_passages([_listing_text(c) for c in candidates]) @ found.vector
    scored = [
        (c, _listing_score(c, found.question.text, weigh, float(cosine)))
        for c, cosine in zip(candidates, cosines, strict=True)
    ]
    return max(scored, key=lambda pair: pair[1])


def _listing_text(listing: Listing) -> str:
    text = listing.document.text
    spans = ([listing.lead] if listing.lead else []) + list(listing.items)
    return "\n".join([*_headings(listing)[-1:], *(text[a:b] for a, b in spans)])


def _headings(listing: Listing) -> list[str]:
    start = listing.lead[0] if listing.lead else listing.items[0][0]
    return [s.heading for s in listing.document.sections if s.start <= start < s.end]


_BEFORE_ITEMS = 0.3


def _listing_score(listing: Listing, asked: str, weigh: Callable[[str], float], cosine: float) -> float:
    """Like a sentence's: coverage, the introduction's counting most, similarity, place; numbered headings are a plan."""
    text = listing.document.text
    lead = text[listing.lead[0] : listing.lead[1]] if listing.lead else ""
    introduced = weigh("\n".join([lead, *_headings(listing)[-1:]]))
    whole = weigh("\n".join([*_headings(listing)[-2:], _listing_text(listing)]))
    rows = all(" | " in text[a:b] for a, b in listing.items)  # the first row of a table is its header
    subsections = "\n" in text[slice(*listing.items[0])]
    plan = subsections and (
        all(_NUMBERED_HEADING.match(text[a:b]) for a, b in listing.items) or _are_what_is_asked(listing, asked)
    )
    bonus = PLACE_BONUS[listing.chunk_place] + FIT_BONUS + (0.35 if plan else -0.2 if subsections else 0.0)
    bonus += _BEFORE_ITEMS if listing.before_items and listing.methodical else 0.0
    bonus += COUNT_BONUS if asked_count(asked) in (len(listing.items), len(listing.items) - rows) else 0.0
    if is_aside(" ".join(_headings(listing)[-1:]), asked):
        bonus -= ASIDE_PENALTY
    if sum(bool(FIGURES.search(fold(text[a:b]))) for a, b in listing.items) > len(listing.items) / 2:
        bonus -= ASIDE_PENALTY  # an example worked out line by line
    return 0.6 * introduced + 0.4 * whole + 0.6 * max(cosine, 0.0) + bonus


def _are_what_is_asked(listing: Listing, asked: str) -> bool:
    """Whether all headings of the items end with one word of the question: 筹备阶段, 开业阶段 are 阶段."""
    parts = [listing.document.text[a:b].partition("\n") for a, b in listing.items]
    words = {fold(heading)[-2:] for heading, _, body in parts if body}
    return len(words) == 1 and words.pop() in fold(asked)


def weigher(index: Index, found: Found) -> Callable[[str], float]:
    """Text → share of the question that it covers."""
    return lambda text: found.coverage.of(set(index.segmenter.tokens(text)))
