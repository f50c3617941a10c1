"""A worker's side: what its supervisor tells it, and what it asks of the one that all workers share.

Both ends of a socket pair speak lines of JSON. The pair closes with the supervisor, and then the worker ends.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from itertools import count
from typing import TypeAlias

import msgspec

from treadle.models.catalogue import Model
from treadle.models.local import MODEL_NAME, LocalEndpoint, LocalModel, LocalModelError
from treadle.platform.parent import end_with_parent
from treadle.settings import Settings

_LAST_SECONDS = 8.0
"""How long an orphaned worker may take to end before it ends at once."""


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is told first: the descriptor of the listening socket, and what the command line set.

    The `first` worker loads the examples and says where the server is.
    """

    listener: int
    options: dict[str, str | int | bool]
    first: bool


class Ready(msgspec.Struct, frozen=True, tag=True):
    """This worker answers requests."""


class WantModel(msgspec.Struct, frozen=True, tag=True):
    """Where does this model answer? Start it when it does not run."""

    number: int
    model: str


class LostModel(msgspec.Struct, frozen=True, tag=True):
    """The connection to this model broke: has it ended?"""

    number: int
    model: str


Said: TypeAlias = Ready | WantModel | LostModel


class ModelAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to question `number`; `error` says why there is no model."""

    number: int
    base_url: str = ""
    key: str = ""
    error: str = ""


class Worker:
    """This process as one of several that serve together."""

    def __init__(self, control: socket.socket, orders: Orders) -> None:
        self.settings = Settings.model_validate(orders.options)
        self.first = orders.first
        self.listener = socket.socket(fileno=orders.listener)
        self.listener.set_inheritable(False)
        self.local = SharedModel(self) if self.settings.local_model else None
        self._control = control
        self._numbers = count()
        self._waiting: dict[int, asyncio.Future[ModelAnswer]] = {}

    @classmethod
    def hired(cls, descriptor: int) -> "Worker":
        """The worker that the supervisor at the other end of `descriptor` wants. Blocks until its orders come."""
        end_with_parent(signal.SIGTERM)
        control = socket.socket(fileno=descriptor)
        control.set_inheritable(False)
        line = b""
        while not line.endswith(b"\n"):
            piece = control.recv(1)
            if not piece:
                sys.exit(1)
            line += piece
        return cls(control, msgspec.json.decode(line, type=Orders))

    def watch(self) -> None:
        """Listen to the supervisor, and end with it. A thread does it, so that a busy event loop ends too."""
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop,), name="supervisor", daemon=True).start()

    def ready(self) -> None:
        """Requests are answered from now on."""
        self._say(Ready())

    async def ask(self, question: type[WantModel] | type[LostModel], model: str) -> ModelAnswer:
        """What the supervisor answers."""
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._say(question(number, model))
            return await answer
        finally:
            del self._waiting[number]

    def _say(self, said: Said) -> None:
        with suppress(BrokenPipeError, ConnectionResetError):  # the thread that listens ends this process
            self._control.sendall(msgspec.json.encode(said) + b"\n")

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(OSError), self._control.makefile("rb") as lines:
            for line in lines:
                answer = msgspec.json.decode(line, type=ModelAnswer)
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    loop.call_soon_threadsafe(self._answered, answer)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_LAST_SECONDS)
        os._exit(1)

    def _answered(self, answer: ModelAnswer) -> None:
        waiting = self._waiting.get(answer.number)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)


class SharedModel:
    """The models of all workers, which the supervisor runs. Implements `models.local.EmbeddedModel`."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._here = LocalModel(worker.settings.data_dir / "models")
        """Says what there is; it runs nothing."""

    def models(self) -> tuple[Model, ...]:
        """What can run here."""
        return self._here.models()

    @property
    def refused(self) -> dict[str, str]:
        """Why files are not offered."""
        return self._here.refused

    def available(self) -> bool:
        """Whether the model and what runs it are installed."""
        return self.unavailable_reason is None

    @property
    def unavailable_reason(self) -> str | None:
        """Why the model cannot run and what to do, None when it can."""
        return self._here.unavailable_reason

    async def endpoint(self, name: str = MODEL_NAME) -> LocalEndpoint:
        """Where the model answers; it starts when it does not run. Raises LocalModelError."""
        answer = await self._worker.ask(WantModel, name)
        if answer.error:
            raise LocalModelError(answer.error)
        return LocalEndpoint(base_url=answer.base_url, key=answer.key)

    async def notice_end(self, name: str = MODEL_NAME) -> None:
        """For who lost the connection: returns once it is known whether the model has ended, within a second."""
        await self._worker.ask(LostModel, name)
