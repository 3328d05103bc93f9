"""Near misses: the notes speak of the matter, but not of what is asked about it.

Each is told by something a reader would point at: the sentence that fits best says that it is still to be written, is itself
a question, or speaks of another year; one side of a comparison stands nowhere; the note is about somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from kbqa.indexing.index import Index
from kbqa.indexing.segment import words
from kbqa.retrieval.closely import SentenceScore
from kbqa.retrieval.ideas import ASKING, CUES
from kbqa.retrieval.search import Found
from kbqa.text import fold, squeeze

_PASSAGES = 3
# What writers put where something is to come, or where they do not know or do not tell.
_UNWRITTEN = re.compile(
    r"待(?:补|写|整理|完善|更新|定|续|议|查|确认|核实|细化|讨论|[\u4e00-\u9fff]{1,6}(?:定|确认|补充?|核实)(?![\u4e00-\u9fff]))|\b(?:todo|tbd|tba|wip)\b|未完(?!成)|没写完|还没(?:写|整理|想好|定|统计|弄明白|搞懂|搞明白|搞清楚?)|没(?:看懂|听懂|搞懂|弄懂|记全|记下来|想明白|想好|统计过)"
    r"|(?:以后|回头|改天|下次|有空|有时间)再?(?:写|补|讲|说|聊|整理|更新|细说|开一?[篇贴帖])|(?:下期|下回|下一?篇|后续|以后的?)(?:再?(?:讲|说|写|聊|见|展开|介绍|分享)|专题|预告)|见(?:下期|后续|下一?篇)"
    r"|(?:本期|这里|此处|这次|暂)(?:先)?不(?:展开|细说|细讲|讲|赘述)|不(?:方便|便)(?:说|透露|公开)|时间未定|(?:先)?(?:占位|留空|空着)|to be (?:added|written|decided|continued)|coming soon"
)
_BROKEN_OFF = re.compile(r"^[^\u3002;,\uff0c]{1,24}(?:…|\.\.\.)+\s*(?:[(\uff08].*)?$")
_SHORT_LINE = 60
_STEPS = re.compile(r"步骤|流程|[几哪]步|分步|一步一?步|\bsteps?\b")
_SEQUENCE = re.compile(
    r"第[一二三1-3]步|首先|然后|→|->|[①②③]|(?:^|\n)\W*\d{1,2}[.、)\uff09]|先.{1,30}?(?:再|后|然后)|\bthen\b"
)
_ASKS = re.compile(r"[?\uff1f][\"\u201d\u300d')\uff09]?\s*$")
_REPLIES = re.compile(r"^\W*(?:\d+\s*楼\W*)?(?:a\b|答|回复|回答|作者|楼主|老师|官方|博主)|回复")
_DATE = re.compile(
    r"(?:19|20)\d\d(?=年|\b|q|上半|下半|财年)|(?<!\d)\d{1,2}月(?!\d)|q[1-4]\b|(?<!\d)[12]\d(?=年(?!龄|轻|内|[以之]))"
)
_COMPARED = re.compile(
    r"^(?:请问|想问|问下|那|所以)?(?P<one>.{1,24}?)(?:和|与|跟|同|vs\.?|比起|相比于?|对比)(?P<two>.{1,24}?)(?:之间|相比|比起来|对比)?(?:的|有|到底|究竟|具体|分别|在哪|差在|区别|差别|差异|不同|不一样|,|\?|是不是|一样|是一|比|怎么|如何|哪个|谁|各)"
)
_ORIGIN = re.compile(
    r"谁.{0,8}(?:提出|发明|创立|首创|想出|开创)|(?:提出|发明|首创)(?:者|人)|who\b.*\b(?:invent|coin|propos|creat|came up)"
)
_ORIGINATED = re.compile(r"提出|发明|创立|首创|开创|之父|创始")
_WHEN = re.compile(
    r"什么时候|何时|几号|哪天|几月|哪一?年|几点|周几|礼拜几|星期几|啥时候|哪年|\bwhen\b|what (?:day|date|time)"
)
_TIME = re.compile(
    r"\d\s*[年月日号点:/.-]|周[一二三四五六日末]|星期|礼拜|月[初中底末]|年[初中底末]|[上下]旬|季度|q\d|[dt][+-]\d|每[天日周月年]|[早晚]上|上午|下午|凌晨|\d\s*(?:天|小时|分钟|周)|之前|之后|以前|以后|前|后|时"
)
_FIGURE = re.compile(
    r"\d|[一二两三四五六七八九十百千万半]+(?:个|成|倍|年|天|周|月|小时|分钟|次|人|元|块|条|家|种|步|名|万|亿|分)"
)


def misses(index: Index, found: Found) -> dict[str, float]:
    """How much speaks for a near miss, 0 to about 1 each; needs at least one hit."""
    looked = [(row, s) for row in found.rows[:_PASSAGES] for s in found.sentences.get(row, ())]
    texts = [_text(index, row, s) for row, s in looked]
    lines = [_line(index, row, s) for row, s in looked]
    scores = [max(s.score, 0.0) for _, s in looked]
    best = max([*scores, 1e-6])
    question = fold(found.question.text)

    def share(which: Callable[[str], object]) -> float:
        """The best score of the sentences that are so, as a share of the best of all."""
        return max((score for score, text in zip(scores, texts, strict=True) if which(text)), default=0.0) / best

    unwritten = [
        bool(_UNWRITTEN.search(text if len(line) > _SHORT_LINE else line) or _BROKEN_OFF.search(line))
        for text, line in zip(texts, lines, strict=True)
    ]
    for i, text in enumerate(texts[:-1]):  # an answer that is still to come
        unwritten[i] |= bool(_ASKS.search(text)) and unwritten[i + 1] and looked[i + 1][0] == looked[i][0]
    dates = set(_DATE.findall(question))
    told = fold(found.hits[0].chunk.text)
    return {
        "unwritten": max(
            [s / best for s, u in zip(scores, unwritten, strict=True) if u] + [_empty(index, found) / best]
        ),
        "asks back": _asked_back(looked, texts, scores) / best,
        "other date": 1.0 - share(lambda text: any(d in text for d in dates)) if dates else 0.0,
        "side missing": _side_missing(index, found),
        "origin missing": (1.0 - share(_ORIGINATED.search)) if _ORIGIN.search(question) else 0.0,
        "time missing": (1.0 - share(_TIME.search)) if _WHEN.search(question) else 0.0,
        "number missing": (1.0 - share(_FIGURE.search)) if found.question.kind == "number" else 0.0,
        "steps missing": float(bool(_STEPS.search(question)) and not _SEQUENCE.search(told)),
        "stranger": _stranger(index, found)[0],
        "elsewhere": _stranger(index, found)[1],
        "other name": float(
            any(
                not _said(index, n, told + fold(" ".join(found.hits[0].chunk.heading_path)))
                for n in re.findall(r"\d{2,}" if found.question.english else r"\d{2,}|[a-z][a-z0-9]+", question)
            )
        ),
    }


def _said(index, name, told):
    if name in told:
        return True
    for m in index.segmenter.matches(name):
        t = index.glossary.terms[m.term]
        if any(fold(n) in told for n in (t.name, *t.aliases)):
            return True
    return False


def _text(index: Index, row: int, sentence: SentenceScore) -> str:
    start, end = index.sentences.span(sentence.row)
    return fold(index.documents.row(int(index.chunks.places[row, 0])).text[start:end])


def _line(index: Index, row: int, sentence: SentenceScore) -> str:
    start, end = index.sentences.span(sentence.row)
    text = index.documents.row(int(index.chunks.places[row, 0])).text
    stop = text.find("\n", end - 1 if text[end - 1 : end] == "\n" else end)
    return fold(text[text.rfind("\n", 0, start) + 1 : stop if stop >= 0 else len(text)])


def _asked_back(looked: Sequence[tuple[int, SentenceScore]], texts: Sequence[str], scores: Sequence[float]) -> float:
    """Score of the best question that stands in the passages without an answer behind it."""
    best = 0.0
    for i, text in enumerate(texts):
        if not _ASKS.search(text):
            continue
        last = i + 1 >= len(texts) or looked[i + 1][0] != looked[i][0]
        if last or _ASKS.search(texts[i + 1]):
            best = max(best, float(scores[i]))
    return best


def _empty(index: Index, found: Found) -> float:
    """Score that the best heading without a text gets, as a sentence would, in the notes of the best passages."""
    best = 0.0
    for number in dict.fromkeys(int(index.chunks.places[row, 0]) for row in found.rows[:_PASSAGES]):
        document = index.documents.row(number)
        for section in document.sections:
            if section.end - section.start > len(section.heading) + 12:
                continue
            body = squeeze(document.text[section.start : section.end])
            if body == squeeze(section.heading):
                tokens = set(index.segmenter.tokens(section.heading))
                covered = 1.3 * found.coverage.of(tokens)
                best = max(best, covered)
    return best


def _side_missing(index: Index, found: Found) -> float:
    """1 if one of two things compared stands in none of the best passages."""
    if found.question.kind != "compare":
        return 0.0
    match = _COMPARED.search(fold(found.question.text))
    if not match:
        return 0.0
    passages = [fold("\n".join([*hit.chunk.heading_path, hit.chunk.text])) for hit in found.hits[:5]]
    told = squeeze(" ".join(passages))
    sentences = [squeeze(x) for p in passages for x in re.split(r"[\n\u3002;!?]", p)]
    lacking = 0.0
    for side in (match["one"], match["two"]):
        names = {squeeze(side)} - {""}
        matches = index.segmenter.matches(side)
        for m in matches:
            if 2 * (m.end - m.start) > len(squeeze(side)):
                names |= {
                    squeeze(n) for n in (index.glossary.terms[m.term].name, *index.glossary.terms[m.term].aliases)
                }
        if any(n in told for n in names):
            continue
        pieces = [squeeze(w) for w in words(side) if w not in ASKING and w not in CUES]
        lacking = max(
            lacking, 1.0 - max((sum(p in x for p in pieces) for x in sentences), default=0) / max(len(pieces), 1)
        )
    return lacking


def _stranger(index: Index, found: Found) -> tuple[float, float]:
    """Importance of what is asked that the notes have, but nowhere in the note of the best passage."""
    home = int(index.chunks.places[found.rows[0], 0])
    documents = index.chunks.places[:, 0]
    total = away = 0.0
    for idea, here in zip(found.question.ideas, found.covered, strict=True):
        if here >= 0.4 or idea.known_missing < 0.9:
            continue
        places: set[int] = set()
        chunks = 0
        for wording in (*idea.wordings, *idea.near):
            ids = [index.vocabulary.ids[t] for t in wording.tokens if t in index.vocabulary.ids]
            if len(ids) != len(wording.tokens) or not ids:
                continue
            rows = [index.lexical.chunks[index.lexical.indptr[i] : index.lexical.indptr[i + 1]] for i in ids]
            both = rows[0]
            for r in rows[1:]:
                both = np.intersect1d(both, r)
            places |= set(documents[both].tolist())
            chunks += len(both)
        if places and home not in places:
            total += idea.importance
            away += float(len(places) == 1 and chunks >= 2)
    return total, away
