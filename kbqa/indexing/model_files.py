"""A model's folder: where it lies, what its own files say, and a short table of families for what they leave out.

Nothing here loads a model or calls out. What a folder says of itself wins; the table speaks only where it is silent, for
many folders on the hub carry no prompts, and bare checkpoints no pooling either, though their models were trained with both.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from kbqa.errors import EncoderError
from kbqa.indexing.static_model import VOCABULARY
from kbqa.settings import DEFAULT_ENCODER

# Name → folder under kbqa/models. A release may lack those other than the default.
SHIPPED: Mapping[str, str] = {DEFAULT_ENCODER: DEFAULT_ENCODER, "base": "base-zh-en"}

_HUB_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?", re.ASCII)
_PASSAGE_PROMPTS = ("document", "passage", "corpus")  # names they go by, in the order sentence-transformers looks
_UNLIMITED = 10**6  # tokenizers without a limit of their own say 10^30
_REASON_LENGTH = 200


class Prompts(NamedTuple):
    """What is put before a text."""

    query: str = ""
    passage: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """How models of one make want to be used.

    Attributes:
        pattern: regular expression, searched in the last part of a model's name, in lower case.
        pooling: `cls` first token, `mean` of all, `lasttoken`.
    """

    pattern: str
    prompts: Prompts
    pooling: str


_INSTRUCTION = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"

# As their model cards say; the first that fits counts.
FAMILIES: tuple[Family, ...] = (
    Family(r"bge-m3", Prompts(), "cls"),
    Family(r"bge-\w+-zh", Prompts("为这个句子生成表示以用于检索相关文章："), "cls"),
    Family(r"bge-\w+-en", Prompts("Represent this sentence for searching relevant passages: "), "cls"),
    Family(r"e5-(small|base|large)-instruct", Prompts(_INSTRUCTION + " "), "mean"),
    Family(r"e5-(small|base|large)", Prompts("query: ", "passage: "), "mean"),
    Family(r"qwen3-embedding", Prompts(_INSTRUCTION), "lasttoken"),
    Family(r"gte-\w+-zh", Prompts(), "cls"),
    Family(r"gte-(small|base|large)|m3e-|text2vec-", Prompts(), "mean"),
)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on this machine.

    Attributes:
        name: as it was asked for: a shipped name, a hub name or a path.
        folder: where its files are.
    """

    name: str
    folder: Path

    def read(self, path: str) -> dict[str, Any]:
        """A JSON file of the folder; an empty mapping if there is none.

        Raises:
            EncoderError: it is damaged.
        """
        found = self._json(path, {})
        if not isinstance(found, dict):
            raise unusable(self.name, f"{path}: no JSON object")
        return found

    def _json(self, path: str, absent: Any) -> Any:
        try:
            return json.loads((self.folder / path).read_text("utf-8"))
        except FileNotFoundError:
            return absent
        except (OSError, ValueError) as error:
            raise unusable(self.name, f"{path}: {error}") from None

    @property
    def modules(self) -> list[dict[str, str]]:
        """The steps from text to vector as sentence-transformers stores them; none for a bare checkpoint."""
        found = self._json("modules.json", [])
        if not isinstance(found, list) or not all(isinstance(m, dict) and "type" in m for m in found):
            raise unusable(self.name, "modules.json: no list of modules")
        return found

    @property
    def root(self) -> str:
        """Where the tokenizer and the first module lie within the folder: empty, or a path with a slash."""
        path = self.modules[0].get("path", "") if self.modules else ""
        return path and f"{path}/"

    @property
    def static(self) -> bool:
        """Whether it is a static model of ours: the embedded one, or one tuned from it."""
        return (self.folder / VOCABULARY).is_file() and "fold" in self.read("config.json")

    @property
    def kind(self) -> str:
        """`SentenceTransformer` for a model of vectors, `CrossEncoder` for a reranker, or what else the folder says."""
        said = self.read("config_sentence_transformers.json").get("model_type")
        bare = (self.read("config.json").get("architectures") or [""])[0]
        classifies = bare.endswith("ForSequenceClassification") and not self.modules
        return said or ("CrossEncoder" if classifies else "SentenceTransformer")

    @property
    def family(self) -> Family | None:
        """The family by the name, the folder or the name in the configuration, in this order."""
        names = (self.name, self.folder.name, self.read("config.json").get("_name_or_path") or "")
        lasts = [re.split(r"[/\\]", name.rstrip("/\\"))[-1].lower() for name in names]
        return next((family for last in lasts for family in FAMILIES if re.search(family.pattern, last)), None)

    @property
    def prompts(self) -> Prompts:
        """Those that the folder names, be they empty; else those of the family."""
        said = self.read("config_sentence_transformers.json").get("prompts")
        if not said or not isinstance(said, dict):
            return self.family.prompts if self.family else Prompts()
        passage = next((said[name] for name in _PASSAGE_PROMPTS if name in said), "")
        return Prompts(said.get("query") or "", passage or "")

    @property
    def max_tokens(self) -> int:
        """So many tokens of a text are read, special ones included; the rest is cut off."""
        if wanted := self.read(f"{self.root}sentence_bert_config.json").get("max_seq_length"):
            return int(wanted)
        config, tokenizer = self.read(f"{self.root}config.json"), self.read(f"{self.root}tokenizer_config.json")
        places = int(config.get("max_position_embeddings") or _UNLIMITED)
        if "roberta" in config.get("model_type", ""):
            places -= 2  # its positions are counted from 2
        return int(min(tokenizer.get("model_max_length") or _UNLIMITED, places))

    @property
    def onnx(self) -> Path | None:
        """The ONNX file to run where there are no weights for torch, of several an 8-bit one."""
        torch = (f"{self.root}*.safetensors", f"{self.root}pytorch_model*.bin")
        if any(path for pattern in torch for path in self.folder.glob(pattern)):
            return None
        found = [path for pattern in ("onnx/model*.onnx", "model*.onnx") for path in self.folder.glob(pattern)]
        return min(found, key=lambda path: (_preference(path.stem), path.name), default=None)


def _preference(stem: str) -> int:
    """Order among ONNX files: unsigned 8-bit, which every processor computes exactly, other 8-bit, the plain one."""
    for place, fits in enumerate(("uint8" in stem, "int8" in stem or "quantized" in stem, stem == "model")):
        if fits:
            return place
    return 3


# --- finding ----------------------------------------------------------------------------------------------------------


def full_name(name: str) -> str:
    """The name to keep in an index: a folder by its full path, so that the index opens from anywhere."""
    return os.path.realpath(name) if name not in SHIPPED and os.path.exists(name) else name


def find_model(name: str, option: str = "--encoder") -> ModelFiles:
    """The folder of a shipped name, a path, or a hub name in the local cache.

    Args:
        option: the command line's option that names it, for the message.

    Raises:
        EncoderError: it is not on this machine.
    """
    if name in SHIPPED:
        shipped = Path(str(resources.files("kbqa.models"))) / SHIPPED[name]
        if not shipped.is_dir():
            raise _not_shipped(name, option)
        return ModelFiles(name, shipped)
    folder = os.path.expanduser(name)
    if os.path.isdir(folder):
        return ModelFiles(name, Path(folder))
    if not _HUB_NAME.fullmatch(name) or os.path.isdir(os.path.dirname(name)):
        raise EncoderError(
            f"没有模型文件夹 {name}。请检查 {option} 的路径，或把文件夹放回原处。",
            f"There is no model folder {name}. Check the path given to {option}, or put the folder back.",
        )
    cached = _cached(name)
    if cached is None:
        raise _not_cached(name, option)
    return ModelFiles(name, cached)


def go_offline() -> None:
    """Keep the hub's libraries from calling out; they read this when they are first imported."""
    for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        os.environ.setdefault(variable, "1")


def _cached(name: str) -> Path | None:
    """The folder of a hub model in the local cache."""
    go_offline()
    from huggingface_hub import try_to_load_from_cache

    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    for repository in (name,) if "/" in name else (name, f"sentence-transformers/{name}"):
        for file in ("modules.json", "config.json"):
            path = try_to_load_from_cache(repository, file, cache_dir=cache)
            if isinstance(path, str):
                return Path(path).parent
    return None


def _not_cached(name: str, option: str) -> EncoderError:
    hub_name = name if "/" in name else f"OWNER/{name}"
    return EncoderError(
        f"本机没有模型 {name}。请在能联网的机器上运行 hf download {hub_name}，或用 {option} 给出模型文件夹的路径。",
        f"No model {name} on this machine. Fetch it once with `hf download {hub_name}`, or give {option} a folder.",
    )


def _not_shipped(name: str, option: str) -> EncoderError:
    return EncoderError(
        f"本版本不带 {name} 模型（kbqa/models/{SHIPPED[name]}）。请用 python -m kbqa.training.transformer 自行训练，"
        f"或用 {option} 换一个模型。",
        f"The {name} encoder (kbqa/models/{SHIPPED[name]}) is not part of this release. Train it with "
        f"`python -m kbqa.training.transformer`, or name another model with {option}.",
    )


# --- loading ----------------------------------------------------------------------------------------------------------


@contextmanager
def loading(files: ModelFiles) -> Iterator[None]:
    """Load a torch model within this: offline, without bars on the terminal, every failure an error of ours.

    Raises:
        EncoderError: whatever is raised within.
    """
    go_offline()
    import logging

    from transformers.utils import logging as transformers_logging

    bars, chatter = transformers_logging.is_progress_bar_enabled(), logging.getLogger("sentence_transformers")
    level = chatter.level
    transformers_logging.disable_progress_bar()
    chatter.setLevel(logging.ERROR)
    try:
        yield
    except EncoderError:
        raise
    except Exception as error:  # a folder that is no model fails in as many ways as there are libraries
        if "trust_remote_code" in str(error):
            raise _wants_its_own_code(files.name) from None
        raise unusable(files.name, str(error) or type(error).__name__) from None
    finally:
        chatter.setLevel(level)
        if bars:
            transformers_logging.enable_progress_bar()


def unusable(name: str, reason: str) -> EncoderError:
    """A model that is there and does not load."""
    line = reason.strip().splitlines()[0][:_REASON_LENGTH]
    return EncoderError(
        f"模型 {name} 无法载入（{line}）。请确认文件齐全，必要时重新取一次（见 docs/models.md），或换一个模型。",
        f"The model {name} does not load ({line}). See that its files are complete, fetch it again if need be "
        "(docs/models.md), or use another model.",
    )


def _wants_its_own_code(name: str) -> EncoderError:
    return EncoderError(
        f"模型 {name} 要运行它自带的程序（trust_remote_code），kbqa 不运行模型带来的代码。请换一个不需要的模型（见 docs/models.md）。",
        f"The model {name} needs to run code of its own (trust_remote_code), which kbqa never does. Use a model that "
        "needs none (docs/models.md).",
    )
