"""Amazon Bedrock: chats by Converse, embeddings by InvokeModel, scores by Rerank.

Source: spec models-and-tools §1.19 (BED), §1.20 (`bedrock`).
"""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from . import Embeddings
from .aws_frames import FrameReader
from .aws_signing import signed
from .batches import cut_to, embedded
from .bedrock_listing import offered
from .bedrock_reply import ReplyReader
from .bedrock_request import Body, converse_body
from .bedrock_vectors import embedding_body, rerank_body, scores_in, texts_at_once, vectors_in
from .exchange import content_of, relayed, send
from .listing import RemoteModel
from .rerank import Scores
from .rerank_http import refused


class Bedrock:
    """Speaks to Amazon Bedrock."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""

        async def opened() -> aiohttp.ClientResponse:
            return await self._model(target, "converse-stream", converse_body(target, request))

        return relayed(target, opened, ReplyReader(target, request), events=FrameReader())

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        reply = ReplyReader(target, request)
        response = await self._model(target, "converse", converse_body(target, request))
        try:
            return reply.whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text. Titan takes one text at a time."""

        async def ask(batch: list[str]) -> Embeddings:
            response = await self._model(target, "invoke", embedding_body(target, batch, purpose))
            try:
                sent = await content_of(target, response)
            finally:
                response.close()
            counted = 0
            with contextlib.suppress(ValueError):
                counted = int(response.headers.get("X-Amzn-Bedrock-Input-Token-Count", "0"))
            return vectors_in(target, sent, batch, counted)

        return await embedded(replace(target, batch=texts_at_once(target)), texts, ask)

    async def rerank(self, target: Target, query: str, documents: Sequence[str], top_n: int | None) -> Scores:
        """The scores of the `top_n` best documents."""
        cut = [cut_to(document, target.profile.context_size) for document in documents]
        url = f"{target.base_url.rstrip('/').replace('bedrock-runtime', 'bedrock-agent-runtime')}/rerank"
        response = await self._post(target, url, rerank_body(target, query, cut, top_n))
        try:
            sent = await content_of(target, response)
        finally:
            response.close()
        return scores_in(target, sent, len(cut))

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models that calls may name."""
        return await offered(self._http, target)

    async def _model(self, target: Target, operation: str, body: Body) -> aiohttp.ClientResponse:
        url = f"{target.base_url.rstrip('/')}/model/{quote(target.upstream, safe='')}/{operation}"
        return await self._post(target, url, body)

    async def _post(self, target: Target, url: str, body: Body) -> aiohttp.ClientResponse:
        encoded = msgspec.json.encode(body)
        headers = await signed(target, url, encoded, {"Content-Type": "application/json"})
        return await send(self._http, target, url, encoded, headers, refused)
