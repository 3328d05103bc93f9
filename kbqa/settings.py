"""One settings object for chat, batch evaluation and command line: what is tested is what is served."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

DEFAULT_ENCODER = "static-zh-en"

Mode = Literal["lexical", "dense", "hybrid"]


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """What an index is made by; another value means another index.

    Attributes:
        encoder: name of the embedded model, or a path or hub name of a sentence-transformers model.
        min_tokens: a chunk is closed at a block's end once it has this many jieba tokens (about 300 characters).
        max_tokens: a chunk never grows beyond this many (about 400 characters) unless one sentence alone does.
        exact_limit: up to so many chunks vectors are compared exactly, above it by HNSW.
    """

    encoder: str = DEFAULT_ENCODER
    min_tokens: int = 190
    max_tokens: int = 240
    exact_limit: int = 200_000


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """How questions are answered from an index.

    Attributes:
        candidates: how many chunks each retriever hands to fusion.
        answer_threshold: confidence below which the answer abstains; None for that of the calibration.
        max_answer: characters that an answer's sentences may have; more than twice as many in a list.
        mode: which retrievers rank; one alone is for measuring, answers need both.
        reranker: path or hub name of a cross-encoder that orders the best hits anew; none by default.
    """

    candidates: int = 60
    answer_threshold: float | None = None
    max_answer: int = 280
    mode: Mode = "hybrid"
    reranker: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    build: BuildSettings = field(default_factory=BuildSettings)
    query: QuerySettings = field(default_factory=QuerySettings)

    @property
    def digest(self) -> str:
        return digest_of(self)


def digest_of(settings: Settings | BuildSettings) -> str:
    """SHA-256 over the values, the same in every process."""
    values: dict[str, Any] = asdict(settings)
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
