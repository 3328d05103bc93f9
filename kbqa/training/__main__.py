"""Make the embedded model from files of pairs.

python -m kbqa.training --data DIR --out DIR [--config FILE] [--exclude BEIR_DIR...]
python -m kbqa.training --finish MODEL --out DIR [--config FILE] [--exclude BEIR_DIR...]
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from kbqa.training.config import TrainingConfig
from kbqa.training.pairs import Exclusions
from kbqa.training.registry import SOURCES, Source


def make_model(
    data: Path, out: Path, config: TrainingConfig, exclude: Sequence[Path] = (), sources: tuple[Source, ...] = SOURCES
) -> None:
    """Clean, build the vocabulary, train, quantise, evaluate and write the card.

    Args:
        data: folder of `NAME.jsonl.gz`.
        out: folder of the model, made if missing.
        exclude: retrieval sets; nothing equal to their questions or answers is trained on, and the card holds
            the figures the model reaches on them.
    """
    from kbqa.indexing.static_model import StaticModel
    from kbqa.training import card, export, operations_terms, train
    from kbqa.training.evaluate import evaluate
    from kbqa.training.precedents import save_precedents
    from kbqa.training.registry import usable

    started = time.monotonic()
    exclusions = Exclusions.from_folders(exclude)
    corpus = train.load_corpus(data, usable(sources), exclusions, config)
    for report in corpus.reports:
        sys.stderr.write(f"{asdict(report)}\n")
    synonyms = operations_terms.synonym_sets()
    derived = train.derived_rows(corpus, synonyms, exclusions, config)
    pieces = train.make_pieces(corpus, synonyms, config)
    rows: train.Rows = {**corpus.pairs, **derived}
    table = train.initial_rows(pieces, rows, train.translations_of(pieces, corpus), config)
    learned = train.anchored(train.train(pieces, rows, table.copy(), config), table, config.anchor)
    learned = train.finish(pieces, learned, exclusions, config)
    export.save_model(out, learned, pieces, {"training": config.as_dict()})
    save_precedents(out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    cost = card.Cost(time.process_time(), time.monotonic() - started, peak)
    model = StaticModel.load(out)
    figures = [evaluate(model, folder) for folder in exclude]
    text = card.model_card(sources, corpus.reports, derived, config, len(pieces), cost, figures)
    (out / "README.md").write_text(text, encoding="utf-8")


def finish_model(model: Path, out: Path, config: TrainingConfig, exclude: Sequence[Path] = ()) -> None:
    """Only the last stage: take a model on from where it is with the pairs of our own, and write its figures anew.

    Args:
        model: folder of a model with its card.
        out: folder of the finished one, which may be the same.
        exclude: as for `make_model`.
    """
    from kbqa.indexing.static_model import StaticModel
    from kbqa.training import card, export, train
    from kbqa.training.evaluate import evaluate
    from kbqa.training.own import read_own
    from kbqa.training.precedents import save_precedents

    started = time.monotonic()
    pieces, rows = export.load_rows(model)
    learned = train.finish(pieces, rows, Exclusions.from_folders(exclude), config)
    text = (model / "README.md").read_text(encoding="utf-8")
    export.save_model(out, learned, pieces, {"training": config.as_dict()})
    save_precedents(out)
    figures = [evaluate(StaticModel.load(out), folder) for folder in exclude]
    text = card.finished(text, len(read_own()), config, time.monotonic() - started, figures)
    (out / "README.md").write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m kbqa.training", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of NAME.jsonl.gz")
    source.add_argument("--finish", type=Path, metavar="MODEL", help="only the last stage, from this model on")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    parser.add_argument("--config", type=Path, help="YAML or JSON; without it the settings of the shipped model")
    parser.add_argument("--exclude", type=Path, nargs="*", default=[], help="retrieval sets in BEIR layout")
    given = parser.parse_args(arguments)
    folder = given.data or given.finish
    if not folder.is_dir():
        parser.error(f"no folder {folder}")
    config = TrainingConfig.from_file(given.config) if given.config else TrainingConfig()
    (make_model if given.data else finish_model)(folder, given.out, config, given.exclude)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
