"""For programs: the same four calls as named endpoints of Gradio and, with `--mcp`, as tools of an MCP server.

Everybody who may read the notes may use all four: `evaluate` asks the questions that are handed in and keeps nothing.
Whatever else the app does for its own page is private; a test holds the list to these four.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr  # at the top, because Gradio looks the types of parameters up in the module

from kbqa.errors import EvaluationError, KbqaError, QuestionError

if TYPE_CHECKING:
    from kbqa import KnowledgeBase
    from kbqa.evaluation.questions import Case
    from kbqa.types import Citation, Hit, Place
    from kbqa.types import Term as TermEntry

MOST_QUESTIONS = 20
"""Questions that `evaluate` takes at once; longer sets are for the evaluation tab or `kbqa eval`."""
_MOST_HITS, _MOST_TERMS = 50, 100

Turn = dict[str, str]


def build_api(kb: KnowledgeBase) -> None:
    """Register the endpoints in the current Blocks.

    They go past the queue: an answer takes milliseconds, and tools of the MCP server are then called directly instead of
    by a request of the app to itself, which could not log in.
    """

    def ask(question: str, history: list[dict[str, str]] | None = None, request: gr.Request = None) -> dict[str, Any]:
        """Answer a question from the team's notes on internet operations; every sentence is a quote with its source.

        `abstained` means that the notes do not say. Cite by file, line and quote of `citations`.

        Args:
            question: the question, in Chinese or English.
            history: earlier turns for follow-up questions, oldest first: {"role": "user" or "assistant", "content": text}.
        """
        return _out(lambda: ask_api(kb, question, history), request)

    def search(question: str, k: int = 10, request: gr.Request = None) -> list[dict[str, Any]]:
        """Find the passages of the notes that fit a question best, with file, place, headings and why they were found.

        Args:
            question: the question or a few keywords, in Chinese or English.
            k: how many passages, 1 to 50.
        """
        return _out(lambda: search_api(kb, question, k), request)

    def terms(query: str = "", k: int = 20, request: gr.Request = None) -> list[dict[str, Any]]:
        """Look terms up in the glossary of the notes: definition and formula with their places, other names, neighbours.

        Args:
            query: a name, a part of one, pinyin or initials, a slip is forgiven; empty for all that the notes introduce.
            k: how many terms, 1 to 100.
        """
        return _out(lambda: terms_api(kb, query, k), request)

    def evaluate(questions: list[dict[str, Any]], request: gr.Request = None) -> dict[str, Any]:
        """Ask a few questions whose right answers are known and measure the answers, each and over all.

        Args:
            questions: at most 20: {"question": text, "evidence": [quotes that answer it], "nuggets": [facts that a right answer states], "answerable": true or false}; all but the question may be left out.
        """
        return _out(lambda: evaluate_api(kb, questions), request)

    for endpoint in (ask, search, terms, evaluate):
        gr.api(endpoint, api_name=endpoint.__name__, queue=False)


def _out(call: Callable[[], Any], request: gr.Request | None) -> Any:
    """The result for whoever asked; an error of the library becomes one that its caller gets to read.

    A tool of the MCP server answers in text, for which Gradio would take Python's notation of values and errors.
    """
    tool = request is not None and "/mcp" in request.url.path
    try:
        result = call()
    except KbqaError as error:
        raise (ValueError(str(error)) if tool else gr.Error(str(error), print_exception=False)) from error
    return json.dumps(result, ensure_ascii=False) if tool else result


# --- the four ---------------------------------------------------------------------------------------------------------


def ask_api(kb: KnowledgeBase, question: str, history: list[Turn] | None = None) -> dict[str, Any]:
    """An answer as plain data; citations are numbered from 1."""
    answer = kb.ask(_text(question), history=_turns(history))
    return {
        "answer": answer.text,
        "abstained": answer.abstained,
        "confidence": round(answer.confidence, 4),
        "understood_as": answer.understood_as,
        "sentences": [{"text": s.text, "citations": [n + 1 for n in s.citations]} for s in answer.sentences],
        "citations": [{"number": number, **_citation(c)} for number, c in enumerate(answer.citations, 1)],
        "related": [_hit(hit) for hit in answer.related] if answer.abstained else [],
        "notices": list(answer.notices),
        "follow_ups": list(answer.follow_ups),
        "choices": list(answer.choices),
    }


def search_api(kb: KnowledgeBase, question: str, k: int = 10) -> list[dict[str, Any]]:
    """The k best passages as plain data, best first."""
    return [_hit(hit) for hit in kb.search(_text(question), _between(k, 1, _MOST_HITS, "k"))]


def terms_api(kb: KnowledgeBase, query: str = "", k: int = 20) -> list[dict[str, Any]]:
    """Terms as plain data, with what matched and how; without a query all that the notes or the team introduce."""
    from kbqa.terms.glossary import introduced

    k = _between(k, 1, _MOST_TERMS, "k")
    if query:
        return [{**_term(kb, hit.term), "matched": hit.name, "how": hit.how} for hit in kb.find_terms(_text(query), k)]
    return [_term(kb, term) for term in kb.terms if introduced(term)][:k]


def evaluate_api(kb: KnowledgeBase, questions: list[dict[str, Any]]) -> dict[str, Any]:
    """What `kbqa eval` reports, for a few questions: aggregate, by type and per question."""
    from kbqa.evaluation.report import report
    from kbqa.evaluation.run import run_case

    cases = _cases(questions)
    made = report(kb.settings.digest, kb.info().notes_digest, cases, [run_case(kb, case) for case in cases])
    return {
        "aggregate": made.aggregate,
        "intervals": {name: list(bounds) for name, bounds in made.intervals.items()},
        "by_type": made.by_type,
        "questions": list(made.per_question),
    }


# --- what comes in ----------------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise QuestionError("问题应是一段文字。", "The question has to be a string.")
    return value


def _turns(history: Any) -> list[Turn]:
    turns = history or []
    fits = isinstance(turns, list) and all(
        isinstance(t, dict) and t.get("role") in ("user", "assistant") and isinstance(t.get("content"), str)
        for t in turns
    )
    if not fits:
        raise QuestionError(
            "history 应是列表，每项含 role（user 或 assistant）和 content（文字）。",
            "history has to be a list of objects with role (user or assistant) and content (text).",
        )
    return turns


def _between(value: Any, low: int, high: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise QuestionError(f"{name} 应在 {low} 到 {high} 之间。", f"{name} has to be {low} to {high}.")
    return int(value)


def _cases(questions: Any) -> list[Case]:
    from kbqa.evaluation.questions import case_of

    if not isinstance(questions, list) or not 1 <= len(questions) <= MOST_QUESTIONS:
        raise EvaluationError(
            f"questions 应是 1 到 {MOST_QUESTIONS} 个问题的列表；更多的请用 kbqa eval。",
            f"questions has to be a list of 1 to {MOST_QUESTIONS}; use kbqa eval for more.",
        )
    cases: list[Case] = []
    for number, row in enumerate(questions, 1):
        try:
            cases.append(case_of(row, number))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvaluationError(
                f"第 {number} 个问题用不了：应是含 question 的对象（{type(error).__name__}: {error}）。",
                f"Question {number} cannot be used: it has to be an object with a `question`.",
            ) from None
    if len({case.id for case in cases}) < len(cases):
        raise EvaluationError("有两个问题的 id 相同。", "Two questions have the same id.")
    return cases


# --- what goes out ----------------------------------------------------------------------------------------------------


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "doc_id": citation.doc_id, "start": citation.start, "end": citation.end, "line": citation.line,
        "quote": citation.quote, "heading_path": list(citation.heading_path),
    }  # fmt: skip


def _hit(hit: Hit) -> dict[str, Any]:
    chunk = hit.chunk
    return {
        "rank": hit.rank, "score": round(hit.score, 4), "doc_id": chunk.doc_id, "start": chunk.start, "end": chunk.end,
        "heading_path": list(chunk.heading_path), "text": chunk.text, "matched": list(hit.matched),
    }  # fmt: skip


def _term(kb: KnowledgeBase, term: TermEntry) -> dict[str, Any]:
    return {
        "name": term.name, "aliases": list(term.aliases), "english": list(term.english),
        "definition": _place(kb, term.definition), "formula": _place(kb, term.formula),
        "source": _place(kb, term.source), "confusable": list(term.confusable), "related": list(term.related),
        "origin": term.origin,
    }  # fmt: skip


def _place(kb: KnowledgeBase, place: Place | None) -> dict[str, Any] | None:
    """A piece of a note: its text and where it stands."""
    if place is None:
        return None
    doc_id, start, end = place
    document = kb.document(doc_id)
    return {
        "text": document.text[start:end], "doc_id": doc_id, "start": start, "end": end, "line": document.line_at(start),
    }  # fmt: skip
