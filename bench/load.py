"""A small HTTP load generator: keep-alive connections in a closed loop, in a process of its own.

`python -m bench.load` reads a Load as JSON from standard input and prints a Report as JSON.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit


@dataclass(slots=True)
class Load:
    """What to send: `clients` connections repeat one request for `seconds`; only loopback addresses are allowed."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "{}"
    method: str = "POST"
    clients: int = 32
    seconds: float = 4.0
    warm_up: float = 1.0
    once: bool = False
    """Each client sends its request once: for streams."""


@dataclass(slots=True)
class Report:
    """Latencies and silences are in seconds; `bytes` counts bodies."""

    requests: int
    errors: int
    seconds: float
    p50: float
    p95: float
    p99: float
    first_p50: float
    first_p95: float
    silence_p95: float
    bytes: int
    chunks: int


class _Client:
    def __init__(self, load: Load) -> None:
        url = urlsplit(load.url)
        if url.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("the load generator only talks to loopback addresses")
        self.host, self.port = url.hostname, url.port or 80
        head = {"Host": f"{url.hostname}:{self.port}", "Content-Type": "application/json", **load.headers}
        path = url.path + (f"?{url.query}" if url.query else "")
        body = load.body.encode()
        lines = [f"{load.method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        self.request = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body
        self.latencies: list[float] = []
        self.firsts: list[float] = []
        self.silences: list[float] = []
        self.errors = self.bytes = self.chunks = 0

    async def run(self, load: Load, start: float) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port, limit=2**20)
        end = start + load.warm_up + load.seconds
        while time.perf_counter() < end:
            began = time.perf_counter()
            counted = load.once or began >= start + load.warm_up
            writer.write(self.request)
            ok = await self._response(reader, began, counted)
            if counted:
                self.latencies.append(time.perf_counter() - began)
                self.errors += not ok
            if load.once:
                break
        writer.close()

    async def _response(self, reader: asyncio.StreamReader, began: float, counted: bool) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            await self._chunks(reader, began, counted)
        else:
            at = lower.find(b"content-length:")
            length = int(lower[at + 15 : lower.index(b"\r\n", at)]) if at >= 0 else 0
            self.bytes += len(await reader.readexactly(length))
            if counted:
                self.firsts.append(time.perf_counter() - began)
        return status < 400

    async def _chunks(self, reader: asyncio.StreamReader, began: float, counted: bool) -> None:
        previous = None
        while True:
            size = int((await reader.readuntil(b"\r\n"))[:-2], 16)
            self.bytes += len(await reader.readexactly(size + 2)) - 2
            now = time.perf_counter()
            if not size:
                return
            self.chunks += 1
            if counted:
                (self.firsts if previous is None else self.silences).append(now - (previous or began))
            previous = now


def _percentile(values: list[float], share: float) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def _run(load: Load) -> Report:
    clients = [_Client(load) for _ in range(load.clients)]
    start = time.perf_counter()
    await asyncio.gather(*(client.run(load, start) for client in clients))
    seconds = time.perf_counter() - start - (0 if load.once else load.warm_up)
    latencies = [value for client in clients for value in client.latencies]
    firsts = [value for client in clients for value in client.firsts]
    silences = [value for client in clients for value in client.silences]
    return Report(
        requests=len(latencies),
        errors=sum(client.errors for client in clients),
        seconds=seconds,
        p50=statistics.median(latencies) if latencies else 0.0,
        p95=_percentile(latencies, 0.95),
        p99=_percentile(latencies, 0.99),
        first_p50=statistics.median(firsts) if firsts else 0.0,
        first_p95=_percentile(firsts, 0.95),
        silence_p95=_percentile(silences, 0.95),
        bytes=sum(client.bytes for client in clients),
        chunks=sum(client.chunks for client in clients),
    )


def generate(load: Load) -> Report:
    """Run `load` in a process of its own and give what it saw."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(load)),
        capture_output=True,
        text=True,
        check=True,
        timeout=load.seconds + load.warm_up + 120,
    )
    return Report(**json.loads(done.stdout))


def main() -> None:
    import uvloop

    report = uvloop.run(_run(Load(**json.loads(sys.stdin.read()))))
    print(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
