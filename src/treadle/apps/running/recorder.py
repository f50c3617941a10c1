"""Keeps what a run does: its row, its nodes, its message and its conversation, from its events alone.

A short run is written whole when it ends. One that lasts longer than a tick appears as `running`, with a lease, and
from then on each finished node is written behind: such a row is both the log of the node and its checkpoint. The last
event of a run is sent after `finish` has returned, when all of it is committed. Source: spec workflow-engine §20.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

import msgspec

from treadle.apps.running.checkpoints import RunCheckpoint
from treadle.apps.running.frames import Citing, file_ids, message_metadata
from treadle.apps.running.leases import LeaseKeeper
from treadle.apps.running.masking import Mask
from treadle.apps.running.records import (
    MessageRecord,
    RunRecord,
    conversation_row,
    finish_node_row,
    keep_in_node_row,
    message_file_row,
    message_files,
    message_row,
    node_columns,
    node_row,
    pause_node_row,
    price_e7,
    run_row,
    thought_map,
    variable_row,
    variable_value,
)
from treadle.apps.tables import Conversation, ConversationVariable, Message, MessageFile, NodeExecution, Run
from treadle.dsl import AppMode
from treadle.engine.events import (
    AgentThought,
    AnnotationUsed,
    AnswerChunk,
    AnswerFile,
    AnswerReplaced,
    Citations,
    Event,
    NodeFinished,
    NodeKept,
    NodeStarted,
    NodeStatus,
    PauseRequested,
    RunEnd,
    RunPaused,
    RunStarted,
    RunStatus,
    VariableAssigned,
)
from treadle.engine.values import File, Value
from treadle.platform.clock import now_us, to_seconds, to_us
from treadle.platform.crypto import Crypto
from treadle.platform.db import AnyTable, table_of
from treadle.platform.ids import new_id
from treadle.platform.writer import GroupWriter, Kind, Row

_log = logging.getLogger(__name__)

_RUNS = table_of(Run)
_NODES = table_of(NodeExecution)
_MESSAGES = table_of(Message)
_MESSAGE_FILES = table_of(MessageFile)
_CONVERSATIONS = table_of(Conversation)
_VARIABLES = table_of(ConversationVariable)

INTERRUPTED = "The process that ran this node ended before it did; the node was run again."
"""The error text of executions that a dead process left running."""

_SHOW_NODE_AFTER = 0.5
"""Seconds until a node that still runs gets a row."""


class Recording:
    """The records of all runs of this process."""

    def __init__(self, writer: GroupWriter, crypto: Crypto, leases: LeaseKeeper, *, tick: float = 0.1) -> None:
        """`tick`: seconds until a run that goes on is written as running."""
        self.writer = writer
        self.leases = leases
        self._crypto = crypto
        self._tick = tick
        self._live: set[RunRecorder] = set()
        self.on_end: list[Callable[[RunRecord], Sequence[tuple[AnyTable, Row]]]] = []
        """Each may add rows to the commit that ends a run; called with every run that ends, they must not wait."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write down runs that last."""
        self._task = asyncio.create_task(self._watch(), name="run recorder")

    async def close(self) -> None:
        """Stop: what was put is committed, and runs still in progress are left for another process to take up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        try:
            await self.writer.commit()
        finally:
            await self.leases.close()

    async def settle(self) -> None:
        """Return when everything that runs have done so far can be read from the database."""
        for recorder in tuple(self._live):
            recorder.store()
        await self.writer.commit()

    def recorder(
        self, run: RunRecord, *, secrets: Iterable[str] = (), resumed: RunCheckpoint | None = None
    ) -> "RunRecorder":
        """The recorder of one run. `secrets` are masked in every text; `resumed` is what an earlier process left."""
        return RunRecorder(self, run, Mask(self._crypto, secrets), resumed)

    def watch(self, recorder: "RunRecorder") -> None:
        """Look after a run while it lasts."""
        self._live.add(recorder)

    def forget(self, recorder: "RunRecorder") -> None:
        """The opposite of `watch`."""
        self._live.discard(recorder)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._tick)
            now = time.time()
            for recorder in tuple(self._live):
                recorder.tick(now)


class RunRecorder:
    """Consumes the events of one run: call it with each, and await `finish` with the last."""

    def __init__(self, recording: Recording, run: RunRecord, mask: Mask, resumed: RunCheckpoint | None) -> None:
        self.run = run
        self._recording = recording
        self._mask = mask
        self._row: Row | None = None
        self._resumed = resumed
        self._stored = resumed is not None
        """The run has a row, or one that is about to be committed."""
        self._held: list[tuple[AnyTable, Row, Kind]] = []
        """Rows that wait for that of their run."""
        self._node_columns = node_columns(run)
        self._running: dict[str, NodeStarted] = {}
        self._shown: set[str] = {event.execution_id for event in resumed.paused} if resumed else set()
        """Executions that have a row already; that of one that waits keeps what was given to it until the end."""
        self._position = resumed.position if resumed else 0
        self._assigned: dict[str, Value] = {}
        self._answer: list[str] = []
        self._replaced = False
        self._citing = Citing()
        self._abandoned = False
        self._thoughts: dict[str, AgentThought] = {}
        self._files: dict[str, File] = {}
        """Files that an agent added to its answer, by their id."""

    def __call__(self, event: Event) -> None:
        """Note an event. Costs microseconds and never waits."""
        reader = self._READERS.get(type(event))
        if reader is not None and not self._abandoned:
            reader(self, event)

    async def started(self) -> None:
        """Return when the run is committed as running: from then on it survives the death of this process."""
        self.store()
        await self._recording.writer.commit()

    async def finish(self, event: RunEnd) -> None:
        """Write down the end of the run, or that it waits; returns when everything of it is committed.

        Raises RecordsUnavailable when the database cannot be written for long; the rows are kept and tried again.
        """
        if self._stored and not self._recording.leases.holds(self.run.id):
            _log.warning("run %s ended here, but goes on in another process", self.run.id)
            self.abandon()
            return
        if self._row is None:
            self._row = self._new_row({})
        self._put_assigned(to_us(event.at))
        self._finish_row(self._row, event)
        if self.run.message is not None:
            self._finish_message(self.run.message, event)
        self._store(final=True)
        if self.run.conversation is not None:
            self._put(
                _CONVERSATIONS,
                {
                    "id": self.run.conversation.id,
                    "updated_at": to_us(event.at),
                    "dialogue_count": self.run.conversation.dialogue_count,
                },
                "update",
            )
        if not isinstance(event, RunPaused):
            for rows_of in self._recording.on_end:
                for added in rows_of(self.run):
                    self._put(*added, "insert")
        self._recording.forget(self)
        self._recording.leases.remove(self.run.id)
        await self._recording.writer.commit()

    def abandon(self) -> None:
        """The run is interrupted, and goes on in another process. What is known so far is written down, unless that
        process has the run already."""
        if self._recording.leases.holds(self.run.id) or not self._stored:
            self.store()
        self._recording.forget(self)
        self._abandoned = True

    def tick(self, now: float) -> None:
        """Write down what lasts. `now` is in seconds since the epoch."""
        self.store()
        for execution_id, started in self._running.items():
            if execution_id not in self._shown and now - started.at >= _SHOW_NODE_AFTER:
                self._shown.add(execution_id)
                self._put(_NODES, node_row(self._node_columns, started, started.at), "upsert")

    def _run_started(self, event: RunStarted) -> None:
        self._row = self._new_row(event.inputs)
        self._recording.watch(self)
        if self._resumed is not None:
            self._recording.leases.add(self.run.id)
            for execution_id in self._resumed.unfinished:
                self._put(_NODES, {"id": execution_id, "status": "failed", "error": INTERRUPTED}, "update")

    def _new_row(self, inputs: dict[str, Value]) -> Row:
        leases = self._recording.leases
        row = run_row(self.run, inputs, self._mask, lease_owner=leases.owner, lease_until=now_us() + leases.duration_us)
        if self._resumed is not None:
            row["attempts"] = self._resumed.attempts
            del row["conversation_values"], row["sealed_conversation_values"]  # as the first process found them
        return row

    def _node_started(self, event: NodeStarted) -> None:
        self._running[event.execution_id] = event

    def _node_finished(self, event: NodeFinished) -> None:
        self._position += 1
        row = node_row(self._node_columns, event, event.started_at)
        row["position"] = self._position
        if event.status is NodeStatus.RETRY:
            row["id"] = new_id()
        else:
            self._running.pop(event.execution_id, None)
        finish_node_row(row, event, self._mask)
        if self._assigned:
            self._put_assigned(to_us(event.at))
        self._put(_NODES, row, "upsert")

    def _node_kept(self, event: NodeKept) -> None:
        started = self._running.get(event.execution_id)
        if started is not None:
            self._shown.add(event.execution_id)
            row = node_row(self._node_columns, started, started.at)
            keep_in_node_row(row, event, self._mask)
            self._put(_NODES, row, "upsert")

    def _node_paused(self, event: PauseRequested) -> None:
        self._running.pop(event.execution_id, None)
        self._shown.add(event.execution_id)
        row = node_row(self._node_columns, event, event.started_at)
        pause_node_row(row, event, self._mask)
        self._put(_NODES, row, "upsert")

    def _answer_chunk(self, event: AnswerChunk) -> None:
        self._answer.append(event.text)

    def _answer_replaced(self, event: AnswerReplaced) -> None:
        self._answer = [event.text]
        self._replaced = True
        for thought_id, thought in self._thoughts.items():
            # What is no longer shown as the answer is not to be read as a thought either.
            self._thoughts[thought_id] = msgspec.structs.replace(thought, thought="", answer="")

    def _cited(self, event: Citations) -> None:
        self._citing.add(event)

    def _annotation_used(self, event: AnnotationUsed) -> None:
        self._citing.annotation = event

    def _thought(self, event: AgentThought) -> None:
        self._thoughts[event.id] = event

    def _answer_file(self, event: AnswerFile) -> None:
        self._files[event.id] = event.file

    def _variable_assigned(self, event: VariableAssigned) -> None:
        # Kept until the row of its node, so that both are committed together: a node that is run again after a
        # crash finds the value it found before.
        self._assigned[event.name] = event.value

    def _put_assigned(self, at: int) -> None:
        conversation = self.run.conversation
        if not self._assigned or conversation is None:
            return
        for variable in conversation.variables:
            if variable.name in self._assigned:
                value = variable_value(conversation, variable, self._assigned[variable.name], self._mask)
                key: Row = {"conversation_id": conversation.id, "id": variable.id}
                self._put(_VARIABLES, {**key, **value, "updated_at": at}, "update")
        self._assigned.clear()

    def _put(self, table: AnyTable, row: Row, kind: Kind) -> None:
        if self._stored:
            self._recording.writer.put(table, row, kind)
        else:
            self._held.append((table, row, kind))

    def store(self) -> None:
        """Hand the row of the run to the writer, unless it has it, and all rows that waited for it."""
        if not self._stored:
            self._store()

    def _store(self, *, final: bool = False) -> None:
        writer, run = self._recording.writer, self.run
        if self._row is None:
            return
        # The writer may still change a row that it was given, and so do we.
        writer.put(_RUNS, dict(self._row), "upsert")
        if self._stored:
            return
        self._stored = True
        if not final:
            self._recording.leases.add(run.id)
        if run.conversation is not None:
            if run.conversation.new:
                writer.put(_CONVERSATIONS, conversation_row(run, run.conversation, self._mask))
            for variable in run.conversation.variables:
                if not variable.stored:
                    writer.put(_VARIABLES, variable_row(run, run.conversation, variable, self._mask))
        if run.message is not None:
            if not final:
                writer.put(_MESSAGES, message_row(run, run.message, self._mask), "upsert")
            for file in run.message.files:
                if link := message_file_row(run, run.message.id, file, "user"):
                    writer.put(_MESSAGE_FILES, link)
        for held in self._held:
            writer.put(*held)
        self._held.clear()

    def _finish_row(self, row: Row, event: RunEnd) -> None:
        mask = self._mask
        row["status"] = event.status.value
        row["outputs"] = mask.json(event.outputs) if event.outputs else None
        row["error"] = None if event.error is None else mask.text(event.error)
        row["error_type"] = event.error_type
        row["total_tokens"] = event.total_tokens
        row["total_price_e7"] = price_e7(event.usage)
        row["currency"] = event.usage.currency
        row["total_steps"] = event.total_steps
        row["exceptions_count"] = event.exceptions_count
        row["elapsed"] = event.elapsed
        if self._resumed is not None and self._resumed.elapsed:
            row["elapsed"] += self._resumed.elapsed  # without the time for which it waited
        elif self._resumed is not None:
            row["elapsed"] = event.at - to_seconds(self.run.created_at)
        row["finished_at"] = None if isinstance(event, RunPaused) else to_us(event.at)
        row["lease_owner"] = row["lease_until"] = None
        if not isinstance(event, RunPaused):
            row["sealed_headers"] = None

    def _finish_message(self, message: MessageRecord, event: RunEnd) -> None:
        mask, usage = self._mask, event.usage
        answer = event.outputs.get("answer")
        if self._replaced or not isinstance(answer, str):
            answer = "".join(self._answer)
        if not AppMode(self.run.mode).has_graph:
            answer = answer.strip()
        made = {**self._files, **dict(zip(file_ids(event.files), event.files, strict=True))}
        row = message_row(self.run, message, mask)
        row["answer"] = mask.text(answer)
        row["files"] = message_files(message.files, tuple(made.values()), mask)
        row["agent_thoughts"] = mask.json([thought_map(thought) for thought in self._thoughts.values()])
        row["message_metadata"] = mask.json(message_metadata(usage, self._citing, shown=message.show_citations))
        row["status"] = "error" if event.status is RunStatus.FAILED else "normal"
        row["error"] = mask.text(event.error) if event.error is not None and row["status"] == "error" else None
        row["message_tokens"] = usage.prompt_tokens
        row["message_unit_price"] = f"{usage.prompt_unit_price:f}"
        row["message_price_unit"] = f"{usage.prompt_price_unit:f}"
        row["answer_tokens"] = usage.completion_tokens
        row["answer_unit_price"] = f"{usage.completion_unit_price:f}"
        row["answer_price_unit"] = f"{usage.completion_price_unit:f}"
        row["total_price_e7"] = price_e7(usage)
        row["currency"] = usage.currency
        row["latency"] = event.elapsed
        row["updated_at"] = to_us(event.at)
        self._put(_MESSAGES, row, "upsert")
        for file in made.values():
            if link := message_file_row(self.run, message.id, file, "assistant"):
                self._put(_MESSAGE_FILES, link, "insert")

    _READERS: ClassVar[dict[type, Callable[..., None]]] = {
        RunStarted: _run_started,
        NodeStarted: _node_started,
        NodeFinished: _node_finished,
        NodeKept: _node_kept,
        PauseRequested: _node_paused,
        AnswerChunk: _answer_chunk,
        AnswerReplaced: _answer_replaced,
        Citations: _cited,
        AnnotationUsed: _annotation_used,
        VariableAssigned: _variable_assigned,
        AgentThought: _thought,
        AnswerFile: _answer_file,
    }
    """Of the class and not of each recorder, which would then refer to itself."""
