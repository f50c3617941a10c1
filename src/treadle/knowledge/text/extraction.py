"""Pieces out of documents, read in processes of their own with bounds on time and memory.

A zip bomb, a file that makes a library crash or spin, or one of a million pages ends its process, not the server.
Source: spec knowledge §5.
"""

import asyncio
import os
import re
import secrets
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from .pieces import Extraction, ExtractionError, Piece
from .wire import (
    LENGTH_BYTES,
    DoneFrame,
    FailedFrame,
    Frame,
    ImageFrame,
    Order,
    PageFrame,
    PageOrder,
    PiecesFrame,
    packed,
)

__all__ = ["DEFAULT_LIMITS", "Extraction", "ExtractionError", "Extractor", "Limits", "OnImage", "Piece", "extract"]

OnImage = Callable[[bytes, str], Awaitable[str]]
"""Keeps an image of a document, given its bytes and MIME type, and gives the link to it."""

GRACE = 5.0
"""Seconds that a reader has to say for itself that it took too long."""

IDLE = 60.0
"""Seconds that a process waits for the next document."""

_RUNS_A_PROCESS: Final = 200
_BYTES_A_PROCESS: Final = 64 * 1024**2
_FRAME = msgspec.msgpack.Decoder(Frame)
_SMALL_FRAME: Final = 2 * 1024**2
"""Bytes that are decoded without leaving the event loop."""
_LARGEST_FRAME: Final = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one document may take. Sizes in bytes, time in seconds."""

    seconds: float = 300
    memory: int = 3 * 1024**3
    """Address space of the reading process, that of the program included."""
    size: int = 512 * 1024**2
    """Of the file."""
    characters: int = 250_000_000
    """Of the text in it."""
    pages: int = 10_000
    cells: int = 5_000_000

    def bounds(self) -> dict[str, float]:
        """Those that readers hold themselves to."""
        return {
            "characters": self.characters,
            "pages": self.pages,
            "cells": self.cells,
            "seconds": self.seconds,
        }


DEFAULT_LIMITS: Final = Limits()
PAGE_LIMITS: Final = Limits(seconds=30)
"""Of a single web page."""


async def extract(
    source: Path | bytes, name: str, limits: Limits = DEFAULT_LIMITS, *, on_image: OnImage | None = None
) -> Extraction:
    """The pieces of the file at `source`, or of these bytes, uploaded under `name`; in a process of its own.

    Without `on_image` the images of a document are left out. Raises ExtractionError.
    """
    async with Extractor(1) as extractor:
        return await extractor.extract(source, name, limits, on_image=on_image)


class Extractor:
    """`extract` with processes that are kept between documents: `processes` of them at most, started when needed and
    ended when there was nothing to read for a minute."""

    def __init__(self, processes: int = 2) -> None:
        self._slots = asyncio.Semaphore(processes)
        self._idle: list[_Reader] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the processes that wait for work."""
        while self._idle:
            await self._idle.pop().end()
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def extract(
        self, source: Path | bytes, name: str, limits: Limits = DEFAULT_LIMITS, *, on_image: OnImage | None = None
    ) -> Extraction:
        """As the function of this name. A document waits while all processes are busy."""
        size = len(source) if isinstance(source, bytes) else await asyncio.to_thread(_size, source, name)
        if size > limits.size:
            raise ExtractionError(f"{name}: The file has {size:,} bytes, more than {limits.size:,}; split it.")
        order = Order(
            name=name,
            data=source if isinstance(source, bytes) else None,
            path=None if isinstance(source, bytes) else str(source),
            token=f"image-{secrets.token_hex(8)}",
            images=on_image is not None,
            seconds=limits.seconds,
            memory=limits.memory,
            bounds=limits.bounds(),
        )
        pieces: list[Piece] = []
        links: dict[str, str] = {}
        notices: list[str] = []
        async with aclosing(self._frames(order)) as frames:
            async for frame in frames:
                match frame:
                    case PiecesFrame(found):
                        pieces += [
                            Piece(_linked(one.text, order.token, links), one.page, one.heading, one.source)
                            for one in found
                        ]
                    case ImageFrame(number, kind, data):
                        if on_image is not None:
                            links[str(number)] = await on_image(data, kind)
                    case DoneFrame(said):
                        notices = said
                    case _:
                        pass
        return Extraction(pieces, " ".join(notices) or None)

    async def page(
        self, data: bytes, url: str, charset: str = "", *, main_content: bool = True, limits: Limits = PAGE_LIMITS
    ) -> PageFrame:
        """A web page as Markdown, with what it links to. Raises ExtractionError."""
        order = Order(
            name=url,
            data=data,
            path=None,
            token="",
            images=False,
            seconds=limits.seconds,
            memory=limits.memory,
            bounds=limits.bounds(),
            page=PageOrder(url, charset, main_content),
        )
        async with aclosing(self._frames(order)) as frames:
            async for frame in frames:
                if isinstance(frame, PageFrame):
                    return frame
        raise ExtractionError(f"{url}: The page could not be read.")

    async def _frames(self, order: Order) -> AsyncGenerator[Frame]:
        """What a reading process tells of a document. Raises ExtractionError."""
        async with self._slots:
            reader = self._idle.pop() if self._idle else await _Reader.start()
            whole = False
            try:
                async with asyncio.timeout(order.seconds + GRACE):
                    async with aclosing(reader.frames(order)) as frames:
                        async for frame in frames:
                            if isinstance(frame, DoneFrame | FailedFrame | PageFrame):
                                whole = True
                            if isinstance(frame, FailedFrame):
                                raise ExtractionError(f"{order.name}: {frame.reason}")
                            yield frame
            except TimeoutError:
                raise ExtractionError(
                    f"{order.name}: Reading the document took more than {order.seconds:g} seconds; split it."
                ) from None
            except (EOFError, ConnectionError, msgspec.DecodeError):
                raise ExtractionError(
                    f"{order.name}: Reading the document needed too much time or memory, or it is damaged in a way "
                    "that broke the reader; save it anew or split it."
                ) from None
            finally:
                if whole and reader.fresh:
                    self._rest(reader)
                else:
                    await reader.end()

    def _rest(self, reader: "_Reader") -> None:
        """Keep a process for the next document, if that comes soon."""
        runs = reader.runs

        def leave() -> None:
            if reader in self._idle and reader.runs == runs:
                self._idle.remove(reader)
                ending = asyncio.create_task(reader.end())
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)

        self._idle.append(reader)
        reader.leaving = asyncio.get_running_loop().call_later(IDLE, leave)


def _size(path: Path, name: str) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise ExtractionError(f"{name}: The stored file cannot be opened ({error.strerror}).") from error


class _Reader:
    """A process that reads one document after another."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.runs = 0
        self.received = 0
        self.leaving: asyncio.TimerHandle | None = None

    @property
    def fresh(self) -> bool:
        """False for a process that has read so much that another one takes less memory."""
        return self.runs < _RUNS_A_PROCESS and self.received < _BYTES_A_PROCESS

    @classmethod
    async def start(cls) -> "_Reader":
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TREADLE_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "treadle.knowledge.text.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**kept, "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
        return cls(process)

    async def frames(self, order: Order) -> AsyncGenerator[Frame]:
        """The frames of one document, up to the last. Raises EOFError and OSError."""
        self.runs += 1
        if self.leaving is not None:
            self.leaving.cancel()
        sending = asyncio.create_task(self._send(order))
        try:
            while True:
                frame = await self._frame()
                yield frame
                if isinstance(frame, DoneFrame | FailedFrame | PageFrame):
                    return
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, order: Order) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(await asyncio.to_thread(packed, order))
        await stdin.drain()

    async def _frame(self) -> Frame:
        stdout = self._process.stdout
        assert stdout is not None
        size = int.from_bytes(await stdout.readexactly(LENGTH_BYTES), "big")
        if size > _LARGEST_FRAME:
            raise EOFError
        self.received += size
        body = await stdout.readexactly(size)
        return await asyncio.to_thread(_FRAME.decode, body) if size > _SMALL_FRAME else _FRAME.decode(body)

    async def end(self) -> None:
        """Kill the process and wait until it is gone."""
        if self.leaving is not None:
            self.leaving.cancel()
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        await self._process.wait()
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()


def _linked(text: str, token: str, links: dict[str, str]) -> str:
    """`text` with the links of its images in the places that were kept for them."""
    if token not in text:
        return text
    return re.sub(rf"{token}:(\d+):", lambda found: links.get(found.group(1), ""), text)
