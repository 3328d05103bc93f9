"""The command line: parse, one library call, render. Results go to stdout, complaints to stderr.

Exit codes: 0 done; 1 a check failed; 2 wrong usage; 3 notes; 4 index; 5 encoder; 6 question; 7 evaluation; 8 term;
9 accounts; 130 interrupted.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kbqa import cli_archive, cli_gaps, cli_learn, cli_terms, cli_users
from kbqa.cli_options import DEFAULT_INDEX, DEFAULT_NOTES, IndexOption, JsonOption, NotesOption
from kbqa.errors import KbqaError
from kbqa.settings import DEFAULT_ENCODER, Mode
from kbqa.terminal import (
    ProgressBar,
    answer_json,
    board_json,
    hit_json,
    lint_json,
    new_console,
    print_json,
    render_answer,
    render_board,
    render_build,
    render_calibration,
    render_hits,
    render_lint,
    render_report,
    render_tuning,
    tuning_json,
)

if TYPE_CHECKING:
    from kbqa.knowledge import KnowledgeBase

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="从自己的笔记里得到带出处的回答。Cited answers from your own notes.",
)  # fmt: skip
app.add_typer(cli_terms.app, name="terms")
app.add_typer(cli_gaps.app)
app.add_typer(cli_users.app, name="user")
app.add_typer(cli_learn.app, name="learn")
app.add_typer(cli_archive.app)

EncoderOption = Annotated[str, typer.Option("--encoder", help="向量模型的名称或路径 Model name or path")]
RerankerOption = Annotated[str, typer.Option("--reranker", help="重排模型的名称或路径 Cross-encoder, name or path")]
_INTERRUPTED = 130  # what typer makes of Ctrl-C


def main() -> None:
    """Entry point: turns expected errors into a message and an exit code."""
    try:
        app()
    except KbqaError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            print("已中断，原来的数据不受影响。Interrupted; what was there before is untouched.", file=sys.stderr)
        raise


@app.command()
def index(
    notes: NotesOption = DEFAULT_NOTES,
    index: IndexOption = DEFAULT_INDEX,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="全部重建 Take nothing over")] = False,
    encoder: EncoderOption = "",
    as_json: JsonOption = False,
) -> None:
    """为笔记文件夹建立索引（增量）。Index a folder of notes, incrementally."""
    from dataclasses import replace

    from kbqa.indexing.store import made_with
    from kbqa.knowledge import KnowledgeBase
    from kbqa.settings import Settings

    settings = Settings()
    name = _encoder_name(encoder) if encoder else made_with(index)
    settings = replace(settings, build=replace(settings.build, encoder=name))
    with ProgressBar(as_json) as advance:
        report = KnowledgeBase.build(notes, index, settings, rebuild=rebuild, progress=advance)
    if as_json:
        print_json({**asdict(report), "manifest": asdict(report.manifest)})
    else:
        render_build(report, index)
    for file in report.failed:
        print(file.error, file=sys.stderr)


@app.command()
def ask(
    question: str, index: IndexOption = DEFAULT_INDEX, reranker: RerankerOption = "", as_json: JsonOption = False
) -> None:
    """提问，得到带出处的回答。Ask a question."""
    from kbqa.evaluation.gaps import record_gap

    kb = _open(index, reranker)
    answer = kb.ask(question)
    record_gap(kb.path, answer, "cli")
    if as_json:
        print_json(answer_json(answer))
    else:
        render_answer(answer)


@app.command()
def search(
    question: str,
    index: IndexOption = DEFAULT_INDEX,
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="条数 How many")] = 10,
    reranker: RerankerOption = "",
    as_json: JsonOption = False,
) -> None:
    """只检索：片段、得分的组成、命中的词。Passages with the parts of their score."""
    hits = _open(index, reranker).search(question, k)
    if as_json:
        print_json([hit_json(hit) for hit in hits])
    else:
        render_hits(hits)


@app.command()
def info(index: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """索引里有什么、由什么建成。What the index holds and what made it."""
    from kbqa.indexing.index import load_reports
    from kbqa.indexing.store import current_generation, read_manifest, verify

    generation = current_generation(index)
    manifest = read_manifest(generation)
    verify(generation, manifest)
    files = load_reports(generation)
    if as_json:
        print_json({"generation": generation.name, **asdict(manifest), "notes_files": [asdict(f) for f in files]})
        return
    from rich.table import Table

    table = Table(box=None, show_header=False)
    made_of = f"{manifest.documents} 篇 · {manifest.chunks} 片段 · {manifest.sentences} 句 · {manifest.characters} 字 · {manifest.terms} 术语"
    for name, value in (
        ("笔记 notes", manifest.notes), ("内容 holds", made_of), ("这一代 generation", generation.name),
        ("向量模型 encoder", f"{manifest.encoder} · {manifest.dimension} · {manifest.encoder_digest[:12]}"),
        ("向量索引 dense", manifest.dense), ("分词 segmenter", manifest.segmenter),
        ("词典 dictionary", manifest.dictionary_digest[:12]), ("格式 format", str(manifest.format_version)),
        ("大小 size", f"{sum(size for size, _ in manifest.files.values()) / 2**20:.1f} MB"),
    ):  # fmt: skip
        table.add_row(name, value)
    new_console().print(table)


@app.command()
def lint(
    notes: Annotated[Path, typer.Argument(help="笔记文件夹 Notes folder")] = DEFAULT_NOTES, as_json: JsonOption = False
) -> None:
    """检查笔记：元数据、死链、先修、术语、空标题、互相矛盾的说法、阅读时间。Check a folder of notes."""
    from kbqa.terms.lint import lint as check

    report = check(notes)
    if as_json:
        print_json(lint_json(report))
    else:
        render_lint(report)
    if report.failed:
        raise typer.Exit(1)


@app.command()
def tune(
    notes: NotesOption = DEFAULT_NOTES,
    index: IndexOption = DEFAULT_INDEX,
    feedback: Annotated[
        Path | None, typer.Option("--feedback", help="标为有用的问答 Answers marked right, JSONL")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="改回自带模型 Back to the shipped model")] = False,
    as_json: JsonOption = False,
) -> None:
    """让自带的向量模型适应自己的笔记；不见效就不采用。Adapt the embedded model to your notes, if that helps."""
    from kbqa.training.adopt import adopt_tuned, undo_tuned

    with ProgressBar(as_json) as advance:
        report = undo_tuned(notes, index, advance) if undo else adopt_tuned(notes, index, feedback, advance)
    if as_json:
        print_json(tuning_json(report))
    else:
        render_tuning(report)


@app.command()
def calibrate(
    questions: Annotated[Path, typer.Argument(help="判过的问题 Judged questions, JSONL")],
    notes: NotesOption = DEFAULT_NOTES,
    index: IndexOption = DEFAULT_INDEX,
    out: Annotated[Path | None, typer.Option("--out", help="写到别处 Write it elsewhere")] = None,
    further: Annotated[
        list[Path] | None,
        typer.Option(
            "--with", help="还有 notes/ 与 questions.jsonl 的文件夹 A further folder with notes/ and questions.jsonl"
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """重新拟合“笔记里有没有答案”的概率。Fit anew when the notes do not answer."""
    from kbqa.answering.confidence import FILE
    from kbqa.evaluation.calibrate import calibrate as fit
    from kbqa.evaluation.questions import read_cases
    from kbqa.indexing.store import made_with
    from kbqa.settings import BuildSettings

    cases = read_cases(questions).cases
    others = [(folder / "notes", read_cases(folder / "questions.jsonl").cases) for folder in further or ()]
    with ProgressBar(as_json) as advance:
        report = fit(notes, cases, BuildSettings(encoder=made_with(index)), advance, others)
    report.calibration.save(out or index / FILE)
    if as_json:
        print_json(asdict(report))
    else:
        render_calibration(report, out or index / FILE)


@app.command("eval")
def evaluate(
    questions: Path,
    notes: Annotated[Path | None, typer.Option("--notes", help="先为该文件夹建索引 Index this folder first")] = None,
    index: Annotated[Path | None, typer.Option("--index", help="用现成的索引 Use this index")] = None,
    out: Annotated[Path, typer.Option("--out", help="报告文件夹 Where reports go")] = Path("out/eval"),
    reranker: RerankerOption = "",
    require: Annotated[
        list[str] | None,
        typer.Option("--require", help="要求，如 success@3>=0.9，或写着要求的文件 A requirement or a file of them"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """批量评测：问题（JSONL、CSV、XLSX）→ 指标与报告；中断了会接着跑。Run a question set and measure the answers."""
    from kbqa.evaluation.batch import evaluate as run_all
    from kbqa.evaluation.questions import read_questions
    from kbqa.evaluation.report import latency
    from kbqa.evaluation.requirements import check, parse_requirement, read_requirements
    from kbqa.evaluation.run import make_folder
    from kbqa.knowledge import KnowledgeBase

    case_file = read_questions(questions)
    asked_for = [
        r
        for one in require or ()
        for r in (read_requirements(Path(one)) if Path(one).is_file() else (parse_requirement(one),))
    ]
    make_folder(out)  # before an index is built
    for number, reason in case_file.bad_rows:
        print(f"{questions.name} 第 {number} 行已跳过 / line {number} skipped: {reason}", file=sys.stderr)
    with ProgressBar(as_json) as advance:
        if notes:
            index = index or out / "index"
            KnowledgeBase.build(notes, index, progress=advance)
        kb = _open(index or DEFAULT_INDEX, reranker)
        made = run_all(kb, case_file.cases, out, questions.name, partial(advance, "asking"))
    summary = made.report
    if as_json:
        print_json({"aggregate": summary.aggregate, "intervals": summary.intervals, "by_type": summary.by_type})
    else:
        render_report(summary, latency(made.results), out)
    unmet = check(asdict(summary), asked_for) if asked_for else ()
    for one in unmet:
        print(f"{one.zh}\n{one.en}", file=sys.stderr)
    if unmet:
        raise typer.Exit(1)


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="以前的报告文件夹 Folder of the earlier run")],
    after: Annotated[Path, typer.Argument(metavar="B", help="现在的报告文件夹 Folder of the later run")],
    fail_on_regression: Annotated[
        bool, typer.Option("--fail-on-regression", help="变差时退出码为 1 Exit with 1 if worse")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """比较两次批量评测：哪些题变好变差，差别是否显著。Compare two batch runs."""
    from kbqa.evaluation.compare import compare as compare_runs
    from kbqa.evaluation.compare import load_report
    from kbqa.terminal_compare import comparison_json, render_comparison

    comparison = compare_runs(load_report(before), load_report(after))
    if as_json:
        print_json(comparison_json(comparison))
    else:
        render_comparison(comparison)
    if fail_on_regression and comparison.regressed:
        raise typer.Exit(1)


@app.command()
def board(
    folders: Annotated[list[Path], typer.Argument(help="BEIR 格式的评测集 Sets in BEIR layout", metavar="DIR")],
    mode: Annotated[Mode, typer.Option("--mode", help="用哪些检索器 Which retrievers rank")] = "hybrid",
    encoder: EncoderOption = DEFAULT_ENCODER,
    work: Annotated[Path | None, typer.Option("--work", help="保留索引的文件夹 Keep the indexes here")] = None,
    as_json: JsonOption = False,
) -> None:
    """只评检索：BEIR 格式的公开评测集。Measure retrieval alone on sets in BEIR layout."""
    from kbqa.evaluation.board import run_board

    with ProgressBar(as_json) as advance:
        result = run_board(folders, (mode,), _encoder_name(encoder), work, advance)
    if as_json:
        print_json(board_json(result))
    else:
        render_board(result)
    for error in result.failed:
        print(error, file=sys.stderr)
    if result.failed:
        raise typer.Exit(1)


def _encoder_name(encoder: str) -> str:
    from kbqa.indexing.model_files import full_name

    return full_name(encoder)


def _open(index: Path, reranker: str) -> KnowledgeBase:
    """An index, whatever it was built with, asked with the reranker that is named."""
    from dataclasses import replace

    from kbqa.knowledge import KnowledgeBase

    kb = KnowledgeBase.open(index)
    kb.settings = replace(kb.settings, query=replace(kb.settings.query, reranker=reranker))
    return kb


if __name__ == "__main__":
    main()
