"""Documents that are pages elsewhere, read for ingestion. Source: spec knowledge §4.2, §4.3."""

from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias

from treadle.engine.values import JsonValue
from treadle.knowledge.crawls import Crawls
from treadle.knowledge.ingest.reading import Reading, ReadPage, SourceUnreachable, Unchanged
from treadle.knowledge.source_credentials import SourceCredentials
from treadle.knowledge.sources.errors import CredentialError, SourceError
from treadle.knowledge.sources.notion import Notion
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

    async def text(self, document: Document) -> str:
        """What the page of a document says now, as Markdown. Raises ExtractionError and SourceUnreachable."""
        read = self._page_text if document.data_source_type == SourceType.WEBSITE else self._notion_text
        return (await _told(read)(document, True)).extraction.pieces[0].text

    async def _page_text(self, document: Document, _: bool) -> Reading:
        info = source_info(document)
        url = str(info.get("url") or "")
        source = await self._credentials.crawler(document.workspace_id, str(info.get("provider") or ""))
        page = await source.page(url, only_main_content=bool(info.get("only_main_content", True)))
        if not page.markdown.strip():
            raise ExtractionError(f"{url} has no text to read.")
        return Reading(extraction=_extraction(page.markdown))

    async def _notion_text(self, document: Document, _: bool) -> Reading:
        page_id, kind, notion = await self._notion_of(document)
        text = await notion.text(page_id, kind)
        if not text.strip():
            raise ExtractionError(f"The Notion page {document.name} has no text to read.")
        return Reading(extraction=_extraction(text))

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
        page_id, chosen, notion = await self._notion_of(document)
        edited = await notion.last_edited_time(page_id, chosen)
        if fresh and edited and edited == info.get("last_edited_time"):
            raise Unchanged
        text = await notion.text(page_id, chosen)
        return Reading(extraction=_extraction(text), source_info={**info, "last_edited_time": edited})

    async def _notion_of(self, document: Document) -> tuple[str, Literal["page", "database"], Notion]:
        """The page that a document is, what it is, and the workspace that it lies in."""
        info = source_info(document)
        notion = await self._credentials.notion(
            document.workspace_id, str(info.get("notion_workspace_id") or ""), info.get("credential_id")
        )
        return str(info.get("notion_page_id") or ""), "database" if info.get("type") == "database" else "page", notion


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
