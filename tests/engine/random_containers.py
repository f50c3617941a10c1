"""Random graphs with iterations, in both modes, and loops, in one another, whose rounds may fail."""

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from treadle.engine.graph import EdgeSpec, NodeSpec
from treadle.engine.values import Value

from .random_graphs import HANDLES, random_graphs
from .scripted import node

MODES = ("terminated", "continue-on-error", "remove-abnormal-output")


@dataclass(frozen=True)
class GraphWithContainers:
    """`conversation` holds the lists that the iterations go through."""

    nodes: list[NodeSpec]
    edges: list[EdgeSpec]
    concurrency: int
    conversation: dict[str, Value]


@st.composite
def graphs_with_containers(draw: st.DrawFn, *, most_nodes: int = 5) -> GraphWithContainers:
    """Random graphs of which some steps are iterations. Every failure that leaves an iteration has a strategy, and at
    most one node of a body fails without one, so that it is certain what an iteration fails with."""
    graph = draw(random_graphs(most_nodes=most_nodes))
    speaks = not any(each.kind == "end" for each in graph.nodes)
    steps = [each.id for each in graph.nodes if each.kind == "step"]
    chosen = set(draw(st.lists(st.sampled_from(steps), min_size=1, max_size=2))) if steps else set[str]()
    bodies = _Bodies(draw, speaks)
    strategy = draw(st.sampled_from([None, "default-value"]))
    nodes = bodies.container("always", strategy, {"x": "D"} if strategy else {}, None)
    bodies.edges.append(EdgeSpec("start", "always"))
    for each in graph.nodes:
        nodes += bodies.container(each.id, each.strategy, each.defaults, None) if each.id in chosen else [each]
    return GraphWithContainers(nodes, [*graph.edges, *bodies.edges], graph.concurrency, bodies.conversation)


class _Bodies:
    def __init__(self, draw: st.DrawFn, speaks: bool) -> None:
        self._draw = draw
        self._speaks = speaks
        self.edges: list[EdgeSpec] = []
        self.conversation: dict[str, Value] = {}

    def container(
        self, name: str, strategy: str | None, defaults: Any, parent: str | None, *, together: bool = False
    ) -> list[NodeSpec]:
        """An iteration or a loop with its body. `together`: rounds around it run at the same time."""
        if self._draw(st.integers(0, 2)) == 0:
            return self._loop(name, strategy, defaults, parent, together=together)
        draw = self._draw
        parallel = draw(st.booleans())
        may_fail = draw(st.booleans())
        mode = draw(st.sampled_from(MODES if strategy is not None else MODES[1:]))
        items: list[Value] = list(range(draw(st.sampled_from([0, 1, 2, 3, 3]))))
        self.conversation[f"items_{name}"] = items
        inside = self._body(name, items, may_fail, parallel or together, nested=parent is not None)
        container = node(
            "iteration",
            name,
            strategy=strategy,
            defaults=defaults,
            inside=parent,
            start_node_id=f"{name}start",
            iterator_selector=["conversation", f"items_{name}"],
            output_selector=[draw(st.sampled_from([each.id for each in inside])), draw(st.sampled_from(["x", "text"]))],
            is_parallel=parallel,
            parallel_nums=draw(st.integers(1, 3)),
            error_handle_mode=mode,
            flatten_output=False,
        )
        return [container, node("iteration-start", f"{name}start", inside=name), *inside]

    def _loop(
        self, name: str, strategy: str | None, defaults: Any, parent: str | None, *, together: bool
    ) -> list[NodeSpec]:
        """A loop that counts in a variable, and perhaps in the conversation, and ends by either or by its limit."""
        draw = self._draw
        counts = [(name, "n")]
        if not together and draw(st.booleans()):
            counts.append(("conversation", f"count_{name}"))
            self.conversation[f"count_{name}"] = 0
        conditions: list[Any] = []
        if draw(st.booleans()):
            value = str(draw(st.integers(0, 3)))
            selector = list(draw(st.sampled_from(counts)))
            conditions.append({"variable_selector": selector, "comparison_operator": "≥", "value": value})
        may_fail = strategy is not None and draw(st.booleans())
        adds = node("assigner", f"{name}adds", inside=name, adds=counts, ticks=draw(st.integers(0, 2)))
        self.edges.append(EdgeSpec(f"{name}start", adds.id))
        inside = self._body(name, [1, 2, 3], may_fail, together, nested=parent is not None, first=adds)
        container = node(
            "loop",
            name,
            strategy=strategy,
            defaults=defaults,
            inside=parent,
            start_node_id=f"{name}start",
            loop_count=draw(st.integers(0, 3)),
            break_conditions=conditions,
            loop_variables=[{"label": "n", "var_type": "number", "value_type": "constant", "value": 0}],
        )
        return [container, node("loop-start", f"{name}start", inside=name), *inside]

    def _body(
        self,
        name: str,
        items: list[Value],
        may_fail: bool,
        parallel: bool,
        *,
        nested: bool,
        first: NodeSpec | None = None,
    ) -> list[NodeSpec]:
        """`first` is the node behind the entry that is done before any other."""
        draw = self._draw
        known: list[NodeSpec] = []
        entry = f"{name}start" if first is None else first.id
        item = "item" if first is None else "n"
        more: list[NodeSpec] = []
        for number in range(draw(st.integers(1, 4))):
            each = f"{name}b{number}"
            for _ in range(draw(st.integers(1, 2))):
                source = draw(st.sampled_from([None, *known]))
                if source is None:
                    self.edges.append(EdgeSpec(entry, each))
                else:
                    self.edges.append(EdgeSpec(source.id, each, draw(st.sampled_from(_handles(source)))))
            kinds = ["step", "step", "choice"]
            kinds += ["answer"] * (2 * self._speaks)
            kinds += ["assigner"] * (not may_fail and not parallel)
            kinds += ["container"] * (not nested)
            kind = draw(st.sampled_from(kinds))
            if kind == "container":
                strategy = draw(st.sampled_from([None, "default-value", "fail-branch"]))
                defaults = {"x": "D"} if strategy else {}
                container, *rest = self.container(each, strategy, defaults, name, together=parallel)
                known.append(container)
                more += rest
            else:
                known.append(self._node(kind, each, name, items, item))
        plain = [place for place, each in enumerate(known) if each.kind == "step" and each.strategy is None]
        if may_fail and plain:
            place = draw(st.sampled_from(plain))
            fails_on = draw(st.lists(st.sampled_from(items), unique=True)) if items else []
            known[place] = replace(known[place], data={**known[place].data, "failures": 0, "fails_on": fails_on})
        return [*([] if first is None else [first]), *known, *more]

    def _node(self, kind: str, each: str, name: str, items: list[Value], item: str) -> NodeSpec:
        draw = self._draw
        ticks = draw(st.integers(0, 3))
        if kind == "answer":
            skipped = (f"{name}start", f"{name}adds")
            before = [edge.source for edge in self.edges if edge.target == each and edge.source not in skipped]
            pieces = draw(
                st.lists(st.sampled_from(["; ", "A", *_references(before, name, item)]), min_size=1, max_size=4)
            )
            return node("answer", each, inside=name, template="".join(pieces), ticks=ticks)
        retries = draw(st.integers(0, 1))
        strategy = draw(st.sampled_from([None, None, "default-value", "fail-branch"]))
        settings: dict[str, Any] = {
            "inside": name,
            "item_of": name,
            "item_name": item,
            "outputs": {"x": f"<{each}>"},
            "ticks": ticks,
            "retries": retries,
            "failures": draw(st.sampled_from([0, 0, draw(st.integers(0, retries + (strategy is not None)))])),
            "slow_on": draw(st.sampled_from([(), items[:1], items[1:2]])),
            "strategy": strategy,
            "defaults": {"x": f"default of {each}"} if strategy == "default-value" else {},
        }
        if kind == "step" and draw(st.booleans()):
            settings["chunks"] = [f"{each}{letter}" for letter in "abc"[: draw(st.integers(1, 3))]]
        if kind == "choice":
            settings["handle"] = draw(st.sampled_from(HANDLES))
        if kind == "assigner":
            settings["assigns"] = {each: f"set by {each}"}
        return node(kind, each, **settings)


def _handles(source: NodeSpec) -> tuple[str, ...]:
    if source.kind == "choice":
        return HANDLES
    return ("source", "fail-branch") if source.strategy == "fail-branch" else ("source",)


def _references(before: list[str], name: str, item: str) -> list[str]:
    names = [f"{each}.{variable}" for each in before for variable in ("x", "text", "text", "error_message")]
    return ["{{#" + selector + "#}}" for selector in (f"{name}.{item}", "start.x", *names)]
