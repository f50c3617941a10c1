"""MCP servers of workspaces: added, changed, authorized, and handed to runs. Source: spec models-and-tools §4.6, §4.8.

Adding one is a person's act and connects to it at once; importing an app never does.
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from treadle.engine.errors import ToolInvokeError
from treadle.engine.values import JsonValue
from treadle.platform.changes import bump
from treadle.platform.clock import now_us
from treadle.platform.crypto import Crypto, SecretError
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import Conflict, InvalidParam, NotFound, Refusal
from treadle.tools.json_text import read_map, write_json
from treadle.tools.providers import ProviderInfo
from treadle.tools.secret_values import HIDDEN
from treadle.tools.tables import McpServer
from treadle.tools.topic import TOOLS_TOPIC

from .connections import STDIO, McpConnections, NeedsAuthorization, Server
from .described import ToolDescription
from .forwarded import filled, named, shown
from .repository import McpRepository, note_code
from .source import McpProvider

if TYPE_CHECKING:
    import httpx2

_log = logging.getLogger(__name__)

_ICON: Final = '{"background":"#EFE9FE","content":"🔗"}'
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SEALED: Final = frozenset({"oauth_client", "oauth_tokens", "client_secret", "address"})
_REDIRECT_WITHIN: Final = 30.0


class McpDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says of a server. `address` is a URL, or `stdio:` and a command that the operator allows; times in
    seconds. A header whose value comes back hidden stays as it is."""

    name: str
    identifier: str
    address: str
    headers: dict[str, str] = {}
    icon: dict[str, Any] | None = None
    timeout: float = 30
    read_timeout: float = 300
    client_id: str = ""
    client_secret: str = ""
    grant: str = "authorization_code"


class McpService:
    """The MCP servers of all workspaces; every call names the workspace."""

    def __init__(self, db: Database, crypto: Crypto, connections: McpConnections, *, callback: str) -> None:
        """`callback`: where an authorization server sends a browser back to."""
        self._db = db
        self._crypto = crypto
        self._connections = connections
        self._callback = callback
        self._cached: dict[tuple[str, str], McpProvider] = {}
        self._named: dict[str, frozenset[str]] = {}
        self._flows: set[asyncio.Task[object]] = set()
        self._asking: set[str] = set()
        connections.tools_changed = self._tools_changed

    async def close(self) -> None:
        """End what waits for somebody's browser, and all connections."""
        for flow in self._flows:
            flow.cancel()
        await asyncio.gather(*self._flows, return_exceptions=True)
        await self._connections.close()

    def forget(self) -> None:
        """Drop what is kept in memory: servers have changed."""
        self._cached.clear()
        self._named.clear()

    async def add(self, workspace_id: str, draft: McpDraft, *, account_id: str | None = None) -> ProviderInfo:
        """Add a server and ask it for its tools; one that wants authorization is added without tools.

        Raises InvalidParam, Conflict, and Refusal when the server cannot be reached.
        """
        now = now_us()
        row = McpServer(
            id=new_id(),
            workspace_id=workspace_id,
            oauth_client="",
            oauth_tokens="",
            oauth_state="",
            oauth_code="",
            enabled=True,
            authorized=False,
            tools="[]",
            headers="{}",
            address="",
            created_by=account_id,
            created_at=now,
        )
        self._fill(row, draft)
        await self._free(row)
        await self._ask(row)
        async with self._db.transaction() as session:
            McpRepository(session, workspace_id).add(row)
            await session.flush()
            await bump(session, TOOLS_TOPIC)
        self.forget()
        return self._info(row)

    async def update(self, workspace_id: str, server_id: str, draft: McpDraft) -> ProviderInfo:
        """Change a server and ask it again. Raises NotFound and what `add` raises."""
        row = await self._row(workspace_id, id=server_id)
        moved = draft.address not in (HIDDEN, self._shown_address(row)) and draft.address != self._address(row)
        self._fill(row, draft)
        if moved:
            row.oauth_client, row.oauth_tokens, row.authorized = "", "", False
        await self._free(row)
        await self._ask(row)
        await self._save(row)
        return self._info(row)

    async def refresh(self, workspace_id: str, server_id: str) -> ProviderInfo:
        """Ask the server for its tools again. Raises NotFound, and Refusal when it does not answer."""
        row = await self._row(workspace_id, id=server_id)
        await self._ask(row)
        await self._save(row)
        return self._info(row)

    def _tools_changed(self, server: Server) -> None:
        """A server told over a connection of a run that its tools are others now."""
        if server.id not in self._asking:
            self._asking.add(server.id)
            task = asyncio.create_task(self._ask_again(server.id), name=f"tools of MCP server {server.id}")
            self._flows.add(task)
            task.add_done_callback(self._flows.discard)

    async def _ask_again(self, server_id: str) -> None:
        """Keep the tools of a server as they are now; what is the same stays untouched."""
        try:
            async with self._db.session() as session:
                row = await session.get(McpServer, server_id)
            if row is None:
                return
            before = row.tools
            await self._ask(row)
            if row.authorized and row.tools != before:
                await self._save(row)
        except Refusal as refusal:
            _log.info("the MCP server %s told of other tools, and then: %s", server_id, refusal.message)
        finally:
            self._asking.discard(server_id)

    async def switch(self, workspace_id: str, server_id: str, *, enabled: bool) -> ProviderInfo:
        """Offer the tools of a server, or no longer: apps that use one fail until it is on again. Raises NotFound."""
        row = await self._row(workspace_id, id=server_id)
        async with self._db.transaction() as session:
            await McpRepository(session, workspace_id).update(server_id, {"enabled": enabled, "updated_at": now_us()})
            await bump(session, TOOLS_TOPIC)
        self.forget()
        row.enabled = enabled
        return self._info(row)

    async def delete(self, workspace_id: str, server_id: str) -> None:
        """Raises NotFound."""
        await self._row(workspace_id, id=server_id)
        async with self._db.transaction() as session:
            await McpRepository(session, workspace_id).delete(server_id)
            await bump(session, TOOLS_TOPIC)
        self.forget()

    async def authorize(self, workspace_id: str, server_id: str) -> str | None:
        """The address to send somebody's browser to, so that the server lets us in; None when it already does.

        Raises NotFound, and Refusal when the server does not answer.
        """
        from .oauth import browser_auth

        row = await self._row(workspace_id, id=server_id)
        redirect: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        address, oauth_row = self._address(row), _OAuthRow(self, workspace_id, server_id)
        if row.grant == "client_credentials":
            await self.refresh(workspace_id, server_id)
            return None
        auth = browser_auth(address, oauth_row, callback=self._callback, on_redirect=redirect.set_result)
        flow = asyncio.create_task(self._sign_in(row, auth), name=f"authorize MCP server {server_id}")
        self._flows.add(flow)
        flow.add_done_callback(self._flows.discard)
        await asyncio.wait((redirect, flow), timeout=_REDIRECT_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        if redirect.done():
            return redirect.result()
        if flow.done():
            await flow
            return None
        flow.cancel()
        raise Refusal("The MCP server does not say where to sign in.", code="mcp_server_unreachable")

    async def returned(self, *, state: str, code: str) -> bool:
        """A browser came back from an authorization server; whether it was expected."""
        if not state or not code:
            return False
        async with self._db.transaction() as session:
            return await note_code(session, state=state, code=code)

    async def providers(self, workspace_id: str) -> Sequence[ProviderInfo]:
        """All servers of a workspace, newest first."""
        async with self._db.session() as session:
            rows = await McpRepository(session, workspace_id).all()
        return [self._info(row) for row in rows]

    async def provider(self, workspace_id: str, server_id: str) -> ProviderInfo:
        """A server as a provider. Raises NotFound."""
        return self._info(await self._row(workspace_id, id=server_id))

    async def named(self, workspace_id: str, identifier: str) -> ProviderInfo:
        """A server by the identifier that app files use. Raises NotFound."""
        return self._info(await self._row(workspace_id, identifier=identifier))

    async def find(self, workspace_id: str, identifier: str) -> McpProvider | None:
        """The server of an app file's `provider_id`."""
        key = (workspace_id, identifier)
        provider = self._cached.get(key)
        if provider is None:
            async with self._db.session() as session:
                repository = McpRepository(session, workspace_id)
                row = await repository.one(identifier=identifier) or await repository.one(id=identifier)
            if row is None:
                return None
            provider = self._cached[key] = McpProvider(
                name=row.name,
                identifier=row.identifier,
                icon=read_map(row.icon),
                server=self._server(row),
                auth=self._auth(row),
                tools=_tools(row),
                enabled=row.enabled,
            )
        return provider

    async def headers_named(self, workspace_id: str) -> frozenset[str]:
        """The lower-case names of headers of callers that servers of a workspace name in their settings."""
        names = self._named.get(workspace_id)
        if names is None:
            async with self._db.session() as session:
                rows = await McpRepository(session, workspace_id).all()
            values = [value for row in rows if row.enabled for value in self._headers(row).values()]
            names = self._named[workspace_id] = named(values)
        return names

    async def read_sealed(self, workspace_id: str, server_id: str, column: str) -> str:
        """A column of a server as it was written; empty when it is gone or cannot be opened."""
        async with self._db.session() as session:
            row = await McpRepository(session, workspace_id).one(id=server_id)
        return self._opened(row, column) if row is not None else ""

    async def write_sealed(self, workspace_id: str, server_id: str, columns: Mapping[str, str]) -> None:
        """Change columns of a server, those with secrets sealed."""
        sealed = {
            name: self._seal(server_id, name, value) if name in _SEALED else value for name, value in columns.items()
        }
        async with self._db.transaction() as session:
            await McpRepository(session, workspace_id).update(server_id, sealed)

    async def _sign_in(self, row: McpServer, auth: "httpx2.Auth") -> None:
        """Connect as somebody who is being asked to sign in; keep the tools and that it worked."""
        server = self._asked(row)
        tools = await self._connections.tools(server, auth)
        async with self._db.transaction() as session:
            values = {"authorized": True, "tools": _tools_text(tools), "updated_at": now_us()}
            await McpRepository(session, row.workspace_id).update(row.id, values)
            await bump(session, TOOLS_TOPIC)
        self.forget()

    async def _ask(self, row: McpServer) -> None:
        """Take over what the server offers now."""
        try:
            tools = await self._connections.tools(self._asked(row), self._auth(row))
        except NeedsAuthorization:
            row.authorized = False
        except ToolInvokeError as error:
            raise Refusal(str(error), code="mcp_server_unreachable") from error
        else:
            row.authorized, row.tools = True, _tools_text(tools)
        row.updated_at = now_us()

    async def _save(self, row: McpServer) -> None:
        kept = {column.name: getattr(row, column.name) for column in McpServer.__table__.columns}
        del kept["enabled"]  # `switch` alone writes it
        for column in ("id", "workspace_id", "oauth_client", "oauth_tokens", "oauth_state", "oauth_code"):
            if kept[column] != "":
                del kept[column]  # the flow writes these
        async with self._db.transaction() as session:
            await McpRepository(session, row.workspace_id).update(row.id, kept)
            await bump(session, TOOLS_TOPIC)
        self.forget()

    async def _row(self, workspace_id: str, **by: str) -> McpServer:
        async with self._db.session() as session:
            row = await McpRepository(session, workspace_id).one(**by)
        if row is None:
            raise NotFound("There is no such MCP server among the tools of this workspace.")
        return row

    async def _free(self, row: McpServer) -> None:
        """Name, identifier and address are each taken once. Raises Conflict."""
        async with self._db.session() as session:
            repository = McpRepository(session, row.workspace_id)
            taken = {
                "name": await repository.one(name=row.name),
                "identifier": await repository.one(identifier=row.identifier),
                "address": await repository.one(address_hash=row.address_hash),
            }
        for what, other in taken.items():
            if other is not None and other.id != row.id:
                raise Conflict(f'The MCP server "{other.name}" has this {what} already.')

    def _fill(self, row: McpServer, draft: McpDraft) -> None:
        """Write a draft into a row. Raises InvalidParam."""
        name, identifier = draft.name.strip(), draft.identifier.strip()
        if not 1 <= len(name) <= 40:
            raise InvalidParam("The name needs 1 to 40 characters.", param="name")
        if not _IDENTIFIER.fullmatch(identifier):
            raise InvalidParam(
                "The identifier needs 1 to 64 letters, digits, underscores or hyphens.", param="server_identifier"
            )
        if not (0 < draft.timeout <= 600 and 0 < draft.read_timeout <= 3600):
            raise InvalidParam("A timeout is at most 600 seconds, for an answer 3600.", param="timeout")
        if draft.grant not in ("authorization_code", "client_credentials"):
            raise InvalidParam("The grant is authorization_code or client_credentials.", param="grant")
        if not row.address or draft.address not in (HIDDEN, self._shown_address(row)):
            address = self._checked_address(draft.address.strip())
            row.address = self._seal(row.id, "address", address)
            row.address_hash = hashlib.sha256(address.encode()).hexdigest()
        row.name, row.identifier = name, identifier
        row.headers = write_json(self._sealed_headers(row, draft.headers))
        row.icon = write_json(draft.icon) if draft.icon else _ICON
        row.timeout, row.read_timeout = draft.timeout, draft.read_timeout
        row.client_id, row.grant = draft.client_id.strip(), draft.grant
        if draft.client_secret != HIDDEN:
            row.client_secret = self._seal(row.id, "client_secret", draft.client_secret)
        if row.client_id and row.grant == "authorization_code" and not row.oauth_client:
            from .oauth import known_client

            text = known_client(row.client_id, self._opened(row, "client_secret"), self._callback)
            row.oauth_client = self._seal(row.id, "oauth_client", text)

    def _checked_address(self, address: str) -> str:
        if address.startswith(STDIO):
            if not self._connections.allows(address):
                raise InvalidParam(
                    "This program may not be started; an operator allows exact commands with "
                    "TREADLE_MCP_STDIO_COMMANDS.",
                    param="server_url",
                )
            return address
        try:
            parts = urlsplit(address)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        except ValueError:
            usable = False
        if not usable:
            raise InvalidParam("The address is no http or https URL.", param="server_url")
        return address

    def _sealed_headers(self, row: McpServer, given: Mapping[str, str]) -> dict[str, str]:
        stored = self._headers(row)
        headers: dict[str, str] = {}
        for name, value in given.items():
            if not name.strip() or any(ord(letter) < 32 or ord(letter) == 127 for letter in name + value):
                raise InvalidParam("A header needs a name, and no control characters.", param="headers")
            old = stored.get(name)
            kept = old if old is not None and value in (HIDDEN, shown(old)) else value
            headers[name] = self._seal(row.id, f"header {name}", kept)
        return headers

    def _headers(self, row: McpServer) -> dict[str, str]:
        return {name: self._open(row.id, f"header {name}", str(value)) for name, value in read_map(row.headers).items()}

    def _asked(self, row: McpServer) -> Server:
        """A server to ask for its tools, over a connection of its own: a kept one may have been refused. No caller is
        there whose headers could be sent."""
        server = self._server(row)
        return replace(server, headers=filled(server.headers, {}).headers, revision=now_us(), watched=False)

    def _server(self, row: McpServer) -> Server:
        return Server(
            id=row.id,
            address=self._address(row),
            headers=tuple(self._headers(row).items()),
            timeout=row.timeout,
            read_timeout=row.read_timeout,
            revision=row.updated_at,
        )

    def _auth(self, row: McpServer) -> "httpx2.Auth | None":
        if row.grant == "client_credentials" and row.client_id:
            from .oauth import client_auth

            return client_auth(
                self._address(row),
                _OAuthRow(self, row.workspace_id, row.id),
                client_id=row.client_id,
                client_secret=self._opened(row, "client_secret"),
            )
        if not row.oauth_tokens:
            return None
        from .oauth import stored_auth

        oauth_row = _OAuthRow(self, row.workspace_id, row.id)
        return stored_auth(self._address(row), oauth_row, callback=self._callback)

    def _address(self, row: McpServer) -> str:
        return self._opened(row, "address")

    def _shown_address(self, row: McpServer) -> str:
        """The address without what may be a key in it."""
        address = self._address(row)
        if address.startswith(STDIO):
            return address
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{'/******' if parts.path.strip('/') else ''}"

    def _info(self, row: McpServer) -> ProviderInfo:
        provider = McpProvider(
            name=row.name,
            identifier=row.identifier,
            icon=read_map(row.icon),
            server=Server(id=row.id, address=""),
            auth=None,
            tools=_tools(row),
        )
        headers: dict[str, JsonValue] = {name: shown(value) for name, value in self._headers(row).items()}
        return ProviderInfo(
            id=row.id,
            type="mcp",
            name=row.name,
            label={"en_US": row.name, "zh_Hans": row.name},
            icon=provider.icon,
            tools=tuple(provider.tool(tool.name) for tool in provider.tools),
            authorized=row.authorized,
            deletable=True,
            more={
                "server_url": self._shown_address(row),
                "server_identifier": row.identifier,
                "masked_headers": headers,
                "timeout": row.timeout,
                "sse_read_timeout": row.read_timeout,
                "client_id": row.client_id,
                "grant": row.grant,
                "enabled": row.enabled,
                "updated_at": row.updated_at // 1_000_000,
            },
        )

    def _seal(self, row_id: str, name: str, text: str) -> str:
        return self._crypto.encrypt(text, context=f"tool_mcp_servers/{row_id}/{name}") if text else ""

    def _opened(self, row: McpServer, column: str) -> str:
        text: str = getattr(row, column)
        return self._open(row.id, column, text) if column in _SEALED else text

    def _open(self, row_id: str, name: str, text: str) -> str:
        try:
            return self._crypto.decrypt(text, context=f"tool_mcp_servers/{row_id}/{name}") if text else ""
        except SecretError:
            return ""


class _OAuthRow:
    """The columns of a server that an OAuth flow reads and writes."""

    def __init__(self, service: McpService, workspace_id: str, server_id: str) -> None:
        self._service = service
        self._workspace_id = workspace_id
        self._server_id = server_id

    async def read(self, column: str) -> str:
        return await self._service.read_sealed(self._workspace_id, self._server_id, column)

    async def write(self, **columns: str) -> None:
        await self._service.write_sealed(self._workspace_id, self._server_id, columns)


def _tools(row: McpServer) -> tuple[ToolDescription, ...]:
    found: list[dict[str, JsonValue]] = msgspec.json.decode(row.tools)
    return tuple(ToolDescription.read(each) for each in found)


def _tools_text(tools: Sequence[ToolDescription]) -> str:
    return write_json(
        [
            {
                "name": tool.name,
                "title": tool.title,
                "description": tool.description,
                "inputSchema": tool.input_schema,
                "outputSchema": tool.output_schema,
            }
            for tool in tools
        ]
    )
