"""Tables of chunks that are added to a document. Source: spec knowledge §16.4."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import func, or_, select, update

from treadle.knowledge.chunk_rows import children_of
from treadle.knowledge.tables import ChunkImport, DocForm, Document, Segment, SegmentStatus
from treadle.knowledge.text.chunking import Chunk, text_hash
from treadle.platform.clock import SECOND, now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id

from .repository import IngestRepository
from .work import GROUP, new_segments

_OPEN = ("waiting", "processing")


class ImportedChunk(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table; `answer` only for documents of questions and answers."""

    content: str
    answer: str | None = None


class _Stored(msgspec.Struct, frozen=True, kw_only=True):
    """What `ChunkImport.rows` holds: rows before, ids of chunks once they are stored."""

    rows: list[ImportedChunk] = []
    segment_ids: list[str] = []


def imported(row: ChunkImport) -> tuple[list[str], int]:
    """The ids of the chunks that an import has stored, and how many it is of."""
    stored = msgspec.json.decode(row.rows, type=_Stored)
    return stored.segment_ids, len(stored.rows) or len(stored.segment_ids)


class Imports:
    """Adds tables of chunks; each is added once."""

    def __init__(self, db: Database, owner: str, *, seconds: float, index: Callable[[Sequence[str]], Any]) -> None:
        """`index` indexes chunks by their ids."""
        self._db = db
        self._owner = owner
        self._duration = round(seconds * SECOND)
        self._index = index

    async def promise(
        self,
        workspace_id: str,
        base_id: str,
        document_id: str,
        rows: Sequence[ImportedChunk],
        account_id: str | None,
    ) -> str:
        """The id of an import that whoever is there will carry out."""
        row = ChunkImport(
            id=new_id(),
            workspace_id=workspace_id,
            base_id=base_id,
            document_id=document_id,
            status="waiting",
            rows=msgspec.json.encode(_Stored(rows=list(rows))).decode(),
            created_by=account_id,
            created_at=now_us(),
        )
        async with self._db.transaction() as session:
            session.add(row)
        return row.id

    async def claim(self) -> ChunkImport | None:
        """An import that nobody carries out, oldest first; it is ours from then on."""
        now = now_us()
        free = (ChunkImport.status.in_(_OPEN), or_(ChunkImport.lease_until.is_(None), ChunkImport.lease_until <= now))
        oldest = select(ChunkImport).where(*free).order_by(ChunkImport.created_at).limit(1)
        async with self._db.connect() as connection:
            if (await connection.execute(oldest)).first() is None:
                return None
        async with self._db.transaction() as session:
            row = (await session.execute(oldest.with_for_update(skip_locked=True))).scalar_one_or_none()
            if row is not None:
                row.status, row.lease_owner, row.lease_until = "processing", self._owner, now + self._duration
        return row

    async def carry_out(self, claimed: ChunkImport) -> None:
        """Store the chunks of a claimed import, once, and index them."""
        stored = msgspec.json.decode(claimed.rows, type=_Stored)
        if stored.rows:
            stored = await self._store(claimed, stored.rows)
        for at in range(0, len(stored.segment_ids), GROUP):
            await self._renew(claimed)
            await self._index(stored.segment_ids[at : at + GROUP])
        async with self._db.connect() as connection:
            failed = select(Segment.error).where(
                Segment.id.in_(stored.segment_ids), Segment.status == SegmentStatus.ERROR
            )
            reason = (await connection.execute(failed.limit(1))).scalar()
        await self.end(claimed, error=reason)

    async def end(self, claimed: ChunkImport, *, error: str | None = None) -> None:
        """The import is over, for the reason in `error` if it failed."""
        async with self._db.begin() as connection:
            await connection.execute(
                update(ChunkImport)
                .where(ChunkImport.id == claimed.id, ChunkImport.lease_owner == self._owner)
                .values(status="error" if error else "completed", error=error, lease_owner=None, lease_until=None)
            )

    async def _store(self, claimed: ChunkImport, rows: Sequence[ImportedChunk]) -> _Stored:
        """Write the chunks, and in the same transaction that they are written."""
        async with self._db.transaction(lock=f"chunks of {claimed.document_id}") as session:
            document = await session.get(Document, claimed.document_id)
            if document is None or document.workspace_id != claimed.workspace_id:
                return _Stored()
            connection = await session.connection()
            repository = IngestRepository(connection, claimed.workspace_id)
            form = document.doc_form
            rule = await repository.rule(document.process_rule_id, document.base_id)
            chunks = [
                Chunk(
                    row.content,
                    answer=row.answer if form == DocForm.QA else None,
                    children=children_of(row.content, rule) if form == DocForm.HIERARCHICAL else (),
                    hash=text_hash(row.content),
                )
                for row in rows
            ]
            position = await repository.last_position(document.id) + 1
            made = new_segments(document, chunks, position)
            for new in made:
                new.segment["enabled"] = True
                new.segment["created_by"] = claimed.created_by
            await repository.add_segments(made)
            ids = [new.segment["id"] for new in made]
            stored = _Stored(segment_ids=ids)
            await session.execute(
                update(ChunkImport)
                .where(ChunkImport.id == claimed.id)
                .values(rows=msgspec.json.encode(stored).decode())
            )
            characters = sum(new.segment["word_count"] for new in made)
            document.word_count += characters
            document.segment_count += len(made)
            document.updated_at = now_us()
        return stored

    async def _renew(self, claimed: ChunkImport) -> None:
        async with self._db.begin() as connection:
            await connection.execute(
                update(ChunkImport)
                .where(ChunkImport.id == claimed.id, ChunkImport.lease_owner == self._owner)
                .values(lease_until=now_us() + self._duration)
            )

    async def next_due(self) -> int | None:
        """When an import whose process may be gone can be claimed; None without any."""
        query = select(func.min(func.coalesce(ChunkImport.lease_until, 0))).where(ChunkImport.status.in_(_OPEN))
        async with self._db.connect() as connection:
            return (await connection.execute(query)).scalar()
