"""What every HTTP protocol does the same way: send a body, relay the stream that answers it, read a whole answer."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Protocol

import aiohttp

from treadle.engine.errors import InvokeError
from treadle.engine.ports import ChatDelta
from treadle.models.http import MAX_ERROR_BYTES, TIMEOUT, ModelHttp
from treadle.models.sse import SseReader
from treadle.models.target import Target

from .failures import broken_connection, cut_off, refusal, shorten, unreadable

_LAST_BYTES_WAIT = 0.2
_ACCEPTED = frozenset({200, 201, 202})

Refusal = Callable[[Target, int, bytes, Mapping[str, str]], InvokeError]
"""The error for an answer that is no reply: its status, the beginning of its body, its headers."""


class Splitter(Protocol):
    """Cuts a stream of bytes into the payloads of its events. Raises ValueError for bytes that are none."""

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that `data` completes."""
        ...

    def end(self) -> list[bytes]:
        """The payload of a last event that nothing ended."""
        ...


class Reader(Protocol):
    """Turns what a stream brings into deltas."""

    failure: InvokeError | None
    """Why the reply breaks off after what has been read."""

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the reply has come to its end."""
        ...

    def read(self, payloads: list[bytes]) -> list[ChatDelta]:
        """The deltas in these events, up to a failure."""
        ...

    def whole(self, body: bytes) -> ChatDelta:
        """The delta of an unstreamed answer. Raises InvokeError."""
        ...

    def end(self) -> ChatDelta:
        """The last delta: complete tool calls, usage and finish reason."""
        ...


async def send(
    http: ModelHttp,
    target: Target,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    refused: Refusal,
    *,
    again: bool = True,
) -> aiohttp.ClientResponse:
    """The answer to `body`, which has accepted it; the caller closes it. Raises InvokeError.

    `again`: whether a body that went into a connection which had been closed may be sent once more.
    """
    timeout = TIMEOUT
    if target.read_timeout is not None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT.sock_connect, sock_read=target.read_timeout)
    answer = http.post(url, body=body, headers=dict(headers), timeout=timeout, again=again)
    return await _accepted(target, answer, refused)


async def put(
    http: ModelHttp, target: Target, url: str, body: bytes, headers: Mapping[str, str], refused: Refusal
) -> None:
    """Stores `body` at `url`. Raises InvokeError."""
    (await _accepted(target, http.put(url, body=body, headers=dict(headers)), refused)).close()


async def fetched(
    http: ModelHttp, target: Target, url: str, headers: Mapping[str, str], refused: Refusal
) -> aiohttp.ClientResponse:
    """The answer that holds what lies at `url`; the caller closes it. Raises InvokeError."""
    return await _accepted(target, http.get(url, headers=dict(headers)), refused)


async def fetch(http: ModelHttp, target: Target, url: str, headers: Mapping[str, str], refused: Refusal) -> bytes:
    """What `url` holds. Raises InvokeError."""
    response = await fetched(http, target, url, headers, refused)
    try:
        return await content_of(target, response)
    finally:
        response.close()


async def _accepted(
    target: Target, answer: Awaitable[aiohttp.ClientResponse], refused: Refusal
) -> aiohttp.ClientResponse:
    try:
        response = await answer
        if response.status in _ACCEPTED:
            return response
        try:
            reason = await response.content.read(MAX_ERROR_BYTES)
        finally:
            response.close()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise broken_connection(target, error) from error
    raise refused(target, response.status, reason, response.headers)


async def relayed(
    target: Target,
    opened: Callable[[], Awaitable[aiohttp.ClientResponse]],
    reply: Reader,
    delimiter: bytes = b"\n\n",
    events: Splitter | None = None,
) -> AsyncGenerator[list[ChatDelta], None]:
    """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once.

    `events` cuts the stream where it is none of server-sent events or lines.
    """
    response = await opened()
    try:
        if response.content_type == "application/json":
            yield [reply.whole(await content_of(target, response))]
            return
        events = events or SseReader(delimiter)
        content = response.content
        while not reply.done:
            try:
                data = await content.readany()
                payloads = events.feed(data) if data else events.end()
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                raise broken_connection(target, error) from error
            except ValueError as error:  # what came is no event, or too long for one
                raise unreadable(target, str(error).encode()) from error
            if deltas := reply.read(payloads):
                yield deltas
            if reply.failure is not None:
                raise reply.failure
            if not data:
                break
        if not reply.complete:
            raise cut_off(target)
        yield [reply.end()]
        await _finish(response)
    finally:
        response.close()


async def pieces_of(target: Target, response: aiohttp.ClientResponse, events: Splitter) -> AsyncGenerator[bytes, None]:
    """The payloads of a stream of events that are no chat. Closing it closes the connection. Raises InvokeError."""
    async with aclosing(bytes_of(target, response)) as pieces:
        try:
            async for data in pieces:
                for payload in events.feed(data):
                    if payload.strip():
                        yield payload
        except ValueError as error:  # what came is no event, or too long for one
            raise unreadable(target, str(error).encode()) from error
        for payload in events.end():
            if payload.strip():
                yield payload


async def bytes_of(target: Target, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
    """What an answer holds, as it comes. Closing it closes the connection. Raises InvokeConnectionError."""
    try:
        async for data, _ in response.content.iter_chunks():
            yield data
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise broken_connection(target, error) from error
    finally:
        response.close()


async def content_of(target: Target, response: aiohttp.ClientResponse) -> bytes:
    """The whole body of an answer. Raises InvokeConnectionError."""
    try:
        return await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise broken_connection(target, error) from error


async def _finish(response: aiohttp.ClientResponse) -> None:
    """Waits a moment for the end of the body, so that the connection can serve the next call."""
    try:
        async with asyncio.timeout(_LAST_BYTES_WAIT):
            while await response.content.readany():
                pass
    except (aiohttp.ClientError, TimeoutError, OSError):
        return  # The reply is complete; only the connection is lost.


def unexplained(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    """The error for a body that is none of the protocol's own: its text, unless it is a web page."""
    text = body.decode("utf-8", "replace")
    return refusal(target, status, "" if "<html" in text[:1000].lower() else shorten(text), headers)
