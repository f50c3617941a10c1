"""Headers of every response."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from treadle.server.framing import NEVER


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


_REFERRER = _encoded({"Referrer-Policy": "same-origin"})
_NEVER_FRAMED = _encoded(NEVER)


class HeadersMiddleware:
    """Adds fixed headers, without a task or a copy of the body.

    A response without a content security policy of its own gets one that keeps it out of frames.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = _encoded({**headers, "X-Content-Type-Options": "nosniff"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*_completed(list(message.get("headers", ()))), *self._headers]
            await send(message)

        await self._app(scope, receive, with_headers)


def _completed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = {name for name, _ in headers}
    if b"content-security-policy" not in names:
        headers += _NEVER_FRAMED
    if b"referrer-policy" not in names:
        headers += _REFERRER
    return headers
