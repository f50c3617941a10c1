"""Swagger 2 documents, brought into the form of OpenAPI 3. Source: the two specifications."""

from collections.abc import Mapping
from typing import Final

from treadle.engine.values import JsonValue

from .failures import ApiDocumentError
from .openapi import METHODS
from .references import References

_SCHEMA_MEMBERS: Final = (
    "type", "format", "items", "default", "enum", "maximum", "minimum", "maxLength", "minLength", "pattern",
    "maxItems", "minItems", "uniqueItems", "multipleOf",
)  # fmt: skip


def from_swagger(document: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The OpenAPI 3 document that says the same. Raises ApiDocumentError."""
    if str(document.get("swagger", "")).split(".")[0] != "2":
        raise ApiDocumentError("It has no member `swagger` that says 2.0.")
    paths = document.get("paths")
    if not isinstance(paths, dict):
        raise ApiDocumentError("It has no `paths`, so there is nothing to call.")
    references = References(document)
    return {
        "openapi": "3.0.0",
        "info": document.get("info"),
        "servers": [{"url": _server(document)}],
        "paths": {path: _path(item, document, references) for path, item in paths.items()},
        # References into `definitions` stay as they are, so that what they point at stays where it is.
        "definitions": document.get("definitions"),
        "parameters": document.get("parameters"),
    }


def _server(document: Mapping[str, JsonValue]) -> str:
    host = document.get("host")
    if not isinstance(host, str) or not host:
        raise ApiDocumentError("It names no `host`: add the one that requests go to.")
    schemes = document.get("schemes")
    offered = [str(scheme) for scheme in schemes] if isinstance(schemes, list) else []
    scheme = "https" if "https" in offered or "http" not in offered else "http"
    base = document.get("basePath")
    return f"{scheme}://{host}{base if isinstance(base, str) else ''}"


def _path(listed: JsonValue, document: Mapping[str, JsonValue], references: References) -> JsonValue:
    item = references.target(listed)
    shared = item.get("parameters")
    converted: dict[str, JsonValue] = {}
    for method in METHODS:
        operation = item.get(method)
        if isinstance(operation, dict):
            converted[method] = _operation(operation, shared, document, references)
    return converted


def _operation(
    operation: dict[str, JsonValue], shared: JsonValue, document: Mapping[str, JsonValue], references: References
) -> JsonValue:
    found: dict[tuple[str, str], dict[str, JsonValue]] = {}
    for listed in (shared, operation.get("parameters")):
        for each in listed if isinstance(listed, list) else []:
            parameter = references.target(each)
            found[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    parameters = list(found.values())
    consumes = operation.get("consumes") or document.get("consumes")
    kept: dict[str, JsonValue] = {
        name: member for name, member in operation.items() if name in ("operationId", "summary", "description")
    }
    kept["parameters"] = [_parameter(each) for each in parameters if each.get("in") in ("path", "query", "header")]
    body = _body(parameters, [str(each) for each in consumes] if isinstance(consumes, list) else [])
    return {**kept, "requestBody": body} if body is not None else kept


def _parameter(parameter: Mapping[str, JsonValue]) -> JsonValue:
    converted: dict[str, JsonValue] = {
        name: parameter[name] for name in ("name", "in", "description", "required") if name in parameter
    }
    converted["schema"] = _schema(parameter)
    if parameter.get("type") == "array":
        format = parameter.get("collectionFormat", "csv")
        converted["explode"] = format == "multi"
        styles = {"ssv": "spaceDelimited", "pipes": "pipeDelimited"}
        if format in styles:
            converted["style"] = styles[str(format)]
    return converted


def _schema(parameter: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    schema: dict[str, JsonValue] = {name: parameter[name] for name in _SCHEMA_MEMBERS if name in parameter}
    if schema.get("type") == "file":
        schema |= {"type": "string", "format": "binary"}
    return schema


def _body(parameters: list[dict[str, JsonValue]], consumes: list[str]) -> JsonValue:
    for parameter in parameters:
        if parameter.get("in") == "body":
            media_type = consumes[0] if consumes else "application/json"
            return {
                "required": parameter.get("required") is True,
                "description": parameter.get("description"),
                "content": {media_type: {"schema": parameter.get("schema")}},
            }
    fields = [parameter for parameter in parameters if parameter.get("in") == "formData"]
    if not fields:
        return None
    forms = [each for each in consumes if "form" in each]
    with_files = any(field.get("type") == "file" for field in fields)
    media_type = "multipart/form-data" if with_files else forms[0] if forms else "application/x-www-form-urlencoded"
    properties: dict[str, JsonValue] = {
        str(field.get("name")): {**_schema(field), "description": field.get("description") or ""} for field in fields
    }
    required: list[JsonValue] = [field.get("name") for field in fields if field.get("required") is True]
    schema: dict[str, JsonValue] = {"type": "object", "properties": properties, "required": required}
    return {"content": {media_type: {"schema": schema}}}
