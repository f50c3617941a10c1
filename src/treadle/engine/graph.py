"""A graph made ready to run: checked once, then shared by every run of the same version.

Source: spec workflow-engine §6, §10.2, app-dsl §9.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .activation import activations
from .errors import GraphError, GraphProblem
from .node import FAIL_BRANCH, SOURCE, NodeType
from .pool import NAMESPACES
from .template import Selector, Template
from .values import JsonValue, Value

START = "start"
TRIGGERS = frozenset({"trigger-webhook", "trigger-schedule", "trigger-plugin"})
DATASOURCE = "datasource"
_SEVERAL = frozenset({DATASOURCE, *TRIGGERS})
"""Kinds that a graph may begin with in several places; each run begins with one of them."""
ROOT_KINDS = frozenset({START, *_SEVERAL})
"""Node types that a run can begin with."""

DEFAULT_VALUE = "default-value"
_NO_STRATEGY = frozenset({None, "none"})
_STRATEGIES = frozenset({DEFAULT_VALUE, FAIL_BRANCH})
_MOST_NESTED = 10
"""Containers inside one another; a person who needs more has lost the overview long before."""


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
    body: "Graph | None" = None
    """What a container runs in each round; None when it has no entry, or for a node that is no container."""

    @property
    def speaks(self) -> bool:
        """It contributes text for the reader: a response node, or a container with one inside."""
        return self.response is not None or (self.body is not None and self.body.speaks)

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
    """Nodes of one level that its root leads to, their edges, and when each node that speaks is certain to run."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    root: int
    outgoing: tuple[tuple[Edge, ...], ...]
    incoming: tuple[int, ...]
    """Number of edges into each node."""
    certain: tuple[int, ...]
    """Nodes that speak and that every run reaches, in order of distance from the root."""
    activated: Mapping[int, tuple[int, ...]]
    """Edge index to the nodes that speak and become certain when it is taken."""
    by_id: Mapping[str, Node]
    speaks: bool
    """There is a response node here or in a container."""
    answers: bool
    """There is a response node that is no end, here or in a container."""
    streamed: tuple[Selector, ...]
    """Outputs of nodes that response nodes of this level show, so that their pieces matter."""
    all_ids: tuple[str, ...]
    """Of the nodes here and in all containers."""


def compile_graph(
    spec: GraphSpec,
    types: Mapping[str, NodeType[Any]],
    *,
    roots: Iterable[str] = ROOT_KINDS,
    root: str | None = None,
) -> Graph:
    """The runnable graph of `spec`, from the node `root`, or from its only node of one of the types `roots`.

    Only nodes that can be reached from the root are looked at, and in containers those that can be reached from
    their entry; edges to or from nodes that do not exist are left out, and so are edges on a handle that their source
    does not have. Raises GraphError with every reason found: no root or too many, unknown node types and error
    strategies, settings that cannot be read, a cycle.
    """
    levels: dict[str | None, dict[str, NodeSpec]] = defaultdict(dict)
    for node in spec.nodes:
        levels[node.parent][node.id] = node
    found = root_ids(spec, roots)
    if root is None and len(found) > 1:
        raise GraphError(
            [
                GraphProblem(
                    "The graph has more than one node to start with; say which one starts this run.",
                    node=found[1],
                    field="graph.nodes",
                )
            ]
        )
    if root is not None and root not in found:
        raise GraphError(
            [GraphProblem(f'The graph has no node "{root}" that a run could start with.', field="graph.nodes")]
        )
    compiler = _Compiler(types, levels, spec.edges)
    graph = compiler.level(None, found[0] if root is None else root)
    if graph is None or compiler.problems:
        raise GraphError(compiler.problems)
    return graph


def root_ids(spec: GraphSpec, roots: Iterable[str] = ROOT_KINDS) -> list[str]:
    """The nodes that a run of `spec` can begin with: one start node, or any number of triggers or datasources.

    Raises GraphError when there is none, when start and trigger (or datasource) stand
    together, or when there are several start nodes.
    """
    kinds = frozenset(roots)
    outer = {node.id: node for node in spec.nodes if node.parent is None}
    if not outer:
        raise GraphError([GraphProblem("The graph has no nodes; add a start node.", field="graph.nodes")])
    candidates = [node for node in outer.values() if node.kind in kinds]
    if not candidates:
        raise GraphError([GraphProblem("The graph has no start node; add one and connect it.", field="graph.nodes")])
    targets = {edge.target for edge in spec.edges if edge.source in outer}
    free = [node for node in candidates if node.id not in targets]
    if not free:
        raise GraphError(
            [
                GraphProblem(
                    "The start node has an incoming edge; remove it.", node=candidates[0].id, field="graph.edges"
                )
            ]
        )
    triggers = [node for node in free if node.kind in _SEVERAL]
    others = [node for node in free if node.kind not in _SEVERAL]
    if triggers and others:
        raise GraphError(
            [
                GraphProblem(
                    "The graph has both a start node and a trigger; keep one kind.",
                    node=triggers[0].id,
                    field="graph.nodes",
                )
            ]
        )
    if len(others) > 1:
        raise GraphError(
            [GraphProblem("The graph has more than one start node; keep one.", node=others[1].id, field="graph.nodes")]
        )
    return [node.id for node in free]


class _Compiler:
    """Compiles the levels of one graph, from the outside in, and gathers what is wrong with them."""

    def __init__(
        self,
        types: Mapping[str, NodeType[Any]],
        levels: Mapping[str | None, Mapping[str, NodeSpec]],
        edges: Sequence[EdgeSpec],
    ) -> None:
        self._types = types
        self._levels = levels
        self._edges = edges
        self._depth = 0
        self.problems: list[GraphProblem] = []

    def level(self, container: str | None, root: str) -> Graph | None:
        """The graph of the nodes directly inside `container`; None when something is wrong with it."""
        specs = self._levels[container]
        successors: dict[str, list[EdgeSpec]] = defaultdict(list)
        for edge in self._edges:
            if edge.target in specs and _has_handle(specs.get(edge.source), edge.handle, self._types):
                successors[edge.source].append(edge)
        order = _reachable(root, successors)
        before = len(self.problems)
        nodes = self._nodes([specs[node_id] for node_id in order])
        self.problems += _cycle(order, specs, successors)
        return _graph(nodes, order, successors) if len(self.problems) == before else None

    def _nodes(self, specs: Sequence[NodeSpec]) -> list[Node]:
        nodes: list[Node] = []
        for spec in specs:
            try:
                nodes.append(self._node(len(nodes), spec))
            except GraphProblem as problem:
                self.problems.append(problem)
        return nodes

    def _node(self, index: int, spec: NodeSpec) -> Node:
        """Raises GraphProblem."""
        name = spec.title or spec.id
        node_type = self._types.get(spec.kind)
        if node_type is None:
            message = f'The node "{name}" has the type "{spec.kind}", which cannot be run here.'
            raise GraphProblem(message, node=spec.id, field="data.type")
        if spec.strategy not in _NO_STRATEGY and spec.strategy not in _STRATEGIES:
            self.problems.append(
                GraphProblem(
                    f'The node "{name}" has the error strategy "{spec.strategy}"; choose "{DEFAULT_VALUE}" or '
                    f'"{FAIL_BRANCH}", or take it away.',
                    node=spec.id,
                    field="data.error_strategy",
                )
            )
        try:
            config = node_type.load(spec.data)
        except GraphProblem as problem:
            message = f'The node "{name}": {problem.message}'
            raise GraphProblem(message, node=spec.id, field=problem.field) from None
        return Node(
            index=index,
            id=spec.id,
            kind=spec.kind,
            title=spec.title,
            type=node_type,
            config=config,
            response=node_type.response(config) if node_type.response else None,
            strategy=None if spec.strategy in _NO_STRATEGY else spec.strategy,
            defaults=spec.defaults,
            retry=NO_RETRY if node_type.container else spec.retry,
            body=self._body(spec) if node_type.container else None,
        )

    def _body(self, spec: NodeSpec) -> Graph | None:
        """What a container runs: from the node that it names, else from its start node or the one marked as first."""
        inside = self._levels.get(spec.id, {})
        named = spec.data.get("start_node_id")
        if named not in inside:
            named = next(
                (
                    node.id
                    for node in inside.values()
                    if node.kind == f"{spec.kind}-start" or node.data.get("isIterationStart") is True
                ),
                None,
            )
        if not isinstance(named, str):
            return None
        if self._depth == _MOST_NESTED:
            message = f'The node "{spec.title or spec.id}" lies too deep; nest at most {_MOST_NESTED} containers.'
            raise GraphProblem(message, node=spec.id, field="parentId")
        self._depth += 1
        body = self.level(spec.id, named)
        self._depth -= 1
        return body


def _graph(nodes: Sequence[Node], order: Sequence[str], successors: Mapping[str, list[EdgeSpec]]) -> Graph:
    index_of = {node.id: node.index for node in nodes}
    edges = tuple(
        Edge(position, index_of[edge.source], index_of[edge.target], edge.handle)
        for position, edge in enumerate(edge for node_id in order for edge in successors.get(node_id, ()))
    )
    outgoing: list[list[Edge]] = [[] for _ in nodes]
    incoming = [0] * len(nodes)
    for edge in edges:
        outgoing[edge.source].append(edge)
        incoming[edge.target] += 1
    certain, activated = activations(nodes, outgoing)
    bodies = [node.body for node in nodes if node.body is not None]
    shown = {selector: None for node in nodes if node.response for selector in node.response.selectors}
    return Graph(
        nodes=tuple(nodes),
        edges=edges,
        root=0,
        outgoing=tuple(tuple(group) for group in outgoing),
        incoming=tuple(incoming),
        certain=certain,
        activated=activated,
        by_id={node.id: node for node in nodes},
        speaks=any(node.speaks for node in nodes),
        answers=any(node.response and not node.type.terminal for node in nodes) or any(body.answers for body in bodies),
        streamed=tuple(selector for selector in shown if len(selector) == 2 and selector[0] not in NAMESPACES),
        all_ids=(*(node.id for node in nodes), *(inner for body in bodies for inner in body.all_ids)),
    )


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
