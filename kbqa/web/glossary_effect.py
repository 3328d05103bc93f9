"""What a change of `terms.yaml` would do, as markup: lines of the file, names won and lost, an answer before and after."""

from __future__ import annotations

import difflib

from kbqa.trial import Effect, TermChange
from kbqa.types import Answer
from kbqa.web.markup import cut, escaped
from kbqa.web.pieces import chip, message
from kbqa.web.words import both

_CHANGES_SHOWN = 12
_ANSWER = 320
_FIELDS = {"definition": ("定义", "definition"), "formula": ("公式", "formula"), "confusable": ("易混", "confusable"),
           "related": ("相关", "related"), "distinct": ("不是", "distinct")}  # fmt: skip


def diff_html(old: str, new: str) -> str:
    """The lines of the file that change, with one around them."""
    if old == new:
        return message("和文件里一样，没有改动。", "The same as in the file; nothing changes.")
    diff = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[
        2:
    ]  # without the file names
    lines = [line for line in diff if not line.startswith("@@")]
    kinds = {"+": "ins", "-": "del"}
    shown = "".join(f"<{kinds.get(line[:1], 'span')}>{_line(line)}</{kinds.get(line[:1], 'span')}>" for line in lines)
    return f'<p class="kb-label">{both("文件里改的几行", "Lines of the file")}</p><div class="kb-nt-diff">{shown}</div>'


def _line(line: str) -> str:
    return escaped(line).replace(" ", "&nbsp;")


def effect_html(effect: Effect) -> str:
    """Names won and lost, other terms affected, names that are disputed, and the sample answer before and after."""
    changes = "".join(f"<li>{_change_html(change)}</li>" for change in effect.changes[:_CHANGES_SHOWN])
    more = len(effect.changes) - _CHANGES_SHOWN
    rest = f"<li>{both(f'还有 {more} 个', f'{more} more')}</li>" if more > 0 else ""
    terms = (
        f'<ul class="kb-nt-changes">{changes}{rest}</ul>'
        if changes
        else message("没有术语受影响。", "No term is affected.")
    )
    disputes = [
        message(
            f"「{name}」已经是「{owner}」的名称，不会算给它。", f"“{name}” stays a name of “{owner}”.", "kb-nt-warn"
        )
        for name, owner in effect.refused
    ] + [
        message(
            f"「{name}」同时也是「{owner}」的名称，问到时会反问。",
            f"“{name}” is a name of “{owner}”, too.",
            "kb-nt-warn",
        )
        for name, owner in effect.shared
    ]
    warnings = [f'<p class="kb-nt-warn" role="status">{escaped(warning)}</p>' for warning in effect.warnings]
    label = both("术语会怎么变", "What becomes of terms")
    sample = f"{both('试问', 'Sample')}：{escaped(effect.question)}"
    sides = _answer_html(effect.before, "现在", "Now") + _answer_html(effect.after, "改后", "Afterwards")
    return (
        f'<p class="kb-label">{label}</p>{terms}{"".join(disputes + warnings)}'
        f'<p class="kb-label">{sample}</p><div class="kb-nt-sides">{sides}</div>'
    )


def _change_html(change: TermChange) -> str:
    kinds = {
        "new": ("新术语", "new", "kb-chip-good"),
        "gone": ("没有了", "gone", "kb-chip-bad"),
        "changed": ("有变化", "changed", ""),
    }
    parts = [f"<b>{escaped(change.name)}</b>", chip(*kinds[change.kind])]
    if change.gained:
        parts.append(f"{both('多了名称', 'gains')} <ins>{escaped('、'.join(change.gained))}</ins>")
    if change.lost:
        parts.append(f"{both('少了名称', 'loses')} <del>{escaped('、'.join(change.lost))}</del>")
    if change.fields:
        zh, en = ("、".join(_FIELDS[f][0] for f in change.fields), ", ".join(_FIELDS[f][1] for f in change.fields))
        parts.append(both(f"改了{zh}", f"another {en}"))
    return " ".join(parts)


def _answer_html(answer: Answer, zh: str, en: str) -> str:
    read = [escaped(notice) for notice in answer.notices]
    if answer.read_otherwise:
        read.append(f"{both('理解为', 'read as')}：{escaped(answer.understood_as)}")
    text = (
        both("笔记里没有", "Not in the notes")
        if answer.abstained and not answer.choices
        else escaped(cut(answer.text, _ANSWER))
    )
    files = "、".join(dict.fromkeys(citation.doc_id for citation in answer.citations))
    return f'<div><p class="kb-label">{both(zh, en)}</p><p class="kb-why">{"；".join(read)}</p><p>{text}</p><p class="kb-why">{escaped(files)}</p></div>'
