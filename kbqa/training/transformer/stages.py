"""Stages on disk: which are finished, what they cost, and what an interrupted one left behind.

Within the folder of the run:

    STAGE/          what the stage made; `done.json` is written last and says that it is whole
    work/STAGE/     checkpoints of a stage that is under way, for the next run to go on from

A finished stage is bound to the settings, the data and the very run of the stage before it. If one of them is another
now, that is an error and not a reason to throw hours of work away.
"""

from __future__ import annotations

import hashlib
import json
import resource
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from kbqa.errors import EncoderError
from kbqa.training.transformer.config import TransformerConfig

Stage = Literal["tokenizer", "pretrain", "biencoder", "crossencoder", "export"]
STAGES: tuple[Stage, ...] = get_args(Stage)

DONE, _STARTED = "done.json", "started.json"
# What decides a stage's result besides the stages before it.
_SECTIONS: Mapping[Stage, tuple[str, ...]] = {
    "tokenizer": ("seed", "data", "tokenizer"),
    "pretrain": ("seed", "bf16", "trunk", "pretrain"),
    "biencoder": ("seed", "bf16", "biencoder"),
    "crossencoder": ("seed", "bf16", "crossencoder"),
    "export": ("export",),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What the run that finished a stage took.

    Attributes:
        device: "cpu", or the name of the GPU.
        cpu_seconds: processor time.
        wall_seconds: time by the clock.
        peak_bytes: largest memory of the process so far.
        gpu_peak_bytes: largest memory torch held on the GPU in this stage; 0 on a CPU.
    """

    device: str
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    gpu_peak_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What `done.json` says.

    Attributes:
        key: digest of all that decided the result.
        facts: counts and figures for the card.
    """

    key: str
    cost: Cost
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Folders:
    """The output folder of one model."""

    out: Path

    def stage(self, stage: Stage) -> Path:
        return self.out / stage

    def work(self, stage: Stage) -> Path:
        return self.out / "work" / stage

    def done(self, stage: Stage) -> Done | None:
        """What the finished stage left; None if it is not finished.

        Raises:
            EncoderError: its `done.json` cannot be read.
        """
        path = self.stage(stage) / DONE
        if not path.is_file():
            return None
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
            return Done(given["key"], Cost(**given["cost"]), given["facts"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(
                f"{path} 已损坏（{error}）。请加 --force 重做 {stage} 这一步。",
                f"{path} is damaged: {error}. Repeat the stage {stage} with --force.",
            ) from None

    def key(self, stage: Stage, config: TransformerConfig, data_digest: str) -> str:
        """SHA-256 over the settings of the stage, the data, and `done.json` of the stage before.

        Raises:
            EncoderError: the stage before is not finished.
        """
        values = {name: _plain(getattr(config, name)) for name in _SECTIONS[stage]}
        digest = hashlib.sha256(json.dumps([stage, data_digest, values], sort_keys=True).encode())
        if stage != STAGES[0]:
            before = STAGES[STAGES.index(stage) - 1]
            if self.done(before) is None:
                raise EncoderError(
                    f"{self.out} 里还没有完成 {before} 这一步，不能做 {stage}。请先运行 --stage {before}，或 --stage all。",
                    f"The stage {before} is not finished in {self.out}; {stage} needs it. Run --stage {before} first.",
                )
            digest.update((self.stage(before) / DONE).read_bytes())
        return digest.hexdigest()


def run_stage(
    folders: Folders, stage: Stage, key: str, force: bool, work: Callable[[Path, Path], dict[str, Any]]
) -> bool:
    """Do a stage unless it is finished.

    Args:
        force: do it again from the start.
        work: makes the stage's result, given its folder and the folder for checkpoints; returns facts for the card.

    Returns:
        Whether anything was done.

    Raises:
        EncoderError: the stage was finished with other settings, other data, or on another run of the stage before.
    """
    done = None if force else folders.done(stage)
    if done and done.key == key:
        return False
    if done:
        raise EncoderError(
            f"{folders.stage(stage)} 是用别的设置、数据或前一步的结果做成的。请加 --force 重做，或换一个 --out。",
            f"{folders.stage(stage)} was made from other settings, data or results of the stage before. "
            "Repeat it with --force, or name another --out.",
        )
    _prepare(folders, stage, key, force)
    clock = _Clock()
    facts = work(folders.stage(stage), folders.work(stage))
    content = asdict(Done(key, clock.cost(), facts))
    (folders.stage(stage) / DONE).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    shutil.rmtree(folders.work(stage))
    return True


def _prepare(folders: Folders, stage: Stage, key: str, force: bool) -> None:
    """Make the folders; checkpoints of other settings are of no use, those of the same are kept."""
    work = folders.work(stage)
    started = work / _STARTED
    if force or not started.is_file() or started.read_text("utf-8") != key:
        shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(folders.stage(stage), ignore_errors=True)
    folders.stage(stage).mkdir(parents=True)
    work.mkdir(parents=True, exist_ok=True)
    started.write_text(key, "utf-8")


class _Clock:
    """Measures a stage from its construction on."""

    def __init__(self) -> None:
        import torch

        self._wall, self._cpu = time.monotonic(), time.process_time()
        self._cuda = torch.cuda.is_available()
        if self._cuda:
            torch.cuda.reset_peak_memory_stats()

    def cost(self) -> Cost:
        import torch

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        cpu, wall = time.process_time() - self._cpu, time.monotonic() - self._wall
        if not self._cuda:
            return Cost("cpu", cpu, wall, peak)
        return Cost(torch.cuda.get_device_name(), cpu, wall, peak, torch.cuda.max_memory_allocated())


def _plain(value: Any) -> Any:
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value
