"""The learning path: small notes worked by hand, and the handbook read as a trainer would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from kbqa.onboarding.path import UNGROUPED, LearningPath, Need, learning_path, make_path
from kbqa.terms.glossary import introduced, name_key
from kbqa.types import Term
from tests.learning import ROOT, built, handbook, handbook_course, note


def titles(path: LearningPath) -> list[str]:
    return [step.title for step in path.steps]


def defined(name: str, doc_id: str, start: int, end: int, **facets: object) -> Term:
    return Term(name, definition=(doc_id, start, end), origin="front matter", **facets)  # type: ignore[arg-type]


def test_levels_come_first_and_prerequisites_within_them(tmp_path: Path) -> None:
    """丙 is easy and comes before the harder 甲 and 乙; 甲 needs what 乙 defines."""
    documents = [
        note(tmp_path, "甲.md", level="进阶", prerequisites=["乙词"]),
        note(tmp_path, "乙.md", level="进阶", terms=["乙词"]),
        note(tmp_path, "丙.md", level="入门"),
    ]
    path = make_path(documents, ())
    assert titles(path) == ["丙", "乙", "甲"]
    assert [(stage.name, [s.title for s in stage.steps]) for stage in path.stages] == [
        ("入门", ["丙"]), ("进阶 1", ["乙"]), ("进阶 2", ["甲"]),
    ]  # fmt: skip
    assert path.steps[2].needs == (Need("乙词", "乙.md", primer=False),)


def test_a_harder_prerequisite_becomes_a_primer(tmp_path: Path) -> None:
    """易 is for beginners though it needs a word of the harder 难: it stays among them, behind what needs nothing ahead."""
    documents = [
        note(tmp_path, "易.md", level="入门", prerequisites=["难词"]),
        note(tmp_path, "浅.md", level="入门"),
        note(tmp_path, "难.md", level="专家", terms=["难词"]),
    ]
    path = make_path(documents, ())
    assert titles(path) == ["浅", "易", "难"]
    assert path.steps[1].needs == (Need("难词", "难.md", primer=True),)
    assert path.rings == ()


def test_a_ring_of_notes_is_cut_named_and_primed(tmp_path: Path) -> None:
    """甲 needs 丙, 丙 needs 乙, 乙 needs 甲. 丙.md sorts first by its code point: it goes first, with 乙's word as a primer."""
    documents = [
        note(tmp_path, f"{name}.md", level="入门", terms=[f"{name}词"], prerequisites=[f"{needs}词"])
        for name, needs in (("甲", "丙"), ("乙", "甲"), ("丙", "乙"))
    ]
    path = make_path(documents, ())
    assert path.rings == (("丙.md", "甲.md", "乙.md"),)
    assert titles(path) == ["丙", "甲", "乙"]
    assert [[(n.term, n.primer) for n in step.needs] for step in path.steps] == [
        [("乙词", True)], [("丙词", False)], [("甲词", False)],
    ]  # fmt: skip


def test_without_front_matter_folders_make_stages_and_what_is_used_comes_first(tmp_path: Path) -> None:
    """Two notes speak of 地基, one of 砖墙, none of 屋顶."""
    documents = [
        note(tmp_path, "房子/屋顶.md", "盖在砖墙上，砖墙立在地基上。"),
        note(tmp_path, "房子/砖墙.md", "砌在地基上。"),
        note(tmp_path, "房子/地基.md", "先挖坑。"),
        note(tmp_path, "院子/水井.md", "打井。"),
        note(tmp_path, "前言.md", "先看这里。"),
    ]
    path = make_path(documents, ())
    assert [(stage.name, [s.title for s in stage.steps]) for stage in path.stages] == [
        ("房子", ["地基", "砖墙", "屋顶"]), (UNGROUPED, ["前言"]), ("院子", ["水井"]),
    ]  # fmt: skip
    assert [step.used_by for step in path.steps] == [2, 1, 0, 0, 0]


def test_numbers_that_people_gave_are_kept(tmp_path: Path) -> None:
    names = ("2-再/10-后.md", "2-再/9-前.md", "1-先/1-始.md")
    path = make_path([note(tmp_path, name) for name in names], ())
    assert [step.doc_id for step in path.steps] == ["1-先/1-始.md", "2-再/9-前.md", "2-再/10-后.md"]


def test_notes_without_a_level_come_after_those_with_one(tmp_path: Path) -> None:
    documents = [
        note(tmp_path, "a/无.md", terms=["无词"]),
        note(tmp_path, "b/有.md", level="专家", prerequisites=["无词"]),
    ]
    path = make_path(documents, ())
    assert [stage.name for stage in path.stages] == ["专家", "a"]
    assert path.steps[0].needs == (Need("无词", "a/无.md", primer=True),)


def test_reading_time_is_characters_by_speed(tmp_path: Path) -> None:
    """The text is the heading, a line end and 601 characters; a fraction of a minute counts as one."""
    document = note(tmp_path, "长.md", "字" * 601)
    assert len(document.text) == 603
    assert make_path([document], (), speed=300).minutes == 3
    assert make_path([document], (), speed=603).minutes == 1


def test_a_long_stage_is_parted_evenly(tmp_path: Path) -> None:
    path = make_path([note(tmp_path, f"{i:02}.md", level="入门") for i in range(13)], ())
    assert [(stage.name, len(stage.steps)) for stage in path.stages] == [("入门 1", 7), ("入门 2", 6)]


def test_terms_stand_behind_what_they_are_made_of_and_beside_what_they_are_confused_with(tmp_path: Path) -> None:
    """The subject is first; 甲率 is made of 乙数; 丁量 stands beside 乙数, for which it is taken, before 丙数."""
    body = "甲率是乙数的比例。\n\n乙数是人的个数。\n\n丙数是次数。\n\n丁量是总量。\n\n总览是全部的表。"
    document = note(tmp_path, "总览.md", body)

    def place(name: str) -> tuple[int, int]:
        start = document.text.index(name + "是")
        return start, document.text.index("。", start) + 1

    names = ("甲率", "乙数", "丙数", "丁量", "总览")
    confusable = {"丁量": ("乙数",), "乙数": ("丁量",)}
    terms = [defined(n, "总览.md", *place(n), confusable=confusable.get(n, ())) for n in names]
    step = make_path([document], terms).steps[0]
    assert step.terms == ("总览", "乙数", "甲率", "丁量", "丙数")
    assert step.made_of == (("甲率", "乙数"),)


def test_guesses_of_the_glossary_are_not_taught(tmp_path: Path) -> None:
    document = note(tmp_path, "词.md", "准词是一种词。猜词也许是词。")
    terms = [
        defined("准词", "词.md", 2, 9),
        Term("猜词", definition=("词.md", 9, 16), origin="label", sure=0.64),
        Term("外词", origin="lexicon"),
    ]
    assert make_path([document], terms).steps[0].terms == ("准词",)


def test_no_notes_make_an_empty_path() -> None:
    assert make_path([], ()) == LearningPath(())
    assert make_path([], ()).minutes == 0


def test_the_path_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    for name, needs in (("甲", ["丙词", "乙词"]), ("乙", ["甲词"]), ("丙", ["乙词"]), ("丁", [])):
        note(tmp_path / "notes", f"{name}.md", terms=[f"{name}词"], prerequisites=needs, level="入门")
    index = built(tmp_path / "notes").path
    command = [sys.executable, "-m", "kbqa", "learn", "path", "--index", str(index), "--json"]
    made = {
        subprocess.run(
            command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
    rings = json.loads(made.pop())["rings"]
    assert sorted(rings) == [["丙.md", "甲.md", "乙.md"], ["乙.md", "甲.md"]]


def test_the_handbook_puts_nothing_before_the_words_it_needs() -> None:
    """Every prerequisite was learned in an earlier step or is a primer, and primers are the few that a level forbids."""
    path = handbook_course().path
    number = {step.doc_id: step.number for step in path.steps}
    primers = set()
    for step in path.steps:
        for need in step.needs:
            assert need.primer == (number[need.doc_id] > step.number)
            if need.primer:
                primers.add((step.title, need.term))
    assert path.rings == ()
    assert primers == {
        ("内容策划与生产", "用户画像"), ("活动策划与 ROI", "对照组"), ("OKR 与 KPI", "北极星指标"), ("OKR 与 KPI", "指标体系"),
        ("SOP 与流程", "活动运营"),
    }  # fmt: skip


def test_the_handbook_starts_with_what_operations_are() -> None:
    path = handbook_course().path
    assert titles(path)[:3] == ["运营是什么与四大模块", "商业认知", "核心指标口径"]
    levels = [step.level for step in path.steps]
    assert levels == sorted(levels, key=["入门", "进阶", "专家", ""].index)
    assert titles(path)[-2:] == ["运营经理的成长", "术语表"]


def test_the_handbook_is_read_once_and_whole() -> None:
    """Each note is one step, each term that the notes register stands in one step, stages fit an afternoon or two."""
    kb, path = handbook(), learning_path(handbook())
    assert sorted(step.doc_id for step in path.steps) == sorted(kb.doc_ids)
    assert [step.number for step in path.steps] == list(range(1, len(kb.doc_ids) + 1))
    taught = [name_key(name) for step in path.steps for name in step.terms]
    registered = {name_key(n) for doc_id in kb.doc_ids for n in kb.document(doc_id).terms}
    assert len(taught) == len(set(taught))
    assert registered <= {name_key(n) for t in kb.terms if introduced(t) for n in (t.name, *t.aliases, *t.english)}
    assert registered - set(taught) <= {name_key(a) for t in kb.terms for a in (*t.aliases, *t.english)}
    assert max(stage.minutes for stage in path.stages) <= 240


def test_the_handbook_teaches_the_subject_of_a_note_first() -> None:
    first = {step.title: step.terms[0] for step in handbook_course().path.steps}
    wanted = {
        "用户价值与 LTV": "LTV", "AARRR 模型": "AARRR 模型", "OKR 与 KPI": "OKR", "裂变与 K 因子": "裂变", "CRM 客户关系管理": "CRM",
        "流失与召回": "流失用户", "供应链": "供应链",
    }  # fmt: skip
    assert {title: first[title] for title in wanted} == wanted
