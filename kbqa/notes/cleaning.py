"""What scraped text carries besides its content: pinyin glosses, site chrome, garbled spots, invisible characters.

Rules, not lists taken from some site: a gloss is one only if its pinyin is a reading of the character before it; chrome is
recognised by the vocabulary of buttons and house rules, and only where it clusters, at the head or the tail of a page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kbqa.text import fold

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def normalise_lines(text: str) -> str:
    """Unix line ends; no invisible or control characters; no-break spaces become spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u00a0", " ")
    return _CONTROL.sub("", _INVISIBLE.sub("", text))


# --- pinyin glosses ---------------------------------------------------------------------------------------------------

_PINYIN_LETTERS = "a-zāáǎàēéěèêīíǐìōóǒòūúǔùüǖǘǚǜńňǹḿ"
_FEW_GLOSSES = 3
_GLOSS = re.compile(rf"([\u3400-\u9fff])([(\uff08])([{_PINYIN_LETTERS}]{{1,7}})[)\uff09]")


def remove_glosses(text: str) -> tuple[str, int]:
    """Drop `(yè)` behind 業 wherever the pinyin is a reading of the character; returns the text and how many.

    `指标(kpi)` stays: kpi is no reading of 标. One or two without tone marks stay too: an aside such as `他(ta)` is the
    writer's own.
    """
    glosses = [m for m in _GLOSS.finditer(text) if _is_reading(m[1], m[3])]
    if len(glosses) < _FEW_GLOSSES:
        glosses = [m for m in glosses if _toneless(m[3]) != m[3]]
    kept, position = [], 0
    for match in glosses:
        kept.append(text[position : match.end(1)])
        position = match.end()
    return "".join([*kept, text[position:]]), len(glosses)


def _is_reading(char: str, pinyin: str) -> bool:
    from pypinyin.pinyin_dict import pinyin_dict

    readings = pinyin_dict.get(ord(char), "").split(",")
    return pinyin in readings or (_toneless(pinyin) != pinyin and _toneless(pinyin) in map(_toneless, readings))


def _toneless(pinyin: str) -> str:
    decomposed = unicodedata.normalize("NFD", pinyin)
    return "".join(c for c in decomposed if not unicodedata.combining(c) or c == "\u0308")


# --- garbled spots ----------------------------------------------------------------------------------------------------

_GARBLED = re.compile(
    "[\ufffd\ue000-\uf8ff]+"  # replacement characters, private use
    "|\u951f\u65a4\u62f7"  # what UTF-8 read as GBK leaves behind
    "|(?<=[\u4e00-\u9fff])\\?[\uff1b?](?=[\u4e00-\u9fff])"  # a byte lost in the middle of a sentence
    rf"|(?<=[A-Za-z@])\([{_PINYIN_LETTERS}]*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ][{_PINYIN_LETTERS}]*\)"  # a gloss without its character
)


def count_garbled(text: str) -> int:
    """How many spots look damaged. They are left as they are: guessing would invent text."""
    return len(_GARBLED.findall(text))


# --- site chrome ------------------------------------------------------------------------------------------------------

_BUTTONS = re.compile(
    r"登录|登陆|注册|收藏|点赞|分享到|分享本文|转发|复制链接|扫一扫|扫码|举报|投诉|评分|评论|浏览|阅读(?:量|数|\s*\d)|关注我们|公众号"
    r"|下载app|打开app|立即|领取|兑换|上一篇|下一篇|返回(?:顶部|首页)|联系(?:我们|客服|小编|作者|[\"“])|投稿|推广合作|商务合作|广告合作"
    r"|我知道了|考虑一下|确定|取消|提交|vip|礼品|奖励|综合评分|我的|更多精彩|发表(?:文章|于|评论)|作者[:：]|来源[:：]|编辑[:：]|责编"
)
_NOTICES = re.compile(
    r"版权|转载|侵权|原创发布|未经.{0,12}(?:许可|同意)|仅代表|题图|图源|头图|免责|声明|备案|icp|本(?:网)?站|本平台|最终解释权"
    r"|用户协议|隐私政策|温馨提示|收益归属|上传者|认领|信息存储空间|技术支持|友情链接|文档简介|解压|浏览器|安装"
)
_HOUSE_RULES = re.compile(
    r"违法|违规|违反|法律|法规|宪法|危害|侵犯|侵害|破坏|色情|低俗|暴力|赌博|淫秽|谣言|封停|禁言|处罚|申诉|公约|未成年人|诽谤|侮辱|歧视|辱骂"
    r"|谩骂|威胁|挑衅|嘲讽|羞辱|迷信|算命|占卜|垃圾广告|推广链接|虚假|伪造|冒充|造谣|歪曲|误导|夸大|不实|标题党|饭圈|水军|诱导|不良|煽动"
    r"|封建|主义|跟帖|不友善|隐晦|两性|性暗示|猎奇|风水|八字|灾难|侵略"
)
_LINK_LIST = re.compile(
    r"^\W*(?:最新|相关|热门|推荐|精选|更多|猜你喜欢|延伸|上一篇|下一篇)(?:文档|文章|推荐|阅读|内容|资讯|资料|新闻|专题)?[:：]?$"
)
_COUNTERS = re.compile(r"^[\W\d_]*$|^\d{4}[-/年.]\d{1,2}[-/月.]\d{1,2}.{0,12}$")
_MARKED = re.compile(r"#|[-*+>|]\s|\d+[.)]\s")  # a writer's heading, item or row is content whatever it says
_HEAD_LINES = 12
_TAIL_MINIMUM = 3.0
_CARD_LINES = 3.5


@dataclass(frozen=True, slots=True)
class Chrome:
    """Lines that belong to the site, by position; everything else is the note."""

    head: frozenset[int]
    tail_start: int


def find_chrome(lines: Sequence[str]) -> Chrome:
    """Tell a page's own lines from its content.

    The tail is the suffix with the greatest sum of line scores (chrome counts for, content against), so that a stray
    content-like line among buttons does not stop it, and a button's word inside an article does not start it. It is
    taken only with at least three lines that are plainly buttons, notices or counters: a note on content moderation
    speaks of violations too, but has no buttons.
    """
    folded = [line.strip() for line in fold("\n".join(lines)).split("\n")] if lines else []
    scores = _line_scores(folded)
    best = _best_suffix(scores)
    tail_start = _extend_back(scores, best)
    plain = [
        i for i, line in enumerate(folded) if not _MARKED.match(line) and (_is_button(line) or _COUNTERS.match(line))
    ]
    if sum(i >= tail_start and _is_button(folded[i]) for i in plain) < 3 or sum(scores[best:]) < _TAIL_MINIMUM:
        tail_start = len(lines)
    head = frozenset(i for i in plain if i < min(_HEAD_LINES, tail_start) and folded[i])
    # Without a tail a page head is believable only if it is more than a single line.
    if tail_start == len(lines) and len(head) < 2:
        head = frozenset()
    return Chrome(head, tail_start)


def _line_scores(lines: Sequence[str]) -> list[float]:
    """Scores of folded lines; those of a list of links count as chrome throughout."""
    scores: list[float] = []
    in_links = False
    for line in lines:
        folded = line.strip()
        if _LINK_LIST.match(folded):
            in_links = True
        elif in_links and folded and (len(folded) > 60 or folded[-1] in "。!?;" or _is_button(folded)):
            in_links = False
        scores.append(1.0 if in_links and folded else _line_score(folded))
    return scores


def _line_score(folded: str) -> float:
    if not folded:
        return 0.0
    if _COUNTERS.match(folded):
        return 0.5
    if _is_button(folded):
        return 1.0
    hits = sum(len(set(pattern.findall(folded))) for pattern in (_NOTICES, _HOUSE_RULES))
    weight = max(1.0, len(folded) / 60)
    return 1.0 if hits >= weight else hits - weight


def _is_button(folded: str) -> bool:
    """A short line that is a control, a counter bar or a legal notice."""
    if len(folded) <= 16 and _BUTTONS.search(folded):
        return True
    bar = len(_BUTTONS.findall(folded)) >= 2 and len(folded) <= 60
    notice = len(folded) <= 80 and bool(_NOTICES.search(folded)) and not folded.startswith(("-", "*"))
    return bar or notice


def _extend_back(scores: Sequence[float], start: int) -> int:
    """Take in earlier chrome that only a few content-like lines (a product card, a byline) part from the tail."""
    gap = 0.0
    for i in range(start - 1, -1, -1):
        if scores[i] > 0:
            start, gap = i, 0
        elif scores[i] < 0:
            gap -= scores[i]
            if gap > _CARD_LINES:
                break
    return start


def _best_suffix(scores: Sequence[float]) -> int:
    best, best_start, total = 0.0, len(scores), 0.0
    for start in range(len(scores) - 1, -1, -1):
        total += scores[start]
        if total > best:
            best, best_start = total, start
    return best_start


# --- script -----------------------------------------------------------------------------------------------------------


_SAMPLE = 20_000
_HAN, _TRADITIONAL, _SIMPLIFIED = 1, 2, 3


@lru_cache(maxsize=1)
def _scripts() -> NDArray[np.uint8]:
    """For every code point: no Chinese character, one of both scripts, of traditional only, of simplified only."""
    import opencc

    han = [chr(code) for code in range(0x3400, 0xA000)]
    table = np.zeros(0x110000, np.uint8)
    table[0x3400:0xA000] = _HAN
    for config, label in (("t2s", _TRADITIONAL), ("s2t", _SIMPLIFIED)):
        converted = opencc.OpenCC(config).convert("\n".join(han)).split("\n")
        table[[ord(a) for a, b in zip(han, converted, strict=True) if a != b]] = label
    return table


def detect_script(text: str) -> Literal["simplified", "traditional", "mixed", "other"]:
    """The script of a text, by the characters that exist in one script only; `other` for hardly any Chinese."""
    codes = np.frombuffer(text[:_SAMPLE].encode("utf-32-le", "surrogatepass"), np.uint32)
    _, both, only_traditional, only_simplified = np.bincount(_scripts()[codes], minlength=4).tolist()
    if both + only_traditional + only_simplified < 5:
        return "other"
    if only_traditional > 10 * only_simplified:
        return "traditional"
    return "mixed" if 10 * only_traditional > only_simplified and only_traditional > 2 else "simplified"
