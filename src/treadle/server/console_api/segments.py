"""The console API: chunks and their children (spec knowledge §16.2 to §16.5)."""

from dataclasses import dataclass

from fastapi import Request

from treadle.knowledge.chunk_tables import ImportState
from treadle.knowledge.document_repository import SegmentFilter
from treadle.knowledge.requests import ChildDraft, NewSegment, SegmentChange
from treadle.knowledge.segments import Changed
from treadle.knowledge.shapes import ChildPage, ChildShown, SegmentAnswer, SegmentPage
from treadle.platform.refusals import InvalidParam
from treadle.server.console_api.access import MemberDep, ServicesDep, body_of, console_router
from treadle.server.console_api.knowledge_access import FILE_FORM, LIMIT, PAGE, Done, Repeated, asker_of, sent_file

router = console_router("Segments")

_DOCUMENT = "/datasets/{dataset_id}/documents/{document_id}"
_ROOT = f"{_DOCUMENT}/segments"
_ONE = f"{_ROOT}/{{segment_id}}"
_CHILDREN = f"{_ONE}/child_chunks"


@dataclass(slots=True)
class ChildContent:
    content: str


@dataclass(slots=True)
class ChildList:
    """All children of a chunk, in their order."""

    chunks: list[ChildDraft]


@dataclass(slots=True)
class ChildAnswer:
    data: ChildShown


@dataclass(slots=True)
class ChildrenAnswer:
    data: list[ChildShown]


@dataclass(slots=True)
class UploadedTable:
    """A table that was uploaded before."""

    upload_file_id: str


@router.get("/datasets/batch_import_status/{job_id}")
async def read_import(job_id: str, services: ServicesDep, signed_in: MemberDep) -> ImportState:
    """How far a table of chunks is."""
    return await services.knowledge.tables.state(asker_of(signed_in), job_id)


@router.get(_ROOT)
async def list_segments(
    dataset_id: str,
    document_id: str,
    services: ServicesDep,
    signed_in: MemberDep,
    page: int = PAGE,
    limit: int = LIMIT,
    keyword: str = "",
    status: Repeated = (),
    hit_count_gte: int | None = None,
    enabled: str = "all",
) -> SegmentPage:
    """The chunks of a document by position; `enabled` is all, true or false."""
    if enabled.lower() not in ("all", "true", "false"):
        raise InvalidParam("`enabled` must be all, true or false.", param="enabled")
    wanted = SegmentFilter(
        keyword=keyword,
        statuses=tuple(status),
        hit_count_gte=hit_count_gte,
        enabled=None if enabled.lower() == "all" else enabled.lower() == "true",
    )
    return await services.knowledge.segments.page(
        asker_of(signed_in), dataset_id, document_id, wanted, page=page, limit=limit
    )


@router.post(f"{_DOCUMENT}/segment")
async def add_segment(
    dataset_id: str, document_id: str, body: NewSegment, services: ServicesDep, signed_in: MemberDep
) -> SegmentAnswer:
    """Add a chunk at the end; it is indexed at once."""
    return _one(await services.knowledge.segments.add(asker_of(signed_in), dataset_id, document_id, [body]))


@router.patch(f"{_DOCUMENT}/segment/{{action}}")
async def switch_segments(
    dataset_id: str,
    document_id: str,
    action: str,
    services: ServicesDep,
    signed_in: MemberDep,
    segment_id: Repeated = (),
) -> Done:
    """Switch chunks on or off; `action` is enable or disable."""
    if action not in ("enable", "disable"):
        raise InvalidParam(f"There is no action {action!r}; use enable or disable.", param="action")
    await services.knowledge.segments.switch(
        asker_of(signed_in), dataset_id, document_id, segment_id, on=action == "enable"
    )
    return Done()


@router.delete(_ROOT, status_code=204)
async def delete_segments(
    dataset_id: str,
    document_id: str,
    services: ServicesDep,
    signed_in: MemberDep,
    segment_id: Repeated = (),
) -> None:
    """Delete chunks with their children."""
    await services.knowledge.segments.delete(asker_of(signed_in), dataset_id, document_id, segment_id)


@router.post(f"{_ROOT}/batch_import", openapi_extra=FILE_FORM)
async def import_segments(
    dataset_id: str, document_id: str, request: Request, services: ServicesDep, signed_in: MemberDep
) -> ImportState:
    """Add a table of chunks in the background: a CSV file as a form, or the id of an uploaded one as JSON."""
    asker, tables = asker_of(signed_in), services.knowledge.tables
    if request.headers.get("content-type", "").startswith("application/json"):
        body = await body_of(request, services.settings.max_request_body)
        file_id = body.get("upload_file_id")
        if not isinstance(file_id, str):
            raise InvalidParam("`upload_file_id` is required.", param="upload_file_id")
        return await tables.add_file(asker, dataset_id, document_id, file_id)
    part = await sent_file(request, services.settings.max_upload_body)
    return await tables.add(asker, dataset_id, document_id, part.filename or "", await part.read())


@router.get(_ONE)
async def read_segment(
    dataset_id: str, document_id: str, segment_id: str, services: ServicesDep, signed_in: MemberDep
) -> SegmentAnswer:
    """A chunk."""
    return _one(await services.knowledge.segments.read(asker_of(signed_in), dataset_id, document_id, segment_id))


@router.patch(_ONE)
async def change_segment(
    dataset_id: str,
    document_id: str,
    segment_id: str,
    body: SegmentChange,
    services: ServicesDep,
    signed_in: MemberDep,
) -> SegmentAnswer:
    """Edit a chunk; it is indexed anew when it says something else."""
    return _one(
        await services.knowledge.segments.change(asker_of(signed_in), dataset_id, document_id, segment_id, body)
    )


@router.delete(_ONE, status_code=204)
async def delete_segment(
    dataset_id: str, document_id: str, segment_id: str, services: ServicesDep, signed_in: MemberDep
) -> None:
    """Delete a chunk with its children."""
    await services.knowledge.segments.delete(asker_of(signed_in), dataset_id, document_id, [segment_id])


@router.get(_CHILDREN)
async def list_children(
    dataset_id: str,
    document_id: str,
    segment_id: str,
    services: ServicesDep,
    signed_in: MemberDep,
    page: int = PAGE,
    limit: int = LIMIT,
    keyword: str = "",
) -> ChildPage:
    """The children of a chunk by position."""
    return await services.knowledge.children.page(
        asker_of(signed_in), dataset_id, document_id, segment_id, keyword=keyword, page=page, limit=limit
    )


@router.post(_CHILDREN)
async def add_child(
    dataset_id: str,
    document_id: str,
    segment_id: str,
    body: ChildContent,
    services: ServicesDep,
    signed_in: MemberDep,
) -> ChildAnswer:
    """Add a child at the end."""
    return ChildAnswer(
        await services.knowledge.children.add(asker_of(signed_in), dataset_id, document_id, segment_id, body.content)
    )


@router.patch(_CHILDREN)
async def replace_children(
    dataset_id: str,
    document_id: str,
    segment_id: str,
    body: ChildList,
    services: ServicesDep,
    signed_in: MemberDep,
) -> ChildrenAnswer:
    """Exactly these children: those left out are deleted, those without id are new."""
    return ChildrenAnswer(
        await services.knowledge.children.replace(asker_of(signed_in), dataset_id, document_id, segment_id, body.chunks)
    )


@router.patch(f"{_CHILDREN}/{{child_chunk_id}}")
async def change_child(
    dataset_id: str,
    document_id: str,
    segment_id: str,
    child_chunk_id: str,
    body: ChildContent,
    services: ServicesDep,
    signed_in: MemberDep,
) -> ChildAnswer:
    """Edit a child."""
    return ChildAnswer(
        await services.knowledge.children.change(
            asker_of(signed_in), dataset_id, document_id, segment_id, child_chunk_id, body.content
        )
    )


@router.delete(f"{_CHILDREN}/{{child_chunk_id}}", status_code=204)
async def delete_child(
    dataset_id: str,
    document_id: str,
    segment_id: str,
    child_chunk_id: str,
    services: ServicesDep,
    signed_in: MemberDep,
) -> None:
    """Delete a child."""
    await services.knowledge.children.delete(asker_of(signed_in), dataset_id, document_id, segment_id, child_chunk_id)


def _one(changed: Changed) -> SegmentAnswer:
    return SegmentAnswer(data=changed.segments[0], doc_form=changed.doc_form)
