"""FAISS against brute-force dot products."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from kbqa.errors import EncoderError, IndexDamaged
from kbqa.indexing.dense import DenseIndex

Vectors = NDArray[np.float32]
NEVER, ALWAYS = 0, 10**9  # exact limits


def unit(count: int, dimension: int, seed: int) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def nearest(vectors: Vectors, query: Vectors, k: int) -> NDArray[np.int64]:
    """The oracle."""
    return np.argsort(-(vectors @ query), kind="stable")[:k]


def stored(vectors: Vectors, exact_limit: int, path: Path) -> DenseIndex:
    """Built, saved and opened again, as a reader has it."""
    DenseIndex.build(vectors, exact_limit)[0].save(path)
    return DenseIndex.load(path)


def test_exact_search_is_brute_force(tmp_path: Path) -> None:
    """Same rows in the same order with the same cosines, for twenty queries."""
    vectors = unit(500, 32, 1)
    index, kind = DenseIndex.build(vectors, ALWAYS)
    assert kind == "flat" and len(index) == 500
    for opened in (index, stored(vectors, ALWAYS, tmp_path / "dense.faiss")):
        for query in unit(20, 32, 2):
            rows, scores = opened.search(query, 10)
            assert rows.tolist() == nearest(vectors, query, 10).tolist()
            np.testing.assert_allclose(scores, vectors[rows] @ query, atol=1e-6)


def test_graph_search_finds_nearly_all(tmp_path: Path) -> None:
    """Above the exact limit HNSW finds at least 95 % of the ten nearest of 3,000 random vectors."""
    vectors = unit(3000, 48, 3)
    assert DenseIndex.build(vectors[:10], 9)[1] == "hnsw"
    index = stored(vectors, NEVER, tmp_path / "dense.faiss")
    found = 0
    for query in unit(100, 48, 4):
        rows, scores = index.search(query, 10)
        found += len(set(rows.tolist()) & set(nearest(vectors, query, 10).tolist()))
        np.testing.assert_allclose(scores, vectors[rows] @ query, atol=1e-5)
        assert (np.diff(scores) <= 0).all()
    assert found >= 950


def test_exact_limit_is_inclusive() -> None:
    """As many vectors as the limit are still searched exactly, one more are not."""
    vectors = unit(11, 8, 5)
    assert DenseIndex.build(vectors[:10], 10)[1] == "flat"
    assert DenseIndex.build(vectors, 10)[1] == "hnsw"


@pytest.mark.parametrize("exact_limit", [NEVER, ALWAYS])
def test_stored_vectors_come_back(exact_limit: int, tmp_path: Path) -> None:
    """Bit for bit and in the order asked for, which is what incremental builds rely on."""
    vectors = unit(50, 16, 6)
    index = stored(vectors, exact_limit, tmp_path / "dense.faiss")
    rows = np.array([49, 0, 7], np.int64)
    np.testing.assert_array_equal(index.vectors(rows), vectors[rows])


@pytest.mark.parametrize("exact_limit", [NEVER, ALWAYS])
def test_same_vectors_give_the_same_file(exact_limit: int, tmp_path: Path) -> None:
    """The graph too: it is built by one thread."""
    vectors = unit(400, 16, 7)
    for name in ("one", "two"):
        DenseIndex.build(vectors, exact_limit)[0].save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("exact_limit", [NEVER, ALWAYS])
def test_compact_vectors_are_near_and_stable(exact_limit: int, tmp_path: Path) -> None:
    """Eight bits: cosines within 0.005, nearly the same neighbours; what comes back is stored the same again."""
    vectors = unit(2000, 1024, 12)
    index, kind = DenseIndex.build(vectors, exact_limit, compact=True)
    index.save(tmp_path / "one")
    assert kind == ("flat" if exact_limit else "hnsw")
    opened = DenseIndex.load(tmp_path / "one")
    queries = vectors[:20] + 0.7 * unit(20, 1024, 13)
    found = 0
    for query in queries / np.linalg.norm(queries, axis=1, keepdims=True):
        rows, scores = opened.search(query, 10)
        np.testing.assert_allclose(scores, vectors[rows] @ query, atol=0.005)
        found += len(set(rows[:1].tolist()) & set(nearest(vectors, query, 1).tolist()))
    assert found == 20
    back = opened.vectors(np.arange(2000))
    np.testing.assert_allclose(back, vectors, atol=0.5 / 640 + 1e-6)
    DenseIndex.build(back, exact_limit, compact=True)[0].save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert (tmp_path / "one").stat().st_size < 2000 * 1024 * 1.5


def test_more_asked_for_than_there_is() -> None:
    """All rows come back once; an index of nothing gives nothing."""
    vectors = unit(3, 8, 8)
    rows, scores = DenseIndex.build(vectors, ALWAYS)[0].search(vectors[1], 60)
    assert sorted(rows.tolist()) == [0, 1, 2] and rows[0] == 1 and scores[0] == pytest.approx(1.0)
    rows, scores = DenseIndex.build(np.empty((0, 8), np.float32), ALWAYS)[0].search(vectors[0], 5)
    assert rows.shape == scores.shape == (0,)


@pytest.mark.parametrize(("total", "zero"), [(2, 2), (30, 30), (100, 20)])
def test_an_encoder_that_gives_zero_vectors_is_refused(total: int, zero: int) -> None:
    """Answers from such an index would be silently bad; the message says how many and what to do."""
    vectors = unit(total, 8, 9)
    vectors[:zero] = 0
    with pytest.raises(EncoderError) as error:
        DenseIndex.build(vectors, ALWAYS)
    assert str(zero) in error.value.zh and str(zero) in error.value.en
    assert "--encoder" in error.value.zh and "--encoder" in error.value.en


def test_a_few_chunks_without_words_are_no_reason_to_refuse() -> None:
    """A chunk of nothing but marks has no vector."""
    vectors = unit(100, 8, 10)
    vectors[:5] = 0
    assert len(DenseIndex.build(vectors, ALWAYS)[0]) == 100


@pytest.mark.parametrize("damage", ["truncated", "garbage", "empty", "gone"])
def test_damaged_file(damage: str, tmp_path: Path) -> None:
    """FAISS' complaint becomes one that names the file and the way out."""
    path = tmp_path / "dense.faiss"
    DenseIndex.build(unit(20, 8, 11), ALWAYS)[0].save(path)
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"truncated": data[:100], "garbage": b"x" * len(data), "empty": b""}[damage])
    with pytest.raises(IndexDamaged, match=r"dense\.faiss.*\n.*kbqa index --rebuild"):
        DenseIndex.load(path)
