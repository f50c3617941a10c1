"""The console API: MCP servers that the workspace uses, and apps that it serves (spec models-and-tools §4.6, §4.8)."""

from typing import Literal

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from treadle.platform.refusals import Refusal
from treadle.server.console_api.access import (
    AdministratorDep,
    AppUserDep,
    EditorDep,
    ServicesDep,
    anyone,
    console_router,
)
from treadle.server.console_api.answers import Done
from treadle.server.console_api.tool_shapes import DONE, Icon, ToolProviderShown, provider_shown
from treadle.server.services import Services
from treadle.tools.mcp.service import McpDraft

router = console_router("MCP")

_ROOT = "/workspaces/current/tool-provider/mcp"
_RETURNED = (
    "<!doctype html><meta charset=utf-8><title>Treadle</title>"
    "<p style='font:16px system-ui;margin:20vh auto;max-width:30em;text-align:center'>{}</p>"
)


class McpBody(BaseModel):
    """An MCP server. `server_url` is a URL, or `stdio:` and a command that the operator allows; times in seconds."""

    name: str = Field(max_length=255)
    server_identifier: str = Field(max_length=255)
    server_url: str = Field(max_length=4096)
    icon: Icon | None = None
    headers: dict[str, str] = {}
    timeout: float = 30
    sse_read_timeout: float = 300
    client_id: str = Field(default="", max_length=1024)
    client_secret: str = Field(default="", max_length=4096)
    grant: str = "authorization_code"

    def draft(self) -> McpDraft:
        """As the service takes it."""
        return McpDraft(
            name=self.name,
            identifier=self.server_identifier,
            address=self.server_url,
            icon=self.icon.model_dump() if self.icon else None,
            headers=self.headers,
            timeout=self.timeout,
            read_timeout=self.sse_read_timeout,
            client_id=self.client_id,
            client_secret=self.client_secret,
            grant=self.grant,
        )


class McpChange(McpBody):
    """A changed MCP server."""

    provider_id: str


class McpChoice(BaseModel):
    """Which MCP server."""

    provider_id: str


class McpSwitch(McpChoice):
    """Whether the tools of an MCP server are offered and called."""

    enabled: bool


class AuthorizationShown(BaseModel):
    """Where to send the browser, or `result` when the server lets the workspace in already."""

    authorization_url: str | None = None
    result: Literal["success"] | None = None


class ServedBody(BaseModel):
    """How an app is served to MCP clients; `parameters` describe the fields of its form."""

    description: str = Field(default="", max_length=4096)
    parameters: dict[str, str] = {}


class ServedShown(BaseModel):
    """How an app is served: at a secret address, as a tool whose arguments `parameters` describes."""

    id: str
    server_code: str
    server_url: str
    name: str
    description: str
    status: Literal["active", "inactive"]
    parameters: dict[str, JsonValue]
    created_at: int
    updated_at: int


class NotServed(BaseModel):
    """The app is not served."""

    model_config = ConfigDict(extra="forbid")


class ServedChange(BaseModel):
    """What is to change of it; `status` is active or inactive."""

    description: str | None = Field(default=None, max_length=4096)
    parameters: dict[str, str] | None = None
    status: str | None = None


@router.post(_ROOT)
async def add_server(body: McpBody, services: ServicesDep, signed_in: AdministratorDep) -> ToolProviderShown:
    """Add an MCP server; it is asked for its tools at once."""
    found = await services.mcp.add(signed_in.workspace_id, body.draft(), account_id=signed_in.account_id)
    return provider_shown(found)


@router.put(_ROOT)
async def change_server(body: McpChange, services: ServicesDep, signed_in: AdministratorDep) -> ToolProviderShown:
    """Change an MCP server. What comes back as it is shown stays."""
    return provider_shown(await services.mcp.update(signed_in.workspace_id, body.provider_id, body.draft()))


@router.post(f"{_ROOT}/switch")
async def switch_server(body: McpSwitch, services: ServicesDep, signed_in: AdministratorDep) -> ToolProviderShown:
    """Switch an MCP server on or off: while it is off, its tools are not offered, and calls of them fail."""
    return provider_shown(await services.mcp.switch(signed_in.workspace_id, body.provider_id, enabled=body.enabled))


@router.delete(_ROOT)
async def delete_server(body: McpChoice, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Remove an MCP server."""
    await services.mcp.delete(signed_in.workspace_id, body.provider_id)
    return DONE


@router.post(f"{_ROOT}/auth", response_model_exclude_none=True)
async def authorize_server(body: McpChoice, services: ServicesDep, signed_in: AdministratorDep) -> AuthorizationShown:
    """Where to send the browser so that the server lets the workspace in; nowhere when it already does."""
    address = await services.mcp.authorize(signed_in.workspace_id, body.provider_id)
    return AuthorizationShown(authorization_url=address) if address else AuthorizationShown(result="success")


@router.get(f"{_ROOT}/tools/{{provider_id}}")
async def read_server(provider_id: str, services: ServicesDep, signed_in: AppUserDep) -> ToolProviderShown:
    """An MCP server with its tools."""
    return provider_shown(await services.mcp.provider(signed_in.workspace_id, provider_id))


@router.post(f"{_ROOT}/update/{{provider_id}}")
async def refresh_server(provider_id: str, services: ServicesDep, signed_in: AdministratorDep) -> ToolProviderShown:
    """Ask an MCP server for its tools again."""
    return provider_shown(await services.mcp.refresh(signed_in.workspace_id, provider_id))


@router.get("/mcp/oauth/callback", dependencies=[Depends(anyone)])
async def oauth_returned(
    services: ServicesDep,
    state: str = Query(default="", max_length=128),
    code: str = Query(default="", max_length=4096),
) -> Response:
    """Where an authorization server sends the browser back to."""
    if not await services.mcp.returned(state=state, code=code):
        text = "Nobody waits for this sign-in. Start it again in the tool settings."
        return Response(_RETURNED.format(text), status_code=400, media_type="text/html")
    return Response(_RETURNED.format("Signed in. You can close this page."), media_type="text/html")


@router.get("/apps/{app_id}/server")
async def read_served(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> ServedShown | NotServed:
    """How an app is served to MCP clients; empty when it is not."""
    return await _served(services, signed_in.workspace_id, app_id)


@router.post("/apps/{app_id}/server", status_code=201)
async def serve(app_id: str, body: ServedBody, services: ServicesDep, signed_in: EditorDep) -> ServedShown | NotServed:
    """Serve an app to MCP clients."""
    await services.served.serve(
        signed_in.workspace_id, app_id, description=body.description, parameters=body.parameters
    )
    return await _served(services, signed_in.workspace_id, app_id)


@router.put("/apps/{app_id}/server")
async def change_served(
    app_id: str, body: ServedChange, services: ServicesDep, signed_in: EditorDep
) -> ServedShown | NotServed:
    """Change how an app is served."""
    await services.served.change(
        signed_in.workspace_id,
        app_id,
        description=body.description,
        parameters=body.parameters,
        active=None if body.status is None else body.status == "active",
    )
    return await _served(services, signed_in.workspace_id, app_id)


@router.post("/apps/{app_id}/server/refresh")
async def renew_address(app_id: str, services: ServicesDep, signed_in: EditorDep) -> ServedShown | NotServed:
    """A new secret address; the old one is dead."""
    await services.served.change(signed_in.workspace_id, app_id, new_address=True)
    return await _served(services, signed_in.workspace_id, app_id)


async def _served(services: Services, workspace_id: str, app_id: str) -> ServedShown | NotServed:
    row = await services.served.settings(workspace_id, app_id)
    if row is None:
        return NotServed()
    try:
        tool = await services.served.tool(row.code) if row.active else None
    except Refusal:  # switched off, or not published yet
        tool = None
    return ServedShown(
        id=row.app_id,
        server_code=row.code,
        server_url=services.links.mcp(row.code),
        name=tool.name if tool else "",
        description=row.description,
        status="active" if row.active else "inactive",
        parameters=tool.schema if tool else {},
        created_at=row.created_at // 1_000_000,
        updated_at=row.updated_at // 1_000_000,
    )
