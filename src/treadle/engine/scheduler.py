"""Which node is next: edge and node states of one run, without any input or output.

Source: spec workflow-engine §7.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from .graph import Edge, Graph


class State(Enum):
    """Of a node: WAITING until its incoming edges are decided, then TAKEN or SKIPPED, at last DONE."""

    WAITING = "waiting"
    TAKEN = "taken"
    SKIPPED = "skipped"
    DONE = "done"


@dataclass(slots=True)
class Progress:
    """What a finished node changed: edges taken, nodes now ready to run, and nodes that never will."""

    taken: list[Edge]
    ready: list[int]
    skipped: list[int]


class Scheduler:
    """A join waits for every live incoming path and for no dead one; each node runs at most once."""

    __slots__ = ("_graph", "_live", "_open", "predecessor", "states")

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._open = list(graph.incoming)
        self._live = [False] * len(graph.nodes)
        self.states: list[State] = [State.WAITING] * len(graph.nodes)
        self.predecessor: list[int | None] = [None] * len(graph.nodes)
        self.states[graph.root] = State.TAKEN

    def finish(self, index: int, handle: str) -> Progress:
        """Node `index` is done and chose `handle` (of no matter for a node that does not choose)."""
        self.states[index] = State.DONE
        edges = self._graph.outgoing[index]
        progress = Progress([], [], [])
        if self._graph.nodes[index].chooses:
            self._skip([edge for edge in edges if edge.handle != handle], progress)
            edges = [edge for edge in edges if edge.handle == handle]
        self._take(edges, progress)
        return progress

    def _take(self, edges: Sequence[Edge], progress: Progress) -> None:
        for edge in edges:
            progress.taken.append(edge)
            target = edge.target
            self._open[target] -= 1
            self._live[target] = True
            self.predecessor[target] = edge.source
            self._settle(target, progress)

    def _skip(self, edges: Sequence[Edge], progress: Progress) -> None:
        stack = list(reversed(edges))
        while stack:
            target = stack.pop().target
            self._open[target] -= 1
            if self._settle(target, progress) is State.SKIPPED:
                stack += reversed(self._graph.outgoing[target])

    def _settle(self, index: int, progress: Progress) -> State | None:
        if self._open[index]:
            return None
        if self._live[index]:
            self.states[index] = State.TAKEN
            progress.ready.append(index)
        else:
            self.states[index] = State.SKIPPED
            progress.skipped.append(index)
        return self.states[index]
