"""Runs JavaScript in Deno: one jailed process for each run, the next one waiting already.

Deno gets no permission at all. Around it stands the same kind of jail as around Monty: no files but shared
libraries, no sockets, no programs, an unprivileged user, bounded memory.
"""

import asyncio
import base64
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

from treadle.engine.errors import CodeExecutionError

from .cpython import receive
from .limits import MIB, Limits

_HERE = Path(__file__).parent
_BOOT = """
import sys
sys.path.insert(0, {folder!r})
from jail import launch
launch.deno(int(sys.argv[1]), sys.argv[2:])
"""
_REQUEST, _REPLY = struct.Struct(">II"), struct.Struct(">cI")
_RESULT = b"R"
_FLAGS = ("--no-prompt", "--no-remote", "--no-npm", "--no-config", "--no-lock", "--no-code-cache", "--quiet")
_TOLD, _HEARD = 2000, 64 * 1024
_UNSETTLED = "promise never resolved"
_OUT_OF_MEMORY = ("out of memory", "OOM", "heap limit")


class _Deno:
    """A process that waits for its run, and the socket that is its standard input and output."""

    def __init__(self, program: str, memory: int) -> None:
        self.channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                _command(program, memory),
                env={},
                cwd="/",
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        self.channel.setblocking(False)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    async def end(self) -> str:
        """End it; what it said about its death, if it died by itself."""
        self.channel.close()
        self._process.kill()
        assert self._process.stderr is not None
        with self._process.stderr as stderr:
            said = await asyncio.to_thread(stderr.read, _HEARD)
        await asyncio.to_thread(self._process.wait)
        return said.decode("utf-8", "replace")


class DenoPool:
    """Deno processes, each for one run: the first starts with the first run, then one always waits."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: _Deno | None = None
        self._ending: set[asyncio.Task[str]] = set()
        self._closed = False

    async def run(self, code: bytes, inputs: bytes) -> bytes:
        """The result as JSON text. Raises CodeExecutionError; cancelling ends the process."""
        deno = self._take()
        try:
            kind, payload = await self._converse(deno, _REQUEST.pack(len(code), len(inputs)) + code + inputs)
        except (OSError, EOFError):
            raise self._explain(await self._end(deno)) from None
        except BaseException:
            self._end(deno)
            raise
        self._end(deno)
        if kind != _RESULT:
            raise CodeExecutionError(payload.decode("utf-8", "replace"))
        return payload

    async def close(self) -> None:
        """End every process; returns when they are gone."""
        self._closed = True
        deno, self._waiting = self._waiting, None
        if deno is not None:
            self._end(deno)
        await asyncio.gather(*self._ending)

    def _take(self) -> _Deno:
        deno, self._waiting = self._waiting, None
        if deno is not None and not deno.alive:
            self._end(deno)
            deno = None
        deno = deno or self._start()
        if not self._closed:
            self._waiting = self._start()
        return deno

    def _start(self) -> _Deno:
        program = deno_binary()
        if program is None:
            raise CodeExecutionError("JavaScript needs Deno, which is not installed; install the Python package deno")
        try:
            return _Deno(program, self._limits.memory)
        except OSError as problem:
            raise CodeExecutionError(f"Deno cannot be started: {problem}") from None

    async def _converse(self, deno: _Deno, request: bytes) -> tuple[bytes, bytes]:
        await asyncio.get_running_loop().sock_sendall(deno.channel, request)
        kind, size = _REPLY.unpack(await receive(deno.channel, _REPLY.size))
        if size > self._limits.output:
            raise CodeExecutionError(f"the result has more than the limit of {self._limits.output:,} bytes")
        return kind, await receive(deno.channel, size)

    def _end(self, deno: _Deno) -> asyncio.Task[str]:
        ending = asyncio.create_task(deno.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        return ending

    def _explain(self, said: str) -> CodeExecutionError:
        """Why the process died, from what it said."""
        if any(sign in said for sign in _OUT_OF_MEMORY):
            mebibytes = self._limits.memory // MIB
            return CodeExecutionError(f"memory limit: the code used more than its {mebibytes} MiB and was stopped")
        if _UNSETTLED in said:
            return CodeExecutionError("the promise that main returned is never settled")
        told = said.strip()[:_TOLD]
        return CodeExecutionError(f"the code ended its process without returning a result{told and f': {told}'}")


def deno_binary() -> str | None:
    """Deno beside this interpreter (where the Python package puts it), else on the path."""
    beside = Path(sys.executable).with_name("deno")
    return str(beside) if os.access(beside, os.X_OK) else shutil.which("deno")


def _command(program: str, memory: int) -> list[str]:
    script = "data:application/javascript;base64," + base64.b64encode((_HERE / "javascript.js").read_bytes()).decode()
    heap = f"--v8-flags=--max-old-space-size={memory // MIB},--max-semi-space-size=16"
    arguments = [program, "run", *_FLAGS, heap, script]
    if sys.platform != "linux":
        return arguments
    boot = _BOOT.format(folder=str(_HERE))
    return [sys.executable, "-I", "-S", "-B", "-c", boot, str(memory), *arguments]
