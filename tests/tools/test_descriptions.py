"""What is read from descriptions of APIs, and what is said of those that cannot be used."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nodes.ports import RecordedHttp, http_answer
from treadle.engine.values import JsonValue
from treadle.tools.api.document import Description, fetch_description, tree_of, understand
from treadle.tools.api.failures import ApiDocumentError
from treadle.tools.api.json_types import Unconvertible, converted
from treadle.tools.api.operations import Operation, parameter_of
from treadle.tools.api.request import request_of

PETS: dict[str, JsonValue] = {
    "openapi": "3.0.0",
    "info": {"title": "Pets", "version": "1"},
    "servers": [{"url": "https://pets.example/v1/"}],
    "paths": {"/pets": {"get": {"operationId": "list_pets"}}},
}


async def read(document: Mapping[str, Any] | str, http: RecordedHttp | None = None) -> Description:
    text = document if isinstance(document, str) else json.dumps(document)
    return await understand(text, http=http or RecordedHttp([http_answer(status=404)]))


async def operations(paths: Mapping[str, Any], **more: Any) -> list[Operation]:
    return (await read({**PETS, "paths": paths, **more})).parsed.operations


async def refused(document: Mapping[str, Any] | str) -> str:
    with pytest.raises(ApiDocumentError) as caught:
        await read(document)
    return str(caught.value)


async def test_json_and_yaml_are_both_read() -> None:
    yaml = """
openapi: 3.0.1
servers: [{url: "https://pets.example/v1"}]
paths:
  /pets/{id}:
    get:
      description: |
        Finds a pet.
      parameters:
        - {name: since, in: query, schema: {type: string, default: 2020-01-01}}
      responses: {200: {description: fine}}
"""
    (operation,) = (await read(yaml)).parsed.operations
    assert (operation.url, operation.description) == ("https://pets.example/v1/pets/{id}", "Finds a pet.\n")
    assert operation.fields[0].schema["default"] == "2020-01-01"


async def test_names_are_made_from_paths() -> None:
    found = await operations({"/pets/{id}": {"get": {}, "delete": {}}, "/": {"get": {}}, "/a-b.c": {"patch": {}}})
    assert [each.name for each in found] == ["petsid_get", "petsid_delete", "<root>_get", "a-bc_patch"]
    swagger = await read({"swagger": "2.0", "host": "h", "paths": {"/pets/{id}": {"get": {}}}})
    assert [each.name for each in swagger.parsed.operations] == ["petsid_get"]


async def test_references_shared_parameters_and_merged_schemas() -> None:
    components = {
        "parameters": {"Limit": {"name": "limit", "in": "query", "schema": {"$ref": "#/components/schemas/Count"}}},
        "requestBodies": {
            "Pet": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Dog"}}}, "required": True}
        },
        "schemas": {
            "Count": {"type": "integer", "default": 5, "description": "How many."},
            "Animal": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "Dog": {
                "allOf": [
                    {"$ref": "#/components/schemas/Animal"},
                    {"properties": {"parents": {"type": "array", "items": {"$ref": "#/components/schemas/Dog"}}}},
                ]
            },
        },
    }  # fmt: skip
    (operation,) = await operations(
        {
            "/owners/{owner}/pets": {
                "parameters": [
                    {"name": "owner", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"type": "string"}, "description": "of the path"},
                ],
                "post": {
                    "operationId": "add",
                    "parameters": [{"$ref": "#/components/parameters/Limit"}],
                    "requestBody": {"$ref": "#/components/requestBodies/Pet"},
                },
            }
        },
        components=components,
    )
    parameters = [parameter_of(field) for field in operation.fields]
    assert [(each.name, each.type, each.required, each.default) for each in parameters] == [
        ("owner", "string", True, None),
        ("limit", "number", False, 5),
        ("name", "string", True, None),
        ("parents", "array", False, None),
    ]
    assert parameters[1].llm_description == "How many."
    # A dog's parents are dogs: the schema ends where it would begin again.
    assert parameters[3].input_schema is not None
    assert len(json.dumps(parameters[3].input_schema)) < 2000


async def test_a_property_may_be_called_as_a_word_of_json_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"default": {"$ref": "#/components/schemas/Text"}, "enum": {"type": "integer"}},
    }
    (operation,) = await operations(
        {"/a": {"post": {"operationId": "a", "requestBody": {"content": {"application/json": {"schema": schema}}}}}},
        components={"schemas": {"Text": {"type": "string", "description": "words"}}},
    )
    assert [(field.name, field.schema["type"]) for field in operation.fields] == [
        ("default", "string"),
        ("enum", "integer"),
    ]


async def test_binary_and_lists_of_binary_are_files() -> None:
    properties = {
        "one": {"type": "string", "format": "binary"},
        "many": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "newer": {"type": "string", "contentMediaType": "image/png"},
        "text": {"type": "string", "format": "byte"},
    }
    body = {"content": {"multipart/form-data": {"schema": {"type": "object", "properties": properties}}}}
    (operation,) = await operations({"/a": {"post": {"operationId": "a", "requestBody": body}}})
    assert [parameter_of(field).type for field in operation.fields] == ["file", "files", "file", "string"]


async def test_swagger_2_is_converted() -> None:
    document = {
        "swagger": "2.0",
        "host": "pets.example",
        "basePath": "/v2",
        "schemes": ["http", "https"],
        "paths": {
            "/pets/{id}": {
                "parameters": [{"name": "id", "in": "path", "type": "integer", "required": True}],
                "post": {
                    "operationId": "change",
                    "summary": "Change it",
                    "parameters": [
                        {"name": "tags", "in": "query", "type": "array", "items": {"type": "string"}},
                        {"name": "status", "in": "query", "type": "string", "enum": ["a", "b"], "default": "a"},
                        {"in": "body", "name": "pet", "schema": {"$ref": "#/definitions/Pet"}},
                    ],
                },
                "put": {
                    "operationId": "picture",
                    "consumes": ["multipart/form-data"],
                    "parameters": [
                        {"name": "file", "in": "formData", "type": "file", "required": True},
                        {"name": "note", "in": "formData", "type": "string", "description": "What it shows."},
                    ],
                },
            }
        },
        "definitions": {"Pet": {"type": "object", "properties": {"name": {"type": "string"}}}},
    }
    found = await read(document)
    assert found.schema_type == "swagger"
    change, picture = found.parsed.operations
    assert change.url == "https://pets.example/v2/pets/{id}"
    assert [(field.name, field.place, parameter_of(field).type) for field in change.fields] == [
        ("id", "path", "number"),
        ("tags", "query", "array"),
        ("status", "query", "select"),
        ("name", "body", "string"),
    ]
    assert change.fields[1].explode is False
    assert [(field.name, parameter_of(field).type, field.required) for field in picture.fields] == [
        ("id", "number", True),
        ("file", "file", True),
        ("note", "string", False),
    ]
    assert picture.body is not None
    assert picture.body.media_type == "multipart/form-data"


async def test_a_plugin_manifest_leads_to_its_document() -> None:
    http = RecordedHttp([http_answer(json.dumps(PETS).encode())])
    manifest = {"schema_version": "v1", "api": {"type": "openapi", "url": "https://pets.example/openapi.json"}}
    found = await read(manifest, http)
    assert found.schema_type == "openai_plugin"
    assert [operation.name for operation in found.parsed.operations] == ["list_pets"]
    assert http.requests[0].url == "https://pets.example/openapi.json"


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "The description is empty."),
        ("[1, 2]", "no object with members"),
        ("a: [b", "neither JSON nor YAML"),
        ({**PETS, "servers": []}, "It names no server"),
        ({**PETS, "servers": [{"url": "/v1"}]}, "must begin with http"),
        ({**PETS, "servers": [{"url": "file:///etc"}]}, "must begin with http"),
        ({**PETS, "paths": {}}, "It has no `paths`"),
        ({**PETS, "paths": {"/a": {"summary": "nothing"}}}, "None of its `paths` has an operation"),
        (
            {**PETS, "paths": {"/a": {"get": {"operationId": "x"}, "put": {"operationId": "x"}}}},
            "Several operations are called x",
        ),
        (
            {**PETS, "paths": {"/a": {"get": {"parameters": [{"$ref": "#/components/parameters/Gone"}]}}}},
            "refers to #/components/parameters/Gone, which it does not have",
        ),
        (
            {**PETS, "paths": {"/a": {"get": {"parameters": [{"$ref": "other.yaml#/x"}]}}}},
            "refers to another one (other.yaml#/x)",
        ),
        ({**PETS, "paths": {"/a": {"$ref": "#/paths/~1a"}}}, "leads back to itself"),
        ({"swagger": "2.0", "paths": {}}, "names no `host`"),
        ({"api": {"type": "graphql", "url": "https://h"}}, "`api.type` must be openapi, but is 'graphql'"),
        (
            {"title": "nothing"},
            "As OpenAPI: It has no member `openapi` with the version of OpenAPI that it follows. "
            "As Swagger 2: It has no member `swagger` that says 2.0. "
            "As a plugin manifest: It has no `api` with a `url`.",
        ),
    ],
)
async def test_what_is_wrong_is_said(document: Mapping[str, Any] | str, reason: str) -> None:
    assert reason in await refused(document)


async def test_a_document_cannot_make_itself_endless() -> None:
    """Each schema holds the next one ten times: written out, there would be a thousand million."""
    schemas: dict[str, Any] = {
        f"S{n}": {"properties": {f"p{i}": {"$ref": f"#/components/schemas/S{n + 1}"} for i in range(10)}}
        for n in range(9)
    }
    schemas["S9"] = {"type": "string"}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    document = {
        **PETS,
        "paths": {"/a": {"post": {"operationId": "a", "requestBody": body}}},
        "components": {"schemas": schemas},
    }
    assert "more values than a tool can have" in await refused(document)


async def test_parameters_with_one_name_get_a_warning() -> None:
    body = {"content": {"application/json": {"schema": {"properties": {"id": {"type": "string"}}}}}}
    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    found = await read(
        {**PETS, "paths": {"/a/{id}": {"put": {"operationId": "a", "parameters": parameters, "requestBody": body}}}}
    )
    assert found.parsed.warnings == {"a": "Several parameters are called id; they get one value."}


async def test_a_document_without_a_server_means_the_one_it_came_from() -> None:
    without = {name: member for name, member in PETS.items() if name != "servers"}
    http = RecordedHttp([http_answer(json.dumps(without).encode())])
    tree = tree_of(await fetch_description("https://h.example/docs/openapi.json", http))
    assert tree["servers"] == [{"url": "https://h.example/"}]
    relative = {**PETS, "servers": [{"url": "/api/v3"}]}
    tree = tree_of(
        await fetch_description("https://h.example/x", RecordedHttp([http_answer(json.dumps(relative).encode())]))
    )
    assert tree["servers"] == [{"url": "https://h.example/api/v3"}]
    assert (
        json.loads(await fetch_description("https://h/x", RecordedHttp([http_answer(json.dumps(PETS).encode())])))
        == PETS
    )


STYLES = [
    ({"style": "form", "explode": True}, "v=a&v=b%2Cc"),
    ({"style": "form", "explode": False}, "v=a,b%2Cc"),
    ({"style": "pipeDelimited", "explode": False}, "v=a|b%2Cc"),
    ({"style": "spaceDelimited", "explode": False}, "v=a%20b%2Cc"),
]


@pytest.mark.parametrize(("style", "query"), STYLES)
async def test_lists_in_a_query(style: dict[str, Any], query: str) -> None:
    parameter = {"name": "v", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}, **style}
    (operation,) = await operations({"/a": {"get": {"operationId": "a", "parameters": [parameter]}}})
    request = await sent(operation, {"v": ["a", "b,c"]})
    assert request.url == f"https://pets.example/v1/a?{query}"


async def test_objects_in_a_query() -> None:
    object_of = {"type": "object", "properties": {"a": {"type": "integer"}}}
    parameters = [
        {"name": "deep", "in": "query", "style": "deepObject", "explode": True, "schema": object_of},
        {"name": "flat", "in": "query", "schema": object_of},
        {"name": "whole", "in": "query", "content": {"application/json": {"schema": object_of}}},
    ]
    (operation,) = await operations({"/a": {"get": {"operationId": "a", "parameters": parameters}}})
    request = await sent(operation, {"deep": {"a": "1"}, "flat": '{"a": 2}', "whole": {"a": 3}})
    assert request.url.partition("?")[2] == "deep[a]=1&a=2&whole=%7B%22a%22%3A%203%7D"


async def test_a_header_cannot_hold_another_one() -> None:
    from treadle.engine.errors import ToolParameterError

    parameters = [{"name": name, "in": "header", "schema": {"type": "string"}} for name in ("X-A", "Host")]
    (operation,) = await operations({"/a": {"get": {"operationId": "a", "parameters": parameters}}})
    assert (await sent(operation, {"X-A": "x", "Host": "evil"})).headers == (("X-A", "x"),)
    with pytest.raises(ToolParameterError, match="line breaks"):
        await sent(operation, {"X-A": "x\r\nX-B: y"})


async def sent(operation: Operation, parameters: Mapping[str, Any]) -> Any:
    from tests.nodes.ports import MemoryFiles
    from treadle.tools.api.auth import ApiCredentials

    return await request_of(operation, parameters, ApiCredentials(), MemoryFiles())


@pytest.mark.parametrize(
    ("value", "schema", "result"),
    [
        ("3", {"type": "integer"}, 3),
        ("3.0", {"type": "integer"}, 3),
        ("3.5", {"type": "number"}, 3.5),
        (3, {"type": "string"}, "3"),
        ("no", {"type": "boolean"}, False),
        ("", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, None),
        ("x", {"anyOf": [{"type": "integer"}, {"type": "string"}]}, "x"),
        ("7", {"type": ["integer", "string"]}, 7),
        ('{"a": "1"}', {"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": 1}),
        ('["1"]', {"type": "array", "items": {"type": "integer"}}, [1]),
        ({"free": 1}, {}, {"free": 1}),
    ],
)
def test_values_become_their_types(value: JsonValue, schema: dict[str, JsonValue], result: JsonValue) -> None:
    assert converted(value, schema) == result


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ("x", {"type": "integer"}),
        ("3.5", {"type": "integer"}),
        ("maybe", {"type": "boolean"}),
        ("text", {"type": "object"}),
        ("x", {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}),
    ],
)
def test_values_that_do_not_fit_are_refused(value: JsonValue, schema: dict[str, JsonValue]) -> None:
    with pytest.raises(Unconvertible):
        converted(value, schema)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


@given(json_values, json_values)
@settings(max_examples=150, deadline=None)
async def test_no_document_ends_in_anything_but_a_reason(paths: JsonValue, components: JsonValue) -> None:
    document = {**PETS, "paths": paths, "components": components}
    with suppress(ApiDocumentError):
        await read(json.dumps(document))
