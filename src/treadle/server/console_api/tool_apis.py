"""The console API: APIs as providers of tools (spec models-and-tools §4.4, §4.8)."""

from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel, Field, JsonValue

from treadle.server.console_api.access import AdministratorDep, AppUserDep, ServicesDep, console_router
from treadle.server.console_api.answers import Done
from treadle.server.console_api.tool_shapes import DONE, Icon, Made, Texts, ToolOptionShown, ToolShown, tools_shown
from treadle.tools.api.service import ApiDraft
from treadle.tools.sources import Caller

router = console_router("Tools")

_API = "/workspaces/current/tool-provider/api"


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

    def draft(self) -> ApiDraft:
        """As the service takes it."""
        return ApiDraft(
            name=self.provider,
            schema=self.schema_text,
            credentials=self.credentials,
            icon=self.icon.model_dump() if self.icon else None,
            description=self.description,
            labels=tuple(self.labels),
            privacy_policy=self.privacy_policy or "",
            custom_disclaimer=self.custom_disclaimer or "",
        )


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


class OperationParameter(BaseModel):
    """A parameter of an operation, and where in the request it goes."""

    name: str
    label: Texts
    human_description: Texts
    llm_description: str
    type: str
    form: str
    required: bool
    default: JsonValue
    min: float | None
    max: float | None
    options: list[ToolOptionShown]
    input_schema: dict[str, JsonValue] | None
    place: str


class OperationShown(BaseModel):
    """An operation before it is a tool."""

    server_url: str
    method: str
    summary: str
    operation_id: str
    parameters: list[OperationParameter]
    author: str
    icon: Icon | None
    openapi: JsonValue


class SchemaShown(BaseModel):
    """What a description offers; `warning` says what is remarkable about it, by operation."""

    schema_type: str
    parameters_schema: list[OperationShown]
    credentials_schema: list[JsonValue]
    warning: dict[str, str]


class SchemaText(BaseModel):
    """The description at an address."""

    schema_: str = Field(alias="schema")


class Tried(BaseModel):
    """What an operation answered, or why it failed."""

    result: str | None = None
    error: str | None = None


class ApiShown(BaseModel):
    """An API with its description; the key is masked."""

    schema_type: str
    schema_: str = Field(alias="schema")
    tools: list[OperationShown]
    icon: Icon | None
    description: str
    credentials: dict[str, JsonValue]
    privacy_policy: str
    custom_disclaimer: str
    labels: list[str]


@router.post(f"{_API}/add")
async def add_api(body: ApiBody, services: ServicesDep, signed_in: AdministratorDep) -> Made:
    """Make an API a provider of tools."""
    made = await services.tools.apis.add(signed_in.workspace_id, body.draft(), account_id=signed_in.account_id)
    return Made(id=made.id)


@router.post(f"{_API}/update")
async def update_api(body: ApiBody, services: ServicesDep, signed_in: AdministratorDep) -> Made:
    """Change an API; `original_provider` is the name that it had."""
    name = body.original_provider or body.provider
    return Made(id=(await services.tools.apis.update(signed_in.workspace_id, name, body.draft())).id)


@router.post(f"{_API}/delete")
async def delete_api(body: ApiChoice, services: ServicesDep, signed_in: AdministratorDep) -> Done:
    """Delete an API; apps that call it fail from now on."""
    await services.tools.apis.delete(signed_in.workspace_id, body.provider)
    return DONE


@router.post(f"{_API}/schema")
async def read_schema(
    body: SchemaBody,
    services: ServicesDep,
    _: AdministratorDep,
    environment: Annotated[str | None, Header(alias="X-Request-Env")] = None,
) -> SchemaShown:
    """What a description offers, and what is remarkable about it."""
    return SchemaShown.model_validate(await services.tools.apis.preview(body.schema_text, environment=environment))


@router.post(f"{_API}/test/pre", response_model_exclude_none=True)
async def try_api(body: TryOut, services: ServicesDep, signed_in: AdministratorDep) -> Tried:
    """Call an operation, and give what it answered or why it failed."""
    world = services.tools.world_for(Caller(workspace_id=signed_in.workspace_id, user_id=signed_in.account_id))
    answer = await services.tools.apis.try_out(
        signed_in.workspace_id,
        schema=body.schema_text,
        tool=body.tool_name,
        credentials=body.credentials,
        parameters=body.parameters,
        files=world.files,
        provider=body.provider_name,
    )
    return Tried.model_validate(answer)


@router.get(f"{_API}/remote")
async def remote_schema(url: str, services: ServicesDep, _: AdministratorDep) -> SchemaText:
    """The description at an address."""
    return SchemaText(schema=await services.tools.apis.fetch(url))


@router.get(f"{_API}/tools")
async def api_tools(provider: str, services: ServicesDep, signed_in: AppUserDep) -> list[ToolShown]:
    """The tools of an API."""
    return tools_shown(await services.tools.apis.provider(signed_in.workspace_id, provider))


@router.get(f"{_API}/get")
async def get_api(provider: str, services: ServicesDep, signed_in: AppUserDep) -> ApiShown:
    """An API with its description; its key is masked."""
    return ApiShown.model_validate(await services.tools.apis.get(signed_in.workspace_id, provider))
