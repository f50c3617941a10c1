"""Chunks as people keep them up: added, edited, switched on and off, deleted. Source: spec knowledge §16.2."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from treadle.apps.uploads import Uploads
from treadle.knowledge.access import Asker
from treadle.knowledge.children import attachments_in, signed_children
from treadle.knowledge.chunk_rows import (
    check_open,
    children_of,
    new_child,
    new_segment,
    pages_of,
    set_content,
)
from treadle.knowledge.document_repository import DocumentRepository, SegmentFilter
from treadle.knowledge.finding import checked_id, find_document, find_segment
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.requests import NewSegment, SegmentChange
from treadle.knowledge.shapes import SegmentPage, SegmentShown
from treadle.knowledge.summaries import ChunkSummaries, check_summary
from treadle.knowledge.tables import (
    ChildChunk,
    DocForm,
    Document,
    Facet,
    IndexingStatus,
    KnowledgeBase,
    Segment,
    SegmentStatus,
)
from treadle.knowledge.telling import segment_shown
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound

MAX_LIMIT = 100
MAX_CHARACTERS = 1_000_000
MAX_KEYWORD = 255
_STATUSES = frozenset(each.value for each in SegmentStatus)


@dataclass(frozen=True, slots=True)
class Changed:
    """Chunks that were written, as they are now."""

    segments: list[SegmentShown]
    doc_form: str


class Segments:
    """The chunks of all documents; every call says who asks."""

    def __init__(
        self, db: Database, uploads: Uploads, ingest: IngestService, summaries: ChunkSummaries, *, most: int = 0
    ) -> None:
        """`most`: how many chunks one request may add; 0 is no limit."""
        self._db = db
        self._uploads = uploads
        self._ingest = ingest
        self._summaries = summaries
        self._most = most

    async def page(
        self, asker: Asker, base_id: str, document_id: str, wanted: SegmentFilter, *, page: int = 1, limit: int = 20
    ) -> SegmentPage:
        """A page of at most 100, by position. Raises NotFound, Forbidden and InvalidParam."""
        for status in wanted.statuses:
            if status not in _STATUSES:
                raise InvalidParam(f"`status` must be one of {', '.join(SegmentStatus)}.", param="status")
        size = min(limit, MAX_LIMIT)
        async with self._db.session() as session:
            _, document = await find_document(session, asker, base_id, document_id)
            repository = DocumentRepository(session, asker.workspace_id)
            rows, total = await repository.segment_page(document.id, wanted, offset=(page - 1) * size, limit=size)
            shown = await self._shown(repository, document, rows)
        return SegmentPage(
            data=shown,
            doc_form=document.doc_form,
            limit=limit,
            total=total,
            total_pages=pages_of(total, size),
            page=page,
            has_more=page * size < total,
        )

    async def read(self, asker: Asker, base_id: str, document_id: str, segment_id: str) -> Changed:
        """Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            _, document, row = await find_segment(session, asker, base_id, document_id, segment_id)
            shown = await self._shown(DocumentRepository(session, asker.workspace_id), document, [row])
        return Changed(shown, document.doc_form)

    async def check_accepts(self, asker: Asker, base_id: str, document_id: str) -> None:
        """Raises Forbidden, and NotFound also for a document that takes no chunks from programs: not indexed, disabled
        or archived."""
        async with self._db.session() as session:
            _, row = await find_document(session, asker, base_id, document_id)
        if row.indexing_status != IndexingStatus.COMPLETED or not row.enabled or row.archived:
            raise NotFound("This document takes no chunks: it is not indexed yet, disabled or archived.")

    async def add(self, asker: Asker, base_id: str, document_id: str, wanted: Sequence[NewSegment]) -> Changed:
        """Chunks at the end of a document, indexed at once. One that cannot be indexed comes back with status error.

        Raises NotFound, Forbidden and InvalidParam.
        """
        if self._most and len(wanted) > self._most:
            raise InvalidParam(f"`segments` may hold at most {self._most} chunks.", param="segments")
        now = now_us()
        async with self._db.transaction(lock=f"chunks of {document_id}") as session:
            base, document = await find_document(session, asker, base_id, document_id)
            repository = DocumentRepository(session, asker.workspace_id)
            check_open(document)
            position = await repository.last_segment_position(document.id)
            rows: list[Segment] = []
            for number, each in enumerate(wanted):
                _check_content(document, each.content, each.answer, f"segments[{number}].")
                row = new_segment(document, position + number + 1, asker.account_id, now)
                set_content(row, each.content, each.answer if document.doc_form == DocForm.QA else None)
                row.keywords = _keywords(each.keywords)
                repository.add(row)
                rows.append(row)
            await repository.flush()
            if document.doc_form == DocForm.HIERARCHICAL:
                for row in rows:
                    for child in await self._children(repository, base, document, row):
                        repository.add(child)
            await repository.flush()
            await repository.count_again(document.id, now)
        ids = [row.id for row in rows]
        await self._ingest.index_segments(ids)
        return await self._again(asker, document, ids)

    async def change(
        self, asker: Asker, base_id: str, document_id: str, segment_id: str, change: SegmentChange
    ) -> Changed:
        """Edit a chunk, or switch it. Raises NotFound, Forbidden and InvalidParam."""
        now = now_us()
        indexed = removed = False
        gone: list[str] = []
        async with self._db.transaction(lock=f"chunks of {document_id}") as session:
            base, document, row = await find_segment(session, asker, base_id, document_id, segment_id)
            repository = DocumentRepository(session, asker.workspace_id)
            check_open(document)
            if change.summary is not None:
                check_summary(base, document, change.summary)
            if change.enabled is False:
                removed = row.enabled
                _switch(row, asker.account_id, now, on=False)
            else:
                if not row.enabled and change.enabled is not True:
                    raise InvalidParam("Can't update disabled segment: send `enabled` true with it.")
                content = row.content if change.content is None else change.content
                answer = row.answer if change.answer is None else change.answer
                _check_content(document, content, answer, "")
                changed = content != row.content or (document.doc_form == DocForm.QA and answer != row.answer)
                indexed = changed or not row.enabled or change.regenerate_child_chunks
                if change.keywords is not None:
                    indexed = indexed or _keywords(change.keywords) != row.keywords
                    row.keywords = _keywords(change.keywords)
                elif changed:
                    row.keywords = None
                if changed:
                    set_content(row, content, answer if document.doc_form == DocForm.QA else None)
                _switch(row, asker.account_id, now, on=True)
                if change.regenerate_child_chunks and document.doc_form == DocForm.HIERARCHICAL:
                    before = (await repository.children([row.id])).get(row.id, [])
                    gone = [child.index_node_id for child in before]
                    await repository.delete_children(row.id)
                    await repository.flush()
                    for child in await self._children(repository, base, document, row):
                        repository.add(child)
                if indexed:
                    row.status, row.indexing_at, row.completed_at, row.error = SegmentStatus.WAITING, None, None, None
                row.updated_by, row.updated_at = asker.account_id, now
            await repository.flush()
            await repository.count_again(document.id, now)
        if change.summary is not None and change.enabled is not False:
            await self._summaries.write(base, row, change.summary)
        if gone:
            await self._ingest.remove_nodes(base.workspace_id, base.id, gone)
        if indexed:
            await self._ingest.index_segments([row.id])
        elif removed:
            await self._ingest.remove_segments([row.id])
        return await self._again(asker, document, [row.id])

    async def switch(
        self, asker: Asker, base_id: str, document_id: str, segment_ids: Sequence[str], *, on: bool
    ) -> None:
        """Switch chunks on or off; those that are so already stay. Raises NotFound, Forbidden and InvalidParam."""
        wanted = list(dict.fromkeys(checked_id(each, "chunk") for each in segment_ids))
        if not wanted:
            raise InvalidParam("`segment_id` names no chunk.", param="segment_id")
        now = now_us()
        async with self._db.transaction(lock=f"chunks of {document_id}") as session:
            _, document = await find_document(session, asker, base_id, document_id)
            check_open(document)
            rows = await DocumentRepository(session, asker.workspace_id).segments(document.id, wanted)
            if len(rows) != len(wanted):
                raise NotFound("There is no such chunk in this document.")
            changed: list[str] = []
            for row in rows:
                if row.enabled == on:
                    continue
                if not on and row.status != SegmentStatus.COMPLETED:
                    raise InvalidParam("Only chunks that are indexed can be switched off.")
                _switch(row, asker.account_id, now, on=on)
                if on:
                    row.status, row.error = SegmentStatus.WAITING, None
                changed.append(row.id)
        if changed and on:
            await self._ingest.index_segments(changed)
        elif changed:
            await self._ingest.remove_segments(changed)

    async def delete(self, asker: Asker, base_id: str, document_id: str, segment_ids: Sequence[str]) -> None:
        """With their children. Raises NotFound, Forbidden and InvalidParam."""
        wanted = list(dict.fromkeys(checked_id(each, "chunk") for each in segment_ids))
        if not wanted:
            raise InvalidParam("`segment_id` names no chunk.", param="segment_id")
        async with self._db.session() as session:
            _, document = await find_document(session, asker, base_id, document_id)
            rows = await DocumentRepository(session, asker.workspace_id).segments(document.id, wanted)
        if len(rows) != len(wanted):
            raise NotFound("There is no such chunk in this document.")
        await self._ingest.remove_segments(wanted)
        async with self._db.transaction(lock=f"chunks of {document.id}") as session:
            repository = DocumentRepository(session, asker.workspace_id)
            await repository.delete_segments(document.id, wanted)
            await repository.count_again(document.id, now_us())

    async def _children(
        self, repository: DocumentRepository, base: KnowledgeBase, document: Document, row: Segment
    ) -> list[ChildChunk]:
        """The chunk cut into children as its document's rule says."""
        rule = await repository.rule(document.process_rule_id)
        texts = children_of(row.content, rule)
        return [new_child(row, number, text, "automatic", row.created_by) for number, text in enumerate(texts, 1)]

    async def _again(self, asker: Asker, document: Document, ids: Sequence[str]) -> Changed:
        async with self._db.session() as session:
            repository = DocumentRepository(session, asker.workspace_id)
            rows = await repository.segments(document.id, ids)
            return Changed(await self._shown(repository, document, rows), document.doc_form)

    async def _shown(
        self, repository: DocumentRepository, document: Document, rows: Sequence[Segment]
    ) -> list[SegmentShown]:
        children: dict[str, list[ChildChunk]] = {}
        if document.doc_form == DocForm.HIERARCHICAL:
            children = await repository.children(row.id for row in rows)
        summaries = await repository.summaries(row.id for row in rows)
        kept = [(document.id, row.content) for row in rows]
        texts = await self._uploads.completed(document.workspace_id, kept)
        pictures = await attachments_in(self._uploads, document.workspace_id, kept)
        parts = await signed_children(self._uploads, [child for row in rows for child in children.get(row.id, ())])
        return [
            segment_shown(
                row,
                [parts[child.id] for child in children.get(row.id, ())],
                signed=text,
                summary=_summary(summaries.get(row.id)),
                attachments=attachments,
            )
            for row, text, attachments in zip(rows, texts, pictures, strict=True)
        ]


def _summary(facet: Facet | None) -> str | None:
    return facet.content or None if facet is not None else None


def _switch(row: Segment, account_id: str | None, now: int, *, on: bool) -> None:
    row.enabled = on
    row.disabled_at, row.disabled_by = (None, None) if on else (now, account_id)
    row.updated_at, row.updated_by = now, account_id


def _check_content(document: Document, content: str, answer: str | None, at: str) -> None:
    """Raises InvalidParam."""
    if not content.strip():
        raise InvalidParam(f"`{at}content` must not be blank.", param=f"{at}content")
    if len(content) + len(answer or "") > MAX_CHARACTERS:
        raise InvalidParam(f"`{at}content` is longer than {MAX_CHARACTERS:,} characters.", param=f"{at}content")
    if document.doc_form == DocForm.QA and not (answer or "").strip():
        raise InvalidParam(f"`{at}answer` is required in a question-answer document.", param=f"{at}answer")


def _keywords(given: Sequence[str] | None) -> str | None:
    """Keywords as they are kept; an empty list lets them be found anew. Raises InvalidParam."""
    words = list(dict.fromkeys(word.strip() for word in given or () if word.strip()))
    if any(len(word) > MAX_KEYWORD for word in words):
        raise InvalidParam(f"A keyword is longer than {MAX_KEYWORD} characters.", param="keywords")
    return msgspec.json.encode(words).decode() if words else None
