"""Scoring documents by how well they answer a query.

A protocol that can do so has a module of its own beside its chat module. Source: spec models-and-tools §1.8, §1.19.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec

from treadle.engine.usage import Usage
from treadle.models.target import Target

from . import ProtocolName

if TYPE_CHECKING:  # as in the package itself: the HTTP client takes a while to import
    from treadle.models.http import ModelHttp


class Score(msgspec.Struct, frozen=True):
    """How well a document answers; `index` is its place among those sent."""

    index: int
    score: float


class Scores(msgspec.Struct, frozen=True):
    """The provider's own scores, in its order."""

    scores: list[Score]
    usage: Usage


class RerankProtocol(Protocol):
    """One way of asking for scores. Failures are `InvokeError`s whose text names provider and model."""

    async def rerank(self, target: Target, query: str, documents: Sequence[str], top_n: int | None) -> Scores:
        """The scores of the `top_n` best documents, of all if None; a provider may send more than asked for."""
        ...


def rerank_protocol(name: ProtocolName, http: "ModelHttp") -> RerankProtocol | None:
    """The protocol `name` on these connections; None when it has no scores."""
    match name:
        case "openai" | "retrieval" | "cohere" | "azure":
            from .rerank_http import HttpRerank

            return HttpRerank(http)
        case "bedrock":
            from .bedrock import Bedrock

            return Bedrock(http)
        case "dashscope":
            from .dashscope import DashScope

            return DashScope(http)
        case "sagemaker":
            from .sagemaker import SageMaker

            return SageMaker(http)
        case _:
            return None
