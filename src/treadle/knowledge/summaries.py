"""Summaries of chunks as people ask for them, write them and take them away. Source: spec knowledge §23."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from treadle.knowledge.access import Asker
from treadle.knowledge.document_repository import DocumentRepository
from treadle.knowledge.finding import checked_id, find_base, find_document
from treadle.knowledge.ingest.service import IngestService
from treadle.knowledge.ingest.summaries import summary_row, write_facet
from treadle.knowledge.summary_settings import kept_summaries, kept_text, summarises
from treadle.knowledge.tables import (
    DocForm,
    Document,
    Facet,
    FacetKind,
    KnowledgeBase,
    Segment,
    SegmentStatus,
    SummaryStatus,
    Technique,
)
from treadle.platform.clock import now_us
from treadle.platform.db import Database
from treadle.platform.ids import new_id
from treadle.platform.refusals import InvalidParam, Refusal

LONGEST = 20_000
_AT_ONCE = 500


@dataclass(slots=True, kw_only=True)
class SummaryCounts:
    not_started: int = 0
    generating: int = 0
    completed: int = 0
    error: int = 0


@dataclass(slots=True, kw_only=True)
class ChunkSummary:
    """The summary of one chunk, or why it has none. `status` is not_started, generating, completed or error."""

    segment_id: str
    segment_position: int
    status: str
    summary_preview: str | None
    error: str | None
    created_at: int | None
    updated_at: int | None


@dataclass(slots=True, kw_only=True)
class SummaryProgress:
    """How far the summaries of a document are."""

    total_segments: int
    summary_status: SummaryCounts
    summaries: list[ChunkSummary] = field(default_factory=list[ChunkSummary])


class ChunkSummaries:
    """The summaries of all bases; every call says who asks, but for `write`, whose caller has looked."""

    def __init__(self, db: Database, ingest: IngestService) -> None:
        self._db = db
        self._ingest = ingest

    async def ask(self, asker: Asker, base_id: str, document_ids: Sequence[str], *, anew: bool = False) -> int:
        """Have documents (none named: all) summarised in the background; with `anew` also what has a summary, unless
        people wrote it. Gives how many documents wait. Raises NotFound, Forbidden, Refusal and InvalidParam."""
        wanted = [checked_id(each, "document") for each in document_ids]
        async with self._db.transaction() as session:
            base = await find_base(session, asker, base_id)
            _check_base(base)
            if not kept_summaries(base).enable:
                raise InvalidParam(
                    "Summaries are switched off for this knowledge base: set `summary_index_setting.enable` first.",
                    param="summary_index_setting.enable",
                )
            return await self._ingest.summarise(session, base, wanted or None, anew=anew)

    async def progress(self, asker: Asker, base_id: str, document_id: str) -> SummaryProgress:
        """How far the summaries of a document are. Raises NotFound and Forbidden."""
        async with self._db.session() as session:
            _, document = await find_document(session, asker, base_id, document_id)
            pairs = await DocumentRepository(session, asker.workspace_id).chunk_summaries(document.id)
        waiting = document.summary_status == SummaryStatus.WAITING
        rows = [_told(segment, facet, waiting=waiting) for segment, facet in pairs]
        counts = SummaryCounts()
        for row in rows:
            setattr(counts, row.status, getattr(counts, row.status) + 1)
        return SummaryProgress(total_segments=len(rows), summary_status=counts, summaries=rows)

    async def forget(self, asker: Asker, base_id: str) -> None:
        """Take all summaries of a base away and make no more. Raises NotFound, Forbidden, IndexUnavailableError."""
        asker.may_edit()
        async with self._db.transaction() as session:
            base = await find_base(session, asker, base_id)
            base.summary_index_setting = kept_text(base, enable=False)
            await DocumentRepository(session, asker.workspace_id).stop_summaries(base.id)
        while True:
            async with self._db.session() as session:
                ids = await DocumentRepository(session, asker.workspace_id).facet_ids(
                    base.id, FacetKind.SUMMARY, _AT_ONCE
                )
            if not ids:
                return
            await self._ingest.remove_nodes(base.workspace_id, base.id, ids)
            async with self._db.transaction() as session:
                await DocumentRepository(session, asker.workspace_id).delete_facets(ids)

    async def write(self, base: KnowledgeBase, row: Segment, given: str) -> None:
        """Give a chunk the summary that somebody wrote; an empty one takes it away, and the model makes another one
        where the base has that done. Raises InvokeError and IndexUnavailableError."""
        text = given.replace("\x00", "").strip()
        async with self._db.transaction(lock=f"chunks of {row.document_id}") as session:
            repository = DocumentRepository(session, row.workspace_id)
            old = (await repository.summaries([row.id])).get(row.id)
            if (old.content if old is not None else "") == text:
                return
            facet_id = new_id() if old is None else old.id
            if text:
                facet = summary_row(
                    workspace_id=row.workspace_id,
                    base_id=row.base_id,
                    document_id=row.document_id,
                    segment_id=row.id,
                    text=text,
                    facet_id=facet_id,
                    now=now_us(),
                )
                await write_facet(session, {**facet, "by_hand": True}, there=old is not None)
            else:
                await repository.delete_facets([facet_id])
            current = await session.get(KnowledgeBase, base.id)
            if current is not None and current.summary_index_setting is None:
                current.summary_index_setting = kept_text(current, enable=False)
            if not text and summarises(base):
                await self._ingest.summarise(session, base, [row.document_id])
        if text:
            await self._ingest.index_facets(base.workspace_id, base.id, [facet_id])
        else:
            await self._ingest.remove_nodes(base.workspace_id, base.id, [facet_id])


def check_summary(base: KnowledgeBase, document: Document, text: str) -> None:
    """Raises InvalidParam and Refusal for a summary that a chunk cannot have."""
    _check_base(base)
    if document.doc_form == DocForm.QA:
        raise InvalidParam("A question with its answer has no summary.", param="summary")
    if len(text) > LONGEST:
        raise InvalidParam(f"`summary` is longer than {LONGEST:,} characters.", param="summary")


def _check_base(base: KnowledgeBase) -> None:
    if base.indexing_technique != Technique.HIGH_QUALITY:
        raise Refusal(
            "Summaries are found by meaning: choose the high-quality technique for this knowledge base first.",
            code="high_quality_dataset_only",
        )


def _told(segment: Segment, facet: Facet | None, *, waiting: bool) -> ChunkSummary:
    current = facet is not None and (facet.by_hand or facet.source_hash == segment.index_node_hash)
    if facet is None or not current:
        status = "generating" if waiting else "not_started" if facet is None else facet.status
    else:
        status = "completed" if facet.status == SegmentStatus.COMPLETED else "error"
    return ChunkSummary(
        segment_id=segment.id,
        segment_position=segment.position,
        status=status,
        summary_preview=facet.content or None if facet is not None else None,
        error=facet.error if facet is not None else None,
        created_at=facet.created_at // 1_000_000 if facet is not None else None,
        updated_at=facet.updated_at // 1_000_000 if facet is not None else None,
    )
