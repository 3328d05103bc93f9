"""Word by word, what notes may write for what people say: English words, and spoken Chinese ones.

Unlike the glossary these are no equivalents: `order` may be 订单 or 下单, 冷清 may be 不活跃. They only help to find.
`english.tsv` and `spoken.tsv` hold one entry a line: the word, a tab, the notes' words parted by blanks, the nearest first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources

LONGEST = 4  # words that an entry may have

Wordings = Mapping[str, tuple[str, ...]]


@lru_cache(maxsize=1)
def english() -> Wordings:
    """English words and phrases in their base form → the notes' words."""
    return _read("english.tsv")


@lru_cache(maxsize=1)
def spoken() -> Wordings:
    """Spoken Chinese words → the notes' words."""
    return _read("spoken.tsv")


def _read(name: str) -> Wordings:
    lines = resources.files("kbqa.terms").joinpath(name).read_text("utf-8").splitlines()
    return {word: tuple(near.split()) for word, _, near in (line.partition("\t") for line in lines) if near}


def longest_first(words: Sequence[str], between: str, known: Wordings) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Runs of words that have an entry, left to right and longest first, as (first, behind the last, the notes' words)."""
    at = 0
    while at < len(words):
        for end in range(min(len(words), at + LONGEST), at, -1):
            run = words[at:end]
            if near := _entry(run, between, known):
                yield at, end, near
                at = end
                break
        else:
            at += 1


def _entry(run: Sequence[str], between: str, known: Wordings) -> tuple[str, ...]:
    whole = between.join(run)
    if whole in known or not between:
        return known.get(whole, ())
    heads = [()] if len(run) == 1 else [(first, *run[1:-1]) for first in base_forms(run[0])]
    forms = (between.join([*head, last]) for head in heads for last in base_forms(run[-1]))
    return next((known[form] for form in forms if form in known), ())


def base_forms(word: str) -> list[str]:
    """What an English word may be a regular form of, itself first: stopped → stop, cities → city, larger → large."""
    forms = [word]
    for ending, others in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            stem = word[: -len(ending)]
            forms += [stem + other for other in others]
            if ending in ("ed", "ing", "er", "est") and len(stem) > 2 and stem[-1] == stem[-2]:
                forms.append(stem[:-1])
    return list(dict.fromkeys(forms))


_ENDINGS = (
    ("'s", ("",)), ("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",)), ("ed", ("", "e")), ("ing", ("", "e")),
    ("iest", ("y",)), ("ier", ("y",)), ("er", ("", "e")), ("est", ("", "e")), ("ily", ("y",)), ("ly", ("", "e")),
)  # fmt: skip
