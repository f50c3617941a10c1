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
from .javascript import DenoPool, deno_binary
from .limits import MIB, Limits
from .monty import MontyPool
from .packages import offer_installed, worth_preloading
from .report import Feature, SandboxReport
from .suitability import Suitability

Language = Literal["python3", "javascript"]
Engine = Literal["monty", "cpython", "deno"]

_NOTHING_IN_REACH = "no files, sockets or programs"
_MOST_FORK_SERVERS = 4
_MOUNT_POINT = "root"  # the jail's file system is mounted here, seen by the jail alone


@dataclass(frozen=True)
class CodeResult:
    """What `main` returned, which engine ran it, and how many seconds the run took (without waiting in the queue)."""

    outputs: dict[str, JsonValue]
    engine: Engine
    elapsed: float


@dataclass(frozen=True)
class _Kind:
    """What sets fork servers apart: the packages in reach, and those imported beforehand."""

    packages: Path | None
    preload: tuple[str, ...]
    changed: int = 0
    """When the folder of packages was: a fork server keeps to what it found."""


def _kind(code: str, packages: Path | None) -> _Kind:
    changed = packages.stat().st_mtime_ns if packages is not None and packages.is_dir() else 0
    return _Kind(packages, worth_preloading(code, packages), changed)


class Sandbox:
    """Runs users' code outside this process, jailed (spec workflow-nodes §8, design "Code nodes").

    Python goes to Monty when its result is sure to be CPython's, else to a jailed CPython. At most `workers` runs
    happen at once and `queue_limit` wait. `time_limit` is in seconds, `memory_limit` and `output_limit` in bytes;
    `jail_root` is a folder of ours. Code may import what is in `packages`, without it numpy and pandas where they are
    installed; the code of a workspace that has a folder of its own in `sets`, what is there. `allow_unjailed` runs
    CPython without any jail: for development on systems other than Linux only.
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
        sets: Path | None = None,
        allow_unjailed: bool = False,
        monty: bool = True,
    ) -> None:
        self._limits = Limits(time=time_limit, memory=memory_limit, output=output_limit)
        self._packages = packages
        self._sets = sets
        self._workers = workers
        self._queue_limit = queue_limit
        self._root = jail_root
        self._unjailed = allow_unjailed and sys.platform != "linux"
        self._suitability = Suitability()
        self._monty = MontyPool(self._limits, workers, jail_root) if monty else None
        self._deno = DenoPool(self._limits)
        self._fork_servers: dict[_Kind, ForkServer] = {}
        self._report: SandboxReport | None = None
        self._starting = asyncio.Lock()
        self._slots = asyncio.Semaphore(workers)
        self._waiting = 0
        self._closed = False

    async def start(self) -> None:
        """Make the folders. Processes start with the first run that needs them."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self._root / _MOUNT_POINT).mkdir(exist_ok=True, mode=0o700)
        if self._packages is None:
            self._packages = offer_installed(self._root / "packages")

    def for_workspace(self, workspace_id: str) -> "WorkspaceCode":
        """The sandbox as code of this workspace sees it."""
        return WorkspaceCode(self, workspace_id)

    async def run(
        self, language: Language, code: str, inputs: dict[str, JsonValue], *, workspace_id: str = ""
    ) -> CodeResult:
        """Run the module-level code, then `main(**inputs)`; JavaScript gets its inputs as one object.

        Raises CodeExecutionError, whose text is for the author of the code: the last lines of the traceback, or which
        limit was met. Cancelling ends the run's process at once.
        """
        encoded = _encode(inputs, self._limits.inputs)
        async with self._slot():
            started = time.perf_counter()
            if language == "javascript":
                engine, payload = "deno", await self._run_on_deno(code, encoded)
            else:
                engine, payload = await self._settle(code, encoded, self._packages_of(workspace_id))
            outputs = _decode(payload)
            return CodeResult(outputs, engine, time.perf_counter() - started)

    async def close(self) -> None:
        """End every process; further runs are refused."""
        self._closed = True
        if self._monty is not None:
            await self._monty.close()
        await self._deno.close()
        async with self._starting:
            servers, self._fork_servers = self._fork_servers, {}
            for server in servers.values():
                await server.close()

    def capabilities(self) -> SandboxReport:
        """What isolation is active on this machine; blocks for about 0.3 s when no jailed code has run yet."""
        if self._report is not None:
            return self._report
        if sys.platform != "linux":
            return self._not_linux()
        with tempfile.TemporaryDirectory() as root:
            self._report = self._with_others(cpython.probe(Path(root), self._limits))
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

    def _packages_of(self, workspace_id: str) -> Path | None:
        own = self._sets / workspace_id if self._sets and workspace_id else None
        return own if own is not None and own.is_dir() else self._packages

    async def _settle(self, code: str, inputs: bytes, packages: Path | None) -> tuple[Engine, bytes]:
        """Monty if it is suitable and gets to a result; else CPython, whose word is final, in the time that is left."""
        started = time.monotonic()
        verdict = self._suitability.of(code)
        if self._monty is None or verdict.code is None:
            return "cpython", await self._run_on_cpython(code, inputs, packages, self._limits.time)
        outcome = await self._monty.run(verdict.code, inputs, patience=min(1.0, self._limits.time / 2))
        if outcome.result is not None:
            return "monty", outcome.result
        if sys.platform != "linux" and not self._unjailed:
            raise CodeExecutionError(outcome.reason)
        left = self._limits.time - (time.monotonic() - started)
        payload = await self._run_on_cpython(code, inputs, packages, left)
        self._suitability.withdraw(code, outcome.reason)
        return "cpython", payload

    async def _run_on_deno(self, code: str, inputs: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._limits.time):
                return await self._deno.run(_text(code), inputs)
        except TimeoutError:
            raise CodeExecutionError(self._limits.timeout_text) from None

    async def _run_on_cpython(self, code: str, inputs: bytes, packages: Path | None, seconds: float) -> bytes:
        encoded, kind = _text(code), _kind(code, packages)
        for last in (False, True):
            server = await self._running_server(kind)
            try:
                async with asyncio.timeout(max(0.0, seconds)):
                    return await server.run(encoded, inputs)
            except TimeoutError:
                raise CodeExecutionError(self._limits.timeout_text) from None
            except ForkServerError as problem:
                if last:
                    raise CodeExecutionError(str(problem)) from None
        raise AssertionError("unreachable")

    async def _running_server(self, kind: "_Kind") -> ForkServer:
        """The fork server, started or replaced if need be. Raises CodeExecutionError where code cannot be jailed."""
        async with self._starting:
            if self._closed:
                raise CodeExecutionError("the code sandbox is shut down")
            server = self._fork_servers.pop(kind, None)
            if server is not None and server.alive:
                self._fork_servers[kind] = server  # now the one that was used last
                return server
            if server is not None:
                await server.close()
            await self._make_room()
            if sys.platform != "linux" and not self._unjailed:
                raise CodeExecutionError(self._not_linux().problem)
            try:
                server = await ForkServer.start(
                    self._root / _MOUNT_POINT,
                    dataclasses.replace(self._limits, packages=kind.packages),
                    unjailed=self._unjailed,
                    preload=kind.preload,
                )
            except ForkServerError as problem:
                raise CodeExecutionError(str(problem)) from None
            self._report = self._with_others(SandboxReport(server.features, unjailed=self._unjailed))
            if self._report.problem:
                await server.close()
                raise CodeExecutionError(self._report.problem)
            self._fork_servers[kind] = server
            return server

    async def _make_room(self) -> None:
        """End the fork server that was not used for longest, when there are many."""
        if len(self._fork_servers) >= _MOST_FORK_SERVERS:
            for kind, server in self._fork_servers.items():
                if not server.busy:
                    del self._fork_servers[kind]
                    await server.close()
                    return

    def _not_linux(self) -> SandboxReport:
        failure = (
            "this code needs features that run only in the Linux jail; elsewhere, code is limited to what Monty covers"
        )
        return self._with_others(SandboxReport((), unjailed=self._unjailed, failure=failure))

    def _with_others(self, report: SandboxReport) -> SandboxReport:
        """The report, with a line on each of the other engines."""
        keeps_files = any(feature.name == "Landlock" and feature.active for feature in report.features)
        features = list(report.features)
        if self._monty is not None:
            jailed = keeps_files and self._monty.launcher() is not None
            without = "they run as the server's user; Monty itself reaches nothing"
            features.append(Feature("jailed Monty workers", jailed, _NOTHING_IN_REACH if jailed else without))
        if deno_binary() is None:
            features.append(Feature("JavaScript", False, "Deno is not installed; install the Python package deno"))
        else:
            without = "Deno runs as the server's user; it has no permission to reach anything"
            features.append(Feature("jailed JavaScript", keeps_files, _NOTHING_IN_REACH if keeps_files else without))
        return dataclasses.replace(report, features=tuple(features))


class WorkspaceCode:
    """The sandbox for code of one workspace (`engine.ports.Code`)."""

    def __init__(self, sandbox: Sandbox, workspace_id: str) -> None:
        self._sandbox = sandbox
        self._workspace_id = workspace_id

    async def run(self, language: Language, code: str, inputs: dict[str, JsonValue]) -> CodeResult:
        """As `Sandbox.run`."""
        return await self._sandbox.run(language, code, inputs, workspace_id=self._workspace_id)


def _text(code: str) -> bytes:
    try:
        return code.encode()
    except UnicodeEncodeError:
        raise CodeExecutionError("the code is not valid Unicode text (a lone surrogate)") from None


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
