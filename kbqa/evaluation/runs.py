"""The runs that an app keeps, a folder each, with everything that is needed to go on with one or to look at it again.

    runs/20250102-093000/
      questions.csv        the file as it was given
      about.json           its own name, who asked which index, how many questions, which rows could not be used
      run.jsonl, report.*  what an evaluation writes

A folder is named by the time alone: nothing that a person typed becomes part of a path, and a run is only ever found by
looking for its name among those that are there.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from kbqa.errors import EvaluationError
from kbqa.evaluation.questions import JSON_LINES, CaseFile, read_questions
from kbqa.evaluation.run import RUN

FORMS = (*JSON_LINES, ".csv", ".tsv", ".xlsx", ".xlsm")
REPORTS = ("report.html", "report.csv", "report.json")
MOST_BYTES, MOST_UNPACKED = 5 * 2**20, 50 * 2**20
MOST_QUESTIONS, MOST_RUNS = 5_000, 100
_ABOUT, _QUESTIONS, _TIME = "about.json", "questions", "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as it stands on disk.

    Attributes:
        title: name of the file of questions as it was given.
        index: name of the index folder that was asked.
        by: account of who started it, empty without accounts.
        questions: usable ones.
        bad_rows: line and reason of those that could not be used.
    """

    folder: Path
    title: str
    index: str
    by: str
    questions: int
    bad_rows: tuple[tuple[int, str], ...]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def started(self) -> datetime:
        """Local time."""
        return datetime.strptime(self.name[:15], _TIME)

    @property
    def finished(self) -> bool:
        """Whether its reports are written, the page last of all."""
        return (self.folder / REPORTS[0]).is_file()

    @property
    def answered(self) -> int:
        """Questions whose answer is kept."""
        try:
            return (self.folder / RUN).read_bytes().count(b"\n")
        except OSError:
            return 0

    @property
    def file(self) -> Path:
        """The questions."""
        return next(self.folder.glob(f"{_QUESTIONS}.*"))


def keep_run(runs: Path, questions: Path, title: str, index: str, by: str = "") -> KeptRun:
    """Make the folder of a new run from a file that somebody gave.

    Args:
        title: the file's own name; its end says what form it has.

    Raises:
        EvaluationError: the file is of no form that is read, above a limit, or has no usable row; there are too many runs;
            or the folder cannot be written.
    """
    read = _admitted(questions, title)
    if sum(1 for _ in _folders(runs)) >= MOST_RUNS:
        raise EvaluationError(
            f"已经存了 {MOST_RUNS} 次评测。请先请管理员删掉不要的。",
            f"{MOST_RUNS} runs are kept already. Have an admin delete some first.",
        )
    try:
        folder = _new_folder(runs)
        run = KeptRun(folder, title, index, by, len(read.cases), read.bad_rows)
        shutil.copyfile(questions, folder / (_QUESTIONS + Path(title).suffix.lower()))
        about = {name: value for name, value in asdict(run).items() if name != "folder"}
        (folder / _ABOUT).write_text(json.dumps(about, ensure_ascii=False), "utf-8")
    except OSError as error:
        raise EvaluationError(
            f"存不下这次评测（{error.strerror}）。请检查 {runs} 所在的磁盘。",
            f"Cannot keep this run: {error.strerror}. Check the disk that holds {runs}.",
        ) from None
    return run


def _new_folder(runs: Path) -> Path:
    """A folder named by the time, numbered if there is one of this second already."""
    now = datetime.now().strftime(_TIME)
    number = 1
    while True:
        folder = runs / (now if number == 1 else f"{now}-{number}")
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            number += 1


def _admitted(questions: Path, title: str) -> CaseFile:
    """The questions of a file within all limits."""
    if Path(title).suffix.lower() not in FORMS:
        raise EvaluationError(
            f"{title} 不是问题集。请上传 JSONL、CSV 或 XLSX 文件。",
            f"{title} is no question set. Upload a JSONL, CSV or XLSX file.",
        )
    size = questions.stat().st_size
    if size > MOST_BYTES:
        raise _too_large(title, size, MOST_BYTES)
    if zipfile.is_zipfile(questions):
        with zipfile.ZipFile(questions) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise _too_large(f"{title}（解压后 unpacked）", unpacked, MOST_UNPACKED)
    read = read_questions(questions, title)
    rows = len(read.cases) + len(read.bad_rows)
    if rows > MOST_QUESTIONS:
        raise EvaluationError(
            f"{title} 有 {rows:,} 行，最多 {MOST_QUESTIONS:,} 行。请分成几个文件，或用命令行 kbqa eval。",
            f"{title} has {rows:,} rows; {MOST_QUESTIONS:,} are the most. Split it, or use kbqa eval on the command line.",
        )
    return read


def _too_large(title: str, size: int, most: int) -> EvaluationError:
    return EvaluationError(
        f"{title} 有 {size / 2**20:.1f} MB，最多 {most >> 20} MB。请分成几个文件，或用命令行 kbqa eval。",
        f"{title} has {size / 2**20:.1f} MB; {most >> 20} MB are the most. Split it, or use kbqa eval on the command line.",
    )


def kept_runs(runs: Path) -> tuple[KeptRun, ...]:
    """All runs, the newest first; a folder that is none is passed over."""
    return tuple(sorted(_folders(runs), key=lambda run: (run.started, len(run.name), run.name), reverse=True))


def _folders(runs: Path) -> Iterator[KeptRun]:
    for about in runs.glob(f"*/{_ABOUT}"):
        try:
            given = json.loads(about.read_text("utf-8"))
            bad_rows = tuple((int(line), str(reason)) for line, reason in given.pop("bad_rows"))
            run = KeptRun(folder=about.parent, bad_rows=bad_rows, **given)
            _ = run.file, run.started  # both have to be there
        except (OSError, ValueError, TypeError, KeyError, StopIteration):
            continue
        yield run


def kept_run(runs: Path, name: str) -> KeptRun:
    """The run of a name.

    Raises:
        EvaluationError: there is none, or none any more.
    """
    for run in _folders(runs):
        if run.name == name:
            return run
    raise EvaluationError(
        "这次评测已经不在了。请从列表里选另一次。", "This run is not there any more. Choose another from the list."
    )


def drop_run(run: KeptRun) -> None:
    """Delete a run with its questions and reports."""
    shutil.rmtree(run.folder, ignore_errors=True)
