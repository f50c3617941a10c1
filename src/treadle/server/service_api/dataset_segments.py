"""Chunks and child chunks (spec service-api §5.8, §5.9)."""

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp

from treadle.knowledge.document_repository import SegmentFilter
from treadle.knowledge.requests import NewSegment, SegmentChange
from treadle.knowledge.segments import Changed
from treadle.platform.refusals import InvalidParam
from treadle.server.app_call import From
from treadle.server.arguments import convert
from treadle.server.responses import DONE, json_response
from treadle.server.service_api.dataset_calls import DOCUMENT, SEGMENT, DatasetCall, dataset_route, paging_of

_CHILD = f"{SEGMENT}/child_chunks/{{child_chunk_id:uuid}}"


class KeywordQuery(msgspec.Struct):
    keyword: str = ""


class NewSegments(msgspec.Struct):
    segments: list[NewSegment]


class ChangedSegment(msgspec.Struct):
    segment: dict[str, object]


class ChildContent(msgspec.Struct):
    content: str


async def add_segments(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/documents/{document_id}/segments."""
    await call.knowledge.segments.check_accepts(call.asker, call.dataset_id, call.document_id)
    wanted = call.body(NewSegments).segments
    if not wanted:
        raise InvalidParam("`segments` must hold at least one chunk.", param="segments")
    changed = await call.knowledge.segments.add(call.asker, call.dataset_id, call.document_id, wanted)
    return json_response({"data": changed.segments, "doc_form": changed.doc_form})


async def list_segments(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/documents/{document_id}/segments."""
    wanted, paging = call.query(KeywordQuery), paging_of(call)
    chosen = SegmentFilter(keyword=wanted.keyword, statuses=tuple(call.queries("status")))
    page = await call.knowledge.segments.page(
        call.asker, call.dataset_id, call.document_id, chosen, page=paging.page, limit=paging.limit
    )
    return json_response(page)


async def read_segment(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}."""
    return _one(await call.knowledge.segments.read(call.asker, call.dataset_id, call.document_id, call.segment_id))


async def change_segment(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}."""
    given = call.body(ChangedSegment).segment
    change = convert({name: value for name, value in given.items() if value is not None}, SegmentChange)
    if change.content is None and change.enabled is not False:
        raise InvalidParam(
            "`segment.content` is required; send it unchanged to change the rest.", param="segment.content"
        )
    return _one(
        await call.knowledge.segments.change(call.asker, call.dataset_id, call.document_id, call.segment_id, change)
    )


async def delete_segment(call: DatasetCall) -> ASGIApp:
    """DELETE /datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}."""
    await call.knowledge.segments.delete(call.asker, call.dataset_id, call.document_id, [call.segment_id])
    return Response(status_code=204) if call.services.settings.compat == "newest" else json_response(DONE)


async def add_child(call: DatasetCall) -> ASGIApp:
    """POST …/segments/{segment_id}/child_chunks."""
    child = await call.knowledge.children.add(
        call.asker, call.dataset_id, call.document_id, call.segment_id, call.body(ChildContent).content
    )
    return json_response({"data": child})


async def list_children(call: DatasetCall) -> ASGIApp:
    """GET …/segments/{segment_id}/child_chunks."""
    wanted, paging = call.query(KeywordQuery), paging_of(call)
    page = await call.knowledge.children.page(
        call.asker,
        call.dataset_id,
        call.document_id,
        call.segment_id,
        keyword=wanted.keyword,
        page=paging.page,
        limit=paging.limit,
    )
    return json_response(page)


async def change_child(call: DatasetCall) -> ASGIApp:
    """PATCH …/segments/{segment_id}/child_chunks/{child_chunk_id}."""
    child = await call.knowledge.children.change(
        call.asker,
        call.dataset_id,
        call.document_id,
        call.segment_id,
        call.path("child_chunk_id"),
        call.body(ChildContent).content,
    )
    return json_response({"data": child})


async def delete_child(call: DatasetCall) -> ASGIApp:
    """DELETE …/segments/{segment_id}/child_chunks/{child_chunk_id}."""
    await call.knowledge.children.delete(
        call.asker, call.dataset_id, call.document_id, call.segment_id, call.path("child_chunk_id")
    )
    return Response(status_code=204)


def _one(changed: Changed) -> ASGIApp:
    return json_response({"data": changed.segments[0], "doc_form": changed.doc_form})


ROUTES = [
    dataset_route("POST", f"{DOCUMENT}/segments", add_segments, reads=From.JSON),
    dataset_route("GET", f"{DOCUMENT}/segments", list_segments),
    dataset_route("GET", SEGMENT, read_segment),
    dataset_route("POST", SEGMENT, change_segment, reads=From.JSON),
    dataset_route("DELETE", SEGMENT, delete_segment),
    dataset_route("POST", f"{SEGMENT}/child_chunks", add_child, reads=From.JSON),
    dataset_route("GET", f"{SEGMENT}/child_chunks", list_children),
    dataset_route("PATCH", _CHILD, change_child, reads=From.JSON),
    dataset_route("DELETE", _CHILD, delete_child),
]
