"""Firecrawl, hosted or one's own: version 2 of its API, or version 1 of older installations."""

import asyncio
from typing import Final, Literal, cast
from urllib.parse import urlsplit

from treadle.engine.ports import Http

from .api import Json, JsonApi, Sleep
from .errors import SourceError
from .websites import CrawlOptions, CrawlStatus, Started, WebPage, job_path

BASE: Final = "https://api.firecrawl.dev"
_SCRAPE_SECONDS: Final = 30
_MOST_LISTS: Final = 2000


class Firecrawl:
    """A WebSource."""

    def __init__(
        self,
        http: Http,
        api_key: str,
        base_url: str = BASE,
        *,
        version: Literal["v1", "v2"] = "v2",
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._api = JsonApi(http, "Firecrawl", {"Authorization": f"Bearer {api_key}"}, sleep=sleep)
        self._base = f"{base_url.rstrip('/') or BASE}/{version}"
        self._version = version

    async def start(self, url: str, options: CrawlOptions) -> Started:
        body: dict[str, object] = {
            "url": url,
            "limit": options.pages,
            "scrapeOptions": {"formats": ["markdown"], "onlyMainContent": options.only_main_content},
        }
        if options.crawl_sub_pages:
            if options.includes:
                body["includePaths"] = list(options.includes)
            if options.excludes:
                body["excludePaths"] = list(options.excludes)
            if options.max_depth is not None:
                body["maxDepth" if self._version == "v1" else "maxDiscoveryDepth"] = options.max_depth
            if self._version == "v1":
                body["ignoreSitemap"] = not options.use_sitemap
            else:
                body["sitemap"] = "include" if options.use_sitemap else "skip"
                if options.prompt:
                    body["prompt"] = options.prompt
        answer = await self._api.post(f"{self._base}/crawl", body)
        job_id = answer.get("id")
        if not isinstance(job_id, str) or not job_id:
            raise SourceError("Firecrawl began no crawl; try again later.")
        return Started(job_id=job_id)

    async def status(self, job_id: str, options: CrawlOptions | None = None) -> CrawlStatus:
        answer = await self._api.get(f"{self._base}/crawl/{job_path(job_id)}")
        said = str(answer.get("status"))
        total, current = int(answer.get("total") or 0), int(answer.get("completed") or 0)
        if options is not None:
            total = min(total or options.pages, options.pages)
        if said == "completed":
            pages = tuple(await self._pages(answer))
            return CrawlStatus("completed", job_id, total or len(pages), len(pages), pages)
        if said in ("failed", "cancelled"):
            reason = str(answer.get("error") or f"Firecrawl ended the crawl ({said}).")
            return CrawlStatus("error", job_id, total, current, reason=reason)
        return CrawlStatus("active", job_id, total, min(current, total) if total else current)

    async def page(self, url: str, *, only_main_content: bool = True) -> WebPage:
        body = {
            "url": url,
            "formats": ["markdown"],
            "onlyMainContent": only_main_content,
            "timeout": _SCRAPE_SECONDS * 1000,
        }
        answer = await self._api.post(f"{self._base}/scrape", body)
        found = answer.get("data")
        if not isinstance(found, dict):
            raise SourceError(f"Firecrawl found nothing at {url}.")
        return _page(cast("Json", found), url)

    async def check(self) -> None:
        await self.page("https://example.com")

    async def _pages(self, answer: Json) -> list[WebPage]:
        """The pages of a completed crawl, of all the lists that it is told in."""
        pages: list[WebPage] = []
        for _ in range(_MOST_LISTS):
            pages += [_page(cast("Json", entry)) for entry in cast("list[object]", answer.get("data") or [])]
            following = answer.get("next")
            if not isinstance(following, str) or not following:
                break
            parts = urlsplit(following)  # whatever host it names: the key goes to ours alone
            own = urlsplit(self._base)
            answer = await self._api.get(f"{own.scheme}://{own.netloc}{parts.path}?{parts.query}")
        return [page for page in pages if page.url]


def _page(found: Json, url: str = "") -> WebPage:
    metadata = cast("Json", found.get("metadata") or {})
    return WebPage(
        url or str(metadata.get("sourceURL") or metadata.get("url") or ""),
        _text(metadata.get("title")),
        _text(metadata.get("description")),
        str(found.get("markdown") or ""),
    )


def _text(value: object) -> str:
    """A text; of a list, as pages with two titles give, the first."""
    if isinstance(value, list):
        value = next(iter(cast("list[object]", value)), "")
    return str(value or "")
