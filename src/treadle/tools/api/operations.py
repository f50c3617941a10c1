"""Operations of an HTTP API as tools: what is kept of a description once it has been read.

Source: spec models-and-tools §4.4.
"""

from typing import Literal, TypeAlias

import msgspec

from treadle.engine.ports import Tool, ToolOption, ToolParameter, ToolRef
from treadle.engine.values import JsonValue
from treadle.tools.json_text import JsonMap

from .json_types import first_type, text_of

Place: TypeAlias = Literal["path", "query", "header", "cookie", "body"]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a request, and how it is written there. `schema` is its JSON Schema, references resolved."""

    name: str
    place: Place
    schema: JsonMap = {}
    required: bool = False
    description: str = ""
    style: str = ""
    explode: bool | None = None
    media_type: str = ""
    """Of a value that is a document of its own inside of a header, a query or a part."""


class Body(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a request. `whole`: its only field is all of it, not a member."""

    media_type: str
    required: bool = False
    whole: bool = False


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `server` has no slash at its end; `path` begins with one."""

    name: str
    method: str
    server: str
    path: str
    summary: str = ""
    description: str = ""
    fields: tuple[Field, ...] = ()
    body: Body | None = None

    @property
    def url(self) -> str:
        """The address, with placeholders."""
        return self.server + self.path


def tool_of(operation: Operation, ref: ToolRef, *, provider_name: str = "", icon: JsonValue = None) -> Tool:
    """The operation as a tool. Of fields with one name the first counts; all of them get its value."""
    parameters: dict[str, ToolParameter] = {}
    for field in operation.fields:
        parameters.setdefault(field.name, parameter_of(field))
    said = operation.description or operation.summary
    return Tool(
        ref=ref,
        name=operation.name,
        description=said,
        human_description={"en_US": said} if said else {},
        label={"en_US": operation.name},
        provider_name=provider_name,
        icon=icon,
        parameters=tuple(parameters.values()),
    )


def parameter_of(field: Field) -> ToolParameter:
    """A field as the model or the builder sees it."""
    kind = parameter_type(field.schema)
    choices = field.schema.get("enum")
    options = tuple(ToolOption(value=text_of(each)) for each in choices) if isinstance(choices, list) else ()
    default = field.schema.get("default")
    structured = kind in ("array", "object")
    return ToolParameter(
        name=field.name,
        type="select" if options and not structured else kind,
        form="llm",
        required=field.required,
        default=text_of(default) if options and default is not None and not structured else default,
        options=() if structured else options,
        label={"en_US": field.name},
        human_description={"en_US": field.description} if field.description else {},
        llm_description=field.description,
        input_schema=field.schema if structured else None,
    )


def parameter_type(schema: dict[str, JsonValue]) -> str:
    """The type of tool parameter that takes a value of this schema."""
    match first_type(schema):
        case "integer" | "number":
            return "number"
        case "boolean":
            return "boolean"
        case "object":
            return "object"
        case "array":
            items = schema.get("items")
            return "files" if isinstance(items, dict) and is_binary(items) else "array"
        case _:
            return "file" if is_binary(schema) else "string"


def is_binary(schema: dict[str, JsonValue]) -> bool:
    """Whether a value of this schema is a file's bytes (OpenAPI 3.0 `format`, 3.1 `contentMediaType`)."""
    if first_type(schema) not in ("string", ""):
        return False
    if schema.get("format") == "binary":
        return True
    return isinstance(schema.get("contentMediaType"), str) and "contentEncoding" not in schema
