"""The model card: written by the run that made the weights, so that its figures are those of the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kbqa.training.config import TrainingConfig
from kbqa.training.evaluate import Figures, table
from kbqa.training.pairs import CleaningReport
from kbqa.training.registry import Source


@dataclass(frozen=True, slots=True)
class Cost:
    """What a run took: processor time and clock in seconds, peak memory in bytes."""

    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


def model_card(
    sources: Sequence[Source],
    reports: Sequence[CleaningReport],
    derived: Mapping[str, Sequence[tuple[str, ...]]],
    config: TrainingConfig,
    pieces: int,
    cost: Cost,
    figures: Sequence[Figures],
) -> str:
    """The card as Markdown, with the front matter that model hubs read."""
    lines = [
        "---",
        _front_matter(sources, reports, figures),
        "---",
        "",
        "# static-zh-en",
        "",
        "一个中英双语静态词向量模型：文本向量 = 各词片向量按词频平方根加权之和，再归一化。随软件包发布，只用处理器，不联网。",
        "",
        "A static Chinese–English embedding model: a text's vector is the normalised sum of its pieces' rows, each times the",
        f"square root of the piece's count. {pieces:,} pieces, {config.dimensions[0]} dimensions (the first "
        f"{', '.join(map(str, config.dimensions[1:]))} work by themselves),",
        "four bits a value and one length a row.",
        "",
        "**Input has to pass `kbqa.text.fold` first** (width, case, traditional to simplified), in training and in",
        "use; `kbqa.indexing.static_model.StaticModel` does so itself, and so does",
        "`kbqa.training.export.to_sentence_transformer`, which gives a `SentenceTransformer`.",
        "",
        "## Data",
        "",
        "Rows equal to a query or a relevant passage of the retrieval sets below were removed before training.",
        "",
        *_source_table(sources, reports),
        "",
        *_derived_lines(derived),
        "",
        "Weights trained on share-alike sources: pass them on with this card, which names the sources.",
        "Not used, because passing on weights is in doubt: "
        + ", ".join(f"{s.name} ({s.licence})" for s in sources if not s.redistributable)
        + ".",
        "",
        "## Precedents",
        "",
        "`precedents/` holds the questions of our own pairs as vectors of this model (256 values of eight bits) and the words of their",
        "answers. What answers to like questions speak of helps to rank passages; `python -m kbqa.training.precedents MODEL` writes it.",
        "",
        "## Recipe",
        "",
        *_recipe_lines(config, cost, len(derived.get("own_0", ()))),
        "",
        "## Figures",
        "",
        *_figure_lines(figures),
        "## Limits",
        "",
        "- Paraphrases without a common word come out only weakly related unless pairs like them were trained on.",
        "- Word order does not count: “A 高于 B” and “B 高于 A” have the same vector. Negation hardly counts.",
        "- One row a piece, so a word with two meanings has one vector between them.",
        "- Trained on documentation, statutes, a dictionary and everyday sentences; names and jargon it never met",
        "  are sums of their characters. A lexical index finds those better: use both.",
        "- English is understood by words and short sentences; other languages are not.",
    ]
    return "\n".join(lines) + "\n"


def _source_table(sources: Sequence[Source], reports: Sequence[CleaningReport]) -> list[str]:
    by_name = {source.name: source for source in sources}
    lines = ["| source | licence | rows read | equal to a retrieval set | pairs used |", "|---|---|---:|---:|---:|"]
    for r in reports:
        source = by_name[r.name]
        lines.append(f"| {r.name}: {source.what} | {source.licence} | {r.read:,} | {r.excluded:,} | {r.kept:,} |")
    totals = (sum(r.read for r in reports), sum(r.excluded for r in reports), sum(r.kept for r in reports))
    return [*lines, "| total | | " + " | ".join(f"{n:,}" for n in totals) + " |"]


def _front_matter(sources: Sequence[Source], reports: Sequence[CleaningReport], figures: Sequence[Figures]) -> str:
    from huggingface_hub import ModelCardData

    used = {r.name for r in reports}
    return ModelCardData(
        model_name="static-zh-en",
        language=["zh", "en"],
        license="cc-by-sa-4.0",
        pipeline_tag="sentence-similarity",
        tags=["sentence-transformers", "static-embedding"],
        datasets=[source.name for source in sources if source.name in used],
        eval_results=_results(figures),
    ).to_yaml()


def _results(figures: Sequence[Figures]) -> list[Any] | None:
    """Figures as model hubs take them; None for none."""
    from huggingface_hub import EvalResult

    results = [
        EvalResult("information-retrieval", f.name, f.name, name, round(value, 4))
        for f in figures
        for name, value in (("nDCG@10", f.ndcg_10), ("Success@1", f.success_1))
    ]
    return results or None


def _derived_lines(derived: Mapping[str, Sequence[tuple[str, ...]]]) -> list[str]:
    def count(prefix: str) -> int:
        return sum(len(rows) for name, rows in derived.items() if name.startswith(prefix))

    own = len(derived.get("own_0", ()))
    return [
        f"Made from these: {count('inner'):,} pairs of a sentence and its passage; {count('synonyms'):,} pairs of Chinese",
        f"words with the same dictionary gloss; {len(derived.get('keywords', ())):,} queries of some words of a passage, "
        f"and {len(derived.get('keywords_translated', ())):,}",
        f"of their translations by the dictionary. Written for this package: {own:,} pairs on operations, as people ask and",
        f"as notes say it (`kbqa/training/data`), gone over {sum(1 for n in derived if n.startswith('own_') and 'neg' not in n)} "
        f"times an epoch; a list of operations terms, {count('terms_'):,} pairs of names.",
    ]


def finished(text: str, pairs: int, config: TrainingConfig, seconds: float, figures: Sequence[Figures]) -> str:
    """A card after another last stage: that stage in place of the one before, and the figures of the new weights.

    Args:
        pairs: how many of our own the stage went over.
        seconds: what it took by the clock.
    """
    head, _, rest = text.partition("## Figures\n")
    lines = [line for line in head.rstrip("\n").split("\n") if not line.startswith(_FINISHED)]
    lines.append(f"{_FINISHED}{pairs:,} pairs on operations alone, {_finish(config)}; {seconds / 60:.0f} minutes.")
    limits = rest[rest.index("## Limits") :]
    measured = "\n".join(_figure_lines(figures))
    return _with_results("\n".join(lines), figures) + f"\n\n## Figures\n\n{measured}\n{limits}"


_FINISHED = "- Last, from there on: "


def _finish(config: TrainingConfig) -> str:
    return f"{config.finish_epochs:g} times, batches of {config.finish_batch}, learning rate {config.finish_rate:g}"


def _with_results(text: str, figures: Sequence[Figures]) -> str:
    """The card's text with the results in its front matter put in place of those before."""
    import yaml
    from huggingface_hub import ModelCardData

    _, front, body = text.split("---\n", 2)
    data = yaml.safe_load(front)
    data.pop("model-index", None)
    card = ModelCardData(**{**data, "model_name": "static-zh-en", "eval_results": _results(figures)})
    return f"---\n{card.to_yaml()}\n---\n{body}"


def _recipe_lines(config: TrainingConfig, cost: Cost, own: int) -> list[str]:
    both = ", both directions" if config.symmetric else ""
    start = f"random rows times the SIF weight a / (a + p), a = {config.rarity:g}" if config.rarity else "random rows"
    mined = f"; {config.mined:,} rows get a hard negative, mined half-way" if config.mined else ""
    return [
        "- Pieces: words that several sources use, cut by `rjieba`; all that stand in a text count, longer and shorter.",
        f"- Start: {start}"
        + ("; English words as the mean of their translations by IBM model 1." if config.aligned else "."),
        "- sentence-transformers: `MultipleNegativesRankingLoss` "
        f"(scale {config.scale:g}{both}) in `MatryoshkaLoss` over {'/'.join(map(str, config.dimensions))}{mined}.",
        f"- {config.anchor:g} of each row's length in the direction it started from is added to the learned rows.",
        f"- Batches of {config.batch_size:,} rows of one source, no text twice; {config.epochs:g} epochs; Adam, peak "
        f"learning rate {config.learning_rate:g}, {config.warmup:.0%} warm-up, linear decay; seed {config.seed}.",
        *([f"{_FINISHED}{own:,} pairs on operations alone, {_finish(config)}."] if config.finish_epochs else []),
        f"- {cost.cpu_seconds / 60:.0f} minutes of processor time ({cost.wall_seconds / 60:.0f} by the clock) and "
        f"{cost.peak_bytes / 1e9:.1f} GB of memory, {config.threads} thread(s).",
        "- Again: `python -m kbqa.training --data DIR --out DIR --exclude RETRIEVAL_SET...`",
    ]


def _figure_lines(figures: Sequence[Figures]) -> list[str]:
    if not figures:
        return ["No retrieval set was given to this run.", ""]
    return [
        "Dense alone, exact search, by `ir_measures` with the reader that ships:",
        "",
        *table(figures),
        "",
        "Batch size, learning rate and start were chosen with an eye on these sets; expect a little less elsewhere.",
        "",
    ]
