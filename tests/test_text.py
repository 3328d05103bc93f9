"""Folding keeps every offset; sentences end where a reader would end them."""

from __future__ import annotations

import random
import sys
import unicodedata
from itertools import pairwise

import pytest

from kbqa.text import fold, is_english, sentence_spans, squeeze


def sentences(text: str) -> list[str]:
    return [text[a:b] for a, b in sentence_spans(text)]


# --- fold -------------------------------------------------------------------------------------------------------------


def test_fold_keeps_the_length_of_every_character() -> None:
    """No character of Unicode, alone or in a row of all of them, changes the number of code points."""
    everything = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    assert [c for c in everything[:0xF800] if len(fold(c)) != 1] == []
    assert len(fold("".join(everything))) == len(everything)


@pytest.mark.parametrize("seed", range(5))
def test_fold_works_character_by_character(seed: int) -> None:
    """The fold of a string is the folds of its characters in a row: no phrase rule moves an offset."""
    rng = random.Random(seed)
    pool = "頭髮發展後臺裡面ＡＢＣａｂｃ１２３“”‘’「」【】—～ﬁ㎡½Ⅷİẞ \u3000用户LTV𠮷😀\n"
    text = "".join(rng.choice(pool) for _ in range(400))
    assert len(fold(text)) == len(text)
    assert fold(text) == "".join(map(fold, text))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢｃ１２３％＋", "abc123%+"),
        ("，；：？！（）", ",;:?!()"),
        ("。、", "。、"),
        ("“甲”「乙」『丙』＂丁＂", '"甲""乙""丙""丁"'),
        ("‘甲’", "'甲'"),
        ("甲—乙–丙−丁‐戊－己", "甲-乙-丙-丁-戊-己"),
        ("3×4÷2", "3*4/2"),
        ("【图】", "[图]"),
        ("甲∶乙", "甲:乙"),
        ("甲\u3000乙\u00a0丙", "甲 乙 丙"),
        ("用戶運營與後臺數據", "用户运营与后台数据"),
        ("頭髮和發展", "头发和发展"),
        ("LTV DAU／MAU", "ltv dau/mau"),
        ("①②⑳", "12⑳"),
        ("㎡ ½ ﬁ …", "㎡ ½ ﬁ …"),
        ("", ""),
    ],
)
def test_fold_of_hand_worked_spellings(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_fold_leaves_simplified_text_alone() -> None:
    text = "留存率是第7天还回来的人数除以第1天的人数。"
    assert fold(text) == text


def test_fold_is_idempotent() -> None:
    """Folded text can be folded again without harm; several patterns rely on that."""
    everything = "".join(chr(c) for c in range(0x10000) if not 0xD800 <= c < 0xE000)
    once = fold(everything)
    twice = fold(once)
    assert [(f"U+{ord(a):04X}", b, c) for a, b, c in zip(everything, once, twice, strict=True) if b != c] == []


def test_fold_agrees_with_unicode_on_full_width_forms() -> None:
    """Full-width ASCII is what NFKC in lower case says, but for the quotation mark that has its own rule anyway."""
    for code in range(0xFF01, 0xFF5F):
        assert fold(chr(code)) == unicodedata.normalize("NFKC", chr(code)).lower()


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("用户_生命　周期（LTV）！", "用户生命周期ltv"),
        ("Ａ／Ｂ 測試", "ab测试"),
        (" —…。 ", ""),
        ("", ""),
    ],
)
def test_squeeze_drops_marks_and_space(text: str, bare: str) -> None:
    assert squeeze(text) == bare


# --- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("先看数据。再定目标！行吗？", ["先看数据。", "再定目标！", "行吗？"]),
        ("真的吗？！太好了……然后呢", ["真的吗？！", "太好了……", "然后呢"]),
        ("慢慢来…不着急。", ["慢慢来…不着急。"]),
        ("前半句；后半句。", ["前半句；后半句。"]),
        ("  甲。 \n\n 乙 \n", ["甲。", "乙"]),
        ("没有句号的一行\n另一行", ["没有句号的一行", "另一行"]),
        ("", []),
        (" \n\t\n", []),
    ],
)
def test_sentences_end_at_marks_and_lines(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他说“好。”她说“不。”", ["他说“好。”", "她说“不。”"]),
        ("（见上文。还有一处。）接着说。", ["（见上文。还有一处。）", "接着说。"]),
        ("问题是“为什么走？走去哪？”然后才是怎么办。", ["问题是“为什么走？走去哪？”", "然后才是怎么办。"]),
        ("「一。二」三。", ["「一。二」三。"]),
        ("第一步（填号码！再验证）就好。第二步。", ["第一步（填号码！再验证）就好。", "第二步。"]),
        ("外层（里层（真的？）还没完。）完了。", ["外层（里层（真的？）还没完。）", "完了。"]),
        ("“甲。\n乙。”丙。", ["“甲。", "乙。”", "丙。"]),
    ],
)
def test_marks_in_brackets_and_quotes_do_not_end_a_sentence(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_an_unclosed_bracket_does_not_swallow_the_note() -> None:
    text = "（忘了关的括号。" + "后面是很多很多普通的句子。" * 60
    parts = sentences(text)
    assert len(parts) > 40
    assert max(map(len, parts)) < 240
    assert "".join(parts) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("转化率是3.5%，比上月高0.2个点。", ["转化率是3.5%，比上月高0.2个点。"]),
        ("版本 v1.2.3 已上线。", ["版本 v1.2.3 已上线。"]),
        ("It grew 3.5% in May. Then it fell.", ["It grew 3.5% in May.", "Then it fell."]),
        ("Does it work? Yes! Good.", ["Does it work?", "Yes!", "Good."]),
        ("见 notes.md 一文。", ["见 notes.md 一文。"]),
    ],
)
def test_dots_in_numbers_and_names_do_not_end_a_sentence(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. 先看数据。\n2. 再定目标。", ["1. 先看数据。", "2. 再定目标。"]),
        ("  12. 第十二件事。然后收尾。", ["12. 第十二件事。", "然后收尾。"]),
        ("(3. 还有一件。", ["(3. 还有一件。"]),
        ("A. 甲方案。\nB. 乙方案。", ["A. 甲方案。", "B. 乙方案。"]),
    ],
)
def test_the_number_of_an_item_is_no_sentence(text: str, expected: list[str]) -> None:
    """A numbered item is quoted with its words; `1.` alone says nothing."""
    assert sentences(text) == expected


@pytest.mark.parametrize("seed", range(20))
def test_sentence_spans_are_ordered_trimmed_and_lose_nothing(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choice("甲乙丙 a1.。！？…（）“”()\n\t;；") for _ in range(300))
    spans = sentence_spans(text)
    assert all(a < b and text[a:b] == text[a:b].strip() for a, b in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    kept = {i for a, b in spans for i in range(a, b)}
    assert [c for i, c in enumerate(text) if i not in kept and not c.isspace()] == []
    assert all("\n" not in text[a:b] for a, b in spans)


# --- language ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("what is LTV", True),
        ("ROI", True),
        ("LTV是什么", False),
        ("什么是 LTV lifetime value", False),
        ("a long question about retention 率 and so on", True),
        ("AB", False),
        ("12345", False),
        ("", False),
    ],
)
def test_is_english(text: str, english: bool) -> None:
    assert is_english(text) is english


# --- sentences that run on --------------------------------------------------------------------------------------------


def test_what_runs_on_is_parted_at_its_pauses() -> None:
    """A slide without line breaks: its points become sentences, each of some length; nothing is lost."""
    points = [f"第{i}点：先把负责人和截止时间写清楚，再发到群里，没人认领的当天退回重排" for i in range(1, 8)]
    text = " ".join(points)
    assert sentences(text) == points
    assert sentences("；".join(points)) == [f"{point}；" for point in points[:-1]] + points[-1:]


def test_a_sentence_of_common_length_stays_whole() -> None:
    text = "复盘要写四件事：目标是什么；做成了什么；没做成的原因是什么；下一次怎么改 每一件都要有负责人和日期。"
    assert len(text) < 160 and sentences(text) == [text]


def test_labels_stay_with_what_they_label() -> None:
    """No part is a scrap of a few characters, and Latin words with blanks between are not torn apart."""
    text = " ".join(["环节 负责人 截止 立项单 活动运营 策划案评审 运营总监 设计稿 设计组 提测 研发 灰度 全量"] * 5)
    assert all(len(part) >= 20 for part in sentences(text)) and len(sentences(text)) > 3
    english = "word " * 60 + "end"
    assert sentences(english) == [english]


def test_far_too_long_is_cut_at_commas() -> None:
    text = "，".join(["这一条没有句号也没有空格只有逗号"] * 40)
    parts = sentences(text)
    assert len(parts) > 3 and all(80 < len(part) < 320 for part in parts) and "".join(parts) == text


@pytest.mark.parametrize("seed", range(5))
def test_parts_are_trimmed_in_order_and_lose_only_blanks(seed: int) -> None:
    draw = random.Random(seed)
    text = "".join(draw.choice("甲乙丙丁，；、 ab1。（） ") for _ in range(3000))
    spans = sentence_spans(text)
    assert all(a < b and text[a:b] == text[a:b].strip() for a, b in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans).replace(" ", "") == text.replace(" ", "")
