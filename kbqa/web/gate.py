"""What every request passes before Gradio sees it: from where, to what, by whom, how large.

Gradio has many routes, most of which this app does not need (a proxy, live coding, monitoring, fetching foreign
addresses); only those that it needs are let through, so that a route of a later Gradio is closed until it is looked at.
Gradio's own login keeps sessions for ever and never slows a guesser down, so logins are kept here; Gradio learns who
asks by `user_of`.

- **Names.** Without accounts the address itself is the key, and a web page elsewhere could have its own name resolve to
  this machine and read the notes as if it were ours (DNS rebinding). So the `Host` has to be an IP address, `localhost`
  or a name that this machine was told to go by. With accounts the cookie, which belongs to one name, protects.
- **Pages elsewhere.** A request that says it comes from another page (`Origin`) is refused, whatever its method.
- **Files.** Gradio serves what lies in its own temporary folder: what the app handed out, and what people uploaded,
  both under the SHA-256 of their content, which only those know who have the content. Nothing else is a file here.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from kbqa.web.login import login_html
from kbqa.web.sessions import Sessions, Throttle

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from kbqa.web.accounts import AccountFile

COOKIE = "kbqa-session"
ENDPOINTS = ("ask", "search", "terms", "evaluate")
"""What programs may call by name; `kbqa.web.api` makes them."""
MB = 2**20
LARGEST_UPLOAD = 200 * MB
"""Bytes that an admin may send at once; readers, who upload question sets at most, a tenth of it."""
_READERS_UPLOAD = LARGEST_UPLOAD // 10
_LARGEST_FOLDER = 4 * LARGEST_UPLOAD
_LARGEST_BODY = 16 * MB
_LARGEST_FORM = 16 * 1024
_HASHED_AT_ONCE = 2
"""Passwords checked at the same time: each takes 64 MB."""

_API = "/gradio_api"
_FILE, _MCP = f"{_API}/file=", f"{_API}/mcp"
_PUBLIC = ("/assets/", "/static/", "/svelte/", "/theme.css", f"{_API}/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json", f"{_API}/startup-events")  # fmt: skip
_EXACT = frozenset(
    ["/", "/config", f"{_API}/user", f"{_API}/app_id", f"{_API}/info", f"{_API}/openapi.json"]
    + [
        f"{_API}/{name}"
        for name in ("queue/join", "queue/data", "cancel", "reset", "upload", "upload_progress", "component_server")
    ]
)
# Programs call by name what is public, and only that; the page reaches its own events by the queue, or by `run` without it.
_PREFIXES = (f"{_API}/heartbeat/", f"{_API}/run/", _FILE)
_CALL = re.compile(rf"{_API}/call/(?:v2/)?(?:{'|'.join(ENDPOINTS)})(?:/\w+)?")
_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}

# Gradio's page needs inline scripts and styles and builds functions from text; nothing of it comes from elsewhere.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rules:
    """Who is let in to one running app.

    Attributes:
        files: the folder that Gradio keeps files in; the only one served.
        accounts: the people of `--auth-file`; None lets everybody read who reaches the app.
        local: only this machine can reach it; whoever sits at it may do everything unless there are accounts.
        names: further names this machine goes by.
        embed: origin of the one other site that may show the app in a frame; empty for none.
    """

    files: Path
    accounts: AccountFile | None = None
    local: bool = True
    names: frozenset[str] = field(default_factory=lambda: frozenset({"localhost", socket.gethostname().lower()}))
    embed: str = ""

    def knows(self, host: str) -> bool:
        """Whether a request for that host is for us, see above."""
        if self.accounts is not None:
            return True
        name = urlsplit(f"//{host}").hostname or ""
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self.names
        return True

    def may_upload(self, user: str) -> int:
        """Bytes that this user may send at once."""
        admin = self.local if self.accounts is None else self.accounts.is_admin(user)
        return LARGEST_UPLOAD if admin else _READERS_UPLOAD


def user_of(request: Any) -> str | None:
    """Who asks, for Gradio's `auth_dependency`."""
    return request.scope.get("kbqa.user") or None


def stay_offline() -> None:
    """Keep Gradio from fetching addresses that a caller names where a file is expected; it has no setting for this."""
    from gradio import processing_utils

    async def refuse(url: str) -> None:
        raise ValueError(f"not fetched, nothing leaves this machine: {url[:80]}")

    processing_utils.async_ssrf_protected_get = refuse


class Gate:
    """ASGI middleware over a whole Gradio app."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules
        self._sessions = Sessions(rules.accounts) if rules.accounts else None
        self._throttle = Throttle()
        self._hashing: anyio.CapacityLimiter | None = None
        frames = rules.embed or "'none'"
        self._headers = {**_HEADERS, "Content-Security-Policy": f"{_POLICY}; frame-ancestors {frames}"}
        if not rules.embed:
            self._headers["X-Frame-Options"] = "DENY"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            answer = await self._answer(scope, receive)
            await (answer or self._app)(scope, receive, self._with_headers(scope, send))
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive) -> Response | None:
        """What is answered here; None if the request may go on."""
        request = Request(scope, receive)
        if refused := self._stranger(request):
            return refused
        path = scope["path"].rstrip("/") or "/"
        if self._sessions is not None and path in ("/login", "/logout"):
            return await (self._login if path == "/login" else self._logout)(request)
        if refused := self._closed(request, path):
            return refused
        user, wait = self._who(request)
        if wait:
            return _too_many(wait)
        scope["kbqa.user"] = user
        if self._sessions is not None and not user and not path.startswith(_PUBLIC):
            return _log_in_first(request, path)
        return self._too_large(request, path, user)

    # --- from where, to what, how large -------------------------------------------------------------------------------

    def _stranger(self, request: Request) -> Response | None:
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if not self._rules.knows(host):
            return _refusal(
                421,
                "请用 http://127.0.0.1、http://localhost 或 IP 地址打开。",
                "Open it by its IP address or localhost.",
            )
        if origin and origin != self._rules.embed and urlsplit(origin).netloc.lower() != host.lower():
            return _refusal(403, "别的网页不能使用这里。", "Pages of another site may not use this one.")
        return None

    def _closed(self, request: Request, path: str) -> Response | None:
        """Paths and methods that this app has no use for, and files outside the folder of files."""
        if request.method not in _METHODS and not (request.method == "DELETE" and path.startswith(_MCP)):
            return _refusal(405, "不支持。", "Not supported.")
        if ".." in path.split("/") or "\\" in path or "\0" in path:
            return _refusal(404, "没有这一页。", "There is no such page.")
        if path.startswith(_FILE):
            asked = Path(path.removeprefix(_FILE)).absolute()
            if not asked.resolve().is_relative_to(self._rules.files.resolve()) or not asked.is_file():
                return _refusal(404, "没有这个文件。", "There is no such file.")
            return None
        known = path in _EXACT or path.startswith((*_PUBLIC, *_PREFIXES)) or path in (_MCP, f"{_MCP}/http")
        known = known or _CALL.fullmatch(path) is not None
        return None if known else _refusal(404, "没有这一页。", "There is no such page.")

    def _too_large(self, request: Request, path: str, user: str) -> Response | None:
        if request.method != "POST":
            return None
        length = request.headers.get("content-length", "")
        if not length.isdigit():
            return _refusal(411, "请求要写明长度。", "The request has to state its length.")
        uploads = path == f"{_API}/upload"
        limit = self._rules.may_upload(user) if uploads else _LARGEST_BODY
        if int(length) > limit:
            return _refusal(
                413, f"太大了，一次最多 {limit // MB} MB。", f"Too large: at most {limit // MB} MB at once."
            )
        if uploads and int(length) + _size(self._rules.files) > _LARGEST_FOLDER:
            return _refusal(507, "上传的文件太多，请明天再试。", "Too many uploads; try again tomorrow.")
        return None

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        # What one person saw must not come back from the browser's memory for the next.
        private = self._sessions is not None and not scope["path"].startswith(_PUBLIC)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if private:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        return sending

    # --- by whom ------------------------------------------------------------------------------------------------------

    def _who(self, request: Request) -> tuple[str, float]:
        """(name, 0); ("", seconds) for one who sent too many wrong tokens."""
        accounts, sessions = self._rules.accounts, self._sessions
        if accounts is None or sessions is None:
            return "", 0.0
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            key = ("address", _address(request))
            if wait := self._throttle.begin(key):
                return "", wait
            if account := accounts.of_token(token.strip()):
                self._throttle.succeeded(key)
                return account.name, 0.0
            return "", 0.0
        return sessions.name_of(_cookie(request)), 0.0

    async def _login(self, request: Request) -> Response:
        if request.method in ("GET", "HEAD"):
            signed_in = bool(self._who(request)[0])
            return RedirectResponse("/", 303) if signed_in else HTMLResponse(login_html(), headers=_STRICT)
        if request.method != "POST":
            return _refusal(405, "不支持。", "Not supported.")
        length = request.headers.get("content-length", "")
        if not length.isdigit() or int(length) > _LARGEST_FORM:
            return _refusal(413, "太大了。", "Too large.")
        form = await request.form()
        name, password = str(form.get("username", "")).strip(), str(form.get("password", ""))
        keys = (("name", name[:64]), ("address", _address(request)))
        if wait := self._throttle.begin(*keys):
            return _login_failed(request, name, wait)
        if not await self._verified(name, password):
            return _login_failed(request, name)
        self._throttle.succeeded(*keys)
        return self._welcome(request, name)

    async def _verified(self, name: str, password: str) -> bool:
        accounts = self._rules.accounts
        if accounts is None:
            return False
        self._hashing = self._hashing or anyio.CapacityLimiter(_HASHED_AT_ONCE)
        return await anyio.to_thread.run_sync(accounts.verify, name, password, limiter=self._hashing)

    def _welcome(self, request: Request, name: str) -> Response:
        secret = self._sessions.open(name) if self._sessions else ""
        answer: Response = RedirectResponse("/", 303) if _is_page(request) else JSONResponse({"success": True})
        # Lax, not strict: a link to an answer, sent in a message, has to find one logged in.
        answer.set_cookie(COOKIE, secret, httponly=True, samesite="lax", secure=request.url.scheme == "https")
        return answer

    async def _logout(self, request: Request) -> Response:
        if request.method != "POST":
            return _refusal(405, "请按“退出”。", "Press the button to log out.")
        if self._sessions is not None:
            self._sessions.close(_cookie(request))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return answer


# --- answers ----------------------------------------------------------------------------------------------------------

_STRICT = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
}


def _refusal(status: int, zh: str, en: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"detail": f"{zh} {en}"}, status, headers)


def _too_many(wait: float) -> Response:
    seconds = int(wait) + 1
    return _refusal(
        429, f"试得太多，请 {seconds} 秒后再试。", f"Too many tries; wait {seconds} s.", {"Retry-After": str(seconds)}
    )


def _log_in_first(request: Request, path: str) -> Response:
    if path == "/" and request.method in ("GET", "HEAD"):
        return RedirectResponse("/login", 303)
    return _refusal(401, "请先登录。", "Log in first.", {"WWW-Authenticate": "Bearer"})


def _login_failed(request: Request, name: str, wait: float = 0.0) -> Response:
    """The page again with what is wrong, or for programs the same as JSON."""
    if not _is_page(request):
        return _too_many(wait) if wait else _refusal(401, "名字或密码不对。", "Wrong name or password.")
    answer = HTMLResponse(login_html(name, wait), 429 if wait else 401, headers=_STRICT)
    if wait:
        answer.headers["Retry-After"] = str(int(wait) + 1)
    return answer


def _is_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _cookie(request: Request) -> str:
    """The session's secret; other cookies of the host may hold anything."""
    try:
        morsel = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
