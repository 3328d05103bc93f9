"""What the notes say a term is, cut out of its defining sentence so that it can stand as an option of a quiz.

Only a real definition passes: it names the term, says 是指 or the like, and explains in words that stand by themselves. Remarks
behind it (its unit, an example, who coined it) are left out, as their presence alone would tell options apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from kbqa.knowledge import KnowledgeBase
from kbqa.onboarding.items import digest
from kbqa.terms.glossary import name_key, names_of
from kbqa.text import fold, squeeze
from kbqa.types import Document, Place, Term

_LONGEST, _SHORTEST = 80, 8
_BRACKET = re.compile(r"[^（(。，]{1,24}[（(]([^（）()]{2,80})[）)]")
_VERB = re.compile(
    r"\s*(?:\([^()]*\))?(?:\s*,?\s*(?:又|也|亦|简|俗|旧)(?:被)?(?:称为|称|叫做|叫|译作|译)[^,]{1,14})?\s*,?\s*"
    r"(?:就?是指|指的?就?是|即(?=[\u3400-\u9fff])|也就是|就是|指(?!标|南|导|数)|是(?=一[种个套类项份]))\s*"
)
_MARKER = re.compile(r"^(?:[-*•]\s+|\d{1,2}[.、]\s*)+")
# What follows a definition without being part of it.
_REMARK = re.compile(
    r"(?:单位(?:是|为)|没有单位|例如|比如|譬如|如(?!果|何)|像|也(?:叫|称|译|指)|又(?:叫|称)|简称|缩写|俗称|出自|一般|通常|常(?:用|见|写|取)?|多(?:因|按|为|是)"
    r"|适合|由[^,]{1,12}(?:提出|推广)|关键在|目标是|核心是|本质是|质量比|介于|与[^,]{1,20}相对|分母|分子|平台用|有团队"
    r"|也有|说明|表示|利益|量大|质量|各\s?\d|签合同|必须|不?可以?用|要兑现|各取|方式有|看的是|依次问|行为可以|可按|多一层|\"|越往)"
)
LEANS = re.compile(
    r"它|(?<!彼)此|这|其(?!他|它|中|实|余)|该(?!下|做|花|有|打|补|说|给|不)|两者|二者|前者|后者|上述|以上|本手册|示意|前两|上文|下文"
)
# Words that point out of the sentence wherever they stand; the others of `LEANS` only begin a remark.
_POINTS = re.compile(
    r"这(?:[两三几些里样时]|是)|该(?=[\u3400-\u9fff]{2}的)|两者|二者|前者|后者|上述|以上两|本手册|示意|前两|上文|下文|变体|一类的"
)
_UNFINISHED = "时后前里中内"
_GLOSS = re.compile(r"（[A-Za-z][^（）]*）|\([A-Za-z][^()]*\)")
_GENERA: tuple[tuple[str, str], ...] = (
    ("ratio", r"比例|占比|比率|比值|概率|占多少|比例变化|变化"),
    ("metric", r"(?<!什么)指标|度量"),
    ("time", r"时间|时长|天数|多久|隔多少天|多少天(?:卖完)?"),
    ("money", r"金额|总额|费用|收入|收益|花?的钱|多少钱|销售额|花费|额度|业绩|的成本"),
    ("count", r"人数|次数|天数|用户数|客户数|件数|总数|数量|多少个?(?:新用户|独立用户)|几轮"),
    ("score", r"得分|分数|打的分|程度|幅度"),
    ("work", r"工作|岗位|职能|职责|部门"),
    ("person", r"人|用户|顾客|客户|消费者|创作者|员工|高管|团队|小组|人或团伙|人和团队|个人|那一群或几群人"),
    ("method", r"方法|方式|做法|办法|模式|思路|手段|打法|玩法|技术|测试|实验|形式|安排|活动|整理方法|工具或做法"),
    ("tool", r"系统|平台|工具|方案|文档|清单|表|图|文件|页面|机制|规则|制度|框架|模型|体系|结构|标准|设施|计划表|名单|原则|约定"),
    ("course", r"过程|流程|循环|阶段|步骤|的一段|周期|时期|时间段|期间|环节|路径|部分"),
    ("state", r"现象|变动|关系|状态|能力|价值|印象|可能|风险|事件|结果|结论|倾向|判断|取舍|水平|范围|门槛|权益|好处"),
    ("thing", r"内容|标签|广告|视频|账号|商品|资源|仓|群|券|凭证|物品|标识|账|因子|节点|单位|角度|流量|数据|触点|动作|任务|会议|短会|信息|版本"),
)  # fmt: skip
_NOUN = re.compile(r"的[^的，]{1,10}$|的那[^，]{1,6}$")
_DOING = re.compile(r"[把将用按让从对在]|通过|利用|优化|提高|改进")
_GENUS = tuple(
    (name, re.compile(rf"(?:{pattern})$"), re.compile(rf"的[^的，]{{0,8}}?(?:{pattern})$")) for name, pattern in _GENERA
)
_ALWAYS_OF = "person"  # somebody stands at the end of many a clause that is not about them
_TREATS = re.compile(r"[把将让]")
_USE = re.compile(r"用来|供|是|等于|不|能|可|每|在|专")


@dataclass(frozen=True)
class Meaning:
    """A term with what the notes say it is.

    Attributes:
        text: the explanation, without the term's names, remarks and the full stop.
        genus: what kind of thing it explains the term as: a ratio, a method, a person …
        keys: the term's names as they are compared.
    """

    term: Term
    text: str
    genus: str
    place: Place
    document: Document
    keys: frozenset[str]

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Two-character pieces of the explanation."""
        return pieces(self.text)

    @cached_property
    def tie(self) -> str:
        """What decides between equals."""
        return digest(self.term.name)

    @cached_property
    def key(self) -> str:
        """The explanation as names are compared with it."""
        return name_key(self.text)

    @cached_property
    def confusable(self) -> frozenset[str]:
        """Keys of what the notes say it is easily taken for."""
        return frozenset(map(name_key, self.term.confusable))


@lru_cache(maxsize=16384)
def pieces(text: str) -> frozenset[str]:
    """Two-character pieces of a text, folded, marks left out."""
    bare = squeeze(text)
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1))


_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")


@lru_cache(maxsize=16384)
def traces(text: str) -> frozenset[str]:
    """Characters and two-character pieces of a text; 五 and 5 are the same."""
    bare = squeeze(text).translate(_NUMERALS)
    return pieces(bare) | {char for char in bare if not char.isascii() or char.isdigit()}


def meanings(kb: KnowledgeBase) -> tuple[Meaning, ...]:
    """Every term that the notes define in a sentence fit for a quiz, in the order of the glossary."""
    return tuple(_meanings(kb, kb.terms))


def _meanings(kb: KnowledgeBase, terms: Iterable[Term]) -> Iterator[Meaning]:
    for term in terms:
        if not term.definition:
            continue
        document = kb.document(term.definition[0])
        text = explanation(term, document.text[slice(*term.definition[1:])])
        if text and (genus := genus_of(text)):
            names = (*names_of(term), *_bracketed(document, term.definition))
            keys = frozenset(filter(None, map(name_key, names)))
            yield Meaning(term, text, genus, term.definition, document, keys)


def _bracketed(document: Document, place: Place) -> list[str]:
    """Other names that a defining sentence gives in the bracket behind the term, whether or not they became another term's."""
    inside = _BRACKET.match(document.text, place[1], place[2])
    parts = re.split(r"[，,、]", inside[1]) if inside else []
    return [
        re.sub(r"^(?:又称|也叫|也称|也译|简称|缩写|英文|全称)\s*", "", part.strip())
        for part in parts
        if len(part.strip()) > 1
    ]


def explanation(term: Term, sentence: str) -> str:
    """What a defining sentence says of a term; empty if it is no definition that can stand by itself."""
    sentence = sentence[len(m[0]) :] if (m := _MARKER.match(sentence)) else sentence
    folded = fold(sentence)
    for name in names_of(term):
        if folded.startswith(fold(name)) and (verb := _VERB.match(folded, len(name))):
            return _trimmed(sentence[verb.end() :], [name_key(n) for n in names_of(term)])
    return ""


def _trimmed(text: str, names: Sequence[str]) -> str:
    """An explanation without glosses and the remarks behind it; empty if it points elsewhere or names the term."""
    text = _GLOSS.sub("", re.split(r"[；;：。]", text)[0].strip())
    first, *rest = clauses_of(text)
    kept = first
    for clause in rest:
        leans = LEANS.search(fold(clause))
        if leans and genus_of(kept) != genus_of(text):
            return ""  # what it explains the term as stands behind the words that lean
        if leans or _REMARK.match(fold(clause[1:].lstrip())):
            break
        kept += clause
    kept = kept.strip("，, ")
    fits = _SHORTEST <= len(kept) <= _LONGEST and not _POINTS.search(fold(kept)) and kept[-1] not in _UNFINISHED
    return kept if fits and not _named(kept, names) else ""


def _named(text: str, names: Sequence[str]) -> bool:
    key = name_key(text)
    return any(name in key for name in names)


def clauses_of(text: str) -> list[str]:
    """The parts between commas outside brackets and quotation marks, each with the comma before it."""
    parts, start, depth = [], 0, 0
    for i, char in enumerate(text):
        depth += (char in "（(“「《") - (char in "）)”」》")
        if char in "，," and depth <= 0:
            parts.append(text[start:i])
            start = i
    return [*parts, text[start:]]


def genus_of(text: str) -> str:
    """What kind of thing a text explains something as, by the noun at its end or at the end of its first clause.

    `other` stands for whatever ends in a noun that is not known here, `act` for a doing.
    """
    first, last = clauses_of(text)[0], clauses_of(text)[-1].lstrip("，,")
    for clause in (last, first):
        for name, ends, ends_noun in _GENUS:
            # A clause that says what is done may well end in such a word; with 的 before it, it is what the clause is about.
            if (ends_noun if name == _ALWAYS_OF or _DOING.match(clause) else ends).search(clause):
                return name
    if _NOUN.search(last) and not _TREATS.match(last):
        return "other"
    return "other" if _USE.match(last) and _NOUN.search(first) and not _DOING.match(first) else "act"
