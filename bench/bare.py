"""Yardsticks: what the HTTP server costs by itself."""

import asyncio
from typing import Any

_CHUNK = b'data: {"event":"message","answer":"token "}\n\n'


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the body that it was sent."""
    if scope["type"] != "http":
        return
    body = await _body(receive)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def relay(scope: Any, receive: Any, send: Any) -> None:
    """Streams 50 tokens, 20 ms apart: `?pace=0` without pauses."""
    if scope["type"] != "http":
        return
    await _body(receive)
    pause = 0.0 if scope["query_string"] == b"pace=0" else 0.02
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(50):
        await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
        await asyncio.sleep(pause)
    await send({"type": "http.response.body", "body": b""})
