"""MCP servers of a workspace as a source of tools."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from treadle.engine.errors import ToolInvokeError, ToolNodeError
from treadle.engine.ports import Tool, ToolRef
from treadle.engine.values import JsonValue
from treadle.nodes.config import plain_map
from treadle.tools.messages import Message
from treadle.tools.sources import Caller, ToolCall, ToolWorld

from .connections import McpConnections, Server
from .described import ToolDescription, arguments_of, messages_of, tool_of
from .forwarded import filled

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True, slots=True, kw_only=True)
class McpProvider:
    """A server of a workspace, ready to be called."""

    name: str
    identifier: str
    icon: JsonValue
    server: Server
    auth: "httpx2.Auth | None"
    tools: tuple[ToolDescription, ...]
    enabled: bool = True

    def tool(self, name: str) -> Tool:
        """Raises ToolNodeError."""
        for description in self.tools:
            if description.name == name:
                return tool_of(description, identifier=self.identifier, provider=self.name, icon=self.icon)
        raise ToolNodeError(f'The MCP server "{self.name}" has no tool "{name}"; refresh its tools if it is a new one.')


FindServer = Callable[[str, str], Awaitable[McpProvider | None]]
"""The server with an identifier (or an id) in a workspace."""


class McpSource:
    """Implements `tools.sources.ToolSource`."""

    def __init__(self, find: FindServer, connections: McpConnections) -> None:
        self._find = find
        self._connections = connections

    async def find(self, caller: Caller, world: ToolWorld, ref: ToolRef) -> Tool:
        """Raises ToolNodeError. Nothing is connected to."""
        return (await self._provider(caller.workspace_id, ref)).tool(ref.tool_name)

    async def invoke(self, call: ToolCall) -> AsyncIterator[Message]:
        """Raises ToolInvokeError, also for what the server itself calls an error."""
        provider = await self._provider(call.caller.workspace_id, call.tool.ref)
        arguments = arguments_of(plain_map(call.parameters))
        sent = filled(provider.server.headers, call.caller.headers)
        server = replace(provider.server, headers=sent.headers)
        try:
            result = await self._connections.call(server, call.tool.ref.tool_name, arguments, provider.auth)
        except ToolInvokeError as error:
            if not sent.missing:
                raise
            names = ", ".join(sent.missing)
            raise type(error)(f"{error} Its settings ask for headers that the caller did not send: {names}.") from error
        if result.is_error:
            raise ToolInvokeError(result.error_text())
        for message in messages_of(result, has_output_schema=call.tool.output_schema is not None):
            yield message

    async def _provider(self, workspace_id: str, ref: ToolRef) -> McpProvider:
        provider = await self._find(workspace_id, ref.provider_id)
        if provider is None:
            raise ToolNodeError(f'There is no MCP server "{ref.provider_id}" among the tools of this workspace.')
        if not provider.enabled:
            raise ToolNodeError(
                f'The MCP server "{provider.name}" is switched off; an administrator switches it on in the tools.'
            )
        return provider
