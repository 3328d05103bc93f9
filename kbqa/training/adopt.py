"""Tuning as a user meets it: index, tune, build anew with the tuned model if it won; and the way back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from kbqa.errors import EncoderError
from kbqa.indexing.index import Index
from kbqa.indexing.model_files import find_model, full_name
from kbqa.indexing.store import made_with
from kbqa.knowledge import KnowledgeBase
from kbqa.settings import DEFAULT_ENCODER, Settings
from kbqa.training.tune import PREFIX, Progress, TuneReport, read_feedback, tune


def adopt_tuned(notes: Path, index: Path, feedback: Path | None, progress: Progress) -> TuneReport:
    """Bring the index up to date, tune on it, and build it anew with the tuned model if that was kept.

    Tuning always starts from the shipped model, so doing it again after notes were added does not pile up.

    Raises:
        EncoderError: packages for training are missing, or the index is made with a model that cannot be tuned.
        NotesError, EvaluationError: see `build_index` and `read_feedback`.
    """
    _check_packages()
    pairs = read_feedback(feedback) if feedback else []
    used = _usable_encoder(index)
    _build(notes, index, used, progress)
    report = tune(Index.open(index), find_model(DEFAULT_ENCODER).folder, index, pairs, progress=progress)
    _build(notes, index, full_name(str(report.folder)) if report.folder else DEFAULT_ENCODER, progress)
    _remove_tuned(index, report.folder)
    return report


def undo_tuned(notes: Path, index: Path, progress: Progress) -> None:
    """Build the index with the shipped model again and remove the tuned one."""
    _build(notes, index, DEFAULT_ENCODER, progress)
    _remove_tuned(index, None)


def _remove_tuned(index: Path, kept: Path | None) -> None:
    """Remove tuned models that no index uses any more; only after the build, so that the index always opens."""
    for folder in index.glob(f"{PREFIX}*"):
        if folder != kept:
            shutil.rmtree(folder, ignore_errors=True)


def _build(notes: Path, index: Path, encoder: str, progress: Progress) -> None:
    settings = Settings()
    KnowledgeBase.build(
        notes, index, replace(settings, build=replace(settings.build, encoder=encoder)), progress=progress
    )


def _usable_encoder(index: Path) -> str:
    """What the index is made with, if it is the shipped model or was tuned from it."""
    used = made_with(index)
    if used == DEFAULT_ENCODER or Path(used).name.startswith(PREFIX):
        return used if used == DEFAULT_ENCODER or Path(used).is_dir() else DEFAULT_ENCODER
    raise EncoderError(
        f"索引用的是 {used}，kbqa tune 只能调整自带的 {DEFAULT_ENCODER}。请先运行 kbqa index --encoder {DEFAULT_ENCODER}。",
        f"The index is made with {used}; kbqa tune adapts {DEFAULT_ENCODER} only. "
        f"Run kbqa index --encoder {DEFAULT_ENCODER} first.",
    )


def _check_packages() -> None:
    try:
        import accelerate  # noqa: F401
        import datasets  # noqa: F401
    except ImportError as error:
        raise EncoderError(
            f'缺少训练用的软件包（{error.name}）。请运行 make tune，或 pip install "kbqa[training]"。',
            f'A package for training is missing ({error.name}). Run make tune, or pip install "kbqa[training]".',
        ) from None
