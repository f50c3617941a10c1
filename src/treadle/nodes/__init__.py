"""The node types: one module each."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from treadle.engine.node import NodeType

from .agent import AgentConfig, agent
from .answer import ANSWER, AnswerConfig
from .assigner import ASSIGNER, AssignerConfig
from .basic import basic_model
from .basic_agent import basic_agent
from .code import CodeConfig, code
from .config import NodeConfig
from .datasource import DATASOURCE, DatasourceConfig
from .document_extractor import DOCUMENT_EXTRACTOR, DocumentExtractorConfig
from .end import END, EndConfig
from .http_request import HttpConfig, http_request
from .human_input import HUMAN_INPUT, HumanInputConfig
from .if_else import IF_ELSE, IfElseConfig
from .iteration import ITERATION, ITERATION_START, EntryConfig, IterationConfig
from .knowledge_index import KNOWLEDGE_INDEX, KnowledgeIndexConfig
from .knowledge_retrieval import RetrievalConfig, knowledge_retrieval
from .limits import DEFAULT_LIMITS, NodeLimits
from .list_operator import LIST_OPERATOR, ListOperatorConfig
from .llm import LlmConfig, llm
from .loop import LOOP, LOOP_END, LOOP_START, LoopConfig
from .parameter_extractor import ExtractorConfig, parameter_extractor
from .question_classifier import ClassifierConfig, question_classifier
from .start import START, StartConfig
from .template_transform import TemplateConfig, template_transform
from .tool import TOOL, ToolConfig
from .trigger_plugin import TRIGGER_PLUGIN, PluginTriggerConfig
from .trigger_schedule import TRIGGER_SCHEDULE, ScheduleConfig
from .trigger_webhook import TRIGGER_WEBHOOK, WebhookConfig
from .variable_aggregator import VARIABLE_AGGREGATOR, VARIABLE_ASSIGNER, AggregatorConfig

__all__ = ["DEFAULT_LIMITS", "FORMS", "NODE_TYPES", "PIPELINE_ONLY", "NodeLimits", "node_types"]


def node_types(limits: NodeLimits) -> Mapping[str, NodeType[Any]]:
    """Every node type that can be run, by its kind, under `limits`."""
    types: tuple[NodeType[Any], ...] = (
        START,
        END,
        ANSWER,
        llm(limits),
        IF_ELSE,
        code(limits),
        template_transform(limits),
        http_request(limits),
        VARIABLE_AGGREGATOR,
        VARIABLE_ASSIGNER,
        ITERATION,
        ITERATION_START,
        LOOP,
        LOOP_START,
        LOOP_END,
        ASSIGNER,
        question_classifier(limits),
        parameter_extractor(limits),
        knowledge_retrieval(limits),
        LIST_OPERATOR,
        DOCUMENT_EXTRACTOR,
        TOOL,
        agent(limits),
        TRIGGER_WEBHOOK,
        TRIGGER_SCHEDULE,
        TRIGGER_PLUGIN,
        HUMAN_INPUT,
        DATASOURCE,
        KNOWLEDGE_INDEX,
        basic_model(limits),
        basic_agent(limits),
    )
    return MappingProxyType({node_type.kind: node_type for node_type in types})


NODE_TYPES: Final = node_types(DEFAULT_LIMITS)

FORMS: Final[Mapping[str, type[NodeConfig]]] = MappingProxyType(
    {
        "start": StartConfig,
        "end": EndConfig,
        "answer": AnswerConfig,
        "llm": LlmConfig,
        "if-else": IfElseConfig,
        "code": CodeConfig,
        "template-transform": TemplateConfig,
        "http-request": HttpConfig,
        "variable-aggregator": AggregatorConfig,
        "variable-assigner": AggregatorConfig,
        "assigner": AssignerConfig,
        "iteration": IterationConfig,
        "iteration-start": EntryConfig,
        "loop": LoopConfig,
        "loop-start": EntryConfig,
        "loop-end": EntryConfig,
        "question-classifier": ClassifierConfig,
        "parameter-extractor": ExtractorConfig,
        "knowledge-retrieval": RetrievalConfig,
        "list-operator": ListOperatorConfig,
        "document-extractor": DocumentExtractorConfig,
        "tool": ToolConfig,
        "agent": AgentConfig,
        "trigger-webhook": WebhookConfig,
        "trigger-schedule": ScheduleConfig,
        "trigger-plugin": PluginTriggerConfig,
        "human-input": HumanInputConfig,
        "datasource": DatasourceConfig,
        "knowledge-index": KnowledgeIndexConfig,
    }
)
"""The settings of each node type of app files; their JSON Schema is the node's form."""

PIPELINE_ONLY: Final = frozenset({"datasource", "knowledge-index"})
"""Node types of knowledge pipelines, which no app can run."""
