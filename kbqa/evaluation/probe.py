"""One question under the lens: what retrieval and refusing did with it, as data for people.

Nothing is computed a second time in another way: the searches, the answer and the features are those of the chat, asked with
its settings over one generation of the index, and taken apart here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kbqa.answering.confidence import confidence, features
from kbqa.answering.picks import scored_sentences
from kbqa.knowledge import KnowledgeBase
from kbqa.retrieval.coverage import Idea
from kbqa.retrieval.followup import Turn
from kbqa.retrieval.question import expanded
from kbqa.retrieval.search import WEIGHTS, Found, search
from kbqa.settings import Mode, Settings
from kbqa.types import Answer, Hit, Place

Fate = Literal["quoted", "kept", "cut", "glanced"]

_LISTED = 10  # of each retriever alone
_SENTENCES = 12


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something that the question speaks of.

    Attributes:
        wordings: what counts as saying it, the question's own first; the tokens of one joined by a plus sign.
        share: of the question, 0 to 1; the shares of a question sum to 1.
        known: whether the notes have any of the wordings.
        term: the glossary's name for it, empty if it is no term.
    """

    wordings: tuple[str, ...]
    share: float
    known: bool
    term: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the question was understood.

    Attributes:
        raw: as asked.
        text: what was looked up, spelling corrected and with what a follow-up left unsaid.
        encoded: what the encoder was given: with the notes' names for the terms.
        notices: corrections and choices among meanings, as the reader is told them.
        terms: names of the terms that it is about.
        missing: share of the question that the notes have no wording for, 0 to 1.
    """

    raw: str
    text: str
    encoded: str
    kind: str
    english: bool
    notices: tuple[str, ...]
    terms: tuple[str, ...]
    spoken: tuple[Spoken, ...]
    missing: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A candidate in the order of the chat.

    Attributes:
        hit: with its rank and what each retriever gave.
        ranks: retriever → its rank there, for those that proposed it.
        before: its rank before reranking; the same where no reranker is in use.
        shares: part → what it added to the score; empty for one that was not looked at closely.
        fate: whether the answer quotes it; it was handed to answering; it was looked at closely and ranked too low; or
            it was left behind at the first look.
    """

    hit: Hit
    ranks: Mapping[str, int]
    before: int
    shares: Mapping[str, float]
    fate: Fate


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence that could have been quoted.

    Attributes:
        rank: of its passage among the hits, from 1.
        score: what answering ordered sentences by.
        coverage: share of the question that it covers, 0 to 1.
    """

    place: Place
    text: str
    rank: int
    score: float
    coverage: float
    quoted: bool


@dataclass(frozen=True, slots=True)
class Feature:
    """One reason to answer or to refuse: `weight * value` is added to the logit."""

    name: str
    value: float
    weight: float

    @property
    def share(self) -> float:
        return self.weight * self.value


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the notes were trusted to answer, or not: `probability` is the logistic function of `bias` and all shares.

    Attributes:
        features: the strongest first.
        probability: that the notes answer it, 0 to 1.
        threshold: below it the answer abstains.
    """

    bias: float
    features: tuple[Feature, ...]
    probability: float
    threshold: float

    @property
    def refused(self) -> bool:
        return self.probability < self.threshold


@dataclass(frozen=True, slots=True)
class Probe:
    """Everything about one question.

    Attributes:
        lexical: the best passages by words alone; a score is the share of the question that words can be trusted with,
            scaled by BM25.
        dense: the best by meaning alone, by cosine.
        passages: every candidate of both, best first; empty where one retriever alone was asked for.
        lines: the best sentences of the hits.
        refusal: None where there was nothing to judge: nothing found, or one retriever alone.
        answer: what the chat says; None where one retriever alone was asked for.
        settings: what all this was made with.
    """

    reading: Reading
    lexical: tuple[Hit, ...]
    dense: tuple[Hit, ...]
    passages: tuple[Passage, ...]
    lines: tuple[Line, ...]
    refusal: Refusal | None
    answer: Answer | None
    settings: Settings


def probe(kb: KnowledgeBase, question: str, history: Sequence[Turn] = (), mode: Mode = "hybrid") -> Probe:
    """Ask as the chat does and keep everything.

    Args:
        history: earlier turns, as for `KnowledgeBase.ask`.
        mode: `hybrid` is the chat; one retriever alone shows only what that one finds.

    Raises:
        QuestionError: it is empty, too long, or has no words.
    """
    still = KnowledgeBase(kb.path, kb._index, kb.settings)  # one generation, whatever `refresh` does meanwhile
    found = still.find(question, history)
    lexical = _alone(still, found, "lexical") if mode != "dense" else ()
    dense = _alone(still, found, "dense") if mode != "lexical" else ()
    reading, shown = _reading(still, found), (lexical[:_LISTED], dense[:_LISTED])
    if mode != "hybrid":
        return Probe(reading, *shown, (), (), None, None, kb.settings)
    answer = still.ask(question, history)
    ranks = {"lexical": _ranks(lexical), "dense": _ranks(dense)}
    return Probe(
        reading, *shown, _passages(still, found, answer, ranks), _lines(still, found, answer), _refusal(still, found),
        answer, kb.settings,
    )  # fmt: skip


def turns(kb: KnowledgeBase, question: str) -> tuple[Turn, ...]:
    """A conversation of one question and its answer, to ask on from; none if the question is blank. Errors as of `ask`."""
    if not question.strip():
        return ()
    return {"role": "user", "content": question}, {"role": "assistant", "content": kb.ask(question).text}


def _reading(kb: KnowledgeBase, found: Found) -> Reading:
    question, index = found.question, kb._index
    names = {index.segmenter.concept(i): term.name for i, term in enumerate(index.glossary.terms)}
    return Reading(
        question.raw, question.text, expanded(question, index.segmenter, index.vocabulary.ids), question.kind,
        question.english, question.notices, tuple(index.glossary.terms[i].name for i in question.terms),
        tuple(
            _spoken(idea, share, set(found.coverage.tokens), names)
            for idea, share in zip(question.ideas, found.coverage.weights, strict=True)
        ),
        found.coverage.missing,
    )  # fmt: skip


def _spoken(idea: Idea, share: float, known: set[str], names: Mapping[str, str]) -> Spoken:
    wordings = ("+".join(names.get(token, token) for token in wording.tokens) for wording in idea.wordings)
    anywhere = any(known.issuperset(wording.tokens) for wording in idea.wordings)
    return Spoken(tuple(dict.fromkeys(wordings)), share, anywhere, names.get(idea.wordings[0].tokens[0], ""))


# --- passages ---------------------------------------------------------------------------------------------------------


def _alone(kb: KnowledgeBase, found: Found, mode: Mode) -> tuple[Hit, ...]:
    """All that one retriever proposes, best first."""
    settings = replace(kb.settings.query, mode=mode)
    return search(kb._index, found.question, settings, settings.candidates).hits


def _ranks(hits: Sequence[Hit]) -> dict[str, int]:
    return {hit.chunk.chunk_id: hit.rank for hit in hits}


def _passages(
    kb: KnowledgeBase, found: Found, answer: Answer, ranks: Mapping[str, Mapping[str, int]]
) -> tuple[Passage, ...]:
    """Every candidate in the order of the chat.

    Args:
        ranks: retriever → chunk → its rank there.
    """
    everything = len(kb._index.chunks)
    fused = search(kb._index, found.question, replace(kb.settings.query, reranker=""), everything)
    before = {
        hit.chunk.chunk_id: (hit, row in fused.sentences) for hit, row in zip(fused.hits, fused.rows, strict=True)
    }
    last = fused.hits
    if kb.settings.query.reranker:
        last = search(kb._index, found.question, kb.settings.query, everything).hits
    passages = []
    for hit in last:
        chunk_id = hit.chunk.chunk_id
        earlier, closely = before[chunk_id]
        own = {retriever: places[chunk_id] for retriever, places in ranks.items() if chunk_id in places}
        fate = _fate(hit, closely, len(found.hits), answer)
        passages.append(Passage(hit, own, earlier.rank, _shares(earlier) if closely else {}, fate))
    return tuple(passages)


def _shares(hit: Hit) -> dict[str, float]:
    """Part → what it added to the score of a hit that no reranker has touched.

    Meaning gets the rest: its weight grows with what the notes have no words for.
    """
    shares = {name: weight * hit.parts[name] for name, weight in WEIGHTS.items() if name != "dense"}
    shares["dense"] = hit.score - sum(shares.values())
    return {name: round(share, 4) + 0.0 for name, share in shares.items()}  # a zero without a sign


def _fate(hit: Hit, closely: bool, kept: int, answer: Answer) -> Fate:
    chunk = hit.chunk
    if _quotes(answer, (chunk.doc_id, chunk.start, chunk.end)):
        return "quoted"
    return "kept" if hit.rank <= kept else "cut" if closely else "glanced"


def _quotes(answer: Answer, place: Place) -> bool:
    doc_id, start, end = place
    return any(c.doc_id == doc_id and c.start < end and start < c.end for c in answer.citations)


# --- answering --------------------------------------------------------------------------------------------------------


def _lines(kb: KnowledgeBase, found: Found, answer: Answer) -> tuple[Line, ...]:
    lines = []
    for scored in scored_sentences(kb._index, found)[:_SENTENCES]:
        place = scored.document.doc_id, scored.start, scored.end
        quoted = _quotes(answer, place)
        lines.append(Line(place, scored.text, scored.place + 1, scored.score, scored.coverage, quoted))
    return tuple(lines)


def _refusal(kb: KnowledgeBase, found: Found) -> Refusal | None:
    if not found.hits:
        return None
    calibration, values = kb.calibration, features(kb._index, found)
    reasons = [Feature(name, values[name], weight) for name, weight in calibration.weights.items()]
    strongest = tuple(sorted(reasons, key=lambda feature: (-abs(feature.share), feature.name)))
    return Refusal(calibration.bias, strongest, confidence(kb._index, found, calibration), kb.answer_threshold)
