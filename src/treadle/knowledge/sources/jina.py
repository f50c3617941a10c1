"""Jina Reader: single pages by its reader, several by its adaptive crawler."""

import asyncio
from typing import Final, cast

from treadle.engine.ports import Http

from .api import Json, JsonApi, Sleep
from .errors import SourceError
from .websites import CrawlOptions, CrawlStatus, Started, WebPage, job_path

READER: Final = "https://r.jina.ai/"
CRAWLER: Final = "https://adaptivecrawl-kir3wx7b3a-uc.a.run.app"
CRAWLER_STATUS: Final = "https://adaptivecrawlstatus-kir3wx7b3a-uc.a.run.app"


class JinaReader:
    """A WebSource."""

    def __init__(
        self,
        http: Http,
        api_key: str,
        *,
        reader: str = READER,
        crawler: str = CRAWLER,
        crawler_status: str = CRAWLER_STATUS,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._api = JsonApi(http, "Jina Reader", {"Authorization": f"Bearer {api_key}"}, sleep=sleep)
        self._reader = reader
        self._crawler = crawler
        self._crawler_status = crawler_status

    async def start(self, url: str, options: CrawlOptions) -> Started:
        if not options.crawl_sub_pages:
            return Started(page=await self.page(url))
        body = {"url": url, "maxPages": options.limit, "useSitemap": options.use_sitemap}
        job_id = _data(await self._api.post(self._crawler, body)).get("taskId")
        if not isinstance(job_id, str) or not job_id:
            raise SourceError("Jina Reader began no crawl; try again later.")
        return Started(job_id=job_id)

    async def status(self, job_id: str, options: CrawlOptions | None = None) -> CrawlStatus:
        found = _data(await self._api.post(self._crawler_status, {"taskId": job_path(job_id)}))
        said = str(found.get("status"))
        total = len(cast("list[object]", found.get("urls") or []))
        processed = cast("dict[str, Json]", found.get("processed") or {})
        failed = cast("dict[str, Json]", found.get("failed") or {})
        seconds = float(found.get("duration") or 0) / 1000
        if said == "completed":
            if processed:
                wanted = {"taskId": job_id, "urls": list(processed)}
                processed = cast(
                    "dict[str, Json]", _data(await self._api.post(self._crawler_status, wanted))["processed"]
                )
            pages = tuple(_page(_data(entry), url) for url, entry in processed.items())
            if not pages and failed:
                return CrawlStatus("error", job_id, total, 0, reason="Jina Reader could read none of the pages.")
            return CrawlStatus("completed", job_id, total, len(pages), pages, seconds)
        if said in ("failed", "error"):
            return CrawlStatus("error", job_id, total, len(processed), reason="Jina Reader ended the crawl.")
        return CrawlStatus("active", job_id, total, len(processed) + len(failed))

    async def page(self, url: str, *, only_main_content: bool = True) -> WebPage:
        """One page; the reader always leaves out what surrounds its content."""
        return _page(_data(await self._api.post(self._reader, {"url": url})), url)

    async def check(self) -> None:
        await self.page("https://example.com")


def _data(answer: Json) -> Json:
    found = answer.get("data")
    if not isinstance(found, dict):
        raise SourceError("Jina Reader answered without data; try again later.")
    return cast("Json", found)


def _page(found: Json, url: str) -> WebPage:
    return WebPage(
        url, str(found.get("title") or ""), str(found.get("description") or ""), str(found.get("content") or "")
    )
