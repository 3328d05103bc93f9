"""`python -m bench.run`: speed and memory of kbqa on several folders of notes, as one table.

The table goes to stdout and, between two markers, into docs/performance.md. Progress goes to stderr. Nothing leaves the
machine, and whatever is written lies in a temporary folder that is removed at the end.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import MB, Figures, measure, run
from bench.page import markdown_table, write_between

_ROOT = Path(__file__).resolve().parent.parent
_PAGE = _ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- bench:begin -->", "<!-- bench:end -->"
_CORPUS = _ROOT / "corpus"
_GENERATED_CHUNKS = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table.

    Attributes:
        limit: the target: at most this, or at least this if `more_is_better`; None where there is none.
    """

    key: str
    zh: str
    en: str
    digits: int
    limit: float | None = None
    more_is_better: bool = False

    def target(self) -> str:
        if self.limit is None:
            return ""
        return f"{'≥' if self.more_is_better else '≤'} {self.limit:g}"

    def missed(self, value: float) -> bool:
        if self.limit is None or math.isnan(value):
            return False
        return value < self.limit if self.more_is_better else value > self.limit

    def shown(self, figures: Figures) -> str:
        value = figures.get(self.key, math.nan)
        return "–" if math.isnan(value) else f"{value:,.{self.digits}f}"


ROWS = (
    Row("source_mb", "笔记 MB", "source MB", 2),
    Row("files", "文件", "files", 0),
    Row("chunks", "片段", "chunks", 0),
    Row("build_s", "建索引 秒", "fresh build s", 1),
    Row("build_mb_per_s", "建索引 MB/秒", "fresh build MB/s", 2, 1.0, more_is_better=True),
    Row("build_peak_mb", "建索引 峰值内存 MB", "build peak RSS MB", 0),
    Row("one_changed_s", "改一个文件后更新 秒", "update, one file changed s", 1),
    Row("unchanged_s", "没有变化时更新 秒", "update, nothing changed s", 1),
    Row("index_mb", "索引大小 MB", "index size MB", 1),
    Row("cold_ask_s", "kbqa ask 秒", "cold ask s (median of 5)", 2, 1.5),
    Row("ask_peak_mb", "kbqa ask 峰值内存 MB", "cold ask peak RSS MB", 0, 300),
    Row("warm_p50_ms", "每问 p50 毫秒", "warm p50 ms", 1),
    Row("warm_p95_ms", "每问 p95 毫秒", "warm p95 ms", 1, 20),
    Row("warm_max_ms", "每问 最慢 毫秒", "warm max ms", 1),
    Row("warm_peak_mb", "连续提问 峰值内存 MB", "warm peak RSS MB", 0),
    Row("answered_share", "答出的比例", "share answered", 2),
    Row("web_ready_s", "网页就绪 秒", "web app ready s", 1),
    Row("web_peak_mb", "网页 峰值内存 MB", "web app peak RSS MB", 0, 700),
)

_HEAD_ZH, _TARGET = "项目 Measure", "目标 Target"


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; a missed target is reported, not an error: the machine may be busy."""
    options = _parse(argv)
    results: dict[str, Figures] = {}
    for label, folder in _folders(options.notes).items():
        results[label] = _measured(label, folder)
    if not options.quick:
        results["generated"] = _generated()
    _print(results)
    if options.json:
        figures = {"machine": machine(), "results": results}
        options.json.write_text(json.dumps(figures, ensure_ascii=False, indent=1), "utf-8")
    if not options.no_page:
        write_between(_PAGE, _BEGIN, _END, markdown(results))
    for miss in misses(results.get("generated", {})):
        print(f"目标未达到 target missed: {miss}", file=sys.stderr)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.run", description="测速度和内存 Measure speed and memory.")
    parser.add_argument("--notes", type=Path, action="append", default=[], help="再测一个文件夹 another folder")
    parser.add_argument("--quick", action="store_true", help="不测两万片段 leave the generated folder out")
    parser.add_argument("--json", type=Path, help="把数字另存一份 write the figures to this file, too")
    parser.add_argument("--no-page", action="store_true", help="不改 docs/performance.md leave the page as it is")
    options = parser.parse_args(argv)
    for folder in options.notes:
        if not folder.is_dir():
            parser.error(f"找不到文件夹 no such folder: {folder}")
    return options


def _folders(more: Sequence[Path]) -> dict[str, Path]:
    """Label → folder; folders of one name are told apart by number."""
    folders = {"corpus": _CORPUS}
    for folder in more:
        name, count = folder.resolve().name, 2
        label = name
        while label in folders or label == "generated":
            label, count = f"{name}-{count}", count + 1
        folders[label] = folder.resolve()
    return folders


def _measured(label: str, folder: Path) -> Figures:
    with tempfile.TemporaryDirectory(prefix="kbqa-bench-") as work:
        return measure(folder, Path(work), lambda stage: print(f"{label}: {stage} …", file=sys.stderr, flush=True))


def _generated() -> Figures:
    with tempfile.TemporaryDirectory(prefix="kbqa-bench-") as work:
        folder = Path(work) / "generated"
        print("generated: writing notes …", file=sys.stderr, flush=True)
        run([sys.executable, "-m", "bench.notes_generator", _CORPUS, folder, "--chunks", str(_GENERATED_CHUNKS)])
        return _measured("generated", folder)


def misses(figures: Figures) -> list[str]:
    """Targets missed; they are set for 20,000 chunks: in a small folder build speed is nothing but start-up time."""
    missed = (row for row in ROWS if row.missed(figures.get(row.key, math.nan)))
    return [f"{row.en} {row.shown(figures)} ({row.target()})" for row in missed]


def _print(results: Mapping[str, Figures]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column(_HEAD_ZH)
    for label in results:
        table.add_column(label, justify="right")
    table.add_column(_TARGET, justify="right")
    for row in ROWS:
        table.add_row(f"{row.zh} · {row.en}", *(row.shown(figures) for figures in results.values()), row.target())
    Console(highlight=False).print(table)


# --- the page ---------------------------------------------------------------------------------------------------------


def machine() -> str:
    """Cores, memory and software; nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MB / 1024
    return f"{os.cpu_count()} cores, {memory:.0f} GB memory, {platform.system()}, Python {platform.python_version()}"


def markdown(results: Mapping[str, Figures]) -> str:
    """The table as Markdown, under a line that describes the machine."""
    rows = [[f"{r.zh} · {r.en}", *(r.shown(figures) for figures in results.values()), r.target()] for r in ROWS]
    return f"{machine()}.\n\n{markdown_table([_HEAD_ZH, *results, _TARGET], rows)}"


if __name__ == "__main__":
    main()
