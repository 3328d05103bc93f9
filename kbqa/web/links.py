"""A place in a note as a URL fragment.

A chat holds many answers, and the first citation of the third one must still open its own note after ten more
questions. The server therefore keeps no table of citations: the link itself says which note and which characters.
A fragment survives the chat's HTML sanitizer and needs no attribute of our own.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from kbqa.types import Citation, Document, Hit

PREFIX = "#src?"
_MATCHED_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Place:
    """What a link opens.

    Attributes:
        number: the citation's number in its answer, from 1; 0 for a related passage.
        line: line of the note, from 1; 0 if unknown.
        matched: why the passage was found.
        digest: CRC-32 of the text there, 0 if unknown: an index rebuilt since must not highlight other words.
    """

    doc_id: str
    start: int
    end: int
    number: int = 0
    line: int = 0
    matched: tuple[str, ...] = ()
    digest: int = 0

    @property
    def href(self) -> str:
        fields = {"d": self.doc_id, "s": self.start, "e": self.end, "n": self.number, "l": self.line, "q": self.digest}
        return PREFIX + urlencode({**fields, "m": list(self.matched[:_MATCHED_SHOWN])}, doseq=True)


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
    )


def place_of_citation(citation: Citation, number: int, hits: tuple[Hit, ...] = ()) -> Place:
    """The place of citation `number`; the reason comes from the hit whose passage holds the quote."""
    matched: tuple[str, ...] = ()
    for hit in hits:
        chunk = hit.chunk
        if chunk.doc_id == citation.doc_id and chunk.start <= citation.start and citation.end <= chunk.end:
            matched = hit.matched
            break
    digest = digest_of(citation.quote)
    return Place(citation.doc_id, citation.start, citation.end, number, citation.line, matched, digest)


def place_of_hit(hit: Hit) -> Place:
    chunk = hit.chunk
    return Place(chunk.doc_id, chunk.start, chunk.end, matched=hit.matched, digest=digest_of(chunk.text))


def digest_of(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


def fits(place: Place, document: Document) -> bool:
    """Whether the note still says there what it said when the link was made."""
    if not 0 <= place.start < place.end <= len(document.text):
        return False
    return not place.digest or digest_of(document.text[place.start : place.end]) == place.digest
