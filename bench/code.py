"""Round trips of code nodes: Monty and the jailed CPython, one at a time."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from treadle.sandbox import Sandbox

from . import Measurement

ON_MONTY = "def main(a, b):\n    return {'r': a + b}\n"
ON_CPYTHON = "import re\n" + ON_MONTY
ROUNDS = 200
PAUSE = 0.01


async def _median(sandbox: Sandbox, code: str, pause: float) -> float:
    """Milliseconds of a run, after the first ones."""
    times: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        await sandbox.run("python3", code, {"a": "x", "b": "y"})
        times.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(pause)
    return statistics.median(times[10:])


async def _measure() -> list[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(jail_root=Path(folder))
        await sandbox.start()
        try:
            figures = [
                ("code node, Monty, round trip", await _median(sandbox, ON_MONTY, 0), 2.0),
                ("code node, jailed CPython, round trip", await _median(sandbox, ON_CPYTHON, PAUSE), 15.0),
                ("code node, jailed CPython, back to back", await _median(sandbox, ON_CPYTHON, 0), 15.0),
            ]
        finally:
            await sandbox.close()
    return [Measurement(name, value, "ms", budget) for name, value, budget in figures]


def run() -> list[Measurement]:
    """Medians in milliseconds, with their budgets from design.md."""
    return asyncio.run(_measure())
