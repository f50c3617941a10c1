"""Strict doubles of services that say who somebody is: OpenID Connect with discovery, and GitHub's OAuth."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.doubles.http_double import RECORDED, HttpDouble, Refused
from tests.doubles.recording import JsonValue, Request

CLIENT, SECRET = "treadle-client", "client-secret-1"


@dataclass
class Someone:
    """Who is signed in at the service."""

    subject: str = "1001"
    email: str = "ada@example.com"
    verified: bool | None = True
    name: str = "Ada"


@dataclass
class Grant:
    """What a code was given out for."""

    someone: Someone
    redirect: str
    challenge: str
    nonce: str = ""
    spent: bool = False


@dataclass
class _Answers:
    """What the service is made to do wrong."""

    denies: bool = False
    issuer: str = ""
    audience: str = CLIENT
    nonce: str | None = None
    foreign_key: bool = False
    claims_from_userinfo: bool = False


class IdentityDouble(HttpDouble):
    """`/oidc` speaks OpenID Connect, `/login/oauth` and `/api/v3` as GitHub Enterprise Server does. Every browser that
    comes is `someone`, who agrees at once."""

    def __init__(self) -> None:
        super().__init__()
        self.someone = Someone()
        self.wrong = _Answers()
        self._grants: dict[str, Grant] = {}
        self._tokens: dict[str, Someone] = {}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._other = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def issuer(self) -> str:
        return f"{self.origin}/oidc"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/oidc/.well-known/openid-configuration", self._about),
            web.get("/oidc/keys", self._keys),
            web.get("/oidc/authorize", self._authorize),
            web.post("/oidc/token", self._token),
            web.get("/oidc/userinfo", self._userinfo),
            web.get("/login/oauth/authorize", self._authorize),
            web.post("/login/oauth/access_token", self._token),
            web.get("/api/v3/user", self._user),
            web.get("/api/v3/user/emails", self._emails),
        ]

    def error_body(self, refused: Refused) -> JsonValue:
        return {"error": refused.code or "invalid_request", "error_description": refused.message}

    async def _about(self, request: web.Request) -> web.StreamResponse:
        issuer = self.issuer
        about: JsonValue = {
            "issuer": self.wrong.issuer or issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return web.json_response(about)

    async def _keys(self, request: web.Request) -> web.StreamResponse:
        key = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]})

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        oidc = request.path.startswith("/oidc")
        if query.get("client_id") != CLIENT:
            raise Refused(400, "Unknown client.")
        for name in ("redirect_uri", "state", "code_challenge", *(("nonce", "response_type") if oidc else ())):
            if not query.get(name):
                raise Refused(400, f"{name} is missing.")
        if query.get("code_challenge_method") != "S256":
            raise Refused(400, "PKCE needs the method S256.")
        if oidc and ("openid" not in query.get("scope", "").split() or query["response_type"] != "code"):
            raise Refused(400, "This is no request for an authorization code of OpenID Connect.")
        if self.wrong.denies:
            answer = {"error": "access_denied", "state": query["state"]}
        else:
            code = secrets.token_urlsafe(12)
            self._grants[code] = Grant(
                self.someone, query["redirect_uri"], query["code_challenge"], query.get("nonce", "")
            )
            answer = {"code": code, "state": query["state"]}
        raise web.HTTPFound(f"{query['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        grant = self._grants.get(form.get("code", ""))
        if form.get("client_id") != CLIENT or form.get("client_secret") != SECRET:
            raise Refused(401, "The client is not known by this secret.", code="invalid_client")
        if grant is None or grant.spent:
            raise Refused(400, "The code is not known, or was spent.", code="invalid_grant")
        grant.spent = True
        shown = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if shown.decode() != grant.challenge or form.get("redirect_uri") != grant.redirect:
            raise Refused(400, "The verifier or the redirect address does not fit the code.", code="invalid_grant")
        access = secrets.token_urlsafe(12)
        self._tokens[access] = grant.someone
        answer: dict[str, JsonValue] = {"access_token": access, "token_type": "bearer"}
        if request.path.startswith("/oidc"):
            if form.get("grant_type") != "authorization_code":
                raise Refused(400, "The grant type is wrong.", code="unsupported_grant_type")
            answer["id_token"] = self._id_token(grant)
        return web.json_response(answer)

    def _id_token(self, grant: Grant) -> str:
        now, nonce = int(time.time()), self.wrong.nonce
        claims: dict[str, JsonValue] = {
            "iss": self.issuer,
            "aud": self.wrong.audience,
            "sub": grant.someone.subject,
            "iat": now,
            "exp": now + 300,
            "nonce": grant.nonce if nonce is None else nonce,
        }
        if not self.wrong.claims_from_userinfo:
            claims |= _profile(grant.someone)
        key = self._other if self.wrong.foreign_key else self._key
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "k1"})

    async def _userinfo(self, request: web.Request) -> web.StreamResponse:
        someone = self._bearer(request)
        return web.json_response({"sub": someone.subject, **_profile(someone)})

    async def _user(self, request: web.Request) -> web.StreamResponse:
        someone = self._bearer(request)
        return web.json_response({"id": int(someone.subject), "login": someone.name.lower(), "name": someone.name})

    async def _emails(self, request: web.Request) -> web.StreamResponse:
        someone = self._bearer(request)
        return web.json_response(
            [
                {"email": "old@example.com", "primary": False, "verified": False},
                {"email": someone.email, "primary": True, "verified": someone.verified is True},
            ]
        )

    def _bearer(self, request: web.Request) -> Someone:
        recorded: Request = request[RECORDED]
        someone = self._tokens.get(recorded.headers.get("authorization", "").removeprefix("Bearer "))
        if someone is None:
            raise Refused(401, "The token is not known.", kind="auth", code="invalid_token")
        return someone


def _profile(someone: Someone) -> dict[str, JsonValue]:
    stated: dict[str, JsonValue] = {} if someone.verified is None else {"email_verified": someone.verified}
    return {"email": someone.email, "name": someone.name, **stated}
