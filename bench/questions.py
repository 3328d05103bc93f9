"""Questions for timing, made from the notes themselves: their headings and terms put into what people ask."""

from __future__ import annotations

import random
import re
from pathlib import Path

SUFFIXES = (".md", ".markdown", ".txt")

_HEADING = re.compile(r"^#{1,4} +(.{2,24})$", re.MULTILINE)
_SHORT_LINE = re.compile(r"^[\u4e00-\u9fffA-Za-z0-9 ]{3,16}$", re.MULTILINE)
_TERM = re.compile(r"([\u4e00-\u9fffA-Za-z]{2,10})[（(][A-Za-z][A-Za-z ,\-]{1,40}[）)]|\b([A-Z]{2,6})\b")
_SENTENCE = re.compile(r"[\u4e00-\u9fff][^。！？\n|]{14,50}(?=[。！？])")
_NUMBERING = re.compile(r"^[\s\d.、（）()一二三四五六七八九十#*-]+")

_ONE = (
    "什么是{}？", "{}是什么意思", "{}怎么算？", "{}的计算公式是什么？", "{}包括哪些？", "{}有哪些步骤？", "{}怎么做？",
    "如何做好{}？", "为什么要做{}？", "{}一般是多少？", "{}要注意什么？", "{}和别的有什么不同？", "{}",
    "请问一下我们做{}的时候应该先看什么",
    "What is {}?", "How do we do {}?",
)  # fmt: skip
_TWO = ("{}和{}有什么区别？", "{}与{}是什么关系？", "做{}之前要不要先做{}？", "{}对{}有什么影响")
_OUTSIDE = ("今天天气怎么样？", "附近哪里可以停车", "怎么给自行车补胎？", "月球离地球多远？", "推荐一部电影")


def make_questions(notes: Path, count: int, seed: int) -> list[str]:
    """So many questions, the same for the same notes and seed.

    About two in three ask about one thing, one in five about two, and the rest are sentences of the notes, slips of the
    keyboard, or have nothing to do with the notes.
    """
    pick = random.Random(seed)
    names, sentences = _material(notes, pick)
    questions = []
    for _ in range(count):
        chance = pick.random()
        if chance < 0.65:
            questions.append(pick.choice(_ONE).format(pick.choice(names)))
        elif chance < 0.85:
            questions.append(pick.choice(_TWO).format(pick.choice(names), pick.choice(names)))
        elif chance < 0.93:
            questions.append(pick.choice(sentences))
        elif chance < 0.97:
            questions.append(_slip(pick.choice(names), pick) + "是什么？")
        else:
            questions.append(pick.choice(_OUTSIDE))
    return questions


def _material(notes: Path, pick: random.Random, most: int = 200) -> tuple[list[str], list[str]]:
    """Names of things and whole sentences from some of the notes."""
    paths = sorted(p for p in notes.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    names: list[str] = []
    sentences: list[str] = []
    for path in pick.sample(paths, min(most, len(paths))):
        text = path.read_text("utf-8", errors="ignore")
        headings = _HEADING.findall(text) or _SHORT_LINE.findall(text)
        names += [name for name in (_NUMBERING.sub("", h).strip(" ？?") for h in headings) if len(name) > 1]
        names += [a or b for a, b in _TERM.findall(text)]
        sentences += _SENTENCE.findall(text)[:20]
    return list(dict.fromkeys(names)) or ["笔记"], sentences or ["笔记里写了什么"]


def _slip(name: str, pick: random.Random) -> str:
    """A name with two neighbouring characters exchanged."""
    i = pick.randrange(len(name) - 1) if len(name) > 1 else 0
    return name[:i] + name[i + 1 : i + 2] + name[i : i + 1] + name[i + 2 :]
