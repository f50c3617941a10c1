"""A graph made ready to run: checked once, then shared by every run of the same version.

Source: spec workflow-engine §6, §10.2, app-dsl §9.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import GraphError, GraphProblem
from .node import FAIL_BRANCH, SOURCE, NodeType
from .template import Selector, Template
from .values import JsonValue, Value

DEFAULT_VALUE = "default-value"
_NO_STRATEGY = frozenset({None, "none"})
_STRATEGIES = frozenset({DEFAULT_VALUE, FAIL_BRANCH})


@dataclass(frozen=True, slots=True)
class Retry:
    """Up to `attempts` further attempts, `interval` seconds apart."""

    attempts: int = 0
    interval: float = 0.0


NO_RETRY = Retry()


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node as its app file describes it. `parent` is the enclosing container; `strategy` an error strategy."""

    id: str
    kind: str
    title: str = ""
    data: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    parent: str | None = None
    strategy: str | None = None
    defaults: Mapping[str, Value] = field(default_factory=dict[str, Value])
    retry: Retry = NO_RETRY


@dataclass(frozen=True, slots=True)
class EdgeSpec:
    """An edge as its app file describes it."""

    source: str
    target: str
    handle: str = SOURCE


@dataclass(frozen=True, slots=True)
class GraphSpec:
    """What `compile_graph` compiles."""

    nodes: Sequence[NodeSpec]
    edges: Sequence[EdgeSpec]


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a compiled graph. `index` is its place in `Graph.nodes`."""

    index: int
    id: str
    kind: str
    title: str
    type: NodeType[Any]
    config: Any
    response: Template | None
    strategy: str | None
    defaults: Mapping[str, Value]
    retry: Retry

    @property
    def chooses(self) -> bool:
        """Its result chooses which edges are taken."""
        return self.type.branching or self.strategy == FAIL_BRANCH


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge between two node indexes."""

    index: int
    source: int
    target: int
    handle: str


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes reachable from the root, their edges, and when each response node is certain to be reached."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    root: int
    outgoing: tuple[tuple[Edge, ...], ...]
    incoming: tuple[int, ...]
    """Number of edges into each node."""
    certain: tuple[int, ...]
    """Response nodes that every run reaches, in order of distance from the root."""
    activated: Mapping[int, tuple[int, ...]]
    """Edge index to the response nodes that become certain when it is taken."""
    by_id: Mapping[str, Node]


def compile_graph(spec: GraphSpec, types: Mapping[str, NodeType[Any]], *, roots: Iterable[str] = ("start",)) -> Graph:
    """The runnable graph of `spec`.

    Only nodes that can be reached from the root are looked at; edges to or from nodes that do not exist are left
    out, and so are edges on a handle that their source does not have. Raises GraphError with every reason found:
    no root, unknown node types and error strategies, settings that cannot be read, a cycle.
    """
    outer = {node.id: node for node in spec.nodes if node.parent is None}
    if not outer:
        raise GraphError([GraphProblem("The graph has no nodes; add a start node.", field="graph.nodes")])
    root = _find_root(outer, spec.edges, frozenset(roots))
    successors: dict[str, list[EdgeSpec]] = defaultdict(list)
    for edge in spec.edges:
        if edge.target in outer and _has_handle(outer.get(edge.source), edge.handle, types):
            successors[edge.source].append(edge)
    order = _reachable(root, successors)
    nodes, problems = _load_nodes([outer[node_id] for node_id in order], types)
    problems += _cycle(order, outer, successors)
    if problems:
        raise GraphError(problems)
    index_of = {node.id: node.index for node in nodes}
    edges = tuple(
        Edge(position, index_of[edge.source], index_of[edge.target], edge.handle)
        for position, edge in enumerate(edge for node_id in order for edge in successors[node_id])
    )
    outgoing: list[list[Edge]] = [[] for _ in nodes]
    incoming = [0] * len(nodes)
    for edge in edges:
        outgoing[edge.source].append(edge)
        incoming[edge.target] += 1
    certain, activated = _activations(nodes, outgoing)
    return Graph(
        nodes=tuple(nodes),
        edges=edges,
        root=0,
        outgoing=tuple(tuple(group) for group in outgoing),
        incoming=tuple(incoming),
        certain=certain,
        activated=activated,
        by_id={node.id: node for node in nodes},
    )


def _find_root(outer: Mapping[str, NodeSpec], edges: Iterable[EdgeSpec], roots: frozenset[str]) -> str:
    candidates = [node.id for node in outer.values() if node.kind in roots]
    if not candidates:
        raise GraphError([GraphProblem("The graph has no start node; add one and connect it.", field="graph.nodes")])
    targets = {edge.target for edge in edges if edge.source in outer}
    free = [node_id for node_id in candidates if node_id not in targets]
    if not free:
        raise GraphError(
            [GraphProblem("The start node has an incoming edge; remove it.", node=candidates[0], field="graph.edges")]
        )
    if len(free) > 1:
        raise GraphError(
            [GraphProblem("The graph has more than one start node; keep one.", node=free[1], field="graph.nodes")]
        )
    return free[0]


def _has_handle(source: NodeSpec | None, handle: str, types: Mapping[str, NodeType[Any]]) -> bool:
    """Only nodes that choose have other handles than `source`; edges left over from an earlier choice lead nowhere."""
    if source is None:
        return False
    node_type = types.get(source.kind)
    return handle == SOURCE or source.strategy == FAIL_BRANCH or node_type is None or node_type.branching


def _reachable(root: str, successors: Mapping[str, list[EdgeSpec]]) -> list[str]:
    """Node ids in breadth-first order; a node's successors in edge order."""
    order, seen = [root], {root}
    for node_id in order:
        for edge in successors.get(node_id, ()):
            if edge.target not in seen:
                seen.add(edge.target)
                order.append(edge.target)
    return order


def _load_nodes(specs: Sequence[NodeSpec], types: Mapping[str, NodeType[Any]]) -> tuple[list[Node], list[GraphProblem]]:
    nodes: list[Node] = []
    problems: list[GraphProblem] = []
    for spec in specs:
        node_type = types.get(spec.kind)
        if node_type is None:
            problems.append(
                GraphProblem(
                    f'The node "{spec.title or spec.id}" has the type "{spec.kind}", which cannot be run here.',
                    node=spec.id,
                    field="data.type",
                )
            )
            continue
        if spec.strategy not in _NO_STRATEGY and spec.strategy not in _STRATEGIES:
            problems.append(
                GraphProblem(
                    f'The node "{spec.title or spec.id}" has the error strategy "{spec.strategy}"; choose '
                    f'"{DEFAULT_VALUE}" or "{FAIL_BRANCH}", or take it away.',
                    node=spec.id,
                    field="data.error_strategy",
                )
            )
        try:
            config = node_type.load(spec.data)
        except GraphProblem as problem:
            problems.append(
                GraphProblem(
                    f'The node "{spec.title or spec.id}": {problem.message}', node=spec.id, field=problem.field
                )
            )
            continue
        nodes.append(
            Node(
                index=len(nodes),
                id=spec.id,
                kind=spec.kind,
                title=spec.title,
                type=node_type,
                config=config,
                response=node_type.response(config) if node_type.response else None,
                strategy=None if spec.strategy in _NO_STRATEGY else spec.strategy,
                defaults=spec.defaults,
                retry=spec.retry,
            )
        )
    return nodes, problems


def _cycle(
    order: Sequence[str], nodes: Mapping[str, NodeSpec], successors: Mapping[str, list[EdgeSpec]]
) -> list[GraphProblem]:
    """One problem that names the nodes of a cycle in their order, or none."""
    open_edges = Counter(edge.target for node_id in order for edge in successors[node_id])
    free = [node_id for node_id in order if not open_edges[node_id]]
    for node_id in free:
        for edge in successors[node_id]:
            open_edges[edge.target] -= 1
            if not open_edges[edge.target]:
                free.append(edge.target)
    left = set(order).difference(free)
    if not left:
        return []
    # Every node left has a predecessor that is left, so a walk backwards comes round.
    before = {edge.target: node_id for node_id in order if node_id in left for edge in successors[node_id]}
    walk: dict[str, None] = {}
    node_id = next(node_id for node_id in order if node_id in left)
    while node_id not in walk:
        walk[node_id] = None
        node_id = before[node_id]
    backwards = list(walk)
    cycle = [node_id, *reversed(backwards[backwards.index(node_id) :])]
    names = " → ".join(f'"{nodes[node_id].title or node_id}"' for node_id in cycle)
    return [GraphProblem(f"The edges {names} form a cycle; remove one of them.", node=node_id, field="graph.edges")]


def _activations(
    nodes: Sequence[Node], outgoing: Sequence[Sequence[Edge]]
) -> tuple[tuple[int, ...], dict[int, tuple[int, ...]]]:
    """When each response node becomes certain.

    An edge is open for a response node unless it leaves a branching node, another response node, or a node that
    writes a variable of the response. The response is certain from the start when open edges lead from the root to
    it, and otherwise as soon as an edge is taken from whose target open edges lead to it.
    """
    certain: list[int] = []
    activated: dict[int, list[int]] = defaultdict(list)
    for node in nodes:
        if node.response is None:
            continue
        wanted = set(node.response.selectors)
        blocked = [source.chooses or source.response is not None or _writes(source, wanted) for source in nodes]
        before = _open_predecessors(node.index, blocked, outgoing)
        if 0 in before:
            certain.append(node.index)
            continue
        for source in nodes:
            if blocked[source.index]:
                for edge in outgoing[source.index]:
                    if edge.target in before:
                        activated[edge.index].append(node.index)
    return tuple(certain), {edge: tuple(responses) for edge, responses in activated.items()}


def _writes(node: Node, wanted: set[Selector]) -> bool:
    written = {tuple(selector) for selector in node.type.assigns(node.config)}
    return any(selector[:2] in written for selector in wanted)


def _open_predecessors(goal: int, blocked: Sequence[bool], outgoing: Sequence[Sequence[Edge]]) -> set[int]:
    """`goal` and every node from which open edges alone lead to it."""
    sources: dict[int, list[int]] = defaultdict(list)
    for group in outgoing:
        for edge in group:
            if not blocked[edge.source]:
                sources[edge.target].append(edge.source)
    found, stack = {goal}, [goal]
    while stack:
        for source in sources[stack.pop()]:
            if source not in found:
                found.add(source)
                stack.append(source)
    return found
