"""What the training loops have in common: arguments, seeds, the device, and going on from a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kbqa.training.transformer.config import Loop, TransformerConfig


def prepare(config: TransformerConfig) -> None:
    """Seed every generator and set torch's threads."""
    import torch
    from transformers import set_seed

    if config.threads:
        torch.set_num_threads(config.threads)
    set_seed(config.seed)


def device() -> str:
    """The GPU if there is one."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def arguments(loop: Loop, config: TransformerConfig, work: Path) -> dict[str, Any]:
    """Arguments that transformers' and sentence-transformers' trainers share; they choose the device themselves.

    Args:
        work: where checkpoints go.
    """
    import torch

    on_gpu = torch.cuda.is_available()
    return {
        "output_dir": str(work),
        "num_train_epochs": loop.epochs,
        "max_steps": loop.max_steps or -1,
        "per_device_train_batch_size": loop.batch_size,
        "learning_rate": loop.learning_rate,
        "warmup_steps": loop.warmup,  # below 1 it is a share of all steps
        "weight_decay": loop.weight_decay,
        "lr_scheduler_type": "linear",
        "seed": config.seed,
        "bf16": config.bf16 and on_gpu and torch.cuda.is_bf16_supported(),
        "dataloader_num_workers": config.workers,
        "dataloader_pin_memory": on_gpu,
        "save_strategy": "steps",
        "save_steps": config.save_steps,
        "save_total_limit": 1,
        "logging_steps": 50,
        "report_to": "none",
    }


def train(trainer: Any, work: Path) -> dict[str, Any]:
    """Train, from the last checkpoint in `work` if there is one.

    Returns:
        Steps and the mean loss, for the card.
    """
    from transformers.trainer_utils import get_last_checkpoint

    work.mkdir(parents=True, exist_ok=True)
    result = trainer.train(resume_from_checkpoint=get_last_checkpoint(str(work)))
    return {"steps": int(result.global_step), "loss": round(float(result.training_loss), 4)}
