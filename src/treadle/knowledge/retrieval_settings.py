"""How a base is searched, as callers write it and as it is kept. Source: spec knowledge §10.1."""

from typing import TypeVar

import msgspec

from treadle.knowledge.shapes import ExternalRetrieval, JsonMap, RetrievalModel
from treadle.knowledge.tables import KnowledgeBase, Technique
from treadle.platform.refusals import InvalidParam

MAX_TOP_K = 100
Kind = TypeVar("Kind")


def retrieval_model_from(given: JsonMap | None, name: str = "retrieval_model") -> RetrievalModel | None:
    """What a caller asks for; None when nothing is given. Raises InvalidParam naming the bad member."""
    if given is None:
        return None
    wanted = converted(_without_nulls(given), RetrievalModel, name)
    if not 1 <= wanted.top_k <= MAX_TOP_K:
        raise InvalidParam(f"`{name}.top_k` must be from 1 to {MAX_TOP_K}.", param=f"{name}.top_k")
    if wanted.score_threshold is not None and not 0 <= wanted.score_threshold <= 1:
        raise InvalidParam(f"`{name}.score_threshold` must be from 0 to 1.", param=f"{name}.score_threshold")
    if wanted.weights is not None:
        parts = (wanted.weights.vector_setting.vector_weight, wanted.weights.keyword_setting.keyword_weight)
        if any(not 0 <= part <= 1 for part in parts):
            raise InvalidParam(f"`{name}.weights` must be from 0 to 1.", param=f"{name}.weights")
    if wanted.reranking_mode == "weighted_score" and wanted.weights is None:
        raise InvalidParam(
            f"`{name}.reranking_mode` is weighted_score, but `{name}.weights` is missing.", param=f"{name}.weights"
        )
    return wanted


def external_retrieval_from(given: JsonMap | None) -> ExternalRetrieval | None:
    """What a caller asks of a base elsewhere; None when nothing is given. Raises InvalidParam."""
    if given is None:
        return None
    name = "external_retrieval_model"
    wanted = converted(_without_nulls(given), ExternalRetrieval, name)
    if not 1 <= wanted.top_k <= MAX_TOP_K:
        raise InvalidParam(f"`{name}.top_k` must be from 1 to {MAX_TOP_K}.", param=f"{name}.top_k")
    if not 0 <= wanted.score_threshold <= 1:
        raise InvalidParam(f"`{name}.score_threshold` must be from 0 to 1.", param=f"{name}.score_threshold")
    return wanted


def kept_retrieval(base: KnowledgeBase) -> RetrievalModel:
    """The settings of a base, or the defaults. An economy base is searched by keywords whatever it says."""
    model = msgspec.json.decode(base.retrieval_model, type=RetrievalModel) if base.retrieval_model else RetrievalModel()
    if base.indexing_technique == Technique.ECONOMY:
        model.search_method = "keyword_search"
    return model


def kept_external(base: KnowledgeBase) -> ExternalRetrieval:
    """The settings of a base that is elsewhere, or the defaults."""
    if not base.external_retrieval_model:
        return ExternalRetrieval()
    return msgspec.json.decode(base.external_retrieval_model, type=ExternalRetrieval)


def dumped(model: RetrievalModel | ExternalRetrieval, base: KnowledgeBase | None = None) -> str:
    """As it is kept. Weights are given the embedding model of `base` where they name none."""
    if isinstance(model, RetrievalModel) and model.weights is not None and base is not None:
        vector = model.weights.vector_setting
        vector.embedding_model_name = vector.embedding_model_name or base.embedding_model or ""
        vector.embedding_provider_name = vector.embedding_provider_name or base.embedding_model_provider or ""
    return msgspec.json.encode(model).decode()


def converted(given: JsonMap, kind: type[Kind], name: str) -> Kind:
    """`given` as `kind`. Raises InvalidParam that names the member within `name`."""
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$")
        member = f"{name}{place.rstrip('`')}"
        raise InvalidParam(f"`{member}` is not valid: {reason[:1].lower()}{reason[1:]}.", param=member) from error


def _without_nulls(given: JsonMap) -> JsonMap:
    """What is null counts as not given: clients send whole objects."""
    return {key: value for key, value in given.items() if value is not None}
