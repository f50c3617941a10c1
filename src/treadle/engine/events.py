"""Every event that a run can emit: its only output, read by streams, records, traces, tests and evaluations.

Times are seconds since the epoch. Source: spec workflow-engine §11 to §15.
"""

from enum import StrEnum
from typing import ClassVar, NamedTuple, TypeAlias

import msgspec

from .usage import NO_USAGE, Usage
from .values import File, JsonValue, Value


class RunStatus(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    PARTIAL = "partial-succeeded"
    PAUSED = "paused"


class NodeStatus(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXCEPTION = "exception"
    RETRY = "retry"
    STOPPED = "stopped"


Path: TypeAlias = tuple[tuple[str, int], ...]
"""Where a node stands: the id and the round of every container around it, outermost first."""


class Container(msgspec.Struct, frozen=True):
    """The iteration or loop round that an inner node ran in; `parent` is the round around that one.

    `parallel_run_id` names a round among others that run at the same time.
    """

    kind: str
    node_id: str
    index: int
    parent: "Container | None" = None
    parallel_run_id: str | None = None

    @property
    def path(self) -> Path:
        """The rounds from the outermost to this one."""
        return (*(self.parent.path if self.parent else ()), (self.node_id, self.index))


class PauseKey(NamedTuple):
    """Names an execution that waits for an answer: the node and the rounds around it."""

    node_id: str
    path: Path = ()


class Write(msgspec.Struct, frozen=True):
    """A variable outside a node's own outputs that it changed: `scope` is `conversation` or the id of a loop.

    `before` is what it held when the node began.
    """

    scope: str
    name: str
    value: Value
    before: Value = None


class RunStarted(msgspec.Struct, frozen=True, tag=True):
    """`inputs` are those of the form, and the system variables as `sys.<name>`. `resumed` is true when another process
    takes up a run from its checkpoints."""

    run_id: str
    at: float
    inputs: dict[str, Value]
    resumed: bool = False


class NodeStarted(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    execution_id: str
    node_id: str
    node_type: str
    title: str
    index: int
    predecessor: str | None
    at: float
    container: Container | None = None


class NodeFinished(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """One execution of a node, whole: its log record and its checkpoint.

    `status` RETRY marks an attempt that will be repeated (`retry_index` from 1). STOPPED marks a node that was still
    running when the run, or the round around it, ended; streams do not show it. `handle` is the outgoing handle that
    was chosen. Of a container, `said` is the text that its answers gave, and `steps` the number of rounds that were
    announced, None when none were.
    """

    execution_id: str
    node_id: str
    node_type: str
    title: str
    index: int
    predecessor: str | None
    status: NodeStatus
    started_at: float
    at: float
    inputs: dict[str, Value] = {}
    process_data: dict[str, Value] = {}
    outputs: dict[str, Value] = {}
    metadata: dict[str, JsonValue] = {}
    usage: Usage = NO_USAGE
    error: str | None = None
    error_type: str | None = None
    handle: str = "source"
    retry_index: int = 0
    container: Container | None = None
    writes: tuple[Write, ...] = ()
    said: str = ""
    steps: int | None = None

    @property
    def elapsed(self) -> float:
        """Seconds."""
        return self.at - self.started_at


class PauseRequested(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A node waits for an answer from outside; the run goes on for as long as others can.

    A container that waits for a node inside it has no `reason` of its own.
    """

    execution_id: str
    node_id: str
    node_type: str
    title: str
    index: int
    predecessor: str | None
    started_at: float
    at: float
    reason: dict[str, JsonValue] | None = None
    container: Container | None = None

    @property
    def key(self) -> PauseKey:
        """What the answer is given for."""
        return PauseKey(self.node_id, self.container.path if self.container else ())


class ContainerStarted(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """An iteration or loop is about to run its rounds, `length` at most. `container` is the round around it."""

    execution_id: str
    node_id: str
    node_type: str
    title: str
    at: float
    length: int
    inputs: dict[str, Value] = {}
    container: Container | None = None


class RoundStarted(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A round of a container begins; of a loop: would begin if it has another one."""

    execution_id: str
    node_id: str
    node_type: str
    title: str
    at: float
    index: int
    container: Container | None = None


class AnswerChunk(msgspec.Struct, frozen=True, tag=True):
    """Text for the reader, in its final order. `selector` names the variable it comes from; literals come from the
    response node's own `answer`."""

    text: str
    selector: tuple[str, ...] | None
    node_id: str


class NodeText(msgspec.Struct, frozen=True, tag=True):
    """More of what a node says while it runs, in no order with what others say. For those who try a draft; it is not
    recorded, and several pieces may have become one."""

    node_id: str
    text: str


class AnswerReplaced(msgspec.Struct, frozen=True, tag=True):
    """Everything shown so far gives way to `text`."""

    text: str
    reason: str


class ReasoningChunk(msgspec.Struct, frozen=True, tag=True):
    """Thinking of a model whose node separates it from the text."""

    text: str
    node_id: str


class Citations(msgspec.Struct, frozen=True, tag=True):
    """Retrieved passages that a node put before a model."""

    node_id: str
    resources: list[dict[str, JsonValue]]


class VariableAssigned(msgspec.Struct, frozen=True, tag=True):
    """A conversation variable has a new value, to be kept whatever becomes of the run."""

    name: str
    value: Value


class NodeKept(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """What a node that still runs would not do again in another process; each takes the place of the earlier one.

    It is for records alone, and in no stream.
    """

    execution_id: str
    content: JsonValue


class AgentLog(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A step of an agent node. A later one with the same `id` takes the place of the earlier one.

    Source: spec workflow-nodes §22.
    """

    id: str
    node_id: str
    execution_id: str
    label: str
    parent_id: str | None = None
    status: str = "start"
    data: dict[str, JsonValue] = {}
    error: str | None = None
    metadata: dict[str, JsonValue] = {}


class AgentThought(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """A round of an agent app, as far as it is known; sent again under its `id` as it grows.

    `tool` joins names by `;`; `tool_labels`, `tool_input` and `observation` are JSON texts by tool name. Source: spec
    models-and-tools §3.5.
    """

    id: str
    position: int
    thought: str = ""
    tool: str = ""
    tool_labels: dict[str, JsonValue] = {}
    tool_input: str = ""
    observation: str = ""
    tool_meta: dict[str, JsonValue] = {}
    files: tuple[File, ...] = ()
    answer: str = ""
    usage: Usage = NO_USAGE
    at: float = 0.0


class AnswerFile(msgspec.Struct, frozen=True, tag=True):
    """A file that belongs to the answer, made by a tool of an agent app (`message_file` in its stream)."""

    id: str
    file: File


class AnnotationUsed(msgspec.Struct, frozen=True, tag=True):
    """The answer is that of an annotation, which somebody wrote: no model was asked."""

    id: str
    account_id: str
    account_name: str


class SpeechChunk(msgspec.Struct, frozen=True, tag=True):
    """A piece of the answer read aloud, as base64. Of what is live only: it is not recorded."""

    audio: str


class SpeechEnded(msgspec.Struct, frozen=True, tag=True):
    """No more of the answer will be read aloud; this may come behind the last event of the run."""


class RunFinished(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The last event. `outputs` of a chatflow are `answer` and `files`."""

    run_id: str
    status: RunStatus
    started_at: float
    at: float
    outputs: dict[str, Value] = {}
    error: str | None = None
    error_type: str | None = None
    total_steps: int = 0
    exceptions_count: int = 0
    usage: Usage = NO_USAGE
    total_tokens: int = 0
    files: tuple[File, ...] = ()

    @property
    def elapsed(self) -> float:
        """Seconds."""
        return self.at - self.started_at


class RunPaused(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The last event of a run that waits for answers: nothing else can go on. The figures are those of RunFinished.

    `paused` are the executions that wait, in the order in which they began to.
    """

    run_id: str
    started_at: float
    at: float
    paused: tuple[PauseRequested, ...]
    outputs: dict[str, Value] = {}
    total_steps: int = 0
    exceptions_count: int = 0
    usage: Usage = NO_USAGE
    total_tokens: int = 0
    files: tuple[File, ...] = ()

    status: ClassVar[RunStatus] = RunStatus.PAUSED
    error: ClassVar[str | None] = None
    error_type: ClassVar[str | None] = None

    @property
    def elapsed(self) -> float:
        """Seconds."""
        return self.at - self.started_at

    @property
    def reasons(self) -> list[dict[str, JsonValue]]:
        """What each of them waits for."""
        return [event.reason or {} for event in self.paused]


Event: TypeAlias = (
    RunStarted
    | NodeStarted
    | NodeFinished
    | PauseRequested
    | NodeKept
    | ContainerStarted
    | RoundStarted
    | AnswerChunk
    | NodeText
    | AnswerReplaced
    | ReasoningChunk
    | Citations
    | VariableAssigned
    | AgentLog
    | AgentThought
    | AnswerFile
    | AnnotationUsed
    | SpeechChunk
    | SpeechEnded
    | RunFinished
    | RunPaused
)

RunEnd: TypeAlias = RunFinished | RunPaused
"""The last event of a run."""

Remembered: TypeAlias = NodeFinished | PauseRequested
"""What a checkpoint holds of one execution."""
