"""Contrastive training of one embedding table by sentence-transformers.

A text is the mean of its pieces' rows. The rows are learned so that a query is closer to its own passage than to the
other passages of the batch, at 512 dimensions and at the first 256, 128 and 64 of them.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kbqa.training.config import TrainingConfig
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
from kbqa.training.vocabulary import build_pieces, build_tokenizer, count_words, merge_counts


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


def derived_pairs(
    corpus: Corpus, synonyms: tuple[tuple[str, ...], ...], exclusions: Exclusions, config: TrainingConfig
) -> dict[str, list[Pair]]:
    """Pairs made from the sources: sentences of passages, synonyms of a dictionary, names of terms."""
    skipped = ("_par", "_head", "cedict_zh_en", "tatoeba_en_zh", "pydocs_en_zh")
    passages = [p for name, rows in corpus.pairs.items() if not name.endswith(skipped) for _, p in rows if len(p) >= 60]
    inner = inner_pairs(passages, config.seed)
    random.Random(config.seed).shuffle(inner)
    made = {
        "inner": inner[: config.inner_pairs],
        "synonyms": gloss_synonyms(corpus.pairs.get("cedict_zh_en", [])),
    }
    made.update((f"terms_{i}", rows) for i, rows in enumerate(term_rounds(synonyms, config.term_rounds, config.seed)))
    return {name: [pair for pair in rows if not exclusions.hit(pair)] for name, rows in made.items() if rows}


def make_tokenizer(corpus: Corpus, synonyms: tuple[tuple[str, ...], ...], config: TrainingConfig) -> Any:
    """The vocabulary of the corpus and of the terms as a tokenizer."""
    terms = [tidy(name, 99) for names in synonyms for name in names]
    per_file = {
        name: count_words((text for pair in rows for text in pair), terms) for name, rows in corpus.pairs.items()
    }
    counts = merge_counts(per_file)
    return build_tokenizer(build_pieces(counts, terms, config.vocabulary))


def initial_weights(tokenizer: Any, texts: list[str], config: TrainingConfig) -> NDArray[np.float32]:
    """Random rows [V, d], the more frequent the shorter: a / (a + p), with p counted in `texts`.

    Source of the weight: Arora, Liang, Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings".
    """
    size = tokenizer.get_vocab_size()
    rows = np.random.default_rng(config.seed).standard_normal((size, config.dimensions[0]), dtype=np.float32)
    if config.rarity:
        p = piece_shares(tokenizer, texts)
        rows *= (config.rarity / (config.rarity + p))[:, None]
    rows[0] = 0.0
    return rows


def piece_shares(tokenizer: Any, texts: list[str]) -> NDArray[np.float32]:
    """Share [V] of each piece among all pieces of the texts, with one more of each so that none is zero."""
    counts = np.ones(tokenizer.get_vocab_size())
    for start in range(0, len(texts), 4096):
        encodings = tokenizer.encode_batch_fast(texts[start : start + 4096], add_special_tokens=False)
        ids = np.concatenate([encoding.ids for encoding in encodings]).astype(np.intp)
        counts += np.bincount(ids, minlength=len(counts))
    counts[0] = 1
    return (counts / counts.sum()).astype(np.float32)


def train(tokenizer: Any, pairs: Mapping[str, list[Pair]], config: TrainingConfig) -> NDArray[np.float32]:
    """Learn the table.

    Args:
        tokenizer: of `vocabulary.build_tokenizer`; piece 0 is the unknown one and keeps a zero row.
        pairs: folded pairs by name; a batch holds pairs of one name.

    Returns:
        [V, d] float32 rows, not normalised: their length carries how much a word counts.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    texts = [text for rows in pairs.values() for pair in rows for text in pair]
    module = StaticEmbedding(tokenizer, embedding_weights=initial_weights(tokenizer, texts[::7], config))
    module.embedding.padding_idx = 0
    model = SentenceTransformer(modules=[module], device="cpu")
    with tempfile.TemporaryDirectory() as scratch:
        trainer = _trainer(model, pairs, config, scratch)
        steps = len(trainer.get_train_dataloader()) * config.epochs
        trainer.optimizer, trainer.lr_scheduler = _optimizer(module, config, steps)
        trainer.train()
    rows = module.embedding.weight.detach().numpy().copy()
    rows[0] = 0.0
    return rows


def _trainer(model: Any, pairs: Mapping[str, list[Pair]], config: TrainingConfig, scratch: str) -> Any:
    from datasets import Dataset, DatasetDict
    from sentence_transformers import SentenceTransformerTrainer

    class Trainer(SentenceTransformerTrainer):
        """Without the library's model card, whose statistics take longer than an epoch of a small run."""

        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            pass

    columns = {n: {"anchor": [q for q, _ in rows], "positive": [p for _, p in rows]} for n, rows in pairs.items()}
    return Trainer(
        model=model,
        args=_arguments(config, scratch),
        train_dataset=DatasetDict({name: Dataset.from_dict(texts) for name, texts in columns.items()}),
        loss=_loss(model, config),
    )


def _arguments(config: TrainingConfig, scratch: str) -> Any:
    from sentence_transformers import SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.training_args import MultiDatasetBatchSamplers

    from kbqa.training.batches import UniqueBatchSampler

    return SentenceTransformerTrainingArguments(
        output_dir=scratch,
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        batch_sampler=UniqueBatchSampler,
        multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
        max_grad_norm=0.0,  # the gradient norm of a table says little, and clipping it costs a pass over all rows
        seed=config.seed,
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


def _optimizer(module: Any, config: TrainingConfig, steps: int) -> tuple[Any, Any]:
    import torch

    # Dense and fused: on a CPU a step over 60,000 rows takes 30 ms, coalescing sparse gradients twenty times that.
    optimizer = torch.optim.Adam([module.embedding.weight], lr=config.learning_rate, fused=True)
    warm = max(1, int(steps * config.warmup))

    def factor(step: int) -> float:
        return min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))

    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
