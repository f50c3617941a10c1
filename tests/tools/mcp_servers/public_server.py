"""An MCP server made with the `mcp` package, started as a program: `python public_server.py http|sse|stdio [PORT]`.

With `--oauth` it lets in only who was signed in by the authorization server that it carries itself.
"""

import asyncio
import base64
import os
import secrets
import sys
import time

from mcp.server.auth.provider import (
    AccessToken,
    AuthorizationCode,
    AuthorizationParams,
    OAuthAuthorizationServerProvider,
    RefreshToken,
    construct_redirect_uri,
)
from mcp.server.auth.settings import AuthSettings, ClientRegistrationOptions
from mcp.server.mcpserver import Context, MCPServer
from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
)
from pydantic import AnyHttpUrl, BaseModel

SHEET = base64.b64encode(b"a,b\n1,2\n").decode()
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()


class Weather(BaseModel):
    city: str
    degrees: float


class OneUser(OAuthAuthorizationServerProvider[AuthorizationCode, RefreshToken, AccessToken]):
    """Signs in whoever comes, at once."""

    def __init__(self) -> None:
        self.clients: dict[str, OAuthClientInformationFull] = {}
        self.codes: dict[str, AuthorizationCode] = {}
        self.tokens: dict[str, AccessToken] = {}

    async def get_client(self, client_id: str) -> OAuthClientInformationFull | None:
        return self.clients.get(client_id)

    async def register_client(self, client_info: OAuthClientInformationFull) -> None:
        assert client_info.client_id
        self.clients[client_info.client_id] = client_info

    async def authorize(self, client: OAuthClientInformationFull, params: AuthorizationParams) -> str:
        code = AuthorizationCode(
            code=secrets.token_urlsafe(),
            client_id=client.client_id or "",
            scopes=params.scopes or [],
            expires_at=time.time() + 60,
            code_challenge=params.code_challenge,
            redirect_uri=params.redirect_uri,
            redirect_uri_provided_explicitly=params.redirect_uri_provided_explicitly,
            resource=params.resource,
        )
        self.codes[code.code] = code
        return construct_redirect_uri(str(params.redirect_uri), code=code.code, state=params.state)

    async def load_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: str
    ) -> AuthorizationCode | None:
        return self.codes.get(authorization_code)

    async def exchange_authorization_code(
        self, client: OAuthClientInformationFull, authorization_code: AuthorizationCode
    ) -> OAuthToken:
        del self.codes[authorization_code.code]
        token = secrets.token_urlsafe()
        self.tokens[token] = AccessToken(
            token=token,
            client_id=client.client_id or "",
            scopes=authorization_code.scopes,
            expires_at=int(time.time()) + 3600,
            resource=authorization_code.resource,
        )
        return OAuthToken(access_token=token, token_type="Bearer", expires_in=3600)

    async def load_access_token(self, token: str) -> AccessToken | None:
        return self.tokens.get(token)

    async def load_refresh_token(self, client: OAuthClientInformationFull, refresh_token: str) -> RefreshToken | None:
        return None

    async def exchange_refresh_token(
        self, client: OAuthClientInformationFull, refresh_token: RefreshToken, scopes: list[str]
    ) -> OAuthToken:
        raise NotImplementedError

    async def revoke_token(self, token: AccessToken | RefreshToken) -> None:
        self.tokens.pop(token.token, None)


def make(port: int, *, oauth: bool) -> MCPServer:
    more = {}
    if oauth:
        here = AnyHttpUrl(f"http://127.0.0.1:{port}")
        more = {
            "auth_server_provider": OneUser(),
            "auth": AuthSettings(
                issuer_url=here,
                resource_server_url=AnyHttpUrl(f"http://127.0.0.1:{port}/mcp"),
                client_registration_options=ClientRegistrationOptions(enabled=True),
            ),
        }
    server = MCPServer("Public", **more)

    @server.tool()
    def add(a: int, b: int = 2) -> int:
        """Adds two numbers."""
        return a + b

    @server.tool()
    def weather(city: str) -> Weather:
        """Says how warm it is."""
        return Weather(city=city, degrees=21.5)

    @server.tool()
    def people() -> str:
        """Two people."""
        return '[{"name": "Ada"}, {"name": "Bob"}]'

    @server.tool()
    def picture() -> CallToolResult:
        """A picture and a word."""
        shown = ImageContent(type="image", data=PIXEL, mime_type="image/png")
        return CallToolResult(content=[TextContent(type="text", text="here"), shown])

    @server.tool()
    def headers(ctx: Context) -> str:
        """What it was called with."""
        request = ctx.request_context.request
        return request.headers.get("x-team", "none") if request is not None else os.environ.get("X_TEAM", "none")

    @server.tool()
    def boom() -> str:
        """Fails."""
        return CallToolResult(content=[TextContent(type="text", text="the kettle is empty")], is_error=True)  # type: ignore[return-value]

    @server.tool()
    def figures() -> CallToolResult:
        """Gives nothing but structured content."""
        return CallToolResult(content=[], structured_content={"looms": 3})

    @server.tool()
    def papers() -> CallToolResult:
        """Gives resources: two that are inside, one that is elsewhere."""
        note = TextResourceContents(uri="memo://note", text="Warp first.")
        sheet = BlobResourceContents(uri="memo://sheets/sheet.csv", mime_type="text/csv", blob=SHEET)
        bare = BlobResourceContents(uri="memo://bare", blob=SHEET)
        link = ResourceLink(type="resource_link", name="Manual", uri="https://looms.example/manual")
        inside = [EmbeddedResource(type="resource", resource=each) for each in (note, sheet, bare)]
        return CallToolResult(content=[*inside, link])

    @server.tool()
    def song() -> CallToolResult:
        """A sound."""
        sound = base64.b64encode(b"RIFF....WAVE").decode()
        return CallToolResult(content=[AudioContent(type="audio", data=sound, mime_type="audio/wav")])

    @server.tool()
    async def sleep(seconds: float) -> str:
        """Takes its time."""
        await asyncio.sleep(seconds)
        return "awake"

    @server.tool()
    async def learn(name: str, ctx: Context) -> str:
        """Has another tool from now on, and says so."""

        def learned() -> str:
            return name

        server.add_tool(learned, name=name, description="Learned.")
        await ctx.notify_tools_changed()
        await ctx.session.send_tool_list_changed()
        return "learned"

    return server


if __name__ == "__main__":
    kind, *rest = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    port = int(rest[0]) if rest else 0
    server = make(port, oauth="--oauth" in sys.argv)
    match kind:
        case "http":
            server.run(transport="streamable-http", port=port)
        case "sse":
            server.run(transport="sse", port=port)
        case _:
            server.run(transport="stdio")
