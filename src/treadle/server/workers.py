"""Several server processes on one port: a supervisor that starts them, replaces those that die, and ends them all.

The supervisor binds the address, and each worker inherits the socket, so that whoever is free takes the next connection
and none is refused while a worker is replaced. It also owns the embedded model, which runs once however many workers
there are. It serves nothing itself: everything that workers share besides is in the database.
"""

import asyncio
import logging
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from treadle.models.local import LocalModel, LocalModelError
from treadle.server.listening import listening_socket
from treadle.server.worker import LostModel, ModelAnswer, Orders, Ready, Said, WantModel
from treadle.settings import Settings

_log = logging.getLogger(__name__)

_AT_ONCE = 5.0
"""A worker that lives for fewer seconds has died at once."""
_DEATHS = 5
"""So many deaths at once in a row are a fault that starting again does not mend."""
_LONGEST_PAUSE = 8.0
_GRACE = 10.0
"""Seconds that workers have for ending before they are killed."""


class WorkersKeepDying(Exception):
    """Workers cannot be kept alive. The message says what to do."""


class FirstWorkerFailed(Exception):
    """The server cannot start, and its worker has said why. `exit_code` is how it ended."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"the first worker ended with {exit_code}")
        self.exit_code = exit_code


async def supervise(settings: Settings, command: Sequence[str]) -> int:
    """Serve with `settings.workers` processes until a signal; gives the exit code.

    `command` starts a worker; it gets the descriptor of its control socket as last argument. Raises CannotListen,
    WorkersKeepDying and FirstWorkerFailed.
    """
    with listening_socket(settings.host, settings.port) as listener:
        return await Supervisor(settings, listener, command).run()


class Supervisor:
    """Keeps as many workers alive as the settings say."""

    def __init__(self, settings: Settings, listener: socket.socket, command: Sequence[str]) -> None:
        self._count = settings.workers
        self._listener = listener
        self._command = command
        self._options: dict[str, str | int | bool] = {
            "data_dir": str(settings.data_dir),
            "host": settings.host,
            "port": listener.getsockname()[1],
            "workers": settings.workers,
            "local_model": settings.local_model,
        }
        self._model = LocalModel(settings.data_dir / "models") if settings.local_model else None
        self._answering = asyncio.Event()
        """Set once the first worker serves."""
        self._ending = asyncio.Event()
        self._exit_code = 0
        self._processes: set[asyncio.subprocess.Process] = set()

    async def run(self) -> int:
        """Serve until a signal; gives the exit code."""
        loop = asyncio.get_running_loop()
        for wanted in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(wanted, self._on_signal, wanted)
        keepers = [self._keeper(0)]
        others = asyncio.create_task(self._follow_first(keepers))
        try:
            await self._ending.wait()
        finally:
            others.cancel()
            await self._end_all(keepers)
        for keeper in keepers:
            keeper.result()
        return self._exit_code

    async def _follow_first(self, keepers: list[asyncio.Task[None]]) -> None:
        """Start the others once the first has made schema, key and examples and has said where the server is."""
        await self._answering.wait()
        keepers += [self._keeper(number) for number in range(1, self._count)]

    def _keeper(self, number: int) -> asyncio.Task[None]:
        keeper = asyncio.create_task(self._keep(number), name=f"worker {number}")
        keeper.add_done_callback(lambda _: self._ending.set())  # one that gives up ends the server
        return keeper

    async def _keep(self, number: int) -> None:
        """One worker after the other, until the end."""
        deaths = 0
        while not self._ending.is_set():
            began = time.monotonic()
            served = asyncio.Event()
            code = await self._work(served)
            if self._ending.is_set():
                return
            if not self._answering.is_set():
                raise FirstWorkerFailed(code)
            deaths = 0 if served.is_set() and time.monotonic() - began > _AT_ONCE else deaths + 1
            if deaths == _DEATHS:
                raise WorkersKeepDying(
                    f"A worker ended {deaths} times as soon as it had started, at last with {_ended(code)}. "
                    "The log above says why; `treadle doctor` looks at the rest."
                )
            _log.warning("worker %d ended with %s; starting another one", number, _ended(code))
            with suppress(TimeoutError):
                async with asyncio.timeout(min(2.0 ** (deaths - 2), _LONGEST_PAUSE) if deaths else 0):
                    await self._ending.wait()

    async def _work(self, served: asyncio.Event) -> int:
        """Start a worker and attend to it until it ends: its exit code. `served` is set once it answers requests."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), self._listener.fileno()),
                start_new_session=True,  # Ctrl-C is for the supervisor, which tells the workers
            )
        self._processes.add(process)
        if self._ending.is_set():
            process.terminate()
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        orders = Orders(listener=self._listener.fileno(), options=self._options, first=not self._answering.is_set())
        writer.write(msgspec.json.encode(orders) + b"\n")
        listening = asyncio.create_task(self._listen(reader, writer, served))
        try:
            return await process.wait()
        finally:
            self._processes.discard(process)
            listening.cancel()
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, served: asyncio.Event) -> None:
        """Answer a worker's questions; one that takes long delays no other."""
        async with asyncio.TaskGroup() as answers:
            with suppress(ConnectionError):
                while line := await reader.readline():
                    said: Said = msgspec.json.decode(line, type=Said)
                    if isinstance(said, Ready):
                        served.set()
                        self._answering.set()
                    else:
                        answers.create_task(self._answer(said, writer))

    async def _answer(self, question: WantModel | LostModel, writer: asyncio.StreamWriter) -> None:
        answer = ModelAnswer(number=question.number)
        if self._model is not None and isinstance(question, LostModel):
            await self._model.notice_end(question.model)
        elif self._model is not None:
            try:
                found = await self._model.endpoint(question.model)
                answer = ModelAnswer(number=question.number, base_url=found.base_url, key=found.key)
            except LocalModelError as error:
                answer = ModelAnswer(number=question.number, error=str(error))
        writer.write(msgspec.json.encode(answer) + b"\n")

    def _on_signal(self, wanted: signal.Signals) -> None:
        if wanted is signal.SIGINT:
            self._exit_code = 130
        impatient = self._ending.is_set() and wanted is signal.SIGINT
        self._ending.set()
        self._signal_all(signal.SIGKILL if impatient else signal.SIGTERM)

    async def _end_all(self, keepers: Sequence[asyncio.Task[None]]) -> None:
        """End every worker and the model; those that do not end in time are killed."""
        self._listener.close()
        self._ending.set()
        self._signal_all(signal.SIGTERM)
        _, slow = await asyncio.wait(keepers, timeout=_GRACE)
        if slow:
            _log.error("%d workers did not end within %g s and are killed", len(slow), _GRACE)
            self._signal_all(signal.SIGKILL)
            await asyncio.wait(slow)
        if self._model is not None:
            await self._model.close()

    def _signal_all(self, wanted: signal.Signals) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(wanted)


def _ended(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
