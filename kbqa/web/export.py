"""A conversation as Markdown: questions, answers with numbered sources, each with a link that opens it in the app."""

from __future__ import annotations

import re

from kbqa.types import Answer, Citation
from kbqa.web.links import place_of_citation
from kbqa.web.turns import Conversation, Turn

_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")
_BLOCK = re.compile(r"^(\s*)(#|[-+=]|\d+[.)])")


def conversation_markdown(conversation: Conversation, address: str) -> str:
    """The whole conversation, oldest first.

    Args:
        address: of the app without a fragment, such as `http://127.0.0.1:7860/`; links begin with it.
    """
    blocks = ["# 运营笔记问答", *(block for turn in conversation.turns for block in _turn(turn, address))]
    return "\n\n".join(blocks) + "\n"


def _turn(turn: Turn, address: str) -> list[str]:
    answer = turn.answer
    blocks = [f"## {_escaped(' '.join(answer.question.split()))}", f"*{turn.at}*"]
    if answer.read_otherwise:
        blocks.append(f"> 理解为 {_escaped(answer.understood_as)}")
    blocks += _sentences(answer)
    if answer.citations:
        rows = [_source(citation, number, address) for number, citation in enumerate(answer.citations, 1)]
        blocks += ["来源 Sources", "\n".join(rows)]
    return blocks


def _sentences(answer: Answer) -> list[str]:
    """Paragraphs, and lists as one block each."""
    blocks: list[str] = []
    listing = False
    for sentence in answer.sentences:
        numbers = "".join(f" [{position + 1}]" for position in sentence.citations)
        text = _escaped(" ".join(sentence.text.split())) + numbers
        if sentence.item and listing:
            blocks[-1] += f"\n- {text}"
        else:
            blocks.append(f"- {text}" if sentence.item else text)
        listing = sentence.item
    return blocks


def _source(citation: Citation, number: int, address: str) -> str:
    where = " › ".join(part for part in citation.heading_path if part) or citation.doc_id
    line = f":{citation.line}" if citation.line else ""
    quote = _escaped(" ".join(citation.quote.split()))
    link = address + place_of_citation(citation, number).href
    return f"{number}. [{_escaped(where)}](<{link}>) `{citation.doc_id}{line}`\n   > {quote}"


def _escaped(text: str) -> str:
    """Text of people that Markdown must not read as markup."""
    return _BLOCK.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))
