"""Words of Taiwan and Hong Kong in the mainland's: 專案 → 项目, 行銷 → 营销, 點樣 → 怎样.

Script alone is folded everywhere; this is for words that differ. Only questions in traditional script are looked at, and a
word that the notes have stays.
"""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from functools import lru_cache

import rjieba

from kbqa.text import Span, fold

# What OpenCC's phrases of everyday and technical words leave as it is; simplified.
_TRADE = dict(
    pair.split("=")
    for pair in (
        "行销=营销 通路=渠道 推播=推送 折价券=优惠券 折扣码=优惠码 贴文=帖子 粉丝专页=主页 部落客=博主 直播主=主播 按赞=点赞 揪团=拼团 业配=软广 专案=项目 简讯=短信 "
        "回购率=复购率 回购=复购 转换率=转化率 品质=质量 数位=数字化 社区媒体=社交媒体 社群媒体=社交媒体 关键字=关键词 触及率=触达率 触及=触达 点阅率=点击率 "
        "使用者=用户 顾客旅程=用户旅程 资讯=信息 企划=策划 外送=外卖 宅配=快递 超商=便利店 客诉=投诉 利基市场=细分市场"
    ).split()
)
_SPOKEN = {
    "点样": "怎样", "点解": "为什么", "边个": "哪个", "边度": "哪里", "几时": "什么时候", "乜嘢": "什么", "乜": "什么", "咩": "什么", "系唔系": "是不是",
    "系咩": "是什么", "系乜": "是什么", "系边": "是哪", "唔该": "请问", "喺": "在", "同埋": "和", "唔": "不", "嘅": "的", "啲": "些", "嗰": "那", "佢哋": "他们", "佢": "他",
    "畀": "给", "睇": "看", "搵": "找", "入面": "里面", "先可以": "才可以", "先至": "才",
}  # fmt: skip
_AS_EVERYWHERE = frozenset({"社群"})  # a group chat on the mainland as well, whatever OpenCC makes of it
_CANTONESE = re.compile("[喺嘅唔咩啲嗰佢畀睇搵乜嘢]|點樣|點解|同埋|入面|邊[個度]")
_TRADE_WORD, _SPOKEN_WORD = (
    re.compile("|".join(map(re.escape, sorted(words, key=lambda word: (-len(word), word)))))
    for words in (_TRADE, _SPOKEN)
)


def in_mainland_words(text: str, known: Container[str]) -> tuple[str, tuple[str, ...]]:
    """The text with words of other regions replaced, and the words that were put in.

    Args:
        known: words that the notes have.
    """
    if not any("\u3400" <= char <= "\u9fff" and fold(char) != char for char in text):
        return text, ()
    if _CANTONESE.search(text):
        text = _replaced(text, [(m.start(), m.end(), _SPOKEN[m.group()]) for m in _SPOKEN_WORD.finditer(fold(text))])
    own = fold(text)
    pieces: list[Span] = []
    for word in rjieba.cut(own):
        start = pieces[-1][1] if pieces else 0
        pieces.append((start, start + len(word)))
    starts, ends = {start for start, _ in pieces}, {end for _, end in pieces}
    trade = [m for m in _TRADE_WORD.finditer(own) if m.start() in starts and m.end() in ends]
    found = [(m.start(), m.end(), _TRADE[m.group()]) for m in trade]
    for start, end in pieces:
        word, meant = own[start:end], fold(_converter().convert(text[start:end]))
        if meant != word and word not in _AS_EVERYWHERE and not any(a < end and start < b for a, b, _ in found):
            found.append((start, end, meant))
    differ = sorted(one for one in found if own[one[0] : one[1]] not in known)
    return _replaced(text, differ), tuple(dict.fromkeys(meant for *_, meant in differ))


def _replaced(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """The text with spans, in order, replaced."""
    for start, end, word in reversed(edits):
        text = text[:start] + word + text[end:]
    return text


@lru_cache(maxsize=1)
def _converter():  # type: ignore[no-untyped-def]  # opencc has no types
    import opencc

    return opencc.OpenCC("tw2sp")
