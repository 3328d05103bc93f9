"""The model card: written by the run that made the weights, so that its figures are those of the weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kbqa.training.config import TrainingConfig
from kbqa.training.evaluate import Figures, table
from kbqa.training.pairs import CleaningReport, Pair
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
    derived: Mapping[str, list[Pair]],
    config: TrainingConfig,
    pieces: int,
    cost: Cost,
    figures: Sequence[Figures],
) -> str:
    """The card as Markdown."""
    lines = [
        "# static-zh-en",
        "",
        "一个中英双语静态词向量模型：文本向量 = 各词片向量的平均，再归一化。随软件包发布，只用处理器，不联网。",
        "",
        "A static Chinese–English embedding model: a text's vector is the normalised mean of its pieces' rows.",
        f"{pieces:,} pieces, {config.dimensions[0]} dimensions (the first "
        f"{', '.join(map(str, config.dimensions[1:]))} work by themselves), int8 with one scale a dimension.",
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
        "## Recipe",
        "",
        *_recipe_lines(config, cost),
        "",
        "## Figures",
        "",
        *_figure_lines(figures),
        "## Limits",
        "",
        "- Paraphrases without a common word (“获客要花多少钱” and “用户获取成本”) come out only weakly related, "
        "at a cosine near 0.2.",
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


def _derived_lines(derived: Mapping[str, list[Pair]]) -> list[str]:
    terms = sum(len(rows) for name, rows in derived.items() if name.startswith("terms_"))
    return [
        "Made from these: "
        f"{len(derived.get('inner', [])):,} pairs of a sentence and its passage; "
        f"{len(derived.get('synonyms', [])):,} pairs of Chinese words with the same dictionary gloss. "
        f"Written for this package: a list of operations terms, {terms:,} pairs of names."
    ]


def _recipe_lines(config: TrainingConfig, cost: Cost) -> list[str]:
    both = ", both directions" if config.symmetric else ""
    return [
        "- Tokenizer: Unigram over counted words (`rjieba` for Chinese), scores are log frequencies; no EM training.",
        f"- Start: random rows times the SIF weight a / (a + p), a = {config.rarity:g}."
        if config.rarity
        else "- Start: random rows.",
        "- sentence-transformers: `StaticEmbedding`, `MultipleNegativesRankingLoss` "
        f"(scale {config.scale:g}{both}) in `MatryoshkaLoss` over {'/'.join(map(str, config.dimensions))}.",
        f"- Batches of {config.batch_size:,} pairs of one source, no text twice; {config.epochs} epoch(s); Adam, peak "
        f"learning rate {config.learning_rate:g}, {config.warmup:.0%} warm-up, linear decay; seed {config.seed}.",
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
