"""What several bases found, as one list. Source: spec knowledge §11.3, §12.3."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from treadle.engine.ports import ModelRef
from treadle.knowledge.tables import KnowledgeBase, Provider, Technique
from treadle.platform.refusals import InvalidParam

from .records import ExternalRecord, Found
from .search import BaseSearch
from .weights import keyword_scores, weighted

_DEFAULT_TOP_K = 4
_MOST = 100


class Merge(msgspec.Struct, frozen=True, kw_only=True):
    """How passages of several bases are ranked together. Neither a model nor weights: by their own scores."""

    top_k: int = _DEFAULT_TOP_K
    threshold: float = 0.0
    model: ModelRef | None = None
    weights: tuple[float, float] | None = None
    """Of meaning and of words."""


def merge_from(given: Mapping[str, Any]) -> Merge:
    """The settings of a node or an app, in either spelling. Raises InvalidParam naming the bad one."""
    enabled = given.get("reranking_enable", True) is not False
    by_weights = given.get("reranking_mode") == "weighted_score" and given.get("weights") is not None
    return Merge(
        top_k=int(_number(given, "top_k", _DEFAULT_TOP_K, 1, _MOST)),
        threshold=_number(given, "score_threshold", 0.0, 0.0, 1.0),
        model=_model(given.get("reranking_model")) if enabled and not by_weights else None,
        weights=_weights(given.get("weights")) if enabled and by_weights else None,
    )


def check(bases: Sequence[KnowledgeBase], merge: Merge) -> None:
    """Raises InvalidParam when these bases cannot be ranked together in this way."""
    own = [base for base in bases if base.provider != Provider.EXTERNAL]
    techniques = {base.indexing_technique for base in own}
    if len(techniques) > 1 and merge.model is None:
        raise InvalidParam(
            "Some of the knowledge bases are searched by meaning and some by keywords: choose a rerank model, which "
            "can compare what both find.",
            param="reranking_model",
        )
    models = {(base.embedding_model_provider, base.embedding_model) for base in own}
    if merge.weights is not None and len(models) > 1:
        raise InvalidParam(
            "The knowledge bases have different embedding models, whose scores cannot be weighted against each other: "
            "choose a rerank model.",
            param="reranking_model",
        )


async def merged(search: BaseSearch, query: str, found: Sequence[Found], merge: Merge) -> list[Found]:
    """The best of all, best first. Raises InvokeError and IndexUnavailableError."""
    union = list({each.key: each for each in reversed(found)}.values())[::-1]
    if not union:
        return []
    if merge.model is not None:
        ranking = await search.reranked(
            union[0].base.workspace_id,
            merge.model,
            query,
            [each.text for each in union],
            top_n=merge.top_k,
            threshold=merge.threshold,
        )
        return [msgspec.structs.replace(union[place], score=score) for place, score in ranking]
    if merge.weights is not None:
        return await _by_weights(search, query, union, merge)
    if union[0].base.indexing_technique == Technique.ECONOMY:
        shared = await asyncio.to_thread(keyword_scores, query, [each.text for each in union])
        union = [msgspec.structs.replace(each, score=score) for each, score in zip(union, shared, strict=True)]
    kept = [each for each in union if (each.score or 0.0) >= merge.threshold]
    return sorted(kept, key=lambda each: -(each.score or 0.0))[: merge.top_k]


async def _by_weights(search: BaseSearch, query: str, union: Sequence[Found], merge: Merge) -> list[Found]:
    assert merge.weights is not None
    near = await _similarities(search, query, union)
    shared = await asyncio.to_thread(keyword_scores, query, [each.text for each in union])
    ranking = weighted(
        [near.get(each.key, each.score or 0.0) for each in union],
        shared,
        vector_weight=merge.weights[0],
        keyword_weight=merge.weights[1],
        threshold=merge.threshold,
        top_n=merge.top_k,
    )
    return [msgspec.structs.replace(union[place], score=score) for place, score in ranking]


async def _similarities(search: BaseSearch, query: str, union: Sequence[Found]) -> dict[str, float]:
    """The cosine of each passage of a base with embeddings: its own score may be of another kind."""
    nodes: dict[str, dict[str, str]] = {}
    bases: dict[str, KnowledgeBase] = {}
    for each in union:
        if isinstance(each.record, ExternalRecord) or each.base.indexing_technique != Technique.HIGH_QUALITY:
            continue
        children = each.record.child_chunks
        node = children[0].child.index_node_id if children else each.record.segment.index_node_id
        nodes.setdefault(each.base.id, {})[node] = each.key
        bases[each.base.id] = each.base
    scores: dict[str, float] = {}
    for base_id, keys in nodes.items():
        found = await search.similarities(bases[base_id], query, list(keys))
        scores |= {keys[node]: score for node, score in found.items()}
    return scores


def _model(given: object) -> ModelRef | None:
    fields = _mapping(given)
    provider = fields.get("provider") or fields.get("reranking_provider_name")
    name = fields.get("model") or fields.get("reranking_model_name")
    return ModelRef(str(provider), str(name)) if provider and name else None


def _weights(given: object) -> tuple[float, float]:
    fields = _mapping(given)
    return (
        _number(_mapping(fields.get("vector_setting")), "vector_weight", 0.7, 0.0, 1.0),
        _number(_mapping(fields.get("keyword_setting")), "keyword_weight", 0.3, 0.0, 1.0),
    )


def _mapping(given: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else {}


def _number(given: Mapping[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise InvalidParam(f"`{name}` must be a number from {least:g} to {most:g}.", param=name)
    return float(value)
