"""Ollama's own protocol: chat, generate, embed, and which models the server holds.

Source: spec models-and-tools §1.19 (OLL), §1.20 (`ollama`); the server's reference of its API.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Literal

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
from .failures import refusal, unreadable
from .listing import RemoteModel
from .ollama_reply import ReplyReader
from .ollama_request import Body, chat_body, generate_body
from .rerank_http import base_of, refused


class _Embedded(msgspec.Struct):
    embeddings: list[list[float]]
    prompt_eval_count: int | None = None


class _Held(msgspec.Struct):
    name: str


class _Tags(msgspec.Struct):
    models: list[_Held]


_decode_embedded = msgspec.json.Decoder(_Embedded).decode
_decode_tags = msgspec.json.Decoder(_Tags).decode


class Ollama:
    """Speaks to Ollama servers."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""

        async def opened() -> aiohttp.ClientResponse:
            return await self._ask(target, request, stream=True)

        return relayed(target, opened, ReplyReader(target, request), b"\n")

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        reply = ReplyReader(target, request)
        response = await self._ask(target, request, stream=False)
        try:
            return reply.whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text. The server cuts texts once more where its model's context is smaller than told."""

        async def ask(batch: list[str]) -> Embeddings:
            response = await self._post(
                target, "embed", {"model": target.upstream, "input": list(batch), "truncate": True}
            )
            try:
                sent = await content_of(target, response)
            finally:
                response.close()
            return _embeddings(target, sent, batch)

        return await embedded(target, texts, ask)

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models that the server holds, newest first."""
        sent = await fetch(self._http, target, f"{_server(target)}/api/tags", target.headers, refused)
        try:
            return [RemoteModel(each.name, each.name) for each in _decode_tags(sent).models]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error

    async def _ask(self, target: Target, request: ChatRequest, *, stream: bool) -> aiohttp.ClientResponse:
        if target.profile.mode == "completion":
            return await self._post(target, "generate", generate_body(target, request, stream=stream))
        return await self._post(target, "chat", chat_body(target, request, stream=stream))

    async def _post(self, target: Target, path: str, body: Body) -> aiohttp.ClientResponse:
        headers = {"Content-Type": "application/json", **target.headers}
        return await send(
            self._http, target, f"{_server(target)}/api/{path}", msgspec.json.encode(body), headers, _refused
        )


def _refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    """A model that the server does not hold is told how to get it."""
    if status == 404 and b"not found" in body:
        missing = f"the server does not hold the model; fetch it there: ollama pull {target.upstream}"
        return refusal(target, status, missing, headers)
    return refused(target, status, body, headers)


def _embeddings(target: Target, sent: bytes, texts: list[str]) -> Embeddings:
    try:
        answer = _decode_embedded(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    if len(answer.embeddings) != len(texts):
        raise unreadable(target, f"{len(answer.embeddings)} vectors for {len(texts)} texts".encode())
    used = answer.prompt_eval_count or sum(map(text_tokens, texts))
    return Embeddings(answer.embeddings, Usage.priced(used, 0, target.profile.price))


def _server(target: Target) -> str:
    """The address of the server, whichever of its two APIs was named with it."""
    return base_of(target).removesuffix("/api")
