"""How Chinese notes introduce a term in a sentence: a defining verb, a bracket, 又称 and its kin; and what is no name.

All patterns work on folded text, where brackets and marks are ASCII and offsets are those of the original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HAN = "\u3400-\u9fff"
LATIN_NAME = r"[A-Za-z][A-Za-z0-9&/.+\-']*(?: [A-Za-z0-9&/.+\-']+){0,5}"
MAX_NAME = 14
_MAX_LATIN = 40

_NAME = rf"[{HAN}A-Za-z0-9][{HAN}A-Za-z0-9/&+.\- ]{{0,24}}?"
_CALLED = r"(?:又|也(?!就是)|亦|俗|简|全|旧|别|统|通|或|常|还|中文|英文|缩写|更常)+(?:被|可)?(?:称为|称作|称之为|称|叫做|叫作|叫|译作|译为|译|名为|名|写作|写成|写|为|是)?"
_BRACKET = r"(?:\s*\((?P<other>[^()]{1,80})\))?"
_QUOTED = rf'"?(?P<name>{_NAME})"?'
_ALSO = rf'(?P<also>(?:[,\s]*{_CALLED}\s*"?[{HAN}A-Za-z0-9][{HAN}A-Za-z0-9/&+.\- ]{{0,30}}?"?)*)'
_STRONG = (
    r"是指|指的是|指的就是|就是指|是一(?:种|个|类|组|套|段|份|张|条|项|门|群|串|系列)|是衡量|是用来|是用以|本质上是"
    r"|(?<=[,)])即(?![使便可将日时刻])|指(?![标南导数向定出引望挥明责])"
)
_DEFINING = re.compile(
    rf"^(?P<so>所谓(?:的)?\s*)?{_QUOTED}{_BRACKET}{_ALSO}\s*[,:]?\s*(?:(?P<strong>{_STRONG})|(?P<same>也就是)|(?P<weak>就是|是))"
)
_LABELLED = re.compile(rf"^{_QUOTED}{_BRACKET}\s*:\s*")
# What stands behind a label that is no explanation: a question, an order, a remark.
_NO_MEANING = re.compile(
    r"如何|怎么|怎样|谁|哪|什么|应|需|要|请|先|再|不|别|很|更|最|目标|明确|确保|注意|例如|比如|见|看|同上|\d|[(\[]"
)
_SHAPED = re.compile(
    r"(?:率|指标|模型|分析|分析法|曲线|指数|原则|法则|矩阵|漏斗|系数|时长|频次|周期|成本|体系|机制|图|法)$"
)
_ABBREVIATION = re.compile(r"[a-z]?[A-Z][A-Za-z]*[A-Z][A-Za-z]*")
_EFFECT = re.compile(r"(?:效应|悖论|偏差|谬误|定律)$")
_CALLED_AT_END = re.compile(
    rf"(?<![也又还俗都不])(?:就|才|应)?(?:叫做|叫作|叫|称为|称作)\s?\"?(?P<name>[{HAN}a-z0-9/]{{2,12}})\"?{_BRACKET}\s*\u3002?$"
)
_COMPUTED = re.compile(
    rf"(?:公式:\s*)?(?P<name>[{HAN}]{{2,10}}(?:率|成本|系数|频次|单价|额))(?:\((?P<other>[^()]{{1,60}})\))?\s*[:=]\s*[^=:]*[{HAN}][^=:]*\s/\s[^=:]*[{HAN}]"
)
_VERB = re.compile("[是指即]")  # most sentences have none near their start, and are done with
_HEAD = 130  # characters in which a name, its bracket and its other names have to be done
_MEANING = 6  # characters that an explanation needs
# What a plain 是 has to end in to define rather than to remark: 留存率是回来的人的比例, not 留存率是增长的根基.
_GENUS = re.compile(
    r"(?:指标|方法|过程|工具|方式|模型|比例|占比|比率|比值|数量|人数|次数|用户|客户|顾客|人群|人员|群体|时间|时长|天数|总和|总额|金额|收入|费用|成本|手段|活动"
    r"|工作|策略|体系|环节|阶段|行为|能力|系统|平台|标准|单位|机制|理论|文档|总称|统称|简称|缩写|全称|概念|差额|均值|关系|节点|内容|流程|制度|岗位|角色|渠道|框架|网络|集合"
    r"|程度|现象|规则|清单|率|额|值|数|法)$"
)
_PRAISED = re.compile(
    r"(?:一个|一种)?(?:很|非常|十分|最|更|特别|关键|重要|核心|.{0,8}的(?:关键|重要|核心|根基|基础|前提|命脉))"
)
_LATIN_BRACKET = re.compile(r"(?<![A-Za-z0-9/.])([a-z][a-z0-9/]{1,9})\(([^(),\u3001;]{2,40})\)")
_HAN_BRACKET = re.compile(rf"([{HAN}/a-z0-9][{HAN}/a-z0-9 ]{{0,16}}[{HAN}/a-z0-9])\s?\(([^()]{{2,60}})\)")
_ACRONYM_SHAPE = re.compile(r"[A-Za-z]*[A-Z][A-Za-z0-9/&\-]*")
_REMARK = re.compile(r"[注无的了在为与及或把被将这那其你我他们就都也是越不含见如按需元%]")
_STOP_CHARS = re.compile(r"[的了在为与和及或把被从将对这那其它你我她就都也是]")
_GENERIC = frozenset(
    "什么 结果 关键 阶段 环节 指标 目标 问题 方法 案例 以上 无论 原因 情况 内容 用户 客户 产品 运营 数据 活动 公司 企业 团队 流程 工具 平台 渠道 核心 重点 目的 "
    "本质 意义 作用 优势 特点 第一步 第二步 第三步 另一 单位 具体 标准 测试 体系 时刻 模型 系统 机制 策略 计划 公式 关键指标 示意 分母 分子 口径 前者 后者 做法 结论 差别 区别 例如 比如 前提 代价 好处 坏处 缺点 优点 "
    "步骤 原则 条件 对象 周期 时间 成本 收益 收入 定义 注意 说明 理由 答案 全称 简称 英文 中文 最后 首先 其次 经验 常见 难点 要点 建议".split()
)
# jieba's tagger calls these verbs or numerals though they are parts of names here.
_NOUNS_TAGGED_OTHERWISE = frozenset(
    "运营 管理 转化 留存 分层 增长 分析 获客 激活 测试 裂变 召回 分群 活跃 细分 复购 体验 旅程 触点 六 五 四 复盘 北极星 分发 预售 脱敏 打标 续订 续费 加购 核销 推荐 获取 下钻 种草 弹幕 履约 缺货 "
    "满减 挽留 流失 拆解 监控 归因 投放 引流 变现 沉默 回流 对齐 增量 归档 迭代 画像 联名 异业 授权 合作 分销 "
    "定位 传播 采集 清洗 可视化 排查 告警 监测 响应 处理 应对 培育 评分 赢单 成单 自提 配送 共创 编辑 营销 订阅 付费 免费 增值 拉新 促活 提频 试用 出海 本地化 标准化 扩散 自传播 驱动 规模化".split()
)


@dataclass(frozen=True, slots=True)
class Introduction:
    """A term as a sentence introduces it; spans are offsets in the sentence.

    Attributes:
        clear: whether a verb such as 是指 says that this is a definition; a label or a plain 是 only suggests it.
    """

    name: tuple[int, int]
    others: tuple[tuple[int, int], ...]
    clear: bool


def introduction(
    text: str, folded: str, registered: frozenset[str] = frozenset(), known: frozenset[str] = frozenset()
) -> Introduction | None:
    """The term that a sentence defines, if it is a defining sentence.

    Args:
        text, folded: the sentence as it stands, and folded.
        registered: folded names that people say are terms; any of them may stand where a name has to look like one.
        known: names of the lexicon: a label in front of an explanation is a term if it is one of them or looks like one.
    """
    match = _DEFINING.match(folded) if _VERB.search(folded, 2, _HEAD) else None
    if match and len(folded) <= match.end() + 3:
        return None
    named = registered | (known - _GENERIC) if match and (match["strong"] or match["so"]) else registered
    if match and _accepted(match, folded, named):
        clear = bool(match["strong"] or match["so"])
        return Introduction(match.span("name"), tuple(_others(match, folded)), clear)
    labelled = _LABELLED.match(folded) if ":" in folded[:_HEAD] else None
    if labelled and _ABBREVIATION.fullmatch(text[slice(*labelled.span("name"))]):
        known = known | {labelled["name"]}
    found = _labelled(labelled, folded, registered, known) if labelled else None
    if not found and ("叫" in folded[-_HEAD:] or "称" in folded[-_HEAD:]):
        found = _called(folded, known)
    return found or (_computed(folded) if " / " in folded else None)


def _labelled(
    match: re.Match[str], folded: str, registered: frozenset[str], known: frozenset[str]
) -> Introduction | None:
    """A label with its explanation: `停留时长：用户在产品里待了多久`."""
    name, rest = match["name"].strip(), folded[match.end() :]
    if len(rest) < _MEANING or _NO_MEANING.match(rest):
        return None
    others = tuple(_in_bracket(folded, match.start("other"), match["other"])) if match["other"] else ()
    glossed = any(_latin(folded[a:b]) or _latin(name) for a, b in others)
    if glossed and _nameable(name, registered):
        return Introduction(match.span("name"), others, False)
    said = re.split(r"[,;\u3002]", rest)[0]
    measure = bool(_SHAPED.search(name)) and bool(_GENUS.search(said)) and is_name(name)
    kind = name in known and (name.isascii() or (len(name) > 2 and bool(_GENUS.search(said))))
    if "\u3001" not in said and (name in registered or measure or kind or (_EFFECT.search(name) and is_name(name))):
        return Introduction(match.span("name"), others, False)
    return None


def _called(folded: str, known: frozenset[str]) -> Introduction | None:
    """A sentence that says what something is and then what it is called: `看到新方案的那组叫实验组（Treatment Group）。`"""
    match = _CALLED_AT_END.search(folded)
    if not match or match.start() < _MEANING:
        return None
    others = tuple(_in_bracket(folded, match.start("other"), match["other"])) if match["other"] else ()
    if (others or match["name"] in known or len(match["name"]) >= 4) and is_name(match["name"]):
        return Introduction(match.span("name"), others, False)
    return None


def _computed(folded: str) -> Introduction | None:
    """A measure introduced by how it is computed: `转粉率：新增关注 ÷ 阅读人数`."""
    match = _COMPUTED.match(folded)
    if match and not _STOP_CHARS.search(match["name"]) and match["name"] not in _GENERIC:
        others = tuple(_in_bracket(folded, match.start("other"), match["other"])) if match["other"] else ()
        return Introduction(match.span("name"), others, False)
    return None


def _accepted(match: re.Match[str], folded: str, registered: frozenset[str]) -> bool:
    name = match["name"].strip()
    if not _nameable(name, registered):
        return False
    if "指" not in (match["strong"] or "") and _PRAISED.match(folded[match.end() :]):
        return False
    if match["strong"] or match["so"] or name in registered:
        return True
    if match["same"]:
        glossed = any(_latin(folded[a:b]) for a, b in _others(match, folded))
        return glossed or bool(re.match(rf"\s*[{HAN}A-Za-z0-9/ ]{{2,14}}[,\u3002]", folded[match.end() :]))
    if match["other"] and any(_latin(folded[a:b]) or is_name(folded[a:b]) for a, b in _others(match, folded)):
        return True
    predicate = re.split(r"[,;\u3002]", folded[match.end() :].rstrip("\u3002!?"))[0]
    return len(predicate) >= 6 and "的" in predicate and bool(_GENUS.search(predicate))


def _nameable(name: str, registered: frozenset[str]) -> bool:
    name = name.strip()
    return name in registered or is_name(name)


def _others(match: re.Match[str], folded: str) -> Iterator[tuple[int, int]]:
    """Spans of the other names that a defining sentence gives: in its bracket, behind 又称, behind 也就是."""
    if match["other"]:
        yield from _in_bracket(folded, match.start("other"), match["other"])
    if match["also"]:
        yield from _in_bracket(folded, match.start("also"), match["also"])
    if match["same"] and (same := re.match(rf"\s*([{HAN}A-Za-z0-9/ ]{{2,14}}?)(?=[,\u3002])", folded[match.end() :])):
        yield match.end() + same.start(1), match.end() + same.end(1)


_LED = re.compile(rf"\s*(?:{_CALLED}|即|亦即|英文|缩写)\s*")


def _in_bracket(folded: str, start: int, text: str) -> Iterator[tuple[int, int]]:
    """Spans of the names that a bracket lists: `Life Time Value,LTV,又称终身价值`."""
    parts = [part.strip() for part in re.split(r"[,\u3001;|]", text)]
    if len(parts) >= 3 and "".join(part[:1] for part in parts) in re.findall(r"[a-z]+", folded[:start]):
        return  # BANT(Budget、Authority、Need、Timeline) spells itself out
    for part in re.finditer(r"[^,\u3001;|]+", text):
        led = _LED.match(part[0])
        a = start + part.start() + (led.end() if led else len(part[0]) - len(part[0].lstrip(' "')))
        b = start + part.start() + len(part[0].rstrip(' "'))
        while a < b and folded[a] in ' "':
            a += 1
        if is_other_name(folded[a:b]):
            yield a, b


def brackets(text: str, folded: str) -> list[tuple[tuple[int, int], tuple[tuple[int, int], ...]]]:
    """Names with their other names in brackets anywhere in a sentence: `获客成本（CAC）`, `DAU(日活跃用户数)`.

    A row of three or more (注意（Attention）、兴趣（Interest）…) spells out an acronym or glosses words; it introduces no terms.
    """
    found = [
        f
        for f in _brackets(text, folded)
        if not re.match(rf"\)\s*:\s*(?:{_NO_MEANING.pattern})", folded[max(f[0][1], *(b for _, b in f[1])) :])
    ]
    glossed = len(_GLOSS.findall(folded))
    return [
        (name, others)
        for name, others in found
        if glossed < 3 or not re.match(rf"[{HAN}]", folded[name[0] :]) or _latin_first(folded, name)
    ]


_GLOSS = re.compile(rf"[{HAN}]\((?:[a-z][a-z\-]*)\)")


def _latin_first(folded: str, name: tuple[int, int]) -> bool:
    """Whether a Chinese name stands inside the bracket: `DAU(日活跃用户数)`."""
    return folded[name[0] - 1 : name[0]] == "("


def _brackets(text: str, folded: str) -> Iterator[tuple[tuple[int, int], tuple[tuple[int, int], ...]]]:
    for match in _LATIN_BRACKET.finditer(folded):
        outer, inner = text[match.start(1) : match.end(1)], match[2].strip()
        a = match.start(2) + match[2].index(inner)
        span = (a, a + len(inner))
        if not _ACRONYM_SHAPE.fullmatch(outer):
            continue
        if re.fullmatch(rf"[{HAN}]{{2,12}}", inner) and not _REMARK.search(inner):
            yield span, (match.span(1),)
        elif re.fullmatch(LATIN_NAME, inner) and _is_acronym(match[1], inner):
            yield match.span(1), (span,)
    for match in _HAN_BRACKET.finditer(folded):
        others = tuple(span for span in _in_bracket(folded, match.start(2), match[2]) if _latin(folded[slice(*span)]))
        if folded[match.start(1) - 1 : match.start(1)] == "\u00b7":
            continue  # a person's name
        before = match[1].strip()
        name = noun_phrase_tail(before) if others and re.search(rf"[{HAN}]", before) else ""
        # What was cut on its left has to be long enough to be a name of its own: 北极星指标, hardly 测试 or 用户.
        if (
            name
            and re.search(rf"[{HAN}]", name)
            and name not in _GENERIC
            and (name == before or len(name) >= 4 or before[: -len(name)].endswith(("叫", "称", "为", "是", "即")))
        ):
            end = match.start(1) + len(match[1].rstrip())
            yield (end - len(name), end), others


def _latin(name: str) -> bool:
    return bool(re.fullmatch(LATIN_NAME, name))


def _is_acronym(short: str, full: str) -> bool:
    initials = "".join(word[0] for word in re.split(r"[\s\-/]+", full) if word)
    return short == initials


def is_name(name: str) -> bool:
    """Whether a folded string is a noun phrase of some specificity: `关键` or `以上` name nothing."""
    if not 2 <= len(name) <= MAX_NAME or _STOP_CHARS.search(name) or name in _GENERIC:
        return False
    return noun_phrase_tail(name, longest=MAX_NAME) == name


def is_other_name(name: str) -> bool:
    """Whether a folded string may be another name of something: words of one language without function words."""
    if _latin(name):
        return len(name) <= _MAX_LATIN and len(name) > 1
    plain = re.fullmatch(rf"[{HAN}A-Za-z0-9/\- ]{{2,14}}", name)
    return bool(plain) and bool(re.search(rf"[{HAN}]", name)) and not _REMARK.search(name) and name not in _GENERIC


def noun_phrase_tail(folded: str, longest: int = 10) -> str:
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
