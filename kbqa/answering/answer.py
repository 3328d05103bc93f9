"""(question, hits) → answer: chosen sentences, each with its citation; or the admission that the notes do not say.

Every sentence is a quote or a fixed connecting phrase, so a citation cannot be invented.
"""

from __future__ import annotations

from collections.abc import Sequence

from kbqa.answering import picks
from kbqa.answering.choosing import Block, announces, choose
from kbqa.answering.confidence import Calibration, confidence
from kbqa.answering.labels import with_labels
from kbqa.answering.listings import Listing, best_listing
from kbqa.answering.misses import promise
from kbqa.answering.picks import Pick, Scored
from kbqa.answering.suggest import follow_ups
from kbqa.indexing.index import Index
from kbqa.retrieval.because import matched_because
from kbqa.retrieval.ideas import near_words
from kbqa.retrieval.search import Found
from kbqa.settings import QuerySettings
from kbqa.text import sentence_spans, squeeze
from kbqa.types import Answer, Citation, Hit, Sentence

NOT_IN_NOTES_ZH = "笔记里没有找到这个问题的答案。"
NOT_IN_NOTES_EN = "The notes do not answer this question."
NOT_YET_WRITTEN = "笔记里提到了，但还没有写：「{}」"
_LIST_BUDGET = 2.5
_NOTHING_TO_QUOTE = 0.99  # of the threshold: how sure it is where nothing of what was found may be quoted
# How good a list has to be, against the best single sentence, to be the answer.
_LIST_AGAINST_SENTENCE = {"list": 0.7, "howto": 0.85, "compare": 1.1}


def answer(index: Index, found: Found, settings: QuerySettings, calibration: Calibration) -> Answer:
    """Make the answer from what retrieval found."""
    question = found.question
    sure = confidence(index, found, calibration)
    enough = calibration.threshold if settings.answer_threshold is None else settings.answer_threshold
    chosen = _choose(index, found, settings) if sure >= enough else []
    if not chosen:
        sure = round(_NOTHING_TO_QUOTE * enough, 4) if sure >= enough else sure
        text = NOT_IN_NOTES_EN if question.english else NOT_IN_NOTES_ZH
        line = promise(index, found) if found.hits else ""
        notices = (*question.notices, NOT_YET_WRITTEN.format(line)) if line else question.notices
        return Answer(
            question.raw, question.text, question.kind, (Sentence(text),), (), sure, True, found.hits, found.hits[:3],
            (), notices,
        )  # fmt: skip
    sentences, citations = _cite(index, chosen, found)
    return Answer(
        question.raw, question.text, question.kind, sentences, citations, sure, False, found.hits, found.hits[1:4],
        follow_ups(index, found, [c.heading_path for c in citations]), question.notices,
    )  # fmt: skip


def _choose(index: Index, found: Found, settings: QuerySettings) -> list[Pick]:
    """Spans to quote, in the order to show them."""
    sentences = picks.scored_sentences(index, found)
    chosen = choose(index, found, sentences, find_block(index, found, sentences, settings), settings.max_answer)
    return with_labels(index, found.question, chosen)


def find_block(index: Index, found: Found, sentences: Sequence[Scored], settings: QuerySettings) -> Block:
    """What the question's kind asks for, if the passages have it: a definition, both sides of a comparison, a list."""
    kind = found.question.kind
    if kind == "definition" and (defined := picks.definition(index, found, sentences)):
        return Block("definition", tuple(defined))
    if kind == "compare" and (compared := picks.comparison(index, found, sentences, settings.max_answer)):
        return Block("comparison", tuple(compared))
    if kind in ("list", "howto", "compare"):
        return _listing(index, found, sentences, settings)
    return Block()


def _listing(index: Index, found: Found, sentences: Sequence[Scored], settings: QuerySettings) -> Block:
    """The best list, unless a single sentence says what was asked clearly better."""
    best = best_listing(index, found)
    if best is None:
        return Block()
    listing, score = best
    rival = sentences[0].score if sentences else 0.0
    if score < _LIST_AGAINST_SENTENCE[found.question.kind] * rival:
        return Block()
    opens = (listing.lead or listing.items[0])[0]
    return Block("list", tuple(_shorten(index, found, listing, settings)), opens, listing.methodical)


_LEAD_COVERAGE = 0.4


def _shorten(index: Index, found: Found, listing: Listing, settings: QuerySettings) -> list[Pick]:
    """Lead-in and all items, each cut to its first sentence when the whole would be long."""
    text = listing.document.text
    doc_id = listing.document.doc_id
    items = list(listing.items)
    if sum(b - a for a, b in items) > _LIST_BUDGET * settings.max_answer / 2:
        items = [(a, a + sentence_spans(text[a:b])[0][1]) if "\n" not in text[a:b] else (a, b) for a, b in items]
    result = []
    if listing.lead and listing.lead[0] not in {s.start for s in listing.document.sections}:  # a heading is no answer
        a, b = listing.lead
        spans = sentence_spans(text[a:b]) if "\n" not in text[a:b] else ()
        a, b = (a + spans[-1][0], a + spans[-1][1]) if spans else (a, b)
        speaks = found.coverage.of(set(index.segmenter.tokens(text[a:b]))) >= _LEAD_COVERAGE
        if speaks or announces(text[a:b]):
            result.append(Pick(doc_id, a, b))
    used = 0
    for a, b in items:
        if used > _LIST_BUDGET * settings.max_answer:
            break
        result.append(Pick(doc_id, a, b, item=True))
        used += b - a
    return result


def _cite(index: Index, chosen: Sequence[Pick], found: Found) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """Sentences with their citations; the same words are quoted once."""
    sentences: list[Sentence] = []
    citations: list[Citation] = []
    seen: set[str] = set()
    near = near_words(found.question.ideas)
    for pick in chosen:
        document = index.documents.get(pick.doc_id)
        quote = document.text[pick.start : pick.end]
        key = squeeze(quote)
        if not key or key in seen:
            continue
        seen.add(key)
        path = next((s.path for s in reversed(document.sections) if s.start <= pick.start < s.end), (document.title,))
        copies = _copies(index, pick, found.hits)
        sentences.append(Sentence(_shown(quote, pick.item), (len(citations),), pick.item))
        text = "\n".join([*path[-2:], quote])
        shared = found.coverage.shared(set(index.segmenter.tokens(text)))
        matched = matched_because(found.question.text, text, shared, index.segmenter, near)
        line = document.line_at(pick.start)
        citations.append(Citation(pick.doc_id, pick.start, pick.end, quote, path, line, copies, matched))
    return tuple(sentences), tuple(citations)


def _shown(quote: str, item: bool) -> str:
    """A quote as it stands in an answer: on one line, without its list marker."""
    shown = picks.without_marker(quote) if item else quote
    head, _, body = shown.partition("\n")
    if not body:
        return shown
    return head.rstrip(":\uff1a") + "\uff1a" + picks.without_marker(body).replace("\n", " ")


def _copies(index: Index, pick: Pick, hits: Sequence[Hit]) -> tuple[tuple[str, int, int], ...]:
    """Other places where the notes say the same, word for word: in the copies of the chunk and in the other hits."""
    quote = index.documents.get(pick.doc_id).text[pick.start : pick.end]
    places = {(h.chunk.doc_id, h.chunk.start, h.chunk.end) for h in hits}
    row = index.chunks.row_at(pick.doc_id, pick.start)
    if row is not None:
        places.update(index.chunks.chunk(row).duplicates)
    found = set()
    for doc_id, start, end in places:
        at = index.documents.get(doc_id).text.find(quote, start, end)
        if at >= 0 and (doc_id, at) != (pick.doc_id, pick.start):
            found.add((doc_id, at, at + len(quote)))
    return tuple(sorted(found))
