"""Glued decks to learn from: lines joined the way a converter joins them, with the places where they had been apart.

Beside whole sections and notes there are lists mined from running text (clauses that begin with a verb, definitions)
and sentences or clauses that get a title or label out of their own words, because a title can be anything.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kbqa.notes.linebreak_network import KINDS
from kbqa.text import fold
from kbqa.training.linebreak_composer import TAILS, Composer
from kbqa.training.linebreak_sources import (
    END,
    HAN,
    NUMBER,
    SOURCES,
    Deck,
    Line,
    held_out,
    own_decks,
    read_notes,
    read_sections,
)

_WIDE = r"\u4e00-\u9fff\uff00-\uffef\u3000-\u303f"

_WIDE = r"\u4e00-\u9fff\uff00-\uffef\u3000-\u303f"
_SPACE_AT_HAN = re.compile(rf"(?<=[{_WIDE}:,]) +| +(?=[{_WIDE}])")


@dataclass(frozen=True, slots=True)
class Glued:
    """Folded text without line breaks; `labels[i]` is 0 or 1 + index of the kind of the line starting at i."""

    text: str
    labels: np.ndarray


def glue(lines: Iterable[Line], rng: random.Random) -> Glued:
    """Join lines as a converter does: no separator, markers mostly gone, items mostly without a full stop."""
    keep_number, drop_space = rng.random() < 0.25, rng.random() < 0.75
    bare_items, bare_paragraphs = rng.random() < 0.8, rng.random() < 0.06
    separator = " " if rng.random() < 0.08 else ""
    parts: list[str] = []
    marks: list[tuple[int, int]] = []
    length = 0
    for line in lines:
        text = line.text if keep_number else NUMBER.sub("", line.text)
        bare_item = bare_items and line.kind == "item" and text.count("\u3002") < 2
        if line.kind == "heading" or bare_item or bare_paragraphs:
            text = text.rstrip(END)
        text = fold(_SPACE_AT_HAN.sub("", text) if drop_space else text).strip()
        if not text:
            continue
        marks.append((length, 1 + KINDS.index(line.kind)))
        parts.append(text + separator)
        length += len(text) + len(separator)
    labels = np.zeros(length, np.int64)
    for place, label in marks:
        labels[place] = label
    return Glued("".join(parts), labels)


def _fragment(deck: Deck, rng: random.Random) -> Deck:
    """Now and then only the first sentence of a section's paragraph, as on a slide."""
    if rng.random() > 0.3 or len(deck) < 2 or deck[0].kind != "heading" or deck[1].kind != "paragraph":
        return deck
    first = re.match(r"[^\u3002]{10,120}\u3002", deck[1].text)
    return (deck[0], Line(first.group(), "paragraph")) if first else deck


def _labelled(decks: Sequence[Deck], rng: random.Random) -> Deck:
    """A labelled list made of headings and the first clause under each."""
    items = []
    for deck in decks:
        clause = re.match(r"[^\u3002\uff0c,:\uff1a]{5,30}", deck[1].text) if len(deck) > 1 else None
        if clause and deck[0].kind == "heading" and len(deck[0].text) <= 10:
            items.append(Line(f"{deck[0].text}:{clause.group()}", "item"))
    return tuple(items)


_NO_ITEM_START = frozenset(
    "是 有 可 可以 应 应当 能 会 要 需 需要 如需 请 使 让 为 以 在 到 对 由 如 令 属于 违反 发生".split()
)
_CONNECTIVE = re.compile("^(?:并且|以及|同时|并|且|应当|应|需要|可以|可|再|然后)")
_DEFINED = re.compile(
    "(?:所称的?|规定的|^)((?:(?!所称|规定的)[\u4e00-\u9fffA-Za-z]){2,12})\uff0c?是指([^\u3002\uff1b;]{6,60})"
)
_SENTENCE = re.compile("[\u3002\uff1b\uff1a;:]")


def _starts_with_verb(clause: str) -> bool:
    import rjieba

    word, tag = rjieba.tag(clause[:8])[0]
    return tag in ("v", "vn", "vd") and word not in _NO_ITEM_START


def verb_lists(text: str) -> Iterator[Deck]:
    """Runs of three and more clauses that begin with a verb: real lists of real phrases, once the commas are gone."""
    for sentence in _SENTENCE.split(text):
        run: list[Line] = []
        for clause in [*sentence.split("\uff0c"), ""]:
            phrase = _CONNECTIVE.sub("", clause)
            if 4 <= len(phrase) <= 26 and HAN.match(phrase) and _starts_with_verb(phrase):
                run.append(Line(phrase, "item"))
                continue
            if len(run) > 2:
                yield tuple(run)
            run = []


def definitions(text: str) -> Iterator[Line]:
    """`X, that is to say Y` as a labelled item."""
    for match in _DEFINED.finditer(text):
        yield Line(f"{match.group(1)}:{match.group(2)}", "item")


@dataclass(frozen=True, slots=True)
class Material:
    """What decks are made from, and the share of texts taken from the notes."""

    sections: Sequence[Deck]
    notes: Sequence[Deck]
    lists: Sequence[Deck]
    labels: Sequence[Line]
    texts: Sequence[str]
    note_share: float


def _listed(material: Material, rng: random.Random, composer: Composer) -> list[Line]:
    """A mined list under a heading of the documentation, sometimes with the words that announce a list."""
    sections = material.sections
    heading = sections[rng.randrange(len(sections))][0]
    lines = [heading] if heading.kind == "heading" else []
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.5:
            topic = sections[rng.randrange(len(sections))][0]
            lines += [topic] if topic.kind == "heading" and len(topic.text) < 14 else []
        if rng.random() < 0.4:
            lines.append(composer.intro())
        if rng.random() < 0.7:
            lines += rng.choice(material.lists)
        else:
            start = rng.randrange(len(material.labels))
            lines += material.labels[start : start + rng.randint(2, 6)]
    return lines


_CONTENT = re.compile("^(?:n|v|vn|a|an|b|l|i|j)[a-z]?$")


def key_phrase(text: str, rng: random.Random) -> str:
    """One to three content words in a row out of the text, 2 to 10 characters; empty if there are none."""
    import rjieba

    tagged = rjieba.tag(text[:160])
    starts = [i for i, (word, tag) in enumerate(tagged) if len(word) > 1 and _CONTENT.match(tag) and HAN.match(word)]
    if not starts:
        return ""
    at = rng.choice(starts)
    phrase = ""
    for word, tag in tagged[at : at + rng.randint(1, 3)]:
        if not _CONTENT.match(tag) or len(phrase + word) > 10:
            break
        phrase += word
    return phrase


def _sentences(sections: Sequence[Deck], rng: random.Random) -> list[str]:
    start = rng.randrange(len(sections))
    lines = [line.text for deck in sections[start : start + 6] for line in deck if line.kind != "heading"]
    parts = [part.rstrip(END + ":\uff1a") for text in lines for part in text.split("\u3002")]
    return [part for part in parts if 12 <= len(part) <= 120 and HAN.match(part)]


def _cards(sections: Sequence[Deck], rng: random.Random) -> Iterator[Line]:
    """Sentences of running text, each under a title made of its own words: a title can be anything."""
    sentences = _sentences(sections, rng)
    for i in range(0, min(len(sentences), 8), size := rng.choice((1, 1, 2))):
        phrase = key_phrase(rng.choice((sentences[i], rng.choice(sentences))), rng)
        if phrase:
            roll = rng.random()
            if roll < 0.3 and len(phrase) < 8:
                phrase += rng.choice(TAILS)
            elif roll < 0.4:
                phrase = rng.choice(("什么是", "如何", "为什么要", "怎样做好", "做好", "关于")) + phrase
            elif roll < 0.5:
                phrase += rng.choice(("的作用", "的意义", "与要求", "有哪些", "的目标", "和方法", "之后", "前的准备"))
            yield Line(phrase, "heading")
            yield Line("\u3002".join(sentences[i : i + size]) + "\u3002", "paragraph")


def _word_labels(sections: Sequence[Deck], rng: random.Random) -> Iterator[Line]:
    """Clauses of running text, each labelled with words of its own: a label can be anything, and so can the end."""
    clauses = [
        clause
        for sentence in _sentences(sections, rng)
        for clause in re.split("[\uff0c\uff1b]", sentence)
        if 6 <= len(clause) <= 40 and HAN.match(clause) and ":" not in clause and "\uff1a" not in clause
    ]
    shared = rng.choice(TAILS) if rng.random() < 0.2 else ""
    bracket = f"\uff08{rng.randint(1, 9)}0%\uff09" if rng.random() < 0.1 else ""
    for i in range(0, min(len(clauses), 7), size := rng.choice((1, 1, 2))):
        label = key_phrase(rng.choice((clauses[i], rng.choice(clauses), rng.choice(clauses))), rng) + shared
        if label:
            explanation = "\uff0c".join(clauses[i : i + size])
            yield Line(f"{label}{bracket}\uff1a{explanation}", "item")


def _documentation(sections: Sequence[Deck], rng: random.Random) -> list[Line]:
    start = rng.randrange(len(sections))
    roll = rng.random()
    if roll < 0.06 and len(items := _labelled(sections[start : start + 12], rng)) > 2:
        return list(items)
    lines: list[Line] = []
    previous = None
    for deck in sections[start : start + rng.randint(1, 5)]:
        # Articles of one chapter of a statute all carry the chapter's heading.
        lines += _fragment(deck, rng)[1 if deck[0] == previous else 0 :]
        previous = deck[0]
    return lines


def _excerpt(notes: Sequence[Deck], rng: random.Random) -> Deck:
    deck = rng.choice(notes)
    start = rng.randrange(len(deck)) if rng.random() < 0.5 else 0
    return deck[start : start + rng.randint(5, 60)]


def compose(material: Material, seed: int, characters: int) -> Iterator[Glued]:
    """A mixture of documentation, notes and composed decks in texts of 200 to 3000, cut off at `characters`."""
    rng = random.Random(seed)
    composer = Composer(rng)
    done = 0
    while done < characters:
        target, lines = rng.choice((200, 600, 1500, 3000)), []
        while sum(len(line.text) for line in lines) < target:
            roll = rng.random()
            if roll < material.note_share:
                lines += _excerpt(material.notes, rng)
            elif roll < material.note_share + 0.05:
                lines += composer.deck()
            elif roll < material.note_share + 0.20:
                lines += _listed(material, rng, composer)
            elif roll < material.note_share + 0.36:
                lines += _cards(material.sections, rng)
            elif roll < material.note_share + 0.46:
                lines += _word_labels(material.sections, rng)
            else:
                lines += _documentation(material.sections, rng)
        glued = glue(lines, rng)
        done += len(glued.text)
        yield glued


def gather(data: Path, corpus: Path, characters: int) -> Material:
    """Training material; no note is shown more than about 25 times in `characters`."""
    sections: list[Deck] = []
    every: list[Deck] = []
    for decks, (times, stride) in zip(read_sections(data), SOURCES.values(), strict=True):
        kept = held_out(decks)[0]
        every += kept
        sections += [deck for i, deck in enumerate(kept) if i // 20 % stride == 0] * times
    notes = held_out(read_notes(corpus), 1, 12)[0] + own_decks()
    size = sum(len(line.text) for deck in notes for line in deck)
    texts = tuple(dict.fromkeys(line.text for deck in (*every, *notes) for line in deck))
    lists = [found for text in texts for found in verb_lists(text)]
    labels = [found for text in texts for found in definitions(text)]
    return Material(sections, notes, lists, labels, texts, min(0.35, 25 * size / characters))
