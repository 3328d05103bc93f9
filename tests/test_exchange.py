"""What the page shows after a question, a retry, a verdict: without a browser, over a small index."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr
import pytest

from kbqa import KnowledgeBase
from kbqa.errors import KbqaError
from kbqa.evaluation.feedback import FILE, FeedbackStore
from kbqa.evaluation.gaps import read_gaps
from kbqa.web import exchange, note
from kbqa.web.site import Site
from kbqa.web.turns import from_json

NOTES = {
    "积分.md": "# 积分\n\n积分是指用来记录会员行为的点数。\n\n## 有效期\n\n积分自发放之日起 12 个月有效。\n",
    "抽奖.md": "# 抽奖\n\n抽奖是指用奖品的不确定性换取参与的活动。\n",
}
REFUSED = "怎样给猫剪指甲才不会出血？"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, write_notes) -> Site:
    root = tmp_path_factory.mktemp("exchange")
    KnowledgeBase.build(write_notes(root / "notes", NOTES), root / "index")
    return Site(KnowledgeBase.open(root / "index"), root / "notes")


def ask(site: Site, *questions: str) -> str:
    """The conversation that the page holds after some questions."""
    held = ""
    for question in questions:
        held = last(exchange.stream_reply(site.kb, question, held))[2]
    return held


def last(shown):
    return list(shown)[-1]


def turn_id(held: str, position: int) -> str:
    return from_json(held).turns[position].turn_id


def asked(held: str) -> list[str]:
    return [turn.answer.question for turn in from_json(held).turns]


def test_answer_grows_and_then_has_its_sources(site: Site) -> None:
    """The conversation goes out once, with the last part; before that, no source list."""
    *parts, whole = exchange.stream_reply(site.kb, "什么是积分？积分的有效期多久？", "")
    box, messages, held, panel = whole
    assert box == "" and asked(held) == ["什么是积分？积分的有效期多久？"]
    assert "kb-sources" in messages[-1]["content"] and "积分" in panel
    assert all("kb-sources" not in part[1][-1]["content"] for part in parts)
    assert [message["role"] for message in messages] == ["user", "assistant"]


def test_with_many_readers_an_answer_comes_whole(index: Path) -> None:
    """A few answers are drawn step by step at once; one more is sent whole, and when one is given up its place is free."""
    kb = KnowledgeBase.open(index)
    question = "会员积分怎么发放？"
    drawn = [exchange.stream_reply(kb, question, "") for _ in range(exchange._DRAWN_AT_ONCE)]
    for answer in drawn:
        next(answer)
    assert len(list(exchange.stream_reply(kb, question, ""))) == 1
    drawn[0].close()
    assert len(list(exchange.stream_reply(kb, question, ""))) > 1
    for answer in drawn[1:]:
        assert len(list(answer)) > 1


def test_unusable_question_leaves_the_conversation_alone(site: Site) -> None:
    held = ask(site, "什么是积分？")
    box, messages, kept, _ = last(exchange.stream_reply(site.kb, "？？", held))
    assert (box, kept) == ("？？", gr.skip())
    assert len(messages) == 4 and "kb-note-bad" in messages[-1]["content"]


def test_broken_conversation_is_told(site: Site) -> None:
    box, messages, _, _ = last(exchange.stream_reply(site.kb, "什么是积分？", "{"))
    assert box == "什么是积分？" and "请开一个新对话" in messages[0]["content"]


def test_again_replaces_the_last_answer(site: Site) -> None:
    held = ask(site, "什么是积分？", "什么是抽奖？")
    after = last(exchange.stream_again(site.kb, held, turn_id(held, 1)))[2]
    assert asked(after) == asked(held)
    assert turn_id(after, 0) == turn_id(held, 0) and turn_id(after, 1) != turn_id(held, 1)


def test_edit_knows_only_what_was_said_before(site: Site) -> None:
    """A pronoun in the new question means the turn before it, not one that came later."""
    held = ask(site, "什么是积分？", "什么是抽奖？")
    after = last(exchange.stream_again(site.kb, held, turn_id(held, 1), "它的有效期是多久？"))[2]
    assert asked(after) == ["什么是积分？", "它的有效期是多久？"]
    assert "积分" in from_json(after).turns[1].answer.understood_as


def test_taking_back_gives_the_question_back(site: Site) -> None:
    held = ask(site, "什么是积分？")
    box, messages, left, panel = exchange.taken_back(site.kb, held, turn_id(held, 0))
    assert (box, messages, asked(left), panel) == ("什么是积分？", [], [], note.EMPTY_PANEL)


def test_reopened_conversation_shows_its_own_source(site: Site) -> None:
    held = ask(site, "什么是积分？")
    _, messages, kept, panel = exchange.reopened(site.kb, held)
    assert kept == held and len(messages) == 2 and "积分.md" in panel


def test_only_the_end_offers_follow_ups_and_can_be_taken_back(site: Site) -> None:
    messages = exchange.messages(from_json(ask(site, "什么是积分？", "什么是抽奖？")))
    assert ['name="undo"' in message["content"] for message in messages] == [False, False, True, False]
    assert "options" not in messages[1]


def test_second_verdict_replaces_the_first(site: Site) -> None:
    held = ask(site, "什么是积分？")
    turn = from_json(held).turns[0]
    held = exchange.voted(site, held, turn.turn_id, "up", "", user="anna")[2]
    shown = exchange.voted(site, held, turn.turn_id, "down", " 过时了 ", user="anna")
    assert from_json(shown[2]).turns[0].vote == "down"
    stored = [f for f in FeedbackStore(site.state / FILE).all() if f.message_id == turn.turn_id]
    assert [(f.verdict, f.reason, f.user, f.question) for f in stored] == [("down", "过时了", "anna", "什么是积分？")]
    assert stored[0].citations == turn.answer.citations
    assert (stored[0].settings, stored[0].generation) == (site.kb.settings.digest, site.kb.generation)


def test_verdict_of_another_kind_is_refused(site: Site) -> None:
    held = ask(site, "什么是积分？")
    with pytest.raises(KbqaError, match="no verdict"):
        exchange.voted(site, held, turn_id(held, 0), "sideways", "", user="")


def test_gap_is_marked_once(site: Site) -> None:
    held = ask(site, REFUSED)
    held = exchange.marked_as_gap(site.kb, held, turn_id(held, 0))[2]
    _, messages, held, _ = exchange.marked_as_gap(site.kb, held, turn_id(held, 0))
    assert "已记为知识缺口" in messages[-1]["content"]
    assert [gap.marked for gap in read_gaps(site.kb.path).gaps if gap.question == REFUSED] == [False, True]


def test_gap_that_cannot_be_recorded_is_told(site: Site, tmp_path: Path) -> None:
    """An answer that the notes do give is no gap."""
    held = json.loads(ask(site, "什么是积分？"))
    with pytest.raises(KbqaError, match="not recorded"):
        exchange.marked_as_gap(site.kb, json.dumps(held), held["turns"][0]["turn_id"])
