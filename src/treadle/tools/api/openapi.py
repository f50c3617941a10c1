"""OpenAPI 3 documents: every operation becomes a tool. Source: spec models-and-tools §4.4 "OpenAPI parsing"."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, cast, get_args
from urllib.parse import urlsplit

from treadle.engine.values import JsonValue

from .failures import ApiDocumentError
from .json_types import first_type
from .operations import Body, Field, Operation, Place, is_binary
from .references import References

METHODS: Final = ("get", "post", "put", "delete", "patch", "head", "options", "trace")
MAX_OPERATIONS: Final = 100
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_PLACES = frozenset(get_args(Place)) - {"body"}
_FILES = "application/octet-stream"


@dataclass(slots=True)
class Parsed:
    """What a document offers. `warnings` are remarks by the name of the operation."""

    operations: list[Operation] = field(default_factory=list[Operation])
    warnings: dict[str, str] = field(default_factory=dict[str, str])


def parse_openapi(document: dict[str, JsonValue], *, environment: str | None = None) -> Parsed:
    """The operations of an OpenAPI 3 document. Raises ApiDocumentError.

    `environment`: a server whose `env` is this stands before the first one.
    """
    if not isinstance(document.get("openapi"), str):
        raise ApiDocumentError("It has no member `openapi` with the version of OpenAPI that it follows.")
    server = _server(document, environment)
    paths = document.get("paths")
    if not isinstance(paths, dict) or not paths:
        raise ApiDocumentError("It has no `paths`, so there is nothing to call.")
    parsed, references = Parsed(), References(document)
    for path, method, item, operation in _operations(paths, references):
        if len(parsed.operations) >= MAX_OPERATIONS:
            raise ApiDocumentError(
                f"It has more than {MAX_OPERATIONS} operations; take out those that you do not need."
            )
        read = _operation(path, method, item, operation, server, references)
        parsed.operations.append(read)
        if twice := _twice(read):
            parsed.warnings[read.name] = f"Several parameters are called {', '.join(twice)}; they get one value."
    if not parsed.operations:
        raise ApiDocumentError("None of its `paths` has an operation, so there is nothing to call.")
    names = [operation.name for operation in parsed.operations]
    if again := sorted({name for name in names if names.count(name) > 1}):
        raise ApiDocumentError(
            f"Several operations are called {', '.join(again)}; give each an operationId of its own."
        )
    return parsed


def _server(document: Mapping[str, JsonValue], environment: str | None) -> str:
    listed = document.get("servers")
    servers = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    servers.sort(key=lambda each: environment is None or each.get("env") != environment)
    if not servers:
        raise ApiDocumentError("It names no server: add `servers` with the address that requests go to.")
    url = str(servers[0].get("url") or "")
    variables = servers[0].get("variables")
    for name, variable in (variables if isinstance(variables, dict) else {}).items():
        if isinstance(variable, dict):
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise ApiDocumentError(f"The address of its server must begin with http:// or https://, but is {url!r}.")
    return url.rstrip("/")


def _operations(
    paths: Mapping[str, JsonValue], references: References
) -> Iterator[tuple[str, str, dict[str, JsonValue], dict[str, JsonValue]]]:
    for path, listed in paths.items():
        item = references.target(listed)
        for method in METHODS:
            operation = item.get(method)
            if isinstance(operation, dict):
                yield path, method, item, operation


def _operation(
    path: str,
    method: str,
    item: Mapping[str, JsonValue],
    operation: Mapping[str, JsonValue],
    server: str,
    references: References,
) -> Operation:
    fields = _parameters(item, operation, references)
    body, members = _body(operation.get("requestBody"), references)
    named = operation.get("operationId")
    return Operation(
        name=named if isinstance(named, str) and named else _name_of(path, method),
        method=method,
        server=server,
        path=path if path.startswith("/") else f"/{path}",
        summary=_text(operation.get("summary")) or _text(item.get("summary")),
        description=_text(operation.get("description")) or _text(item.get("description")),
        fields=(*fields, *members),
        body=body,
    )


def _name_of(path: str, method: str) -> str:
    return f"{_NOT_IN_NAMES.sub('', path) or '<root>'}_{method}"


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _parameters(
    item: Mapping[str, JsonValue], operation: Mapping[str, JsonValue], references: References
) -> list[Field]:
    """Those of the path and those of the operation, which stand above them."""
    found: dict[tuple[str, str], Field] = {}
    for listed in (item.get("parameters"), operation.get("parameters")):
        for each in listed if isinstance(listed, list) else []:
            parameter = references.target(each)
            name, place = parameter.get("name"), parameter.get("in")
            if isinstance(name, str) and name and place in _PLACES:
                found[name, str(place)] = _parameter(name, cast("Place", place), parameter, references)
    return list(found.values())


def _parameter(name: str, place: Place, parameter: Mapping[str, JsonValue], references: References) -> Field:
    schema, media_type = parameter.get("schema"), ""
    content = parameter.get("content")
    if schema is None and isinstance(content, dict) and content:
        media_type, described = next(iter(content.items()))
        schema = references.target(described).get("schema")
    read = references.schema(schema)
    explode = parameter.get("explode")
    return Field(
        name=name,
        place=place,
        schema=read,
        required=place == "path" or parameter.get("required") is True,
        description=_text(parameter.get("description")) or _text(read.get("description")),
        style=_text(parameter.get("style")),
        explode=explode if isinstance(explode, bool) else None,
        media_type=media_type,
    )


def _body(listed: JsonValue, references: References) -> tuple[Body | None, list[Field]]:
    """The body of the first content type, and its members; one that is no object is a single field called `body`."""
    described = references.target(listed)
    content = described.get("content")
    if not isinstance(content, dict) or not content:
        return None, []
    media_type, entry = next(iter(content.items()))
    media = references.target(entry)
    schema: dict[str, JsonValue] = references.schema(media.get("schema"))
    required = described.get("required") is True
    encodings = media.get("encoding")
    properties = schema.get("properties")
    if isinstance(properties, dict) and first_type(schema) in ("object", ""):
        needed = schema.get("required")
        names = needed if isinstance(needed, list) else []
        fields = [
            _member(name, member, name in names, encodings)
            for name, member in properties.items()
            if isinstance(member, dict) and member.get("readOnly") is not True
        ]
        return Body(media_type=media_type, required=required), fields
    if not schema and media_type == _FILES:
        schema.update({"type": "string", "format": "binary"})
    said = _text(described.get("description")) or _text(schema.get("description")) or "The body of the request."
    field = Field(name="body", place="body", schema=schema, required=required, description=said)
    sent = _FILES if is_binary(schema) and "*" in media_type else media_type
    return Body(media_type=sent, required=required, whole=True), [field]


def _member(name: str, schema: dict[str, JsonValue], required: bool, encodings: JsonValue) -> Field:
    encoding = encodings.get(name) if isinstance(encodings, dict) else None
    media_type = encoding.get("contentType") if isinstance(encoding, dict) else None
    return Field(
        name=name,
        place="body",
        schema=schema,
        required=required,
        description=_text(schema.get("description")),
        media_type=media_type.partition(",")[0].strip() if isinstance(media_type, str) else "",
    )


def _twice(operation: Operation) -> list[str]:
    names = [field.name for field in operation.fields]
    return sorted({name for name in names if names.count(name) > 1})
