"""Workflows of a workspace as a source of tools."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

from treadle.engine.errors import ToolInvokeError, ToolNodeError
from treadle.engine.ports import Tool, ToolRef
from treadle.engine.values import File, JsonValue, Value, files_in, json_text, plain
from treadle.tools.messages import FileMessage, Json, Message, ModelUsage, Text, Variable
from treadle.tools.sources import Caller, ToolCall, ToolWorld, Workflows

_RESERVED = frozenset({"text", "json", "files"})


@dataclass(frozen=True, slots=True)
class PinnedWorkflow:
    """A tool, and the version of the workflow that it calls."""

    app_id: str
    version_id: str
    tool: Tool


FindWorkflow = Callable[[str, ToolRef], Awaitable[PinnedWorkflow | None]]


class WorkflowSource:
    """Implements `tools.sources.ToolSource`."""

    def __init__(self, find: FindWorkflow, workflows: Callable[[], Workflows], *, max_depth: int) -> None:
        """`max_depth`: how many workflows may call each other in a row."""
        self._find = find
        self._workflows = workflows
        self._max_depth = max_depth

    async def find(self, caller: Caller, world: ToolWorld, ref: ToolRef) -> Tool:
        """Raises ToolNodeError."""
        return (await self._pinned(caller.workspace_id, ref)).tool

    async def invoke(self, call: ToolCall) -> AsyncIterator[Message]:
        """The outputs of a run, whole. Raises ToolInvokeError when it fails, or when workflows nest too deeply."""
        pinned = await self._pinned(call.caller.workspace_id, call.tool.ref)
        depth = call.caller.depth + 1
        if depth > self._max_depth:
            raise ToolInvokeError(
                f"Workflows call each other more than {self._max_depth} deep; does {call.tool.name} call itself?"
            )
        inputs = dict(call.parameters)
        sent = [inputs.pop(each.name, None) for each in pinned.tool.parameters if each.type == "system-files"]
        outcome = await self._workflows().call(
            pinned.app_id,
            pinned.version_id,
            inputs=inputs,
            files=files_in(sent),
            caller=replace(call.caller, depth=depth),
        )
        if outcome.usage.total_tokens:
            yield ModelUsage(outcome.usage)
        if outcome.error is not None:
            raise ToolInvokeError(f"The workflow {call.tool.name} failed: {outcome.error}")
        outputs = dict(outcome.outputs)
        for file in _each_once(files_in(outputs)):
            yield FileMessage(file)
        yield Text(json_text(outputs))
        shown: dict[str, JsonValue] = {name: plain(value) for name, value in outputs.items()}
        yield Json(shown, suppressed=True)
        for name, value in outputs.items():
            if name not in _RESERVED:
                yield Variable(name, value)

    async def _pinned(self, workspace_id: str, ref: ToolRef) -> PinnedWorkflow:
        pinned = await self._find(workspace_id, ref)
        if pinned is None:
            raise ToolNodeError(f'There is no workflow "{ref.tool_name}" among the tools of this workspace.')
        return pinned


def _each_once(files: list[File]) -> list[File]:
    found: dict[Value, File] = {}
    for file in files:
        found.setdefault(file.related_id or file.id or file.url, file)
    return list(found.values())
