"""The batch evaluation tab as its maintainer uses it: upload, watch, read, compare, download, stop, go on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from kbqa import KnowledgeBase
from kbqa.evaluation.compare import compare, load_report
from kbqa.evaluation.runs import kept_runs
from tests.browser.conftest import Site, serve

HURT = '</iframe><img src=x onerror="window.hurt=1"><script>window.hurt=1</script>${1+1}{{7*7}}'
QUESTIONS = f"""编号,问题,类型,可答,证据,要点
s,积分体系是什么,definition,是,用积分记录会员的行为,用积分记录会员的行为
d,签到发几分,number,是,每日签到发 5 分,发 5 分
bad,,fact,是,,
m,抽奖活动有哪些注意事项,list,是,没有哪篇笔记这么写,没有这个要点
u,怎么给汽车换轮胎,unanswerable,否,,
h,"积分的有效期 {HURT.replace('"', '""')}",fact,是,12 个月,12 个月
"""
MANY = 240
LONG = "question\n" + "".join(f"积分通胀是什么意思{n}\n积分怎么兑换{n}\n" for n in range(MANY // 2))
FRAME = "#kb-eval-report iframe"
RUN_LIMIT = 120_000  # milliseconds


@pytest.fixture(scope="module")
def folder(index: Path, notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two indexes side by side: `index`, which is served, and `small`, over one of the notes."""
    place = tmp_path_factory.mktemp("evaluate")
    shutil.copytree(index, place / "index", ignore=shutil.ignore_patterns(".lock", "state"))
    (place / "notes").mkdir()
    shutil.copy(notes / "抽奖活动.md", place / "notes")
    KnowledgeBase.build(place / "notes", place / "small")
    (place / "questions.csv").write_text(QUESTIONS, encoding="utf-8")
    (place / "long.csv").write_text(LONG, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def evaluating(folder: Path) -> Iterator[Site]:
    yield from serve(folder / "index", folder / "app.log")


@pytest.fixture
def visit(evaluating: Site, open_page):
    def opened(**settings):
        page = open_page(evaluating.url, **settings)
        page.get_by_role("tab", name="批量评测").click()
        page.locator("#kb-eval-index input").wait_for()  # there are two, so what is known has arrived
        return page

    return opened


def upload(page, file: Path) -> None:
    page.set_input_files("#kb-eval-questions input[type=file]", file)
    page.locator("#kb-eval-questions").get_by_text(file.stem).first.wait_for()


def choose(page, box: str, text: str) -> None:
    page.click(f"{box} input")
    page.get_by_role("option").filter(has_text=text).first.click()


def evaluate(page, file: Path, index: str = "") -> None:
    """Upload, run, wait for the end."""
    upload(page, file)
    if index:
        choose(page, "#kb-eval-index", index)
    before = shown_run(page)
    page.click("#kb-eval-run")
    page.wait_for_function(
        """before => {
             const shown = document.querySelector("#kb-eval-of input")?.value ?? "";
             return shown && shown !== before && !/进行中|未完/.test(shown);
           }""",
        arg=before,
        timeout=RUN_LIMIT,
    )
    assert page.locator("#kb-eval-status .kb-eval-line").inner_text().startswith("评完了")
    page.frame_locator(FRAME).locator("#cards .card").first.wait_for()


def shown_run(page) -> str:
    box = page.locator("#kb-eval-of input")
    return box.input_value() if box.count() else ""


def by_command(folder: Path, index: str) -> Path:
    """What `kbqa eval` writes for the same file."""
    out = folder / f"command-{index}"
    command = [sys.executable, "-m", "kbqa", "eval", folder / "questions.csv", "--index", folder / index, "--out", out]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).resolve().parents[2])
    return out


def newest(folder: Path):
    return kept_runs(folder / "index" / "state" / "runs")[0]


def download(page, button: str) -> bytes:
    with page.expect_download() as begun:
        page.click(button)
    return Path(begun.value.path()).read_bytes()


def test_upload_run_read_and_download(visit, folder: Path) -> None:
    """A bad row is named by its line, figures and files are those of the command, and a file is what is on disk."""
    page = visit()
    evaluate(page, folder / "questions.csv")
    bad = page.locator("#kb-eval-about")
    assert "1 行没有用上" in bad.inner_text() and "第 4 行 没有问题" in bad.inner_text()
    out, run = by_command(folder, "index"), newest(folder)
    made = json.loads((out / "report.json").read_text("utf-8"))
    cards = [" ".join(text.split()) for text in page.frame_locator(FRAME).locator(".card").all_inner_texts()]
    shown = {
        name: next(card for card in cards if f" {name} " in card) for name in ("nugget_recall", "RR@10", "questions")
    }
    assert f" {100 * made['aggregate']['nugget_recall']:.1f}% " in shown["nugget_recall"]
    assert f" {made['aggregate']['RR@10']:.3f} " in shown["RR@10"] and " 5 " in shown["questions"]
    for kind in ("html", "csv", "json"):
        got = download(page, f"#kb-eval-{kind}")
        assert got == (run.folder / f"report.{kind}").read_bytes()
        if kind != "html":  # the page has times in it
            assert got == (out / f"report.{kind}").read_bytes()


def test_the_table_is_filtered_and_a_failed_question_opens_in_the_chat(visit, folder: Path) -> None:
    """The frame has no rights, so it asks the page, and the page follows a link as if it had been clicked there."""
    page = visit()
    if not page.locator(FRAME).count():
        evaluate(page, folder / "questions.csv")
    frame = page.frame_locator(FRAME)
    frame.locator("#failed").check()
    row = frame.locator("#table .row:not([hidden])").filter(has_text="抽奖活动有哪些注意事项")
    row.locator(".open").click()
    link = frame.locator("#table .detail:not([hidden]) a.ask")
    assert unquote(str(link.get_attribute("href"))) == "#ask?q=抽奖活动有哪些注意事项"
    page.evaluate(
        """() => document.addEventListener("click", (event) => {
             const link = event.target.closest('a[href^="#ask?q="]');
             if (link) window.followed = link.getAttribute("href");
           }, { capture: true })"""
    )
    link.click()
    page.wait_for_function("window.followed")
    assert page.evaluate("window.followed") == "#ask?q=" + quote("抽奖活动有哪些注意事项")
    # Not with the mouse: where the frame was before the page scrolled, it may still get the click for a moment.
    page.get_by_role("tab", name="问答").dispatch_event("click")
    page.locator("#kb-question").wait_for()
    page.get_by_role("tab", name="批量评测").click()
    page.locator("#kb-eval-run").wait_for()
    page.wait_for_timeout(1000)  # for a report that comes anew, which none does
    assert link.is_visible() and frame.locator("#failed").is_checked()


def test_markup_in_a_question_stays_text(visit, folder: Path) -> None:
    """Nothing of it ends the frame or runs, and no part of the page reads it as a template."""
    page = visit()
    if not page.locator(FRAME).count():
        evaluate(page, folder / "questions.csv")
    assert page.frame_locator(FRAME).locator("#table .open").filter(has_text=HURT).count() == 1
    frame = next(frame for frame in page.frames if frame != page.main_frame)
    assert frame.evaluate("window.hurt") is None and page.evaluate("window.hurt") is None
    assert frame.evaluate("window.origin") == "null"
    assert page.locator(FRAME).get_attribute("sandbox") == "allow-scripts"


def test_two_runs_are_compared(visit, folder: Path) -> None:
    """Another index that stands beside; wins, losses, tests and both answers are those of the library."""
    page = visit()
    evaluate(page, folder / "questions.csv")
    before = newest(folder)
    evaluate(page, folder / "questions.csv", "small")
    after = newest(folder)
    assert after.index == "small" and after != before
    choose(page, "#kb-eval-other", f"{before.started:%H:%M:%S}")
    page.locator(".kb-eval-compare").wait_for(timeout=RUN_LIMIT)
    made = compare(load_report(before.folder), load_report(after.folder))
    said = page.locator(".kb-eval-verdict").inner_text()
    assert f"总分 {made.score.a:.3f} → {made.score.b:.3f}，0 题变好，{made.score.worse} 题变差" in said
    assert made.score.worse >= 2 and made.score.better == 0
    cells = page.locator(".kb-eval-table tbody tr").first.locator("td").all_inner_texts()
    assert cells[:7] == [
        "5",
        f"{made.score.a:.3f}",
        f"{made.score.b:.3f}",
        f"{made.score.difference:+.3f}",
        "0",
        str(made.score.worse),
        str(made.score.same),
    ]
    assert cells[8] == "符号检验" and cells[7] == f"{made.score.p:.3f}"
    assert page.locator(".kb-eval-table tbody tr").count() == 1 + len(made.measures)
    assert f"变差 {made.score.worse} 题" in page.locator(".kb-eval-compare").inner_text()
    change = page.locator(".kb-eval-change").filter(has_text="积分体系是什么")
    change.locator("summary").click()
    assert "用积分记录会员的行为" in change.locator(".kb-eval-sides > div").first.inner_text()
    assert "拒答" in change.locator(".kb-eval-sides > div").last.inner_text()
    assert unquote(str(change.locator("a.kb-eval-ask").get_attribute("href"))) == "#ask?q=积分体系是什么"
    choose(page, "#kb-eval-other", "不比较")
    page.locator(".kb-eval-compare").wait_for(state="detached")


@contextmanager
def held_up(app: Site) -> Iterator[None]:
    """The processes that the app has started stand still meanwhile, or a run would be over before another page has opened."""
    parents = {int(path.name): path for path in Path("/proc").iterdir() if path.name.isdigit()}
    below = {app.process.pid}
    for _ in range(3):  # generations
        below |= {pid for pid, path in parents.items() if parent_of(path) in below}
    below.discard(app.process.pid)
    for pid in below:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in below:
            os.kill(pid, signal.SIGCONT)


def parent_of(process: Path) -> int:
    try:
        return int((process / "stat").read_text("utf-8").rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


def test_stop_keeps_what_is_done_and_it_goes_on(visit, evaluating: Site, folder: Path) -> None:
    """Progress grows; a page opened meanwhile follows, cannot start another one, and may stop it; no answer is lost."""
    page = visit()
    upload(page, folder / "long.csv")
    page.click("#kb-eval-run")
    page.wait_for_function("document.querySelector('#kb-eval-status progress')?.value > 2", timeout=RUN_LIMIT)
    with held_up(evaluating):
        other = visit()
        other.locator("#kb-eval-status progress").wait_for()
        assert other.locator("#kb-eval-run").is_disabled()
        assert other.locator("#kb-eval-status .kb-eval-line").inner_text().startswith("正在评测 long.csv")
        other.click("#kb-eval-stop")
        other.locator("#kb-eval-stop:disabled").wait_for()
    page.locator("#kb-eval-resume").wait_for(timeout=RUN_LIMIT)
    run = newest(folder)
    assert "已停下" in page.locator("#kb-eval-status").inner_text() and 2 < run.answered < MANY and not run.finished
    assert f"这次停在 {run.answered} / {MANY} 题" in page.locator("#kb-eval-about").inner_text()
    assert page.locator(FRAME).count() == 0 and not page.locator("#kb-eval-json").is_visible()
    kept = (run.folder / "run.jsonl").read_bytes()
    page.click("#kb-eval-resume")
    page.locator("#kb-eval-status").get_by_text("评完了").wait_for(timeout=RUN_LIMIT)
    assert run.finished and run.answered == MANY
    first = [json.loads(line)["id"] for line in (run.folder / "run.jsonl").read_text("utf-8").splitlines()]
    assert first == [f"row{n}" for n in range(2, MANY + 2)] and kept.count(b"\n") < MANY


def test_what_cannot_be_used_is_said_in_place(visit, folder: Path, tmp_path: Path) -> None:
    """No file; a file without questions, by its own name and not by where it lies on the server."""
    page = visit()
    page.click("#kb-eval-run")
    page.locator("#kb-eval-status [role=alert]").wait_for()
    assert "还没有选文件" in page.locator("#kb-eval-status").inner_text()
    wrong = tmp_path / "没有问题列.csv"
    wrong.write_text("标题,内容\n甲,乙\n", encoding="utf-8")
    upload(page, wrong)
    before = len(kept_runs(folder / "index" / "state" / "runs"))
    page.click("#kb-eval-run")
    page.locator("#kb-eval-status").get_by_text("没有问题列（表头：标题、内容）").wait_for()
    said = page.locator("#kb-eval-status").inner_text()
    assert "没有问题列.csv" in said and "/tmp" not in said and str(folder) not in said
    assert len(kept_runs(folder / "index" / "state" / "runs")) == before


def test_a_run_is_deleted_after_asking(visit, folder: Path) -> None:
    page = visit()
    evaluate(page, folder / "questions.csv")
    run = newest(folder)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("#kb-eval-drop")
    page.wait_for_timeout(500)
    assert run.folder.exists()
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#kb-eval-drop")
    page.wait_for_function(
        "name => !document.querySelector('#kb-eval-of input').value.includes(name)", arg=f"{run.started:%H:%M:%S}"
    )
    assert not run.folder.exists()


def test_nothing_but_the_reports_is_served(visit, evaluating: Site, folder: Path) -> None:
    """Questions, answers and the state folder have no address."""
    page = visit()
    if not page.locator(FRAME).count():
        evaluate(page, folder / "questions.csv")
    run = newest(folder)
    for file in ("report.html", "run.jsonl", "questions.csv", "about.json"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{evaluating.url}/gradio_api/file={quote(str(run.folder / file))}", timeout=20)
        assert refused.value.code in (403, 404)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_scrolls_in_one_direction_only(visit, folder: Path, scheme: str) -> None:
    """With a comparison and an opened row; the report is as dark as the page and as tall as what it holds."""
    page = visit(width=360, height=740, color_scheme=scheme)
    evaluate(page, folder / "questions.csv")
    choose(page, "#kb-eval-other", "questions.csv")
    page.locator(".kb-eval-compare").wait_for(timeout=RUN_LIMIT)
    frame = next(frame for frame in page.frames if frame != page.main_frame)
    frame.locator("#table .open").first.click()
    frame.wait_for_function("document.documentElement.classList.contains('hosted')")
    page.wait_for_function(
        "([height]) => Math.abs(document.querySelector('#kb-eval-report iframe').clientHeight - height) < 2",
        arg=[frame.evaluate("document.documentElement.offsetHeight")],
    )
    for place in (page, frame):
        assert place.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    paper = "getComputedStyle(document.body).backgroundColor"
    assert frame.evaluate(paper) == ("rgb(18, 22, 21)" if scheme == "dark" else "rgb(246, 245, 241)")
    assert page.evaluate("document.body.classList.contains('dark')") is (scheme == "dark")
