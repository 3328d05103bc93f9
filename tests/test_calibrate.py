"""Fitting when the notes do not answer: against a model that is known, on small notes of its own, and kept beside an index."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest

from kbqa import KnowledgeBase
from kbqa.answering.confidence import FILE, Calibration, confidence, load_calibration
from kbqa.errors import EvaluationError, KbqaError
from kbqa.evaluation.calibrate import (
    FALSE_REFUSALS,
    Asked,
    CalibrationReport,
    _calibration_error,
    _fit,
    _for_part,
    _index,
    _parts,
    calibrate,
)
from kbqa.evaluation.questions import Case
from kbqa.settings import BuildSettings, Settings

# Twenty notes of one sentence each and a question on it.
TOPICS = {
    "拉新": ("拉新是指把从来没有用过产品的人变成第一次使用的人。", "拉新是什么"),
    "促活": ("促活是指让已经注册但很少打开的人多打开几次。", "促活是什么意思"),
    "裂变": ("裂变海报要把好友能拿到的东西写在最上面一行。", "裂变海报最上面一行写什么"),
    "补货": ("仓库每周三下午盘点，低于安全库存的商品当天补货。", "仓库什么时候盘点"),
    "客服": ("客服收到投诉后两小时内必须回电，超时由组长接手。", "收到投诉多久要回电"),
    "直播": ("直播间开场前十分钟只发福袋，不讲商品。", "直播间开场前十分钟做什么"),
    "短信": ("短信模板必须带退订方式，并且不超过七十个字。", "短信模板有什么要求"),
    "优惠券": ("满减优惠券的门槛定在客单价的一点二倍。", "满减优惠券的门槛定多少"),
    "社群": ("社群每晚九点发当日清单，群主不在时由副群主代发。", "社群几点发当日清单"),
    "选题": ("选题会每周一上午开，每人带三个选题和一条数据。", "选题会每人带几个选题"),
    "埋点": ("埋点上线前要在测试环境核对事件名称和参数。", "埋点上线前要核对什么"),
    "灰度": ("灰度发布先放百分之五的流量，观察一天再放开。", "灰度发布先放多少流量"),
    "复盘": ("复盘文档要写清目标、结果、原因和下一步。", "复盘文档要写清哪些内容"),
    "退货": ("退货运费由发错货的一方承担，七天内到账。", "退货运费由谁承担"),
    "签到": ("签到页连续七天给一张无门槛券，中断就从头算。", "签到中断了怎么办"),
    "搜索": ("搜索框的默认词每天换一次，按前一天的点击排序。", "搜索框默认词多久换一次"),
    "推送": ("推送消息晚上十点以后不发，节假日提前到八点。", "推送消息几点以后不发"),
    "达人": ("达人合作先寄样品，收到反馈后再谈坑位费。", "达人合作为什么先寄样品"),
    "海报": ("海报字号不小于二十四，二维码放在右下角。", "海报的二维码放在哪里"),
    "问卷": ("问卷超过十题的回收率会掉一半，能删就删。", "问卷超过十题会怎样"),
}
OFF = (
    "怎么给汽车换轮胎", "红烧肉要炖多久", "猫咪不吃饭怎么办", "北极熊冬天吃什么", "怎么折纸飞机", "月亮为什么有圆缺",
    "高铁能带宠物吗", "钢琴多久调一次音", "感冒要不要吃抗生素", "怎么辨认毒蘑菇", "圆周率的第十位是几", "水稻几月插秧",
    "台风是怎么命名的", "羽毛球拍怎么穿线", "珠穆朗玛峰有多高", "怎么腌咸鸭蛋", "恐龙是什么时候灭绝的", "电饭煲煮粥放多少水",
    "蜜蜂怎么过冬", "围棋有多少个交叉点",
)  # fmt: skip
ANSWERABLE = tuple(Case(name, text, sources=(f"{name}.md",)) for name, (_, text) in TOPICS.items())
UNANSWERABLE = tuple(Case(f"off{i}", text, answerable=False) for i, text in enumerate(OFF))
CASES = (*ANSWERABLE, *UNANSWERABLE)

WriteNotes = Callable[[Path, Mapping[str, str]], Path]


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory, write_notes: WriteNotes) -> Path:
    notes = {f"{name}.md": f"# {name}\n\n{text}\n" for name, (text, _) in TOPICS.items()}
    return write_notes(tmp_path_factory.mktemp("topics") / "notes", notes)


@pytest.fixture(scope="module")
def topics_index(topics: Path) -> Path:
    KnowledgeBase.build(topics, topics.parent / "index")
    return topics.parent / "index"


Steps = list[tuple[str, int, int]]


@pytest.fixture(scope="module")
def fitted(topics: Path) -> tuple[CalibrationReport, Steps]:
    """A calibration over the notes and parts of them, with what it told of its progress."""
    steps: Steps = []
    return calibrate(topics, CASES, BuildSettings(), lambda *step: steps.append(step)), steps


# --- probabilities ----------------------------------------------------------------------------------------------------


def given(encoder: str = "e", **changes: float) -> Calibration:
    return replace(Calibration(encoder, -1.0, {"a": 2.0, "b": -0.5}, 0.4, {"answerable": 20}), **changes)


def test_probability_worked_by_hand() -> None:
    """−1 + 2 × 1 − 0.5 × 2 = 0 is a half; one more of `a` makes it 2."""
    assert given().probability({"a": 1.0, "b": 2.0}) == 0.5
    assert given().probability({"a": 2.0, "b": 2.0, "other": 9.0}) == round(1 / (1 + math.exp(-2)), 4)


def test_probability_rises_and_falls_with_what_speaks_for_and_against() -> None:
    """All the way, and it stays between 0 and 1 for the wildest values."""
    steps = [x / 4 for x in range(-12, 13)]
    rising = [given().probability({"a": x, "b": 0.0}) for x in steps]
    falling = [given().probability({"a": 0.0, "b": x}) for x in steps]
    assert rising == sorted(set(rising)) and falling == sorted(set(falling), reverse=True)
    assert given().probability({"a": 1e9, "b": 0.0}) == 1.0 and given().probability({"a": -1e9, "b": 0.0}) == 0.0


def test_nothing_found_is_certain_to_be_no_answer(kb: KnowledgeBase) -> None:
    """Whatever the calibration says."""
    found = kb.find("什么是转化率")
    sure = replace(load_calibration(kb.path, ""), bias=100.0)
    assert confidence(kb._index, found, sure) == 1.0 and confidence(kb._index, replace(found, hits=()), sure) == 0.0


# --- the fit ----------------------------------------------------------------------------------------------------------


def asked(rows: list[dict[str, float]], answerable: np.ndarray) -> Asked:
    """Every question by itself, and all count."""
    groups = [str(i) for i in range(len(rows))]
    return Asked(rows, answerable.tolist(), groups, [True] * len(rows), [1.0] * len(rows))


def two_heaps(size: int, seed: int = 3) -> tuple[list[dict[str, float]], np.ndarray]:
    """`x` is normal around 1 for answerable questions and around −1 for others; `noise` tells nothing, `same` is constant."""
    draw = np.random.default_rng(seed)
    answerable = np.arange(size) % 2 == 0
    x, noise = draw.normal(np.where(answerable, 1.0, -1.0)), draw.normal(size=size)
    return [{"x": float(a), "noise": float(b), "same": 3.0} for a, b in zip(x, noise, strict=True)], answerable


def test_the_fit_finds_the_model_that_made_the_data() -> None:
    """For two heaps of width 1 at ±1 the log odds are 2x, and everything else follows from the normal distribution."""
    normal = NormalDist()
    cut = 1 + normal.inv_cdf(FALSE_REFUSALS)  # so many of the answerable are below it
    report = _fit(asked(*two_heaps(8000)), "encoder")
    calibration = report.calibration
    assert calibration.weights["x"] == pytest.approx(2, abs=0.1) and calibration.bias == pytest.approx(0, abs=0.1)
    assert calibration.weights["noise"] == pytest.approx(0, abs=0.1) and calibration.weights["same"] == 0
    assert report.auroc == pytest.approx(normal.cdf(2 / math.sqrt(2)), abs=0.01)
    assert report.refused == pytest.approx(normal.cdf(cut + 1), abs=0.03)
    assert calibration.threshold == pytest.approx(1 / (1 + math.exp(-2 * cut)), abs=0.03)
    assert report.error < 0.03 and (report.answerable, report.unanswerable) == (4000, 4000)


def test_the_threshold_loses_one_answerable_question_in_twenty() -> None:
    """Also of questions that the fit has not seen."""
    calibration = _fit(asked(*two_heaps(8000)), "encoder").calibration
    rows, answerable = two_heaps(8000, seed=4)
    refused = np.array([calibration.probability(row) < calibration.threshold for row in rows])
    assert refused[answerable].mean() == pytest.approx(FALSE_REFUSALS, abs=0.012)
    assert refused[~answerable].mean() > 0.55


def test_what_a_calibration_says_of_itself() -> None:
    """The figures of the report, rounded, and the encoder."""
    report = _fit(asked(*two_heaps(400)), "encoder")
    assert report.calibration.encoder == "encoder"
    assert report.calibration.made_of == {
        "answerable": 200, "unanswerable": 200, "AUROC": round(report.auroc, 4), "false_refusal": FALSE_REFUSALS,
        "calibration_error": round(report.error, 4), "refusal_recall": round(report.refused, 4),
    }  # fmt: skip


def test_weights_are_per_unit_of_the_feature() -> None:
    """In hundredths the weight is a hundredth, and the probabilities stay."""
    rows, answerable = two_heaps(400)
    fine = [{**row, "x": 100 * row["x"]} for row in rows]
    one, other = _fit(asked(rows, answerable), "").calibration, _fit(asked(fine, answerable), "").calibration
    assert other.weights["x"] == pytest.approx(one.weights["x"] / 100, rel=1e-3)
    assert other.probability(fine[7]) == pytest.approx(one.probability(rows[7]), abs=2e-3)


def test_the_bias_takes_up_where_a_feature_lies() -> None:
    """Ten further on, the bias is lower by ten times the weight, and the probabilities stay."""
    rows, answerable = two_heaps(400)
    far = [{**row, "x": row["x"] + 10} for row in rows]
    one, other = _fit(asked(rows, answerable), "").calibration, _fit(asked(far, answerable), "").calibration
    assert other.bias == pytest.approx(one.bias - 10 * one.weights["x"], abs=1e-3)
    assert [other.probability(row) for row in far] == pytest.approx([one.probability(row) for row in rows], abs=1e-3)


def test_what_cannot_be_told_apart_is_guessed() -> None:
    """Labels by lot: an AUROC of about a half out of the fit, whatever it learnt by heart."""
    rows, _ = two_heaps(2000)
    report = _fit(asked(rows, np.random.default_rng(5).random(2000) < 0.5), "")
    assert report.auroc == pytest.approx(0.5, abs=0.04) and report.refused == pytest.approx(0.05, abs=0.04)


def test_what_belongs_together_is_validated_together() -> None:
    """One question in many places, each time with the same label: known by heart, but never by those left out."""
    draw = np.random.default_rng(6)
    kinds = draw.random(40) < 0.5
    rows = [{f"is {i}": float(i == k) for i in range(40)} for k in range(40) for _ in range(20)]
    labels, groups = np.repeat(kinds, 20).tolist(), [str(k) for k in range(40) for _ in range(20)]
    together = Asked(rows, labels, groups, [True] * len(rows), [1.0] * len(rows))
    assert _fit(together, "").auroc < 0.7
    assert _fit(replace(together, groups=[str(i) for i in range(800)]), "").auroc > 0.95


def test_only_what_counts_sets_the_threshold() -> None:
    """Those that parts of a folder are asked are easier or harder, and no reader asks them."""
    rows, answerable = two_heaps(4000)
    easy = [{**row, "x": row["x"] + 4 * bool(a)} for row, a in zip(rows, answerable, strict=True)]
    both = asked([*rows, *easy], np.concatenate([answerable, answerable]))
    some = replace(both, counted=[True] * 4000 + [False] * 4000)
    assert _fit(some, "").calibration.threshold < _fit(both, "").calibration.threshold


def test_what_weighs_nothing_changes_nothing() -> None:
    """Questions of parts of a folder weigh half; with no weight at all the fit is that of the others."""
    rows, answerable = two_heaps(1000)
    alone = _fit(asked(rows, answerable), "").calibration
    both = asked([*rows, *rows], np.concatenate([answerable, ~answerable]))
    silent = _fit(replace(both, weights=[1.0] * 1000 + [0.0] * 1000), "").calibration
    assert silent.weights["x"] == pytest.approx(alone.weights["x"], rel=0.02) and alone.weights["x"] > 1
    assert abs(_fit(both, "").calibration.weights["x"]) < 0.1


def test_calibration_error_worked_by_hand() -> None:
    """Three bins of ten: 0.05 off in the lowest and the highest, 0.35 in the one that has half of the questions."""
    guessed, answerable = np.array([0.05, 0.15, 0.15, 0.95]), np.array([False, False, True, True])
    assert _calibration_error(guessed, answerable) == pytest.approx((0.05 + 2 * 0.35 + 0.05) / 4)
    assert _calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == 0
    assert _calibration_error(np.array([0.0, 1.0]), np.array([True, False])) == 1


# --- parts of the notes -----------------------------------------------------------------------------------------------


def test_parts_deal_out_every_document_once() -> None:
    """Six of them from eighteen documents on, alike in size, the same every time and in any order; then one note alone."""
    *parts, alone = _parts(CASES)
    assert len(alone) == 1
    assert len(parts) == 6 and sorted(len(part) for part in parts) == [3, 3, 3, 3, 4, 4]
    assert sorted(source for part in parts for source in part) == sorted(f"{name}.md" for name in TOPICS)
    assert _parts(CASES[::-1]) == _parts(CASES)
    assert len(_parts(ANSWERABLE[:18])) == 7 and _parts(ANSWERABLE[:17]) == [] and _parts(UNANSWERABLE) == []


def test_what_a_part_is_asked() -> None:
    """Its own questions as they are, those on other notes as unanswerable, and not those that it could half answer."""
    a, b = Case("a", "甲", sources=("a.md",)), Case("b", "乙", sources=("b.md",))
    both, inside = Case("both", "丙", sources=("a.md", "b.md")), Case("inside", "丁", sources=("a.md", "c.md"))
    off = Case("off", "戊", answerable=False, sources=("a.md",))
    asked = _for_part(frozenset({"a.md", "c.md"}), [a, b, both, inside, off], 0)
    assert {(case.id, case.answerable) for case in asked} == {
        ("a", True), ("inside", True), ("b", False), ("off", False),
    }  # fmt: skip
    assert len(asked) == 4


def test_a_part_is_asked_sixty_of_each_foreign_kind_at_most() -> None:
    """Drawn by the part's number, each once."""
    far = [Case(f"f{i}", "甲", sources=(f"{i}.md",)) for i in range(90)]
    off = [Case(f"u{i}", "乙", answerable=False) for i in range(90)]
    first, again, second = (_for_part(frozenset({"own.md"}), [*far, *off], seed) for seed in (1, 1, 2))
    assert first == again != second and not any(case.answerable for case in first)
    ids = [case.id for case in first]
    assert len(set(ids)) == 120 and sum(name.startswith("f") for name in ids) == 60


def test_a_question_on_unknown_notes_is_not_asked_of_parts() -> None:
    """`sources` may be left out; nobody knows then whether a part answers it."""
    assert _for_part(frozenset({"a.md"}), [Case("open", "甲"), Case("a", "乙", sources=("a.md",))], 0) == [
        Case("a", "乙", sources=("a.md",))
    ]


def test_a_source_that_is_no_note_is_named(topics: Path, tmp_path: Path) -> None:
    """As after renaming a note: one error of ours that says which."""
    with pytest.raises(KbqaError) as error:
        _index(topics, tmp_path, frozenset({"改名了.md"}), BuildSettings())
    assert "改名了.md" in error.value.zh


# --- over notes -------------------------------------------------------------------------------------------------------


def test_notes_and_parts_are_asked(fitted: tuple[CalibrationReport, Steps]) -> None:
    """Forty questions of the whole; of each part its own, the others on notes, and those on nothing."""
    report, steps = fitted
    own = [len(part) for part in _parts(CASES)]
    total = 40 + sum(n + (20 - n) + 20 for n in own)
    assert steps == [("asking", done, total) for done in range(1, total + 1)]
    assert (report.answerable, report.unanswerable) == (20 + sum(own), 20 + sum((20 - n) + 20 for n in own))
    assert report.calibration.made_of["answerable"] == 20 + 20 + 1


def test_notes_and_other_matters_are_told_apart(
    fitted: tuple[CalibrationReport, Steps], topics_index: Path, topics: Path
) -> None:
    """By cross-validation, and when it is put to use: own questions are surer than others, and few are lost."""
    report, _ = fitted
    calibration = report.calibration
    assert report.auroc > 0.95 and report.refused > 0.8 and report.error < 0.1
    assert report.calibration.made_of["AUROC"] == round(report.auroc, 4)
    kb = KnowledgeBase.open(topics_index)
    own, other = (
        [confidence(kb._index, kb.find(c.question), calibration) for c in some] for some in (ANSWERABLE, UNANSWERABLE)
    )
    assert sum(c < calibration.threshold for c in own) <= 2
    assert sum(c < calibration.threshold for c in other) >= 18
    assert min(sorted(own)[2:]) > max(sorted(other)[:-2])
    assert calibration.encoder == kb.info().encoder_digest


def test_two_fits_are_the_same(topics: Path) -> None:
    """To the last digit, on one index each: too few documents for parts."""
    few = [replace(case, sources=("拉新.md",)) for case in ANSWERABLE]
    first, second = (calibrate(topics, [*few, *UNANSWERABLE], BuildSettings()) for _ in range(2))
    assert first == second and (first.answerable, first.unanswerable) == (20, 20)


@pytest.mark.parametrize(
    "cases",
    [
        [*ANSWERABLE[:19], *UNANSWERABLE], [*ANSWERABLE, *UNANSWERABLE[:19]],
        [*ANSWERABLE[:19], Case("marks", "？？"), *UNANSWERABLE],
    ],
    ids=["answerable", "unanswerable", "one of them invalid"],
)  # fmt: skip
def test_too_few_questions_of_a_kind(topics: Path, cases: list[Case]) -> None:
    """Nineteen are one too few; an invalid one does not count; the error says how many and what to add."""
    with pytest.raises(EvaluationError) as error:
        calibrate(topics, [replace(case, sources=()) for case in cases], BuildSettings())
    assert "20 个" in error.value.zh and "answerable: false" in error.value.zh and "20 questions" in error.value.en


# --- kept beside an index ---------------------------------------------------------------------------------------------


def test_a_saved_calibration_reads_back_as_it_was(fitted: tuple[CalibrationReport, Steps], tmp_path: Path) -> None:
    """Every weight to the last digit, keys sorted, readable."""
    calibration = fitted[0].calibration
    calibration.save(tmp_path / FILE)
    assert load_calibration(tmp_path, calibration.encoder) == calibration
    text = (tmp_path / FILE).read_text("utf-8")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def test_a_calibration_for_another_encoder_is_not_used(tmp_path: Path) -> None:
    """The one that ships is, as it is where there is none."""
    shipped = load_calibration(tmp_path, "mine")
    assert shipped.encoder and shipped.weights and 0 < shipped.threshold < 1
    own = replace(shipped, encoder="mine", bias=shipped.bias + 1)
    own.save(tmp_path / FILE)
    assert load_calibration(tmp_path, "mine") == own != shipped
    assert load_calibration(tmp_path, "another") == shipped


def test_answers_go_by_the_calibration_beside_the_index(index: Path) -> None:
    """Its probability is the confidence and its threshold decides; settings come before the threshold."""
    plain = KnowledgeBase.open(index)
    shipped = load_calibration(index, plain.info().encoder_digest)
    assert plain.answer_threshold == shipped.threshold and not plain.ask("什么是转化率").abstained
    replace(shipped, bias=shipped.bias - 40, threshold=0.9).save(index / FILE)
    kb = KnowledgeBase.open(index)
    answer = kb.ask("什么是转化率")
    assert kb.answer_threshold == 0.9 and answer.abstained and answer.confidence < 0.5
    settings = Settings()
    lenient = KnowledgeBase.open(index, replace(settings, query=replace(settings.query, answer_threshold=0.0)))
    assert lenient.answer_threshold == 0.0 and not lenient.ask("什么是转化率").abstained


def test_building_again_keeps_the_calibration(notes: Path, index: Path) -> None:
    """It depends on the encoder, not on what the notes say today."""
    digest = KnowledgeBase.open(index).info().encoder_digest
    replace(load_calibration(index, digest), threshold=0.77).save(index / FILE)
    (notes / "新.md").write_text("# 新\n\n新人手册放在共享盘的第一层。\n", "utf-8")
    KnowledgeBase.build(notes, index)
    assert KnowledgeBase.open(index).answer_threshold == 0.77


@pytest.mark.parametrize(
    "damage",
    [lambda text: "", lambda text: text[: len(text) // 2], lambda text: "[]", lambda text: '{"encoder": "e"}'],
    ids=["empty", "half", "list", "fields missing"],
)
def test_a_damaged_calibration_is_an_error_of_ours(index: Path, damage: Callable[[str], str]) -> None:
    """Or none; but nothing that only a programmer can read."""
    digest = KnowledgeBase.open(index).info().encoder_digest
    load_calibration(index, digest).save(index / FILE)
    (index / FILE).write_text(damage((index / FILE).read_text("utf-8")), "utf-8")
    try:
        KnowledgeBase.open(index).ask("什么是转化率")
    except KbqaError as error:
        assert FILE in error.zh


def test_a_calibration_of_other_features_is_an_error_of_ours(index: Path) -> None:
    """Or it is passed over like one for another encoder."""
    own = load_calibration(index, KnowledgeBase.open(index).info().encoder_digest)
    replace(own, encoder=KnowledgeBase.open(index).info().encoder_digest, weights={"gone": 1.0}).save(index / FILE)
    try:
        KnowledgeBase.open(index).ask("什么是转化率")
    except KbqaError as error:
        assert FILE in error.zh
