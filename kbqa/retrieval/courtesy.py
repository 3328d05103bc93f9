"""What people say around a question: greetings, 请问, 我想了解一下, 谢谢. It asks for nothing and would count as if it did.

Only fixed wordings at either end go, and only where a word ends: 请问卷 is no 请问.
"""

from __future__ import annotations

import re

import rjieba

from kbqa.text import fold, squeeze

# All on folded text, which is as long as the text.
_PAUSE = r"[\s,.\u3002!~:、]"
_WE = "(?:我们?|咱们?|俺)"
_BIT = "(?:一下儿?|下|一?个问题|(?:你们?|您|大家)(?!的))*"
_EXPLAIN = "(?:说明|说说|说|讲讲|讲|整理|梳理|解释|介绍|总结|归纳|列举|列出|列(?=一?下)|科普|回答)"
_FOR_ME = "(?:可以|可不可以|能不能|能否|能|麻烦|请)?[你您]?(?:帮我|帮忙|给我|跟我|替我)"
_HANDED_ON = "(?:主管|老板|领导|上司|经理|组长|同事)"
_LEADING = (
    # 你好，老师，
    rf"(?:[你您]们?好|大家好|嗨|哈[喽罗]|谢谢|多谢|good (?:morning|afternoon|evening)|(?:hi|hello|hey)(?: there| team| all| everyone)?|pls|plz|please"
    rf"|老师|大佬|前辈|各位|同学们?|亲|助手|不好意思|打扰了?|抱歉)[呀啊哦了们你您]*{_PAUSE}+",
    # 请问一下, 另外想问下
    rf"(?:另外|对了|顺便|还有)?[,、\s]*(?:再|还)?想?(?:请问(?!卷)|求问|请教(?!程|练)){_BIT}",
    r"(?:另外|对了|顺便|还有)?[,、\s]*(?:再|还)?(?:麻烦|劳驾|想)?(?:问|咨询|打听)(?:一下儿?|下|个问题|一个问题)",
    rf"麻烦(?:请?问|[你您]们?){_BIT}",
    # 我想了解一下, could you tell me
    rf"{_WE}[就也还很]?想要?(?:请?问问?|请教|咨询|了解|知道|弄明白|搞清楚){_BIT}",
    r"想要?(?:了解|知道)一下",
    r"(?:could|can|would) you (?:please )?tell me\s",
    # 能帮我解释一下, 老板让我整理一下, 老板问; but what is to be said to them is the matter itself
    rf"{_FOR_ME}{_EXPLAIN}{_BIT}",
    rf"{_HANDED_ON}(?!.*(?:怎么|咋|如何)(?:回|办|说|答|讲|应付|解释|交代))(?:(?:让|要|叫|问)我(?:去|来)?{_EXPLAIN}{_BIT}|(?:总|老)?问(?:[我起到](?!底))?)",
    # 咱们笔记里
    rf"(?:{_WE}|[你您]们?)?的?(?:笔记|知识库)(?:里头|里面|里边|里|中(?![台心间]))的?(?!有|没|说|讲|提|写|记)",
)
_LED_BY = re.compile(rf"(?:(?:{'|'.join(_LEADING)}){_PAUSE}*)+")
_THEN = re.compile(rf"那么(?![多大小贵高低久长好快难]){_PAUSE}*|那{_PAUSE}+")
_CLOSING = (
    rf"(?:谢谢|多谢|感谢|谢了|辛苦了?|拜托|求解答?|求教|求助|在线等|挺?急的?|many thanks|thanks(?: in advance| a lot)?|thank you|please)[你您啦了哈大家老师各位]*{_PAUSE}*",
    rf"{_FOR_ME}{_EXPLAIN}{_BIT}[吗嘛么吧呀]*(?:\?|{_PAUSE})*",
)
_CLOSED_BY = re.compile(rf"[\s,.\u3002!~?]+(?:{'|'.join(_CLOSING)})+$")
# 能帮我解释一下工单吗 asks for no yes.
_FAVOUR = re.compile(rf".{{0,8}}(?:可以|能|能否){_FOR_ME}{_EXPLAIN}")
_WHETHER = re.compile(r"[吗嘛么]\s*\??$")
_ASKS = re.compile(r"什么|[怎哪啥谁咋]|如何|为何|几|多[少久大长]|吗")
_PARTICLES = re.compile(r"[呢啊呀哦噢]+(?=[?!\u3002.~\s]*$)")


def without_courtesy(text: str, alone: bool) -> str:
    """A question without what is said around it; as it is if nothing else is in it.

    Args:
        alone: nothing was asked before, so 那 leads on from nothing.
    """
    asked = text.strip()
    for said in (_LED_BY, _THEN) if alone else (_LED_BY,):
        led = said.match(fold(asked))
        if led and _ends_a_word(fold(asked), led.end()):
            if said is _LED_BY and _FAVOUR.match(led.group()):
                asked = asked[: _before(_WHETHER, asked)]
            asked = asked[led.end() :]
    asked = asked[: _before(_CLOSED_BY, asked)]
    if _ASKS.search(fold(asked)) and (particles := _PARTICLES.search(fold(asked))):
        asked = asked[: particles.start()] + asked[particles.end() :]
    return asked if squeeze(asked) else text


def _before(pattern: re.Pattern[str], text: str) -> int:
    """Where what a pattern finds begins; the text's length if it finds nothing."""
    found = pattern.search(fold(text))
    return found.start() if found else len(text)


def _ends_a_word(folded: str, end: int) -> bool:
    at = 0
    for word in rjieba.cut(folded):
        if at >= end:
            break
        at += len(word)
    return at == end
