"""Connections to MCP servers: made with the first call, kept for the next ones, closed when nobody calls for a while.

A connection of the `mcp` package lives in the task that opened it, so each has a task of its own; calls come from
anywhere. Source: spec models-and-tools §4.6.
"""

import asyncio
import contextlib
import logging
import os
import shlex
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.platform.egress_rules import EgressRules

from .described import Result, ToolDescription

if TYPE_CHECKING:
    import httpx2
    from mcp import Client
    from mcp.client.session import IncomingMessage, MessageHandlerFnT

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

STDIO = "stdio:"
_KEPT_SECONDS = 60.0
_MOST_TOOLS = 1000
_SAID = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a server is and how it is called. Two equal ones share a connection; times in seconds."""

    id: str
    address: str
    headers: tuple[tuple[str, str], ...] = ()
    timeout: float = 30
    read_timeout: float = 300
    revision: int = 0
    watched: bool = True
    """Whether to hear when its tools are others."""


class NeedsAuthorization(ToolInvokeError):
    """The server wants somebody to sign in first."""


@dataclass(slots=True)
class _Connection:
    """A connection in a task of its own. `calls` counts those under way."""

    opened: asyncio.Future["Client"]
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    calls: int = 0
    unauthorized: bool = False
    """The server answered 401, which the package does not always tell."""
    timer: asyncio.TimerHandle | None = None


class McpConnections:
    """The connections of this process. `commands` are the command lines that may be started, exactly."""

    def __init__(self, rules: EgressRules, commands: tuple[str, ...] = ()) -> None:
        self._rules = rules
        self._commands = commands
        self._open: dict[Server, _Connection] = {}
        self.tools_changed: Callable[[Server], None] | None = None
        """Called when a watched server tells that its tools are others now."""

    async def close(self) -> None:
        """End every connection and every program that was started for one."""
        open_ones, self._open = list(self._open.values()), {}
        for connection in open_ones:
            connection.closing.set()
        tasks = [connection.task for connection in open_ones if connection.task is not None]
        await asyncio.gather(*tasks, return_exceptions=True)

    def allows(self, address: str) -> bool:
        """Whether a program may be started; every URL may be tried, and is checked when it is."""
        return not address.startswith(STDIO) or address.removeprefix(STDIO) in self._commands

    async def tools(self, server: Server, auth: "httpx2.Auth | None" = None) -> list[ToolDescription]:
        """What the server offers. Raises ToolInvokeError, NeedsAuthorization among them."""

        async def listed(client: "Client") -> list[ToolDescription]:
            found: list[ToolDescription] = []
            cursor: str | None = None
            while len(found) < _MOST_TOOLS:
                page = await client.list_tools(cursor=cursor, cache_mode="refresh")
                found += [ToolDescription.read(tool.model_dump(by_alias=True, mode="json")) for tool in page.tools]
                cursor = page.next_cursor
                if cursor is None:
                    break
            return found

        return await self._ask(server, auth, listed)

    async def call(
        self, server: Server, tool: str, arguments: Mapping[str, JsonValue], auth: "httpx2.Auth | None" = None
    ) -> Result:
        """Call a tool. Raises ToolInvokeError when the server cannot be asked; what it refuses is in the result."""

        async def called(client: "Client") -> Result:
            answer = await client.call_tool(tool, dict(arguments), read_timeout_seconds=server.read_timeout)
            return Result.read(answer.model_dump(by_alias=True, mode="json"))

        return await self._ask(server, auth, called)

    async def _ask(
        self, server: Server, auth: "httpx2.Auth | None", question: Callable[["Client"], Awaitable[Answer]]
    ) -> Answer:
        """Ask over the open connection; one that turns out to be dead is opened again, once."""
        for fresh in (False, True):
            known = server in self._open
            connection = self._connection(server, auth)
            connection.calls += 1
            try:
                client = await asyncio.shield(connection.opened)
                return await question(client)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                self._drop(server, connection)
                if connection.unauthorized:
                    raise NeedsAuthorization(
                        "The MCP server wants to know who calls; authorize it in the tool settings."
                    ) from error
                if known and not fresh and not _is_answer(error):
                    continue
                raise _failure(server, error) from error
            finally:
                connection.calls -= 1
                self._keep_for_a_while(server, connection)
        raise AssertionError("unreachable")

    def _connection(self, server: Server, auth: "httpx2.Auth | None") -> _Connection:
        connection = self._open.get(server)
        if connection is None:
            connection = self._open[server] = _Connection(asyncio.get_running_loop().create_future())
            connection.task = asyncio.create_task(self._live(server, connection, auth), name=f"MCP {server.id}")
        if connection.timer is not None:
            connection.timer.cancel()
            connection.timer = None
        return connection

    def _keep_for_a_while(self, server: Server, connection: _Connection) -> None:
        if connection.calls == 0 and not connection.closing.is_set():
            loop = asyncio.get_running_loop()
            connection.timer = loop.call_later(_KEPT_SECONDS, self._drop, server, connection)

    def _drop(self, server: Server, connection: _Connection) -> None:
        connection.closing.set()
        if self._open.get(server) is connection:
            del self._open[server]

    async def _live(self, server: Server, connection: _Connection, auth: "httpx2.Auth | None") -> None:
        """Hold the connection open until it is to be closed."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                client = await self._connected(stack, server, auth, connection)
                connection.opened.set_result(client)
                async with self._listening(server, client):
                    await connection.closing.wait()
        except Exception as error:
            if connection.opened.done():
                _log.info("the connection to the MCP server %s ended: %s", server.id, error)
            else:
                connection.opened.set_exception(error)
                connection.opened.exception()  # it is read by whoever waits, if somebody still does
        finally:
            self._drop(server, connection)
            if not connection.opened.done():
                connection.opened.cancel()

    async def _connected(
        self,
        stack: contextlib.AsyncExitStack,
        server: Server,
        auth: "httpx2.Auth | None",
        connection: _Connection,
    ) -> "Client":
        """A client over the first transport that the server answers on, closed by `stack`."""
        from mcp import Client

        make = self._factory(server, auth, connection)

        def client(transport: Callable[[], AbstractAsyncContextManager[Any]]) -> Client:
            return Client(transport(), read_timeout_seconds=server.timeout, message_handler=self._listener(server))

        *first, last = self._transports(server, make)
        for transport in first:
            try:
                return await stack.enter_async_context(client(transport))
            except Exception:
                if connection.unauthorized:
                    raise
        return await stack.enter_async_context(client(last))

    def _listener(self, server: Server) -> "MessageHandlerFnT | None":
        """Hears servers that tell of other tools between their answers."""
        if not server.watched:
            return None

        async def heard(message: "IncomingMessage") -> None:
            from mcp_types import ToolListChangedNotification

            if isinstance(message, ToolListChangedNotification):
                self._tell(server)

        return heard

    @asynccontextmanager
    async def _listening(self, server: Server, client: "Client") -> AsyncGenerator[None]:
        """Hears servers that tell of other tools to whoever subscribed, which is how newer versions of MCP have it."""
        task = asyncio.create_task(self._subscribed(server, client)) if server.watched else None
        try:
            yield
        finally:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _subscribed(self, server: Server, client: "Client") -> None:
        from mcp.client.subscriptions import ListenNotSupportedError

        try:
            async with client.listen(tools_list_changed=True) as events:
                async for _ in events:
                    self._tell(server)
        except ListenNotSupportedError:
            pass  # an older version, which tells it to `_listener`
        except Exception as error:
            _log.debug("the MCP server %s does not tell when its tools change: %s", server.id, error)

    def _tell(self, server: Server) -> None:
        if self.tools_changed is not None:
            self.tools_changed(server)

    def _transports(
        self, server: Server, make: Callable[..., "httpx2.AsyncClient"]
    ) -> "list[Callable[[], AbstractAsyncContextManager[Any]]]":
        """What the address says of the transport; where it says nothing, SSE is tried before streamable HTTP."""
        from mcp.client.sse import sse_client

        if server.address.startswith(STDIO):
            return [partial(self._program, server)]
        sse = partial(sse_client, server.address, httpx_client_factory=make)
        http = partial(self._streamable, server, make)
        last = urlsplit(server.address).path.rstrip("/").rsplit("/", 1)[-1]
        return [http] if last == "mcp" else [sse] if last == "sse" else [sse, http]

    @asynccontextmanager
    async def _program(self, server: Server) -> AsyncGenerator[Any]:
        """A program of this machine, started for the connection; it gets the headers as its environment."""
        from mcp import StdioServerParameters
        from mcp.client.stdio import stdio_client

        command = server.address.removeprefix(STDIO)
        if command not in self._commands:
            raise ToolInvokeError(
                f'The program "{command}" may not be started; an operator allows it with TREADLE_MCP_STDIO_COMMANDS.'
            )
        program, *arguments = shlex.split(command)
        parameters = StdioServerParameters(command=program, args=arguments, env=dict(server.headers))
        with open(os.devnull, "w") as silence:  # noqa: ASYNC230 - opening it waits for nothing
            async with stdio_client(parameters, errlog=silence) as streams:
                yield streams

    @asynccontextmanager
    async def _streamable(self, server: Server, make: Callable[..., "httpx2.AsyncClient"]) -> AsyncGenerator[Any]:
        from mcp.client.streamable_http import streamable_http_client

        async with (
            make() as client,
            streamable_http_client(server.address, http_client=client) as streams,
        ):
            yield streams

    def _factory(
        self, server: Server, auth: "httpx2.Auth | None", connection: _Connection
    ) -> Callable[..., "httpx2.AsyncClient"]:
        """Makes the guarded client, whatever the package asks for."""

        async def note(response: "httpx2.Response") -> None:
            connection.unauthorized = connection.unauthorized or response.status_code == 401

        def make(*_: object, **__: object) -> "httpx2.AsyncClient":
            from .guarded import guarded_client

            client = guarded_client(
                self._rules,
                headers=dict(server.headers),
                timeout=server.timeout,
                read_timeout=server.read_timeout,
                auth=auth,
            )
            client.event_hooks = {"response": [note]}
            return client

        return make


def _is_answer(error: BaseException) -> bool:
    """The server itself said no: asking again changes nothing."""
    from mcp import MCPError
    from mcp_types import CONNECTION_CLOSED

    return isinstance(error, MCPError) and error.error.code != CONNECTION_CLOSED


def _failure(server: Server, error: BaseException) -> ToolInvokeError:
    """What went wrong, as one sentence that shows no address: it may hold a key."""
    if isinstance(error, ToolInvokeError):
        return error
    said = "; ".join(dict.fromkeys(str(each) or type(each).__name__ for each in _leaves(error)))[:_SAID]
    text = said.replace(server.address, "its address").rstrip(".")
    return ToolInvokeError(f"The MCP server cannot be reached: {text}.")


def _leaves(error: BaseException) -> "Iterator[BaseException]":
    """The errors inside groups of errors."""
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        for each in group.exceptions:
            yield from _leaves(each)
    else:
        yield error
