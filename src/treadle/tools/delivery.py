"""From what a tool gives to what the engine knows: pictures are fetched, bytes are kept.

Source: spec models-and-tools §4.3 "Post-processing".
"""

import binascii
import mimetypes
import posixpath
from base64 import b64decode
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from treadle.engine.errors import FileFetchError, HttpRequestNodeError, NodeError, ToolFileError
from treadle.engine.ports import (
    Files,
    Http,
    HttpRequest,
    ToolCitations,
    ToolFile,
    ToolJson,
    ToolLink,
    ToolLog,
    ToolMessage,
    ToolText,
    ToolUsage,
    ToolVariable,
)
from treadle.engine.values import File, FileType
from treadle.platform.files import FileStoreError
from treadle.platform.ids import new_id

from .messages import (
    DEFAULT_MIME_TYPE,
    Blob,
    BlobChunk,
    Citations,
    FileMessage,
    ImageUrl,
    Json,
    Link,
    Log,
    Message,
    ModelUsage,
    Text,
    Variable,
)

MAX_FILE: Final = 30 * 1024 * 1024
"""Bytes of a file that a tool gives in pieces, or that is fetched for it."""
_SECONDS = 60.0


async def deliver(messages: AsyncIterator[Message], *, http: Http, files: Files) -> AsyncGenerator[ToolMessage, None]:
    """`messages` as the engine takes them. Raises ToolFileError when a file cannot be kept.

    A picture that cannot be fetched becomes a text that says so. Closing this closes `messages`.
    """
    keeper = _Keeper(http, files)
    async with aclosing(_generator(messages)) as given:
        async for message in given:
            delivered = await keeper.deliver(message)
            if delivered is not None:
                yield delivered


async def _generator(messages: AsyncIterator[Message]) -> AsyncGenerator[Message, None]:
    try:
        async for message in messages:
            yield message
    finally:
        if isinstance(messages, AsyncGenerator):
            await messages.aclose()


@dataclass(slots=True)
class _Keeper:
    http: Http
    files: Files
    pieces: dict[str, list[bytes]] = field(default_factory=dict[str, list[bytes]])

    async def deliver(self, message: Message) -> ToolMessage | None:
        match message:
            case Text():
                return ToolText(message.text)
            case Link():
                return ToolLink(message.url, _linked(message.url, message.mime_type))
            case ImageUrl():
                return await self._picture(message.url)
            case Blob():
                return await self._keep(message.data, message.mime_type, message.filename)
            case BlobChunk():
                return await self._piece(message)
            case Json():
                return ToolJson(message.value, message.suppressed)
            case FileMessage():
                return ToolFile(message.file, image=message.file.type == "image")
            case Variable():
                return ToolVariable(message.name, message.value, message.stream)
            case Log():
                return ToolLog(
                    id=message.id,
                    label=message.label,
                    parent_id=message.parent_id,
                    status=message.status,
                    data=message.data,
                    error=message.error,
                    metadata=message.metadata,
                )
            case Citations():
                return ToolCitations(message.resources)
            case ModelUsage():
                return ToolUsage(message.usage)

    async def _picture(self, url: str) -> ToolMessage:
        try:
            data, mime_type = _inline(url) if url.startswith("data:") else await self._fetched(url)
        except (NodeError, ValueError) as error:
            shown = url if len(url) < 200 else f"{url[:200]}…"
            return ToolText(f"The picture at {shown} could not be downloaded: {error}\n")
        name = "" if url.startswith("data:") else posixpath.basename(unquote(urlsplit(url).path))
        kept = await self._keep(data, mime_type, name)
        return ToolFile(kept.file, image=True)

    async def _fetched(self, url: str) -> tuple[bytes, str]:
        request = HttpRequest(method="GET", url=url, read_timeout=_SECONDS, max_bytes=MAX_FILE)
        answer = await self.http.send(request)
        if answer.status >= 400:
            raise HttpRequestNodeError(f"the server answered with status {answer.status}")
        if not answer.body:
            raise FileFetchError("the server answered with nothing")
        declared = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if declared.startswith("image/"):
            return answer.body, declared
        return answer.body, mimetypes.guess_type(urlsplit(url).path)[0] or declared or "image/png"

    async def _piece(self, message: BlobChunk) -> ToolMessage | None:
        pieces = self.pieces.setdefault(message.id, [])
        if sum(map(len, pieces)) + len(message.data) > MAX_FILE:
            raise ToolFileError(f"A file that the tool gave is larger than {MAX_FILE // 1024 // 1024} MB.")
        pieces.append(message.data)
        if not message.end:
            return None
        data = b"".join(self.pieces.pop(message.id))
        return await self._keep(data, message.mime_type, message.filename)

    async def _keep(self, data: bytes, mime_type: str, filename: str) -> ToolFile:
        mime_type = mime_type or DEFAULT_MIME_TYPE
        try:
            file = await self.files.save(data, filename=_named(filename, mime_type), mime_type=mime_type)
        except (FileFetchError, FileStoreError) as error:
            raise ToolFileError(f"A file that the tool gave cannot be kept: {error}") from error
        return ToolFile(file, image=mime_type.startswith("image/"))


def _named(filename: str, mime_type: str) -> str:
    """A name with an extension that fits the type."""
    name = filename.strip() or new_id()
    if not posixpath.splitext(name)[1]:
        name += mimetypes.guess_extension(mime_type) or ".bin"
    return name


def _inline(url: str) -> tuple[bytes, str]:
    """The bytes and type of a `data:` address. Raises ValueError."""
    head, comma, body = url[5:].partition(",")
    if not comma:
        raise ValueError("it is no complete data address")
    mime_type = head.partition(";")[0] or "text/plain"
    if len(body) > MAX_FILE * 2:
        raise ValueError("it is too large")
    try:
        data = unquote_to_bytes(body)
        return (b64decode(data, validate=True) if head.endswith(";base64") else data), mime_type
    except binascii.Error as error:
        raise ValueError("its base64 text is damaged") from error


def _linked(url: str, mime_type: str | None) -> File | None:
    """The file behind a link that says what it leads to."""
    if not mime_type:
        return None
    name = posixpath.basename(unquote(urlsplit(url).path)) or "file"
    return File(
        type=_class(mime_type),
        transfer_method="remote_url",
        id=new_id(),
        remote_url=url,
        url=url,
        filename=name,
        extension=posixpath.splitext(name)[1],
        mime_type=mime_type,
    )


def _class(mime_type: str) -> FileType:
    match mime_type.partition("/")[0]:
        case "image":
            return "image"
        case "video":
            return "video"
        case "audio":
            return "audio"
        case "text":
            return "document"
        case _:
            return "document" if mime_type == "application/pdf" else "custom"
