"""What reading a model's stream costs, beside aiohttp alone and OpenAI's SDK; and the embedded model's speed."""

import asyncio
import importlib.util
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvloop

from treadle.engine.ports import ChatRequest, Message, ModelRef
from treadle.models.catalogue import Model, ModelKind, provider_of
from treadle.models.http import ModelHttp
from treadle.models.local import LocalModel
from treadle.models.protocols.openai import OpenAI
from treadle.models.protocols.openai_reply import ReplyReader
from treadle.models.sse import SseReader
from treadle.models.state import ModelKey, Resolved, Usable
from treadle.models.target import Target
from treadle.models.workspace import WorkspaceModels

from . import Measurement

TOKENS = 2000
ROUNDS = 15
CHUNK = (
    b'data: {"id":"chatcmpl-steady","object":"chat.completion.chunk","created":1700000000,"model":"steady",'
    b'"system_fingerprint":"fp_scripted","choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,'
    b'"finish_reason":null}],"usage":null}\n\n'
)
PROMPT = "The quick brown fox jumps over the lazy dog near the river bank. " * 6 + "Say what happened."
"""About a hundred tokens."""


@contextmanager
def steady_model() -> Iterator[str]:
    """The base URL of a server whose streams cost it next to nothing."""
    command = [sys.executable, "-m", "tests.doubles.scripted_model", "--tokens", str(TOKENS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def request_to(provider: str, name: str, text: str = "Hi", **parameters: int | float) -> ChatRequest:
    """A chat with one message."""
    messages = (Message(role="user", content=text),)
    return ChatRequest(model=ModelRef(provider, name), messages=messages, parameters=parameters)


def models_for(provider: str, name: str, target: Target, http: ModelHttp, local: LocalModel | None) -> WorkspaceModels:
    """The port that nodes use, bound to one model."""
    found = provider_of(provider)
    schema = found.model(name, ModelKind.LLM) or Model(model=name)
    usable = Usable(ModelKey(provider, name, ModelKind.LLM), found, schema, {}, "model")

    async def resolve(_model: ModelRef, _kind: ModelKind) -> Resolved:
        return Resolved(usable, target, None)

    return WorkspaceModels(resolve, http, local)


async def cpu_per_chunk(read: Callable[[], Awaitable[None]]) -> float:
    """CPU microseconds a chunk, the median of some streams."""
    await read()
    costs: list[float] = []
    for _ in range(ROUNDS):
        began = time.process_time()
        await read()
        costs.append((time.process_time() - began) / TOKENS * 1e6)
    return statistics.median(costs)


def in_memory(target: Target, request: ChatRequest) -> float:
    """CPU microseconds a chunk of our own code, with every event a read of its own."""
    costs: list[float] = []
    for _ in range(ROUNDS):
        events, reply = SseReader(), ReplyReader(target, request)
        began = time.process_time()
        for _ in range(TOKENS):
            reply.read(events.feed(CHUNK))
        costs.append((time.process_time() - began) / TOKENS * 1e6)
    return statistics.median(costs)


async def measure_streams(url: str) -> list[Measurement]:
    """The cost of a chunk, at each depth."""
    http = ModelHttp()
    target = Target(provider="openai", name="steady", upstream="steady", base_url=url)
    request = request_to("openai", "steady")
    models = models_for("openai", "steady", target, http, None)
    body = b'{"model":"steady","messages":[{"role":"user","content":"Hi"}],"stream":true}'

    async def bare() -> None:
        response = await http.post(f"{url}/chat/completions", body=body, headers={"Content-Type": "application/json"})
        while await response.content.readany():
            pass

    async def protocol() -> None:
        async for _ in OpenAI(http).stream(target, request):
            pass

    async def port() -> None:
        async for _ in models.chat(request):
            pass

    alone, adapter, whole = [await cpu_per_chunk(read) for read in (bare, protocol, port)]
    figures = [
        Measurement("model stream: aiohttp alone, per chunk", alone, "µs CPU"),
        Measurement("model stream: our code beside aiohttp, per chunk", adapter - alone, "µs CPU", 5.0),
        Measurement("model stream: as a node reads it, per chunk", whole, "µs CPU", 30.0),
        Measurement("model stream: our code, an event per read", in_memory(target, request), "µs CPU", 5.0),
    ]
    if importlib.util.find_spec("openai") is not None:
        figures.append(Measurement("model stream: OpenAI's SDK, per chunk", await with_sdk(url), "µs CPU"))
    await http.close()
    return figures


async def with_sdk(url: str) -> float:
    """The yardstick: the same stream through the vendor's client."""
    from openai import AsyncOpenAI

    async with AsyncOpenAI(base_url=url, api_key="k") as client:

        async def read() -> None:
            stream = await client.chat.completions.create(
                model="steady", messages=[{"role": "user", "content": "Hi"}], stream=True
            )
            async for _ in stream:
                pass

        return await cpu_per_chunk(read)


async def measure_local() -> list[Measurement]:
    """The embedded model: start, first token of a prompt it has not seen, speed."""
    local = LocalModel()
    if not local.available():
        return []
    http = ModelHttp()
    schema = provider_of("local").models[0]
    target = Target(provider="local", name=schema.model, upstream=schema.model, base_url="")
    models = models_for("local", schema.model, target, http, local)
    began = time.perf_counter()
    await local.endpoint()
    started = time.perf_counter() - began
    firsts: list[float] = []
    speeds: list[float] = []
    for number in range(3):
        request = request_to("local", schema.model, f"{number} {PROMPT}", max_tokens=60)
        async for delta in models.chat(request):
            if delta.usage is not None:
                firsts.append(delta.usage.time_to_first_token or 0)
                speeds.append(delta.usage.completion_tokens / (delta.usage.time_to_generate or 1))
    await http.close()
    await local.close()
    return [
        Measurement("built-in model: start", started, "s", 1.0),
        Measurement("built-in model: first text after 100 tokens of prompt", statistics.median(firsts), "s"),
        Measurement("built-in model: speed", statistics.median(speeds), "tokens/s"),
    ]


def run() -> list[Measurement]:
    """CPU a chunk with its budget (design.md), and the embedded model's figures in wall time."""
    with steady_model() as url:
        figures = uvloop.run(measure_streams(url))
    return figures + asyncio.run(measure_local())
