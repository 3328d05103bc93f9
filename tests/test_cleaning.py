"""What belongs to the site goes, what belongs to the writer stays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kbqa.notes.cleaning import (
    Chrome,
    count_garbled,
    detect_script,
    find_chrome,
    normalise_lines,
    remove_glosses,
)
from kbqa.notes.reading import read_bytes, read_note
from kbqa.text import squeeze

PAGES = Path(__file__).parent / "pages"
CORPUS = Path(__file__).parents[1] / "corpus"


def rows_of(name: str) -> list[str]:
    return (PAGES / name).read_text(encoding="utf-8").split("\n")


def kept(rows: list[str]) -> list[str]:
    chrome = find_chrome(rows)
    return [row for i, row in enumerate(rows[: chrome.tail_start]) if i not in chrome.head and row.strip()]


# --- lines and invisible characters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("甲\r\n乙\r丙\n丁", "甲\n乙\n丙\n丁"),
        ("甲\u2028乙", "甲\n乙"),
        ("甲\u00a0乙", "甲 乙"),
        ("零\u200b宽\u200d字\ufeff符\u2060和软\u00ad连", "零宽字符和软连"),
        ("\u202a向左\u202c", "向左"),
        ("控\x00制\x07符\x7f", "控制符"),
        ("制表\t留下", "制表\t留下"),
        ("", ""),
    ],
)
def test_normalise_lines(raw: str, clean: str) -> None:
    assert normalise_lines(raw) == clean
    assert normalise_lines(clean) == clean


# --- pinyin glosses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glossed", "clean", "count"),
    [
        ("業(yè)務(wù)", "業務", 2),
        ("業（yè）務（wù）", "業務", 2),
        ("銀行(háng)與行(xíng)動(dòng)", "銀行與行動", 3),
        ("增長(zhǎng)和長(cháng)期", "增長和長期", 2),
        ("女(nǚ)裝(zhuāng)", "女裝", 2),
        ("沒有括號", "沒有括號", 0),
        ("", "", 0),
    ],
)
def test_glosses_go_for_every_reading_of_a_character(glossed: str, clean: str, count: int) -> None:
    assert remove_glosses(glossed) == (clean, count)


@pytest.mark.parametrize(
    "text",
    [
        "指标(KPI)",
        "指标(kpi)",
        "标(ltv)和率(roi)",
        "他(ta)说",
        "行(shāng)业",
        "業(yè",
        "业务(yèwù)",
        "LTV(lìng)",
    ],
)
def test_what_is_no_reading_of_the_character_stays(text: str) -> None:
    assert remove_glosses(text) == (text, 0)


def test_one_lone_match_without_a_tone_stays() -> None:
    """The neutral tone looks like a writer's own aside; alone in a text it is taken for one."""
    assert remove_glosses("助词了(le)放在句末。") == ("助词了(le)放在句末。", 0)
    assert remove_glosses("他們(men)的業(yè)務(wù)") == ("他們的業務", 3)


def test_removal_is_complete_after_one_pass() -> None:
    text, count = remove_glosses("\n".join(rows_of("traditional_glosses.txt")))
    assert count == 37
    assert remove_glosses(text) == (text, 0)
    assert text.count("(KPI)") == 2 and "(gross margin)" in text


# --- garbled spots ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("好好的一句话，问号？也正常。", 0),
        ("真的吗?是的", 0),
        ("留存??率", 1),
        ("留\ufffd\ufffd率与\ue123标", 2),
        ("锟斤拷锟斤拷", 2),
        ("转化?；率", 1),
        ("KPI(biāo)", 1),
        ("KPI(biao)", 0),
        ("", 0),
    ],
)
def test_count_garbled(text: str, count: int) -> None:
    assert count_garbled(text) == count


# --- site chrome ------------------------------------------------------------------------------------------------------


def test_a_scraped_page_keeps_the_article_and_nothing_else() -> None:
    """Header bar, byline and counters go at the head; share bar, product card, links and house rules at the tail."""
    rows = rows_of("scraped_article.txt")
    first = rows.index("老客沉默以后怎么办")
    last = next(i for i, row in enumerate(rows) if row.startswith("两周以后"))
    assert kept(rows) == [row for row in rows[first : last + 1] if row.strip()]


def test_the_tail_begins_with_the_first_button() -> None:
    rows = rows_of("scraped_article.txt")
    assert rows[find_chrome(rows).tail_start :][0] == "分享到 微信 微博"


@pytest.mark.parametrize("name", ["moderation_note.md", "moderation_note.txt"])
def test_a_note_on_moderation_stays_whole(name: str) -> None:
    """Legal words all over, headings with 处罚 and 申诉, but no page around it; as Markdown and with the marks taken off."""
    note = (PAGES / "moderation_note.md").read_text(encoding="utf-8")
    if name.endswith(".txt"):
        note = re.sub(r"^(?:#+|-) ", "", note, flags=re.MULTILINE)
    reading = read_bytes(note.encode("utf-8"), name)
    assert reading.document and reading.report.chrome_sample == ()
    assert squeeze(reading.document.text) == squeeze(note)


@pytest.mark.parametrize("path", sorted(CORPUS.rglob("*.md")), ids=lambda p: p.stem)
def test_notes_written_by_hand_stay_whole(path: Path) -> None:
    assert read_note(path, CORPUS).report.chrome_sample == ()


@pytest.mark.parametrize(
    "note",
    [
        "# 注册与登录怎么优化\n\n少一个输入框就多留下一批人。\n\n## 登录方式\n\n短信验证码最稳。\n\n## 注册表单\n\n只问手机号。",
        "# 积分怎么发\n\n发之前先想清楚成本。\n\n- 注册送五十分\n- 发表评论送五分\n- 分享到朋友圈送十分\n- 签到领取两分",
        "# 消息中心改版\n\n- 点赞和评论合并成一条\n- “我的”页面放到第四格\n- 取消红点\n\n改版以后打开率从一成升到两成。",
        "# 版权怎么管\n\n## 转载要不要授权\n\n要，而且要留下书面的许可。\n\n## 侵权怎么投诉\n\n先截图，再发函。",
        "# 评论区运营\n\n## 评论置顶\n\n把有用的评论放在最前面。\n\n## 举报处理\n\n一小时之内答复。\n\n## 关注我们",
    ],
)
def test_a_note_about_buttons_is_no_page(note: str) -> None:
    """Headings and items with the words of buttons are content when somebody wrote them as Markdown."""
    reading = read_bytes(note.encode("utf-8"), "a.md")
    assert reading.document and reading.report.chrome_sample == ()
    assert squeeze(reading.document.text) == squeeze(note)


def test_buttons_in_the_middle_of_an_article_stay() -> None:
    """Only the ends of a page are looked at: a word on a line of its own in mid-article belongs to the article."""
    before = [f"第{i}段讲的是怎样把一件小事做完，过程比结果更值得记下来。" for i in range(14)]
    after = [f"再往后的第{i}段讲的是做完以后怎样告诉别人，话要说得短一些。" for i in range(14)]
    rows = [*before, "登录", "注册", "立即领取", "扫一扫", *after]
    assert find_chrome(rows) == Chrome(frozenset(), len(rows))


@pytest.mark.parametrize("tail", [["收藏"], ["收藏", "点赞"], []])
def test_one_or_two_buttons_make_no_tail(tail: list[str]) -> None:
    rows = ["这是一篇很普通的文章，讲的是怎样开一家小店。", "开店之前先看看门口走过多少人，再算一算房租。", *tail]
    assert find_chrome(rows).tail_start == len(rows)


def test_three_buttons_make_a_tail() -> None:
    rows = ["这是一篇很普通的文章，讲的是怎样开一家小店。", "先数一数门口走过多少人。", "收藏", "点赞", "分享到微信"]
    assert find_chrome(rows) == Chrome(frozenset(), 2)


def test_house_rules_alone_make_no_tail() -> None:
    """Four lines of dos and don'ts without a button near them are what the writer had to say."""
    rules = [
        "不得发布违法违规的内容。",
        "不得辱骂、歧视和威胁他人。",
        "不得冒充他人或者造谣。",
        "处罚分为禁言和封停，可以申诉。",
    ]
    rows = [f"第{i}段讲的是怎样把一件小事做完，过程比结果更值得记下来。" for i in range(14)] + rules
    assert find_chrome(rows).tail_start == len(rows)


@pytest.mark.parametrize("below", [3, 6])
@pytest.mark.parametrize(("card", "start"), [(3, 2), (4, 7)])
def test_a_small_product_card_does_not_hide_the_button_above_it(card: int, start: int, below: int) -> None:
    """Three lines that look like content between a button and the tail go with it; more of them are an article."""
    lines = [f"小店出了第{i}款新口味的豆子，喜欢酸味的人会喜欢" for i in range(card)]
    rows = ["这是一篇很普通的文章，讲的是怎样开一家小店。", "先数一数门口走过多少人。", "收藏", *lines]
    rows += ["立即领取", "扫一扫", "分享到微信", "点赞 3", "评论 5", "举报"][:below]
    assert find_chrome(rows).tail_start == start


def test_a_single_odd_line_at_the_head_stays_when_there_is_no_tail() -> None:
    rows = ["作者：阿禾", "这是一篇很普通的文章，讲的是怎样开一家小店。", "先数一数门口走过多少人，再算房租。"]
    assert find_chrome(rows) == Chrome(frozenset(), 3)
    assert find_chrome(["浏览 12", *rows]) == Chrome(frozenset({0, 1}), 4)


def test_no_rows_no_chrome() -> None:
    assert find_chrome([]) == Chrome(frozenset(), 0)
    assert find_chrome(["", ""]) == Chrome(frozenset(), 2)


# --- script -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("用户运营的目标是让更多人愿意留下来", "simplified"),
        ("用戶運營的目標是讓更多人願意留下來", "traditional"),
        ("用户运营的目标与指标体系。" * 3 + "用戶運營的目標與指標體系。" * 3, "mixed"),
        ("用户运营的目标与指标体系说明书，转载请注明团队内部。" * 20 + "後臺", "simplified"),
        ("What is retention?", "other"),
        ("四個字用", "other"),
        ("", "other"),
    ],
)
def test_detect_script(text: str, script: str) -> None:
    assert detect_script(text) == script
