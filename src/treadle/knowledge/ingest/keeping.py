"""Chunks that a pipeline made, in the place of a document's old ones. Source: spec workflow-nodes §28."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy import update

from treadle.engine.errors import KnowledgeIndexError
from treadle.knowledge.tables import Document, IndexingStatus
from treadle.knowledge.text.chunking import Chunk
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database

from .indexing import Indexer
from .repository import IngestRepository
from .summaries import resume_summaries
from .work import GROUP, new_segments

_STORED = 500


class ChunkKeeping:
    """Writes and indexes while the run waits. A run that begins anew writes anew: nothing is there twice."""

    def __init__(self, db: Database, indexer: Indexer, index: Callable[[Sequence[str]], Awaitable[None]]) -> None:
        """`index` indexes chunks by their ids."""
        self._db = db
        self._indexer = indexer
        self._index = index

    async def keep(self, document: Document, chunks: Sequence[Chunk], *, replaced: Sequence[str]) -> None:
        """All chunks of `document`, those of the documents `replaced` going. Raises IndexUnavailableError, and
        KnowledgeIndexError when a chunk cannot be indexed; the document tells the reason then."""
        started = now_us()
        await self._indexer.remove_documents(document.workspace_id, document.base_id, [document.id, *replaced])
        ids = await self._store(document, chunks, replaced, started)
        for at in range(0, len(ids), GROUP):
            await self._index(ids[at : at + GROUP])
        await self._finish(document, started)

    async def _store(
        self, document: Document, chunks: Sequence[Chunk], replaced: Sequence[str], started: int
    ) -> list[str]:
        rows = new_segments(document, chunks, 1)
        for row in rows:
            row.segment["enabled"] = True
        async with self._db.begin() as connection:
            repository = IngestRepository(connection, document.workspace_id)
            for document_id in (document.id, *replaced):
                await repository.delete_segments(document_id)
            for at in range(0, len(rows), _STORED):
                await repository.add_segments(rows[at : at + _STORED])
            await connection.execute(
                update(Document)
                .where(Document.id == document.id)
                .values(
                    indexing_status=IndexingStatus.INDEXING,
                    doc_form=document.doc_form,
                    processing_started_at=started,
                    splitting_completed_at=started,
                    segment_count=len(rows),
                    word_count=sum(row.segment["word_count"] for row in rows),
                    error=None,
                )
            )
        return [row.segment["id"] for row in rows]

    async def _finish(self, document: Document, started: int) -> None:
        now = now_us()
        async with self._db.begin() as connection:
            repository = IngestRepository(connection, document.workspace_id)
            failure = await repository.first_failure(document.id)
            ended = (
                {"indexing_status": IndexingStatus.COMPLETED, "completed_at": now, "enabled": True}
                if failure is None
                else {"indexing_status": IndexingStatus.ERROR, "error": failure[1], "stopped_at": now}
            )
            await connection.execute(
                update(Document)
                .where(Document.id == document.id)
                .values(**ended, indexing_latency=(now - started) / SECOND, updated_at=now)
            )
            await resume_summaries(connection, await repository.base(document.base_id), document.id)
        if failure is not None:
            raise KnowledgeIndexError(f"Chunk {failure[0]} cannot be indexed: {failure[1]}")
