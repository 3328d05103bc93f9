"""Training the table of piece rows with sentence-transformers: corpus → pieces → rows."""

from __future__ import annotations

import ctypes
import random
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.indexing.pieces import Pieces
from kbqa.training.alignment import Translations, align, aligned_rows, parallel
from kbqa.training.config import TrainingConfig
from kbqa.training.mining import mine
from kbqa.training.own import read_own, training_rows
from kbqa.training.pairs import (
    CleaningReport,
    Exclusions,
    Pair,
    gloss_synonyms,
    inner_pairs,
    load_source,
    term_rounds,
    tidy,
)
from kbqa.training.registry import Source
from kbqa.training.synthetic import glosses, keyword_queries
from kbqa.training.vocabulary import choose_pieces, count_words

# (query, passage) or (query, passage, negative), by name; a batch holds rows of one name.
Rows = Mapping[str, Sequence[tuple[str, ...]]]

_DICTIONARY = "cedict_zh_en"
# Sources whose right sides are sentences or labels, no sections.
_SHORT = ("_par", "_head", _DICTIONARY, "tatoeba_en_zh", "pydocs_en_zh")
_SECTIONS = ("_zh", "_x", "_notes")


Progress = Callable[[str, int, int], None]


def print_progress(stage: str, done: int, total: int) -> None:
    """One line on stderr now and then."""
    if done % 100 == 0 or done == total:
        sys.stderr.write(f"{stage}: {done} of {total}\n")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pairs by source, and what cleaning did."""

    pairs: Mapping[str, list[Pair]]
    reports: tuple[CleaningReport, ...]


def load_corpus(folder: Path, sources: tuple[Source, ...], exclusions: Exclusions, config: TrainingConfig) -> Corpus:
    """Read and clean the sources; those without a file are left out."""
    pairs: dict[str, list[Pair]] = {}
    reports = []
    seen: set[int] = set()
    for source in sources:
        if (folder / f"{source.name}.jsonl.gz").is_file():
            pairs[source.name], report = load_source(
                folder, source, seen, exclusions, (config.query_limit, config.passage_limit), config.seed
            )
            reports.append(report)
    return Corpus(pairs, tuple(reports))


def derived_rows(
    corpus: Corpus, synonyms: tuple[tuple[str, ...], ...], exclusions: Exclusions, config: TrainingConfig
) -> dict[str, list[tuple[str, ...]]]:
    """Rows made from the sources, and rows of our own: see the model card for what each is."""
    dictionary = corpus.pairs.get(_DICTIONARY, [])
    passages = [p for name, rows in corpus.pairs.items() if not name.endswith(_SHORT) for _, p in rows]
    inner = inner_pairs([p for p in passages if len(p) >= 60], config.seed)
    random.Random(config.seed).shuffle(inner)
    made: dict[str, list[tuple[str, ...]]] = {
        "inner": list(inner[: config.inner_pairs]),
        "synonyms": list(gloss_synonyms(dictionary)),
    }
    if config.keyword_pairs or config.translated_pairs:
        short = [p for name, rows in corpus.pairs.items() if name.endswith(_SHORT) for _, p in rows]
        queries = keyword_queries([*passages, *short], glosses(dictionary), config.seed, draws=2)
        limits = (("keywords", config.keyword_pairs), ("keywords_translated", config.translated_pairs))
        for (name, limit), rows in zip(limits, queries, strict=True):
            random.Random(f"{config.seed}-{name}").shuffle(rows)
            made[name] = list(rows[:limit])
    made.update((f"terms_{i}", list(r)) for i, r in enumerate(term_rounds(synonyms, config.term_rounds, config.seed)))
    made.update(_own_rows(exclusions, config))
    return {name: [row for row in rows if not exclusions.hit(row[:2])] for name, rows in made.items() if rows}


def _own_rows(exclusions: Exclusions, config: TrainingConfig) -> dict[str, list[tuple[str, ...]]]:
    """The pairs of our own, a name for each time an epoch goes over them; those with a hard negative apart."""
    rows = training_rows(read_own(), exclusions)
    made: dict[str, list[tuple[str, ...]]] = {}
    for i in range(config.own_rounds):
        made[f"own_{i}"] = [row[:2] for row in rows]
        if i % 2 == 0:
            made[f"own_negative_{i}"] = [row for row in rows if row[2]]
    return made


def make_pieces(corpus: Corpus, synonyms: tuple[tuple[str, ...], ...], config: TrainingConfig) -> Pieces:
    """The vocabulary of the corpus, of the terms and of the pairs of our own."""
    terms = [tidy(name, 99) for names in synonyms for name in names]
    texts = {name: [text for pair in rows for text in pair] for name, rows in corpus.pairs.items()}
    texts["own"] = [tidy(text, 400) for pair in read_own() for text in (pair.query, pair.positive)]
    per_source = {name: count_words(found, terms) for name, found in texts.items()}
    return Pieces(choose_pieces(per_source, terms, config.vocabulary))


def translations_of(pieces: Pieces, corpus: Corpus) -> Translations | None:
    """Learned from all pairs of the corpus that are English on one side only; none if there are none."""
    pairs = [pair for found in corpus.pairs.values() for pair in parallel(found)]
    return align(pieces, pairs) if pairs else None


def initial_rows(
    pieces: Pieces, rows: Rows, translations: Translations | None, config: TrainingConfig
) -> NDArray[np.float32]:
    """Rows [V, d] to start from: random ones; English words as the mean of their translations; rare pieces longer.

    The length is a / (a + p), with p the piece's share of all. Source: Arora, Liang, Ma 2017, "A simple but tough-to-beat
    baseline for sentence embeddings".
    """
    table = np.random.default_rng(config.seed).standard_normal((len(pieces), config.dimensions[0]), dtype=np.float32)
    if config.rarity:
        texts = [text for found in rows.values() for row in found[::7] for text in row[:2]]
        table *= (config.rarity / (config.rarity + piece_shares(pieces, texts)))[:, None]
    if config.aligned and translations:
        english = np.array([p.isascii() and p.isalpha() and len(p) > 1 for p in pieces.vocabulary])
        aligned_rows(table, translations, english)
    return table


def anchored(rows: NDArray[np.float32], start: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Learned rows [V, d] with `share` of their length in the direction they started from added.

    Source: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models", who average weights before and after training.
    """
    directions = start / np.maximum(np.linalg.norm(start, axis=1, keepdims=True), 1e-9)
    return rows + share * np.linalg.norm(rows, axis=1, keepdims=True) * directions


def piece_shares(pieces: Pieces, texts: Sequence[str]) -> NDArray[np.float32]:
    """Share [V] of each piece among all pieces of the texts, with one more of each so that none is zero."""
    counts = np.ones(len(pieces))
    for start in range(0, len(texts), 4096):
        bags = pieces.bags(texts[start : start + 4096])
        counts += np.bincount(bags.ids, bags.counts, len(pieces))
    return (counts / counts.sum()).astype(np.float32)


def train(
    pieces: Pieces, rows: Rows, table: NDArray[np.float32], config: TrainingConfig, progress: Progress = print_progress
) -> NDArray[np.float32]:
    """Learn the table.

    Args:
        rows: folded pairs and triplets by name; a batch holds rows of one name.
        table: float32 [V, d] to start from; changed in place.
        progress: called with a stage's name, steps done and steps in all.

    Returns:
        [V, d] float32 rows, not normalised: their length carries how much a piece counts.
    """
    import torch
    from sentence_transformers import SentenceTransformer

    from kbqa.training.module import PieceEmbedding

    _keep_memory()
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    module = PieceEmbedding(pieces, table, config.damped)
    model = SentenceTransformer(modules=[module], device="cpu")
    # Hard negatives are looked for half-way, with a model that already knows the easy ones.
    halves = [config.epochs] if not config.mined else [config.epochs / 2, config.epochs / 2]
    done = 0.0
    for number, epochs in enumerate(halves):
        if number:
            sections = {n: rows[n] for n in rows if n.endswith(_SECTIONS) and not n.endswith(_SHORT)}
            mined = mine(model, sections, config.mined)  # type: ignore[arg-type]
            sys.stderr.write(f"mined { ({name: len(found) for name, found in mined.items()}) }\n")
            rows = {**rows, **{f"{name}_mined": found for name, found in mined.items()}}
        span = (done / config.epochs, (done + epochs) / config.epochs)
        _run(model, module, rows, epochs, span, config, progress)
        done += epochs
    return module.embedding.weight.detach().numpy().copy()


def finish(
    pieces: Pieces,
    rows: NDArray[np.float32],
    exclusions: Exclusions,
    config: TrainingConfig,
    progress: Progress = print_progress,
) -> NDArray[np.float32]:
    """Go over the pairs of our own alone, gently, so that what people say and what notes write meet.

    Args:
        rows: learned rows [V, d]; left as they are.

    Returns:
        [V, d] float32 rows of about the same meaning elsewhere.
    """
    if not config.finish_epochs:
        return rows
    own = training_rows(read_own(), exclusions)
    pairs = {"own": [row[:2] for row in own], "own_negative": [row for row in own if row[2]]}
    gentle = replace(
        config, epochs=config.finish_epochs, learning_rate=config.finish_rate, batch_size=config.finish_batch, mined=0,
        dimensions=tuple(dict.fromkeys((rows.shape[1], min(rows.shape[1], _COARSE)))),
    )  # fmt: skip
    return train(pieces, pairs, rows / unit(rows), gentle, progress)


_COARSE = 256  # dimensions that words are compared in one by one


def unit(rows: NDArray[np.float32]) -> np.float32:
    """What brings rows to the size they have in training, where a value moves by about the learning rate a step."""
    return np.float32(np.sqrt((rows**2).mean()))


def _keep_memory() -> None:
    """Let the C library keep the memory of gradients between steps.

    A step makes and frees a gradient as large as the table, twice. Taken from the system anew, page by page, that costs
    more than all arithmetic: a step takes 0.8 seconds instead of 0.35.
    """
    if sys.platform == "linux":
        trim_threshold, mmap_threshold, plenty = -1, -3, 2**31 - 1
        with suppress(OSError, AttributeError):  # another C library
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(mmap_threshold, plenty)
            libc.mallopt(trim_threshold, plenty)


def _run(
    model: Any,
    module: Any,
    rows: Rows,
    epochs: float,
    span: tuple[float, float],
    config: TrainingConfig,
    progress: Progress,
) -> None:
    """Go over the rows; `span` is the part of the learning rate's schedule that falls to this run."""
    with tempfile.TemporaryDirectory() as scratch:
        # Another seed for each part, or the second would go over the rows in the order of the first.
        trainer = _trainer(model, rows, epochs, config.seed + round(100 * span[0]), config, scratch)
        steps = max(1, round(len(trainer.get_train_dataloader()) * epochs))
        trainer.optimizer, trainer.lr_scheduler = _optimizer(module, config, steps, span)
        _tell(trainer, progress)
        trainer.train()


def _tell(trainer: Any, progress: Progress) -> None:
    """Report steps instead of printing figures to stdout, which belongs to results."""
    from transformers import PrinterCallback, TrainerCallback

    class Tell(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            progress("training", state.global_step, state.max_steps)

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Tell())


def _trainer(model: Any, rows: Rows, epochs: float, seed: int, config: TrainingConfig, scratch: str) -> Any:
    from datasets import Dataset, DatasetDict
    from sentence_transformers import SentenceTransformerTrainer

    class Trainer(SentenceTransformerTrainer):
        """Without the library's model card, whose statistics take longer than an epoch of a small run."""

        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            pass

    names = ("anchor", "positive", "negative")
    columns = {
        name: dict(zip(names, map(list, zip(*found, strict=True)), strict=False)) for name, found in rows.items()
    }
    return Trainer(
        model=model,
        args=_arguments(epochs, seed, config, scratch),
        train_dataset=DatasetDict({name: Dataset.from_dict(texts) for name, texts in columns.items()}),
        loss=_loss(model, config),
    )


def _arguments(epochs: float, seed: int, config: TrainingConfig, scratch: str) -> Any:
    from sentence_transformers import SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.training_args import MultiDatasetBatchSamplers

    from kbqa.training.batches import UniqueBatchSampler

    return SentenceTransformerTrainingArguments(
        output_dir=scratch,
        num_train_epochs=epochs,
        per_device_train_batch_size=config.batch_size,
        batch_sampler=UniqueBatchSampler,
        multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
        max_grad_norm=0.0,  # the gradient norm of a table says little, and clipping it costs a pass over all rows
        seed=seed,
        save_strategy="no",
        report_to="none",
        logging_steps=25,
        use_cpu=True,
        bf16=config.half_precision,
        disable_tqdm=True,
    )


def _loss(model: Any, config: TrainingConfig) -> Any:
    from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss

    both = {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}
    ranking = MultipleNegativesRankingLoss(model, scale=config.scale, **(both if config.symmetric else {}))
    return MatryoshkaLoss(model, ranking, matryoshka_dims=list(config.dimensions))


def _optimizer(module: Any, config: TrainingConfig, steps: int, span: tuple[float, float]) -> tuple[Any, Any]:
    import torch

    # Dense and fused: on a CPU a step over all rows takes 60 ms, coalescing sparse gradients twenty times that.
    optimizer = torch.optim.Adam([module.embedding.weight], lr=config.learning_rate, fused=True)

    def factor(step: int) -> float:
        progress = span[0] + (span[1] - span[0]) * (step + 1) / steps
        return min(progress / config.warmup, max(0.0, (1 - progress) / (1 - config.warmup)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
