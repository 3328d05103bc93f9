"""The reader of the embedded model, and the model that ships."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import kbqa.models
from kbqa.errors import EncoderError
from kbqa.indexing.pieces import Pieces
from kbqa.indexing.static_model import StaticModel

SHIPPED = Path(kbqa.models.__file__).parent / "static-zh-en"

PIECES = ["用户", "增长", "用", "户", "growth", "g"]
# Values of a row and the length they are multiplied by.
ROWS = np.array([[3, 0, 0, 0], [0, 4, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2], [0, 4, 3, 0], [7, 7, 7, 7]], dtype=np.int8)
LENGTHS = np.array([1, 1, 1, 1, 2, 1], dtype=np.uint8)


def packed(rows: np.ndarray) -> np.ndarray:
    """By hand: first half low, second half high, eight added."""
    return ((rows[:, :2] + 8) + 16 * (rows[:, 2:] + 8)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model of six pieces and four dimensions, written without the exporter."""
    (tmp_path / "vocabulary.txt").write_text("".join(f"{piece}\n" for piece in PIECES), encoding="utf-8")
    save_file({"codes": packed(ROWS), "lengths": LENGTHS}, str(tmp_path / "model.safetensors"))
    (tmp_path / "config.json").write_text(json.dumps({"dimension": 4}), encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def shipped() -> StaticModel:
    return StaticModel.load(SHIPPED)


def test_vector_is_the_normalised_sum_of_the_weighed_rows(folder: Path) -> None:
    """用户增长 is (3,0,0,0) and (0,4,0,0); growth is twice (0,4,3,0); of four 用户 and one 增长 the first weighs √4."""
    vectors = StaticModel.load(folder).encode(["用户增长", "growth", "用户growth", "用户用户，用户。用户 增长"])
    expected = [[0.6, 0.8, 0, 0], [0, 0.8, 0.6, 0], [3, 8, 6, 0], [6, 4, 0, 0]]
    expected = [np.array(row) / np.linalg.norm(row) for row in expected]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    assert vectors.dtype == np.float32


def test_width_case_script_and_unknown_characters_do_not_matter(folder: Path) -> None:
    """An unknown character between known words costs nothing but itself."""
    model = StaticModel.load(folder)
    plain, *others = model.encode(["用户 growth", "用戶 GROWTH", "用户 Ｇｒｏｗｔｈ", "用户龘！growth☃"])
    for other in others:
        np.testing.assert_array_equal(other, plain)


def test_texts_without_known_pieces_give_zero_rows(folder: Path) -> None:
    model = StaticModel.load(folder)
    assert not model.encode(["", "  ", "？！", "☃☃"]).any()
    assert model.encode([]).shape == (0, 4)


def test_order_and_company_of_texts_do_not_matter(folder: Path) -> None:
    """More texts than one batch holds; each gets the vector it gets alone."""
    model = StaticModel.load(folder)
    texts = ["用户", "增长", "growth", "", "用户增长 growth"] * 150
    together = model.encode(texts)
    for place in (0, 1, 4, 255, 256, 749):
        np.testing.assert_array_equal(together[place], model.encode([texts[place]])[0])


def test_digest_changes_with_weights_and_with_vocabulary(folder: Path) -> None:
    before = StaticModel.load(folder).digest
    assert len(before) == 64 and before == StaticModel.load(folder).digest
    other = ROWS.copy()
    other[1, 0] = 4
    save_file({"codes": packed(other), "lengths": LENGTHS}, str(folder / "model.safetensors"))
    changed = StaticModel.load(folder).digest
    assert changed != before
    vocabulary = folder / "vocabulary.txt"
    vocabulary.write_text(vocabulary.read_text(encoding="utf-8").replace("growth", "growths"), encoding="utf-8")
    assert StaticModel.load(folder).digest not in {before, changed}


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.txt", "config.json"])
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EncoderError) as caught:
        StaticModel.load(folder)
    assert name in caught.value.zh and name in caught.value.en and "pip install" in caught.value.en


@pytest.mark.parametrize("name", ["model.safetensors", "vocabulary.txt", "config.json"])
@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"[1]"])
def test_damaged_file_is_named(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(EncoderError, match=name.replace(".", r"\.")):
        StaticModel.load(folder)


def test_cut_off_weights_and_sizes_that_do_not_fit(folder: Path) -> None:
    """Half a download, a config of another model, a vocabulary of another model."""
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-5])
    with pytest.raises(EncoderError, match="damaged"):
        StaticModel.load(folder)
    weights.write_bytes(whole)
    (folder / "config.json").write_text('{"dimension": 6}', encoding="utf-8")
    with pytest.raises(EncoderError, match="dimension"):
        StaticModel.load(folder)
    (folder / "config.json").write_text('{"dimension": 4}', encoding="utf-8")
    save_file({"codes": packed(ROWS[:-1]), "lengths": LENGTHS[:-1].copy()}, str(weights))
    with pytest.raises(EncoderError, match="size"):
        StaticModel.load(folder)


def test_shipped_model_fits_and_has_a_card(shipped: StaticModel) -> None:
    files = list(SHIPPED.iterdir())
    assert sum(file.stat().st_size for file in SHIPPED.rglob("*")) <= 45_000_000
    assert {file.name for file in files} == {
        "model.safetensors", "vocabulary.txt", "config.json", "README.md", "calibration.json", "precedents",
    }  # fmt: skip
    assert shipped.dimension == 1024
    card = (SHIPPED / "README.md").read_text(encoding="utf-8")
    for word in ("CC BY-SA 4.0", "cedict_zh_en", "kbqa.text.fold", "## Limits", "nDCG@10"):
        assert word in card


def test_shipped_rows_match_an_independent_sum(shipped: StaticModel) -> None:
    """Rows read by safetensors' own reader, unpacked a value at a time and added in float64, give the same vector."""
    text = "次日留存率怎么提升？How to improve retention in 2024，留存"
    arrays = load_file(str(SHIPPED / "model.safetensors"))
    vocabulary = (SHIPPED / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    bags = Pieces(vocabulary).bags([text.lower()])
    total = np.zeros(1024)
    for piece, count in zip(bags.ids.tolist(), bags.counts.tolist(), strict=True):
        codes = arrays["codes"][piece].tolist()
        row = [code % 16 - 8 for code in codes] + [code // 16 - 8 for code in codes]
        total += np.array(row) * float(arrays["lengths"][piece]) * count**0.5
    np.testing.assert_allclose(shipped.encode([text])[0], total / np.linalg.norm(total), atol=2e-3)
    assert arrays["codes"].dtype == np.uint8 and not (arrays["codes"] % 16 == 0).any()


def test_shipped_vocabulary_holds_words_of_the_field() -> None:
    """Operations terms whole, English words, and numbers apart from what follows them."""
    pieces = Pieces((SHIPPED / "vocabulary.txt").read_text(encoding="utf-8").splitlines())
    assert {"私域", "流量", "运营"} <= set(pieces.tokens("私域流量运营的核心是什么"))
    assert {"dau", "2023"} <= set(pieces.tokens("dau达到2023年水平"))
    assert set(pieces.tokens("customer lifetime value")) == {"customer", "lifetime", "value"}
    assert {"北极星指标", "留存率", "转化率"} <= set(pieces.vocabulary)


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("customer lifetime value", "用户生命周期价值", "今天天气"),
        ("how to reduce churn", "怎样降低用户流失率", "春节放假安排"),
        ("conversion rate", "转化率", "数据库索引"),
        ("DAU", "日活跃用户数", "公司地址"),
        ("怎么让新用户留下来", "提高新用户留存的方法", "服务器的安装步骤"),
        ("获客要花多少钱", "用户获取成本的计算", "文章的标题怎么写"),
        ("用户生命周期价值", "客户终身价值", "年终总结"),
    ],
)
def test_shipped_model_tells_related_from_unrelated(shipped: StaticModel, query: str, near: str, far: str) -> None:
    vectors = shipped.encode([query, near, far])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.05


def test_loading_and_encoding_needs_no_torch_and_prints_nothing() -> None:
    """In a process of its own, with a fork after use, as a web server would."""
    script = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from kbqa.indexing.static_model import StaticModel\n"
        f"vectors = StaticModel.load(Path({str(SHIPPED)!r})).encode(['用户增长', 'growth'] * 300)\n"
        "child = os.fork() if hasattr(os, 'fork') else None\n"
        "if child == 0:\n"
        "    os._exit(0)\n"
        "heavy = {'torch', 'sentence_transformers', 'transformers', 'kbqa.training'} & set(sys.modules)\n"
        "print(vectors.shape, sorted(heavy))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "(600, 1024) []"
    assert done.stderr == ""
