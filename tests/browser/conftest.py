"""A real index over two small notes, the app over it in a process of its own, and a browser that keeps watch."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.browser.chat import watch

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_LIMIT = 60.0

POINTS = """# 积分体系

积分体系（Points System）是指用积分记录会员的行为，并让会员拿积分换取权益的一套规则。它让沉默的会员有理由再来一次。

## 积分的发放规则

- 每日签到发 5 分，连续签到 7 天再加 20 分。
- 完成首单发 100 分，退款时收回。
- 写一条带图评价发 30 分，每天最多三条。

## 积分的有效期

积分自发放之日起 12 个月有效，到期前 15 天发一次短信提醒。

## 各等级的兑换比例

| 等级 | 积分 | 抵扣金额 |
| --- | --- | --- |
| 银卡 | 100 | 1 元 |
| 金卡 | 80 | 1 元 |

## 积分通胀

积分通胀是指发出的积分远多于被兑换的积分，单个积分因此越来越不值钱。

## 上线之前的检查

- 全年的兑换成本先算一遍，写进预算。
- 客服能查到每一笔积分的来历。
"""

DRAW = """# 抽奖活动

抽奖活动是指用奖品的不确定性换取用户参与的一种短期活动。&lt;script&gt;window.hurt = 1&lt;/script&gt; 只是文字。

## 奖品成本的计算公式

单人奖品成本 = 奖品总成本 ÷ 参与抽奖的人数

## 抽奖活动的注意事项

1. 中奖概率要写进活动规则，活动期间不许改动。
2. 同一台设备一天只能抽三次。
"""


@dataclass(frozen=True)
class Site:
    """A running app."""

    url: str
    process: subprocess.Popen[bytes]
    seconds_to_start: float


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "积分体系.md").write_text(POINTS, encoding="utf-8")
    (folder / "抽奖活动.md").write_text(DRAW, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def index(notes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from kbqa import KnowledgeBase

    folder = tmp_path_factory.mktemp("built") / "index"
    KnowledgeBase.build(notes=notes, index=folder)
    return folder


@pytest.fixture(scope="session")
def site(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(index, tmp_path_factory.mktemp("log") / "app.log")


@pytest.fixture(scope="session")
def closed_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The app where no index has been built."""
    folder = tmp_path_factory.mktemp("empty")
    yield from serve(folder / "index", folder / "app.log")


def serve(index: Path, log: Path) -> Iterator[Site]:
    """Start the app, wait until it answers, stop it afterwards."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, str(ROOT / "app.py"), "--index", str(index), "--port", str(port)]
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUTF8": "1"}
        )
        try:
            while not _answers(url):
                assert process.poll() is None, log.read_text(encoding="utf-8", errors="replace")
                assert time.monotonic() - begun < START_LIMIT, log.read_text(encoding="utf-8", errors="replace")
                time.sleep(0.1)
            yield Site(url, process, time.monotonic() - begun)
        finally:
            process.terminate()
            process.wait(timeout=20)
    assert b"Traceback" not in log.read_bytes(), log.read_text(encoding="utf-8", errors="replace")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Debian's Chromium; the Makefile installs it."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is missing: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser):
    """Open pages that may neither complain in the console nor talk to another machine."""
    complaints: list[str] = []
    foreign: list[str] = []
    contexts = []

    def watch_request(request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            foreign.append(request.url)

    def opened(url: str, width: int = 1280, height: int = 800, **settings):
        settings = {"locale": "zh-CN", **settings}
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        watch(page, complaints)
        page.on("request", watch_request)
        page.on("websocket", lambda websocket: watch_request(websocket))
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert foreign == []
