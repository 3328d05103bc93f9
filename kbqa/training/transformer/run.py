"""All stages, one behind the other: what each takes from the stages before it and what it leaves for the cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from kbqa.training.registry import SOURCES, Source
from kbqa.training.transformer import card, measure
from kbqa.training.transformer.config import TransformerConfig
from kbqa.training.transformer.data import Material, Places, chosen_sources, load_material
from kbqa.training.transformer.stages import STAGES, Folders, Stage, run_stage

_TRIED = 200  # queries that the export is compared and timed on
_SAMPLE = 20_000  # texts that the share of unknown tokens is counted on

Progress = Callable[[str], None]


class Run:
    """One model on its way through the stages.

    Attributes:
        config: settings of all stages.
        folders: where results go.
    """

    def __init__(
        self,
        places: Places,
        out: Path,
        config: TransformerConfig,
        progress: Progress = lambda line: None,
        sources: tuple[Source, ...] = SOURCES,
    ) -> None:
        """Nothing is read yet.

        Raises:
            EncoderError: the settings name a source that may not be used.
        """
        self.config = config
        self.folders = Folders(out)
        self._places = places
        self._sources = chosen_sources(config.data, sources)
        self._progress = progress
        self._works: dict[Stage, Callable[[Path, Path], dict[str, Any]]] = {
            "tokenizer": self._tokenizer,
            "pretrain": self._pretrain,
            "biencoder": self._biencoder,
            "crossencoder": self._crossencoder,
            "export": self._export,
        }

    def do(self, stages: Sequence[Stage] = STAGES, force: bool = False) -> None:
        """Do stages that are not finished, in their order.

        Args:
            force: do them again even so.

        Raises:
            EncoderError: a stage cannot be done, or was finished with other settings or data.
        """
        from kbqa.training.transformer.export import check_packages

        if "export" in stages:
            check_packages()  # hours of training before it would be a bad time to find out
        data_digest = self._places.digest(self._sources)
        for stage in (each for each in STAGES if each in stages):
            key = self.folders.key(stage, self.config, data_digest)
            self._progress(f"{stage} …")
            did = run_stage(self.folders, stage, key, force, self._works[stage])
            self._finish(stage)
            self._progress(f"{stage}: {'done' if did else 'finished before, kept'}")

    @cached_property
    def _material(self) -> Material:
        settings, seed = self.config.data, self.config.seed
        return load_material(self._places, self._sources, settings, seed, self._progress)

    def _tokenizer(self, folder: Path, work: Path) -> dict[str, Any]:
        from kbqa.training.transformer.tokenizer import train_tokenizer, unknown_share

        texts = list(self._material.texts())
        tokenizer = train_tokenizer(texts, self.config.tokenizer)
        tokenizer.save_pretrained(folder)
        return {
            "pieces": len(tokenizer),
            "unknown_share": unknown_share(tokenizer, texts[:: max(1, len(texts) // _SAMPLE)]),
            "reports": [asdict(report) for report in self._material.reports],
            "own_excluded": self._material.own_excluded,
        }

    def _pretrain(self, folder: Path, work: Path) -> dict[str, Any]:
        from transformers import AutoTokenizer

        from kbqa.training.transformer.pretrain import pretrain

        tokenizer = AutoTokenizer.from_pretrained(self.folders.stage("tokenizer"))
        return pretrain(tokenizer, self._material.texts(), self.config, folder, work)

    def _biencoder(self, folder: Path, work: Path) -> dict[str, Any]:
        from kbqa.training.transformer.biencoder import load_biencoder, train_biencoder

        facts = train_biencoder(self.folders.stage("pretrain"), self._material, self.config, folder, work)
        model = load_biencoder(folder)
        figures = [asdict(measure.dense(model, place)) for place in self._places.exclude]
        return {**facts, "figures": {"dense": figures}}

    def _crossencoder(self, folder: Path, work: Path) -> dict[str, Any]:
        from kbqa.training.transformer.biencoder import load_biencoder
        from kbqa.training.transformer.crossencoder import load_crossencoder, train_crossencoder

        trunk, biencoder = self.folders.stage("pretrain"), self.folders.stage("biencoder")
        facts = train_crossencoder(trunk, biencoder, self._material, self.config, folder, work)
        model, reranker = load_biencoder(biencoder), load_crossencoder(folder)
        both = [measure.reranked(model, reranker, place) for place in self._places.exclude]
        return {
            **facts,
            "figures": {"dense": [asdict(a) for a, _ in both], "reranked": [asdict(b) for _, b in both]},
        }

    def _export(self, folder: Path, work: Path) -> dict[str, Any]:
        from kbqa.training.transformer.export import export_model

        rows = [row for found in self._material.rows.values() for row in found]
        tried = [(row.query, row.passage) for row in rows[:: max(1, len(rows) // _TRIED)]][:_TRIED]
        facts = {}
        for stage in ("biencoder", "crossencoder"):
            facts[stage] = export_model(self.folders.stage(stage), folder / stage, tried, self.config.export)
            card.add_export(folder / stage, facts[stage])
            self._progress(
                f"{stage}: {facts[stage]['megabytes']} MB, {facts[stage]['ms_p50']} ms a "
                f"{'query' if stage == 'biencoder' else 'pair'} (median) on {self.config.export.threads} thread(s)"
            )
        return facts

    def _finish(self, stage: Stage) -> None:
        """The card of a model; it tells what its own stage took and so comes after it."""
        if stage not in ("biencoder", "crossencoder") or (self.folders.stage(stage) / "README.md").is_file():
            return
        before = STAGES[: STAGES.index(stage) + 1]
        done = {each: found for each in before if (found := self.folders.done(each))}
        card.write_card(self.folders.stage(stage), stage, done, self.config)
