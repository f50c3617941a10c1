"""The workspace's tools as a run sees them: the engine's `Tools` port."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from treadle.engine.errors import ToolNodeError
from treadle.engine.ports import Tool, ToolMessage, ToolRef
from treadle.engine.values import Value

from .delivery import deliver
from .sources import Caller, ProviderType, ToolCall, ToolSource, ToolWorld

_SYNONYMS: Mapping[str, ProviderType] = {
    "builtin": "builtin",
    "plugin": "builtin",
    "api": "api",
    "workflow": "workflow",
    "mcp": "mcp",
}


class RunTools:
    """Tools of one workspace for one caller. Implements `engine.ports.Tools`."""

    def __init__(self, sources: Mapping[ProviderType, ToolSource], caller: Caller, world: ToolWorld) -> None:
        self._sources = sources
        self._caller = caller
        self._world = world

    async def find(self, ref: ToolRef) -> Tool:
        """Raises ToolNodeError: no such kind, provider or tool here, or no credentials."""
        return await self._source(ref).find(self._caller, self._world, ref)

    async def invoke(self, tool: Tool, parameters: Mapping[str, Value]) -> AsyncGenerator[ToolMessage, None]:
        """What the tool gives; pictures and bytes are kept files. Closing the iterator ends the call."""
        call = ToolCall(tool=tool, parameters=parameters, caller=self._caller, world=self._world)
        messages = self._source(tool.ref).invoke(call)
        async with aclosing(deliver(messages, http=self._world.http, files=self._world.files)) as delivered:
            async for message in delivered:
                yield message

    def _source(self, ref: ToolRef) -> ToolSource:
        kind = _SYNONYMS.get(ref.provider_type)
        source = self._sources.get(kind) if kind else None
        if source is None:
            raise ToolNodeError(f'Tools of the kind "{ref.provider_type}" cannot be called here.')
        return source
