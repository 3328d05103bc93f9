"""Settings of one run: what the YAML files `base.yaml` and `smoke.yaml` hold.

The defaults are those of `base.yaml`, sized for one data-centre GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from kbqa.errors import EncoderError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DataSettings:
    """Which pairs are trained on.

    Attributes:
        sources: names out of `kbqa.training.registry`; without any, all that may be trained on.
        rows: pairs of one source, or of one kind of own pairs, at most; 0 leaves it to the registry.
        own_repeats: how often an epoch sees the project's own pairs.
        query_limit: characters of a query.
        passage_limit: characters of a passage.
    """

    sources: tuple[str, ...] = ()
    rows: int = 0
    own_repeats: int = 4
    query_limit: int = 300
    passage_limit: int = 400


@dataclass(frozen=True, slots=True)
class TokenizerSettings:
    """Size of the vocabulary.

    Attributes:
        pieces: all pieces, special ones included.
        characters: the most frequent characters, Chinese ones among them, that get a piece.
        max_tokens: longest input of the models; also the number of positions that are learned.
    """

    pieces: int = 18_000
    characters: int = 8_000
    max_tokens: int = 384


@dataclass(frozen=True, slots=True)
class TrunkSettings:
    """Shape of the BERT encoder that both models start from."""

    layers: int = 6
    width: int = 384
    heads: int = 6
    feed_forward: int = 1536
    dropout: float = 0.1


@dataclass(frozen=True, slots=True)
class Loop:
    """One training loop: AdamW with linear warm-up and decay.

    Attributes:
        max_steps: stops after so many steps whatever `epochs` says; 0 means no such limit.
        warmup: share of all steps.
    """

    epochs: float = 1.0
    max_steps: int = 0
    batch_size: int = 512
    learning_rate: float = 5e-4
    warmup: float = 0.06
    weight_decay: float = 0.01


@dataclass(frozen=True, slots=True)
class PretrainSettings:
    """Masked-language training on packed text.

    Attributes:
        tokens: length of a packed row, the special tokens included.
        mask_share: share of the tokens that are masked.
    """

    tokens: int = 128
    mask_share: float = 0.2
    loop: Loop = Loop(epochs=8, batch_size=512, learning_rate=5e-4)


@dataclass(frozen=True, slots=True)
class MiningSettings:
    """Which passages count as hard negatives of a query.

    Attributes:
        skip: nearest passages left out, as they are likely right.
        depth: nearest passages looked at.
        margin: a negative's cosine is at most (1 - margin) times that of the right passage.
    """

    skip: int = 0
    depth: int = 50
    margin: float = 0.05


@dataclass(frozen=True, slots=True)
class BiencoderSettings:
    """Contrastive training in two rounds, the second with hard negatives that the first model finds.

    Attributes:
        dimensions: Matryoshka sizes, the largest first; it is the width of the trunk.
        scale: 1 / temperature of the in-batch softmax.
        mini_batch: texts that go through the model at once, with cached gradients; 0 takes the batch whole.
    """

    pooling: Literal["mean", "cls"] = "mean"
    dimensions: tuple[int, ...] = (384, 256, 128, 64)
    scale: float = 25.0
    mini_batch: int = 256
    mining: MiningSettings = MiningSettings()
    first: Loop = Loop(epochs=4, batch_size=1024, learning_rate=3e-4)
    second: Loop = Loop(epochs=1, batch_size=512, learning_rate=1e-4)


@dataclass(frozen=True, slots=True)
class CrossencoderSettings:
    """Training of the reranker: right passage or hard negative?

    Attributes:
        rows: pairs drawn from one source at most.
        negatives: wrong passages of each, at most.
    """

    rows: int = 20_000
    negatives: int = 4
    mining: MiningSettings = MiningSettings(depth=100)
    loop: Loop = Loop(epochs=2, batch_size=256, learning_rate=1e-4)


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What the exported folders have to keep to.

    Attributes:
        megabytes: largest size of one model with its tokenizer, in 10^6 bytes.
        threads: of the latency check.
    """

    megabytes: float = 40.0
    threads: int = 2


@dataclass(frozen=True, slots=True)
class TransformerConfig:
    """Everything that changes the weights, and how they are exported.

    Attributes:
        threads: of torch on a CPU; 0 leaves the choice to torch.
        bf16: bfloat16 where the GPU knows it; never on a CPU.
        workers: processes that prepare batches; 0 does it in the training process.
        save_steps: steps between checkpoints, from which an interrupted stage goes on.
    """

    seed: int = 20
    threads: int = 0
    bf16: bool = True
    workers: int = 0
    save_steps: int = 500
    data: DataSettings = DataSettings()
    tokenizer: TokenizerSettings = TokenizerSettings()
    trunk: TrunkSettings = TrunkSettings()
    pretrain: PretrainSettings = PretrainSettings()
    biencoder: BiencoderSettings = BiencoderSettings()
    crossencoder: CrossencoderSettings = CrossencoderSettings()
    export: ExportSettings = ExportSettings()

    @classmethod
    def from_file(cls, path: Path) -> TransformerConfig:
        """Read a YAML mapping; whatever it does not name keeps its default.

        Raises:
            EncoderError: the file cannot be read, names no setting, or gives a value that cannot be.
        """
        import yaml

        try:
            given = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise _bad(str(path), " ".join(str(error).split())) from None
        return cls.from_mapping({} if given is None else given, str(path))

    @classmethod
    def from_mapping(cls, given: Any, origin: str = "the settings") -> TransformerConfig:
        """Defaults with the given values put over them.

        Raises:
            EncoderError: a name that is no setting, or a value that cannot be.
        """
        try:
            config = _merge(cls(), given, "")
        except ValueError as error:
            raise _bad(origin, str(error)) from None
        for problem in _problems(config):
            raise _bad(origin, problem)
        return config


def _bad(origin: str, problem: str) -> EncoderError:
    return EncoderError(
        f"训练设置 {origin} 不能用（{problem}）。请对照 kbqa/training/transformer/base.yaml 改正。",
        f"Cannot use {origin}: {problem}. Mend it; kbqa/training/transformer/base.yaml shows all settings.",
    )


def _merge(default: T, given: Any, where: str) -> T:
    """A section with the given values put over it; raises ValueError naming the setting that is wrong."""
    if not isinstance(given, dict):
        raise ValueError(f"{where or 'the file'} has to be a mapping")
    hints = get_type_hints(type(default))
    unknown = sorted(str(name) for name in given if name not in hints)
    if unknown:
        raise ValueError(f"{where}{unknown[0]} is no setting; known are {', '.join(sorted(hints))}")
    values = {name: _value(hints[name], getattr(default, name), value, where + name) for name, value in given.items()}
    return replace(default, **values)  # type: ignore[type-var]


def _value(kind: Any, default: Any, value: Any, name: str) -> Any:
    if is_dataclass(kind):
        return _merge(default, value, f"{name}.")
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{name} is {value!r}, not one of {', '.join(get_args(kind))}")
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name} has to be a list")
        return tuple(_value(get_args(kind)[0], None, item, name) for item in value)
    accepted = int | float if kind is float else kind
    # A bool is an int for Python, not for a reader of the file.
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} is {value!r}, not of type {kind.__name__}")
    return kind(value)


def _problems(config: TransformerConfig) -> Iterator[str]:
    """What is wrong with values that are of the right type, the first thing first."""
    trunk, tokens = config.trunk, config.tokenizer
    bi, cross = config.biencoder, config.crossencoder
    if min(trunk.layers, trunk.width, trunk.heads, trunk.feed_forward) < 1 or trunk.width % trunk.heads:
        yield f"trunk.width {trunk.width} has to be a multiple of trunk.heads {trunk.heads}, all sizes above 0"
    if tuple(sorted(bi.dimensions, reverse=True)) != bi.dimensions or bi.dimensions[:1] != (trunk.width,):
        yield f"biencoder.dimensions {list(bi.dimensions)} have to fall and to start with trunk.width {trunk.width}"
    if not 3 <= config.pretrain.tokens <= tokens.max_tokens:
        yield f"pretrain.tokens {config.pretrain.tokens} has to be within 3 and tokenizer.max_tokens {tokens.max_tokens}"
    if not 0 < config.pretrain.mask_share < 1:
        yield f"pretrain.mask_share {config.pretrain.mask_share} has to be between 0 and 1"
    if not 0 < tokens.characters < tokens.pieces:
        yield f"tokenizer.characters {tokens.characters} has to be below tokenizer.pieces {tokens.pieces}"
    for mining in (bi.mining, cross.mining):
        if not 0 <= mining.skip < mining.depth or not 0 <= mining.margin < 1:
            yield "mining needs skip from 0 to below depth and margin from 0 to below 1"
    for loop in (config.pretrain.loop, bi.first, bi.second, cross.loop):
        if loop.batch_size < 2 or loop.epochs <= 0 or loop.learning_rate <= 0 or not 0 <= loop.warmup < 1:
            yield "a loop needs batch_size above 1, epochs and learning_rate above 0, warmup from 0 to below 1"
