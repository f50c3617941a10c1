"""Node types that do what their data says, and runs of small graphs written as text."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from treadle.engine.errors import NodeError
from treadle.engine.events import (
    AnswerChunk,
    AnswerReplaced,
    Event,
    NodeFinished,
    NodeStarted,
    NodeStatus,
    Path,
    PauseKey,
    PauseRequested,
    Remembered,
    RunEnd,
    RunFinished,
    RunPaused,
    RunStarted,
)
from treadle.engine.graph import EdgeSpec, Graph, GraphSpec, NodeSpec, Retry, compile_graph
from treadle.engine.node import NodeContext, NodePaused, NodeResult, NodeType
from treadle.engine.past import Answer
from treadle.engine.pool import VariablePool
from treadle.engine.ports import Ports
from treadle.engine.run import Limits, Run
from treadle.engine.template import Selector, Template
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import MISSING, Value, files_in
from treadle.nodes.iteration import ITERATION, ITERATION_START
from treadle.nodes.loop import LOOP, LOOP_END, LOOP_START

NO_PORTS = cast(Ports, None)


class Upset(NodeError):
    """The failure that scripted nodes raise."""


@dataclass
class Script:
    """What a node does: wait, stream `chunks`, fail the first `failures` attempts, and give `outputs`.

    It adds one to the variables `adds`. Inside of the container `item_of`, with the item `item_name`, it also fails
    every attempt with an item of `fails_on`, takes longer with one of `slow_on`, and shows the item in its output `x`.
    With `asks`, it waits for an answer first, and gives it as the output `answer`.
    """

    outputs: Mapping[str, Value] = field(default_factory=dict)
    chunks: Sequence[str] = ()
    ticks: int = 0
    failures: int = 0
    handle: str = "source"
    usage: Usage = NO_USAGE
    template: str = ""
    selectors: Mapping[str, Selector] = field(default_factory=dict)
    assigns: Mapping[str, Value] = field(default_factory=dict)
    body: Callable[[NodeContext], Awaitable[NodeResult]] | None = None
    attempts: Counter[str] = field(default_factory=Counter)
    item_of: str = ""
    fails_on: Sequence[Value] = ()
    slow_on: Sequence[Value] = ()
    item_name: str = "item"
    adds: Sequence[Selector] = ()
    asks: str = ""


async def _play(context: NodeContext, script: Script) -> NodeResult:
    if script.body is not None:
        return await script.body(context)
    if script.asks and context.answer is None:
        await _tick(script.ticks)
        raise NodePaused({"asks": script.asks})
    item = context.pool.get((script.item_of, script.item_name)) if script.item_of else None
    if item in script.slow_on:
        await _tick(9)
    script.attempts[context.execution_id] += 1
    failing = script.attempts[context.execution_id] <= script.failures or item in script.fails_on
    for chunk in script.chunks[: len(script.chunks) // 2] if failing else script.chunks:
        await _tick(script.ticks)
        context.stream("text", chunk)
    await _tick(script.ticks)
    if failing:
        raise Upset(f"{context.node_id} is upset")
    for name, value in script.assigns.items():
        context.assign(name, value)
    for scope, name in script.adds:
        value = int(str(context.pool.get((scope, name)))) + 1
        if scope == "conversation":
            context.assign(name, value)
        else:
            context.write(scope, name, value)
    outputs = dict(script.outputs)
    if script.item_of and "x" in outputs:
        outputs["x"] = f"{outputs['x']}:{item}"
    if context.answer is not None:
        outputs["answer"] = context.answer["says"]
    if script.chunks:
        outputs["text"] = "".join(script.chunks)
    return NodeResult(outputs=outputs, usage=script.usage, handle=script.handle)


async def _tick(turns: int) -> None:
    """Let other tasks go first, so many times."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def _answer(context: NodeContext, script: Script) -> NodeResult:
    await _tick(script.ticks)
    template = Template.parse(script.template)
    values = [context.pool.get(selector) for selector in template.selectors]
    files = [file for value in values if value for file in files_in(value)]
    return NodeResult(outputs={"answer": template.markdown(context.pool), "files": files})


async def _end(context: NodeContext, script: Script) -> NodeResult:
    await _tick(script.ticks)
    values = {name: context.pool.get(selector) for name, selector in script.selectors.items()}
    return NodeResult(outputs={name: None if value is MISSING else value for name, value in values.items()})


def _end_text(script: Script) -> Template:
    parts: list[str | Selector] = []
    for selector in script.selectors.values():
        parts += ["\n", selector] if parts else [selector]
    return Template(tuple(parts))


def _assigns(script: Script) -> list[Selector]:
    return [*(("conversation", name) for name in script.assigns), *script.adds]


def _load(data: Mapping[str, Any]) -> Script:
    return Script(**data)


TYPES: dict[str, NodeType[Any]] = {
    node_type.kind: node_type
    for node_type in (
        NodeType("start", _load, _play),
        NodeType("step", _load, _play),
        NodeType("choice", _load, _play, branching=True),
        NodeType("assigner", _load, _play, assigns=_assigns),
        NodeType("answer", _load, _answer, response=lambda script: Template.parse(script.template)),
        NodeType("end", _load, _end, response=_end_text, terminal=True),
        ITERATION,
        ITERATION_START,
        LOOP,
        LOOP_START,
        LOOP_END,
    )
}


def node(
    kind: str,
    node_id: str,
    *,
    strategy: str | None = None,
    defaults: Mapping[str, Value] | None = None,
    retries: int = 0,
    interval: float = 0.0,
    inside: str | None = None,
    **script: Any,
) -> NodeSpec:
    """A node of one of the TYPES; `script` are the fields of Script, or the settings of a container."""
    return NodeSpec(node_id, kind, "", script, inside, strategy, defaults or {}, Retry(retries, interval))


def start(**script: Any) -> NodeSpec:
    return node("start", "start", **script)


def step(node_id: str, **script: Any) -> NodeSpec:
    return node("step", node_id, **script)


def choice(node_id: str, handle: str, **script: Any) -> NodeSpec:
    return node("choice", node_id, handle=handle, **script)


def answer(node_id: str, template: str, **script: Any) -> NodeSpec:
    return node("answer", node_id, template=template, **script)


def iteration(node_id: str, items: str, output: str, **settings: Any) -> list[NodeSpec]:
    """An iteration and its entry `<node id>start`; `items` and `output` are written as `node.variable`."""
    return [
        node(
            "iteration",
            node_id,
            start_node_id=f"{node_id}start",
            iterator_selector=items.split("."),
            output_selector=output.split("."),
            **settings,
        ),
        node("iteration-start", f"{node_id}start", inside=node_id),
    ]


def loop(
    node_id: str, count: int, *, until: Sequence[Any] = (), inside: str | None = None, **variables: Value
) -> list[NodeSpec]:
    """A loop and its entry `<node id>start`; `until` is a condition `(selector, operator, value)`."""
    kinds = {int: "number", str: "string", list: "array[string]"}
    conditions = (
        [{"variable_selector": until[0].split("."), "comparison_operator": until[1], "value": until[2]}]
        if until
        else []
    )
    return [
        node(
            "loop",
            node_id,
            inside=inside,
            start_node_id=f"{node_id}start",
            loop_count=count,
            break_conditions=conditions,
            loop_variables=[
                {"label": name, "var_type": kinds[type(value)], "value_type": "constant", "value": value}
                for name, value in variables.items()
            ],
        ),
        node("loop-start", f"{node_id}start", inside=node_id),
    ]


def end(node_id: str, **selectors: str) -> NodeSpec:
    """An end node; `selectors` are written as `name="node.variable"`."""
    return node("end", node_id, selectors={name: tuple(text.split(".")) for name, text in selectors.items()})


def edges(*chains: str) -> list[EdgeSpec]:
    """Edges from texts such as `start -> a:yes -> b`, where `a:yes` is the handle `yes` of `a`."""
    found: list[EdgeSpec] = []
    for chain in chains:
        for left, right in itertools.pairwise(part.strip() for part in chain.split("->")):
            source, _, handle = left.partition(":")
            found.append(EdgeSpec(source, right.partition(":")[0], handle or "source"))
    return found


def graph_of(nodes: Iterable[NodeSpec], *chains: str) -> Graph:
    return compile_graph(GraphSpec(list(nodes), edges(*chains)), TYPES)


@dataclass
class Story:
    """Everything that a run told, and ways to read it."""

    events: list[Event] = field(default_factory=list)
    finished: RunEnd | None = None

    @property
    def end(self) -> RunFinished:
        assert isinstance(self.finished, RunFinished), "the run has not ended"
        return self.finished

    @property
    def pause(self) -> RunPaused:
        assert isinstance(self.finished, RunPaused), "the run has not paused"
        return self.finished

    @property
    def text(self) -> str:
        """All that was shown, one piece after the other."""
        return "".join(event.text for event in self.events if isinstance(event, AnswerChunk))

    @property
    def pieces(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, AnswerChunk)]

    @property
    def replaced(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, AnswerReplaced)]

    @property
    def started(self) -> list[str]:
        return [event.node_id for event in self.events if isinstance(event, NodeStarted)]

    @property
    def executions(self) -> list[NodeFinished]:
        """The last event of every node that started, in order."""
        return [event for event in self.events if isinstance(event, NodeFinished) and event.status != NodeStatus.RETRY]

    @property
    def checkpoint(self) -> list[Remembered]:
        """What a later process would be given: what has finished, and what waits."""
        finished = [event for event in self.events if isinstance(event, NodeFinished)]
        over = {event.execution_id for event in finished}
        waits = [event for event in self.events if isinstance(event, PauseRequested) and event.execution_id not in over]
        return [*finished, *waits]

    @property
    def statuses(self) -> dict[str, str]:
        return {event.node_id: event.status.value for event in self.executions}

    @property
    def outputs(self) -> dict[str, dict[str, Value]]:
        return {event.node_id: event.outputs for event in self.executions}

    def position(self, node_id: str, kind: type[NodeStarted] | type[NodeFinished]) -> int:
        """Where the (first) such event of a node stands."""
        return next(
            place for place, event in enumerate(self.events) if isinstance(event, kind) and event.node_id == node_id
        )

    def position_of_text(self, text: str) -> int:
        return next(
            place for place, event in enumerate(self.events) if isinstance(event, AnswerChunk) and event.text == text
        )


_ids = itertools.count(1)


def new_run(
    graph: Graph,
    story: Story,
    *,
    limits: Limits | None = None,
    checkpoint: Iterable[Remembered] = (),
    answers: Mapping[PauseKey, Answer] | None = None,
    pool: VariablePool | None = None,
    listener: Callable[[Event], None] | None = None,
) -> Run:
    """A run that tells `story`, and `listener` if there is one."""

    def emit(event: Event) -> None:
        story.events.append(event)
        if listener is not None:
            listener(event)

    return Run(
        graph,
        run_id="run",
        inputs={},
        pool=pool or VariablePool(),
        ports=NO_PORTS,
        emit=emit,
        new_id=lambda: f"execution-{next(_ids)}",
        limits=limits,
        checkpoint=checkpoint,
        answers=answers,
    )


async def play(graph: Graph, **settings: Any) -> Story:
    """Run `graph` to its end."""
    story = Story()
    story.finished = await new_run(graph, story, **settings).execute()
    check_order(story)
    return story


async def play_spec(nodes: Iterable[NodeSpec], *chains: str, **settings: Any) -> Story:
    return await play(graph_of(nodes, *chains), **settings)


@asynccontextmanager
async def no_task_left() -> AsyncIterator[None]:
    """Fails when the block leaves tasks behind."""
    before = asyncio.all_tasks()
    yield
    await asyncio.sleep(0)
    assert asyncio.all_tasks() <= before


Place = tuple[str, Path]


def place(event: NodeStarted | NodeFinished | PauseRequested) -> Place:
    """Which node, and in which round."""
    return event.node_id, event.container.path if event.container else ()


def check_order(story: Story) -> None:
    """What holds for the events of every run that ended (spec workflow-engine §14)."""
    events = story.events
    assert isinstance(events[0], RunStarted)
    assert sum(isinstance(event, RunStarted) for event in events) == 1
    assert not any(isinstance(event, RunFinished) for event in events), "the last event is returned"
    indexes = [event.index for event in events if isinstance(event, NodeStarted)]
    assert len(set(indexes)) == len(indexes)
    if not events[0].resumed:
        assert indexes == list(range(1, len(indexes) + 1))
    running: dict[Place, NodeStarted] = {}
    waiting: dict[Place, PauseRequested] = {}
    done: set[Place] = set()
    retries: Counter[Place] = Counter()
    known = {event.node_id for event in events if isinstance(event, NodeStarted)}
    for event in events:
        match event:
            case NodeStarted():
                assert place(event) not in running, "a node runs at most once in a round"
                assert place(event) not in done, "a node runs at most once in a round"
                running[place(event)] = event
            case NodeFinished(status=NodeStatus.RETRY):
                retries[place(event)] += 1
                assert event.retry_index == retries[place(event)]
                assert event.execution_id == running[place(event)].execution_id
            case NodeFinished():
                opened = running.pop(place(event), None) or waiting.pop(place(event))
                assert (event.execution_id, event.index) == (opened.execution_id, opened.index)
                done.add(place(event))
            case PauseRequested():
                running.pop(place(event))
                waiting[place(event)] = event
            case AnswerChunk():
                assert event.text, "no empty pieces"
                source = event.selector[0] if event.selector else event.node_id
                if source in known and source != event.node_id and not events[0].resumed:
                    begun = {node_id for node_id, _ in (*running, *done)}
                    assert source in begun, "text of a node that has not started"
            case _:
                pass
    assert not running, "every started node finishes"
    assert not waiting or isinstance(story.finished, RunPaused), "what waits ends with its run"
