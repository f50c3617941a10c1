"""Outbound HTTP of apps: what a URL given by a user may reach.

Addresses are checked after DNS resolution, and the checked address is the one that is connected to, so a name cannot
point elsewhere in between; each redirect is checked again. Source: design "Security", spec workflow-nodes §20.
"""

import asyncio
import ipaddress
import socket
import ssl
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from treadle.engine.errors import HttpRequestNodeError, InvalidURLError, ResponseSizeError
from treadle.engine.ports import HttpRequest, HttpResponse
from treadle.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_REDIRECTS = 10
_SAFE_PORTS = frozenset({80, 443, 21, 70, 210, 280, 488, 591, 777})
_FIRST_FREE_PORT = 1025
_CARRIER_NAT = ipaddress.ip_network("100.64.0.0/10")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class EgressRefused(HttpRequestNodeError):
    """An address that apps may not reach."""

    @property
    def error_type(self) -> str:
        return HttpRequestNodeError.__name__


class EgressRules:
    """What is reachable: the public internet, and what an operator allowed."""

    def __init__(self, allowed: tuple[str, ...] = ()) -> None:
        """`allowed`: addresses, networks and host names (`wiki.corp`, `*.corp`), each with an optional `:port`."""
        self._networks: list[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, int | None]] = []
        self._hosts: list[tuple[str, int | None]] = []
        for entry in allowed:
            name, port = _split_port(entry)
            try:
                self._networks.append((ipaddress.ip_network(name, strict=False), port))
            except ValueError:
                self._hosts.append((name.lower(), port))

    def check_port(self, host: str, port: int) -> None:
        """Raises EgressRefused for a port where no web server is expected."""
        if port in _SAFE_PORTS or port >= _FIRST_FREE_PORT or self._allows_host(host, port):
            return
        if any(allowed == port for _, allowed in self._networks):
            return
        raise EgressRefused(f"Port {port} of {host} is refused: apps may not reach it.")

    def check_address(self, host: str, text: str, port: int) -> None:
        """Raises EgressRefused for an address that is neither public nor allowed."""
        address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
        if self._allows_host(host, port) or self._allows_address(address, port):
            return
        if not address.is_global or address.is_multicast or address.is_reserved or _is_carrier(address):
            shown = host if host == text else f"{host} ({text})"
            raise EgressRefused(
                f"{shown} is refused: it is no public address. An operator can allow it with TREADLE_EGRESS_ALLOW."
            )

    def _allows_host(self, host: str, port: int) -> bool:
        name = host.lower().rstrip(".")
        for pattern, allowed in self._hosts:
            wild = pattern.startswith("*.") and name.endswith(pattern[1:])
            if (name == pattern or wild) and allowed in (None, port):
                return True
        return False

    def _allows_address(self, address: Address, port: int) -> bool:
        return any(
            address.version == network.version and address in network and allowed in (None, port)
            for network, allowed in self._networks
        )


class CheckedResolver(AbstractResolver):
    """Resolves names and refuses those of which any address is refused."""

    def __init__(self, rules: EgressRules, inner: AbstractResolver | None = None) -> None:
        self._rules = rules
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for result in found:
            self._rules.check_address(host, result["host"], port)
        return found

    async def close(self) -> None:
        await self._inner.close()


class GuardedHttp:
    """`engine.ports.Http` under the rules of the operator."""

    def __init__(self, settings: Settings, resolver: AbstractResolver | None = None) -> None:
        self._rules = EgressRules(settings.egress_allow)
        self._seconds = settings.egress_timeout
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest) -> HttpResponse:
        """The answer after redirects. Raises HttpRequestNodeError, EgressRefused among them, and ResponseSizeError."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(request)
        except TimeoutError as error:
            raise HttpRequestNodeError(f"{request.url} did not answer in time.") from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def _follow(self, request: HttpRequest) -> HttpResponse:
        method, url, headers, body = request.method.upper(), request.url, request.headers, request.body
        for _ in range(MAX_REDIRECTS + 1):
            answer, location = await self._once(request, method, url, headers, body)
            if location is None:
                return answer
            following = urljoin(url, location)
            if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
                method, body = ("HEAD" if method == "HEAD" else "GET"), None
                headers = _without(headers, {"content-type", "content-length"})
            if _origin(following) != _origin(url):
                headers = _without(headers, {"authorization", "cookie", "proxy-authorization", "host"})
            url = following
        raise HttpRequestNodeError(f"{request.url} redirects more than {MAX_REDIRECTS} times.")

    async def _once(
        self, request: HttpRequest, method: str, url: str, headers: tuple[tuple[str, str], ...], body: bytes | None
    ) -> tuple[HttpResponse, str | None]:
        self._check_url(url)
        timeout = aiohttp.ClientTimeout(
            sock_connect=request.connect_timeout,
            sock_read=request.read_timeout,
            total=request.connect_timeout + request.read_timeout + request.write_timeout,
        )
        try:
            async with self._open().request(
                method,
                URL(url, encoded=True) if url.isascii() else url,
                headers=list(headers),
                data=body,
                timeout=timeout,
                allow_redirects=False,
                ssl=True if request.verify_tls else False,
            ) as answer:
                location = answer.headers.get("Location") if answer.status in _REDIRECTS else None
                data = b"" if location is not None or method == "HEAD" else await _read(answer, request.max_bytes)
                return HttpResponse(status=answer.status, url=url, headers=_headers(answer), body=data), location
        except EgressRefused:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            if refused := _refusal_in(error):
                raise refused from error
            raise HttpRequestNodeError(f"{url} could not be reached: {_reason(error)}.") from error

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise InvalidURLError(f"{url} is no valid URL: {error}.") from error
        if parts.scheme not in ("http", "https") or not host:
            raise InvalidURLError(f"{url} is no http or https URL.")
        port = port or (443 if parts.scheme == "https" else 80)
        self._rules.check_port(host, port)
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return
        self._rules.check_address(host, host, port)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=CheckedResolver(self._rules, self._resolver), limit=200, use_dns_cache=False
            )
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
        return self._session


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


def _without(headers: tuple[tuple[str, str], ...], names: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port


def _split_port(entry: str) -> tuple[str, int | None]:
    """`host:port`, `[v6]:port` or a bare name, address or network."""
    if entry.startswith("["):
        name, _, port = entry[1:].partition("]")
        return name, int(port[1:]) if port.startswith(":") and port[1:].isdigit() else None
    name, sign, port = entry.rpartition(":")
    if sign and port.isdigit() and ":" not in name:
        return name, int(port)
    return entry, None


def _unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_carrier(address: Address) -> bool:
    return isinstance(address, ipaddress.IPv4Address) and address in _CARRIER_NAT


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

