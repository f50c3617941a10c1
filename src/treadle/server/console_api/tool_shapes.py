"""What the console API shows of tools and who provides them (spec models-and-tools §4.1)."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

from treadle.engine.ports import ToolParameter
from treadle.server.console_api.answers import Done
from treadle.tools.providers import ProviderInfo, parameter_map, provider_map, tool_map
from treadle.tools.sources import ProviderType

Texts = dict[str, str]
"""A text by language: `en_US`, `zh_Hans`, `ja_JP`."""


class Icon(BaseModel):
    """An emoji on a colour."""

    background: str = Field(default="", max_length=32)
    content: str = Field(default="", max_length=32)


class ToolOptionShown(BaseModel):
    """One of the values that a parameter or a field may have."""

    value: str
    label: Texts


class ToolParameterShown(BaseModel):
    """A parameter of a tool. `form`: the model gives it (llm), or who builds the app (form)."""

    name: str
    label: Texts
    human_description: Texts
    placeholder: Texts | None
    type: str
    form: str
    llm_description: str
    required: bool
    default: JsonValue
    min: float | None
    max: float | None
    options: list[ToolOptionShown]
    input_schema: dict[str, JsonValue] | None


class ToolShown(BaseModel):
    """A tool; `output_schema` is the JSON Schema of what it gives. With `has_runtime_parameters` its code says which
    parameters it has, and `parameters` are those of its file."""

    author: str
    name: str
    label: Texts
    description: Texts
    parameters: list[ToolParameterShown]
    labels: list[str]
    has_runtime_parameters: bool
    output_schema: dict[str, JsonValue] | None


class ToolProviderShown(BaseModel):
    """A provider with its tools. `team_credentials` are those in use, secrets masked; the last members are those of a
    workflow and of an MCP server."""

    id: str
    author: str
    name: str
    plugin_id: str | None
    plugin_unique_identifier: str
    description: Texts
    icon: Icon | None
    icon_dark: str
    label: Texts
    type: ProviderType
    team_credentials: dict[str, JsonValue]
    is_team_authorization: bool
    allow_delete: bool
    needs_credentials: bool
    tools: list[ToolShown]
    labels: list[str]
    workflow_app_id: str | None = None
    server_url: str | None = None
    server_identifier: str | None = None
    masked_headers: Texts | None = None
    timeout: float | None = None
    sse_read_timeout: float | None = None
    client_id: str | None = None
    grant: str | None = None
    enabled: bool | None = None
    updated_at: int | None = None


class ToolLabelShown(BaseModel):
    """What providers are sorted by."""

    name: str
    label: Texts
    icon: str


class Made(BaseModel):
    """Something was made or changed."""

    result: Literal["success"] = "success"
    id: str


DONE = Done()


def provider_shown(provider: ProviderInfo, *, with_tools: bool = True) -> ToolProviderShown:
    """A provider as the console API shows it."""
    return ToolProviderShown.model_validate(provider_map(provider, with_tools=with_tools))


def parameters_shown(parameters: Sequence[ToolParameter]) -> list[ToolParameterShown]:
    """Parameters as the console API shows them."""
    return [ToolParameterShown.model_validate(parameter_map(each)) for each in parameters]


def tools_shown(provider: ProviderInfo) -> list[ToolShown]:
    """The tools of a provider as the console API shows them."""
    return [ToolShown.model_validate(tool_map(tool, provider)) for tool in provider.tools]
