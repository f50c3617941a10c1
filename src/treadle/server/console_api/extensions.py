"""The console API: extensions of the workspace, by API and by code (spec models-and-tools §5.3, §5.5)."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from treadle.extensions.tables import ApiExtension
from treadle.server.console_api.access import AdministratorDep, MemberDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done
from treadle.server.services import Services

router = console_router("Extensions")


class ExtensionBody(BaseModel):
    """An API extension. `api_key` as it is shown, or `[__HIDDEN__]`, leaves the stored one."""

    name: str = Field(max_length=255)
    api_endpoint: str = Field(max_length=2048)
    api_key: str = Field(max_length=4096)


class ExtensionShown(BaseModel):
    """An API extension; its key is masked."""

    id: str
    name: str
    api_endpoint: str
    api_key: str
    created_at: int


@router.get("/api-based-extension")
async def list_extensions(services: ServicesDep, signed_in: MemberDep) -> list[ExtensionShown]:
    """API extensions, newest first."""
    rows = await services.extensions.list_extensions(signed_in.workspace_id)
    return [_shown(services, row) for row in rows]


@router.post("/api-based-extension", status_code=201)
async def create_extension(body: ExtensionBody, services: ServicesDep, signed_in: AdministratorDep) -> ExtensionShown:
    """Keep an endpoint, once it has answered a ping."""
    row = await services.extensions.create(
        signed_in.workspace_id,
        name=body.name,
        api_endpoint=body.api_endpoint,
        api_key=body.api_key,
        account_id=signed_in.account_id,
    )
    return _shown(services, row)


@router.get("/api-based-extension/{extension_id}")
async def read_extension(extension_id: str, services: ServicesDep, signed_in: MemberDep) -> ExtensionShown:
    """One API extension."""
    return _shown(services, await services.extensions.extension(signed_in.workspace_id, extension_id))


@router.post("/api-based-extension/{extension_id}")
async def change_extension(
    extension_id: str, body: ExtensionBody, services: ServicesDep, signed_in: AdministratorDep
) -> ExtensionShown:
    """Change an API extension; its endpoint is pinged again."""
    row = await services.extensions.update(
        signed_in.workspace_id,
        extension_id,
        name=body.name,
        api_endpoint=body.api_endpoint,
        api_key=body.api_key,
    )
    return _shown(services, row)


@router.delete("/api-based-extension/{extension_id}")
async def delete_extension(extension_id: str, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Delete an API extension; apps that use it fail from now on."""
    await services.extensions.delete(signed_in.workspace_id, extension_id)
    return Done()


@router.get("/code-based-extension")
async def list_code_extensions(
    module: Literal["moderation", "external_data_tool"], services: ServicesDep, _: MemberDep
) -> dict[str, Any]:
    """The operator's own extensions of a kind, with the forms of their settings."""
    return {"module": module, "data": services.code_extensions.listed(module)}


def _shown(services: Services, row: ApiExtension) -> ExtensionShown:
    return ExtensionShown(
        id=row.id,
        name=row.name,
        api_endpoint=row.api_endpoint,
        api_key=services.extensions.shown_key(row),
        created_at=row.created_at // 1_000_000,
    )
