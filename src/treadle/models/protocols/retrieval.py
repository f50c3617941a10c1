"""Vendors whose vectors have a layout of their own: Jina, Mixedbread, Voyage, Nomic, NVIDIA, Hugging Face.

Source: spec models-and-tools §1.19 (JRK), §1.20; the vendors' references.
"""

from collections.abc import Sequence
from typing import Literal, TypeAlias
from urllib.parse import quote

import msgspec

from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

from . import Embeddings
from .batches import embedded
from .exchange import content_of, send
from .failures import unreadable
from .lacking import NoChat
from .openai_wire import UsageBlock, Vector
from .rerank_http import Body, base_of, refused

Purpose = Literal["document", "query"]

_TASKS = {
    "jina": {"document": "retrieval.passage", "query": "retrieval.query"},
    "nomic": {"document": "search_document", "query": "search_query"},
    "nvidia": {"document": "passage", "query": "query"},
}


class Answer(msgspec.Struct):
    """Vectors as `data`, or as bare lists in Nomic's `embeddings`."""

    data: list[Vector] | None = None
    embeddings: list[list[float]] | None = None
    usage: UsageBlock | None = None


Row: TypeAlias = list[float | list[float]]
"""A vector, or one per token of the text."""

_decode_answer = msgspec.json.Decoder(Answer).decode
_decode_rows = msgspec.json.Decoder(list[Row]).decode


class Retrieval(NoChat):
    """Speaks to vendors of embeddings."""

    async def embed(self, target: Target, texts: Sequence[str], purpose: Purpose) -> Embeddings:
        """A vector per text."""

        async def ask(batch: list[str]) -> Embeddings:
            return await self._ask(target, batch, purpose)

        return await embedded(target, texts, ask)

    async def _ask(self, target: Target, texts: list[str], purpose: Purpose) -> Embeddings:
        path, body = embedding_call(target, texts, purpose)
        headers = {"Content-Type": "application/json", **target.headers}
        base = target.base_url.rstrip("/") if path else base_of(target)
        url = f"{base}/{path}"
        response = await send(self._http, target, url, msgspec.json.encode(body), headers, refused)
        try:
            sent = await content_of(target, response)
        finally:
            response.close()
        return embeddings_in(target, sent, texts)


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
        case "nvidia":
            return "embeddings", {
                "model": target.upstream,
                "input": given,
                "input_type": _TASKS["nvidia"][purpose],
                "encoding_format": "float",
                "truncate": "END",
            }
        case "huggingface":
            hosted = target.settings.get("huggingfacehub_api_type") != "inference_endpoints"
            return (f"models/{quote(target.upstream)}/pipeline/feature-extraction" if hosted else ""), {"inputs": given}
        case _:
            body: Body = {"model": target.upstream, "input": given, "embedding_type": "float", "normalized": True}
            if target.settings.get("task", True):
                body |= {"task": _TASKS["jina"][purpose], "truncate": True}
            return "embeddings", body


def embeddings_in(target: Target, sent: bytes, texts: list[str]) -> Embeddings:
    """The vectors in an answer, in any dialect. Raises InvokeServerUnavailableError."""
    try:
        bare = sent.lstrip()[:1] == b"["
        answer = Answer(embeddings=[_mean(row) for row in _decode_rows(sent)]) if bare else _decode_answer(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    vectors = answer.embeddings or []
    if answer.data is not None:
        ordered = sorted(answer.data, key=lambda vector: vector.index)
        vectors = [each.embedding for each in ordered if isinstance(each.embedding, list)]
    counted = answer.usage or UsageBlock()
    return vectors_of(target, vectors, texts, counted.total_tokens or counted.prompt_tokens or 0)


def vectors_of(target: Target, vectors: list[list[float]], texts: Sequence[str], used: int) -> Embeddings:
    """`vectors` with their price: of `used` tokens, or of those that the texts have when the vendor tells none.

    Raises InvokeServerUnavailableError when there is not one for each text.
    """
    if len(vectors) != len(texts):
        raise unreadable(target, f"{len(vectors)} vectors for {len(texts)} texts".encode())
    return Embeddings(vectors, Usage.priced(used or sum(map(text_tokens, texts)), 0, target.profile.price))


def _mean(row: Row) -> list[float]:
    """The vector itself, or the mean of those of the tokens."""
    tokens = [each for each in row if isinstance(each, list)]
    if not tokens:
        return [each for each in row if not isinstance(each, list)]
    return [sum(column) / len(tokens) for column in zip(*tokens, strict=True)]
