"""The console API: publishing, and what has been published."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field, JsonValue

from treadle.apps.definition import Definition
from treadle.apps.editing.versions import Version
from treadle.apps.tool_secrets import masked
from treadle.server.console_api.access import AppUserDep, EditorDep, ServicesDep, console_router
from treadle.server.console_api.answers import Author, Done, author_of
from treadle.server.console_api.workflows import DraftSaved, VariableShown, variable_shown

router = console_router("Versions")

MarkedName = Annotated[str, Field(max_length=20)]
MarkedComment = Annotated[str, Field(max_length=100)]


class Publishing(BaseModel):
    """A name and notes for the version."""

    marked_name: MarkedName = ""
    marked_comment: MarkedComment = ""


class Published(BaseModel):
    """The version that runs from now on."""

    result: Literal["success"] = "success"
    id: str
    version: str
    created_at: float


class VersionEntry(BaseModel):
    """A version in a list. `current` is the one that runs."""

    id: str
    version: str
    marked_name: str
    marked_comment: str
    current: bool
    created_by: Author | None
    created_at: float


class VersionList(BaseModel):
    items: list[VersionEntry]
    page: int
    limit: int
    total: int
    has_more: bool


class VersionShown(VersionEntry):
    """A version whole; of an app without a canvas its `configuration`, of another one all the rest."""

    hash: str
    graph: dict[str, JsonValue] | None
    features: dict[str, JsonValue] | None
    environment_variables: list[VariableShown]
    conversation_variables: list[VariableShown]
    configuration: dict[str, JsonValue] | None


class VersionChange(BaseModel):
    """What is left out stays."""

    marked_name: MarkedName | None = None
    marked_comment: MarkedComment | None = None


class Restoring(BaseModel):
    """`hash` is that of the draft which is to be replaced."""

    hash: str


@router.post("/apps/{app_id}/workflows/publish")
async def publish(
    app_id: str, services: ServicesDep, signed_in: EditorDep, body: Publishing | None = None
) -> Published:
    """Make a copy of the draft the version that runs, unless its checklist has errors."""
    marks = body or Publishing()
    await services.editing.check.pass_or_refuse(signed_in.workspace_id, app_id)
    version = await services.apps.publish(
        signed_in.workspace_id,
        app_id,
        account_id=signed_in.account_id,
        name=marks.marked_name,
        comment=marks.marked_comment,
    )
    return Published(id=version.id, version=version.version, created_at=version.created_at / 1e6)


@router.get("/apps/{app_id}/workflows/publish")
async def read_published(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> VersionShown | None:
    """The version that runs; null when nothing is published."""
    found = await services.editing.versions.current(signed_in.workspace_id, app_id)
    return None if found is None else _whole(*found)


@router.get("/apps/{app_id}/workflows")
async def list_versions(
    app_id: str,
    services: ServicesDep,
    signed_in: AppUserDep,
    page: Annotated[int, Query(ge=1, le=99_999)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
    user_id: str | None = None,
    named_only: bool = False,
) -> VersionList:
    """Published versions, newest first; of one member, or those with a name, if asked."""
    found, total = await services.editing.versions.page(
        signed_in.workspace_id, app_id, page=page, limit=limit, account_id=user_id or None, named_only=named_only
    )
    return VersionList(
        items=[_entry(version) for version in found],
        page=page,
        limit=limit,
        total=total,
        has_more=page * limit < total,
    )


@router.get("/apps/{app_id}/workflows/{workflow_id}")
async def read_version(app_id: str, workflow_id: str, services: ServicesDep, signed_in: AppUserDep) -> VersionShown:
    """One published version."""
    return _whole(*await services.editing.versions.read(signed_in.workspace_id, app_id, workflow_id))


@router.patch("/apps/{app_id}/workflows/{workflow_id}")
async def describe_version(
    app_id: str, workflow_id: str, body: VersionChange, services: ServicesDep, signed_in: EditorDep
) -> VersionShown:
    """Change the name or the notes of a version."""
    versions = services.editing.versions
    await versions.describe(
        signed_in.workspace_id, app_id, workflow_id, name=body.marked_name, comment=body.marked_comment
    )
    return _whole(*await versions.read(signed_in.workspace_id, app_id, workflow_id))


@router.post("/apps/{app_id}/workflows/{workflow_id}/restore")
async def restore_version(
    app_id: str, workflow_id: str, body: Restoring, services: ServicesDep, signed_in: EditorDep
) -> DraftSaved:
    """Make the draft what this version is, unless somebody has saved the draft since."""
    draft = await services.editing.drafts.restore(
        signed_in.workspace_id, app_id, workflow_id, known_hash=body.hash, account_id=signed_in.account_id
    )
    return DraftSaved(hash=draft.row.hash, variables_hash=draft.variables_hash, updated_at=draft.row.updated_at / 1e6)


@router.delete("/apps/{app_id}/workflows/{workflow_id}")
async def delete_version(app_id: str, workflow_id: str, services: ServicesDep, signed_in: EditorDep) -> Done:
    """Delete a version that is not in use."""
    await services.editing.versions.delete(signed_in.workspace_id, app_id, workflow_id)
    return Done()


def _entry(version: Version) -> VersionEntry:
    row = version.row
    return VersionEntry(
        id=row.id,
        version=row.version,
        marked_name=row.marked_name,
        marked_comment=row.marked_comment,
        current=version.current,
        created_by=author_of(version.author),
        created_at=row.created_at / 1e6,
    )


def _whole(version: Version, definition: Definition) -> VersionShown:
    workflow, config = definition.workflow, definition.model_config
    return VersionShown(
        **_entry(version).model_dump(),
        hash=version.row.hash,
        graph=masked(workflow.graph) if workflow else None,
        features=workflow.features if workflow else None,
        environment_variables=[variable_shown(each) for each in workflow.environment_variables] if workflow else [],
        conversation_variables=[variable_shown(each) for each in workflow.conversation_variables] if workflow else [],
        configuration=masked(config.as_map()) if config else None,
    )
