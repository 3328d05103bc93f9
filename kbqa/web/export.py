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
    return "\n".join(["# 运营笔记问答", *(_turn(turn, address) for turn in conversation.turns)])


def _turn(turn: Turn, address: str) -> str:
    answer = turn.answer
    parts = [f"\n## {_escaped(' '.join(answer.question.split()))}\n", f"*{turn.at}*\n"]
    if answer.understood_as.strip() not in ("", answer.question.strip()):
        parts.append(f"> 理解为 {_escaped(answer.understood_as)}\n")
    parts += [*_sentences(answer), *_sources(answer, address)]
    return "\n".join(parts)


def _sentences(answer: Answer) -> list[str]:
    lines: list[str] = []
    for sentence in answer.sentences:
        numbers = "".join(f" [{position + 1}]" for position in sentence.citations)
        text = _escaped(" ".join(sentence.text.split())) + numbers
        lines.append(f"- {text}" if sentence.item else f"\n{text}")
    return [*lines, ""]


def _sources(answer: Answer, address: str) -> list[str]:
    if not answer.citations:
        return []
    rows = [_source(citation, number, address) for number, citation in enumerate(answer.citations, 1)]
    return ["来源 Sources\n", *rows, ""]


def _source(citation: Citation, number: int, address: str) -> str:
    where = " › ".join(part for part in citation.heading_path if part) or citation.doc_id
    line = f":{citation.line}" if citation.line else ""
    quote = _escaped(" ".join(citation.quote.split()))
    link = address + place_of_citation(citation, number).href
    return f"{number}. [{_escaped(where)}](<{link}>) `{citation.doc_id}{line}`\n   > {quote}"


def _escaped(text: str) -> str:
    """Text of people that Markdown must not read as markup."""
    return _BLOCK.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text))
