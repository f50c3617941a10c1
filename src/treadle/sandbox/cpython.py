"""The server's side of the fork server: starts it, hands it runs, watches over them and replaces it when it dies."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections import deque
from pathlib import Path

from treadle.engine.errors import CodeExecutionError

from .jail import runner, zygote
from .jail.config import Config, Feature
from .limits import Limits
from .report import SandboxReport

_HERE = Path(__file__).parent
# The fork server's interpreter is isolated from the environment and from site-packages (-I -S); it finds the jail
# package beside this file, then forgets that folder.
_BOOT = """
import sys
sys.path.insert(0, {folder!r})
from jail import config, zygote
del sys.path[0]
zygote.main(config.Config.decode(sys.argv[1]))
"""
_START_TIMEOUT = 20.0
_DEATH_TIMEOUT = 5.0
_DIED = "the fork server for code died"


class ForkServerError(Exception):
    """The fork server could not be started, or died during a run."""


class _Child:
    """A jailed process that waits for its run: its number, the socket to it, and the wait status it ended with.

    The status is None when the fork server died first, and the child with it.
    """

    def __init__(self, number: int, channel: socket.socket) -> None:
        self.number = number
        self.channel = channel
        self.ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()


class ForkServer:
    """One fork server process and its children. Make it with `start`.

    A run asks for one child and takes one: since the first was asked for at the start, a jailed child is usually
    waiting, and its successor is made while the code runs.
    """

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket, limits: Limits) -> None:
        self._process = process
        self._control = control
        self._limits = limits
        self._children: dict[int, _Child] = {}
        self._ready: deque[_Child] = deque()
        self._awaited: deque[asyncio.Future[_Child]] = deque()
        self.alive = True
        self.features: tuple[Feature, ...] = ()

    @classmethod
    async def start(cls, root: Path, limits: Limits, *, unjailed: bool, preload: tuple[str, ...] = ()) -> "ForkServer":
        """Start it and wait for its report. Raises ForkServerError."""
        control, theirs = socket.socketpair()
        with theirs:
            process = _spawn(root, limits, theirs, unjailed=unjailed, preload=preload)
        control.setblocking(False)
        server = cls(process, control, limits)
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                size = zygote.REPORT_HEADER.unpack(await receive(control, zygote.REPORT_HEADER.size))[0]
                server.features = _features(await receive(control, size))
        except (OSError, EOFError) as problem:
            await server.close()
            raise ForkServerError(f"the fork server for code did not start: {problem or 'it ended at once'}") from None
        except BaseException:
            await server.close()
            raise
        asyncio.get_running_loop().add_reader(control, server._on_notice)
        server._send(zygote.FORK)
        return server

    @property
    def busy(self) -> bool:
        """Code runs, or waits for a child to run in."""
        return bool(self._awaited) or len(self._children) > len(self._ready)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def run(self, code: bytes, inputs: bytes) -> bytes:
        """The result as JSON text. Raises CodeExecutionError or ForkServerError; cancelling ends the child."""
        child = await self._take()
        try:
            return await self._converse(child, code, inputs)
        finally:
            self._dismiss(child)

    async def close(self) -> None:
        """End the process and everything below it; returns when it is gone."""
        if self.alive:
            self._lose()
        if self._process.returncode is None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def _take(self) -> _Child:
        self._send(zygote.FORK)
        if self._ready:
            return self._ready.popleft()
        waiting: asyncio.Future[_Child] = asyncio.get_running_loop().create_future()
        self._awaited.append(waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                self._ready.append(waiting.result())
            raise

    def _send(self, operation: bytes, number: int = 0) -> None:
        if not self.alive:
            raise ForkServerError("the fork server for code is gone")
        try:
            self._control.send(zygote.REQUEST.pack(operation, number))
        except OSError as problem:
            self._lose()
            raise ForkServerError(f"the fork server for code does not answer: {problem}") from None

    def _dismiss(self, child: _Child) -> None:
        """The run is over for us: whatever is left of it dies now."""
        child.channel.close()
        if self._children.pop(child.number, None) is not None and self.alive:
            with contextlib.suppress(ForkServerError):
                self._send(zygote.KILL, child.number)
        child.ended.cancel()

    async def _converse(self, child: _Child, code: bytes, inputs: bytes) -> bytes:
        loop, channel = asyncio.get_running_loop(), child.channel
        request = zygote.RUN_HEADER.pack(len(code), len(inputs)) + code + inputs
        try:
            await loop.sock_sendall(channel, request)
            kind, size = runner.HEADER.unpack(await receive(channel, runner.HEADER.size))
            if kind not in (runner.RESULT, runner.ERROR):
                raise CodeExecutionError("the code wrote into the sandbox's result channel")
            if size > self._limits.output:
                raise CodeExecutionError(f"the result has more than the limit of {self._limits.output:,} bytes")
            payload = await receive(channel, size)
        except (OSError, EOFError):
            raise await _cause_of_death(child) from None
        if kind == runner.ERROR:
            raise CodeExecutionError(payload.decode("utf-8", "replace"))
        return payload

    def _on_notice(self) -> None:
        """One message of the fork server. They are read one by one, since a descriptor comes with its message."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self._control, zygote.NOTICE.size, 1)
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        if len(message) < zygote.NOTICE.size:
            self._lose()
            return
        kind, number, status = zygote.NOTICE.unpack(message)
        if kind == zygote.BORN:
            self._welcome(number, socket.socket(fileno=descriptors[0]))
        else:
            self._bury(number, status)

    def _welcome(self, number: int, channel: socket.socket) -> None:
        channel.setblocking(False)
        child = self._children[number] = _Child(number, channel)
        while self._awaited:
            waiting = self._awaited.popleft()
            if not waiting.done():
                waiting.set_result(child)
                return
        self._ready.append(child)

    def _bury(self, number: int, status: int) -> None:
        child = self._children.pop(number, None)
        if child is None:
            return
        if child in self._ready:  # it died waiting: the machine is short of memory, or somebody killed it
            self._ready.remove(child)
            child.channel.close()
        elif not child.ended.done():
            child.ended.set_result(status)

    def _lose(self) -> None:
        """The fork server is dead or given up: nothing more will come, and its runs fail."""
        self.alive = False
        asyncio.get_running_loop().remove_reader(self._control)
        self._control.close()
        self._process.poll()
        for child in self._ready:
            child.channel.close()
        for child in self._children.values():
            if not child.ended.done():
                child.ended.set_result(None)
        for waiting in self._awaited:
            if not waiting.done():
                waiting.set_exception(ForkServerError(_DIED))
        self._ready.clear()
        self._children.clear()


async def _cause_of_death(child: _Child) -> Exception:
    try:
        async with asyncio.timeout(_DEATH_TIMEOUT):
            status = await asyncio.shield(child.ended)
    except TimeoutError:
        return CodeExecutionError("the code closed the sandbox's result channel")
    return ForkServerError(_DIED) if status is None else CodeExecutionError(_explain(status))


def probe(root: Path, limits: Limits) -> SandboxReport:
    """Start a fork server only to read its report; blocks for about 0.3 s."""
    control, theirs = socket.socketpair()
    with control, theirs:
        control.settimeout(_START_TIMEOUT)
        process = _spawn(root, limits, theirs, unjailed=False)
        theirs.close()
        try:
            with control.makefile("rb") as stream:
                size = zygote.REPORT_HEADER.unpack(stream.read(zygote.REPORT_HEADER.size))[0]
                return SandboxReport(_features(stream.read(size)))
        except (OSError, struct.error, ValueError) as problem:
            return SandboxReport((), failure=f"the fork server for code did not start: {problem}")
        finally:
            process.kill()
            process.wait()


def _spawn(
    root: Path, limits: Limits, control: socket.socket, *, unjailed: bool, preload: tuple[str, ...] = ()
) -> subprocess.Popen[bytes]:
    """Start the interpreter; takes about a millisecond, so that it may be done on the event loop."""
    config = Config(
        server_pid=os.getpid(),
        control_fd=control.fileno(),
        root=str(root),
        memory_limit=limits.memory,
        time_limit=limits.time,
        scratch_limit=limits.scratch,
        result_limit=limits.output,
        packages=None if limits.packages is None else str(limits.packages),
        preload=preload,
        unjailed=unjailed,
    )
    boot = _BOOT.format(folder=str(_HERE))
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", boot, config.encode()],
        pass_fds=[control.fileno()],
        env={},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def _features(report: bytes) -> tuple[Feature, ...]:
    return tuple(Feature(*entry) for entry in json.loads(report))


async def receive(channel: socket.socket, count: int) -> bytes:
    """`count` bytes. Raises EOFError when the other side closes first."""
    loop = asyncio.get_running_loop()
    pieces: list[bytes] = []
    while count:
        piece = await loop.sock_recv(channel, min(count, 1 << 18))
        if not piece:
            raise EOFError
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _explain(status: int) -> str:
    """What the wait status of a child without an answer means for the author of the code."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGKILL:
            return "the code was killed: it used too much processor time, or the machine ran out of memory"
        with contextlib.suppress(ValueError):
            return f"the code crashed the interpreter ({signal.Signals(number).name})"
        return f"the code crashed the interpreter (signal {number})"
    return f"the code ended its process (exit status {os.waitstatus_to_exitcode(status)}) without returning a result"
