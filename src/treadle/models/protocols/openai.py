"""The OpenAI-compatible protocol: chat, legacy completions and embeddings, at any base URL.

Source: spec models-and-tools §1.19.
"""

import asyncio
import base64
from array import array
from collections.abc import AsyncGenerator, Sequence
from typing import Literal

import aiohttp
import msgspec

from treadle.engine.errors import InvokeError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.engine.usage import Usage
from treadle.models.http import MAX_ERROR_BYTES, TIMEOUT, ModelHttp
from treadle.models.sse import EventTooLong, SseReader
from treadle.models.target import Target
from treadle.models.tokens import CHARACTERS_PER_TOKEN, text_tokens

from . import Embeddings
from .failures import broken_connection, cut_off, refusal, shorten, unreadable
from .openai_reply import ReplyReader, stream_error
from .openai_request import Body, Dialect, chat_body, completion_body, dialect_of, event_delimiter
from .openai_wire import UsageBlock, Vector, decode_failure, decode_vectors

EMBEDDING_REQUESTS = 4
"""How many embedding requests of one call are open at a time."""

_LAST_BYTES_WAIT = 0.2


class OpenAI:
    """Speaks to OpenAI-compatible servers."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    async def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""
        dialect = dialect_of(target)
        reply = ReplyReader(target, request)
        response = await self._post(target, *_chat_call(target, dialect, request, stream=True))
        try:
            if response.content_type == "application/json":
                yield [reply.whole(await _body(target, response))]
                return
            events = SseReader(event_delimiter(dialect))
            content = response.content
            while not reply.done:
                try:
                    data = await content.readany()
                    payloads = events.feed(data) if data else events.end()
                except (aiohttp.ClientError, TimeoutError, OSError) as error:
                    raise broken_connection(target, error) from error
                except EventTooLong as error:
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

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        reply = ReplyReader(target, request)
        response = await self._post(target, *_chat_call(target, dialect_of(target), request, stream=False))
        try:
            return reply.whole(await _body(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text. Texts longer than the model's context are cut in proportion."""
        dialect = dialect_of(target)
        prefix = dialect.document_prefix if purpose == "document" else dialect.query_prefix
        cut = [_cut(prefix + text, target.profile.context_size) for text in texts]
        batches = [cut[at : at + target.batch] for at in range(0, len(cut), target.batch)]
        gate = asyncio.Semaphore(EMBEDDING_REQUESTS)
        parts = await asyncio.gather(*(self._embed_batch(target, dialect, batch, gate) for batch in batches))
        usage = sum((part.usage for part in parts), Usage())
        return Embeddings([vector for part in parts for vector in part.vectors], usage)

    async def _embed_batch(
        self, target: Target, dialect: Dialect, texts: list[str], gate: asyncio.Semaphore
    ) -> Embeddings:
        body: Body = {"model": target.upstream, "input": list(texts)}
        if dialect.encoding_format != "none":
            body["encoding_format"] = dialect.encoding_format
        async with gate:
            response = await self._post(target, "embeddings", body)
            try:
                sent = await _body(target, response)
            finally:
                response.close()
        try:
            answer = decode_vectors(sent)
            vectors = [_numbers(vector) for vector in sorted(answer.data, key=_index)]
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise _error_in(target, sent) from error
        if len(vectors) != len(texts):
            raise unreadable(target, f"{len(vectors)} vectors for {len(texts)} texts".encode())
        counted = answer.usage or UsageBlock()
        used = counted.total_tokens or counted.prompt_tokens or sum(map(text_tokens, texts))
        return Embeddings(vectors, Usage.priced(used, 0, target.profile.price))

    async def _post(self, target: Target, path: str, body: Body) -> aiohttp.ClientResponse:
        """The answer to `body`, which has status 200. Raises InvokeError."""
        headers = {"Content-Type": "application/json", **target.headers}
        timeout = TIMEOUT
        if target.read_timeout is not None:
            timeout = aiohttp.ClientTimeout(
                total=None, sock_connect=TIMEOUT.sock_connect, sock_read=target.read_timeout
            )
        url = f"{target.base_url.rstrip('/')}/{path}"
        try:
            response = await self._http.post(url, body=msgspec.json.encode(body), headers=headers, timeout=timeout)
            if response.status == 200:
                return response
            try:
                reason = await response.content.read(MAX_ERROR_BYTES)
            finally:
                response.close()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise broken_connection(target, error) from error
        raise refusal(target, response.status, _reason(reason), response.headers)


def _chat_call(target: Target, dialect: Dialect, request: ChatRequest, *, stream: bool) -> tuple[str, Body]:
    if target.profile.mode == "completion":
        return "completions", completion_body(target, dialect, request, stream=stream)
    return "chat/completions", chat_body(target, dialect, request, stream=stream)


async def _body(target: Target, response: aiohttp.ClientResponse) -> bytes:
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


def _reason(body: bytes) -> str:
    try:
        return decode_failure(body).text
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode("utf-8", "replace")
        return "" if "<html" in text[:1000].lower() else shorten(text)


def _error_in(target: Target, body: bytes) -> InvokeError:
    try:
        failure = decode_failure(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return unreadable(target, body)
    return stream_error(target, failure.error) if failure.error else unreadable(target, body)


def _cut(text: str, context_size: int | None) -> str:
    if context_size is None or len(text) <= context_size or (size := text_tokens(text)) <= context_size:
        return text
    return text[: max(len(text) * context_size // size, CHARACTERS_PER_TOKEN)]


def _index(vector: Vector) -> int:
    return vector.index


def _numbers(vector: Vector) -> list[float]:
    if isinstance(vector.embedding, list):
        return vector.embedding
    return array("f", base64.b64decode(vector.embedding)).tolist()
