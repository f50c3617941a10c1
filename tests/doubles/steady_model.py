"""A model server that costs next to nothing: for benchmarks, where the model must not be what is measured.

It checks nothing and answers every chat with the same pre-encoded tokens. `--rate` paces each stream by one shared
timer, so that a thousand open streams cost a thousand small writes per token and no timers of their own.

    python -m tests.doubles.scripted_model --port 9100 --tokens 50 --rate 50 --latency 20
"""

import argparse
import asyncio
import json
import signal
import time
import zlib
from dataclasses import dataclass
from random import Random
from typing import cast

import uvloop

from tests.doubles import openai_wire, vectors
from tests.doubles.openai_wire import Answer, Usage
from tests.doubles.script import StreamStyle

VECTOR_POOL = 512
SLOTS = 10
"""How many groups share out the streams of one pace, so that their writes do not all fall on one moment."""

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
)


@dataclass(frozen=True)
class Settings:
    """What the server says and how fast."""

    tokens: int = 50
    rate: float = 0.0
    """Tokens a second and stream; 0: all at once."""
    latency: float = 0.0
    """Seconds before the first token."""
    dimensions: int = 384


def whole(body: bytes) -> bytes:
    """A complete JSON response."""
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


def http_chunk(data: bytes) -> bytes:
    """One piece of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


class Answers:
    """Every response, encoded once."""

    def __init__(self, settings: Settings) -> None:
        pieces = tuple(f" word{at}" for at in range(settings.tokens))
        answer = Answer(
            id="chatcmpl-steady",
            model="steady",
            text="".join(pieces),
            pieces=pieces,
            reasoning="",
            tool_calls=(),
            call_ids=(),
            finish_reason="stop",
            usage=Usage(20, settings.tokens),
            choices=1,
            legacy_functions=False,
        )
        style = StreamStyle()
        done = openai_wire.frame("[DONE]", style)
        self.streams: dict[bool, tuple[bytes, ...]] = {}
        for usage in (False, True):
            chunks = openai_wire.chat_chunks(answer, style, include_usage=usage)
            events = [openai_wire.event(chunk, style) for chunk in chunks]
            closing = http_chunk(b"".join(events[1 + settings.tokens :]) + done) + b"0\r\n\r\n"
            self.streams[usage] = (
                http_chunk(events[0]),
                *(http_chunk(event) for event in events[1 : 1 + settings.tokens]),
                closing,
            )
        self.bursts = {usage: STREAM_HEAD + b"".join(frames) for usage, frames in self.streams.items()}
        self.chat = whole(json.dumps(openai_wire.chat_body(answer)).encode())
        self.models = whole(b'{"object":"list","data":[{"id":"steady","object":"model","owned_by":"scripted"}]}')
        self.missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        random = Random(7)
        unit = [vectors.unit([random.gauss(0, 1) for _ in range(settings.dimensions)]) for _ in range(VECTOR_POOL)]
        self.float_vectors = [json.dumps([round(value, 7) for value in vector]) for vector in unit]
        self.base64_vectors = [json.dumps(vectors.as_base64(vector)) for vector in unit]

    def embeddings(self, body: bytes) -> bytes:
        """Vectors drawn from a fixed pool by the checksum of each text."""
        sent = json.loads(body)
        texts = [sent["input"]] if isinstance(sent["input"], str) else sent["input"]
        pool = self.base64_vectors if sent.get("encoding_format") == "base64" else self.float_vectors
        items = ",".join(
            f'{{"object":"embedding","index":{at},"embedding":{pool[zlib.crc32(str(text).encode()) % VECTOR_POOL]}}}'
            for at, text in enumerate(texts)
        )
        count = sum(len(text) for text in texts) // 4
        usage = f'{{"prompt_tokens":{count},"total_tokens":{count}}}'
        return whole(f'{{"object":"list","model":"steady","data":[{items}],"usage":{usage}}}'.encode())

    def rerank(self, body: bytes) -> bytes:
        """The documents in the order they came."""
        sent = json.loads(body)
        count = min(sent.get("top_n") or len(sent["documents"]), len(sent["documents"]))
        results = [{"index": at, "relevance_score": 1 - at / (count + 1)} for at in range(count)]
        return whole(json.dumps({"model": "steady", "results": results}).encode())


class Stream:
    """One open stream: what is left to write, and where to."""

    __slots__ = ("at", "connection", "frames")

    def __init__(self, connection: "Connection", frames: tuple[bytes, ...]) -> None:
        self.connection = connection
        self.frames = frames
        self.at = 0

    def advance(self) -> bool:
        """Writes the next frame; False when the stream is over or its client gone."""
        transport = self.connection.transport
        if transport is None:
            return False
        transport.write(self.frames[self.at])
        self.at += 1
        return self.at < len(self.frames)


class Pace:
    """The shared timer: `rate` turns a second for each stream, the streams spread over a few slots of a turn."""

    def __init__(self, rate: float) -> None:
        self._slots: list[list[Stream]] = [[] for _ in range(SLOTS)]
        self._tick = 1 / rate / SLOTS
        self._turn = 0
        self._running = False
        self._due = 0.0

    def add(self, stream: Stream) -> None:
        """Writes the first frame now and the others one a turn."""
        if stream.advance():
            self._slots[self._turn].append(stream)
        if not self._running:
            self._running = True
            loop = asyncio.get_running_loop()
            self._due = loop.time() + self._tick
            loop.call_at(self._due, self._advance)

    def _advance(self) -> None:
        loop = asyncio.get_running_loop()
        while self._due <= loop.time():
            self._turn = (self._turn + 1) % SLOTS
            slot = self._slots[self._turn]
            slot[:] = [stream for stream in slot if stream.advance()]
            self._due += self._tick
        if any(self._slots):
            loop.call_at(self._due, self._advance)
        else:
            self._running = False


class Connection(asyncio.Protocol):
    """One client connection with keep-alive; requests are read one at a time."""

    def __init__(self, settings: Settings, answers: Answers, pace: Pace | None) -> None:
        self._settings = settings
        self._answers = answers
        self._pace = pace
        self._received = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class does not inherit from it

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        while (end := received.find(b"\r\n\r\n")) >= 0:
            head = received[:end]
            at = head.lower().find(b"\r\ncontent-length:")
            length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(received) < end + 4 + length:
                break
            self._answer(head.split(b" ", 2)[1], received[end + 4 : end + 4 + length])
            received = received[end + 4 + length :]
        self._received = received

    def _answer(self, path: bytes, body: bytes) -> None:
        if path.endswith(b"/chat/completions"):
            if self._settings.latency:
                asyncio.get_running_loop().call_later(self._settings.latency, self._chat, body)
            else:
                self._chat(body)
        elif path.endswith(b"/embeddings"):
            self._write(self._answers.embeddings(body))
        elif path.endswith(b"/rerank"):
            self._write(self._answers.rerank(body))
        elif path.endswith(b"/models"):
            self._write(self._answers.models)
        else:
            self._write(self._answers.missing)

    def _chat(self, body: bytes) -> None:
        if b'"stream":true' not in body and b'"stream": true' not in body:
            self._write(self._answers.chat)
            return
        usage = b'"include_usage":true' in body or b'"include_usage": true' in body
        if self._pace is None:
            self._write(self._answers.bursts[usage])
            return
        self._write(STREAM_HEAD)
        self._pace.add(Stream(self, self._answers.streams[usage]))

    def _write(self, data: bytes) -> None:
        if self.transport is not None:
            self.transport.write(data)


async def serve(settings: Settings, host: str, port: int) -> asyncio.Server:
    """Starts the server; `port` 0 takes a free one."""
    answers = Answers(settings)
    pace = Pace(settings.rate) if settings.rate else None
    return await asyncio.get_running_loop().create_server(
        lambda: Connection(settings, answers, pace), host, port, backlog=2048
    )


async def serve_until_stopped(settings: Settings, host: str, port: int) -> None:
    """Serves until SIGINT or SIGTERM, having printed the base URL; then prints the CPU seconds it used."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    server = await serve(settings, host, port)
    print(f"http://{host}:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    began = time.process_time()
    await stopped.wait()
    print(f"cpu {time.process_time() - began:.3f} s", flush=True)
    server.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.doubles.scripted_model", description=serve.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tokens", type=int, default=50, help="tokens of every answer")
    parser.add_argument("--rate", type=float, default=0.0, help="tokens a second and stream; 0: all at once")
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds before the first token")
    parser.add_argument("--dimensions", type=int, default=384, help="length of embeddings")
    given = parser.parse_args()
    settings = Settings(given.tokens, given.rate, given.latency / 1000, given.dimensions)
    uvloop.run(serve_until_stopped(settings, given.host, given.port))
