"""Child chunks as people keep them up. Source: spec knowledge §16.3."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from treadle.apps.uploads import Uploads
from treadle.knowledge.access import Asker
from treadle.knowledge.chunk_rows import check_open, new_child, pages_of, set_child_content
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.finding import find_child, find_segment
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.requests import ChildDraft
from treadle.knowledge.shapes import AttachmentShown, ChildPage, ChildShown
from treadle.knowledge.tables import ChildChunk, DocForm, Document, KnowledgeBase, Segment, Technique
from treadle.knowledge.telling import attachment_shown, child_shown
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.refusals import InvalidParam, NotFound, Refusal
from treadle.platform.signed_links import unsigned

MAX_LIMIT = 100
CUSTOMIZED = "customized"


class Children:
    """The child chunks of all documents; every call says who asks."""

    def __init__(self, db: Database, uploads: Uploads, ingest: IngestService) -> None:
        self._db = db
        self._uploads = uploads
        self._ingest = ingest

    async def page(
        self,
        asker: Asker,
        base_id: str,
        document_id: str,
        segment_id: str,
        *,
        keyword: str = "",
        page: int = 1,
        limit: int = 20,
    ) -> ChildPage:
        """A page of at most 100, by position. Raises NotFound and Forbidden."""
        size = min(limit, MAX_LIMIT)
        async with self._db.session() as session:
            _, _, segment = await find_segment(session, asker, base_id, document_id, segment_id)
            rows, total = await DocumentRepository(session, asker.workspace_id).child_page(
                segment.id, keyword, offset=(page - 1) * size, limit=size
            )
        return ChildPage(
            data=await self._shown(rows),
            total=total,
            total_pages=pages_of(total, size),
            page=page,
            limit=limit,
        )

    async def add(self, asker: Asker, base_id: str, document_id: str, segment_id: str, content: str) -> ChildShown:
        """A child at the end, indexed at once. Raises NotFound, Forbidden and Refusal."""
        async with self._db.transaction(lock=f"chunks of {document_id}") as session:
            segment = await _parent(session, asker, base_id, document_id, segment_id)
            repository = DocumentRepository(session, asker.workspace_id)
            position = await repository.last_child_position(segment.id) + 1
            row = new_child(segment, position, _checked(content), CUSTOMIZED, asker.account_id)
            repository.add(row)
            segment.updated_at = now_us()
        await self._index(asker, segment, [row])
        return (await self._shown([row]))[0]

    async def change(
        self, asker: Asker, base_id: str, document_id: str, segment_id: str, child_id: str, content: str
    ) -> ChildShown:
        """Raises NotFound, Forbidden and Refusal."""
        text = _checked(content)
        async with self._db.transaction(lock=f"chunks of {document_id}") as session:
            await _parent(session, asker, base_id, document_id, segment_id)
            _, _, segment, row = await find_child(session, asker, base_id, document_id, segment_id, child_id)
            changed = _edit(row, text, asker)
        if changed:
            await self._index(asker, segment, [row])
        return (await self._shown([row]))[0]

    async def replace(
        self, asker: Asker, base_id: str, document_id: str, segment_id: str, drafts: Sequence[ChildDraft]
    ) -> list[ChildShown]:
        """Exactly these children, in their order: those left out go, those without id are new.

        Raises NotFound, Forbidden and Refusal.
        """
        async with self._db.transaction(lock=f"chunks of {document_id}") as session:
            segment = await _parent(session, asker, base_id, document_id, segment_id)
            repository = DocumentRepository(session, asker.workspace_id)
            there = {row.id: row for row in (await repository.children([segment.id])).get(segment.id, [])}
            rows: list[ChildChunk] = []
            changed: list[ChildChunk] = []
            for position, draft in enumerate(drafts, 1):
                text = _checked(draft.content)
                row = there.pop(draft.id, None) if draft.id else None
                if draft.id and row is None:
                    raise NotFound(f"There is no child chunk {draft.id}.")
                if row is None:
                    row = new_child(segment, position, text, CUSTOMIZED, asker.account_id)
                    repository.add(row)
                    changed.append(row)
                elif _edit(row, text, asker):
                    changed.append(row)
                row.position = position
                rows.append(row)
            if there:
                await repository.delete_children(segment.id, list(there))
        if there:
            await self._remove(asker, segment, list(there.values()))
        if changed:
            await self._index(asker, segment, changed)
        return await self._shown(rows)

    async def delete(self, asker: Asker, base_id: str, document_id: str, segment_id: str, child_id: str) -> None:
        """Raises NotFound, Forbidden and Refusal."""
        async with self._db.transaction(lock=f"chunks of {document_id}") as session:
            await _parent(session, asker, base_id, document_id, segment_id)
            _, _, segment, row = await find_child(session, asker, base_id, document_id, segment_id, child_id)
            await DocumentRepository(session, asker.workspace_id).delete_children(segment.id, [row.id])
        await self._remove(asker, segment, [row])

    async def _shown(self, rows: Sequence[ChildChunk]) -> list[ChildShown]:
        shown = await signed_children(self._uploads, rows)
        return [shown[row.id] for row in rows]

    async def _index(self, asker: Asker, segment: Segment, rows: Sequence[ChildChunk]) -> None:
        await self._ingest.index_segments([segment.id])
        async with self._db.session() as session:
            repository = DocumentRepository(session, asker.workspace_id)
            current = await repository.segment(segment.document_id, segment.id)
        if current is not None and current.error:
            raise Refusal(
                f"The child chunk is kept, but it cannot be found yet: {current.error}",
                code="invalid_param" if asker.by_key else "child_chunk_indexing_error",
                status=400 if asker.by_key else 500,
            )

    async def _remove(self, asker: Asker, segment: Segment, rows: Sequence[ChildChunk]) -> None:
        await self._ingest.remove_nodes(segment.workspace_id, segment.base_id, [row.index_node_id for row in rows])


async def signed_children(uploads: Uploads, rows: Sequence[ChildChunk]) -> dict[str, ChildShown]:
    """Children of one workspace by id, with links that open."""
    if not rows:
        return {}
    texts = await uploads.completed(rows[0].workspace_id, [(row.document_id, row.content) for row in rows])
    return {row.id: child_shown(row, text) for row, text in zip(rows, texts, strict=True)}


async def attachments_in(
    uploads: Uploads, workspace_id: str, texts: Sequence[tuple[str, str]]
) -> list[list[AttachmentShown]]:
    """The pictures in texts, each of which comes with its document."""
    return [
        [attachment_shown(row, uploads.descriptor(row).url) for row in rows]
        for rows in await uploads.pictures(workspace_id, texts)
    ]


async def _parent(session: AsyncSession, asker: Asker, base_id: str, document_id: str, segment_id: str) -> Segment:
    """The chunk whose children may be changed. Raises NotFound, Forbidden and Refusal."""
    base, document, segment = await find_segment(session, asker, base_id, document_id, segment_id)
    _check_parents(base, document)
    check_open(document)
    if not segment.enabled:
        raise InvalidParam("This chunk is disabled; enable it before its children are changed.")
    return segment


def _check_parents(base: KnowledgeBase, document: Document) -> None:
    if base.indexing_technique != Technique.HIGH_QUALITY or document.doc_form != DocForm.HIERARCHICAL:
        raise Refusal(
            "Only chunks of a high-quality knowledge base that is cut into parents and children have children.",
            code="high_quality_dataset_only",
        )


def _edit(row: ChildChunk, text: str, asker: Asker) -> bool:
    """Whether the child says something else now."""
    if row.content == unsigned(text.replace("\x00", "")):
        return False
    set_child_content(row, text)
    row.type = CUSTOMIZED
    row.updated_by, row.updated_at = asker.account_id, now_us()
    row.completed_at = row.error = None
    return True


def _checked(content: str) -> str:
    if not content.strip():
        raise InvalidParam("`content` must not be blank.", param="content")
    return content
