"""What can be said about an app's structure without knowing its nodes' types (workflow-engine §6)."""

from collections import Counter
from collections.abc import Iterable, Iterator

from treadle.dsl.app_file import AppFile, AppMode, WorkflowFile
from treadle.dsl.graph_view import (
    CONTAINER_TYPES,
    ROOT_TYPES,
    TRIGGER_TYPES,
    EdgeView,
    GraphView,
    NodeView,
    containers_in_themselves,
    graph_view,
    is_decoration,
    read_edges,
)
from treadle.dsl.legacy import id_text
from treadle.dsl.paths import cycles, parallel_depths, reachable
from treadle.dsl.problems import Problem, ProblemKind, Severity, has_errors, kind_of_value
from treadle.dsl.references import references
from treadle.dsl.variables import duplicate_variables, repeated

PARALLEL_DEPTH_LIMIT = 3

_NAMESPACES = frozenset({"sys", "env", "conversation", "rag"})


def check_structure(app: AppFile, *, parallel_depth_limit: int = PARALLEL_DEPTH_LIMIT) -> list[Problem]:
    """Everything wrong with an app's structure: errors must stop a publish, and a run where `blocks_run` says so.

    Errors: no nodes, broken nodes and edges, ids used twice, no root or too many, cycles, broken containers,
    parallel branches nested too deep. Warnings: nodes that nothing leads to (and cycles among these), names
    used twice, selectors and templates that name nothing in this app.
    """
    if not app.mode.has_graph:
        return _basic_problems(app)
    if app.workflow is None:
        message = f"workflow is missing: an app of mode {app.mode} needs a map there."
        return [_problem(ProblemKind.NO_WORKFLOW, "error", "workflow", message)]
    problems = list(_list_problems(app.workflow))
    if has_errors(problems):
        return problems
    view = graph_view(app.workflow)
    problems += _node_problems(app.workflow)
    problems += _container_problems(app.workflow, view)
    problems += _edge_problems(app.workflow, view)
    problems += _root_problems(view, app.mode)
    for container in [None, *(node for node in view.nodes if node.type in CONTAINER_TYPES)]:
        problems += _level_problems(view, container, parallel_depth_limit)
    problems += _variable_problems(app.workflow, view)
    problems += _reference_problems(app.workflow, view)
    return problems


def _problem(kind: ProblemKind, severity: Severity, where: str, message: str) -> Problem:
    return Problem(kind=kind, severity=severity, where=where, message=message)


def _at(node: NodeView, kind: ProblemKind, severity: Severity, message: str, field: str | None = None) -> Problem:
    where = f"workflow.graph.nodes[{node.index}]" + (f".data.{field}" if field else "")
    return Problem(
        kind=kind, severity=severity, where=where, message=message, node=node.id, node_title=node.title, field=field
    )


def _basic_problems(app: AppFile) -> list[Problem]:
    if app.model_config is None:
        message = f"model_config is missing: an app of mode {app.mode} needs a map there."
        return [_problem(ProblemKind.NO_MODEL_CONFIG, "error", "model_config", message)]
    model = app.model_config.model
    if model.provider and model.name:
        return []
    message = "model_config.model names no model: choose one before the app is used."
    return [_problem(ProblemKind.NO_MODEL, "warning", "model_config.model", message)]


def _list_problems(workflow: WorkflowFile) -> Iterator[Problem]:
    for key in ("nodes", "edges"):
        value, where = workflow.graph.get(key), f"workflow.graph.{key}"
        if value is None:
            message = f"{where} is missing: add the list, empty if there are none."
            yield _problem(ProblemKind.NO_NODES if key == "nodes" else ProblemKind.BAD_FIELD, "error", where, message)
        elif not isinstance(value, list):
            message = f"{where} must be a list, but is {kind_of_value(value)}."
            yield _problem(ProblemKind.BAD_FIELD, "error", where, message)
        elif key == "nodes" and not value:
            message = "The workflow has no nodes: add a start node and what follows it."
            yield _problem(ProblemKind.NO_NODES, "error", where, message)


def _node_problems(workflow: WorkflowFile) -> Iterator[Problem]:
    raw = workflow.graph.get("nodes")
    ids: dict[int, str] = {}
    for index, node in enumerate(raw if isinstance(raw, list) else []):
        where = f"workflow.graph.nodes[{index}]"
        if not isinstance(node, dict):
            message = f"{where} must be a map, but is {kind_of_value(node)}."
            yield _problem(ProblemKind.BAD_NODE, "error", where, message)
            continue
        node_id, data = id_text(node.get("id")), node.get("data")
        if node_id is None:
            message = f"{where} has no id: give it one that no other node has."
            yield _problem(ProblemKind.BAD_NODE, "error", f"{where}.id", message)
            continue
        ids[index] = node_id
        if not is_decoration(node) and not (isinstance(data, dict) and isinstance(data.get("type"), str)):
            message = f"The node {node_id} has no type: add data.type, for example llm or code."
            yield Problem(
                kind=ProblemKind.BAD_NODE,
                severity="error",
                where=f"{where}.data.type",
                message=message,
                node=node_id,
                field="type",
            )
    yield from _duplicate_ids(ids)


def _duplicate_ids(ids: dict[int, str]) -> Iterator[Problem]:
    uses = Counter(ids.values())
    places = {node_id: index for index, node_id in ids.items()}
    for node_id in repeated(ids.values()):
        message = f"The id {node_id} is used by {uses[node_id]} nodes: give each node its own."
        yield Problem(
            kind=ProblemKind.DUPLICATE_NODE,
            severity="error",
            where=f"workflow.graph.nodes[{places[node_id]}].id",
            message=message,
            node=node_id,
        )


def _container_problems(workflow: WorkflowFile, view: GraphView) -> Iterator[Problem]:
    parents = {node.id: node.parent for node in view.nodes}
    for raw in workflow.nodes:
        node_id, parent = id_text(raw.get("id")), id_text(raw.get("parentId"))
        if node_id is not None and node_id not in parents and not is_decoration(raw):
            data = raw.get("data")
            inside = (
                id_text(data.get("loop_id")) or id_text(data.get("iteration_id")) if isinstance(data, dict) else None
            )
            parents[node_id] = inside or parent
    for node_id in containers_in_themselves(parents):
        message = f"The node {node_id} lies inside a container that lies inside itself: move one of them out."
        yield Problem(
            kind=ProblemKind.CONTAINER_CYCLE,
            severity="error",
            where="workflow.graph.nodes",
            message=message,
            node=node_id,
            field="iteration_id",
        )
    for node in view.nodes:
        if node.parent is None:
            continue
        container = view.by_id.get(node.parent)
        if container is None:
            message = (
                f"The node {node.label} belongs to the container {node.parent}, which does not exist: move it out."
            )
            yield _at(node, ProblemKind.UNKNOWN_CONTAINER, "error", message)
        elif container.type not in CONTAINER_TYPES:
            message = (
                f"The node {node.label} lies inside {container.label}, which is no iteration or loop: move it out."
            )
            yield _at(node, ProblemKind.UNKNOWN_CONTAINER, "error", message)
    yield from _entry_problems(
        view, file_ids={node_id for raw in workflow.nodes if (node_id := id_text(raw.get("id")))}
    )


def _entry_problems(view: GraphView, file_ids: set[str]) -> Iterator[Problem]:
    for container in view.nodes:
        if container.type not in CONTAINER_TYPES or container.data["start_node_id"] in file_ids:
            continue
        if len(view.children(container.id)) > 1:
            message = (
                f"The {container.type} {container.label} has no start node, so nothing inside it would run: add one."
            )
            yield _at(container, ProblemKind.NO_ENTRY, "error", message, "start_node_id")


def _edge_problems(workflow: WorkflowFile, view: GraphView) -> Iterator[Problem]:
    raw = workflow.graph.get("edges")
    for index, edge in enumerate(raw if isinstance(raw, list) else []):
        where = f"workflow.graph.edges[{index}]"
        if not isinstance(edge, dict):
            message = f"{where} must be a map, but is {kind_of_value(edge)}."
            yield _problem(ProblemKind.BAD_EDGE, "error", where, message)
        elif id_text(edge.get("source")) is None or id_text(edge.get("target")) is None:
            message = f"{where} must name a source and a target node: add them or remove the edge."
            yield _problem(ProblemKind.BAD_EDGE, "error", where, message)
    known = {node_id for node in workflow.nodes if (node_id := id_text(node.get("id"))) is not None}
    for edge in read_edges(workflow):
        where = f"workflow.graph.edges[{edge.index}]"
        for end, node_id in (("source", edge.source), ("target", edge.target)):
            if node_id not in known:
                message = f'The edge "{edge.id}" has the {end} {node_id}, which does not exist: remove the edge.'
                yield Problem(
                    kind=ProblemKind.DANGLING_EDGE,
                    severity="error",
                    where=f"{where}.{end}",
                    message=message,
                    node=node_id,
                    field=end,
                )
        source, target = view.by_id.get(edge.source), view.by_id.get(edge.target)
        if source is not None and target is not None and source.parent != target.parent:
            message = f"The edge from {source.label} to {target.label} crosses the border of a container: remove it."
            yield _at(source, ProblemKind.BORDER_EDGE, "error", message)


def _root_problems(view: GraphView, mode: AppMode) -> Iterator[Problem]:
    outer = view.children(None)
    starts = [node for node in outer if node.type == "start"]
    triggers = [node for node in outer if node.type in TRIGGER_TYPES]
    if not any(node.type in ROOT_TYPES for node in outer):
        wanted = "a start node" if mode is AppMode.ADVANCED_CHAT else "a start node or a trigger"
        message = f"The workflow has nothing to begin with: add {wanted}."
        yield _problem(ProblemKind.NO_ROOT, "error", "workflow.graph.nodes", message)
    for extra in starts[1:]:
        message = f"The workflow has a second start node, {extra.label}: keep one."
        yield _at(extra, ProblemKind.SEVERAL_STARTS, "error", message)
    if starts and triggers:
        message = f"The workflow has both a start node and the trigger {triggers[0].label}: keep one kind."
        yield _at(triggers[0], ProblemKind.START_AND_TRIGGER, "error", message)


def _level_problems(view: GraphView, container: NodeView | None, depth_limit: int) -> Iterator[Problem]:
    inside = view.children(container.id if container else None)
    edges = view.edges_inside(container.id if container else None)
    roots = _roots(inside, container)
    reached = reachable(roots, edges)
    found = cycles([*roots, *(node.id for node in inside)], edges)
    for cycle in found:
        labels = " → ".join(view.by_id[node_id].label for node_id in [*cycle, cycle[0]])
        message = f"The nodes {labels} wait for each other in a circle: remove one of the edges."
        severity = "error" if reached.intersection(cycle) else "warning"
        yield _at(view.by_id[cycle[0]], ProblemKind.CYCLE, severity, message)
    for node in inside if roots else []:
        if node.id not in reached:
            message = f"No path leads to the node {node.label}, so it never runs: connect it or remove it."
            yield _at(node, ProblemKind.UNREACHABLE_NODE, "warning", message)
    if not found:
        yield from _depth_problems(view, roots, [edge for edge in edges if edge.source in reached], depth_limit)


def _roots(inside: Iterable[NodeView], container: NodeView | None) -> list[str]:
    if container is not None:
        return [str(container.data["start_node_id"])]
    return [node.id for node in inside if node.type in ROOT_TYPES]


def _depth_problems(view: GraphView, roots: list[str], edges: list[EdgeView], limit: int) -> Iterator[Problem]:
    too_deep = [fork for fork, depth in parallel_depths(roots, edges).items() if depth > limit]
    if too_deep:
        node = view.by_id[too_deep[0]]
        message = f"Parallel branches are nested more than {limit} deep at the node {node.label}: join some before it."
        yield _at(node, ProblemKind.PARALLEL_DEPTH, "error", message)


def _variable_problems(workflow: WorkflowFile, view: GraphView) -> Iterator[Problem]:
    environment = [variable.name for variable in workflow.environment_variables]
    conversation = [variable.name for variable in workflow.conversation_variables]
    yield from duplicate_variables(environment, "workflow.environment_variables")
    yield from duplicate_variables(conversation, "workflow.conversation_variables")
    for node in view.nodes:
        form = node.data.get("variables") if node.type == "start" else None
        fields = [field for field in form if isinstance(field, dict)] if isinstance(form, list) else []
        for name in repeated(name for field in fields if isinstance(name := field.get("variable"), str)):
            message = f'The form of the node {node.label} asks for "{name}" twice: rename one of the fields.'
            yield _at(node, ProblemKind.DUPLICATE_VARIABLE, "warning", message, "variables")


def _reference_problems(workflow: WorkflowFile, view: GraphView) -> Iterator[Problem]:
    variables = {
        "env": {variable.name for variable in workflow.environment_variables},
        "conversation": {variable.name for variable in workflow.conversation_variables},
    }
    for node in view.nodes:
        for reference in references(node):
            source, where = reference.path[0], f"The node {node.label} refers in {reference.field}"
            if len(reference.path) < 2:
                message = f'{where} to "{source}" alone: a reference needs a node and a variable.'
                yield _at(node, ProblemKind.SHORT_SELECTOR, "warning", message, reference.field)
            elif source in variables and reference.path[1] not in variables[source]:
                kind = "environment" if source == "env" else "conversation"
                message = f'{where} to the {kind} variable "{reference.path[1]}", which does not exist: choose another.'
                yield _at(node, ProblemKind.UNKNOWN_REFERENCE, "warning", message, reference.field)
            elif source not in _NAMESPACES and source not in view.by_id:
                message = f'{where} to the node "{source}", which does not exist: choose another variable.'
                yield _at(node, ProblemKind.UNKNOWN_REFERENCE, "warning", message, reference.field)
