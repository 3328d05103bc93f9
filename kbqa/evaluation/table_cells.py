"""The cells of a question table: what they mean for the case in their row.

People write a list in several ways and a synonym with a slash, and other tools write Python where JSON is meant. What is
not plain is an error that sets the row aside, never a guess: a misread expectation would judge the system wrongly.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Callable, Mapping
from typing import Any

from kbqa.evaluation.measures import normalise
from kbqa.evaluation.questions import Case
from kbqa.text import fold, sentence_spans, squeeze

Groups = tuple[tuple[str, ...], ...]


def case_of(number: int, cells: Mapping[str, str]) -> Case:
    """The case that a row spells.

    Args:
        number: the row's, for a case without an id.
        cells: field → text, of every field that `kbqa.evaluation.tables` knows; empty where the row has nothing.

    Raises:
        ValueError: a cell that counts cannot be understood.
    """
    if not cells["question"]:
        raise ValueError("没有问题 no question")
    return Case(
        id=cells["id"] or f"row{number}",
        question=cells["question"],
        type=cells["type"],
        history=_history(cells["history"]),
        answerable=_answerable(cells["answerable"]),
        evidence=_groups(cells["evidence"], _quotes, _exactly) or _groups(cells["contexts"], _quotes, _fragments),
        nuggets=_groups(cells["nuggets"], _nugget_lines, _synonyms, _exactly) or _sentences(cells["expected"]),
        note=cells["note"],
        sources=tuple(source for group in _groups(cells["sources"], _source_names, _exactly) for source in group),
    )


_ANSWERABLE = {
    **dict.fromkeys(("true", "是", "1", "10", "yes", "y", "可答", "能"), True),  # 10: 1.0 without its point
    **dict.fromkeys(("false", "否", "0", "00", "no", "n", "不可答", "不能"), False),
}


def _answerable(cell: str) -> bool:
    if cell and squeeze(cell) not in _ANSWERABLE:
        raise ValueError(f"可答一列只能是 是/否、true/false 或 1/0 answerable has to be true or false: {cell[:40]}")
    return _ANSWERABLE.get(squeeze(cell), True)


def _history(cell: str) -> tuple[dict[str, str], ...]:
    if not cell:
        return ()
    turns = _listed(cell)
    if turns is None or not all(map(_is_turn, turns)):
        raise ValueError('历史要写成 history has to be [{"role": "user" | "assistant", "content": "…"}, …]')
    return tuple({"role": turn["role"], "content": turn["content"]} for turn in turns)


def _is_turn(turn: Any) -> bool:
    return isinstance(turn, dict) and turn.get("role") in ("user", "assistant") and isinstance(turn.get("content"), str)


_LOOKS_LISTED = re.compile("\\[\\s*[\"'\u201c\u201d\u2018\u2019\\[\\]{].*\\]|\\[\\s*\\]", re.DOTALL)


def _listed(cell: str) -> list[Any] | None:
    """The list that a cell spells in JSON or Python, None if it is plain text.

    Raises:
        ValueError: meant as a list, but not one.
    """
    if not _LOOKS_LISTED.fullmatch(cell):
        return None
    try:
        try:
            values = json.loads(cell)
        except ValueError:
            values = _python_list(cell)
        json.dumps(values, ensure_ascii=False).encode()  # nothing in it that no report could be written with
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise ValueError(f"不是有效的列表（JSON 或 Python）not a list in JSON or Python: {cell[:40]}") from None
    return list(values)


def _python_list(cell: str) -> Any:
    """A Python list, or a NumPy array as pandas writes it: without commas, which Python would read as one string."""
    values = ast.literal_eval(cell)
    if all(isinstance(value, str) for value in values):
        tokens = tokenize.generate_tokens(io.StringIO(cell).readline)
        return [ast.literal_eval(token.string) for token in tokens if token.type == tokenize.STRING]
    return values


def _groups(
    cell: str,
    split: Callable[[str], list[str]],
    alternatives: Callable[[str], tuple[str, ...]],
    listed: Callable[[str], tuple[str, ...]] | None = None,
) -> Groups:
    """Groups of alternative strings; those that fold to nothing are left out, for they could never be found.

    Args:
        split: plain text to items; a list has its own.
        alternatives: what one item may be found as.
        listed: the same for the items of a list, if they are to be taken otherwise.

    Raises:
        ValueError: a list of something else than strings and lists of them.
    """
    items = _listed(cell)
    if items is None:
        items = split(cell)
    else:
        alternatives = listed or alternatives
    groups = (tuple(a for text in _strings(item) for a in alternatives(text) if normalise(a)) for item in items)
    return tuple(filter(None, groups))


def _strings(item: Any) -> list[str]:
    values = item if isinstance(item, list | tuple) else [item]
    if not all(isinstance(value, str | int | float) for value in values):
        raise ValueError(f"列表里只能有文字 a list may hold strings only: {str(item)[:40]}")
    return [str(value).strip() for value in values]


def _exactly(text: str) -> tuple[str, ...]:
    return (text,)


def _quotes(cell: str) -> list[str]:
    """Parted by `|`; a Markdown table is one quote."""
    return [cell] if cell.lstrip().startswith("|") or "\n|" in cell else re.split(r"[|｜]", cell)


def _source_names(cell: str) -> list[str]:
    return [name.strip() for name in re.split(r"[|｜\n;；]", cell)]


_LIST_MARK = re.compile(r"\s*(?:#+\s|[-*•·]\s*|[①-⑳]\s*|[(（]\d{1,2}[)）]\s*|\d{1,2}[.．、)）](?!\d)\s*)")


def _unmarked(text: str) -> str:
    """Without the bullet or number that it has in a list."""
    return _LIST_MARK.sub("", text, count=1) if _LIST_MARK.match(text) else text


def _nugget_lines(cell: str) -> list[str]:
    return [_unmarked(line).strip() for line in re.split(r"[|｜\n]", cell)]


# 或 inside other words joins nothing; between digits a slash is a fraction or a date.
_SLASH = r"(?<!\d)[/／]|[/／](?!\d)"
_OR = r"(?<![可间抑即倘])或(?![许多少缺然更])(?:者|是)?"
_BETWEEN = re.compile(rf"(\s*(?:{_SLASH}|{_OR})\s*)")
_BETWEEN_CLAUSES = re.compile(rf"(\s*(?:{_SLASH})\s*)")
_CLAUSE_END = re.compile(r"[，、；：,;:]")


def _synonyms(nugget: str) -> tuple[str, ...]:
    """Alternatives parted by / or 或, where that is what these stand for.

    An alternative that is too easily found flatters, so parts of one character (A/B测试, 元/月) and the two sides of a
    division (转化率=转化数/点击数) stay together, and in a nugget of several clauses 或 is a word like any other.
    """
    between = _BETWEEN_CLAUSES if _CLAUSE_END.search(nugget) else _BETWEEN
    parts = between.split(nugget)
    if len({"=" in fold(part) for part in parts[::2]}) > 1:
        return (nugget,)
    found = [parts[0]]
    for mark, part in zip(parts[1::2], parts[2::2], strict=True):
        if min(len(squeeze(found[-1])), len(squeeze(part))) > 1:
            found.append(part)
        else:
            found[-1] += mark + part
    return tuple(found)


_FRAGMENT = (8, 40)  # characters of a quote: fewer stand in any text, more seldom stand in one passage


def _sentences(cell: str) -> Groups:
    """An expected answer as nuggets, one a sentence; a lone 是 or 否 would be found in any answer."""
    text = "\n".join(s for item in _listed(cell) or [cell] for s in _strings(item))
    sentences = (_unmarked(text[start:end]) for start, end in sentence_spans(text))
    return tuple((sentence,) for sentence in sentences if len(normalise(sentence)) > 1)


def _fragments(passage: str) -> tuple[str, ...]:
    """Quotes of 8 to 40 characters, one a sentence, by which a passage is known again however it was cut."""
    sentences = (_unmarked(passage[start:end]) for start, end in sentence_spans(passage))
    long_enough = (sentence for sentence in sentences if len(normalise(sentence)) >= _FRAGMENT[0])
    return tuple(map(_shortened, long_enough)) or (_shortened(passage),)


def _shortened(sentence: str) -> str:
    """The start of a sentence, up to the last clause end within 40 characters."""
    least, most = _FRAGMENT
    if len(normalise(sentence)) <= most:
        return sentence
    ends = [match.end() for match in _CLAUSE_END.finditer(sentence, 0, most)]
    usable = [end for end in (*ends[::-1], most) if len(normalise(sentence[:end])) >= least]
    return sentence[: usable[0]] if usable else sentence
