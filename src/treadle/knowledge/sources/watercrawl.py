"""WaterCrawl, hosted or one's own."""

import asyncio
from datetime import timedelta
from typing import Final, cast

from treadle.engine.ports import Http

from .api import Json, JsonApi, Sleep
from .errors import SourceError
from .websites import CrawlOptions, CrawlStatus, Started, WebPage, job_path

BASE: Final = "https://app.watercrawl.dev"
_PAGE_SIZE: Final = 100
_MOST_LISTS: Final = 1000
_WAIT: Final = 1000
_TIMEOUT: Final = 15_000
"""Milliseconds that the service waits for a page to settle, and for it to load."""
_PATIENCE: Final = 120
"""How often a single page is asked for, a second apart."""


class WaterCrawl:
    """A WebSource."""

    def __init__(self, http: Http, api_key: str, base_url: str = BASE, *, sleep: Sleep = asyncio.sleep) -> None:
        self._api = JsonApi(http, "WaterCrawl", {"X-API-Key": api_key}, secret=("x-api-key",), sleep=sleep)
        self._jobs = f"{base_url.rstrip('/') or BASE}/api/v1/core/crawl-requests/"
        self._sleep = sleep

    async def start(self, url: str, options: CrawlOptions) -> Started:
        spider: dict[str, object] = {"page_limit": options.pages}
        if options.crawl_sub_pages:
            spider["max_depth"] = 1 if options.max_depth is None else options.max_depth
            spider["include_paths"] = list(options.includes)
            spider["exclude_paths"] = list(options.excludes)
        else:
            spider["max_depth"] = 1
        page_options = {
            "only_main_content": options.only_main_content,
            "wait_time": _WAIT,
            "timeout": _TIMEOUT,
            "include_html": False,
            "include_links": False,
        }
        body = {"url": url, "options": {"spider_options": spider, "page_options": page_options}}
        job_id = (await self._api.post(self._jobs, body)).get("uuid")
        if not isinstance(job_id, str) or not job_id:
            raise SourceError("WaterCrawl began no crawl; try again later.")
        return Started(job_id=job_id)

    async def status(self, job_id: str, options: CrawlOptions | None = None) -> CrawlStatus:
        answer = await self._api.get(f"{self._jobs}{job_path(job_id)}/")
        said = str(answer.get("status"))
        spider = cast("Json", (answer.get("options") or {}).get("spider_options") or {})
        total = int(spider.get("page_limit") or (options.pages if options else 1))
        current = int(answer.get("number_of_documents") or 0)
        if said in ("new", "running", "canceling"):
            return CrawlStatus("active", job_id, total, current)
        if said != "finished":
            return CrawlStatus("error", job_id, total, current, reason=f"WaterCrawl ended the crawl ({said}).")
        pages = tuple(await self._pages(job_id))
        return CrawlStatus("completed", job_id, total, len(pages), pages, _seconds(answer.get("duration")))

    async def page(self, url: str, *, only_main_content: bool = True) -> WebPage:
        options = CrawlOptions(1, crawl_sub_pages=False, only_main_content=only_main_content)
        job_id = (await self.start(url, options)).job_id or ""
        for _ in range(_PATIENCE):
            found = await self.status(job_id, options)
            if found.status == "error":
                raise SourceError(found.reason)
            if found.status == "completed":
                if not found.pages:
                    raise SourceError(f"WaterCrawl found nothing at {url}.")
                first = found.pages[0]
                return WebPage(url, first.title, first.description, first.markdown)
            await self._sleep(1)
        raise SourceError(f"WaterCrawl did not read {url} within two minutes; try again later.")

    async def check(self) -> None:
        await self._api.get(f"{self._jobs}?page_size=1")

    async def _pages(self, job_id: str) -> list[WebPage]:
        pages: list[WebPage] = []
        for number in range(1, _MOST_LISTS + 1):
            answer = await self._api.get(f"{self._jobs}{job_id}/results/?page={number}&page_size={_PAGE_SIZE}")
            pages += [_page(cast("Json", entry)) for entry in cast("list[object]", answer.get("results") or [])]
            if not answer.get("next"):
                break
        return pages


def _page(entry: Json) -> WebPage:
    result = entry.get("result")
    content = cast("Json", result) if isinstance(result, dict) else {}
    metadata = cast("Json", content.get("metadata") or {})
    return WebPage(
        str(entry.get("url") or ""),
        str(metadata.get("title") or entry.get("title") or ""),
        str(metadata.get("description") or ""),
        str(content.get("markdown") or ""),
    )


def _seconds(duration: object) -> float | None:
    """The seconds of `00:00:01.5`."""
    try:
        hours, minutes, seconds = str(duration).split(":")
        return timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds)).total_seconds()
    except ValueError:
        return None
