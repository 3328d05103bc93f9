"""Conversations as the page keeps them: the round trip, and what retry, edit, taking back and branching make of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kbqa.errors import KbqaError
from kbqa.types import Answer, Chunk, Citation, Hit, Sentence
from kbqa.web.turns import MAX_CHARACTERS, MAX_TURNS, Conversation, from_json, new_turn, to_json

QUOTE = Citation("甲/a.md", 3, 7, "一二三四", ("甲", "乙"), 2, (("b.md", 0, 4),), ("一二",))
NEAR = Hit(Chunk("a#1", "甲/a.md", ("甲",), "零一二三四五", 2, 8, (("c.md", 0, 6),)), 0.5, 1, {"dense": 0.5}, ("三",))


def answer(question: str, **others) -> Answer:
    values = {
        "citations": (QUOTE,), "hits": (NEAR,), "related": (NEAR,), "follow_ups": ("然后？",), "notices": ("按「甲」理解",),
        "choices": ("甲？",), **others,
    }  # fmt: skip
    sentences = (Sentence("如下："), Sentence("一二三四", (0,), item=True)) if values["citations"] else ()
    return Answer(question, "理解", "fact", sentences, confidence=0.75, abstained=False, **values)


def talk(*questions: str) -> Conversation:
    conversation = Conversation()
    for question in questions:
        conversation = conversation.added(new_turn(answer(question), "s1", "g1"))
    return conversation


def questions(conversation: Conversation) -> list[str]:
    return [turn.answer.question for turn in conversation.turns]


def test_round_trip() -> None:
    """Everything that is shown comes back equal, the verdict and the mark too."""
    first = talk("“问”\n一", "二")
    voted = first.changed(replace(first.turns[0], vote="down", gap=True))
    assert from_json(to_json(voted)) == voted


def test_what_only_the_library_needs_is_left_out() -> None:
    shown = new_turn(answer("一"), "s", "g").answer
    assert shown.hits == ()
    assert shown.related == (Hit(Chunk("a#1", "甲/a.md", ("甲",), "零一二三四五", 2, 8), 0.5, 1, {}, ("三",)),)


def test_citation_without_a_reason_has_that_of_its_passage() -> None:
    bare = replace(QUOTE, matched=())
    assert new_turn(answer("一", citations=(bare,)), "s", "g").answer.citations[0].matched == ("三",)
    elsewhere = replace(bare, doc_id="z.md")
    assert new_turn(answer("一", citations=(elsewhere,)), "s", "g").answer.citations[0].matched == ()


def test_refusal_keeps_its_nearest_passages() -> None:
    refused = Answer("一", "一", "fact", (), (), 0.0, True, (NEAR,) * 9)
    assert len(new_turn(refused, "s", "g").answer.related) == 4


def test_history_is_what_was_said() -> None:
    assert talk("一").history == [
        {"role": "user", "content": "一"},
        {"role": "assistant", "content": "如下：\n- 一二三四"},
    ]


def test_last_turn_is_replaced_in_place() -> None:
    conversation = talk("一", "二")
    left = conversation.before(conversation.turns[1].turn_id)
    assert (questions(left), left.conversation_id) == (["一"], conversation.conversation_id)


def test_earlier_turn_is_replaced_in_a_new_conversation() -> None:
    """What came after it is not lost: the old conversation stays as it is."""
    conversation = talk("一", "二", "三")
    left = conversation.before(conversation.turns[1].turn_id)
    assert questions(left) == ["一"]
    assert left.conversation_id not in ("", conversation.conversation_id)


def test_branch_has_ids_and_verdicts_of_its_own() -> None:
    conversation = talk("一", "二", "三")
    conversation = conversation.changed(replace(conversation.turns[0], vote="up", gap=True))
    branch = conversation.branch(conversation.turns[1].turn_id)
    assert questions(branch) == ["一", "二"]
    assert branch.turns[0].answer == conversation.turns[0].answer
    assert (branch.turns[0].vote, branch.turns[0].gap) == ("", False)
    assert not {turn.turn_id for turn in branch.turns} & {turn.turn_id for turn in conversation.turns}


def test_longest_conversation() -> None:
    conversation = talk(*map(str, range(MAX_TURNS + 2)))
    assert questions(conversation) == [str(n) for n in range(2, MAX_TURNS + 2)]


def test_turn_of_another_conversation_is_refused() -> None:
    with pytest.raises(KbqaError, match="no longer part"):
        talk("一").before(talk("一").turns[0].turn_id)


@pytest.mark.parametrize("text", ["", None])
def test_nothing_is_an_empty_conversation(text: str | None) -> None:
    assert from_json(text) == Conversation()


def broken() -> list[str]:
    good = json.loads(to_json(talk("一")))
    cites = json.loads(json.dumps(good))
    cites["turns"][0]["answer"]["sentences"][1]["citations"] = [1]
    number = json.loads(json.dumps(good))
    number["turns"][0]["answer"]["citations"][0]["start"] = "x"
    missing = json.loads(json.dumps(good))
    del missing["turns"][0]["answer"]["related"]
    return [
        "{",
        "[]",
        "7",
        '{"turns": []}',
        '{"conversation_id": "", "turns": [3]}',
        *map(json.dumps, (cites, number, missing)),
    ]


@pytest.mark.parametrize("text", [*broken(), "[" * 100_000, '"' + "a" * MAX_CHARACTERS + '"'])
def test_what_is_no_conversation_is_refused(text: str) -> None:
    """Whatever a page sends, the answer is a message and not a crash."""
    with pytest.raises(KbqaError, match="cannot be read"):
        from_json(text)
