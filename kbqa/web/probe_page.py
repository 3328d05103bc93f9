"""What the retrieval test page shows of a probe, as HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kbqa.evaluation.probe import Feature, Line, Passage, Probe, Reading, Refusal, Spoken
from kbqa.indexing.store import Manifest
from kbqa.types import Answer, Hit
from kbqa.web.links import Place, digest_of, place_of_citation, place_of_hit
from kbqa.web.markup import cut, escaped, link, trail
from kbqa.web.words import both

_EXCERPT, _FUSED, _REASONS = 70, 10, 8

_PARTS = {
    "lexical": ("关键词", "words"), "dense": ("语义", "meaning"), "coverage": ("覆盖问题", "coverage"),
    "sentence": ("最好的一句", "best sentence"), "heading": ("标题里有", "in headings"), "fit": ("像这类答案", "fits the kind"),
    "headline": ("标题相近", "heading alike"), "glossary": ("术语表", "glossary"), "rerank": ("重排", "reranker"),
    "likeness": ("逐词相近", "alike word by word"), "note": ("整篇相近", "its note is close"), "opening": ("在篇首", "opens its note"),
    "scrap": ("只有几个字", "a few words"), "bare": ("几乎没有字", "hardly a word"),
    "sides": ("各方在一句里", "all sides in one line"), "counted": ("数目对得上", "as many as asked"), "measured": ("单位对得上", "a figure in the unit"),
    "precedents": ("像同类问题的答案", "like answers to like questions"),
}  # fmt: skip
_REASON = {
    "coverage": ("覆盖了问题多少", "share of the question covered"), "dense": ("语义相近", "closeness in meaning"),
    "likeness": ("逐词相近", "alike word by word"), "headline": ("标题相近", "heading alike"),
    "nouns missing": ("没提到的名词", "nouns it lacks"), "definition there": ("有没有定义", "a definition stands there"),
    "formula there": ("有没有公式", "a formula stands there"),
    "fit": ("像这类答案", "fits the kind of answer"), "scrap": ("只有几个字", "a few words"), "score": ("第一名的总分", "score of the best"),
    "sentence_coverage": ("一句话覆盖多少", "covered by one sentence"), "sentence_cosine": ("一句话多相近", "closeness of one sentence"),
    "ideas": ("问到几件事", "ideas in the question"), "terms": ("问到几个术语", "terms in the question"),
    "english": ("英文提问", "asked in English"), "outward": ("问的是外面的事", "asks of the world outside"),
    "dense gap": ("语义领先", "lead in meaning"), "lexical gap": ("关键词领先", "lead in words"),
    "score gap": ("总分领先", "lead in score"), "dense deviation": ("语义突出", "standing out in meaning"),
    "figure missing": ("没有要的数字", "no figure"), "name missing": ("没有问到的名字", "a name it lacks"),
    "unwritten": ("笔记里还没写", "still to be written"), "other date": ("说的是别的时间", "speaks of another date"),
    "nobody named": ("没说是谁", "nobody named"), "side missing": ("比较缺一方", "one side is missing"),
}  # fmt: skip
_KINDS = {
    "definition": ("定义", "definition"), "list": ("列举", "list"), "howto": ("做法", "how to"), "formula": ("公式", "formula"),
    "number": ("数字", "number"), "compare": ("比较", "comparison"), "why": ("原因", "reason"), "fact": ("事实", "fact"),
}  # fmt: skip
_FATES = {
    "quoted": ("被引用", "quoted"), "kept": ("交给作答，没被引用", "handed on, not quoted"),
    "cut": ("细看过，排在名额之外", "looked at closely, ranked too low"),
    "glanced": ("初看就落后，没有细看", "left behind at the first look"),
}  # fmt: skip

HINT = (
    '<div class="kb-lens-hint">'
    + both(
        "输入一个问题，看它是怎么被理解的、每一路检索找到什么、分数怎么合成、为什么回答或不答。这里的测试不会记成知识缺口。",
        "Type a question to see how it is understood, what each retriever finds, how scores are fused, and why it is "
        "answered or refused. Nothing asked here is recorded as a gap.",
    )
    + "</div>"
)


def probe_html(probe: Probe, made: Manifest) -> str:
    """The whole page of one question.

    Args:
        made: what made the index.
    """
    sections = [_settings(probe, made), _reading(probe.reading), _columns(probe)]
    if probe.answer is None:
        sections.append(
            f'<p class="kb-lens-hint">{both("只看一路检索时不作答：作答要两路一起。", "No answer: answering needs both retrievers.")}</p>'
        )
    else:
        sections += [_fusion(probe), _fates(probe.passages), _refusal(probe.refusal, probe.answer), _lines(probe.lines)]
        sections.append(_answer(probe.answer))
    return f'<div class="kb-lens">{"".join(sections)}</div>'


def _section(zh: str, en: str, body: str, note: str = "") -> str:
    """A part of the page; `body` and `note` are markup."""
    remark = f'<p class="kb-lens-note">{note}</p>' if note else ""
    return f"<section><h3>{both(zh, en)}</h3>{remark}{body}</section>"


def _settings(probe: Probe, made: Manifest) -> str:
    query = probe.settings.query
    threshold = f"{probe.refusal.threshold:.2f}" if probe.refusal else "–"
    facts = (
        ("候选", "candidates", str(query.candidates)), ("门槛", "threshold", threshold),
        ("答案字数", "characters", str(query.max_answer)), ("重排", "reranker", query.reranker or "–"),
        ("向量模型", "encoder", made.encoder), ("设置", "settings", probe.settings.digest[:8]),
        ("笔记", "notes", made.notes_digest[:8]),
    )  # fmt: skip
    shown = "".join(f"<span>{both(zh, en)} <b>{escaped(value)}</b></span>" for zh, en, value in facts)
    return f'<p class="kb-lens-settings">{both("和问答同一份设置：", "The settings of the chat:")}{shown}</p>'


# --- the question -----------------------------------------------------------------------------------------------------


def _reading(reading: Reading) -> str:
    facts = [
        (both("查的是", "Looked up"), escaped(reading.text)),
        (both("题型", "Kind"), both(*_KINDS.get(reading.kind, (reading.kind, reading.kind)))),
    ]
    if reading.notices:
        facts.append((both("改正", "Corrected"), escaped("；".join(reading.notices))))
    if reading.terms:
        facts.append((both("术语", "Terms"), escaped("、".join(reading.terms))))
    if reading.encoded != reading.text:
        facts.append((both("语义检索用", "Given to meaning"), escaped(reading.encoded)))
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    ideas = "".join(map(_idea, reading.spoken))
    note = both(
        "百分数是它在问题里的分量；虚线框的，笔记里一个说法都没有。",
        "Percentages say how much each weighs in the question; the notes have no wording for what is dashed.",
    )
    return _section(
        "怎么理解",
        "How it was understood",
        f'<dl class="kb-lens-facts">{listed}</dl><p class="kb-ideas">{ideas}</p>',
        note,
    )


def _idea(spoken: Spoken) -> str:
    others = "、".join(spoken.wordings[1:])
    also = f" <i>{both('也算', 'or')} {escaped(others)}</i>" if others else ""
    css = "kb-idea" if spoken.known else "kb-idea kb-unknown"
    missing = "" if spoken.known else f" <i>{both('笔记里没有', 'not in the notes')}</i>"
    return f'<span class="{css}">{escaped(spoken.wordings[0])} <b>{spoken.share:.0%}</b>{also}{missing}</span>'


# --- passages ---------------------------------------------------------------------------------------------------------


def _columns(probe: Probe) -> str:
    """What each retriever found, side by side."""
    shared = {hit.chunk.chunk_id for hit in probe.lexical} & {hit.chunk.chunk_id for hit in probe.dense}
    columns = []
    if probe.lexical or probe.answer:
        columns.append(_column("关键词", "Words", "BM25", [_row(hit, shared) for hit in probe.lexical]))
    if probe.dense or probe.answer:
        columns.append(_column("语义", "Meaning", "cosine", [_row(hit, shared) for hit in probe.dense]))
    if probe.answer:
        fused = [_row(p.hit, shared, _ranks(p)) for p in probe.passages[:_FUSED]]
        columns.append(_column("合成之后", "Fused", both("总分", "score"), fused))
    note = both(
        "左边有绿条的，两路的前十里都有。点一行看原文。",
        "A green bar: in the first ten of both. Click a row for the note.",
    )
    return _section("找到了什么", "What was found", f'<div class="kb-found">{"".join(columns)}</div>', note)


def _column(zh: str, en: str, unit: str, rows: Sequence[str]) -> str:
    listed = "".join(f"<li>{row}</li>" for row in rows)
    nothing = f'<li class="kb-lens-note">{both("什么也没找到", "Nothing found")}</li>'
    return f"<div><h4>{both(zh, en)}<small>{unit}</small></h4><ol>{listed or nothing}</ol></div>"


def _row(hit: Hit, shared: set[str], badges: str = "") -> str:
    in_both = hit.chunk.chunk_id in shared
    mark = f'<span class="kb-sr">{both("两路都有", "found by both")}</span>' if in_both else ""
    inner = (
        f'<b class="kb-rank">{hit.rank}</b><span class="kb-what"><span class="kb-trail">{_trail(hit)}</span>'
        f'<span class="kb-excerpt">{escaped(cut(hit.chunk.text, _EXCERPT))}</span>{badges}</span>'
        f'<span class="kb-score">{hit.score:.2f}{mark}</span>'
    )
    return link(place_of_hit(hit), "kb-lens-row kb-both" if in_both else "kb-lens-row", inner)


def _trail(hit: Hit) -> str:
    return trail(hit.chunk.heading_path[-2:] or (hit.chunk.doc_id,))


def _ranks(passage: Passage) -> str:
    """Where each retriever had it, and where it stood before reranking."""
    places = [both(f"{_PARTS[name][0]}第 {rank}", f"{_PARTS[name][1]} {rank}") for name, rank in passage.ranks.items()]
    if not places:
        places = [both("术语表补入", "put in by the glossary")]
    if passage.before != passage.hit.rank:
        places.append(both(f"重排前第 {passage.before}", f"before reranking {passage.before}"))
    return '<span class="kb-badges">' + "".join(f"<i>{place}</i>" for place in places) + "</span>"


def _fusion(probe: Probe) -> str:
    """The table of what each part added to the score."""
    passages = [p for p in probe.passages[:_FUSED] if p.shares]
    if not passages:
        return ""
    parts = sorted(
        {name for p in passages for name in p.shares}, key=lambda name: [*_PARTS].index(name) if name in _PARTS else 99
    )
    most = max(abs(share) for p in passages for share in p.shares.values()) or 1.0
    head = "".join(f'<th scope="col">{both(*_PARTS.get(name, (name, name)))}</th>' for name in parts)
    rows = []
    for p in passages:
        name = link(
            place_of_hit(p.hit), "kb-lens-link", f"{p.hit.rank}. {escaped(cut(_name(p.hit), 18))}", _name(p.hit)
        )
        cells = "".join(_cell(p.shares.get(part, 0.0), most) for part in parts)
        rows.append(f'<tr><th scope="row">{name}</th>{cells}<td><b>{sum(p.shares.values()):.2f}</b></td></tr>')
    table = (
        f'<div class="kb-scroll" tabindex="0" role="region" aria-label="得分 Scores"><table class="kb-shares"><thead><tr>'
        f'<th scope="col">{both("段落", "Passage")}</th>{head}<th scope="col">{both("总分", "Score")}</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
    note = both(
        "每一格是这一项给总分加了多少，颜色越深加得越多。",
        "Each cell is what a part added to the score; darker is more.",
    )
    return _section("分数怎么合成", "How scores were fused", table, note)


def _name(hit: Hit) -> str:
    return (hit.chunk.heading_path or (hit.chunk.doc_id,))[-1]


def _cell(share: float, most: float) -> str:
    depth = round(100 * min(abs(share) / most, 1.0) * 0.4)
    tone = "--kb-accent" if share >= 0 else "--kb-warm-line"
    return f'<td style="background: color-mix(in srgb, var({tone}) {depth}%, transparent)">{share:.2f}</td>'


def _fates(passages: Sequence[Passage]) -> str:
    """How many candidates went which way, and which were cut."""
    counts = Counter(passage.fate for passage in passages)
    shown = "".join(f"<li><b>{counts[fate]}</b> {both(*_FATES[fate])}</li>" for fate in _FATES)
    cut_off = [p for p in passages if p.fate == "cut"]
    rows = "".join(f"<li>{_row(p.hit, set(), _ranks(p))}</li>" for p in cut_off)
    details = (
        f"<details><summary>{both(f'看看被淘汰的 {len(cut_off)} 段', f'The {len(cut_off)} that were cut')}</summary>"
        f'<div class="kb-found kb-one"><ol>{rows}</ol></div></details>'
        if cut_off
        else ""
    )
    body = f'<ul class="kb-fates">{shown}</ul>{details}'
    return _section(
        "留下与淘汰", "Kept and cut", body, both(f"候选共 {len(passages)} 段。", f"{len(passages)} candidates.")
    )


# --- answering --------------------------------------------------------------------------------------------------------


def _refusal(refusal: Refusal | None, answer: Answer) -> str:
    if refusal is None:
        return _section("答还是不答", "Answer or refuse", _verdict(refusal, answer))
    rows = [_reason(feature, refusal) for feature in refusal.features]
    rest = (
        f"<details><summary>{both(f'其余 {len(rows) - _REASONS} 项', f'The other {len(rows) - _REASONS}')}</summary>"
        f"{_reasons(rows[_REASONS:])}</details>"
        if len(rows) > _REASONS
        else ""
    )
    note = both(
        f"每一项 = 数值 × 权重；起点 {refusal.bias:.2f}，全部相加再换算成把握。",
        f"Each is value × weight; the start is {refusal.bias:.2f}; their sum becomes the probability.",
    )
    body = _verdict(refusal, answer) + _gauge(refusal) + _reasons(rows[:_REASONS]) + rest
    return _section("答还是不答", "Answer or refuse", body, note)


def _verdict(refusal: Refusal | None, answer: Answer) -> str:
    if answer.choices:
        said = both(
            "没有按检索作答：寒暄，或要先问清是哪个意思。",
            "Not answered from hits: small talk, or the meaning has to be asked first.",
        )
    elif refusal is None:
        said = both("什么也没找到，所以不答。", "Nothing was found, so it is refused.")
    elif refusal.refused:
        said = both("把握不到门槛，所以不答。", "The probability is below the threshold, so it is refused.")
    elif answer.abstained:
        said = both(
            "把握够，但没有一句可以引用，所以不答。", "Sure enough, but no sentence to quote, so it is refused."
        )
    else:
        said = both("把握够，作答。", "Sure enough, so it is answered.")
    return f'<p class="kb-verdict{" kb-refused" if answer.abstained else ""}">{said}</p>'


def _gauge(refusal: Refusal) -> str:
    sure, least = refusal.probability, min(max(refusal.threshold, 0.0), 1.0)
    zh, en = (
        f"把握 {sure:.0%}，门槛 {refusal.threshold:.0%}",
        f"Probability {sure:.0%}, threshold {refusal.threshold:.0%}",
    )
    return (
        f'<p class="kb-gauge-label">{both(zh, en)}</p><div class="kb-gauge" aria-hidden="true">'
        f'<i style="width: {sure:.1%}"></i><b style="left: {least:.1%}"></b></div>'
    )


def _reasons(rows: Sequence[str]) -> str:
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in (both("理由", "Reason"), both("贡献", "Share"), both("数值", "Value"), both("权重", "Weight"))
    )
    return (
        f'<div class="kb-scroll" tabindex="0" role="region" aria-label="理由 Reasons"><table class="kb-reasons"><thead><tr>{head}'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _reason(feature: Feature, refusal: Refusal) -> str:
    most = max(abs(other.share) for other in refusal.features) or 1.0
    width = f"{50 * abs(feature.share) / most:.1f}%"
    side = "left: 50%" if feature.share >= 0 else "right: 50%"
    css = "kb-for" if feature.share >= 0 else "kb-against"
    bar = f'<span class="kb-scale" aria-hidden="true"><i class="{css}" style="{side}; width: {width}"></i></span>'
    zh, en = _REASON.get(feature.name, (feature.name, feature.name))
    if feature.name.startswith("asks "):
        kind = feature.name.removeprefix("asks ")
        zh, en = f"问的是{_KINDS.get(kind, (kind,))[0]}", feature.name
    return (
        f'<tr><th scope="row">{both(zh, en)}</th><td>{bar}<span>{feature.share:+.2f}</span></td>'
        f"<td>{feature.value:.2f}</td><td>{feature.weight:.2f}</td></tr>"
    )


def _lines(lines: Sequence[Line]) -> str:
    if not lines:
        return ""
    rows = "".join(f"<li>{_line(number, line)}</li>" for number, line in enumerate(lines, 1))
    note = both(
        "交给作答的段落里最好的句子；写着“引用”的进了答案。列表和比较题会整段取用，不只看句子的名次。",
        "The best sentences of what was handed on; those marked as quoted are in the answer. Lists and comparisons are "
        "taken as a whole, not by the rank of a sentence.",
    )
    return _section("句子", "Sentences", f'<div class="kb-found kb-one"><ol>{rows}</ol></div>', note)


def _line(number: int, line: Line) -> str:
    doc_id, start, end = line.place
    quoted = f"<i class='kb-quoted'>{both('引用', 'quoted')}</i>" if line.quoted else ""
    facts = both(f"第 {line.rank} 段 · 覆盖 {line.coverage:.0%}", f"passage {line.rank} · covers {line.coverage:.0%}")
    inner = (
        f'<b class="kb-rank">{number}</b><span class="kb-what"><span>{escaped(cut(line.text, 160))}</span>'
        f'<span class="kb-badges">{quoted}<i>{facts}</i></span></span><span class="kb-score">{line.score:.2f}</span>'
    )
    return link(Place(doc_id, start, end, digest=digest_of(line.text)), "kb-lens-row", inner)


def _answer(answer: Answer) -> str:
    body = "".join(
        f"<p>{escaped(sentence.text)}{''.join(_citation(answer, position) for position in sentence.citations)}</p>"
        for sentence in answer.sentences
    )
    choices = "".join(f"<li>{escaped(choice)}</li>" for choice in answer.choices)
    body += f"<ul>{choices}</ul>" if choices else ""
    return _section("答案", "Answer", f'<div class="kb-lens-answer">{body}</div>')


def _citation(answer: Answer, position: int) -> str:
    citation = answer.citations[position]
    number = link(place_of_citation(citation, position + 1, answer.hits), "kb-cite", str(position + 1), citation.quote)
    return f"{number}<small>{escaped(f'{citation.doc_id}:{citation.line}')}</small>"
