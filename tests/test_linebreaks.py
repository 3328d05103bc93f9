"""Lost line breaks: how well they are found, and what a break must never do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kbqa.errors import KbqaError
from kbqa.notes import linebreak_network, linebreaks
from kbqa.notes.linebreaks import Break, needs_restoring, restore_breaks
from kbqa.text import fold, sentence_spans

GOLDEN = Path(__file__).parent / "golden" / "decks.txt"
MARKERS = {"# ": "heading", "- ": "item"}

PROSE = (
    "很多团队把活动结束当成工作的终点，其实数据要再过两三周才说得清楚。优惠券带来的订单有一部分是提前消费，后面几天的成交会明显变少。"
    "如果只看活动当天，结论往往过于乐观。比较稳妥的做法是把活动前后各四周放在一起看，再和没有参加活动的城市对照。",
    "我第一次负责社群的时候，最怕群里没人说话，于是每天早晚都发一段文字。三个星期以后有位老用户私下告诉我，她已经把群设成了免打扰。"
    "从那以后我改成每周只发起两次讨论，话题提前问过几个活跃的人，反而有更多成员愿意开口。安静并不等于冷淡，没有意义的热闹才会把人赶走。",
    "库存周转慢的时候，采购和销售常常互相埋怨。采购说预测不准，销售说到货太晚。把过去一年的订单按周排开就会看到，"
    "真正的问题出在促销计划只提前三天通知仓库。后来他们约定至少提前两周同步，缺货和积压同时少了一半，会议室里的争吵也少了。",
    "新来的同事问我，为什么同一个指标在两张报表里差了百分之七。我们花了半天才查清楚，一张按下单时间统计，另一张按支付时间统计。"
    "跨零点的订单被算进了不同的日期，退款又让差距变得更大。口径写在纸上以后，再也没有人为这件事加班。",
    "价格试验最难的地方不是技术，而是让客服知道该怎样解释。用户在论坛上贴出两张截图，说别人比自己便宜十块钱，客服却不知道有这场试验。"
    "从此每次上线之前，我们都会准备一段说明，并约定遇到投诉就按低价补差。",
)


def decks() -> list[list[tuple[str, str]]]:
    """(text, kind) of every line of every golden deck."""
    blocks = GOLDEN.read_text(encoding="utf-8").strip().split("\n\n")
    return [[_marked(line) for line in block.split("\n")] for block in blocks]


def _marked(line: str) -> tuple[str, str]:
    kind = MARKERS.get(line[:2], "paragraph")
    return (line if kind == "paragraph" else line[2:]), kind


def glued(deck: list[tuple[str, str]]) -> tuple[str, dict[int, str]]:
    """The deck without line breaks, and kind by offset of every line but the first."""
    text, gold = "", {}
    for line, kind in deck:
        if text:
            gold[len(text)] = kind
        text += line
    return text, gold


def test_golden_decks_keep_their_precision_and_recall() -> None:
    """On decks that no training saw, 9 of 10 breaks are right and 3 of 5 lines are found."""
    right = found = wanted = same_kind = 0
    for deck in decks():
        text, gold = glued(deck)
        breaks = restore_breaks(text)
        right += sum(b.offset in gold for b in breaks)
        same_kind += sum(gold.get(b.offset) == b.kind for b in breaks)
        found, wanted = found + len(breaks), wanted + len(gold)
    assert wanted > 150
    assert right / found >= 0.9
    assert right / wanted >= 0.6
    assert same_kind / right >= 0.8


def test_prose_is_left_whole() -> None:
    """Ordinary paragraphs get no break inside a sentence and are not even tried."""
    for text in PROSE:
        ends = {end for _, end in sentence_spans(text)}
        assert [b for b in restore_breaks(text) if b.offset not in ends] == []
        assert not needs_restoring(text)


def test_glued_decks_are_recognised() -> None:
    """Every golden deck is worth trying once glued, and none of its single lines is."""
    for deck in decks():
        assert needs_restoring(glued(deck)[0])
        assert not any(needs_restoring(line) for line, _ in deck)


@pytest.mark.parametrize("text", ["", "\n", "\n\n\r\n", "短", "标题", "。。。", "：：：", "a" * 50, "\U0001f600" * 9])
def test_nothing_to_break(text: str) -> None:
    """Empty, short, mark-only, Latin and emoji lines come back without breaks."""
    assert restore_breaks(text) == []


def test_breaks_are_ordered_inside_their_line_and_lose_nothing() -> None:
    """Offsets rise, lie inside lines, and inserting the breaks only adds line ends."""
    text = "\n".join(glued(deck)[0] for deck in decks())
    breaks = restore_breaks(text)
    offsets = [b.offset for b in breaks]
    assert offsets == sorted(set(offsets))
    assert all(0 < at < len(text) and text[at] != "\n" and text[at - 1] != "\n" for at in offsets)
    assert {b.kind for b in breaks} == {"heading", "item", "paragraph"}


def test_each_line_is_judged_alone() -> None:
    """Two decks on two lines give the breaks of the first and, shifted, those of the second."""
    first, second = (glued(deck)[0] for deck in decks()[:2])
    moved = [Break(b.offset + len(first) + 1, b.kind) for b in restore_breaks(second)]
    assert restore_breaks(f"{first}\n{second}") == restore_breaks(first) + moved


def test_spelling_of_marks_does_not_matter() -> None:
    """Full-width or half-width marks, upper or lower case: the same breaks."""
    text = glued(decks()[4])[0]
    assert restore_breaks(text.replace("：", ":").replace("，", ",")) == restore_breaks(text)


def test_traditional_script_gives_the_same_breaks() -> None:
    """The text is folded to simplified characters before it is judged."""
    import opencc

    text = glued(decks()[3])[0]
    characters = opencc.OpenCC("s2t").convert("\n".join(text)).split("\n")
    assert restore_breaks("".join(characters)) == restore_breaks(text)


def test_long_texts_do_not_depend_on_the_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting a long line into blocks for the network changes nothing at the seams."""
    text = "".join(glued(deck)[0] for deck in decks())
    whole = restore_breaks(text)
    monkeypatch.setattr(linebreak_network, "_BLOCK", 500)
    assert restore_breaks(text) == whole


def test_numbers_that_count_up_start_lines() -> None:
    """`1)`, `2)`, `3)` become items even in a sentence; a single `3)` does not."""
    text = "该项目成功的经验包括：1）负责人每天到现场；2）预算留出一成备用；3）每周公开进度。其余做法与往年相同。"
    offsets = [b.offset for b in restore_breaks(text) if b.kind == "item"]
    assert [text[at] for at in offsets] == ["1", "2", "3"]
    assert linebreaks._numbered("见附录3)的说明") == set()


@pytest.mark.parametrize("leads_in", ["包括", "应包含", "应如下"])
def test_what_leads_in_to_a_list_is_no_label(leads_in: str) -> None:
    """`…计划应包含:` is one line; the labels behind it are lines of their own."""
    text = f"新店计划:选址装修招人一份新店计划{leads_in}:选址标准:人流租金邻居装修标准:灯光货架招人标准:店长先到位"
    starts = [text[b.offset :] for b in restore_breaks(text)]
    assert not any(line.startswith(("包", "应", "如", "含")) for line in starts)
    assert {"装修", "招人"} <= {line[:2] for line in starts}


def test_breaks_respect_brackets_quotes_and_latin_words() -> None:
    """Places inside brackets, quotation marks, Latin words and before closing marks are never allowed."""
    folded = '用"新 人"券(限app用户)提升growth rate,再看复购。'
    allowed = linebreak_network.allowed(folded)
    for part in ('"新 人"', "(限app用户)", "growth rate"):
        start = folded.index(part)
        assert not allowed[start + 1 : start + len(part)].any()
    assert not allowed[folded.index(",")] and not allowed[folded.index(",") + 1]
    assert not allowed[0] and allowed[folded.index("提")]


def test_weights_are_small_and_need_no_torch() -> None:
    """At most 1.5 MB ship with the package, and running them imports neither torch nor scikit-learn."""
    assert linebreak_network._WEIGHTS.stat().st_size <= 1_500_000
    code = (
        "import sys; from kbqa.notes.linebreaks import restore_breaks; restore_breaks('积分体系积分让用户回来');"
        "assert not {'torch', 'sklearn', 'jieba'} & set(sys.modules), 'heavy import'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_words_of_nobody_are_unknown() -> None:
    """A word shares its bucket's row only if it owns the bucket; every other one gets row 0."""
    bucket, mark = linebreak_network.word_place("运营")
    owners = np.full(linebreak_network.WORD_BUCKETS, -1, np.int32)
    empty = linebreak_network.Vocabulary(owners, np.full(linebreak_network.BIGRAM_BUCKETS, -1, np.int32))
    assert empty.word_row("运营") == 0
    owners = owners.copy()
    owners[bucket] = mark
    assert linebreak_network.Vocabulary(owners, empty.bigrams).word_row("运营") == bucket
    owners[bucket] = mark ^ 1
    assert linebreak_network.Vocabulary(owners, empty.bigrams).word_row("运营") == 0


def test_labels_of_a_list_resemble_each_other() -> None:
    """Where single places leave open which word begins a label, the one as long as its neighbours wins."""
    folded = "短信:适合交易通知推送:几乎没有成本电话:最贵"
    chance = np.full(len(folded), 0.001, np.float32)
    for word, value in (("短信", 0.5), ("通知", 0.5), ("推送", 0.4), ("电话", 0.5)):
        chance[folded.index(word)] = value
    starts = {folded[start:colon] for start, colon in linebreaks._label_starts(folded, chance)}
    assert starts == {"推送", "电话"}
    assert list(linebreaks._label_starts("没有标签的一句话", np.ones(8, np.float32))) == []


def test_missing_weights_say_what_to_do(tmp_path: Path) -> None:
    """A damaged installation is named in both languages, with the way out."""
    broken = tmp_path / "linebreaks.npz"
    broken.write_bytes(b"not a zip file")
    for path in (tmp_path / "absent.npz", broken):
        with pytest.raises(KbqaError, match="Install the package again"):
            linebreak_network.load_network(path)


def test_numpy_network_equals_the_trained_one(tmp_path: Path) -> None:
    """The torch module and its export give the same logits, up to rounding of the stored weights."""
    torch = pytest.importorskip("torch")
    from kbqa.training.linebreak_counts import own_buckets
    from kbqa.training.linebreaks import CHARS, build_network, export

    folded = fold(glued(decks()[0])[0][:200])
    torch.manual_seed(3)
    module = build_network().eval()
    chars = np.arange(0x4E00, 0x4E00 + CHARS - 1, dtype=np.int32)
    export(module, chars, own_buckets([folded] * 5), tmp_path / "random.npz")
    network = linebreak_network.load_network(tmp_path / "random.npz")
    codes, buckets = linebreak_network.features(folded, network.known)
    assert len(set(buckets[0].tolist())) > 50 and len(set(buckets[1].tolist())) > 50
    rows = np.concatenate([network.char_row[codes][None], buckets]).astype(np.int64)
    with torch.no_grad():
        expected = module(torch.from_numpy(rows)[None]).numpy()[0]
    assert np.abs(network.log_odds(folded) - expected).max() < 0.02


def test_gluing_drops_line_ends_and_remembers_them() -> None:
    """Training material: markers go, items lose their full stop, labels stand where lines began."""
    import random

    from kbqa.training.linebreak_decks import glue
    from kbqa.training.linebreak_sources import Line, markdown_lines

    front, body = "---\ntitle: x\n---\n", "# 质检\n质检用于**发现**问题。\n- 时长：首次回复\n1. 先抽样\n"
    source = front + body + "\n```\n代码代码\n```\n|表|格|\n"
    lines = markdown_lines(source)
    assert lines == (
        Line("质检", "heading"),
        Line("质检用于发现问题。", "paragraph"),
        Line("时长：首次回复", "item"),
        Line("1. 先抽样", "item"),
    )
    for seed in range(20):
        glued = glue(lines, random.Random(seed))
        starts = np.flatnonzero(glued.labels).tolist()
        assert "\n" not in glued.text and len(starts) == 4
        assert glued.text[starts[1] :].startswith("质检用于发现问题")
        assert glued.labels[starts].tolist() == [1, 3, 2, 2]


def test_lists_and_definitions_are_mined_from_running_text() -> None:
    """Three clauses in a row that begin with a verb make a list; two do not, and neither does a clause of a noun."""
    from kbqa.training.linebreak_decks import definitions, verb_lists

    mined = list(
        verb_lists("经理的工作很多，制定活动预算，协调各方资源，并跟踪执行进度。检查库存，通知店员，天气很好。")
    )
    assert [[line.text for line in deck] for deck in mined] == [["制定活动预算", "协调各方资源", "跟踪执行进度"]]
    found = [line.text for line in definitions("本规定所称留存率，是指一段时间后仍然活跃的用户所占的比例。")]
    assert found == ["留存率:一段时间后仍然活跃的用户所占的比例"]
