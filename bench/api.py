"""The Service API: throughput, latency and processor time of whole runs, records kept.

Yardstick: a bare ASGI application behind the same HTTP server that echoes the same body.
"""

import json
from collections.abc import Iterator

from bench import Measurement
from bench.apps import chain, five_nodes, three_nodes
from bench.load import Load, Report, generate
from bench.served import Served, cpu_seconds, free_port, process, served, wait_for

CLIENTS = 32
SECONDS = 5.0
_BODY = json.dumps({"inputs": {"name": "Bob"}, "user": "bench", "response_mode": "blocking"})


def _measure(url: str, pid: int, headers: dict[str, str], path: str = "/v1/workflows/run") -> tuple[Report, float]:
    """A load, and milliseconds of the server's processor time for each request of it."""
    load = Load(f"{url}{path}", headers, _BODY, clients=CLIENTS, seconds=SECONDS, warm_up=0.0)
    generate(Load(f"{url}{path}", headers, _BODY, clients=CLIENTS, seconds=1.0, warm_up=0.0))
    before = cpu_seconds(pid)
    report = generate(load)
    return report, (cpu_seconds(pid) - before) / max(report.requests, 1) * 1000


def _workflow(server: Served, name: str, file: dict[str, object], rate: float, cpu: float) -> Iterator[Measurement]:
    report, milliseconds = _measure(server.url, server.pid, {"Authorization": f"Bearer {server.import_app(file)}"})
    if report.errors:
        raise RuntimeError(f"{report.errors} of {report.requests} requests of {name} failed")
    yield Measurement(f"{name}: runs", report.requests / report.seconds, "1/s", rate, at_most=False)
    yield Measurement(f"{name}: processor time a run", milliseconds, "ms", cpu)
    yield Measurement(f"{name}: latency p50", report.p50 * 1000, "ms")
    yield Measurement(f"{name}: latency p99", report.p99 * 1000, "ms", 60 if rate == 800 else None)


def run() -> Iterator[Measurement]:
    """Blocking workflow runs with 32 clients."""
    port = free_port()
    with process("-m", "uvicorn", "bench.bare:echo", "--port", str(port), "--no-access-log") as echo:
        wait_for(f"http://127.0.0.1:{port}/", echo)
        report, milliseconds = _measure(f"http://127.0.0.1:{port}", echo.pid, {}, "/")
        yield Measurement("yardstick, bare ASGI echo: requests", report.requests / report.seconds, "1/s")
        yield Measurement("yardstick, bare ASGI echo: processor time", milliseconds, "ms")
    with served() as server:
        yield from _workflow(server, "start, if-else, end", three_nodes(), 800, 1.2)
        yield from _workflow(server, "start, template, if-else, template, end", five_nodes(), 600, 1.6)
        _, few = _measure(server.url, server.pid, {"Authorization": f"Bearer {server.import_app(chain(1))}"})
        _, many = _measure(server.url, server.pid, {"Authorization": f"Bearer {server.import_app(chain(41))}"})
        yield Measurement("each further plain node: processor time", (many - few) / 40, "ms", 0.05)
    with served(TREADLE_WORKERS="2") as server:
        # The supervisor's processor time says nothing of its workers'.
        report, _ = _measure(server.url, server.pid, {"Authorization": f"Bearer {server.import_app(three_nodes())}"})
        if report.errors:
            raise RuntimeError(f"{report.errors} of {report.requests} requests to two workers failed")
        yield Measurement("start, if-else, end, two workers: runs", report.requests / report.seconds, "1/s")
        yield Measurement("start, if-else, end, two workers: latency p99", report.p99 * 1000, "ms")
