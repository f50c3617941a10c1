"""What the rest of the product asks of ingestion. Source: spec knowledge §2, §9.3, §16, §21."""

import logging
from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from treadle.engine.ports import ModelRef
from treadle.knowledge.index.port import IndexUnavailableError
from treadle.knowledge.tables import Document, KnowledgeBase, Technique
from treadle.knowledge.text.chunking import Chunk
from treadle.platform.changes import bump
from treadle.platform.db import Database
from treadle.platform.files import FileStoreError

from .chunks import ChunkIndexing
from .forgetting import Forgetting
from .imports import ImportedChunk, Imports
from .jobs import INGEST_TOPIC
from .keeping import ChunkKeeping
from .summaries import Summaries, ask_for_summaries
from .switching import Switching

_log = logging.getLogger(__name__)


class IngestService:
    """Callers have checked who asks: ids are those of rows that they read within their workspace."""

    def __init__(
        self,
        db: Database,
        *,
        chunks: ChunkIndexing,
        switching: Switching,
        forgetting: Forgetting,
        imports: Imports,
        keeping: ChunkKeeping,
        summaries: Summaries,
    ) -> None:
        self._db = db
        self._chunks = chunks
        self._switching = switching
        self._forgetting = forgetting
        self._imports = imports
        self._keeping = keeping
        self._summaries = summaries

    async def queue(self, document_ids: Sequence[str]) -> None:
        """Somebody wrote a job into these documents, or ended a pause: whoever is there looks at once."""
        async with self._db.transaction() as session:
            await session.execute(
                update(Document)
                .where(Document.id.in_(document_ids), Document.job.is_not(None), Document.lease_owner.is_(None))
                .values(lease_until=0)
                .execution_options(synchronize_session=False)
            )
            await bump(session, INGEST_TOPIC)

    async def index_segments(self, segment_ids: Sequence[str]) -> None:
        """Index chunks whose rows are written, with their children. They end `completed`; one that cannot be indexed
        ends `error`, disabled, with the reason. Raises IndexUnavailableError."""
        await self._chunks.index(segment_ids)

    async def remove_segments(self, segment_ids: Sequence[str]) -> None:
        """Chunks out of the index, with their children; the rows stay. Raises IndexUnavailableError."""
        await self._chunks.remove(segment_ids)

    async def remove_nodes(self, workspace_id: str, base_id: str, node_ids: Sequence[str]) -> None:
        """What was known by these `index_node_id`s out of the index. Raises IndexUnavailableError."""
        await self._chunks.remove_nodes(workspace_id, base_id, node_ids)

    async def import_chunks(
        self,
        workspace_id: str,
        base_id: str,
        document_id: str,
        rows: Sequence[ImportedChunk],
        account_id: str | None,
    ) -> str:
        """Add a table of chunks to a document in the background; gives the id of the `ChunkImport`."""
        import_id = await self._imports.promise(workspace_id, base_id, document_id, rows, account_id)
        await self.queue(())
        return import_id

    async def summarise(
        self, session: AsyncSession, base: KnowledgeBase, document_ids: Sequence[str] | None, *, anew: bool = False
    ) -> int:
        """Have documents (None: all) summarised in the background, in the caller's transaction, which must come from
        `Database.transaction`; with `anew` also chunks that have a summary, unless people wrote it. Gives how many."""
        count = await ask_for_summaries(session, base, document_ids, anew=anew)
        await bump(session, INGEST_TOPIC)
        return count

    async def index_facets(self, workspace_id: str, base_id: str, facet_ids: Sequence[str]) -> None:
        """Index facets whose rows are written. Raises InvokeError and IndexUnavailableError."""
        await self._summaries.index(workspace_id, base_id, facet_ids)

    async def keep_chunks(self, document: Document, chunks: Sequence[Chunk], *, replaced: Sequence[str] = ()) -> None:
        """Chunks that a pipeline made, in the place of those that `document` and the documents `replaced` have. Raises
        IndexUnavailableError, and KnowledgeIndexError when a chunk cannot be indexed."""
        await self._keeping.keep(document, chunks, replaced=replaced)

    async def switch_index(
        self, session: AsyncSession, base: KnowledgeBase, technique: Technique, model: ModelRef | None
    ) -> None:
        """Change how a base finds its chunks, in the caller's transaction, which must come from `Database.transaction`.

        Do not write technique and model into `base`: the base answers with the old ones until everything is embedded,
        and gets the new ones in the transaction that switches (at once if it holds nothing). `targets.wanted_of` tells
        what it will be. `model` is None for `economy`.
        """
        await self._switching.begin(session, base, technique, model)

    async def forget_documents(self, document_ids: Sequence[str]) -> None:
        """Delete documents with their chunks and files. They are gone when this returns, unless the index or the file
        store cannot be reached: then they go later."""
        if not document_ids:
            return
        await self._forgetting.promise(document_ids)
        try:
            await self._forgetting.documents(document_ids)
        except (IndexUnavailableError, FileStoreError) as error:
            _log.warning("%d documents are deleted later: %s", len(document_ids), error)
        await self.queue(())

    async def forget_base(self, base: KnowledgeBase) -> None:
        """Delete a base with all that it holds. It is gone when this returns, unless the index or the file store
        cannot be reached: then it goes later."""
        await self._forgetting.promise_base(base.workspace_id, base.id)
        try:
            await self._forgetting.base(base.workspace_id, base.id)
        except (IndexUnavailableError, FileStoreError) as error:
            _log.warning("knowledge base %s is deleted later: %s", base.id, error)
        await self.queue(())
