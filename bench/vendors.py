"""What a chunk and a request cost in each model protocol, beside the vendor's own SDK.

`python -m bench.vendors TOKENS` serves streams of so many tokens, at next to no cost, and prints its address.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.models.http import ModelHttp
from treadle.models.protocols import ProtocolName, WireProtocol, protocol
from treadle.models.target import Target

from . import Measurement

TOKENS = 1000
ROUNDS = 7
REQUESTS = 40
TIMES_CHEAPER = 5.0
"""How many times less than the SDK's a chunk of ours may cost, at least."""

Data = dict[str, Any]
Call = Callable[[], Awaitable[object]]


@contextmanager
def steady_vendors() -> Iterator[str]:
    """The address of a server that speaks all protocols, in a process of its own."""
    with subprocess.Popen([sys.executable, "-m", __name__, str(TOKENS)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


async def measure(origin: str) -> list[Measurement]:
    """The figures of every protocol."""
    figures: list[Measurement] = []
    http = ModelHttp()
    for name in ("openai", "anthropic", "gemini"):
        streamed, whole = ours(protocol(name, http), name, origin)
        async with sdk(name, origin) as (sdk_streamed, sdk_whole):
            chunk, sdk_chunk = await cpu(streamed, ROUNDS) / TOKENS, await cpu(sdk_streamed, ROUNDS) / TOKENS
            request, sdk_request = await cpu(whole, REQUESTS), await cpu(sdk_whole, REQUESTS)
        figures += [
            Measurement(f"{name}: ours, per chunk", chunk, "µs CPU"),
            Measurement(f"{name}: the SDK, per chunk", sdk_chunk, "µs CPU"),
            Measurement(f"{name}: the SDK's chunk by ours", sdk_chunk / chunk, "times", TIMES_CHEAPER, at_most=False),
            Measurement(f"{name}: ours, per request", request, "µs CPU"),
            Measurement(f"{name}: the SDK, per request", sdk_request, "µs CPU"),
        ]
    await http.close()
    return figures


async def cpu(call: Call, rounds: int) -> float:
    """CPU microseconds of a call, the median of some after a first one."""
    await call()
    costs: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        await call()
        costs.append((time.process_time() - began) * 1e6)
    return statistics.median(costs)


def ours(wire: WireProtocol, name: ProtocolName, origin: str) -> tuple[Call, Call]:
    """A streamed and a whole call through our adapter."""
    target = Target(provider=name, name="steady", upstream="steady", base_url=f"{origin}/v1")
    request = ChatRequest(
        model=ModelRef(name, "steady"),
        messages=(Message(role="system", content="Be brief."), Message(role="user", content="Hi")),
        parameters={"max_output_tokens" if name == "gemini" else "max_tokens": 100},
    )

    async def streamed() -> None:
        async for _ in wire.stream(target, request):
            pass

    return streamed, lambda: wire.complete(target, request)


class sdk:  # noqa: N801 - used as a function
    """The same calls through the vendor's SDK, while its client is open."""

    def __init__(self, name: str, origin: str) -> None:
        self._name = name
        self._origin = origin
        self._close: Callable[[], Awaitable[object]] | None = None

    async def __aenter__(self) -> tuple[Call, Call]:
        streamed, whole, self._close = {"openai": _openai, "anthropic": _anthropic, "gemini": _gemini}[self._name](
            self._origin
        )
        return streamed, whole

    async def __aexit__(self, *_: object) -> None:
        if self._close is not None:
            await self._close()


def _openai(origin: str) -> tuple[Call, Call, Call]:
    from openai import AsyncOpenAI

    client = AsyncOpenAI(base_url=f"{origin}/v1", api_key="k")
    messages: Any = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]

    async def streamed() -> None:
        create = client.chat.completions.create
        async for _ in await create(model="steady", messages=messages, max_tokens=100, stream=True):
            pass

    return (
        streamed,
        lambda: client.chat.completions.create(model="steady", messages=messages, max_tokens=100),
        client.close,
    )


def _anthropic(origin: str) -> tuple[Call, Call, Call]:
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic(base_url=origin, api_key="k")
    asked: Any = {
        "model": "steady",
        "max_tokens": 100,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hi"}],
    }

    async def streamed() -> None:
        async for _ in await client.messages.create(**asked, stream=True):
            pass

    return streamed, lambda: client.messages.create(**asked), client.close


def _gemini(origin: str) -> tuple[Call, Call, Call]:
    from google import genai
    from google.genai import types

    client = genai.Client(api_key="k", http_options=types.HttpOptions(base_url=origin, api_version="v1"))
    config = types.GenerateContentConfig(system_instruction="Be brief.", max_output_tokens=100)
    models = client.aio.models

    async def streamed() -> None:
        async for _ in await models.generate_content_stream(model="steady", contents="Hi", config=config):
            pass

    return (
        streamed,
        lambda: models.generate_content(model="steady", contents="Hi", config=config),
        client.aio.aclose,
    )


def run() -> list[Measurement]:
    """The figures; SDKs of the test group must be installed."""
    with steady_vendors() as origin:
        return asyncio.run(measure(origin))


def _events(tokens: int) -> dict[str, list[Data]]:
    """The events of a stream of each vendor."""
    chunk: Data = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "steady"}
    part: Data = {"modelVersion": "steady", "responseId": "r", "usageMetadata": {"promptTokenCount": 3}}
    delta: Data = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " word"}}
    usage = {"input_tokens": 3, "output_tokens": 1}
    message: Data = {"id": "m", "type": "message", "role": "assistant", "model": "steady", "content": []}
    return {
        "chat/completions": [
            *[{**chunk, "choices": [{"index": 0, "delta": {"content": " word"}, "finish_reason": None}]}] * tokens,
            {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        ],
        "messages": [
            {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            *[delta] * tokens,
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": tokens}},
            {"type": "message_stop"},
        ],
        "streamGenerateContent": [
            *[{**part, "candidates": [{"content": {"role": "model", "parts": [{"text": " word"}]}, "index": 0}]}]
            * tokens,
            {**part, "candidates": [{"content": {"role": "model", "parts": [{"text": ""}]}, "finishReason": "STOP"}]},
        ],
    }


def _wholes() -> dict[str, Data]:
    """The unstreamed answer of each vendor."""
    reply = {"role": "assistant", "content": "word"}
    return {
        "chat/completions": {
            "id": "c",
            "object": "chat.completion",
            "created": 1,
            "model": "steady",
            "choices": [{"index": 0, "message": reply, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
        },
        "messages": {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "steady",
            "content": [{"type": "text", "text": "word"}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 3, "output_tokens": 1},
        },
        "generateContent": {
            "candidates": [{"content": {"role": "model", "parts": [{"text": "word"}]}, "finishReason": "STOP"}],
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1},
        },
    }


async def serve(tokens: int) -> None:
    """Serves until the process is ended. One write a stream: how the network cuts it is the same for all."""
    streams: dict[str, bytes] = {}
    for path, events in _events(tokens).items():
        named = [(f"event: {event['type']}\n" if path == "messages" else "", json.dumps(event)) for event in events]
        text = "".join(f"{head}data: {data}\n\n" for head, data in named)
        streams[path] = (text + ("data: [DONE]\n\n" if path == "chat/completions" else "")).encode()
    wholes = {path: json.dumps(answer).encode() for path, answer in _wholes().items()}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
                body = await reader.readexactly(length)
                path = head.split(b" ")[1].decode().partition("?")[0]
                stream = b'"stream":true' in body.replace(b" ", b"") or path.endswith(":streamgeneratecontent")
                table = streams if stream else wholes
                sent = next(data for name, data in table.items() if path.endswith(name.lower()))
                kind = "text/event-stream" if stream else "application/json"
                writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(sent)}\r\n\r\n".encode())
                writer.write(sent)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
