"""Which sentences answers quote: the best runs against trying all, room, lists, and the fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import pytest

from kbqa import KnowledgeBase
from kbqa.answering import choosing
from kbqa.answering.answer import find_block
from kbqa.answering.choosing import NAMES, WEIGHTS, Block, announces, best_runs, choose, features, probabilities
from kbqa.answering.picks import Pick, Scored, scored_sentences
from kbqa.evaluation.questions import case_of
from kbqa.settings import QuerySettings
from kbqa.training import choosing as training
from kbqa.types import Answer, Citation, Document, Sentence
from kbqa.web.render import answer_html

Write = Callable[[Path, Mapping[str, str]], Path]


def sentences(lengths: list[int], gaps: list[int]) -> list[Scored]:
    """Sentences of given lengths in one document, with so many characters before each."""
    found, at = [], 0
    document = Document("a.md", "a", "字" * (sum(lengths) + sum(gaps)), (), "")
    for i, (length, gap) in enumerate(zip(lengths, gaps, strict=True)):
        at += gap
        found.append(
            Scored(i, 0, 0, document, at, at + length, "字" * length, "字" * length, 1.0, 0.5, 0.5, False, 0.0)
        )
        at += length
    return found


# --- runs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_no_other_choice_is_worth_more(seed: int) -> None:
    draw = Random(seed)
    gains = [draw.uniform(-0.3, 0.4) for _ in range(10)]
    adjoins = [False, *(draw.random() < 0.6 for _ in range(9))]
    fees = [draw.uniform(0, 0.3) for _ in gains]

    def value(which: Sequence[bool]) -> float:
        begun = [i for i, taken in enumerate(which) if taken and not (adjoins[i] and which[i - 1])]
        return sum(gain for gain, taken in zip(gains, which, strict=True) if taken) - sum(fees[i] for i in begun)

    best = max(value(which) for which in product((False, True), repeat=len(gains)))
    assert value(best_runs(gains, adjoins, fees)) == pytest.approx(best)


@pytest.mark.parametrize("room", [1, 60, 150, 400, 4000])
def test_what_is_quoted_fits(room: int) -> None:
    """Into the room there is, but for a single sentence that is too long for it; more room never says less."""
    made = sentences([60, 30, 45, 20, 80, 30], [0, 0, 1, 30, 0, 0])
    worth = dict(zip(made, (0.5, 0.2, 0.4, 0.05, 0.3, 0.001), strict=True))
    taken = choosing._runs(made, worth, room, 0.05)
    assert taken and (len(taken) == 1 or sum(len(s.text) for s in taken) <= room)
    assert made[5] not in taken  # not worth its length, however much room there is
    assert max(worth[s] for s in taken) == 0.5 or room < 60


def test_no_room_and_nothing_to_say() -> None:
    made = sentences([20], [0])
    assert choosing._runs(made, {made[0]: 0.5}, 0, 0.05) == [] == choosing._runs([], {}, 100, 0.05)


def test_what_stands_between_two_good_ones_is_taken_along() -> None:
    """Tearing out costs more than it does."""
    assert best_runs([0.6, -0.02, 0.6], [False, True, True], [0.03] * 3) == [True, True, True]
    assert best_runs([0.6, -0.02, 0.6], [False, True, True], [0.0] * 3) == [True, False, True]
    assert best_runs([], [], []) == []


# --- a knowledge base -------------------------------------------------------------------------------------------------

NOTES = {
    "旅程/阶段.md": "# 划分阶段\n\n阶段划不好，后面全乱。可以用下面三种方法。\n\n## 方法一：按时间\n\n从想起这件事排到办完这件事。\n\n"
    "## 方法二：按触点\n\n把相近的触点并成一组，给每组起名。\n\n## 方法三：按目标\n\n一个小目标就是一个阶段。\n",
    "数据/复购.md": "# 复购率\n\n复购率是指一段时间里买过两次及以上的顾客占全部顾客的比例。公式：复购率 = 复购人数 ÷ 购买人数。\n\n门店在每月三日公布上月的数。\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def notes_kb(tmp_path_factory: pytest.TempPathFactory, write_notes: Write) -> KnowledgeBase:
    root = tmp_path_factory.mktemp("choosing")
    KnowledgeBase.build(write_notes(root / "notes", NOTES), root / "index")
    return KnowledgeBase.open(root / "index")


def test_a_list_that_is_announced_is_quoted_whole(notes_kb: KnowledgeBase) -> None:
    quotes = [c.quote for c in notes_kb.ask("旅程怎么划分阶段").citations]
    assert [q.split("\n")[0] for q in quotes if q.startswith("方法")] == [
        "方法一：按时间",
        "方法二：按触点",
        "方法三：按目标",
    ]


def test_features_have_names_and_make_probabilities(notes_kb: KnowledgeBase) -> None:
    index, found = notes_kb._index, notes_kb.find("复购率是什么")
    near = scored_sentences(index, found)
    block = find_block(index, found, near, QuerySettings())
    table = features(index, found, near, block)
    likely = probabilities(table, WEIGHTS)
    assert block.kind == "definition" and table.shape == (len(near), len(NAMES))
    assert np.all((likely > 0) & (likely < 1))
    (defines,) = (i for i, s in enumerate(near) if s.text.startswith("复购率是指"))
    row = dict(zip(NAMES, table[defines].tolist(), strict=True))
    assert row["first"] == row["defines"] == 1.0 and row["beside definition"] == row["in list"] == 0.0
    assert 0 < row["likeness"] <= 1.001 and row["score ratio"] <= 1.0


def test_without_sentences_the_block_is_all(notes_kb: KnowledgeBase) -> None:
    found = replace(notes_kb.find("复购率是什么"), sentences={})
    block = Block("list", (Pick("数据/复购.md", 0, 4),))
    assert choose(notes_kb._index, found, [], block, 100) == list(block.picks)


@pytest.mark.parametrize(
    ("text", "does"), [("分三步走：", True), ("共有四种方法。", True), ("方法如下。", True), ("这样最省事。", False)]
)
def test_announcing(text: str, does: bool) -> None:
    assert announces(text) is does


# --- the fit ----------------------------------------------------------------------------------------------------------


def test_sentences_with_evidence_are_right(notes_kb: KnowledgeBase) -> None:
    case = case_of({"question": "复购率怎么算", "evidence": [["复购人数 ÷ 购买人数"]], "nuggets": [["÷ 购买人数"]]}, 1)
    (one,) = training.sentences_of(notes_kb, [case])
    assert [s.text for s, right in zip(one.sentences, one.right, strict=True) if right] == [
        "公式：复购率 = 复购人数 ÷ 购买人数。"
    ]
    assert training.states([one], WEIGHTS, 280) == (1.0, pytest.approx(90, abs=60))


def test_the_command(
    notes_kb: KnowledgeBase,
    tmp_path: Path,
    write_notes: Write,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Folders with notes and questions on the command line; figures and weights on stdout, the same twice."""
    for name in ("one", "two"):
        write_notes(tmp_path / name / "notes", NOTES)
        row = {"question": "复购率怎么算", "evidence": [["复购人数 ÷ 购买人数"]]}
        (tmp_path / name / "questions.jsonl").write_text(json.dumps(row, ensure_ascii=False), "utf-8")
    monkeypatch.setattr("sys.argv", ["choosing", str(tmp_path / "one"), str(tmp_path / "two")])
    training.main()
    first = capsys.readouterr().out
    training.main()
    assert capsys.readouterr().out == first
    assert "one: 1 questions, nuggets " in first and all(f'"{name}": ' in first for name in WEIGHTS)


def test_what_stands_apart_in_a_note_is_no_paragraph() -> None:
    """Sentences of one line run on; those from elsewhere, or with something left out between them, begin a new one."""
    places = [("a.md", 0, 4, 1), ("a.md", 4, 8, 1), ("a.md", 20, 24, 1), ("a.md", 25, 29, 2), ("b.md", 29, 33, 2)]
    citations = tuple(Citation(doc_id, start, end, "四个字。", ("a",), line) for doc_id, start, end, line in places)
    sentences = tuple(Sentence("四个字。", (number,)) for number in range(len(places)))
    answer = Answer("?", "?", "fact", sentences, citations, 0.9, False, ())
    assert [answer.goes_on(number) for number in range(5)] == [False, True, False, False, False]
    assert answer.text == "四个字。四个字。\n四个字。\n四个字。\n四个字。"
    assert answer_html(answer, 5).count("<p>") == 4
