"""OpenAI's newer protocol, Responses, with its older one for what it has no place for.

Source: spec models-and-tools §1.19, §1.20 (`openai`: `api_protocol`); the vendor's reference.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal

import aiohttp
import msgspec

from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from . import Embeddings
from .exchange import content_of, relayed, send
from .openai import OpenAI
from .openai_responses_reply import ReplyReader
from .openai_responses_request import response_body, too_old
from .rerank_http import refused


class Responses:
    """Speaks to OpenAI."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http
        self._older = OpenAI(http)

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""
        if too_old(request):
            return self._older.stream(target, request)

        async def opened() -> aiohttp.ClientResponse:
            return await self._post(target, request, stream=True)

        return relayed(target, opened, ReplyReader(target, request))

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        if too_old(request):
            return await self._older.complete(target, request)
        reply = ReplyReader(target, request)
        response = await self._post(target, request, stream=False)
        try:
            return reply.whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text, by the older protocol: it is the only one that has them."""
        return await self._older.embed(target, texts, purpose)

    async def _post(self, target: Target, request: ChatRequest, *, stream: bool) -> aiohttp.ClientResponse:
        headers = {"Content-Type": "application/json", **target.headers}
        body = msgspec.json.encode(response_body(target, request, stream=stream))
        return await send(self._http, target, f"{target.base_url.rstrip('/')}/responses", body, headers, refused)
