"""What each choice of the recipe adds: short runs that differ in one setting, on the same data.

python -m kbqa.training.ablate --data DIR --exclude BEIR_DIR... [--epochs 0.3] [--only NAME...]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.pieces import Pieces
from kbqa.indexing.static_model import StaticModel
from kbqa.text import fold
from kbqa.training import export, operations_terms, train
from kbqa.training.alignment import Translations
from kbqa.training.config import TrainingConfig
from kbqa.training.evaluate import Figures, evaluate
from kbqa.training.pairs import Exclusions
from kbqa.training.registry import usable
from kbqa.training.vocabulary import VocabularySize

# Every variant changes the base in one thing; the base is the shipped recipe at half the dimensions, cut short.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "base": {},
    "counts as they are, not their roots": {"damped": False},
    "random start for English": {"aligned": False},
    "no keyword queries": {"keyword_pairs": 0},
    "no translated keyword queries": {"translated_pairs": 0},
    "nothing of the start added": {"anchor": 0.0},
    "no pairs of our own": {"own_rounds": 0},
    "no names of terms": {"term_rounds": 0},
    "start without SIF lengths": {"rarity": 0.0},
    "questions look for passages only": {"symmetric": False},
    "32,000 pieces": {"vocabulary": {"total": 32_000, "english_words": 12_000, "english_parts": 2_000}},
    "256 dimensions": {"dimensions": (256, 128)},
    "1,024 dimensions": {"dimensions": (1024, 512, 256, 128)},
    "hard negatives": {"mined": 60_000},
}
_BASE = TrainingConfig(dimensions=(512, 256, 128), mined=0)


class FloatModel:
    """Learned rows as they are, for comparing with the four bits that ship."""

    def __init__(self, pieces: Pieces, rows: NDArray[np.float32], damped: bool) -> None:
        self._pieces, self._rows, self._damped = pieces, rows, damped

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors float32 [n, d] of length 1."""
        bags = self._pieces.bags([fold(text) for text in texts])
        weights = np.sqrt(bags.counts) if self._damped else bags.counts
        sums = np.stack(
            [weights[a:b] @ self._rows[bags.ids[a:b]] for a, b in zip(bags.ptr, bags.ptr[1:], strict=False)]
        )
        return (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)).astype(np.float32)


# Which derived rows go when a setting is zero; made once, as making them takes longer than a short run.
_MADE_BY = {
    "keyword_pairs": lambda name: name == "keywords",
    "translated_pairs": lambda name: name == "keywords_translated",
    "own_rounds": lambda name: name.startswith("own_"),
    "term_rounds": lambda name: name.startswith("terms_"),
}


def run(data: Path, sets: Sequence[Path], epochs: float, only: Sequence[str] = ()) -> None:
    """Train every variant and print a Markdown row for each as soon as it is done."""
    exclusions = Exclusions.from_folders(sets)
    corpus = train.load_corpus(data, usable(), exclusions, _BASE)
    synonyms = operations_terms.synonym_sets()
    derived = train.derived_rows(corpus, synonyms, exclusions, _BASE)
    vocabularies: dict[VocabularySize, tuple[Pieces, Translations | None]] = {}
    names = " | ".join(folder.name for folder in sets)
    sys.stdout.write(f"| variant | {names} | mean |\n|---|{'---:|' * (len(sets) + 1)}\n")
    for name, change in VARIANTS.items():
        if only and name not in only:
            continue
        config = replace(TrainingConfig.from_mapping({**_BASE.as_dict(), **change}), epochs=epochs)
        gone = [made_by for setting, made_by in _MADE_BY.items() if change.get(setting) == 0]
        rows: train.Rows = {**corpus.pairs, **{n: r for n, r in derived.items() if not any(out(n) for out in gone)}}
        if config.vocabulary not in vocabularies:
            pieces = train.make_pieces(corpus, synonyms, config)
            vocabularies[config.vocabulary] = (pieces, train.translations_of(pieces, corpus))
        pieces, translations = vocabularies[config.vocabulary]
        start = train.initial_rows(pieces, rows, translations, config)
        learned = train.anchored(train.train(pieces, rows, start.copy(), config), start, config.anchor)
        _print(name, [evaluate(FloatModel(pieces, learned, config.damped), folder) for folder in sets])
        if not change:
            with tempfile.TemporaryDirectory() as scratch:
                export.save_model(Path(scratch), learned, pieces, {})
                model = StaticModel.load(Path(scratch))
                _print("four bits a value", [evaluate(model, folder) for folder in sets])


def _print(name: str, figures: Sequence[Figures]) -> None:
    values = [f.ndcg_10 for f in figures]
    sys.stdout.write(f"| {name} | " + " | ".join(f"{v:.3f}" for v in (*values, float(np.mean(values)))) + " |\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m kbqa.training.ablate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of NAME.jsonl.gz")
    parser.add_argument(
        "--exclude", type=Path, nargs="+", required=True, help="retrieval sets in BEIR layout, measured on"
    )
    parser.add_argument("--epochs", type=float, default=0.3, help="of each run")
    parser.add_argument("--only", nargs="*", default=[], help="names of variants")
    given = parser.parse_args(arguments)
    run(given.data, given.exclude, given.epochs, given.only)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
