"""Documents that are pages elsewhere, read for ingestion. Source: spec knowledge §4.2, §4.3."""

from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from treadle.engine.values import JsonValue
from treadle.knowledge.crawls import Crawls
from treadle.knowledge.ingest.reading import Reading, ReadPage, SourceUnreachable, Unchanged
from treadle.knowledge.source_credentials import SourceCredentials
from treadle.knowledge.sources.errors import CredentialError, SourceError
from treadle.knowledge.sources.websites import page_at
from treadle.knowledge.tables import Document, SourceType
from treadle.knowledge.telling import source_info
from treadle.knowledge.text.chunking import text_hash
from treadle.knowledge.text.pieces import Extraction, ExtractionError, Piece
from treadle.platform.refusals import Refusal

Read: TypeAlias = Callable[[Document, bool], Awaitable[Reading]]


class SourcePages:
    """Reads pages with the keys of the workspace that their document belongs to."""

    def __init__(self, credentials: SourceCredentials, crawls: Crawls) -> None:
        self._credentials = credentials
        self._crawls = crawls

    def readers(self) -> dict[str, ReadPage]:
        """For `ingestion`: a reader by kind of source."""
        return {SourceType.WEBSITE: _told(self._web_page), SourceType.NOTION: _told(self._notion_page)}

    async def _web_page(self, document: Document, fresh: bool) -> Reading:
        info = source_info(document)
        url = str(info.get("url") or "")
        if fresh or info.get("mode") == "scrape":
            source = await self._credentials.crawler(document.workspace_id, str(info.get("provider") or ""))
            page = await source.page(url, only_main_content=bool(info.get("only_main_content", True)))
        else:
            page = page_at(await self._crawls.pages_of(document.workspace_id, str(info.get("job_id") or "")), url)
        if page is None:
            return Reading(extraction=Extraction([], f"The crawl has no page {url}."))
        said = text_hash(page.markdown)
        if fresh and info.get("content_hash") == said:
            raise Unchanged
        known: dict[str, JsonValue] = {**info, "content_hash": said, **({"mode": "scrape"} if fresh else {})}
        return Reading(extraction=_extraction(page.markdown), source_info=known)

    async def _notion_page(self, document: Document, fresh: bool) -> Reading:
        info = source_info(document)
        page_id, kind = str(info.get("notion_page_id") or ""), str(info.get("type") or "page")
        notion = await self._credentials.notion(
            document.workspace_id, str(info.get("notion_workspace_id") or ""), info.get("credential_id")
        )
        chosen: Literal["page", "database"] = "database" if kind == "database" else "page"
        edited = await notion.last_edited_time(page_id, chosen)
        if fresh and edited and edited == info.get("last_edited_time"):
            raise Unchanged
        text = await notion.text(page_id, chosen)
        return Reading(extraction=_extraction(text), source_info={**info, "last_edited_time": edited})


def _extraction(text: str) -> Extraction:
    return Extraction([Piece(text)]) if text.strip() else Extraction([], "The page has no text.")


def _told(read: Read) -> ReadPage:
    """`read` with its failures as ingestion knows them."""

    async def told(document: Document, fresh: bool) -> Reading:
        try:
            return await read(document, fresh)
        except CredentialError as error:
            raise ExtractionError(str(error)) from error
        except SourceError as error:
            raise SourceUnreachable(str(error)) from error
        except Refusal as error:
            raise ExtractionError(error.message) from error

    return told
