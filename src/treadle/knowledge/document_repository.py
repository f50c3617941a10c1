"""The SQL of documents, chunks and child chunks of one workspace."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import Select

from treadle.apps.tables import StoredFile
from treadle.knowledge.ingest.jobs import Job
from treadle.knowledge.repository import like
from treadle.knowledge.tables import (
    ChildChunk,
    ChunkImport,
    Document,
    Facet,
    FacetKind,
    IndexingStatus,
    ProcessRule,
    Segment,
    SegmentStatus,
    SourceType,
)

AT_WORK = (
    IndexingStatus.PARSING, IndexingStatus.CLEANING, IndexingStatus.SPLITTING, IndexingStatus.INDEXING,
)  # fmt: skip
_COMPLETED = Document.indexing_status == IndexingStatus.COMPLETED
_DISPLAYED: dict[str, ColumnElement[bool]] = {
    "queuing": Document.indexing_status == IndexingStatus.WAITING,
    "indexing": and_(Document.indexing_status.in_(AT_WORK), Document.is_paused.is_(False)),
    "paused": and_(Document.indexing_status.in_(AT_WORK), Document.is_paused.is_(True)),
    "error": Document.indexing_status == IndexingStatus.ERROR,
    "available": and_(_COMPLETED, Document.archived.is_(False), Document.enabled.is_(True)),
    "disabled": and_(_COMPLETED, Document.archived.is_(False), Document.enabled.is_(False)),
    "archived": and_(_COMPLETED, Document.archived.is_(True)),
}
"""How documents of each `display_status` are found. Source: spec knowledge §2.2."""
_DISPLAYED["active"] = _DISPLAYED["enabled"] = _DISPLAYED["available"]
_MANY = 500
"""Ids in one statement."""
STATUS_FILTERS = frozenset(_DISPLAYED)


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    keyword: str = ""
    status: str = ""
    sort: str = ""


@dataclass(frozen=True, slots=True)
class SegmentFilter:
    keyword: str = ""
    statuses: tuple[str, ...] = ()
    hit_count_gte: int | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    completed: int = 0
    total: int = 0


class DocumentRepository:
    """Documents and chunks within the session of a caller."""

    def __init__(self, session: AsyncSession, workspace_id: str) -> None:
        self._session = session
        self._workspace_id = workspace_id

    def add(self, row: Document | Segment | ChildChunk | Facet | ProcessRule | ChunkImport) -> None:
        self._session.add(row)

    async def flush(self) -> None:
        await self._session.flush()

    async def document(self, base_id: str, document_id: str) -> Document | None:
        return (await self._session.scalars(self._documents(base_id).where(Document.id == document_id))).one_or_none()

    async def documents(self, base_id: str, ids: Iterable[str] | None = None) -> Sequence[Document]:
        """All of a base, or those of `ids` that it has, by position."""
        query = self._documents(base_id)
        if ids is not None:
            query = query.where(Document.id.in_(list(ids)))
        return (await self._session.scalars(query.order_by(Document.position, Document.id))).all()

    async def base_of(self, document_id: str) -> str | None:
        """The base that a document belongs to."""
        query = select(Document.base_id).where(
            Document.workspace_id == self._workspace_id, Document.id == document_id, _kept()
        )
        return await self._session.scalar(query)

    async def page(
        self, base_id: str, wanted: DocumentFilter, *, offset: int, limit: int
    ) -> tuple[Sequence[Document], int]:
        """A page of documents, newest first unless sorted otherwise, and how many there are."""
        query = self._documents(base_id)
        if wanted.keyword:
            query = query.where(Document.name.ilike(like(wanted.keyword), escape="\\"))
        if wanted.status:
            query = query.where(_DISPLAYED[wanted.status])
        total = await self._session.scalar(select(func.count()).select_from(query.subquery()))
        order = {
            "created_at": (Document.created_at.asc(), Document.position.asc()),
            "hit_count": (Document.hit_count.asc(), Document.position.asc()),
            "-hit_count": (Document.hit_count.desc(), Document.position.asc()),
            "name": (Document.name.asc(), Document.position.asc()),
            "-name": (Document.name.desc(), Document.position.asc()),
            "word_count": (Document.word_count.asc(), Document.position.asc()),
            "-word_count": (Document.word_count.desc(), Document.position.asc()),
        }.get(wanted.sort, (Document.created_at.desc(), Document.position.desc()))
        found = await self._session.scalars(query.order_by(*order, Document.id).offset(offset).limit(limit))
        return found.all(), total or 0

    async def batch(self, base_id: str, batch: str) -> Sequence[Document]:
        query = self._documents(base_id).where(Document.batch == batch)
        return (await self._session.scalars(query.order_by(Document.position, Document.id))).all()

    async def broken(self, base_id: str) -> Sequence[Document]:
        """Documents that ended in an error, or are paused."""
        query = self._documents(base_id).where(or_(_DISPLAYED["error"], Document.is_paused.is_(True)))
        return (await self._session.scalars(query.order_by(Document.position, Document.id))).all()

    async def unused(self, base_id: str) -> list[str]:
        """Documents that the server switched off because nobody had used the base."""
        query = self._documents(base_id).where(
            Document.unused_since.is_not(None), Document.enabled.is_(False), Document.archived.is_(False)
        )
        rows = (await self._session.scalars(query.order_by(Document.position, Document.id))).all()
        return [row.id for row in rows]

    async def uploads_named(self, base_id: str, names: Iterable[str]) -> dict[str, Document]:
        """The enabled uploads of a base by name; of several with one name the first."""
        query = self._documents(base_id).where(
            Document.name.in_(list(names)),
            Document.data_source_type == SourceType.UPLOAD,
            Document.enabled.is_(True),
            Document.archived.is_(False),
        )
        found: dict[str, Document] = {}
        for row in (await self._session.scalars(query.order_by(Document.position))).all():
            found.setdefault(row.name, row)
        return found

    async def last_position(self, base_id: str) -> int:
        query = select(func.max(Document.position)).where(
            Document.workspace_id == self._workspace_id, Document.base_id == base_id
        )
        return await self._session.scalar(query) or 0

    async def delete_documents(self, base_id: str, ids: Sequence[str]) -> None:
        """With their chunks."""
        await self._session.execute(
            delete(Document).where(
                Document.workspace_id == self._workspace_id, Document.base_id == base_id, Document.id.in_(ids)
            )
        )

    async def files(self, ids: Iterable[str | None]) -> dict[str, StoredFile]:
        wanted = {each for each in ids if each}
        if not wanted:
            return {}
        query = select(StoredFile).where(StoredFile.workspace_id == self._workspace_id, StoredFile.id.in_(wanted))
        return {row.id: row for row in (await self._session.scalars(query)).all()}

    async def progress(self, document_ids: Iterable[str]) -> dict[str, Progress]:
        """Chunks that are ready and all chunks, without those about to be replaced."""
        query = (
            select(
                Segment.document_id,
                func.count().filter(Segment.completed_at.is_not(None)),
                func.count(),
            )
            .where(
                Segment.workspace_id == self._workspace_id,
                Segment.document_id.in_(list(document_ids)),
                Segment.status != SegmentStatus.RE_SEGMENT,
            )
            .group_by(Segment.document_id)
        )
        return {row[0]: Progress(row[1], row[2]) for row in (await self._session.execute(query)).all()}

    # ---- chunks ----

    async def segment(self, document_id: str, segment_id: str) -> Segment | None:
        query = self._segments(document_id).where(Segment.id == segment_id)
        return (await self._session.scalars(query)).one_or_none()

    async def segments(self, document_id: str, ids: Iterable[str]) -> Sequence[Segment]:
        query = self._segments(document_id).where(Segment.id.in_(list(ids)))
        return (await self._session.scalars(query.order_by(Segment.position))).all()

    async def segment_page(
        self, document_id: str, wanted: SegmentFilter, *, offset: int = 0, limit: int | None = None
    ) -> tuple[Sequence[Segment], int]:
        """Chunks by position, and how many fit."""
        query = self._segments(document_id)
        if wanted.statuses:
            query = query.where(Segment.status.in_(wanted.statuses))
        else:
            query = query.where(Segment.status != SegmentStatus.RE_SEGMENT)
        if wanted.keyword:
            pattern = like(wanted.keyword)
            query = query.where(
                or_(
                    Segment.content.ilike(pattern, escape="\\"),
                    Segment.answer.ilike(pattern, escape="\\"),
                    Segment.keywords.ilike(pattern, escape="\\"),
                )
            )
        if wanted.hit_count_gte is not None:
            query = query.where(Segment.hit_count >= wanted.hit_count_gte)
        if wanted.enabled is not None:
            query = query.where(Segment.enabled.is_(wanted.enabled))
        total = await self._session.scalar(select(func.count()).select_from(query.subquery()))
        query = query.order_by(Segment.position, Segment.id).offset(offset)
        return (await self._session.scalars(query.limit(limit) if limit else query)).all(), total or 0

    async def last_segment_position(self, document_id: str) -> int:
        query = select(func.max(Segment.position)).where(
            Segment.workspace_id == self._workspace_id, Segment.document_id == document_id
        )
        return await self._session.scalar(query) or 0

    async def delete_segments(self, document_id: str, ids: Sequence[str]) -> None:
        """With their children."""
        await self._session.execute(
            delete(Segment).where(
                Segment.workspace_id == self._workspace_id, Segment.document_id == document_id, Segment.id.in_(ids)
            )
        )

    async def count_again(self, document_id: str, now: int) -> None:
        """Set the document's number of chunks and characters to what its chunks say."""
        mine = and_(
            Segment.workspace_id == self._workspace_id,
            Segment.document_id == document_id,
            Segment.status != SegmentStatus.RE_SEGMENT,
        )
        count, characters, tokens = (
            await self._session.execute(
                select(
                    func.count(),
                    func.coalesce(func.sum(Segment.word_count), 0),
                    func.coalesce(func.sum(Segment.tokens), 0),
                ).where(mine)
            )
        ).one()
        await self._session.execute(
            update(Document)
            .where(Document.workspace_id == self._workspace_id, Document.id == document_id)
            .values(segment_count=count, word_count=int(characters), tokens=int(tokens), updated_at=now)
        )

    async def rule(self, rule_id: str | None) -> ProcessRule | None:
        query = select(ProcessRule).where(ProcessRule.workspace_id == self._workspace_id, ProcessRule.id == rule_id)
        return (await self._session.scalars(query)).one_or_none() if rule_id else None

    # ---- child chunks ----

    async def children(self, segment_ids: Iterable[str]) -> dict[str, list[ChildChunk]]:
        """The children of each chunk by position."""
        query = (
            select(ChildChunk)
            .where(ChildChunk.workspace_id == self._workspace_id, ChildChunk.segment_id.in_(list(segment_ids)))
            .order_by(ChildChunk.position, ChildChunk.id)
        )
        found: dict[str, list[ChildChunk]] = {}
        for row in (await self._session.scalars(query)).all():
            found.setdefault(row.segment_id, []).append(row)
        return found

    async def summaries(self, segment_ids: Iterable[str]) -> dict[str, Facet]:
        """The summary of each chunk that has one, or that should have had one."""
        query = select(Facet).where(
            Facet.workspace_id == self._workspace_id,
            Facet.segment_id.in_(list(segment_ids)),
            Facet.kind == FacetKind.SUMMARY,
        )
        return {row.segment_id: row for row in (await self._session.scalars(query)).all()}

    async def chunk_summaries(self, document_id: str) -> list[tuple[Segment, Facet | None]]:
        """The chunks of a document by position, each with its summary."""
        query = (
            self._segments(document_id)
            .add_columns(Facet)
            .outerjoin(Facet, and_(Facet.segment_id == Segment.id, Facet.kind == FacetKind.SUMMARY))
            .where(Segment.status != SegmentStatus.RE_SEGMENT)
            .order_by(Segment.position, Segment.id)
        )
        return [(row[0], row[1]) for row in (await self._session.execute(query)).all()]

    async def stop_summaries(self, base_id: str) -> None:
        """No document of a base waits for summaries any more."""
        mine = (Document.workspace_id == self._workspace_id, Document.base_id == base_id)
        for conditions, values in (
            ((Document.job == Job.SUMMARISE,), {"job": None, "lease_owner": None, "lease_until": None}),
            ((Document.summary_status.is_not(None),), {"summary_status": None}),
        ):
            await self._session.execute(update(Document).where(*mine, *conditions).values(**values))

    async def facet_ids(self, base_id: str, kind: FacetKind, limit: int) -> list[str]:
        query = select(Facet.id).where(
            Facet.workspace_id == self._workspace_id, Facet.base_id == base_id, Facet.kind == kind
        )
        return list((await self._session.scalars(query.limit(limit))).all())

    async def delete_facets(self, ids: Sequence[str]) -> None:
        await self._session.execute(delete(Facet).where(Facet.workspace_id == self._workspace_id, Facet.id.in_(ids)))

    async def child(self, segment_id: str, child_id: str) -> ChildChunk | None:
        query = self._children(segment_id).where(ChildChunk.id == child_id)
        return (await self._session.scalars(query)).one_or_none()

    async def child_page(
        self, segment_id: str, keyword: str, *, offset: int, limit: int
    ) -> tuple[Sequence[ChildChunk], int]:
        query = self._children(segment_id)
        if keyword:
            query = query.where(ChildChunk.content.ilike(like(keyword), escape="\\"))
        total = await self._session.scalar(select(func.count()).select_from(query.subquery()))
        query = query.order_by(ChildChunk.position, ChildChunk.id).offset(offset).limit(limit)
        return (await self._session.scalars(query)).all(), total or 0

    async def last_child_position(self, segment_id: str) -> int:
        query = select(func.max(ChildChunk.position)).where(
            ChildChunk.workspace_id == self._workspace_id, ChildChunk.segment_id == segment_id
        )
        return await self._session.scalar(query) or 0

    async def delete_children(self, segment_id: str, ids: Sequence[str] | None = None) -> None:
        """Those of `ids`, or all."""
        rules = [ChildChunk.workspace_id == self._workspace_id, ChildChunk.segment_id == segment_id]
        if ids is not None:
            rules.append(ChildChunk.id.in_(ids))
        await self._session.execute(delete(ChildChunk).where(*rules))

    async def indexed(self, document_id: str, ids: Sequence[str]) -> int:
        """How many of these chunks are indexed."""
        found = 0
        for at in range(0, len(ids), _MANY):
            rules = (Segment.id.in_(ids[at : at + _MANY]), Segment.status == SegmentStatus.COMPLETED)
            query = select(func.count()).select_from(self._segments(document_id).where(*rules).subquery())
            found += (await self._session.scalar(query)) or 0
        return found

    async def chunk_import(self, import_id: str) -> ChunkImport | None:
        query = select(ChunkImport).where(ChunkImport.workspace_id == self._workspace_id, ChunkImport.id == import_id)
        return (await self._session.scalars(query)).one_or_none()

    def _documents(self, base_id: str) -> Select[Any]:
        return select(Document).where(Document.workspace_id == self._workspace_id, Document.base_id == base_id, _kept())

    def _segments(self, document_id: str) -> Select[Any]:
        return select(Segment).where(Segment.workspace_id == self._workspace_id, Segment.document_id == document_id)

    def _children(self, segment_id: str) -> Select[Any]:
        return select(ChildChunk).where(
            ChildChunk.workspace_id == self._workspace_id, ChildChunk.segment_id == segment_id
        )


def _kept() -> ColumnElement[bool]:
    """Documents that nobody has deleted: a worker is still clearing up behind those."""
    return or_(Document.job.is_(None), Document.job != Job.DELETE)
