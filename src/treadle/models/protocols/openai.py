"""The OpenAI-compatible protocol: chat, legacy completions and embeddings, at any base URL.

Source: spec models-and-tools §1.19.
"""

import base64
from array import array
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Literal
from urllib.parse import urlsplit

import aiohttp
import msgspec

from treadle.engine.errors import InvokeError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.engine.usage import Usage
from treadle.models.http import ModelHttp
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

from . import Embeddings
from .batches import embedded
from .exchange import content_of, fetch, relayed, send
from .failures import refusal, shorten, spent, unreadable
from .listing import RemoteModel
from .openai_reply import ReplyReader, stream_error
from .openai_request import Body, Dialect, chat_body, completion_body, dialect_of, event_delimiter
from .openai_wire import UsageBlock, Vector, decode_failure, decode_models, decode_vectors


class OpenAI:
    """Speaks to OpenAI-compatible servers."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""
        dialect = dialect_of(target)

        async def opened() -> aiohttp.ClientResponse:
            return await self._post(target, *_chat_call(target, dialect, request, stream=True))

        return relayed(target, opened, ReplyReader(target, request), event_delimiter(dialect))

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models that the server offers; it tells their names alone."""
        sent = await fetch(self._http, target, f"{target.base_url.rstrip('/')}/models", target.headers, _refused)
        try:
            answer = decode_models(sent)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        return [RemoteModel(each.id, each.id) for each in (answer if isinstance(answer, list) else answer.data)]

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        reply = ReplyReader(target, request)
        response = await self._post(target, *_chat_call(target, dialect_of(target), request, stream=False))
        try:
            return reply.whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text. Texts longer than the model's context are cut in proportion."""
        dialect = dialect_of(target)
        prefix = dialect.document_prefix if purpose == "document" else dialect.query_prefix

        async def ask(batch: list[str]) -> Embeddings:
            return await self._embed_batch(target, dialect, batch)

        return await embedded(target, [prefix + text for text in texts], ask)

    async def _embed_batch(self, target: Target, dialect: Dialect, texts: list[str]) -> Embeddings:
        body: Body = {"model": target.upstream, "input": list(texts)}
        if dialect.encoding_format != "none":
            body["encoding_format"] = dialect.encoding_format
        response = await self._post(target, "embeddings", body)
        try:
            sent = await content_of(target, response)
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
        url = f"{target.base_url.rstrip('/')}/{path}"
        return await send(self._http, target, url, msgspec.json.encode(body), headers, _refused)


def _chat_call(target: Target, dialect: Dialect, request: ChatRequest, *, stream: bool) -> tuple[str, Body]:
    if target.profile.mode == "completion":
        return "completions", completion_body(target, dialect, request, stream=stream)
    return "chat/completions", chat_body(target, dialect, request, stream=stream)


def _refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    reason = _reason(body)
    if status == 429 and b'"insufficient_quota"' in body:
        return spent(target, reason, status)
    if status == 404 and urlsplit(target.base_url).path in ("", "/"):
        reason = f"{reason or 'not found'}; most servers of this kind want /v1 behind their address"
    return refusal(target, status, reason, headers)


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


def _index(vector: Vector) -> int:
    return vector.index


def _numbers(vector: Vector) -> list[float]:
    if isinstance(vector.embedding, list):
        return vector.embedding
    return array("f", base64.b64decode(vector.embedding)).tolist()
