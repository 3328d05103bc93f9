"""Near misses: the notes speak of the matter, but not of what is asked about it.

Each is told by something that a reader would point at: what fits best is still to be written, or speaks of another year;
nobody is said to have come up with it; one of two things that are to be compared stands nowhere; a name is asked for and the
notes say 某公司; no figure near the matter has the unit that is asked for; steps or a reason are asked for and none is there; what fits
best says no more than the question does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kbqa.indexing.index import Index
from kbqa.indexing.segment import words
from kbqa.retrieval.fit import MARKER, asked_unit, asks_steps, is_step
from kbqa.retrieval.ideas import ASKING, CUES, new_words
from kbqa.retrieval.question import Question
from kbqa.retrieval.search import Found
from kbqa.terms.glossary import names_of
from kbqa.text import Span, fold, squeeze

NAMES = (
    "unwritten", "other date", "nobody named", "side missing", "nameless", "unit missing", "steps missing", "reason missing", "echo",
)  # fmt: skip
_PASSAGES, _COMPARED = 3, 5
_HEADING = 1.3  # what a heading that covers the whole question would score if it were a sentence
_GOOD = 0.5  # score that the best sentence is taken to have at least: of what says nothing, no share is much

# What writers put where something is to come, or where they do not know or do not tell.
_UNWRITTEN = re.compile(
    r"待(?:补|写|整理|完善|更新|定|续|议|查|确认|核实|细化|讨论|[\u4e00-\u9fff]{1,6}(?:定|确认|补充?|核实)(?![\u4e00-\u9fff]))"
    r"|\b(?:todo|tbd|tba|wip)\b|未完(?!成)|没写完|时间未定|(?:先)?(?:占位|留空|空着)"
    r"|还没(?:写|整理|想好|定|统计|弄明白|搞懂|搞明白|搞清)|没(?:看懂|听懂|搞懂|弄懂|记全|记下来|想明白|想好|统计过)"
    r"|(?:以后|回头|改天|下次|有空|有时间)再?(?:写|补|讲|说|聊|整理|更新|细说|开一?[篇贴帖])"
    r"|(?:下期|下回|下一?篇|后续|以后的?)(?:再?(?:讲|说|写|聊|见|展开|介绍|分享)|专题|预告)|见(?:下期|后续|下一?篇)"
    r"|(?:本期|这里|此处|这次|暂)(?:先)?不(?:展开|细说|细讲|讲|赘述)|不(?:方便|便)(?:说|透露|公开)"
    r"|待出(?=$|[,;|)\u3002])|没定(?![义的、期制金位价时做])|未附|附后|另(?:议|发(?=$|[,;)\u3002 ]))|(?:本|这)[期次节篇课].{0,6}不讲|不展开"
    r"|(?:提|听)过?了?一嘴|回头再问|(?:抄|写|记)了?一半|没空整理|没(?:问到|问清|问出|数过|记下|公布|透露)(?!.{0,6}的)|没有(?:定论|公布|透露)(?!.{0,6}的)|未(?:公布|披露|透露)(?!.{0,6}的)"
    r"|to be (?:added|written|decided|continued)|coming soon"
)
_BROKEN_OFF = re.compile(r"^[^\u3002;,]{1,24}(?:\u2026|\.\.\.)+\s*(?:\(.*)?$")
_SHORT_LINE = 60  # characters of a line that such a word speaks for as a whole
_ASKS = re.compile(r"\?[\"\u201d\u300d')]?\s*$")
_DATE = re.compile(
    r"(?:19|20)\d\d(?=年|\b|q|上半|下半|财年)|(?<!\d)\d{1,2}月(?!\d)|q[1-4]\b|(?<!\d)[12]\d(?=年(?!龄|轻|内|[以之]))"
)
_COMPARES = re.compile(
    r"^(?:请问|想问|问下|那|所以)?(.{1,24}?)(?:和|与|跟|同|vs\.?|比起|相比于?|对比)(.{1,24}?)"
    r"(?:之间|相比|比起来|对比)?(?:的|有|到底|究竟|具体|分别|在哪|差在|区别|差别|差异|不同|不一样|,|\?|是不是|一样|是一|比|怎么|如何|哪个|谁|各)"
)
_WHO = re.compile(
    r"谁.{0,8}(?:提出|发明|创立|首创|想出|开创)|(?:提出|发明|首创)(?:者|人|.{1,16}(?:是谁|哪位))|\bwho\b.*\b(?:invent|coin|propos|creat|came up)"
)
_CAME_UP = re.compile(r"提出|发明|创立|首创|开创|之父|创始")
_ASKS_NAME = re.compile(
    r"哪一?[家款本位]|哪个?(?:公司|平台|品牌|国家|城市|作者|app|产品(?![阶经])|学者|机构|人(?![群生]))|叫什么名|(?:公司|平台|品牌|app|产品|游戏|店|书|作者)(?:到底|究竟|具体)?叫(?:什么|啥)|(?<!用户)(?<!客户)是谁|出自"
    r"|\bwho (?:is|was|did|made|runs)\b|name of|(?:which|what) (?:company|brand|app|country)"
)
_NAMELESS = re.compile(
    r"某(?![些时])(?!种程度)(?!个(?:角度|方面|时|阶段))|(?<![所没还只每统第同唯任何])有?一[家款](?![具长居装项式叫名])"
    r"|(?<!每)一个(?!月).{0,6}(?:公司|平台|品牌|应用|app|产品)(?!叫|名|上)|(?:这家|该)(?:公司|平台|品牌|企业)"
)
_BECAUSE = re.compile(
    r"因为|因此|由于|所以|为了|避免|防止|否则|不然|才[能会]|以免|原因|导致|怕|免得|省得|之所以|从而|意味|毕竟|目的|好让|理由|使得|不是.{1,12}而是|容易|会被"
    r"|能让|可以让|有利于|有助"
)
_ALMOST_BEST = 0.9  # share of the best sentence's score from which a sentence is about the matter, too
_MAKES_UP = 0.8  # how much what is told takes from what is still to be written
_SAYS = 2  # words of its own that a sentence has that says something


@dataclass(frozen=True, slots=True)
class _Looked:
    """A sentence of the best passages and the line that it stands in, both folded.

    Attributes:
        place: that of the line if it is short, else of the sentence.
        point: whether it is a heading with nothing under it.
        heads: whether it is one with something under it, which tells nothing itself.
    """

    row: int
    score: float
    text: str
    line: str
    place: Span
    point: bool
    heads: bool


def misses(index: Index, found: Found) -> dict[str, float]:
    """How much speaks for each kind of near miss, 0 to 1; needs at least one hit."""
    everything = _look(index, found)
    looked = [one for one in everything if not one.heads]
    closest = max((one.score for one in looked), default=0.0)
    best = max(_GOOD, closest)
    question = fold(found.question.text)
    dates, unit = set(_DATE.findall(question)), asked_unit(question)
    asked = frozenset(words(question))

    def lacking(which: Callable[[_Looked], object]) -> float:
        """How far the best of the sentences that are so stays behind the best of all, as a share of that."""
        return max(0.0, 1.0 - max((one.score for one in everything if which(one)), default=0.0) / best)

    to_come = _to_come(looked, found.question)
    promised = max(
        max((one.score for one in to_come), default=0.0),
        _HEADING * _bare_heading(index, found),
    )
    telling = [one for one in looked if new_words(one.text, asked) >= _SAYS]
    saying = max((one.score for one in telling), default=0.0)
    told = max((one.score for one in telling if one not in to_come), default=0.0)
    nameless = (one for one in looked if one.score >= _ALMOST_BEST * best and _NAMELESS.search(one.text))
    return {
        "unwritten": min(max(promised - _MAKES_UP * told, 0.0) / best, 1.0),
        "other date": lacking(lambda one: any(date in one.text for date in dates)) if dates else 0.0,
        "nobody named": lacking(lambda one: _CAME_UP.search(one.text)) if _WHO.search(question) else 0.0,
        "side missing": _side_missing(index, found) if found.question.kind == "compare" else 0.0,
        "nameless": float(bool(_ASKS_NAME.search(question)) and any(nameless)),
        "unit missing": lacking(lambda one: unit.search(one.text)) if unit else 0.0,
        "steps missing": lacking(_is_step) if asks_steps(question) else 0.0,
        "reason missing": lacking(lambda one: _BECAUSE.search(one.text)) if found.question.kind == "why" else 0.0,
        "echo": (closest - saying) / best,
    }


def promise(index: Index, found: Found) -> str:
    """The line of the notes that fits a question best, if it says that it is still to be written; else empty."""
    looked = _look(index, found)
    best = max((one.score for one in looked), default=0.0)
    promised = max(_to_come(looked, found.question), key=lambda one: one.score, default=None)
    if promised is None or promised.score < max(best, _GOOD):
        return ""
    return index.documents.row(int(index.chunks.places[promised.row, 0])).text[slice(*promised.place)].strip()


def _look(index: Index, found: Found) -> list[_Looked]:
    looked = []
    for row in found.rows[:_PASSAGES]:
        document = index.documents.row(int(index.chunks.places[row, 0]))
        text, points = document.text, {s.start for s in document.sections if document.is_point(s)}
        headings = {s.start for s in document.sections} - points
        for sentence in found.sentences.get(row, ()):
            start, end = index.sentences.span(sentence.row)
            stop = text.find("\n", max(end - 1, start))
            line = text.rfind("\n", 0, start) + 1, stop if stop >= 0 else len(text)
            short = line if line[1] - line[0] <= _SHORT_LINE else (start, end)
            looked.append(
                _Looked(
                    row,
                    sentence.score,
                    fold(text[start:end]),
                    fold(text[slice(*line)]),
                    short,
                    start in points,
                    start in headings,
                )
            )
    return looked


def _is_step(one: _Looked) -> bool:
    return is_step(one.line) or bool(MARKER.match(one.line))


def _to_come(looked: Sequence[_Looked], question: Question) -> list[_Looked]:
    """Those that are still to be written: they say so, or are points of an outline that are asked for more than their names."""
    points = [one for one in looked if one.point] if question.kind != "list" else []
    return [*_unwritten(looked), *points]


def _unwritten(looked: Sequence[_Looked]) -> list[_Looked]:
    """Those that say that they are still to be written, and questions before them."""
    are = [_is_unwritten(one.text, one.line) for one in looked]
    for i, (one, following) in enumerate(pairwise(looked)):
        are[i] |= one.row == following.row and are[i + 1] and bool(_ASKS.search(one.text))
    return [one for one, is_so in zip(looked, are, strict=True) if is_so]


def _is_unwritten(text: str, line: str) -> bool:
    """Whether a sentence, or the short line that it stands in, says that it is still to be written."""
    return bool(_UNWRITTEN.search(line if len(line) <= _SHORT_LINE else text) or _BROKEN_OFF.search(line))


def _bare_heading(index: Index, found: Found) -> float:
    """How much of the question the best heading without a text covers, in the notes of the best passages."""
    best = 0.0
    for number in dict.fromkeys(int(index.chunks.places[row, 0]) for row in found.rows[:_PASSAGES]):
        document = index.documents.row(number)
        for section in document.sections:
            if document.is_point(section):
                best = max(best, found.coverage.of(set(index.segmenter.tokens(section.heading))))
    return best


def _side_missing(index: Index, found: Found) -> float:
    """How much of one of two things compared stands in none of the best passages."""
    match = _COMPARES.search(fold(found.question.text))
    if not match:
        return 0.0
    passages = [fold("\n".join([*hit.chunk.heading_path, hit.chunk.text])) for hit in found.hits[:_COMPARED]]
    told = squeeze(" ".join(passages))
    sentences = [squeeze(sentence) for text in passages for sentence in re.split(r"[\n\u3002;!?]", text)]
    return max(_lacking(index, side, told, sentences) for side in match.groups())


def _lacking(index: Index, side: str, told: str, sentences: Sequence[str]) -> float:
    """Share of a thing's words that no single sentence has, 0 if one of its names is told."""
    asked = squeeze(side)
    names = {asked}
    for match in index.segmenter.matches(side):
        if 2 * (match.end - match.start) > len(asked):
            names.update(squeeze(name) for name in names_of(index.glossary.terms[match.term]))
    if any(name in told for name in names):
        return 0.0
    pieces = [squeeze(word) for word in words(side) if word not in ASKING and word not in CUES]
    most = max((sum(piece in sentence for piece in pieces) for sentence in sentences), default=0)
    return 1.0 - most / len(pieces) if pieces else 0.0
