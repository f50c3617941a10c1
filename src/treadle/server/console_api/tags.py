"""The console API: tags of apps. Source: spec console §4.4."""

from typing import Literal

from fastapi import Query
from pydantic import BaseModel, Field

from treadle.apps.tags import MAX_NAME, CountedTag
from treadle.server.console_api.access import EditorDep, MemberDep, ServicesDep, console_router

router = console_router("Tags")

Kind = Literal["app"]


class AppTag(BaseModel):
    """A tag, and how many apps have it."""

    id: str
    name: str
    type: Kind
    binding_count: int


class NewTag(BaseModel):
    type: Kind = "app"
    name: str = Field(min_length=1, max_length=MAX_NAME)


class TagName(BaseModel):
    name: str = Field(min_length=1, max_length=MAX_NAME)


class Binding(BaseModel):
    """Tags to put on an app, or to take from it."""

    type: Kind = "app"
    tag_ids: list[str] = Field(min_length=1, max_length=100)
    target_id: str


@router.get("/tags")
async def list_tags(
    services: ServicesDep,
    signed_in: MemberDep,
    type: Kind = "app",
    keyword: str = Query("", description="Part of the name, whatever its case."),
) -> list[AppTag]:
    """The tags of the workspace, newest first."""
    return [_shown(tag) for tag in await services.tags.all(signed_in.workspace_id, type, keyword)]


@router.post("/tags", status_code=201)
async def create_tag(body: NewTag, services: ServicesDep, signed_in: EditorDep) -> AppTag:
    """Add a tag; its name must be free."""
    tag = await services.tags.add(signed_in.workspace_id, body.type, body.name, account_id=signed_in.account_id)
    return _shown(tag)


@router.patch("/tags/{tag_id}")
async def rename_tag(tag_id: str, body: TagName, services: ServicesDep, signed_in: EditorDep) -> AppTag:
    """Rename a tag wherever it is."""
    return _shown(await services.tags.rename(signed_in.workspace_id, "app", tag_id, body.name))


@router.delete("/tags/{tag_id}", status_code=204)
async def delete_tag(tag_id: str, services: ServicesDep, signed_in: EditorDep) -> None:
    """Delete a tag; what it marked stays."""
    await services.tags.delete(signed_in.workspace_id, "app", tag_id)


@router.post("/tag-bindings/create", status_code=204)
async def bind_tags(body: Binding, services: ServicesDep, signed_in: EditorDep) -> None:
    """Put tags on an app."""
    await services.apps.of_workspace(signed_in.workspace_id, body.target_id)
    await services.tags.bind(signed_in.workspace_id, body.type, body.tag_ids, body.target_id)


@router.post("/tag-bindings/remove", status_code=204)
async def unbind_tags(body: Binding, services: ServicesDep, signed_in: EditorDep) -> None:
    """Take tags from an app."""
    await services.apps.of_workspace(signed_in.workspace_id, body.target_id)
    await services.tags.unbind(signed_in.workspace_id, body.tag_ids, body.target_id)


def _shown(tag: CountedTag) -> AppTag:
    return AppTag(id=tag.id, name=tag.name, type="app", binding_count=tag.binding_count)
