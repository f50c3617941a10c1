"""Random graphs of scripted nodes: branches, joins, failures, retries, streams and answers at random places."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from treadle.engine.graph import EdgeSpec, NodeSpec

from .scripted import node

HANDLES = ("yes", "no", "source")


@dataclass(frozen=True)
class RandomGraph:
    """`concurrency` is how many nodes may run at once."""

    nodes: list[NodeSpec]
    edges: list[EdgeSpec]
    concurrency: int


@st.composite
def random_graphs(draw: st.DrawFn, *, most_nodes: int = 8) -> RandomGraph:
    """Graphs without cycles, whose failing nodes all have a strategy; some nodes cannot be reached."""
    response = draw(st.sampled_from(["answer", "end"]))
    count = draw(st.integers(1, most_nodes))
    names = ["start", *(f"n{number}" for number in range(count))]
    edges: list[EdgeSpec] = []
    nodes = [node("start", "start", outputs={"x": "S"})]
    for number in range(1, count + 1):
        for _ in range(draw(st.integers(0 if number > 3 else 1, 3))):
            source = names[draw(st.integers(0, number - 1))]
            handle = draw(st.sampled_from(_handles(nodes[names.index(source)])))
            edges.append(EdgeSpec(source, names[number], handle))
        ancestors = [name for name in names if name in _ancestors(names[number], edges)]
        nodes.append(draw(_node(names[number], response, ancestors)))
    edges = draw(st.permutations(edges))
    return RandomGraph(nodes, edges, draw(st.sampled_from([1, 2, 10])))


def _handles(source: NodeSpec) -> tuple[str, ...]:
    if source.kind == "choice":
        return HANDLES
    return ("source", "fail-branch") if source.strategy == "fail-branch" else ("source", "source", "source", "stale")


def _ancestors(name: str, edges: list[EdgeSpec]) -> set[str]:
    """Nodes that are decided before `name` starts; a stale edge waits for nobody."""
    found: set[str] = set()
    stack = [name]
    while stack:
        target = stack.pop()
        for edge in edges:
            if edge.target == target and edge.handle != "stale" and edge.source not in found:
                found.add(edge.source)
                stack.append(edge.source)
    return found


@st.composite
def _node(draw: st.DrawFn, name: str, response: str, ancestors: list[str]) -> NodeSpec:
    kind = draw(st.sampled_from(["step", "step", "choice", "assigner", response, response]))
    ticks = draw(st.integers(0, 3))
    if kind == "answer":
        return node("answer", name, template="".join(draw(st.lists(_piece(ancestors), max_size=4))), ticks=ticks)
    if kind == "end":
        variables = draw(st.lists(_variable(ancestors), max_size=3))
        selectors = {f"o{place}": variable for place, variable in enumerate(variables)}
        return node("end", name, selectors=selectors, ticks=ticks)
    settings: dict[str, Any] = {
        "outputs": {"x": draw(st.sampled_from([f"<{name}>", 7]))},
        "ticks": ticks,
        "strategy": draw(st.sampled_from([None, "default-value", "fail-branch"])),
        "retries": draw(st.integers(0, 2)),
    }
    most_failures = settings["retries"] + (settings["strategy"] is not None)
    settings["failures"] = draw(st.sampled_from([0, 0, draw(st.integers(0, most_failures))]))
    if settings["strategy"] == "default-value":
        settings["defaults"] = {"x": f"default of {name}"}
    if kind == "step" and draw(st.booleans()):
        settings["chunks"] = [f"{name}{letter}" for letter in "abcd"[: draw(st.integers(1, 4))]]
    if kind == "choice":
        settings["handle"] = draw(st.sampled_from(HANDLES))
    if kind == "assigner":
        settings["assigns"] = {name: f"set by {name}"}
    return node(kind, name, **settings)


@st.composite
def _variable(draw: st.DrawFn, ancestors: list[str]) -> tuple[str, str]:
    scope = draw(st.sampled_from([*ancestors, *ancestors, "conversation", "unknown"] if ancestors else ["unknown"]))
    if scope == "conversation":
        return "conversation", draw(st.sampled_from(ancestors))
    return scope, draw(st.sampled_from(["text", "text", "x", "missing", "error_message"]))


@st.composite
def _piece(draw: st.DrawFn, ancestors: list[str]) -> str:
    if draw(st.booleans()):
        return draw(st.sampled_from(["; ", "A", "日本 "]))
    return "{{#" + ".".join(draw(_variable(ancestors))) + "#}}"
