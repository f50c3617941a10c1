"""A slow and obvious interpreter, to compare the engine with.

It knows a graph only as lists of nodes and edges, decides them again and again until nothing changes, lists all paths,
and puts texts together after the fact. Of the engine it is told one thing: in which order the nodes finished, since
no rule says that for parallel branches and rounds.

Source: spec workflow-engine §7.1, §8, §10.2, §16.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from treadle.engine.events import Path
from treadle.engine.graph import EdgeSpec, NodeSpec
from treadle.engine.values import Value

from .scripted import Place

SUCCEEDED, EXCEPTION, FAILED, SKIPPED, UNREACHABLE = "succeeded", "exception", "failed", "skipped", "unreachable"


@dataclass
class Expected:
    """What a run, or a round of a container, must come to. `texts` are by node that speaks, `shown_in` the order in
    which they are shown, `rounds` those of each container."""

    statuses: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, dict[str, Value]] = field(default_factory=dict)
    outside: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    shown_in: list[str] = field(default_factory=list)
    conversation: dict[str, Value] = field(default_factory=dict)
    rounds: dict[str, "list[Expected]"] = field(default_factory=dict)
    errors: set[str] = field(default_factory=set)
    """Of nodes that nothing handled: one of them is why a round failed, whichever came first."""

    @property
    def text(self) -> str:
        return "".join(self.texts[node_id] for node_id in self.shown_in if node_id in self.texts)

    @property
    def exceptions_count(self) -> int:
        inner = sum(each.exceptions_count for rounds in self.rounds.values() for each in rounds)
        return inner + sum(status == EXCEPTION for status in self.statuses.values())

    @property
    def some_round_failed(self) -> bool:
        return any(each.errors or each.some_round_failed for rounds in self.rounds.values() for each in rounds)


def interpret(
    nodes: Sequence[NodeSpec],
    edges: Sequence[EdgeSpec],
    finishing: Sequence[Place],
    conversation: Mapping[str, Value] | None = None,
) -> Expected:
    """What a run of the graph from `start` comes to, if its nodes finish in the order `finishing`."""
    return _Interpreter(nodes, edges, finishing).level(None, (), {}, dict(conversation or {}))


class _Interpreter:
    def __init__(self, nodes: Sequence[NodeSpec], edges: Sequence[EdgeSpec], finishing: Sequence[Place]) -> None:
        self._nodes = nodes
        self._edges = edges
        self._finishing = finishing

    def level(
        self,
        container: str | None,
        path: Path,
        outside: Mapping[str, Mapping[str, Value]],
        conversation: dict[str, Value],
    ) -> Expected:
        """The nodes of one level, from its entry."""
        entry = "start" if container is None else f"{container}start"
        by_id = {node.id: node for node in self._nodes if node.parent == container}
        usable = [edge for edge in self._edges if edge.source in by_id and edge.target in by_id]
        usable = [edge for edge in usable if edge.handle == "source" or _chooses(by_id[edge.source])]
        reached = _reached(entry, usable)
        usable = [edge for edge in usable if edge.source in reached]
        result = Expected(statuses=dict.fromkeys(by_id, UNREACHABLE), outside=outside, conversation=conversation)
        for node_id in reached:
            del result.statuses[node_id]
        taken: dict[int, bool] = {}
        while True:
            before = (len(taken), len(result.statuses))
            for node_id in reached:
                incoming = [taken.get(number) for number, edge in enumerate(usable) if edge.target == node_id]
                if node_id in result.statuses or None in incoming:
                    continue
                runs = node_id == entry or any(incoming)
                handle = self._run(by_id[node_id], path, result) if runs else None
                if not runs:
                    result.statuses[node_id] = SKIPPED
                for number, edge in enumerate(usable):
                    if edge.source == node_id and result.statuses[node_id] != FAILED:
                        taken[number] = runs and (edge.handle == handle or not _chooses(by_id[node_id]))
            if (len(taken), len(result.statuses)) == before:
                break
        here = [node_id for node_id, where in self._finishing if where == path]
        finished = [entry, *here] if container is not None else here
        result.shown_in = self._activation(entry, reached, by_id, usable, taken, finished)
        return result

    def _run(self, node: NodeSpec, path: Path, result: Expected) -> str:
        """Do what the node's script says, and give the handle that it chose."""
        if node.kind == "iteration":
            return self._iterate(node, path, result)
        if node.kind == "loop":
            return self._repeat(node, path, result)
        script: dict[str, Any] = dict(node.data)
        item = _value((script.get("item_of", ""), script.get("item_name", "item")), result)
        bad = item is not None and item in script.get("fails_on", ())
        if bad or script.get("failures", 0) > node.retry.attempts:
            return _fail(node, result, {f"{node.id} is upset"})
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
                if script.get("item_of") and "x" in result.outputs[node.id]:
                    result.outputs[node.id]["x"] = f"{script['outputs']['x']}:{item}"
                if script.get("chunks"):
                    result.outputs[node.id]["text"] = "".join(script["chunks"])
        return script.get("handle", "source")

    def _iterate(self, node: NodeSpec, path: Path, result: Expected) -> str:
        settings: dict[str, Any] = dict(node.data)
        items = _value(tuple(settings["iterator_selector"]), result)
        assert isinstance(items, list)
        rounds: list[Expected] = []
        for index, item in enumerate(items):
            outside = {**result.outside, **result.outputs, node.id: {"item": item, "index": index}}
            rounds.append(self.level(node.id, (*path, (node.id, index)), outside, dict(result.conversation)))
            if not settings["is_parallel"]:
                result.conversation.update(rounds[-1].conversation)
        result.rounds[node.id] = rounds
        order = list(range(len(rounds)))
        if settings["is_parallel"]:
            lasts = {where[: len(path) + 1]: place for place, (_, where) in enumerate(self._finishing)}
            order.sort(key=lambda index: lasts.get((*path, (node.id, index)), -1))
        result.texts[node.id] = "".join(rounds[index].text for index in order)
        mode = settings["error_handle_mode"]
        if mode == "terminated" and any(each.errors for each in rounds):
            first = next(each for each in rounds if each.errors)
            errors = {error for each in rounds for error in each.errors}
            return _fail(node, result, errors if settings["is_parallel"] else first.errors)
        selector = tuple(settings["output_selector"])
        values = [None if each.errors else _value(selector, each) for each in rounds]
        if mode == "remove-abnormal-output":
            values = [value for value, each in zip(values, rounds, strict=True) if not each.errors]
        result.statuses[node.id] = SUCCEEDED
        result.outputs[node.id] = {"output": values}
        return "source"

    def _repeat(self, node: NodeSpec, path: Path, result: Expected) -> str:
        """A loop whose first node, alone, adds one to its variable `n`, and to the counter of the conversation if it
        has one."""
        settings: dict[str, Any] = dict(node.data)
        rounds: list[Expected] = []
        counter = f"count_{node.id}"
        n = 0
        while len(rounds) < settings["loop_count"] and not _met(settings["break_conditions"], n, counter, result):
            n += 1
            if counter in result.conversation:
                result.conversation[counter] = int(str(result.conversation[counter])) + 1
            outside = {**result.outside, **result.outputs, node.id: {"n": n}}
            where = (*path, (node.id, len(rounds)))
            rounds.append(self.level(node.id, where, outside, dict(result.conversation)))
            result.conversation.update(rounds[-1].conversation)
            if rounds[-1].errors:
                break
        result.rounds[node.id] = rounds
        result.texts[node.id] = "".join(each.text for each in rounds)
        if rounds and rounds[-1].errors:
            return _fail(node, result, rounds[-1].errors)
        result.statuses[node.id] = SUCCEEDED
        result.outputs[node.id] = {"n": n, "loop_round": len(rounds)}
        return "source"

    def _activation(
        self,
        entry: str,
        reached: Sequence[str],
        by_id: dict[str, NodeSpec],
        edges: Sequence[EdgeSpec],
        taken: dict[int, bool],
        finishing: Sequence[str],
    ) -> list[str]:
        """Nodes that speak in the order in which they become certain: some path to them has no blocking edge left."""
        paths = {goal: _paths(entry, goal, by_id, edges) for goal in reached if self._speaks(by_id[goal])}
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

    def _speaks(self, node: NodeSpec) -> bool:
        if node.kind not in ("iteration", "loop"):
            return node.kind in ("answer", "end")
        inside = [edge for edge in self._edges if edge.source in {n.id for n in self._nodes if n.parent == node.id}]
        reached = _reached(f"{node.id}start", inside)
        return any(self._speaks(each) for each in self._nodes if each.parent == node.id and each.id in reached)


def _fail(node: NodeSpec, result: Expected, errors: set[str]) -> str:
    if node.strategy is None:
        result.statuses[node.id] = FAILED
        result.errors |= errors
        return ""
    result.statuses[node.id] = EXCEPTION
    result.outputs[node.id] = {
        **(node.defaults if node.strategy == "default-value" else {}),
        "error_message": sorted(errors)[0] if len(errors) == 1 else None,
        "error_type": "Upset",
    }
    return "fail-branch" if node.strategy == "fail-branch" else "source"


def _met(conditions: Sequence[Mapping[str, Any]], n: int, counter: str, result: Expected) -> bool:
    """Whether the only condition of a loop, that a count is so high, is met."""
    for condition in conditions:
        of_loop = condition["variable_selector"][0] != "conversation"
        count = n if of_loop else int(str(result.conversation[counter]))
        return count >= int(condition["value"])
    return False


def _chooses(node: NodeSpec) -> bool:
    return node.kind == "choice" or node.strategy == "fail-branch"


def _reached(entry: str, edges: Sequence[EdgeSpec]) -> list[str]:
    """From the entry, nearest first, in the order of the edges."""
    found = [entry]
    for node_id in found:
        found += _new([edge.target for edge in edges if edge.source == node_id], found)
    return found


def _new(names: Sequence[str], known: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in known]


def split(template: str) -> list[str | tuple[str, ...]]:
    """Literals and selectors of a well-formed template."""
    pieces: list[str | tuple[str, ...]] = []
    for number, part in enumerate(template.replace("#}}", "{{#").split("{{#")):
        pieces.append(tuple(part.split(".")) if number % 2 else part)
    return pieces


def _value(selector: tuple[str, ...], result: Expected) -> Value:
    if selector[0] == "conversation":
        return result.conversation.get(selector[1])
    scope = result.outputs.get(selector[0]) or result.outside.get(selector[0], {})
    return scope.get(selector[1])


def _read(piece: str | tuple[str, ...], result: Expected) -> str:
    """Scripts give texts and whole numbers only."""
    value = piece if isinstance(piece, str) else _value(piece, result)
    return "" if value is None else str(value)


def _paths(entry: str, goal: str, by_id: dict[str, NodeSpec], edges: Sequence[EdgeSpec]) -> list[set[int]]:
    """The blocking edges of every path from the entry to `goal`."""
    wanted = _variables(by_id[goal])
    found: list[set[int]] = []

    def walk(node_id: str, blocking: set[int]) -> None:
        if node_id == entry:
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
    if response.kind in ("iteration", "loop"):
        return set()
    return {piece for piece in split(data["template"]) if isinstance(piece, tuple)}


def _blocks(source: NodeSpec, wanted: set[tuple[str, ...]]) -> bool:
    assigns: dict[str, Value] = dict(source.data).get("assigns", {})  # type: ignore[assignment]
    return (
        _chooses(source)
        or source.kind in ("answer", "end", "iteration", "loop")
        or (source.kind == "assigner" and any(("conversation", name) in wanted for name in assigns))
        or (source.kind == "assigner" and any(selector in wanted for selector in dict(source.data).get("adds", ())))
    )
