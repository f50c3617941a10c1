"""Metadata fields and values, and tags (spec service-api §5.11, §5.12)."""

import msgspec
from starlette.responses import Response
from starlette.types import ASGIApp

from treadle.knowledge.metadata_values import BUILT_IN
from treadle.knowledge.requests import DocumentMetadata
from treadle.server.app_call import From
from treadle.server.responses import DONE, json_response
from treadle.server.service_api.dataset_calls import DATASET, DatasetCall, dataset_route

_FIELD = f"{DATASET}/metadata/{{metadata_id:uuid}}"


class NewField(msgspec.Struct):
    type: str
    name: str


class Name(msgspec.Struct):
    name: str


class Operations(msgspec.Struct):
    operation_data: list[DocumentMetadata]


class TagChange(msgspec.Struct):
    tag_id: str
    name: str


class TagChoice(msgspec.Struct):
    tag_id: str


class Binding(msgspec.Struct):
    tag_ids: list[str]
    target_id: str


class Unbinding(msgspec.Struct):
    target_id: str
    tag_id: str | None = None
    tag_ids: list[str] = []


async def list_fields(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/metadata."""
    fields, built_in = await call.knowledge.metadata.fields(call.asker, call.dataset_id)
    return json_response({"doc_metadata": fields, "built_in_field_enabled": built_in})


async def add_field(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/metadata."""
    wanted = call.body(NewField)
    return json_response(await call.knowledge.metadata.add(call.asker, call.dataset_id, wanted.type, wanted.name), 201)


async def rename_field(call: DatasetCall) -> ASGIApp:
    """PATCH /datasets/{dataset_id}/metadata/{metadata_id}."""
    name = call.body(Name).name
    return json_response(
        await call.knowledge.metadata.rename(call.asker, call.dataset_id, call.path("metadata_id"), name)
    )


async def delete_field(call: DatasetCall) -> ASGIApp:
    """DELETE /datasets/{dataset_id}/metadata/{metadata_id}."""
    await call.knowledge.metadata.delete(call.asker, call.dataset_id, call.path("metadata_id"))
    return Response(status_code=204)


async def built_in_fields(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/metadata/built-in."""
    await call.knowledge.bases.read(call.asker, call.dataset_id)
    return json_response({"fields": [{"name": name, "type": kind} for name, kind in BUILT_IN.items()]})


async def switch_built_in(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/metadata/built-in/{action}."""
    await call.knowledge.metadata.switch_built_in(call.asker, call.dataset_id, call.path("action"))
    return json_response(DONE)


async def set_values(call: DatasetCall) -> ASGIApp:
    """POST /datasets/{dataset_id}/documents/metadata."""
    operations = call.body(Operations).operation_data
    await call.knowledge.metadata.set_values(call.asker, call.dataset_id, operations)
    return json_response(DONE)


async def list_tags(call: DatasetCall) -> ASGIApp:
    """GET /datasets/tags."""
    return json_response(await call.knowledge.tags.all(call.asker))


async def add_tag(call: DatasetCall) -> ASGIApp:
    """POST /datasets/tags."""
    return json_response(await call.knowledge.tags.add(call.asker, call.body(Name).name))


async def rename_tag(call: DatasetCall) -> ASGIApp:
    """PATCH /datasets/tags."""
    wanted = call.body(TagChange)
    return json_response(await call.knowledge.tags.rename(call.asker, wanted.tag_id, wanted.name))


async def delete_tag(call: DatasetCall) -> ASGIApp:
    """DELETE /datasets/tags."""
    await call.knowledge.tags.delete(call.asker, call.body(TagChoice).tag_id)
    return Response(status_code=204)


async def bind_tags(call: DatasetCall) -> ASGIApp:
    """POST /datasets/tags/binding."""
    wanted = call.body(Binding)
    await call.knowledge.tags.bind(call.asker, wanted.tag_ids, wanted.target_id)
    return Response(status_code=204)


async def unbind_tags(call: DatasetCall) -> ASGIApp:
    """POST /datasets/tags/unbinding."""
    wanted = call.body(Unbinding)
    ids = [*wanted.tag_ids, *([wanted.tag_id] if wanted.tag_id else [])]
    await call.knowledge.tags.unbind(call.asker, ids, wanted.target_id)
    return Response(status_code=204)


async def tags_of_dataset(call: DatasetCall) -> ASGIApp:
    """GET /datasets/{dataset_id}/tags."""
    found = await call.knowledge.tags.of_base(call.asker, call.dataset_id)
    return json_response({"data": [{"id": tag.id, "name": tag.name} for tag in found], "total": len(found)})


ROUTES = [
    dataset_route("GET", "/datasets/tags", list_tags),
    dataset_route("POST", "/datasets/tags", add_tag, reads=From.JSON),
    dataset_route("PATCH", "/datasets/tags", rename_tag, reads=From.JSON),
    dataset_route("DELETE", "/datasets/tags", delete_tag, reads=From.JSON),
    dataset_route("POST", "/datasets/tags/binding", bind_tags, reads=From.JSON),
    dataset_route("POST", "/datasets/tags/unbinding", unbind_tags, reads=From.JSON),
    dataset_route("GET", f"{DATASET}/tags", tags_of_dataset),
    dataset_route("GET", f"{DATASET}/metadata", list_fields),
    dataset_route("POST", f"{DATASET}/metadata", add_field, reads=From.JSON),
    dataset_route("GET", f"{DATASET}/metadata/built-in", built_in_fields),
    dataset_route("POST", f"{DATASET}/metadata/built-in/{{action}}", switch_built_in),
    dataset_route("PATCH", _FIELD, rename_field, reads=From.JSON),
    dataset_route("DELETE", _FIELD, delete_field),
    dataset_route("POST", f"{DATASET}/documents/metadata", set_values, reads=From.JSON),
]
