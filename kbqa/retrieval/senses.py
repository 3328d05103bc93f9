"""Short forms that stand for two things (CP: a content provider, a price–performance ratio): noticed, never guessed.

The rest of the question or the conversation often says which one is meant. Where neither does, the reader is asked.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass

from kbqa.indexing.segment import Segmenter, words
from kbqa.retrieval.followup import Turn
from kbqa.retrieval.ideas import ASKING, CUES
from kbqa.terms.glossary import names_of
from kbqa.text import fold
from kbqa.types import Term

_SHORT_FORM = re.compile(r"[a-z0-9&/.\-]{2,6}")


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A short form in a question with several meanings in the notes.

    Attributes:
        start, end: where it stands in the question.
        terms: positions in the glossary of what it may mean; one if something else said says which.
    """

    surface: str
    start: int
    end: int
    terms: tuple[int, ...]

    def put(self, text: str, name: str) -> str:
        """The question with a meaning in place of the short form."""
        return text[: self.start] + name + text[self.end :]


def ambiguity(text: str, segmenter: Segmenter, known: Container[str], history: Sequence[Turn] = ()) -> Ambiguity | None:
    """The first short form of a question that the notes use for several things, if there is one."""
    for match in segmenter.matches(text):
        if not _SHORT_FORM.fullmatch(fold(match.surface)):
            continue
        senses = [
            t for t in segmenter.senses(match.surface) if _spoken_of(segmenter.glossary.terms[t], match.surface, known)
        ]
        if len(senses) == 1 and senses[0] != match.term:
            return Ambiguity(
                match.surface, match.start, match.end, (senses[0],)
            )  # the only one that the notes speak of
        if len(senses) > 1:
            said = " ".join([text[: match.start], text[match.end :], *(turn.get("content", "") for turn in history)])
            meant = _meant(said, [segmenter.glossary.terms[t] for t in senses], match.surface)
            chosen = tuple(senses) if meant is None else (senses[meant],)
            return Ambiguity(match.surface, match.start, match.end, chosen)
    return None


def meaning_of(term: Term, surface: str) -> str:
    """The name that tells a meaning apart: the first that is not the short form itself."""
    return next((name for name in names_of(term) if fold(name) != fold(surface)), term.name)


def _spoken_of(term: Term, surface: str, known: Container[str]) -> bool:
    """Whether the notes define a term, or use one of its other names."""
    if term.definition is not None:
        return True
    others = [words(name) for name in names_of(term) if fold(name) != fold(surface)]
    return any(other and all(word in known for word in other) for other in others)


def _meant(said: str, terms: Sequence[Term], surface: str) -> int | None:
    """Which of the terms the other words speak of; None if none of them or several."""
    folded = fold(said)
    named = [i for i, t in enumerate(terms) if any(fold(n) in folded for n in names_of(t) if fold(n) != fold(surface))]
    if named:
        return named[0] if len(named) == 1 else None
    content = {w for w in words(folded) if w not in ASKING and w not in CUES and w != fold(surface)}
    own = [{w for name in names_of(term) for w in words(name) if w != fold(surface)} for term in terms]
    hinted = [i for i, mine in enumerate(own) if content & mine]
    return hinted[0] if len(hinted) == 1 else None
