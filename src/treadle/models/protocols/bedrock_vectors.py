"""Embeddings and scores at AWS: each family of models has a body of its own.

Source: spec models-and-tools §1.19 (BED); the vendors' references of Titan, Cohere and Rerank.
"""

from typing import Literal

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.usage import Usage
from treadle.engine.values import JsonValue
from treadle.models.target import Target
from treadle.models.tokens import text_tokens

from . import Embeddings
from .aws_signing import region_of
from .failures import unreadable
from .rerank import Score, Scores

Body = dict[str, JsonValue]

_INPUT = {"document": "search_document", "query": "search_query"}


class Floats(msgspec.Struct):
    """Vectors by the kind of number."""

    float: list[list[float]]


class Answer(msgspec.Struct):
    """Titan's one vector, or Cohere's several."""

    embedding: list[float] | None = None
    embeddings: list[list[float]] | Floats | None = None
    inputTextTokenCount: int | None = None  # noqa: N815 - the wire's name


class Result(msgspec.Struct, rename="camel"):
    """One document's score."""

    index: int
    relevance_score: float


class Ranked(msgspec.Struct):
    """The answer of Rerank."""

    results: list[Result]


_decode_answer = msgspec.json.Decoder(Answer).decode
_decode_ranked = msgspec.json.Decoder(Ranked).decode


def texts_at_once(target: Target) -> int:
    """How many texts one call takes."""
    return target.batch if "cohere." in target.upstream else 1


def embedding_body(target: Target, texts: list[str], purpose: Literal["document", "query"]) -> Body:
    """The body for InvokeModel. Raises InvokeBadRequestError for a family that is not known."""
    if "cohere." in target.upstream:
        return {"texts": list(texts), "input_type": _INPUT[purpose], "truncate": "END"}
    if "amazon.titan-embed" in target.upstream:
        return {"inputText": texts[0]}
    raise InvokeBadRequestError(
        target.says("embeddings at AWS are those of amazon.titan-embed-… and cohere.embed-…; choose one of them.")
    )


def vectors_in(target: Target, sent: bytes, texts: list[str], counted: int) -> Embeddings:
    """The vectors of an answer; `counted` tokens were told beside it, 0 if none."""
    try:
        answer = _decode_answer(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    several = answer.embeddings.float if isinstance(answer.embeddings, Floats) else answer.embeddings
    vectors = several if several is not None else [answer.embedding] if answer.embedding is not None else []
    if len(vectors) != len(texts):
        raise unreadable(target, f"{len(vectors)} vectors for {len(texts)} texts".encode())
    used = answer.inputTextTokenCount or counted or sum(map(text_tokens, texts))
    return Embeddings(vectors, Usage.priced(used, 0, target.profile.price))


def rerank_body(target: Target, query: str, documents: list[str], top_n: int | None) -> Body:
    """The body for Rerank."""
    name = target.upstream
    arn = name if name.startswith("arn:") else f"arn:aws:bedrock:{region_of(target)}::foundation-model/{name}"
    return {
        "queries": [{"type": "TEXT", "textQuery": {"text": query}}],
        "sources": [
            {
                "type": "INLINE",
                "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": document}},
            }
            for document in documents
        ],
        "rerankingConfiguration": {
            "type": "BEDROCK_RERANKING_MODEL",
            "bedrockRerankingConfiguration": {
                "modelConfiguration": {"modelArn": arn},
                "numberOfResults": min(top_n or len(documents), len(documents)),
            },
        },
    }


def scores_in(target: Target, sent: bytes, count: int) -> Scores:
    """The scores of an answer about so many documents."""
    try:
        results = _decode_ranked(sent).results
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, sent) from error
    if any(not 0 <= each.index < count for each in results):
        raise unreadable(target, sent)
    return Scores([Score(each.index, each.relevance_score) for each in results], Usage())
