"""How calls of Azure are authorised: by a key, or by a token of Entra ID that a service principal gets and keeps.

Source: the vendor's description of the client credentials flow (OAuth 2.0, RFC 6749 §4.4).
"""

import hashlib
import time
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import msgspec

from treadle.engine.errors import InvokeAuthorizationError, InvokeError
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .exchange import content_of, send
from .failures import refusal, unreadable

AUTHORITY = "https://login.microsoftonline.com"
SCOPE = "https://cognitiveservices.azure.com/.default"
_MARGIN = 120
"""Seconds before its end at which a token is no longer used."""


class Grant(msgspec.Struct):
    """The answer of the token endpoint."""

    access_token: str
    expires_in: int = 3600


class Refusal(msgspec.Struct):
    """The token endpoint's error object."""

    error: str = ""
    error_description: str = ""


class Token(msgspec.Struct, frozen=True):
    """A token and when it ends, in seconds since the epoch."""

    text: str
    ends: float


_kept: dict[str, Token] = {}
"""By a digest of the credential that each was given for."""

_decode_grant = msgspec.json.Decoder(Grant, strict=False).decode
_decode_refusal = msgspec.json.Decoder(Refusal).decode


async def authorization(http: ModelHttp, target: Target) -> dict[str, str]:
    """The headers of a call: the target's own, or the token of its service principal. Raises InvokeError."""
    if target.settings.get("auth_method") != "entra_id_service_principal":
        return dict(target.headers)
    headers = {name: value for name, value in target.headers.items() if name != "api-key"}
    return {**headers, "Authorization": f"Bearer {await _token(http, target)}"}


async def _token(http: ModelHttp, target: Target) -> str:
    names = ("azure_tenant_id", "azure_client_id", "azure_client_secret")
    tenant, client, secret = (str(target.settings.get(name, "")) for name in names)
    if not (tenant and client and secret):
        raise InvokeAuthorizationError(
            target.says(f"a service principal needs {', '.join(names)}. Store them: {target.command()}")
        )
    authority = str(target.settings.get("azure_authority", AUTHORITY)).rstrip("/")
    digest = hashlib.sha256("\0".join((authority, tenant, client, secret)).encode()).hexdigest()
    token = _kept.get(digest)
    if token is None or token.ends < time.time():
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, "scope": SCOPE}
        token = await _new_token(http, target, f"{authority}/{quote(tenant)}/oauth2/v2.0/token", form)
        for old in [name for name, each in _kept.items() if each.ends < time.time()]:
            del _kept[old]
        _kept[digest] = token
    return token.text


async def _new_token(http: ModelHttp, target: Target, url: str, form: Mapping[str, str]) -> Token:
    began = time.time()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await send(http, target, url, urlencode(form).encode(), headers, _refused)
    try:
        sent = await content_of(target, response)
    finally:
        response.close()
    try:
        grant = _decode_grant(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, b"an answer of the token endpoint that is no token") from error
    return Token(grant.access_token, began + grant.expires_in - _MARGIN)


def _refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    try:
        refused = _decode_refusal(body)
        reason = refused.error_description or refused.error
    except (msgspec.DecodeError, UnicodeDecodeError):
        reason = ""
    if status in (400, 401, 403):
        said = f": {reason}" if reason else ""
        return InvokeAuthorizationError(
            target.says(f"Entra ID did not accept the service principal{said}. Check its ids and its secret.")
        )
    return refusal(target, status, reason, headers)
