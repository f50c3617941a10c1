"""Runs code on Monty, an interpreter that has no system to reach, in worker processes of its own.

Monty is only ever believed when it gives a result. Sandboxed code has no side effects, so whatever else happens
(an unsupported feature, an exception, a limit, a question to the host) is settled by running it again on CPython.
"""

import asyncio
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic_monty import AsyncMonty, CollectString, MontyComplete, MontyError, MontyRuntimeError, ResourceLimits
from pydantic_monty._binary import find_monty_binary

from .limits import MIB, Limits

_HERE = Path(__file__).parent
_BOOT = """
import sys
sys.path.insert(0, {folder!r})
from jail import launch
launch.main(sys.argv[1:])
"""

_INPUTS, _RESULT = "treadle_inputs__", "treadle_result__"
# Monty serialises the result itself: JSON text crosses the process boundary cheaper than a tree of objects, and
# types that JSON cannot say are refused where they are still known.
_EPILOGUE = f"""
import json as treadle_json__
{_RESULT} = main(**treadle_json__.loads({_INPUTS}))
if not isinstance({_RESULT}, dict) or not all([isinstance(key, str) for key in {_RESULT}]):
    raise TypeError("main must return a dict with text keys")
treadle_json__.dumps({_RESULT}, ensure_ascii=False, allow_nan=False)
"""
_PATIENCE = 1.0
_GRACE = 0.5
_PRINTED = 64 * 1024
_RUNS_PER_WORKER = 2000


@dataclass(frozen=True)
class MontyOutcome:
    """`result` is the returned dict as JSON text; None means that Monty did not get there, for `reason`."""

    result: bytes | None
    reason: str = ""


class MontyPool:
    """Monty worker processes: started with the first run, replaced when they crash.

    `root` is a folder for the script that jails them; without it they run as they are.
    """

    def __init__(self, limits: Limits, workers: int, root: Path | None = None) -> None:
        self._limits = limits
        self._workers = workers
        self._root = root
        self._pool: AsyncMonty | None = None
        self._starting = asyncio.Lock()

    async def run(self, code: str, inputs: bytes, *, patience: float = _PATIENCE) -> MontyOutcome:
        """Run module-level code and `main`, for at most `patience` seconds; never raises for what the code does."""
        limits = ResourceLimits(max_feed_duration_secs=patience, max_memory=min(self._limits.memory, 256 * MIB))
        printed = CollectString(_PRINTED)
        try:
            pool = await self._started()
            async with pool.checkout(limits=limits, os_policy={"sleep": "call_host"}) as session:
                reached = await session.feed_start(
                    code + "\n" + _EPILOGUE, inputs={_INPUTS: inputs.decode()}, print_callback=printed
                )
                if not isinstance(reached, MontyComplete):
                    return MontyOutcome(None, f"needs {reached!r} from outside")
                text = reached.output
        except MontyError as problem:
            return MontyOutcome(None, _describe(problem))
        except OSError as problem:
            return MontyOutcome(None, f"Monty cannot be started: {problem}")
        if not isinstance(text, str):
            return MontyOutcome(None, "no text came back")
        encoded = text.encode()
        if len(encoded) > self._limits.output:
            return MontyOutcome(None, f"the result has more than the limit of {self._limits.output:,} bytes")
        return MontyOutcome(encoded)

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.__aexit__(None, None, None)

    def launcher(self) -> Path | None:
        """The script that starts a worker in its jail; None where there is no jail, or no program may be kept there."""
        if self._root is None or sys.platform != "linux":
            return None
        words = [sys.executable, "-I", "-S", "-B", "-c", _BOOT.format(folder=str(_HERE)), find_monty_binary()]
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        script = self._root / "monty"
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        script.chmod(0o700)
        return script if os.access(script, os.X_OK) else None

    async def _started(self) -> AsyncMonty:
        async with self._starting:
            if self._pool is None:
                pool = AsyncMonty(
                    binary_path=self.launcher(),
                    min_processes=1,
                    max_processes=self._workers,
                    max_checkouts_per_worker=_RUNS_PER_WORKER,
                    feed_duration_limit_grace=_GRACE,
                )
                await pool.__aenter__()
                self._pool = pool
            return self._pool


def _describe(problem: MontyError) -> str:
    return problem.display() if isinstance(problem, MontyRuntimeError) else str(problem)
