"""Two runs compared: by hand, against independent arithmetic, and what cannot be compared."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import FrozenInstanceError, asdict
from pathlib import Path
from typing import Any

import pytest

from kbqa.errors import EvaluationError
from kbqa.evaluation.compare import (
    Comparison,
    compare,
    load_report,
    paired_p,
    randomization_test,
    score,
    sign_test,
)
from kbqa.evaluation.questions import Case
from kbqa.evaluation.report import _means, write
from kbqa.evaluation.report import report as judge
from kbqa.evaluation.requirements import Requirement, check, parse_requirement, read_requirements
from kbqa.evaluation.run import Result
from kbqa.terminal_compare import comparison_json, render_comparison


def row(name: str, nuggets: float | None = None, first: float | None = None, **other: Any) -> dict[str, Any]:
    """A row as a batch run writes it; refused unless it says something."""
    answerable, abstained = other.pop("answerable", True), other.pop("abstained", False)
    return {
        "id": name, "type": "fact", "question": f"{name}是什么", "answerable": answerable, "abstained": abstained,
        "answer": "" if abstained else f"{name}的答案", "answer_characters": 0 if abstained else len(name) + 3,
        "citations_exact": True, "nugget_recall": nuggets, "cited_evidence": None,
        "refusal_recall": None if answerable else float(abstained),
        "false_refusal": float(abstained) if answerable else None,
        **({} if first is None else {"Success@1": first}), **other,
    }  # fmt: skip


def made(*rows: dict[str, Any], settings: str = "s", notes: str = "n") -> dict[str, Any]:
    """A report over rows, its means by the batch run's own code."""
    types = sorted({r["type"] for r in rows})
    by_type = {t: _means([r for r in rows if r["type"] == t]) for t in types}
    return {
        "settings_digest": settings, "notes_digest": notes, "questions": len(rows), "aggregate": _means(rows),
        "by_type": by_type, "per_question": list(rows),
    }  # fmt: skip


def measure(comparison: Comparison, name: str) -> Any:
    return next(d for d in comparison.measures if d.name == name)


# --- reports ----------------------------------------------------------------------------------------------------------


def test_a_written_report_is_read_back(tmp_path: Path) -> None:
    """What `write` leaves is what `load_report` takes, values unchanged, and it compares with itself."""
    cases = [
        Case("q", "什么是留存", "definition", nuggets=(("留下",),), evidence=(("留下",),)),
        Case("u", "怎么换轮胎", "unanswerable", answerable=False),
    ]
    kept, refused = (("留下的人", (0,)),), (("没有", ()),)
    results = [
        Result("q", "什么是留存", "什么是留存", ("留下",), (0,), "留下的人", kept, (), False, 0.9, True, 0.1),
        Result("u", "怎么换轮胎", "怎么换轮胎", ("留下",), (), "没有", refused, (), True, 0.1, True, 0.1),
    ]
    write(tmp_path, cases, results, judge("s", "n", cases, results))
    read = load_report(tmp_path)
    assert read["per_question"][0]["answer"] == "留下的人" and read["aggregate"]["nugget_recall"] == 1
    same = compare(read, read)
    assert same.score.same == 2 and not same.regressed
    assert {"nDCG@10", "R@10", "answer_precision", "citation_recall"} <= {d.name for d in same.measures}
    asked = [parse_requirement(text) for text in ("auroc>=1", "aurc<=0.5", "refusal_recall@5%>=1", "ndcg@10>1")]
    assert [str(u.requirement) for u in check(read, asked)] == ["ndcg@10>1"]


def test_a_missing_report_names_the_folder(tmp_path: Path) -> None:
    """With the command that writes one; a file in the folder's place is said too."""
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(EvaluationError) as error:
            load_report(folder)
        assert f"{folder} 里没有 report.json" in error.value.zh and "kbqa eval --out" in error.value.en
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(EvaluationError) as error:
        load_report(tmp_path / "file")
    assert str(tmp_path / "file") in error.value.zh and "kbqa eval --out" in error.value.zh


GOOD = row("a", 1.0)
SHELL = {"settings_digest": "s", "notes_digest": "n", "aggregate": {}, "by_type": {}, "per_question": []}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "JSONDecodeError"), ("", "JSONDecodeError"), ("[" * 100_000, "RecursionError"),
        (b"\xff\xfe{", "UnicodeDecodeError"), ([], "the report"), (None, "the report"), ({}, "settings_digest"),
        ({**SHELL, "notes_digest": 3}, "notes_digest"), ({**SHELL, "per_question": {}}, "per_question"),
        ({**SHELL, "aggregate": {"Success@1": "0.9"}}, "aggregate Success@1"),
        ({**SHELL, "aggregate": {"Success@1": math.nan}}, "aggregate Success@1"),
        ({**SHELL, "aggregate": {"Success@1": 10**400}}, "OverflowError"),
        ({**SHELL, "by_type": {"fact": {"x": None}}}, "fact x"), ({**SHELL, "by_type": {"fact": 1}}, "AttributeError"),
        ({**SHELL, "per_question": ["a"]}, "TypeError"), ({**SHELL, "per_question": [{"id": "a"}]}, "type"),
        ({**SHELL, "per_question": [{**GOOD, "answerable": "yes"}]}, "a answerable"),
        ({**SHELL, "per_question": [{**GOOD, "nugget_recall": "1"}]}, "a nugget_recall"),
        ({**SHELL, "aggregate": {"new": 1}, "per_question": [{**GOOD, "new": []}]}, "a new"),
        ({**SHELL, "per_question": [GOOD, GOOD]}, "id a stands twice"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(content: Any, reason: str, tmp_path: Path) -> None:
    """The file and the first fault are named in both languages."""
    data = content if isinstance(content, bytes) else content if isinstance(content, str) else json.dumps(content)
    (tmp_path / "report.json").write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(EvaluationError) as error:
        load_report(tmp_path)
    for message in (error.value.zh, error.value.en):
        assert str(tmp_path / "report.json") in message and reason in message and "kbqa eval" in message


# --- scores and verdicts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("judged", "expected"),
    [
        (row("a", 0.5, 1.0), 0.5), (row("a", None, 1.0), 1.0), (row("a", 0.0, 1.0, abstained=True), 0.0),
        (row("a"), None), (row("a", answerable=False), 0.0), (row("a", answerable=False, abstained=True), 1.0),
        (row("a", 1.0, answerable=False), 0.0),
    ],
    ids=["nuggets", "no nuggets", "refused", "nothing known", "answered", "rightly refused", "nuggets all the same"],
)  # fmt: skip
def test_score_of_a_question(judged: dict[str, Any], expected: float | None) -> None:
    """Nuggets before rank for answerable questions, refusal for the others."""
    assert score(judged) == expected


def test_a_comparison_worked_by_hand() -> None:
    """Four questions of A and B: one better, one worse, one as before, one that nothing is known of."""
    a = made(row("up", 0.5, 0.0), row("down", answerable=False, abstained=True), row("even", 1.0, 1.0), row("open"))
    b = made(row("up", 0.75, 1.0), row("down", answerable=False), row("even", 1.0, 1.0), row("open"))
    c = compare(a, b)
    assert (c.shared, c.score.questions) == (4, 3)
    assert (c.score.a, c.score.b) == pytest.approx((2.5 / 3, 1.75 / 3)) and c.score.difference == -0.25
    assert (c.score.better, c.score.worse, c.score.same, c.score.test) == (1, 1, 1, "randomization")
    first = measure(c, "Success@1")
    assert (first.questions, first.a, first.b, first.better, first.worse, first.same) == (2, 0.5, 1.0, 1, 0, 1)
    assert (first.p, first.test) == (1.0, "sign")
    refusal = measure(c, "refusal_recall")
    assert (refusal.questions, refusal.a, refusal.b, refusal.worse) == (1, 1.0, 0.0, 1)
    assert [d.name for d in c.measures] == [
        "Success@1", "nugget_recall", "citations_exact", "refusal_recall", "false_refusal",
    ]  # fmt: skip
    assert not c.regressed  # a quarter lower, but as many better as worse


def test_changed_questions_come_with_both_sides() -> None:
    """The greatest loss first; answers, refusals and measures of both runs; what did not change is not there."""
    a = made(row("x", 0.5), row("y", 1.0, 1.0), row("z", 1.0), row("same", 0.3))
    b = made(row("x", 1.0), row("y", 0.0, 1.0, abstained=True), row("z", 0.9, type="list"), row("same", 0.3))
    changes = compare(a, b).changes
    assert [(c.id, c.better) for c in changes] == [("y", False), ("z", False), ("x", True)]
    y = changes[0]
    assert (y.type, y.question, y.answerable) == ("fact", "y是什么", True)
    assert (y.a.answer, y.a.abstained, y.a.score) == ("y的答案", False, 1.0)
    assert (y.b.answer, y.b.abstained, y.b.score) == ("", True, 0.0)
    assert y.a.values == {"Success@1": 1.0, "nugget_recall": 1.0, "citations_exact": 1.0, "false_refusal": 0.0}
    assert y.b.values["false_refusal"] == 1.0


def test_false_refusal_is_better_when_less() -> None:
    """Wins, losses and the verdict turn round; the difference stays B minus A."""
    a = made(*(row(f"q{i}") for i in range(8)))
    b = made(*(row(f"q{i}", abstained=True) for i in range(8)))
    for one, other, counts, gain in ((a, b, (0, 8), -1), (b, a, (8, 0), 1)):
        c = compare(one, other)
        d = measure(c, "false_refusal")
        assert (d.better, d.worse) == counts and d.gain == gain and d.difference == -gain and d.p == 2 / 2**8
        assert c.regressed is (gain < 0) and c.score.questions == 0


def test_only_shared_questions_count() -> None:
    """Those of one side are named in its order; the means are over the others."""
    a = made(row("hard", 0.0), row("b", 1.0), row("a2", 1.0), row("a1", 1.0))
    b = made(row("new", 0.0), row("b", 0.5))
    c = compare(a, b)
    assert (c.only_a, c.only_b, c.shared) == (("hard", "a2", "a1"), ("new",), 1)
    assert (c.score.a, c.score.b) == (1.0, 0.5)


@pytest.mark.parametrize(
    "other",
    [row("a", 1.0, question="别的"), row("a", 1.0, answerable=False), row("a", None, 1.0)],
    ids=["question", "answerable", "what is known"],
)
def test_one_id_for_two_questions(other: dict[str, Any]) -> None:
    """They are set aside and named; counted ids of two question sets would meet by chance."""
    c = compare(made(row("a", 1.0), row("b", 1.0)), made(other, row("b", 1.0)))
    assert c.relabelled == ("a",) and c.shared == 1 and c.only_a == c.only_b == ()
    with pytest.raises(EvaluationError, match="没有一道相同的题"):
        compare(made(row("a", 1.0)), made(other))


@pytest.mark.parametrize("report", [made(), made(row("other", 1.0))], ids=["empty", "apart"])
def test_nothing_shared_is_an_error(report: dict[str, Any]) -> None:
    """It must not pass for a run without regressions."""
    with pytest.raises(EvaluationError, match="share no question"):
        compare(made(row("a", 1.0)), report)


def test_digests_are_told_not_judged() -> None:
    """Other settings or notes are what is being compared."""
    c = compare(made(row("a", 1.0)), made(row("a", 1.0), settings="t"))
    assert (c.settings, c.same_settings, c.notes, c.same_notes) == (("s", "t"), False, ("n", "n"), True)
    c = compare(made(row("a", 1.0)), made(row("a", 1.0), notes="m"))
    assert (c.same_settings, c.notes, c.same_notes, c.regressed) == (True, ("n", "m"), False, False)


def test_measures_that_are_new_or_gone() -> None:
    """One that both have is compared whatever its name; one of a single run is named, not dropped in silence."""
    a, b = row("a", 1.0, fresh=0.25, gone=1.0), row("a", 1.0, fresh=0.5)
    reports = [made(a), made(b)]
    for report, extra in zip(reports, ({"fresh": 0.25, "gone": 1.0, "whole_run": 3.0}, {"fresh": 0.5}), strict=True):
        report["aggregate"] |= extra
    c = compare(*reports)
    assert c.unpaired == ("gone",) and "gone" not in {d.name for d in c.measures}
    assert measure(c, "fresh").difference == 0.25
    assert "whole_run" not in str(c) and "median" not in {d.name for d in c.measures}


def test_median_length_leaves_refusals_out() -> None:
    """And is None where all were refused."""
    a = made(row("a", 1.0, answer="四个字的"), row("b", 1.0, answer="两字"), row("c", 0.0, abstained=True))
    b = made(*(row(name, 0.0, abstained=True) for name in "abc"))
    assert compare(a, b).median_characters == (3.0, None)


# --- significance -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("up", range(9))
@pytest.mark.parametrize("down", range(9))
def test_sign_test_against_binomial_tails(up: int, down: int) -> None:
    """Twice the smaller tail of coin tosses, at most 1."""
    n = up + down
    tail = sum(math.comb(n, k) for k in range(min(up, down) + 1)) / 2**n
    assert sign_test(up, down) == pytest.approx(min(1.0, 2 * tail))


@pytest.mark.parametrize(
    "moves", [[0.5, 0.25], [0.5, -0.5], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [0.3, -0.1, 0.25, 0.5, -0.75, 1.0, 0.2]]
)
def test_randomization_test_against_every_turn_of_signs(moves: list[float]) -> None:
    """Few questions are counted out exactly."""
    observed = abs(math.fsum(moves))
    turned = [
        math.fsum(s * m for s, m in zip(signs, moves, strict=True))
        for signs in itertools.product((1, -1), repeat=len(moves))
    ]
    assert randomization_test(moves) == pytest.approx(sum(abs(t) >= observed - 1e-12 for t in turned) / 2 ** len(moves))


def test_paired_p_chooses_the_test_and_ignores_ties() -> None:
    """Whole moves by signs, others by randomization; both agree on whole moves; nothing moved is no evidence."""
    assert paired_p([]) == paired_p([0.0] * 5) == (1.0, "sign")
    assert paired_p([1.0] * 6 + [0.0] * 90) == (2 / 64, "sign")
    assert randomization_test([1.0] * 6) == 2 / 64
    assert paired_p([0.5]) == (1.0, "randomization")
    assert paired_p([0.5, 0.25, 0.0]) == paired_p([0.5, 0.25])


def test_drawn_signs_are_the_same_every_time() -> None:
    """Beyond the exact cases p is drawn from a fixed seed, near the normal approximation."""
    moves = [0.5 if i % 3 else -0.25 for i in range(40)]
    p, test = paired_p(moves)
    assert test == "randomization" and (p, test) == paired_p(moves) and p < 0.001
    mild = [0.5] * 18 + [-0.5] * 22
    z = abs(sum(mild)) / math.sqrt(sum(m * m for m in mild))
    assert paired_p(mild)[0] == pytest.approx(math.erfc((z - 0.5 / math.sqrt(10)) / math.sqrt(2)), abs=0.05)


def test_two_comparisons_are_byte_identical() -> None:
    """The same reports always give the same JSON."""
    a = made(*(row(f"q{i}", i % 7 / 7, i % 2) for i in range(40)))
    b = made(*(row(f"q{i}", i % 5 / 5, i % 3 % 2) for i in range(40)))
    first, second = (json.dumps(comparison_json(compare(a, b)), ensure_ascii=False) for _ in range(2))
    assert first == second and '"difference": ' in first


# --- regression -------------------------------------------------------------------------------------------------------


def scored(before: list[float], after: list[float]) -> Comparison:
    pairs = list(enumerate(zip(before, after, strict=True)))
    return compare(made(*(row(f"q{i}", x) for i, (x, _) in pairs)), made(*(row(f"q{i}", y) for i, (_, y) in pairs)))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1.0] * 100, [0.0] + [1.0] * 99, False),
        ([0.9] * 100, [0.8] + [0.9] * 99, False),
        ([1.0] * 100, [0.0, 0.9] + [1.0] * 98, True),
        ([1.0, 0.5, 0.5], [0.0, 0.6, 0.5], False),
        ([1.0, 0.5, 0.5], [0.5, 0.4, 0.6], True),
        ([0.5] * 3, [0.6] * 3, False),
        ([0.5] * 3, [0.5] * 3, False),
    ],
    ids=["a point exactly", "less", "more than a point", "as many better", "more worse", "better", "same"],
)
def test_a_drop_of_the_score(before: list[float], after: list[float], expected: bool) -> None:
    """More than one point, and more questions worse than better; none of these is significant."""
    c = scored(before, after)
    assert c.significantly_worse == () and c.regressed is c.score_dropped is expected


def test_a_small_but_significant_loss_is_a_regression() -> None:
    """Six losses without a win in a thousand questions: 0.6 points, p = 1/32."""
    c = scored([1.0] * 1000, [0.0] * 6 + [1.0] * 994)
    assert not c.score_dropped and c.regressed and c.score.p == 2 / 64
    assert [d.name for d in c.significantly_worse] == ["score", "nugget_recall"]
    back = scored([0.0] * 6 + [1.0] * 994, [1.0] * 1000)
    assert back.score.significant and not back.regressed
    five = scored([1.0] * 1000, [0.0] * 5 + [1.0] * 995)
    assert five.score.p == 2 / 32 and not five.regressed


def test_a_measure_can_regress_alone() -> None:
    """The score goes by nuggets and stays; ranks fall."""
    a = made(*(row(f"q{i}", 1.0, 1.0) for i in range(9)))
    b = made(*(row(f"q{i}", 1.0, 0.0) for i in range(9)))
    c = compare(a, b)
    assert c.score.same == 9 and c.changes == () and [d.name for d in c.significantly_worse] == ["Success@1"]
    assert c.regressed and not c.score_dropped


def test_a_comparison_cannot_be_altered() -> None:
    """Frozen, like every noun."""
    c = scored([1.0], [1.0])
    with pytest.raises(FrozenInstanceError):
        c.shared = 2  # type: ignore[misc]


# --- requirements -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("success@3>=0.9", Requirement("Success@3", ">=", 0.9)),
        ("  SUCCESS@3  >=  .9 ", Requirement("Success@3", ">=", 0.9)),
        ("english:success@3>=0.85", Requirement("Success@3", ">=", 0.85, "english")),
        ("两 段:多跳 : s@1 < 1", Requirement("Success@1", "<", 1, "两 段:多跳")),
        ("ｅｎ：Ｓ＠３＞＝０．９", Requirement("Success@3", ">=", 0.9, "en")),
        ("s@3≥0.9", Requirement("Success@3", ">=", 0.9)),
        ("length≤220", Requirement("median_answer_characters", "<=", 220)),
        ("nuggets>0.5", Requirement("nugget_recall", ">", 0.5)),
        ("cited==1", Requirement("cited_evidence", "==", 1)),
        ("refusal>=0.85", Requirement("refusal_recall", ">=", 0.85)),
        ("False_Refusal<=0.05", Requirement("false_refusal", "<=", 0.05)),
        ("rr@10>=0.8", Requirement("RR@10", ">=", 0.8)),
        ("CITATIONS_EXACT==1.", Requirement("citations_exact", "==", 1)),
        ("nDCG@10>=-1", Requirement("nDCG@10", ">=", -1)),
    ],
)
def test_requirements_are_read(text: str, expected: Requirement) -> None:
    """Case, width and short names do not matter; names that are not ours stay as given."""
    assert parse_requirement(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "success@3", "success@3>=", ">=0.9", "success@3=0.9", "success@3=>0.9", "success@3>==0.9", "s@3>=90%",
     "s@3>=nan", "s@3>=0.9 0.8", "s@3>=0.9>=0.8", ":s@3>=0.9", " :s@3>=0.9", "english:>=0.9", "s@3>=0,9", "s@3>=."],
)  # fmt: skip
def test_requirements_that_are_none(text: str) -> None:
    """What was written and how it is written right."""
    with pytest.raises(EvaluationError) as error:
        parse_requirement(text)
    for message in (error.value.zh, error.value.en):
        assert f"“{text.strip()}”" in message and "english:success@3>=0.85" in message


def test_a_requirement_reads_back_as_written() -> None:
    """Its text is itself a requirement."""
    for text in ("english:Success@3>=0.85", "median_answer_characters<=220", "false_refusal==0"):
        assert str(parse_requirement(text)) == text


def test_requirement_files(tmp_path: Path) -> None:
    """Comments, blank lines, a byte order mark and Windows line ends."""
    path = tmp_path / "require.txt"
    path.write_bytes("\ufeff# 门槛\r\n\r\ns@3 >= 0.9  # 前三\r\nen:s@3>=0.8\r\n".encode())
    assert read_requirements(path) == (Requirement("Success@3", ">=", 0.9), Requirement("Success@3", ">=", 0.8, "en"))


def test_a_bad_line_is_named_by_number(tmp_path: Path) -> None:
    """Blank and comment lines counted; the file is named."""
    path = tmp_path / "require.txt"
    path.write_text("# one\n\ns@3>=0.9\ns@1=0.9\n", "utf-8")
    with pytest.raises(EvaluationError) as error:
        read_requirements(path)
    assert f"{path} 第 4 行" in error.value.zh and "s@1=0.9" in error.value.zh
    assert f"{path}, line 4" in error.value.en


@pytest.mark.parametrize("content", [None, b"", b"# s@3>=0.9\n\n", "要求".encode("gb18030")])
def test_files_without_a_requirement(content: bytes | None, tmp_path: Path) -> None:
    """An empty one must not pass everything."""
    path = tmp_path / "require.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EvaluationError) as error:
        read_requirements(path)
    assert str(path) in error.value.zh and str(path) in error.value.en


REPORT = {
    "aggregate": {"Success@3": 0.9, "nDCG@10": 0.5, "median_answer_characters": 220.0},
    "by_type": {"English": {"Success@3": 0.8}, "-": {"nDCG@10": 0.5}},
}


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("s@3>=0.9", True), ("s@3>0.9", False), ("s@3<=0.9", True), ("s@3<0.9", False), ("s@3==0.9", True),
        ("s@3>=0.91", False), ("ndcg@10>=0.5", True), ("length<=220", True), ("english:s@3>=0.8", True),
        ("ENGLISH:s@3>=0.81", False), ("-:ndcg@10==0.5", True),
    ],
)  # fmt: skip
def test_requirements_are_checked(text: str, met: bool) -> None:
    """At the very figure each comparison does what it says; a type has its own figure."""
    unmet = check(REPORT, [parse_requirement(text)])
    assert (unmet == ()) is met
    if not met:
        actual = 0.8 if "english" in text.casefold() else 0.9
        assert unmet[0].actual == actual and f"实际 {actual}" in unmet[0].zh and f"it is {actual}" in unmet[0].en


@pytest.mark.parametrize(
    ("text", "missing", "known"),
    [
        ("cited>=0", "度量 cited_evidence", "Success@3、median_answer_characters、nDCG@10"),
        ("english:ndcg@10>=0", "度量 ndcg@10", "只有 Success@3"),
        ("typo:s@3>=0", "题目类型 typo", "English、-"),
    ],
)
def test_a_figure_that_is_not_there_is_not_met(text: str, missing: str, known: str) -> None:
    """Even where any figure would do; what there is is named."""
    (unmet,) = check(REPORT, [parse_requirement(text)])
    assert unmet.actual is None and missing in unmet.zh and known in unmet.zh and "the report has no" in unmet.en


def test_unmet_requirements_keep_their_order() -> None:
    """All of them are told, not the first alone; none asked is none unmet."""
    asked = [parse_requirement(text) for text in ("s@3>=1", "s@3>=0", "cited>=1", "length<1")]
    assert [u.requirement for u in check(REPORT, asked)] == [asked[0], asked[2], asked[3]]
    assert check(REPORT, []) == ()


# --- what is shown ----------------------------------------------------------------------------------------------------


def shown(comparison: Comparison, capsys: pytest.CaptureFixture[str], **options: int) -> str:
    render_comparison(comparison, **options)
    return capsys.readouterr().out


def test_the_table_fits_a_narrow_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns: every figure of a measure stands on its line."""
    monkeypatch.setenv("COLUMNS", "80")
    a = made(*(row(f"q{i}", 1.0, 1.0) for i in range(1000)))
    b = made(*(row(f"q{i}", 1.0, float(i >= 6)) for i in range(1000)))
    lines = [line.split() for line in shown(compare(a, b), capsys).splitlines()]
    assert ["measure", "n", "A", "B", "B-A", "better", "worse", "same", "p"] in lines
    assert ["score", "1000", "1.000", "1.000", "+0.000", "0", "0", "1000", "1.000"] in lines
    assert ["Success@1", "1000", "1.000", "0.994", "-0.006", "0", "6", "994", "0.031*"] in lines


def test_changes_and_verdict_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Both answers of a changed question, what moved, marks of Rich as they stand, and why it is a regression."""
    a = made(
        row("d1", 1.0, 1.0, answer="[bold]甲[/bold]\n乙", type="list"), row("gone", 1.0), row("e", 1.0), settings="s1"
    )
    b = made(row("d1", 0.0, 1.0, abstained=True, type="list"), row("new", 1.0), row("e", 1.0), settings="s2")
    out = shown(compare(a, b), capsys)
    for text in (
        "only in A 1：gone", "only in B 1：new", "settings differ：s1 → s2", "d1 [list] d1是什么", "A 1.00  [bold]甲[/bold] 乙",
        "B 0.00  （拒答 refused）", "nugget_recall 0.00  false_refusal 1.00", "变差 Worse 1", "Regressed：总分 score -0.500，变差 worse 1 > 变好 better 0",
    ):  # fmt: skip
        assert text in out
    assert "notes differ" not in out and "变好 Better" not in out and "Success@1 1.00" not in out


def test_long_lists_and_answers_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """At most `limit` questions of each kind, the best gains first, and how many more there are."""
    before = made(*(row(f"q{i}", 0.1) for i in range(3)), row("down", 1.0, answer="长" * 500))
    after = made(*(row(f"q{i}", 0.2 + i / 10) for i in range(3)), row("down", 0.9))
    out = shown(compare(before, after), capsys, limit=1)
    assert "q2 [fact]" in out and "q0 [fact]" not in out and "还有 2 题 more" in out and "Better 3" in out
    assert "长" * 120 + "…" in out and "长" * 121 not in out and "没有变差" in out


def test_nothing_judged_and_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a score there is no line of it, and no list."""
    out = shown(compare(made(row("a")), made(row("a"))), capsys)
    assert "score" not in out and "Worse" not in out and "Better" not in out and "没有变差" in out


def test_comparison_as_json() -> None:
    """Every field, with the verdict."""
    c = scored([1.0] * 6, [0.0] * 6)
    values = json.loads(json.dumps(comparison_json(c)))
    assert values["regressed"] is True and values["significantly_worse"] == ["score", "nugget_recall"]
    assert values["score"]["difference"] == -1 and values["score"]["significant"] is True
    assert values["changes"][0]["a"]["values"]["nugget_recall"] == 1 and set(asdict(c)) <= set(values)
