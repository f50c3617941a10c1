"""The console API: tools of the workspace, their credentials, APIs and workflows (spec models-and-tools §4.8)."""

from html import escape
from typing import Annotated, Any, Literal

from fastapi import Header, Query, Response
from pydantic import BaseModel, Field

from treadle.engine.values import JsonValue
from treadle.platform.refusals import InvalidParam, NotFound
from treadle.server.console_api.access import AdministratorDep, MemberDep, ServicesDep, console_router
from treadle.tools.api.service import ApiDraft
from treadle.tools.credentials import CredentialInfo
from treadle.tools.providers import LABELS, ProviderInfo, provider_map, tool_map
from treadle.tools.sources import Caller, ProviderType
from treadle.tools.workflow.forms import DeclaredParameter
from treadle.tools.workflow.service import WorkflowToolDraft

router = console_router("Tools")

_ROOT = "/workspaces/current"
_BUILTIN = f"{_ROOT}/tool-provider/builtin/{{provider:path}}"
_API = f"{_ROOT}/tool-provider/api"
_WORKFLOW = f"{_ROOT}/tool-provider/workflow"
_SUCCESS = {"result": "success"}


class Icon(BaseModel):
    """An emoji on a colour."""

    background: str = Field(default="", max_length=32)
    content: str = Field(default="", max_length=32)


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


class ApiBody(BaseModel):
    """An API that is to be a provider of tools."""

    provider: str = Field(min_length=1, max_length=255)
    original_provider: str = ""
    schema_text: str = Field(alias="schema")
    schema_type: str = ""
    credentials: dict[str, Any] = {}
    icon: Icon | None = None
    description: str = ""
    labels: list[str] = []
    privacy_policy: str | None = None
    custom_disclaimer: str | None = None


class ApiChoice(BaseModel):
    """Which API, by its name."""

    provider: str


class SchemaBody(BaseModel):
    """The description of an API."""

    schema_text: str = Field(alias="schema")


class TryOut(BaseModel):
    """A call of an operation that need not be saved yet."""

    tool_name: str
    provider_name: str | None = None
    credentials: dict[str, Any] = {}
    parameters: dict[str, Any] = {}
    schema_type: str = ""
    schema_text: str = Field(alias="schema")


class WorkflowBody(BaseModel):
    """A workflow that is to be a tool. The id of the workflow counts when it is made, that of the tool afterwards."""

    workflow_app_id: str = ""
    workflow_tool_id: str = ""
    name: str = Field(max_length=255)
    label: str = Field(default="", max_length=255)
    description: str = ""
    icon: Icon | None = None
    parameters: list[DeclaredParameter] = []
    privacy_policy: str | None = None
    labels: list[str] = []


class WorkflowChoice(BaseModel):
    """Which tool."""

    workflow_tool_id: str


@router.get(f"{_ROOT}/tool-providers")
async def providers(
    services: ServicesDep,
    signed_in: MemberDep,
    kind: Annotated[Literal["builtin", "api", "workflow", "mcp"] | None, Query(alias="type")] = None,
) -> list[dict[str, Any]]:
    """All providers of tools, without their tools."""
    found = await services.tools.providers(signed_in.workspace_id, kind)
    return [provider_map(each, with_tools=False) for each in found]


@router.get(f"{_ROOT}/tools/{{kind}}")
async def tools(kind: ProviderType, services: ServicesDep, signed_in: MemberDep) -> list[dict[str, Any]]:
    """The providers of one kind with their tools."""
    return [provider_map(each) for each in await services.tools.providers(signed_in.workspace_id, kind)]


@router.get(f"{_ROOT}/tool-labels")
async def labels(_: MemberDep) -> list[dict[str, Any]]:
    """What providers are sorted by."""
    return [{"name": name, "label": {"en_US": label, "zh_Hans": label}, "icon": ""} for name, label in LABELS.items()]


# Before the shorter paths, since the id of a provider may have slashes of its own.
@router.get(_BUILTIN + "/credential/info")
async def builtin_credential_info(provider: str, services: ServicesDep, signed_in: MemberDep) -> dict[str, Any]:
    """The credentials of a built-in provider, and of what types there may be."""
    name = services.tools.builtin_named(provider)
    found = await services.tools.credentials.list_credentials(signed_in.workspace_id, name.name)
    return {
        "supported_credential_types": ["api-key"] if name.credentials_for_provider else [],
        "is_oauth_custom_client_enabled": False,
        "credentials": [_credential_map(each) for each in found],
    }


@router.get(_BUILTIN + "/credentials_schema")
@router.get(_BUILTIN + "/credential/schema/{credential_type}")
async def builtin_credentials_schema(
    provider: str, services: ServicesDep, _: MemberDep, credential_type: str = "api-key"
) -> list[dict[str, Any]]:
    """The fields of a built-in provider's credentials."""
    if credential_type != "api-key":
        raise NotFound("Built-in providers take credentials of the type api-key alone.")
    form = services.tools.builtin_named(provider).credentials_for_provider
    return [
        {
            "name": name,
            "type": field.type,
            "required": field.required,
            "default": field.default,
            "options": [{"value": option.value, "label": option.label} for option in field.options],
            "label": field.label,
            "help": field.help,
            "placeholder": field.placeholder,
            "url": field.url,
        }
        for name, field in form.items()
    ]


@router.get(_BUILTIN + "/tools")
async def builtin_tools(provider: str, services: ServicesDep, signed_in: MemberDep) -> list[Any]:
    """The tools of a built-in provider."""
    return _tools(await services.tools.builtin_provider(signed_in.workspace_id, provider))


@router.get(_BUILTIN + "/info")
async def builtin_info(provider: str, services: ServicesDep, signed_in: MemberDep) -> dict[str, Any]:
    """A built-in provider."""
    return provider_map(await services.tools.builtin_provider(signed_in.workspace_id, provider))


@router.get(_BUILTIN + "/icon")
async def builtin_icon(provider: str, services: ServicesDep, _: MemberDep) -> Response:
    """A built-in provider's icon as a picture."""
    icon = services.tools.builtin_named(provider).identity.icon
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="8" '
        f'fill="{escape(icon.background)}"/><text x="18" y="19" font-size="20" text-anchor="middle" '
        f'dominant-baseline="middle">{escape(icon.content)}</text></svg>'
    )
    return Response(picture, media_type="image/svg+xml", headers={"Cache-Control": "private, max-age=86400"})


@router.get(_BUILTIN + "/credentials")
async def builtin_credentials(provider: str, services: ServicesDep, signed_in: MemberDep) -> list[dict[str, Any]]:
    """The credentials of a built-in provider, the default ones first, secrets masked."""
    name = services.tools.builtin_named(provider).name
    found = await services.tools.credentials.list_credentials(signed_in.workspace_id, name)
    return [_credential_map(each) for each in found]


@router.post(_BUILTIN + "/add")
async def add_builtin_credentials(
    provider: str, body: CredentialBody, services: ServicesDep, signed_in: AdministratorDep
) -> dict[str, Any]:
    """Keep credentials, once a call with them has worked."""
    made = await services.tools.credentials.add(
        signed_in.workspace_id,
        services.tools.builtin_named(provider).name,
        body.credentials,
        name=body.name,
        default=body.default,
        account_id=signed_in.account_id,
    )
    return {**_SUCCESS, **_credential_map(made)}


@router.post(_BUILTIN + "/update")
async def update_builtin_credentials(
    provider: str, body: CredentialBody, services: ServicesDep, signed_in: AdministratorDep
) -> dict[str, Any]:
    """Change credentials: those named, else the default ones, which are made where there are none."""
    name = services.tools.builtin_named(provider).name
    credentials, workspace_id = services.tools.credentials, signed_in.workspace_id
    existing = await credentials.list_credentials(workspace_id, name)
    chosen = _chosen(existing, body.credential_id)
    if chosen is None:
        made = await credentials.add(
            workspace_id, name, body.credentials, name=body.name, account_id=signed_in.account_id
        )
    else:
        made = await credentials.update(workspace_id, chosen.id, body.credentials or None, name=body.name or None)
    return {**_SUCCESS, **_credential_map(made)}


@router.post(_BUILTIN + "/delete")
async def delete_builtin_credentials(
    provider: str, body: CredentialChoice, services: ServicesDep, signed_in: AdministratorDep
) -> dict[str, str]:
    """Forget credentials: those named, else the default ones."""
    name = services.tools.builtin_named(provider).name
    existing = await services.tools.credentials.list_credentials(signed_in.workspace_id, name)
    chosen = _chosen(existing, body.credential_id)
    if chosen is None:
        raise NotFound(f"{name} has no credentials.")
    await services.tools.credentials.remove(signed_in.workspace_id, chosen.id)
    return _SUCCESS


@router.post(_BUILTIN + "/default-credential")
async def default_builtin_credentials(
    provider: str, body: DefaultChoice, services: ServicesDep, signed_in: AdministratorDep
) -> dict[str, str]:
    """Say which credentials calls use that name none."""
    name = services.tools.builtin_named(provider).name
    existing = await services.tools.credentials.list_credentials(signed_in.workspace_id, name)
    chosen = _chosen(existing, body.id)
    assert chosen is not None
    await services.tools.credentials.set_default(signed_in.workspace_id, chosen.id)
    return _SUCCESS


@router.post(f"{_API}/add")
async def add_api(body: ApiBody, services: ServicesDep, signed_in: AdministratorDep) -> dict[str, Any]:
    """Make an API a provider of tools."""
    made = await services.tools.apis.add(signed_in.workspace_id, _api_draft(body), account_id=signed_in.account_id)
    return {**_SUCCESS, "id": made.id}


@router.post(f"{_API}/update")
async def update_api(body: ApiBody, services: ServicesDep, signed_in: AdministratorDep) -> dict[str, Any]:
    """Change an API; `original_provider` is the name that it had."""
    name = body.original_provider or body.provider
    made = await services.tools.apis.update(signed_in.workspace_id, name, _api_draft(body))
    return {**_SUCCESS, "id": made.id}


@router.post(f"{_API}/delete")
async def delete_api(body: ApiChoice, services: ServicesDep, signed_in: AdministratorDep) -> dict[str, str]:
    """Delete an API; apps that call it fail from now on."""
    await services.tools.apis.delete(signed_in.workspace_id, body.provider)
    return _SUCCESS


@router.post(f"{_API}/schema")
async def read_schema(
    body: SchemaBody,
    services: ServicesDep,
    _: AdministratorDep,
    environment: Annotated[str | None, Header(alias="X-Request-Env")] = None,
) -> dict[str, Any]:
    """What a description offers, and what is remarkable about it."""
    return await services.tools.apis.preview(body.schema_text, environment=environment)


@router.post(f"{_API}/test/pre")
async def try_api(body: TryOut, services: ServicesDep, signed_in: AdministratorDep) -> dict[str, Any]:
    """Call an operation, and give what it answered or why it failed."""
    world = services.tools.world_for(Caller(workspace_id=signed_in.workspace_id, user_id=signed_in.account_id))
    return await services.tools.apis.try_out(
        signed_in.workspace_id,
        schema=body.schema_text,
        tool=body.tool_name,
        credentials=body.credentials,
        parameters=body.parameters,
        files=world.files,
        provider=body.provider_name,
    )


@router.get(f"{_API}/remote")
async def remote_schema(url: str, services: ServicesDep, _: AdministratorDep) -> dict[str, str]:
    """The description at an address."""
    return {"schema": await services.tools.apis.fetch(url)}


@router.get(f"{_API}/tools")
async def api_tools(provider: str, services: ServicesDep, signed_in: MemberDep) -> list[Any]:
    """The tools of an API."""
    return _tools(await services.tools.apis.provider(signed_in.workspace_id, provider))


@router.get(f"{_API}/get")
async def get_api(provider: str, services: ServicesDep, signed_in: MemberDep) -> dict[str, Any]:
    """An API with its description; its key is masked."""
    return await services.tools.apis.get(signed_in.workspace_id, provider)


@router.post(f"{_WORKFLOW}/create")
async def create_workflow_tool(
    body: WorkflowBody, services: ServicesDep, signed_in: AdministratorDep
) -> dict[str, Any]:
    """Make the published version of a workflow a tool."""
    made = await services.tools.workflows.create(
        signed_in.workspace_id, body.workflow_app_id, _workflow_draft(body), account_id=signed_in.account_id
    )
    return {**_SUCCESS, "id": made.id}


@router.post(f"{_WORKFLOW}/update")
async def update_workflow_tool(
    body: WorkflowBody, services: ServicesDep, signed_in: AdministratorDep
) -> dict[str, Any]:
    """Change a tool, and bind it to the version of its workflow that is published now."""
    if not body.workflow_tool_id:
        raise InvalidParam("workflow_tool_id is missing.", param="workflow_tool_id")
    made = await services.tools.workflows.update(signed_in.workspace_id, body.workflow_tool_id, _workflow_draft(body))
    return {**_SUCCESS, "id": made.id}


@router.post(f"{_WORKFLOW}/delete")
async def delete_workflow_tool(
    body: WorkflowChoice, services: ServicesDep, signed_in: AdministratorDep
) -> dict[str, str]:
    """Delete a tool; its workflow stays."""
    await services.tools.workflows.delete(signed_in.workspace_id, body.workflow_tool_id)
    return _SUCCESS


@router.get(f"{_WORKFLOW}/get")
async def get_workflow_tool(
    services: ServicesDep,
    signed_in: MemberDep,
    workflow_tool_id: str | None = None,
    workflow_app_id: str | None = None,
) -> dict[str, Any]:
    """A tool by its own id or by that of its workflow."""
    if not workflow_tool_id and not workflow_app_id:
        raise InvalidParam("Give workflow_tool_id or workflow_app_id.", param="workflow_tool_id")
    return await services.tools.workflows.get(
        signed_in.workspace_id, tool_id=workflow_tool_id or None, app_id=workflow_app_id or None
    )


@router.get(f"{_WORKFLOW}/tools")
async def workflow_tools(workflow_tool_id: str, services: ServicesDep, signed_in: MemberDep) -> list[Any]:
    """The one tool of a workflow."""
    return _tools(await services.tools.workflows.provider(signed_in.workspace_id, workflow_tool_id))


def _tools(provider: ProviderInfo) -> list[JsonValue]:
    return [tool_map(tool, provider) for tool in provider.tools]


def _chosen(existing: list[CredentialInfo], credential_id: str | None) -> CredentialInfo | None:
    """The credentials with an id, else the default ones, which come first. Raises NotFound for an unknown id."""
    if credential_id is None:
        return existing[0] if existing else None
    for each in existing:
        if each.id == credential_id:
            return each
    raise NotFound("This provider has no such credentials.")


def _credential_map(credential: CredentialInfo) -> dict[str, Any]:
    return {
        "id": credential.id,
        "name": credential.name,
        "provider": credential.provider,
        "credential_type": credential.credential_type,
        "is_default": credential.is_default,
        "credentials": credential.credentials,
        "created_at": credential.created_at // 1_000_000,
    }


def _api_draft(body: ApiBody) -> ApiDraft:
    return ApiDraft(
        name=body.provider,
        schema=body.schema_text,
        credentials=body.credentials,
        icon=body.icon.model_dump() if body.icon else None,
        description=body.description,
        labels=tuple(body.labels),
        privacy_policy=body.privacy_policy or "",
        custom_disclaimer=body.custom_disclaimer or "",
    )


def _workflow_draft(body: WorkflowBody) -> WorkflowToolDraft:
    return WorkflowToolDraft(
        name=body.name,
        label=body.label,
        description=body.description,
        icon=body.icon.model_dump() if body.icon else None,
        parameters=tuple(body.parameters),
        labels=tuple(body.labels),
        privacy_policy=body.privacy_policy or "",
    )
