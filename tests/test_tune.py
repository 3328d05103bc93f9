"""Tuning on a team's notes: what it learns from, what it holds out, when the result is kept."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import kbqa.models
from kbqa import BuildSettings, KnowledgeBase, Settings
from kbqa.cli import app
from kbqa.errors import EncoderError, EvaluationError
from kbqa.indexing.index import Index
from kbqa.indexing.static_model import StaticModel
from kbqa.training import tune

SHIPPED = Path(kbqa.models.__file__).parent / "static-zh-en"
# A team's own words for its projects; the shipped model cannot know them.
NAMES = (
    "灰兔",
    "蓝鲸",
    "白鹭",
    "黑豹",
    "金雕",
    "青蛙",
    "赤狐",
    "银杏",
    "红杉",
    "翠鸟",
    "雪松",
    "山猫",
    "海星",
    "飞鱼",
    "石榴",
    "木棉",
)
MATTERS = (
    ("退货邮费由公司先行垫付", "买家寄回商品产生的快递费先由平台付清"), ("主播排班与轮换", "直播人员按周安排上场次序"),
    ("仓库盘点", "每月末清点货架上的库存数量"), ("发票开具", "订单完成后三天内寄出增值税票据"),
    ("短信签名报备", "向运营商登记发送方的名称"), ("门店装修补贴", "新开店铺的翻新费用按面积报销"),
    ("客服夜班", "晚上十点以后的咨询由值守人员回复"), ("差评回访", "给打一颗星的顾客致电了解原因"),
    ("赠品采购", "活动礼物统一由行政下单"), ("数据备份", "每天凌晨把数据库复制到另一个机房"),
    ("供应商考核", "按到货及时与次品比例给厂家打分"), ("新人导师", "入职头三个月由老员工带教"),
    ("会议室预订", "使用场地须提前一天登记"), ("素材版权", "图片与字体须取得授权方可使用"),
    ("押金退还", "租借设备归还后七天内返还保证金"), ("车辆调度", "配送货车按路线统一安排"),
)  # fmt: skip
QUICK = replace(tune.CONFIG, epochs=4.0, batch_size=32, learning_rate=0.02)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """Sixteen projects under names of animals and plants, each with a rule, in one note a project."""
    folder = tmp_path_factory.mktemp("tune")
    notes = folder / "notes"
    notes.mkdir()
    for i, (name, (title, rule)) in enumerate(zip(NAMES, MATTERS, strict=True)):
        sections = [f"# {name}计划", f"{name}计划是指{title}的安排，由专人负责落实。"]
        sections += ["## 规则", f"{rule}，每季度检查一次执行情况，发现问题及时整改。"]
        sections += ["## 进度", f"目前已经完成第{i + 1}期，下一期在{i % 12 + 1}月开始，负责人每周汇报一次。"]
        (notes / f"{name}.md").write_text("\n\n".join(sections), encoding="utf-8")
    KnowledgeBase.build(notes, folder / "index")
    return Index.open(folder / "index")


@pytest.fixture(scope="module")
def feedback() -> list[tuple[str, str]]:
    """Three wordings a project, as people asked and were content."""
    return [
        (wording.format(name), rule)
        for name, (_, rule) in zip(NAMES, MATTERS, strict=True)
        for wording in ("{}那边具体要干什么", "谁能讲讲{}这摊事", "{}到底管哪一块")
    ]


def test_examples_ask_for_their_passages(index: Index, feedback: list[tuple[str, str]]) -> None:
    """A heading asks for its section, a term for the chunk that defines it, a question for its evidence."""
    examples = tune.collect(index, [*feedback, ("没有这回事", "笔记里从来没有写过的话")], 1)
    by_kind = {kind: [e for e in examples if e.kind == kind] for kind in ("heading", "term", "words", "feedback")}
    assert all(by_kind.values())
    for e in examples:
        assert e.text == tune.tidy(index.chunks.chunk(e.row).text, 400)
    assert any("灰兔计划" in e.query and "快递费" in e.text for e in by_kind["heading"])
    assert any(e.query == "蓝鲸计划" and "主播排班" in e.text for e in by_kind["term"])
    assert len(by_kind["feedback"]) == len(feedback) and "没有这回事" not in {e.query for e in examples}


def test_no_held_out_query_is_learned(index: Index, feedback: list[tuple[str, str]]) -> None:
    learned, held = tune.split(tune.collect(index, feedback, 1), 1)
    assert not {e.query for e in learned} & {e.query for e in held}
    assert {e.kind for e in held} <= {"heading", "term", "feedback"}
    assert 0.1 < len(held) / sum(e.kind != "words" for e in (*learned, *held)) < 0.35


def test_hard_negatives_do_not_answer(index: Index) -> None:
    """A section never is the negative of its own heading."""
    examples = tune.collect(index, (), 1)
    answers = {(e.query, e.text) for e in examples}
    negatives = tune.hard_negatives(index, examples)
    assert len(negatives) > 20
    assert not [row for row in negatives if (row[0], row[2]) in answers]


def test_reciprocal_rank() -> None:
    """First, second and eleventh of eleven, and a tie for the first place: (1 + 1/2 + 0 + 1/2) / 4."""
    passages = np.eye(11, dtype=np.float32)
    queries = np.zeros((4, 11), np.float32)
    queries[0, 3] = 1
    queries[1, [0, 1]] = (2, 1)
    queries[2, :10] = 1
    queries[3, [5, 6]] = 1
    assert tune.reciprocal_rank(queries, passages, [3, 1, 10, 5]) == pytest.approx((1 + 1 / 2 + 0 + 1 / 2) / 4)


def test_a_model_that_finds_more_is_kept(index: Index, feedback: list[tuple[str, str]], tmp_path: Path) -> None:
    """The names are learned from two wordings and help the third; the folder is a whole model of its own."""
    report = tune.tune(index, SHIPPED, tmp_path, feedback, QUICK)
    assert report.kept and report.after > report.before
    assert report.general_after > report.general_before - 0.011
    assert report.held_out > 10 and report.examples["feedback"] > 20
    assert report.folder is not None and list(tmp_path.iterdir()) == [report.folder]
    tuned, shipped = StaticModel.load(report.folder), StaticModel.load(SHIPPED)
    assert tuned.digest != shipped.digest and tuned.dimension == shipped.dimension


def test_a_model_that_finds_no_more_is_not_kept(index: Index, tmp_path: Path) -> None:
    """Nothing learned, nothing won: nothing stays on disk."""
    report = tune.tune(index, SHIPPED, tmp_path, (), replace(QUICK, learning_rate=1e-9, epochs=0.2))
    assert not report.kept and report.folder is None
    assert list(tmp_path.iterdir()) == []


def test_too_few_notes(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.md").write_text("# 标题\n\n只有一段话，说的是一件事情，没有别的。", encoding="utf-8")
    KnowledgeBase.build(notes, tmp_path / "index")
    with pytest.raises(EncoderError, match="kbqa tune"):
        tune.tune(Index.open(tmp_path / "index"), SHIPPED, tmp_path)


def test_feedback_file(tmp_path: Path) -> None:
    """Only what was marked as right; several quotes make several pairs."""
    file = tmp_path / "feedback.jsonl"
    rows = [
        {"question": "甲", "evidence": ["一", "二"], "rating": "up"},
        {"question": "乙", "evidence": "三", "rating": "down"},
        {"question": "丙", "evidence": "四", "rating": "👍"},
    ]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n\n", encoding="utf-8")
    assert tune.read_feedback(file) == [("甲", "一"), ("甲", "二"), ("丙", "四")]
    file.write_text('{"question": "甲"}\n', encoding="utf-8")
    with pytest.raises(EvaluationError, match=r"feedback\.jsonl, line 1"):
        tune.read_feedback(file)
    with pytest.raises(EvaluationError, match="gone"):
        tune.read_feedback(tmp_path / "gone.jsonl")


def test_tuned_index_and_the_way_back(tmp_path: Path) -> None:
    """The command keeps a tuned model beside the index, later builds go on using it, undo removes it."""
    from kbqa.indexing.store import made_with
    from kbqa.settings import DEFAULT_ENCODER
    from kbqa.training.adopt import undo_tuned

    notes, index = tmp_path / "notes", tmp_path / "index"
    notes.mkdir()
    (notes / "a.md").write_text("# 留存\n\n留存率是指新用户在一段时间后仍然使用产品的比例。", encoding="utf-8")
    tuned = index / f"{tune.PREFIX}0123456789ab"
    shutil.copytree(SHIPPED, tuned)
    settings = Settings(build=BuildSettings(encoder=str(tuned)))
    KnowledgeBase.build(notes, index, settings)
    assert made_with(index) == str(tuned)
    assert KnowledgeBase.open(index).ask("什么是留存率").citations
    done = CliRunner().invoke(app, ["index", "--notes", str(notes), "--index", str(index), "--json"])
    assert done.exit_code == 0 and made_with(index) == str(tuned)
    undo_tuned(notes, index, lambda stage, done, total: None)
    assert made_with(index) == DEFAULT_ENCODER and not tuned.exists()
    assert KnowledgeBase.open(index).ask("什么是留存率").citations


def test_command_tunes_and_says_what_it_did(index: Index, tmp_path: Path) -> None:
    """The whole way on the shipped settings: stdout is one JSON object, and the index is made with what was kept."""
    from kbqa.indexing.store import made_with
    from kbqa.settings import DEFAULT_ENCODER

    notes, place = index.folder.parents[2] / "notes", tmp_path / "index"
    done = CliRunner().invoke(app, ["tune", "--notes", str(notes), "--index", str(place), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["held_out"] > 5 and 0 <= said["before"] <= 1 and said["kept"] == (said["folder"] is not None)
    assert made_with(place) == (said["folder"] or DEFAULT_ENCODER)
    assert len(list(place.glob(f"{tune.PREFIX}*"))) == said["kept"]
    undone = CliRunner().invoke(app, ["tune", "--notes", str(notes), "--index", str(place), "--undo", "--json"])
    assert json.loads(undone.stdout) == {"undone": True} and made_with(place) == DEFAULT_ENCODER
    assert not list(place.glob(f"{tune.PREFIX}*"))


def test_an_index_of_another_model_is_not_tuned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kbqa.training import adopt

    monkeypatch.setattr(adopt, "made_with", lambda index: "BAAI/bge-small-zh-v1.5")
    with pytest.raises(EncoderError, match="bge-small-zh"):
        adopt.adopt_tuned(tmp_path, tmp_path / "index", None, lambda stage, done, total: None)
