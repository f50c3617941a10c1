"""What a site asks of crawlers: its robots.txt and its sitemaps."""

import gzip
import html
import io
import re
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from protego import Protego

from treadle.engine.ports import HttpResponse

AGENT: Final = "TreadleBot"
_MOST_SITEMAPS: Final = 50
_LARGEST_SITEMAP: Final = 50 * 1024 * 1024
_LOCATION = re.compile(r"<(?:\w+:)?loc[^<>]*>\s*(?:<!\[CDATA\[)?\s*([^<>\s\]]+)")
_LONGEST_DELAY: Final = 10.0

Fetch = Callable[[str], Awaitable[HttpResponse | None]]
"""Gives an answer of whatever status, None when there is none."""


class Robots:
    """The rules of one site."""

    def __init__(self, rules: Protego | None, *, closed: bool = False) -> None:
        self._rules = rules
        self._closed = closed

    @classmethod
    async def of(cls, origin: str, fetch: Fetch) -> "Robots":
        """The rules at `origin`. Without a file everything is allowed; while the server fails to give it, nothing."""
        answer = await fetch(f"{origin}/robots.txt")
        if answer is None or answer.status >= 500:
            return cls(None, closed=answer is not None)
        if answer.status >= 400:
            return cls(None)
        return cls(Protego.parse(answer.body[: 500 * 1024].decode("utf-8", "replace")))

    def allows(self, url: str) -> bool:
        if self._closed:
            return False
        return self._rules is None or self._rules.can_fetch(url, AGENT)

    @property
    def delay(self) -> float:
        """Seconds between two requests that the site asks for."""
        asked = self._rules.crawl_delay(AGENT) if self._rules is not None else None
        return min(float(asked or 0), _LONGEST_DELAY)

    @property
    def sitemaps(self) -> list[str]:
        return list(self._rules.sitemaps) if self._rules is not None else []


async def sitemap_urls(origin: str, robots: Robots, fetch: Fetch, most: int) -> list[str]:
    """The addresses in the sitemaps of a site, indexes and packed ones included, at most about `most`."""
    waiting = deque(robots.sitemaps or [f"{origin}/sitemap.xml"])
    seen: set[str] = set()
    found: dict[str, None] = {}
    while waiting and len(seen) < _MOST_SITEMAPS and len(found) < most:
        url = waiting.popleft()
        if url in seen:
            continue
        seen.add(url)
        answer = await fetch(url)
        if answer is None or answer.status != 200:
            continue
        text = _unpacked(answer.body).decode("utf-8", "replace")
        addresses = [html.unescape(address) for address in _LOCATION.findall(text)]
        if not addresses and "<" not in text[:1000]:
            addresses = [line.strip() for line in text.splitlines() if line.strip()]
        addresses = [address for address in addresses if address.startswith(("http://", "https://"))]
        if "sitemapindex" in text[:2000]:
            waiting.extend(addresses)
        else:
            found.update(dict.fromkeys(addresses[: most - len(found)]))
    return list(found)


def _unpacked(body: bytes) -> bytes:
    """The sitemap, unpacked where it is packed, as far as a sitemap may be large."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            return packed.read(_LARGEST_SITEMAP)
    except (OSError, EOFError, zlib.error):
        return b""


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
