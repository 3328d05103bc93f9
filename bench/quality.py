"""`python -m bench.quality DIR...`: retrieval alone on sets in BEIR layout, every mode and every encoder, as a table and a plot.

The table goes, between two markers, into docs/quality.md, the plot to docs/quality.svg beside it. Both are written only if all
sets could be measured: a page with a set missing would show other means without a word.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.page import markdown_table, write_between
from bench.run import machine
from kbqa.errors import KbqaError
from kbqa.evaluation.board import MEASURES, MODES, Figures, mean, run_board
from kbqa.settings import DEFAULT_ENCODER, Mode
from kbqa.terminal import ProgressBar

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "quality.md"
_BEGIN, _END = "<!-- board:begin -->", "<!-- board:end -->"
_PLOTTED = "nDCG@10"
# Okabe and Ito's colours, which colour-blind readers tell apart, in pairs for dense and hybrid of one encoder.
_LEXICAL = "#999999"
_PAIRS = (("#56b4e9", "#0072b2"), ("#f0c05a", "#d55e00"), ("#7fd6bb", "#009e73"))

# What one bar of a group is: an encoder and a mode.
Series = tuple[str, Mode]


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; exits with 1 if a set could not be measured, and leaves the page alone then."""
    options = _parse(argv)
    figures: list[Figures] = []
    failed: list[KbqaError] = []
    for encoder in dict.fromkeys([DEFAULT_ENCODER, *options.encoder]):
        print(f"{label(encoder)} …", file=sys.stderr, flush=True)
        with ProgressBar(quiet=False) as advance:
            board = run_board(options.sets, modes_of(encoder), encoder, options.work, advance)
        figures += board.figures
        failed += board.failed
    print(markdown(figures))
    for error in failed:
        print(error, file=sys.stderr)
    if failed:
        raise SystemExit(1)
    if not options.no_page:
        picture = options.page.with_suffix(".svg")
        plot(figures, picture)
        shown = f"![{_PLOTTED} of each set by mode]({picture.name})"
        write_between(options.page, _BEGIN, _END, f"{shown}\n\n{markdown(figures)}")


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description="测检索质量 Measure retrieval.")
    parser.add_argument("sets", metavar="DIR", type=Path, nargs="+", help="BEIR 格式的评测集 a set in BEIR layout")
    parser.add_argument(
        "--encoder", action="append", default=[], help="再测一个向量模型 another encoder, may be repeated"
    )
    parser.add_argument("--work", type=Path, help="保留索引的文件夹 keep the indexes here for the next run")
    parser.add_argument("--page", type=Path, default=_PAGE, help="写到这一页 write to this page instead")
    parser.add_argument("--no-page", action="store_true", help="不改页面 leave page and plot as they are")
    options = parser.parse_args(argv)
    names = [folder.resolve().name for folder in options.sets]
    if len(set(names)) < len(names):
        parser.error("有重名的文件夹，表里分不开 two folders share a name, the table could not tell them apart")
    options.encoder = [str(Path(name).resolve()) if Path(name).exists() else name for name in options.encoder]
    return options


def modes_of(encoder: str) -> tuple[Mode, ...]:
    """Lexical ranking sees no vectors: it is measured once, with the default encoder."""
    return MODES if encoder == DEFAULT_ENCODER else tuple(mode for mode in MODES if mode != "lexical")


def label(encoder: str) -> str:
    """An encoder's name for readers: of a folder only its own name."""
    return Path(encoder).name if Path(encoder).is_absolute() else encoder


def series_of(figures: Sequence[Figures]) -> list[Series]:
    return list(dict.fromkeys((f.encoder, f.mode) for f in figures))


# --- the table --------------------------------------------------------------------------------------------------------


def markdown(figures: Sequence[Figures]) -> str:
    """The table with a set's rows together and means last, what was refused, and the machine that timed it."""
    head = ["set", "encoder", "mode", "queries", "passages", *MEASURES, "ms p50"]
    names = dict.fromkeys(f.name for f in figures)
    rows = [_row(f) for name in names for f in figures if f.name == name]
    for encoder, mode in series_of(figures):
        means = mean([f for f in figures if (f.encoder, f.mode) == (encoder, mode)])
        values = [f"**{value:.3f}**" for value in means.values()]
        rows.append(["**mean**", _encoder(encoder, mode), mode, "", "", *values, ""])
    refused = [f"{f.name}: {f.refused} queries refused, scored 0." for f in figures if f.refused and f.mode == "hybrid"]
    return "\n\n".join([markdown_table(head, rows, words=3), *refused, f"Timed on {machine()}."])


def _row(f: Figures) -> list[str]:
    values = [f"{f.values[name]:.3f}" for name in MEASURES]
    return [
        f.name,
        _encoder(f.encoder, f.mode),
        f.mode,
        f"{f.queries:,}",
        f"{f.passages:,}",
        *values,
        f"{f.ms_p50:.1f}",
    ]


def _encoder(encoder: str, mode: Mode) -> str:
    return "–" if mode == "lexical" else label(encoder)


# --- the plot ---------------------------------------------------------------------------------------------------------


def plot(figures: Sequence[Figures], path: Path) -> None:
    """Grouped bars, a group a set and the means last, as an SVG that is the same bytes for the same figures."""
    import matplotlib
    from matplotlib.figure import Figure

    series = series_of(figures)
    names = [*dict.fromkeys(f.name for f in figures), "mean"]
    width = 0.8 / len(series)
    # Text stays text: small, searchable, and set in whatever the reader has.
    with matplotlib.rc_context({"svg.hashsalt": "kbqa", "svg.fonttype": "none", "font.size": 10}):
        canvas = Figure(figsize=(max(7.0, 1.3 * len(names)), 4.2), layout="constrained")
        axes = canvas.subplots()
        for number, one in enumerate(series):
            places = [i + (number - (len(series) - 1) / 2) * width for i in range(len(names))]
            axes.bar(places, _heights(figures, one), width, label=_legend(one), color=_colour(series, one))
        axes.set(ylim=(0, 1), ylabel=_PLOTTED)
        axes.set_xticks(range(len(names)), names, rotation=20, ha="right", rotation_mode="anchor")
        axes.grid(axis="y", color="#dddddd")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        canvas.legend(loc="outside upper center", ncols=min(len(series), 4), frameon=False)
        canvas.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _heights(figures: Sequence[Figures], series: Series) -> list[float]:
    ours = [f for f in figures if (f.encoder, f.mode) == series]
    return [*(f.values[_PLOTTED] for f in ours), mean(ours)[_PLOTTED]]


def _legend(series: Series) -> str:
    encoder, mode = series
    return mode if mode == "lexical" else f"{mode} ({label(encoder)})"


def _colour(series: Sequence[Series], one: Series) -> str:
    encoder, mode = one
    if mode == "lexical":
        return _LEXICAL
    dense, hybrid = _PAIRS[list(dict.fromkeys(e for e, _ in series)).index(encoder) % len(_PAIRS)]
    return dense if mode == "dense" else hybrid


if __name__ == "__main__":
    main()
