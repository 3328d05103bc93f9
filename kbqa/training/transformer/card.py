"""The model cards: sentence-transformers' own, with sources, licences, costs and figures of this very run behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kbqa.training.pairs import CleaningReport
from kbqa.training.registry import SOURCES, Source
from kbqa.training.transformer.config import Loop, TransformerConfig
from kbqa.training.transformer.measure import Figures, table
from kbqa.training.transformer.stages import Cost, Done, Stage

_OWN_LICENCE = "written for this project"
_CARD = "README.md"


def write_card(folder: Path, stage: Stage, done: Mapping[Stage, Done], config: TransformerConfig) -> None:
    """Write `README.md` of a trained model.

    Args:
        folder: of the bi-encoder or the cross-encoder.
        done: what the stages up to this one left.
    """
    text = [_library_card(folder, stage, done).rstrip(), "", *_sections(stage, done, config)]
    (folder / _CARD).write_text("\n".join(text) + "\n", encoding="utf-8")


def add_export(folder: Path, facts: Mapping[str, Any]) -> None:
    """Say in the card of an exported folder what its 8-bit weights are like."""
    measured = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
    lines = ["", "## 8-bit ONNX", "", f"Weights as unsigned 8-bit numbers. Measured at the export: {measured}.", ""]
    with (folder / _CARD).open("a", encoding="utf-8") as card:
        card.write("\n".join(lines))


def _library_card(folder: Path, stage: Stage, done: Mapping[Stage, Done]) -> str:
    """The card as sentence-transformers generates it."""
    from sentence_transformers import CrossEncoder, SentenceTransformer
    from sentence_transformers.base.model_card import generate_model_card
    from sentence_transformers.cross_encoder import CrossEncoderModelCardData
    from sentence_transformers.sentence_transformer.model_card import SentenceTransformerModelCardData

    kind, data = (
        (SentenceTransformer, SentenceTransformerModelCardData)
        if stage == "biencoder"
        else (CrossEncoder, CrossEncoderModelCardData)
    )
    card = data(
        language=["zh", "en"], license="other", model_name=f"kbqa {stage}", local_files_only=True,
        generate_widget_examples=False, train_datasets=_datasets(stage, done),
    )  # fmt: skip
    model = kind(str(folder), device="cpu", local_files_only=True)
    model.model_card_data = card
    card.register_model(model)
    return generate_model_card(model)


def _datasets(stage: Stage, done: Mapping[Stage, Done]) -> list[dict[str, Any]]:
    """Sources as the library's card lists them."""
    contrastive = {"fullname": "sentence_transformers.sentence_transformer.losses.MultipleNegativesRankingLoss"}
    judging = {"fullname": "sentence_transformers.cross_encoder.losses.BinaryCrossEntropyLoss"}
    licences = {source.name: source.licence for source in SOURCES}
    return [
        {
            "name": f"{name} ({licences.get(name, _OWN_LICENCE)})",
            "size": size,
            "columns": ["query", "passage", "negative"],
            "loss": contrastive if stage == "biencoder" else judging,
        }
        for name, size in done["biencoder"].facts["rows"].items()
    ]


def _sections(stage: Stage, done: Mapping[Stage, Done], config: TransformerConfig) -> list[str]:
    return [
        "## Sources and licences",
        "",
        "Rows equal to a query or a relevant passage of the retrieval sets below were removed before training.",
        "Weights trained on share-alike sources: pass them on with this card, which names the sources.",
        "",
        *_source_lines(done["tokenizer"].facts, done["biencoder"].facts["rows"]),
        "",
        "## Recipe",
        "",
        *_recipe_lines(stage, done, config),
        "",
        "## What it took",
        "",
        *_cost_lines(done),
        "",
        "## Figures",
        "",
        *figure_lines(done[stage].facts["figures"]),
        "",
        "## Limits",
        "",
        "- Trained from scratch on documentation, statutes, a dictionary and everyday sentences, and a few thousand pairs",
        "  on operations; names and jargon it never met are characters to it.",
        "- English is understood by words and sentences of such texts; other languages are not.",
        f"- Texts are cut at {config.tokenizer.max_tokens} tokens, about as many Chinese characters.",
    ]


def _source_lines(facts: Mapping[str, Any], rows: Mapping[str, int]) -> list[str]:
    known: dict[str, Source] = {source.name: source for source in SOURCES}
    lines = ["| source | licence | rows read | equal to a retrieval set | pairs used |", "|---|---|---:|---:|---:|"]
    for given in facts["reports"]:
        report = CleaningReport(**given)
        source = known[report.name]
        lines.append(
            f"| {report.name}: {source.what} | {source.licence} | {report.read:,} | {report.excluded:,} "
            f"| {report.kept:,} |"
        )
    own = sum(size for name, size in rows.items() if name.startswith("own_"))
    lines.append(f"| own pairs on operations | {_OWN_LICENCE} | | {facts['own_excluded']:,} | {own:,} |")
    flagged = ", ".join(f"{source.name} ({source.licence})" for source in SOURCES if not source.redistributable)
    return [*lines, "", f"Not used, because passing on weights is in doubt: {flagged}."]


def _recipe_lines(stage: Stage, done: Mapping[Stage, Done], config: TransformerConfig) -> list[str]:
    trunk, bi, cross = config.trunk, config.biencoder, config.crossencoder
    vocabulary, pretrained = done["tokenizer"].facts, done["pretrain"].facts
    lines = [
        f"- Tokenizer: {vocabulary['pieces']:,} WordPiece pieces over folded text, Chinese characters and digits one by "
        f"one; {vocabulary['unknown_share']:.2%} of the training tokens are unknown. `tokenizer.json` folds by itself.",
        f"- Trunk: BERT, {trunk.layers} layers, {trunk.width} wide, {pretrained['parameters']:,} parameters, pre-trained on "
        f"{pretrained['tokens']:,} tokens, {config.pretrain.mask_share:.0%} masked; {_loop(config.pretrain.loop, pretrained)}.",
        f"- Bi-encoder, first round: in-batch negatives, scale {bi.scale:g}, both directions, Matryoshka "
        f"{'/'.join(map(str, bi.dimensions))}; {_loop(bi.first, done['biencoder'].facts['first'])}.",
        f"- Second round: a hard negative for {done['biencoder'].facts['mined']:,} rows; "
        f"{_loop(bi.second, done['biencoder'].facts['second'])}.",
    ]
    if stage == "crossencoder":
        facts = done[stage].facts
        lines.append(
            f"- Cross-encoder: {facts['right']:,} right pairs and {facts['judged'] - facts['right']:,} wrong ones that the "
            f"bi-encoder finds; {_loop(cross.loop, facts)}."
        )
    return lines


def _loop(loop: Loop, facts: Mapping[str, Any]) -> str:
    return (
        f"{facts['steps']:,} steps of {loop.batch_size:,}, peak learning rate {loop.learning_rate:g}, "
        f"mean loss {facts['loss']:.2f}"
    )


def _cost_lines(done: Mapping[Stage, Done]) -> list[str]:
    lines = ["| stage | device | minutes by the clock | of processor | memory, GB | GPU memory, GB |"]
    lines.append("|---|---|---:|---:|---:|---:|")
    lines += [_cost_line(name, each.cost) for name, each in done.items()]
    return [*lines, "", "A stage that was interrupted counts from its last start."]


def _cost_line(name: str, cost: Cost) -> str:
    return (
        f"| {name} | {cost.device} | {cost.wall_seconds / 60:.1f} | {cost.cpu_seconds / 60:.1f} "
        f"| {cost.peak_bytes / 1e9:.1f} | {cost.gpu_peak_bytes / 1e9:.1f} |"
    )


def figure_lines(figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[str]:
    """A table of figures as `done.json` keeps them: column → sets."""
    columns = {name: [Figures(**each) for each in rows] for name, rows in figures.items()}
    if not any(columns.values()):
        return ["No retrieval set was given to this run."]
    return ["nDCG@10 (Success@1) by exact search over cosine, scored by `ir_measures`.", "", *table(columns)]
