"""What answers to like questions speak of: found by meaning, told in words that the notes have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kbqa import KnowledgeBase
from kbqa.indexing.lexical import LexicalIndex, TokenRows, Vocabulary
from kbqa.indexing.model_files import find_model
from kbqa.indexing.precedents import FOLDER, Precedents
from kbqa.indexing.segment import words
from kbqa.indexing.static_model import StaticModel
from kbqa.settings import DEFAULT_ENCODER
from kbqa.training.own import OwnPair
from kbqa.training.precedents import save_precedents

SHIPPED = find_model(DEFAULT_ENCODER).folder
PAIRS = (
    OwnPair("colloquial", "货架老是空着没人管", "缺货率偏高，理货员要按清单补货", ""),
    OwnPair("colloquial", "排队太久，客人扭头就走", "高峰加开收银台，缩短等候", ""),
    OwnPair("colloquial", "☃☃", "没有一个认识的字", ""),
)
NOTES = ("缺货率 补货 清单 仓库", "收银台 高峰 排班", "陈列 堆头 价签", "损耗 盘点 仓库")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped model with three precedents of its own."""
    folder = tmp_path_factory.mktemp("model")
    for file in (path for path in SHIPPED.iterdir() if path.is_file()):
        (folder / file.name).symlink_to(file)
    assert save_precedents(folder, PAIRS) == 2
    return folder


def of(model: Path, notes: tuple[str, ...] = NOTES) -> tuple[Precedents, Vocabulary]:
    texts = [words(note) for note in notes]
    vocabulary = Vocabulary(sorted({word for text in texts for word in text}))
    rows = TokenRows.from_lists([[vocabulary.ids[word] for word in text] for text in texts])
    lexical = LexicalIndex.build(rows, TokenRows.from_lists([[] for _ in texts]), len(vocabulary))
    return Precedents(model, vocabulary, lexical), vocabulary


def asked(model: Path, question: str, notes: tuple[str, ...] = NOTES) -> dict[str, float]:
    precedents, vocabulary = of(model, notes)
    weights = precedents.words(StaticModel.load(model).encode([question])[0])
    return {vocabulary.tokens[token]: weight for token, weight in weights.items()}


def test_the_words_of_the_nearest_answer_weigh_most(model: Path) -> None:
    """A question with none of those words: words of a question that is far away count for next to nothing."""
    told = asked(model, "货架空了怎么一直没人理")
    assert set(told) <= {word for pair in PAIRS for word in words(pair.positive)}
    near, far = (max(told[word] for word in some) for some in (("缺货", "补货", "清单"), ("收银", "高峰")))
    assert near > 5 * far


def test_only_words_that_the_notes_have(model: Path) -> None:
    assert set(asked(model, "货架空着", ("补货 单",))) == {"补货"}
    assert asked(model, "货架空着", ("会员 积分",)) == {}


def test_the_less_alike_the_questions_the_less_they_say(model: Path) -> None:
    near, far = asked(model, "货架老是空着没人管"), asked(model, "年会抽奖怎么办")
    assert sum(near.values()) > 2 * sum(far.values())
    assert 0 < sum(near.values()) <= 1


def test_what_no_precedent_can_be_like(model: Path, tmp_path: Path) -> None:
    """A question without a word that the model knows, a model without precedents, or with none that it knows."""
    precedents, _ = of(model)
    assert precedents.words(np.zeros(1024, np.float32)) == {}
    vector = StaticModel.load(model).encode(["货架空着"])[0]
    assert of(tmp_path)[0].words(vector) == {}
    for file in (path for path in SHIPPED.iterdir() if path.is_file()):
        (tmp_path / file.name).symlink_to(file)
    assert save_precedents(tmp_path, PAIRS[2:]) == 0
    assert of(tmp_path)[0].words(vector) == {}


def test_what_ships_is_made_of_the_pairs_and_the_model_that_ship(tmp_path: Path) -> None:
    for file in (path for path in SHIPPED.iterdir() if path.is_file()):
        (tmp_path / file.name).symlink_to(file)
    assert save_precedents(tmp_path) > 20_000
    made, ships = ({p.name: p.read_bytes() for p in (f / FOLDER).iterdir()} for f in (tmp_path, SHIPPED))
    assert made == ships


def test_a_passage_that_shares_no_word_with_the_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gains by what answers to like questions speak of, and shows that it did."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "用户.md").write_text(
        "# 用户\n\n## 社群活跃\n\n社群每周固定抛两个话题，成员发言有人回应；管理员带头分享，潜水的成员私聊邀请。\n\n"
        "## 客服排班\n\n客服按早晚两班轮换，周一交接，工单当日清零。\n",
        encoding="utf-8",
    )
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    kb = KnowledgeBase.open(tmp_path / "index")
    question = "群里死气沉沉的，拿什么救"
    parts = {hit.chunk.heading_path[-1]: hit.parts["precedents"] for hit in kb.search(question)}
    assert parts["社群活跃"] > 3 * parts["客服排班"]
    monkeypatch.setattr(Precedents, "words", lambda self, vector: {})
    assert {hit.parts["precedents"] for hit in kb.search(question)} == {0.0}
