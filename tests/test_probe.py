"""One question under the lens: every number that is shown adds up to what the chat does."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.answering.confidence import NAMES
from kbqa.errors import QuestionError
from kbqa.evaluation.probe import Probe, probe, turns
from kbqa.retrieval.search import WEIGHTS
from kbqa.settings import QuerySettings, Settings
from tests.test_rerank import save_model

QUESTION = "会员积分是什么？"
# One that is answered, one by words that the notes lack, one in English, one that the notes do not answer.
QUESTIONS = (QUESTION, "怎样让老客回来？", "How is the conversion rate computed?", "怎样给猫剪指甲？")


@pytest.fixture(scope="module")
def known(kb: KnowledgeBase) -> Probe:
    return probe(kb, QUESTION)


@pytest.mark.parametrize("question", QUESTIONS)
def test_candidates_stand_in_the_order_of_the_chat(kb: KnowledgeBase, question: str) -> None:
    """The first ten passages are the hits of the answer, with their scores and ranks; the answer is the chat's."""
    seen = probe(kb, question)
    assert seen.answer == kb.ask(question)
    assert tuple(p.hit for p in seen.passages[:10]) == kb.find(question).hits
    assert [p.hit.rank for p in seen.passages] == list(range(1, len(seen.passages) + 1))


@pytest.mark.parametrize("question", QUESTIONS)
def test_shares_of_a_passage_add_up_to_its_score(kb: KnowledgeBase, question: str) -> None:
    """Each part counts by its weight, and what is left for meaning is one weight for all passages."""
    looked_at = [p for p in probe(kb, question).passages if p.shares]
    weights = [p.shares["dense"] / p.hit.parts["dense"] for p in looked_at if p.hit.parts["dense"] > 0.05]
    assert weights == pytest.approx([weights[0]] * len(weights), abs=0.04)
    assert weights[0] >= WEIGHTS["dense"] - 0.04
    for passage in looked_at:
        assert sum(passage.shares.values()) == pytest.approx(passage.hit.score, abs=1e-3)
        assert passage.shares["likeness"] == pytest.approx(
            WEIGHTS["likeness"] * passage.hit.parts["likeness"], abs=1e-4
        )


@pytest.mark.parametrize("question", QUESTIONS)
def test_reasons_to_refuse_add_up_to_the_probability(kb: KnowledgeBase, question: str) -> None:
    """Logistic regression by hand: the bias and the shares give the confidence of the answer."""
    seen = probe(kb, question)
    refusal, answer = seen.refusal, seen.answer
    assert refusal is not None and answer is not None
    logit = refusal.bias + sum(feature.share for feature in refusal.features)
    assert 1 / (1 + math.exp(-logit)) == pytest.approx(refusal.probability, abs=1e-4)
    assert refusal.probability == answer.confidence
    assert refusal.threshold == kb.answer_threshold
    assert answer.abstained or not refusal.refused
    assert {feature.name for feature in refusal.features} <= set(NAMES)
    sizes = [abs(feature.share) for feature in refusal.features]
    assert sizes == sorted(sizes, reverse=True)


def test_what_the_notes_do_not_say_is_refused_for_a_named_reason(kb: KnowledgeBase) -> None:
    seen = probe(kb, "怎样给猫剪指甲？")
    assert seen.refusal is not None and seen.refusal.refused
    assert seen.answer is not None and seen.answer.abstained
    assert seen.reading.missing == pytest.approx(sum(s.share for s in seen.reading.spoken if not s.known))
    assert {"猫", "剪指甲"} <= {s.wordings[0] for s in seen.reading.spoken if not s.known}


def test_ranks_of_the_retrievers_are_those_of_their_own_lists(known: Probe) -> None:
    """A passage knows where each retriever had it; the passage of the definition is first everywhere."""
    by_id = {p.hit.chunk.chunk_id: p for p in known.passages}
    for name, hits in (("lexical", known.lexical), ("dense", known.dense)):
        assert [by_id[hit.chunk.chunk_id].ranks[name] for hit in hits] == list(range(1, len(hits) + 1))
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    first = known.passages[0]
    assert first.hit.chunk.heading_path == ("会员积分",)
    assert first.ranks == {"lexical": 1, "dense": 1}
    assert first.before == 1
    assert all(p.ranks for p in known.passages if not p.hit.parts["glossary"])


def test_passage_that_is_quoted_is_told_from_those_that_are_not(known: Probe) -> None:
    assert known.answer is not None
    cited = {(c.doc_id, c.start) for c in known.answer.citations}
    quoted = [p.hit.chunk for p in known.passages if p.fate == "quoted"]
    assert quoted and all(any(c.doc_id == d and c.start <= s < c.end for d, s in cited) for c in quoted)
    assert {p.fate for p in known.passages[10:]} <= {"cut", "glanced", "quoted"}
    assert {p.fate for p in known.passages[:10]} <= {"kept", "quoted"}
    lines = {line.place: line for line in known.lines}
    assert all(line.quoted for line in lines.values() if (line.place[0], line.place[1]) in cited)
    assert any(line.quoted for line in known.lines) and not all(line.quoted for line in known.lines)


def test_lines_are_cut_from_the_notes(kb: KnowledgeBase, known: Probe) -> None:
    for line in known.lines:
        doc_id, start, end = line.place
        assert kb.document(doc_id).text[start:end] == line.text
        assert known.passages[line.rank - 1].hit.chunk.doc_id == doc_id


def test_typo_and_follow_up_are_told(kb: KnowledgeBase) -> None:
    """A slip is mended with a notice; a pronoun is read as the term of the turn before."""
    assert turns(kb, " ") == ()
    history = turns(kb, QUESTION)
    assert [turn["content"] for turn in history] == [QUESTION, kb.ask(QUESTION).text]
    seen = probe(kb, "它为什么会过期？", history)
    assert seen.answer == kb.ask("它为什么会过期？", history)
    assert seen.reading.raw == "它为什么会过期？"
    assert "会员积分" in seen.reading.text
    assert sum(s.share for s in seen.reading.spoken) == pytest.approx(1.0)
    assert probe(kb, "什么是转画率").reading.notices == ("按「转化率」理解",)


def test_terms_are_shown_by_the_name_that_the_notes_use(kb: KnowledgeBase) -> None:
    reading = probe(kb, "CVR是什么").reading
    assert reading.terms == ("转化率",)
    assert reading.encoded == "CVR是什么 转化率"
    assert (reading.spoken[0].term, reading.spoken[0].known) == ("转化率", True)


def test_one_retriever_alone_shows_only_what_it_finds(kb: KnowledgeBase, known: Probe) -> None:
    """Answers need both, so there is neither answer nor judgement."""
    words, meaning = probe(kb, QUESTION, mode="lexical"), probe(kb, QUESTION, mode="dense")
    assert (words.lexical, words.dense) == (known.lexical, ())
    assert (meaning.lexical, meaning.dense) == ((), known.dense)
    for alone in (words, meaning):
        assert (alone.passages, alone.lines, alone.refusal, alone.answer) == ((), (), None, None)
        assert alone.reading == known.reading


def test_settings_are_those_of_the_chat(kb: KnowledgeBase) -> None:
    """What a setting changes in the chat it changes here."""
    strict = KnowledgeBase(
        kb.path, kb._index, replace(Settings(), query=QuerySettings(answer_threshold=1.01, candidates=3))
    )
    seen = probe(strict, QUESTION)
    assert seen.settings == strict.settings
    assert seen.refusal is not None and seen.refusal.refused and seen.refusal.threshold == 1.01
    assert seen.answer is not None and seen.answer.abstained
    assert len(seen.dense) == 3 and len(seen.passages) <= 7


def test_what_a_reranker_moved_is_told(kb: KnowledgeBase, tmp_path: Path) -> None:
    """Each passage knows its place before; its shares are those of that place, for the reranker weighs nothing."""
    text = "".join(kb.document(doc_id).text for doc_id in kb.doc_ids)
    model = save_model(tmp_path / "cross-encoder", "".join(sorted(set(text) - set(" \n"))))
    reranked = KnowledgeBase(kb.path, kb._index, replace(Settings(), query=QuerySettings(reranker=str(model))))
    plain, seen = probe(kb, QUESTION), probe(reranked, QUESTION)
    places = {p.hit.chunk.chunk_id: p for p in plain.passages}
    assert tuple(p.hit for p in seen.passages[:10]) == reranked.find(QUESTION).hits
    assert [p.before for p in seen.passages] != [p.hit.rank for p in seen.passages]
    for passage in seen.passages:
        earlier = places[passage.hit.chunk.chunk_id]
        assert (passage.before, passage.shares) == (earlier.hit.rank, earlier.shares)


def test_question_without_words_is_refused_as_in_the_chat(kb: KnowledgeBase) -> None:
    with pytest.raises(QuestionError):
        probe(kb, "？？")


def test_question_that_nothing_is_found_for_has_nothing_to_judge(kb: KnowledgeBase) -> None:
    nothing = KnowledgeBase(kb.path, kb._index, replace(Settings(), query=QuerySettings(candidates=0)))
    seen = probe(nothing, "怎样给猫剪指甲？")
    assert (seen.passages, seen.lines, seen.refusal) == ((), (), None)
    assert seen.answer is not None and seen.answer.abstained
