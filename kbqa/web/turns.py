"""A conversation, as the page keeps it.

The server remembers nothing of a conversation: the page sends it along with every question and gets it back with the
answer, as JSON. So it lives in the reader's browser alone, a reload or a restart of the server loses nothing, and nobody
else's questions can slip in. What the page shows is made from it anew each time, which is why a citation belongs to its
message whatever was retried, edited or taken back around it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from typing import Any, Literal

from kbqa.errors import KbqaError
from kbqa.types import Answer, Chunk, Citation, Hit, Sentence

MAX_TURNS = 100
"""Turns kept of a conversation; the oldest go first."""
MAX_CHARACTERS = 4_000_000
"""Longest conversation that is taken from a page; a hundred turns are about a tenth of it."""
_RELATED = 4

Vote = Literal["", "up", "down"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question with its answer.

    Attributes:
        turn_id: names the answer in links, votes and buttons; unique among all conversations.
        at: when it was answered, ISO 8601 in UTC.
        answer: without what was found but is not shown.
        settings: digest of the settings that answered.
        generation: the index generation that answered.
        vote: the reader's verdict.
        gap: the reader said that the notes should answer this.
    """

    turn_id: str
    at: str
    answer: Answer
    settings: str = ""
    generation: str = ""
    vote: Vote = ""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns, oldest first."""

    conversation_id: str = ""
    turns: tuple[Turn, ...] = ()

    @property
    def history(self) -> list[dict[str, str]]:
        """What the library needs to understand a follow-up."""
        pairs = ((turn.answer.question, turn.answer.text) for turn in self.turns)
        return [
            {"role": role, "content": text}
            for pair in pairs
            for role, text in zip(("user", "assistant"), pair, strict=True)
        ]

    def position(self, turn_id: str) -> int:
        """Where a turn stands.

        Raises:
            KbqaError: it is not part of this conversation.
        """
        for position, turn in enumerate(self.turns):
            if turn.turn_id == turn_id:
                return position
        raise KbqaError(
            "这条消息已不在这段对话里。请刷新页面再试。",
            "This message is no longer part of the conversation. Reload the page and try again.",
        )

    def added(self, turn: Turn) -> Conversation:
        return Conversation(self.conversation_id or new_id(), (*self.turns, turn)[-MAX_TURNS:])

    def changed(self, turn: Turn) -> Conversation:
        """With a turn in the place of the one that has its id."""
        position = self.position(turn.turn_id)
        return replace(self, turns=(*self.turns[:position], turn, *self.turns[position + 1 :]))

    def before(self, turn_id: str) -> Conversation:
        """What was said before a turn: the same conversation if that is its last, else a new one, so that nothing is lost."""
        position = self.position(turn_id)
        if position == len(self.turns) - 1:
            return replace(self, turns=self.turns[:position])
        return _branched(self.turns[:position])

    def branch(self, turn_id: str) -> Conversation:
        """A new conversation that begins like this one up to a turn."""
        return _branched(self.turns[: self.position(turn_id) + 1])


def _branched(turns: tuple[Turn, ...]) -> Conversation:
    """The same words under ids of their own: a vote in one conversation is none in the other."""
    return Conversation(new_id(), tuple(replace(turn, turn_id=new_id(), vote="", gap=False) for turn in turns))


def new_id() -> str:
    return secrets.token_hex(8)


def new_turn(answer: Answer, settings: str, generation: str) -> Turn:
    """The turn of an answer given just now."""
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Turn(new_id(), at, _shown(answer), settings, generation)


def _shown(answer: Answer) -> Answer:
    """An answer without what only the library needs; where a citation lacks its reason, that of its passage."""
    related = tuple(_bare(hit) for hit in (answer.related or (answer.hits if answer.abstained else ()))[:_RELATED])
    return replace(
        answer, citations=tuple(_reasoned(c, answer.hits) for c in answer.citations), hits=(), related=related
    )


def _bare(hit: Hit) -> Hit:
    return replace(hit, parts={}, chunk=replace(hit.chunk, duplicates=()))


def _reasoned(citation: Citation, hits: tuple[Hit, ...]) -> Citation:
    around = (h for h in hits if h.chunk.doc_id == citation.doc_id and h.chunk.start <= citation.start < h.chunk.end)
    hit = next(around, None)
    return citation if citation.matched or hit is None else replace(citation, matched=hit.matched)


# --- JSON -------------------------------------------------------------------------------------------------------------


def to_json(conversation: Conversation) -> str:
    return json.dumps(asdict(conversation), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str | None) -> Conversation:
    """Read a conversation back; nothing at all is an empty one.

    Raises:
        KbqaError: it is too long, or not what `to_json` wrote.
    """
    if not text:
        return Conversation()
    try:
        if len(text) > MAX_CHARACTERS:
            raise ValueError(f"{len(text):,} characters")
        row = json.loads(text)
        return Conversation(str(row["conversation_id"]), tuple(map(_turn, row["turns"][-MAX_TURNS:])))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise KbqaError(
            "这段对话读不出来，可能是旧版本留下的，或浏览器里的记录坏了。请开一个新对话。",
            "This conversation cannot be read: an old version left it, or the browser's record is damaged. Start a new one.",
        ) from None


def _turn(row: Mapping[str, Any]) -> Turn:
    vote = row["vote"] if row["vote"] in ("up", "down") else ""
    texts = (str(row[name]) for name in ("turn_id", "at"))
    return Turn(*texts, _answer(row["answer"]), str(row["settings"]), str(row["generation"]), vote, row["gap"] is True)


def _answer(row: Mapping[str, Any]) -> Answer:
    citations = tuple(map(_citation, row["citations"]))
    sentences = tuple(map(_sentence, row["sentences"]))
    if not all(0 <= position < len(citations) for sentence in sentences for position in sentence.citations):
        raise ValueError("a sentence cites what is not there")
    return Answer(
        str(row["question"]), str(row["understood_as"]), str(row["kind"]), sentences, citations, float(row["confidence"]),
        row["abstained"] is True, (), tuple(map(_hit, row["related"])), _texts(row["follow_ups"]),
        _texts(row["notices"]), _texts(row["choices"]),
    )  # fmt: skip


def _sentence(row: Mapping[str, Any]) -> Sentence:
    return Sentence(str(row["text"]), tuple(map(int, row["citations"])), row["item"] is True)


def _citation(row: Mapping[str, Any]) -> Citation:
    also_in = tuple((str(doc_id), int(start), int(end)) for doc_id, start, end in row["also_in"])
    return Citation(
        str(row["doc_id"]), int(row["start"]), int(row["end"]), str(row["quote"]), _texts(row["heading_path"]),
        int(row["line"]), also_in, _texts(row["matched"]),
    )  # fmt: skip


def _hit(row: Mapping[str, Any]) -> Hit:
    chunk = row["chunk"]
    where = Chunk(
        str(chunk["chunk_id"]), str(chunk["doc_id"]), _texts(chunk["heading_path"]), str(chunk["text"]),
        int(chunk["start"]), int(chunk["end"]),
    )  # fmt: skip
    return Hit(where, float(row["score"]), int(row["rank"]), {}, _texts(row["matched"]))


def _texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(map(str, values))
