"""Every app type is a graph: from a definition to what the engine runs.

Source: design "Every app type is a graph", spec workflow-engine §6, models-and-tools §2.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, TypeAlias

from treadle.apps.definition import Definition
from treadle.apps.features.plan import Extras, extras_of, moderation_problems, query_problems
from treadle.apps.features.retrieval import base_ids, retrieval_data
from treadle.apps.pipeline_inputs import PipelineVariable, pipeline_variables
from treadle.dsl import (
    AppMode,
    ConversationVariable,
    DefaultValue,
    EnvironmentType,
    ErrorStrategy,
    Features,
    JsonMap,
    ModelConfig,
    NodeView,
    WorkflowFile,
    graph_view,
)
from treadle.engine.errors import GraphError, GraphProblem
from treadle.engine.graph import EdgeSpec, Graph, GraphSpec, NodeSpec, Retry, compile_graph, root_ids
from treadle.engine.node import NodeType
from treadle.engine.ports import ModelRef
from treadle.engine.values import JsonValue, Value
from treadle.nodes.basic import BASIC_KIND, KNOWLEDGE_NODE
from treadle.nodes.basic_agent import BASIC_AGENT_KIND, is_agent
from treadle.nodes.config import as_value
from treadle.nodes.inputs import InputVariable
from treadle.nodes.start import Start

NodeTypes: TypeAlias = Mapping[str, NodeType[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledApp:
    """One version of an app, ready to run any number of times."""

    version_id: str
    mode: AppMode
    graph: Graph
    form: tuple[InputVariable, ...]
    form_items: tuple[JsonMap, ...]
    """The form as `/parameters` shows it: maps of one key, the kind of the question."""
    features: Features
    feature_map: JsonMap
    environment: Mapping[str, Value]
    secrets: tuple[str, ...]
    conversation_variables: tuple[ConversationVariable, ...]
    model: ModelRef | None
    """The model of a basic app; the first model node's of a graph."""
    chooses_file_types: bool
    """Uploads are checked by type and extension, not only by count and method."""
    roots: tuple[str, ...]
    """The nodes that a run can begin with: the start node, or each trigger; `graph` begins with the first."""
    compile_from: Callable[[str], Graph] = field(repr=False)
    """Compiles the graph from one of `roots`, once."""
    extras: Extras
    """What happens around its runs."""
    pipeline_variables: tuple[PipelineVariable, ...] = ()
    """What a knowledge pipeline asks for; empty for apps."""

    def graph_from(self, root: str | None = None) -> Graph:
        """The graph of a run that begins with the node `root`. Raises GraphError: no such root, or it cannot be run."""
        return self.graph if root is None else self.compile_from(root)


def compile_app(definition: Definition, types: NodeTypes, *, version_id: str) -> CompiledApp:
    """The runnable form of a version; with several triggers, the graphs behind all but the first are compiled when
    they are first asked for. Raises GraphError with every reason why it cannot be run."""
    spec = graph_spec(definition)
    roots = root_ids(spec)

    @cache
    def compile_from(root: str) -> Graph:
        return compile_graph(spec, types, root=root)

    graph = compile_from(roots[0])
    extras = extras_of(definition)
    if problems := [*moderation_problems(extras.moderation), *query_problems(definition)]:
        raise GraphError(problems)
    start = graph.nodes[graph.root].config
    workflow = definition.workflow or WorkflowFile()
    return CompiledApp(
        version_id=version_id,
        mode=definition.mode,
        graph=graph,
        form=start.config.variables if isinstance(start, Start) else (),
        form_items=_form_items(definition, spec, graph.nodes[graph.root].id),
        features=definition.features,
        feature_map=definition.feature_map,
        environment={variable.name: as_value(variable.value) for variable in workflow.environment_variables},
        secrets=(*_environment_secrets(workflow), *definition.tool_secrets),
        conversation_variables=tuple(workflow.conversation_variables),
        model=_model(spec),
        chooses_file_types=definition.mode.has_graph,
        roots=tuple(roots),
        compile_from=compile_from,
        extras=extras,
        pipeline_variables=pipeline_variables(workflow.pipeline_variables),
    )


def _environment_secrets(workflow: WorkflowFile) -> list[str]:
    variables = workflow.environment_variables
    return [str(variable.value) for variable in variables if variable.value_type is EnvironmentType.SECRET]


def graph_spec(definition: Definition) -> GraphSpec:
    """The graph of a definition, before it is compiled."""
    if definition.workflow is not None:
        view = graph_view(definition.workflow)
        return GraphSpec(
            [_node(node) for node in view.nodes],
            [EdgeSpec(edge.source, edge.target, edge.source_handle) for edge in view.edges],
        )
    assert definition.model_config is not None
    agent = definition.mode is AppMode.AGENT_CHAT and is_agent(definition.model_config)
    return _basic_graph(definition.model_config, BASIC_AGENT_KIND if agent else BASIC_KIND)


def _basic_graph(config: ModelConfig, kind: str) -> GraphSpec:
    """Start, the search of knowledge bases, the prompt with its model or agent, and the answer."""
    settings = config.as_map()
    variables: list[JsonValue] = [_start_variable(item) for item in _asked(settings)]
    data: JsonMap = {"model_config": settings}
    if kind == BASIC_AGENT_KIND and base_ids(config):
        data["retrieval"] = retrieval_data(config, ())
    nodes = [
        NodeSpec("start", "start", "Start", {"variables": variables}),
        NodeSpec("llm", kind, "Model", data),
        NodeSpec("answer", "answer", "Answer", {"answer": "{{#llm.text#}}"}),
    ]
    if kind == BASIC_KIND and base_ids(config):
        data = retrieval_data(config, ("sys", "query"))
        nodes.insert(1, NodeSpec(KNOWLEDGE_NODE, "knowledge-retrieval", "Knowledge", data))
    return GraphSpec(nodes, [EdgeSpec(one.id, next_one.id) for one, next_one in pairwise(nodes)])


def _asked(settings: JsonMap) -> list[JsonValue]:
    """The form without what is fetched from outside: nobody is asked for that."""
    form = _list(settings.get("user_input_form"))
    return [item for item in form if not (isinstance(item, dict) and "external_data_tool" in item)]


def _start_variable(item: JsonValue) -> JsonValue:
    """A form item `{kind: {…}}` as a start node spells it."""
    if not isinstance(item, dict) or len(item) != 1:
        return item
    ((kind, settings),) = item.items()
    return {**settings, "type": kind} if isinstance(settings, dict) else item


def _form_items(definition: Definition, spec: GraphSpec, start_id: str) -> tuple[JsonMap, ...]:
    if definition.model_config is not None:
        form = _list(definition.model_config.as_map().get("user_input_form"))
        return tuple(item for item in form if isinstance(item, dict))
    start = next(node for node in spec.nodes if node.id == start_id)
    return tuple(
        {str(item.get("type", "text-input")): item}
        for item in _list(start.data.get("variables"))
        if isinstance(item, dict)
    )


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _node(view: NodeView) -> NodeSpec:
    return NodeSpec(
        id=view.id,
        kind=view.type,
        title=view.title,
        data=view.data,
        parent=view.parent,
        strategy=view.error_strategy,
        defaults=_defaults(view) if view.error_strategy is ErrorStrategy.DEFAULT_VALUE else {},
        retry=Retry(view.retry.max_retries, view.retry.interval_ms / 1000) if view.retry else Retry(),
    )


def _defaults(view: NodeView) -> dict[str, Value]:
    return {item.key: _default(view, item) for item in view.default_value}


def _default(view: NodeView, item: DefaultValue) -> Value:
    """A default as its declared type says; text for another type is read as JSON (workflow-engine §16)."""
    value = item.value
    if item.type == "string":
        return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    elif value == "":
        value = None
    wanted = {"number": int | float, "object": dict}.get(item.type, list)
    if value is not None and (not isinstance(value, wanted) or isinstance(value, bool)):
        value = None
    if value is None and item.value not in (None, ""):
        message = f'The default value of "{item.key}" of the node "{view.title or view.id}" is no {item.type}.'
        raise GraphError([GraphProblem(message, node=view.id, field=f"default_value.{item.key}")])
    return as_value(value)


def _model(spec: GraphSpec) -> ModelRef | None:
    for node in spec.nodes:
        settings = node.data.get("model_config", node.data)
        model = settings.get("model") if isinstance(settings, dict) else None
        if isinstance(model, dict) and model.get("name"):
            return ModelRef(str(model.get("provider", "")), str(model["name"]), str(model.get("mode", "chat")))
    return None
