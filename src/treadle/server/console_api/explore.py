"""The console API: Explore, where people find apps to begin with and use those of their workspace.

Source: spec console §5.
"""

from pydantic import BaseModel

from treadle.apps.explore import AppAtHand
from treadle.apps.tables import App
from treadle.dsl import AppMode
from treadle.server.console_api.access import AppUserDep, ServicesDep, console_router
from treadle.server.examples import Category, catalogue
from treadle.server.web_api.calls import member_passport

router = console_router("Explore")


class CatalogueApp(BaseModel):
    """An app of the catalogue. `GET /app-templates/{id}` has the file; `own`: it is one of the workspace's."""

    id: str
    name: str
    description: str
    mode: AppMode
    icon_type: str
    icon: str
    icon_background: str | None
    categories: list[Category]
    own: bool


class Catalogue(BaseModel):
    categories: list[Category]
    data: list[CatalogueApp]


class InstalledAppShown(BaseModel):
    """An app to use. Times are seconds since the epoch."""

    id: str
    name: str
    mode: AppMode
    description: str
    icon_type: str
    icon: str
    icon_background: str | None
    is_pinned: bool
    last_used_at: float | None


class InstalledApps(BaseModel):
    data: list[InstalledAppShown]


class Pin(BaseModel):
    is_pinned: bool


class Passport(BaseModel):
    """What the calls of the app's page carry, as `Authorization: Bearer`. Valid for an hour."""

    access_token: str


@router.get("/explore/apps")
async def list_catalogue(services: ServicesDep, signed_in: AppUserDep) -> Catalogue:
    """The apps that the workspace offers, and those that come with Treadle, which run without a network."""
    entries = catalogue()
    offered = [_offered(app) for app in await services.explore.templates(signed_in.workspace_id)]
    return Catalogue(
        categories=sorted({category for entry in entries for category in entry.categories}),
        data=offered
        + [
            CatalogueApp(
                id=entry.id,
                name=entry.file.name,
                description=entry.file.description,
                mode=entry.file.mode,
                icon_type="emoji",
                icon=entry.file.icon or "",
                icon_background=entry.file.icon_background,
                categories=entry.categories,
                own=False,
            )
            for entry in entries
        ],
    )


@router.get("/installed-apps")
async def list_installed(services: ServicesDep, signed_in: AppUserDep) -> InstalledApps:
    """The published apps of the workspace: pinned ones first, then those used last."""
    return InstalledApps(data=[_shown(each) for each in await services.explore.at_hand(signed_in.workspace_id)])


@router.get("/installed-apps/{app_id}")
async def read_installed(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> InstalledAppShown:
    """One of them."""
    return _shown(await services.explore.one(signed_in.workspace_id, app_id))


@router.patch("/installed-apps/{app_id}")
async def pin_installed(app_id: str, body: Pin, services: ServicesDep, signed_in: AppUserDep) -> InstalledAppShown:
    """Keep an app at the top for everybody in the workspace, or no longer."""
    await services.explore.pin(signed_in.workspace_id, app_id, body.is_pinned)
    return _shown(await services.explore.one(signed_in.workspace_id, app_id))


@router.post("/installed-apps/{app_id}/passport")
async def enter_installed(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> Passport:
    """Use an app as yourself: its page's calls, made with this passport, are yours in the logs."""
    entry = await services.explore.one(signed_in.workspace_id, app_id)
    await services.explore.used(signed_in.workspace_id, app_id)
    return Passport(access_token=await member_passport(services, entry.app, signed_in.account_id))


def _offered(app: App) -> CatalogueApp:
    return CatalogueApp(
        id=app.id,
        name=app.name,
        description=app.description,
        mode=AppMode(app.mode),
        icon_type=app.icon_type,
        icon=app.icon,
        icon_background=app.icon_background,
        categories=[],
        own=True,
    )


def _shown(each: AppAtHand) -> InstalledAppShown:
    app = each.app
    return InstalledAppShown(
        id=app.id,
        name=app.name,
        mode=AppMode(app.mode),
        description=app.description,
        icon_type=app.icon_type,
        icon=app.icon,
        icon_background=app.icon_background,
        is_pinned=each.is_pinned,
        last_used_at=each.last_used_at / 1e6 if each.last_used_at else None,
    )
