"""Understanding a question: what kind it is, what it speaks of, and what it is about."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from kbqa.errors import QuestionError
from kbqa.indexing.segment import Segmenter, words
from kbqa.retrieval.coverage import Idea
from kbqa.retrieval.fit import bare_subject
from kbqa.retrieval.followup import SIDES, Turn, refer
from kbqa.retrieval.ideas import ASKING, CUES, NEAR_IN_SEARCH, QUOTATION, ideas_of, scaled, token_weights
from kbqa.terms.glossary import names_of
from kbqa.text import fold, is_english, squeeze

Kind = Literal["definition", "list", "howto", "formula", "number", "compare", "why", "fact"]

MAX_CHARACTERS = 2000

# What each kind of question is asked with; the first that matches counts.
_ASKED_WITH: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        "compare",
        (
            r"^(?!.*(?:为什么|为何|为啥)).*(?:区别|(?<!怎么)(?<!如何)(?<!怎样)(?<!要)区分(?!.*怎么)|差异(?!化)|差别|差在|对比(?!测试|实验|分析法)|相比|不一样|[啥么]两样)",
            r"[和与跟、].*(?:区分|优劣)|傻傻|分不清|分得清|[记搞弄]混|混为一谈|(?:比起来|之间).{0,6}(?:怎么|如何)分(?![工配成钱润账摊享])",
            r"(?:一回|一码|同一?[件回码])事|[是同]一个(?:东西|意思|概念)|好还是|(?:哪[个种边条家款类]|谁)(?:效果|[做用])?更(?![换新改名])|选哪[个种]|各有(?:什么|哪些|啥)?(?:好坏|优劣|利弊|优缺点|长短)",
            r"(?:[和与跟、]|vs|还是|or).{1,12}怎么选[?!]*$|还是.{1,12}(?:好|合适|划算)[?!]*$|[和与跟、].{1,12}(?:哪[个种边]|谁)(?:更|比较)?(?:好|重要|划算|合适)|[和与跟、].{1,16}(?:谁(?:的)?[^来负]{1,5}(?<![提减])[高低多少快](?=[呢些一?!]|$)|差(?:多少|几))",
            r"[和与跟、].{1,16}分别(?:解决|管|是干|干|适合|用在|用来)|\bvs\b|versus|difference|differ\b|compare",
        ),
    ),
    # Words that compare only where no list or reason is asked for, and two things stand beside: 不同渠道怎么投 compares nothing.
    (
        "compare",
        (
            r"^(?!.*(?:哪些|哪几|几种|几类|几个|为什么|为何|为啥)).*(?:(?<!针对)不同(?=[点处之在吗呢?!]|$|的?(?:地方|是)|.{0,4}$)|比较(?=.{0,3}$|一下)|一样(?!的?[^吗呢?!])|各自(?!代表|指|管|是|填|放|做))",
        ),
    ),
    (
        "formula",
        (
            r"公式|算式|式子|怎么算|如何算|咋算|怎么计算|如何计算|计算方法|怎样计算|(?<!推荐)(?<!平台)(?<!过滤)算法(?:是|呢|[?\uff1f]|$)|分子|分母|速算",
            r"(?:除以|乘以|(?<![排清删扣剔去移解免消刨屏])[除乘])(?:什么|啥|谁|哪)|(?:什么|[啥谁哪]).{0,6}(?:相除|相乘|除以|乘以)",
            r"(?:怎么|如何|咋).{0,2}(?:得出来|加出来|得来|算出|折算)|calculat|\bformulas?\b|(?<!cloud )\bcomput(?:e|ed|ing)\b",
        ),
    ),
    (
        "why",
        (
            r"为什么|为何|为啥|凭什么|原因|怎么(?:会(?![员计议])|还(?![款钱原能可])|反而|反倒|可能|就(?![业近地能职])|也(?![能要得])|这么|那么(?!做)|没(?!有办法)|越来越|突然|老是?|都[不没]|总是?)|咋(?:会|这么|没|就)|干[嘛吗啥](?:非|要|不|还)|何必|(?<![截出配长地意程])图(?:个?啥|个?什么)|出于|缘故|道理",
            r"\bwhy\b|\breasons?\b",
        ),
    ),
    (
        "howto",
        (
            r"按(?:什么|啥|怎样的|哪种)(?:时间)?(?:顺序|次序|步骤|流程|节奏)|先后(?:顺序|次序)|(?:有什么|有啥|支个?)[高妙]?招(?![聘牌商募生标待])|有(?:什么|啥)打法",
        ),
    ),
    (
        "definition",
        (
            r"(?:怎样|怎么样|什么样|啥样)的?.{0,6}(?:(?:才|(?<![结核预划清换折打计运估推测掐]))算(?![出得下盘好法])|才叫|才称)",
        ),
    ),
    ("fact", (r"什么时候|何时|哪个先|先做哪|要不要|能不能(?!.{0,3}(?:解释|介绍|科普))|该不该|适不适合",)),
    (
        "number",
        (
            r"(?<!没)(?<!没有)多少|多久|多大|多长|多高|几成|百分之几|哪一?年|(?<![这那哪过前近])几(?:个?月|天|周|倍|小时|分钟|秒|万|元|次|人(?!群)|点(?=[发推开播上])|[块分毛]钱|个[字人群]|条(?!件))",
            r"how (?:many|much|long|often|large)|percent",
        ),
    ),
    (
        "list",
        (
            r"各自?(?:代表|指的?是?|管|是|填|放|做)(?:什么|啥)|依次|什么(?:条件|资料|材料)|哪些|哪几|哪[两二三四五六七八九十]|有什么(?!关系)|有啥(?!关系)|(?:作用|好处|特点|特征|意义)是什么|(?:准备|检查|关注|包含|[各都]看)什么",
            r"几(?:种|类|个|项|步|大|点|部分|方面|层|条|样|道|档|块(?!钱)|段)|列(?:一?下|出|举)|包括|包含|组成|构成|要素|要点|分别是|都是什么|注意什么|留神什么",
            r"(?:[两二三四五六七八九十]|\d)(?:种|类|个|项|步|大|点|方面|层|条|要素).{0,12}(?:是什么|叫什么|分别|都)",
            r"(?<!第)(?:[三四五六七八九十]|\b\d)(?:种|类|项|步|大|方面|要素)(?!.*(?:怎么|如何)|学|户|型|于|小|概)[^,\uff0c?\uff1f]{0,8}$",
            r"what are|which|types? of|kinds? of|list of|stages of|principles|characteristics|features|elements|components",
        ),
    ),
    (
        "definition",
        (
            r"是干(?:嘛|吗|啥|什么)的|是(?:一?[个种](?:什么|啥|怎么样)|什么(?:东西|现象|说法))|指(?:的是|的|是)?(?:什么|啥|哪)|说的是(?:什么|啥|哪)|到底是个|怎么个|什么意思|用人话|(?:怎么|如何|咋)统计的[呢?\uff1f]*$|统计口径(?:是什么)?[?\uff1f]*$|口径是(?:什么|啥)",
            r"^(?:(?:麻烦|请|帮我|帮忙|能不能|给我)*(?:解释|介绍|科普)(?:一?下)?)(?!.*(?:怎么|如何|流程|步骤|方法|渠道|阶段|工具|话术|页)).{1,16}$",
        ),
    ),
    (
        "howto",
        (
            r"怎么(?!理解|定义|样的)|如何(?!理解|定义)|咋|怎样(?!的)|步骤|流程|方法|办法|该做|做什么|做法|实施",
            r"how (?:do|to|can|should|does|would)|steps|way to",
        ),
    ),
    (
        "definition",
        (
            r"什么是|(?<!目标)(?<!作用)(?<!核心)(?<!目的)(?<!本质)(?<!前提)(?<!标准)(?<!好处)是什么|什么叫|叫什么|是啥|啥是|啥叫|何谓|何为",
            r"定义|含义|意思|概念|怎么理解|如何理解|是怎样的|(?:在讲|讲的是)(?:什么|啥)|what(?:'s| is| are| does)|defin|meaning|mean\b|\bexplain\b(?!.*\b(?:how|why|difference|what to)\b)",
        ),
    ),
)
_KINDS = tuple((kind, re.compile("|".join(patterns))) for kind, patterns in _ASKED_WITH)
_DEFINITION = re.compile("|".join(p.pattern for kind, p in _KINDS if kind == "definition"))
_YES_NO = re.compile(r"[吗嘛]|是否|[能会要用]不[能会要用]|可不可以|有没有|\b(?:is|are|can|should|do|does)\b")


@dataclass(frozen=True, slots=True)
class Question:
    """A question as retrieval and answering see it.

    Attributes:
        raw: as asked.
        text: with follow-ups resolved and spelling corrected; what was looked up.
        kind: what sort of answer it wants.
        ideas: what it speaks of, for coverage.
        weights: index token → weight in lexical search; concept tokens start with `=`.
        names: folded names of what it is about, longest first: all names of its terms, and its bare subject.
        terms: positions in the glossary of the terms that it is about, as written.
        english: whether the reader wrote English.
        notices: how it was understood, for the reader.
    """

    raw: str
    text: str
    kind: Kind
    ideas: tuple[Idea, ...]
    weights: Mapping[str, float]
    names: tuple[str, ...]
    terms: tuple[int, ...]
    english: bool
    notices: tuple[str, ...] = ()


def check(question: str) -> str:
    """The question trimmed.

    Raises:
        QuestionError: it is empty, too long, or has neither letter nor digit.
    """
    text = question.encode("utf-8", "ignore").decode("utf-8").strip()  # half a surrogate pair is no character
    if not text:
        raise QuestionError("问题是空的。请输入一个问题。", "The question is empty. Type one.")
    if len(text) > MAX_CHARACTERS:
        raise QuestionError(
            f"问题有 {len(text)} 个字，最多 {MAX_CHARACTERS} 个。请缩短后再问。",
            f"The question has {len(text)} characters, {MAX_CHARACTERS} at most. Shorten it.",
        )
    if not squeeze(text):
        raise QuestionError("问题里只有标点符号。请用文字提问。", "The question is only punctuation. Ask in words.")
    return text


def kind_of(text: str) -> Kind:
    """What sort of answer the wording asks for; a bare term asks for its definition."""
    folded = fold(text).replace("甚么", "什么")
    for kind, pattern in _KINDS:
        if pattern.search(folded):
            return kind
    content = [w for w in words(folded) if w not in ASKING]
    bare = len(squeeze(text)) <= 12 and len(content) <= 3 and not _YES_NO.search(folded)
    return "definition" if bare else "fact"


def understand(
    text: str, segmenter: Segmenter, history: Sequence[Turn] = (), raw: str | None = None, notices: tuple[str, ...] = ()
) -> Question:
    """Analyse a checked question; `history` holds earlier turns with `role` and `content`."""
    context = refer(text, segmenter, history)
    ideas = ideas_of(text, segmenter)
    for carried, share in ((context.listed, 1.0), (context.introduced, 1.0), (context.topic, context.topic_share)):
        ideas += [scaled(idea, share) for idea in ideas_of(carried, segmenter)] if carried else []
    resolved = context.resolve(text)
    kind = kind_of(text)
    if kind == "definition" and len(ideas) > 1 and not _DEFINITION.search(fold(text)):
        kind = "fact"  # short, but more than a bare term
    return Question(
        raw or text, resolved, kind, tuple(ideas), token_weights(ideas, NEAR_IN_SEARCH), *_about(text, resolved, segmenter),
        is_english(text), notices,
    )  # fmt: skip


def _about(text: str, resolved: str, segmenter: Segmenter) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names of what a question is about, and the terms among them."""
    own = _own_subject(text)
    subject = own or bare_subject(resolved)
    names = {subject, *(fold(quoted) for quoted in QUOTATION.findall(text))} - {""}
    matches = segmenter.matches(subject) or (() if own else segmenter.matches(resolved))
    for match in matches:
        names |= {fold(match.surface), *(fold(n) for n in names_of(segmenter.glossary.terms[match.term]))}
    terms = dict.fromkeys(m.term for m in matches if fold(m.surface) not in CUES)
    return tuple(sorted(names - CUES, key=lambda n: (-len(n), n))), tuple(terms)


_LED_BY = re.compile(r"^(?:那么?|所以|然后|还有|另外)?[,\uff0c]?(?:其中|里面?|上面|前面|刚才)(?:说|提|讲)?到?的")
_REFERS = re.compile(r"[它这那其该此]|前者|后者|第.个")


def _own_subject(text: str) -> str:
    """What a follow-up asks the meaning of, if it names it itself: 会员价 of 那其中的会员价是指什么; else empty."""
    led = _LED_BY.match(fold(text))
    if not led or kind_of(text) != "definition":
        return ""
    subject = bare_subject(text[led.end() :])
    return "" if _REFERS.search(subject) or subject in CUES | SIDES else subject


def expanded(question: Question, segmenter: Segmenter, known: Container[str]) -> str:
    """The question with the notes' names for its terms: what the encoder is given.

    Args:
        known: tokens of the notes; the name of a term that they never speak of would only blur the question.
    """
    terms = [m.term for m in segmenter.matches(question.text) if segmenter.concept(m.term) in known]
    names = dict.fromkeys(segmenter.glossary.terms[term].name for term in terms)
    extra = [name for name in names if fold(name) not in fold(question.text)]
    return " ".join([question.text, *extra])
