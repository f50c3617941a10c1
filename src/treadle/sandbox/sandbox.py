"""The sandbox: takes user code, chooses the engine, bounds it, and gives back its result."""

import asyncio
import dataclasses
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from treadle.engine.errors import CodeExecutionError
from treadle.engine.values import JsonValue

from . import cpython
from .cpython import ForkServer, ForkServerError
from .limits import MIB, Limits
from .monty import MontyPool
from .report import Feature, SandboxReport
from .suitability import Suitability

Language = Literal["python3", "javascript"]
Engine = Literal["monty", "cpython"]

_MOUNT_POINT = "root"  # the jail's file system is mounted here, seen by the jail alone


@dataclass(frozen=True)
class CodeResult:
    """What `main` returned, which engine ran it, and how many seconds the run took (without waiting in the queue)."""

    outputs: dict[str, JsonValue]
    engine: Engine
    elapsed: float


class Sandbox:
    """Runs users' code outside this process, jailed (spec workflow-nodes §8, design "Code nodes").

    Python goes to Monty when its result is sure to be CPython's, else to a jailed CPython. At most `workers` runs
    happen at once and `queue_limit` wait. `time_limit` is in seconds, `memory_limit` and `output_limit` in bytes;
    `jail_root` is a folder of ours; code may import what is in `packages`. `allow_unjailed` runs CPython
    without any jail: for development on systems other than Linux only.
    """

    def __init__(
        self,
        *,
        time_limit: float = 15.0,
        memory_limit: int = 512 * MIB,
        output_limit: int = 10 * MIB,
        workers: int = 4,
        queue_limit: int = 50,
        jail_root: Path,
        packages: Path | None = None,
        allow_unjailed: bool = False,
        monty: bool = True,
    ) -> None:
        self._limits = Limits(time=time_limit, memory=memory_limit, output=output_limit, packages=packages)
        self._workers = workers
        self._queue_limit = queue_limit
        self._root = jail_root
        self._unjailed = allow_unjailed and sys.platform != "linux"
        self._suitability = Suitability()
        self._monty = MontyPool(self._limits, workers, jail_root) if monty else None
        self._fork_server: ForkServer | None = None
        self._report: SandboxReport | None = None
        self._starting = asyncio.Lock()
        self._slots = asyncio.Semaphore(workers)
        self._waiting = 0
        self._closed = False

    async def start(self) -> None:
        """Make the folders. Processes start with the first run that needs them."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._root / _MOUNT_POINT).mkdir(exist_ok=True, mode=0o700)

    async def run(self, language: Language, code: str, inputs: dict[str, JsonValue]) -> CodeResult:
        """Run the module-level code, then `main(**inputs)`.

        Raises CodeExecutionError, whose text is for the author of the code: the last lines of the traceback, or which
        limit was met. Cancelling ends the run's process at once.
        """
        if language != "python3":
            raise CodeExecutionError(f"code in {language} cannot run here yet; use Python")
        encoded = _encode(inputs, self._limits.inputs)
        async with self._slot():
            started = time.perf_counter()
            engine, payload = await self._settle(code, encoded)
            outputs = _decode(payload)
            return CodeResult(outputs, engine, time.perf_counter() - started)

    async def close(self) -> None:
        """End every process; further runs are refused."""
        self._closed = True
        if self._monty is not None:
            await self._monty.close()
        async with self._starting:
            server, self._fork_server = self._fork_server, None
            if server is not None:
                await server.close()

    def capabilities(self) -> SandboxReport:
        """What isolation is active on this machine; blocks for about 0.3 s when no jailed code has run yet."""
        if self._report is not None:
            return self._report
        if sys.platform != "linux":
            return self._not_linux()
        with tempfile.TemporaryDirectory() as root:
            self._report = self._with_monty(cpython.probe(Path(root), self._limits))
        return self._report

    @asynccontextmanager
    async def _slot(self) -> AsyncGenerator[None]:
        if self._slots.locked() and self._waiting >= self._queue_limit:
            raise CodeExecutionError(
                f"too many code runs at once: {self._workers} are running and {self._waiting} are waiting; try again"
            )
        self._waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self._waiting -= 1
        try:
            if self._closed:
                raise CodeExecutionError("the code sandbox is shut down")
            yield
        finally:
            self._slots.release()

    async def _settle(self, code: str, inputs: bytes) -> tuple[Engine, bytes]:
        """Monty if it is suitable and gets to a result; else CPython, whose word is final, in the time that is left."""
        started = time.monotonic()
        verdict = self._suitability.of(code)
        if self._monty is None or verdict.code is None:
            return "cpython", await self._run_on_cpython(code, inputs, self._limits.time)
        outcome = await self._monty.run(verdict.code, inputs, patience=min(1.0, self._limits.time / 2))
        if outcome.result is not None:
            return "monty", outcome.result
        if sys.platform != "linux" and not self._unjailed:
            raise CodeExecutionError(outcome.reason)
        left = self._limits.time - (time.monotonic() - started)
        payload = await self._run_on_cpython(code, inputs, left)
        self._suitability.withdraw(code, outcome.reason)
        return "cpython", payload

    async def _run_on_cpython(self, code: str, inputs: bytes, seconds: float) -> bytes:
        try:
            encoded = code.encode()
        except UnicodeEncodeError:
            raise CodeExecutionError("the code is not valid Unicode text (a lone surrogate)") from None
        for last in (False, True):
            server = await self._running_server()
            try:
                async with asyncio.timeout(max(0.0, seconds)):
                    return await server.run(encoded, inputs)
            except TimeoutError:
                raise CodeExecutionError(self._limits.timeout_text) from None
            except ForkServerError as problem:
                if last:
                    raise CodeExecutionError(str(problem)) from None
        raise AssertionError("unreachable")

    async def _running_server(self) -> ForkServer:
        """The fork server, started or replaced if need be. Raises CodeExecutionError where code cannot be jailed."""
        async with self._starting:
            if self._closed:
                raise CodeExecutionError("the code sandbox is shut down")
            if self._fork_server is not None and self._fork_server.alive:
                return self._fork_server
            if self._fork_server is not None:
                await self._fork_server.close()
            if sys.platform != "linux" and not self._unjailed:
                raise CodeExecutionError(self._not_linux().problem)
            try:
                server = await ForkServer.start(self._root / _MOUNT_POINT, self._limits, unjailed=self._unjailed)
            except ForkServerError as problem:
                raise CodeExecutionError(str(problem)) from None
            self._report = self._with_monty(SandboxReport(server.features, unjailed=self._unjailed))
            if self._report.problem:
                await server.close()
                raise CodeExecutionError(self._report.problem)
            self._fork_server = server
            return server

    def _not_linux(self) -> SandboxReport:
        failure = (
            "this code needs features that run only in the Linux jail; elsewhere, code is limited to what Monty covers"
        )
        return self._with_monty(SandboxReport((), unjailed=self._unjailed, failure=failure))

    def _with_monty(self, report: SandboxReport) -> SandboxReport:
        """The report, with a line on Monty's workers."""
        if self._monty is None:
            return report
        keeps_files = any(feature.name == "Landlock" and feature.active for feature in report.features)
        jailed = keeps_files and self._monty.launcher() is not None
        reason = (
            "no files, sockets or programs" if jailed else "they run as the server's user; Monty itself reaches nothing"
        )
        return dataclasses.replace(report, features=(*report.features, Feature("jailed Monty workers", jailed, reason)))


def _encode(inputs: dict[str, JsonValue], limit: int) -> bytes:
    try:
        encoded = msgspec.json.encode(inputs)
    except (TypeError, ValueError, RecursionError) as problem:
        raise CodeExecutionError(f"the inputs cannot be written as JSON: {problem}") from None
    if len(encoded) > limit:
        raise CodeExecutionError(f"the inputs have {len(encoded):,} bytes as JSON, more than the limit of {limit:,}")
    return encoded


def _decode(payload: bytes) -> dict[str, JsonValue]:
    """The outputs. Checked again, since code that writes into its result channel may have sent anything."""
    try:
        result: JsonValue = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise CodeExecutionError(f"the code returned no valid result: {problem}") from None
    if not isinstance(result, dict):
        raise CodeExecutionError("the code returned no valid result: not an object")
    return result
