"""What goes with a document or a base that is deleted: its place in the index, its chunks, its files.

The promise is written first, then the index and the files go, the rows last: whoever finds the promise later begins
again. Source: spec knowledge §21.
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.apps.uploads import Uploads
from treadle.knowledge.tables import (
    AppKnowledge,
    BaseMember,
    ChildChunk,
    ChunkImport,
    Document,
    Facet,
    KnowledgeBase,
    KnowledgeQuery,
    MetadataField,
    ProcessRule,
    Segment,
)
from treadle.platform.db import Database

from .indexing import Indexer
from .jobs import Job
from .targets import Building, building_of, written

_OF_BASE = (Facet, ChildChunk, Segment, Document, ProcessRule, KnowledgeQuery, MetadataField, BaseMember, ChunkImport)
"""What hangs on a base, in the order in which it can be deleted."""
_AT_ONCE = 200


class Forgetting:
    """Deletes documents and bases with all that belongs to them."""

    def __init__(self, db: Database, indexer: Indexer, uploads: Uploads) -> None:
        self._db = db
        self._indexer = indexer
        self._uploads = uploads

    async def promise(self, document_ids: Sequence[str]) -> None:
        """From here on these documents go, whatever happens to this process. Whoever works on one lets go of it."""
        async with self._db.begin() as connection:
            await connection.execute(
                update(Document)
                .where(Document.id.in_(document_ids))
                .values(
                    job=Job.DELETE,
                    lease_owner=None,
                    lease_until=0,
                    is_paused=False,
                    attempts=0,
                )
            )

    async def documents(self, document_ids: Sequence[str]) -> None:
        """Delete promised documents. Raises IndexUnavailableError and FileStoreError; then they are still promised."""
        for at in range(0, len(document_ids), _AT_ONCE):
            some = document_ids[at : at + _AT_ONCE]
            query = select(Document.id, Document.workspace_id, Document.base_id, Document.file_id).where(
                Document.id.in_(some), Document.job == Job.DELETE
            )
            async with self._db.connect() as connection:
                rows = (await connection.execute(query)).all()
            bases: dict[tuple[str, str], list[str]] = {}
            for row in rows:
                bases.setdefault((row.workspace_id, row.base_id), []).append(row.id)
            for (workspace_id, base_id), ids in bases.items():
                await self._indexer.remove_documents(workspace_id, base_id, ids)
                files = [row.file_id for row in rows if row.id in ids and row.file_id]
                await self._forget_files(workspace_id, files, ids)
                await self._forget_images(workspace_id, ids)
                async with self._db.begin() as connection:
                    await _delete_documents(connection, workspace_id, ids)

    async def promise_base(self, workspace_id: str, base_id: str) -> None:
        """From here on this base goes, whatever happens to this process."""
        async with self._db.begin() as connection:
            base = select(KnowledgeBase.index_generation, KnowledgeBase.index_building).where(
                KnowledgeBase.id == base_id, KnowledgeBase.workspace_id == workspace_id
            )
            row = (await connection.execute(base.with_for_update())).one_or_none()
            if row is None:
                return
            building = msgspec.json.decode(row.index_building, type=Building) if row.index_building else None
            stale = () if building is None else (*building.stale, building.generation)
            going = Building(phase="delete", stale=tuple(dict.fromkeys((row.index_generation, *stale))))
            await connection.execute(
                update(KnowledgeBase).where(KnowledgeBase.id == base_id).values(index_building=written(going))
            )
            await connection.execute(
                update(Document).where(Document.base_id == base_id).values(job=None, lease_owner=None, lease_until=None)
            )

    async def base(self, workspace_id: str, base_id: str) -> None:
        """Delete a promised base. Raises IndexUnavailableError and FileStoreError; then it is still promised."""
        base = await self._indexer.base(workspace_id, base_id)
        building = building_of(base) if base is not None else None
        if base is None or building is None or building.phase != "delete":
            return
        if base.indexing_technique is not None:
            for generation in building.stale:
                await self._indexer.drop(base.index_kind, workspace_id, base_id, generation)
        async with self._db.connect() as connection:
            query = select(Document.id, Document.file_id).where(Document.base_id == base_id)
            rows = (await connection.execute(query)).all()
        files = [row.file_id for row in rows if row.file_id]
        going = [row.id for row in rows]
        await self._forget_files(workspace_id, files, going)
        for at in range(0, len(going), _AT_ONCE):
            await self._forget_images(workspace_id, going[at : at + _AT_ONCE])
        async with self._db.begin() as connection:
            for table in _OF_BASE:
                await connection.execute(delete(table).where(table.base_id == base_id))
            await connection.execute(
                delete(AppKnowledge).where(AppKnowledge.base_id == base_id, AppKnowledge.workspace_id == workspace_id)
            )
            await connection.execute(
                delete(KnowledgeBase).where(KnowledgeBase.id == base_id, KnowledgeBase.workspace_id == workspace_id)
            )

    async def _forget_images(self, workspace_id: str, document_ids: Sequence[str]) -> None:
        """The images that were found in these documents."""
        await self._uploads.forget(workspace_id, await self._uploads.made_by(workspace_id, document_ids))

    async def _forget_files(self, workspace_id: str, file_ids: Sequence[str], going: Sequence[str]) -> None:
        """Files of documents that go, if no document that stays was made of them."""
        for at in range(0, len(file_ids), _AT_ONCE):
            some = file_ids[at : at + _AT_ONCE]
            others = select(Document.file_id).where(
                Document.workspace_id == workspace_id, Document.file_id.in_(some), Document.id.not_in(going)
            )
            async with self._db.connect() as connection:
                kept = set((await connection.execute(others)).scalars())
            await self._uploads.forget(workspace_id, [file_id for file_id in some if file_id not in kept])


async def _delete_documents(connection: AsyncConnection, workspace_id: str, ids: Sequence[str]) -> None:
    for table in (Facet, ChildChunk, Segment):
        await connection.execute(delete(table).where(table.document_id.in_(ids), table.workspace_id == workspace_id))
    await connection.execute(
        delete(Document).where(Document.id.in_(ids), Document.workspace_id == workspace_id, Document.job == Job.DELETE)
    )
