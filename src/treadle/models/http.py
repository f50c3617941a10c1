"""The process's one HTTP session to model providers."""

import asyncio
from functools import lru_cache
from types import SimpleNamespace
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=300)
"""Spec models-and-tools §1.19: 10 s to connect, 300 s of silence."""

MAX_ERROR_BYTES = 64 * 1024


class ModelHttp:
    """Keeps connections to providers open between calls. Opened at first use, in the loop that uses it."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        *,
        body: bytes,
        headers: dict[str, str],
        timeout: aiohttp.ClientTimeout = TIMEOUT,
        again: bool = True,
    ) -> aiohttp.ClientResponse:
        """Sends `body` and returns the answer once its headers are there; the caller closes or releases it.

        A kept connection that the provider closed meanwhile is replaced once, unless not `again`. Raises
        aiohttp.ClientError, TimeoutError.
        """
        sent = SimpleNamespace(reused=False)
        session = self._opened()
        proxy = proxy_for(url)
        exact = URL(url, encoded="%" in url)  # what is encoded already stays as it is: signatures cover it
        try:
            return await session.post(
                exact,
                data=body,
                headers=headers,
                timeout=timeout,
                proxy=proxy,
                allow_redirects=False,
                trace_request_ctx=sent,
            )
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not sent.reused or not again:
                raise
        return await session.post(
            exact, data=body, headers=headers, timeout=timeout, proxy=proxy, allow_redirects=False
        )

    async def get(
        self, url: str, *, headers: dict[str, str], timeout: aiohttp.ClientTimeout = TIMEOUT
    ) -> aiohttp.ClientResponse:
        """Fetches `url`, as `post` does."""
        return await self._opened().get(
            url, headers=headers, timeout=timeout, proxy=proxy_for(url), allow_redirects=False
        )

    async def put(
        self, url: str, *, body: bytes, headers: dict[str, str], timeout: aiohttp.ClientTimeout = TIMEOUT
    ) -> aiohttp.ClientResponse:
        """Stores `body` at `url`, as `post` does."""
        exact = URL(url, encoded="%" in url)
        return await self._opened().put(
            exact, data=body, headers=headers, timeout=timeout, proxy=proxy_for(url), allow_redirects=False
        )

    async def close(self) -> None:
        """Closes every connection. The next request opens a new session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            trace = aiohttp.TraceConfig()
            trace.on_connection_reuseconn.append(_mark_reused)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60, ttl_dns_cache=60),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
                headers={"User-Agent": "treadle"},
                timeout=TIMEOUT,
                read_bufsize=2**18,
                trace_configs=[trace],
                loop=asyncio.get_running_loop(),
            )
        return self._session


async def _mark_reused(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceConnectionReuseconnParams
) -> None:
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.reused = True


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for this URL. Loopback addresses never go through one."""
    parts = urlsplit(url)
    return _proxy_of_host(parts.scheme, parts.hostname or "")


@lru_cache(maxsize=256)
def _proxy_of_host(scheme: str, host: str) -> str | None:
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(host):
        return None
    return getproxies().get(scheme)
