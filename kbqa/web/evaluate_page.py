"""What the batch evaluation tab shows, as HTML: how far a run is, what stands out about it, its report in a frame."""

from __future__ import annotations

from html import escape
from pathlib import Path

from kbqa.errors import EvaluationError, KbqaError
from kbqa.evaluation.background import Status
from kbqa.evaluation.runs import REPORTS, KeptRun
from kbqa.web.words import both

FRAME_SCRIPT = (Path(__file__).parent / "evaluate.js").read_text(encoding="utf-8")
ASK_BEFORE_DELETING = (
    """(name) => [name && confirm("删除这次评测和它的报告？ Delete this run and its reports?") ? name : null]"""
)
NO_OTHER = "不比较 none"
_BAD_ROWS = 200

INTRODUCTION = (
    '<div class="kb-eval-intro"><p>'
    + both(
        "上传一组判过的问题，看笔记答得怎么样：每题和聊天里问的一样，和命令 kbqa eval 算的一样。",
        "Upload judged questions and see how well the notes answer them: asked as in the chat, measured as kbqa eval does.",
    )
    + "</p><p class='kb-soft'>"
    + both(
        "每行一题；question（问题）必填，evidence（证据）、nuggets（要点）、answer（答案）、answerable（可答）选填。",
        "A question a row: question is required; evidence, nuggets, answer and answerable are optional.",
    )
    + "</p></div>"
)

NO_FILE = EvaluationError("还没有选文件。请先上传一个问题集。", "There is no file yet. Upload a question set first.")
NO_INDEX = EvaluationError("没有这个索引。请从列表里选。", "There is no such index. Choose one from the list.")
NOT_YOURS = EvaluationError(
    "这是别人的评测，只有本人和管理员能停下或接着跑。",
    "Somebody else's run; only he and admins may stop it or go on with it.",
)


def run_label(run: KeptRun, running: bool = False) -> str:
    """A run in a list."""
    state = "" if run.finished else f" · {run.answered}/{run.questions} 未完 unfinished"
    if running:
        state = " · 进行中 running"
    return f"{run.started:%Y-%m-%d %H:%M:%S} · {run.title} · {run.index}{state}"


def error_html(error: KbqaError) -> str:
    return f'<div class="kb-note-bad" role="alert"><p>{both(error.zh, error.en)}</p></div>'  # one of both is shown


def status_html(status: Status) -> str:
    """Progress while it runs, one sentence when it has ended."""
    run = status.run
    if status.error:
        return error_html(status.error)
    if status.phase == "done":
        return _line("评完了", "Done", run.title, "", "")
    if status.phase == "stopped":
        return _line(
            "已停下", "Stopped", run.title,
            f"答过的 {status.done} 题留着，可以接着跑", f"the {status.done} answered are kept; you can go on",
        )  # fmt: skip
    if status.phase == "opening":
        return _line("正在打开索引", "Opening the index", run.title, "", "") + _bar(0, status.total)
    left_zh, left_en = "", ""
    if status.left is not None:
        left_zh, left_en = f"，约剩 {_duration(status.left)}", f", about {_duration(status.left)} left"
    zh, en = ("正在停下", "Stopping") if status.phase == "stopping" else ("正在评测", "Running")
    figures = f"{status.done} / {status.total}"
    return _line(zh, en, run.title, f"{figures} 题{left_zh}", f"{figures} questions{left_en}") + _bar(
        status.done, status.total
    )


def _line(zh: str, en: str, title: str, more_zh: str, more_en: str) -> str:
    more = f'<span class="kb-soft">{both(more_zh, more_en)}</span>' if more_zh else ""
    return f'<p class="kb-eval-line"><strong>{both(zh, en)}</strong> <span>{escape(title)}</span> {more}</p>'


def _bar(done: int, total: int) -> str:
    return f'<progress class="kb-eval-bar" max="{total}" value="{done}" aria-label="进度 Progress"></progress>'


def _duration(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 90 else f"{round(whole / 60)} min"


def about_html(run: KeptRun, running: bool) -> str:
    """Rows that could not be used, and what is missing of a run that was stopped."""
    parts = []
    if not run.finished and not running:
        answered = run.answered
        parts.append(
            f'<p class="kb-eval-line">{both(f"这次停在 {answered} / {run.questions} 题，按“接着跑”跑完才有报告。", f"It stopped at {answered} of {run.questions} questions; go on with it to get its report.")}</p>'
        )
    if count := len(run.bad_rows):
        rows = "".join(
            f"<li><b>{both(f'第 {line} 行', f'line {line}')}</b> {escape(reason)}</li>"
            for line, reason in run.bad_rows[:_BAD_ROWS]
        )
        if count > _BAD_ROWS:
            rows += f"<li>{both(f'还有 {count - _BAD_ROWS} 行', f'{count - _BAD_ROWS} more')}</li>"
        head = both(f"{count} 行没有用上", f"{count} rows were left out")
        parts.append(f'<details class="kb-eval-bad" open><summary>{head}</summary><ul>{rows}</ul></details>')
    return "".join(parts)


def report_html(run: KeptRun) -> str:
    """The report as it stands on disk, in a frame without any right but to run its own script."""
    text = (run.folder / REPORTS[0]).read_text(encoding="utf-8")
    return (
        '<iframe class="kb-eval-frame" title="评测报告 Report" sandbox="allow-scripts" '
        f'srcdoc="{escape(text, quote=True)}"></iframe>'
    )
