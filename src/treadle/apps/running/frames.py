"""Server-sent events of a run, in the vocabulary of its app's mode.

A frame is one line `data: <JSON>` and an empty line. Source: spec service-api §4, workflow-engine §11 to §14.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import msgspec

from treadle.apps.running import container_frames, form_frames
from treadle.apps.running.masking import Mask
from treadle.apps.running.model_failures import code_of
from treadle.engine.events import (
    AgentLog,
    AgentThought,
    AnnotationUsed,
    AnswerChunk,
    AnswerFile,
    AnswerReplaced,
    Citations,
    ContainerStarted,
    Event,
    NodeFinished,
    NodeStarted,
    NodeStatus,
    NodeText,
    PauseRequested,
    ReasoningChunk,
    RoundStarted,
    RunEnd,
    RunFinished,
    RunPaused,
    RunStarted,
    RunStatus,
    SpeechChunk,
    SpeechEnded,
)
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, JsonValue, Value, files_in

Audience = Literal["service", "web"]
Vocabulary = Literal["workflow", "advanced-chat", "chat", "completion", "agent-chat"]

_encode = msgspec.json.Encoder().encode
_UNTOLD = container_frames.CONTAINERS | container_frames.ENTRIES
_NO_PRICES = {name: "0.0" for name in NO_USAGE.to_map() if name.endswith(("_price", "_price_unit"))}


@dataclass(frozen=True, slots=True)
class Thread:
    """What every frame of one run repeats. Times are whole seconds since the epoch."""

    mode: Vocabulary
    task_id: str
    run_id: str
    version_id: str
    created_at: int
    created_by: Mapping[str, JsonValue]
    message_id: str = ""
    conversation_id: str = ""
    sequence_number: int = 0
    show_citations: bool = True
    mask: Mask | None = None
    """Hides the secrets of the run in what nodes were given and gave; None when it has none."""
    agent_strategies: Mapping[str, str] = field(default_factory=dict[str, str])
    """The names of the strategies of agent nodes, by node id."""
    tool_icons: Mapping[str, str] = field(default_factory=dict[str, str])
    """The addresses of the icons of tool nodes, by node id."""
    form_token: Callable[[str], str] | None = None
    """Gives the secret part of a form's address by the id of the form."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a failed run is told: the documented code, HTTP status and text."""

    code: str
    status: int
    message: str


@dataclass(slots=True)
class Citing:
    """Passages cited during a run, best first."""

    resources: list[dict[str, JsonValue]] = field(default_factory=list[dict[str, JsonValue]])
    annotation: AnnotationUsed | None = None
    """The annotation that gave the answer."""

    def add(self, event: Citations) -> None:
        self.resources += event.resources

    def ordered(self) -> list[dict[str, JsonValue]]:
        """By descending score, positions from 1."""
        best = sorted(self.resources, key=lambda item: -_score(item))
        return [{**item, "position": position} for position, item in enumerate(best, 1)]

    def annotation_reply(self) -> JsonValue:
        """The `annotation_reply` member of metadata."""
        used = self.annotation
        return {"id": used.id, "account": {"id": used.account_id, "name": used.account_name}} if used else None


def _score(item: Mapping[str, JsonValue]) -> float:
    score = item.get("score")
    return float(score) if isinstance(score, int | float) else 0.0


def failure_of(mode: Vocabulary, event: RunEnd) -> Failure:
    """The error that a failed run means to a caller (spec service-api §4.6)."""
    message = event.error or "The run failed."
    if mode in ("advanced-chat", "workflow"):
        return Failure("invalid_param", 400, f"Run failed: {message}")
    if code := code_of(event.error_type):
        return Failure(code, 400, message)
    if event.error_type == "WorkflowNodeError":
        return Failure("internal_server_error", 500, message)
    return Failure("invalid_param", 400, message)


def usage_map(usage: Usage) -> dict[str, JsonValue]:
    """The `usage` member of message metadata. Without a model call all prices are "0.0" (spec service-api §4.5)."""
    members = usage.to_map()
    return members if usage.total_tokens else {**members, **_NO_PRICES}


class FrameEncoder:
    """Turns the events of one run into frames for one audience. Stateful: use one for each follower."""

    def __init__(self, thread: Thread, audience: Audience = "service") -> None:
        self._thread = thread
        self._full = audience == "service"
        self._citing = Citing()
        self._begun = False
        self._graph_events = thread.mode in ("workflow", "advanced-chat")
        self._envelope = self._envelope_members()
        self._chunk_head, self._chunk_tail = self._chunk_frame()
        self._selectors: dict[tuple[str, ...] | None, bytes] = {}

    def encode(self, event: Event) -> bytes:
        """The frames of `event`, none for events that this vocabulary does not show."""
        encoder = self._ENCODERS.get(type(event))
        return encoder(self, event) if encoder else b""

    def _envelope_members(self) -> dict[str, JsonValue]:
        thread = self._thread
        if thread.mode == "workflow":
            return {"workflow_run_id": thread.run_id, "task_id": thread.task_id}
        members: dict[str, JsonValue] = {"message_id": thread.message_id, "created_at": thread.created_at}
        if thread.mode != "completion":
            members = {"conversation_id": thread.conversation_id, **members}
        return {**members, "task_id": thread.task_id}

    def _frame(self, name: str, members: Mapping[str, object]) -> bytes:
        return b"data: " + _encode({"event": name, **self._envelope, **members}) + b"\n\n"

    def _graph_frame(self, name: str, data: Mapping[str, object]) -> bytes:
        return self._frame(name, {"workflow_run_id": self._thread.run_id, "data": data})

    def _chunk_frame(self) -> tuple[bytes, bytes]:
        """Everything of a text frame around the text and the selector, encoded once."""
        if self._thread.mode == "workflow":
            return b"data: " + _encode({"event": "text_chunk", **self._envelope})[:-1] + b',"data":{"text":', b"}}\n\n"
        name = "agent_message" if self._thread.mode == "agent-chat" else "message"
        members = {"event": name, **self._envelope, "id": self._thread.message_id}
        return b"data: " + _encode(members)[:-1] + b',"answer":', b"}\n\n"

    def _answer_chunk(self, event: AnswerChunk) -> bytes:
        selector = self._selectors.get(event.selector)
        if selector is None:
            shown = event.selector if self._graph_events else None
            selector = self._selectors[event.selector] = b',"from_variable_selector":' + _encode(shown)
        return self._chunk_head + _encode(event.text) + selector + self._chunk_tail

    def _node_text(self, event: NodeText) -> bytes:
        mask = self._thread.mask
        text = event.text if mask is None else mask.text(event.text)
        return self._frame("node_text", {"data": {"node_id": event.node_id, "text": text}})

    def _run_started(self, event: RunStarted) -> bytes:
        self._begun = True
        if not self._graph_events:
            return b""
        thread = self._thread
        return self._graph_frame(
            "workflow_started",
            {
                "id": thread.run_id,
                "workflow_id": thread.version_id,
                "sequence_number": thread.sequence_number,
                "inputs": event.inputs,
                "created_at": int(event.at),
                "reason": "resumption" if event.resumed else "initial",
            },
        )

    def _node_started(self, event: NodeStarted) -> bytes:
        if not self._graph_events or event.node_type in _UNTOLD:
            return b""
        return self._graph_frame(
            "node_started",
            {
                "id": event.execution_id,
                "node_id": event.node_id,
                "node_type": event.node_type,
                "title": event.title,
                "index": event.index,
                "predecessor_node_id": event.predecessor,
                "inputs": None,
                "inputs_truncated": False,
                "created_at": int(event.at),
                "extras": self._extras(event.node_id),
                "agent_strategy": self._strategy(event.node_id),
                "parallel_run_id": event.container.parallel_run_id if event.container else None,
                **_placement(event),
            },
        )

    def _extras(self, node_id: str) -> JsonValue:
        icon = self._thread.tool_icons.get(node_id) if self._full else None
        return {"icon": icon} if icon else {}

    def _strategy(self, node_id: str) -> JsonValue:
        name = self._thread.agent_strategies.get(node_id)
        return None if name is None else {"name": name, "icon": None}

    def _node_finished(self, event: NodeFinished) -> bytes:
        if not self._graph_events or event.status is NodeStatus.STOPPED:
            return b""
        if event.node_type in _UNTOLD:
            return self._container_completed(event)
        return self._form_closed(event) + self._node_told(event)

    def _node_told(self, event: NodeFinished) -> bytes:
        retried = event.status is NodeStatus.RETRY
        data: dict[str, object] = {
            "id": event.execution_id,
            "node_id": event.node_id,
            "node_type": event.node_type,
            "title": event.title,
            "index": event.index,
            "predecessor_node_id": event.predecessor,
            **self._node_details(event),
            "inputs_truncated": False,
            "process_data_truncated": False,
            "outputs_truncated": False,
            "status": event.status,
            "elapsed_time": round(event.elapsed, 6),
            "created_at": int(event.started_at),
            "finished_at": int(event.at),
            **_placement(event),
        }
        if retried:
            data["retry_index"] = event.retry_index
        return self._graph_frame("node_retry" if retried else "node_finished", data)

    def _form_required(self, event: PauseRequested) -> bytes:
        if not self._graph_events or event.reason is None:
            return b""
        data = form_frames.required(event, event.reason, self._thread.form_token)
        return self._graph_frame(form_frames.REQUIRED, data) if data is not None else b""

    def _form_closed(self, event: NodeFinished) -> bytes:
        closed = form_frames.closed(event)
        return self._graph_frame(*closed) if closed is not None else b""

    def _container_started(self, event: ContainerStarted) -> bytes:
        if not self._graph_events:
            return b""
        return self._graph_frame(f"{event.node_type}_started", container_frames.started(event, self._shown_to_owner))

    def _round_started(self, event: RoundStarted) -> bytes:
        if not self._graph_events:
            return b""
        return self._graph_frame(f"{event.node_type}_next", container_frames.round_due(event))

    def _container_completed(self, event: NodeFinished) -> bytes:
        """Nothing for one whose rounds were not announced, nor for an entry."""
        if event.steps is None:
            return b""
        data = container_frames.completed(event, self._node_details(event), self._shown_to_owner)
        return self._graph_frame(f"{event.node_type}_completed", data)

    def _shown_to_owner(self, values: dict[str, Value]) -> object:
        return self._shown(values) if self._full else None

    def _node_details(self, event: NodeFinished) -> dict[str, object]:
        """Values are for the app's owner; visitors of a published page see only that the node ran."""
        if not self._full:
            return {
                "inputs": None,
                "process_data": None,
                "outputs": None,
                "error": None,
                "execution_metadata": None,
                "files": [],
                "extras": {},
            }
        mask = self._thread.mask
        return {
            "inputs": self._shown(event.inputs),
            "process_data": self._shown(event.process_data),
            "outputs": self._shown(event.outputs),
            "error": mask.text(event.error) if mask and event.error else event.error,
            "execution_metadata": execution_metadata(event) or None,
            "files": files_in(event.outputs),
        }

    def _shown(self, values: dict[str, Value]) -> object:
        """What a node was given or gave, without the secrets of the run."""
        if not values:
            return None
        return self._thread.mask.shown(values) if self._thread.mask else values

    def _answer_replaced(self, event: AnswerReplaced) -> bytes:
        if self._thread.mode == "workflow":
            return b""
        return self._frame("message_replace", {"answer": event.text, "reason": event.reason})

    def _reasoning_chunk(self, event: ReasoningChunk) -> bytes:
        if not self._graph_events:
            return b""
        data = {"message_id": self._thread.message_id or None, "reasoning": event.text, "node_id": event.node_id}
        return self._frame("reasoning_chunk", {"data": {**data, "is_final": False}})

    def _agent_log(self, event: AgentLog) -> bytes:
        """Visitors of a published page see the steps, not what they were about."""
        if not self._graph_events:
            return b""
        mask = self._thread.mask if self._full else None
        data: dict[str, object] = {
            "node_execution_id": event.execution_id,
            "id": event.id,
            "label": event.label,
            "parent_id": event.parent_id,
            "error": None,
            "status": event.status,
            "data": {},
            "metadata": {},
            "node_id": event.node_id,
        }
        if self._full:
            data["error"] = mask.text(event.error) if mask and event.error else event.error
            data["data"] = mask.shown(event.data) if mask else event.data
            data["metadata"] = event.metadata
        return self._frame("agent_log", {"data": data})

    def _agent_thought(self, event: AgentThought) -> bytes:
        return self._frame(
            "agent_thought",
            {
                "id": event.id,
                "position": event.position,
                "thought": event.thought,
                "observation": event.observation,
                "tool": event.tool,
                "tool_labels": event.tool_labels,
                "tool_input": event.tool_input,
                "message_files": file_ids(event.files),
            },
        )

    def _answer_file(self, event: AnswerFile) -> bytes:
        members = {"id": event.id, "type": event.file.type, "belongs_to": "assistant", "url": event.file.url}
        return self._frame("message_file", members)

    def _citations(self, event: Citations) -> bytes:
        self._citing.add(event)
        return b""

    def _annotation_used(self, event: AnnotationUsed) -> bytes:
        self._citing.annotation = event
        return b""

    def _speech_chunk(self, event: SpeechChunk) -> bytes:
        return self._frame("tts_message", {"audio": event.audio})

    def _speech_ended(self, _: SpeechEnded) -> bytes:
        return self._frame("tts_message_end", {"audio": ""})

    def _run_finished(self, event: RunFinished) -> bytes:
        # A run that was over before it began, such as one that moderation answered, has no events of a workflow.
        begun = self._begun or event.total_steps > 0
        frames = self._workflow_finished(event) if self._graph_events and begun else b""
        if self._thread.mode == "workflow":
            return frames
        if event.status is RunStatus.FAILED:
            return frames + self._error(failure_of(self._thread.mode, event))
        return frames + self._message_end(event)

    def _run_paused(self, event: RunPaused) -> bytes:
        return self._graph_frame("workflow_paused", container_frames.paused(event, self._thread.created_at))

    def _workflow_finished(self, event: RunFinished) -> bytes:
        thread = self._thread
        return self._graph_frame(
            "workflow_finished",
            {
                "id": thread.run_id,
                "workflow_id": thread.version_id,
                "sequence_number": thread.sequence_number,
                "status": event.status,
                "outputs": event.outputs or None,
                "error": event.error,
                "elapsed_time": round(event.elapsed, 6),
                "total_tokens": event.total_tokens,
                "total_steps": event.total_steps,
                "created_by": thread.created_by,
                "created_at": int(event.started_at),
                "finished_at": int(event.at),
                "exceptions_count": event.exceptions_count,
                "files": event.files,
            },
        )

    def _message_end(self, event: RunFinished) -> bytes:
        metadata = message_metadata(event.usage, self._citing, shown=self._thread.show_citations)
        if self._graph_events:
            metadata["annotation_reply"] = None
        if not self._full:
            metadata = {"retriever_resources": _for_visitors(metadata["retriever_resources"])}
        files = list(event.files) if self._graph_events else None
        return self._frame("message_end", {"id": self._thread.message_id, "metadata": metadata, "files": files})

    def _error(self, failure: Failure) -> bytes:
        members = {key: value for key, value in self._envelope.items() if key != "task_id"}
        details = {"code": failure.code, "status": failure.status, "message": failure.message}
        return b"data: " + _encode({"event": "error", **members, **details}) + b"\n\n"

    _ENCODERS: ClassVar[dict[type, Callable[..., bytes]]] = {
        AnswerChunk: _answer_chunk,
        NodeText: _node_text,
        RunStarted: _run_started,
        NodeStarted: _node_started,
        NodeFinished: _node_finished,
        PauseRequested: _form_required,
        ContainerStarted: _container_started,
        RoundStarted: _round_started,
        AnswerReplaced: _answer_replaced,
        ReasoningChunk: _reasoning_chunk,
        Citations: _citations,
        AgentLog: _agent_log,
        AgentThought: _agent_thought,
        AnswerFile: _answer_file,
        AnnotationUsed: _annotation_used,
        SpeechChunk: _speech_chunk,
        SpeechEnded: _speech_ended,
        RunFinished: _run_finished,
        RunPaused: _run_paused,
    }
    """Of the class and not of each encoder, which would then refer to itself."""


def message_metadata(usage: Usage, citing: Citing, *, shown: bool) -> dict[str, JsonValue]:
    """The `metadata` member of `message_end` and of blocking answers."""
    resources: list[JsonValue] = [*citing.ordered()] if shown else []
    return {"usage": usage_map(usage), "retriever_resources": resources, "annotation_reply": citing.annotation_reply()}


def file_ids(files: Sequence[File]) -> list[str]:
    """The ids under which messages list these files."""
    return [file.related_id or file.id or file.url or file.remote_url or "" for file in files]


def execution_metadata(event: NodeFinished) -> dict[str, JsonValue]:
    """What a node used and where it ran."""
    metadata = dict(event.metadata)
    if event.usage.total_tokens:
        metadata = {**event.usage.metadata(), **metadata}
    if event.container is not None:
        metadata |= container_frames.round_metadata(event.container)
    return metadata


def _placement(event: NodeStarted | NodeFinished) -> dict[str, JsonValue]:
    """Where a node stands: its container, and the members of old sections that clients still read, all null."""
    return {
        "parallel_id": None,
        "parallel_start_node_id": None,
        "parent_parallel_id": None,
        "parent_parallel_start_node_id": None,
        **container_frames.around(event.container),
    }


_VISITOR_MEMBERS = ("segment_id", "position", "document_name", "score", "content")


def _for_visitors(resources: JsonValue) -> list[JsonValue]:
    """Citations as visitors of a published page see them."""
    if not isinstance(resources, list):
        return []
    return [{key: item.get(key) for key in _VISITOR_MEMBERS} for item in resources if isinstance(item, dict)]


def answer_of(event: RunEnd) -> str:
    """The text of a finished chat or completion run."""
    answer: Value = event.outputs.get("answer")
    return answer if isinstance(answer, str) else ""
