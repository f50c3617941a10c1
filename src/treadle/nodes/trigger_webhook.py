"""The trigger-webhook node: what an HTTP request brought, as variables of a node (workflow-nodes §23).

The request was checked before the run began; see `treadle.triggers.webhook_request`.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from treadle.engine.node import NodeContext, NodeResult, NodeType
from treadle.engine.values import File, Value

from .about import NodeAbout, Output, OutputsFrom, Words
from .config import NodeConfig, reader

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
TEXT: Final = "text/plain"
BINARY: Final = "application/octet-stream"

RAW: Final = "raw"
"""The member of `body` that holds a text or a file sent as the whole body."""

DATA: Final = "webhook_data"
"""The input of a run that holds the request."""

_LEAST_STATUS, _GREATEST_STATUS = 200, 399


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


Method = Annotated[Literal["get", "post", "head", "patch", "put", "delete"], BeforeValidator(_lower)]
ContentType = Annotated[
    Literal[
        "application/json",
        "multipart/form-data",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/octet-stream",
    ],
    BeforeValidator(_lower),
]
ParameterType = Literal[
    "string", "number", "boolean", "object", "file",
    "array[string]", "array[number]", "array[boolean]", "array[object]",
]  # fmt: skip


class Header(NodeConfig):
    """A header that the request may carry."""

    name: str = Field(min_length=1)
    required: bool = False


class Parameter(NodeConfig):
    """A value of the query string or of the body."""

    name: str = Field(min_length=1)
    type: ParameterType = "string"
    required: bool = False


class WebhookConfig(NodeConfig):
    """Which requests start the workflow, and what their senders are answered."""

    method: Method = "get"
    content_type: ContentType = JSON
    headers: tuple[Header, ...] = ()
    params: tuple[Parameter, ...] = ()
    body: tuple[Parameter, ...] = ()
    status_code: int = Field(default=200, json_schema_extra={"minimum": _LEAST_STATUS, "maximum": _GREATEST_STATUS})
    response_body: str = Field(default="", json_schema_extra={"ui": "text"})

    @field_validator("status_code")
    @classmethod
    def _within_range(cls, value: int) -> int:
        return min(max(value, _LEAST_STATUS), _GREATEST_STATUS)


def variable_of(header: str) -> str:
    """The name under which a header is a variable."""
    return header.replace("-", "_")


def header_value(headers: Mapping[str, Value], name: str) -> Value:
    """A header by its name: as spelled, else with `-` and `_` swapped, else without regard to case; null without it."""
    if name in headers:
        return headers[name]
    swapped = name.translate(str.maketrans("-_", "_-"))
    if swapped in headers:
        return headers[swapped]
    wanted = _plain_name(name)
    return next((value for each, value in headers.items() if _plain_name(each) == wanted), None)


def _plain_name(header: str) -> str:
    return variable_of(header).lower()


async def run(ctx: NodeContext, config: WebhookConfig) -> NodeResult:
    """Every declared header, query parameter and body value by its name, the whole request, and `sys.*`."""
    data = _map(ctx.inputs.get(DATA))
    headers, query = _map(data.get("headers")), _map(data.get("query_params"))
    outputs: dict[str, Value] = {variable_of(each.name): header_value(headers, each.name) for each in config.headers}
    outputs |= {each.name: query.get(each.name) for each in config.params}
    outputs |= _body_values(config, _map(data.get("body")), _map(data.get("files")))
    outputs["_webhook_raw"] = data
    for name, value in ctx.pool.scope("sys").items():
        outputs[f"sys.{name}"] = value
    return NodeResult(outputs=outputs, inputs=dict(ctx.inputs))


def _body_values(config: WebhookConfig, body: Mapping[str, Value], files: Mapping[str, Value]) -> dict[str, Value]:
    if config.content_type in (TEXT, BINARY):
        return {each.name: body.get(RAW) for each in config.body}
    return {each.name: _file(files, each.name) if each.type == "file" else body.get(each.name) for each in config.body}


def _file(files: Mapping[str, Value], name: str) -> File | None:
    file = files.get(name)
    return file if isinstance(file, File) else None


def _map(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


TRIGGER_WEBHOOK = NodeType("trigger-webhook", load=reader(WebhookConfig), run=run)

ABOUT = NodeAbout(
    kind="trigger-webhook",
    family="io",
    icon="Webhook",
    title=Words("Webhook", "Webhook", "Webhook"),
    description=Words(
        "Starts when its address is called.", "其地址被调用时启动。", "アドレスが呼び出されると始まります。"
    ),
    outputs=(Output("_webhook_raw", "object"),),
    outputs_from=(
        OutputsFrom("headers", "name"),
        OutputsFrom("params", "name", "type"),
        OutputsFrom("body", "name", "type"),
    ),
    runs_alone=True,
)
