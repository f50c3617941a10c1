"""What a node type is to the engine, and what a running node may use."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .errors import NodeError
from .events import (
    AgentLog,
    AgentThought,
    AnswerFile,
    Citations,
    NodeKept,
    PauseKey,
    ReasoningChunk,
    VariableAssigned,
    Write,
)
from .pool import CONVERSATION, VariablePool
from .ports import Ports, ToolLog
from .template import Selector, Template
from .usage import NO_USAGE, Usage
from .values import JsonValue, Missing, Value

if TYPE_CHECKING:
    from .graph import Graph
    from .walk import Round, Walk

Config = TypeVar("Config")

SOURCE = "source"
FAIL_BRANCH = "fail-branch"


def _no_values() -> dict[str, Value]:
    return {}


def _no_metadata() -> dict[str, JsonValue]:
    return {}


@dataclass(slots=True)
class NodeResult:
    """What one execution of a node gave. `inputs` and `process_data` are for the log only."""

    outputs: dict[str, Value] = field(default_factory=_no_values)
    inputs: dict[str, Value] = field(default_factory=_no_values)
    process_data: dict[str, Value] = field(default_factory=_no_values)
    metadata: dict[str, JsonValue] = field(default_factory=_no_metadata)
    usage: Usage = NO_USAGE
    handle: str = SOURCE


class NodeFailure(Exception):
    """A failure that carries what is known for the log: raise it `from` the NodeError that says what went wrong."""

    def __init__(self, result: NodeResult) -> None:
        super().__init__()
        self.result = result


class NodePaused(Exception):
    """Raised by a node that waits for somebody outside the run: it runs again, with `NodeContext.answer` set, when the
    answer is there. `reason` says what it waits for, to whoever is told that the run has paused."""

    def __init__(self, reason: dict[str, JsonValue]) -> None:
        super().__init__()
        self.reason = reason


class BodyFailed(NodeError):
    """A node inside a container failed, and nothing inside handled it: message and error type are that node's."""

    def __init__(self, message: str, error_type: str) -> None:
        super().__init__(message)
        self._error_type = error_type

    @property
    def error_type(self) -> str:
        return self._error_type


class BodyPaused(Exception):
    """A node inside a container waits, and nothing else in its round can go on."""


class NodeContext:
    """What a running node may use: variables, ports, and ways to tell the run something. One for each execution."""

    __slots__ = ("_walk", "answer", "execution_id", "inputs", "last_attempt", "node_id", "pool", "ports",
                 "spent", "steps", "strategy_set", "writes")  # fmt: skip

    def __init__(
        self, walk: "Walk", node_id: str, execution_id: str, *, strategy_set: bool, answer: dict[str, JsonValue] | None
    ) -> None:
        self._walk = walk
        self.pool: VariablePool = walk.pool
        self.ports: Ports = walk.run.ports
        self.inputs: Mapping[str, Value] = walk.run.inputs
        """What the run was started with."""
        self.node_id = node_id
        self.execution_id = execution_id
        self.last_attempt = True
        """False while a failure would be followed by another attempt."""
        self.strategy_set = strategy_set
        """True when an error strategy takes up a failure of this node."""
        self.answer = answer
        """What was given to this execution after it raised NodePaused; None at the first visit."""
        self.writes: dict[tuple[str, str], Write] = {}
        """Variables changed so far, for the checkpoint."""
        self.spent: Usage = NO_USAGE
        """Of a container: what the nodes of its rounds used."""
        self.steps: int | None = None
        """Of a container: rounds that were announced."""

    @property
    def key(self) -> PauseKey:
        """What an answer to this execution is given for."""
        return PauseKey(self.node_id, self._walk.path)

    @property
    def title(self) -> str:
        """The name that people gave to the node."""
        return self._walk.graph.by_id[self.node_id].title

    def stream(self, name: str, text: str) -> None:
        """Pass on a piece of the text output `name` while it grows."""
        self._walk.stream.chunk(self.node_id, name, text)
        if (overhear := self._walk.run.overhear) is not None:
            overhear(self.node_id, text)

    def reason(self, text: str) -> None:
        """Pass on a piece of separated thinking."""
        self._walk.emit(ReasoningChunk(text, self.node_id))

    def cite(self, resources: list[dict[str, JsonValue]]) -> None:
        """Name the retrieved passages put before a model."""
        self._walk.emit(Citations(self.node_id, resources))

    def log(self, entry: ToolLog) -> None:
        """Tell a step of an agent; one with the same id takes the place of the earlier one."""
        self._walk.emit(
            AgentLog(
                id=entry.id,
                node_id=self.node_id,
                execution_id=self.execution_id,
                label=entry.label,
                parent_id=entry.parent_id,
                status=entry.status,
                data=entry.data,
                error=entry.error,
                metadata=entry.metadata,
            )
        )

    def think(self, thought: AgentThought) -> None:
        """Tell a round of an agent app."""
        self._walk.emit(thought)

    def attach(self, file: AnswerFile) -> None:
        """Add a file to the answer of an agent app."""
        self._walk.emit(file)

    def write(self, scope: str, name: str, value: Value) -> None:
        """Change a variable of another scope, at once for nodes that start later: a loop variable."""
        earlier = self.writes.get((scope, name))
        before = self.pool.get((scope, name)) if earlier is None else earlier.before
        self.writes[scope, name] = Write(scope, name, value, None if isinstance(before, Missing) else before)
        self.pool.set(scope, name, value)

    def assign(self, name: str, value: Value) -> None:
        """Change a conversation variable, at once for nodes that start later, and keep it."""
        self.write(CONVERSATION, name, value)
        self._walk.emit(VariableAssigned(name, value))

    def keep(self, content: JsonValue) -> None:
        """Have `content` at hand in the process that takes this execution up, should this one die before its end."""
        self._walk.emit(NodeKept(execution_id=self.execution_id, content=content))

    def take_kept(self) -> JsonValue:
        """What an earlier process kept of this execution, None without it; given once, so that another attempt begins
        anew."""
        return self._walk.run.past.take_kept(self.key)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._walk.run.clock()

    @property
    def body(self) -> "Graph | None":
        """Of a container: what it runs in each round; None when its entry is missing."""
        return self._walk.graph.by_id[self.node_id].body

    @property
    def begun(self) -> list[int]:
        """Of a container: the rounds that an earlier process began, in the order in which it left them."""
        return self._walk.run.past.rounds(self._walk.path, self.node_id)

    def announce(self, inputs: dict[str, Value], length: int) -> None:
        """Of a container: tell that rounds will follow, `length` at most."""
        self.steps = length
        self._walk.announce(self.node_id, inputs, length)

    def announce_round(self, index: int) -> None:
        """Of a container: tell that a round is due."""
        self._walk.announce_round(self.node_id, index)

    async def walk(self, pool: VariablePool, index: int, *, together: bool = False) -> "Round":
        """Of a container: run its body once, with `pool` (its own, or a fork whose changes of conversation variables
        are then taken over). `together` keeps the text of a round back until the round is over, for rounds that run
        at the same time.

        Raises BodyFailed with what the node inside says, and BodyPaused when one waits and no other can go on.
        """
        return await self._walk.round(self, pool, index, together=together)


def _no_selectors(_: Any) -> Sequence[Selector]:
    return ()


@dataclass(frozen=True, slots=True)
class NodeType(Generic[Config]):
    """A node type: how its settings are read, how it runs, and what the engine must know to schedule it."""

    kind: str
    load: Callable[[Mapping[str, JsonValue]], Config]
    """Reads the `data` map of a node. Raises GraphProblem naming the field."""
    run: Callable[[NodeContext, Config], Awaitable[NodeResult]]
    branching: bool = False
    """The handle of its result chooses the edges taken."""
    response: Callable[[Config], Template] | None = None
    """The text that this node contributes to the reader (answer, end)."""
    assigns: Callable[[Config], Sequence[Selector]] = _no_selectors
    """Variables of other scopes that it writes."""
    terminal: bool = False
    """Its outputs become outputs of the run (end)."""
    container: bool = False
    """It walks a body of its own, in rounds (iteration, loop)."""
    breaks: bool = False
    """Reaching it ends the loop around it, once the nodes of the round are done (loop-end)."""
    silent: bool = False
    """At the entry of a body it only passes on: it takes no step and leaves no trace (iteration-start, loop-start)."""
