"""The SQL of ingestion, within the transaction of a caller. Every statement names the workspace."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from treadle.knowledge.tables import (
    ChildChunk,
    DocForm,
    Document,
    Facet,
    FacetKind,
    KnowledgeBase,
    ProcessRule,
    Segment,
    SegmentStatus,
)
from treadle.platform.db import table_of

_segments, _children, _facets = table_of(Segment), table_of(ChildChunk), table_of(Facet)
_AT_ONCE = 500
_SIGNATURE = re.compile(r"\?timestamp=\d+&nonce=[0-9a-f]+&sign=[A-Za-z0-9_=%-]+")


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What carries a vector or keywords: a chunk, a child of one, or a facet, which has a `kind` and no keywords of
    its own; the text of a picture is the id of its file. `keywords` None: they are to be found."""

    node_id: str
    document_id: str
    segment_id: str
    text: str
    hash: str
    keywords: tuple[str, ...] | None = None
    kind: FacetKind | None = None


class SegmentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk on its way into the index, with the nodes that it is found by."""

    id: str
    position: int
    content: str
    nodes: tuple[Node, ...]


class NewSegment(msgspec.Struct, frozen=True, kw_only=True):
    """Rows to be written: a chunk, and its children."""

    segment: dict[str, Any]
    children: tuple[dict[str, Any], ...] = ()
    facets: tuple[dict[str, Any], ...] = ()


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The tokens and chunks of a document, how many of these could not be indexed, and how many are not yet."""

    tokens: int
    chunks: int
    failed: int
    unfinished: int


class IngestRepository:
    """Rows of one workspace."""

    def __init__(self, connection: AsyncConnection, workspace_id: str) -> None:
        self._connection = connection
        self._workspace_id = workspace_id

    async def base(self, base_id: str, *, share: bool = False) -> KnowledgeBase | None:
        """A base. `share`: nobody changes it until the transaction ends."""
        query = select(KnowledgeBase).where(
            KnowledgeBase.id == base_id, KnowledgeBase.workspace_id == self._workspace_id
        )
        if share:
            query = query.with_for_update(read=True)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else KnowledgeBase(**row)

    async def document(self, document_id: str) -> Document | None:
        query = select(Document).where(Document.id == document_id, Document.workspace_id == self._workspace_id)
        row = (await self._connection.execute(query)).mappings().one_or_none()
        return None if row is None else Document(**row)

    async def rule(self, rule_id: str | None, base_id: str) -> ProcessRule | None:
        """The rule of a document, else the newest one of its base."""
        query = select(ProcessRule).where(
            ProcessRule.base_id == base_id, ProcessRule.workspace_id == self._workspace_id
        )
        if rule_id is not None:
            query = query.where(ProcessRule.id == rule_id)
        newest = query.order_by(ProcessRule.created_at.desc(), ProcessRule.id.desc()).limit(1)
        row = (await self._connection.execute(newest)).mappings().one_or_none()
        return None if row is None else ProcessRule(**row)

    async def fix_index_kind(self, base_id: str, kind: str) -> None:
        """From its first chunks on a base stays with the index that holds them."""
        await self._connection.execute(
            update(KnowledgeBase)
            .where(
                KnowledgeBase.id == base_id,
                KnowledgeBase.workspace_id == self._workspace_id,
                KnowledgeBase.index_kind.is_(None),
            )
            .values(index_kind=kind)
        )

    async def has_segments(self, document_id: str) -> bool:
        query = select(Segment.id).where(self._of_document(document_id)).limit(1)
        return (await self._connection.execute(query)).first() is not None

    async def delete_segments(self, document_id: str) -> None:
        """All chunks of a document with their children and facets."""
        for table in (ChildChunk, Facet):
            await self._connection.execute(
                delete(table).where(table.document_id == document_id, table.workspace_id == self._workspace_id)
            )
        await self._connection.execute(delete(Segment).where(self._of_document(document_id)))

    async def add_segments(self, rows: Sequence[NewSegment]) -> None:
        if rows:
            await self._connection.execute(_segments.insert(), [row.segment for row in rows])
        if children := [child for row in rows for child in row.children]:
            await self._connection.execute(_children.insert(), children)
        if facets := [facet for row in rows for facet in row.facets]:
            await self._connection.execute(_facets.insert(), facets)

    async def last_position(self, document_id: str) -> int:
        query = select(func.coalesce(func.max(Segment.position), 0)).where(self._of_document(document_id))
        return (await self._connection.execute(query)).scalar_one()

    async def begin_indexing(self, document_id: str, now: int) -> None:
        """Every chunk that waits is being indexed from now on."""
        await self._connection.execute(
            update(Segment)
            .where(self._of_document(document_id), Segment.status == SegmentStatus.WAITING)
            .values(status=SegmentStatus.INDEXING, indexing_at=now)
        )

    async def unfinished(self, document_id: str, doc_form: str, after: int, limit: int) -> list[SegmentRow]:
        """The next chunks behind the position `after` that are not indexed yet."""
        pending = (SegmentStatus.WAITING, SegmentStatus.INDEXING)
        query = self._rows(Segment.document_id == document_id, Segment.status.in_(pending), Segment.position > after)
        return await self._with_nodes(query.order_by(Segment.position, Segment.id).limit(limit), doc_form)

    async def searchable(self, document_id: str, doc_form: str, after: str, limit: int) -> list[SegmentRow]:
        """The next chunks behind the id `after` that are to be found when their document is."""
        query = self._rows(
            Segment.document_id == document_id,
            Segment.status.in_((SegmentStatus.COMPLETED, SegmentStatus.WAITING, SegmentStatus.INDEXING)),
            Segment.enabled.is_(True),
            Segment.id > after,
        )
        return await self._with_nodes(query.order_by(Segment.id).limit(limit), doc_form)

    async def segments(self, segment_ids: Sequence[str], doc_form: str) -> list[SegmentRow]:
        """These chunks, whatever their state."""
        found: list[SegmentRow] = []
        for at in range(0, len(segment_ids), _AT_ONCE):
            query = self._rows(Segment.id.in_(segment_ids[at : at + _AT_ONCE]))
            found += await self._with_nodes(query.order_by(Segment.position, Segment.id), doc_form)
        return found

    async def finish_segments(self, outcomes: Sequence[Mapping[str, Any]], *, enable: bool = True) -> None:
        """Chunks that are indexed: `{b_id, b_tokens, b_keywords, b_at}`. New ones are enabled by that."""
        if outcomes:
            statement = (
                update(_segments)
                .where(_segments.c.id == bindparam("b_id"), _segments.c.workspace_id == self._workspace_id)
                .values(
                    status=SegmentStatus.COMPLETED,
                    error=None,
                    tokens=bindparam("b_tokens"),
                    keywords=func.coalesce(cast(ColumnElement[str], bindparam("b_keywords")), _segments.c.keywords),
                    completed_at=bindparam("b_at"),
                    **({"enabled": True} if enable else {}),
                )
            )
            await self._connection.execute(statement, [dict(outcome) for outcome in outcomes])

    async def note_segments(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        """Chunks that were indexed once more: `{b_id, b_tokens, b_keywords}`; what people set stays."""
        if outcomes:
            tokens = cast(ColumnElement[int], bindparam("b_tokens"))
            statement = (
                update(_segments)
                .where(_segments.c.id == bindparam("b_id"), _segments.c.workspace_id == self._workspace_id)
                .values(
                    status=SegmentStatus.COMPLETED,
                    tokens=func.coalesce(func.nullif(tokens, 0), _segments.c.tokens),
                    keywords=func.coalesce(_segments.c.keywords, cast(ColumnElement[str], bindparam("b_keywords"))),
                )
            )
            names = ("b_id", "b_tokens", "b_keywords")
            await self._connection.execute(statement, [{name: each[name] for name in names} for each in outcomes])

    async def fail_segments(self, reasons: Mapping[str, str], now: int) -> None:
        """Chunks that could not be indexed, and why."""
        for segment_id, reason in reasons.items():
            await self._connection.execute(
                update(Segment)
                .where(Segment.id == segment_id, Segment.workspace_id == self._workspace_id)
                .values(
                    status=SegmentStatus.ERROR,
                    enabled=False,
                    error=reason,
                    disabled_at=now,
                    stopped_at=now,
                )
            )

    async def totals(self, document_id: str) -> Totals:
        query = select(
            func.coalesce(func.sum(Segment.tokens), 0),
            func.count(),
            func.count().filter(Segment.status == SegmentStatus.ERROR),
            func.count().filter(Segment.status.in_((SegmentStatus.WAITING, SegmentStatus.INDEXING))),
        ).where(self._of_document(document_id))
        tokens, count, failed, unfinished = (await self._connection.execute(query)).one()
        return Totals(tokens=int(tokens), chunks=count, failed=failed, unfinished=unfinished)

    async def first_failure(self, document_id: str) -> tuple[int, str] | None:
        """The first chunk that could not be indexed: its position and why."""
        query = (
            select(Segment.position, Segment.error)
            .where(self._of_document(document_id), Segment.status == SegmentStatus.ERROR)
            .order_by(Segment.position)
            .limit(1)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else (row.position, row.error or "")

    async def current(self, node_ids: Sequence[str]) -> dict[str, str]:
        """Of these nodes, the hashes of those that are to be found now, or once they are indexed."""
        wanted = (
            or_(
                Segment.enabled.is_(True),
                Segment.status.in_((SegmentStatus.WAITING, SegmentStatus.INDEXING)),
            ),
            Document.enabled.is_(True),
            Document.archived.is_(False),
            Segment.workspace_id == self._workspace_id,
        )
        found: dict[str, str] = {}
        for at in range(0, len(node_ids), _AT_ONCE):
            some = node_ids[at : at + _AT_ONCE]
            own = (
                select(Segment.index_node_id, Segment.index_node_hash)
                .join(Document, Document.id == Segment.document_id)
                .where(Segment.index_node_id.in_(some), Document.doc_form != DocForm.HIERARCHICAL, *wanted)
            )
            children = (
                select(ChildChunk.index_node_id, ChildChunk.index_node_hash)
                .join(Segment, Segment.id == ChildChunk.segment_id)
                .join(Document, Document.id == Segment.document_id)
                .where(ChildChunk.index_node_id.in_(some), *wanted)
            )
            facets = (
                select(Facet.id, Facet.hash)
                .join(Segment, Segment.id == Facet.segment_id)
                .join(Document, Document.id == Segment.document_id)
                .where(Facet.id.in_(some), Facet.status == SegmentStatus.COMPLETED, *wanted)
            )
            for query in (own, children, facets):
                found |= {row[0]: row[1] for row in await self._connection.execute(query)}
        return found

    def _of_document(self, document_id: str) -> Any:
        return (Segment.document_id == document_id) & (Segment.workspace_id == self._workspace_id)

    def _rows(self, *conditions: Any) -> Any:
        return select(
            Segment.id,
            Segment.document_id,
            Segment.position,
            Segment.content,
            Segment.keywords,
            Segment.index_node_id,
            Segment.index_node_hash,
        ).where(Segment.workspace_id == self._workspace_id, *conditions)

    async def _with_nodes(self, query: Any, doc_form: str) -> list[SegmentRow]:
        rows = (await self._connection.execute(query)).all()
        ids = [row.id for row in rows]
        if doc_form == DocForm.HIERARCHICAL:
            nodes = await self._children_of(ids)
        else:
            nodes = {row.id: [_own_node(row)] for row in rows}
        for segment_id, facets in (await self._facets_of(ids)).items():
            nodes.setdefault(segment_id, []).extend(facets)
        return [
            SegmentRow(id=row.id, position=row.position, content=row.content, nodes=tuple(nodes.get(row.id, ())))
            for row in rows
        ]

    async def _facets_of(self, segment_ids: Sequence[str]) -> dict[str, list[Node]]:
        query = (
            select(Facet.id, Facet.segment_id, Facet.document_id, Facet.kind, Facet.content, Facet.hash)
            .where(
                Facet.segment_id.in_(segment_ids),
                Facet.workspace_id == self._workspace_id,
                Facet.status == SegmentStatus.COMPLETED,
            )
            .order_by(Facet.segment_id, Facet.created_at, Facet.id)
        )
        found: dict[str, list[Node]] = {}
        for row in await self._connection.execute(query):
            found.setdefault(row.segment_id, []).append(facet_node(row))
        return found

    async def _children_of(self, segment_ids: Sequence[str]) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        query = (
            select(
                ChildChunk.segment_id,
                ChildChunk.document_id,
                ChildChunk.content,
                ChildChunk.index_node_id,
                ChildChunk.index_node_hash,
            )
            .where(ChildChunk.segment_id.in_(segment_ids), ChildChunk.workspace_id == self._workspace_id)
            .order_by(ChildChunk.segment_id, ChildChunk.position)
        )
        for row in await self._connection.execute(query):
            found.setdefault(row.segment_id, []).append(
                Node(
                    node_id=row.index_node_id,
                    document_id=row.document_id,
                    segment_id=row.segment_id,
                    text=_searched(row.content),
                    hash=row.index_node_hash,
                )
            )
        return found


def rows_of(written: Sequence[NewSegment], doc_form: str) -> list[SegmentRow]:
    """What was just written, as it would be read."""
    return [
        SegmentRow(
            id=each.segment["id"],
            position=each.segment["position"],
            content=each.segment["content"],
            nodes=tuple(
                Node(
                    node_id=carrier["index_node_id"],
                    document_id=carrier["document_id"],
                    segment_id=each.segment["id"],
                    text=_searched(carrier["content"]),
                    hash=carrier["index_node_hash"],
                )
                for carrier in (each.children if doc_form == DocForm.HIERARCHICAL else (each.segment,))
            ),
        )
        for each in written
    ]


def _searched(text: str) -> str:
    """What of a text is searched: links to files without their signatures."""
    return _SIGNATURE.sub("", text) if "/files/" in text else text


def facet_node(row: Any) -> Node:
    """The node of a facet's row."""
    return Node(
        node_id=row.id,
        document_id=row.document_id,
        segment_id=row.segment_id,
        text=row.content,
        hash=row.hash,
        kind=FacetKind(row.kind),
    )


def _own_node(row: Any) -> Node:
    return Node(
        node_id=row.index_node_id,
        document_id=row.document_id,
        segment_id=row.id,
        text=_searched(row.content),
        hash=row.index_node_hash,
        keywords=tuple(msgspec.json.decode(row.keywords, type=list[str])) if row.keywords else None,
    )
