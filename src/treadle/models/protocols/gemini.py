"""The generateContent protocol of the Gemini API.

Source: spec models-and-tools §1.19 (GEM).
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue
from treadle.models.http import ModelHttp
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

from . import Embeddings
from .exchange import content_of, fetch, relayed, send
from .failures import unreadable
from .gemini_files import GeminiFiles, with_large_parts_moved
from .gemini_reply import ReplyReader, refused
from .gemini_request import Body, content_body
from .gemini_wire import decode_models, decode_vectors
from .listing import RemoteModel

EMBEDDING_REQUESTS = 4
"""How many embedding requests of one call are open at a time."""

TASKS = {"document": "RETRIEVAL_DOCUMENT", "query": "RETRIEVAL_QUERY"}


class Gemini:
    """Speaks to the Gemini API."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""

        async def opened() -> aiohttp.ClientResponse:
            return await self._ask(target, "streamGenerateContent?alt=sse", request)

        return relayed(target, opened, ReplyReader(target, request))

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        reply = ReplyReader(target, request)
        response = await self._ask(target, "generateContent", request)
        try:
            return reply.whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text. What does not fit the model's context is cut off by the provider."""
        batches = [texts[at : at + target.batch] for at in range(0, len(texts), target.batch)]
        gate = asyncio.Semaphore(EMBEDDING_REQUESTS)
        parts = await asyncio.gather(*(self._embed_batch(target, batch, purpose, gate) for batch in batches))
        # The API does not say how many tokens it counted.
        used = sum(map(text_tokens, texts))
        return Embeddings([vector for part in parts for vector in part], Usage.priced(used, 0, target.profile.price))

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models that the API offers, by the names that calls take."""
        found: list[RemoteModel] = []
        page = ""
        while True:
            url = f"{target.base_url.rstrip('/')}/models?pageSize=1000{page}"
            body = await fetch(self._http, target, url, target.headers, refused)
            try:
                listed = decode_models(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise unreadable(target, body) from error
            for each in listed.models:
                name = each.name.removeprefix("models/")
                found.append(
                    RemoteModel(name, each.display_name or name, each.input_token_limit, each.output_token_limit)
                )
            if not listed.next_page_token:
                return found
            page = f"&pageToken={quote(listed.next_page_token)}"

    async def _embed_batch(
        self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"], gate: asyncio.Semaphore
    ) -> list[list[float]]:
        requests: list[JsonValue] = []
        for text in texts:
            one: Body = {"model": f"models/{target.upstream}", "content": {"parts": [{"text": text}]}}
            if target.settings.get("task_type", True):
                one["taskType"] = TASKS[purpose]
            requests.append(one)
        async with gate:
            response = await self._post(target, "batchEmbedContents", {"requests": requests})
            try:
                sent = await content_of(target, response)
            finally:
                response.close()
        try:
            vectors = [vector.values for vector in decode_vectors(sent).embeddings]
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        if len(vectors) != len(texts):
            raise unreadable(target, f"{len(vectors)} vectors for {len(texts)} texts".encode())
        return vectors

    async def _ask(self, target: Target, method: str, request: ChatRequest) -> aiohttp.ClientResponse:
        request = await with_large_parts_moved(request, GeminiFiles(self._http, target).moved)
        return await self._post(target, method, content_body(target, request))

    async def _post(self, target: Target, method: str, body: Body) -> aiohttp.ClientResponse:
        url = f"{target.base_url.rstrip('/')}/models/{quote(target.upstream)}:{method}"
        headers = {"Content-Type": "application/json", **target.headers}
        return await send(self._http, target, url, msgspec.json.encode(body), headers, refused)
