"""OAuth of MCP servers: tokens kept sealed, and the flow through somebody's browser.

The `mcp` package carries the flow out (discovery, registration, PKCE, refresh). What comes back from the browser may
reach another process of ours than the one that waits for it, so it goes through the row. Source: spec models-and-tools
§4.6.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from .connections import NeedsAuthorization

if TYPE_CHECKING:
    import httpx2

_LOOK_EVERY = 0.3
_WAIT_FOR_BROWSER = 600.0


class OAuthRow(Protocol):
    """What the flow keeps, as texts."""

    async def read(self, column: str) -> str: ...

    async def write(self, **columns: str) -> None: ...


class _Storage:
    def __init__(self, row: OAuthRow) -> None:
        self._row = row

    async def get_tokens(self) -> OAuthToken | None:
        text = await self._row.read("oauth_tokens")
        return OAuthToken.model_validate_json(text) if text else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        await self._row.write(oauth_tokens=tokens.model_dump_json())

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        text = await self._row.read("oauth_client")
        return OAuthClientInformationFull.model_validate_json(text) if text else None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        await self._row.write(oauth_client=client_info.model_dump_json())


def stored_auth(address: str, row: OAuthRow, *, callback: str) -> "httpx2.Auth":
    """Calls with the tokens that are there, refreshed where needed. Nobody is asked to sign in."""

    async def refuse(_: str) -> None:
        raise NeedsAuthorization("The MCP server wants somebody to sign in again; authorize it in the tool settings.")

    return OAuthClientProvider(address, _metadata(callback), _Storage(row), redirect_handler=refuse)


def client_auth(address: str, row: OAuthRow, *, client_id: str, client_secret: str) -> "httpx2.Auth":
    """The client is known to the server by its own credentials."""
    return ClientCredentialsOAuthProvider(
        server_url=address, storage=_Storage(row), client_id=client_id, client_secret=client_secret
    )


def browser_auth(address: str, row: OAuthRow, *, callback: str, on_redirect: Callable[[str], None]) -> "httpx2.Auth":
    """Somebody signs in: `on_redirect` gets the address to send the browser to, which comes back to `callback`."""

    async def redirect(url: str) -> None:
        state = parse_qs(urlsplit(url).query).get("state", [""])[0]
        await row.write(oauth_state=state, oauth_code="")
        on_redirect(url)

    async def returned() -> AuthorizationCodeResult:
        async with asyncio.timeout(_WAIT_FOR_BROWSER):
            while not (code := await row.read("oauth_code")):  # noqa: ASYNC110 - another process may write it
                await asyncio.sleep(_LOOK_EVERY)
        state = await row.read("oauth_state")
        await row.write(oauth_state="", oauth_code="")
        return AuthorizationCodeResult(code=code, state=state)

    return OAuthClientProvider(
        address, _metadata(callback), _Storage(row), redirect_handler=redirect, callback_handler=returned
    )


def known_client(client_id: str, client_secret: str, callback: str) -> str:
    """What `oauth_client` holds for a client that was registered by hand."""
    client = OAuthClientInformationFull.model_validate(
        {
            **_metadata(callback).model_dump(mode="json"),
            "client_id": client_id,
            "client_secret": client_secret or None,
            "token_endpoint_auth_method": "client_secret_post" if client_secret else "none",
        }
    )
    return client.model_dump_json()


def _metadata(callback: str) -> OAuthClientMetadata:
    return OAuthClientMetadata.model_validate(
        {
            "client_name": "Treadle",
            "redirect_uris": [callback],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }
    )
