"""Web sites being read page by page, and the pages until they are chosen. Source: spec knowledge §4.3."""

from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import select

from treadle.knowledge.access import Asker
from treadle.knowledge.source_credentials import CRAWLERS, SourceCredentials
from treadle.knowledge.sources.crawler import BuiltInCrawler
from treadle.knowledge.sources.errors import SourceError
from treadle.knowledge.sources.websites import CrawlOptions, CrawlOptionsError, CrawlStatus, WebPage, checked_url
from treadle.knowledge.tables import CrawlJob
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.files import FileStore, StoredFileMissing
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, NotFound, Refusal

_LONGEST_CRAWL = 40 * 60 * SECOND


@dataclass(slots=True)
class CrawlShown:
    """How far a crawl is: active, completed or error; `data` are its pages."""

    status: str
    job_id: str
    total: int
    current: int
    data: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    time_consuming: float | None = None
    error: str | None = None


class Crawls:
    """The crawls of all workspaces."""

    def __init__(self, db: Database, credentials: SourceCredentials, store: FileStore) -> None:
        self._db = db
        self._credentials = credentials
        self._store = store

    async def start(self, asker: Asker, provider: str, url: str, options: dict[str, Any]) -> str:
        """The id of a crawl that was begun. Raises Forbidden, InvalidParam, and Refusal (`crawl_failed`)."""
        asker.may_work()
        if provider not in CRAWLERS:
            raise InvalidParam(f"`provider` must be one of {', '.join(CRAWLERS)}, not {provider!r}.", param="provider")
        try:
            wanted, address = CrawlOptions.parse(options), checked_url(url)
        except CrawlOptionsError as error:
            raise InvalidParam(str(error), param="options") from error
        source = await self._credentials.crawler(asker.workspace_id, provider)
        row = CrawlJob(
            id=new_id(),
            workspace_id=asker.workspace_id,
            provider=provider,
            url=address,
            options=msgspec.json.encode(options).decode(),
            status="active",
            total=wanted.pages,
            current=0,
            created_by=asker.account_id,
            created_at=now_us(),
        )
        if isinstance(source, BuiltInCrawler):
            await self._add(row)

            async def changed(found: CrawlStatus) -> None:
                await self._heard(row.id, found)

            await source.start(address, wanted, changed=changed)
            return row.id
        try:
            started = await source.start(address, wanted)
        except SourceError as error:
            raise _failed(error) from error
        row.remote_id = started.job_id
        if started.page is not None:
            await self._complete(row, (started.page,))
        await self._add(row)
        return row.id

    async def status(self, asker: Asker, job_id: str) -> CrawlShown:
        """Raises NotFound, Forbidden, and Refusal (`crawl_failed`)."""
        asker.may_work()
        row = await self._row(asker.workspace_id, job_id)
        row = await self._ask(row)
        pages = await self.pages(row) if row.status == "completed" else ()
        took = (row.finished_at - row.created_at) / SECOND if row.finished_at else None
        return CrawlShown(row.status, row.id, row.total, row.current, [page.dump() for page in pages], took, row.error)

    async def pages_of(self, workspace_id: str, job_id: str) -> tuple[WebPage, ...]:
        """The pages of a crawl. Raises NotFound and Refusal."""
        row = await self._row(workspace_id, job_id)
        row = await self._ask(row)
        return await self.pages(row)

    async def pages(self, row: CrawlJob) -> tuple[WebPage, ...]:
        """What a completed crawl has kept."""
        if row.pages_key is None:
            return ()
        try:
            kept = msgspec.json.decode(await self._store.get(row.pages_key), type=list[dict[str, str]])
        except StoredFileMissing:
            return ()
        return tuple(WebPage(page["source_url"], page["title"], page["description"], page["markdown"]) for page in kept)

    async def _ask(self, row: CrawlJob) -> CrawlJob:
        """The row with what is known now."""
        if row.status != "active":
            return row
        if row.remote_id is None:
            late = now_us() - row.created_at > _LONGEST_CRAWL
            gone = CrawlStatus("error", row.id, 0, 0, reason="The crawl ended with the server; start it again.")
            return await self._heard(row.id, gone) or row if late else row
        source = await self._credentials.crawler(row.workspace_id, row.provider)
        try:
            found = await source.status(row.remote_id, CrawlOptions.parse(msgspec.json.decode(row.options)))
        except SourceError as error:
            raise _failed(error) from error
        return await self._heard(row.id, found) or row

    async def _heard(self, job_id: str, found: CrawlStatus) -> CrawlJob | None:
        """Note how far a crawl is."""
        async with self._db.transaction(lock=f"crawl {job_id}") as session:
            row = await session.get(CrawlJob, job_id)
            if row is not None and row.status == "active":
                await self._note(row, found)
        return row

    async def _add(self, row: CrawlJob) -> None:
        async with self._db.transaction() as session:
            session.add(row)

    async def _note(self, row: CrawlJob, found: CrawlStatus) -> None:
        row.total, row.current = found.total, found.current
        if found.status == "completed":
            await self._complete(row, found.pages)
        elif found.status == "error":
            row.status, row.error, row.finished_at = "error", found.reason or "The crawl failed.", now_us()

    async def _complete(self, row: CrawlJob, pages: tuple[WebPage, ...]) -> None:
        row.pages_key = await self._store.put(msgspec.json.encode([page.dump() for page in pages]))
        row.status, row.finished_at = "completed", now_us()
        row.total = row.current = len(pages)

    async def _row(self, workspace_id: str, job_id: str) -> CrawlJob:
        query = select(CrawlJob).where(CrawlJob.workspace_id == workspace_id, CrawlJob.id == job_id)
        async with self._db.session() as session:
            row = (await session.scalars(query)).one_or_none()
        if row is None:
            raise NotFound("There is no such crawl.")
        return row


def _failed(error: SourceError) -> Refusal:
    return Refusal(str(error), code="crawl_failed", status=500)
