"""The console API: what the page that tells programs how to call an app has to know."""

from pydantic import BaseModel, JsonValue

from treadle.server.console_api.access import AppUserDep, ServicesDep, console_router
from treadle.server.service_api.description import parameters_of

router = console_router("API reference")


class PublishedParameters(BaseModel):
    """`data` is what `GET /v1/parameters` answers, which its own page describes."""

    data: dict[str, JsonValue]


@router.get("/apps/{app_id}/parameters")
async def read_parameters(app_id: str, services: ServicesDep, signed_in: AppUserDep) -> PublishedParameters:
    """The form, features and limits of the published version."""
    app = await services.apps.of_workspace(signed_in.workspace_id, app_id)
    return PublishedParameters(data=await parameters_of(services, app))
