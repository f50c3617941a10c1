"""Pipelines of knowledge bases: their sources, and running them (spec service-api §5, knowledge §23)."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from starlette.responses import StreamingResponse
from starlette.types import ASGIApp

from treadle.apps.running.frames import FrameEncoder
from treadle.engine.events import RunStatus
from treadle.knowledge.document_sources import origin_of
from treadle.knowledge.pipeline_orders import PipelineOrder, SourceType
from treadle.knowledge.source_credentials import CRAWLERS
from treadle.platform.clock import SECOND
from treadle.platform.refusals import InvalidParam, Refusal
from treadle.server.app_call import From
from treadle.server.event_stream import EventStream
from treadle.server.responses import json_response
from treadle.server.service_api.dataset_calls import DATASET, DatasetCall, dataset_route
from treadle.server.service_api.files import the_file

_LOOK_EVERY = 0.3
_BUILT_IN = "builtin"
_encode = msgspec.json.Encoder().encode


class SourcesQuery(msgspec.Struct):
    is_published: Literal["true", "false"] = "true"


class SourceRun(msgspec.Struct):
    """Looking into a source: which pages a web site has."""

    inputs: dict[str, Any]
    datasource_type: SourceType
    credential_id: str | None = None
    is_published: bool = True


async def upload_file(call: DatasetCall) -> ASGIApp:
    """POST /datasets/pipeline/file-upload."""
    part = the_file(call.form)
    row = await call.services.uploads.upload(
        origin_of(call.asker), name=part.filename or "", declared_type=part.content_type or "", data=await part.read()
    )
    return json_response(
        {
            "id": row.id,
            "name": row.name,
            "size": row.size,
            "extension": row.extension,
            "mime_type": row.mime_type,
            "created_by": row.created_by,
            "created_at": datetime.fromtimestamp(row.created_at / SECOND, UTC).isoformat(),
        },
        201,
    )


async def list_sources(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/pipeline/datasource-plugins."""
    published = call.query(SourcesQuery).is_published == "true"
    return json_response(await call.services.pipelines.sources(call.asker, call.dataset_id, published=published))


async def run_source(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/pipeline/datasource/nodes/{node_id}/run."""
    await call.knowledge.bases.read(call.asker, call.dataset_id)
    wanted = call.body(SourceRun)
    pipeline = await call.services.pipelines.of_base(call.asker, call.dataset_id, published=wanted.is_published)
    config = pipeline.source(call.path("node_id"))
    if config.provider_type != wanted.datasource_type:
        raise InvalidParam(f"This data source is of type {config.provider_type}.", param="datasource_type")
    provider = config.provider_name if config.provider_name in CRAWLERS else _BUILT_IN
    return StreamingResponse(
        _looked(call, wanted, provider), media_type="text/event-stream", headers={"Cache-Control": "no-cache"}
    )


async def run_pipeline(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/pipeline/run: documents begin to be made; of a draft, what they would be."""
    await call.knowledge.bases.read(call.asker, call.dataset_id)
    order = call.body(PipelineOrder)
    if order.is_published:
        added = await call.services.pipeline_runs.add(call.asker, call.dataset_id, order)
        return json_response(added.shown())
    run = await call.services.pipeline_runs.preview(call.asker, call.dataset_id, order)
    if order.response_mode == "streaming":
        return EventStream(run.feed, FrameEncoder(run.thread), on_close=run.release)
    finished = await run.finished()
    run.release()
    if finished.status is RunStatus.FAILED:
        raise Refusal(finished.error or "The pipeline failed.", code="pipeline_run_error", status=500)
    return json_response(run.workflow_answer(finished))


async def _looked(call: DatasetCall, wanted: SourceRun, provider: str) -> AsyncGenerator[bytes]:
    """What a source has, while it is looked into."""
    began = time.monotonic()
    if wanted.datasource_type != "website_crawl":
        yield _event("datasource_error", error=f"A source of type {wanted.datasource_type} has no pages to look at.")
        return
    options = {"limit": 10, **{name: value for name, value in wanted.inputs.items() if name != "url"}}
    crawls = call.knowledge.crawls
    try:
        job = await crawls.start(call.asker, provider, str(wanted.inputs.get("url") or ""), options)
        while (found := await crawls.status(call.asker, job)).status == "active":
            yield _event("datasource_processing", total=found.total, completed=found.current)
            await asyncio.sleep(_LOOK_EVERY)
    except Refusal as refusal:
        yield _event("datasource_error", error=refusal.message)
        return
    if found.status != "completed":
        yield _event("datasource_error", error=found.error or "The web site cannot be read.")
        return
    yield _event(
        "datasource_completed",
        data=[
            {
                "source_url": page["source_url"],
                "title": page["title"],
                "description": page["description"],
                "content": page["markdown"],
            }
            for page in found.data
        ],
        total=len(found.data),
        completed=len(found.data),
        time_consuming=round(time.monotonic() - began, 3),
    )


def _event(name: str, **members: Any) -> bytes:
    return b"data: " + _encode({"event": name, **members}) + b"\n\n"


ROUTES = [
    dataset_route("POST", "/datasets/pipeline/file-upload", upload_file, reads=From.FORM),
    dataset_route("GET", f"{DATASET}/pipeline/datasource-plugins", list_sources),
    dataset_route("POST", f"{DATASET}/pipeline/datasource/nodes/{{node_id}}/run", run_source, reads=From.JSON),
    dataset_route("POST", f"{DATASET}/pipeline/run", run_pipeline, reads=From.JSON),
]
"""The upload's path stands before those that name a base."""
