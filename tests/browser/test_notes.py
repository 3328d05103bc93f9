"""The notes tab in a real browser, walked as the lead of a team would, and as somebody who only reads."""

from __future__ import annotations

import io
import json
import shutil
import socket
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import app
from kbqa import KnowledgeBase
from tests.browser.chat import ask, open_part

REPURCHASE = "# 复购周期\n\n复购周期是指同一位顾客相邻两次购买之间平均隔多少天。\n"
EFFICIENCY = "# 坪效\n\n坪效（Sales per Square Meter）是指每平方米营业面积一段时间内产出的销售额。\n"
REFUND = "# 退款率\n\n退款率是指退款订单数占全部订单数的比例。\n"
TERMS = "# 团队的词\nterms:\n  - name: 积分体系   # 常问\n    related: [抽奖活动]\n"
SLOW = "".join(f"\n\n第 {i} 段说的是第 {i} 件事，和别的段落都不一样。" for i in range(6000))

ADMIN_PARTS = (
    "#kb-nt-take",
    "#kb-nt-rebuild",
    "#kb-nt-export",
    "#kb-nt-import",
    "#kb-nt-lint",
    "#kb-nt-edit",
    "#kb-nt-delete",
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, notes: Path) -> Path:
    """A base of this module's own: `notes` and `index` in one folder."""
    folder = tmp_path_factory.mktemp("base")
    shutil.copytree(notes, folder / "notes")
    (folder / "notes" / "terms.yaml").write_text(TERMS, encoding="utf-8")
    KnowledgeBase.build(folder / "notes", folder / "index")
    return folder


@contextmanager
def served(base: Path, *, local: bool = True) -> Iterator[str]:
    """The app over `index` and `notes` of a folder; without `local` as for readers, who may change nothing."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    built = app.build_app(base / "index", base / "notes", local=local)
    built.launch(server_name="127.0.0.1", server_port=port, **app.launch_options())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        built.close(verbose=False)


@pytest.fixture(scope="module")
def lead(base: Path) -> Iterator[str]:
    """The app as whoever sits at the machine sees it."""
    with served(base) as url:
        yield url


@pytest.fixture
def tab(lead: str, open_page) -> Callable[..., object]:
    """Open the notes tab and one of its inner tabs."""

    def opened(inner: str = "", **settings):
        page = open_page(lead, **settings)
        page.set_default_timeout(30_000)
        page.get_by_role("tab", name="知识库").click()
        page.wait_for_selector("#kb-nt-list .kb-nt-row, #kb-nt-list summary")
        if inner:
            page.get_by_role("tab", name=inner).click()
        return page

    return opened


def file(name: str, data: str | bytes) -> dict[str, object]:
    return {
        "name": name,
        "mimeType": "application/octet-stream",
        "buffer": data.encode() if isinstance(data, str) else data,
    }


def zipped(entries: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in entries.items():
            archive.writestr(name, text)
    return out.getvalue()


def hand_in(page, *files: dict[str, object]) -> dict[str, str]:
    """Choose files, put them in, and read the table: name as handed in → outcome with its reason."""
    page.set_input_files("#kb-nt-files input[type=file]", list(files))
    page.locator("#kb-nt-files .file-preview").wait_for()
    page.click("#kb-nt-take")
    page.locator("#kb-nt-result table").wait_for()
    rows = page.locator("#kb-nt-result tbody tr").all()
    return {r.locator(".kb-nt-name").inner_text(): r.locator("td").nth(1).inner_text() for r in rows}


def rebuilt(page) -> str:
    page.locator("#kb-nt-status .kb-nt-said", has_text="重建好了").wait_for(timeout=120_000)
    return page.locator("#kb-nt-status").inner_text()


def test_from_dropping_files_to_an_answer(tab, base: Path) -> None:
    """Two notes, one file nobody reads, one zip that tries to climb out; a line for each; rebuild; the chat answers."""
    page = tab("上传与重建")
    page.locator("#kb-nt-pending", has_text="索引和文件夹一致").wait_for()
    archive = zipped({"门店/退款率.md": REFUND, "../../evil.md": "# 坏\n\n不该出现。\n"})
    said = hand_in(
        page, file("复购周期（新）.md", REPURCHASE), file("坪效.md", EFFICIENCY + SLOW), file("预算.pdf", b"%PDF"), file("门店.zip", archive)
    )  # fmt: skip
    assert {name: outcome.split()[0] for name, outcome in said.items()} == {
        "复购周期（新）.md": "放入", "坪效.md": "放入", "预算.pdf": "没放", "门店/退款率.md": "放入", "../../evil.md": "没放",
    }  # fmt: skip
    assert "读不了这种文件" in said["预算.pdf"] and "跳出笔记文件夹" in said["../../evil.md"]
    assert not list(base.parent.rglob("evil.md")) and (base / "notes" / "门店" / "退款率.md").is_file()
    assert "新增 3" in page.locator("#kb-nt-pending").inner_text()

    page.click("#kb-nt-rebuild")
    page.locator("#kb-nt-status [role=progressbar]").wait_for()
    page.locator("#kb-nt-cancel").wait_for()
    page.get_by_role("tab", name="问答").click()
    assert "抽奖活动是指" in ask(page, "抽奖活动是什么？").inner_text()  # the old index answers meanwhile
    page.get_by_role("tab", name="知识库").click()
    count = next(n for n in (5, 6) if f"{n} 篇进了索引" in rebuilt(page))
    page.locator("#kb-nt-pending", has_text="索引和文件夹一致").wait_for()
    page.get_by_role("tab", name="问答").click()
    page.locator("#kb-footer", has_text=f"{count} 篇笔记").wait_for()
    row = ask(page, "什么是复购周期？")
    assert "相邻两次购买之间平均隔多少天" in row.inner_text()
    assert "复购周期（新）.md" in (row.locator("a.kb-source").first.get_attribute("title") or "")


def test_a_note_of_the_same_name_is_held_back_until_told(tab, base: Path) -> None:
    """Nothing is overwritten unasked; the old one can be put back from the trash."""
    page = tab("上传与重建")
    old = (base / "notes" / "抽奖活动.md").read_text("utf-8")
    said = hand_in(page, file("抽奖活动.md", "# 抽奖活动\n\n抽奖活动取消了，改成满减。\n"))
    assert "同名" in said["抽奖活动.md"]
    assert (base / "notes" / "抽奖活动.md").read_text("utf-8") == old
    page.locator("#kb-nt-collision label", has_text="换掉旧的").click()
    page.click("#kb-nt-take")
    page.locator("#kb-nt-result", has_text="换掉了原来那篇").wait_for()
    assert "改成满减" in (base / "notes" / "抽奖活动.md").read_text("utf-8")
    page.locator("#kb-nt-trash-box button").first.click()
    page.locator("#kb-nt-trash tr", has_text="抽奖活动.md").first.locator("a").click()
    page.locator("#kb-nt-trash", has_text="放回去了").wait_for()
    assert (base / "notes" / "抽奖活动.md").read_text("utf-8") == old


def test_a_rebuild_can_be_cancelled(tab, base: Path) -> None:
    (base / "notes" / "慢.md").write_text("# 慢" + SLOW, encoding="utf-8")
    page = tab("上传与重建")
    page.click("#kb-nt-rebuild")
    page.click("#kb-nt-cancel")
    page.locator("#kb-nt-status", has_text="已取消").wait_for()
    (base / "notes" / "慢.md").unlink()
    page.get_by_role("tab", name="问答").click()
    assert "积分体系（Points System）是指" in ask(page, "积分体系是什么？").inner_text()


def test_notes_are_browsed_searched_and_deleted_after_asking(tab, base: Path) -> None:
    page = tab()
    (base / "notes" / "要删的.md").write_text("# 要删的\n\n这一篇很快就没有了。\n", encoding="utf-8")
    KnowledgeBase.build(base / "notes", base / "index")  # by somebody else: the search looks into the newest
    page.locator("#kb-nt-list .kb-nt-row", has_text="积分体系").click()
    page.locator("#kb-nt-note h2", has_text="积分体系").first.wait_for()
    assert page.locator("#kb-nt-note .kb-row").count() == 3
    assert "编码 utf-8" in page.locator("#kb-nt-note .kb-nt-report").inner_text()
    page.fill("#kb-nt-search textarea, #kb-nt-search input", "很快就没有")  # pasted: no key is pressed
    group = page.locator("#kb-nt-list .kb-nt-group", has_text="要删的").first
    assert (group.locator("a.kb-nt-hit").first.get_attribute("href") or "").startswith("#src?")
    group.locator("a.kb-nt-title").click()
    page.locator("#kb-nt-note h2", has_text="要删的").first.wait_for()
    page.click("#kb-nt-delete")
    page.locator("#kb-nt-sure", has_text="移到回收站").wait_for()
    assert (base / "notes" / "要删的.md").exists()
    page.get_by_role("button", name="移到回收站").click()
    page.locator("#kb-nt-note", has_text="已在回收站").wait_for()
    assert not (base / "notes" / "要删的.md").exists()
    assert len(list((base / "index" / "state" / "trash").rglob("要删的.md"))) == 1
    KnowledgeBase.build(base / "notes", base / "index")


def test_a_term_is_edited_with_a_preview_of_the_effect(tab, base: Path) -> None:
    """A further name: what changes is shown, the answer before and after, and after saving the chat knows it."""
    page = tab("术语表")
    search = "#kb-nt-term-search textarea, #kb-nt-term-search input"
    page.locator("#kb-nt-terms .kb-nt-term").first.wait_for()
    page.fill(search, "jftx")  # as by pasting or by an input method: no key is pressed
    page.locator("#kb-nt-terms .kb-nt-found .kb-nt-term", has_text="积分体系").click()
    page.locator("#kb-nt-card", has_text="让会员拿积分换取权益的一套规则").wait_for()
    page.locator("#kb-nt-edit button").first.click()
    page.locator("#kb-nt-edit", has_text="正在改 terms.yaml 里的「积分体系」").wait_for()
    assert page.input_value("#kb-nt-related textarea, #kb-nt-related input") == "抽奖活动"
    page.fill("#kb-nt-aliases textarea, #kb-nt-aliases input", "豆子规矩")
    page.fill("#kb-nt-sample textarea, #kb-nt-sample input", "什么是豆子规矩")
    assert not page.locator("#kb-nt-save").is_visible()
    page.click("#kb-nt-preview")
    page.locator("#kb-nt-effect .kb-nt-sides").wait_for(timeout=120_000)
    effect = page.locator("#kb-nt-effect").inner_text()
    assert "多了名称 豆子规矩" in " ".join(effect.split()) and "aliases: [豆子规矩]" in effect.replace("\xa0", " ")
    now, then = page.locator("#kb-nt-effect .kb-nt-sides > div").all_inner_texts()
    assert "积分体系（Points System）是指" not in now and "积分体系（Points System）是指" in then
    assert (base / "notes" / "terms.yaml").read_text("utf-8") == TERMS
    page.click("#kb-nt-save")
    page.locator("#kb-nt-effect", has_text="重建好了").wait_for(timeout=120_000)
    assert (base / "notes" / "terms.yaml").read_text("utf-8") == TERMS + "    aliases: [豆子规矩]\n"
    page.get_by_role("tab", name="问答").click()
    assert "积分体系（Points System）是指" in ask(page, "什么是豆子规矩？").inner_text()


def test_checks_name_what_is_amiss(tab, base: Path) -> None:
    note = base / "notes" / "死链.md"
    note.write_text("# 死链\n\n见[没有的](没有.md)。\n", encoding="utf-8")
    page = tab("检查")
    page.click("#kb-nt-lint")
    row = page.locator("#kb-nt-lint-result tr", has_text="死链.md:3")
    row.wait_for()
    assert "链接的文件不存在" in row.inner_text() and "错误" in row.inner_text()
    note.unlink()


def test_an_exported_base_is_imported_into_an_empty_one(tab, base: Path, tmp_path: Path, open_page) -> None:
    """What is downloaded here gives the same notes there."""
    page = tab("上传与重建")
    page.click("#kb-nt-export")
    page.locator("#kb-nt-download").wait_for()
    with page.expect_download() as download:
        page.click("#kb-nt-download")
    archive = tmp_path / download.value.suggested_filename
    download.value.save_as(archive)
    assert archive.name.startswith("kbqa-") and archive.suffix == ".zip"

    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "占位.md").write_text("# 占位\n\n空的知识库先放一篇占位。\n", encoding="utf-8")
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    with served(tmp_path) as url:
        there = open_page(url)
        there.set_default_timeout(30_000)
        there.get_by_role("tab", name="知识库").click()
        there.get_by_role("tab", name="上传与重建").click()
        there.set_input_files("#kb-nt-import-file input[type=file]", archive)
        there.locator("#kb-nt-import-file .file-preview").wait_for()
        there.click("#kb-nt-import")
        there.locator("#kb-nt-imported", has_text="导入好了").wait_for()
        for note in (base / "notes").rglob("*.*"):
            assert (tmp_path / "notes" / note.relative_to(base / "notes")).read_bytes() == note.read_bytes()
        there.click("#kb-nt-rebuild")
        assert "没进索引" not in rebuilt(there)


ADMIN_EVENTS = {
    ("kb-nt-delete", "click"), ("kb-nt-take", "click"), ("kb-nt-trash-box", "expand"), ("kb-nt-trash", "click"),
    ("kb-nt-rebuild", "click"), ("kb-nt-cancel", "click"), ("kb-nt-export", "click"), ("kb-nt-import", "click"),
    ("kb-nt-lint", "click"), ("kb-nt-preview", "click"), ("kb-nt-drop", "click"), ("kb-nt-new", "click"), ("kb-nt-save", "click"),
    ("kb-nt-really", "click"), ("kb-notes-upload", "select"), ("", "tick"),
}  # fmt: skip


def admin_callbacks(url: str) -> dict[tuple[str, str], tuple[int, int]]:
    """What triggers an admin's callback, (element, event) → its number and how many inputs it takes."""
    with urllib.request.urlopen(f"{url}/config", timeout=20) as reply:
        config = json.load(reply)
    names = {c["id"]: c["props"].get("elem_id") or "" for c in config["components"]}
    found = {}
    for dependency in config["dependencies"]:
        for component, event in dependency["targets"]:
            if (names.get(component, ""), event) in ADMIN_EVENTS:
                found[names[component], event] = (dependency["id"], len(dependency["inputs"]))
    return found


def call(url: str, number: int, inputs: int) -> dict[str, object]:
    """Call an internal callback as the page does, and give what it ended with."""
    session = f"reader{number}"
    body = {
        "data": [None] * inputs,
        "fn_index": number,
        "session_hash": session,
        "event_data": None,
        "trigger_id": None,
    }
    request = urllib.request.Request(
        f"{url}/gradio_api/queue/join", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=20).close()
    with urllib.request.urlopen(f"{url}/gradio_api/queue/data?session_hash={session}", timeout=60) as stream:
        for line in stream:
            said = json.loads(line.removeprefix(b"data: ")) if line.startswith(b"data: ") else {}
            if said.get("msg") == "process_completed":
                return said
    raise AssertionError("the stream ended early")


def test_a_reader_sees_no_admin_part_and_is_refused(base: Path, open_page) -> None:
    """Hidden things protect nothing: each admin's callback is called as the page would, and says no."""
    with served(base, local=False) as url:
        page = open_page(url)
        page.set_default_timeout(30_000)
        page.get_by_role("tab", name="知识库").click()
        page.locator("#kb-nt-list .kb-nt-row").first.click()
        page.locator("#kb-nt-note .kb-nt-open").wait_for()
        page.get_by_role("tab", name="术语表").click()
        page.locator("#kb-nt-terms .kb-nt-term").first.click()
        page.locator("#kb-nt-card dl").wait_for()
        assert page.get_by_role("tab", name="上传与重建").count() == page.get_by_role("tab", name="检查").count() == 0
        assert all(not page.locator(part).is_visible() for part in ADMIN_PARTS)
        before = {p: p.stat().st_mtime_ns for p in base.rglob("*")}
        callbacks = admin_callbacks(url)
        assert callbacks.keys() == ADMIN_EVENTS
        for trigger, (number, inputs) in callbacks.items():
            ended = call(url, number, inputs)
            assert not ended["success"] and "管理员" in str(ended["output"]), trigger
        assert {p: p.stat().st_mtime_ns for p in base.rglob("*")} == before


@pytest.mark.parametrize(("width", "theme"), [(360, ""), (360, "?__theme=dark"), (1280, "?__theme=dark")])
def test_every_view_fits_the_screen(lead: str, open_page, width: int, theme: str) -> None:
    page = open_page(f"{lead}/{theme}", width=width, height=740)
    page.set_default_timeout(30_000)
    page.get_by_role("tab", name="知识库").click()
    page.locator("#kb-nt-list .kb-nt-row").first.click()
    page.locator("#kb-nt-note .kb-nt-open").wait_for()
    for inner in ("笔记", "术语表", "上传与重建", "检查"):
        open_part(page, inner)
        page.wait_for_timeout(200)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), inner
