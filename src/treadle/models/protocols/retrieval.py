"""Vendors that offer vectors and scores alone: Jina, Mixedbread, Voyage, Nomic.

Source: spec models-and-tools §1.19 (JRK), §1.20; the vendors' references.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Literal

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.ports import ChatDelta, ChatRequest
from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue
from treadle.models.http import ModelHttp
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

from . import Embeddings
from .batches import embedded
from .exchange import content_of, send
from .failures import unreadable
from .openai_wire import UsageBlock, Vector
from .rerank_http import Body, refused

Purpose = Literal["document", "query"]

_TASKS = {
    "jina": {"document": "retrieval.passage", "query": "retrieval.query"},
    "nomic": {"document": "search_document", "query": "search_query"},
}


class Answer(msgspec.Struct):
    """Vectors as `data`, or as bare lists in Nomic's `embeddings`."""

    data: list[Vector] | None = None
    embeddings: list[list[float]] | None = None
    usage: UsageBlock | None = None


_decode_answer = msgspec.json.Decoder(Answer).decode


class Retrieval:
    """Speaks to vendors of embeddings."""

    def __init__(self, http: ModelHttp) -> None:
        self._http = http

    async def stream(self, target: Target, request: ChatRequest) -> AsyncGenerator[list[ChatDelta], None]:
        """Raises InvokeBadRequestError: these vendors have no chat models."""
        raise _speechless(target)
        yield []

    async def complete(self, target: Target, request: ChatRequest) -> ChatDelta:
        """Raises InvokeBadRequestError, as `stream` does."""
        raise _speechless(target)

    async def embed(self, target: Target, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        """A vector per text."""

        async def ask(batch: list[str]) -> Embeddings:
            return await self._ask(target, batch, purpose)

        return await embedded(target, texts, ask)

    async def _ask(self, target: Target, texts: list[str], purpose: Purpose) -> Embeddings:
        path, body = embedding_call(target, texts, purpose)
        headers = {"Content-Type": "application/json", **target.headers}
        url = f"{target.base_url.rstrip('/')}/{path}"
        response = await send(self._http, target, url, msgspec.json.encode(body), headers, refused)
        try:
            sent = await content_of(target, response)
        finally:
            response.close()
        return _embeddings(target, sent, texts)


def embedding_call(target: Target, texts: list[str], purpose: Purpose) -> tuple[str, Body]:
    """The path and the body, in the dialect that the catalogue's setting `embedding` names."""
    given: list[JsonValue] = list(texts)
    match target.settings.get("embedding"):
        case "nomic":
            return "embedding/text", {"model": target.upstream, "texts": given, "task_type": _TASKS["nomic"][purpose]}
        case "voyage":
            return "embeddings", {"model": target.upstream, "input": given, "input_type": purpose, "truncation": True}
        case "mixedbread":
            return "embeddings", {
                "model": target.upstream,
                "input": given,
                "normalized": True,
                "encoding_format": "float",
            }
        case _:
            body: Body = {"model": target.upstream, "input": given, "embedding_type": "float", "normalized": True}
            if target.settings.get("task", True):
                body |= {"task": _TASKS["jina"][purpose], "truncate": True}
            return "embeddings", body


def _embeddings(target: Target, sent: bytes, texts: list[str]) -> Embeddings:
    try:
        answer = _decode_answer(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    vectors = answer.embeddings or []
    if answer.data is not None:
        ordered = sorted(answer.data, key=lambda vector: vector.index)
        vectors = [each.embedding for each in ordered if isinstance(each.embedding, list)]
    if len(vectors) != len(texts):
        raise unreadable(target, f"{len(vectors)} vectors for {len(texts)} texts".encode())
    counted = answer.usage or UsageBlock()
    used = counted.total_tokens or counted.prompt_tokens or sum(map(text_tokens, texts))
    return Embeddings(vectors, Usage.priced(used, 0, target.profile.price))


def _speechless(target: Target) -> InvokeBadRequestError:
    return InvokeBadRequestError(target.says("this provider has no chat models; choose another provider's."))
