"""A batch run as one HTML file for people: works offline, asks no machine for anything, runs no code but its own.

The page is `page.css`, the scripts `page_*.js` as one and the run as JSON. What notes and questions say enters as JSON
only and is shown as text, never as markup; a content security policy with the hashes of the style and the script stands
behind that. The browser draws: a run has thousands of rows, and filtering, sorting and the plots' widths are its business.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from string import Template
from typing import Any, Literal, get_args

from kbqa.errors import EvaluationError
from kbqa.evaluation.measure_names import MEASURE_NAMES
from kbqa.evaluation.measures import normalise, supports

Reason = Literal["not retrieved", "ranked low", "wrong sentence", "refused", "should have refused", "ok"]

REASONS: tuple[Reason, ...] = get_args(Reason)
"""All that `failure_reason` says, in the order in which an answer comes about; "ok" last."""

_GOOD_RANK = 3
_GOOD_RECALL = 0.5
_NEEDED = ("id", "question", "answerable", "abstained")


def failure_reason(row: Mapping[str, Any]) -> Reason:
    """Why a question failed: the first of these rules that holds.

    1. answerable, but refused: "refused";
    2. not answerable: "should have refused" if answered, else "ok";
    3. no evidence among the first ten passages (RR@10 is 0): "not retrieved";
    4. evidence there, but below place 3: "ranked low";
    5. the answer states less than half of the nuggets: "wrong sentence";
    6. "ok".

    Rules 3 and 4 pass over a question without known evidence (RR@10 missing or None), rule 5 over one without nuggets.

    Args:
        row: `answerable`, `abstained`, and if they were judged `RR@10` and `nugget_recall`, both 0 to 1.

    Raises:
        KeyError: `answerable` or `abstained` is missing.
    """
    if not row["answerable"]:
        return "ok" if row["abstained"] else "should have refused"
    if row["abstained"]:
        return "refused"
    rank = evidence_rank(row)
    if rank == 0:
        return "not retrieved"
    if rank is not None and rank > _GOOD_RANK:
        return "ranked low"
    recall = row.get("nugget_recall")
    return "wrong sentence" if recall is not None and recall < _GOOD_RECALL else "ok"


def evidence_rank(row: Mapping[str, Any]) -> int | None:
    """Place of the first passage with evidence, from 1; 0 if none of the first ten has any, None if evidence is unknown.

    The reciprocal rank turned over (Voorhees 1999), rounded: 0.3333 from a report is place 3 as 1/3 is.
    """
    reciprocal = row.get("RR@10")
    if reciprocal is None:
        return None
    return round(1 / reciprocal) if reciprocal > 0 else 0


def html_page(run: Mapping[str, Any]) -> str:
    """A whole run as one HTML document; the same run gives the same text, whatever the order of its keys.

    Args:
        run: plain data that JSON can hold: dicts with string keys, lists, strings, finite numbers, booleans, None.
            What is optional may be missing or None; measures are named as in reports ("Success@1").

            - title: heading of the page.
            - when: optional, when the run was made, as it shall be shown.
            - settings_digest, notes_digest: optional, what was run and over what.
            - aggregate: measure → value; shares 0 to 1, `median_answer_characters` in characters.
            - intervals: optional, measure → [low, high], bootstrap intervals of the aggregate.
            - interval_level: optional, coverage of the intervals, 0 to 1 (0.95).
            - by_type: question type → measure → value.
            - risk_coverage: optional, `coverage` and `risk`, lists of the same length, 0 to 1, coverage rising; `aurc`.
            - latency: optional, `all` in milliseconds, `p50` and `p95` of them.
            - ranks: optional, "1" to "10" → questions whose first evidence stands there; "none" → those without.
            - questions: one dict each:
                id, question, answerable, abstained: needed;
                type, understood_as, confidence (0 to 1), Success@1, Success@3, RR@10, nugget_recall (0 to 1),
                cited_evidence, answer, seconds: optional, as in reports;
                passages: the first ten, best first;
                citations: doc_id, quote, heading_path (list of headings) each;
                expected: evidence and nuggets, groups of alternative strings;
                nuggets_missed: groups of expected.nuggets that the answer does not state, or one string of each;
                why: one of `REASONS`; without it `failure_reason` decides;
                ask: optional, the question as one would ask it without its history.

    Returns:
        The document; write it as UTF-8.

    Raises:
        EvaluationError: a question lacks what is needed, or something is not plain data.
    """
    data = {**run, "questions": [_question(n, q) for n, q in enumerate(run.get("questions") or (), 1)]}
    texts: dict[str, int] = {}
    for question in data["questions"]:
        question["passages"] = [texts.setdefault(p, len(texts)) for p in question["passages"]]
    style, script = _own("page.css"), _script()
    return Template(_PAGE).substitute(
        style=style, style_hash=_hash(style), script=script, script_hash=_hash(script),
        data=_json({**data, "texts": list(texts), "reasons": REASONS, "names": MEASURE_NAMES}),
    )  # fmt: skip


def _question(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with why it failed, and where its evidence is among the passages (`supporting` 0-based, `found` by group)."""
    missing = [name for name in _NEEDED if name not in row]
    if missing:
        raise EvaluationError(
            f"第 {number} 题缺少 {'、'.join(missing)}，不能写进网页报告。请重新运行 kbqa eval。",
            f"Question {number} lacks {', '.join(missing)}, which the HTML report needs. Run kbqa eval again.",
        )
    passages = list(row.get("passages") or ())
    places = _places(passages, (row.get("expected") or {}).get("evidence") or ())
    return {
        **row, "passages": passages, "why": row.get("why") or failure_reason(row), "rank": evidence_rank(row),
        "supporting": sorted({place for group in places for place in group}),
        "found": [group[0] + 1 if group else 0 for group in places],
    }  # fmt: skip


def _places(passages: Sequence[str], evidence: Sequence[Sequence[str]]) -> list[list[int]]:
    """For each group of evidence, the positions of the passages that support it."""
    folded = [normalise(p) for p in passages] if evidence else []
    return [[place for place, text in enumerate(folded) if supports(text, group)] for group in evidence]


# `</script>` and `<!--` would end or change the element; line separators and lone surrogates do not survive every reader.
_UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def _json(data: Mapping[str, Any]) -> str:
    """JSON that can stand in a script element and be written as UTF-8; keys sorted.

    Raises:
        EvaluationError: something that JSON does not know, NaN and infinity included.
    """
    try:
        text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise EvaluationError(
            f"运行结果里有 JSON 写不下的内容（{error}）。请先换成字符串、有限的数、列表或字典。",
            f"The run holds what JSON cannot: {error}. Turn it into strings, finite numbers, lists or dicts first.",
        ) from None
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


# Each part goes by what those before it name.
_SCRIPTS = ("page_words.js", "page_plots.js", "page_question.js", "page_table.js", "page_host.js")


def _script() -> str:
    return '"use strict";\n(() => {\n' + "\n".join(map(_own, _SCRIPTS)) + "})();\n"


def _own(name: str) -> str:
    return resources.files("kbqa.evaluation").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    """What the policy calls a text by (Content Security Policy Level 3, hash-source)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


_PAGE = """\
<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '$style_hash'; script-src '$script_hash'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>评测报告 Evaluation</title>
<style>$style</style>
</head>
<body>
<header>
<h1 id="title">评测报告</h1>
<p id="about" class="soft"></p>
</header>
<noscript><p>这份报告要开着 JavaScript 看。<span lang="en">This report needs JavaScript.</span></p></noscript>
<main>
<section aria-labelledby="summary-title">
<h2 id="summary-title">摘要 <span lang="en">Summary</span></h2>
<div id="cards"></div>
</section>
<section aria-labelledby="plots-title">
<h2 id="plots-title">图 <span lang="en">Plots</span></h2>
<div id="plots"></div>
<details id="types"><summary>各类型的全部度量 <span lang="en">All measures by type</span></summary></details>
</section>
<section aria-labelledby="questions-title">
<h2 id="questions-title">题目 <span lang="en">Questions</span></h2>
<form id="filters" role="search" aria-label="筛选题目 Filter questions" autocomplete="off">
<label class="wide"><span>关键词 <span lang="en">Keywords</span></span>
<input type="search" id="words" spellcheck="false" placeholder="题目、答案、文件名…"></label>
<label><span>类型 <span lang="en">Type</span></span> <select id="type"></select></label>
<label><span>结果 <span lang="en">Outcome</span></span> <select id="why"></select></label>
<label><span>排序 <span lang="en">Sort</span></span> <select id="sort"></select></label>
<label class="check"><input type="checkbox" id="failed"> 只看失败 <span lang="en">Failed only</span></label>
<button type="reset">清除 <span lang="en">Clear</span></button>
</form>
<p class="soft"><output id="count" for="words type why failed" aria-live="polite"></output>
<span class="keys">↑ ↓ 换行，Enter 展开 <span lang="en">arrows move, Enter opens</span></span></p>
<table id="table"><thead></thead><tbody></tbody></table>
</section>
</main>
<footer>
<details><summary>结果怎么判 <span lang="en">How outcomes are decided</span></summary><dl id="rules"></dl></details>
</footer>
<script type="application/json" id="data">$data</script>
<script>$script</script>
</body>
</html>
"""
