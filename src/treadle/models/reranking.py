"""Ranking documents for a query with a workspace's rerank model.

Source: spec models-and-tools §1.8, §1.19 (generic rerank).
"""

import math
from collections.abc import Sequence

import msgspec

from treadle.engine.errors import InvokeBadRequestError
from treadle.engine.usage import NO_USAGE, Usage

from .catalogue import ModelKind
from .http import ModelHttp
from .protocols.rerank import Score, rerank_protocol
from .state import Resolved


class RankedDocument(msgspec.Struct, frozen=True):
    """A document with its score; `index` is its place among those that were given."""

    index: int
    text: str
    score: float


class Ranking(msgspec.Struct, frozen=True):
    """Documents by descending score."""

    documents: list[RankedDocument]
    usage: Usage


async def ranked(
    resolved: Resolved,
    http: ModelHttp,
    query: str,
    documents: Sequence[str],
    top_n: int | None,
    threshold: float | None,
) -> Ranking:
    """The `top_n` best documents whose score reaches `threshold`. Without documents nothing is asked.

    Scores are the provider's own, unless the catalogue says that they are to be brought to 0…1. Raises InvokeError.
    """
    target = resolved.target
    if not documents or (top_n is not None and top_n < 1):
        return Ranking([], NO_USAGE)
    wire = rerank_protocol(resolved.usable.provider.protocol_for(ModelKind.RERANK), http)
    if wire is None:
        raise InvokeBadRequestError(target.says("this provider's protocol offers no rerank models here."))
    answer = await wire.rerank(target, query, documents, top_n)
    best = sorted(answer.scores, key=lambda each: each.score, reverse=True)[:top_n]
    match target.settings.get("rerank_scores"):
        case "min_max":
            best = _min_max(best)
        case "sigmoid":
            best = [Score(each.index, 1 / (1 + math.exp(-each.score))) for each in best]
        case _:
            pass
    found = [
        RankedDocument(each.index, documents[each.index], each.score)
        for each in best
        if threshold is None or each.score >= threshold
    ]
    return Ranking(found, answer.usage)


def _min_max(scores: list[Score]) -> list[Score]:
    """Scores spread over 0…1; 0 where all are the same."""
    if not scores:
        return []
    most, least = scores[0].score, scores[-1].score
    width = most - least
    return [Score(each.index, (each.score - least) / width if width else 0.0) for each in scores]
