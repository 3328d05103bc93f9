"""The bi-encoder: pooled, normalised vectors, learned by telling a query's own passage from the others of the batch.

Two rounds: the first with in-batch negatives (and the own pairs' written ones), the second with one more negative a
row, found by the model of the first round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbqa.errors import EncoderError
from kbqa.training.batches import UniqueBatchSampler
from kbqa.training.transformer import loops
from kbqa.training.transformer.config import BiencoderSettings, Loop, MiningSettings, TransformerConfig
from kbqa.training.transformer.data import Material, Row
from kbqa.training.transformer.negatives import mine

if TYPE_CHECKING:
    from datasets import DatasetDict
    from sentence_transformers import SentenceTransformer

_FIRST = "first"
_SPREAD_TEXTS = 500
_COLLAPSED = 0.98


def train_biencoder(
    trunk: Path, material: Material, config: TransformerConfig, folder: Path, work: Path
) -> dict[str, Any]:
    """Both rounds; `folder` gets a sentence-transformers model.

    Args:
        trunk: folder of the pre-trained trunk and its tokenizer.

    Returns:
        Facts for the card: rows by source, mined negatives, steps and loss of each round.
    """
    loops.prepare(config)
    settings = config.biencoder
    rows = repeated(material.rows, config.data.own_repeats)
    first = work / _FIRST
    facts: dict[str, Any] = {"rows": {name: len(found) for name, found in material.rows.items()}}
    if not (first / "modules.json").is_file():
        model = new_model(trunk, settings)
        facts["first"] = _round(model, rows, settings.first, config, work / "checkpoints-first")
        check_spread(model, [row.passage for found in material.rows.values() for row in found])
        model.save(str(first), create_model_card=False)
    model = load_biencoder(first)
    mined = with_negatives(model, material.rows, settings.mining)
    facts["mined"] = sum(row.negative is not None for found in mined.values() for row in found)
    facts["second"] = _round(
        model, repeated(mined, config.data.own_repeats), settings.second, config, work / "checkpoints-second"
    )
    model.save(str(folder), create_model_card=False)
    return facts


def new_model(trunk: Path, settings: BiencoderSettings) -> SentenceTransformer:
    """An untrained bi-encoder over the trunk."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    body = Transformer(str(trunk))
    pooling = Pooling(body.get_embedding_dimension(), pooling_mode=settings.pooling)
    return SentenceTransformer(modules=[body, pooling, Normalize()], device=loops.device())


def load_biencoder(folder: Path) -> SentenceTransformer:
    """A saved bi-encoder on the GPU if there is one."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device=loops.device(), local_files_only=True)


def check_spread(model: SentenceTransformer, texts: Sequence[str]) -> None:
    """See that the model tells texts apart. A trunk whose pre-training got no further than the frequencies of the tokens
    says the same of every text, and contrastive training was seen to stay there.

    Raises:
        EncoderError: different texts have nearly the same vector.
    """
    some = list(dict.fromkeys(texts))
    some = some[:: max(1, len(some) // _SPREAD_TEXTS)]
    vectors = model.encode(some, normalize_embeddings=True, show_progress_bar=False)
    similar = vectors @ vectors.T
    mean = (similar.sum() - similar.trace()) / (len(some) * (len(some) - 1))
    if mean > _COLLAPSED:
        raise EncoderError(
            f"模型给不同的文本几乎相同的向量（平均余弦 {mean:.3f}）。请多做几步预训练，或降低 pretrain 与 biencoder 的 learning_rate，"
            "再加 --force 重做。",
            f"The model gives different texts nearly the same vector (mean cosine {mean:.3f}). Pre-train for more steps or "
            "lower the learning rates of pretrain and biencoder, and repeat both with --force.",
        )


def repeated(rows: Mapping[str, Sequence[Row]], times: int) -> dict[str, Sequence[Row]]:
    """The rows, and the own ones so many times, each time under another name: no batch then holds a row twice."""
    copies = {f"{name}~{i}": found for i in range(1, times) for name, found in rows.items() if name.startswith("own_")}
    return {**rows, **copies}


def with_negatives(
    model: SentenceTransformer, rows: Mapping[str, Sequence[Row]], mining: MiningSettings
) -> dict[str, list[Row]]:
    """The rows with a mined negative where they have none yet; without one where none was found."""
    made = {}
    for name, found in rows.items():
        mined = mine(model, found, 1, mining)
        made[name] = [
            row._replace(negative=row.negative or (hard[0] if hard else None))
            for row, hard in zip(found, mined, strict=True)
        ]
    return made


def datasets(rows: Mapping[str, Sequence[Row]]) -> DatasetDict:
    """Columns by source; rows with a negative and rows without are datasets of their own. A single row teaches nothing."""
    from datasets import Dataset, DatasetDict

    made = DatasetDict()
    for name, found in rows.items():
        plain = [row for row in found if row.negative is None]
        hard = [row for row in found if row.negative is not None]
        for part, some in ((name, plain), (f"{name}+", hard)):
            if len(some) > 1:
                columns = {"anchor": [row.query for row in some], "positive": [row.passage for row in some]}
                made[part] = Dataset.from_dict(
                    columns if part == name else {**columns, "negative": [row.negative for row in some]}
                )
    return made


def _round(
    model: SentenceTransformer, rows: Mapping[str, Sequence[Row]], loop: Loop, config: TransformerConfig, work: Path
) -> dict[str, Any]:
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.training_args import MultiDatasetBatchSamplers

    class Trainer(SentenceTransformerTrainer):
        """Without the library's statistics of every dataset; the card has its own table of sources."""

        def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
            pass

    trainer = Trainer(
        model=model,
        args=SentenceTransformerTrainingArguments(
            **loops.arguments(loop, config, work),
            batch_sampler=UniqueBatchSampler,
            multi_dataset_batch_sampler=MultiDatasetBatchSamplers.PROPORTIONAL,
        ),
        train_dataset=datasets(rows),
        loss=loss(model, config.biencoder),
    )
    return loops.train(trainer, work)


def loss(model: SentenceTransformer, settings: BiencoderSettings) -> Any:
    """In-batch softmax in both directions, at every Matryoshka size."""
    from sentence_transformers.sentence_transformer import losses

    both = {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}
    if settings.mini_batch:
        ranking: Any = losses.CachedMultipleNegativesRankingLoss(
            model, scale=settings.scale, mini_batch_size=settings.mini_batch, **both
        )
    else:
        ranking = losses.MultipleNegativesRankingLoss(model, scale=settings.scale, **both)
    return losses.MatryoshkaLoss(model, ranking, matryoshka_dims=list(settings.dimensions))
