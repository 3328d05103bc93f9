"""A place in a note as a URL fragment.

A chat holds many answers, and the first citation of the third one must still open its own note after ten more
questions. The server therefore keeps no table of citations: the link itself says which note and which characters.
A fragment survives the chat's HTML sanitizer and needs no attribute of our own, and a page opened with it shows the place.

Notes change while links live on in chats, mails and bookmarks. A link therefore carries what its quote began with and
checksums of the quote and of the note, so that an old link finds its sentence again or says that it is gone.
"""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import parse_qs, urlencode

from kbqa.text import sentence_spans
from kbqa.types import Citation, Document, Hit

PREFIX = "#src?"
_MATCHED_SHOWN = 6
_BEGINNING = 40

Change = Literal["", "elsewhere", "moved", "gone"]


@dataclass(frozen=True, slots=True)
class Place:
    """What a link opens.

    Attributes:
        number: the citation's number in its answer, from 1; 0 for a related passage.
        line: line of the note, from 1; 0 if unknown.
        matched: why the passage was found.
        digest: CRC-32 of the text there, 0 if unknown: an index rebuilt since must not highlight other words.
        beginning: first characters of the text there, to find it again in a note that was changed.
        version: the note's version when the link was made, see `version_of`; empty if unknown.
    """

    doc_id: str
    start: int
    end: int
    number: int = 0
    line: int = 0
    matched: tuple[str, ...] = ()
    digest: int = 0
    beginning: str = ""
    version: str = ""

    @property
    def href(self) -> str:
        fields = {"d": self.doc_id, "s": self.start, "e": self.end, "n": self.number, "l": self.line, "q": self.digest}
        texts = {name: text for name, text in (("t", self.beginning), ("v", self.version)) if text}
        return PREFIX + urlencode({**fields, **texts, "m": list(self.matched[:_MATCHED_SHOWN])}, doseq=True)


def parse_place(href: str) -> Place:
    """Read a link back.

    Raises:
        ValueError: the text is no link of ours; whoever types one by hand gets here.
    """
    fields = parse_qs(href.removeprefix(PREFIX))
    if not href.startswith(PREFIX) or "d" not in fields:
        raise ValueError(f"not a source link: {href[:80]!r}")
    numbers = {key: int(fields.get(key, ["0"])[0]) for key in "senlq"}
    return Place(
        doc_id=fields["d"][0],
        start=numbers["s"],
        end=numbers["e"],
        number=numbers["n"],
        line=numbers["l"],
        matched=tuple(fields.get("m", ())),
        digest=numbers["q"],
        beginning=fields.get("t", [""])[0],
        version=fields.get("v", [""])[0],
    )


def place_of_citation(citation: Citation, number: int, hits: tuple[Hit, ...] = ()) -> Place:
    """The place of citation `number`; a citation that does not say why has it from the hit whose passage holds it."""
    matched = citation.matched
    for hit in hits if not matched else ():
        chunk = hit.chunk
        if chunk.doc_id == citation.doc_id and chunk.start <= citation.start and citation.end <= chunk.end:
            matched = hit.matched
            break
    place = Place(citation.doc_id, citation.start, citation.end, number, citation.line, matched)
    return _with_text(place, citation.quote)


def place_of_hit(hit: Hit) -> Place:
    chunk = hit.chunk
    return _with_text(Place(chunk.doc_id, chunk.start, chunk.end, matched=hit.matched), chunk.text)


def _with_text(place: Place, text: str) -> Place:
    return replace(place, digest=digest_of(text), beginning=text[:_BEGINNING])


def digest_of(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def version_of(document: Document) -> str:
    """Short name of a note's version: other bytes in the file, another version."""
    return document.source_digest[:8]


def fits(place: Place, document: Document) -> bool:
    """Whether the note still says there what it said when the link was made."""
    if not 0 <= place.start < place.end <= len(document.text):
        return False
    return not place.digest or digest_of(document.text[place.start : place.end]) == place.digest


def permanent(place: Place, document: Document) -> Place:
    """The place as a link that outlives changes of the note: with its version, its line and what it begins with."""
    text = document.text[place.start : place.end]
    line = place.line or (document.line_at(place.start) if document.lines else 0)
    return replace(_with_text(place, text), line=line, version=version_of(document))


def found_again(place: Place, document: Document) -> tuple[Place, Change]:
    """Where the text of a link stands in the note of today, and what happened to it.

    Returns:
        The place with today's offsets, and `""` if nothing changed, `"elsewhere"` if the note changed but not there,
        `"moved"` if the same words stand elsewhere, `"gone"` if they are gone: then it is the sentence most like them.
    """
    if fits(place, document):
        return place, "elsewhere" if place.version and place.version != version_of(document) else ""
    if same := _same_words(place, document.text):
        return replace(place, start=same[0], end=same[1], line=0), "moved"
    start, end = _most_alike(place, document.text)
    return replace(place, start=start, end=end, line=0), "gone"


def _same_words(place: Place, text: str) -> tuple[int, int] | None:
    """The nearest span with the words of the link."""
    if not place.beginning:
        return None
    length = place.end - place.start
    starts: list[int] = []
    at = text.find(place.beginning)
    while at >= 0:
        if digest_of(text[at : at + length]) == place.digest:
            starts.append(at)
        at = text.find(place.beginning, at + 1)
    if not starts:
        return None
    start = min(starts, key=lambda found: abs(found - place.start))
    return start, start + length


def _most_alike(place: Place, text: str) -> tuple[int, int]:
    """The sentence that has most of the link's pairs of characters; of equals, the one nearest to where it stood."""
    wanted = _pairs(place.beginning)
    shared = {span: (wanted & _pairs(text[slice(*span)])).total() for span in sentence_spans(text)}
    return max(shared, key=lambda span: (shared[span], -abs(span[0] - place.start)), default=(0, 0))


def _pairs(text: str) -> Counter[str]:
    return Counter(text[i : i + 2] for i in range(len(text) - 1))
