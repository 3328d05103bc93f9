"""Markup that is put into every page on its way out."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from kbqa.web.early import EarlyScript


def client() -> TestClient:
    page = "<html><head><title>页</title></head><head></html>"

    async def parts():
        for start in range(0, len(page), 7):
            yield page[start : start + 7]

    routes = [
        Route("/page", lambda request: HTMLResponse(page)),
        Route("/parts", lambda request: StreamingResponse(parts(), media_type="text/html")),
        Route("/text", lambda request: PlainTextResponse("<head>")),
    ]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(EarlyScript, markup="<i>早</i>")]))


def test_pages_begin_with_it() -> None:
    """Once, at the first head, with the length that the page then has; also where the page comes in parts."""
    whole = "<html><head><i>早</i><title>页</title></head><head></html>"
    for path in ("/page", "/parts"):
        reply = client().get(path)
        assert reply.text == whole
        assert int(reply.headers["content-length"]) == len(whole.encode())


def test_what_is_no_page_stays_as_it_is() -> None:
    assert client().get("/text").text == "<head>"
