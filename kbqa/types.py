"""The nouns. Frozen, small, no I/O; they import nothing of ours but `Span`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

_ENDS = '\u3002\uff01\uff1f!?.\u2026\u201d"'
_SEEN = re.compile(r"\S")
_GAP = 3  # characters that may stand between two sentences of one paragraph


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, subsections included.

    Attributes:
        heading: the heading's text without markers or numbering.
        level: 1 is the highest.
        start: offset of the heading line in the document's text.
        body_start: offset behind the heading line.
        end: offset where the next section of the same or a higher level starts.
        path: headings from the top down to this one.
    """

    heading: str
    level: int
    start: int
    body_start: int
    end: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One note as a reader sees it: decoded and cleaned, never folded.

    Attributes:
        doc_id: POSIX path under the notes folder.
        text: the cleaned text that every offset refers to; one block (heading, paragraph, item, row) a line.
        sections: the heading tree in document order.
        source_digest: SHA-256 of the file's bytes, hexadecimal.
        terms: names that the front matter says this note defines.
        prerequisites: names of terms to know before reading it.
        level: how hard it is, in the team's own words (`入门`, `进阶`, `专家`).
        updated: when its content was last checked, as written.
        lines: for each line of `text`, the line of the file that it came from, counted from 1.
    """

    doc_id: str
    title: str
    text: str
    sections: tuple[Section, ...]
    source_digest: str
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    source: str = ""
    terms: tuple[str, ...] = ()
    prerequisites: tuple[str, ...] = ()
    level: str = ""
    updated: str = ""
    lines: tuple[int, ...] = ()

    def line_at(self, offset: int) -> int:
        """The line of the file, counted from 1, that an offset of the text came from."""
        return self.lines[self.text.count("\n", 0, offset)]

    def heading_span(self, section: Section) -> tuple[int, int]:
        """The heading as it stands in the text, without its line end."""
        return section.start, section.start + len(self.text[section.start : section.body_start].rstrip("\n"))

    def is_point(self, section: Section) -> bool:
        """Whether nothing stands under a heading, not even another one: a point of an outline."""
        return not _SEEN.search(self.text, section.body_start, section.end)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What reading did to one file; `skipped` or `error` says why it was left out, `warnings` what was passed over."""

    doc_id: str
    encoding: str = ""
    script: Literal["simplified", "traditional", "mixed", "other"] = "other"
    characters: int = 0
    chunks: int = 0
    glosses_removed: int = 0
    chrome_lines: int = 0
    chrome_sample: tuple[str, ...] = ()
    garbled_spots: int = 0
    duplicate_paragraphs: int = 0
    lines_restored: int = 0
    warnings: tuple[str, ...] = ()
    skipped: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage that speaks of one thing; `text == document.text[start:end]` in code points.

    Attributes:
        heading_path: the headings above it, the document's title first; matched, never quoted.
        duplicates: (doc_id, start, end) of the places that say the same, word for word.
    """

    chunk_id: str
    doc_id: str
    heading_path: tuple[str, ...]
    text: str
    start: int
    end: int
    duplicates: tuple[tuple[str, int, int], ...] = ()


Place = tuple[str, int, int]
"""(doc_id, start, end) of a piece of a document's text."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the trade and its other names.

    Attributes:
        definition: the sentence that defines it, if the notes have one.
        formula: the sentence that says how it is computed.
        source: where the notes introduce it: the definition, or else a heading, a table row, a sentence with a bracket.
        confusable: names of terms that it is easily taken for.
        related: names of terms to read next.
        distinct: names that must never count as names of this term.
        origin: where it comes from, see `kbqa.terms.glossary.SURE`.
        sure: 0 to 1, how often what comes from there is a term with these names.
    """

    name: str
    aliases: tuple[str, ...] = ()
    english: tuple[str, ...] = ()
    definition: Place | None = None
    formula: Place | None = None
    source: Place | None = None
    confusable: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()
    origin: str = ""
    sure: float = 1.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found for a question.

    Attributes:
        score: higher is better; comparable within one question only.
        rank: 1 is the best.
        parts: what each retriever gave and how the score came about.
        matched: words and terms that the question and the chunk share, for "matched because …".
    """

    chunk: Chunk
    score: float
    rank: int
    parts: Mapping[str, float] = field(default_factory=dict)
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote and its place; `quote == document.text[start:end]`.

    Attributes:
        line: the line of the file where the quote starts, counted from 1.
        also_in: (doc_id, start, end) of word-for-word copies elsewhere.
        matched: words and terms of the question that the quote or its heading has.
    """

    doc_id: str
    start: int
    end: int
    quote: str
    heading_path: tuple[str, ...] = ()
    line: int = 0
    also_in: tuple[tuple[str, int, int], ...] = ()
    matched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer: a quote with its citations, or a fixed connecting phrase without any.

    Attributes:
        citations: 0-based positions in `Answer.citations`.
        item: whether it is shown as an item of a list.
    """

    text: str
    citations: tuple[int, ...] = ()
    item: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the chat shows.

    Attributes:
        question: as asked.
        understood_as: what was looked up, after follow-ups and spelling were resolved; equal to `question` if nothing changed.
        kind: definition, list, howto, formula, number, compare, why, fact.
        confidence: 0 to 1; below the threshold the answer abstains.
        related: nearest passages when abstaining, further ones otherwise.
        notices: remarks for the reader, such as how a typo was understood.
        choices: the question in each of its meanings, when the answer asks back which one is meant.
    """

    question: str
    understood_as: str
    kind: str
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    confidence: float
    abstained: bool
    hits: tuple[Hit, ...]
    related: tuple[Hit, ...] = ()
    follow_ups: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()

    @property
    def read_otherwise(self) -> bool:
        """Whether something else was looked up than was asked; what is said around a question does not count."""
        return self.understood_as.strip() not in self.question

    def goes_on(self, number: int) -> bool:
        """Whether a sentence stands right behind the one before it in its note, so that both read as one paragraph."""
        before, own = self.sentences[number - 1 : number], self.sentences[number]
        if not before or not before[0].citations or not own.citations:
            return bool(before)
        last, first = self.citations[before[0].citations[-1]], self.citations[own.citations[0]]
        return (last.doc_id, last.line) == (first.doc_id, first.line) and 0 <= first.start - last.end <= _GAP

    @property
    def text(self) -> str:
        """The answer as plain text without source numbers: one item a line, whole sentences run on as in the note."""
        lines: list[str] = []
        runs_on = False
        for number, sentence in enumerate(self.sentences):
            shown = f"- {sentence.text}" if sentence.item else sentence.text
            if runs_on and not sentence.item and self.goes_on(number):
                lines[-1] += shown
            else:
                lines.append(shown)
            runs_on = not sentence.item and sentence.text[-1:] in _ENDS
        return "\n".join(lines)
