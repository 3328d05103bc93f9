"""What a text speaks of, as ideas with their importance: terms, colloquial phrases, words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import rjieba

from kbqa.indexing.segment import Match, Segmenter, words
from kbqa.retrieval.coverage import Idea, Wording
from kbqa.terms.wordings import english as english_words
from kbqa.terms.wordings import longest_first, spoken
from kbqa.text import fold, is_english

# Importance of what a question speaks of: a glossary term says most, words that only name the kind of question least;
# what is carried over from the turn before stands behind the question itself.
TERM, WORD, CUE, CARRIED, QUOTED = 1.5, 1.0, 0.3, 0.5, 1.6
# How well a term's pieces stand for the term, and the notes' words for a colloquial phrase.
PIECES_SHARE, PARAPHRASE_SHARE = 0.5, 0.8
# How well what notes may write stands for a word that people say, and for an English one; and how much of that counts in
# lexical search, where a dozen such words would drown the question's own.
SPOKEN_SHARE, ENGLISH_SHARE, NEAR_IN_SEARCH = 0.8, 0.8, 0.3
ASKING = frozenset(
    "什么 怎么 怎样 怎么样 如何 哪些 哪个 哪几 哪 哪种 为什么 为何 为啥 多少 几个 几种 几 请问 一下 吗 呢 吧 啊 呀 啦 嘛 么 咋 咋整 咋办 啥 哪几个 哪几种 哪几类 干嘛 干啥 怎么办 怎么做 咋样 是不是 有没有 "
    "我 我们 你 你们 他 她 它 它们 咱 咱们 自己 大家 人家 是 有 要 想 做 会 能 可 可以 应该 应当 应 该 需要 得 去 来 用 说 讲 叫 看 "
    "一 二 三 四 五 六 七 八 九 十 两 一下 一句 一名 三个 四个 五个 两个 六个 七个 为 人 里 谁 请 帮 帮忙 给 介绍 说明 解释 告诉 谈谈 讲讲 聊聊 说说 具体 分别 主要 到底 究竟 一般 通常 里面 里 其中 指 中 上 下 时 时候 的话 这 那 这个 那个 这些 那些 这样 那样 "
    "这里 那里 一个 一种 一名 一些 哪里 才 不 没 没有 很 都 好 过 后 之后 以后 然后 还有 还 再 又 只 就是 文档 文章 笔记 资料 里头 关于 对于 通过 "
    "what which who whom whose when where why how do does did can could should would will i you we they he she me my our your "
    "there their them its have has had be been being was were am if about tell explain please describe give some any one "
    "get make need want know so not no than then take after before out up done using used use long much many".split()
)
CUES = frozenset(
    "定义 含义 意思 概念 理解 公式 计算 算 区别 不同 差异 差别 对比 比较 原因 步骤 方法 办法 流程 包括 包含 要素 组成 构成 要点 注意 留神 特点 特征 例子 举例 案例 "
    "指标 内容 情况 方面 东西 事情 问题 工作 部分 作用 种类 类型 几类 definition meaning formula difference step way example list type kind".split()
)
QUOTATION = re.compile(r"[\"\u201c\u300c\u300e]([^\"\u201c\u201d\u300c\u300d\u300e\u300f]{2,16})[\"\u201d\u300d\u300f]")


def new_words(text: str, said: frozenset[str]) -> int:
    """How many words a text adds to those that were said."""
    return len(_telling_words(text) - said)


@lru_cache(maxsize=4096)  # the same sentences are looked at for one question after another
def _telling_words(text: str) -> frozenset[str]:
    return frozenset(words(text)) - ASKING


def scaled(idea: Idea, share: float) -> Idea:
    """The idea with its importance scaled."""
    return replace(idea, importance=share * idea.importance, known_missing=share * idea.known_missing)


def token_weights(ideas: Sequence[Idea], near: float = 0.0) -> dict[str, float]:
    """Token → weight for lexical search: an idea's importance, shared among the tokens of a wording.

    Args:
        near: how much what notes may write instead counts.
    """
    weights: dict[str, float] = {}
    for idea in ideas:
        for wordings, part in ((idea.wordings, 1.0), (idea.near, near)):
            for wording in wordings if part else ():
                for token in wording.tokens:
                    weights[token] = max(weights.get(token, 0.0), part * idea.importance * wording.share)
    return weights


def near_words(ideas: Sequence[Idea]) -> dict[str, str]:
    """Tokens that notes may have instead of a question's own → the question's words."""
    own = {token for idea in ideas for wording in idea.wordings for token in wording.tokens}
    found: dict[str, str] = {}
    for idea in ideas:
        said = idea.wordings[0].tokens
        for token in (t for wording in idea.near for t in wording.tokens if t not in own):
            found.setdefault(token, (" " if said[0].isascii() else "").join(said))
    return found


def ideas_of(text: str, segmenter: Segmenter) -> list[Idea]:
    """The ideas of a text: its glossary terms, its colloquial phrases, and every other word that is no asking word."""
    english = is_english(text)
    matches = segmenter.matches(text)
    phrases = segmenter.paraphrases(text)
    quoted = [m.span(1) for m in QUOTATION.finditer(text)]
    ideas = [_stressed(_term_idea(m, phrases, segmenter), any(a <= m.start < b for a, b in quoted)) for m in matches]
    loose = [p for p in phrases if not any(_overlap(p, m) for m in matches)]
    ideas += [_phrase_idea(phrase, segmenter) for phrase in loose]
    rest = without(fold(text), sorted((m.start, m.end) for m in (*matches, *loose)))
    ideas += _english_ideas(rest, segmenter) if english else _word_ideas(rest, segmenter)
    merged = {idea.wordings[0].tokens: idea for idea in reversed(ideas) if idea.wordings}
    return list(reversed(merged.values()))


def _stressed(idea: Idea, quoted: bool) -> Idea:
    """Words in quotation marks are what the asker wants to know about."""
    return scaled(idea, QUOTED) if quoted else idea


def _overlap(phrase: Match, match: Match) -> bool:
    return phrase.start < match.end and match.start < phrase.end


def _term_idea(match: Match, phrases: Sequence[Match], segmenter: Segmenter) -> Idea:
    """A glossary term: by concept, by its pieces, or by what notes call a colloquial phrase that overlaps it."""
    surface = fold(match.surface)
    pieces = tuple(w for w in words(surface) if w not in ASKING and not w.isascii())
    wordings = [Wording((segmenter.concept(match.term),))]
    if pieces:
        wordings.append(Wording(pieces, PIECES_SHARE))
    for phrase in phrases:
        if _overlap(phrase, match):
            wordings += _meanings(phrase, segmenter)
    importance = CUE if surface in CUES else TERM
    return Idea(importance, tuple(wordings), importance)


def _phrase_idea(phrase: Match, segmenter: Segmenter) -> Idea:
    own = tuple(w for w in words(phrase.surface) if w not in ASKING)
    wordings = ([Wording(own)] if own else []) + _meanings(phrase, segmenter)
    return Idea(WORD, tuple(wordings), WORD)


def _meanings(phrase: Match, segmenter: Segmenter) -> list[Wording]:
    """What the notes may call a colloquial phrase, each a wording of its own."""
    found = []
    for meaning in segmenter.glossary.paraphrases[phrase.term].means:
        matches = segmenter.matches(meaning)
        whole = [m for m in matches if m.end - m.start == len(meaning)]
        tokens = (segmenter.concept(whole[0].term),) if whole else tuple(words(meaning))
        if tokens:
            found.append(Wording(tokens, PARAPHRASE_SHARE))
    return found


# Part of speech → how much of a question such a word carries, and how much when the notes lack it: a noun that is
# missing may be the very thing asked for, a missing verb is usually the asker's own way of putting it.
NOUNLIKE = ("n", "vn", "j", "z", "x", "eng", "an", "b", "s", "nz", "nr", "ns", "nt")
_SPEECH = {
    "v": (0.7, 0.35),
    "a": (0.6, 0.3),
    "m": (0.5, 0.5),
    "t": (0.6, 0.4),
    "q": (0.2, 0.1),
    "l": (0.4, 0.2),
    "i": (0.4, 0.2),
}


def _word_ideas(rest: str, segmenter: Segmenter) -> list[Idea]:
    """The words of a text; a run of them that people say for something else counts as one idea."""
    pieces = rjieba.tag(rest)
    ideas: list[Idea] = []
    position = 0
    for start, end, near in longest_first([word for word, _ in pieces], "", spoken()):
        ideas += [_word_idea(word, tag) for word, tag in pieces[position:start] if not _asks(word) and words(word)]
        ideas.append(_meant(_joined(pieces[start:end]), near, SPOKEN_SHARE, segmenter))
        position = end
    return ideas + [_word_idea(word, tag) for word, tag in pieces[position:] if not _asks(word) and words(word)]


def _joined(pieces: Sequence[tuple[str, str]]) -> Idea:
    """One idea for words that mean something together."""
    ideas = [_word_idea(word, tag) for word, tag in pieces if words(word)]
    if len(ideas) == 1:
        return ideas[0]
    own = tuple(token for idea in ideas for token in idea.wordings[0].tokens)
    importance = max((idea.importance for idea in ideas), default=WORD)
    missing = max((idea.known_missing for idea in ideas), default=0.5 * WORD)
    return Idea(importance, (Wording(own),) if own else (), missing)


def _meant(idea: Idea, near: Sequence[str], share: float, segmenter: Segmenter) -> Idea:
    """The idea with the words that notes may use for it, the nearest counting most."""
    further = [w for word in near for w in _wordings_of(word, share, segmenter)]
    return replace(idea, near=tuple(further))


def _wordings_of(word: str, share: float, segmenter: Segmenter) -> list[Wording]:
    """A word of the notes: by the concept if it is a term's name, and as it stands."""
    whole = [m for m in segmenter.matches(word) if m.end - m.start == len(word)]
    tokens = tuple(words(word))
    found = [Wording((segmenter.concept(whole[0].term),), share)] if whole else []
    return (
        [*found, Wording(tokens[-1:] if len(tokens) > 1 and tokens[-1] == word else tokens, share)] if tokens else found
    )


_LATIN = re.compile(r"[a-z][a-z0-9&'-]*|[\u3400-\u9fff]+|\d+")


def _english_ideas(rest: str, segmenter: Segmenter) -> list[Idea]:
    """The words and phrases of an English text, each with what Chinese notes may write for it."""
    ideas: list[Idea] = []
    for line in rest.split("\n"):
        pieces = _LATIN.findall(line)
        known = {start: (end, near) for start, end, near in longest_first(pieces, " ", english_words())}
        at = 0
        while at < len(pieces):
            end, near = known.get(at, (at + 1, ()))
            run = [token for piece in pieces[at:end] if piece not in ASKING for token in words(piece)]
            if run:
                cue = CUE if pieces[at] in CUES else WORD
                ideas.append(_meant(Idea(cue, (Wording(tuple(run)),), 0.2 * cue), near, ENGLISH_SHARE, segmenter))
            at = end
    return ideas


def _word_idea(word: str, tag: str) -> Idea:
    if tag in NOUNLIKE or tag[:1] == "n":
        importance, missing = WORD, WORD
    else:
        importance, missing = _SPEECH.get(tag[:1], (0.3, 0.1))
    if word in CUES:
        importance, missing = CUE, 0.5 * CUE
    return Idea(importance, _wordings_of_word(word), missing)


def _wordings_of_word(word: str) -> tuple[Wording, ...]:
    """A word, or else its parts in jieba's search mode."""
    parts = tuple(w for w in words(word) if w not in ASKING)
    whole = parts[-1:] or (word,)
    rest = tuple(p for p in parts if p not in whole)
    return (Wording(whole), Wording(rest, PIECES_SHARE)) if rest else (Wording(whole),)


def tagged(text: str) -> list[tuple[str, str]]:
    """Words with their part of speech, asking words and marks left out."""
    return [(word, tag) for word, tag in rjieba.tag(text) if not _asks(word) and words(word)]


# What jieba makes of asking words that stand together (哪几个, 干嘛, 先干啥), and counts with their measure word (八类).
_GLUED = re.compile(
    r"[哪几多干嘛啥什么怎咋先前要该一共份个天次]{2,4}|(?:[几两一二三四五六七八九十]|\d)+[种类个项步大点条层样件期]"
)


def _asks(word: str) -> bool:
    return word in ASKING or bool(_GLUED.fullmatch(word))


def without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    kept, position = [], 0
    for start, end in spans:
        kept.append(text[position:start])
        position = end
    return "\n".join([*kept, text[position:]])
