"""What a run's process left behind, so that another one can go on: plain rows, read with a schema.

A node is finished when its row is committed; one whose row is not there is run again. A node may therefore run twice
when a process dies at the wrong moment, but never does a committed one. Source: spec workflow-engine §20.
"""

from collections.abc import Sequence
from typing import Any, cast

import msgspec
from sqlalchemy import RowMapping, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.apps.running.masking import open_json
from treadle.apps.running.records import (
    ConversationRecord,
    CreatorRole,
    MessageRecord,
    ReplayRecord,
    RunRecord,
    conversation_values_context,
    environment_values_context,
    headers_context,
)
from treadle.apps.tables import Conversation, Message, NodeExecution, Run
from treadle.engine.events import Container, NodeFinished, NodeStatus, PauseKey, PauseRequested, Write
from treadle.engine.past import Answer
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, JsonValue, Value, revive
from treadle.platform.clock import to_seconds
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database, table_of

_RUNS = table_of(Run)
_NODES = table_of(NodeExecution)
_MESSAGES = table_of(Message)
_CONVERSATIONS = table_of(Conversation)


class RunCheckpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its rows tell it.

    `run` lacks the conversation's variables: whoever resumes adds them, as for a new turn. `inputs` are those that
    RunStarted carried. `finished` are all committed executions in the order in which they finished, repeated attempts
    included; `unfinished` are the ids of those that were running. `paused` are those that wait, and `answers` what has
    been given to some of them; `kept` is what those kept that did not come to their end. `position` is the place of the
    last finished one, `attempts` counts the processes that took up the run; `elapsed` and `outputs` are the seconds and
    the outputs until it paused.
    """

    run: RunRecord
    status: str
    inputs: dict[str, Value]
    finished: tuple[NodeFinished, ...]
    unfinished: tuple[str, ...]
    position: int
    attempts: int
    paused: tuple[PauseRequested, ...] = ()
    answers: dict[PauseKey, Answer] = {}
    kept: dict[PauseKey, JsonValue] = {}
    elapsed: float = 0.0
    outputs: dict[str, Value] = {}
    conversation_values: dict[str, Value] | None = None
    """The conversation variables as the run found them; None where they were not kept."""


class _MessageFile(msgspec.Struct, frozen=True):
    belongs_to: str
    file: dict[str, object]


class _Write(msgspec.Struct, frozen=True):
    scope: str
    name: str
    value: object
    before: object = None

    def revived(self) -> Write:
        """With files as files."""
        return Write(
            self.scope, self.name, revive(cast("JsonValue", self.value)), revive(cast("JsonValue", self.before))
        )


class _Effects(msgspec.Struct, frozen=True):
    """What `records` keeps of a node beside its outputs."""

    writes: tuple[_Write, ...] = ()
    said: str = ""
    pause: dict[str, Any] | None = None
    kept: Any = None


_message_files = msgspec.json.Decoder(list[_MessageFile])
_parents = msgspec.json.Decoder(list[tuple[str, str, int]])


class Checkpoints:
    """Reads what runs left behind."""

    def __init__(self, db: Database, crypto: Crypto) -> None:
        self._db = db
        self._crypto = crypto

    async def load(self, run_id: str) -> RunCheckpoint | None:
        """The checkpoint of a run, None when there is no such run.

        Raises SecretError when what was sealed cannot be opened, and msgspec.ValidationError when a row is not what
        the recorder writes.
        """
        async with self._db.connect() as connection:
            runs = await _rows(connection, select(_RUNS).where(_RUNS.c.id == run_id))
            if not runs:
                return None
            row = runs[0]
            nodes = await _rows(connection, select(_NODES).where(_NODES.c.run_id == run_id).order_by(_NODES.c.position))
            messages = await _rows(connection, select(_MESSAGES).where(_MESSAGES.c.id == row["message_id"]))
            conversations = await _rows(
                connection, select(_CONVERSATIONS).where(_CONVERSATIONS.c.id == row["conversation_id"])
            )
        inputs = open_json(row["inputs"], row["sealed_inputs"], self._crypto, context=f"runs/{run_id}")
        paused = [(self._paused(node), node["answer"]) for node in nodes if node["status"] == "paused"]
        return RunCheckpoint(
            run=self._run_record(row, messages, conversations),
            status=row["status"],
            inputs=_values(inputs),
            finished=tuple(self._finished(node) for node in nodes if node["position"]),
            unfinished=tuple(node["id"] for node in nodes if node["status"] == "running"),
            position=nodes[-1]["position"] if nodes else 0,
            attempts=row["attempts"],
            paused=tuple(event for event, _ in paused),
            answers={event.key: _plain_object(answer) for event, answer in paused if answer is not None},
            kept=self._kept(nodes),
            elapsed=row["elapsed"],
            outputs=_object(row["outputs"]),
            conversation_values=self._kept_values(row, "conversation_values", conversation_values_context(run_id)),
        )

    def _run_record(
        self, row: RowMapping, messages: Sequence[RowMapping], conversations: Sequence[RowMapping]
    ) -> RunRecord:
        environment = self._kept_values(row, "environment_values", environment_values_context(row["id"]))
        return msgspec.structs.replace(
            _run_record(row, messages, conversations),
            environment=environment or {},
            headers=self._headers(row["sealed_headers"], row["id"]),
        )

    def _headers(self, sealed: str | None, run_id: str) -> dict[str, str]:
        if sealed is None:
            return {}
        return msgspec.json.decode(self._crypto.decrypt(sealed, context=headers_context(run_id)), type=dict[str, str])

    def _kept_values(self, row: RowMapping, column: str, context: str) -> dict[str, Value] | None:
        if row[column] is None:
            return None
        return _values(open_json(row[column], row[f"sealed_{column}"], self._crypto, context=context))

    def _kept(self, nodes: Sequence[RowMapping]) -> dict[PauseKey, JsonValue]:
        """What was kept by nodes without an end, by the process that last did."""
        kept: dict[PauseKey, JsonValue] = {}
        for node in sorted(nodes, key=lambda row: row["created_at"]):
            if node["position"] or node["effects"] is None or node["status"] == "paused":
                continue
            if (content := self._effects(node).kept) is not None:
                container = container_of(node)
                kept[PauseKey(node["node_id"], container.path if container else ())] = content
        return kept

    def _finished(self, row: RowMapping) -> NodeFinished:
        outputs: JsonValue = {}
        if row["outputs"] is not None:
            context = f"node_executions/{row['id']}"
            outputs = open_json(row["outputs"], row["sealed_outputs"], self._crypto, context=context)
        effects = self._effects(row)
        return NodeFinished(
            execution_id=row["execution_id"],
            node_id=row["node_id"],
            node_type=row["node_type"],
            title=row["title"],
            index=row["node_index"],
            predecessor=row["predecessor_node_id"],
            status=NodeStatus(row["status"]),
            started_at=to_seconds(row["created_at"]),
            at=to_seconds(row["finished_at"]),
            inputs=_object(row["inputs"]),
            process_data=_object(row["process_data"]),
            outputs=_values(outputs),
            metadata=_plain_object(row["execution_metadata"]),
            usage=_usage(row["usage"]),
            error=row["error"],
            error_type=row["error_type"],
            handle=row["handle"],
            retry_index=row["retry_index"],
            container=container_of(row),
            writes=tuple(write.revived() for write in effects.writes),
            said=effects.said,
        )

    def _paused(self, row: RowMapping) -> PauseRequested:
        return PauseRequested(
            execution_id=row["execution_id"],
            node_id=row["node_id"],
            node_type=row["node_type"],
            title=row["title"],
            index=row["node_index"],
            predecessor=row["predecessor_node_id"],
            started_at=to_seconds(row["created_at"]),
            at=to_seconds(row["created_at"]) + row["elapsed"],
            reason=self._effects(row).pause,
            container=container_of(row),
        )

    def _effects(self, row: RowMapping) -> "_Effects":
        if row["effects"] is None:
            return _Effects()
        context = f"node_executions/{row['id']}/effects"
        effects = open_json(row["effects"], row["sealed_effects"], self._crypto, context=context)
        return msgspec.convert(effects, _Effects)


async def _rows(connection: AsyncConnection, query: Select[*tuple[Any, ...]]) -> Sequence[RowMapping]:
    return (await connection.execute(query)).mappings().all()


def _run_record(row: RowMapping, messages: Sequence[RowMapping], conversations: Sequence[RowMapping]) -> RunRecord:
    return RunRecord(
        id=row["id"],
        workspace_id=row["workspace_id"],
        app_id=row["app_id"],
        version_id=row["version_id"],
        mode=row["mode"],
        triggered_from=row["triggered_from"],
        created_from=row["created_from"],
        created_by_role=msgspec.convert(row["created_by_role"], CreatorRole),
        created_by=row["created_by"],
        task_id=row["task_id"],
        created_at=row["created_at"],
        api_key_id=row["api_key_id"],
        graph=row["graph"],
        root=row["root_node_id"],
        parent_run_id=row["parent_run_id"],
        replay_of=row["replay_of"],
        replay=None if row["replay"] is None else msgspec.json.decode(row["replay"], type=ReplayRecord),
        conversation=_conversation_record(conversations[0]) if conversations else None,
        message=_message_record(messages[0]) if messages else None,
    )


def _conversation_record(row: RowMapping) -> ConversationRecord:
    return ConversationRecord(
        id=row["id"],
        name=row["name"],
        introduction=row["introduction"],
        inputs=_object(row["inputs"]),
        dialogue_count=row["dialogue_count"],
    )


def _message_record(row: RowMapping) -> MessageRecord:
    sent = [item.file for item in _message_files.decode(row["files"]) if item.belongs_to == "user"]
    return MessageRecord(
        id=row["id"],
        query=row["query"],
        inputs=_object(row["inputs"]),
        files=tuple(msgspec.convert(file, File) for file in sent),
        parent_message_id=row["parent_message_id"],
        model_provider=row["model_provider"],
        model_name=row["model_name"],
    )


def container_of(row: RowMapping) -> Container | None:
    """The rounds that an execution ran in."""
    if row["container_kind"] is None:
        return None
    parent: Container | None = None
    for kind, node_id, index in _parents.decode(row["container_parents"] or "[]"):
        parent = Container(kind, node_id, index, parent)
    return Container(row["container_kind"], row["container_node_id"], row["container_index"], parent)


def _usage(text: str | None) -> Usage:
    if text is None:
        return NO_USAGE
    return msgspec.json.decode(text, type=Usage, strict=False)


def _object(text: str | None) -> dict[str, Value]:
    """A masked column: good for showing, not for computing."""
    return {} if text is None else _values(msgspec.json.decode(text))


def _plain_object(text: str | None) -> dict[str, JsonValue]:
    return {} if text is None else cast("dict[str, JsonValue]", msgspec.json.decode(text, type=dict[str, object]))


def _values(value: JsonValue) -> dict[str, Value]:
    revived = revive(value)
    if not isinstance(revived, dict):
        raise msgspec.ValidationError("a record holds no object where one belongs")
    return revived
