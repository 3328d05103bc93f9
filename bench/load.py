"""Many people ask the running web app at once: `python -m bench.load`.

The app is started as a user starts it. Every person has a session of their own and sends what the browser sends: the
events of a page that has loaded, before anybody asks; then that of the question box with the messages shown so far, and
the stream of the answer. In each round all ask at the same moment; every second question is a follow-up, which only makes
sense in its own session. Answers are compared with those that the library gives to the same question after the same
turns, so one that went to the wrong person shows.

One person alone is measured first, then all of them; at the end memory, and the first paint in a browser if there is one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from gradio_client.utils import apply_diff

ROOT = Path(__file__).resolve().parents[1]
_LIMIT = 120.0
_FOLLOW_UPS = ("它怎么算？", "它有什么作用？", "为什么要看它？", "它和什么容易混？", "举个例子", "怎么提高它？")
_FIRST_QUESTIONS = ("什么是{}", "{}是什么意思？", "{}怎么算？", "怎么理解{}")
_CHROMIUM = Path("/usr/bin/chromium")

Message = dict[str, Any]
Value = dict[str, float]


@dataclass(slots=True)
class Asked:
    """One question and what came of it; seconds from sending it, None for what never came."""

    question: str
    expected: tuple[str, ...]
    start: float | None = None
    end: float | None = None
    fault: str = ""


@dataclass(slots=True)
class Person:
    """A session of the app, as a browser keeps it."""

    client: httpx.AsyncClient
    config: dict[str, Any]
    script: list[tuple[str, tuple[str, ...]]]
    session: str = field(default_factory=lambda: secrets.token_hex(6))
    values: dict[int, Any] = field(default_factory=dict)

    async def open(self) -> None:
        """What a browser sends once the page has loaded; Gradio makes the session then."""
        loads = [
            d for d in self.config["dependencies"] if d["backend_fn"] and any(e == "load" for _, e in d["targets"])
        ]
        for event in loads:
            data = [self._default(each) for each in event["inputs"]]
            body = {"data": data, "fn_index": event["id"], "session_hash": self.session}
            (await self.client.post("/gradio_api/queue/join", json=body)).raise_for_status()
        waiting = len(loads)
        async with self.client.stream("GET", f"/gradio_api/queue/data?session_hash={self.session}") as stream:
            async for line in stream.aiter_lines():
                told = json.loads(line[6:]) if line.startswith("data: ") else {}
                waiting -= told.get("msg") == "process_completed"
                if not waiting:
                    break

    async def ask(self, question: str, expected: tuple[str, ...]) -> Asked:
        asked = Asked(question, expected)
        try:
            await asyncio.wait_for(self._ask(asked), _LIMIT)
        except (httpx.HTTPError, asyncio.TimeoutError, ValueError, KeyError) as error:
            asked.fault = f"{type(error).__name__}: {error}"
        return asked

    async def _ask(self, asked: Asked) -> None:
        event, chat = self._event(), _component(self.config, "kb-chat")
        box = _component(self.config, "kb-question")
        self.values[box["id"]] = asked.question
        data = [self.values.get(each, self._default(each)) for each in event["inputs"]]
        body = {"data": data, "fn_index": event["id"], "trigger_id": box["id"], "session_hash": self.session}
        begun = time.perf_counter()
        (await self.client.post("/gradio_api/queue/join", json=body)).raise_for_status()
        outputs: list[Any] = []
        async with self.client.stream("GET", f"/gradio_api/queue/data?session_hash={self.session}") as stream:
            async for line in stream.aiter_lines():
                told = json.loads(line[6:]) if line.startswith("data: ") else {}
                if told.get("msg") not in ("process_generating", "process_completed"):
                    continue
                if not told["success"]:
                    raise ValueError(f"the app failed: {told['output']}")
                outputs = _outputs(outputs, told)
                last = _last_text(outputs[event["outputs"].index(chat["id"])])
                if asked.start is None and last:
                    asked.start = time.perf_counter() - begun
                if told["msg"] == "process_completed":
                    asked.end = time.perf_counter() - begun
                    break
        self.values.update(zip(event["outputs"], outputs, strict=True))
        missing = [part for part in asked.expected if part not in last]
        if missing:
            asked.fault = f"not the answer to this question: {missing[0][:40]}"

    def _event(self) -> dict[str, Any]:
        box = _component(self.config, "kb-question")["id"]
        return next(d for d in self.config["dependencies"] if [box, "submit"] in d["targets"] and d["backend_fn"])

    def _default(self, component: int) -> Any:
        found = next(c for c in self.config["components"] if c["id"] == component)
        return None if found["type"] == "state" else found["props"].get("value")


def _component(config: dict[str, Any], elem_id: str) -> dict[str, Any]:
    return next(c for c in config["components"] if c["props"].get("elem_id") == elem_id)


def _outputs(before: list[Any], told: dict[str, Any]) -> list[Any]:
    """Values of the outputs after an event of the stream: the first is whole, later ones say what changed."""
    data = told["output"]["data"]
    if told["msg"] == "process_generating" and before:
        data = [
            apply_diff(old, change) if isinstance(change, list) else old
            for old, change in zip(before, data, strict=True)
        ]
    elif told["msg"] == "process_completed" and before and not data:
        data = before
    return [old if _is_skip(new) else new for old, new in zip(before or data, data, strict=True)]


def _is_skip(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update" and "value" not in value


def _last_text(messages: Any) -> str:
    """What the answer shown last says, without markup and white space; empty while there is none."""
    last = messages[-1] if isinstance(messages, list) and messages else {}
    return _bare(json.dumps(last.get("content"), ensure_ascii=False)) if last.get("role") == "assistant" else ""


def _bare(markup: str) -> str:
    text = markup.replace("\\n", " ").replace('\\"', '"')
    return re.sub(r"\s+", "", unescape(re.sub(r"<a class=.kb-cite.*?</a>|<[^>]*>", "", text)))


# --- what is asked ----------------------------------------------------------------------------------------------------


def scripts(index: Path, people: int, rounds: int) -> list[list[tuple[str, tuple[str, ...]]]]:
    """For each person the questions in order, each with what its answer has to contain."""
    from kbqa import KnowledgeBase
    from kbqa.web.markup import without_bullet

    kb = KnowledgeBase.open(index)
    names = [term.name for term in kb.terms if term.definition]
    chance = random.Random(7)
    chance.shuffle(names)
    made = []
    for person in range(people):
        turns: list[dict[str, str]] = []
        script = []
        for round_ in range(rounds):
            follows = round_ % 2 == 1
            name = names[(person * rounds + round_) % len(names)]
            asked = chance.choice(_FOLLOW_UPS if follows else _FIRST_QUESTIONS).format(name)
            answer = kb.ask(asked, history=turns)
            turns += [{"role": "user", "content": asked}, {"role": "assistant", "content": answer.text}]
            said = () if answer.abstained else tuple(_bare(without_bullet(s.text)) for s in answer.sentences)
            understood = answer.understood_as if answer.understood_as.strip() != asked.strip() else ""
            script.append((asked, (*said, *filter(None, [_bare(understood)]))))
        made.append(script)
    return made


# --- the app ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Running:
    """The app in a process of its own; seconds until it answered."""

    process: subprocess.Popen[bytes]
    url: str
    ready: float

    def computed(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> tuple[float, float]:
        """Resident memory now and at its highest, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("utf-8")
        now, peak = (re.search(rf"{name}:\s+(\d+) kB", status) for name in ("VmRSS", "VmHWM"))
        return (int(now[1]) / 1024 if now else 0.0), (int(peak[1]) / 1024 if peak else 0.0)


def start(index: Path, notes: Path) -> Running:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "app.py", "--index", str(index), "--notes", str(notes), "--port", str(port)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONUTF8": "1"})
    while True:
        try:
            httpx.get(url, timeout=5).raise_for_status()
            return Running(process, url, time.perf_counter() - begun)
        except httpx.HTTPError:
            if process.poll() is not None or time.perf_counter() - begun > _LIMIT:
                raise SystemExit("The app did not start.") from None
            time.sleep(0.02)


async def ask_all(app: Running, made: Sequence[list[tuple[str, tuple[str, ...]]]]) -> tuple[list[Asked], float]:
    """All people, round by round, in each all at the same moment; and the app's processor seconds meanwhile."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=app.url, timeout=_LIMIT, limits=limits) as client:
        config = (await client.get("/config")).json()
        people = [Person(client, config, script) for script in made]
        await asyncio.gather(*(person.open() for person in people))
        asked: list[Asked] = []
        before = app.computed()
        for round_ in range(len(made[0])):
            asked += await asyncio.gather(*(person.ask(*person.script[round_]) for person in people))
        return asked, app.computed() - before


def first_paint(url: str) -> Value:
    """Seconds until a browser with an empty cache paints anything, and until the question box can be used."""
    if not _CHROMIUM.exists():
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        begun = time.perf_counter()
        page.goto(url)
        page.wait_for_selector("#kb-question textarea")
        usable = time.perf_counter() - begun
        page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
        browser.close()
    return {"first paint": painted, "usable": usable}


# --- what is told -----------------------------------------------------------------------------------------------------


def figures(asked: Sequence[Asked]) -> dict[str, Any]:
    """Milliseconds to the start and the end of answers, and what went wrong."""
    told: dict[str, Any] = {"questions": len(asked)}
    for name in ("start", "end"):
        times = sorted(1000 * t for a in asked if (t := getattr(a, name)) is not None)
        if len(times) > 1:
            cuts = statistics.quantiles(times, n=100, method="inclusive")
            told[name] = {"p50": round(cuts[49]), "p95": round(cuts[94]), "max": round(times[-1])}
    wrong = [a for a in asked if a.fault.startswith("not the answer")]
    told["errors"] = sum(bool(a.fault) or a.end is None for a in asked) - len(wrong)
    told["mixed up"] = len(wrong)
    told["faults"] = [f"{a.question}: {a.fault}" for a in asked if a.fault][:5]
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--index", type=Path, default=ROOT / "index")
    parser.add_argument("--notes", type=Path, default=ROOT / "corpus")
    parser.add_argument("--users", type=int, default=30, help="people asking at once (30)")
    parser.add_argument("--rounds", type=int, default=6, help="questions of each (6)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    made = scripts(options.index, options.users + 5, options.rounds)
    app = start(options.index, options.notes)
    try:
        idle, starting = app.memory()[0], app.computed()
        one = [asked for script in made[options.users :] for asked in asyncio.run(ask_all(app, [script]))[0]]
        many, spent = asyncio.run(ask_all(app, made[: options.users]))
        told = {
            "ready s": round(app.ready, 2), "processor s until ready": round(starting, 2), "memory MB": {"idle": round(idle), "after": round(app.memory()[0]), "peak": round(app.memory()[1])},
            "one user": figures(one),
            "processor ms a question": round(1000 * spent / len(many)), f"{options.users} users at once": figures(many),
            "browser s": {name: round(value, 2) for name, value in first_paint(app.url).items()},
        }  # fmt: skip
    finally:
        app.process.send_signal(signal.SIGTERM)
        app.process.wait(20)
    print(json.dumps(told, ensure_ascii=False, indent=None if options.json else 1))


if __name__ == "__main__":
    main()
