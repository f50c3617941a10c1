"""The HTTP client of MCP connections: the same rules about addresses as every other request of an app.

The `mcp` package brings its own client, so the check sits where that client makes its sockets: a name is resolved, its
addresses are checked, and the checked address is the one connected to.
"""

import asyncio
import socket
from collections.abc import Iterable, Mapping

import httpcore2
import httpx2
from httpcore2 import SOCKET_OPTION, AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from treadle.platform.egress_rules import EgressRefused, EgressRules


class _GuardedBackend(AsyncNetworkBackend):
    def __init__(self, rules: EgressRules) -> None:
        self._rules = rules
        self._inner = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        address = host if self._rules.trusts(host, port) else await self._checked(host, port)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def _checked(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore2.ConnectError(f"the name {host} is not known") from error
        addresses = [str(address[0]) for *_, address in found]
        try:
            for address in addresses:
                self._rules.check(host, address, port)
        except EgressRefused as refused:
            raise httpcore2.ConnectError(str(refused)) from refused
        return addresses[0]

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SOCKET_OPTION] | None = None
    ) -> AsyncNetworkStream:
        raise httpcore2.ConnectError("sockets of this machine are not for apps")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, rules: EgressRules) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False), network_backend=_GuardedBackend(rules)
        )


def guarded_client(
    rules: EgressRules,
    *,
    headers: Mapping[str, str],
    timeout: float,
    read_timeout: float,
    auth: httpx2.Auth | None = None,
) -> httpx2.AsyncClient:
    """A client for one connection; times in seconds. Redirects are not followed."""
    return httpx2.AsyncClient(
        transport=_GuardedTransport(rules),
        headers=dict(headers),
        timeout=httpx2.Timeout(timeout, read=read_timeout),
        auth=auth,
        trust_env=False,
    )
