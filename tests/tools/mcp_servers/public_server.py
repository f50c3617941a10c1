"""An MCP server made with the `mcp` package, started as a program: `python public_server.py http|sse|stdio [PORT]`.

With `--oauth` it lets in only who was signed in by the authorization server that it carries itself.
"""

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
from mcp_types import CallToolResult, ImageContent, TextContent
from pydantic import AnyHttpUrl, BaseModel

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
