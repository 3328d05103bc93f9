"""Knowledge gaps: what is recorded, what is read back, which questions are one gap, and `kbqa gaps`."""

from __future__ import annotations

import csv
import io
import json
import logging
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from kbqa import Answer, Chunk, Hit, KnowledgeBase, Sentence
from kbqa.cli_gaps import app
from kbqa.errors import EvaluationError
from kbqa.evaluation import gaps as module
from kbqa.evaluation.gaps import (
    COLUMNS,
    FILE,
    Gap,
    GapGroup,
    Near,
    alikeness,
    archive_gaps,
    group_gaps,
    group_json,
    is_question,
    linked,
    read_gaps,
    record_gap,
    to_csv,
)

Write = Callable[[Path, Mapping[str, str]], Path]

NOON = datetime(2025, 1, 31, 12, 0, tzinfo=timezone.utc)
NOTES = {
    "渠道/地推.md": """# 地推

地推是指在线下人流多的地方当面介绍产品的推广方式。

## 地推的成本

### 人力

### 物料

## 地推的流程

先选点，再谈场地，最后排班。
""",
    "会员/积分.md": """# 会员积分

## 积分是什么

会员积分是指门店为了记录顾客贡献而发给会员的一种权益凭证。积分不能兑换现金，也不能转给别人。

## 积分怎么发放

每日签到发 5 分，连续七天再加 20 分。
""",
    "草稿/提纲.md": "# 提纲\n\n还没有写完，先占个位置。\n\n## 积分的发放\n",
}
UNMENTIONED = ("员工年假有几天", "年假有多少天", "员工年假一共几天")
EMPTY = "地推人力成本多少钱"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> KnowledgeBase:
    """The notes above, indexed. Nobody writes to this index."""
    root = tmp_path_factory.mktemp("gaps")
    KnowledgeBase.build(write_notes(root / "notes", NOTES), root / "index")
    return KnowledgeBase.open(root / "index")


def hit(doc_id: str, path: Sequence[str], rank: int = 1) -> Hit:
    return Hit(Chunk(f"{doc_id}#0000", doc_id, tuple(path), "", 0, 0), 1.0, rank)


def refusal(question: str, understood_as: str | None = None, related: Sequence[Hit] = ()) -> Answer:
    text = question if understood_as is None else understood_as
    return Answer(question, text, "fact", (Sentence("没有。"),), (), 0.12, True, tuple(related), tuple(related))


def gap(question: str, days: float = 0, nearest: Sequence[Near] = ()) -> Gap:
    return Gap(NOON + timedelta(days=days), question, question, 0.1, tuple(nearest), "chat")


# --- recording --------------------------------------------------------------------------------------------------------


def test_what_a_line_holds(tmp_path: Path) -> None:
    """Every field under its name, the time in UTC, three places at most, Chinese as it is."""
    places = [hit("a.md", ["A", "一"]), hit("b.md", ["B"]), hit("c.md", []), hit("d.md", ["D"])]
    there = datetime(2025, 2, 1, 0, 30, tzinfo=timezone(timedelta(hours=8)))
    assert record_gap(tmp_path, refusal("它怎么算", "LTV 怎么算", places), "chat", there)
    text = (tmp_path / FILE).read_text("utf-8")
    assert text.count("\n") == 1 and text.endswith("\n") and "它怎么算" in text
    assert json.loads(text) == {
        "at": "2025-01-31T16:30:00+00:00",
        "question": "它怎么算",
        "understood_as": "LTV 怎么算",
        "confidence": 0.12,
        "nearest": [
            {"doc_id": "a.md", "heading_path": ["A", "一"]},
            {"doc_id": "b.md", "heading_path": ["B"]},
            {"doc_id": "c.md", "heading_path": []},
        ],
        "source": "chat",
    }


def test_round_trip(tmp_path: Path) -> None:
    """What is recorded is read back, in order; the same question is a line each time."""
    for days in range(3):
        record_gap(tmp_path, refusal("怎么报销", related=[hit("a.md", ["A"])]), "cli", NOON + timedelta(days=days))
    expected = Gap(NOON, "怎么报销", "怎么报销", 0.12, (Near("a.md", ("A",)),), "cli")
    assert read_gaps(tmp_path).gaps == tuple(replace(expected, at=NOON + timedelta(days=d)) for d in range(3))


def test_present_time(tmp_path: Path) -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    record_gap(tmp_path, refusal("怎么报销"), "eval")
    assert before <= read_gaps(tmp_path).gaps[0].at <= datetime.now(timezone.utc)


@pytest.mark.parametrize("text", ["", "  \n", "？？？！", "12", "２０２５", "a", "哈哈哈哈", "？嗯？", "👍👍"])
def test_what_is_no_question(tmp_path: Path, text: str) -> None:
    """Marks, figures and one character over and over leave no file behind."""
    assert not is_question(text)
    assert not record_gap(tmp_path, refusal(text), "chat")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["周期", "LTV?", "5A", "什么是 GMV"])
def test_what_is_a_question(text: str) -> None:
    assert is_question(text)


def test_marked_gap_is_not_counted_as_asked_again(shop: KnowledgeBase, tmp_path: Path) -> None:
    """A reader's word for it stands beside the refusal; where the refusal was archived it stands for itself."""
    refused = shop.ask("公司的食堂几点开门吃饭")
    assert refused.abstained
    assert record_gap(tmp_path, refused, "chat") and record_gap(tmp_path, refused, "chat", marked=True)
    both = read_gaps(tmp_path).gaps
    assert [gap.marked for gap in both] == [False, True]
    assert [(group.count, group.marked) for group in group_gaps(both, shop)] == [(1, 1)]
    assert [(group.count, group.marked) for group in group_gaps(both[1:], shop)] == [(1, 1)]


def test_answers_are_no_gaps(tmp_path: Path) -> None:
    assert not record_gap(tmp_path, replace(refusal("什么是积分"), abstained=False), "chat")
    assert not (tmp_path / FILE).exists()


def test_long_and_ugly_questions(tmp_path: Path) -> None:
    """One line, 2,000 characters, no control characters, no half of a surrogate pair; whatever a reader types is kept apart."""
    record_gap(tmp_path, refusal("第一行\r\n第二行\u2028\x1b[31m红\x00 " + "长" * 3000 + "\ud800"), "chat")
    record_gap(tmp_path, refusal('引号"和\\还有{"at": 1}\ud83d'), "chat")
    first, second = read_gaps(tmp_path).gaps
    assert first.question.startswith("第一行 第二行 [31m红 长长") and len(first.question) == 2000
    assert second.question == '引号"和\\还有{"at": 1}'
    assert (tmp_path / FILE).read_bytes().count(b"\n") == 2


def test_a_torn_line_spoils_only_itself(tmp_path: Path) -> None:
    """A record that ends in the middle of a line, after a full disk or an editor, is ended before the next."""
    record_gap(tmp_path, refusal("怎么报销"), "chat")
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole + whole[:20])
    record_gap(tmp_path, refusal("年假几天"), "chat")
    file = read_gaps(tmp_path)
    assert [g.question for g in file.gaps] == ["怎么报销", "年假几天"]
    assert [number for number, _ in file.bad_rows] == [2]


@pytest.mark.parametrize("trouble", ["no folder", "a folder in its place", "full", "not Unicode"])
def test_trouble_is_a_warning(
    tmp_path: Path, trouble: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever asked does not notice; the log names the file and does not repeat the question."""
    index, doc_id = tmp_path / "index", "a.md"
    if trouble != "no folder":
        index.mkdir()
    if trouble == "a folder in its place":
        (index / FILE).mkdir()
    if trouble == "full":
        monkeypatch.setattr(module, "MAX_BYTES", 100)
    if trouble == "not Unicode":
        doc_id = "\udcff.md"
    with caplog.at_level(logging.WARNING):
        assert not record_gap(index, refusal("谁的工资最高", related=[hit(doc_id, [])]), "chat")
    (record,) = caplog.records
    assert record.levelno == logging.WARNING and str(index / FILE) in record.getMessage()
    assert "工资" not in caplog.text and record.exc_info is None
    assert index.exists() == (trouble != "no folder")


_WRITER = """
import sys
from pathlib import Path
from kbqa import Answer
from kbqa.evaluation.gaps import record_gap
index, name = Path(sys.argv[1]), sys.argv[2]
for i in range(100):
    text = f"{name} {i} " + name * 1900
    assert record_gap(index, Answer(text, text, "fact", (), (), 0.1, True, ()), "chat")
"""


def test_processes_write_at_once(tmp_path: Path) -> None:
    """Long lines from several processes neither mix nor get lost."""
    commands = [[sys.executable, "-c", _WRITER, str(tmp_path), name] for name in "甲乙"]
    running = [subprocess.Popen(command) for command in commands]
    assert [process.wait(60) for process in running] == [0, 0]
    file = read_gaps(tmp_path)
    assert file.bad_rows == ()
    heads = [g.question.split()[:2] for g in file.gaps]
    for name in "甲乙":
        assert [number for who, number in heads if who == name] == [str(i) for i in range(100)]


# --- reading ----------------------------------------------------------------------------------------------------------


def test_nothing_on_record(tmp_path: Path) -> None:
    assert read_gaps(tmp_path) == module.GapFile((), ())


def test_bad_lines_are_set_aside(tmp_path: Path) -> None:
    """Each is reported by its number; blank lines are nothing; a time without a zone is UTC."""
    good = {
        "at": "2025-01-31T12:00:00", "question": "怎么报销", "understood_as": "", "confidence": 0.1, "nearest": [],
        "source": "chat",
    }  # fmt: skip
    changes = [
        {"at": "gestern"}, {"at": 5}, {"question": "？！"}, {"question": None}, {"confidence": "nan"}, {"source": "mail"},
        {"nearest": [{}]}, {"nearest": None},
    ]  # fmt: skip
    lines = [json.dumps(good), "", "{", "[]", "null", "7", *(json.dumps({**good, **change}) for change in changes)]
    raw = "\n".join([*lines, '{"at": 1}']).encode() + b"\n\xff\xfe\n" + b"[" * 100_000 + b"\n"
    (tmp_path / FILE).write_bytes(raw)
    file = read_gaps(tmp_path)
    assert file.gaps == (Gap(NOON, "怎么报销", "怎么报销", 0.1, (), "chat"),)
    assert [number for number, _ in file.bad_rows] == list(range(3, 18))
    assert all(reason for _, reason in file.bad_rows)


def test_unreadable_record(tmp_path: Path) -> None:
    """The error names the file and what to look at, in both languages."""
    (tmp_path / FILE).mkdir()
    with pytest.raises(EvaluationError) as caught:
        read_gaps(tmp_path)
    assert str(tmp_path / FILE) in caught.value.zh and "权限" in caught.value.zh
    assert str(tmp_path / FILE) in caught.value.en and "permissions" in caught.value.en


def test_archive(tmp_path: Path) -> None:
    """The record gets a name with the time, never that of another archive; there may be none."""
    assert archive_gaps(tmp_path, NOON) is None
    names = []
    for question in ("怎么报销", "年假几天"):
        record_gap(tmp_path, refusal(question), "chat")
        path = archive_gaps(tmp_path, NOON)
        assert path is not None and question in path.read_text("utf-8")
        names.append(path.name)
    assert names == ["gaps-20250131-120000.jsonl", "gaps-20250131-120000-2.jsonl"]
    assert read_gaps(tmp_path).gaps == ()


def test_the_record_outlives_a_generation(shop: KnowledgeBase, tmp_path: Path, write_notes: Write) -> None:
    """Indexing other notes in the same place leaves the record as it is, and the new generation finds it."""
    index = Path(shutil.copytree(shop.path, tmp_path / "index"))
    record_gap(index, refusal("怎么报销"), "chat")
    before, generation = (index / FILE).read_bytes(), (index / "CURRENT").read_text("utf-8")
    KnowledgeBase.build(write_notes(tmp_path / "notes", {"a.md": "# 题目\n\n第一句话写在这里。\n"}), index)
    assert (index / "CURRENT").read_text("utf-8") != generation
    assert (index / FILE).read_bytes() == before


# --- linkage ----------------------------------------------------------------------------------------------------------


def test_average_linkage_by_hand() -> None:
    """0 and 1 join at .9; 2 is .8 and .4 from them, .6 on average; 3 is .5 from 2 and nought from the others: .167 on average."""
    near = np.array([[1, 0.9, 0.8, 0.0], [0.9, 1, 0.4, 0.0], [0.8, 0.4, 1, 0.5], [0.0, 0.0, 0.5, 1]])
    before = near.copy()
    assert linked(near, 0.91) == [[0], [1], [2], [3]]
    assert linked(near, 0.61) == [[0, 1], [2], [3]]
    assert linked(near, 0.59) == [[0, 1, 2], [3]]
    assert linked(near, 0.17) == [[0, 1, 2], [3]]
    assert linked(near, 0.16) == [[0, 1, 2, 3]]
    assert np.array_equal(near, before)


def test_linkage_of_nothing_one_and_equals() -> None:
    """Of equals, the lowest rows are joined first: then 2 is .25 from the pair on average."""
    assert linked(np.zeros((0, 0)), 0.5) == []
    assert linked(np.ones((1, 1)), 0.5) == [[0]]
    assert linked(np.array([[1, 0.5, 0], [0.5, 1, 0.5], [0, 0.5, 1]]), 0.3) == [[0, 1], [2]]


def test_linkage_against_scipy() -> None:
    """The same groups as SciPy's average linkage, cut at many heights."""
    hierarchy = pytest.importorskip("scipy.cluster.hierarchy")
    generator = np.random.default_rng(7)
    for size in (2, 5, 40):
        vectors = generator.normal(size=(size, 5))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        near = vectors @ vectors.T
        tree = hierarchy.linkage((1 - near)[np.triu_indices(size, 1)], "average")
        for least in (0.9, 0.5, 0.2, 0.0, -0.2):
            labels = hierarchy.fcluster(tree, 1 - least, "distance")
            expected = sorted(np.flatnonzero(labels == label).tolist() for label in set(labels))
            assert linked(near, least) == expected


# --- grouping ---------------------------------------------------------------------------------------------------------

# Wordings of ten questions, none of which the threshold was chosen on.
SAME = (
    ("门店几点关门", "门店什么时候关门"),
    ("快递丢件了怎么赔", "快递丢失了怎么赔付"),
    ("发票怎么开", "如何开发票", "怎么开发票"),
    ("KOC是什么", "什么叫KOC", "what is KOC"),
    ("KOC怎么找", "怎么找到KOC"),
    ("短信退订率多少正常", "短信退订率一般是多少"),
    ("公众号打开率下降的原因", "为什么公众号打开率下降"),
    ("快手和抖音有什么区别", "抖音跟快手的差异在哪"),
    ("谁是总经理", "总经理是谁"),
    UNMENTIONED,
)


def test_the_same_thing_is_one_gap(shop: KnowledgeBase) -> None:
    """Other words for one thing are joined; the same thing asked otherwise (what is it, how to find it) is not."""
    groups = group_gaps([gap(question) for same in SAME for question in same], shop)
    found = {frozenset(group.wordings) for group in groups}
    assert found == {frozenset(same) for same in SAME}


def test_alikeness(shop: KnowledgeBase) -> None:
    """Symmetric, about 1 with itself, higher for other words than for another kind of answer, low for another thing."""
    near = alikeness(shop, ["什么是积分", "积分是什么", "积分怎么发放", "总经理是谁"])
    assert np.array_equal(near, near.T)
    assert near.diagonal() == pytest.approx([1, 1, 1, 1], abs=1e-5)
    assert near[0, 1] > 0.8 > near[0, 2] > near[0, 3]


def test_order_makes_no_difference(shop: KnowledgeBase) -> None:
    rows = [gap(question, days) for days, same in enumerate(SAME) for question in same]
    expected = group_gaps(rows, shop)
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        assert group_gaps(rows, shop) == expected


def test_no_gaps_no_groups(shop: KnowledgeBase) -> None:
    assert group_gaps([], shop) == ()


def test_what_is_said_of_a_group(shop: KnowledgeBase) -> None:
    """Count, wordings by frequency (marks and width make none), the time from first to last, and the centre as its question."""
    rows = [gap(UNMENTIONED[1], 3), gap(UNMENTIONED[0], 1), gap(UNMENTIONED[0] + "？", 9), gap(UNMENTIONED[2], -2)]
    (group,) = group_gaps(rows, shop)
    assert (group.count, group.question) == (4, "员工年假有几天")
    assert group.wordings == ("员工年假有几天", *sorted(UNMENTIONED[1:]))
    assert (group.first, group.last) == (NOON - timedelta(days=2), NOON + timedelta(days=9))
    assert (group.terms, group.advice) == ((), "unmentioned")


def test_a_follow_up_is_grouped_by_what_it_meant(shop: KnowledgeBase) -> None:
    """“怎么开” alone means nothing; the group shows what was looked up."""
    rows = [replace(gap("怎么开"), understood_as="发票 怎么开"), gap("如何开发票"), gap("会员卡怎么开")]
    assert {group.wordings for group in group_gaps(rows, shop)} == {("发票 怎么开", "如何开发票"), ("会员卡怎么开",)}


def test_order_of_groups(shop: KnowledgeBase) -> None:
    """By count, then the latest, then by name."""
    rows = [
        gap("总经理是谁", 5),
        gap("发票怎么开", 1),
        gap("发票怎么开", 2),
        gap("KOC是什么", 6),
        gap("GMV目标多少", 5),
    ]
    assert [group.question for group in group_gaps(rows, shop)] == [
        "发票怎么开",
        "KOC是什么",
        "GMV目标多少",
        "总经理是谁",
    ]


def test_terms_of_a_group(shop: KnowledgeBase) -> None:
    """Names of glossary terms, whatever they were called, the most frequent first; words that only ask are none."""
    rows = [gap("LTV和CAC的比例多少合适"), gap("用户生命周期价值要到CAC的几倍"), gap("LTV要到多少合适")]
    terms = module._terms(shop, rows)
    assert terms[0] == "LTV" and terms[1] == "获客成本"
    assert module._terms(shop, [gap("区别是什么，怎么计算")]) == ()


def test_where_the_answer_belongs(shop: KnowledgeBase) -> None:
    """By reciprocal ranks: 1/1 for 积分, 1/2 + 1/2 + 1/3 for 地推, and in it the heading that came up more; a note that is gone
    has no vote."""
    points, street, gone = "会员/积分.md", "渠道/地推.md", "删掉了.md"
    rows = [
        gap(UNMENTIONED[0], 0, [Near(points, ("积分",)), Near(street, ("流程",))]),
        gap(UNMENTIONED[0], 1, [Near(gone), Near(street, ("流程",)), Near(street, ("成本",))]),
    ]
    assert group_gaps(rows, shop)[0].nearest == Near(street, ("流程",))
    assert group_gaps(rows[:1], shop)[0].nearest == Near(points, ("积分",))
    turned = gap(UNMENTIONED[0], 0, [Near(street), Near(points)])
    assert group_gaps([turned], shop)[0].nearest == Near(street)
    tie = [gap(UNMENTIONED[0], 0, [Near(street)]), gap(UNMENTIONED[0], 0, [Near(points)])]
    assert group_gaps(tie, shop)[0].nearest == Near(points)


def test_without_a_note_on_record_search_tells(shop: KnowledgeBase) -> None:
    """The best passage of today."""
    (group,) = group_gaps([gap("地推怎么管考勤纪律", 0, [Near("删掉了.md")])], shop)
    assert group.nearest is not None and group.nearest.doc_id == "渠道/地推.md"


# --- advice -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def strict(shop: KnowledgeBase) -> Iterator[KnowledgeBase]:
    """The same notes, never sure enough to answer."""
    before = shop.settings
    shop.settings = replace(before, query=replace(before.query, answer_threshold=1.1))
    yield shop
    shop.settings = before


@pytest.mark.parametrize(
    ("question", "advice"),
    [
        (UNMENTIONED[0], "unmentioned"),
        ("元宇宙怎么发放", "unmentioned"),
        ("地推的流程要多久", "no answer"),
        ("积分可以抵税吗", "no answer"),
        ("积分的发放要多久", "no answer"),
        (EMPTY, "heading only"),
        ("地推的成本是多少", "heading only"),
    ],
)
def test_why_there_was_no_answer(strict: KnowledgeBase, question: str, advice: str) -> None:
    """By the most important of what is asked; a heading without text counts only where no text says as much."""
    (group,) = group_gaps([gap(question)], strict)
    assert group.advice == advice


def test_the_empty_heading_is_the_place(strict: KnowledgeBase) -> None:
    """The highest heading that covers the question as well as any, though a subheading stands below and another note was nearer."""
    near = [Near("会员/积分.md", ("会员积分",))]
    assert group_gaps([gap("地推的成本是多少", 0, near)], strict)[0].nearest == Near(
        "渠道/地推.md", ("地推", "地推的成本")
    )
    (group,) = group_gaps([gap(EMPTY, 0, near)], strict)
    assert group.nearest == Near("渠道/地推.md", ("地推", "地推的成本", "人力"))


def test_filled_gaps_show_as_answered(shop: KnowledgeBase) -> None:
    """Only when every wording of the group gets its answer."""
    assert [g.advice for g in group_gaps([gap("什么是会员积分"), gap("会员积分是什么")], shop)] == ["answered"]
    found = shop.find("什么是会员积分")
    assert module._advice(shop, found, ["什么是会员积分", UNMENTIONED[0]], [])[0] == "no answer"


# --- for programs -----------------------------------------------------------------------------------------------------

GROUP = GapGroup(
    "=1+1 等于几", 2, ("=1+1 等于几", "@1+1"), NOON, NOON.astimezone(timezone(timedelta(hours=8))), ("LTV", "CAC"),
    Near("a.md", ("甲", "乙")), "no answer",
)  # fmt: skip


def test_json_of_a_group() -> None:
    assert group_json(GROUP) == {
        "question": "=1+1 等于几", "count": 2, "wordings": ["=1+1 等于几", "@1+1"], "first": "2025-01-31T12:00:00+00:00",
        "last": "2025-01-31T12:00:00+00:00", "terms": ["LTV", "CAC"], "advice": "no answer",
        "marked": 0, "nearest": {"doc_id": "a.md", "heading_path": ["甲", "乙"]},
    }  # fmt: skip
    assert group_json(replace(GROUP, nearest=None))["nearest"] is None


def test_csv_of_groups() -> None:
    """A header even without groups; what a spreadsheet would compute is text."""
    assert to_csv([]) == ",".join(COLUMNS) + "\n"
    header, row = csv.reader(io.StringIO(to_csv([GROUP])))
    time = "2025-01-31T12:00:00+00:00"
    assert tuple(header) == COLUMNS
    assert row == ["'=1+1 等于几", "2", "'=1+1 等于几 | @1+1", time, time, "LTV | CAC", "no answer", "a.md", "甲 › 乙"]


# --- the command ------------------------------------------------------------------------------------------------------


def kbqa_gaps(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def recorded(shop: KnowledgeBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the index with four gaps, half an hour after midnight in China, and a bad line."""
    index = Path(shutil.copytree(shop.path, tmp_path / "index"))
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    for days, question in enumerate([UNMENTIONED[1], *UNMENTIONED[:2], EMPTY]):
        at = datetime(2025, 1, 31, 16, 30, tzinfo=timezone.utc) + timedelta(days=days)
        record_gap(index, refusal(question, related=[hit("会员/积分.md", ["会员积分"])]), "chat", at)
    with (index / FILE).open("a", encoding="utf-8") as file:
        file.write("{\n")
    yield index
    monkeypatch.undo()
    time.tzset()


def test_list(recorded: Path) -> None:
    """Groups with their facts, days as they are here, then the counts; bad lines to stderr, in both languages."""
    code, out, err = kbqa_gaps("--index", recorded)
    assert code == 0
    assert out.splitlines() == [
        "3×  年假有多少天  [笔记里一字没提 not in the notes]",
        "    时间 asked：2025-02-01 – 2025-02-03",
        "    也问作 also：员工年假有几天",
        "    最近的笔记 nearest：会员/积分.md · 会员积分",
        "1×  地推人力成本多少钱  [只有空标题 a heading without text]",
        "    时间 asked：2025-02-04",
        *[line for line in out.splitlines() if line.startswith("    术语 terms：") and "地推" in line],
        "    最近的笔记 nearest：渠道/地推.md · 地推 › 地推的成本 › 人力",
        "2 个缺口 gaps，4 次没答上来 refusals",
    ]
    assert err.startswith("第 5 行已跳过 / line 5 skipped: ")


def test_list_as_json(recorded: Path) -> None:
    _, out, _ = kbqa_gaps("--index", recorded, "--json")
    said = json.loads(out)
    assert (said["gaps"], said["bad_rows"], said["archived"]) == (4, 1, None)
    assert [(row["count"], row["advice"]) for row in said["groups"]] == [(3, "unmentioned"), (1, "heading only")]
    assert kbqa_gaps("--index", recorded, "--json")[1] == out


def test_since(recorded: Path) -> None:
    """From midnight here on: half past midnight of that day is in, although it is the day before in UTC."""
    for day, count in (("2025-02-01", 4), ("2025-02-02", 3), ("2025-02-05", 0)):
        assert json.loads(kbqa_gaps("--index", recorded, "--since", day, "--json")[1])["gaps"] == count
    assert kbqa_gaps("--index", recorded, "--since", "yesterday")[0] == 2


def test_out(recorded: Path, tmp_path: Path) -> None:
    """A CSV that spreadsheets open, in a folder that need not be there."""
    file = tmp_path / "new" / "gaps.csv"
    _, out, _ = kbqa_gaps("--index", recorded, "--out", file)
    assert f"已写入 written to {file}" in out
    header, *rows = csv.reader(io.StringIO(file.read_text("utf-8-sig")))
    assert tuple(header) == COLUMNS and [row[:2] for row in rows] == [["年假有多少天", "3"], [EMPTY, "1"]]
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")


def test_out_that_cannot_be_written(recorded: Path, tmp_path: Path) -> None:
    """Another format is wrong usage; a file in the way is named with the way out, and the record stays."""
    assert kbqa_gaps("--index", recorded, "--out", "gaps.xlsx")[0] == 2
    (tmp_path / "file").touch()
    with pytest.raises(EvaluationError, match=r"--out") as caught:
        kbqa_gaps("--index", recorded, "--out", tmp_path / "file" / "gaps.csv", "--clear")
    assert "gaps.csv" in caught.value.zh and (recorded / FILE).exists()


def test_clear(recorded: Path) -> None:
    """Shown once more, then put away; nothing is deleted, and the next list is empty."""
    before = (recorded / FILE).read_bytes()
    said = json.loads(kbqa_gaps("--index", recorded, "--clear", "--json")[1])
    assert said["gaps"] == 4 and Path(said["archived"]).read_bytes() == before
    assert kbqa_gaps("--index", recorded, "--clear")[1] == "0 个缺口 gaps，0 次没答上来 refusals\n"
    assert kbqa_gaps("--index", recorded, "--clear", "--since", "2025-02-01")[0] == 2


def test_mounted_it_is_one_command(recorded: Path) -> None:
    """Added to another command line it is `gaps`, with no command below."""
    host = typer.Typer()
    host.command("other")(lambda: None)
    host.add_typer(app)
    done = CliRunner().invoke(host, ["gaps", "--index", str(recorded), "--json"])
    assert done.exit_code == 0 and json.loads(done.stdout)["gaps"] == 4
