"""What an elliptical question leaves unsaid, from the turns before it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kbqa.indexing.segment import Segmenter, words
from kbqa.retrieval.ideas import ASKING, CARRIED, CUES, NOUNLIKE, tagged, without
from kbqa.retrieval.listed import item, nth
from kbqa.text import fold

Turn = Mapping[str, str]

_REFERRING = re.compile(
    r"它|[这那]个(?![周月季年次阵]|星期|时候)|这些|那些|(?<![尤极与])其(?![他它实中次余])|两者|二者|三者|前者|后者|该(?=指标|模型|方法|策略|理论|公式|平台|概念|活动|产品|流程|阶段|岗位|功能|渠道|类|项)|(?<![书号音信博站乎手])上面|上述|刚才|这种|那种|(?<![因如])此(?!外)|\bit\b|\bits\b|\bthey\b|\bthem\b|\bthis\b|\bthat\b|\bthose\b"
)
# 这事, 那天, but 这个月 and 那么; a noun left out behind 的; a question that only names what differs: 线下门店的呢？
_POINTING = re.compile(
    r"[这那](?!个?[周月季年次阵]|[一二两三几半]个?[周月季年天个]|段时间|[么样里边儿时些]|[块类种])"
    r"|(?<![问要怕缺需])的(?=呢|吗|怎|如何|多[少久]|(?:要|会|能)(?![点素求诀领员议计场话力量])|是(?:怎|如|多)|几个?[?\uff1f]?$)"
    r"|^(?:每[\u3400-\u9fff]{1,3})?举(?:[个些]|几个)?例子?(?:看看|说明|吧)?[吗呢]?[?!\uff1f]*$"
    r"|^(?:那么?|所以|后来|然后)?(?:怎么|如何|为什么|凭什么|要|能)?(?:[让给对跟和])?[他她]们"
    r"|^(?!.*(?:什么|[怎哪啥谁吗]|如何|为何|多[少久大]|几)).{1,12}呢[?\uff1f]?$"
)
_CONTINUING = re.compile(
    r"^(?:那么?|那|最后(?=[,\uff0c算呢])|后来|结果(?!页|导向)|接下来|然后|还有|另外|接着|所以|再(?!营销|次)|到了|(?:and|so|then|what about|how about)\b)"
)
# 都准备好了，人怎么找: goes on, unless what follows has a term of its own.
_DONE = re.compile(r"^.{0,6}[做办弄忙搞备][好完]了?(?:之后|以后|后)?[,\uff0c]")
# Questions whose answer is a thing: what it names is what 它 means next.
_ASKS_WHICH = re.compile(
    r"什么(?![是样时都也叫])[\u3400-\u9fff]{2}|哪[个种一]|\bwhich\b|what (?:metric|tool|method|model|term|indicator)"
)
# Terms that are asked about for anything: 怎么复盘 goes on with what was spoken of, 什么是复盘 does not.
SIDES = frozenset(
    "优化 推广 复盘 迭代 激励 模板 风险 成本 数据 目标 预算 渠道 产品 策略 方案 工具 案例 效果 收益 节奏 "
    "同比 环比 占比 增幅 涨幅 打分 评分 考核 评估 衡量 测试 落地 设计 常见错误 误区 注意事项".split()
)
_ASKS_WHAT = re.compile(r"(?:什么是|什么叫|何为|何谓|what(?:'s| is))\s*(?:an? |the )?")
_DESCRIBES = "ad"  # parts of speech, of 正常 and 常见
_TWO_OF_THEM = re.compile(r"(?:区别|不同|差别|差异|关系|一样)|\bdifference\b")
_IS_WHAT = re.compile(r"什么是|是什么|何为|什么叫|\bwhat is\b")
# Numbers, measures, times, adverbs, pronouns and prepositions name no topic; nor do these nouns.
_NAMELESS = "mqtdrp"
_GENERAL = frozenset(
    "实际 结果 最后 目前 程度 效果 数字 数值 总数 平均 上限 下限 最多 最少 最高 最低 情形 后果 下场".split()
)
_NEW_TOPIC = re.compile(r"换个话题|换一个话题|不聊|另一个问题|另外一个问题|by the way|another question|new topic")


@dataclass(frozen=True, slots=True)
class Context:
    """What a follow-up leaves unsaid; all empty when the question stands by itself.

    Attributes:
        topic: content words of the question before.
        introduced: terms that the last answer brought in: what 它 most likely means.
        listed: the n-th thing that the last answer listed, if the question asks for it.
        place: where the question does so.
    """

    topic: str = ""
    introduced: str = ""
    listed: str = ""
    place: tuple[int, int] = (0, 0)

    def resolve(self, text: str) -> str:
        """The question with what it left unsaid put in: for the n-th thing, for a pronoun, or in front."""
        if self.listed:
            start, end = self.place
            return text[:start] + self.listed + text[end:]
        meant = self.introduced or self.topic
        if not meant:
            return text
        if _REFERRING.search(text):
            return _CONTINUING.sub("", _REFERRING.sub(f" {meant} ", text, count=1)).strip()
        return f"{meant} {text}"

    @property
    def topic_share(self) -> float:
        """The more the last answer says what is meant, the less the question before it counts."""
        return 0.5 * CARRIED if self.introduced or self.listed else CARRIED


def refer(text: str, segmenter: Segmenter, history: Sequence[Turn]) -> Context:
    """What the turns before contribute: nothing, unless the question refers back or is too short to mean anything alone."""
    users = [t["content"] for t in history if t.get("role") == "user" and t.get("content", "").strip()]
    if not users or _NEW_TOPIC.search(fold(text)):
        return Context()
    folded = fold(text)
    own = [m for m in segmenter.matches(text) if fold(m.surface) not in CUES]
    compared = len(own) > 1 and _TWO_OF_THEM.search(folded)
    if not _IS_WHAT.search(folded) and not compared:
        own = [m for m in own if fold(m.surface) not in SIDES]
    pronoun = bool(_REFERRING.search(folded))
    place = nth(folded, about=bool(own) and not _CONTINUING.match(folded))
    goes_on = _CONTINUING.match(folded) or _POINTING.search(folded) or (not own and _DONE.match(folded))
    refers = pronoun or place is not None or bool(goes_on)
    content = {w for w in words(folded) if w not in ASKING and w not in CUES}
    if not refers and _asks_what_a_thing_is(folded):
        return Context()
    if not refers and (own or (len(content) > 2 and _says_something(folded))):
        return Context()
    said = next((t["content"] for t in reversed(history) if t.get("role") == "assistant"), "")
    listed = item(said, place.number) if place else ""
    before = _last_question(segmenter, history)
    asked = {m.term for m in segmenter.matches(before)}
    fresh = {
        m.term: m.surface
        for m in reversed(segmenter.matches(said))
        if m.term not in asked and fold(m.surface) not in CUES
    }
    wanted = pronoun and not own and not listed and bool(_ASKS_WHICH.search(fold(users[-1])))
    introduced = " ".join(list(reversed(fresh.values()))[:2]) if wanted else ""
    return Context(_topic(before, segmenter), introduced, listed, place[:2] if place else (0, 0))


def _asks_what_a_thing_is(folded: str) -> bool:
    """Whether a question leads with 什么是 and names a thing behind it: 潮汐效应, but not 正常范围, which is of something."""
    led = _ASKS_WHAT.match(folded)
    content = [(word, tag) for word, tag in tagged(folded[led.end() :]) if word not in CUES] if led else []
    return bool(content) and all(tag[0] not in _DESCRIBES for _, tag in content)


def _says_something(folded: str) -> bool:
    """Whether a question has a word that may be its own topic."""
    return any(tag[0] not in _NAMELESS and word not in CUES and word not in _GENERAL for word, tag in tagged(folded))


def _last_question(segmenter: Segmenter, history: Sequence[Turn]) -> str:
    """The last question with what it left unsaid itself: the third 它 in a row still means what the first one meant."""
    place = max(i for i, turn in enumerate(history) if turn.get("role") == "user" and turn.get("content", "").strip())
    text = history[place]["content"]
    return _NEW_TOPIC.sub("", refer(text, segmenter, history[:place]).resolve(text))


def _topic(text: str, segmenter: Segmenter) -> str:
    """What an earlier question was about: its terms, its nouns and the verbs right behind them (雨伞租借).

    All its content words if it has neither.
    """
    matches = segmenter.matches(text)
    rest = without(fold(text), [(m.start, m.end) for m in matches])
    content = tagged(rest)
    nouns, before = [], ""
    for word, tag in content:
        noun = tag in NOUNLIKE or tag[:1] == "n"
        if word not in CUES and (noun or (before and tag == "v" and len(word) > 1 and before + word in rest)):
            nouns.append(word)
        before = word if noun else ""
    names = [m.surface for m in matches if fold(m.surface) not in CUES]
    return " ".join(dict.fromkeys([*names, *nouns])) or " ".join(word for word, _ in content)
