"""The console API: the apps of a workspace."""

from collections.abc import Mapping, Sequence
from typing import Literal

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field, JsonValue

from treadle.accounts.tables import ApiKey, KeyType
from treadle.apps.editing.imports import Looks
from treadle.apps.repository import AppFilter, AppOrder, AppWithSite
from treadle.apps.tables import App, Site, Tag
from treadle.apps.tool_secrets import masked
from treadle.dsl import AppMode
from treadle.platform.refusals import InvalidParam, NotFound
from treadle.server.console_api.access import (
    AdministratorDep,
    AppUserDep,
    EditorDep,
    ServicesDep,
    anyone,
    app_user,
    console_router,
)
from treadle.server.file_responses import file_response
from treadle.server.services import Services

router = console_router("Apps")

_NAME_SEARCHED = 30

IconType = Literal["emoji", "image", "link"]


class TagRef(BaseModel):
    """A tag of an app."""

    id: str
    name: str


class AppEntry(BaseModel):
    """An app in a list. Times are seconds since the epoch."""

    id: str
    name: str
    mode: AppMode
    icon_type: str
    icon: str
    icon_background: str | None
    description: str
    published: bool
    site_code: str | None
    site_enabled: bool
    is_template: bool
    tags: list[TagRef]
    created_by: str | None = Field(description="The name of who made it.")
    created_at: float
    updated_at: float


class AppList(BaseModel):
    """One page of apps."""

    data: list[AppEntry]
    total: int
    page: int
    limit: int
    has_more: bool


class AppLooks(BaseModel):
    """How an app is to look; what is empty or left out takes a default, or stays."""

    name: str = Field("", max_length=255)
    description: str = Field("", max_length=4000)
    icon_type: IconType | Literal[""] = ""
    icon: str = Field("", max_length=255)
    icon_background: str = Field("", max_length=32)

    def looks(self) -> Looks:
        return Looks(
            name=self.name.strip(),
            description=self.description,
            icon_type=self.icon_type,
            icon=self.icon,
            icon_background=self.icon_background,
        )


class NewApp(AppLooks):
    """An app that begins with something small."""

    mode: AppMode
    name: str = Field(min_length=1, max_length=255)


class AppChange(BaseModel):
    """What is to change about an app; what is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=255)
    description: str | None = Field(None, max_length=4000)
    icon_type: IconType | None = None
    icon: str | None = Field(None, min_length=1, max_length=255)
    icon_background: str | None = Field(None, max_length=32)
    use_icon_as_answer_icon: bool | None = None
    max_active_requests: int | None = Field(None, ge=0, le=1_000_000)
    is_template: bool | None = Field(None, description="Whether the catalogue of the workspace offers the app.")


class SiteShown(BaseModel):
    """The published page of an app."""

    code: str
    url: str
    title: str
    description: str
    default_language: str


class AppDetail(BaseModel):
    """An app whole. `configuration` is that of an app without a canvas, `draft_hash` what a save must name."""

    id: str
    name: str
    mode: AppMode
    description: str
    icon_type: str
    icon: str
    icon_background: str | None
    use_icon_as_answer_icon: bool
    enable_site: bool
    enable_api: bool
    max_active_requests: int | None
    is_template: bool
    published_version_id: str | None
    site: SiteShown | None
    api_base_url: str
    configuration: dict[str, JsonValue] | None
    draft_hash: str
    created_by: str | None
    created_at: float
    updated_at: float


class SiteSwitch(BaseModel):
    enable_site: bool


class ApiSwitch(BaseModel):
    enable_api: bool


class ExportedApp(BaseModel):
    """`data` is the app file's text."""

    data: str


class KeyShown(BaseModel):
    """An API key. `token` is the whole key, known when it is made and never again."""

    id: str
    name: str
    token: str | None = None
    last_characters: str
    created_at: float
    last_used_at: float | None


class KeyName(BaseModel):
    """What a key is called, to find its calls in the log."""

    name: str = Field("", max_length=255)


class KeyList(BaseModel):
    data: list[KeyShown]


@router.get("/apps", dependencies=[Depends(anyone)])
async def list_apps(
    request: Request,
    services: ServicesDep,
    name: str = Query("", description="Part of the name, whatever its case; 30 letters of it count."),
    mode: list[AppMode] = Query([], description="One or several modes."),  # noqa: B008
    tag_ids: list[str] = Query([], description="Tags; apps that have any of them are wanted."),  # noqa: B008
    is_created_by_me: bool = False,
    order: AppOrder = "changed",
    page: int = Query(1, ge=1, le=100_000),
    limit: int = Query(100, ge=1, le=100),
) -> AppList:
    """The apps of the workspace in an order; before set-up, the examples, for whoever is at the machine."""
    account_id = None
    if await services.accounts.set_up():
        signed_in = await app_user(request, services)
        workspace_id, account_id = signed_in.workspace_id, signed_in.account_id
    else:
        workspace_id = (await services.accounts.only_workspace()).id
    wanted = AppFilter(
        name=name[:_NAME_SEARCHED],
        modes=tuple(mode),
        tag_ids=tuple(tag_ids),
        created_by=account_id if is_created_by_me else None,
        order=order,
    )
    found, total = await services.apps.page(workspace_id, wanted, page=page, limit=limit)
    tags = await services.tags.of(workspace_id, "app", [entry.app.id for entry in found])
    return AppList(
        data=[_entry(entry, tags.get(entry.app.id, [])) for entry in found],
        total=total,
        page=page,
        limit=limit,
        has_more=page * limit < total,
    )


@router.post("/apps", status_code=201)
async def create_app(body: NewApp, services: ServicesDep, signed_in: EditorDep) -> AppDetail:
    """Create an app with something small in it."""
    await services.icons.check(signed_in.workspace_id, body.icon_type, body.icon)
    app = await services.editing.making.blank(
        signed_in.workspace_id, body.mode, body.looks(), account_id=signed_in.account_id
    )
    return await _detail(services, app)


@router.get("/apps/{app_id}")
async def read_app(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> AppDetail:
    """One app."""
    return await _detail(services, await services.apps.of_workspace(signed_in.workspace_id, app_id))


@router.put("/apps/{app_id}")
async def change_app(app_id: str, body: AppChange, services: ServicesDep, signed_in: EditorDep) -> AppDetail:
    """Change the name, the looks or the limits of an app, or whether it is offered as a template."""
    changes = body.model_dump(exclude_unset=True)
    if nothing := [name for name, value in changes.items() if value is None and name != "max_active_requests"]:
        raise InvalidParam(f"`{nothing[0]}` must have a value.", param=nothing[0])
    if body.icon_type is not None or body.icon is not None:
        app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
        await services.icons.check(signed_in.workspace_id, body.icon_type or app.icon_type, body.icon or app.icon)
    return await _changed(services, signed_in.workspace_id, app_id, changes, signed_in.account_id)


@router.delete("/apps/{app_id}", status_code=204)
async def delete_app(app_id: str, services: ServicesDep, signed_in: EditorDep) -> None:
    """Delete an app with everything that belongs to it."""
    await services.apps.delete(signed_in.workspace_id, app_id)


@router.post("/apps/{app_id}/copy", status_code=201)
async def copy_app(app_id: str, body: AppLooks, services: ServicesDep, signed_in: EditorDep) -> AppDetail:
    """Create a new app from the draft of this one, secrets included."""
    await services.icons.check(signed_in.workspace_id, body.icon_type, body.icon)
    app = await services.editing.making.copy(
        signed_in.workspace_id, app_id, body.looks(), account_id=signed_in.account_id
    )
    return await _detail(services, app)


@router.get("/apps/{app_id}/icon", response_class=Response, responses={200: {"content": {"image/*": {"schema": {}}}}})
async def read_icon(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> Response:
    """The picture of an app whose `icon_type` is `image`; browsers keep it, so name the `icon` in the query."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    row, data = await services.icons.picture(app.workspace_id, app.icon_type, app.icon)
    return file_response(row, data, download=False, cache="private, max-age=86400")


@router.get("/apps/{app_id}/export")
async def export_app(
    app_id: str,
    services: ServicesDep,
    signed_in: EditorDep,
    include_secret: bool = False,
    workflow_id: str | None = Query(None, description="A version; the draft when left out."),
) -> ExportedApp:
    """The app file."""
    text = await services.apps.export(
        signed_in.workspace_id, app_id, include_secrets=include_secret, version_id=workflow_id or None
    )
    return ExportedApp(data=text)


@router.post("/apps/{app_id}/site-enable")
async def switch_site(app_id: str, body: SiteSwitch, services: ServicesDep, signed_in: EditorDep) -> AppDetail:
    """Switch the published page on or off."""
    changes = {"enable_site": body.enable_site}
    return await _changed(services, signed_in.workspace_id, app_id, changes, signed_in.account_id)


@router.post("/apps/{app_id}/api-enable")
async def switch_api(app_id: str, body: ApiSwitch, services: ServicesDep, signed_in: AdministratorDep) -> AppDetail:
    """Switch the API of an app on or off."""
    changes = {"enable_api": body.enable_api}
    return await _changed(services, signed_in.workspace_id, app_id, changes, signed_in.account_id)


@router.get("/apps/{app_id}/api-keys")
async def list_keys(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> KeyList:
    """The keys of an app, oldest first, without their tokens."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    keys = await services.keys.list_keys(signed_in.workspace_id, KeyType.APP, app_id)
    return KeyList(data=[_key(key) for key in keys])


@router.post("/apps/{app_id}/api-keys", status_code=201)
async def create_key(app_id: str, services: ServicesDep, signed_in: EditorDep, body: KeyName | None = None) -> KeyShown:
    """A new key; its token is shown this once."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    made = await services.keys.create(
        signed_in.workspace_id,
        KeyType.APP,
        app_id=app_id,
        account_id=signed_in.account_id,
        name=body.name.strip() if body else "",
    )
    keys = await services.keys.list_keys(signed_in.workspace_id, KeyType.APP, app_id)
    row = next((key for key in keys if key.id == made.id), None)
    if row is None:
        raise NotFound("The key is gone already.")
    return _key(row).model_copy(update={"token": made.token})


@router.patch("/apps/{app_id}/api-keys/{key_id}")
async def rename_key(app_id: str, key_id: str, body: KeyName, services: ServicesDep, signed_in: EditorDep) -> KeyShown:
    """Call a key by another name."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    keys = await services.keys.list_keys(signed_in.workspace_id, KeyType.APP, app_id)
    row = next((key for key in keys if key.id == key_id), None)
    if row is None:
        raise NotFound("There is no such key.")
    name = body.name.strip()
    await services.keys.rename(signed_in.workspace_id, key_id, name)
    return _key(row).model_copy(update={"name": name})


@router.delete("/apps/{app_id}/api-keys/{key_id}", status_code=204)
async def delete_key(app_id: str, key_id: str, services: ServicesDep, signed_in: AdministratorDep) -> None:
    """Revoke a key."""
    await services.apps.of_workspace(signed_in.workspace_id, app_id)
    keys = await services.keys.list_keys(signed_in.workspace_id, KeyType.APP, app_id)
    if not any(key.id == key_id for key in keys):
        raise NotFound("There is no such key.")
    await services.keys.revoke(signed_in.workspace_id, key_id)


async def _changed(
    services: Services, workspace_id: str, app_id: str, changes: Mapping[str, str | bool | int | None], account_id: str
) -> AppDetail:
    app = await services.editing.making.change(workspace_id, app_id, changes, account_id=account_id)
    return await _detail(services, app)


async def _detail(services: Services, app: App) -> AppDetail:
    site = await services.apps.site(app.id)
    draft = await services.editing.drafts.read(app.workspace_id, app.id)
    config = draft.definition.model_config
    return AppDetail(
        id=app.id,
        name=app.name,
        mode=AppMode(app.mode),
        description=app.description,
        icon_type=app.icon_type,
        icon=app.icon,
        icon_background=app.icon_background,
        use_icon_as_answer_icon=app.use_icon_as_answer_icon,
        enable_site=app.enable_site,
        enable_api=app.enable_api,
        max_active_requests=app.max_active_requests,
        is_template=app.is_template,
        published_version_id=app.published_version_id,
        site=_site(services, app, site),
        api_base_url=f"{services.links.base}/v1",
        configuration=masked(config.as_map()) if config else None,
        draft_hash=draft.row.hash,
        created_by=await services.accounts.name_of(app.created_by),
        created_at=app.created_at / 1e6,
        updated_at=app.updated_at / 1e6,
    )


def _site(services: Services, app: App, site: Site | None) -> SiteShown | None:
    if site is None:
        return None
    return SiteShown(
        code=site.code,
        url=services.links.page(app.mode, site.code),
        title=site.title,
        description=site.description,
        default_language=site.default_language,
    )


def _entry(entry: AppWithSite, tags: Sequence[Tag]) -> AppEntry:
    published = entry.app.published_version_id is not None
    return AppEntry(
        id=entry.app.id,
        name=entry.app.name,
        mode=AppMode(entry.app.mode),
        icon_type=entry.app.icon_type,
        icon=entry.app.icon,
        icon_background=entry.app.icon_background,
        description=entry.app.description,
        published=published,
        site_code=entry.site.code if entry.site else None,
        site_enabled=entry.app.enable_site and published,
        is_template=entry.app.is_template,
        tags=[TagRef(id=tag.id, name=tag.name) for tag in tags],
        created_by=entry.author,
        created_at=entry.app.created_at / 1e6,
        updated_at=entry.app.updated_at / 1e6,
    )


def _key(key: ApiKey) -> KeyShown:
    return KeyShown(
        id=key.id,
        name=key.name,
        last_characters=key.last_characters,
        created_at=key.created_at / 1e6,
        last_used_at=key.last_used_at / 1e6 if key.last_used_at else None,
    )
