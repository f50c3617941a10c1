"""A thousand open streams through one process, round after round: what a stream costs, and what is left behind.

`python -m bench.streams_scale [--minutes N]`; a minute by default. The model is a local server at 10 tokens a second.
Wants a quiet machine: on a busy one the server falls behind and the figures are the machine's.
"""

import argparse
import resource
import time
from collections.abc import Iterator

from bench import Measurement
from bench.__main__ import row
from bench.apps import chatflow
from bench.load import Load, generate
from bench.served import cpu_seconds, free_port, process, resident_mib, served, wait_for
from bench.streams import _add_model, _question

STREAMS = 1000
TOKENS = 100
RATE = 10
_MIB_OF_GROWTH = 10.0
"""What a server may keep of the second half of the rounds: what it keeps of the first fills caches."""


def run(minutes: float = 1.0) -> Iterator[Measurement]:
    """Chatflow start → llm → answer."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # two sockets a stream, in this process's children
    port = free_port()
    double = (
        *("-m", "tests.doubles.scripted_model", "--port", str(port)),
        *("--tokens", str(TOKENS), "--rate", str(RATE)),
    )
    with process(*double) as model, served() as server:
        wait_for(f"http://127.0.0.1:{port}/v1/models", model)
        _add_model(server, port)
        key = {"Authorization": f"Bearer {server.import_app(chatflow())}"}
        load = Load(f"{server.url}/v1/chat-messages", key, _question("streaming"), clients=STREAMS, once=True)
        idle = resident_mib(server.pid)
        generate(Load(load.url, key, load.body, clients=50, once=True))
        end = time.monotonic() + 60 * minutes
        half = end - 30 * minutes
        settled, errors, firsts, silences, spent, rounds = 0.0, 0, [0.0], [0.0], 0.0, 0
        peak = 0.0
        while rounds < 2 or time.monotonic() < end:
            before = cpu_seconds(server.pid)
            report = generate(load)
            spent += cpu_seconds(server.pid) - before
            rounds += 1
            errors += report.errors
            firsts.append(report.first_p95)
            silences.append(report.silence_p95)
            peak = max(peak, _peak_mib(server.pid))
            if rounds == 1 or time.monotonic() < half:
                settled = resident_mib(server.pid)
        grown = resident_mib(server.pid) - settled
        yield Measurement(f"{STREAMS} streams, rounds", rounds, "")
        yield Measurement(f"{STREAMS} streams: failed", errors, "", 0.5)
        yield Measurement(f"{STREAMS} streams: first event p95, worst round", max(firsts), "s")
        yield Measurement(f"{STREAMS} streams: silence p95, worst round", max(silences) * 1000, "ms")
        yield Measurement("processor time a stream", spent * 1000 / (rounds * STREAMS), "ms")
        yield Measurement("processor time a relayed token", spent * 1000 / (rounds * STREAMS * TOKENS), "ms")
        yield Measurement("memory an open stream, at the peak", (peak - idle) * 1024 / STREAMS, "KiB")
        yield Measurement("memory kept in the second half of the rounds", grown, "MiB", _MIB_OF_GROWTH)


def _peak_mib(pid: int) -> float:
    """The most memory that a process ever had, in MiB."""
    with open(f"/proc/{pid}/status") as status:
        return next((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM:")), 0.0)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=1.0)
    results = []
    for measurement in run(options.parse_args().minutes):
        results.append(measurement)
        print(row(measurement), flush=True)
    return 1 if any(each.ok is False for each in results) else 0


if __name__ == "__main__":
    raise SystemExit(main())
