"""Access tokens of Google Cloud for a service account: a signed statement, exchanged for a token that is kept.

Source: RFC 7523; the vendor's description of OAuth for server to server applications.
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Mapping
from urllib.parse import urlencode

import jwt
import msgspec

from treadle.engine.errors import InvokeAuthorizationError, InvokeError
from treadle.models.http import ModelHttp
from treadle.models.target import Target

from .exchange import content_of, send
from .failures import refusal, shorten, unreadable

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFETIME = 3600
_MARGIN = 120
"""Seconds before its end at which a token is no longer used."""


class ServiceAccount(msgspec.Struct):
    """The members of a service account's key file that count here."""

    client_email: str
    private_key: str
    token_uri: str = "https://oauth2.googleapis.com/token"
    private_key_id: str | None = None


class Grant(msgspec.Struct):
    """The answer of the token endpoint."""

    access_token: str
    expires_in: int = _LIFETIME


class Refusal(msgspec.Struct):
    """The token endpoint's error object."""

    error: str = ""
    error_description: str = ""


class Token(msgspec.Struct, frozen=True):
    """A token and when it ends, in seconds since the epoch."""

    text: str
    ends: float


_kept: dict[str, Token] = {}
"""By a digest of the key that each was given for."""

_decode_account = msgspec.json.Decoder(ServiceAccount).decode
_decode_grant = msgspec.json.Decoder(Grant).decode
_decode_refusal = msgspec.json.Decoder(Refusal).decode


async def access_token(http: ModelHttp, target: Target, key: str) -> str:
    """A token that lasts, for the service account whose key file `key` is, as JSON or as base64 of it.

    Raises InvokeError.
    """
    digest = hashlib.sha256(key.encode()).hexdigest()
    token = _kept.get(digest)
    if token is None or token.ends < time.time():
        token = await _new_token(http, target, _account(target, key))
        for old in [name for name, each in _kept.items() if each.ends < time.time()]:
            del _kept[old]
        _kept[digest] = token
    return token.text


def _account(target: Target, key: str) -> ServiceAccount:
    text = key.strip()
    try:
        return _decode_account(text if text.startswith("{") else base64.b64decode(text, validate=True))
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise InvokeAuthorizationError(
            target.says("the service account's key is no JSON key file, nor base64 of one. Store the whole file.")
        ) from error


async def _new_token(http: ModelHttp, target: Target, account: ServiceAccount) -> Token:
    now = int(time.time())
    statement = {
        "iss": account.client_email,
        "scope": SCOPE,
        "aud": account.token_uri,
        "iat": now,
        "exp": now + _LIFETIME,
    }
    head = {"kid": account.private_key_id} if account.private_key_id else None
    try:
        signed = jwt.encode(statement, account.private_key, algorithm="RS256", headers=head)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise InvokeAuthorizationError(
            target.says("the private key in the service account's key file cannot be read. Store the whole file.")
        ) from error
    form = urlencode({"grant_type": _GRANT, "assertion": signed}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = await send(http, target, account.token_uri, form, headers, _refused)
    try:
        sent = await content_of(target, response)
    finally:
        response.close()
    try:
        grant = _decode_grant(sent)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(target, b"an answer of the token endpoint that is no token") from error
    return Token(grant.access_token, now + grant.expires_in - _MARGIN)


def _refused(target: Target, status: int, body: bytes, headers: Mapping[str, str]) -> InvokeError:
    """An unknown account or a key that was withdrawn is told with 400 or 401."""
    try:
        refused = _decode_refusal(body)
        reason = refused.error_description or refused.error
    except (msgspec.DecodeError, UnicodeDecodeError):
        reason = ""
    if status in (400, 401, 403):
        said = f": {shorten(reason)}" if reason else ""
        return InvokeAuthorizationError(
            target.says(f"Google did not accept the service account's key{said}. Make a new key, and store it.")
        )
    return refusal(target, status, reason, headers)
