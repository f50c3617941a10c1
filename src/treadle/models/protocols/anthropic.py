"""The Messages protocol of Anthropic.

Source: spec models-and-tools §1.19 (ANT).
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal
from urllib.parse import quote

import aiohttp
import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from . import Embeddings
from .anthropic_reply import ReplyReader, refused
from .anthropic_request import SAMPLING, Body, messages_body
from .anthropic_wire import decode_models
from .exchange import content_of, fetch, relayed, send
from .failures import unreadable
from .listing import RemoteModel

VERSION = "2026-10-21"
VERSION_WITH_SAMPLING = "2023-06-01"
BINDING = "thinking-binding-controls-2026-08-01"
"""The beta that lets thoughts be dropped whose conversation has changed, instead of refusing the call."""


class Anthropic:
    """Speaks to Anthropic, and to whoever offers its protocol."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """The reply as it comes, a list of deltas per network read. Closing it closes the connection at once."""
        return relayed(target, lambda: self._post(target, request, stream=True), ReplyReader(target, request))

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """The whole reply at once."""
        reply = ReplyReader(target, request)
        response = await self._post(target, request, stream=False)
        try:
            return reply.whole(await content_of(target, response))
        finally:
            response.close()

    async def embed(self, target: Target, texts: Sequence[str], purpose: Literal["document", "query"]) -> Embeddings:
        """Raises InvokeBadRequestError: the protocol has no embeddings."""
        raise InvokeBadRequestError(target.says("this provider has no embedding models; choose another provider's."))

    async def list_models(self, target: Target) -> list[RemoteModel]:
        """The models of the account, newest first."""
        found: list[RemoteModel] = []
        after = ""
        while True:
            url = f"{target.base_url.rstrip('/')}/models?limit=1000{after}"
            body = await fetch(self._http, target, url, {**target.headers, "anthropic-version": VERSION}, refused)
            try:
                page = decode_models(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise unreadable(target, body) from error
            found += [
                RemoteModel(each.id, each.display_name or each.id, each.max_input_tokens, each.max_tokens)
                for each in page.data
            ]
            if not page.has_more or not page.last_id:
                return found
            after = f"&after_id={quote(page.last_id)}"

    async def _post(self, target: Target, request: ChatRequest, *, stream: bool) -> aiohttp.ClientResponse:
        body = messages_body(target, request, stream=stream)
        headers = {"Content-Type": "application/json", **target.headers, "anthropic-version": version_of(body)}
        headers |= betas_of(body)
        url = f"{target.base_url.rstrip('/')}/messages"
        return await send(self._http, target, url, msgspec.json.encode(body), headers, refused)


def version_of(body: Body) -> str:
    """The version of the API that takes this body."""
    return VERSION_WITH_SAMPLING if any(name in body for name in SAMPLING) else VERSION


def betas_of(body: Body) -> dict[str, str]:
    """The header that unlocks what this body uses beyond the version."""
    thinking = body.get("thinking")
    return {"anthropic-beta": BINDING} if isinstance(thinking, dict) and "block_binding" in thinking else {}
