"""Rows as the interfaces show them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from treadle.apps.tables import StoredFile
from treadle.knowledge.document_repository import Progress
from treadle.knowledge.ingest.jobs import shown_status
from treadle.knowledge.metadata_values import BUILT_IN, BUILT_IN_ID
from treadle.knowledge.shapes import (
    AttachmentShown,
    ChildShown,
    DocumentShown,
    FieldShown,
    FieldValue,
    ProgressShown,
    QueryShown,
    SegmentShown,
)
from treadle.knowledge.tables import (
    ChildChunk,
    Document,
    IndexingStatus,
    KnowledgeQuery,
    MetadataField,
    Segment,
    SourceType,
    SummaryStatus,
)
from treadle.platform.clock import SECOND

_SUMMARIES = {SummaryStatus.WAITING.value: "SUMMARIZING", SummaryStatus.ERROR.value: "ERROR"}
_decode = msgspec.json.Decoder().decode


def seconds(us: int) -> int:
    """Whole seconds since the epoch."""
    return us // SECOND


def maybe(us: int | None) -> int | None:
    """Whole seconds, or None."""
    return None if us is None else us // SECOND


def display_status(row: Document) -> str:
    """What people are told. Source: spec knowledge §2.2."""
    match row.indexing_status:
        case IndexingStatus.WAITING:
            return "paused" if row.is_paused else "queuing"
        case IndexingStatus.ERROR:
            return "error"
        case IndexingStatus.COMPLETED:
            return "archived" if row.archived else "available" if row.enabled else "disabled"
        case _:
            return "paused" if row.is_paused else "indexing"


def source_info(row: Document) -> dict[str, Any]:
    """Where a document came from, as it was kept."""
    found: dict[str, Any] = _decode(row.data_source_info)
    return found


def source_detail(row: Document, file: StoredFile | None) -> dict[str, Any]:
    """Where a document came from: of an upload, its file."""
    if row.data_source_type != SourceType.UPLOAD:
        return source_info(row)
    if file is None:
        return {}
    return {
        "upload_file": {
            "id": file.id,
            "name": file.name,
            "size": file.size,
            "extension": file.extension,
            "mime_type": file.mime_type,
            "created_by": file.created_by,
            "created_at": file.created_at / SECOND,
        }
    }


def metadata_of(row: Document, fields: Sequence[MetadataField], *, built_in: bool) -> list[FieldValue]:
    """The fields that a document has a value of."""
    values: dict[str, Any] = _decode(row.doc_metadata) if row.doc_metadata else {}
    found = [
        FieldValue(field.id, field.name, field.type, values[field.name]) for field in fields if field.name in values
    ]
    if built_in:
        found += [
            FieldValue(BUILT_IN_ID, name, kind, values[name]) for name, kind in BUILT_IN.items() if name in values
        ]
    return found


def field_shown(row: MetadataField) -> FieldShown:
    return FieldShown(row.id, row.name, row.type)


def document_shown(
    row: Document,
    file: StoredFile | None,
    fields: Sequence[MetadataField],
    *,
    built_in: bool,
    progress: Progress | None = None,
) -> DocumentShown:
    """A document in a list; `progress` where it is asked for."""
    return DocumentShown(**document_members(row, file, fields, built_in=built_in, progress=progress))


def document_members(
    row: Document,
    file: StoredFile | None,
    fields: Sequence[MetadataField],
    *,
    built_in: bool,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """What a list and a detail of a document share."""
    return {
        "id": row.id,
        "position": row.position,
        "data_source_type": row.data_source_type,
        "data_source_info": source_info(row),
        "data_source_detail_dict": source_detail(row, file),
        "dataset_process_rule_id": row.process_rule_id,
        "name": row.name,
        "created_from": row.created_from,
        "created_by": row.created_by,
        "created_at": seconds(row.created_at),
        "tokens": row.tokens,
        "indexing_status": row.indexing_status,
        "error": row.error,
        "enabled": row.enabled,
        "disabled_at": maybe(row.disabled_at),
        "disabled_by": row.disabled_by,
        "archived": row.archived,
        "display_status": display_status(row),
        "word_count": row.word_count,
        "hit_count": row.hit_count,
        "doc_form": row.doc_form,
        "doc_metadata": metadata_of(row, fields, built_in=built_in),
        "segment_count": row.segment_count,
        "notice": row.notice,
        "summary_index_status": _SUMMARIES.get(row.summary_status or ""),
        "need_summary": row.summary_status is not None,
        "completed_segments": progress.completed if progress else None,
        "total_segments": progress.total if progress else None,
    }


def progress_shown(row: Document, progress: Progress) -> ProgressShown:
    return ProgressShown(
        id=row.id,
        indexing_status=shown_status(row),
        processing_started_at=maybe(row.processing_started_at),
        parsing_completed_at=maybe(row.parsing_completed_at),
        cleaning_completed_at=maybe(row.cleaning_completed_at),
        splitting_completed_at=maybe(row.splitting_completed_at),
        completed_at=maybe(row.completed_at),
        paused_at=maybe(row.paused_at),
        error=row.error,
        stopped_at=maybe(row.stopped_at),
        completed_segments=progress.completed,
        total_segments=progress.total,
    )


def segment_shown(
    row: Segment,
    children: Sequence[ChildShown] = (),
    *,
    signed: str | None = None,
    summary: str | None = None,
    attachments: Sequence[AttachmentShown] = (),
) -> SegmentShown:
    """A chunk; `signed` is its content with links that open, `attachments` are the pictures in it."""
    keywords: list[str] | None = _decode(row.keywords) if row.keywords else None
    place: dict[str, Any] | None = _decode(row.place) if row.place else None
    return SegmentShown(
        id=row.id,
        position=row.position,
        document_id=row.document_id,
        content=row.content if signed is None else signed,
        sign_content=row.content if signed is None else signed,
        answer=row.answer,
        word_count=row.word_count,
        tokens=row.tokens,
        keywords=keywords,
        index_node_id=row.index_node_id,
        index_node_hash=row.index_node_hash,
        hit_count=row.hit_count,
        enabled=row.enabled,
        disabled_at=maybe(row.disabled_at),
        disabled_by=row.disabled_by,
        status=row.status,
        created_by=row.created_by,
        created_at=seconds(row.created_at),
        updated_at=seconds(row.updated_at),
        updated_by=row.updated_by,
        indexing_at=maybe(row.indexing_at),
        completed_at=maybe(row.completed_at),
        error=row.error,
        stopped_at=maybe(row.stopped_at),
        child_chunks=list(children),
        place=place,
        attachments=list(attachments),
        summary=summary,
    )


def attachment_shown(row: StoredFile, url: str | None) -> AttachmentShown:
    """A picture that stands in a chunk, with a link that opens."""
    return AttachmentShown(
        id=row.id,
        name=row.name,
        size=row.size,
        extension=f".{row.extension}" if row.extension else "",
        mime_type=row.mime_type,
        source_url=url or "",
    )


def child_shown(row: ChildChunk, signed: str | None = None) -> ChildShown:
    """A part of a chunk; `signed` is its content with links that open."""
    return ChildShown(
        id=row.id,
        segment_id=row.segment_id,
        content=row.content if signed is None else signed,
        position=row.position,
        word_count=row.word_count,
        type=row.type,
        created_at=seconds(row.created_at),
        updated_at=seconds(row.updated_at),
    )


def query_shown(row: KnowledgeQuery) -> QueryShown:
    return QueryShown(
        id=row.id,
        content=row.content,
        source=row.source,
        source_app_id=row.source_app_id,
        created_by_role=row.created_by_role,
        created_by=row.created_by,
        created_at=seconds(row.created_at),
    )
