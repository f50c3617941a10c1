"""The steps of an agent node, for its log and for who watches the run (spec workflow-nodes §22 "Logs")."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from treadle.engine.node import NodeContext
from treadle.engine.ports import ToolLog
from treadle.engine.usage import NO_USAGE, Usage
from treadle.engine.values import File, JsonValue, Value, plain
from treadle.nodes.config import as_value

from .rounds import Call, Round, Speech

Status = Literal["start", "success", "error"]


@dataclass(slots=True)
class Step:
    """A log entry that is still growing."""

    label: str
    parent_id: str | None
    provider: str = ""
    icon: JsonValue = None
    id: str = field(default_factory=lambda: str(uuid4()))
    began: float = field(default_factory=time.time)


class RoundLogs:
    """Tells rounds as nested log entries, and text as the node's output `text`."""

    def __init__(self, ctx: NodeContext, *, model: str, provider: str) -> None:
        self._ctx = ctx
        self._model = model
        self._provider = provider
        self._round: Step | None = None
        self._thought: Step | None = None
        self._calls: dict[str, Step] = {}
        self._entries: dict[str, ToolLog] = {}
        self.speech = Speech()
        self.files: list[File] = []
        self.json: list[Value] = []

    @property
    def entries(self) -> list[dict[str, JsonValue]]:
        """All entries as they stand, in the order in which they began."""
        return [entry_map(entry, self._ctx.node_id) for entry in self._entries.values()]

    def begin(self, round: Round) -> None:
        self.speech.new_round()
        self._calls.clear()
        self._round = Step(f"ROUND {round.number}", None)
        self._thought = Step(f"{self._model} Thought", self._round.id, self._provider)
        self._tell(self._round)
        self._tell(self._thought)

    def say(self, round: Round, text: str) -> None:
        self._ctx.stream("text", self.speech.add(text))

    def asked(self, round: Round) -> None:
        self.files += round.files
        assert self._thought is not None
        asked: list[JsonValue] = [{"name": call.name, "arguments": call.arguments} for call in round.calls]
        self._tell(self._thought, "success", {"output": round.thought, "tool_calls": asked}, usage=round.usage)
        if not round.calls:
            self._end_round(round, {"output": round.answer})

    def calling(self, round: Round, call: Call) -> None:
        assert self._round is not None
        offered = call.offered
        step = Step(
            f"CALL {call.key}",
            self._round.id,
            offered.provider if offered else "",
            offered.icon if offered else None,
        )
        self._calls[call.id] = step
        self._tell(step, data=_asked(call))

    def log(self, round: Round, call: Call, entry: ToolLog) -> None:
        step = self._calls[call.id]
        parent = f"{step.id}/{entry.parent_id}" if entry.parent_id else step.id
        self._keep(
            ToolLog(
                id=f"{step.id}/{entry.id}",
                label=entry.label,
                parent_id=parent,
                status=entry.status,
                data=entry.data,
                error=entry.error,
                metadata=entry.metadata,
            )
        )

    def called(self, round: Round, call: Call) -> None:
        result = call.result
        assert result is not None
        self.files += result.files
        self.json += [as_value(item) if isinstance(item, dict) else {"data": as_value(item)} for item in result.json]
        data: dict[str, JsonValue] = {**_asked(call), "output": result.text}
        if result.files:
            data["files"] = [plain(file) for file in result.files]
        status: Status = "error" if result.error is not None else "success"
        self._tell(self._calls[call.id], status, data, error=result.error, usage=result.usage)

    def end(self, round: Round) -> None:
        results: dict[str, JsonValue] = {call.key: call.result.text if call.result else "" for call in round.calls}
        self._end_round(round, {"output": round.thought, "tool_responses": results})

    def fail(self, round: Round, error: BaseException) -> None:
        reason = str(error) or "The run was stopped."
        for step in (self._thought, self._round):
            if step is not None:
                self._tell(step, "error", error=reason)

    def _end_round(self, round: Round, data: dict[str, JsonValue]) -> None:
        assert self._round is not None
        usage = round.usage
        for call in round.calls:
            if call.result is not None:
                usage += call.result.usage
        self._tell(self._round, "success", data, usage=usage)

    def _tell(
        self,
        step: Step,
        status: Status = "start",
        data: Mapping[str, JsonValue] | None = None,
        *,
        error: str | None = None,
        usage: Usage = NO_USAGE,
    ) -> None:
        metadata: dict[str, JsonValue] = {"started_at": step.began}
        if status != "start":
            now = time.time()
            metadata |= {"finished_at": now, "elapsed_time": round(now - step.began, 6)}
        if step.provider:
            metadata["provider"] = step.provider
        if step.icon is not None:
            metadata["icon"] = step.icon
        if usage.total_tokens:
            metadata |= usage.metadata()
        entry = ToolLog(
            id=step.id,
            label=step.label,
            parent_id=step.parent_id,
            status=status,
            data=dict(data or {}),
            error=error,
            metadata=metadata,
        )
        self._keep(entry)

    def _keep(self, entry: ToolLog) -> None:
        self._entries[entry.id] = entry
        self._ctx.log(entry)


def entry_map(entry: ToolLog, node_id: str) -> dict[str, JsonValue]:
    """An entry as the node's output `json` and its log have it."""
    return {
        "id": entry.id,
        "parent_id": entry.parent_id,
        "error": entry.error,
        "status": entry.status,
        "data": entry.data,
        "label": entry.label,
        "metadata": entry.metadata,
        "node_id": node_id,
    }


def _asked(call: Call) -> dict[str, JsonValue]:
    return {"tool_name": call.name, "tool_call_args": call.arguments}
