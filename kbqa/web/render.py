"""Questions and answers as HTML.

A message is one HTML block without line breaks, because the chat reads messages as Markdown and would otherwise turn
a quote's `*` or `_` into formatting.
"""

from __future__ import annotations

from kbqa.errors import KbqaError
from kbqa.types import Answer, Citation, Hit
from kbqa.web.links import Place, place_of_citation, place_of_hit
from kbqa.web.markup import cut, escaped, link, trail, without_bullet

_COPY = '<a class="kb-copy" href="#copy" title="复制回答和来源 Copy the answer with its sources">复制 Copy</a>'
_RELATED_SHOWN = 4
_FURTHER_SHOWN = 2
_EXCERPT = 88
_ASKED = 400
_CLOSING = ("。", "！", "？", "!", "?", ".", "…", "：", ":", "；", ";", "”", "」", "）", ")")


def question_html(question: str) -> str:
    """What the user typed, letter for letter."""
    return f'<div class="kb-q">{escaped(cut(question, _ASKED))}</div>'


def error_html(error: KbqaError) -> str:
    """A message of the library, in both languages."""
    return (
        f'<div class="kb-note-bad"><p>{escaped(error.zh)}</p><p class="kb-en" lang="en">{escaped(error.en)}</p></div>'
    )


def answer_html(answer: Answer, shown: int | None = None) -> str:
    """An answer; with `shown`, only its first sentences, for streaming.

    Args:
        answer: what the library gave.
        shown: number of sentences; `None` is the whole answer with its sources.
    """
    if answer.abstained and not answer.choices:
        return f'<div class="kb-a kb-none">{_remarks(answer)}{_not_in_notes(answer)}</div>'
    body = _sentences(answer, len(answer.sentences) if shown is None else shown)
    tail = _sources(answer) + _further(answer) if shown is None else ""
    return f'<div class="kb-a">{_remarks(answer)}<div class="kb-text">{body}</div>{tail}</div>'


def _remarks(answer: Answer) -> str:
    remarks = [escaped(notice) for notice in answer.notices]
    if answer.understood_as.strip() not in ("", answer.question.strip()):
        remarks.append(f"理解为 Understood as：{escaped(answer.understood_as)}")
    return f'<p class="kb-remark">{"<br>".join(remarks)}</p>' if remarks else ""


def _sentences(answer: Answer, shown: int) -> str:
    """Sentences as paragraphs and lists; one without a closing mark, such as a formula, keeps its own line."""
    parts: list[str] = []
    kind, closed = "", True
    for sentence in answer.sentences[:shown]:
        text = without_bullet(sentence.text)
        item = sentence.item or text != sentence.text
        wanted = "ul" if item else "p"
        closes = text.rstrip().endswith(_CLOSING)
        if wanted != kind or not (item or (closed and closes)):
            parts.append(f"</{kind}><{wanted}>" if kind else f"<{wanted}>")
            kind = wanted
        numbers = "".join(_number(answer, position) for position in sentence.citations)
        tag = "li" if item else "span"
        # The last characters keep the numbers company, or a number could start a line of its own.
        ending = f'<span class="kb-end">{escaped(text[-2:])}{numbers}</span>' if numbers else escaped(text[-2:])
        parts.append(f"<{tag}>{escaped(text[:-2])}{ending}</{tag}>")
        closed = closes
    return "".join(parts) + (f"</{kind}>" if kind else "")


def _number(answer: Answer, position: int) -> str:
    citation = answer.citations[position]
    place = place_of_citation(citation, position + 1, answer.hits)
    return link(place, "kb-cite", str(position + 1), citation.quote)


def _sources(answer: Answer) -> str:
    """The source list: one row a section of a note, with the numbers that quote it."""
    rows: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for position, citation in enumerate(answer.citations):
        rows.setdefault((citation.doc_id, citation.heading_path), []).append(position)
    if not rows:
        return ""
    listed = "".join(_source_row(answer, positions) for positions in rows.values())
    return f'<div class="kb-sources"><p class="kb-label">来源 <i>Sources</i>{_COPY}</p>{listed}</div>'


def _source_row(answer: Answer, positions: list[int]) -> str:
    first = answer.citations[positions[0]]
    place = place_of_citation(first, positions[0] + 1, answer.hits)
    name = link(place, "kb-source", trail(first.heading_path or (first.doc_id,)), first.doc_id)
    numbers = "".join(_number(answer, position) for position in positions)
    others = "".join(_also(answer.citations[position], position + 1) for position in positions)
    also = f'<p class="kb-also-row">也见于 Also in：{others}</p>' if others else ""
    return f'<div class="kb-source-row"><span class="kb-numbers">{numbers}</span>{name}</div>{also}'


def _also(citation: Citation, number: int) -> str:
    return "".join(
        link(Place(doc_id, start, end, number), "kb-also", escaped(doc_id), "同样的话 The same words")
        for doc_id, start, end in citation.also_in
    )


def _further(answer: Answer) -> str:
    cited = {(citation.doc_id, citation.heading_path) for citation in answer.citations}
    further = [hit for hit in answer.related if (hit.chunk.doc_id, hit.chunk.heading_path) not in cited]
    return _related(tuple(further[:_FURTHER_SHOWN]), "延伸阅读 <i>Read on</i>", " kb-slim")


def _not_in_notes(answer: Answer) -> str:
    said = "".join(f"<p>{escaped(sentence.text)}</p>" for sentence in answer.sentences)
    lead = (
        f'<p class="kb-none-head">笔记里没有 <span lang="en">Not in the notes</span></p>{said}'
        "<p>这里不乱猜。换个说法再问，或者看看下面相近的段落。</p>"
        '<p class="kb-en" lang="en">No guess is made. Try other words, or look at the nearest passages.</p>'
    )
    return lead + _related((answer.related or answer.hits)[:_RELATED_SHOWN], "相关 <i>Related</i>")


def _related(hits: tuple[Hit, ...], label: str, css: str = "") -> str:
    rows = "".join(_related_row(hit) for hit in hits)
    return f'<div class="kb-related{css}"><p class="kb-label">{label}</p>{rows}</div>' if rows else ""


def _related_row(hit: Hit) -> str:
    inner = (
        f'<span class="kb-trail">{trail(hit.chunk.heading_path or (hit.chunk.doc_id,))}</span>'
        f'<span class="kb-excerpt">{escaped(cut(_on_one_line(hit.chunk.text), _EXCERPT))}</span>'
    )
    return link(place_of_hit(hit), "kb-passage", inner)


def _on_one_line(text: str) -> str:
    return " · ".join(without_bullet(line.strip()) for line in text.split("\n") if line.strip())
