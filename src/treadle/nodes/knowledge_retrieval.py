"""The knowledge retrieval node: finds passages in knowledge bases (workflow-nodes §5)."""

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from pydantic import Field

from treadle.engine.errors import InvalidVariableTypeError, KnowledgeRetrievalError, NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.ports import KnowledgeBase, MetadataFilter, RetrievalRequest
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, JsonValue, Missing, Value

from .config import JsonField, NodeConfig, SelectorField, as_value, reader
from .knowledge_routing import choose_base
from .limits import NodeLimits
from .media import selected_files
from .metadata_filter import ConditionsConfig, asked_filter, given_filter
from .model_settings import ModelConfig


class RerankingModel(NodeConfig):
    """The model that sorts what was found; without a name there is none."""

    provider: str = ""
    model: str = ""


class MultipleRetrieval(NodeConfig):
    """How passages of several bases are merged."""

    top_k: int = Field(default=4, ge=1, json_schema_extra={"maximum": 20})
    score_threshold: float | None = None
    reranking_mode: str = "reranking_model"
    reranking_enable: bool = True
    reranking_model: RerankingModel | None = None
    weights: dict[str, JsonField] | None = None

    def merge(self) -> dict[str, JsonValue]:
        """The settings as the search takes them. Raises KnowledgeRetrievalError."""
        if self.reranking_mode == "weighted_score" and self.weights is None:
            raise KnowledgeRetrievalError("Passages are to be ranked by weights, but no weights are set.")
        model = self.reranking_model
        named = model is not None and bool(model.provider and model.model)
        return {
            "top_k": self.top_k,
            "score_threshold": self.score_threshold or 0.0,
            "reranking_mode": self.reranking_mode,
            "reranking_enable": self.reranking_enable,
            "reranking_model": {"provider": model.provider, "model": model.model} if model and named else None,
            "weights": self.weights,
        }


class SingleRetrieval(NodeConfig):
    """The model that chooses one base."""

    model: ModelConfig = Field(json_schema_extra={"ui": "model"})


class RetrievalConfig(NodeConfig):
    """What is looked for, in which knowledge bases."""

    query_variable_selector: SelectorField = ()
    query_attachment_selector: SelectorField = ()
    dataset_ids: tuple[str, ...] = Field(json_schema_extra={"ui": "knowledge-bases"})
    retrieval_mode: Literal["single", "multiple"]
    multiple_retrieval_config: MultipleRetrieval | None = None
    single_retrieval_config: SingleRetrieval | None = None
    metadata_filtering_mode: Literal["disabled", "automatic", "manual"] = "disabled"
    metadata_model_config: ModelConfig | None = Field(default=None, json_schema_extra={"ui": "model"})
    metadata_filtering_conditions: ConditionsConfig | None = None


@dataclass(slots=True)
class _Retrieval:
    """What is known of one run of the node."""

    inputs: dict[str, Value] = field(default_factory=dict[str, Value])
    process_data: dict[str, Value] = field(default_factory=dict[str, Value])
    usage: Usage = NO_USAGE

    def spent(self, usage: Usage) -> None:
        self.usage += usage
        self.process_data["usage"] = as_value(self.usage.to_map())

    def result(self, outputs: dict[str, Value]) -> NodeResult:
        return NodeResult(
            outputs=outputs,
            inputs=self.inputs,
            process_data=self.process_data,
            metadata=self.usage.metadata() if "usage" in self.process_data else {},
            usage=self.usage,
        )


async def run(limits: NodeLimits, ctx: NodeContext, config: RetrievalConfig) -> NodeResult:
    """Raises InvalidVariableTypeError, KnowledgeRetrievalError, and what a failed model call gives."""
    if not config.query_variable_selector and not config.query_attachment_selector:
        return NodeResult()
    retrieval = _Retrieval()
    try:
        items = await _retrieve(limits, ctx, config, retrieval)
    except NodeError as error:
        raise NodeFailure(retrieval.result({})) from error
    return retrieval.result({"result": list[Value](items)})


async def _retrieve(
    limits: NodeLimits, ctx: NodeContext, config: RetrievalConfig, retrieval: _Retrieval
) -> list[dict[str, Value]]:
    query, files = _query(ctx, config), selected_files(ctx.pool, config.query_attachment_selector)
    if config.query_variable_selector:
        retrieval.inputs["query"] = query
    if files:
        retrieval.inputs["attachments"] = list[Value](files)
    if not query and not files:
        return []
    merge = _merge(config) if config.retrieval_mode == "multiple" else None
    bases = await ctx.ports.knowledge.bases(config.dataset_ids)
    if not bases:
        return []
    conditions = await _filter(limits, ctx, config, bases, query, retrieval) if query else None
    if config.retrieval_mode == "single":
        chosen = await _chosen(limits, ctx, config, bases, query, retrieval)
        bases = [chosen] if chosen else []
    return await _search(ctx, bases, query, files, merge, conditions) if bases else []


def _query(ctx: NodeContext, config: RetrievalConfig) -> str:
    """Empty when none is set."""
    if not config.query_variable_selector:
        return ""
    query = ctx.pool.get(config.query_variable_selector)
    if isinstance(query, Missing) or not isinstance(query, str):
        raise InvalidVariableTypeError(
            f"The query is not a string: the variable {'.'.join(config.query_variable_selector)} holds something else."
        )
    return query


def _merge(config: RetrievalConfig) -> dict[str, JsonValue]:
    if config.multiple_retrieval_config is None:
        raise KnowledgeRetrievalError("The settings for searching several knowledge bases are missing.")
    return config.multiple_retrieval_config.merge()


async def _filter(
    limits: NodeLimits,
    ctx: NodeContext,
    config: RetrievalConfig,
    bases: list[KnowledgeBase],
    query: str,
    retrieval: _Retrieval,
) -> MetadataFilter | None:
    conditions = config.metadata_filtering_conditions
    if config.metadata_filtering_mode == "manual" and conditions is not None:
        return given_filter(ctx.pool, conditions)
    if config.metadata_filtering_mode == "automatic":
        if config.metadata_model_config is None:
            raise KnowledgeRetrievalError("The automatic metadata filter needs a model; choose one.")
        operator = conditions.logical_operator if conditions else "or"
        found, usage = await asked_filter(limits, ctx, config.metadata_model_config, bases, query, operator)
        retrieval.spent(usage)
        return found
    return None


async def _chosen(
    limits: NodeLimits,
    ctx: NodeContext,
    config: RetrievalConfig,
    bases: list[KnowledgeBase],
    query: str,
    retrieval: _Retrieval,
) -> KnowledgeBase | None:
    """The base that the model chooses; nothing needs to be asked where there is one only."""
    if not query:
        return None
    if len(bases) == 1:
        return bases[0]
    if config.single_retrieval_config is None:
        raise KnowledgeRetrievalError("Choosing one knowledge base needs a model; choose one.")
    base, usage = await choose_base(limits, ctx, config.single_retrieval_config.model, bases, query)
    retrieval.spent(usage)
    return base


async def _search(
    ctx: NodeContext,
    bases: list[KnowledgeBase],
    query: str,
    files: list[File],
    merge: dict[str, JsonValue] | None,
    conditions: MetadataFilter | None,
) -> list[dict[str, Value]]:
    return await ctx.ports.knowledge.retrieve(
        RetrievalRequest(
            dataset_ids=tuple(base.id for base in bases),
            query=query,
            merge=merge,
            filter=conditions,
            files=tuple(files),
        )
    )


def knowledge_retrieval(limits: NodeLimits) -> NodeType[RetrievalConfig]:
    """The node type under `limits`."""
    return NodeType("knowledge-retrieval", load=reader(RetrievalConfig), run=partial(run, limits))
