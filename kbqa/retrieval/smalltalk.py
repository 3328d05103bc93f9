"""What is no question to the notes: greetings, thanks, chat about the program itself, attempts to change its rules, errands.

Only wording that can hardly be anything else is taken for such; everything else goes to the notes and is refused there if need be.
"""

from __future__ import annotations

import re
from typing import Literal

from kbqa.text import fold

Talk = Literal["greeting", "thanks", "about me", "rules", "errand"]

_MARKS = r"[\s!\uff01\u3002.~\uff5e,\uff0c?\uff1f]*"
_PATTERNS: tuple[tuple[Talk, re.Pattern[str]], ...] = (
    ("greeting", re.compile(rf"(?:你好|您好|大家好|嗨|哈喽|哈罗|在吗|在不在|早上好|下午好|晚上好|早安|hi|hello|hey)(?:呀|啊|哦|there)?{_MARKS}")),
    ("thanks", re.compile(rf"(?:好的?)?[,\uff0c\s]*(?:谢谢|多谢|感谢|辛苦了|再见|拜拜|thanks?|thank you|bye)\s*(?:你|您|啦|了|so much|a lot)?{_MARKS}")),
    ("about me", re.compile(
        r"你(?:是谁|叫什么|多大|几岁|是(?:什么|哪个|哪家).{0,6}(?:模型|机器人|公司|开发)|是不是(?:人|机器人|ai)|喜欢我|爱我|会(?:做|干)什么$)|谁(?:开发|训练|做)了?(?:的)?你"
        r"|\bwho (?:are|made|built) you\b|\bare you (?:a )?(?:human|robot|ai|real|chatgpt|gpt)\b"
    )),
    ("rules", re.compile(
        r"(?:忽略|无视|忘掉|忘记|不要管|别管|跳过)(?:掉|你|上面|以上|之前|前面|此前|先前|所有|一切|的|全部){1,6}.{0,6}(?:指令|提示|规则|设定|限制|要求|内容)"
        r"|(?:系统|内部|初始)(?:提示词|提示语|指令|prompt)|提示词.{0,6}(?:打印|输出|告诉|发给)|(?:请|你|现在).{0,10}(?:扮演|假装|假扮)|从现在(?:开始|起)[,\uff0c]?你"
        r"|\b(?:ignore|disregard|forget)\b.{0,20}\b(?:previous|above|prior|all|your)\b.{0,20}\b(?:instructions?|prompts?|rules?)\b"
        r"|\bsystem prompt\b|\bpretend (?:to be|you are)\b|\bact as (?:an? )?(?:different|unrestricted|evil)\b|\bjailbreak\b|\bdeveloper mode\b"
    )),
    ("errand", re.compile(
        r"(?:讲|说)(?:个|一个|点)笑话|(?:唱|写)(?:首|一首)(?:歌|诗)|(?:^|[,\s])(?:来|请|你|能)?陪我(?:聊|玩|说)|(?<!迷)你今天心情(?:怎么样|好|如何)|^.{0,3}(?:中午|晚上|早上|午饭|晚饭|夜宵)吃点?(?:啥|什么)(?:好|呢|呀|比较好)*(?:[,?!]|$)|^(?:今天|明天|外面|周末)天气(?:怎么样|如何|好吗)[呀啊呢?!]*$|(?:翻译|翻|译)成[\u4e00-\u9fff]{1,3}[文语]|(?:帮|给|替)我翻译"
        r"|(?:(?:帮|给|替)我|请你?)(?:写|编|做|画)(?:个|一个|一段|段|点|张|一张|幅|一幅).{0,10}(?:代码|程序|脚本|爬虫|网页|图|画|海报|logo)"
        r"|\btell (?:me )?a joke\b|\bwrite (?:me )?(?:a|an|some)\b.{0,20}\b(?:poem|song|story|code|script|program|function|regex)\b|^(?:please |can you |could you )?translate\b"
    )),
)  # fmt: skip
_WHOLE = ("greeting", "thanks")


def talk(question: str) -> Talk | None:
    """What kind of small talk a question is; None for a question."""
    folded = fold(question).strip()
    for kind, pattern in _PATTERNS:
        if pattern.fullmatch(folded) if kind in _WHOLE else pattern.search(folded):
            return kind
    return None
