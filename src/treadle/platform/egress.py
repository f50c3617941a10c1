"""Outbound HTTP of apps: requests to URLs that users give.

Addresses are checked after DNS resolution, on each redirect, and once more when the socket is made, so that the checked
address is the one connected to: a name cannot point elsewhere in between. Source: spec workflow-nodes §20.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Set as AbstractSet
from typing import Any, cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from treadle.engine.errors import HttpRequestNodeError, InvalidURLError, ResponseSizeError
from treadle.engine.ports import HttpRequest, HttpResponse
from treadle.platform.egress_rules import EgressRefused, EgressRules, is_address
from treadle.settings import Settings

MAX_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BODY_HEADERS = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "host"})
_SECRET_HEADER = re.compile(
    r"api-?key|access-?key|[-_]key$|token|secret|auth|password|credential|signature", re.IGNORECASE
)
"""Names like `X-API-Key` and `X-Subscription-Token`: what they carry is for the server that was asked alone."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_QUOTED = re.compile(r"[!-~]+")
"""URLs of these letters alone are sent as they are written."""

Headers = tuple[tuple[str, str], ...]


class CheckedResolver(AbstractResolver):
    """Resolves names, and refuses those of which any address is refused."""

    def __init__(self, rules: EgressRules, inner: AbstractResolver) -> None:
        self._rules = rules
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            self._rules.check(host, result["host"], port)
        return found

    async def close(self) -> None:
        await self._inner.close()


class GuardedHttp:
    """`engine.ports.Http` under the rules of the operator. One for the process; close it at the end."""

    def __init__(self, settings: Settings, resolver: AbstractResolver | None = None) -> None:
        self._rules = EgressRules(settings.egress_allow)
        self._seconds = settings.egress_timeout
        self._resolver = resolver
        self._guarded: aiohttp.ClientSession | None = None
        self._trusted: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The answer after redirects. Raises HttpRequestNodeError (InvalidURLError and EgressRefused among them), and
        ResponseSizeError."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(request)
        except TimeoutError as error:
            raise HttpRequestNodeError(f"{request.url} did not answer within {self._seconds:g} seconds.") from error

    async def close(self) -> None:
        """Close all connections."""
        for session in (self._guarded, self._trusted):
            if session is not None:
                await session.close()

    async def _follow(self, request: HttpRequest) -> HttpResponse:
        method, headers, body = request.method.upper(), request.headers, request.body
        url = _parsed(request.url)
        for _ in range(MAX_REDIRECTS + 1):
            answer, location = await self._once(request, method, url, headers, body)
            if location is None:
                return answer
            following = _parsed(str(url.join(_parsed(location, relative=True))))
            if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                method, body = ("HEAD" if method == "HEAD" else "GET"), None
                headers = _without(headers, _BODY_HEADERS)
            if body and not _same_server(url, following):
                raise HttpRequestNodeError(
                    f"{url.with_query(None)} redirects to another server, {following.origin()}, which does not get "
                    "what was to be sent. Use its address if it is meant to."
                )
            if following.origin() != url.origin():
                headers = _for_others(headers, _PRIVATE_HEADERS | {name.lower() for name in request.secret_headers})
            url = following
        raise HttpRequestNodeError(f"{request.url} redirects more than {MAX_REDIRECTS} times.")

    async def _once(
        self, request: HttpRequest, method: str, url: URL, headers: Headers, body: bytes | None
    ) -> tuple[HttpResponse, str | None]:
        """One exchange, and where it redirects to."""
        timeout = aiohttp.ClientTimeout(
            connect=request.connect_timeout,
            sock_read=request.read_timeout,
            total=request.connect_timeout + request.read_timeout + request.write_timeout,
        )
        try:
            async with self._session_for(url).request(
                method,
                url,
                headers=list(headers),
                data=body,
                timeout=timeout,
                allow_redirects=False,
                ssl=request.verify_tls,
            ) as answer:
                location = answer.headers.get("Location") if answer.status in _REDIRECTS else None
                data = b"" if location is not None or method == "HEAD" else await _read(answer, request.max_bytes)
                return HttpResponse(status=answer.status, url=str(url), headers=_headers(answer), body=data), location
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            if refused := _refusal_in(error):
                raise refused from error
            raise HttpRequestNodeError(f"{url} could not be reached: {_reason(error)}.") from error

    def _session_for(self, url: URL) -> aiohttp.ClientSession:
        host, port = url.host or "", url.port or 0
        if self._rules.trusts(host, port):
            if self._trusted is None:
                resolver = self._resolver or ThreadedResolver()
                self._trusted = _session(aiohttp.TCPConnector(resolver=resolver, limit=200, use_dns_cache=False))
            return self._trusted
        if is_address(host):
            self._rules.check(host, host, port)
        if self._guarded is None:
            resolver = CheckedResolver(self._rules, self._resolver or ThreadedResolver())
            connector = aiohttp.TCPConnector(
                resolver=resolver, limit=200, use_dns_cache=False, socket_factory=self._checked_socket
            )
            self._guarded = _session(connector)
        return self._guarded

    def _checked_socket(self, address: tuple[Any, ...]) -> socket.socket:
        """A socket for an address, which is what is connected to whatever was resolved or written."""
        family, kind, protocol, _, target = cast("tuple[int, int, int, str, tuple[str, int]]", address)
        self._rules.check(target[0], target[0], target[1])
        return socket.socket(family, kind, protocol)


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


def _parsed(url: str, *, relative: bool = False) -> URL:
    """The URL that is checked and the one that is fetched: one reading of the text for both."""
    if _CONTROL.search(url):
        raise InvalidURLError("The URL holds control characters.")
    try:
        parsed = URL(url, encoded=True) if _QUOTED.fullmatch(url) else URL(url)
        if not relative and (parsed.scheme not in ("http", "https") or not parsed.host or not parsed.port):
            raise InvalidURLError(f"{url} is no http or https URL.")
    except (ValueError, TypeError) as error:
        raise InvalidURLError(f"{url} is no valid URL: {error}.") from error
    return parsed


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in answer.content.iter_chunked(65536):
        size += len(chunk)
        if size > limit:
            raise ResponseSizeError(f"The answer is larger than {limit:,} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return headers


def _without(headers: Headers, names: AbstractSet[str]) -> Headers:
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def _for_others(headers: Headers, names: AbstractSet[str]) -> Headers:
    """What may follow a redirect to another server."""
    return tuple(header for header in _without(headers, names) if not _SECRET_HEADER.search(header[0]))


def _same_server(url: URL, following: URL) -> bool:
    """Whether a body may follow a redirect: to the same origin, or to the same host over TLS."""
    upgraded = url.scheme == "http" and following.scheme == "https" and url.host == following.host
    return upgraded or url.origin() == following.origin()


def _refusal_in(error: BaseException | None) -> EgressRefused | None:
    while error is not None:
        if isinstance(error, EgressRefused):
            return error
        error = error.__cause__ or error.__context__
    return None


def _reason(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLError():
            return f"its certificate is not valid ({error})"
        case TimeoutError():
            return "it did not answer in time"
        case aiohttp.ClientConnectorDNSError():
            return "its name is not known"
        case aiohttp.ServerDisconnectedError():
            return "it closed the connection"
        case _:
            return str(error) or type(error).__name__
