"""Models behind endpoints of Amazon SageMaker, in the layouts that the vendor's inference containers document.

Chats follow OpenAI's messages, which the containers for large language models take; vectors and scores those of Text
Embeddings Inference. The endpoint's name is the model's upstream name.

Source: spec models-and-tools §1.20 (`sagemaker`); the vendor's references of InvokeEndpoint and
InvokeEndpointWithResponseStream.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from . import Embeddings
from .aws_frames import PartReader
from .aws_signing import signed
from .batches import cut_to, embedded
from .exchange import content_of, relayed, send
from .failures import unreadable
from .listing import RemoteModel
from .openai_reply import ReplyReader
from .openai_request import Body, chat_body, completion_body, dialect_of
from .rerank import Scores
from .rerank_http import refused, scores_in
from .retrieval import embeddings_in


class _Endpoint(msgspec.Struct, rename="pascal"):
    endpoint_name: str


class _Endpoints(msgspec.Struct, rename="pascal"):
    endpoints: list[_Endpoint] = []
    next_token: str | None = None


class SageMaker:
    """Speaks to endpoints of SageMaker."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""
        body = _chat(target, request, stream=True)

        async def opened() -> aiohttp.ClientResponse:
            return await invoked(self._http, target, msgspec.json.encode(body), path="invocations-response-stream")

        return relayed(target, opened, ReplyReader(target, request), events=PartReader())

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        return ReplyReader(target, request).whole(await self._asked(target, _chat(target, request, stream=False)))

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text."""

        async def ask(batch: list[str]) -> Embeddings:
            return embeddings_in(target, await self._asked(target, {"inputs": list(batch)}), batch)

        return await embedded(target, texts, ask)

    async def rerank(self, target: Target, query: str, documents: Sequence[str], top_n: int | None) -> Scores:
        """The scores of all documents; those longer than the model's context are cut."""
        cut = [cut_to(document, target.profile.context_size) for document in documents]
        return scores_in(target, await self._asked(target, {"query": query, "texts": list(cut)}), len(cut))

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The endpoints of the account that are in service (ListEndpoints)."""
        url = f"{target.base_url.rstrip('/').replace('//runtime.sagemaker.', '//api.sagemaker.')}/"
        found: list[RemoteModel] = []
        asked: Body = {"StatusEquals": "InService", "MaxResults": 100}
        while True:
            body = msgspec.json.encode(asked)
            headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "SageMaker.ListEndpoints"}
            headers = await signed(target, url, body, headers, service="sagemaker")
            response = await send(self._http, target, url, body, headers, refused)
            try:
                sent = await content_of(target, response)
            finally:
                response.close()
            try:
                page = msgspec.json.decode(sent, type=_Endpoints)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise unreadable(target, sent) from error
            found += [RemoteModel(each.endpoint_name, each.endpoint_name) for each in page.endpoints]
            if not page.next_token:
                return found
            asked["NextToken"] = page.next_token

    async def _asked(self, target: Target, body: Body) -> bytes:
        response = await invoked(self._http, target, msgspec.json.encode(body))
        try:
            return await content_of(target, response)
        finally:
            response.close()


async def invoked(
    http: ModelHttp, target: Target, body: bytes, *, path: str = "invocations", content_type: str = "application/json"
) -> aiohttp.ClientResponse:
    """The endpoint's answer, which has status 200; the caller closes it. Raises InvokeError."""
    url = f"{target.base_url.rstrip('/')}/endpoints/{quote(target.upstream, safe='')}/{path}"
    headers = await signed(target, url, body, {"Content-Type": content_type}, service="sagemaker")
    return await send(http, target, url, body, headers, refused)


def _chat(target: Target, request: ChatRequest, *, stream: bool) -> Body:
    layout = completion_body if target.profile.mode == "completion" else chat_body
    body = layout(target, dialect_of(target), request, stream=stream)
    del body["model"]  # an endpoint has one
    return body
