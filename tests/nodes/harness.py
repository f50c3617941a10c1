"""Runs one node, or a few, in a real run."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from treadle.engine.events import (
    AnswerChunk,
    Citations,
    Event,
    NodeFinished,
    NodeStatus,
    PauseKey,
    ReasoningChunk,
    RunFinished,
    VariableAssigned,
)
from treadle.engine.graph import ROOT_KINDS, EdgeSpec, GraphSpec, NodeSpec, Retry, compile_graph
from treadle.engine.pool import VariablePool
from treadle.engine.ports import Ports
from treadle.engine.run import Run
from treadle.engine.values import JsonValue, Value
from treadle.nodes import NODE_TYPES

from .ports import a_world


@dataclass
class Played:
    """A run that is over."""

    finished: RunFinished
    pool: VariablePool
    events: list[Event] = field(default_factory=list)

    def node(self, node_id: str) -> NodeFinished:
        """The last execution record of a node."""
        return next(
            event for event in reversed(self.events) if isinstance(event, NodeFinished) and event.node_id == node_id
        )

    def ran(self, node_id: str) -> bool:
        return any(isinstance(event, NodeFinished) and event.node_id == node_id for event in self.events)

    @property
    def chunks(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, AnswerChunk)]

    @property
    def reasoning(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, ReasoningChunk)]

    @property
    def citations(self) -> list[dict[str, JsonValue]]:
        return [item for event in self.events if isinstance(event, Citations) for item in event.resources]

    @property
    def assigned(self) -> dict[str, Value]:
        return {event.name: event.value for event in self.events if isinstance(event, VariableAssigned)}


def node(
    node_id: str,
    kind: str,
    data: Mapping[str, JsonValue],
    *,
    strategy: str | None = None,
    defaults: Mapping[str, Value] | None = None,
    retries: int = 0,
    parent: str | None = None,
) -> NodeSpec:
    return NodeSpec(
        node_id,
        kind,
        data=data,
        parent=parent,
        strategy=strategy,
        defaults=defaults or {},
        retry=Retry(retries, 0.0),
    )


async def play(
    nodes: Sequence[NodeSpec],
    edges: str,
    *,
    inputs: Mapping[str, Value] | None = None,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
    ports: Ports | None = None,
    kept: JsonValue = None,
) -> Played:
    """Run a graph. `edges` are lines `a -> b` or `a --handle-> b`; a start node `start` is there if none is given."""
    specs = list(nodes)
    if not any(spec.kind in ROOT_KINDS for spec in specs):
        specs.insert(0, node("start", "start", {}))
    spec = GraphSpec(specs, [_edge(line) for line in edges.strip().splitlines()])
    return await play_graph(spec, inputs=inputs, scopes=scopes, ports=ports, kept=kept)


async def play_graph(
    spec: GraphSpec,
    *,
    inputs: Mapping[str, Value] | None = None,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
    ports: Ports | None = None,
    kept: JsonValue = None,
) -> Played:
    """Run a graph as it is; `kept` is what an earlier process kept of the node `n`. Raises GraphError when it cannot be
    compiled."""
    graph = compile_graph(spec, NODE_TYPES)
    pool = VariablePool({"sys": {"user_id": "u1"}, **(scopes or {})})
    events: list[Event] = []
    ids = itertools.count(1)
    run = Run(
        graph,
        run_id="run",
        inputs=inputs or {},
        pool=pool,
        ports=ports or a_world(),
        emit=events.append,
        new_id=lambda: f"x{next(ids)}",
        kept={PauseKey("n"): kept},
    )
    return Played(await run.execute(), pool, events)


def _edge(line: str) -> EdgeSpec:
    source, _, target = line.strip().rpartition("-> ")
    source, _, handle = source.rstrip().partition(" --")
    return EdgeSpec(source.strip(), target.strip(), handle.strip() or "source")


async def run_node(
    kind: str,
    data: Mapping[str, JsonValue],
    *,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
    ports: Ports | None = None,
    strategy: str | None = None,
    defaults: Mapping[str, Value] | None = None,
    retries: int = 0,
    answer: str = "",
    kept: JsonValue = None,
) -> Played:
    """Run one node `n` after a start node, and an answer node behind it when a template is given."""
    nodes = [node("n", kind, data, strategy=strategy, defaults=defaults, retries=retries)]
    edges = "start -> n"
    if answer:
        nodes.append(node("answer", "answer", {"answer": answer}))
        edges += "\nn -> answer"
    return await play(nodes, edges, scopes=scopes, ports=ports, kept=kept)


async def outputs_of(
    kind: str,
    data: Mapping[str, JsonValue],
    *,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
    ports: Ports | None = None,
) -> Mapping[str, Value]:
    """The outputs of a node that succeeds."""
    record = (await run_node(kind, data, scopes=scopes, ports=ports)).node("n")
    assert record.status is NodeStatus.SUCCEEDED, record.error
    return record.outputs


async def failure_of(
    kind: str,
    data: Mapping[str, JsonValue],
    *,
    scopes: Mapping[str, Mapping[str, Value]] | None = None,
    ports: Ports | None = None,
) -> NodeFinished:
    """The record of a node that fails."""
    record = (await run_node(kind, data, scopes=scopes, ports=ports)).node("n")
    assert record.status is NodeStatus.FAILED, record.outputs
    return record
