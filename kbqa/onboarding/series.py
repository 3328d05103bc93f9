"""Things that the notes list, in order or not: what order items and odd-one-out items are made of.

Four shapes count: marked lines with labels (`1. 定目标：…`), marked lines that each define a term, a sentence that says how many
and names as many (`有四种：甲、乙、丙、丁`, `甲、乙、丙三步`), and arrows (`甲→乙→丙`). A count that fits is what tells an
enumeration from a run of words that happens to hold commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from kbqa.text import Span, fold, sentence_spans, squeeze
from kbqa.types import Document, Section

FEWEST, MOST = 3, 12
_LONGEST = 12

_ITEM = re.compile(r"(?:(?P<dot>[-*•])\s+|(?P<number>\d{1,2})[.、]\s*)(?=\S)")
_LABEL = re.compile(r"(?P<label>[^:,\u3002;()\s][^:,\u3002;]{0,15}?)(?:\s*\([^()]*\))?\s*:\s*\S")
_DEFINED = re.compile(r"(?P<label>[^:,\u3002;()]{2,16}?)(?:\s*\([^()]*\))?(?:是指|指的是|就是)")
_NUMERALS = {"两": 2, **{c: i for i, c in enumerate("一二三四五六七八九十", 1)}}
_KIND = r"(?:个|种|类|步|段|块|层|项|条|样|关|招|处|大|级|路|对|行|道|问|圈|件|部分|方面|环节|阶段|要素|维度|角色|方向|特征|动作)"
_COUNT = rf"(?P<count>[两二三四五六七八九]|[3-9])\s?(?P<kind>{_KIND})"
_COUNTED_BEFORE = re.compile(
    rf"(?P<lead>[^:,\u3002;]{{2,30}}?{_COUNT}[^:,\u3002;]{{0,8}}?):(?P<list>[^:\u3002;]+)\u3002?$"
)
_COUNTED_BEHIND = re.compile(
    rf"(?P<list>[^:,\u3002;]*\u3001[^:,\u3002;]*?)(?:这|等)?{_COUNT}(?P<noun>[^,\u3002;]{{0,6}})"
)
_MARKS = ",:;\u3002"
_ELSE = re.compile(r"[越最]")
_SAID = re.compile(rf"{_COUNT}[^{_MARKS}]*")
_OPENS = re.compile(
    r"^.*(?:分成|分为|概括为|归纳为|通常分|依次是|包括|按|由|从|即|是指|就是|是|有|用(?!户)|分(?![析享发层群配工销]))"
)
FIRST = re.compile(r"^(?:首先|先|再|然后|接着|最后)(?=..)")
_ARROWS = re.compile(r"[^\u3002;,:|]+(?:(?:→|->|—>)[^\u3002;,:|]+){2,}")
_STEPWISE = re.compile(
    r"步骤|^(?!.*(?:什么|哪)).*流程$|流程(?:是|如下|:)|次序|顺序|先后|依次|(?<!第)[两三四五六七八九\d]步|步走|跳步|环节走|往下看|几个阶段|几步|哪一步"
)
_PART = re.compile(r"环节|阶段|维度|方面|角度|模块|步骤|部分|层次")
_STAGES = re.compile(r"步|段|阶段|环节")
_DOING = re.compile(r"怎么(?:做(?!到)|搭|画|推进|测|跑|走|复盘|划分|找|拆|编)|怎样做")
_ASIDE = re.compile(r"错误|误区|易混|混淆|相关|示意|例子|什么时候|案例|常见问题")
_NO_LABEL = re.compile(r"[?!=|%\d]|[\uff1f]|第.{1,3}[例轮]|^(?:例|注|如|公式|示意|合计|比如|以下)$|^以下|→")


@dataclass(frozen=True)
class Series:
    """Members that the notes list together.

    Attributes:
        heading: the heading that it stands under.
        said: how many the notes say there are, in the words that announce it; empty if they do not say so.
        ordered: whether the notes say that its order counts.
        span: where it stands in the document, from its introduction to its last member.
        section: span of the section around it.
    """

    document: Document
    heading: str
    said: str
    members: tuple[str, ...]
    ordered: bool
    span: Span
    section: Span

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The members as they are compared."""
        return tuple(map(squeeze, self.members))


def series_of(document: Document) -> Iterator[Series]:
    """Everything that a note lists, in its order."""
    folded = fold(document.text)
    for section in document.sections:
        body = _own_body(document, section)
        if section.level > 1 and not any(_ASIDE.search(heading) for heading in section.path[1:]):
            yield from _runs(document, folded, section, body)
        yield from _sentences(document, folded, section, body)


def _own_body(document: Document, section: Section) -> Span:
    """What stands under a heading, subsections left out."""
    inner = (s.start for s in document.sections if section.start < s.start < section.end)
    return section.body_start, min(inner, default=section.end)


@dataclass(slots=True)
class _Run:
    lead: Span
    numbered: bool
    items: list[Span]


def _runs(document: Document, folded: str, section: Section, body: Span) -> Iterator[Series]:
    """Marked lines one behind the other whose labels can stand as options."""
    lead, run = (section.start, section.body_start), None
    for start, end in _lines(folded, body):
        marker = _ITEM.match(folded, start, end)
        if marker and run and run.numbered == bool(marker["number"]):
            run.items.append((marker.end(), end))
        elif marker:
            if run:
                yield from _labelled(document, folded, section, run)
            run = _Run(lead, bool(marker["number"]), [(marker.end(), end)])
        else:
            if run:
                yield from _labelled(document, folded, section, run)
            lead, run = (start, end), None
    if run:
        yield from _labelled(document, folded, section, run)


def _lines(folded: str, body: Span) -> Iterator[Span]:
    start = body[0]
    for line in folded[slice(*body)].split("\n"):
        if line.strip():
            yield start, start + len(line)
        start += len(line) + 1


def _labelled(document: Document, folded: str, section: Section, run: _Run) -> Iterator[Series]:
    matches = [_DEFINED.match(folded, *item) or _LABEL.match(folded, *item) for item in run.items]
    labels = [document.text[slice(*match.span("label"))].strip(" “”") if match else "" for match in matches]
    if not _members(labels) or "示意" in folded[slice(*run.lead)]:
        return
    ordered = _stepwise(section.heading, folded[slice(*run.lead)]) or (
        run.numbered and bool(_DOING.search(section.heading)) and _actions(labels)
    )
    span = (section.start if run.lead[0] == section.start else run.lead[0], run.items[-1][1])
    said = _announced(section.heading, _last_sentence(document.text[slice(*run.lead)]), len(labels))
    yield Series(document, section.heading, said, tuple(labels), ordered, span, (section.start, section.end))


def _stepwise(heading: str, lead: str) -> bool:
    """Whether a heading, or the sentence in front of a list, says that what follows comes in order."""
    return any(_STEPWISE.search(text.strip()) for text in (fold(heading), _last_sentence(lead)))


def _announced(heading: str, lead: str, count: int) -> str:
    """The words of a heading, or of a lead up to the clause, that say how many there are; empty if neither does."""
    for text in (heading, lead):
        counts = [m for m in _SAID.finditer(fold(text)) if not _ELSE.search(m[0])]
        if len(counts) == 1 and _number(counts[0]["count"]) == count:
            return text[: counts[0].end()].strip()
    return ""


def _last_sentence(text: str) -> str:
    return "".join(text[slice(*span)] for span in sentence_spans(text)[-1:])


def _actions(labels: Sequence[str]) -> bool:
    """Whether labels say what to do (`选奖品`), and not all of them the same thing to several objects (`定期限`, `定奖励`)."""
    import rjieba

    verbs = sum(rjieba.tag(label)[0][1].startswith("v") for label in labels)
    return verbs >= 0.6 * len(labels) and len({label[0] for label in labels}) > 2


def _members(labels: Sequence[str]) -> bool:
    """Whether labels are members of one thing: enough of them, all different, short, and each a name rather than a remark."""
    return (
        FEWEST <= len(labels) <= MOST
        and len(set(labels)) == len(labels)
        and all(2 <= len(label) <= _LONGEST and not _NO_LABEL.search(fold(label)) for label in labels)
    )


def _sentences(document: Document, folded: str, section: Section, body: Span) -> Iterator[Series]:
    for a, b in sentence_spans(document.text[slice(*body)]):
        start, end = body[0] + a, body[0] + b
        sentence = folded[start:end]
        if "\u3001" not in sentence and "→" not in sentence and ">" not in sentence:
            continue
        if "示意" in sentence or "|" in sentence:
            continue
        for said, labels, ordered in _enumerated(document.text[start:end], sentence):
            if _members(labels):
                around = (section.start, section.end)
                yield Series(document, section.heading, said, tuple(labels), ordered, (start, end), around)


def _enumerated(text: str, folded: str) -> Iterator[tuple[str, list[str], bool]]:
    """What a sentence lists: how it says how many, the members, whether they come in order."""
    if match := _COUNTED_BEFORE.search(folded):
        labels = _split(text[slice(*match.span("list"))])
        if len(labels) == _number(match["count"]):
            yield (
                text[slice(*match.span("lead"))].strip(),
                labels,
                bool(_STAGES.match(match["kind"]) or _STEPWISE.search(match["lead"])),
            )
    for match in _COUNTED_BEHIND.finditer(folded):
        count = _number(match["count"])
        labels = _split(text[slice(*match.span("list"))])[-count:]
        if len(labels) == count:
            opening = _OPENS.match(fold(labels[0]))
            labels[0] = labels[0][opening.end() if opening else 0 :]
            if len(labels[0]) > max(map(len, labels[1:])) + 1:
                continue  # what stands before the first member could not be told from it
            labels = [FIRST.sub("", label).removesuffix("的") for label in labels]
            noun = _PART.match(match["noun"])
            said = text[match.start("count") : match.end("kind") + (noun.end() if noun else 0)]
            yield said, labels, bool(_STAGES.match(match["kind"]) or _STAGES.match(match["noun"]))
    for match in _ARROWS.finditer(folded):
        labels = [part.strip() for part in re.split(r"→|->|—>", text[slice(*match.span())])]
        yield "", labels, True


def _split(text: str) -> list[str]:
    """The members of `甲（Alpha）、乙和丙`, glosses left out."""
    bare = re.sub(r"（[^（）]*）|\([^()]*\)", "", text)
    return [re.split("[，,]", part)[0].strip(" “”。") for part in bare.split("、")]


def _number(count: str) -> int:
    return int(count) if count.isdigit() else _NUMERALS[count]
