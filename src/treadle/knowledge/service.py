"""Everything that people and programs ask of knowledge bases, put together."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, Self

from treadle.accounts.keys import KeyOwner
from treadle.accounts.tables import Role
from treadle.apps.uploads import Uploads
from treadle.engine.ports import Http
from treadle.knowledge.access import Asker
from treadle.knowledge.bases import Bases
from treadle.knowledge.children import Children
from treadle.knowledge.chunk_tables import ChunkTables
from treadle.knowledge.crawls import Crawls
from treadle.knowledge.document_adding import DocumentAdding
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.documents import Documents
from treadle.knowledge.embedding_models import EmbeddingModels
from treadle.knowledge.estimates import Estimates
from treadle.knowledge.evaluation.service import Evaluations
from treadle.knowledge.external_apis import ExternalApis
from treadle.knowledge.finding import find_base
from treadle.knowledge.ingest.reading import DocumentReader
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.metadata import Metadata
from treadle.knowledge.repository import BaseRepository
from treadle.knowledge.retrieval.service import RetrievalService
from treadle.knowledge.segments import Segments
from treadle.knowledge.source_credentials import SourceCredentials
from treadle.knowledge.sources.errors import SourceError
from treadle.knowledge.summaries import ChunkSummaries
from treadle.knowledge.tags import Tags
from treadle.knowledge.telling import source_info
from treadle.knowledge.testing import Testing
from treadle.knowledge.text.rules import LONGEST
from treadle.knowledge.transfer import Exports
from treadle.knowledge.transfer_imports import BaseImports
from treadle.models.service import ModelService
from treadle.platform.crypto import Crypto
from treadle.platform.db import Database
from treadle.platform.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeService:
    """The knowledge bases of this process."""

    db: Database
    bases: Bases
    adding: DocumentAdding
    documents: Documents
    segments: Segments
    children: Children
    summaries: ChunkSummaries
    tables: ChunkTables
    metadata: Metadata
    tags: Tags
    external: ExternalApis
    estimates: Estimates
    exports: Exports
    imports: BaseImports
    sources: SourceCredentials
    crawls: Crawls
    testing: Testing
    evaluations: Evaluations

    @classmethod
    def over(
        cls,
        *,
        db: Database,
        crypto: Crypto,
        models: ModelService,
        uploads: Uploads,
        http: Http,
        ingest: IngestService,
        reader: DocumentReader,
        sources: SourceCredentials,
        crawls: Crawls,
        retrieval: RetrievalService,
        ask: Callable[[str, str], Awaitable[str]],
        longest: int = LONGEST,
        most_segments: int = 0,
    ) -> Self:
        """`ask`: what the default model of a workspace answers; `longest` bounds the length of chunks, `most_segments`
        how many chunks a request may add (0: no limit)."""
        embedding = EmbeddingModels(models)
        bases = Bases(db, embedding, ingest)
        summaries = ChunkSummaries(db, ingest)
        return cls(
            db=db,
            bases=bases,
            adding=DocumentAdding(db, uploads, embedding, ingest, bases),
            documents=Documents(db, uploads, ingest, longest=longest),
            segments=Segments(db, uploads, ingest, summaries, most=most_segments),
            children=Children(db, uploads, ingest),
            summaries=summaries,
            tables=ChunkTables(db, uploads, ingest),
            metadata=Metadata(db),
            tags=Tags(db),
            external=ExternalApis(db, crypto, http),
            estimates=Estimates(db, reader, ask, longest=longest),
            exports=Exports(db, uploads),
            imports=BaseImports(db, uploads, embedding, ingest, bases),
            sources=sources,
            crawls=crawls,
            testing=Testing(db, retrieval, uploads),
            evaluations=Evaluations(db),
        )

    async def notion_pages(self, asker: Asker, base_id: str | None) -> list[dict[str, Any]]:
        """The pages of the connected Notion workspaces; `is_bound`: it is in the base already. Raises NotFound."""
        bound: set[str] = set()
        if base_id:
            async with self.db.session() as session:
                base = await find_base(session, asker, base_id)
                rows = await DocumentRepository(session, asker.workspace_id).documents(base.id)
            bound = {str(source_info(row).get("notion_page_id")) for row in rows if row.enabled}
        found: list[dict[str, Any]] = []
        for workspace in await self.sources.notion_workspaces(asker):
            if workspace.disabled:
                continue
            info = workspace.source_info
            pages = [{**page, "is_bound": page.get("page_id") in bound} for page in info.get("pages", [])]
            found.append({**info, "credential_id": workspace.id, "pages": pages})
        return found

    async def notion_text(
        self, asker: Asker, notion_workspace_id: str, page_id: str, kind: Literal["page", "database"]
    ) -> str:
        """What a Notion page says. Raises Forbidden and Refusal."""
        asker.may_work()
        notion = await self.sources.notion(asker.workspace_id, notion_workspace_id)
        try:
            return await notion.text(page_id, kind)
        except SourceError as error:
            raise Refusal(str(error)) from error

    async def asker_of(self, key: KeyOwner) -> Asker:
        """Who asks with a knowledge key: its maker, else the owner of the workspace, with an owner's rights."""
        return Asker(
            workspace_id=key.workspace_id,
            account_id=key.created_by or await self.owner_of(key.workspace_id),
            role=Role.OWNER,
            by_key=True,
            base_id=key.base_id,
        )

    async def owner_of(self, workspace_id: str) -> str | None:
        """The account that owns a workspace; None before the first account is made."""
        async with self.db.session() as session:
            return await BaseRepository(session, workspace_id).owner()
