"""What the engine itself costs per node and per streamed piece, beside LangGraph in the same process."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypedDict, cast

from treadle.engine.events import Event, RunStatus
from treadle.engine.graph import EdgeSpec, Graph, GraphSpec, NodeSpec, compile_graph
from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.pool import VariablePool
from treadle.engine.ports import Ports
from treadle.engine.run import Limits, Run
from treadle.engine.template import Template
from treadle.engine.values import JsonValue
from treadle.nodes.iteration import ITERATION, ITERATION_START

from . import Measurement

LENGTH = 100
PIECES = 1000
ROUNDS = 10_000


def run() -> list[Measurement]:
    """Processor time of whole runs, the best of several, divided by their nodes or pieces."""
    return asyncio.run(_measure())


async def _measure() -> list[Measurement]:
    chain, fan_out, stream, peer = _chain(), _fan_out(), _stream(), _langgraph_chain()
    short, rounds, together = _rounds(100), _rounds(ROUNDS), _rounds(ROUNDS, is_parallel=True)
    return [
        Measurement("engine: trivial node, chain of 100", await _best(lambda: _play(chain)) / LENGTH, "µs", 20),
        Measurement("engine: trivial node, 10 branches of 10", await _best(lambda: _play(fan_out)) / LENGTH, "µs", 20),
        Measurement("engine: streamed piece", await _best(lambda: _play(stream)) / PIECES, "µs", 5),
        Measurement("engine: round, 100 of one node", await _best(lambda: _play(short), 20) / 100, "µs", 60),
        Measurement("engine: round, 10,000 of one node", await _best(lambda: _play(rounds), 3) / ROUNDS, "µs", 60),
        Measurement("engine: round, 10,000, ten at a time", await _best(lambda: _play(together), 3) / ROUNDS, "µs", 80),
        Measurement("LangGraph: trivial node, chain of 100", await _best(peer, rounds=10) / LENGTH, "µs"),
    ]


async def _best(play: Callable[[], Awaitable[object]], rounds: int = 100) -> float:
    """Microseconds of processor time of the quickest of `rounds` runs."""
    times: list[int] = []
    for _ in range(rounds):
        before = time.process_time_ns()
        await play()
        times.append(time.process_time_ns() - before)
    return min(times) / 1000


async def _play(graph: Graph) -> None:
    events: list[Event] = []
    numbers = itertools.count()
    finished = await Run(
        graph,
        run_id="run",
        inputs={},
        pool=VariablePool({"conversation": {"items": list(range(ROUNDS)), "few": list(range(100))}}),
        limits=Limits(max_steps=ROUNDS + 10),
        ports=cast(Ports, None),
        emit=events.append,
        new_id=lambda: str(next(numbers)),
    ).execute()
    assert finished.status is RunStatus.SUCCEEDED, finished.error


async def _do_nothing(_: NodeContext, __: None) -> NodeResult:
    return NodeResult(outputs={"x": 1})


async def _say_much(context: NodeContext, _: None) -> NodeResult:
    for _ in range(PIECES):
        context.stream("text", "word ")
    return NodeResult(outputs={"text": "word " * PIECES})


async def _answer(context: NodeContext, _: None) -> NodeResult:
    return NodeResult(outputs={"answer": _ANSWER.markdown(context.pool)})


def _no_settings(_: Mapping[str, JsonValue]) -> None:
    return None


_ANSWER = Template.parse("{{#speaker.text#}}")
_TYPES: dict[str, NodeType[Any]] = {
    "iteration": ITERATION,
    "iteration-start": ITERATION_START,
    "start": NodeType("start", _no_settings, _do_nothing),
    "step": NodeType("step", _no_settings, _do_nothing),
    "speaker": NodeType("speaker", _no_settings, _say_much),
    "answer": NodeType("answer", _no_settings, _answer, response=lambda _: _ANSWER),
}


def _compiled(nodes: Sequence[NodeSpec], *paths: Sequence[str]) -> Graph:
    edges = [EdgeSpec(source, target) for path in paths for source, target in itertools.pairwise(path)]
    return compile_graph(GraphSpec(nodes, edges), _TYPES)


def _chain() -> Graph:
    names = [f"n{number}" for number in range(LENGTH)]
    return _compiled([NodeSpec("start", "start"), *(NodeSpec(name, "step") for name in names)], ["start", *names])


def _fan_out() -> Graph:
    branches = [[f"n{branch}{number}" for number in range(10)] for branch in range(10)]
    nodes = [NodeSpec(name, "step") for branch in branches for name in branch]
    ends = (NodeSpec("start", "start"), NodeSpec("join", "step"))
    return _compiled([*ends, *nodes], *(["start", *branch, "join"] for branch in branches))


def _stream() -> Graph:
    nodes = [NodeSpec("start", "start"), NodeSpec("speaker", "speaker"), NodeSpec("answer", "answer")]
    return _compiled(nodes, ["start", "speaker", "answer"])


def _rounds(count: int, **settings: JsonValue) -> Graph:
    """An iteration of one node."""
    data: dict[str, JsonValue] = {
        "start_node_id": "entry",
        "iterator_selector": ["conversation", "items" if count == ROUNDS else "few"],
        "output_selector": ["inner", "x"],
        **settings,
    }
    nodes = [
        NodeSpec("start", "start"),
        NodeSpec("each", "iteration", data=data),
        NodeSpec("entry", "iteration-start", parent="each"),
        NodeSpec("inner", "step", parent="each"),
    ]
    return _compiled(nodes, ["start", "each"], ["entry", "inner"])


class _State(TypedDict):
    x: int


def _langgraph_chain() -> Callable[[], Awaitable[object]]:
    from langgraph.graph import START, StateGraph

    async def do_nothing(_: _State) -> dict[str, Any]:
        return {"x": 1}

    builder = StateGraph(_State)
    previous = START
    for number in range(LENGTH):
        builder.add_node(f"n{number}", do_nothing)
        builder.add_edge(previous, f"n{number}")
        previous = f"n{number}"
    chain = builder.compile()
    return lambda: chain.ainvoke({"x": 0}, {"recursion_limit": LENGTH + 5})
