"""A script that runs before Gradio's own.

Gradio adds the `head` it is given by script, after it has chosen the language of its labels. What decides the language has
to stand in the page as it is served, so it is put there on the way out.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEAD = b"<head>"


class EarlyScript:
    """ASGI middleware that puts markup at the beginning of the head of every HTML page."""

    def __init__(self, app: ASGIApp, markup: str) -> None:
        self._app = app
        self._markup = markup.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start: Message | None = None  # held back until its page is whole, whose length it states
        page = b""

        async def sent(message: Message) -> None:
            nonlocal start, page
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is not None and message["type"] == "http.response.body":
                page += message.get("body", b"")
                if not message.get("more_body"):
                    whole = page.replace(_HEAD, _HEAD + self._markup, 1)
                    MutableHeaders(scope=start)["content-length"] = str(len(whole))
                    await send(start)
                    await send({"type": "http.response.body", "body": whole})
            else:
                await send(message)

        await self._app(scope, receive, sent)


def _is_page(start: Message) -> bool:
    headers = MutableHeaders(scope=start)
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers
