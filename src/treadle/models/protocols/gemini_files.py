"""Large media of a request: uploaded to the Gemini API's Files API and named by their addresses.

An uploaded file lies at the provider for 48 hours. It is left there, so that the next turns of a conversation need not
send it again, and asked for before it is named once more. Source: spec models-and-tools §1.19 (GEM); the vendor's
description of the Files API and of resumable uploads.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import msgspec

from treadle.engine.errors import (
    InvokeBadRequestError,
    InvokeConnectionError,
    InvokeError,
    InvokeServerUnavailableError,
)
from treadle.engine.ports import ChatRequest, Message, Part
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .exchange import content_of, fetch, send
from .failures import unreadable
from .gemini_reply import refused

MOST_INLINE = 18_000_000
"""Characters of base64 that go with a request: it takes 20 MB, and the rest is for its text."""

MOST_BYTES = 2 * 2**30
PIECE = 8 * 2**20
"""Bytes of one step of an upload; the API wants multiples of 256 KiB."""

_RESUMES = 3
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 5.0
_PATIENCE = 300.0
"""Seconds that a file may take from its upload to its use."""

_KEPT = 256
_names: dict[str, str] = {}
"""The resource names of files that were uploaded, by a digest of what was sent where."""


class Failure(msgspec.Struct):
    """Why a file cannot be used."""

    message: str = ""


class File(msgspec.Struct):
    """A file of the API."""

    name: str
    uri: str = ""
    state: str = "ACTIVE"
    error: Failure | None = None


class Uploaded(msgspec.Struct):
    """The answer to the last step of an upload."""

    file: File


_decode_file = msgspec.json.Decoder(File).decode
_decode_uploaded = msgspec.json.Decoder(Uploaded).decode


async def with_large_parts_moved(request: ChatRequest, move: Callable[[Part], Awaitable[Part]]) -> ChatRequest:
    """`request`, its largest media parts replaced by what `move` makes of them until the rest can go inline."""
    media = sorted(
        {id(part): part for message in request.messages for part in _media(message)}.values(),
        key=lambda part: len(part.data),
    )
    total = sum(len(part.data) for part in media)
    moved: dict[int, Part] = {}
    while total > MOST_INLINE:
        part = media.pop()
        total -= len(part.data)
        moved[id(part)] = await move(part)  # one by one: the same file may lie in several messages
    if not moved:
        return request
    return msgspec.structs.replace(request, messages=tuple(_replaced(message, moved) for message in request.messages))


def bytes_of_part(target: Target, part: Part) -> bytes:
    """What a part holds. Raises InvokeBadRequestError."""
    try:
        return base64.b64decode(part.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvokeBadRequestError(target.says(f"the {part.type} is no base64. Send its bytes as base64.")) from error


class GeminiFiles:
    """The files of the account that a target's key belongs to."""

    def __init__(self, http: ModelHttp, target: Target) -> None:
        self._http = http
        self._target = target

    async def moved(self, part: Part) -> Part:
        """`part`, its data uploaded and replaced by the address to use. Raises InvokeError."""
        target = self._target
        content = await asyncio.to_thread(bytes_of_part, target, part)
        if len(content) > MOST_BYTES:
            raise InvokeBadRequestError(target.says(f"the {part.type} is larger than 2 GB. Send a smaller file."))
        digest = await asyncio.to_thread(_digest, target, part, content)
        file = await self._known(digest)
        if file is None:
            file = await self._ready(await self._upload(part, content))
            while len(_names) >= _KEPT:
                del _names[next(iter(_names))]
            _names[digest] = file.name
        return msgspec.structs.replace(part, data="", url=file.uri)

    async def _known(self, digest: str) -> File | None:
        """The file that was uploaded before, as long as the provider has it."""
        name = _names.get(digest)
        if name is None:
            return None
        try:
            file = await self._look(name)
        except (InvokeConnectionError, InvokeServerUnavailableError):
            raise
        except InvokeError:  # it has expired, or was deleted
            file = None
        if file is None or file.state != "ACTIVE":
            _names.pop(digest, None)
            return None
        return file

    async def _upload(self, part: Part, content: bytes) -> File:
        """Sends `content` piece by piece; after a broken connection from where the provider has it."""
        address = await self._begin(part, len(content))
        offset, resumes = 0, 0
        while True:
            piece = content[offset : offset + PIECE]
            last = offset + len(piece) >= len(content)
            command = "upload, finalize" if last else "upload"
            try:
                response = await self._step(address, command, piece, offset)
                try:
                    sent = await content_of(self._target, response)
                finally:
                    response.close()
            except (InvokeConnectionError, InvokeServerUnavailableError):
                resumes += 1
                if resumes > _RESUMES:
                    raise
                await asyncio.sleep(_FIRST_WAIT * resumes)
                offset = await self._received(address)
                continue
            if last:
                try:
                    return _decode_uploaded(sent).file
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise unreadable(self._target, sent) from error
            offset += len(piece)

    async def _begin(self, part: Part, size: int) -> str:
        """The address that takes the content."""
        target = self._target
        at = urlsplit(target.base_url.rstrip("/"))
        url = urlunsplit(at._replace(path=f"/upload{at.path}/files"))
        headers = {
            "Content-Type": "application/json",
            **target.headers,
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(size),
            "X-Goog-Upload-Header-Content-Type": part.mime_type,
        }
        body = msgspec.json.encode({"file": {"display_name": part.filename[:512]} if part.filename else {}})
        response = await send(self._http, target, url, body, headers, refused)
        try:
            given = urlsplit(response.headers.get("X-Goog-Upload-URL", ""))
        finally:
            response.close()
        if not given.path:
            raise unreadable(target, b"an upload without X-Goog-Upload-URL")
        # What the user configured decides who gets the content, not the answer.
        return urlunsplit(given._replace(scheme=at.scheme, netloc=at.netloc))

    async def _received(self, address: str) -> int:
        """How many bytes the provider has."""
        response = await self._step(address, "query", b"", None)
        response.close()
        count = response.headers.get("X-Goog-Upload-Size-Received", "")
        if response.headers.get("X-Goog-Upload-Status") != "active" or not count.isdecimal():
            raise InvokeConnectionError(self._target.says("the upload of a file broke off. Try again."))
        return int(count)

    async def _step(self, address: str, command: str, piece: bytes, offset: int | None) -> aiohttp.ClientResponse:
        headers = {**self._target.headers, "X-Goog-Upload-Command": command}
        if offset is not None:
            headers["X-Goog-Upload-Offset"] = str(offset)
        return await send(self._http, self._target, address, piece, headers, refused, again=False)

    async def _ready(self, file: File) -> File:
        """The file once the provider has worked through it, which takes long for videos."""
        wait, waited = _FIRST_WAIT, 0.0
        while file.state == "PROCESSING" and waited < _PATIENCE:
            await asyncio.sleep(wait)
            waited += wait
            wait = min(wait * 1.5, _LONGEST_WAIT)
            file = await self._look(file.name)
        if file.state == "ACTIVE" and file.uri:
            return file
        if file.state == "PROCESSING":
            raise InvokeServerUnavailableError(
                self._target.says("the provider still works on a file after 5 minutes. Try again later.")
            )
        reason = f": {file.error.message}" if file.error is not None and file.error.message else ""
        raise InvokeBadRequestError(
            self._target.says(f"the provider cannot use a file ({file.state}){reason}. Send it in another format.")
        )

    async def _look(self, name: str) -> File:
        target = self._target
        url = f"{target.base_url.rstrip('/')}/{name}"
        body = await fetch(self._http, target, url, target.headers, refused)
        try:
            return _decode_file(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, body) from error


def _digest(target: Target, part: Part, content: bytes) -> str:
    """Files belong to the account of a key, so that the key counts too."""
    keys: Mapping[str, str] = target.headers
    head = "\n".join((target.base_url, *keys.values(), part.mime_type, ""))
    return hashlib.sha256(head.encode() + content).hexdigest()


def _media(message: Message) -> list[Part]:
    return [] if isinstance(message.content, str) else [part for part in message.content if part.data and not part.url]


def _replaced(message: Message, moved: Mapping[int, Part]) -> Message:
    if isinstance(message.content, str):
        return message
    return msgspec.structs.replace(message, content=tuple(moved.get(id(part), part) for part in message.content))
