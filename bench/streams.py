"""Streamed answers: throughput, processor time of a relayed token, first text, and many open streams.

The model is a local server that costs next to nothing. Yardsticks: a bare SSE relay behind the same HTTP server, and
the model called directly.
"""

import json
from collections.abc import Iterator

from bench import Measurement
from bench.apps import chatflow
from bench.load import Load, Report, generate
from bench.served import Served, cpu_seconds, free_port, process, served, wait_for

CLIENTS = 32
STREAMS = 500
TOKENS = 50
_LONG = 250


def _question(mode: str) -> str:
    return json.dumps({"inputs": {}, "query": "Hello?", "user": "bench", "response_mode": mode})


def _add_model(server: Served, port: int) -> None:
    credentials = {"endpoint_url": f"http://127.0.0.1:{port}", "api_key": "sk-bench", "mode": "chat"}
    pairs = [text for name, value in credentials.items() for text in ("--credential", f"{name}={value}")]
    server.cli(
        "model", "add", "--provider", "openai_api_compatible", "--type", "llm", "--model", "steady", *pairs, "--default"
    )


def _model(port: int, *options: str) -> tuple[str, ...]:
    return ("-m", "tests.doubles.scripted_model", "--port", str(port), "--tokens", str(TOKENS), *options)


def _timed(load: Load, pid: int) -> tuple[Report, float]:
    before = cpu_seconds(pid)
    report = generate(load)
    if report.errors:
        raise RuntimeError(f"{report.errors} of {report.requests} requests failed")
    return report, (cpu_seconds(pid) - before) * 1000


def run() -> Iterator[Measurement]:
    """Chatflow start → llm → answer."""
    port = free_port()
    with process("-m", "uvicorn", "bench.bare:relay", "--port", str(port), "--no-access-log") as relay:
        wait_for(f"http://127.0.0.1:{port}/?pace=0", relay)
        load = Load(f"http://127.0.0.1:{port}/?pace=0", clients=CLIENTS, seconds=3, warm_up=0)
        report, milliseconds = _timed(load, relay.pid)
        yield Measurement("yardstick, bare SSE relay: processor time a token", milliseconds / report.chunks, "ms")
    yield from _fast_model()
    yield from _paced_model()


def _fast_model() -> Iterator[Measurement]:
    port = free_port()
    with process(*_model(port)) as model, served() as server:
        wait_for(f"http://127.0.0.1:{port}/v1/models", model)
        _add_model(server, port)
        key = {"Authorization": f"Bearer {server.import_app(chatflow())}"}
        url = f"{server.url}/v1/chat-messages"
        generate(Load(url, key, _question("blocking"), clients=CLIENTS, seconds=1, warm_up=0))
        report, milliseconds = _timed(
            Load(url, key, _question("blocking"), clients=CLIENTS, seconds=4, warm_up=0), server.pid
        )
        yield Measurement(
            "chatflow of 50 tokens, blocking: answers", report.requests / report.seconds, "1/s", 300, at_most=False
        )
        yield Measurement("chatflow of 50 tokens: processor time", milliseconds / report.requests, "ms", 3)
        ours = generate(Load(url, key, _question("streaming"), clients=1, seconds=2, warm_up=0.5))
        direct = generate(
            Load(
                f"http://127.0.0.1:{port}/v1/chat/completions",
                {"Authorization": "Bearer sk-bench"},
                json.dumps({"model": "steady", "stream": True, "messages": [{"role": "user", "content": "Hello?"}]}),
                clients=1,
                seconds=2,
                warm_up=0.5,
            )
        )
        yield Measurement("yardstick, model called directly: first text", direct.first_p50 * 1000, "ms")
        # The first chunk of a chatflow is workflow_started; the text follows the start node at once.
        yield Measurement("first text added by Treadle", (ours.p50 - direct.p50) * 1000, "ms", 5)


def _paced_model() -> Iterator[Measurement]:
    port = free_port()
    with process(*_model(port, "--rate", "50", "--tokens", str(_LONG))) as model, served() as server:
        wait_for(f"http://127.0.0.1:{port}/v1/models", model)
        _add_model(server, port)
        key = {"Authorization": f"Bearer {server.import_app(chatflow())}"}
        url = f"{server.url}/v1/chat-messages"
        generate(Load(url, key, _question("streaming"), clients=4, once=True))
        load = Load(url, key, _question("streaming"), clients=STREAMS, once=True)
        report, milliseconds = _timed(load, server.pid)
        yield Measurement(f"{STREAMS} open streams at 50 tokens/s: first event p95", report.first_p95, "s", 1)
        yield Measurement(f"{STREAMS} open streams: silence inside p95", report.silence_p95 * 1000, "ms", 60)
        yield Measurement("processor time a relayed token", milliseconds / (STREAMS * _LONG), "ms", 0.03)
