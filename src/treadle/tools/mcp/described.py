"""What an MCP server says of its tools and gives for a call, in our words. Source: spec models-and-tools §4.6."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from treadle.engine.ports import Tool, ToolOption, ToolParameter, ToolRef
from treadle.engine.values import JsonValue
from treadle.nodes.config import as_value
from treadle.tools.messages import DEFAULT_MIME_TYPE, Blob, Json, Link, Message, Text, Variable

_TYPES: Final[Mapping[str, str]] = {
    "integer": "number",
    "number": "number",
    "float": "number",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
}
_WITH_SCHEMA: Final = ("array", "object")
_RESERVED: Final = frozenset({"text", "json", "files"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDescription:
    """A tool as `tools/list` describes it."""

    name: str
    title: str = ""
    description: str = ""
    input_schema: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    output_schema: dict[str, JsonValue] | None = None

    @classmethod
    def read(cls, said: Mapping[str, JsonValue]) -> "ToolDescription":
        """From the server's own words."""
        inputs, outputs = said.get("inputSchema"), said.get("outputSchema")
        return cls(
            name=str(said.get("name") or ""),
            title=str(said.get("title") or ""),
            description=str(said.get("description") or ""),
            input_schema=inputs if isinstance(inputs, dict) else {},
            output_schema=outputs if isinstance(outputs, dict) else None,
        )


def tool_of(description: ToolDescription, *, identifier: str, provider: str, icon: JsonValue) -> Tool:
    """A described tool as a tool of ours."""
    return Tool(
        ref=ToolRef(provider_type="mcp", provider_id=identifier, tool_name=description.name),
        name=description.name,
        description=description.description,
        label={"en_US": description.title or description.name},
        provider_name=provider,
        icon=icon,
        parameters=tuple(_parameters(description.input_schema)),
        output_schema=description.output_schema,
    )


def _parameters(schema: Mapping[str, JsonValue]) -> Iterator[ToolParameter]:
    properties, required = schema.get("properties"), schema.get("required")
    wanted = set(required) if isinstance(required, list) else set[JsonValue]()
    if not isinstance(properties, dict):
        return
    for name, found in properties.items():
        property_ = found if isinstance(found, dict) else dict[str, JsonValue]()
        kind = _kind(property_)
        text = str(property_.get("description") or property_.get("title") or "")
        yield ToolParameter(
            name=name,
            type=kind,
            required=name in wanted,
            default=property_.get("default"),
            options=tuple(_options(property_)) if kind == "select" else (),
            label={"en_US": str(property_.get("title") or name)},
            human_description={"en_US": text},
            llm_description=text,
            input_schema=property_ if kind in _WITH_SCHEMA else None,
        )


def _kind(schema: Mapping[str, JsonValue]) -> str:
    """The parameter type for a JSON Schema; of several types the first that is not null."""
    named = schema.get("type")
    if named is None:
        for alternative in _list(schema.get("anyOf")) or _list(schema.get("oneOf")):
            if isinstance(alternative, dict) and alternative.get("type") not in (None, "null"):
                return _kind(alternative)
        return "object" if "properties" in schema else "string"
    if isinstance(named, list):
        named = next((each for each in named if each != "null"), "string")
    kind = _TYPES.get(str(named), "string")
    return "select" if kind == "string" and any(_options(schema)) else kind


def _options(schema: Mapping[str, JsonValue]) -> Iterator[ToolOption]:
    for value in _list(schema.get("enum")):
        if isinstance(value, str):
            yield ToolOption(value=value, label={"en_US": value})


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What `tools/call` gives."""

    content: Sequence[Mapping[str, JsonValue]] = ()
    structured: JsonValue = None
    is_error: bool = False

    @classmethod
    def read(cls, said: Mapping[str, JsonValue]) -> "Result":
        """From the server's own words."""
        items = [item for item in _list(said.get("content")) if isinstance(item, dict)]
        return cls(content=items, structured=said.get("structuredContent"), is_error=said.get("isError") is True)

    def error_text(self) -> str:
        """What the server says went wrong."""
        texts = [str(item.get("text", "")) for item in self.content if item.get("type") == "text"]
        return "\n".join(text for text in texts if text) or "the tool failed and said nothing"


def messages_of(result: Result, *, has_output_schema: bool) -> Iterator[Message]:
    """What a result is to a run. Structured content of a tool that declares it becomes variables;
    where there is no other, it is told as well."""
    for item in result.content:
        yield from _messages_of_item(item)
    if not result.content and result.structured is not None:
        yield Json(result.structured)
    if has_output_schema and isinstance(result.structured, dict):
        for name, value in result.structured.items():
            if name not in _RESERVED:
                yield Variable(name, as_value(value))


def _messages_of_item(item: Mapping[str, JsonValue]) -> Iterator[Message]:
    match item.get("type"):
        case "text":
            yield from _text(str(item.get("text") or ""))
        case "image" | "audio":
            yield _blob(item.get("data"), item.get("mimeType"))
        case "resource_link":
            yield Link(str(item.get("uri") or ""))
        case "resource":
            resource = item.get("resource")
            if isinstance(resource, dict) and isinstance(resource.get("blob"), str):
                yield _blob(resource["blob"], resource.get("mimeType"), str(resource.get("uri") or ""))
            elif isinstance(resource, dict):
                yield Text(str(resource.get("text") or ""))
        case other:
            yield Text(f"[content of the kind {other}, which cannot be shown]")


def _text(text: str) -> Iterator[Message]:
    """JSON objects, alone or in a list, are JSON; everything else is text."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            value: JsonValue = json.loads(text)
        except (ValueError, RecursionError):
            value = None
        items: Sequence[JsonValue] = value if isinstance(value, list) else [value]
        if items and all(isinstance(each, dict) for each in items):
            yield from (Json(each) for each in items)
            return
    yield Text(text)


def _blob(data: JsonValue, mime_type: JsonValue, uri: str = "") -> Message:
    try:
        content = base64.b64decode(str(data or ""), validate=True)
    except (ValueError, binascii.Error):
        return Text("[a file that the server did not encode as it should]")
    return Blob(content, str(mime_type or DEFAULT_MIME_TYPE), uri.rsplit("/", 1)[-1])


def arguments_of(parameters: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The arguments of a call, without null and blank ones."""
    return {
        name: value
        for name, value in parameters.items()
        if value is not None and not (isinstance(value, str) and not value.strip())
    }
