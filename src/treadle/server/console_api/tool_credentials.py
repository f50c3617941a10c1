"""The console API: built-in providers of tools and their credentials (spec models-and-tools §4.2, §4.8)."""

from html import escape
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel, Field, JsonValue

from treadle.engine.ports import ToolRef
from treadle.platform.refusals import NotFound
from treadle.server.console_api.access import AdministratorDep, AppUserDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done
from treadle.server.console_api.tool_shapes import (
    DONE,
    Texts,
    ToolOptionShown,
    ToolParameterShown,
    ToolProviderShown,
    ToolShown,
    parameters_shown,
    provider_shown,
    tools_shown,
)
from treadle.server.services import Services
from treadle.tools.credentials import CredentialInfo
from treadle.tools.sources import Caller

router = console_router("Tools")

_BUILTIN = "/workspaces/current/tool-provider/builtin/{provider:path}"


class CredentialBody(BaseModel):
    """Credentials of a built-in provider. A secret that is sent as it is shown stays as it is."""

    credentials: dict[str, Any] = {}
    name: str = Field(default="", max_length=255)
    credential_id: str | None = None
    default: bool = False


class CredentialChoice(BaseModel):
    """Which credentials; without an id the default ones."""

    credential_id: str | None = None


class DefaultChoice(BaseModel):
    """Which credentials are to be the default."""

    id: str


class ToolCredentialShown(BaseModel):
    """Stored credentials, their secrets masked."""

    id: str
    name: str
    provider: str
    credential_type: str
    is_default: bool
    credentials: dict[str, JsonValue]
    created_at: int


class SavedCredential(ToolCredentialShown):
    """Credentials that were just kept."""

    result: Literal["success"] = "success"


class CredentialsInfo(BaseModel):
    """The credentials of a provider, and of what types there may be."""

    supported_credential_types: list[str]
    is_oauth_custom_client_enabled: bool
    credentials: list[ToolCredentialShown]


class CredentialFieldShown(BaseModel):
    """A field of the form that a provider asks for."""

    name: str
    type: str
    required: bool
    default: JsonValue
    options: list[ToolOptionShown]
    label: Texts
    help: Texts
    placeholder: Texts
    url: str


# Before the shorter paths, since the id of a provider may have slashes of its own.
@router.get(_BUILTIN + "/credential/info")
async def builtin_credential_info(provider: str, services: ServicesDep, signed_in: AppUserDep) -> CredentialsInfo:
    """The credentials of a built-in provider, and of what types there may be."""
    name = services.tools.builtin_named(provider)
    return CredentialsInfo(
        supported_credential_types=["api-key"] if name.credentials_for_provider else [],
        is_oauth_custom_client_enabled=False,
        credentials=[_shown(each) for each in await _stored(services, signed_in.workspace_id, name.name)],
    )


@router.get(_BUILTIN + "/credentials_schema")
@router.get(_BUILTIN + "/credential/schema/{credential_type}")
async def builtin_credentials_schema(
    provider: str, services: ServicesDep, _: AppUserDep, credential_type: str = "api-key"
) -> list[CredentialFieldShown]:
    """The fields of a built-in provider's credentials."""
    if credential_type != "api-key":
        raise NotFound("Built-in providers take credentials of the type api-key alone.")
    form = services.tools.builtin_named(provider).credentials_for_provider
    return [
        CredentialFieldShown(
            name=name,
            type=field.type,
            required=field.required,
            default=field.default,
            options=[ToolOptionShown(value=option.value, label=option.label) for option in field.options],
            label=field.label,
            help=field.help,
            placeholder=field.placeholder,
            url=field.url,
        )
        for name, field in form.items()
    ]


@router.get(_BUILTIN + "/tools/{tool}/parameters")
async def builtin_tool_parameters(
    provider: str,
    tool: str,
    services: ServicesDep,
    signed_in: AppUserDep,
    credential_id: str | None = None,
    app_id: str | None = None,
) -> list[ToolParameterShown]:
    """The parameters that a built-in tool has now, for credentials (the default ones) and an app: they may be others
    than those of the list where the tool has run-time parameters."""
    if app_id is not None:
        await services.apps.of_workspace(signed_in.workspace_id, app_id)
    name = services.tools.builtin_named(provider).name
    return parameters_shown(
        await services.tools.parameters(
            Caller(workspace_id=signed_in.workspace_id, app_id=app_id or "", user_id=signed_in.account_id),
            ToolRef(provider_type="builtin", provider_id=name, tool_name=tool, credential_id=credential_id),
        )
    )


@router.get(_BUILTIN + "/tools")
async def builtin_tools(provider: str, services: ServicesDep, signed_in: AppUserDep) -> list[ToolShown]:
    """The tools of a built-in provider."""
    return tools_shown(await services.tools.builtin_provider(signed_in.workspace_id, provider))


@router.get(_BUILTIN + "/info")
async def builtin_info(provider: str, services: ServicesDep, signed_in: AppUserDep) -> ToolProviderShown:
    """A built-in provider."""
    return provider_shown(await services.tools.builtin_provider(signed_in.workspace_id, provider))


@router.get(_BUILTIN + "/icon")
async def builtin_icon(provider: str, services: ServicesDep, _: AppUserDep) -> Response:
    """A built-in provider's icon as a picture."""
    icon = services.tools.builtin_named(provider).identity.icon
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="8" '
        f'fill="{escape(icon.background)}"/><text x="18" y="19" font-size="20" text-anchor="middle" '
        f'dominant-baseline="middle">{escape(icon.content)}</text></svg>'
    )
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


@router.get(_BUILTIN + "/credentials")
async def builtin_credentials(provider: str, services: ServicesDep, signed_in: AppUserDep) -> list[ToolCredentialShown]:
    """The credentials of a built-in provider, the default ones first, secrets masked."""
    name = services.tools.builtin_named(provider).name
    return [_shown(each) for each in await _stored(services, signed_in.workspace_id, name)]


@router.post(_BUILTIN + "/add")
async def add_builtin_credentials(
    provider: str, body: CredentialBody, services: ServicesDep, signed_in: AdministratorDep
) -> SavedCredential:
    """Keep credentials, once a call with them has worked."""
    made = await services.tools.credentials.add(
        signed_in.workspace_id,
        services.tools.builtin_named(provider).name,
        body.credentials,
        name=body.name,
        default=body.default,
        account_id=signed_in.account_id,
    )
    return _saved(made)


@router.post(_BUILTIN + "/update")
async def update_builtin_credentials(
    provider: str, body: CredentialBody, services: ServicesDep, signed_in: AdministratorDep
) -> SavedCredential:
    """Change credentials: those named, else the default ones, which are made where there are none."""
    name = services.tools.builtin_named(provider).name
    credentials, workspace_id = services.tools.credentials, signed_in.workspace_id
    chosen = _chosen(await _stored(services, workspace_id, name), body.credential_id)
    if chosen is None:
        made = await credentials.add(
            workspace_id, name, body.credentials, name=body.name, account_id=signed_in.account_id
        )
    else:
        made = await credentials.update(workspace_id, chosen.id, body.credentials or None, name=body.name or None)
    return _saved(made)


@router.post(_BUILTIN + "/delete")
async def delete_builtin_credentials(
    provider: str, body: CredentialChoice, services: ServicesDep, signed_in: AdministratorDep
) -> Done:
    """Forget credentials: those named, else the default ones."""
    name = services.tools.builtin_named(provider).name
    chosen = _chosen(await _stored(services, signed_in.workspace_id, name), body.credential_id)
    if chosen is None:
        raise NotFound(f"{name} has no credentials.")
    await services.tools.credentials.remove(signed_in.workspace_id, chosen.id)
    return DONE


@router.post(_BUILTIN + "/default-credential")
async def default_builtin_credentials(
    provider: str, body: DefaultChoice, services: ServicesDep, signed_in: AdministratorDep
) -> Done:
    """Say which credentials calls use that name none."""
    name = services.tools.builtin_named(provider).name
    chosen = _chosen(await _stored(services, signed_in.workspace_id, name), body.id)
    assert chosen is not None
    await services.tools.credentials.set_default(signed_in.workspace_id, chosen.id)
    return DONE


async def _stored(services: Services, workspace_id: str, provider: str) -> list[CredentialInfo]:
    return await services.tools.credentials.list_credentials(workspace_id, provider)


def _chosen(existing: list[CredentialInfo], credential_id: str | None) -> CredentialInfo | None:
    """The credentials with an id, else the default ones, which come first. Raises NotFound for an unknown id."""
    if credential_id is None:
        return existing[0] if existing else None
    for each in existing:
        if each.id == credential_id:
            return each
    raise NotFound("This provider has no such credentials.")


def _shown(credential: CredentialInfo) -> ToolCredentialShown:
    return ToolCredentialShown(
        id=credential.id,
        name=credential.name,
        provider=credential.provider,
        credential_type=credential.credential_type,
        is_default=credential.is_default,
        credentials=credential.credentials,
        created_at=credential.created_at // 1_000_000,
    )


def _saved(credential: CredentialInfo) -> SavedCredential:
    return SavedCredential(**_shown(credential).model_dump())
