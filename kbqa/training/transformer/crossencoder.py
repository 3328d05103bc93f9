"""The reranker: reads query and passage together and says how well they fit, between 0 and 1.

It starts from the same trunk as the bi-encoder and learns on what the bi-encoder gets wrong: every right pair comes with
the passages that the bi-encoder would have mixed it up with.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from kbqa.training.transformer import loops
from kbqa.training.transformer.biencoder import load_biencoder
from kbqa.training.transformer.config import CrossencoderSettings, TransformerConfig
from kbqa.training.transformer.data import Material, Row
from kbqa.training.transformer.negatives import mine

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder, SentenceTransformer


class Judged(NamedTuple):
    """A query and a passage, and whether it answers the query (1.0) or not (0.0)."""

    query: str
    passage: str
    label: float


def train_crossencoder(
    trunk: Path, biencoder: Path, material: Material, config: TransformerConfig, folder: Path, work: Path
) -> dict[str, Any]:
    """Mine, train and save a sentence-transformers `CrossEncoder` to `folder`.

    Args:
        trunk: folder of the pre-trained trunk and its tokenizer.
        biencoder: folder of the model that finds the negatives.

    Returns:
        Facts for the card: judged pairs, right ones among them, steps, loss.
    """
    from sentence_transformers import CrossEncoder

    loops.prepare(config)
    settings = config.crossencoder
    finder = load_biencoder(biencoder)
    rows = sampled(material.rows, settings.rows, config.seed)
    judged = judged_pairs(finder, rows, settings, config.seed)
    model = CrossEncoder(
        str(trunk), num_labels=1, max_length=config.tokenizer.max_tokens, device=loops.device(), local_files_only=True
    )
    facts = _fit(model, judged, config, work)
    model.save_pretrained(str(folder), create_model_card=False)
    return {"judged": len(judged), "right": sum(pair.label == 1.0 for pair in judged), **facts}


def load_crossencoder(folder: Path) -> CrossEncoder:
    """A saved reranker on the GPU if there is one."""
    from sentence_transformers import CrossEncoder

    return CrossEncoder(str(folder), device=loops.device(), local_files_only=True)


def sampled(rows: Mapping[str, Sequence[Row]], number: int, seed: int) -> dict[str, Sequence[Row]]:
    """At most `number` rows of each source, drawn by the seed."""
    draw = random.Random(seed)
    return {name: found if len(found) <= number else draw.sample(found, number) for name, found in rows.items()}


def judged_pairs(
    finder: SentenceTransformer, rows: Mapping[str, Sequence[Row]], settings: CrossencoderSettings, seed: int
) -> list[Judged]:
    """Every row as a right pair, with its written and its mined negatives as wrong ones, shuffled."""
    judged: dict[Judged, None] = {}
    for found in rows.values():
        for row, negatives in zip(found, mine(finder, found, settings.negatives, settings.mining), strict=True):
            wrong = [row.negative, *negatives] if row.negative else negatives
            judged[Judged(row.query, row.passage, 1.0)] = None
            judged.update((Judged(row.query, passage, 0.0), None) for passage in wrong)
    # What is right for one row is not wrong for another.
    kept = [pair for pair in judged if pair.label == 1.0 or pair._replace(label=1.0) not in judged]
    random.Random(seed).shuffle(kept)
    return kept


def _fit(model: Any, judged: Sequence[Judged], config: TransformerConfig, work: Path) -> dict[str, Any]:
    import torch
    from datasets import Dataset
    from sentence_transformers.cross_encoder import CrossEncoderTrainer, CrossEncoderTrainingArguments
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

    class Trainer(CrossEncoderTrainer):
        """Without the library's statistics; the card has its own table of sources."""

        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            pass

    columns = {name: [getattr(pair, name) for pair in judged] for name in Judged._fields}
    right = sum(columns["label"])
    weight = torch.tensor(max(1.0, (len(judged) - right) / max(1.0, right)), device=loops.device())
    trainer = Trainer(
        model=model,
        args=CrossEncoderTrainingArguments(**loops.arguments(config.crossencoder.loop, config, work)),
        train_dataset=Dataset.from_dict(columns),
        # Right pairs are outnumbered; without a weight the model would start by calling everything wrong.
        loss=BinaryCrossEntropyLoss(model, pos_weight=weight),
    )
    return loops.train(trainer, work)
