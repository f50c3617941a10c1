"""Yardsticks: what the HTTP server costs by itself."""

import asyncio
import json
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


async def tool_caller(scope: Any, receive: Any, send: Any) -> None:
    """A chat model: asks for every tool that it is offered, and answers once it has results."""
    if scope["type"] != "http":
        return
    body = await _body(receive)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    if not body:
        await send({"type": "http.response.body", "body": b'{"object": "list", "data": []}'})
        return
    asked = json.loads(body)
    delta: dict[str, Any] = {"role": "assistant", "content": "It is 42."}
    if asked["messages"][-1]["role"] != "tool":
        delta = {
            "role": "assistant",
            "content": None,
            "tool_calls": [_call(*each) for each in enumerate(asked["tools"])],
        }
    for choice in (
        {"index": 0, "delta": delta, "finish_reason": None},
        {"index": 0, "delta": {}, "finish_reason": "tool_calls" if "tool_calls" in delta else "stop"},
    ):
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "caller", "choices": [choice]}
        await send(
            {"type": "http.response.body", "body": b"data: " + json.dumps(chunk).encode() + b"\n\n", "more_body": True}
        )
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def _call(place: int, tool: dict[str, Any]) -> dict[str, Any]:
    arguments = {name: _ARGUMENTS.get(name, "UTC") for name in tool["function"]["parameters"].get("properties", {})}
    function = {"name": tool["function"]["name"], "arguments": json.dumps(arguments)}
    return {"index": place, "id": f"call_{place}", "type": "function", "function": function}


_ARGUMENTS = {"expression": "6*7", "year": 2026, "month": 1, "day": 1}
