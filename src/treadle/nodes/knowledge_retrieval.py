"""The knowledge retrieval node: finds passages in knowledge bases (workflow-nodes §5)."""

from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from pydantic import Field

from treadle.engine.errors import InvalidVariableTypeError, KnowledgeRetrievalError, NodeError
from treadle.engine.node import NodeContext, NodeFailure, NodeResult, NodeType
from treadle.engine.ports import KnowledgeBase, MetadataFilter, RetrievalRequest
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import JsonValue, Value

from .about import NodeAbout, Output, Words
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

    query_variable_selector: SelectorField = Field(default=(), json_schema_extra={"accepts": ["string"]})
    query_attachment_selector: SelectorField = Field(default=(), json_schema_extra={"accepts": ["file", "array[file]"]})
    dataset_ids: tuple[str, ...] = Field(json_schema_extra={"ui": "knowledge-bases"})
    retrieval_mode: Literal["single", "multiple"]
    multiple_retrieval_config: MultipleRetrieval | None = None
    single_retrieval_config: SingleRetrieval | None = None
    metadata_filtering_mode: Literal["disabled", "automatic", "manual"] = "disabled"
    metadata_model_config: ModelConfig | None = Field(
        default=None, json_schema_extra={"ui": "model", "shown_if": {"metadata_filtering_mode": "automatic"}}
    )
    metadata_filtering_conditions: ConditionsConfig | None = Field(
        default=None, json_schema_extra={"shown_if": {"metadata_filtering_mode": "manual"}}
    )


@dataclass(slots=True)
class _Retrieval:
    """One run of the node, with what is known of it for the log."""

    limits: NodeLimits
    ctx: NodeContext
    config: RetrievalConfig
    inputs: dict[str, Value] = field(default_factory=dict[str, Value])
    process_data: dict[str, Value] = field(default_factory=dict[str, Value])
    usage: Usage = NO_USAGE

    async def items(self) -> list[dict[str, Value]]:
        """The passages found. Raises InvalidVariableTypeError, KnowledgeRetrievalError and errors of models."""
        query, files = self._query(), selected_files(self.ctx.pool, self.config.query_attachment_selector)
        if self.config.query_variable_selector:
            self.inputs["query"] = query
        if files:
            self.inputs["attachments"] = list[Value](files)
        if not query and not files:
            return []
        merge = self._merge() if self.config.retrieval_mode == "multiple" else None
        bases = await self.ctx.ports.knowledge.bases(self.config.dataset_ids)
        conditions = await self._filter(bases, query) if bases and query else None
        if bases and self.config.retrieval_mode == "single":
            bases = await self._chosen(bases, query)
        if not bases:
            return []
        request = RetrievalRequest(
            dataset_ids=tuple(base.id for base in bases),
            query=query,
            merge=merge,
            filter=conditions,
            files=tuple(files),
        )
        return await self.ctx.ports.knowledge.retrieve(request)

    def _query(self) -> str:
        """Empty when none is set."""
        selector = self.config.query_variable_selector
        if not selector:
            return ""
        query = self.ctx.pool.get(selector)
        if not isinstance(query, str):
            raise InvalidVariableTypeError(
                f"The query is not a string: the variable {'.'.join(selector)} holds something else."
            )
        return query

    def _merge(self) -> dict[str, JsonValue]:
        if self.config.multiple_retrieval_config is None:
            raise KnowledgeRetrievalError("The settings for searching several knowledge bases are missing.")
        return self.config.multiple_retrieval_config.merge()

    async def _filter(self, bases: list[KnowledgeBase], query: str) -> MetadataFilter | None:
        conditions = self.config.metadata_filtering_conditions
        if self.config.metadata_filtering_mode == "manual" and conditions is not None:
            return given_filter(self.ctx.pool, conditions)
        if self.config.metadata_filtering_mode != "automatic":
            return None
        model = self.config.metadata_model_config
        if model is None:
            raise KnowledgeRetrievalError("The automatic metadata filter needs a model; choose one.")
        operator = conditions.logical_operator if conditions else "or"
        found, usage = await asked_filter(self.limits, self.ctx, model, bases, query, operator)
        self._spent(usage)
        return found

    async def _chosen(self, bases: list[KnowledgeBase], query: str) -> list[KnowledgeBase]:
        """The base that the model chooses; nothing needs to be asked where there is one only."""
        if not query or len(bases) == 1:
            return bases if query else []
        if self.config.single_retrieval_config is None:
            raise KnowledgeRetrievalError("Choosing one knowledge base needs a model; choose one.")
        model = self.config.single_retrieval_config.model
        base, usage = await choose_base(self.limits, self.ctx, model, bases, query)
        self._spent(usage)
        return [base] if base else []

    def _spent(self, usage: Usage) -> None:
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
    retrieval = _Retrieval(limits, ctx, config)
    try:
        items = await retrieval.items()
    except NodeError as error:
        raise NodeFailure(retrieval.result({})) from error
    return retrieval.result({"result": list[Value](items)})


def knowledge_retrieval(limits: NodeLimits) -> NodeType[RetrievalConfig]:
    """The node type under `limits`."""
    return NodeType("knowledge-retrieval", load=reader(RetrievalConfig), run=partial(run, limits))


ABOUT = NodeAbout(
    kind="knowledge-retrieval",
    family="knowledge",
    icon="BookOpen",
    title=Words("Knowledge retrieval", "知识检索", "ナレッジ検索"),
    description=Words(
        "Finds passages in knowledge bases.", "在知识库中查找段落。", "ナレッジベースから関連する箇所を探します。"
    ),
    outputs=(Output("result", "array[object]"),),
    runs_alone=True,
    handles_errors=True,
)
