"""Services that say who somebody is: GitHub, Google, and any that speaks OpenID Connect.

Source: OpenID Connect Core 1.0 §3.1, OpenID Connect Discovery 1.0 §4, RFC 6749 §4.1, RFC 7636; GitHub's REST API.
"""

import base64
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
import jwt
import msgspec

from treadle.settings import Settings

GOOGLE = "https://accounts.google.com"

_PATIENCE = aiohttp.ClientTimeout(total=15)
_LARGEST = 1_000_000
_KNOWN_FOR = 3600.0
_CLOCK_SKEW = 60
_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class IdentityError(Exception):
    """A service does not answer as its protocol asks for. The message is for the operator's log."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a service knows: by `subject`, which never changes. `email` is empty where it vouches for none."""

    subject: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way: what comes back must fit what was sent."""

    state: str
    nonce: str
    verifier: str
    redirect: str

    @property
    def challenge(self) -> str:
        """What the service is shown of the verifier (RFC 7636, S256)."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


class IdentityService(Protocol):
    """One service. `id` is its place in addresses, `name` what people call it."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    async def address(self, attempt: Attempt) -> str:
        """Where to send the browser. Raises IdentityError."""
        ...

    async def person(self, code: str, attempt: Attempt) -> Person:
        """Who came back with this code. Raises IdentityError."""
        ...


def identity_services(settings: Settings) -> dict[str, IdentityService]:
    """The services that the operator has set up, by id."""
    found: list[IdentityService] = []
    if settings.github_client_id and settings.github_client_secret:
        found.append(GitHub(settings.github_client_id, settings.github_client_secret, settings.github_url))
    if settings.google_client_id and settings.google_client_secret:
        found.append(OpenId("google", "Google", GOOGLE, settings.google_client_id, settings.google_client_secret))
    if settings.oidc_issuer and settings.oidc_client_id:
        found.append(
            OpenId(
                "oidc",
                settings.oidc_name,
                settings.oidc_issuer,
                settings.oidc_client_id,
                settings.oidc_client_secret,
                trusts_addresses=settings.oidc_trust_email,
            )
        )
    return {each.id: each for each in found}


class _GitHubAddress(msgspec.Struct, frozen=True):
    email: str
    verified: bool = False
    primary: bool = False


class GitHub:
    """GitHub, or a GitHub Enterprise Server at another address. It knows OAuth alone, and vouches for addresses."""

    id, name = "github", "GitHub"

    def __init__(self, client_id: str, client_secret: str, url: str) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._url = url.rstrip("/")
        self._api = "https://api.github.com" if self._url == "https://github.com" else f"{self._url}/api/v3"

    async def address(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        query = {
            "client_id": self._client_id,
            "redirect_uri": attempt.redirect,
            "scope": "read:user user:email",
            "state": attempt.state,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._url}/login/oauth/authorize?{urlencode(query)}"

    async def person(self, code: str, attempt: Attempt) -> Person:
        """Who came back. Raises IdentityError."""
        form = {
            "client_id": self._client_id,
            "client_secret": self._client_secret,
            "code": code,
            "redirect_uri": attempt.redirect,
            "code_verifier": attempt.verifier,
        }
        token = _text(await _object("POST", f"{self._url}/login/oauth/access_token", form=form), "access_token")
        user = await _object("GET", f"{self._api}/user", token=token)
        try:
            rows = msgspec.json.decode(
                await _asked("GET", f"{self._api}/user/emails", token=token), type=list[_GitHubAddress]
            )
        except msgspec.DecodeError as error:
            raise IdentityError("GitHub does not tell the user's addresses.") from error
        subject = user.get("id")
        if not isinstance(subject, int):
            raise IdentityError("GitHub names no id of the user.")
        verified = sorted((row for row in rows if row.verified), key=lambda row: not row.primary)
        email = verified[0].email if verified else ""
        return Person(str(subject), email, str(user.get("name") or user.get("login") or ""))


class OpenId:
    """A service that speaks OpenID Connect, found by its issuer."""

    def __init__(
        self, id: str, name: str, issuer: str, client_id: str, client_secret: str, *, trusts_addresses: bool = False
    ) -> None:
        """`trusts_addresses`: an address counts as verified where the service does not say."""
        self.id = id
        self.name = name
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._trusts = trusts_addresses
        self._about: Mapping[str, Any] = {}
        self._known_at = 0.0

    async def address(self, attempt: Attempt) -> str:
        """Where to send the browser. Raises IdentityError."""
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": attempt.redirect,
            "scope": "openid email profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = _text(await self._discovered(), "authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def person(self, code: str, attempt: Attempt) -> Person:
        """Who came back, by a token whose signature, issuer, audience, age and nonce are checked."""
        about = await self._discovered()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect,
            "client_id": self._client_id,
            "code_verifier": attempt.verifier,
        }
        if self._client_secret:
            form["client_secret"] = self._client_secret
        tokens = await _object("POST", _text(about, "token_endpoint"), form=form)
        claims = await self._claims(_text(tokens, "id_token"), about)
        if claims.get("nonce") != attempt.nonce:
            raise IdentityError("The token was made for another sign-in.")
        if "email" not in claims and "userinfo_endpoint" in about:
            more = await _object("GET", _text(about, "userinfo_endpoint"), token=_text(tokens, "access_token"))
            if more.get("sub") != claims["sub"]:
                raise IdentityError("The token and what the service tells about the user are of two people.")
            claims = {**more, **claims}
        verified = claims.get("email_verified", self._trusts) in (True, "true")
        return Person(
            str(claims["sub"]),
            str(claims.get("email") or "") if verified else "",
            str(claims.get("name") or claims.get("preferred_username") or ""),
        )

    async def _claims(self, token: str, about: Mapping[str, Any]) -> Mapping[str, Any]:
        keys = await _object("GET", _text(about, "jwks_uri"))
        try:
            header = jwt.get_unverified_header(token)
            offered = jwt.PyJWKSet.from_dict(keys).keys
            key = next((each for each in offered if each.key_id == header.get("kid")), None)
            if key is None and header.get("kid") is None and len(offered) == 1:
                key = offered[0]
            if key is None or header.get("alg") not in _SIGNATURES:
                raise IdentityError("The token is signed with a key that the service does not publish.")
            return jwt.decode(
                token,
                key.key,
                algorithms=[str(header["alg"])],
                audience=self._client_id,
                issuer=str(about["issuer"]),
                leeway=_CLOCK_SKEW,
                options={"require": ["iss", "aud", "exp", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise IdentityError(f"The token is not one of this service for us: {error}.") from error

    async def _discovered(self) -> Mapping[str, Any]:
        if not self._about or time.monotonic() - self._known_at > _KNOWN_FOR:
            about = await _object("GET", f"{self._issuer}/.well-known/openid-configuration")
            if str(about.get("issuer", "")).rstrip("/") != self._issuer:
                raise IdentityError(f"{self._issuer} names another issuer: {about.get('issuer')}.")
            self._about, self._known_at = about, time.monotonic()
        return self._about


async def _asked(method: str, url: str, *, form: Mapping[str, str] | None = None, token: str = "") -> bytes:
    """The body of an answer. Raises IdentityError for none, and for one that is no success."""
    headers = {"Accept": "application/json", "User-Agent": "Treadle"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE, trust_env=True) as session,
            session.request(method, url, headers=headers, data=form, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(_LARGEST)
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise IdentityError(f"{url} does not answer: {error or 'it took too long'}.") from error
    if status != 200:
        raise IdentityError(f"{url} answers HTTP {status}: {body[:300].decode(errors='replace')}")
    return body


async def _object(method: str, url: str, *, form: Mapping[str, str] | None = None, token: str = "") -> dict[str, Any]:
    """The JSON object of an answer. GitHub tells of errors with status 200. Raises IdentityError."""
    try:
        value = msgspec.json.decode(await _asked(method, url, form=form, token=token), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise IdentityError(f"{url} does not answer with a JSON object.") from error
    if "error" in value:
        raise IdentityError(f"{url} refuses: {value.get('error_description') or value['error']}.")
    return value


def _text(value: Mapping[str, Any], name: str) -> str:
    found = value.get(name)
    if not isinstance(found, str) or not found:
        raise IdentityError(f"The answer has no {name}.")
    return found
