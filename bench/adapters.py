"""What a streamed chunk costs with Cohere, Bedrock, Responses and Ollama, beside the vendor's SDK where there is one.

`python -m bench.adapters TOKENS` serves streams of so many tokens, at next to no cost, and prints its address.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.doubles.bedrock_wire import STREAM, event_frame
from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.models.http import ModelHttp
from treadle.models.protocols import ProtocolName, protocol
from treadle.models.target import Target

from . import Measurement
from .vendors import ROUNDS, TIMES_CHEAPER, TOKENS, cpu

KEYS = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "secret"}

Data = dict[str, Any]
Call = Callable[[], Awaitable[object]]


@contextmanager
def steady_vendors() -> Iterator[str]:
    """The address of a server that speaks all four, in a process of its own."""
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
    names: tuple[ProtocolName, ...] = ("cohere", "bedrock", "responses", "ollama")
    for name in names:
        chunk = await cpu(ours(http, name, origin), ROUNDS) / TOKENS
        figures.append(Measurement(f"{name}: ours, per chunk", chunk, "µs CPU"))
        sdk = {"cohere": _cohere, "bedrock": _boto, "responses": _openai}.get(name)
        if sdk is not None:
            theirs = await cpu(sdk(origin), ROUNDS) / TOKENS
            figures += [
                Measurement(f"{name}: the SDK, per chunk", theirs, "µs CPU"),
                Measurement(f"{name}: the SDK's chunk by ours", theirs / chunk, "times", TIMES_CHEAPER, at_most=False),
            ]
    await http.close()
    return figures


def ours(http: ModelHttp, name: ProtocolName, origin: str) -> Call:
    """A streamed call through our adapter."""
    base = f"{origin}/v1" if name == "responses" else origin
    target = Target(provider=name, name="steady", upstream="steady", base_url=base, settings=KEYS)
    request = ChatRequest(model=ModelRef(name, "steady"), messages=(Message(role="user", content="Hi"),))
    wire = protocol(name, http)

    async def streamed() -> None:
        async for _ in wire.stream(target, request):
            pass

    return streamed


def _cohere(origin: str) -> Call:
    import cohere

    client = cohere.AsyncClientV2(api_key="k", base_url=origin)

    async def streamed() -> None:
        async for _ in client.chat_stream(model="steady", messages=[cohere.UserChatMessageV2(content="Hi")]):
            pass

    return streamed


def _boto(origin: str) -> Call:
    import boto3

    client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=origin, **KEYS)

    async def streamed() -> None:
        turn = {"role": "user", "content": [{"text": "Hi"}]}
        for _ in client.converse_stream(modelId="steady", messages=[turn])["stream"]:
            pass

    return streamed


def _openai(origin: str) -> Call:
    from openai import AsyncOpenAI

    client = AsyncOpenAI(base_url=f"{origin}/v1", api_key="k")

    async def streamed() -> None:
        async for _ in await client.responses.create(model="steady", input="Hi", stream=True):
            pass

    return streamed


def run() -> list[Measurement]:
    """The figures; SDKs of the test group must be installed."""
    with steady_vendors() as origin:
        return asyncio.run(measure(origin))


def _streams(tokens: int) -> dict[str, tuple[str, bytes]]:
    """Content type and body of each vendor's stream, by the end of its path."""
    text = {"message": {"content": {"text": " word"}}}
    cohere = [
        {"type": "message-start", "id": "1", "delta": {"message": {"role": "assistant", "content": []}}},
        *[{"type": "content-delta", "index": 0, "delta": text}] * tokens,
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 3.0}}}},
    ]
    at = {"item_id": "m", "output_index": 0, "content_index": 0, "sequence_number": 1}
    whole: Data = {
        "id": "r", "object": "response", "created_at": 1, "model": "steady", "status": "completed", "output": [],
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip
    responses = [
        {"type": "response.created", "response": whole, "sequence_number": 0},
        *[{"type": "response.output_text.delta", **at, "delta": " word", "logprobs": []}] * tokens,
        {"type": "response.completed", "response": whole, "sequence_number": 2},
    ]
    delta = event_frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": " word"}, "p": "abcdef"})
    usage = {"usage": {"inputTokens": 3, "outputTokens": tokens, "totalTokens": 3 + tokens}}
    bedrock = [
        event_frame("messageStart", {"role": "assistant"}),
        *[delta] * tokens,
        event_frame("messageStop", {"stopReason": "end_turn"}),
        event_frame("metadata", {**usage, "metrics": {"latencyMs": 1}}),
    ]
    line = {"model": "steady", "created_at": "2026-11-26T05:00:00Z", "message": {"role": "assistant"}, "done": False}
    said = {**line, "message": {"role": "assistant", "content": " word"}}
    ollama = [*[said] * tokens, {**line, "done": True, "done_reason": "stop", "eval_count": tokens}]
    return {
        "/v2/chat": ("text/event-stream", _sse(cohere)),
        "/responses": ("text/event-stream", _sse(responses)),
        "/converse-stream": (STREAM, b"".join(bedrock)),
        "/api/chat": ("application/x-ndjson", b"".join(json.dumps(each).encode() + b"\n" for each in ollama)),
    }


def _sse(events: list[Data]) -> bytes:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


async def serve(tokens: int) -> None:
    """Serves until the process is ended. One write a stream: how the network cuts it is the same for all."""
    streams = _streams(tokens)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(length)
                path = head.split(b" ")[1].decode()
                kind, sent = next(each for end, each in streams.items() if path.endswith(end))
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
