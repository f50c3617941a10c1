"""What goes between the server and a process that reads documents: frames of a length and MessagePack."""

from typing import Final

import msgspec

LENGTH_BYTES: Final = 8


class PageOrder(msgspec.Struct, frozen=True):
    """A web page to read: its address, the encoding that the server named, and whether only its content is wanted."""

    url: str
    charset: str
    main_content: bool


class Order(msgspec.Struct, frozen=True):
    """A document to read. `data` when the server holds it, else `path`; `token` marks the places of images."""

    name: str
    data: bytes | None
    path: str | None
    token: str
    images: bool
    seconds: float
    memory: int
    bounds: dict[str, float]
    page: PageOrder | None = None
    """Set when `data` is a web page, and wanted as one."""


class WrittenPiece(msgspec.Struct, frozen=True, array_like=True):
    text: str
    page: int | None
    heading: tuple[str, ...] | None
    source: str | None


class PiecesFrame(msgspec.Struct, frozen=True, tag="pieces"):
    """Some pieces: many small ones come together."""

    pieces: list[WrittenPiece]


class ImageFrame(msgspec.Struct, frozen=True, tag="image"):
    """An image, of which the pieces hold `token:number`."""

    number: int
    kind: str
    data: bytes


class PageFrame(msgspec.Struct, frozen=True, tag="page"):
    """A web page: its text as Markdown, the pages that it links to, and what it asks of crawlers."""

    title: str
    description: str
    markdown: str
    links: list[str]
    unlisted: bool
    """True when the page wants not to be taken in."""


class DoneFrame(msgspec.Struct, frozen=True, tag="done"):
    notices: list[str]


class FailedFrame(msgspec.Struct, frozen=True, tag="failed"):
    reason: str


Frame = PiecesFrame | ImageFrame | PageFrame | DoneFrame | FailedFrame


def packed(frame: Order | Frame) -> bytes:
    body = msgspec.msgpack.encode(frame)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
