"""Which recorded executions of a run hold when it is repeated from one of its nodes on. Pure.

The graph of the repetition may be another one than that of the run.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from treadle.dsl import GraphView, NodeView
from treadle.engine.events import NodeFinished
from treadle.engine.graph import Graph, Node
from treadle.engine.past import SETTLED
from treadle.engine.scheduler import Scheduler, State

Reason = Literal["gone", "kind", "branch", "behind", "new", "unfinished"]
"""Why a node before the chosen one is not as recorded: it is not in the graph any more, is of another type now, its
recorded branch leads nowhere now, it stands behind a node that runs anew, it is new in the graph, or it had not ended
well."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A node whose record cannot be carried over. `runs`: it is run anew instead."""

    node_id: str
    title: str
    reason: Reason
    runs: bool


@dataclass(frozen=True, slots=True)
class Fork:
    """`carried` are the executions that hold, in the order in which they ended; `lost` those before the chosen node
    that do not. `reached` is false when the run, so continued, does not come to the chosen node."""

    carried: list[NodeFinished]
    lost: list[Lost]
    anew: frozenset[str]
    """Ids of the nodes that may run: the chosen one, those behind it, and those that could not be carried."""
    reached: bool


def fork(graph: Graph, finished: Sequence[NodeFinished], chosen: str, changed: Collection[str] = ()) -> Fork:
    """What of `finished` holds when `graph` is run from the node `chosen` on. `changed` are the nodes whose settings
    are others than those of the run."""
    behind = _behind(graph, graph.by_id[chosen].index)
    scheduler = Scheduler(graph)
    ready = {graph.root}
    carried: list[NodeFinished] = []
    reasons: dict[str, Lost] = {}
    for event in finished:
        if event.container is not None or event.status not in SETTLED:
            continue
        node = graph.by_id.get(event.node_id)
        if node is not None and node.index in behind:
            continue
        reason = _hindrance(graph, node, event, ready, changed)
        if reason is not None:
            reasons[event.node_id] = Lost(event.node_id, event.title, reason, runs=False)
            continue
        assert node is not None
        ready.remove(node.index)
        ready.update(scheduler.finish(node.index, event.handle).ready)
        carried.append(event)
    known = {event.node_id for event in finished}
    open_states = (State.WAITING, State.TAKEN)
    for node in graph.nodes:
        if node.index in behind or scheduler.states[node.index] not in open_states or node.id in reasons:
            continue
        reasons[node.id] = Lost(node.id, node.title, "unfinished" if node.id in known else "new", runs=False)
    anew = {node.id for node in graph.nodes if scheduler.states[node.index] in open_states}
    lost = [Lost(each.node_id, each.title, each.reason, each.node_id in anew) for each in reasons.values()]
    reached = scheduler.states[graph.by_id[chosen].index] is not State.SKIPPED
    return Fork(carried, lost, frozenset(anew), reached)


def _hindrance(
    graph: Graph, node: Node | None, event: NodeFinished, ready: Collection[int], changed: Collection[str]
) -> Reason | None:
    if node is None:
        return "gone"
    if node.kind != event.node_type:
        return "kind"
    if node.index not in ready:
        return "behind"
    leads = any(edge.handle == event.handle for edge in graph.outgoing[node.index])
    if node.chooses and node.id in changed and not leads:
        return "branch"
    return None


def _behind(graph: Graph, chosen: int) -> set[int]:
    found, waiting = {chosen}, [chosen]
    while waiting:
        for edge in graph.outgoing[waiting.pop()]:
            if edge.target not in found:
                found.add(edge.target)
                waiting.append(edge.target)
    return found


def changed_between(was: GraphView, now: GraphView) -> set[str]:
    """The nodes of both graphs whose settings differ."""
    both = [(node, was.by_id[node.id]) for node in now.by_id.values() if node.id in was.by_id]
    return {node.id for node, before in both if _settings(node, now) != _settings(before, was)}


def _settings(node: NodeView, view: GraphView) -> Any:
    hidden = ("title", "desc", "selected", "width", "height", "isInIteration", "isInLoop")
    own = {name: value for name, value in node.data.items() if name not in hidden and not name.startswith("_")}
    return own, [(child.id, _settings(child, view)) for child in view.children(node.id)]


def with_children(view: GraphView, node: NodeView) -> list[NodeView]:
    """A node and all that lies in it."""
    nodes = [node]
    for around in nodes:
        nodes += view.children(around.id)
    return nodes
