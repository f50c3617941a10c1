"""The typed reading of a graph that compilers and checks use; the file's maps stay as they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pydantic import JsonValue

from treadle.dsl.app_file import WorkflowFile
from treadle.dsl.legacy import handle_text, id_text, today, with_text_selectors
from treadle.dsl.sections import JsonMap

CONTAINER_TYPES = frozenset({"iteration", "loop"})
CONTAINER_STARTS = frozenset({"iteration-start", "loop-start"})
TRIGGER_TYPES = frozenset({"trigger-webhook", "trigger-schedule", "trigger-plugin"})
ROOT_TYPES = frozenset({"start", "datasource", *TRIGGER_TYPES})

_DECORATION = ("custom-note", "custom-data-source-empty")


class ErrorStrategy(StrEnum):
    """What happens when a node fails after its retries; none means that the run fails."""

    FAIL_BRANCH = "fail-branch"
    DEFAULT_VALUE = "default-value"


@dataclass(frozen=True, slots=True)
class DefaultValue:
    """One output a failing node gives under `ErrorStrategy.DEFAULT_VALUE`; `value` as typed in the file."""

    key: str
    type: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failing node is run again, and the pause before each in milliseconds."""

    max_retries: int
    interval_ms: int


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node that can run. `type` is the file's literal, `data` is in today's shape, `index` its place in the file.

    `parent` is the id of the iteration or loop around it.
    """

    id: str
    type: str
    title: str
    version: str
    data: JsonMap
    parent: str | None
    error_strategy: ErrorStrategy | None
    default_value: tuple[DefaultValue, ...]
    retry: Retry | None
    index: int

    @property
    def label(self) -> str:
        """The node as people know it: its title with its id, or its id alone."""
        return f'"{self.title}" ({self.id})' if self.title else self.id


@dataclass(frozen=True, slots=True)
class EdgeView:
    """An edge; `source_handle` is `source` unless the source node branches. `index` is its place in the file."""

    id: str
    source: str
    target: str
    source_handle: str
    index: int


@dataclass(frozen=True, slots=True)
class GraphView:
    """The nodes that can run and the edges between nodes of the same level, in the file's order.

    Left out, though kept in the file: notes and placeholders, nodes without id or type, second nodes with a
    used id, containers that contain themselves, edges that lead nowhere or across the border of a container.
    Containers always have a `start_node_id` in their data that names one of their children.
    """

    nodes: list[NodeView]
    edges: list[EdgeView]
    by_id: dict[str, NodeView] = field(repr=False)
    levels: "dict[str | None, Level]" = field(repr=False)

    def children(self, container: str | None) -> list[NodeView]:
        """The nodes directly inside a container, or on the outer level for None."""
        return self.levels[container].nodes if container in self.levels else []

    def edges_inside(self, container: str | None) -> list[EdgeView]:
        """The edges directly inside a container, or on the outer level for None."""
        return self.levels[container].edges if container in self.levels else []


@dataclass(frozen=True, slots=True)
class Level:
    """The nodes with one parent and the edges between them."""

    nodes: list[NodeView] = field(default_factory=list[NodeView])
    edges: list[EdgeView] = field(default_factory=list[EdgeView])


def graph_view(workflow: WorkflowFile) -> GraphView:
    """The runnable reading of a workflow's graph, with the older shapes of app-dsl §13 brought to today's."""
    nodes: dict[str, NodeView] = {}
    for node in _read_nodes(workflow.graph.get("nodes")):
        nodes.setdefault(node.id, node)
    _drop_containers_in_themselves(nodes)
    _give_containers_an_entry(nodes)
    edges = [
        edge
        for edge in read_edges(workflow)
        if edge.source in nodes and edge.target in nodes and nodes[edge.source].parent == nodes[edge.target].parent
    ]
    levels: dict[str | None, Level] = {}
    for node in nodes.values():
        levels.setdefault(node.parent, Level()).nodes.append(node)
    for edge in edges:
        levels[nodes[edge.source].parent].edges.append(edge)
    return GraphView(list(nodes.values()), edges, nodes, levels)


def read_edges(workflow: WorkflowFile) -> list[EdgeView]:
    """Every edge of the file that names a source and a target, whether these exist or not."""
    raw = workflow.graph.get("edges")
    edges: list[EdgeView] = []
    for index, edge in enumerate(raw if isinstance(raw, list) else []):
        if not isinstance(edge, dict):
            continue
        source, target = id_text(edge.get("source")), id_text(edge.get("target"))
        if source is not None and target is not None:
            handle = handle_text(edge.get("sourceHandle"))
            edges.append(EdgeView(id_text(edge.get("id")) or f"edge {index}", source, target, handle, index))
    return edges


def is_decoration(node: JsonMap) -> bool:
    """Whether a node of the file is a note or an editor's placeholder, which never run."""
    data = node.get("data")
    is_bare_note = isinstance(data, dict) and data.get("type") == "" and "theme" in data
    is_placeholder = isinstance(data, dict) and data.get("type") == "datasource-empty"
    return node.get("type") in _DECORATION or is_bare_note or is_placeholder


def _read_nodes(raw: JsonValue) -> Iterable[NodeView]:
    listed: Sequence[JsonValue] = raw if isinstance(raw, list) else []
    numeric = {
        str(node["id"])
        for node in listed
        if isinstance(node, dict) and not isinstance(node.get("id"), str) and id_text(node.get("id")) is not None
    }
    for index, node in enumerate(listed):
        if not isinstance(node, dict) or is_decoration(node):
            continue
        data, node_id = node.get("data"), id_text(node.get("id"))
        kind = data.get("type") if isinstance(data, dict) else None
        if node_id is not None and isinstance(data, dict) and isinstance(kind, str) and kind:
            retyped = with_text_selectors(data, numeric) if numeric else data
            yield _node(node_id, kind, retyped if isinstance(retyped, dict) else data, node, index)


def _node(node_id: str, kind: str, data: JsonMap, wrapper: JsonMap, index: int) -> NodeView:
    title, strategy = data.get("title"), data.get("error_strategy")
    return NodeView(
        id=node_id,
        type=kind,
        title=title if isinstance(title, str) else id_text(title) or "",
        version=id_text(data.get("version")) or "1",
        data=today(kind, data),
        parent=_parent(data, wrapper),
        error_strategy=ErrorStrategy(strategy) if strategy in list(ErrorStrategy) else None,
        default_value=_default_values(data.get("default_value")),
        retry=_retry(data.get("retry_config")),
        index=index,
    )


def _parent(data: JsonMap, wrapper: JsonMap) -> str | None:
    """The innermost container: a node inside a loop inside an iteration may name both, then the canvas tells."""
    inside = [container for key in ("loop_id", "iteration_id") if (container := id_text(data.get(key)))]
    canvas = id_text(wrapper.get("parentId"))
    return canvas if canvas in inside or not inside else inside[0]


def _default_values(raw: JsonValue) -> tuple[DefaultValue, ...]:
    entries = [entry for entry in raw if isinstance(entry, dict)] if isinstance(raw, list) else []
    return tuple(
        DefaultValue(str(entry["key"]), str(entry.get("type") or "string"), entry.get("value"))
        for entry in entries
        if entry.get("key")
    )


def _retry(raw: JsonValue) -> Retry | None:
    if not isinstance(raw, dict) or raw.get("retry_enabled") is not True:
        return None
    retry = Retry(_whole(raw.get("max_retries")), _whole(raw.get("retry_interval")))
    return retry if retry.max_retries > 0 else None


def _whole(value: JsonValue) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value[:9])
    return max(int(value), 0) if isinstance(value, int | float) and abs(value) < 1e9 else 0


def containers_in_themselves(parents: dict[str, str | None]) -> list[str]:
    """The ids from which following the containers outwards never ends."""
    endless: set[str] = set()
    settled: set[str] = set()
    for start in parents:
        path: dict[str, None] = {}
        node: str | None = start
        while node is not None and node not in settled and node not in path:
            path[node] = None
            node = parents.get(node)
        if node is not None and (node in path or node in endless):
            endless.update(path)
        settled.update(path)
    return [node for node in parents if node in endless]


def _drop_containers_in_themselves(nodes: dict[str, NodeView]) -> None:
    for node in containers_in_themselves({node.id: node.parent for node in nodes.values()}):
        del nodes[node]


def _give_containers_an_entry(nodes: dict[str, NodeView]) -> None:
    children: dict[str, list[NodeView]] = {}
    for node in nodes.values():
        if node.parent is not None:
            children.setdefault(node.parent, []).append(node)
    for container in [node for node in nodes.values() if node.type in CONTAINER_TYPES]:
        entry = _entry(container, children.get(container.id, []))
        if entry is None:
            start = _empty_start(container, nodes)
            nodes[start.id] = start
            entry = start.id
        if container.data.get("start_node_id") != entry:
            nodes[container.id] = replace(container, data={**container.data, "start_node_id": entry})


def _entry(container: NodeView, inside: list[NodeView]) -> str | None:
    """Where a container's round begins: as it says, else at its start node, else at the child marked as first."""
    named = id_text(container.data.get("start_node_id"))
    named_children = [node.id for node in inside if node.id == named]
    starts = [node.id for node in inside if node.type in CONTAINER_STARTS]
    marked = [node.id for node in inside if node.data.get("isIterationStart") is True]
    return next(iter([*named_children, *starts, *marked]), None)


def _empty_start(container: NodeView, nodes: dict[str, NodeView]) -> NodeView:
    number = 0
    while f"{container.id}start{number or ''}" in nodes:
        number += 1
    kind = f"{container.type}-start"
    data: JsonMap = {"type": kind, "title": "", "desc": ""}
    node_id = f"{container.id}start{number or ''}"
    return NodeView(node_id, kind, "", "1", data, container.id, None, (), None, container.index)
