"""A slow and obvious interpreter, to compare the engine with.

It knows a graph only as lists of nodes and edges, decides them again and again until nothing changes, lists all paths,
and puts texts together after the fact. Of the engine it is told one thing: in which order the nodes finished, since
no rule says that for parallel branches.

Source: spec workflow-engine §7.1, §10.2, §16.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from treadle.engine.graph import EdgeSpec, NodeSpec
from treadle.engine.values import Value

SUCCEEDED, EXCEPTION, SKIPPED, UNREACHABLE = "succeeded", "exception", "skipped", "unreachable"


@dataclass
class Expected:
    """What a run must come to. `texts` are by response node, `shown_in` the order in which they are shown."""

    statuses: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, Value]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    shown_in: list[str] = field(default_factory=list)
    conversation: dict[str, Value] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "".join(self.texts[node_id] for node_id in self.shown_in)

    @property
    def exceptions_count(self) -> int:
        return sum(status == EXCEPTION for status in self.statuses.values())


def interpret(nodes: Sequence[NodeSpec], edges: Sequence[EdgeSpec], finishing: Sequence[str]) -> Expected:
    """What a run of the graph from `start` comes to, if its nodes finish in the order `finishing`."""
    by_id = {node.id: node for node in nodes}
    usable = [edge for edge in edges if edge.source in by_id and edge.target in by_id]
    usable = [edge for edge in usable if edge.handle == "source" or _chooses(by_id[edge.source])]
    reached = _reached(usable)
    usable = [edge for edge in usable if edge.source in reached]
    result = Expected(statuses=dict.fromkeys(by_id, UNREACHABLE))
    for node_id in reached:
        del result.statuses[node_id]
    taken: dict[int, bool] = {}
    while True:
        before = (len(taken), len(result.statuses))
        for node_id in reached:
            incoming = [taken.get(number) for number, edge in enumerate(usable) if edge.target == node_id]
            if node_id in result.statuses or None in incoming:
                continue
            runs = node_id == "start" or any(incoming)
            handle = _run(by_id[node_id], result) if runs else None
            if not runs:
                result.statuses[node_id] = SKIPPED
            for number, edge in enumerate(usable):
                if edge.source == node_id:
                    taken[number] = runs and (edge.handle == handle or not _chooses(by_id[node_id]))
        if (len(taken), len(result.statuses)) == before:
            break
    result.shown_in = _activation(reached, by_id, usable, taken, finishing)
    return result


def _chooses(node: NodeSpec) -> bool:
    return node.kind == "choice" or node.strategy == "fail-branch"


def _reached(edges: Sequence[EdgeSpec]) -> list[str]:
    """From the start, nearest first, in the order of the edges."""
    found = ["start"]
    for node_id in found:
        found += _new([edge.target for edge in edges if edge.source == node_id], found)
    return found


def _new(names: Sequence[str], known: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in known]


def _run(node: NodeSpec, result: Expected) -> str:
    """Do what the node's script says, and give the handle that it chose."""
    script: dict[str, Any] = dict(node.data)
    if script.get("failures", 0) > node.retry.attempts:
        assert node.strategy in ("default-value", "fail-branch"), (
            "failures without strategy are not for this interpreter"
        )
        result.statuses[node.id] = EXCEPTION
        result.outputs[node.id] = {
            **(node.defaults if node.strategy == "default-value" else {}),
            "error_message": f"{node.id} is upset",
            "error_type": "Upset",
        }
        return "fail-branch" if node.strategy == "fail-branch" else "source"
    result.statuses[node.id] = SUCCEEDED
    result.conversation.update(script.get("assigns", {}))
    match node.kind:
        case "answer":
            text = "".join(_read(piece, result) for piece in split(script["template"]))
            result.texts[node.id] = text
            result.outputs[node.id] = {"answer": text, "files": []}
        case "end":
            selectors: dict[str, tuple[str, ...]] = script["selectors"]
            result.texts[node.id] = "\n".join(_read(selector, result) for selector in selectors.values())
            result.outputs[node.id] = {name: _value(selector, result) for name, selector in selectors.items()}
        case _:
            result.outputs[node.id] = dict(script.get("outputs", {}))
            if script.get("chunks"):
                result.outputs[node.id]["text"] = "".join(script["chunks"])
    return script.get("handle", "source")


def split(template: str) -> list[str | tuple[str, ...]]:
    """Literals and selectors of a well-formed template."""
    pieces: list[str | tuple[str, ...]] = []
    for number, part in enumerate(template.replace("#}}", "{{#").split("{{#")):
        pieces.append(tuple(part.split(".")) if number % 2 else part)
    return pieces


def _value(selector: tuple[str, ...], result: Expected) -> Value:
    scope = result.conversation if selector[0] == "conversation" else result.outputs.get(selector[0], {})
    return scope.get(selector[1])


def _read(piece: str | tuple[str, ...], result: Expected) -> str:
    """Scripts give texts and whole numbers only."""
    value = piece if isinstance(piece, str) else _value(piece, result)
    return "" if value is None else str(value)


def _activation(
    reached: Sequence[str],
    by_id: dict[str, NodeSpec],
    edges: Sequence[EdgeSpec],
    taken: dict[int, bool],
    finishing: Sequence[str],
) -> list[str]:
    """Response nodes in the order in which they become certain: some path to them has no blocking edge left."""
    paths = {node_id: _paths(node_id, by_id, edges) for node_id in reached if by_id[node_id].kind in ("answer", "end")}
    certain = [node_id for node_id in paths if set() in paths[node_id]]
    for finished in finishing:
        for number, edge in enumerate(edges):
            if edge.source == finished and taken.get(number):
                for node_id, open_paths in paths.items():
                    for path in open_paths:
                        path.discard(number)
                    if set() in open_paths and node_id not in certain:
                        certain.append(node_id)
    return certain


def _paths(goal: str, by_id: dict[str, NodeSpec], edges: Sequence[EdgeSpec]) -> list[set[int]]:
    """The blocking edges of every path from the start to `goal`."""
    wanted = _variables(by_id[goal])
    found: list[set[int]] = []

    def walk(node_id: str, blocking: set[int]) -> None:
        if node_id == "start":
            found.append(blocking)
        for number, edge in enumerate(edges):
            if edge.target == node_id:
                walk(edge.source, blocking | {number} if _blocks(by_id[edge.source], wanted) else set(blocking))

    walk(goal, set())
    return found


def _variables(response: NodeSpec) -> set[tuple[str, ...]]:
    data: dict[str, Any] = dict(response.data)
    if response.kind == "end":
        return set(data["selectors"].values())
    return {piece for piece in split(data["template"]) if isinstance(piece, tuple)}


def _blocks(source: NodeSpec, wanted: set[tuple[str, ...]]) -> bool:
    assigns: dict[str, Value] = dict(source.data).get("assigns", {})  # type: ignore[assignment]
    return (
        _chooses(source)
        or source.kind in ("answer", "end")
        or (source.kind == "assigner" and any(("conversation", name) in wanted for name in assigns))
    )
