"""Terms that the notes themselves introduce: in headings, in brackets, in defining sentences, in front matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from kbqa.notes.outline import heading_name
from kbqa.text import fold, sentence_spans
from kbqa.types import Document, Term

_HAN = "\u3400-\u9fff"
_LATIN_NAME = r"[A-Za-z][A-Za-z0-9&/.+\-]*(?: [A-Za-z0-9&/.+\-]+){0,5}"
_HAN_NAME = rf"[{_HAN}A-Za-z0-9/]{{2,14}}"

# 触点 touchpoint, 获客成本 CAC
_HEADING_PAIR = re.compile(rf"^([{_HAN}A-Z/]*[{_HAN}]+)[\s(\uff08]+({_LATIN_NAME})[)\uff09]?$")
# DAU(日活跃用户数), ROI（return on investment）
_LATIN_BRACKET = re.compile(
    r"(?<![A-Za-z0-9/.])([A-Z][A-Za-z0-9/]{1,9})[(\uff08]([^()\uff08\uff09,\uff0c\u3001;\uff1b]{2,40})[)\uff09]"
)
# 获客成本（customer acquisition cost）
_HAN_BRACKET = re.compile(rf"([{_HAN}/A-Za-z]{{2,16}})[(\uff08]({_LATIN_NAME})[)\uff09]")
_DEFINING = re.compile(
    rf"^[\u300c\"\u201c]?(?P<name>{_HAN_NAME}?(?: [A-Za-z]+)?)[\u300d\"\u201d]?(?:\s*[(\uff08](?P<other>[^()\uff08\uff09]{{2,40}})[)\uff09])?"
    rf"[\uff0c,]?(?:\u7b80\u79f0(?P<short>[A-Za-z{_HAN}]{{2,8}})[\uff0c,])?"
    rf"(?:\u662f\u6307|\u6307\u7684\u662f|\u5c31\u662f\u6307|\u5c31\u662f|\u662f\u4e00\u79cd|\u662f\u4e00\u4e2a|\u662f\u8861\u91cf|\u4e5f\u5c31\u662f(?P<same>{_HAN_NAME})(?=[\uff0c,\u3002])|\u6307(?!\u6807|\u5357|\u5bfc)|\u662f)"
)
_GENERIC = frozenset(
    "什么 结果 关键 阶段 环节 指标 目标 问题 方法 案例 以上 无论 原因 情况 内容 用户 客户 产品 运营 数据 活动 公司 企业 团队 流程 工具 平台 渠道 核心 重点 目的 "
    "本质 意义 作用 优势 特点 第一步 第二步 第三步 另一 单位 具体 标准 测试 体系 时刻 模型 系统 机制 策略 计划".split()
)
# jieba's tagger calls these verbs or numerals though they are parts of names here.
_NOUNS_TAGGED_OTHERWISE = frozenset(
    "运营 管理 转化 留存 分层 增长 分析 获客 激活 测试 裂变 召回 分群 活跃 细分 复购 体验 旅程 触点 六 五 四 复盘 北极星".split()
)
_REMARK = re.compile(r"[的了在为与及或把被将这那其你我他们就都也是越不含见如按需]")
_STOP_CHARS = re.compile(r"[的了在为与和及或把被从将对这那其它你我他她们就都也是]")
_MAX_NAME = 14


def mine_terms(documents: Sequence[Document]) -> tuple[Term, ...]:
    """Terms of all documents in document order; see `first_of_each`."""
    return first_of_each(term for document in documents for term in _of_document(document))


def first_of_each(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The first finding of every name wins, unless a later one has the definition that it lacks."""
    found: dict[str, Term] = {}
    for term in terms:
        key = fold(term.name)
        if key not in found or (term.definition and not found[key].definition):
            found[key] = term
    return tuple(found.values())


def _of_document(document: Document) -> Iterator[Term]:
    if document.aliases and 2 <= len(document.title) <= _MAX_NAME:
        yield Term(document.title, document.aliases, origin="front matter")
    for section in document.sections:
        if (match := _HEADING_PAIR.match(section.heading)) and _is_name(match[1].strip()):
            yield Term(match[1].strip(), (), (match[2].strip(),), origin="heading")
    folded = fold(document.text)  # patterns need one script only; offsets are the same
    for start, end in sentence_spans(document.text):
        yield from _of_sentence(document, folded[start:end], start, end)


def _of_sentence(document: Document, folded: str, start: int, end: int) -> Iterator[Term]:
    text = document.text[start:end]
    if "(" in folded:
        yield from _from_brackets(text, folded)
    offset = len(text) - len(text.lstrip("-*\u2022 0123456789.\u3001"))
    match = _DEFINING.match(folded[offset:])
    if not match or len(text) - offset <= match.end() + 5 or not _is_name(match["name"].strip()):
        return

    def original(group: str) -> str:
        a, b = match.span(group)
        return text[offset + a : offset + b].strip() if a >= 0 else ""

    others = tuple(o for o in map(original, ("other", "short", "same")) if o and _is_other_name(o))
    yield Term(original("name"), others, definition=(document.doc_id, start + offset, end), origin="definition")


def _from_brackets(text: str, folded: str) -> Iterator[Term]:
    for match in _LATIN_BRACKET.finditer(text):
        inner = match[2].strip()
        if re.fullmatch(rf"[{_HAN}]{{2,12}}", inner) and not _REMARK.search(fold(inner)):
            yield Term(inner, (match[1],), origin="bracket")
        elif re.fullmatch(_LATIN_NAME, inner) and _is_acronym(match[1], inner):
            yield Term(match[1], (), (inner,), origin="bracket")
    for match in _HAN_BRACKET.finditer(text):
        before = folded[match.start(1) : match.end(1)]
        name = _noun_phrase_tail(before)
        # What was cut on its left has to be long enough to be a name of its own: 北极星指标, hardly 测试 or 用户.
        if name and re.search(rf"[{_HAN}]", name) and name not in _GENERIC and (name == before or len(name) >= 4):
            yield Term(text[match.end(1) - len(name) : match.end(1)], (), (match[2].strip(),), origin="bracket")


def _is_acronym(short: str, full: str) -> bool:
    initials = "".join(word[0] for word in re.split(r"[\s\-/]+", full) if word)
    return fold(short) == fold(initials)


def _is_name(name: str) -> bool:
    """A noun phrase of some specificity: `关键` or `以上` name nothing."""
    folded = fold(name)
    if not 2 <= len(name) <= _MAX_NAME or _STOP_CHARS.search(folded) or folded in _GENERIC:
        return False
    return _noun_phrase_tail(folded, longest=_MAX_NAME) == folded


def _is_other_name(name: str) -> bool:
    return bool(re.fullmatch(rf"{_LATIN_NAME}|{_HAN_NAME}", name)) and not _STOP_CHARS.search(fold(name))


def _noun_phrase_tail(folded: str, longest: int = 10) -> str:
    """The noun phrase that ends a folded text, to find where in 设定关键绩效指标 the name starts; empty if none does."""
    import rjieba

    name = ""
    for word, tag in reversed(rjieba.tag(folded)):
        if not (tag[0] in "nabjlxz" or tag in ("vn", "eng", "an")) and word not in _NOUNS_TAGGED_OTHERWISE:
            break
        if _STOP_CHARS.search(word):
            break
        name = word + name
    name = name.lstrip(" /")
    too_short = len(name) < 2 or re.match(r"[a-z][\u3400-\u9fff]", name)
    return "" if too_short or len(name) > longest else name


def heading_terms(documents: Sequence[Document]) -> tuple[Term, ...]:
    """Short headings that are noun phrases, as terms to keep whole: `私域用户`, `指标体系`."""
    names = {heading_name(s.heading): None for d in documents for s in d.sections}
    phrase = re.compile(rf"[{_HAN}A-Za-z0-9/]+")
    return tuple(Term(n, origin="heading") for n in names if 3 <= len(n) <= 10 and phrase.fullmatch(n) and _is_name(n))
