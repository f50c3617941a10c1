"""The console API: the published page of an app, as its builders set it up (spec console §12.1, §12.2)."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import Query, Response
from pydantic import AfterValidator, BaseModel, Field

from treadle.apps.sites import SiteValue
from treadle.apps.tables import App, Site
from treadle.platform.refusals import InvalidParam
from treadle.server.console_api.access import AdministratorDep, AppUserDep, EditorDep, ServicesDep, console_router
from treadle.server.file_responses import file_response
from treadle.server.services import Services
from treadle.settings import ORIGIN

router = console_router("Published pages")

Language = Literal["en-US", "zh-Hans", "ja-JP"]

_MAY_BE_NOTHING = {"icon_background", "chat_color_theme", "copyright", "privacy_policy", "input_placeholder"}


def _colour(value: str) -> str:
    if value and not re.fullmatch("#[0-9a-fA-F]{6}", value):
        raise ValueError("must be a colour such as #155EEF")
    return value


def _web_address(value: str) -> str:
    if not value:
        return value
    try:
        parts = urlsplit(value)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
        raise ValueError("must be an address that begins with http:// or https://")
    return value


def _origin(value: str) -> str:
    if not ORIGIN.fullmatch(value):
        raise ValueError("must be an origin such as https://example.com, without a path, or *")
    return value


Colour = Annotated[str, AfterValidator(_colour)]
WebAddress = Annotated[str, AfterValidator(str.strip), AfterValidator(_web_address)]
Origin = Annotated[str, AfterValidator(str.strip), AfterValidator(_origin), Field(max_length=255)]


class SiteChange(BaseModel):
    """What is to change about a published page; what is left out stays, an empty text takes a value away."""

    title: str | None = Field(None, min_length=1, max_length=255)
    description: str | None = Field(None, max_length=4000)
    icon_type: Literal["emoji", "image"] | None = None
    icon: str | None = Field(None, min_length=1, max_length=255)
    icon_background: str | None = Field(None, max_length=32)
    default_language: Language | None = None
    chat_color_theme: Colour | None = Field(None, description="The colour of a chat, as #RRGGBB.")
    chat_color_theme_inverted: bool | None = Field(None, description="The colour is kept from the header.")
    copyright: str | None = Field(None, max_length=255)
    privacy_policy: WebAddress | None = Field(None, max_length=2048, description="Where the policy can be read.")
    custom_disclaimer: str | None = Field(None, max_length=2000)
    input_placeholder: str | None = Field(None, max_length=64)
    show_workflow_steps: bool | None = Field(None, description="Whether visitors see the steps of a workflow.")
    use_icon_as_answer_icon: bool | None = None
    embed_origins: list[Origin] | None = Field(
        None, max_length=50, description="Web sites that may show the page in a frame; `*` is any, an empty list none."
    )


class SiteSettings(BaseModel):
    """A published page whole. `embed_url` shows a chat without anything around it; other apps have none."""

    code: str
    url: str
    embed_url: str | None
    title: str
    description: str
    icon_type: str
    icon: str
    icon_background: str | None
    default_language: str
    chat_color_theme: str | None
    chat_color_theme_inverted: bool
    copyright: str
    privacy_policy: str
    custom_disclaimer: str
    input_placeholder: str
    show_workflow_steps: bool
    use_icon_as_answer_icon: bool
    embed_origins: list[str]


@router.get("/apps/{app_id}/site")
async def read_site(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> SiteSettings:
    """The settings of an app's published page."""
    return _settings(services, *await services.sites.of(signed_in.workspace_id, app_id))


@router.put("/apps/{app_id}/site")
async def change_site(app_id: str, body: SiteChange, services: ServicesDep, signed_in: EditorDep) -> SiteSettings:
    """Change the published page of an app. Visitors see it when they load the page."""
    _, site = await services.sites.of(signed_in.workspace_id, app_id)
    changes = body.model_dump(exclude_none=True)
    if "icon" in changes or "icon_type" in changes:
        await services.icons.check(
            signed_in.workspace_id, body.icon_type or site.icon_type or "emoji", body.icon or site.icon or ""
        )
    if "title" in changes and not changes["title"].strip():
        raise InvalidParam("`title` must not be empty.", param="title")
    answer_icon = changes.pop("use_icon_as_answer_icon", None)
    changed = await services.sites.change(signed_in.workspace_id, app_id, _columns(changes), answer_icon=answer_icon)
    return _settings(services, *changed)


@router.post("/apps/{app_id}/site/code")
async def renew_code(app_id: str, services: ServicesDep, signed_in: AdministratorDep) -> SiteSettings:
    """Give the page a new address. The old one leads nowhere from now on, and its visitors begin anew."""
    return _settings(services, *await services.sites.renew_code(signed_in.workspace_id, app_id))


@router.get(
    "/apps/{app_id}/site/icon", response_class=Response, responses={200: {"content": {"image/*": {"schema": {}}}}}
)
async def read_site_icon(
    app_id: str,
    services: ServicesDep,
    signed_in: AppUserDep,
    file: str = Query("", description="The `icon`, so that a browser asks anew when it has changed."),
) -> Response:
    """The picture of a page whose `icon_type` is `image`."""
    _, site = await services.sites.of(signed_in.workspace_id, app_id)
    row, data = await services.icons.picture(signed_in.workspace_id, site.icon_type or "", site.icon or "")
    return file_response(row, data, download=False, cache="private, max-age=86400")


def _columns(changes: dict[str, str | bool | list[str]]) -> dict[str, SiteValue]:
    columns: dict[str, SiteValue] = {}
    for name, value in changes.items():
        if isinstance(value, list):
            columns[name] = " ".join(value)
        else:
            columns[name] = None if value == "" and name in _MAY_BE_NOTHING else value
    return columns


def _settings(services: Services, app: App, site: Site) -> SiteSettings:
    talks = app.mode not in ("workflow", "completion")
    return SiteSettings(
        code=site.code,
        url=services.links.page(app.mode, site.code),
        embed_url=services.links.embedded(site.code) if talks else None,
        title=site.title,
        description=site.description,
        icon_type=site.icon_type or "emoji",
        icon=site.icon or "",
        icon_background=site.icon_background,
        default_language=site.default_language,
        chat_color_theme=site.chat_color_theme or None,
        chat_color_theme_inverted=site.chat_color_theme_inverted,
        copyright=site.copyright or "",
        privacy_policy=site.privacy_policy or "",
        custom_disclaimer=site.custom_disclaimer,
        input_placeholder=site.input_placeholder or "",
        show_workflow_steps=site.show_workflow_steps,
        use_icon_as_answer_icon=app.use_icon_as_answer_icon,
        embed_origins=site.embed_origins.split(),
    )
