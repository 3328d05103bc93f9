"""Settings of one training run; the defaults made the weights that ship."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from kbqa.training.vocabulary import VocabularySize


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Everything that changes the weights.

    Attributes:
        dimensions: Matryoshka sizes, the largest first; it is the size of the model.
        damped: whether a piece that stands n times in a text weighs √n instead of n.
        aligned: whether rows of English words start as the mean of their translations'.
        epochs: passes over all rows; a part of one stops early.
        scale: 1 / temperature of the in-batch softmax.
        symmetric: whether passages also have to find their queries.
        learning_rate: peak of Adam's, after `warmup` (share of all steps), then falling linearly to 0.
        rarity: a of the SIF weight a / (a + p) that the random start is scaled with; 0 starts all rows alike.
        query_limit: characters of a query.
        passage_limit: characters of a passage.
        inner_pairs: pairs made of a passage's own sentence, at most.
        keyword_pairs: pairs of some words of a passage and the passage, at most.
        translated_pairs: the same with the words translated.
        own_rounds: how often the pairs of our own are gone over in an epoch.
        term_rounds: pairs of names of every operations term, an epoch.
        anchor: how much of the start is added to the learned rows, in their own length: what was learned about meaning stays,
            and words without a relation become less alike again.
        mined: rows that get a hard negative, found with the model after the first epoch; 0 leaves that out.
        finish_epochs: passes over the pairs of our own alone, at the end; 0 leaves that out.
        finish_rate: learning rate of those, with rows brought to a mean square of 1.
        finish_batch: rows of a batch of those.
        half_precision: bfloat16 for the similarity matrices; faster where the CPU knows it.
        threads: of torch; other numbers sum in another order and give slightly other weights.
    """

    seed: int = 20
    vocabulary: VocabularySize = field(default_factory=VocabularySize)
    dimensions: tuple[int, ...] = (1024, 512, 256, 128)
    damped: bool = True
    aligned: bool = True
    epochs: float = 2.0
    batch_size: int = 1024
    scale: float = 25.0
    symmetric: bool = True
    learning_rate: float = 0.05
    warmup: float = 0.1
    rarity: float = 5e-4
    query_limit: int = 300
    passage_limit: int = 400
    inner_pairs: int = 30_000
    keyword_pairs: int = 120_000
    translated_pairs: int = 300_000
    own_rounds: int = 6
    term_rounds: int = 12
    anchor: float = 0.5
    mined: int = 60_000
    finish_epochs: float = 3.0
    finish_rate: float = 0.015
    finish_batch: int = 512
    half_precision: bool = True
    threads: int = 1

    @classmethod
    def from_file(cls, path: Path) -> TrainingConfig:
        """Read a YAML or JSON mapping; whatever it does not name keeps its default.

        Raises:
            ValueError: a name that is no setting.
        """
        import yaml

        return cls.from_mapping(yaml.safe_load(path.read_text(encoding="utf-8")) or {})

    @classmethod
    def from_mapping(cls, given: dict[str, Any]) -> TrainingConfig:
        """Defaults with the given ones put over them; raises ValueError for a name that is no setting."""
        values = dict(given)
        unknown = sorted(set(values) - {f.name for f in fields(cls)})
        if unknown:
            raise ValueError(f"unknown settings {unknown}; known are {sorted(f.name for f in fields(cls))}")
        if "vocabulary" in values:
            values["vocabulary"] = VocabularySize(**values["vocabulary"])
        if "dimensions" in values:
            values["dimensions"] = tuple(values["dimensions"])
        return replace(cls(), **values)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)
