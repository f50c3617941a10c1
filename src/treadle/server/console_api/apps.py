"""The console API: the apps of a workspace."""

from typing import Any

from fastapi import Depends, Request

from treadle.server.console_api.access import ServicesDep, anyone, console_router, member

router = console_router("Apps")


@router.get("/apps", dependencies=[Depends(anyone)])
async def apps(request: Request, services: ServicesDep) -> dict[str, Any]:
    """The apps of the workspace; before set-up, the examples, for whoever is at the machine."""
    if await services.accounts.set_up():
        workspace_id = (await member(request, services)).workspace_id
    else:
        workspace_id = (await services.accounts.only_workspace()).id
    return {
        "data": [
            {
                "id": entry.app.id,
                "name": entry.app.name,
                "mode": entry.app.mode,
                "icon": entry.app.icon,
                "icon_background": entry.app.icon_background,
                "description": entry.app.description,
                "published": entry.app.published_version_id is not None,
                "site_code": entry.site.code if entry.site else None,
                "site_enabled": entry.app.enable_site and entry.app.published_version_id is not None,
                "updated_at": entry.app.updated_at / 1e6,
            }
            for entry in await services.apps.list_apps(workspace_id)
        ]
    }
