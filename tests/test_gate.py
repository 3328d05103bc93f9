"""The real app over HTTP: what is let in, what is refused, what is never served."""

from __future__ import annotations

import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.served import ADMIN, READER, people, served

ROOT = Path(__file__).parents[1]
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def alone(served_index: Path) -> Iterator[httpx.Client]:
    """An app without accounts that only this machine can reach."""
    with served(served_index) as url, httpx.Client(base_url=url) as client:
        yield client


@pytest.fixture(scope="module")
def shared(served_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """An app with accounts: its address and the reader's token."""
    accounts, token = people(tmp_path_factory.mktemp("people"))
    with served(served_index, accounts=accounts, local=False) as url:
        yield url, token


@pytest.fixture
def visitor(shared: tuple[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shared[0]) as client:
        yield client


def log_in(client: httpx.Client, name: str, password: str) -> httpx.Response:
    return client.post("/login", data={"username": name, "password": password})


def event(client: httpx.Client, name: str, *values: object) -> httpx.Response:
    return client.post(f"/gradio_api/run/{name}", json={"data": list(values)})


# --- who gets in ------------------------------------------------------------------------------------------------------


def test_without_a_login_there_is_only_the_login_page(visitor: httpx.Client) -> None:
    front = visitor.get("/")
    assert front.status_code == 303 and front.headers["location"] == "/login"
    assert 'type="password"' in visitor.get("/login").text
    for path in ("/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/queue/data?session_hash=a", "/gradio_api/heartbeat/abc", "/gradio_api/user", "/gradio_api/file=/etc/passwd", "/?x=1&y=../"):  # fmt: skip
        assert visitor.get(path).status_code in (303, 401, 404), path
    assert event(visitor, "ask", "积分是什么").status_code == 401
    assert (
        visitor.post("/gradio_api/queue/join", json={"data": [], "fn_index": 0, "session_hash": "x"}).status_code == 401
    )
    assert visitor.post("/gradio_api/upload", files={"files": b"x"}).status_code == 401


def test_from_login_to_logout(visitor: httpx.Client) -> None:
    answer = visitor.post("/login", data={"username": READER[0], "password": READER[1]}, headers=PAGE)
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
    assert visitor.get("/gradio_api/user").json() == READER[0]
    assert visitor.get("/").status_code == 200 and visitor.get("/login").status_code == 303
    assert "积分" in event(visitor, "ask", "会员积分是什么", None).json()["data"][0]["answer"]
    kept = dict(visitor.cookies)
    assert visitor.get("/logout").status_code == 405
    assert visitor.post("/logout").status_code == 303
    visitor.cookies.update(kept)
    assert visitor.get("/config").status_code == 401


def test_a_cookie_over_https_is_for_https_alone(visitor: httpx.Client) -> None:
    """As a proxy on this machine says that it speaks HTTPS."""
    answer = visitor.post("/login", data={"username": READER[0], "password": READER[1]}, headers={"X-Forwarded-Proto": "https"})  # fmt: skip
    assert "Secure" in answer.headers["set-cookie"]


def test_wrong_passwords_and_unknown_names_get_the_same_answer(visitor: httpx.Client) -> None:
    wrong, unknown = log_in(visitor, READER[0], "not-the-password"), log_in(visitor, "stranger", "not-the-password")
    assert wrong.status_code == unknown.status_code == 401 and wrong.json() == unknown.json()
    page = visitor.post("/login", data={"username": '"><script>', "password": "x"}, headers=PAGE)
    assert page.status_code == 401 and "<script" not in page.text and "&quot;&gt;&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_guessing_is_slowed_down(visitor: httpx.Client) -> None:
    """The waits grow, and even the right password has to wait."""
    codes, wait = [], 0
    while wait < 4:
        answer = log_in(visitor, ADMIN[0], f"guess number {len(codes)}")
        codes.append(answer.status_code)
        wait = int(answer.headers.get("retry-after", 0))
        time.sleep(0.05)
    assert codes[:5] == [401] * 5 and set(codes[5:]) <= {401, 429} and codes.count(401) >= 7
    refused = log_in(visitor, *ADMIN)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1


def test_a_token_stands_for_its_owner(visitor: httpx.Client, shared: tuple[str, str]) -> None:
    visitor.headers["Authorization"] = f"Bearer {shared[1]}"
    assert visitor.get("/gradio_api/user").json() == READER[0]
    visitor.headers["Authorization"] = f"Bearer {shared[1]}x"
    assert visitor.get("/gradio_api/user").status_code == 401


def test_login_takes_no_large_form(visitor: httpx.Client) -> None:
    assert log_in(visitor, "bob", "x" * 20_000).status_code == 413


# --- from where -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost.evil.example", ""]
)
def test_a_name_of_somebody_else_is_refused(alone: httpx.Client, host: str) -> None:
    """A page elsewhere whose name was made to resolve to this machine."""
    assert alone.get("/", headers={"Host": host}).status_code == 421
    answer = alone.post("/gradio_api/run/ask", json={"data": ["会员积分是什么", None]}, headers={"Host": host})
    assert answer.status_code == 421 and "积分" not in answer.text.replace("积分是什么", "")


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:7860", "192.168.1.20"])
def test_addresses_and_localhost_are_us(alone: httpx.Client, host: str) -> None:
    assert alone.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost"])
def test_a_page_of_another_site_may_do_nothing(alone: httpx.Client, origin: str) -> None:
    for answer in (
        alone.get("/config", headers={"Origin": origin}),
        alone.post("/gradio_api/run/ask", json={"data": ["会员积分是什么", None]}, headers={"Origin": origin}),
        alone.post("/gradio_api/upload", files={"files": b"x"}, headers={"Origin": origin}),
    ):
        assert answer.status_code == 403


def test_our_own_page_may(alone: httpx.Client) -> None:
    answer = alone.post(
        "/gradio_api/run/ask",
        json={"data": ["会员积分是什么", None]},
        headers={"Origin": str(alone.base_url).rstrip("/")},
    )
    assert answer.status_code == 200


def test_headers_of_every_answer(alone: httpx.Client) -> None:
    for path in ("/", "/config", "/nowhere", "/gradio_api/file=/etc/passwd"):
        headers = alone.get(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'self'" and policy["frame-ancestors"] == "'none'"
        assert "http" not in headers["content-security-policy"] and "*" not in headers["content-security-policy"]


# --- to what ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secrets(served_index: Path, _notes: Path) -> list[Path]:
    """Files of the project, the notes, the index and its state, of the home folder and of the folder for temporary ones."""
    state = served_index / "state"
    state.mkdir(exist_ok=True)
    own = [state / "secret.txt", Path(tempfile.gettempdir()) / f"kbqa-test-{os.getpid()}.txt"]
    for path in own:
        path.write_text("secret", "utf-8")
    Path(tempfile.gettempdir()).joinpath(own[1].name).chmod(0o600)
    return [*own, ROOT / "app.py", ROOT / "pyproject.toml", _notes / "activity.md", served_index / "CURRENT", Path("/etc/passwd"), Path.home() / ".bashrc"]  # fmt: skip


def test_no_file_of_the_machine_is_served(alone: httpx.Client, secrets: list[Path]) -> None:
    for path in secrets:
        plain = str(path)
        for form in (
            f"/gradio_api/file={plain}", f"/gradio_api/file=/{plain}", f"/gradio_api/file=file://{plain}", f"/gradio_api/file/{plain}",
            f"/file={plain}", f"/gradio_api/file={plain.replace('/', '%2F')}", f"/gradio_api/file={plain.replace('/', '%252F')}",
            f"/gradio_api/file=../../../../../../..{plain}", f"/static/..%2f..%2f..%2f..%2f..%2f..%2f..{plain}", f"/assets/../../../../../..{plain}",
            f"/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e{plain}", f"/svelte/..\\..\\..{plain}", f"/assets/{plain}",
            f"/gradio_api/proxy=file://{plain}", f"/gradio_api/custom_component/x/client/..{plain}/x",
        ):  # fmt: skip
            answer = alone.get(form)
            assert answer.status_code in (403, 404), form
            assert len(answer.content) < 500, form


def test_what_was_uploaded_comes_back_as_a_download_and_nothing_beside_it(alone: httpx.Client) -> None:
    """HTML that somebody uploaded never runs under our name."""
    [path] = alone.post("/gradio_api/upload", files={"files": ("a.html", b"<script>alert(1)</script>")}).json()
    answer = alone.get(f"/gradio_api/file={path}")
    assert answer.status_code == 200 and answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert not Path(path).is_relative_to(ROOT) and Path(path).parents[1].stat().st_mode & 0o077 == 0
    link = Path(path).with_name("link.txt")
    link.symlink_to("/etc/passwd")
    assert alone.get(f"/gradio_api/file={link}").status_code == 404
    assert alone.get(f"/gradio_api/file={Path(path).parent}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=https://example.org/", "/gradio_api/file=http://127.0.0.1/", "/gradio_api/file=https://example.org/a.png",
        "/monitoring", "/monitoring/summary", "/gradio_api/dev/reload", "/gradio_api/vibe-code", "/gradio_api/token", "/gradio_api/runs",
        "/gradio_api/stream/a/b/1/playlist.m3u8", "/gradio_api/stream/a/b/1/playlist-file", "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/custom_component/a/client/component/index.js", "/gradio_api/run-history/buckets", "/gradio_api/profiling/traces",
        "/docs", "/redoc", "/openapi.json", "/pwa_icon", "/gradio_api/mcp/", "/gradio_api/mcp/schema",
    ],
)  # fmt: skip
def test_routes_that_the_app_has_no_use_for_are_closed(alone: httpx.Client, path: str) -> None:
    assert alone.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/gradio_api/vibe-edit", "/gradio_api/vibe-code", "/gradio_api/process_recording", "/gradio_api/stream/x", "/gradio_api/run-history/connect", "/gradio_api/profiling/clear"])  # fmt: skip
def test_so_they_are_for_posting(alone: httpx.Client, path: str) -> None:
    assert alone.post(path, json={}).status_code == 404


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "TRACE"])
def test_methods_that_nobody_needs(alone: httpx.Client, method: str) -> None:
    for path in ("/", "/config", "/gradio_api/file=/etc/passwd", "/gradio_api/upload"):
        assert alone.request(method, path).status_code == 405


def test_events_of_the_page_are_private(alone: httpx.Client) -> None:
    named = alone.get("/gradio_api/info").json()["named_endpoints"]
    assert set(named) == {"/ask", "/search", "/terms", "/evaluate"}
    everything = alone.get("/gradio_api/info?all_endpoints=true").json()
    assert set(everything["named_endpoints"]) == set(named) and everything["unnamed_endpoints"] == {}
    paths = alone.get("/gradio_api/openapi.json").json()["paths"]
    assert {path.rsplit("/", 1)[-1] for path in paths} <= {"upload", "ask", "search", "terms", "evaluate", "{event_id}"}


@pytest.fixture
def looked_up() -> Iterator[list[str]]:
    """Names and addresses that this process asks the network for."""
    seen: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event in ("socket.getaddrinfo", "socket.connect"):
            seen.append(str(arguments[0] if event == "socket.getaddrinfo" else arguments[1]))

    sys.addaudithook(watch)  # stays for the life of the process, so it is told when to stop looking
    yield seen
    watching = False


def test_a_file_that_a_caller_names_is_not_fetched(alone: httpx.Client, looked_up: list[str]) -> None:
    """Gradio would download an address, or copy a path, that stands where a file is expected."""
    config = alone.get("/config").json()
    asks = next(d for d in config["dependencies"] if any(t[1] == "submit" for t in d["targets"]))
    for path in ("https://example.org/a.png", "/etc/passwd"):
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        message = {"role": "user", "content": [{"type": "file", "file": file}], "metadata": None, "options": None}
        joined = alone.post("/gradio_api/queue/join", json={"data": ["会员积分是什么", [message], None], "fn_index": asks["id"], "session_hash": "files"})  # fmt: skip
        assert joined.status_code == 200
        with alone.stream("GET", "/gradio_api/queue/data?session_hash=files", timeout=20) as stream:
            ended = next(json.loads(line[6:]) for line in stream.iter_lines() if "process_completed" in line)
        assert not ended["success"]
    from app import files_folder

    assert [name for name in looked_up if "127.0.0.1" not in name] == []
    assert not list(files_folder().rglob("a.png")) and not list(files_folder().rglob("passwd"))


# --- how large --------------------------------------------------------------------------------------------------------


def announce(client: httpx.Client, path: str, **headers: object) -> tuple[int, str]:
    """Send the head of a POST and none of its body: status and text of the answer."""
    address = urlsplit(str(client.base_url))
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    connection.putrequest("POST", path)
    for name, value in {"Cookie": cookies, **headers}.items():
        connection.putheader(name.replace("_", "-"), str(value))
    connection.endheaders()
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


def test_large_requests_are_refused_before_they_are_read(alone: httpx.Client) -> None:
    assert announce(alone, "/gradio_api/upload", Content_Length=201 * 2**20)[0] == 413
    assert announce(alone, "/gradio_api/run/ask", Content_Length=17 * 2**20)[0] == 413
    assert announce(alone, "/gradio_api/run/ask", Transfer_Encoding="chunked")[0] == 411


def test_readers_upload_less_than_admins(visitor: httpx.Client) -> None:
    log_in(visitor, *READER)
    status, text = announce(visitor, "/gradio_api/upload", Content_Length=21 * 2**20)
    assert status == 413 and "20 MB" in text
