"""Cohere's protocol, version 2: chat and embeddings. Its scores are in `rerank_http`.

Source: spec models-and-tools §1.19 (COH); the vendor's reference of version 2.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.engine.usage import Usage
from treadle.models.http import ModelHttp
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

from . import Embeddings
from .batches import embedded
from .cohere_reply import ReplyReader
from .cohere_request import Body, chat_body, upstream_name
from .exchange import content_of, fetch, relayed, send
from .failures import unreadable
from .listing import RemoteModel
from .rerank_http import base_of, refused

_INPUT = {"document": "search_document", "query": "search_query"}


class _Vectors(msgspec.Struct):
    float: list[list[float]]


class _Units(msgspec.Struct):
    input_tokens: float | None = None


class _Meta(msgspec.Struct):
    billed_units: _Units | None = None


class _Embedded(msgspec.Struct):
    embeddings: _Vectors
    meta: _Meta | None = None


class _Listed(msgspec.Struct):
    name: str | None = None
    endpoints: tuple[str, ...] | None = None
    is_deprecated: bool | None = None
    context_length: float | None = None


class _Models(msgspec.Struct):
    models: tuple[_Listed, ...]
    next_page_token: str | None = None


_decode_embedded = msgspec.json.Decoder(_Embedded).decode
_decode_models = msgspec.json.Decoder(_Models).decode

_SPOKEN = {"chat", "embed", "rerank"}
"""The uses of models that there is a protocol for here."""


class Cohere:
    """Speaks to Cohere."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""

        async def opened() -> aiohttp.ClientResponse:
            return await self._post(target, "chat", chat_body(target, request, stream=True))

        return relayed(target, opened, ReplyReader(target, request))

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        reply = ReplyReader(target, request)
        response = await self._post(target, "chat", chat_body(target, request, stream=False))
        try:
            return reply.whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text."""

        async def ask(batch: list[str]) -> Embeddings:
            body: Body = {
                "model": upstream_name(target),
                "texts": list(batch),
                "input_type": _INPUT[purpose],
                "embedding_types": ["float"],
                "truncate": "END",
            }
            response = await self._post(target, "embed", body)
            try:
                sent = await content_of(target, response)
            finally:
                response.close()
            return _embeddings(target, sent, batch)

        return await embedded(target, texts, ask)

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models of the account that can chat, embed or rerank, without those on their way out."""
        found: list[RemoteModel] = []
        page = ""
        while True:
            url = f"{base_of(target)}/v1/models?page_size=1000{page}"
            body = await fetch(self._http, target, url, dict(target.headers), refused)
            try:
                answer = _decode_models(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise unreadable(target, body) from error
            found += [
                RemoteModel(each.name, each.name, int(each.context_length) if each.context_length else None)
                for each in answer.models
                if each.name and not each.is_deprecated and _SPOKEN.intersection(each.endpoints or ())
            ]
            if not answer.next_page_token:
                return found
            page = f"&page_token={quote(answer.next_page_token, safe='')}"

    async def _post(self, target: Target, path: str, body: Body) -> aiohttp.ClientResponse:
        headers = {"Content-Type": "application/json", **target.headers}
        return await send(
            self._http, target, f"{base_of(target)}/v2/{path}", msgspec.json.encode(body), headers, refused
        )


def _embeddings(target: Target, sent: bytes, texts: list[str]) -> Embeddings:
    try:
        answer = _decode_embedded(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    vectors = answer.embeddings.float
    if len(vectors) != len(texts):
        raise unreadable(target, f"{len(vectors)} vectors for {len(texts)} texts".encode())
    billed = answer.meta.billed_units.input_tokens if answer.meta and answer.meta.billed_units else None
    return Embeddings(vectors, Usage.priced(int(billed or sum(map(text_tokens, texts))), 0, target.profile.price))
