"""The worklist: what stands on it, what people say of it, what is marked by itself, and counts over time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from kbqa import KnowledgeBase
from kbqa.evaluation.activity import Period, activity
from kbqa.evaluation.feedback import Feedback, FeedbackStore, Verdict
from kbqa.evaluation.gaps import FILE, Gap, read_gaps, record_gap
from kbqa.evaluation.worklist import COLUMNS, Item, Worklist, to_csv
from kbqa.text import squeeze
from kbqa.types import Citation

Write = Callable[[Path, Mapping[str, str]], Path]

NOON = datetime(2025, 1, 31, 12, 0, tzinfo=timezone.utc)
CAT = "怎样给猫剪指甲才不会出血？"
RAIN = "下雨天门店要不要提前打烊？"
POINTS = "会员积分是什么？"


@pytest.fixture
def kb(index: Path) -> KnowledgeBase:
    """An index of the test's own, for the record lies beside it."""
    return KnowledgeBase.open(index)


@pytest.fixture
def feedback(tmp_path: Path) -> FeedbackStore:
    return FeedbackStore(tmp_path / "feedback.sqlite")


@pytest.fixture
def worklist(kb: KnowledgeBase, feedback: FeedbackStore, tmp_path: Path) -> Worklist:
    return Worklist(tmp_path / "worklist.sqlite", kb, feedback)


def refuse(kb: KnowledgeBase, question: str, at: datetime = NOON) -> None:
    """Somebody asks what the notes do not answer."""
    assert record_gap(kb.path, kb.ask(question), "chat", at)


def dislike(
    kb: KnowledgeBase, question: str, at: datetime = NOON, reason: str = "", verdict: Verdict = "down"
) -> Feedback:
    answer = kb.ask(question)
    return Feedback(
        at.isoformat(), "", question, answer.understood_as, answer.text, verdict, reason, answer.citations, "", "",
        f"{question} {at}",
    )  # fmt: skip


def questions(items: tuple[Item, ...]) -> list[str]:
    return [item.group.question for item in items]


# --- what stands on the list ------------------------------------------------------------------------------------------


def test_nothing_on_record_is_an_empty_list(worklist: Worklist) -> None:
    assert worklist.items() == ()
    assert worklist.check_again() == ()
    assert worklist.item("x") is None


def test_refusals_and_complaints_stand_together_the_most_frequent_first(
    kb: KnowledgeBase, worklist: Worklist, feedback: FeedbackStore
) -> None:
    """👍 is no work; counts hold both kinds; equals go by the latest."""
    refuse(kb, RAIN, NOON)
    refuse(kb, CAT, NOON - timedelta(days=2))
    refuse(kb, CAT, NOON - timedelta(days=1))
    feedback.add(dislike(kb, POINTS, NOON + timedelta(days=1), "太长"))
    feedback.add(dislike(kb, "转化率怎么算？", verdict="up"))
    items = worklist.items()
    assert questions(items) == [CAT, POINTS, RAIN]
    assert [(i.group.count, i.refusals, len(i.complaints)) for i in items] == [(2, 2, 0), (1, 0, 1), (1, 1, 0)]
    assert [i.state for i in items] == ["open"] * 3
    assert items[1].complaints[0].reason == "太长"
    assert items[1].group.nearest is not None and items[1].group.nearest.doc_id == "会员/积分.md"


def test_complaint_joins_the_refusals_of_the_same_question(
    kb: KnowledgeBase, worklist: Worklist, feedback: FeedbackStore
) -> None:
    """A refusal marked 👎 is one matter with the refusal itself."""
    refuse(kb, CAT)
    feedback.add(dislike(kb, CAT, NOON + timedelta(hours=1), "应该写"))
    (item,) = worklist.items()
    assert (item.refusals, len(item.complaints), item.group.last) == (1, 1, NOON + timedelta(hours=1))


def test_vote_that_is_taken_back_leaves_the_list(
    kb: KnowledgeBase, worklist: Worklist, feedback: FeedbackStore
) -> None:
    """The list follows the record without a restart."""
    down = dislike(kb, POINTS)
    feedback.add(down)
    assert questions(worklist.items()) == [POINTS]
    feedback.add(Feedback(**{name: getattr(down, name) for name in down.__slots__ if name != "verdict"}, verdict="up"))
    assert worklist.items() == ()


def test_records_with_fields_of_their_own_are_read(kb: KnowledgeBase, worklist: Worklist) -> None:
    """What another version writes beside the known fields is passed over."""
    refuse(kb, CAT)
    row = json.loads((kb.path / FILE).read_text("utf-8"))
    (kb.path / FILE).write_text(json.dumps({**row, "marked": True, "user": "小陈"}) + "\n", "utf-8")
    assert questions(worklist.items()) == [CAT]


def test_what_a_reader_wants_answered_is_told_and_not_counted_twice(kb: KnowledgeBase, worklist: Worklist) -> None:
    """The reader's mark is a line of its own beside the refusal."""
    refuse(kb, CAT)
    assert record_gap(kb.path, kb.ask(CAT), "chat", NOON, marked=True)
    (item,) = worklist.items()
    assert (item.group.count, item.refusals, item.group.marked) == (1, 1, 1)
    assert dict(zip(COLUMNS, list(csv.reader(io.StringIO(to_csv((item,)))))[1], strict=True))["wanted"] == "1"
    (day,) = activity(read_gaps(kb.path).gaps, (), "day", 1, NOON, timezone.utc)
    assert day.refused == 1


def test_complaint_without_words_is_no_question(worklist: Worklist, feedback: FeedbackStore) -> None:
    feedback.add(Feedback(NOON.isoformat(), "", "？", "！", "", "down", "", (), "", "", "m"))
    assert worklist.items() == ()


def test_answer_that_quotes_something_else_by_now_is_told(
    kb: KnowledgeBase, worklist: Worklist, feedback: FeedbackStore
) -> None:
    same, other = dislike(kb, POINTS), dislike(kb, "转化率怎么算？")
    feedback.add(same)
    old = {name: getattr(other, name) for name in other.__slots__ if name != "citations"}
    feedback.add(Feedback(**old, citations=(Citation("数据/转化率.md", 0, 4, "从前的话"),)))
    assert {item.group.question: item.changed for item in worklist.items()} == {POINTS: False, "转化率怎么算？": True}


# --- what people say --------------------------------------------------------------------------------------------------


def test_mark_is_kept_with_the_item(
    kb: KnowledgeBase, worklist: Worklist, feedback: FeedbackStore, tmp_path: Path
) -> None:
    """Another process sees it; the last one counts; the note is trimmed."""
    refuse(kb, CAT)
    (item,) = worklist.items()
    worklist.mark(item, "not ours", "", "小林", NOON)
    marked = worklist.mark(item, "in work", "  小陈在写 \n", "小陈", NOON + timedelta(minutes=1))
    (found,) = Worklist(tmp_path / "worklist.sqlite", kb, feedback).items()
    assert found == marked
    assert (found.state, found.note, found.mark and found.mark.by) == ("in work", "小陈在写", "小陈")


def test_mark_stays_with_the_matter_when_its_group_grows(kb: KnowledgeBase, worklist: Worklist) -> None:
    """Another wording may take the lead of the group; the item is found by any of them."""
    refuse(kb, CAT)
    worklist.mark(worklist.items()[0], "in work", "查资料", now=NOON)
    other = "怎样给家里的猫剪指甲才不会出血？"
    for _ in range(3):
        refuse(kb, other, NOON + timedelta(days=1))
    (item,) = worklist.items()
    assert (item.group.question, set(item.group.wordings), item.state) == (other, {CAT, other}, "in work")
    assert [worklist.item(squeeze(wording)) for wording in (CAT, other)] == [item, item]
    assert item.key == squeeze(other)


def test_done_opens_again_when_it_is_asked_again_and_still_not_answered(kb: KnowledgeBase, worklist: Worklist) -> None:
    """What is not ours stays that, however often it is asked."""
    for question in (CAT, RAIN):
        refuse(kb, question)
    for item, state in zip(worklist.items(), ("done", "not ours"), strict=True):
        worklist.mark(item, state, "", now=NOON + timedelta(hours=1))  # type: ignore[arg-type]
    states = {item.group.question: item.state for item in worklist.items()}
    assert sorted(states.values()) == ["done", "not ours"]
    for question in (CAT, RAIN):
        refuse(kb, question, NOON + timedelta(hours=2))
    again = {item.group.question: (item.state, item.reopened) for item in worklist.items()}
    expected = {"done": ("open", True), "not ours": ("not ours", False)}
    assert again == {question: expected[state] for question, state in states.items()}


# --- what is answered by now ------------------------------------------------------------------------------------------


def test_check_again_marks_what_new_notes_answer_and_nothing_else(
    kb: KnowledgeBase, worklist: Worklist, feedback: FeedbackStore, notes: Path, write_notes: Write
) -> None:
    """The newer index is taken over; a complaint waits for a person; a note on the item stays."""
    cat, rain = "宠物猫怎么剪指甲？", RAIN
    refuse(kb, cat)
    refuse(kb, rain)
    feedback.add(dislike(kb, POINTS))
    worklist.mark(next(item for item in worklist.items() if item.group.question == cat), "in work", "小陈写", now=NOON)
    assert worklist.check_again() == ()
    write_notes(
        notes,
        {
            "宠物/剪指甲.md": "# 宠物猫剪指甲\n\n## 宠物猫怎么剪指甲\n\n给宠物猫剪指甲要先按出爪尖，只剪透明的部分，避开血线。\n"
        },
    )
    KnowledgeBase.build(notes, kb.path)
    (marked,) = worklist.check_again("小林", NOON + timedelta(days=1))
    assert (marked.group.question, marked.state, marked.note) == (cat, "done", "小陈写")
    assert marked.mark is not None and marked.mark.by == "小林"
    assert {i.group.question: i.state for i in worklist.items()} == {cat: "done", rain: "open", POINTS: "open"}
    assert worklist.check_again() == ()


def test_what_is_not_ours_is_not_marked_by_itself(kb: KnowledgeBase, worklist: Worklist) -> None:
    """Though it is answered: the record is from an index that had no such note."""
    row = {"at": NOON.isoformat(), "question": POINTS, "understood_as": POINTS, "confidence": 0.1, "nearest": []}
    (kb.path / FILE).write_text(json.dumps({**row, "source": "chat"}) + "\n", "utf-8")
    (item,) = worklist.items()
    assert item.answered
    worklist.mark(item, "not ours", "", now=NOON)
    assert worklist.check_again() == ()
    assert worklist.items()[0].state == "not ours"


# --- ways out ---------------------------------------------------------------------------------------------------------


def test_csv_has_a_row_an_item_and_nothing_that_a_spreadsheet_computes(
    kb: KnowledgeBase, worklist: Worklist, feedback: FeedbackStore
) -> None:
    feedback.add(dislike(kb, POINTS, reason="=HYPERLINK(1)"))
    item = worklist.mark(worklist.items()[0], "in work", "@小陈", "-小林", NOON + timedelta(hours=1))
    rows = list(csv.reader(io.StringIO(to_csv((item,)))))
    assert rows[0] == list(COLUMNS)
    cells = dict(zip(COLUMNS, rows[1], strict=True))
    assert (cells["question"], cells["state"], cells["asked"], cells["refused"]) == (POINTS, "in work", "1", "0")
    assert (cells["reasons"], cells["note"], cells["by"]) == ("'=HYPERLINK(1)", "'@小陈", "'-小林")
    assert (cells["last"], cells["marked"]) == ("2025-01-31T12:00:00+00:00", "2025-01-31T13:00:00+00:00")


def gap(at: datetime) -> Gap:
    return Gap(at, CAT, CAT, 0.1, (), "chat")


def verdict(at: str, said: Verdict) -> Feedback:
    return Feedback(at, "", POINTS, POINTS, "", said, "", (), "", "", at)


def test_counts_by_week_begin_on_monday_and_name_empty_weeks() -> None:
    """2025-01-31 is a Friday; what is older than the weeks shown is left out."""
    gaps = [gap(NOON), gap(NOON - timedelta(days=4)), gap(NOON - timedelta(days=5)), gap(NOON - timedelta(days=90))]
    said = [verdict("2025-01-30T00:00:00+00:00", "up"), verdict("2025-01-15T00:00:00Z", "down")]
    assert activity(gaps, said, "week", 4, NOON, timezone.utc) == (
        Period(date(2025, 1, 6), 0, 0, 0), Period(date(2025, 1, 13), 0, 0, 1), Period(date(2025, 1, 20), 1, 0, 0),
        Period(date(2025, 1, 27), 2, 1, 0),
    )  # fmt: skip


def test_counts_by_day_are_of_the_days_of_a_zone() -> None:
    """Late in the evening in London is the next morning in Shanghai."""
    late = datetime(2025, 1, 30, 23, 0, tzinfo=timezone.utc)
    said = [verdict("2025-01-30T23:30:00", "up")]
    assert activity([gap(late)], said, "day", 2, NOON, timezone(timedelta(hours=8))) == (
        Period(date(2025, 1, 30), 0, 0, 0), Period(date(2025, 1, 31), 1, 1, 0),
    )  # fmt: skip
