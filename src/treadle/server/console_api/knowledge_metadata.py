"""The console API: metadata of documents, and tags of knowledge bases (spec knowledge §13.2, §1.6)."""

from dataclasses import dataclass

from treadle.knowledge.metadata_values import BUILT_IN
from treadle.knowledge.requests import DocumentMetadata
from treadle.knowledge.shapes import FieldCount, FieldShown, TagShown
from treadle.knowledge.tags import TagCount
from treadle.server.console_api.access import MemberDep, ServicesDep, console_router
from treadle.server.console_api.knowledge_access import Done, asker_of

router = console_router("Knowledge metadata")

_FIELDS = "/datasets/{dataset_id}/metadata"


@dataclass(slots=True)
class Fields:
    doc_metadata: list[FieldCount]
    built_in_field_enabled: bool


@dataclass(slots=True)
class NewField:
    """`type` is string, number or time."""

    type: str
    name: str


@dataclass(slots=True)
class NewName:
    name: str


@dataclass(slots=True)
class BuiltInField:
    name: str
    type: str


@dataclass(slots=True)
class BuiltInFields:
    fields: list[BuiltInField]


@dataclass(slots=True)
class Operations:
    operation_data: list[DocumentMetadata]


@dataclass(slots=True)
class TagIds:
    tag_ids: list[str]


@dataclass(slots=True)
class TagList:
    data: list[TagShown]
    total: int


@router.get("/datasets/metadata/built-in")
async def list_built_in(services: ServicesDep, signed_in: MemberDep) -> BuiltInFields:
    """The fields that every knowledge base can have."""
    asker_of(signed_in).may_work()
    return BuiltInFields([BuiltInField(name, kind) for name, kind in BUILT_IN.items()])


@router.get("/datasets/tags")
async def list_tags(services: ServicesDep, signed_in: MemberDep, keyword: str = "") -> list[TagCount]:
    """The tags of knowledge bases, newest first."""
    return await services.knowledge.tags.all(asker_of(signed_in), keyword)


@router.post("/datasets/tags")
async def add_tag(body: NewName, services: ServicesDep, signed_in: MemberDep) -> TagCount:
    """Make a tag."""
    return await services.knowledge.tags.add(asker_of(signed_in), body.name)


@router.patch("/datasets/tags/{tag_id}")
async def rename_tag(tag_id: str, body: NewName, services: ServicesDep, signed_in: MemberDep) -> TagCount:
    """Rename a tag."""
    return await services.knowledge.tags.rename(asker_of(signed_in), tag_id, body.name)


@router.delete("/datasets/tags/{tag_id}", status_code=204)
async def delete_tag(tag_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Delete a tag."""
    await services.knowledge.tags.delete(asker_of(signed_in), tag_id)


@router.get("/datasets/{dataset_id}/tags")
async def list_tags_of(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> TagList:
    """The tags of a knowledge base."""
    found = await services.knowledge.tags.of_base(asker_of(signed_in), dataset_id)
    return TagList(found, len(found))


@router.post("/datasets/{dataset_id}/tags", status_code=204)
async def bind_tags(dataset_id: str, body: TagIds, services: ServicesDep, signed_in: MemberDep) -> None:
    """Mark a knowledge base with tags."""
    await services.knowledge.tags.bind(asker_of(signed_in), body.tag_ids, dataset_id)


@router.delete("/datasets/{dataset_id}/tags/{tag_id}", status_code=204)
async def unbind_tag(dataset_id: str, tag_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Take a tag from a knowledge base."""
    await services.knowledge.tags.unbind(asker_of(signed_in), [tag_id], dataset_id)


@router.get(_FIELDS)
async def list_fields(dataset_id: str, services: ServicesDep, signed_in: MemberDep) -> Fields:
    """The metadata fields of a knowledge base, with how many documents have each."""
    fields, built_in = await services.knowledge.metadata.fields(asker_of(signed_in), dataset_id)
    return Fields(fields, built_in)


@router.post(_FIELDS, status_code=201)
async def add_field(dataset_id: str, body: NewField, services: ServicesDep, signed_in: MemberDep) -> FieldShown:
    """Add a metadata field."""
    return await services.knowledge.metadata.add(asker_of(signed_in), dataset_id, body.type, body.name)


@router.post(f"{_FIELDS}/built-in/{{action}}")
async def switch_built_in(dataset_id: str, action: str, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Write the fields that every base can have into its documents, or take them out; enable or disable."""
    await services.knowledge.metadata.switch_built_in(asker_of(signed_in), dataset_id, action)
    return Done()


@router.patch(f"{_FIELDS}/{{metadata_id}}")
async def rename_field(
    dataset_id: str, metadata_id: str, body: NewName, services: ServicesDep, signed_in: MemberDep
) -> FieldShown:
    """Rename a metadata field; the values move with it."""
    return await services.knowledge.metadata.rename(asker_of(signed_in), dataset_id, metadata_id, body.name)


@router.delete(f"{_FIELDS}/{{metadata_id}}", status_code=204)
async def delete_field(dataset_id: str, metadata_id: str, services: ServicesDep, signed_in: MemberDep) -> None:
    """Delete a metadata field with its values."""
    await services.knowledge.metadata.delete(asker_of(signed_in), dataset_id, metadata_id)


@router.post("/datasets/{dataset_id}/documents/metadata")
async def set_values(dataset_id: str, body: Operations, services: ServicesDep, signed_in: MemberDep) -> Done:
    """Set the values of documents."""
    await services.knowledge.metadata.set_values(asker_of(signed_in), dataset_id, body.operation_data)
    return Done()
