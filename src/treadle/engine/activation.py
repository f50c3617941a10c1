"""When the reader's text is certain: which response nodes a run reaches for sure, and from which moment on.

Source: spec workflow-engine §10.2.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .template import Selector

if TYPE_CHECKING:
    from .graph import Edge, Node


def activations(
    nodes: "Sequence[Node]", outgoing: "Sequence[Sequence[Edge]]"
) -> tuple[tuple[int, ...], dict[int, tuple[int, ...]]]:
    """When each node that speaks to the reader becomes certain: those that every run reaches, and by edge index those
    that are certain once the edge is taken.

    An edge is open for such a node unless it leaves a branching node, a container, another response node, or a node
    that writes a variable of the response. The node is certain from the start when open edges lead from the root to
    it, and otherwise as soon as an edge is taken from whose target open edges lead to it.
    """
    certain: list[int] = []
    activated: dict[int, list[int]] = defaultdict(list)
    for node in nodes:
        if not node.speaks:
            continue
        wanted = set(node.response.selectors) if node.response is not None else set[Selector]()
        blocked = [
            source.chooses or source.type.container or source.response is not None or _writes(source, wanted)
            for source in nodes
        ]
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


def _writes(node: "Node", wanted: set[Selector]) -> bool:
    written = {tuple(selector) for selector in node.type.assigns(node.config)}
    return any(selector[:2] in written for selector in wanted)


def _open_predecessors(goal: int, blocked: Sequence[bool], outgoing: "Sequence[Sequence[Edge]]") -> set[int]:
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
