"""The process that reads documents (`python -m treadle.knowledge.text.worker`): orders come in, frames go out.

It limits its own memory and time before it looks at a document, ends with the server that started it, and writes no
files. What a hostile document does to it is over when the process is.
"""

import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from treadle.documents import DEFAULT_BOUNDS
from treadle.platform.parent import end_with_parent

from .formats.reading import Reading
from .pieces import ExtractionError
from .readers import read
from .webpage import read_page
from .wire import LENGTH_BYTES, DoneFrame, FailedFrame, Frame, ImageFrame, Order, PiecesFrame, WrittenPiece, packed

_BATCH: Final = 512 * 1024
"""Characters that are told of at once."""
_PIECE: Final = 100
"""Characters that a piece counts besides its text."""


def main() -> None:
    end_with_parent(signal.SIGKILL)
    orders, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a library that prints must not be taken for an answer
    decoder = msgspec.msgpack.Decoder(Order)
    while len(head := orders.read(LENGTH_BYTES)) == LENGTH_BYTES:
        order = decoder.decode(orders.read(int.from_bytes(head, "big")))
        _limit(order)
        for frame in _frames(order):
            answers.write(packed(frame))
        answers.flush()


def _frames(order: Order) -> Iterator[Frame]:
    """What is told of a document, in the end that it is done or has failed."""
    try:
        yield from _read(order)
    except ExtractionError as error:
        yield FailedFrame(str(error))
    except MemoryError:
        yield FailedFrame(f"The document needs more than {order.memory // 2**20:,} MiB of memory to be read; split it.")
    except OSError as error:
        yield FailedFrame(f"The stored file could not be opened: {error.strerror or error}.")


def _read(order: Order) -> Iterator[Frame]:
    data = order.data if order.data is not None else Path(order.path or "").read_bytes()
    if order.page is not None:
        yield read_page(data, order.page)
        return
    images: list[ImageFrame] = []
    kept = 0

    def keep(image: bytes, kind: str) -> str:
        nonlocal kept
        images.append(ImageFrame(kept, kind, image))
        kept += 1
        return f"{order.token}:{kept - 1}:"

    bounds = replace(
        DEFAULT_BOUNDS, **{name: value if name == "seconds" else int(value) for name, value in order.bounds.items()}
    )
    reading = Reading(bounds, keep if order.images else None)
    batch: list[WrittenPiece] = []
    size = 0
    for piece in read(data, order.name, reading):
        batch.append(WrittenPiece(piece.text, piece.page, piece.heading, piece.source))
        size += len(piece.text) + _PIECE
        if size > _BATCH:
            yield from [*images, PiecesFrame(batch)]
            images.clear()
            batch, size = [], 0
    yield from [*images, PiecesFrame(batch)]
    yield DoneFrame(reading.notices)


def _limit(order: Order) -> None:
    """Bound the memory and the time of this process, where the system can."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + order.seconds) + 1
    for kind, limit in (
        (resource.RLIMIT_AS, order.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (wanted, hard))


if __name__ == "__main__":
    main()
