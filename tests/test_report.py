"""Reports: hand-worked aggregates, intervals that do not move, and files that neither time nor a spreadsheet changes."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binom

from kbqa import KnowledgeBase
from kbqa.evaluation.page import REASONS
from kbqa.evaluation.questions import Case
from kbqa.evaluation.report import AVERAGED, Report, latency, page_data, report, write
from kbqa.evaluation.run import Result, run
from kbqa.types import Citation

EVIDENCE = (("红包",), ("投放",))
WRONG = ("无关",) * 10


def result(case: Case, passages: Sequence[str] = (), *sentences: str, **values: Any) -> Result:
    """A result whose sentences are all quoted from one note, each with its own citation."""
    cited = tuple((text, (i,)) for i, text in enumerate(sentences))
    citations = tuple(Citation("a.md", 0, len(text), text) for text in sentences)
    given = {
        "understood_as": case.question, "cited": (), "answer": "".join(sentences), "sentences": cited, "citations": citations,
        "abstained": False, "confidence": 0.5, "exact": True, "seconds": 1.0, **values,
    }  # fmt: skip
    return Result(id=case.id, question=case.question, passages=tuple(passages), **given)


def judged(*pairs: tuple[Case, Result]) -> Report:
    return report("s", "n", [case for case, _ in pairs], [outcome for _, outcome in pairs])


def seven() -> tuple[list[Case], list[Result]]:
    """Ranks 1, 2, 5 and none over four questions with evidence, two unanswerable, one of which nothing is known."""
    nuggets = (("红包二十万", "红包20万"), ("投放十二万",))
    a, b = (Case(name, name, "list", evidence=EVIDENCE, nuggets=nuggets) for name in "ab")
    c, d = (Case(name, name, "fact", evidence=EVIDENCE, nuggets=nuggets) for name in "cd")
    e, f = (Case(name, name, "unanswerable", answerable=False) for name in "ef")
    g = Case("g", "庚")
    results = [
        result(a, ["红包", *WRONG[:9]], "红包 20 万。", "投放十二万。", confidence=0.9),
        result(b, ["无", "投放", "红包"], "红包二十万。", "别的。", confidence=0.8),
        result(c, [*WRONG[:4], "红包"], "一二三", cited=(4,), confidence=0.7, exact=False),
        result(d, [], answer="没有", sentences=(("没有", ()),), abstained=True, confidence=0.1),
        result(e, WRONG, answer="没有", sentences=(("没有", ()),), abstained=True, confidence=0.2),
        result(f, ["红包"], "一二三四五六七", confidence=0.7),
        result(g, ["红包"], "一二三四", confidence=0.6),
    ]
    return [a, b, c, d, e, f, g], results


# --- aggregates -------------------------------------------------------------------------------------------------------


def test_aggregate_of_hand_made_results() -> None:
    """Each mean is over the questions that its measure applies to, and no others."""
    made = report("s", "n", *seven())
    one, two, five = 1.0, 1 / math.log2(3), 1 / math.log2(6)  # discounts of places
    third = 1 / math.log2(4)
    ndcg = [one / (one + two), (two + third) / (one + two), five / (one + two), 0.0]
    assert made.aggregate == {
        "Success@1": 0.25, "Success@3": 0.5, "RR@10": round((1 + 1 / 2 + 1 / 5 + 0) / 4, 4),
        "nDCG@10": round(sum(ndcg) / 4, 4), "R@10": round((1 / 2 + 1 + 1 / 2 + 0) / 4, 4),
        "nugget_recall": round((1 + 0.5 + 0 + 0) / 4, 4),
        "answer_precision": round((1 + 0.5 + 0) / 3, 4),
        "cited_evidence": round(3 / 4, 4),
        "citation_precision": round((1 + 0.5 + 0) / 3, 4),
        "citation_recall": 1.0,
        "citations_exact": round(6 / 7, 4), "refusal_recall": 0.5, "false_refusal": 0.2,
        "median_answer_characters": 7.0,
        # Pairs of 0.9, 0.8, 0.7, 0.1, 0.6 with 0.2 and 0.7: four above 0.2, two above 0.7 and one level with it.
        "AUROC": round((4 + 2.5) / 10, 4),
        # Losses 0, 0.5, then 1 and 1 together, 1 (nothing known of g), 1, 1 (refused, nothing found).
        "AURC": round((0 + 0.5 / 2 + 2 * 2.5 / 4 + 3.5 / 5 + 4.5 / 6 + 5.5 / 7) / 7, 4),
        "refusal_recall@5%": 0.0,  # five answerable questions may lose none, and 0.1 is the least of all
    }  # fmt: skip
    assert made.risk_coverage == (
        (round(1 / 7, 4), 0.0), (round(2 / 7, 4), 0.25), (round(4 / 7, 4), 0.625), (round(5 / 7, 4), 0.7),
        (round(6 / 7, 4), 0.75), (1.0, round(5.5 / 7, 4)),
    )  # fmt: skip
    assert (made.questions, made.settings_digest, made.notes_digest) == (7, "s", "n")


def test_types_have_their_own_means() -> None:
    """Without the figures that need both kinds of questions; a question without a type stands under a dash."""
    made = report("s", "n", *seven())
    assert list(made.by_type) == ["-", "fact", "list", "unanswerable"]
    assert made.by_type["list"]["RR@10"] == 0.75 and made.by_type["fact"]["Success@3"] == 0.0
    assert made.by_type["list"]["nugget_recall"] == 0.75 and made.by_type["list"]["median_answer_characters"] == 11.5
    assert made.by_type["unanswerable"] == {
        "citation_recall": 1.0, "citations_exact": 1.0, "refusal_recall": 0.5, "median_answer_characters": 7.0,
    }  # fmt: skip
    assert "refusal_recall" not in made.by_type["-"] and "AUROC" not in made.by_type["list"]


def test_rows_hold_what_was_judged() -> None:
    """In the order of the questions; what does not apply is None, not 0."""
    rows = report("s", "n", *seven()).per_question
    assert [row["id"] for row in rows] == list("abcdefg")
    assert [row["RR@10"] for row in rows[:4]] == pytest.approx([1, 0.5, 0.2, 0])
    assert all("RR@10" not in row and row["nugget_recall"] is row["cited_evidence"] is None for row in rows[4:])
    assert [row["nugget_recall"] for row in rows[:4]] == [1.0, 0.5, 0.0, 0.0]
    assert [row["answer_precision"] for row in rows] == [1.0, 0.5, 0.0, None, None, None, None]
    assert [row["citation_recall"] for row in rows] == [1.0, 1.0, 1.0, None, None, 1.0, 1.0]
    assert [row["refusal_recall"] for row in rows] == [None] * 4 + [1.0, 0.0, None]
    assert [row["false_refusal"] for row in rows] == [0.0, 0.0, 0.0, 1.0, None, None, 0.0]


def test_cited_evidence_may_stand_around_the_quote() -> None:
    """A passage that was cited counts as a whole; one that was only found does not."""
    case = Case("a", "甲", evidence=(("红包",),))
    cited, found, neither = (result(case, ["红包和别的"], "别的", cited=places) for places in ((0,), (), ()))
    assert judged((case, cited)).aggregate["cited_evidence"] == 1.0
    assert judged((case, found)).aggregate["cited_evidence"] == 0.0
    assert judged((case, neither)).per_question[0]["citation_precision"] == 0.0


def test_several_passages_for_one_group() -> None:
    """Each that supports a group is relevant; a group that none supports counts as one that was missed."""
    case = Case("a", "甲", evidence=EVIDENCE)
    row = judged((case, result(case, ["红包", "无", "红包袋"], "红包"))).per_question[0]
    assert row["R@10"] == pytest.approx(2 / 3, abs=1e-6)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert row["nDCG@10"] == pytest.approx((1 + 1 / math.log2(4)) / ideal, abs=1e-6)
    assert row["Success@1"] == row["RR@10"] == 1.0


def test_what_a_refusal_would_have_cost_is_told_by_its_best_passage() -> None:
    """Refused with the evidence on top: no loss; with it below or nowhere: all of it; unanswerable: always all."""
    case = Case("a", "甲", evidence=EVIDENCE, nuggets=(("红包二十万",),))
    off = Case("u", "乙", answerable=False)
    for passages, loss in ((["红包"], 0.0), (["无", "红包"], 1.0), ([], 1.0)):
        refused = result(case, passages, abstained=True, confidence=0.9)
        made = judged((case, refused), (off, result(off, ["红包"], abstained=True, confidence=0.1)))
        assert made.risk_coverage == ((0.5, loss), (1.0, (loss + 1) / 2))


def test_a_refusal_states_nothing() -> None:
    """Even if what it says holds the nuggets."""
    case = Case("a", "甲", evidence=EVIDENCE, nuggets=(("红包",),))
    row = judged((case, result(case, ["红包"], "没有红包的答案", abstained=True))).per_question[0]
    assert (row["nugget_recall"], row["cited_evidence"], row["answer_precision"]) == (0.0, False, None)


def test_refusals_that_cost_one_answer_in_twenty() -> None:
    """Two of three unanswerable questions are less sure than the second of twenty answerable ones."""
    yes, no = (
        [Case(f"{kind}{i}", "甲", answerable=kind == "y") for i in range(n)] for kind, n in (("y", 20), ("n", 3))
    )
    sure = [(i + 1) / 20 for i in range(20)] + [0.0, 0.07, 0.3]
    made = judged(*((c, result(c, confidence=s)) for c, s in zip([*yes, *no], sure, strict=True)))
    assert made.aggregate["refusal_recall@5%"] == 0.6667


def test_questions_without_nuggets_are_judged_by_their_best_passage() -> None:
    """Nugget recall does not apply, and the loss of answering goes by the rank."""
    case = Case("a", "甲", evidence=EVIDENCE)
    made = judged((case, result(case, ["红包"], "别的")))
    assert "nugget_recall" not in made.aggregate and made.risk_coverage == ((1.0, 0.0),)


# --- what there may be none of ----------------------------------------------------------------------------------------


def test_no_questions() -> None:
    """No figure, no curve, no failure."""
    made = report("s", "n", [], [])
    assert (made.aggregate, made.intervals, made.by_type, made.risk_coverage, made.per_question) == ({}, {}, {}, (), ())


def test_nothing_but_unanswerable_questions() -> None:
    """No rank measure then; no figure that compares two kinds."""
    case = Case("u", "怎么给汽车换轮胎", answerable=False)
    made = judged((case, result(case, ["红包"], answer="没有", sentences=(), abstained=True)))
    assert made.aggregate == {"citations_exact": 1.0, "refusal_recall": 1.0}


def test_nothing_found_for_any_question() -> None:
    """Every rank measure is 0, not missing: a system must not gain by finding nothing."""
    case = Case("a", "甲", evidence=EVIDENCE)
    made = judged((case, result(case, [], abstained=True)))
    for name in ("Success@1", "Success@3", "RR@10", "nDCG@10", "R@10", "cited_evidence"):
        assert made.aggregate[name] == 0.0


def test_results_of_other_questions_are_refused() -> None:
    """As many results as questions."""
    cases, results = seven()
    with pytest.raises(ValueError, match="shorter"):
        report("s", "n", cases, results[:-1])


# --- intervals --------------------------------------------------------------------------------------------------------


def refusals(refused: int, of: int) -> Report:
    cases = [Case(f"q{i}", "甲", answerable=False) for i in range(of)]
    return judged(*((case, result(case, abstained=i < refused)) for i, case in enumerate(cases)))


@pytest.mark.parametrize(("refused", "of"), [(30, 100), (190, 200), (5, 10)])
def test_intervals_against_the_binomial_distribution(refused: int, of: int) -> None:
    """The mean of n drawn ones and zeros is binomial: its 2.5 % and 97.5 % points, give or take one question."""
    low, high = refusals(refused, of).intervals["refusal_recall"]
    expected = binom.ppf([0.025, 0.975], of, refused / of) / of
    assert (low, high) == pytest.approx(tuple(expected), abs=1.01 / of)
    assert low < refused / of < high


def test_intervals_are_the_same_every_time() -> None:
    """And of every measure that a mean is of, the mean within."""
    cases, results = seven()
    first, second = report("s", "n", cases, results), report("s", "n", cases, results)
    assert first.intervals == second.intervals
    assert set(first.intervals) == set(first.aggregate) & set(AVERAGED)
    for name, (low, high) in first.intervals.items():
        assert 0 <= low <= first.aggregate[name] <= high <= 1
    assert first.intervals["Success@1"] == (0.0, 0.75) and first.intervals["citation_recall"] == (1.0, 1.0)


def test_more_questions_narrow_an_interval() -> None:
    """About as the root of their number."""
    few, many = (high - low for low, high in (refusals(n // 2, n).intervals["refusal_recall"] for n in (40, 640)))
    assert many == pytest.approx(few / 4, rel=0.2)


def test_a_single_question_has_no_interval() -> None:
    """It says nothing of how others would come out."""
    assert refusals(1, 1).intervals == {} and refusals(2, 2).intervals["refusal_recall"] == (1.0, 1.0)


# --- why a question failed --------------------------------------------------------------------------------------------


def test_every_reason_comes_out_of_a_result() -> None:
    """One question for each, by what was found, cited and said."""
    case = Case("a", "甲", evidence=EVIDENCE, nuggets=(("红包二十万",), ("投放十二万",), ("物料",)))
    off = Case("u", "乙", answerable=False)
    outcomes = {
        "not retrieved": (case, result(case, WRONG, "红包二十万，投放十二万，物料")),
        "ranked low": (case, result(case, [*WRONG[:3], "红包"], "红包二十万，投放十二万，物料")),
        "wrong sentence": (case, result(case, ["无", "无", "红包"], "红包二十万")),
        "refused": (case, result(case, ["红包"], abstained=True)),
        "should have refused": (off, result(off, [], "红包")),
        "ok": (case, result(case, ["无", "无", "红包"], "红包二十万，投放十二万")),
    }
    assert tuple(outcomes) == REASONS
    for reason, pair in outcomes.items():
        made = judged(pair)
        assert made.per_question[0]["why"] == reason
        assert page_data([pair[0]], [pair[1]], made)["questions"][0]["why"] == reason
    assert judged((off, result(off, abstained=True))).per_question[0]["why"] == "ok"


# --- time -------------------------------------------------------------------------------------------------------------


def test_latency_in_milliseconds() -> None:
    """Between the two in the middle; linear between the two at the end; none without a question."""
    case = Case("a", "甲")
    assert latency(result(case, seconds=s) for s in (0.004, 0.001, 0.002, 0.003)) == {"p50": 2.5, "p95": 3.85}
    assert latency([result(case, seconds=0.2)]) == {"p50": 200.0, "p95": 200.0}
    assert latency([]) == {}


def test_time_is_no_part_of_a_report() -> None:
    """The same but for time is the same report."""
    cases, results = seven()
    slow = [result(c, r.passages, seconds=60.0) for c, r in zip(cases, results, strict=True)]
    fast = [result(c, r.passages, seconds=0.001) for c, r in zip(cases, results, strict=True)]
    assert report("s", "n", cases, slow) == report("s", "n", cases, fast)


# --- files ------------------------------------------------------------------------------------------------------------


def test_reports_of_three_runs_are_the_same_bytes(kb: KnowledgeBase, _index: Path, tmp_path: Path) -> None:
    """Two by one door, one by another over the same index; report and table, which hold no time."""
    cases = [
        Case(
            "d", "什么是转化率", "definition", evidence=(("占进入这一步的人数的比例",),), nuggets=(("完成目标动作",),)
        ),
        Case("l", "活动分为哪几个阶段", "list", evidence=(("预热期",),), nuggets=(("预热期",), ("返场期",))),
        Case("u", "怎么给汽车换轮胎", "unanswerable", answerable=False),
        Case("p", "？？", "fact", evidence=(("红包",),)),
    ]
    for name, door in (("one", kb), ("two", kb), ("three", KnowledgeBase.open(_index))):
        results = run(door, cases, out=tmp_path / name)
        write(tmp_path / name, cases, results, report(door.settings.digest, door.info().notes_digest, cases, results))
    for file in ("report.json", "report.csv"):
        first, second, third = ((tmp_path / name / file).read_bytes() for name in ("one", "two", "three"))
        assert first == second == third
        assert not re.search(rb"seconds|latency|p50|p95|20\d\d-\d\d", first)
    made = json.loads(first_json := (tmp_path / "one" / "report.json").read_text("utf-8"))
    assert set(made) == {
        "settings_digest", "notes_digest", "questions", "aggregate", "intervals", "by_type", "risk_coverage", "per_question",
    }  # fmt: skip
    assert made["questions"] == 4 and made["aggregate"]["nugget_recall"] > 0 and "什么是转化率" in first_json


def test_a_written_report_reads_back_as_it_was(tmp_path: Path) -> None:
    """Every figure of the report stands in the file, keys in one order."""
    cases, results = seven()
    made = report("s", "n", cases, results)
    write(tmp_path / "new" / "folder", cases, results, made)
    text = (tmp_path / "new" / "folder" / "report.json").read_text("utf-8")
    read = json.loads(text)
    assert read["aggregate"] == made.aggregate and read["by_type"] == made.by_type
    assert read["intervals"] == {name: list(bounds) for name, bounds in made.intervals.items()}
    assert read["risk_coverage"] == [list(point) for point in made.risk_coverage]
    assert read["per_question"] == [dict(row) for row in made.per_question]
    assert text == json.dumps(read, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def rows_of(folder: Path) -> list[dict[str, str]]:
    data = (folder / "report.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")  # else Excel reads Chinese as the local encoding
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_table_has_a_row_a_question(tmp_path: Path) -> None:
    """With every measure; what does not apply is empty, and an answer of several lines stays one cell."""
    cases, results = seven()
    results[0] = result(cases[0], results[0].passages, "红包二十万，\n“投放”十二万", confidence=0.9)
    write(tmp_path, cases, results, report("s", "n", cases, results))
    rows = rows_of(tmp_path)
    assert [row["id"] for row in rows] == list("abcdefg")
    assert set(AVERAGED) < set(rows[0]) and "seconds" not in rows[0]
    assert rows[0]["answer"] == "红包二十万，\n“投放”十二万" and float(rows[0]["confidence"]) == 0.9
    assert [row["Success@3"] for row in rows] == ["1.0", "1.0", "0.0", "0.0", "", "", ""]
    assert [row["why"] for row in rows] == [
        "ok", "ok", "ranked low", "refused", "ok", "should have refused", "ok",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+86 10", "-1", "@SUM(A1)", '=HYPERLINK("http://a.example","点我")'])
def test_no_cell_becomes_a_formula(text: str, tmp_path: Path) -> None:
    """Of question, type, id and answer alike; other text and numbers stand as they are."""
    cases = [Case(text, text, text), Case("b", "一=一", "fact")]
    results = [result(cases[0], [], answer=text, sentences=()), result(cases[1], [], "甲-乙", confidence=0.25)]
    write(tmp_path, cases, results, report("s", "n", cases, results))
    first, second = rows_of(tmp_path)
    for name in ("id", "question", "type", "answer"):
        assert first[name] == "'" + text
    assert (second["question"], second["answer"], second["confidence"]) == ("一=一", "甲-乙", "0.25")


def test_a_tab_before_a_formula_hides_nothing(tmp_path: Path) -> None:
    """A spreadsheet drops it and computes the rest."""
    cases = [Case("a", "\t=1+1")]
    results = [result(cases[0])]
    write(tmp_path, cases, results, report("s", "n", cases, results))
    assert rows_of(tmp_path)[0]["question"].startswith("'")


def test_a_nugget_without_alternatives_does_not_lose_the_run(tmp_path: Path) -> None:
    """Question files may hold `"nuggets": [[]]`; what was asked is written all the same."""
    cases = [Case("a", "甲", nuggets=((), ("红包",)))]
    results = [result(cases[0], ["红包"], "红包")]
    write(tmp_path, cases, results, report("s", "n", cases, results))
    assert (tmp_path / "report.html").is_file()


# --- the page ---------------------------------------------------------------------------------------------------------


def test_what_the_page_is_given() -> None:
    """Ranks of the first evidence, nuggets that are missing by their first name, quotes, times, curve."""
    cases, results = seven()
    made = report("s", "n", cases, results)
    data = page_data(cases, results, made, "试题")
    assert {place: n for place, n in data["ranks"].items() if n} == {"1": 1, "2": 1, "5": 1, "none": 1}
    assert list(data["ranks"]) == [*map(str, range(1, 11)), "none"]
    missed = [["红包二十万", "投放十二万"][i:] for i in (2, 1, 0, 0)]
    assert [q["nuggets_missed"] for q in data["questions"]] == [*missed, [], [], []]
    assert data["questions"][0]["citations"][1]["quote"] == "投放十二万。"
    assert data["questions"][1]["expected"]["evidence"] == [["红包"], ["投放"]]
    assert data["latency"] == {"p50": 1000.0, "p95": 1000.0, "all": [1000.0] * 7}
    assert data["risk_coverage"]["aurc"] == made.aggregate["AURC"]
    curve = zip(data["risk_coverage"]["coverage"], data["risk_coverage"]["risk"], strict=True)
    assert tuple(curve) == made.risk_coverage and (data["title"], data["when"]) == ("试题", "")


def test_ranks_are_of_answerable_questions() -> None:
    """Like the measures; evidence given with an unanswerable one is no place to find."""
    case = Case("u", "甲", answerable=False, evidence=EVIDENCE, nuggets=(("红包",),))
    outcome = result(case, ["红包"])
    data = page_data([case], [outcome], judged((case, outcome)))
    assert set(data["ranks"].values()) == {0} and data["questions"][0]["nuggets_missed"] == []


def test_the_page_is_written(tmp_path: Path) -> None:
    """With the title and every question in it."""
    cases, results = seven()
    write(tmp_path, cases, results, report("s", "n", cases, results), "第三季度试题")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "第三季度试题" in page and all(f'"id":"{case.id}"' in page for case in cases)
