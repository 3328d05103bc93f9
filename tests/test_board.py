"""The quality board: sets in BEIR layout, retrieval alone on them, the command, the page and the plot."""

from __future__ import annotations

import importlib
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from kbqa import KnowledgeBase, cli
from kbqa.errors import EncoderError, EvaluationError
from kbqa.evaluation.beir import read_set
from kbqa.evaluation.board import MEASURES, MODES, Board, Figures, build_set, judge, mean, run_board
from kbqa.indexing.encoder import load_encoder
from kbqa.indexing.index import Index

ROOT = Path(__file__).resolve().parents[1]
Qrels = Mapping[str, Mapping[str, int]]

# Two passages that differ in one character only, which no vector knows; ties go to the smaller id, so to the wrong one.
PASSAGES = {
    "p1": "设备㐀放在三号库房的左边",
    "p2": "设备㐁放在三号库房的左边",
    "p3": "会员下雨天不想出门散步",
    "p4": "苹果和香蕉都是常见的水果",
    "p5": "火车比飞机慢但是更便宜",
}
# Words alone find the first, meaning alone the second (no dictionary has its words), everyone the third.
QUERIES = {"q1": "设备㐁", "q2": "apples and bananas", "q3": "火车和飞机哪个便宜"}
QRELS: Qrels = {"q1": {"p2": 1}, "q2": {"p4": 1}, "q3": {"p5": 1}}


def write_set(
    folder: Path, passages: Mapping[str, str] = PASSAGES, queries: Mapping[str, str] = QUERIES, qrels: Qrels = QRELS,
    judged: str = "qrels.tsv",
) -> Path:  # fmt: skip
    (folder / judged).parent.mkdir(parents=True)
    for name, texts in (("corpus.jsonl", passages), ("queries.jsonl", queries)):
        rows = [json.dumps({"_id": key, "text": text}, ensure_ascii=False) for key, text in texts.items()]
        (folder / name).write_text("\n".join(rows) + "\n", "utf-8")
    rows = [f"{query}\t{passage}\t{grade}" for query, row in qrels.items() for passage, grade in row.items()]
    (folder / judged).write_text("\n".join(["query-id\tcorpus-id\tscore", *rows]) + "\n", "utf-8")
    return folder


def index_of(folder: Path, work: Path) -> Index:
    return Index.open(build_set(read_set(folder), load_encoder(), work))


def by_mode(board: Board, measure: str) -> dict[str, float]:
    return {f.mode: f.values[measure] for f in board.figures}


# --- sets -------------------------------------------------------------------------------------------------------------


def test_both_layouts_are_read_alike(tmp_path: Path) -> None:
    """`qrels.tsv` and BEIR's own `qrels/test.tsv`; marks and line ends of Windows make no difference."""
    ours, beir = write_set(tmp_path / "a" / "set"), write_set(tmp_path / "b" / "set", judged="qrels/test.tsv")
    for path in beir.rglob("*.*l"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_set(ours) == read_set(beir)
    assert (read_set(ours).passages, read_set(ours).qrels) == (PASSAGES, QRELS)


def test_only_queries_with_a_relevant_passage_are_judged(tmp_path: Path) -> None:
    """A grade of 0 says that a passage is not relevant; a query without any other grade cannot be answered rightly."""
    read = read_set(write_set(tmp_path / "set", qrels={"q1": {"p1": 0, "p2": 2}, "q2": {"p3": 0}}))
    assert dict(read.queries) == {"q1": QUERIES["q1"]}
    assert read.qrels == {"q1": {"p2": 2}}


def test_the_digest_follows_the_passages(tmp_path: Path) -> None:
    moved = {**PASSAGES, "p1": PASSAGES["p1"] + "x", "p2": PASSAGES["p2"][1:]}
    sets = [read_set(write_set(tmp_path / n, p)) for n, p in (("a", PASSAGES), ("b", PASSAGES), ("c", moved))]
    assert sets[0].digest == sets[1].digest != sets[2].digest


def _break(name: str, text: str | bytes | None) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        if text is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    return change


FLAWS = {
    "no folder at all": (lambda folder: [p.unlink() for p in folder.iterdir()], "corpus.jsonl", "BEIR"),
    "a file is missing": (_break("queries.jsonl", None), "queries.jsonl", "BEIR"),
    "no judgements": (_break("qrels.tsv", None), "qrels.tsv", "qrels/test.tsv"),
    "a row is no JSON": (_break("corpus.jsonl", '{"_id": "a", "text": "b"}\n{"_id"\n'), "corpus.jsonl", "Line 2"),
    "a row is no object": (_break("corpus.jsonl", '["a"]\n'), "corpus.jsonl", "Line 1"),
    "a text is missing": (_break("corpus.jsonl", '\n{"_id": "a"}\n'), "corpus.jsonl", "Line 2.*'text'"),
    "a text is no string": (_break("queries.jsonl", '{"_id": "a", "text": 3}'), "queries.jsonl", "Line 1.*strings"),
    "half a character": (_break("corpus.jsonl", '{"_id": "a", "text": "\\ud800"}'), "corpus.jsonl", "Line 1"),
    "an id stands twice": (_break("corpus.jsonl", '{"_id": "a", "text": "b"}\n' * 2), "corpus.jsonl", "Line 2.*twice"),
    "not UTF-8": (_break("corpus.jsonl", "中文".encode("gb18030")), "corpus.jsonl", "UTF-8"),
    "spaces for tabs": (_break("qrels.tsv", "q1 p2 1\n"), "qrels.tsv", "Line 1.*tabs"),
    "no whole number": (_break("qrels.tsv", "q1\tp2\tyes\n"), "qrels.tsv", "Line 1"),
    "an unknown query": (_break("qrels.tsv", "q9\tp2\t1\n"), "qrels.tsv", "q9.*queries.jsonl"),
    "an unknown passage": (_break("qrels.tsv", "q1\tp9\t1\n"), "qrels.tsv", "p9.*corpus.jsonl"),
    "nothing is relevant": (_break("qrels.tsv", "q1\tp2\t0\n"), "qrels.tsv", "above 0"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_flaw_is_named_with_its_file_and_does_not_stop_the_others(flaw: str, tmp_path: Path) -> None:
    """Which file, what is wrong and what to do, in both languages; the good set beside it is measured all the same."""
    change, name, reason = FLAWS[flaw]
    bad = write_set(tmp_path / "bad")
    change(bad)
    board = run_board([bad, write_set(tmp_path / "good")], ("lexical",))
    assert [f.name for f in board.figures] == ["good"]
    (error,) = board.failed
    assert isinstance(error, EvaluationError)
    assert name in error.zh and name in error.en and str(bad) in error.en
    assert re.search(reason, error.en) and re.search(r"[。）]$", error.zh) and error.en.endswith(".")


# --- the index --------------------------------------------------------------------------------------------------------


def test_texts_are_indexed_as_they_stand(tmp_path: Path) -> None:
    """Headings, front matter, line breaks, glosses and copies: nothing is read out of them, cleaned, cut or joined."""
    passages = {
        "b": "# 一级标题\n\n第一行\r\n  缩进的第二行\n\n## 二级\n业(yè)务(wù)\n",
        "a": "---\ntitle: 头\n---\n首页 > 登录 > 注册\n正文",
        "c": "同一句话。",
        "d": "同一句话。",
        "e": "很长的一段，每一句都说一点别的事情。" * 300,
        "f": "",
    }
    index = index_of(write_set(tmp_path / "set", passages, {"q": "标题"}, {"q": {"a": 1}}), tmp_path / "work")
    stored = [index.chunks.chunk(row) for row in range(len(index.chunks))]
    assert {c.doc_id: c.text for c in stored} == passages
    assert [c.doc_id for c in stored] == sorted(passages)
    assert all(c.heading_path == () and c.duplicates == () for c in stored)


def test_a_title_is_not_searched(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", queries={"q": "长颈鹿"}, qrels={"q": {"p1": 1}})
    rows = [{"_id": key, "text": text, "title": "长颈鹿"} for key, text in PASSAGES.items()]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    assert run_board([folder], ("lexical",)).figures[0].values["R@10"] == 0.0


def test_the_glossary_is_what_a_build_would_make(tmp_path: Path) -> None:
    """The shipped lexicon and what the passages introduce themselves, which then is found by its other name."""
    passages = {**PASSAGES, "p6": "蓝鲸指数（BWX）反映门店冷清的程度。", "p7": "上周蓝鲸指数又涨了。"}
    folder = write_set(tmp_path / "set", passages, {"q": "BWX"}, {"q": {"p7": 1}})
    index = index_of(folder, tmp_path / "work")
    assert any("BWX" in (*t.aliases, *t.english) for t in index.glossary.terms if t.name == "蓝鲸指数")
    assert any(t.origin == "lexicon" for t in index.glossary.terms)
    assert run_board([folder], ("lexical",)).figures[0].values["R@10"] == 1.0


def test_one_index_serves_all_modes_and_the_next_run(tmp_path: Path) -> None:
    """With `work`, nothing is written anew for other modes or a second run; other passages get an index of their own."""
    folder, work = write_set(tmp_path / "set"), tmp_path / "work"
    stages: list[str] = []
    first = run_board([folder], MODES, work=work, progress=lambda stage, done, total: stages.append(stage))
    files = {path: path.stat().st_mtime_ns for path in work.rglob("*") if path.is_file()}
    again: list[str] = []
    second = run_board([folder], MODES, work=work, progress=lambda stage, done, total: again.append(stage))
    assert stages.count("encoding") == 1 and "encoding" not in again
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert [f.values for f in first.figures] == [f.values for f in second.figures]
    assert len(list(work.iterdir())) == 1
    run_board([write_set(tmp_path / "other" / "set", {**PASSAGES, "p9": "又一段"})], ("lexical",), work=work)
    assert len(list(work.iterdir())) == 2


# --- figures ----------------------------------------------------------------------------------------------------------


def test_measures_by_hand() -> None:
    """Four queries: second place, graded and nearly ideal, not ranked at all, and right only behind the cut-off."""
    qrels = {"a": {"x": 1}, "b": {"x": 2, "y": 1}, "c": {"x": 1}, "d": {"z": 1}}
    ranked = {"a": ["y", "x"], "b": ["x", "w", "y"], "d": [*(f"n{i}" for i in range(10)), "z"]}
    second_place = 1 / np.log2(3)
    graded = (2 + 1 / np.log2(4)) / (2 + 1 / np.log2(3))
    assert judge(qrels, ranked) == {
        "Success@1": 0.25,
        "RR@10": round((1 / 2 + 1) / 4, 4),
        "nDCG@10": round((second_place + graded) / 4, 4),
        "R@10": 0.5,
    }
    assert judge(qrels, {}) == dict.fromkeys(MEASURES, 0.0)


def test_modes_differ_as_they_should(tmp_path: Path) -> None:
    """A rare character only words find, another language only vectors find; together both are found."""
    board = run_board([write_set(tmp_path / "set")], MODES)
    assert by_mode(board, "Success@1") == {"lexical": 0.6667, "dense": 0.6667, "hybrid": 1.0}
    # The query in English has no word in common with any passage; the tie of the first is lost to the smaller id.
    assert by_mode(board, "RR@10") == {"lexical": 0.6667, "dense": round((1 / 2 + 1 + 1) / 3, 4), "hybrid": 1.0}
    assert by_mode(board, "R@10") == {"lexical": 0.6667, "dense": 1.0, "hybrid": 1.0}


def test_ties_stay_in_the_order_of_the_search(tmp_path: Path) -> None:
    """Two copies of a passage: the smaller id comes first, whichever is the relevant one."""
    passages = {"m": "火车很慢", "z": "火车很慢", "k": "苹果很甜"}
    for relevant, expected in (("m", 1.0), ("z", 0.5)):
        folder = write_set(tmp_path / relevant, passages, {"q": "火车"}, {"q": {relevant: 1}})
        assert set(by_mode(run_board([folder], MODES), "RR@10").values()) == {expected}


def test_dense_ranks_by_cosine(tmp_path: Path) -> None:
    """Against brute force over the encoder's vectors."""
    folder = write_set(tmp_path / "set")
    encoder = load_encoder()
    kept = encoder.encode_passages(list(PASSAGES.values())) @ encoder.encode_queries(list(QUERIES.values())).T
    order = np.argsort(-kept, axis=0, kind="stable").T
    ranked = {query: [list(PASSAGES)[i] for i in row] for query, row in zip(QUERIES, order, strict=True)}
    assert run_board([folder], ("dense",)).figures[0].values == judge(QRELS, ranked)


def test_hybrid_is_what_the_chat_searches_with(tmp_path: Path) -> None:
    """The same order as `KnowledgeBase.search` over the same index, a typo mended on the way."""
    passages = {**PASSAGES, "p6": "这一页的转化率只有百分之二", "p7": "转卖的画都在一楼"}
    queries = {**QUERIES, "q4": "转画率"}
    folder = write_set(tmp_path / "set", passages, queries, {**QRELS, "q4": {"p6": 1}})
    figures = run_board([folder], MODES, work=tmp_path / "work").figures
    kb = KnowledgeBase.open(next((tmp_path / "work").iterdir()))
    ranked = {name: [hit.chunk.doc_id for hit in kb.search(text)] for name, text in queries.items()}
    assert figures[-1].values == judge({**QRELS, "q4": {"p6": 1}}, ranked)
    assert ranked["q4"][0] == "p6"
    assert figures[0].values["Success@1"] == 0.75  # words alone: without the mended typo it would be a half


def test_a_refused_query_scores_zero(tmp_path: Path) -> None:
    """Too long, or without a word: the chat refuses them, so nothing is found; they stay in the mean."""
    queries = {"q3": QUERIES["q3"], "long": "火车" * 1_001, "marks": "？！", "none": ""}
    qrels = {"q3": {"p5": 1}, "long": {"p5": 1}, "marks": {"p1": 1}, "none": {"p1": 1}}
    for figures in run_board([write_set(tmp_path / "set", queries=queries, qrels=qrels)], MODES).figures:
        assert (figures.queries, figures.refused) == (4, 3)
        assert dict(figures.values) == dict.fromkeys(MEASURES, 0.25)


def test_all_queries_refused(tmp_path: Path) -> None:
    (figures,) = run_board([write_set(tmp_path / "set", queries={"q1": "？"}, qrels={"q1": {"p1": 1}})]).figures
    assert (figures.refused, figures.ms_p50, set(figures.values.values())) == (1, 0.0, {0.0})


def test_a_set_counts_once_in_the_mean() -> None:
    """However many queries it has."""
    of = [Figures("s", n, 9, 0, "dense", "e", dict.fromkeys(MEASURES, v), 1.0) for n, v in ((9_000, 0.2), (1, 0.6))]
    assert mean(of) == dict.fromkeys(MEASURES, 0.4)
    assert mean([]) == {}


def test_a_missing_encoder_stops_at_once(tmp_path: Path) -> None:
    with pytest.raises(EncoderError):
        run_board([write_set(tmp_path / "set")], encoder=str(tmp_path / "no-model"))


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def kbqa(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the entry point; exit code, stdout, stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["kbqa", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return call


def without_times(text: str) -> dict[str, Any]:
    data = json.loads(text)
    assert all(one.pop("ms_p50") > 0 for one in data["sets"])
    return data


def test_the_command_prints_json(kbqa: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """One object, the same on every run but for the times; hybrid unless another mode is asked for."""
    folder = write_set(tmp_path / "tiny")
    code, out, err = kbqa("board", folder, "--json")
    ones = dict.fromkeys(MEASURES, 1.0)
    row = {"name": "tiny", "queries": 3, "passages": 5, "refused": 0, "mode": "hybrid", "encoder": "static-zh-en"}
    assert (code, err, without_times(out)) == (0, "", {"sets": [{**row, **ones}], "mean": ones})
    assert list(json.loads(out)["sets"][0]) == [*row, *MEASURES, "ms_p50"]
    assert without_times(kbqa("board", folder, "--json")[1]) == without_times(out)
    dense = json.loads(kbqa("board", folder, "--mode", "dense", "--json")[1])
    assert (dense["sets"][0]["mode"], dense["mean"]["Success@1"]) == ("dense", 0.6667)


def test_the_command_prints_a_table(kbqa: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """A line a set, the means, and what was refused."""
    refusing = write_set(tmp_path / "refusing", queries={**QUERIES, "q1": "？"})
    code, out, err = kbqa("board", write_set(tmp_path / "tiny"), refusing, "--mode", "lexical")
    assert (code, err) == (0, "")
    assert re.search(r"^ *tiny +3 +5 +0\.667 +0\.667 +0\.667 +0\.667 +\d+\.\d *$", out, re.MULTILINE)
    assert re.search(r"^ *refusing +3 +5 +0\.333", out, re.MULTILINE)
    assert re.search(r"^ *mean +0\.500 +0\.500 +0\.500 +0\.500 *$", out, re.MULTILINE)
    assert "lexical · static-zh-en" in out and "refusing：1 个问题被拒" in out


def test_a_bad_folder_gives_exit_code_1_after_the_others(
    kbqa: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    code, out, err = kbqa("board", tmp_path / "gone", write_set(tmp_path / "tiny"), "--mode", "lexical", "--json")
    assert code == 1 and [one["name"] for one in json.loads(out)["sets"]] == ["tiny"]
    assert str(tmp_path / "gone") in err and "corpus.jsonl" in err
    code, out, err = kbqa("board", tmp_path / "gone")
    assert (code, out) == (1, "") and "corpus.jsonl" in err


def test_wrong_usage(kbqa: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    folder = write_set(tmp_path / "tiny")
    assert kbqa("board")[0] == 2
    assert kbqa("board", folder, "--mode", "magic")[0] == 2
    assert kbqa("board", folder, "--encoder", tmp_path / "no-model")[0] == 5


def test_a_work_folder_that_cannot_be_written(kbqa: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    code, _, err = kbqa("board", write_set(tmp_path / "tiny"), "--work", tmp_path / "file" / "work")
    assert code == 1 and str(tmp_path / "file" / "work") in err and "Choose another folder" in err


# --- the page and the plot --------------------------------------------------------------------------------------------


@pytest.fixture
def quality(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    return importlib.import_module("bench.quality")


_PAGE = "# Before\n\n<!-- board:begin -->\nold\n<!-- board:end -->\n\nbehind\n"


def test_the_page_is_written_between_its_markers(quality: ModuleType, tmp_path: Path) -> None:
    """Every mode of every set and the means; what people wrote around it stays, and a second run changes only times."""
    page = tmp_path / "page.md"
    page.write_text(_PAGE, "utf-8")
    sets = [str(write_set(tmp_path / name)) for name in ("one", "two")]
    quality.main([*sets, "--page", str(page)])
    text = page.read_text("utf-8")
    assert text.startswith("# Before\n\n<!-- board:begin -->\n![") and text.endswith("\n<!-- board:end -->\n\nbehind\n")
    assert "old" not in text and "](page.svg)" in text
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert [row[0] for row in rows[2:]] == ["one"] * 3 + ["two"] * 3 + ["**mean**"] * 3
    assert rows[2][1:9] == ["–", "lexical", "3", "5", "0.667", "0.667", "0.667", "0.667"]
    assert rows[-1][1:6] == ["static-zh-en", "hybrid", "", "", "**1.000**"]
    drawn = (tmp_path / "page.svg").read_bytes()
    quality.main([*sets, "--page", str(page)])
    timeless = [re.sub(r"\| \d+\.\d \|$", "", t, flags=re.MULTILINE) for t in (text, page.read_text("utf-8"))]
    assert timeless[0] == timeless[1] and (tmp_path / "page.svg").read_bytes() == drawn


def test_the_page_is_left_alone_where_a_set_is_missing(quality: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(_PAGE, "utf-8")
    with pytest.raises(SystemExit) as stop:
        quality.main([str(tmp_path / "gone"), str(write_set(tmp_path / "one")), "--page", str(page)])
    assert stop.value.code == 1 and page.read_text("utf-8") == _PAGE and not (tmp_path / "page.svg").exists()


def test_sets_of_one_name_are_refused(quality: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stop:
        quality.main([str(write_set(tmp_path / "a" / "set")), str(write_set(tmp_path / "b" / "set"))])
    assert stop.value.code == 2


def test_further_encoders_add_bars_but_no_second_lexical_one(quality: ModuleType) -> None:
    assert quality.modes_of("static-zh-en") == MODES
    assert quality.modes_of("/models/other") == ("dense", "hybrid")
    assert (quality.label("/models/other"), quality.label("org/name")) == ("other", "org/name")


def test_the_plot_is_svg_with_a_bar_for_every_figure(quality: ModuleType, tmp_path: Path) -> None:
    """Text that can be searched, bars as high as the figures, and the same bytes every time."""
    values = {"lexical": 0.25, "dense": 0.5, "hybrid": 1.0}
    figures = [
        Figures(name, 3, 5, 0, mode, encoder, dict.fromkeys(MEASURES, values[mode]), 1.0)
        for encoder in ("static-zh-en", "/models/other")
        for name in ("first_set", "second_set")
        for mode in quality.modes_of(encoder)
    ]
    quality.plot(figures, tmp_path / "a.svg")
    quality.plot(figures, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    root = ET.parse(tmp_path / "a.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = {"".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"first_set", "second_set", "mean", "nDCG@10", "lexical", "dense (static-zh-en)", "hybrid (other)"} <= texts
    heights = [round(height, 2) for height in _bar_heights(root)]
    highest = max(heights)
    shares = sorted(round(height / highest, 2) for height in heights)
    assert shares == sorted([0.25, 0.5, 1.0, 0.5, 1.0] * 3)


def _bar_heights(root: ET.Element) -> list[float]:
    """Heights of the filled rectangles inside the axes: those that are cut at the axes' edge."""
    found = []
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        if "fill: #" in path.get("style", "") and path.get("clip-path"):
            numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", path.get("d", ""))]
            found.append(max(numbers[1::2]) - min(numbers[1::2]))
    return found
