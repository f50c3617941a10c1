"""Vertex AI: Gemini's protocol and Anthropic's, under a project and a location, with a service account's key.

Source: spec models-and-tools §1.19 (VTX), §1.20 (`vertex_ai`).
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from treadle.engine.errors import InvokeAuthorizationError, InvokeBadRequestError, InvokeError
from treadle.engine.ports import ChatDelta, ChatRequest, Part
from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue
from treadle.models.http import ModelHttp
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

from . import (
    Embeddings,
    anthropic,
    anthropic_reply,
    anthropic_request,
    gemini_reply,
    gemini_request,
    gemini_vertex_listing,
)
from .exchange import Reader, content_of, relayed, send
from .failures import unreadable
from .gemini import EMBEDDING_REQUESTS, TASKS
from .gemini_bucket import in_bucket
from .gemini_files import with_large_parts_moved
from .gemini_token import access_token
from .gemini_wire import Prediction, decode_predictions
from .listing import RemoteModel

Body = dict[str, JsonValue]

PUBLIC = "https://aiplatform.googleapis.com"
"""The address of the catalogue; any other one is a private address that serves every location."""

CLAUDE_VERSION_WITH_SAMPLING = "vertex-2023-10-16"


class Vertex:
    """Speaks to Vertex AI."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""
        return relayed(target, lambda: self._ask(target, request, stream=True), _reader(target, request))

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        reply = _reader(target, request)
        response = await self._ask(target, request, stream=False)
        try:
            return reply.whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """A vector per text. What does not fit the model's context is cut off by the provider."""
        batches = [texts[at : at + target.batch] for at in range(0, len(texts), target.batch)]
        await self._token(target)  # once, before the batches would each ask for one
        gate = asyncio.Semaphore(EMBEDDING_REQUESTS)
        parts = await asyncio.gather(*(self._embed_batch(target, batch, purpose, gate) for batch in batches))
        found = [each.embeddings for part in parts for each in part]
        counted = sum(each.statistics.token_count for each in found if each.statistics is not None)
        used = counted or sum(map(text_tokens, texts))
        return Embeddings([each.values for each in found], Usage.priced(used, 0, target.profile.price))

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models of Google and Anthropic, by the names that calls take."""
        location = quote(str(target.settings.get("vertex_location") or "global"), safe="")
        headers = {**target.headers, "Authorization": f"Bearer {await self._token(target)}"}
        if project := target.settings.get("vertex_project_id"):
            headers["x-goog-user-project"] = str(project)
        return await gemini_vertex_listing.offered(self._http, target, _host(target, location), headers)

    async def _embed_batch(
        self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"], gate: asyncio.Semaphore
    ) -> list[Prediction]:
        body: Body = {"instances": [{"content": text, "task_type": TASKS[purpose]} for text in texts]}
        async with gate:
            response = await self._post(target, "predict", body, {})
            try:
                sent = await content_of(target, response)
            finally:
                response.close()
        try:
            predictions = decode_predictions(sent).predictions
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise unreadable(target, sent) from error
        if len(predictions) != len(texts):
            raise unreadable(target, f"{len(predictions)} vectors for {len(texts)} texts".encode())
        return predictions

    async def _ask(self, target: Target, request: ChatRequest, *, stream: bool) -> aiohttp.ClientResponse:
        if not _is_claude(target):
            method = "streamGenerateContent?alt=sse" if stream else "generateContent"
            request = await with_large_parts_moved(request, lambda part: self._moved(target, part))
            return await self._post(target, method, gemini_request.content_body(target, request), {})
        body = anthropic_request.messages_body(target, request, stream=stream)
        del body["model"]  # it stands in the address
        version = anthropic.version_of(body)
        sampling = version == anthropic.VERSION_WITH_SAMPLING
        body["anthropic_version"] = CLAUDE_VERSION_WITH_SAMPLING if sampling else version
        return await self._post(target, "streamRawPredict" if stream else "rawPredict", body, anthropic.betas_of(body))

    async def _moved(self, target: Target, part: Part) -> Part:
        return await in_bucket(self._http, target, part, await self._token(target))

    async def _post(
        self, target: Target, method: str, body: Body, further: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        token = await self._token(target)
        headers = {"Content-Type": "application/json", **target.headers, "Authorization": f"Bearer {token}", **further}
        url = f"{model_address(target)}:{method}"
        return await send(self._http, target, url, msgspec.json.encode(body), headers, _refused)

    async def _token(self, target: Target) -> str:
        key = target.settings.get("vertex_service_account_key")
        if not isinstance(key, str) or not key.strip():
            raise InvokeAuthorizationError(
                target.says(f"no service account's key is stored. Store one: {target.command()}")
            )
        return await access_token(self._http, target, key)


def model_address(target: Target) -> str:
    """The address of the model, to which `:` and a method are appended. Raises InvokeBadRequestError."""
    settings = target.settings
    project, location = settings.get("vertex_project_id"), settings.get("vertex_location")
    claude = _is_claude(target)
    if claude:
        location = settings.get("vertex_anthropic_location") or location
    elif target.upstream in {each.strip() for each in str(settings.get("vertex_global_models", "")).split(",")}:
        location = "global"
    if not project or not location:
        raise InvokeBadRequestError(target.says(f"project or location is missing. Store both: {target.command()}"))
    place = quote(str(location), safe="")
    return (
        f"{_host(target, place)}/v1/projects/{quote(str(project), safe='')}/locations/{place}/publishers/"
        f"{'anthropic' if claude else 'google'}/models/{quote(target.upstream, safe='@')}"
    )


def _host(target: Target, location: str) -> str:
    given = target.base_url.rstrip("/")
    if given != PUBLIC or location == "global":
        return given
    if location in ("us", "eu"):
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


def _is_claude(target: Target) -> bool:
    return target.upstream.startswith("claude")


def _reader(target: Target, request: ChatRequest) -> Reader:
    reader = anthropic_reply.ReplyReader if _is_claude(target) else gemini_reply.ReplyReader
    return reader(target, request)


def _refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    """The platform refuses in its own form, whatever the model; a Claude that is reached refuses in Anthropic's."""
    ours = anthropic_reply if _is_claude(target) and b'"type":"error"' in body.replace(b" ", b"") else gemini_reply
    return ours.refused(target, status, body, headers)
