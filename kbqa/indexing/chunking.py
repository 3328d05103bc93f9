"""Documents → chunks: by structure first, then by sentences, so that one chunk speaks of one thing.

A chunk never crosses a heading that the writer set, except that a row of tiny sections (the five stages of something, a
sentence each) stays together, and that a row of headings with nothing under them is a list of what stands above them.
Blocks — paragraphs, items, rows — are kept whole; only a paragraph that is too long by itself is cut, between sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace

from kbqa.indexing.segment import count_tokens
from kbqa.settings import BuildSettings
from kbqa.text import Span, fold, sentence_spans
from kbqa.types import Chunk, Document, Section

# A block that opens a topic of its own even in mid-section.
_NEW_TOPIC = re.compile(r"^(?:案例|例如|示例|实例|典型案例|常见问题|注意事项)[^:：\n]{0,12}[:：]")
_ITEM = re.compile(r"^\s*(?:[-*•]\s|\(?\d+[.)、．](?!\d)|[(（]\d+[)）]|[①-⑳])")
_LEAD_IN = re.compile(r"[:：]\s*$")
_TINY_TOKENS = 60
ROW = 3  # tiny sections, or headings with nothing under them, that belong together


def chunk_document(document: Document, settings: BuildSettings) -> list[Chunk]:
    """Cut one document; chunks come in text order, their ids are `doc_id#0001` and so on.

    Returns:
        Chunks with `text == document.text[start:end]`; a section without text yields none, but for rows of such.
    """
    chunks: list[Chunk] = []
    headings = {section.start for section in document.sections if not document.is_point(section)}
    for span, path in _regions(document):
        for start, end in _pack(document.text, _blocks(document.text, span, headings), settings):
            number = len(chunks) + 1
            chunk_id = f"{document.doc_id}#{number:04d}"
            chunks.append(Chunk(chunk_id, document.doc_id, path, document.text[start:end], start, end))
    return chunks


def _regions(document: Document) -> Iterator[tuple[Span, tuple[str, ...]]]:
    """Stretches of text that belong to one heading, in order, with its path."""
    sections = document.sections
    first = sections[0].start if sections else len(document.text)
    title_path = (document.title,) if document.title else ()
    if first:
        yield (0, first), title_path
    index = 0
    while index < len(sections):
        section = sections[index]
        last = max(_row_end(document, index, _is_tiny), _row_end(document, index, _is_point))
        below = index + 1 < len(sections) and sections[index + 1].level > section.level
        if last > index:
            yield (section.start, _own_end(sections, last)), section.path[:-1] or section.path
        else:
            points = _row_end(document, index + 1, _is_point) if below else index
            last = points if points > index + 1 else index
            if section.body_start < _own_end(sections, last):
                yield (section.body_start, _own_end(sections, last)), section.path
        index = last + 1


def _own_end(sections: Sequence[Section], index: int) -> int:
    """Where the text of a section itself ends: at its end or its first subsection."""
    following = sections[index + 1].start if index + 1 < len(sections) else sections[index].end
    return min(sections[index].end, following)


def _row_end(document: Document, index: int, belongs: Callable[[Document, int], bool]) -> int:
    """Last section of a row of leaf sections of one level that all belong, and starts at `index`; `index` if it is short."""
    sections = document.sections
    last = index
    while last < len(sections) and sections[last].level == sections[index].level and belongs(document, last):
        last += 1
        if last < len(sections) and sections[last].start != sections[last - 1].end:
            break
    return last - 1 if last - index >= ROW else index


def _is_point(document: Document, index: int) -> bool:
    return document.is_point(document.sections[index])


def _is_tiny(document: Document, index: int) -> bool:
    section = document.sections[index]
    leaf = index + 1 == len(document.sections) or document.sections[index + 1].start >= section.end
    body = document.text[section.body_start : section.end]
    return leaf and 5 <= len(body.strip()) and count_tokens(body) <= _TINY_TOKENS


def _blocks(text: str, span: Span, headings: Set[int]) -> list[Span]:
    """Spans of the lines in `span`, white space trimmed, blank ones left out, those of `headings` joined to the line behind."""
    spans: list[Span] = []
    position = span[0]
    named = False  # the block before is a heading: it goes with what it names
    for line in text[span[0] : span[1]].split("\n"):
        stripped = line.strip()
        if stripped:
            start = position + line.index(stripped)
            end = start + len(stripped)
            if named:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((start, end))
            named = position in headings
        position += len(line) + 1
    return spans


def _pack(text: str, blocks: Sequence[Span], settings: BuildSettings) -> Iterator[Span]:
    """Fill chunks block by block; a lead-in that ends with a colon goes with what it introduces."""
    pending: list[Span] = []
    size = 0
    for block in _split_long(text, blocks, settings.max_tokens):
        tokens = count_tokens(text[block[0] : block[1]])
        item = bool(_ITEM.match(text[block[0] : block[1]]))
        full = size + tokens > settings.max_tokens
        closed = size >= settings.min_tokens and not item
        if pending and (full or closed or _NEW_TOPIC.match(text[block[0] : block[1]])):
            kept = _lead_in(text, pending)
            done = pending[: len(pending) - len(kept)]
            if done:
                yield done[0][0], done[-1][1]
            pending = kept
            size = sum(count_tokens(text[a:b]) for a, b in pending)
        pending.append(block)
        size += tokens
    if pending:
        yield pending[0][0], pending[-1][1]


def _lead_in(text: str, pending: Sequence[Span]) -> list[Span]:
    start, end = pending[-1]
    return [pending[-1]] if _LEAD_IN.search(text[start:end]) and end - start <= 60 else []


def _split_long(text: str, blocks: Sequence[Span], limit: int) -> Iterator[Span]:
    """Blocks as they are, but paragraphs above the limit as groups of sentences."""
    for start, end in blocks:
        if count_tokens(text[start:end]) <= limit:
            yield start, end
            continue
        group: Span | None = None
        for a, b in sentence_spans(text[start:end]):
            sentence = (start + a, start + b)
            if group and count_tokens(text[group[0] : sentence[1]]) > limit:
                yield group
                group = None
            group = (group[0], sentence[1]) if group else sentence
        if group:
            yield group


# Marks do not make two texts differ, except between digits: 3.5% is not 35%.
_DROPPED = re.compile(r"(?<!\d)[^\w]|[^\w](?!\d)")


def join_duplicates(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Keep the first of chunks that say the same word for word; it lists the places of the others."""
    first: dict[str, int] = {}
    kept: list[Chunk] = []
    for chunk in chunks:
        key = _DROPPED.sub("", "".join(fold(chunk.text).split()))
        if key and key in first:
            held = kept[first[key]]
            place = (chunk.doc_id, chunk.start, chunk.end)
            kept[first[key]] = replace(held, duplicates=(*held.duplicates, place))
        else:
            first[key] = len(kept)
            kept.append(chunk)
    return kept
