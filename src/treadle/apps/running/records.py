"""What is known of a run before it starts, for its record, and the rows that come of it.

Times are microseconds since the epoch.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from treadle.apps.running.frames import execution_metadata, file_ids
from treadle.apps.running.masking import Mask, Recorded, storable
from treadle.engine.events import (
    AgentThought,
    Container,
    NodeFinished,
    NodeKept,
    NodeStarted,
    NodeStatus,
    PauseRequested,
    RunStatus,
)
from treadle.engine.usage import Usage
from treadle.engine.values import File, JsonValue, Value
from treadle.platform.clock import to_us
from treadle.platform.writer import Row

CreatorRole = Literal["end_user", "account"]


class VariableRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation variable and its value at the start of the run. `stored` is false for the first turn with it."""

    id: str
    name: str
    value_type: str
    value: Value
    description: str = ""
    stored: bool = False


class ConversationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The conversation of a run. `new` when this run begins it; `dialogue_count` counts this turn."""

    id: str
    name: str = ""
    introduction: str = ""
    inputs: dict[str, Value] = {}
    dialogue_count: int = 1
    new: bool = False
    variables: tuple[VariableRecord, ...] = ()


class MessageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The message that a run answers. `inputs` are those of the form alone."""

    id: str
    query: str
    inputs: dict[str, Value] = {}
    files: tuple[File, ...] = ()
    parent_message_id: str | None = None
    model_provider: str | None = None
    model_name: str | None = None
    show_citations: bool = True


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """The thread of a conversation that the models of a run remember: what came before the message `message_id`."""

    conversation_id: str
    message_id: str
    parent_message_id: str | None = None


class ReplayRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a run repeats another one: from the node `node_id` on, on the graph of then or of the draft, with the
    variables `edited` changed, and remembering what that other run did."""

    node_id: str
    title: str
    graph: Literal["recorded", "draft"] = "recorded"
    conversation: Literal["recorded", "now"] = "recorded"
    edited: tuple[str, ...] = ()
    remembers: Remembered | None = None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs what, why and for whom. `graph` is the JSON of a draft's graph, None for published versions; `root` is
    the trigger that began it, or the node that runs alone; `replay_of` is the run that it repeats, and `environment`
    has the environment variables that it was given other values of."""

    id: str
    workspace_id: str
    app_id: str
    version_id: str
    mode: str
    triggered_from: str
    created_from: str
    created_by_role: CreatorRole
    created_by: str
    task_id: str
    created_at: int
    api_key_id: str | None = None
    graph: str | None = None
    root: str | None = None
    parent_run_id: str | None = None
    replay_of: str | None = None
    replay: ReplayRecord | None = None
    environment: dict[str, Value] = {}
    conversation: ConversationRecord | None = None
    message: MessageRecord | None = None
    headers: dict[str, str] = {}
    """Headers of the caller that its tools send on; kept, sealed, until it has ended."""

    @property
    def remembers(self) -> Remembered | None:
        """What its models remember: of a replay, what the models of the run did that it repeats."""
        if self.replay is not None and self.replay.remembers is not None:
            return self.replay.remembers
        if self.conversation is None or self.message is None:
            return None
        return Remembered(
            conversation_id=self.conversation.id,
            message_id=self.message.id,
            parent_message_id=self.message.parent_message_id,
        )


def price_e7(usage: Usage) -> int:
    """The total price in ten-millionths, the precision prices are rounded to."""
    return int(usage.total_price.scaleb(7))


def without_urls(value: Value) -> Value:
    """`value` with files as stored inputs show them: links expire, so they are made anew when shown."""
    match value:
        case File():
            return msgspec.structs.replace(value, url=None)
        case list():
            return [without_urls(item) for item in value]
        case dict():
            return {key: without_urls(item) for key, item in value.items()}
        case _:
            return value


def run_row(run: RunRecord, inputs: Mapping[str, Value], mask: Mask, *, lease_owner: str, lease_until: int) -> Row:
    """The row of a run that has begun. It has every column, so that all run rows share one statement."""
    recorded = mask.sealing(dict(inputs), context=f"runs/{run.id}")
    found, changed = _conversation_values(run, mask), _environment_values(run, mask)
    return {
        "id": run.id,
        "workspace_id": run.workspace_id,
        "app_id": run.app_id,
        "version_id": run.version_id,
        "mode": run.mode,
        "triggered_from": run.triggered_from,
        "created_from": run.created_from,
        "created_by_role": run.created_by_role,
        "created_by": run.created_by,
        "api_key_id": run.api_key_id,
        "parent_run_id": run.parent_run_id,
        "conversation_id": run.conversation.id if run.conversation else None,
        "message_id": run.message.id if run.message else None,
        "task_id": run.task_id,
        "status": "running",
        "graph": run.graph,
        "root_node_id": run.root,
        "inputs": recorded.text,
        "outputs": None,
        "sealed_inputs": recorded.sealed,
        "error": None,
        "error_type": None,
        "total_tokens": 0,
        "total_price_e7": 0,
        "currency": "USD",
        "total_steps": 0,
        "exceptions_count": 0,
        "elapsed": 0.0,
        "created_at": run.created_at,
        "finished_at": None,
        "lease_owner": lease_owner,
        "lease_until": lease_until,
        "attempts": 1,
        "replay_of": run.replay_of,
        "replay": msgspec.json.encode(run.replay).decode() if run.replay else None,
        "conversation_values": found.text if found else None,
        "sealed_conversation_values": found.sealed if found else None,
        "environment_values": changed.text if changed else None,
        "sealed_environment_values": changed.sealed if changed else None,
        "sealed_headers": mask.sealed(run.headers, context=headers_context(run.id)) if run.headers else None,
    }


def headers_context(run_id: str) -> str:
    """What the headers that a run passes on are sealed for."""
    return f"runs/{run_id}/headers"


def conversation_values_context(run_id: str) -> str:
    """What the conversation variables of a run are sealed for."""
    return f"runs/{run_id}/conversation_values"


def _conversation_values(run: RunRecord, mask: Mask) -> Recorded | None:
    """The conversation variables as the run finds them; None where there are none."""
    if run.conversation is None or not run.conversation.variables:
        return None
    found = {variable.name: variable.value for variable in run.conversation.variables}
    return mask.sealing(found, context=conversation_values_context(run.id))


def environment_values_context(run_id: str) -> str:
    """What the changed environment variables of a run are sealed for."""
    return f"runs/{run_id}/environment_values"


def _environment_values(run: RunRecord, mask: Mask) -> Recorded | None:
    return mask.sealing(run.environment, context=environment_values_context(run.id)) if run.environment else None


def node_columns(run: RunRecord) -> Row:
    """Every column of the rows of a run's nodes, with what they have in common: copied and filled in for each."""
    return {
        "id": "",
        "execution_id": "",
        "workspace_id": run.workspace_id,
        "app_id": run.app_id,
        "run_id": run.id,
        "triggered_from": "workflow-run",
        "created_by_role": run.created_by_role,
        "created_by": run.created_by,
        "node_id": "",
        "node_type": "",
        "title": "",
        "node_index": 0,
        "predecessor_node_id": None,
        "container_kind": None,
        "container_node_id": None,
        "container_index": None,
        "container_parents": None,
        "position": 0,
        "status": "running",
        "handle": "source",
        "retry_index": 0,
        "inputs": None,
        "process_data": None,
        "outputs": None,
        "sealed_outputs": None,
        "effects": None,
        "sealed_effects": None,
        "execution_metadata": None,
        "usage": None,
        "error": None,
        "error_type": None,
        "total_tokens": 0,
        "total_price_e7": 0,
        "elapsed": 0.0,
        "created_at": 0,
        "finished_at": None,
    }


def node_row(columns: Row, event: NodeStarted | NodeFinished | PauseRequested, started_at: float) -> Row:
    """The row of a node that has begun; `finish_node_row` fills in the rest."""
    row = columns.copy()
    row["id"] = row["execution_id"] = event.execution_id
    row["node_id"] = event.node_id
    row["node_type"] = event.node_type
    row["title"] = storable(event.title)
    row["node_index"] = event.index
    row["predecessor_node_id"] = event.predecessor
    row["created_at"] = to_us(started_at)
    if (container := event.container) is not None:
        row["container_kind"] = container.kind
        row["container_node_id"] = container.node_id
        row["container_index"] = container.index
        if container.parent is not None:
            row["container_parents"] = _parents(container.parent)
    return row


def _parents(container: Container) -> str:
    """The rounds from the outermost to this one."""
    found: list[list[str | int]] = []
    around: Container | None = container
    while around is not None:
        found.append([around.kind, around.node_id, around.index])
        around = around.parent
    return msgspec.json.encode(found[::-1]).decode()


def pause_node_row(row: Row, event: PauseRequested, mask: Mask) -> None:
    """Fill in that a node waits: for a new answer, if it had one before."""
    row["answer"] = None
    row["status"] = RunStatus.PAUSED.value
    row["elapsed"] = event.at - event.started_at
    if event.reason is not None:
        row["effects"], row["sealed_effects"] = mask.sealing({"pause": event.reason}, context=_effects_of(row))


def keep_in_node_row(row: Row, event: NodeKept, mask: Mask) -> None:
    """Fill in what a node keeps that still runs."""
    row["effects"], row["sealed_effects"] = mask.sealing({"kept": event.content}, context=_effects_of(row))


def _effects(event: NodeFinished) -> dict[str, Value]:
    """What a node did beside its outputs, as far as a resumed run needs it."""
    effects: dict[str, Value] = {}
    if event.writes:
        effects["writes"] = [
            {"scope": write.scope, "name": write.name, "value": write.value, "before": write.before}
            for write in event.writes
        ]
    if event.said:
        effects["said"] = event.said
    return effects


def _effects_of(row: Row) -> str:
    return f"node_executions/{row['id']}/effects"


def finish_node_row(row: Row, event: NodeFinished, mask: Mask) -> None:
    """Fill in how an execution ended. `row["id"]` is final by now: what is sealed is sealed for it."""
    row["status"] = "failed" if event.status is NodeStatus.STOPPED else event.status.value
    row["handle"] = event.handle
    row["retry_index"] = event.retry_index
    row["elapsed"] = event.elapsed
    row["finished_at"] = to_us(event.at)
    if event.inputs:
        row["inputs"] = mask.json(event.inputs)
    if event.process_data:
        row["process_data"] = mask.json(event.process_data)
    if event.outputs:
        recorded = mask.sealing(event.outputs, context=f"node_executions/{row['id']}")
        row["outputs"], row["sealed_outputs"] = recorded
    if effects := _effects(event):
        row["effects"], row["sealed_effects"] = mask.sealing(effects, context=_effects_of(row))
    if metadata := execution_metadata(event):
        row["execution_metadata"] = mask.json(metadata)
    if event.usage.total_tokens:
        row["usage"] = mask.json(event.usage.to_map())
        row["total_tokens"] = event.usage.total_tokens
        row["total_price_e7"] = price_e7(event.usage)
    if event.error is not None:
        row["error"] = mask.text(event.error)
        row["error_type"] = event.error_type


def conversation_row(run: RunRecord, conversation: ConversationRecord, mask: Mask) -> Row:
    """The row of a new conversation."""
    return {
        "id": conversation.id,
        "workspace_id": run.workspace_id,
        "app_id": run.app_id,
        "version_id": run.version_id,
        "mode": run.mode,
        "name": mask.text(conversation.name)[:255],
        "introduction": mask.text(conversation.introduction),
        "inputs": mask.json(without_urls(conversation.inputs)),
        "status": "normal",
        "created_from": run.created_from,
        "created_by_role": run.created_by_role,
        "created_by": run.created_by,
        "dialogue_count": conversation.dialogue_count,
        "created_at": run.created_at,
        "updated_at": run.created_at,
        "deleted_at": None,
    }


def variable_row(run: RunRecord, conversation: ConversationRecord, variable: VariableRecord, mask: Mask) -> Row:
    """The row of a conversation variable that the conversation did not have yet."""
    return {
        "conversation_id": conversation.id,
        "id": variable.id,
        "workspace_id": run.workspace_id,
        "app_id": run.app_id,
        "name": storable(variable.name),
        "value_type": variable.value_type,
        "description": storable(variable.description),
        **variable_value(conversation, variable, variable.value, mask),
        "created_at": run.created_at,
        "updated_at": run.created_at,
    }


def variable_value(conversation: ConversationRecord, variable: VariableRecord, value: Value, mask: Mask) -> Row:
    """The two columns that hold a variable's value."""
    context = f"conversation_variables/{conversation.id}/{variable.id}"
    recorded = mask.sealing(value, context=context)
    return {"value": recorded.text, "sealed_value": recorded.sealed}


def message_row(run: RunRecord, message: MessageRecord, mask: Mask) -> Row:
    """The row of a message that is being answered, with every column."""
    return {
        "id": message.id,
        "workspace_id": run.workspace_id,
        "app_id": run.app_id,
        "conversation_id": run.conversation.id if run.conversation else None,
        "run_id": run.id,
        "parent_message_id": message.parent_message_id,
        "created_from": run.created_from,
        "created_by_role": run.created_by_role,
        "created_by": run.created_by,
        "model_provider": storable(message.model_provider or "") or None,
        "model_name": storable(message.model_name or "") or None,
        "inputs": mask.json(without_urls(message.inputs)),
        "query": mask.text(message.query),
        "answer": "",
        "files": message_files(message.files, (), mask),
        "message_metadata": "{}",
        "agent_thoughts": "[]",
        "status": "normal",
        "error": None,
        "message_tokens": 0,
        "message_unit_price": "0",
        "message_price_unit": "0",
        "answer_tokens": 0,
        "answer_unit_price": "0",
        "answer_price_unit": "0",
        "total_price_e7": 0,
        "currency": "USD",
        "latency": 0.0,
        "created_at": run.created_at,
        "updated_at": run.created_at,
    }


class StoredThought(msgspec.Struct):
    """A round of an agent as its message keeps it. Input and observation are JSON texts by the keys of `tool_meta`."""

    id: str
    position: int
    thought: str
    tool: str
    tool_labels: dict[str, Any]
    tool_input: str
    observation: str
    tool_meta: dict[str, dict[str, Any]]
    files: list[str]


stored_thoughts = msgspec.json.Decoder(list[StoredThought]).decode
"""The rounds in the column `agent_thoughts` of a message."""


def thought_map(event: AgentThought) -> dict[str, JsonValue]:
    """A round of an agent as its message keeps it; files by their ids."""
    return {
        "id": event.id,
        "position": event.position,
        "thought": event.thought,
        "tool": event.tool,
        "tool_labels": event.tool_labels,
        "tool_input": event.tool_input,
        "observation": event.observation,
        "tool_meta": event.tool_meta,
        "files": list(file_ids(event.files)),
        "answer": event.answer,
        "tokens": event.usage.total_tokens,
        "total_price": f"{event.usage.total_price:f}",
        "currency": event.usage.currency,
        "latency": round(event.usage.latency, 6),
        "created_at": int(event.at),
    }


def message_files(sent: tuple[File, ...], made: tuple[File, ...], mask: Mask) -> str:
    """The files of a message as JSON, in their order, without links."""
    owned = [("user", file) for file in sent] + [("assistant", file) for file in made]
    shown: list[dict[str, Value]] = [{"belongs_to": owner, "file": without_urls(file)} for owner, file in owned]
    return mask.json(shown) if shown else "[]"


def message_file_row(run: RunRecord, message_id: str, file: File, belongs_to: str) -> Row | None:
    """The link from a message to a stored file; None for files that are kept elsewhere."""
    if file.transfer_method not in ("local_file", "tool_file") or not file.related_id:
        return None
    return {
        "message_id": message_id,
        "file_id": file.related_id,
        "workspace_id": run.workspace_id,
        "app_id": run.app_id,
        "belongs_to": belongs_to,
        "created_at": run.created_at,
    }
