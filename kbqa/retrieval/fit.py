"""Whether a text has the shape of an answer to a kind of question: a definition, steps, items, a formula, a figure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from kbqa.text import fold, squeeze

MARKER = re.compile(r"^\s*(?:[-*•]\s*|[(（]?\d{1,2}[.、．)）](?!\d)\s*|[①-⑳]\s*)")
LABEL = re.compile(r"^(?:[-*•]\s*|\d{1,2}[.、)](?!\d)\s*)?(?!\s)[^:\uff1a,\uff0c\u3002;\uff1b?!|]{2,16}[:\uff1a]\s*\S")

# What a sentence that answers a kind of question looks like, folded.
_SENTENCE: dict[str, re.Pattern[str]] = {
    "formula": re.compile(r"[=≈]|公式[为是:]|除以|乘以|之比|\S\s[/*]\s"),
    "number": re.compile(
        r"\d|(?!一[个次年天条家级字]|十字)(?<![第唯万])[一二两三四五六七八九十百千万半]+(?:个|成(?!不变)|倍|年|天|周|小时|分钟|秒|次|[元条字家遍轮档级亿]|人(?!千)|块(?![做儿去来]))"
        r"|百分之[一二三四五六七八九十]|[一二三四五六七八九]折|[一二两三四五六七八九十百千]+万"
    ),
    "why": re.compile(r"因为|由于|为了|才能|从而|避免|所以|因此|原因|以便|使得|有助于|导致|否则|目的|理由|让|好处"),
    "compare": re.compile(r"而|区别|不同|相比|差异|则|分别|前者|后者|不等于"),
    "howto": re.compile(r"首先|先|步骤|流程|可以|需要|应|建议|通过|方法|要做|不妨"),
    "list": re.compile(
        r"包括|分为|分成|以下|如下|包含|要素|、.*、|主要有|遵循|应具备|涉及|有[两三四五六七八九十\d]+[种类个大项步]"
    ),
}
_HEADING: dict[str, re.Pattern[str]] = {
    "formula": re.compile(r"怎么算|如何算|计算|公式|算法"),
    "howto": re.compile(r"怎么(?!算)|如何|步骤|流程|方法|做法|实施|实操|指南"),
    "list": re.compile(r"哪些|哪几|几种|要素|构成|分类|类型|特征|特点|原则|要点|结构|组成|清单|常见|作用|意义|好处"),
    "compare": re.compile(r"区别|对比|易混|差异|不同|比较"),
    "why": re.compile(r"为什么|原因|意义|作用|价值|好处"),
    "definition": re.compile(r"是什么|什么是|概念|定义"),
}


# Sections that speak of something beside the matter itself, and the wording that asks for just that.
_ASIDES = (
    (
        re.compile(r"错误|误区|踩坑|避坑|常犯"),
        re.compile(
            r"错|误|坑|注意|避免|毛病|问题|哪儿没|不对|不能|不该|不要|不行|别(?!人|家|的)|(?:为什么|为何|为啥|凭什么).{0,16}不"
        ),
    ),
    (
        re.compile(r"易混|混淆"),
        re.compile(r"区别|不同|差|混|分清|一样|一回事|对比|比较|还是|difference|differ|vs|compare"),
    ),
    (re.compile(r"相关(?:术语|阅读|链接)|延伸|参考(?:资料|文献)"), re.compile(r"相关|参考|延伸|related")),
)


_MARK = re.compile(
    r"[\[\uff3b\u3010(\uff08](?:[^\]\uff3d\u3011)\uff09]*[图截见表频件][^\]\uff3d\u3011)\uff09]*)?[\]\uff3d\u3011)\uff09]"
)
_LINKS = re.compile(
    r"(?:相关|延伸|推荐|扩展|更多)(?:阅读|文章|推荐|链接|帖子|术语|概念|名词|词条|笔记)[:\uff1a][^\n]*$"
)
_WORDLESS = 12


def is_bare(text: str) -> bool:
    """Whether a passage is hardly more than a mark in brackets where a picture stood, or names other pages to read."""
    rest, marks = _MARK.subn("", text)
    return points_elsewhere(text) or (marks > 0 and len(squeeze(rest)) < _WORDLESS)


def points_elsewhere(text: str) -> bool:
    """Whether a line only names what else could be read."""
    return bool(_LINKS.match(text))


def only_names_others(heading: str, question: str) -> bool:
    """Whether what stands under a heading only names what else could be read, and that is not asked for."""
    return points_elsewhere(f"{heading}:") and "相关" not in fold(question)


def is_aside(heading: str, question: str) -> bool:
    """Whether a section only touches on what it is about (common mistakes, terms easily confused) and was not asked for."""
    head, asked = fold(heading), fold(question)
    return any(about.search(head) and not wanted.search(asked) for about, wanted in _ASIDES)


_OF_ITSELF = re.compile(
    r"(?:本|这)(?:篇|文(?![化档字件明案书本])|章(?!程)|节(?![奏省约流点日假目水能]))|(?:下文|接下来|下面)(?:会|将|就|先)?(?:讲|介绍|说明|给出|分享)"
)


def introduces_itself(folded: str) -> bool:
    """Whether a folded text speaks of the text that it stands in: what the reader will find there answers nothing."""
    return bool(_OF_ITSELF.search(folded))


def sentence_fits(kind: str, folded: str) -> bool:
    """Whether a folded sentence has the shape that a kind of question asks for."""
    pattern = _SENTENCE.get(kind)
    return bool(pattern and pattern.search(folded))


_IN_WORDS = re.compile(r"公式[为是:]|[^\d\s%.,]\s*=\s*[^\d\s]|\S\s[/*]\s[^\d]")


def formula_strength(folded: str) -> float:
    """How much a folded sentence is a formula: 1 for one in words, less for one with figures put in."""
    if not sentence_fits("formula", folded):
        return 0.0
    return 1.0 if _IN_WORDS.search(folded) else 0.4


def passage_fit(kind: str, text: str, heading: str, names: Sequence[str]) -> float:
    """How well a passage's shape fits a kind of question, 0 to 1.

    Args:
        names: folded names of what is asked for, longest first; only definitions need them.
    """
    pattern = _HEADING.get(kind)
    headed = 0.4 if pattern and pattern.search(fold(heading)) else 0.0
    if kind == "definition":
        return max(headed, _best_definition(text, names), 0.8 if fold(heading) in names else 0.0)
    if kind in ("howto", "list"):
        items = sum(bool(MARKER.match(line) or LABEL.match(line) or " | " in line) for line in text.split("\n"))
        return headed + (0.6 if items >= 3 else 0.3 if sentence_fits(kind, fold(text)) else 0.0)
    fits = sentence_fits(kind, fold(text))
    if kind == "formula" and fits and _best_definition(text, names) >= 0.8:
        return headed + 1.0  # the term is defined here, with its formula
    return headed + (0.6 if fits else 0.0)


def _best_definition(text: str, names: Sequence[str]) -> float:
    return max((defining_strength(line, names) for line in re.split(r"\n|(?<=\u3002)", text)), default=0.0)


GLOSSED, LABELLED = 0.5, 0.6  # how much a gloss in brackets, and `…;name: …` within a sentence, are definitions


def defining_strength(text: str, names: Sequence[str]) -> float:
    """How much a sentence looks like the definition of one of the names: it starts with the name and goes on to define."""
    folded = MARKER.sub("", fold(text)).lstrip("\"\u300c'")
    for name in names:
        at = folded.find(name)
        if at == 0 or (at > 0 and folded[:at] in ("所谓", "一个", "the ", "a ")):
            rest = re.sub(r"^[\"'\u300d)]?\s*(?:\([^()]{1,40}\))?\s*", "", folded[at + len(name) :])
            if re.match(r",?(?:是指|指的是|就是指|指(?!标|南|导)|是一|是衡量|也就是|即|本质上)", rest):
                return 1.0
            if re.match(r"(?:系统|模型|指标|法|体系|图)?(?:就是|是(?!否|不)|[:\uff1a]是?|,是)", rest):
                return 0.8
            if re.match(r".{0,8}(?:是|[:\uff1a])", rest):
                return 0.35
        elif at > 0 and folded[at - 1] in ":;\u3002" and folded.startswith(":", at + len(name)):
            return LABELLED
    return GLOSSED if "(" in folded and _glosses(folded, names) else 0.0


_GLOSS = re.compile(r"\s*\(([^()]{3,60})\)")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NO_GLOSS = re.compile(r"\d|[年月]|[见自]第|详见|参见|目标|负责|例如|比如|如下|来源")
_HAN_GLOSS = 4  # characters of Chinese in brackets that tell what a name means


def _glosses(folded: str, names: Sequence[str]) -> bool:
    """Whether brackets say in Chinese what one of the names means, as in CAC(获取一个客户的平均花费)."""
    for name in names:
        at = folded.find(name)
        while at >= 0:
            gloss = _GLOSS.match(folded, at + len(name))
            if gloss and len(_HAN.findall(gloss[1])) >= _HAN_GLOSS and not _NO_GLOSS.search(gloss[1]):
                return True
            at = folded.find(name, at + 1)
    return False


def together(text: str, heading: str, sides: Sequence[Collection[str]]) -> bool:
    """Whether a heading or a single line of a passage names two or more of some things.

    Args:
        sides: the names of each thing, squeezed. One that two of them have tells nothing, and LT does not stand in LTV.
    """
    times = Counter(name for names in sides for name in set(names))
    owners = [(name, i) for i, names in enumerate(sides) for name in names if times[name] == 1]
    owners.sort(key=lambda owner: (-len(owner[0]), owner))
    for line in (squeeze(line) for line in (heading, *re.split(r"[\n\u3002]", text))):
        seen = set()
        for name, i in owners:
            if name in line:
                seen.add(i)
                line = line.replace(name, " ")
        if len(seen) > 1:
            return True
    return False


_SUBJECT_AT_END = re.compile(r"\bwhat(?:'s| is| are)(?: an?| the)?\s+([a-z0-9][a-z0-9 /&\-]{1,40}?)\s*[?.!]*$")
_ASKED = re.compile(
    r"^(?:请问|什么是|什么叫|啥是|啥叫|何谓|何为|(?:what(?:'s| is| are)|explain|define|describe)(?: an?| the)?\s)"
    r"|(?:是什么(?:意思|东西)?|是啥(?:意思)?|指的?是什么|是?指的?(?:什么|啥)|的?(?:定义|含义|意思|概念)(?:是什么)?|(?:应该)?(?:怎么|如何)(?:理解|定义)的?"
    r"|是(?:一[个种群])?(?:怎样|什么样|怎么样)的.{0,8}|是(?:怎么|如何)定义的?|(?:是)?(?:怎么|如何|咋)统计的?)?[?\uff1f!\u3002]*$"
)


_COUNTED = re.compile(
    r"(?<![\d.十百第])(十?[一两二三四五六七八九]|十|\d{1,2})\s*"
    r"(?:个(?!月|小时|星期|季度)|种|类|步|大|点(?!发|推|开|播|半)|项|条|层|方面|部分|阶段|要素|环节|期|块(?!钱)|样|道|档|关|坑)"
)
_NUMERALS = {
    "两": 2,
    **{c: i for i, c in enumerate(["", *"一二三四五六七八九", "十", *("十" + c for c in "一二三四五六七八九")]) if c},
}


def asked_count(question: str) -> int:
    """How many things a question expects (`五个阶段` → 5); 0 if it does not say."""
    return next(_counts(fold(question)), 0)


def counts(text: str, count: int) -> bool:
    """Whether a text says that there are that many of something."""
    return count in _counts(fold(text))


def _counts(folded: str) -> Iterator[int]:
    """Numbers of things, 一个 aside."""
    found = (_NUMERALS.get(number) or int(number) for number in _COUNTED.findall(folded))
    return (count for count in found if count > 1)


# What a question for a figure asks for, and the units that its answer has.
_UNITS = (
    (re.compile(r"(?:多少|几)(?:钱|块|元)|how much (?:money|do|does|is it)"), "[元块万]"),
    (re.compile(r"百分之|几成|(?:(?<![频效])率|占|比例|比重).*(?:多[少高大]|几)|percent"), "[%成]"),
    (re.compile(r"多久|多长时间|how long"), "[天周秒]|工作日|个月|(?<!\\d{4})年|小时|分钟"),
    (re.compile(r"几点"), "[点:]"),
    *(
        (re.compile(rf"(?:(?<!没)(?<!没有)多少|(?<![没好这那哪过前近数十了后头上最寥])几)个?(?:{unit})(?!三番)"), unit)
        for unit in ("秒", "天|工作日", "周", "月", "年", "人", "次", "个", "条", "字", "分钟", "小时")
    ),
)
_FIGURE = r"[\d一二三四五六七八九十两百千万半]\s*(?:个|多)?(?:"


def asked_unit(question: str) -> re.Pattern[str] | None:
    """What a figure with the unit that a question asks for looks like, folded; None if it asks for none."""
    folded = fold(question)
    units = [unit for asked, unit in _UNITS if asked.search(folded)]
    return re.compile(_FIGURE + "|".join(units) + ")") if units else None


_ASKS_STEPS = re.compile(
    r"步骤|(?:什么|啥|怎样的|具体|操作|处理|走)流程|流程(?:是什么|怎么|如何|有哪)|几步|一步[步一]|怎么(?:画|搭|操作|打分)|怎么建(?![议立])|怎么定(?![义位价性])|具体怎么|详细(?!地址)"
)
_STEP = re.compile(
    r"第[一二三四五六七]步|首先|其次|然后|接着|(?<![优首])先.{1,30}再(?!次)|→|步骤\d|(?:^|\s)\d{1,2}[.、)](?!\d)"
)


def asks_steps(folded: str) -> bool:
    """Whether a folded question asks how something is done step by step."""
    return bool(_ASKS_STEPS.search(folded))


def is_step(folded: str) -> bool:
    """Whether a folded text tells what is done first or next."""
    return bool(_STEP.search(folded))


_ASKS_EXPANSION = re.compile(
    r"缩写|全称|代表(?:了?什么|啥|哪)|字母.{0,8}(?:什么|啥|哪|意思)|哪几个(?:词|单词|字母)|\bstands? for\b|\bshort for\b|\babbreviat"
)
_IN_BRACKETS, _BEFORE_BRACKET = re.compile(r"\s*\([^()]{3,60}\)"), re.compile(r"[\u3400-\u9fff]{2}\s*\(\s*$")
_WHOLE_WORD = 3  # letters


def asks_expansion(folded: str) -> bool:
    """Whether a folded question asks what an abbreviation stands for."""
    return bool(_ASKS_EXPANSION.search(folded))


def expands(folded: str, abbreviations: Sequence[str]) -> bool:
    """Whether a folded text says what one of some abbreviations stands for: in brackets beside it, or letter by letter."""
    for short in abbreviations:
        at = folded.find(short)
        if at < 0:
            continue
        if _IN_BRACKETS.match(folded, at + len(short)) or _BEFORE_BRACKET.search(folded[:at]):
            return True
        letters = iter([word[0] for word in re.findall("[a-z]+", folded) if len(word) >= _WHOLE_WORD and word != short])
        if len(short) >= _WHOLE_WORD and all(letter in letters for letter in short):
            return True
    return False


def enumerates(folded: str, count: int) -> bool:
    """Whether a folded sentence names that many things: by its own word for the number, or by as many marks between."""
    if next(_counts(folded), 0) == count:
        return True
    return any(
        run.count("、") + run.count("和") == count - 1
        for run in re.findall(r"[^,\u3002;:!?]*、[^,\u3002;:!?]*", folded)
    )


def bare_subject(question: str) -> str:
    """What is left of `X是什么` and its like when the asking is taken away, folded; empty if that is no name."""
    if match := _SUBJECT_AT_END.search(fold(question)):
        return match[1]
    bare = _ASKED.sub("", fold(question).strip()).strip(" \"'")
    return bare if 2 <= len(bare) <= 16 else ""
