"""One model in a process of its own behind a loopback HTTP server: started when it is wanted, ended when it is idle."""

import asyncio
import contextlib
import logging
import os
import secrets
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

_log = logging.getLogger(__name__)

_START_TIMEOUT = 60.0
_NOTICE_TIMEOUT = 1.0
_BUSY_SECONDS = 0.05
"""Processor time between two looks that shows that a model works."""


class LocalModelError(Exception):
    """A model cannot run here. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class LocalEndpoint:
    """Where the running model is."""

    base_url: str
    key: str


@dataclass(frozen=True, slots=True)
class Program:
    """The module that serves a model, its orders (which get a key), and its environment's additions."""

    module: str
    orders: dict[str, str | int | bool]
    environment: dict[str, str] = field(default_factory=dict[str, str])


class _Ready(msgspec.Struct):
    url: str


class LocalProcess:
    """A model's process, started when it is first needed and again after a crash."""

    def __init__(self, name: str, program: Program) -> None:
        self.name = name
        self.last_active = time.monotonic()
        """When it was last asked for or seen at work."""
        self._program = program
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._endpoint: LocalEndpoint | None = None
        self._last_words: deque[str] = deque(maxlen=20)
        self._listening: asyncio.Task[None] | None = None
        self._processor_seconds = 0.0

    @property
    def pid(self) -> int | None:
        """The running process, None when there is none."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def endpoint(self) -> LocalEndpoint:
        """Where the model answers; starts it when it does not run. Raises LocalModelError."""
        self.last_active = time.monotonic()
        if self._endpoint is not None and self.pid is not None:
            return self._endpoint
        async with self._lock:
            if self._endpoint is None or self.pid is None:
                if self._process is not None:
                    _log.warning("%s has ended (%s); starting it again", self.name, self._process.returncode)
                    await self._clear()
                self._endpoint = await self._start()
            return self._endpoint

    def idle(self) -> float:
        """Seconds since it was asked for or seen at work."""
        spent = _processor_seconds(self.pid)
        if spent - self._processor_seconds > _BUSY_SECONDS:
            self.last_active = time.monotonic()
        self._processor_seconds = spent
        return time.monotonic() - self.last_active

    async def notice_end(self) -> None:
        """Returns once it is known whether the process has ended, within a second."""
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_NOTICE_TIMEOUT):
                    await self._process.wait()

    async def close(self) -> None:
        """Ends the process. It starts again when it is needed again."""
        async with self._lock:
            await self._clear()

    async def _start(self) -> LocalEndpoint:
        key = secrets.token_urlsafe(24)
        pipe = asyncio.subprocess.PIPE
        self._last_words.clear()
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", self._program.module,
            stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, env=os.environ | self._program.environment,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._listening = asyncio.create_task(self._listen(process.stderr), name=f"errors of {self.name}")
        try:
            process.stdin.write(msgspec.json.encode(self._program.orders | {"key": key}) + b"\n")
            async with asyncio.timeout(_START_TIMEOUT):
                answer = await process.stdout.readline()
            ready = msgspec.json.decode(answer, type=_Ready)
        except BaseException as error:
            await self._clear()
            if isinstance(error, TimeoutError | OSError | msgspec.DecodeError):
                said = " ".join(self._last_words)[-500:]
                raise LocalModelError(f"The model {self.name} did not start: {said or 'no reason given'}.") from error
            raise
        return LocalEndpoint(base_url=f"{ready.url}/v1", key=key)

    async def _clear(self) -> None:
        process, self._process, self._endpoint = self._process, None, None
        self._processor_seconds = 0.0
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        if self._listening is not None:
            await self._listening
            self._listening = None

    async def _listen(self, errors: asyncio.StreamReader) -> None:
        """Keeps the last lines that the process writes, for the message when it fails."""
        while line := await errors.readline():
            self._last_words.append(line.decode("utf-8", "replace").strip())


def _processor_seconds(pid: int | None) -> float:
    """Processor time that a process has used; 0 where the system does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
