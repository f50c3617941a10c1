"""The crawler that comes with Treadle: no account elsewhere, and nothing leaves the server but the requests.

It keeps to one site, asks robots.txt, reads the sitemaps, goes breadth first along links, and waits between requests.
Pages that need a browser to show their text are beyond it.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit, urlunsplit
from uuid import uuid4

from treadle.engine.errors import HttpRequestNodeError, ResponseSizeError
from treadle.engine.ports import Http, HttpRequest, HttpResponse
from treadle.knowledge.text.extraction import Extraction, ExtractionError
from treadle.knowledge.text.wire import PageFrame

from .errors import SourceError
from .robots import AGENT, Robots, origin_of, sitemap_urls
from .websites import CrawlOptions, CrawlStatus, Started, WebPage

PROVIDER: Final = "treadle"
"""The name of this crawler where a provider is asked for."""

_HEADERS: Final = (
    ("User-Agent", f"Mozilla/5.0 (compatible; {AGENT}/1.0)"),
    ("Accept", "text/html,application/xhtml+xml,text/plain,text/markdown,application/pdf;q=0.8,*/*;q=0.5"),
)
_AT_ONCE: Final = 3
_PAUSE: Final = 0.2
_PAGE_SECONDS: Final = 20.0
_CRAWL_SECONDS: Final = 1800.0
_LARGEST_PAGE: Final = 8 * 1024 * 1024
_KEPT_JOBS: Final = 50
_HTML: Final = ("text/html", "application/xhtml+xml")
_PLAIN: Final = ("text/plain", "text/markdown", "text/x-markdown")

Changed = Callable[[CrawlStatus], Awaitable[None]]
"""Told of a crawl whenever it got further, so that it can be kept."""


class Reader(Protocol):
    """What is used of `text.extraction.Extractor`."""

    async def page(self, data: bytes, url: str, charset: str = "", *, main_content: bool = True) -> PageFrame: ...

    async def extract(self, source: bytes, name: str) -> Extraction: ...


@dataclass
class _Job:
    id: str
    options: CrawlOptions
    began: float
    found: list[WebPage] = field(default_factory=list[WebPage])
    known: int = 1
    ended: float | None = None
    reason: str = ""
    task: "asyncio.Task[None] | None" = None

    def status(self) -> CrawlStatus:
        wanted = self.options.pages
        if self.ended is None:
            return CrawlStatus("active", self.id, min(wanted, max(self.known, 1)), len(self.found))
        seconds = round(self.ended - self.began, 3)
        if self.reason:
            return CrawlStatus("error", self.id, 0, 0, time_consuming=seconds, reason=self.reason)
        return CrawlStatus("completed", self.id, len(self.found), len(self.found), tuple(self.found), seconds)


@dataclass(frozen=True)
class _Read:
    """What came of an address: the page, and the addresses on it; or why there is none."""

    page: WebPage | None = None
    links: tuple[str, ...] = ()
    reason: str = ""


class BuiltInCrawler:
    """A WebSource whose jobs run in this process; `changed` hears of them. Close it at the end."""

    def __init__(self, http: Http, reader: Reader, *, pause: float = _PAUSE, seconds: float = _CRAWL_SECONDS) -> None:
        self._http = http
        self._reader = reader
        self._pause = pause
        self._seconds = seconds
        self._jobs: dict[str, _Job] = {}

    async def close(self) -> None:
        """End the crawls that are going on."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None and not job.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def start(self, url: str, options: CrawlOptions, *, changed: Changed | None = None) -> Started:
        job = _Job(str(uuid4()), options, time.monotonic())
        self._forget()
        self._jobs[job.id] = job
        job.task = asyncio.create_task(self._run(job, url, changed))
        return Started(job_id=job.id)

    async def status(self, job_id: str, options: CrawlOptions | None = None) -> CrawlStatus:
        job = self._jobs.get(job_id)
        if job is None:
            raise SourceError("There is no crawl with this id; it may have ended with the server. Start it again.")
        return job.status()

    async def wait(self, job_id: str) -> CrawlStatus:
        """The status once the crawl has ended. Raises SourceError."""
        job = self._jobs.get(job_id)
        if job is not None and job.task is not None:
            await asyncio.wait([job.task])
        return await self.status(job_id)

    async def page(self, url: str, *, only_main_content: bool = True) -> WebPage:
        url = normal_url(url)
        robots = await Robots.of(origin_of(url), self._fetch)
        found = await self._read(url, robots, CrawlOptions(1, only_main_content=only_main_content), site_of(url))
        if found.page is None:
            raise SourceError(found.reason)
        return found.page

    async def check(self) -> None:
        """There is no key to check."""

    async def _run(self, job: _Job, url: str, changed: Changed | None) -> None:
        try:
            async with asyncio.timeout(self._seconds):
                await self._crawl(job, normal_url(url), changed)
        except TimeoutError:
            if not job.found:
                job.reason = f"The crawl of {url} gave no page within {self._seconds:g} seconds."
        except asyncio.CancelledError:
            job.reason = "The crawl was ended with the server; start it again."
            raise
        except SourceError as error:
            job.reason = str(error)
        except Exception as error:
            job.reason = f"The crawl of {url} failed: {error or type(error).__name__}"
            raise
        finally:
            job.ended = time.monotonic()
            if changed is not None:
                with contextlib.suppress(asyncio.CancelledError):
                    await changed(job.status())

    async def _crawl(self, job: _Job, url: str, changed: Changed | None) -> None:
        options = job.options
        robots = await Robots.of(origin_of(url), self._fetch)
        pause = max(self._pause, robots.delay)
        at_once = 1 if robots.delay else _AT_ONCE
        first = await self._read(url, robots, options, site_of(url))
        if first.page is None and not first.links:
            raise SourceError(first.reason)
        start = first.page.url if first.page is not None else url
        site = site_of(start)
        if origin_of(start) != origin_of(url):
            robots = await Robots.of(origin_of(start), self._fetch)
        seen = {url, normal_url(start)}
        waiting: deque[tuple[str, int]] = deque()

        def take(addresses: Iterable[str], depth: int) -> None:
            if options.max_depth is not None and depth > options.max_depth:
                return
            for address in _normal(addresses):
                wanted = address not in seen and site_of(address) == site and matches(address, options)
                if wanted and robots.allows(address) and len(seen) < 20 * options.limit + 1000:
                    seen.add(address)
                    waiting.append((address, depth))

        if first.page is not None and (matches(start, options) or not options.crawl_sub_pages):
            job.found.append(first.page)
        if options.crawl_sub_pages:
            take(first.links, 1)
            if options.use_sitemap and (options.max_depth is None or options.max_depth > 0):
                take(await sitemap_urls(origin_of(start), robots, self._fetch, 5 * options.limit + 100), 1)
        fetched, taken = 0, {page.url for page in job.found}
        while waiting and len(job.found) < options.pages and fetched < 5 * options.limit + 50:
            job.known = len(job.found) + len(waiting)
            if changed is not None:
                await changed(job.status())
            wave = [waiting.popleft() for _ in range(min(at_once, len(waiting), options.pages - len(job.found)))]
            fetched += len(wave)
            await asyncio.sleep(pause)
            read = await asyncio.gather(*(self._read(address, robots, options, site) for address, _ in wave))
            for (_, depth), found in zip(wave, read, strict=True):
                if found.page is not None and found.page.url not in taken:
                    taken.add(found.page.url)
                    seen.add(normal_url(found.page.url))
                    job.found.append(found.page)
                take(found.links, depth + 1)
        if not job.found:
            raise SourceError(f"No page of {url} fits the patterns; change what is included or excluded.")

    async def _read(self, url: str, robots: Robots, options: CrawlOptions, site: str) -> _Read:
        if not robots.allows(url):
            return _Read(reason=f"{url} must not be read by programs: its robots.txt says so.")
        try:
            answer = await self._get(url)
        except SourceError as error:
            return _Read(reason=str(error))
        if answer.status >= 400:
            return _Read(reason=f"{url} answered with status {answer.status}.")
        final = normal_url(answer.url)
        if final != url and (not same_site(final, site) or not robots.allows(final)):
            return _Read(reason=f"{url} leads to another site, {final}; crawl that one instead.")
        try:
            return await self._understood(answer, final, options)
        except ExtractionError as error:
            return _Read(reason=str(error))

    async def _understood(self, answer: HttpResponse, url: str, options: CrawlOptions) -> _Read:
        kind, _, rest = answer.headers.get("content-type", "text/html").partition(";")
        kind = kind.strip().lower()
        if kind in _HTML:
            charset = rest.lower().partition("charset=")[2].strip(" \"';").partition(";")[0]
            page = await self._reader.page(answer.body, url, charset, main_content=options.only_main_content)
            links = tuple(page.links)
            if page.unlisted:
                return _Read(links=links, reason=f"{url} must not be taken in: the page itself says so.")
            if not page.markdown.strip():
                return _Read(links=links, reason=f"{url} holds no text that is there without a browser.")
            return _Read(WebPage(url, page.title, page.description, page.markdown), links)
        if kind in _PLAIN or kind == "application/pdf":
            name = url.rpartition("/")[2] or "page"
            found = await self._reader.extract(answer.body, f"{name}.txt" if kind in _PLAIN else name)
            text = "\n\n".join(piece.text for piece in found.pieces).strip()
            return _Read(WebPage(url, name, "", text)) if text else _Read(reason=f"{url} holds no text.")
        return _Read(reason=f"{url} is no page but a file of the kind {kind}.")

    async def _get(self, url: str) -> HttpResponse:
        request = HttpRequest(
            method="GET",
            url=url,
            headers=_HEADERS,
            connect_timeout=_PAGE_SECONDS,
            read_timeout=_PAGE_SECONDS,
            max_bytes=_LARGEST_PAGE,
        )
        try:
            return await self._http.send(request)
        except (HttpRequestNodeError, ResponseSizeError) as error:
            raise SourceError(f"{url} could not be read: {error}") from error

    async def _fetch(self, url: str) -> HttpResponse | None:
        try:
            return await self._get(url)
        except SourceError:
            return None

    def _forget(self) -> None:
        """Keep only the jobs that ended last, and those that go on."""
        ended = [job for job in self._jobs.values() if job.ended is not None]
        for job in ended[: max(len(ended) - _KEPT_JOBS, 0)]:
            del self._jobs[job.id]


def normal_url(url: str) -> str:
    """One form of the addresses of one page: without fragment and tracking, host in small letters, a path."""
    parts = urlsplit(urldefrag(url).url)
    host = (parts.hostname or "").lower()
    shown = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    try:
        port = parts.port
    except ValueError:
        port = None
    place = shown if port in (None, default) else f"{shown}:{port}"
    query = parts.query
    if "utm_" in query:
        kept = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in kept if not name.startswith("utm_")])
    return urlunsplit((parts.scheme, place, parts.path or "/", query, ""))


def _normal(addresses: Iterable[str]) -> Iterator[str]:
    """The addresses in their one form, without those that are none."""
    for address in addresses:
        with contextlib.suppress(ValueError):
            yield normal_url(address)


def site_of(url: str) -> str:
    """The site that an address belongs to: its host without `www.`, and its port where that is unusual."""
    return urlsplit(url).netloc.removeprefix("www.")


def same_site(url: str, site: str) -> bool:
    return site_of(url) == site


def matches(url: str, options: CrawlOptions) -> bool:
    """True when the patterns let the address through.

    A pattern is a path, with or without its first slash: it stands for that path and all below. `*` stands for
    anything, and `.*` for the same.
    """
    path = urlsplit(url).path.strip("/")
    included = not options.includes or any(_fits(pattern, path) for pattern in options.includes)
    return included and not any(_fits(pattern, path) for pattern in options.excludes)


def _fits(pattern: str, path: str) -> bool:
    pattern = pattern.strip().lstrip("^").rstrip("$").replace(".*", "*").strip("/")
    if "*" not in pattern:
        return path == pattern or path.startswith(f"{pattern}/")
    first, *middle, last = pattern.split("*")
    if not path.startswith(first) and path != first.rstrip("/"):
        return False
    at = len(first)
    for part in middle:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(path) - at >= len(last) and path.endswith(last) if last else True
