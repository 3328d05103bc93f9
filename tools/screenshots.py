"""The pictures in docs/screenshots: `python -m tools.screenshots`, or `make screenshots`.

One walk through a copy of the handbook and its index, as people use the app. At each stop the same page is taken as it
looks on a desk in light and in dark, and on a phone.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.chat import ask
from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS, ROOT
from tests.served import served

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LOOKS = {"light": ("light", 1280, 800), "dark": ("dark", 1280, 800), "phone": ("light", 360, 740)}
LIMIT = 60_000  # milliseconds that a step may take on a busy machine
SETTLED = 300  # milliseconds until transitions and frames are done

GAP = "直播间的灯光怎么布置？"
NOTE = "# 直播间灯光\n\n直播间的灯光这样布置：主光放在镜头斜上方，轮廓光放在主播身后，商品另打一盏。\n\n背景怎么搭，见[直播间布景](直播间布景.md)。\n"
QUESTIONS = (
    ("definition", "SOP 说的是什么？", "让不同的人做出同样合格的结果"),
    ("definition", "种子用户是哪些人？", "裂变启动时第一批参与传播的用户"),
    ("definition", "LTV 是什么意思？", "累计给产品带来的收益"),
    ("number", "二级危机要在多久之内首次回应？", "30 分钟"),
    ("number", "画用户旅程地图之前要访谈几个人？", "访谈 8 到 12 人"),
    ("calculation", "次日留存率用什么公式算？", "第 n 天仍活跃的人数 ÷ 当初新增人数"),
    ("calculation", "ROI 的公式是什么？", "净收益 ÷ 活动成本"),
    ("list", "RFM 看哪三个指标？", "用户在观察期内购买的次数"),
    ("howto", "社群里有人打广告，按什么办法处理？", "第一次提醒，第二次移出"),
    ("howto", "北极星指标从哪里开始选？", "写下价值主张"),
    ("unanswerable", "打印机卡纸了怎么办？", ""),
    ("unanswerable", "公司年会在哪天举行？", ""),
)


class Camera:
    """Takes one page in every look."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder

    def shoot(self, name: str, desk: Locator | None = None, phone: Locator | None = None) -> None:
        """Take the page; what is not to be seen without scrolling is given as an element to scroll to."""
        first = self._page.locator("body")
        for look, (scheme, width, height) in LOOKS.items():
            self._page.emulate_media(color_scheme=scheme)
            self._page.set_viewport_size({"width": width, "height": height})
            self._page.wait_for_timeout(SETTLED)
            shown = (phone if look == "phone" else None) or desk or first
            shown.last.evaluate("element => element.scrollIntoView({ block: 'start' })")
            self._page.wait_for_timeout(SETTLED)
            path = self._folder / f"{name}-{look}.png"
            self._page.screenshot(path=path)
            _shrink(path)
        self._page.set_viewport_size({"width": LOOKS["light"][1], "height": LOOKS["light"][2]})


def _shrink(path: Path) -> None:
    with Image.open(path) as picture:
        few = picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


def walk(page: Page, camera: Camera, folder: Path) -> None:
    """Through every tab, in the order in which a team meets them."""
    _ask(page, camera)
    _learn(page, camera)
    page.get_by_role("tab", name="知识库", exact=True).click()
    _read(page, camera)
    _keep(page, camera)
    _evaluate(page, camera, folder)


def _ask(page: Page, camera: Camera) -> None:
    ask(page, "什么是LTV？")
    row = ask(page, "那它怎么算？")
    row.locator("a.kb-cite").first.click()
    page.locator("#kb-source-panel mark").first.wait_for()
    camera.shoot("ask", phone=page.locator("#kb-chat .user-row"))
    ask(page, GAP)
    camera.shoot("ask-refused", phone=page.locator("#kb-chat .user-row"))


def _learn(page: Page, camera: Camera) -> None:
    page.get_by_role("tab", name="新人入门", exact=True).click()
    page.fill("#kl-name", "小林")
    page.press("#kl-name", "Enter")
    page.locator(".kl-next").wait_for()
    camera.shoot("learn")
    page.get_by_role("button", name="地图", exact=True).click()
    page.locator(".kl-node").first.wait_for()
    camera.shoot("learn-map", page.locator(".kl-tabs"))
    page.get_by_role("button", name="阅读清单").click()
    page.locator(".kl-row").first.wait_for()
    page.locator(".kl-next .kl-btn").click()
    page.locator(".kl-card").first.wait_for()
    camera.shoot("learn-step")
    page.locator(".kl-test .kl-main").click()
    page.locator("button.kl-option").first.click()
    page.locator(".kl-verdict").wait_for()
    camera.shoot("learn-quiz")


def _evaluate(page: Page, camera: Camera, folder: Path) -> None:
    questions = folder / "questions.jsonl"
    rows = (
        {"question": question, "type": kind, "answerable": bool(said), "evidence": [[said]] * bool(said), "nuggets": [[said]] * bool(said)}
        for kind, question, said in QUESTIONS
    )  # fmt: skip
    questions.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    page.get_by_role("tab", name="批量评测", exact=True).click()
    page.set_input_files("#kb-eval-questions input[type=file]", questions)
    page.locator("#kb-eval-questions").get_by_text(questions.stem).first.wait_for()
    page.click("#kb-eval-run")
    report = page.frame_locator("#kb-eval-report iframe")
    report.locator("#cards .card").first.wait_for()
    camera.shoot("evaluate", phone=page.locator("#kb-eval-report"))
    report.locator("#failed").check()
    row = report.locator("#table .row:not([hidden])").first
    row.locator(".open").click()
    camera.shoot("evaluate-question", report.locator("#failed"), row)


def _read(page: Page, camera: Camera) -> None:
    """What every reader may open."""
    page.locator("#kb-nt-list summary", has_text="用户运营").click()
    page.locator("#kb-nt-list .kb-nt-row", has_text="RFM").click()
    page.locator("#kb-nt-note .kb-nt-open").wait_for()
    camera.shoot("notes", phone=page.locator("#kb-nt-note"))
    page.get_by_role("tab", name="术语表", exact=True).click()
    page.fill("#kb-nt-term-search input, #kb-nt-term-search textarea", "lcl")
    page.press("#kb-nt-term-search input, #kb-nt-term-search textarea", "Enter")
    page.locator("#kb-nt-terms .kb-nt-found").wait_for()
    page.locator("#kb-nt-terms .kb-nt-term", has_text="留存率").first.click()
    page.locator("#kb-nt-card dl").wait_for()
    camera.shoot("glossary", phone=page.locator("#kb-nt-card"))


def _keep(page: Page, camera: Camera) -> None:
    """What a lead does to keep the notes in order; the note handed in answers what was refused, and has a dead link."""
    page.get_by_role("tab", name="检索测试", exact=True).click()
    page.fill("#kb-probe-question textarea", "怎样让老客户多买几次？")
    page.press("#kb-probe-question textarea", "Enter")
    page.locator("#kb-probe .kb-found").first.wait_for()
    camera.shoot("retrieval")
    page.get_by_role("tab", name="待办", exact=True).click()
    page.locator(".kb-work-row", has_text=GAP).click()
    page.locator(".kb-work-item h3", has_text=GAP).wait_for()
    camera.shoot("worklist", phone=page.locator("#kb-work-right"))
    page.get_by_role("tab", name="上传与重建", exact=True).click()
    note = {"name": "直播间灯光.md", "mimeType": "text/markdown", "buffer": NOTE.encode()}
    page.set_input_files("#kb-nt-files input[type=file]", [note])
    page.locator("#kb-nt-files .file-preview").wait_for()
    page.click("#kb-nt-take")
    page.locator("#kb-nt-result table").wait_for()
    page.click("#kb-nt-rebuild")
    page.locator("#kb-nt-status .kb-nt-said", has_text="重建好了").wait_for()
    camera.shoot("upload")
    page.get_by_role("tab", name="检查", exact=True).click()
    page.click("#kb-nt-lint")
    page.locator("#kb-nt-lint-result table").wait_for()
    camera.shoot("checks")


def main() -> None:
    """Walk and write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, default=ROOT / "index", help="an index of the handbook")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots", help="where the pictures go")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kbqa-") as name, sync_playwright() as playwright:
        folder = Path(name)
        shutil.copytree(ROOT / "corpus", folder / "corpus")
        shutil.copytree(options.index, folder / "index", ignore=shutil.ignore_patterns("state", "gaps*", ".lock"))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        with served(folder / "index", notes=folder / "corpus") as url:
            page = browser.new_page(locale="zh-CN", viewport={"width": 1280, "height": 800})
            page.set_default_timeout(LIMIT)
            page.goto(url)
            walk(page, Camera(page, options.out), folder)
        browser.close()


if __name__ == "__main__":
    main()
