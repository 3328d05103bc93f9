"""The precedents that ship with a model: the questions of our own pairs as its vectors, the words of their answers.

python -m kbqa.training.precedents MODEL
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from kbqa.indexing.dense import DenseIndex
from kbqa.indexing.lexical import TokenRows, Vocabulary
from kbqa.indexing.precedents import ANSWERS, DIMENSIONS, FOLDER, QUESTIONS, VOCABULARY
from kbqa.indexing.segment import words
from kbqa.indexing.static_model import StaticModel
from kbqa.retrieval.ideas import ASKING
from kbqa.training.own import OwnPair, read_own


def save_precedents(model: Path, pairs: tuple[OwnPair, ...] | None = None) -> int:
    """Write those of a model into its folder; how many there are.

    Args:
        model: folder of a static model.
        pairs: questions with their answers; without them our own.
    """
    pairs = read_own() if pairs is None else pairs
    vectors = StaticModel.load(model).encode([pair.query for pair in pairs])[:, :DIMENSIONS]
    lengths = np.linalg.norm(vectors, axis=1)
    known = np.flatnonzero(lengths)
    answers = [sorted({word for word in words(pairs[i].positive) if word not in ASKING}) for i in known.tolist()]
    vocabulary = Vocabulary(sorted({word for answer in answers for word in answer}))
    folder = model / FOLDER
    folder.mkdir(exist_ok=True)
    index, _ = DenseIndex.build(vectors[known] / lengths[known, None], exact_limit=len(pairs), compact=True)
    index.save(folder / QUESTIONS)
    TokenRows.from_lists([[vocabulary.ids[word] for word in answer] for answer in answers]).save(folder, ANSWERS)
    vocabulary.save(folder / VOCABULARY)
    return len(known)


if __name__ == "__main__":
    print(save_precedents(Path(sys.argv[1])))
