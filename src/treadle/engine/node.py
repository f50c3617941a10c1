"""What a node type is to the engine, and what a running node may use."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .events import AgentLog, AgentThought, AnswerFile, Citations, ReasoningChunk, VariableAssigned
from .pool import VariablePool
from .ports import Ports, ToolLog
from .template import Selector, Template
from .usage import NO_USAGE, Usage
from .values import JsonValue, Value

if TYPE_CHECKING:
    from .run import Run

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


class NodeContext:
    """What a running node may use: variables, ports, and ways to tell the run something."""

    __slots__ = ("_run", "execution_id", "inputs", "last_attempt", "node_id", "pool", "ports", "strategy_set")

    def __init__(self, run: "Run", node_id: str, execution_id: str, *, last_attempt: bool, strategy_set: bool) -> None:
        self._run = run
        self.pool: VariablePool = run.pool
        self.ports: Ports = run.ports
        self.inputs: Mapping[str, Value] = run.inputs
        """What the run was started with."""
        self.node_id = node_id
        self.execution_id = execution_id
        self.last_attempt = last_attempt
        """False while a failure would be followed by another attempt."""
        self.strategy_set = strategy_set
        """True when an error strategy takes up a failure of this node."""

    def stream(self, name: str, text: str) -> None:
        """Pass on a piece of the text output `name` while it grows."""
        self._run.stream.chunk(self.node_id, name, text)

    def reason(self, text: str) -> None:
        """Pass on a piece of separated thinking."""
        self._run.emit(ReasoningChunk(text, self.node_id))

    def cite(self, resources: list[dict[str, JsonValue]]) -> None:
        """Name the retrieved passages put before a model."""
        self._run.emit(Citations(self.node_id, resources))

    def log(self, entry: ToolLog) -> None:
        """Tell a step of an agent; one with the same id takes the place of the earlier one."""
        self._run.emit(
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
        self._run.emit(thought)

    def attach(self, file: AnswerFile) -> None:
        """Add a file to the answer of an agent app."""
        self._run.emit(file)

    def assign(self, name: str, value: Value) -> None:
        """Change a conversation variable, at once for nodes that start later."""
        self.pool.set("conversation", name, value)
        self._run.emit(VariableAssigned(name, value))


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
    silent: bool = False
    """At the entry of a body it only passes on: it takes no step and leaves no trace (iteration-start, loop-start)."""
